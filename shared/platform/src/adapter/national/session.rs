//! A session with a system, which ends when the system likes. What says so is in no print, so that
//! each answer that refuses is taken for it once.

use std::collections::BTreeSet;

use serde_json::Value;
use tokio::sync::Mutex;

use crate::port::Trouble;

/// The most complaints that are remembered as not being about the session.
const HARMLESS_MAX: usize = 64;

/// A call that is made in a session.
pub(super) trait Call: Sync {
    /// Gets a new token.
    fn sign_in(&self) -> impl Future<Output = Result<String, Trouble>> + Send;

    /// Makes the call with this token.
    fn ask(&self, token: &str) -> impl Future<Output = Result<Value, Trouble>> + Send;

    /// What an answer says that refuses the call, as one does whose token has expired: nothing was
    /// done.
    fn complaint(&self, answer: &Result<Value, Trouble>) -> Option<String>;
}

/// A session with one account.
#[derive(Default)]
pub(super) struct Session(Mutex<Known>);

/// What this process knows of it. The token is a secret.
#[derive(Default)]
struct Known {
    token: Option<String>,
    /// What came of a new session, too: that is not about the session.
    harmless: BTreeSet<String>,
}

impl Session {
    /// Makes the call with the token that there is, and once more with a new one where the answer
    /// may mean that it has expired.
    pub(super) async fn make(&self, call: &impl Call) -> Result<Value, Trouble> {
        let mut known = self.0.lock().await;
        let (token, fresh) = match known.token.take() {
            Some(token) => (token, false),
            None => (call.sign_in().await?, true),
        };
        let answer = call.ask(known.token.insert(token)).await;
        let Some(first) = call.complaint(&answer) else {
            return answer;
        };
        if fresh || known.harmless.contains(&first) {
            return answer;
        }
        known.token = None;
        let token = call.sign_in().await?;
        let again = call.ask(known.token.insert(token)).await;
        if call.complaint(&again).as_ref() == Some(&first) && known.harmless.len() < HARMLESS_MAX {
            known.harmless.insert(first);
        }
        again
    }
}

/// What the lack of an answer complains of, where it may be a session's end.
pub(super) fn of_trouble(trouble: &Trouble) -> Option<String> {
    match trouble {
        Trouble::Refused { code } => Some(code.clone()),
        Trouble::Gone { .. } => None,
        Trouble::Unavailable { code, .. } => {
            Some(code.clone()).filter(|code| ["http-401", "http-403"].contains(&code.as_str()))
        }
    }
}
