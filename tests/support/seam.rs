//! The one place that every call passes which leaves a function in the proofs: of a table, of a
//! queue, of object storage, of a gateway, of another system. It counts them, and a rule says what
//! becomes of each: cut off before it or after it, repeated, turned away, done in part, or the
//! process ends there and does nothing more.

use std::fmt;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use tokio::sync::Notify;

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// It goes through.
    Passes,
    /// It never gets there, and the function hears that it failed.
    LostBefore,
    /// It is done, and the function hears that it failed.
    LostAfter,
    /// It is done, its answer is lost, and the client asks once more, as ours does on AWS.
    Repeated,
    /// The other side turns it away: throttled, or in conflict with another transaction.
    TurnedAway,
    /// Of a batch, a part is done.
    InPart,
    /// The process ends before it.
    KilledBefore,
    /// The process ends after it.
    KilledAfter,
}

impl Mode {
    /// All in which something is wrong.
    pub const WRONG: [Self; 7] = [
        Self::LostBefore,
        Self::LostAfter,
        Self::Repeated,
        Self::TurnedAway,
        Self::InPart,
        Self::KilledBefore,
        Self::KilledAfter,
    ];

    /// Whether it says anything of such a call that no other mode says: a read has no effect that
    /// could stay behind.
    pub fn fits(self, crossing: &Crossing) -> bool {
        match self {
            Self::Passes => false,
            Self::LostBefore | Self::TurnedAway | Self::KilledBefore => true,
            Self::LostAfter | Self::KilledAfter => crossing.writes,
            Self::Repeated => crossing.writes && crossing.is_of_the_engines,
            Self::InPart => crossing.is_batch,
        }
    }
}

/// A call that leaves a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crossing {
    /// The function at work.
    pub function: String,
    /// What is called: `PutItem DossiersTable`, `gateway`.
    pub called: String,
    /// Whether it changes something there.
    pub writes: bool,
    /// Whether it may be done in part.
    pub is_batch: bool,
    /// Whether it is of tables or queues, whose client asks again by itself.
    pub is_of_the_engines: bool,
}

type Rule = dyn FnMut(&Crossing) -> Mode + Send;

#[derive(Default)]
struct State {
    function: String,
    crossings: Vec<Crossing>,
    rule: Option<Box<Rule>>,
    is_dead: bool,
}

/// The place.
#[derive(Clone, Default)]
pub struct Seam(Arc<(Mutex<State>, Notify)>);

impl fmt::Debug for Seam {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the seam")
    }
}

impl Seam {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.0.lock().unwrap()
    }

    /// From now on, `rule` says what becomes of each call.
    pub fn obey(&self, rule: impl FnMut(&Crossing) -> Mode + Send + 'static) {
        self.state().rule = Some(Box::new(rule));
    }

    /// From now on, everything goes through.
    pub fn rest(&self) {
        self.state().rule = None;
    }

    /// What has crossed since this was asked last.
    pub fn crossings(&self) -> Vec<Crossing> {
        std::mem::take(&mut self.state().crossings)
    }

    /// Has a process of `function` work; nothing where it ended on the way, which drops its work.
    pub async fn process<T>(&self, function: &str, work: impl Future<Output = T>) -> Option<T> {
        {
            let mut state = self.state();
            state.is_dead = false;
            function.clone_into(&mut state.function);
        }
        let ended = tokio::select! {
            biased;
            () = self.0.1.notified() => None,
            done = work => Some(done),
        };
        // A process that ends in its last call has said nothing either.
        ended.filter(|_| !self.state().is_dead)
    }

    /// The end of the process at work.
    pub async fn die<T>(&self) -> T {
        self.state().is_dead = true;
        self.0.1.notify_one();
        std::future::pending().await
    }

    /// A call arrives; what becomes of it.
    pub async fn cross(
        &self,
        called: &str,
        (writes, is_batch, engines): (bool, bool, bool),
    ) -> Mode {
        let mode = {
            let mut state = self.state();
            if state.is_dead {
                None
            } else {
                let crossing = Crossing {
                    function: state.function.clone(),
                    called: called.to_owned(),
                    writes,
                    is_batch,
                    is_of_the_engines: engines,
                };
                let mode = state.rule.as_mut().map_or(Mode::Passes, |rule| rule(&crossing));
                state.crossings.push(crossing);
                Some(mode)
            }
        };
        // Nothing that a dead process still asks for happens.
        match mode {
            None => std::future::pending().await,
            Some(Mode::KilledBefore) => self.die().await,
            Some(mode) => mode,
        }
    }

    /// A call of a stand-in's port: `lost` is what the function hears where it failed, by whether
    /// it was done.
    pub async fn port<T>(
        &self,
        called: &str,
        writes: bool,
        does: impl FnOnce() -> T,
        lost: impl FnOnce(bool) -> T,
    ) -> T {
        match self.cross(called, (writes, false, false)).await {
            Mode::Passes | Mode::Repeated | Mode::InPart => does(),
            Mode::LostBefore | Mode::TurnedAway => lost(false),
            Mode::LostAfter => {
                does();
                lost(true)
            }
            Mode::KilledBefore => unreachable!("nobody comes back from there"),
            Mode::KilledAfter => {
                does();
                self.die().await
            }
        }
    }
}

/// What tables and queues are: they answer an operation with a status and a text.
pub trait Engine: Send + Sync + 'static {
    /// What is called, for people: `PutItem DossiersTable`.
    fn name(&self, operation: &str, body: &str) -> String;
    /// Does it; a part of it alone where `in_part`.
    fn answer(&self, operation: &str, body: &str, in_part: bool) -> (u16, String);
    /// How it turns a call away.
    fn turned_away(&self, operation: &str, body: &str) -> (u16, String);
}

/// The line of an AWS client to an engine in this process, through the seam.
#[derive(Clone)]
pub struct Line {
    seam: Seam,
    engine: Arc<dyn Engine>,
}

impl Line {
    /// To `engine`, through `seam`.
    pub fn new(seam: &Seam, engine: Arc<dyn Engine>) -> Self {
        Self { seam: seam.clone(), engine }
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a line through the seam")
    }
}

impl HttpClient for Line {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// Whether an operation changes something.
fn writes(operation: &str) -> bool {
    !["GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"].contains(&operation)
}

impl HttpConnector for Line {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let line = self.clone();
        HttpConnectorFuture::new(async move {
            let Line { seam, engine } = line;
            let called = engine.name(&operation, &body);
            let kind = (writes(&operation), operation.contains("Batch"), true);
            let cut = || ConnectorError::other("the line is cut here".into(), None);
            let answer = match seam.cross(&called, kind).await {
                Mode::Passes => engine.answer(&operation, &body, false),
                Mode::LostBefore => return Err(cut()),
                Mode::LostAfter => {
                    engine.answer(&operation, &body, false);
                    return Err(cut());
                }
                Mode::Repeated => {
                    engine.answer(&operation, &body, false);
                    engine.answer(&operation, &body, false)
                }
                Mode::TurnedAway => engine.turned_away(&operation, &body),
                Mode::InPart => engine.answer(&operation, &body, true),
                Mode::KilledBefore => unreachable!("nobody comes back from there"),
                Mode::KilledAfter => {
                    engine.answer(&operation, &body, false);
                    seam.die().await
                }
            };
            let status = answer.0.try_into().expect("a status");
            Ok(HttpResponse::new(status, answer.1.into()))
        })
    }
}
