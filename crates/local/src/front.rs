//! One port for every service, as a single `AWS_ENDPOINT_URL` needs it: a request goes to the
//! service that its signature names. Signatures are verified where `s3s` does it (S3); elsewhere
//! only the access key is looked at: it tells which function calls. It all stays on loopback.

use std::{io, net::SocketAddr, sync::Arc};

use ::http::{HeaderValue, request::Parts};
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::{
    bedrock::Bedrock,
    calls::{Call, Calls},
    cloud_formation::CloudFormation,
    credentials::Credentials,
    event_bus::EventBus,
    glue::Glue,
    http::{BodyError, Response, Server, read_whole, rest_error},
    lambda::Lambda,
    query_protocol,
    rds_data::RdsData,
    s3::S3,
    secrets_manager::SecretsManager,
    sns::Sns,
    step_functions::StepFunctions,
};

/// The longest body of a request, but for S3, which streams.
const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;

/// What stands behind the port, and where its calls are written down. A service that is not given is answered as an
/// unknown one.
#[derive(Clone, Default)]
pub struct Services {
    /// Every call that is signed with a key of ours.
    pub calls: Option<Calls>,
    /// Behind the signing name `s3`.
    pub s3: Option<S3>,
    /// Behind `lambda`.
    pub lambda: Option<Lambda>,
    /// Behind `states`.
    pub step_functions: Option<StepFunctions>,
    /// Behind `rds-data`.
    pub rds_data: Option<RdsData>,
    /// Behind `bedrock`: agents, models and guardrails alike.
    pub(crate) bedrock: Option<Arc<Bedrock>>,
    /// Behind `secretsmanager`.
    pub secrets_manager: Option<SecretsManager>,
    /// Behind `cloudformation`.
    pub cloud_formation: Option<CloudFormation>,
    /// Behind `glue`.
    pub glue: Option<Glue>,
    /// Behind `sns`.
    pub sns: Option<Sns>,
    /// Behind `events`.
    pub event_bus: Option<EventBus>,
}

/// A port that is taken, so that its address is known before the services that need it exist.
#[derive(Debug)]
pub struct Listener(TcpListener);

/// The port, open. Dropping it closes every connection.
#[derive(Debug)]
pub struct Front(Server);

impl Listener {
    /// Takes a port of 127.0.0.1; with 0, the system picks one.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn bind(port: u16) -> io::Result<Self> {
        TcpListener::bind(("127.0.0.1", port)).await.map(Self)
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The system's own.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Opens the port for whoever signs with these credentials, or with those of a function.
    ///
    /// # Errors
    /// The system's own.
    pub fn serve(self, services: Services, credentials: &Credentials) -> io::Result<Front> {
        let credentials = Arc::new(credentials.clone());
        let server = Server::start(self.0, move |request| {
            let services = services.clone();
            let credentials = credentials.clone();
            async move {
                let mut response = Box::pin(services.answer(request, &credentials)).await;
                if let Ok(id) = HeaderValue::from_str(&Uuid::new_v4().to_string()) {
                    response.headers_mut().entry("x-amzn-requestid").or_insert(id);
                }
                response
            }
        })?;
        Ok(Front(server))
    }
}

impl Front {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// Takes no new connections, lets the requests under way end within two seconds, closes.
    pub async fn stop(self) {
        self.0.stop().await;
    }
}

