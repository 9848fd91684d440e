//! A line to the tables that can be cut before or after any call, held up, or told what to answer.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_smithy_http_client::Builder;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use platform::cloud::Cloud;
use platform::dynamo::Reads;
use platform::sqs::Queue;
use tokio::sync::Notify;

use crate::support::world::{World, cloud, removals};

/// A call of the tables.
pub struct TableCall {
    /// Its place among all calls of this line, from 0.
    pub number: usize,
    /// `PutItem`, and so on.
    pub operation: String,
    /// What is asked.
    pub body: String,
}

impl TableCall {
    /// Whether it changes something.
    pub fn writes(&self) -> bool {
        ["PutItem", "UpdateItem", "DeleteItem"].contains(&self.operation.as_str())
    }
}

/// What becomes of a call.
pub enum Fate {
    /// It goes through.
    Passes,
    /// It never reaches the tables.
    LostBefore,
    /// The tables do it, and nobody hears of it.
    LostAfter,
    /// It waits at the gate, and goes through then.
    WaitsAt(Arc<Gate>),
    /// The tables are not asked, and this is the answer.
    Answered(&'static str),
}

/// Where one call waits until it is let through.
#[derive(Debug, Default)]
pub struct Gate {
    used: AtomicBool,
    reached: Notify,
    open: Notify,
}

impl Gate {
    /// The first call that comes to the gate waits at it, others pass.
    pub fn fate(self: &Arc<Self>) -> Fate {
        if self.used.swap(true, Ordering::SeqCst) {
            Fate::Passes
        } else {
            Fate::WaitsAt(Arc::clone(self))
        }
    }

    /// Until a call waits.
    pub async fn reached(&self) {
        self.reached.notified().await;
    }

    /// Lets it through.
    pub fn open(&self) {
        self.open.notify_one();
    }
}

type Rule = dyn Fn(&TableCall) -> Fate + Send + Sync;

/// A line whose calls fare as a rule says.
#[derive(Clone)]
struct Line {
    inner: SharedHttpClient,
    connector: Option<SharedHttpConnector>,
    rule: Arc<Rule>,
    calls: Arc<AtomicUsize>,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a line that can be cut")
    }
}

impl HttpClient for Line {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let connector = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Self { connector: Some(connector), ..self.clone() })
    }
}

impl HttpConnector for Line {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let call = TableCall {
            number: self.calls.fetch_add(1, Ordering::SeqCst),
            operation: target.rsplit('.').next().unwrap_or_default().to_owned(),
            body: String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned(),
        };
        let (fate, connector) =
            ((self.rule)(&call), self.connector.clone().expect("a line that is open"));
        let cut = || ConnectorError::other("the line is cut here".into(), None);
        HttpConnectorFuture::new(async move {
            match fate {
                Fate::Passes => connector.call(request).await,
                Fate::LostBefore => Err(cut()),
                Fate::LostAfter => {
                    connector.call(request).await?;
                    Err(cut())
                }
                Fate::WaitsAt(gate) => {
                    gate.reached.notify_one();
                    gate.open.notified().await;
                    connector.call(request).await
                }
                Fate::Answered(text) => {
                    Ok(HttpResponse::new(200.try_into().expect("a status"), text.into()))
                }
            }
        })
    }
}

/// A client of the same tables as `client`, whose calls fare as `rule` says; none is tried again.
pub fn line(client: &Client, rule: impl Fn(&TableCall) -> Fate + Send + Sync + 'static) -> Client {
    let inner = Builder::new().build_http();
    let line = Line { inner, connector: None, rule: Arc::new(rule), calls: Arc::default() };
    let config = client
        .config()
        .to_builder()
        .http_client(line)
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

/// A queue whose calls fare as `rule` says; none is tried again.
pub fn queue(rule: impl Fn(&TableCall) -> Fate + Send + Sync + 'static) -> Queue {
    Queue::new(queues(rule), "http://localhost/notices".to_owned())
}

/// Queues whose calls fare as `rule` says; none is tried again.
pub fn queues(rule: impl Fn(&TableCall) -> Fate + Send + Sync + 'static) -> aws_sdk_sqs::Client {
    let inner = Builder::new().build_http();
    let line = Line { inner, connector: None, rule: Arc::new(rule), calls: Arc::default() };
    let config = Cloud::of(cloud(Some("http://localhost"))).unwrap().queues().config().to_builder();
    let config = config.http_client(line).retry_config(RetryConfig::disabled()).build();
    aws_sdk_sqs::Client::from_conf(config)
}

/// What erases, where no read can be recorded.
pub fn unrecorded(world: &World) -> erase_content::Tables {
    let deaf = line(&world.client, |call| {
        if call.body.contains("ReadsTable") { Fate::LostBefore } else { Fate::Passes }
    });
    erase_content::Tables {
        dossiers: world.dossiers.clone(),
        feedback: world.erasures.feedback.clone(),
        removals: removals(&world.client),
        reads: Reads::new(deaf, "ReadsTable".to_owned()),
    }
}
