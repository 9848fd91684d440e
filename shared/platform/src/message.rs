//! What crosses a queue: CloudEvents 1.0 in JSON. Ours carry ids, a version and a schema version,
//! and no personal data.

use domain::dossier::{Action, DossierStatus, HistoryEntry};
use domain::id::{AgencyCode, DossierCode, SubjectCode};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Version of the envelope: the only one there is.
pub const SPEC_VERSION: &str = "1.0";

/// Type of the event "a dossier has changed".
pub const DOSSIER_CHANGED: &str = "vn.motcua.dossier.changed.v1";
/// Type of the wake-up "a notice's time has come".
pub const NOTICES_WAKE: &str = "vn.motcua.notices.wake.v1";
/// Type of the order "count one agency's days".
pub const AGENCY_COUNT: &str = "vn.motcua.kpi.count.v1";
/// Type of the order "close what was counted".
pub const FIGURES_CLOSE: &str = "vn.motcua.kpi.close.v1";
/// The type of an integrator's submission.
pub const SUBMIT: &str = "vn.motcua.dossier.submit.v1";
/// The type of an integrator's transition.
pub const TRANSITION: &str = "vn.motcua.dossier.transition.v1";

/// The envelope. Extension attributes are allowed by CloudEvents and ignored here.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CloudEvent<T> {
    /// The version of CloudEvents, always `1.0`.
    pub specversion: String,
    /// The id, unique within `source`.
    pub id: String,
    /// The sender.
    pub source: String,
    /// The type of the event.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is about: mostly a dossier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The time of the event.
    pub time: Timestamp,
    /// The payload.
    pub data: T,
}

/// The data of [`DOSSIER_CHANGED`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DossierChanged {
    /// The version of this structure.
    pub schema_version: u32,
    /// The dossier's code.
    pub code: DossierCode,
    /// Its version after the change: the history entry to read.
    pub version: u64,
    /// The status after the change.
    pub status: DossierStatus,
    /// The action that the entry records.
    pub action: Action,
}

impl CloudEvent<DossierChanged> {
    /// The message that `entry` was added to the history of `code`. The same entry always gives the
    /// same message, so that a repetition is recognised.
    pub fn changed(code: &DossierCode, entry: &HistoryEntry) -> Self {
        Self {
            specversion: SPEC_VERSION.to_owned(),
            id: domain::notice::notice_id(code, entry.version),
            source: "urn:motcua:dossiers".to_owned(),
            kind: DOSSIER_CHANGED.to_owned(),
            subject: Some(code.to_string()),
            time: entry.at,
            data: DossierChanged {
                schema_version: 1,
                code: code.clone(),
                version: entry.version,
                status: entry.status,
                action: entry.action,
            },
        }
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
        Self {
            specversion: SPEC_VERSION.to_owned(),
            id: format!("{code}@{}", now.as_millisecond()),
            source: "urn:motcua:notices".to_owned(),
            kind: NOTICES_WAKE.to_owned(),
            subject: Some(code.to_string()),
            time: now,
            data: NoticesWake { schema_version: 1, code: code.clone(), take_up: false },
        }
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
    /// The last day.
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
        Self {
            specversion: SPEC_VERSION.to_owned(),
            id: format!("{run}/{agency}"),
            source: "urn:motcua:kpi".to_owned(),
            kind: AGENCY_COUNT.to_owned(),
            subject: Some(agency.to_string()),
            time: now,
            data: AgencyCount {
                schema_version: 1,
                run: run.to_owned(),
                agency: agency.clone(),
                first,
                last,
            },
        }
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
        Self {
            specversion: SPEC_VERSION.to_owned(),
            id: by.clone(),
            source: "urn:motcua:kpi".to_owned(),
            kind: FIGURES_CLOSE.to_owned(),
            subject: None,
            time: now,
            data: FiguresClose { schema_version: 1, by, since },
        }
    }
}
