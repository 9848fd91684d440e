//! Invocations on their way from the runtime to the function as it is wired.
//!
//! A function whose secrets have changed is wired anew within its process (ADR 113). The runtime
//! cannot be stopped for that: it always waits for the next invocation, and one that came to a
//! runtime which nobody listens to would be lost. So the runtime is started once for each process,
//! in a task of its own, and what it takes waits here.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, resume_unwind};

use futures::FutureExt;
use lambda_runtime::{LambdaEvent, service_fn};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, spawn_local};
use tracing::{Instrument, Span};

use super::{Error, Invoked};
use crate::Failure;
use crate::payload::{Payload, Reported};

thread_local! {
    /// That of the process, while nothing serves it.
    static LAID_ASIDE: RefCell<Option<Inbox>> = const { RefCell::new(None) };
}

/// What became of an invocation; the error is what a handler panicked with.
type Answered = Result<Result<Box<RawValue>, Reported>, Box<dyn Any + Send>>;

/// An invocation that waits for its answer.
pub(super) struct Invocation {
    payload: Payload,
    invoked: Invoked,
    /// Names the request in each line of the log.
    span: Span,
    answer: oneshot::Sender<Answered>,
}

impl Invocation {
    /// Answers by `answer`, also where that panics: then the runtime logs it and answers for us.
    pub(super) async fn answer_by<R: Serialize>(
        self,
        answer: impl AsyncFn(Payload, Invoked) -> Result<R, Reported>,
    ) {
        let Self { payload, invoked, span, answer: to } = self;
        let answered = async { written(&answer(payload, invoked).await?) };
        let answered = AssertUnwindSafe(answered).catch_unwind().instrument(span).await;
        // Refused only by a runtime that has ended, and then the process ends as well.
        drop(to.send(answered));
    }
}

/// An answer as it is sent.
fn written(answer: &impl Serialize) -> Result<Box<RawValue>, Reported> {
    let written = to_raw_value(answer);
    Ok(written.map_err(|_| Failure::Defect("the answer cannot be written".to_owned()))?)
}

/// The invocations of a process, one at a time.
pub(super) struct Inbox {
    /// The one that had come when the function was to be wired anew.
    first: Option<Invocation>,
    arriving: mpsc::Receiver<Invocation>,
    runtime: JoinHandle<Result<(), Error>>,
}

impl Inbox {
    /// That of the process; the first call starts the runtime, which from then on takes
    /// invocations.
    pub(super) fn open() -> Self {
        LAID_ASIDE.take().unwrap_or_else(|| {
            let (sender, arriving) = mpsc::channel(1);
            Self { first: None, arriving, runtime: spawn_local(run(sender)) }
        })
    }

    /// Whether an invocation waits for the function to be wired anew.
    pub(super) fn waits() -> bool {
        LAID_ASIDE.with_borrow(Option::is_some)
    }

    /// The next invocation; `None` once the runtime has ended.
    pub(super) async fn next(&mut self) -> Option<Invocation> {
        match self.first.take() {
            Some(first) => Some(first),
            None => self.arriving.recv().await,
        }
    }

    /// Keeps everything for the function when it is wired anew, `invocation` first.
    pub(super) fn lay_aside(self, invocation: Invocation) {
        LAID_ASIDE.set(Some(Self { first: Some(invocation), ..self }));
    }

    /// With what the runtime ended.
    pub(super) async fn ended(self) -> Result<(), Error> {
        self.runtime.await?
    }
}

/// Hands over each invocation that comes, until the platform ends the process.
async fn run(inbox: mpsc::Sender<Invocation>) -> Result<(), Error> {
    let each = service_fn(move |event: LambdaEvent<Payload>| {
        let inbox = inbox.clone();
        async move {
            let invoked = Invoked::now(event.context.deadline());
            let (answer, answered) = oneshot::channel();
            let payload = event.payload;
            let invocation = Invocation { payload, invoked, span: Span::current(), answer };
            inbox.send(invocation).await.map_err(|_| "nobody serves any more")?;
            match answered.await? {
                Ok(answer) => Ok::<Box<RawValue>, Error>(answer?),
                Err(panic) => resume_unwind(panic),
            }
        }
    });
    // Boxed, since the compiler's depth for a type is used up by one future inside another.
    Box::pin(lambda_runtime::run(each)).await
}
