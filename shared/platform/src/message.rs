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
/// Type of an integrator's submission.
pub const SUBMIT: &str = "vn.motcua.dossier.submit.v1";
/// Type of an integrator's transition.
pub const TRANSITION: &str = "vn.motcua.dossier.transition.v1";

/// The envelope. Extension attributes are allowed by CloudEvents and ignored here.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CloudEvent<T> {
    /// Always `1.0`.
    pub specversion: String,
    /// Unique within `source`.
    pub id: String,
    /// Who says it.
    pub source: String,
    /// What kind of thing is said.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is about: mostly a dossier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// When it happened.
    pub time: Timestamp,
    /// What is said.
    pub data: T,
}

/// Data of [`DOSSIER_CHANGED`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DossierChanged {
    /// Version of this structure.
    pub schema_version: u32,
    /// The dossier.
    pub code: DossierCode,
    /// Its version after the change: the history entry to read.
    pub version: u64,
    /// Its status after the change.
    pub status: DossierStatus,
    /// What was done.
    pub action: Action,
}

impl CloudEvent<DossierChanged> {
    /// Says that `entry` was added to the history of `code`. The same entry always gives the same
    /// message, so that whoever gets it twice can tell.
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

/// Data of [`NOTICES_WAKE`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NoticesWake {
    /// Version of this structure.
    pub schema_version: u32,
    /// The dossier, or the report, whose notices are to be looked at.
    pub code: SubjectCode,
    /// Whether an operator wants taken up again what was given up: nothing else takes it up.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub take_up: bool,
}

impl CloudEvent<NoticesWake> {
    /// Says at `now` that the notices of `code` are to be looked at.
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

/// Data of [`AGENCY_COUNT`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AgencyCount {
    /// Version of this structure.
    pub schema_version: u32,
    /// The run that it is a part of.
    pub run: String,
    /// Whose days.
    pub agency: AgencyCode,
    /// The first day to be counted.
    pub first: Date,
    /// The last.
    pub last: Date,
}

impl CloudEvent<AgencyCount> {
    /// Says at `now` that the days from `first` to `last` of `agency` are to be counted as a part
    /// of `run`.
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

/// Data of [`FIGURES_CLOSE`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FiguresClose {
    /// Version of this structure.
    pub schema_version: u32,
    /// Who asks: the name of this order.
    pub by: String,
    /// Runs whose first day is this or later are closed, if all of their agencies were counted.
    pub since: Date,
}

impl CloudEvent<FiguresClose> {
    /// Says at `now` that what was counted is to be closed, for runs whose first day is `since` or
    /// later.
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
