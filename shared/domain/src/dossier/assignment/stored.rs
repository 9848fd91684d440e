//! How an assignment is stored: in few bytes, as an entry of a history is (ADR 61). Those of earlier
//! releases have whole names and texts, and are read by the same fields.

use serde::{Deserialize, Serialize};

use super::Assignment;
use crate::dossier::compact::{Digest, Instant, StoredSignature, command_of};
use crate::dossier::{Signature, StepTaken};
use crate::id::{AgencyCode, CommandId};
use crate::impossible::Impossible;

/// An assignment as the store has it.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredAssignment {
    #[serde(rename = "m", alias = "number")]
    number: u64,
    #[serde(rename = "v", alias = "version")]
    version: u64,
    #[serde(rename = "t", alias = "at")]
    at: Instant,
    #[serde(rename = "b", alias = "by")]
    by: StoredSignature,
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    digest: Option<Digest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    command: Option<CommandId>,
    /// None where it is the agency of whoever made it.
    #[serde(rename = "g", alias = "agency", default, skip_serializing_if = "Option::is_none")]
    agency: Option<AgencyCode>,
    #[serde(rename = "h", alias = "holder", default, skip_serializing_if = "Option::is_none")]
    holder: Option<String>,
    #[serde(rename = "p", alias = "step", default, skip_serializing_if = "Option::is_none")]
    step: Option<StoredStep>,
}

/// The step of an assignment as the store has it.
#[derive(Serialize, Deserialize)]
struct StoredStep {
    #[serde(rename = "c", alias = "code")]
    code: String,
    #[serde(rename = "w", alias = "workingHours")]
    working_hours: u16,
    /// None where it began with the assignment.
    #[serde(rename = "f", alias = "since", default, skip_serializing_if = "Option::is_none")]
    since: Option<Instant>,
    #[serde(rename = "d", alias = "dueAt", default, skip_serializing_if = "Option::is_none")]
    due_at: Option<Instant>,
}

impl From<Assignment> for StoredAssignment {
    fn from(made: Assignment) -> Self {
        let Assignment { number, version, at, by, command, agency, holder, step } = made;
        let digest = Digest::of(&command);
        Self {
            number,
            version,
            at: Instant(at),
            command: if digest.is_none() { Some(command) } else { None },
            digest,
            agency: Some(agency).filter(|agency| by.agency.as_ref() != Some(agency)),
            by: StoredSignature(by),
            holder,
            step: step.map(|step| StoredStep {
                code: step.code,
                working_hours: step.working_hours,
                since: Some(step.since).filter(|since| *since != at).map(Instant),
                due_at: step.due_at.map(Instant),
            }),
        }
    }
}

impl TryFrom<StoredAssignment> for Assignment {
    type Error = Impossible;

    fn try_from(stored: StoredAssignment) -> Result<Self, Impossible> {
        let StoredAssignment { number, version, at, by, digest, command, agency, holder, step } =
            stored;
        let (Instant(at), StoredSignature(by)) = (at, by);
        let Signature { agency: own, .. } = &by;
        let agency = agency
            .or_else(|| own.clone())
            .ok_or(Impossible("an assignment was made at no agency"))?;
        let step = step.map(|step| StepTaken {
            code: step.code,
            working_hours: step.working_hours,
            since: step.since.map_or(at, |since| since.0),
            due_at: step.due_at.map(|due| due.0),
        });
        let command = command_of(digest.as_ref(), command)?;
        Ok(Self { number, version, at, by, command, agency, holder, step })
    }
}
