//! What crosses a queue: CloudEvents 1.0 in JSON. Ours carry ids, a version and a schema version,
//! and no personal data.

use domain::delivery::SystemId;
use domain::dossier::{Action, DossierStatus, HistoryEntry};
use domain::id::{AgencyCode, DossierCode, SubjectCode};
use domain::{RuleName, Violation};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Failure;
use crate::proof::ProofId;
use crate::record::standing::{EventName, EventState};
use crate::request::read_json;

/// Version of the envelope: the only one there is.
pub const SPEC_VERSION: &str = "1.0";

/// Type of the event "a dossier has changed".
pub const DOSSIER_CHANGED: &str = "vn.motcua.dossier.changed.v1";
/// Type of the wake-up "a notice's time has come".
pub const NOTICES_WAKE: &str = "vn.motcua.notices.wake.v1";
/// Type of the order "send the one-time code that was asked for".
pub const PROOF_ASKED: &str = "vn.motcua.proof.asked.v1";
/// Type of the wake-up "a system is still owed a dossier".
pub const DELIVERIES_WAKE: &str = "vn.motcua.deliveries.wake.v1";
/// Type of the order "count one agency's days".
pub const AGENCY_COUNT: &str = "vn.motcua.kpi.count.v1";
/// Type of the order "close what was counted".
pub const FIGURES_CLOSE: &str = "vn.motcua.kpi.close.v1";
/// Type of the reply "this became of your event".
pub const EVENT_OUTCOME: &str = "vn.motcua.event.outcome.v1";
/// The type of an integrator's submission.
pub const SUBMIT: &str = "vn.motcua.dossier.submit.v1";
/// The type of an integrator's transition.
pub const TRANSITION: &str = "vn.motcua.dossier.transition.v1";
/// The type of the event "documents that were asked for have come".
pub const DOCUMENTS: &str = "vn.motcua.dossier.documents.v1";
/// The type of the event "the work has a result".
pub const RESULT: &str = "vn.motcua.dossier.result.v1";
/// The type of the event "the fee was paid".
pub const FEE: &str = "vn.motcua.dossier.fee.v1";

/// The type of the event "an order of the post has moved".
pub const POSTAL: &str = "vn.motcua.dossier.postal.v1";

/// The type of the event "a system answers for a dossier that was transferred to it".
pub const TRANSFER: &str = "vn.motcua.dossier.transfer.v1";

/// The type of the event "a dossier was filed at the national portal", in the portal's own form.
pub const NATIONAL: &str = "vn.motcua.dossier.national.v1";

/// The type of the event "feedback was given at another system".
pub const FEEDBACK: &str = "vn.motcua.feedback.submitted.v1";

/// Every type of event that integrators send.
pub const OF_INTEGRATORS: [&str; 9] =
    [SUBMIT, TRANSITION, DOCUMENTS, RESULT, FEE, POSTAL, TRANSFER, NATIONAL, FEEDBACK];

/// The envelope. Extension attributes are allowed by CloudEvents and ignored here.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CloudEvent<T> {
    /// The version of CloudEvents, always `1.0`.
    pub specversion: String,
    /// The id, unique within `source`.
    pub id: String,
    /// The sender as a URN.
    pub source: String,
    /// The type of the event.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is about: mostly a dossier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The time of the event.
    pub time: Timestamp,
    /// The payload of the event.
    pub data: T,
}

impl<T> CloudEvent<T> {
    /// An event of ours. The same event always has the same id, so that a repetition is recognised.
    fn ours(kind: &str, source: &str, id: String, time: Timestamp, data: T) -> Self {
        Self {
            specversion: SPEC_VERSION.to_owned(),
            id,
            source: format!("urn:motcua:{source}"),
            kind: kind.to_owned(),
            subject: None,
            time,
            data,
        }
    }

    fn about(self, subject: &impl ToString) -> Self {
        Self { subject: Some(subject.to_string()), ..self }
    }
}

/// An event's data read as a `T`; fields are named from the event: `data.code`.
pub fn read_data<T: DeserializeOwned>(data: &Value) -> Result<T, Failure> {
    read_json(data.to_string().as_bytes()).map_err(|failure: Failure| failure.within("data"))
}

/// What is wrong with an event of a type that a queue does not take.
pub fn unknown_type() -> Violation {
    Violation::new("type", RuleName::KnownType, "is not a type of event taken here")
}

/// Version of the structure of each event's data.
const SCHEMA_VERSION: u32 = 1;

/// The data of [`DOSSIER_CHANGED`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DossierChanged {
    /// The version of this structure.
    pub schema_version: u32,
    /// The code of the dossier.
    pub code: DossierCode,
    /// Its version after the change: the history entry to read.
    pub version: u64,
    /// The status after the change.
    pub status: DossierStatus,
    /// The action that the entry records.
    pub action: Action,
}

impl CloudEvent<DossierChanged> {
    /// The message that `entry` was added to the history of `code`.
    pub fn changed(code: &DossierCode, entry: &HistoryEntry) -> Self {
        let id = domain::notice::notice_id(code, entry.version);
        let data = DossierChanged {
            schema_version: SCHEMA_VERSION,
            code: code.clone(),
            version: entry.version,
            status: entry.status,
            action: entry.action,
        };
        Self::ours(DOSSIER_CHANGED, "dossiers", id, entry.at, data).about(code)
    }
}

