//! Names of notices, and of the messages by which gateways know them.

use std::fmt;

use super::Wording;
use crate::id::SubjectCode;

/// The name of the notice about entry `version` of a dossier, or of a report's one.
pub fn notice_id(code: &impl fmt::Display, version: u64) -> String {
    format!("{code}/{version}")
}

/// The name under which gateways get the notice: a repetition has a name of its own, or the gateway
/// that recognises one would keep it back.
pub(super) fn message_id(code: &impl fmt::Display, version: u64, wording: Wording) -> String {
    let mark = match wording {
        Wording::First => "",
        Wording::Repetition => REPETITION,
    };
    format!("{}{mark}", notice_id(code, version))
}

const REPETITION: &str = "/r";

/// The parts of a message id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageName {
    /// The dossier or report of the message.
    pub subject: SubjectCode,
    /// The version of the history entry.
    pub version: u64,
    /// The wording of its text.
    pub wording: Wording,
}

/// Reads a message id; `None` for an id that is not ours.
pub fn parse_message_id(name: &str) -> Option<MessageName> {
    let (first, wording) = name
        .strip_suffix(REPETITION)
        .map_or((name, Wording::First), |first| (first, Wording::Repetition));
    let (subject, version) = first.rsplit_once('/')?;
    Some(MessageName { subject: subject.parse().ok()?, version: version.parse().ok()?, wording })
}
