//! One port: what is signed for a service reaches it, and everything else is told why not.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use local::{Credentials, front::Listener, front::Services};
use support::{Stand, authorization, exchange};

#[tokio::test]
async fn a_request_that_reaches_no_service_is_told_why() {
    let (stand, _s3) = Stand::with_s3().await;
    for (authorization, status, says) in [
        (None, 403, "MissingAuthenticationToken"),
        (Some(authorization("glue")), 400, "`glue`"),
        (Some(authorization("lambda")), 400, "`lambda`"),
        (
            Some(authorization("s3").replace("=local/", "=somebody/")),
            403,
            "UnrecognizedClientException",
        ),
    ] {
        let mut request = http::Request::builder().uri("/").header("host", "localhost");
        if let Some(authorization) = &authorization {
            request = request.header("authorization", authorization);
        }
        let (found, headers, text) =
            exchange(stand.front.address(), request.body("").unwrap()).await;
        assert_eq!(found, status, "{authorization:?}: {text}");
        let told = format!("{:?} {text}", headers.get("x-amzn-errortype"));
        assert!(told.contains(says), "{authorization:?}: {told}");
        assert!(headers.contains_key("x-amzn-requestid"));
    }
}

#[tokio::test]
async fn a_wrong_secret_is_refused_by_s3() {
    let (stand, _s3) = Stand::with_s3().await;
    let wrong = Credentials::random();
    let s3 = aws_sdk_s3::Client::new(&stand.sdk_as(&wrong));
    let refused = s3.head_bucket().bucket("quaestor").send().await.unwrap_err();
    assert_eq!(refused.raw_response().unwrap().status().as_u16(), 403);
}

#[tokio::test]
async fn a_body_over_the_bound_is_refused() {
    let (stand, _s3) = Stand::with_s3().await;
    let long: &'static str = Box::leak("x".repeat(9 * 1024 * 1024).into_boxed_str());
    let request = http::Request::post("/")
        .header("host", "localhost")
        .header("authorization", authorization("states"))
        .header("expect", "100-continue")
        .body(long)
        .unwrap();
    let (status, _, text) = exchange(stand.front.address(), request).await;
    assert_eq!(status, 413, "{text}");
}

#[tokio::test]
async fn a_stopped_port_takes_nothing() {
    let front = Listener::bind(0)
        .await
        .unwrap()
        .serve(Services::default(), &Credentials::random())
        .unwrap();
    let address = front.address();
    front.stop().await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}
