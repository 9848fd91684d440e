//! Handing a dossier in: what must be true before it becomes one.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::Violation;
use crate::agency::{Matter, WardCode};
use crate::applicant::Applicant;
use crate::calendar::date_of;
use crate::catalogue::Catalogue;
use crate::dossier::{Action, Actor, Dossier, DossierStatus, HistoryEntry};
use crate::id::{AgencyCode, CommandId, DossierCode, ProcedureCode};
use crate::procedure::{Channel, OnlineLevel};

/// The most papers one dossier carries.
pub const DOCUMENTS_MAX: usize = 50;

/// The most that the papers' codes, names, hashes and addresses take together, in bytes: see
/// [`REMARK_CHARACTERS_MAX`](crate::dossier::REMARK_CHARACTERS_MAX).
pub const DOCUMENTS_BYTES_MAX: usize = 100_000;

/// A paper handed in: where it lies and what it must hash to.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Code of the paper within the procedure.
    pub code: String,
    /// File name as the applicant gave it.
    pub name: String,
    /// SHA-256 of the content, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Where the content lies (https).
    pub url: String,
}

/// File names and addresses may name people.
impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Document(***)")
    }
}

impl Document {
    /// Bytes of text that the paper takes in the store.
    pub fn bytes(&self) -> usize {
        self.code.len() + self.name.len() + self.sha256.len() + self.url.len()
    }

    /// What is wrong with this paper, each field named from the paper itself.
    pub fn violations(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        let text = |value: &str, most: usize| {
            (1..=most).contains(&value.chars().count()) && !value.chars().any(char::is_control)
        };
        if !text(&self.code, 64) {
            found.push(Violation::new("code", "length", "must be 1 to 64 characters"));
        }
        if !text(&self.name, 255) {
            found.push(Violation::new("name", "length", "must be 1 to 255 characters"));
        }
        if self.sha256.len() != 64 || !self.sha256.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            found.push(Violation::new("sha256", "sha256", "must be 64 lower-case hexadecimal digits"));
        }
        if !text(&self.url, 2_048) || self.url.strip_prefix("https://").is_none_or(str::is_empty) {
            found.push(Violation::new("url", "https-url", "must be an https address of at most 2,048 characters"));
        }
        found
    }
}

/// Why the agency that `field` names cannot be given a dossier on `day`, if so.
pub fn agency_violation(field: &str, agency: &AgencyCode, catalogue: &Catalogue, day: Date) -> Option<Violation> {
    let Some(known) = catalogue.agency(agency) else {
        return Some(Violation::new(field, "known-agency", "is not an agency of this province"));
    };
    if known.exists_on(day) {
        return None;
    }
    let mut detail = format!("did not take dossiers in on {day}");
    let successors: BTreeSet<&str> = known.successors().map(AgencyCode::as_str).collect();
    if !successors.is_empty() {
        let are = if successors.len() == 1 { "successor is" } else { "successors are" };
        detail.push_str(&format!("; its {are} {}", successors.into_iter().collect::<Vec<_>>().join(", ")));
    }
    Some(Violation::new(field, "agency-in-force", detail))
}

/// A well-formed request to take a dossier in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// What is asked for.
    pub procedure: ProcedureCode,
    /// Of whom.
    pub agency: AgencyCode,
    /// How it came.
    pub channel: Channel,
    /// In which ward the matter lies, where the sender says so.
    pub ward: Option<WardCode>,
    /// By whom.
    pub applicant: Applicant,
    /// With which papers.
    pub documents: Vec<Document>,
}

/// When a dossier was handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// When it happened.
    pub at: Timestamp,
    /// When we learned of it.
    pub recorded_at: Timestamp,
    /// When it happened by the sender's clock, where that ran ahead of ours.
    pub claimed_at: Option<Timestamp>,
}

impl From<Timestamp> for Times {
    /// It happened as it came.
    fn from(at: Timestamp) -> Self {
        Self { at, recorded_at: at, claimed_at: None }
    }
}

impl Submission {
    /// What decides who carries on with it when its agency has ended.
    pub fn matter(&self) -> Matter<'_> {
        Matter { procedure: Some(&self.procedure), ward: self.ward.as_ref() }
    }

    /// What the catalogue does not allow on `day`.
    pub fn violations(&self, catalogue: &Catalogue, day: Date) -> Vec<Violation> {
        let mut found = Vec::new();
        found.extend(agency_violation("agency", &self.agency, catalogue, day));
        let Some(procedure) = catalogue.procedure(&self.procedure, day) else {
            found.push(Violation::new("procedure", "known-procedure", format!("is not in force on {day}")));
            return found;
        };
        // Of the agency that settles it: one of another tier has no power to. The counter may be anywhere.
        let agency = catalogue.agency(&self.agency).filter(|agency| agency.exists_on(day));
        if agency.is_some_and(|agency| agency.level != procedure.level) {
            found.push(Violation::new("agency", "agency-level", "does not settle procedures of this tier"));
        }
        if self.channel == Channel::Online && procedure.online == OnlineLevel::Information {
            found.push(Violation::new("channel", "online-procedure", "this procedure cannot be handed in on-line"));
        }
        found
    }

    /// The new dossier. Call only when [`Submission::violations`] found nothing.
    pub fn into_dossier(
        self,
        code: DossierCode,
        command: CommandId,
        by: &Actor,
        Times { at, recorded_at, claimed_at }: Times,
        catalogue: &Catalogue,
    ) -> Dossier {
        let procedure = catalogue.procedure(&self.procedure, date_of(at));
        let entry = HistoryEntry {
            version: 1,
            action: Action::Submit,
            status: DossierStatus::Registered,
            at,
            recorded_at,
            claimed_at,
            by: by.signature(),
            command,
            reason: None,
            note: None,
            due_at: None,
            due_rule: None,
            original_due_at: None,
            asked_late: false,
            late_letter: false,
            handler: None,
        };
        Dossier {
            code,
            version: 1,
            status: DossierStatus::Registered,
            procedure_version: procedure.map_or(0, |procedure| procedure.version),
            term: procedure.and_then(|procedure| procedure.term(self.channel)),
            procedure: self.procedure,
            agency: self.agency,
            handler: None,
            channel: self.channel,
            ward: self.ward,
            applicant: self.applicant,
            documents: self.documents,
            submitted_at: at,
            received_at: None,
            due_at: None,
            original_due_at: None,
            closed_at: None,
            paused_at: None,
            status_before: None,
            history: vec![entry],
        }
    }
}
