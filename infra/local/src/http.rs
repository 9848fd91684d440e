//! A small HTTP/1.1 server on loopback, which can also end a connection without an answer.
//!
//! hyper itself and no framework on it: whoever plays an outage has to reach the connection.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The longest body that is read, in bytes.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// A request that was read to its end.
#[derive(Debug)]
pub struct Request {
    /// Its method.
    pub method: Method,
    /// Its path, without the query.
    pub path: String,
    /// What follows the question mark, still encoded; empty without one.
    pub query: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, at most 1 MiB.
    pub body: Bytes,
}

/// What is answered.
#[derive(Debug)]
pub struct Answer {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

impl Answer {
    /// A document with status 200.
    pub fn ok(document: &Value) -> Self {
        Self::with(StatusCode::OK, document)
    }

    /// A document with this status.
    pub fn with(status: StatusCode, document: &Value) -> Self {
        let json = HeaderValue::from_static("application/json; charset=utf-8");
        Self {
            status,
            headers: vec![(CONTENT_TYPE, json)],
            body: Bytes::from(document.to_string()),
        }
    }

    /// No body, and the connection ends after it.
    pub fn last(status: StatusCode) -> Self {
        let close = (CONNECTION, HeaderValue::from_static("close"));
        Self { status, headers: vec![close], body: Bytes::new() }
    }

    /// There is nothing under this path.
    pub fn not_found() -> Self {
        Self::with(StatusCode::NOT_FOUND, &json!({ "error": "not found" }))
    }

    /// The same answer with one header more.
    #[must_use]
    pub fn and(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    fn response(self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(self.body));
        *response.status_mut() = self.status;
        response.headers_mut().extend(self.headers.into_iter().map(|(n, v)| (Some(n), v)));
        response
    }
}

/// The connection ends here, without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection ends without an answer")]
pub struct Dropped;

/// Who answers requests. The future is dropped when the client leaves.
pub trait Handler: Send + Sync + 'static {
    /// Answers `request`.
    ///
    /// # Errors
    /// If the connection is to end without an answer.
    fn handle(&self, request: Request) -> impl Future<Output = Result<Answer, Dropped>> + Send;
}

/// A client for loopback: each exchange ends after `timeout`.
///
/// # Errors
/// If TLS cannot be set up, which the client does whether it is used or not.
pub fn client(timeout: Duration) -> Result<reqwest::Client, reqwest::Error> {
    // Installing twice fails harmlessly: the first provider stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().timeout(timeout).no_proxy().build()
}

/// A listener on this port of loopback; 0 takes a free one.
///
/// # Errors
/// If the port is taken.
pub async fn listen(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await
}

/// Answers every request that comes, until the future is dropped.
///
/// # Errors
/// If the listener fails.
pub async fn serve(listener: TcpListener, handler: Arc<impl Handler>) -> io::Result<()> {
    // Ended together with the server: whoever drops it leaves nothing behind.
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await?;
        // Headers and body may be two writes; Nagle would hold the second one back for up to 40 ms.
        stream.set_nodelay(true)?;
        let handler = Arc::clone(&handler);
        connections.spawn(async move {
            let service = service_fn(|request| exchange(handler.as_ref(), request));
            let served = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
            // What ended a connection is what a test asked for, or the client's own affair.
            drop(served);
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn exchange(
    handler: &impl Handler,
    request: hyper::Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Dropped> {
    let (head, body) = request.into_parts();
    let announced = head.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let announced = announced.and_then(|length| length.parse::<usize>().ok()).unwrap_or(0);
    if announced > BODY_BYTES_MAX {
        return Ok(Answer::last(StatusCode::PAYLOAD_TOO_LARGE).response());
    }
    let Ok(body) = Limited::new(body, BODY_BYTES_MAX).collect().await else {
        return Ok(Answer::last(StatusCode::PAYLOAD_TOO_LARGE).response());
    };
    let request = Request {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers,
        body: body.to_bytes(),
    };
    handler.handle(request).await.map(Answer::response)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    /// Answers, drops the connection, or thinks for ever, as the path asks.
    #[derive(Default)]
    struct Moody {
        is_thinking: AtomicBool,
        was_left: Arc<AtomicBool>,
    }

    struct Left(Arc<AtomicBool>);

    impl Drop for Left {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    impl Handler for Moody {
        async fn handle(&self, request: Request) -> Result<Answer, Dropped> {
            if request.path == "/drop" {
                return Err(Dropped);
            }
            if request.path == "/think" {
                let _left = Left(Arc::clone(&self.was_left));
                self.is_thinking.store(true, Ordering::SeqCst);
                std::future::pending::<()>().await;
            }
            Ok(Answer::ok(&json!({ "bytes": request.body.len() })))
        }
    }

    async fn served() -> (SocketAddr, Arc<Moody>) {
        let (listener, moody) = (listen(0).await.unwrap(), Arc::new(Moody::default()));
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve(listener, Arc::clone(&moody)));
        (address, moody)
    }

    /// Sends `request` and reads until the connection ends.
    async fn exchanged(address: SocketAddr, request: String) -> String {
        let exchange = move || {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            let mut answer = String::new();
            // A connection that is reset is one that has ended.
            let _ = stream.read_to_string(&mut answer);
            answer
        };
        tokio::task::spawn_blocking(exchange).await.unwrap()
    }

    #[tokio::test]
    async fn a_connection_can_end_without_an_answer() {
        let (address, _) = served().await;
        let answer = exchanged(address, "GET /drop HTTP/1.1\r\nhost: x\r\n\r\n".to_owned());
        assert_eq!(answer.await, "");
    }

    #[tokio::test]
    async fn a_body_that_is_too_long_is_not_read() {
        let (address, _) = served().await;
        let post = |length| {
            let head = format!("connection: close\r\ncontent-length: {length}");
            format!("POST / HTTP/1.1\r\nhost: x\r\n{head}\r\n\r\n{}", "x".repeat(9))
        };
        assert!(exchanged(address, post(9)).await.ends_with("{\"bytes\":9}"));
        let refused = exchanged(address, post(BODY_BYTES_MAX + 1)).await;
        assert!(refused.starts_with("HTTP/1.1 413 "), "{refused}");
    }

    #[tokio::test]
    async fn who_leaves_is_thought_about_no_longer() {
        let (address, moody) = served().await;
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"GET /think HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        while !moody.is_thinking.load(Ordering::SeqCst) {
            tokio::task::yield_now().await;
        }
        drop(stream);
        while !moody.was_left.load(Ordering::SeqCst) {
            tokio::task::yield_now().await;
        }
    }
}
