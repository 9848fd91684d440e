//! The HTTP client of the SDK: one pool of connections for tables and queues, over HTTP/1.1, with
//! the roots of trust that it is given. The SDK's own one speaks HTTP/2 besides, reads the
//! machine's roots, and makes its connector twice for each client.

use std::collections::HashMap;
use std::error::Error;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::ErrorKind;
use http::Uri;
use http::uri::PathAndQuery;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::{self, CaptureConnection, capture_connection};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tokio::time::error::Elapsed;
use tower_service::Service;

use super::CONNECTED_WITHIN;

/// The pool of connections.
#[derive(Debug, Clone)]
pub(super) struct Line {
    connector: SharedHttpConnector,
    connecting: Connecting,
}

impl Line {
    /// Connections to whom `tls` believes, or without TLS where an address says so.
    pub(super) fn new(tls: ClientConfig) -> Self {
        let mut tcp = connect::HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let https = HttpsConnector::from((tcp, tls));
        let connecting = Connecting { https, ready: Ready::default() };
        let pool = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .build(connecting.clone());
        Self { connector: SharedHttpConnector::new(Pool(pool)), connecting }
    }

    /// Makes a connection to `address` that the first request to it takes.
    pub(super) async fn prepare(&self, address: &str) -> Result<(), BoxError> {
        self.connecting.clone().prepare(address.parse()?).await
    }
}

impl HttpClient for Line {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        // Of the settings, which are the same for all calls, the time to connect is kept by each
        // connection; the time to read is within that of the attempt.
        self.connector.clone()
    }
}

#[derive(Debug)]
struct Pool(legacy::Client<Connecting, SdkBody>);

impl HttpConnector for Pool {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => {
                return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into())));
            }
        };
        let connection = capture_connection(&mut request);
        if let Some(captured) = request.extensions().get::<CaptureSmithyConnection>() {
            captured.set_connection_retriever(move || poisonable(&connection));
        }
        let answer = self.0.request(request);
        HttpConnectorFuture::new(async move {
            let answer = answer.await.map_err(failed)?;
            HttpResponse::try_from(answer.map(SdkBody::from_body_1_x))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// The connection of a request, which the SDK closes before it tries a failed request again.
fn poisonable(connection: &CaptureConnection) -> Option<ConnectionMetadata> {
    connection.connection_metadata().as_ref()?;
    let connection = connection.clone();
    let close = move || {
        if let Some(connection) = connection.connection_metadata().as_ref() {
            connection.poison();
        }
    };
    Some(ConnectionMetadata::builder().proxied(false).poison_fn(close).build())
}

/// What the SDK has to know of a failed request: whether another try may do better.
fn failed(error: legacy::Error) -> ConnectorError {
    let connecting = error.is_connect();
    let error: BoxError = error.into();
    if source::<Elapsed>(error.as_ref()).is_some() {
        return ConnectorError::timeout(error);
    }
    let Some(hyper) = source::<hyper::Error>(error.as_ref()) else {
        return match source::<std::io::Error>(error.as_ref()) {
            None if !connecting => ConnectorError::other(error, None),
            None | Some(_) => ConnectorError::io(error),
        };
    };
    let broken = source::<std::io::Error>(hyper).is_some();
    if hyper.is_timeout() {
        ConnectorError::timeout(error)
    } else if hyper.is_user() {
        ConnectorError::user(error)
    } else if hyper.is_closed() || hyper.is_canceled() || broken {
        ConnectorError::io(error)
    } else if hyper.is_incomplete_message() {
        ConnectorError::other(error, Some(ErrorKind::TransientError))
    } else {
        ConnectorError::other(error, None)
    }
}

/// The first error of this type along the causes of `error`.
fn source<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut causes = std::iter::successors(Some(error), |&error| error.source());
    causes.find_map(|error| error.downcast_ref())
}

type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

/// Connections that were made before anybody had something to say, each for its address.
type Ready = Arc<Mutex<HashMap<Uri, Stream>>>;

/// Connects, or gives up after [`CONNECTED_WITHIN`], TLS included.
#[derive(Debug, Clone)]
struct Connecting {
    https: HttpsConnector<connect::HttpConnector>,
    ready: Ready,
}

impl Connecting {
    /// Makes a connection that the first request to `address` takes.
    async fn prepare(&mut self, address: Uri) -> Result<(), BoxError> {
        let stream = self.call(address.clone()).await?;
        self.ready.lock().unwrap_or_else(PoisonError::into_inner).insert(root(address)?, stream);
        Ok(())
    }
}

/// The address of an engine, without what is asked of it.
fn root(address: Uri) -> Result<Uri, BoxError> {
    let mut parts = address.into_parts();
    parts.path_and_query = Some(PathAndQuery::from_static("/"));
    Ok(Uri::from_parts(parts)?)
}

impl Service<Uri> for Connecting {
    type Response = Stream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.https.poll_ready(context)
    }

    fn call(&mut self, address: Uri) -> Self::Future {
        if let Ok(root) = root(address.clone()) {
            let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(stream) = ready.remove(&root) {
                return Box::pin(std::future::ready(Ok(stream)));
            }
        }
        let connection = self.https.call(address);
        Box::pin(async { tokio::time::timeout(CONNECTED_WITHIN, connection).await? })
    }
}
