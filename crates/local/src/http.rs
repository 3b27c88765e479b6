//! What the stand-ins share of HTTP: a request whole in memory, a response that may stream, a
//! server on loopback.

use std::{convert::Infallible, io, net::SocketAddr, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited, combinators::UnsyncBoxBody};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use serde_json::Value;
use tokio::{
    net::TcpListener,
    sync::oneshot,
    task::{JoinHandle, JoinSet},
};

/// A request with its body read whole (each service bounds what it takes).
pub(crate) type Request = ::http::Request<Bytes>;

/// A response body, in one piece or streamed.
pub(crate) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// What a stand-in answers.
pub(crate) type Response = ::http::Response<Body>;

/// A JSON response.
pub(crate) fn json(status: u16, value: &Value) -> Response {
    bytes(status, "application/json", value.to_string().into())
}

/// A response of one piece with the given content type.
pub(crate) fn bytes(status: u16, content_type: &str, body: Bytes) -> Response {
    let body = Full::new(body).map_err(|never| match never {}).boxed_unsync();
    let mut response = ::http::Response::new(body);
    *response.status_mut() =
        ::http::StatusCode::from_u16(status).unwrap_or(::http::StatusCode::INTERNAL_SERVER_ERROR);
    if let Ok(value) = content_type.parse() {
        response.headers_mut().insert(::http::header::CONTENT_TYPE, value);
    }
    response
}

/// An error as the REST-JSON services give it: the code in a header, the message in the body.
pub(crate) fn rest_error(status: u16, code: &str, message: &str) -> Response {
    let mut response = json(status, &serde_json::json!({ "message": message }));
    if let Ok(value) = code.parse() {
        response.headers_mut().insert("x-amzn-errortype", value);
    }
    response
}

/// Why a request's body could not be read whole.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    /// The body is longer than this service takes.
    #[error("the body is over {limit_bytes} bytes")]
    TooLong {
        /// The limit.
        limit_bytes: usize,
    },
    /// The client went away.
    #[error("the body broke off")]
    BrokenOff(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Reads a request's body into memory, up to `limit_bytes`.
pub(crate) async fn read_whole(
    request: ::http::Request<Incoming>,
    limit_bytes: usize,
) -> Result<Request, BodyError> {
    let (head, body) = request.into_parts();
    match Limited::new(body, limit_bytes).collect().await {
        Ok(body) => Ok(::http::Request::from_parts(head, body.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => Err(BodyError::TooLong { limit_bytes }),
        Err(error) => Err(BodyError::BrokenOff(error)),
    }
}

/// How long [`Server::stop`] waits for requests under way.
const GRACE: Duration = Duration::from_secs(2);

/// An HTTP/1 server. Dropping it closes the listener and every connection at once.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Server {
    /// Serves `listener`: each request goes to `handle`, concurrently.
    pub(crate) fn start<H, F>(listener: TcpListener, handle: H) -> io::Result<Self>
    where
        H: Fn(::http::Request<Incoming>) -> F + Clone + Send + 'static,
        F: Future<Output = Response> + Send + 'static,
    {
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(serve(listener, handle, stopped));
        Ok(Self { address, stop: Some(stop), task })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no new connections, lets the requests under way end within a short grace, closes.
    pub(crate) async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            // An error means that the server has already ended.
            let _ = stop.send(());
        }
        let _ = (&mut self.task).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve<H, F>(listener: TcpListener, handle: H, mut stopped: oneshot::Receiver<()>)
where
    H: Fn(::http::Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Response> + Send + 'static,
{
    let graceful = GracefulShutdown::new();
    // Held here, so that the connections end with this task.
    let mut connections = JoinSet::new();
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Mostly too many open files: let some connections end.
                    tracing::warn!(%error, "failed to accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            _ = &mut stopped => break,
            Some(_) = connections.join_next() => continue,
        };
        // Small answers at once; it fails only for a connection that is gone.
        let _ = stream.set_nodelay(true);
        let handle = handle.clone();
        let service = service_fn(move |request| {
            let response = handle(request);
            async move { Ok::<_, Infallible>(response.await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), service);
        connections.spawn(graceful.watch(connection));
    }
    drop(listener);
    let _ = tokio::time::timeout(GRACE, graceful.shutdown()).await;
}