impl Services {
    async fn answer(
        &self,
        request: ::http::Request<Incoming>,
        credentials: &Credentials,
    ) -> Response {
        let (head, body) = request.into_parts();
        let Some(scope) = Scope::of(&head) else {
            return rest_error(
                403,
                "MissingAuthenticationTokenException",
                "the request is not signed: sign it by Signature Version 4",
            );
        };
        let Some(principal) = credentials.principal(&scope.access_key_id) else {
            // The services of the query protocol have a code and a shape of their own.
            if ["cloudformation", "sns"].contains(&scope.service.as_str()) {
                return query_protocol::error(
                    403,
                    "InvalidClientTokenId",
                    "The security token included in the request is invalid.",
                );
            }
            return rest_error(
                403,
                "UnrecognizedClientException",
                "the access key of this request is not the stand-ins' own",
            );
        };
        if let ("s3", Some(calls)) = (scope.service.as_str(), &self.calls) {
            calls.record(Call::of_s3(principal, &head));
        }
        let request = ::http::Request::from_parts(head, body);
        if let ("s3", Some(s3)) = (scope.service.as_str(), &self.s3) {
            return s3.handle(request).await;
        }
        let request = match read_whole(request, MAX_BODY_BYTES).await {
            Ok(request) => request,
            Err(error @ BodyError::TooLong { .. }) => {
                return rest_error(413, "RequestEntityTooLargeException", &error.to_string());
            }
            Err(error) => return rest_error(400, "IncompleteBody", &error.to_string()),
        };
        if let Some(calls) = &self.calls {
            calls.record(Call::of(principal, &scope.service, &request));
        }
        match (scope.service.as_str(), self) {
            ("lambda", Self { lambda: Some(it), .. }) => it.handle(request).await,
            ("states", Self { step_functions: Some(it), .. }) => it.handle(request).await,
            ("rds-data", Self { rds_data: Some(it), .. }) => it.handle(request).await,
            ("bedrock", Self { bedrock: Some(it), .. }) => it.handle(request).await,
            ("secretsmanager", Self { secrets_manager: Some(it), .. }) => it.handle(&request),
            ("cloudformation", Self { cloud_formation: Some(it), .. }) => it.handle(&request),
            ("glue", Self { glue: Some(it), .. }) => it.handle(&request),
            ("sns", Self { sns: Some(it), .. }) => it.handle(&request),
            ("events", Self { event_bus: Some(it), .. }) => it.handle(&request),
            (unknown, _) => rest_error(
                400,
                "UnknownServiceException",
                &format!("no stand-in for the service `{unknown}` runs here"),
            ),
        }
    }
}

/// What a signature says of itself: `<access key>/<date>/<region>/<service>/aws4_request`.
#[derive(Debug, PartialEq, Eq)]
struct Scope {
    access_key_id: String,
    service: String,
}

impl Scope {
    fn of(head: &Parts) -> Option<Self> {
        let header = head.headers.get(::http::header::AUTHORIZATION);
        if let Some(header) = header.and_then(|value| value.to_str().ok()) {
            let (_, credential) =
                header.strip_prefix("AWS4-HMAC-SHA256")?.split_once("Credential=")?;
            return Self::parse(credential.split([',', ' ']).next()?);
        }
        let presigned =
            head.uri.query()?.split('&').find_map(|pair| pair.strip_prefix("X-Amz-Credential="))?;
        Self::parse(&percent_decode_str(presigned).decode_utf8().ok()?)
    }

    fn parse(credential: &str) -> Option<Self> {
        // From the right: only the access key could hold a slash.
        let mut parts = credential.rsplitn(5, '/');
        let ending = parts.next()?;
        let (service, _region, _date) = (parts.next()?, parts.next()?, parts.next()?);
        (ending == "aws4_request").then_some(())?;
        Some(Self { access_key_id: parts.next()?.to_owned(), service: service.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[track_caller]
    fn check(uri: &str, authorization: Option<&str>, expected: Option<(&str, &str)>) {
        let mut request = ::http::Request::builder().uri(uri);
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        let expected = expected.map(|(access_key_id, service)| Scope {
            access_key_id: access_key_id.to_owned(),
            service: service.to_owned(),
        });
        assert_eq!(Scope::of(&head), expected, "{uri} {authorization:?}");
    }

    #[test]
    fn a_signature_names_its_service() {
        let signed = "AWS4-HMAC-SHA256 Credential=local/20261122/us-east-1/rds-data/aws4_request, \
                      SignedHeaders=host, Signature=0";
        check("/", Some(signed), Some(("local", "rds-data")));
        let tight =
            "AWS4-HMAC-SHA256 Credential=a/b/20261122/us-east-1/s3/aws4_request,Signature=0";
        check("/", Some(tight), Some(("a/b", "s3")));
        let presigned =
            "/b/k?X-Amz-Date=0&X-Amz-Credential=local%2F20261122%2Fus-east-1%2Fs3%2Faws4_request";
        check(presigned, None, Some(("local", "s3")));
        check("/", None, None);
        check("/?x=y", None, None);
        check("/", Some("Basic bG9jYWw="), None);
        check("/", Some("AWS4-HMAC-SHA256 Credential=local/s3/aws4_request"), None);
    }
}
