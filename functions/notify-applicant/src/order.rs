//! What a message of the queue asks for.

use domain::id::SubjectCode;
use platform::Failure;
use platform::message::{
    self, CloudEvent, DOSSIER_CHANGED, DossierChanged, NOTICES_WAKE, NoticesWake, read_data,
};
use platform::request::read_json;
use serde_json::Value;

/// What becomes of notices that were given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GivenUp {
    /// They stay with the operators.
    Stays,
    /// An operator wants them taken up again.
    IsTakenUp,
}

/// How dossier and thread are read for a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// By reads that may be a moment behind, the dossier of this version at least. What they lead to
    /// is stored under a condition; that nothing is to be done is not believed of them.
    Recent(u64),
    /// As of the last completed write.
    AsWritten,
}

/// What a message of the queue asks for, and how its first step reads.
#[derive(Debug)]
pub(crate) struct Order {
    /// The dossier, feedback, question or report that it is about.
    pub(crate) code: SubjectCode,
    /// What it wants of what was given up.
    pub(crate) given_up: GivenUp,
    /// How the first step reads.
    pub(crate) reading: Reading,
}

impl Order {
    /// Reads a message of the queue; fails for one of a kind that is not known here.
    pub(crate) fn of(message: &str) -> Result<Self, Failure> {
        let event: CloudEvent<Value> = read_json(message.as_bytes())?;
        match event.kind.as_str() {
            DOSSIER_CHANGED => {
                let changed: DossierChanged = read_data(&event.data)?;
                let reading = Reading::Recent(changed.version);
                Ok(Self { code: changed.code.into(), given_up: GivenUp::Stays, reading })
            }
            NOTICES_WAKE => {
                let wake: NoticesWake = read_data(&event.data)?;
                let given_up = if wake.take_up { GivenUp::IsTakenUp } else { GivenUp::Stays };
                Ok(Self { code: wake.code, given_up, reading: Reading::AsWritten })
            }
            _ => Err(message::unknown_type().into()),
        }
    }
}