/// The data of [`NOTICES_WAKE`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NoticesWake {
    /// The version of this structure.
    pub schema_version: u32,
    /// The dossier or report whose notices are to be processed.
    pub code: SubjectCode,
    /// Whether an operator wants taken up again what was given up: nothing else takes it up.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub take_up: bool,
}

impl CloudEvent<NoticesWake> {
    /// The message, sent at `now`, that the notices of `code` are to be processed.
    pub fn wake(code: &SubjectCode, now: Timestamp) -> Self {
        let id = format!("{code}@{}", now.as_millisecond());
        let data =
            NoticesWake { schema_version: SCHEMA_VERSION, code: code.clone(), take_up: false };
        Self::ours(NOTICES_WAKE, "notices", id, now, data).about(code)
    }
}

/// The data of [`PROOF_ASKED`]. The code itself is in no message: who sends it makes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProofAsked {
    /// The version of this structure.
    pub schema_version: u32,
    /// The proof whose code is to be sent.
    pub proof: ProofId,
}

impl CloudEvent<ProofAsked> {
    /// The message, sent at `now`, that the code of `proof` is to be sent.
    pub fn asked(proof: &ProofId, now: Timestamp) -> Self {
        let data = ProofAsked { schema_version: SCHEMA_VERSION, proof: proof.clone() };
        Self::ours(PROOF_ASKED, "proofs", proof.to_string(), now, data)
    }
}

/// The data of [`DELIVERIES_WAKE`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveriesWake {
    /// The version of this structure.
    pub schema_version: u32,
    /// The code of the dossier.
    pub code: DossierCode,
    /// The system that is owed it.
    pub system: SystemId,
    /// Whether the system is to be asked for what it has acknowledged.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub check: bool,
}

impl CloudEvent<DeliveriesWake> {
    /// The message, sent at `now`, that `system` is still owed the dossier `code`.
    pub fn deliver(code: &DossierCode, system: &SystemId, now: Timestamp) -> Self {
        let id = format!("{code}/{system}@{}", now.as_millisecond());
        let data = DeliveriesWake {
            schema_version: SCHEMA_VERSION,
            code: code.clone(),
            system: system.clone(),
            check: false,
        };
        Self::ours(DELIVERIES_WAKE, "deliveries", id, now, data).about(code)
    }

    /// The message, sent at `now`, that `system` is to be asked whether it has `code`.
    pub fn check(code: &DossierCode, system: &SystemId, now: Timestamp) -> Self {
        let mut asked = Self::deliver(code, system, now);
        asked.data.check = true;
        asked
    }
}

/// The data of [`AGENCY_COUNT`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AgencyCount {
    /// The version of this structure.
    pub schema_version: u32,
    /// The run that it is a part of.
    pub run: String,
    /// The agency to count.
    pub agency: AgencyCode,
    /// The first day to be counted.
    pub first: Date,
    /// The last day, included in the range.
    pub last: Date,
}

impl CloudEvent<AgencyCount> {
    /// The message, sent at `now`, that the days from `first` to `last` of `agency` are to be
    /// counted for `run`.
    pub fn count(
        run: &str,
        agency: &AgencyCode,
        (first, last): (Date, Date),
        now: Timestamp,
    ) -> Self {
        let data = AgencyCount {
            schema_version: SCHEMA_VERSION,
            run: run.to_owned(),
            agency: agency.clone(),
            first,
            last,
        };
        Self::ours(AGENCY_COUNT, "kpi", format!("{run}/{agency}"), now, data).about(agency)
    }
}

/// The data of [`FIGURES_CLOSE`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FiguresClose {
    /// The version of this structure.
    pub schema_version: u32,
    /// Who asks: the name of this order.
    pub by: String,
    /// Runs whose first day is this or later are closed if all their agencies were counted.
    pub since: Date,
}

impl CloudEvent<FiguresClose> {
    /// The message, sent at `now`, that runs whose first day is `since` or later are to be closed.
    pub fn close(since: Date, now: Timestamp) -> Self {
        let by = format!("close@{}", now.as_millisecond());
        let data = FiguresClose { schema_version: SCHEMA_VERSION, by: by.clone(), since };
        Self::ours(FIGURES_CLOSE, "kpi", by, now, data)
    }
}

/// The data of [`EVENT_OUTCOME`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventOutcome {
    /// The version of this structure.
    pub schema_version: u32,
    /// The id of the event, as its sender gave it.
    pub id: String,
    /// The source of the event.
    pub source: String,
    /// What became of it.
    #[serde(flatten)]
    pub state: EventState,
}

impl CloudEvent<EventOutcome> {
    /// The reply, sent at `now`, that `state` became of the event `id` of `source`. Its own id is
    /// the same for the same outcome of the same second.
    pub fn outcome(
        (source, id): (&str, &str),
        state: &EventState,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let name = EventName::of(source, id)?;
        let data = EventOutcome {
            schema_version: SCHEMA_VERSION,
            id: id.to_owned(),
            source: source.to_owned(),
            state: state.clone(),
        };
        let own_id = format!("{}@{}", name.key, now.as_second());
        let reply = Self::ours(EVENT_OUTCOME, "events", own_id, now, data);
        Ok(match state {
            EventState::Applied { dossier, .. } => reply.about(dossier),
            EventState::Received
            | EventState::Waiting { .. }
            | EventState::Judged
            | EventState::Refused { .. } => reply,
        })
    }
}
