//! Why the demonstration cannot go on.

use serde_json::Value;

/// Why the demonstration cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Something is not as it has to be; the text says what.
    #[error("{0}")]
    CannotGoOn(String),
    /// One of the HTTP doors refused a request (RFC 9457).
    #[error("HTTP {status} {document}")]
    Problem {
        /// The status of the answer.
        status: u16,
        /// The problem document.
        document: Value,
    },
    /// Somebody did not answer.
    #[error("{}", with_causes(.0))]
    Unanswered(#[from] reqwest::Error),
    /// A file cannot be read, or the screen cannot be written to.
    #[error(transparent)]
    File(#[from] std::io::Error),
    /// A document is not what it has to be.
    #[error(transparent)]
    Unreadable(#[from] serde_json::Error),
}

/// The name of the problem, as the contract has it.
pub(super) fn slug(document: &Value) -> &str {
    let kind = document["type"].as_str().unwrap_or_default();
    kind.strip_prefix("urn:motcua:problem:").unwrap_or(kind)
}

/// reqwest says in its causes what happened.
fn with_causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
