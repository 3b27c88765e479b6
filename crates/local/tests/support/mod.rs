//! What these tests share: stand-ins behind a port of their own, the SDKs' settings for it, and a
//! function to invoke.

#![allow(dead_code, reason = "each test program uses a part")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

pub(crate) mod function;

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig};
use aws_credential_types::Credentials as SdkCredentials;
use local::{
    Credentials, REGION,
    front::{Front, Listener, Services},
    s3::S3,
};
use tempfile::TempDir;

/// Stand-ins behind a port, over a folder of their own.
pub(crate) struct Stand {
    pub(crate) folder: TempDir,
    pub(crate) front: Front,
    pub(crate) credentials: Credentials,
}

impl Stand {
    /// Opens a port for what `services` makes, given the folder.
    pub(crate) async fn open(
        services: impl FnOnce(&std::path::Path, &Credentials, &mut Services),
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let credentials = Credentials::random();
        let mut given = Services::default();
        services(folder.path(), &credentials, &mut given);
        let listener = Listener::bind(0).await.unwrap();
        let front = listener.serve(given, &credentials).unwrap();
        Self { folder, front, credentials }
    }

    /// S3 with the bucket `quaestor`, under `<folder>/s3`.
    pub(crate) async fn with_s3() -> (Self, S3) {
        let mut opened = None;
        let stand = Self::open(|folder, credentials, services| {
            let s3 = S3::open(&folder.join("s3"), credentials).unwrap();
            s3.create_bucket("quaestor").unwrap();
            opened = Some(s3.clone());
            services.s3 = Some(s3);
        })
        .await;
        (stand, opened.unwrap())
    }

    /// The SDKs' settings. Nothing is tried twice: a test sees the first answer.
    pub(crate) fn sdk(&self) -> SdkConfig {
        self.sdk_as(&self.credentials)
    }

    pub(crate) fn sdk_as(&self, credentials: &Credentials) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .endpoint_url(self.url())
            .retry_config(RetryConfig::disabled())
            .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(
                SdkCredentials::new(
                    &credentials.access_key_id,
                    &credentials.secret_access_key,
                    None,
                    None,
                    "test",
                ),
            ))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.front.address())
    }

    pub(crate) fn s3(&self) -> aws_sdk_s3::Client {
        aws_sdk_s3::Client::new(&self.sdk())
    }
}

/// One HTTP exchange as it is, for what no SDK does: the status, the headers and the text.
pub(crate) async fn exchange(
    address: std::net::SocketAddr,
    request: http::Request<&'static str>,
) -> (u16, http::HeaderMap, String) {
    use http_body_util::BodyExt as _;
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(hyper_util::rt::TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = request.map(|body| http_body_util::Full::new(bytes::Bytes::from(body)));
    let answer = sender.send_request(request).await.unwrap();
    let (head, body) = answer.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    connection.abort();
    (head.status.as_u16(), head.headers, String::from_utf8(body.to_vec()).unwrap())
}

/// An `Authorization` header as far as the stand-ins look at it.
pub(crate) fn authorization(service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=local/20261122/us-east-1/{service}/aws4_request, \
         SignedHeaders=host, Signature=0"
    )
}
