//! What leaders count, rebuilt from history as of the end of a day. All comparisons are by date in
//! Viet Nam.
//!
//! A day's row has an opening (what was open when the day began), flows (what happened on it) and
//! stocks (what is open when it ends). Opening and flows in equal flows out and stocks, for each
//! cell and for the province. Days add up to any longer time, less what was settled in it and sent
//! back in it: a day stays as it was published, and a longer time counts each dossier once, by its
//! last end (see [`report::joined`]).

mod behind;
mod count;
mod live;
pub mod report;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::agency::{Matter, WardCode};
use crate::calendar::{date_of, instant, next};
use crate::dossier::{Assignment, HistoryEntry};
use crate::id::{AgencyCode, DossierCode, ProcedureCode};
use crate::procedure::Channel;
use crate::{RuleName, Violation};

pub use crate::law::DueBasis;
pub use behind::{Behind, Cause, behind};
pub use count::{Rulings, moved_since, tally};
pub use live::{LiveCount, LiveFigures, LiveNews, LiveShare};

/// What the count needs to know of a dossier: no personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DossierFacts {
    /// The code of the dossier.
    pub code: DossierCode,
    /// The agency that owns the dossier.
    pub agency: AgencyCode,
    /// The procedure applied for.
    pub procedure: ProcedureCode,
    /// The channel by which the dossier came.
    pub channel: Channel,
    /// The ward of the matter, if the applicant named one.
    #[serde(default)]
    pub ward: Option<WardCode>,
    /// How many electronic documents it was handed in with; none of a dossier that was stored
    /// before they were counted.
    #[serde(default, rename = "documentCount")]
    pub document_count: u64,
    /// All entries of the history, oldest first.
    pub history: Vec<HistoryEntry>,
    /// In whose hands it was, oldest first.
    #[serde(default)]
    pub assignments: Vec<Assignment>,
}

impl DossierFacts {
    /// What decides who carries on with it.
    pub fn matter(&self) -> Matter<'_> {
        Matter { procedure: Some(&self.procedure), ward: self.ward.as_ref() }
    }
}

impl DueBasis {
    fn due(self, entry: &HistoryEntry) -> Option<Date> {
        let due = match self {
            Self::Original => entry.original_due_at.or(entry.due_at),
            Self::Extended => entry.due_at,
        };
        due.map(date_of)
    }
}

/// What the figures of a row are of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum KpiCell {
    /// Everything, counted on its own: a check on the sum of the others.
    Province,
    /// One procedure at one agency by one channel: the smallest piece of work that is counted.
    Work {
        /// The owner of the dossiers.
        agency: AgencyCode,
        /// The procedure applied for.
        procedure: ProcedureCode,
        /// The channel of the dossiers.
        channel: Channel,
    },
    /// What one officer settled, and asked for documents.
    Officer {
        /// The agency for which the officer acted.
        agency: AgencyCode,
        /// The account of the officer.
        officer: String,
    },
    /// Results of an earlier day, in another cell, that were reopened. They are no part of the
    /// day's sums; a longer period that holds both days subtracts them.
    TakenBack {
        /// The day on which it was settled.
        ended: Date,
        /// The cell in which that day counted it: of work or of an officer.
        of: Box<KpiCell>,
    },
}

/// How the name of a cell of what is taken back begins.
const TAKEN_BACK: &str = "taken-back#";

impl KpiCell {
    /// The agency of the figures; `None` for the province.
    pub fn agency(&self) -> Option<&AgencyCode> {
        match self {
            Self::Province => None,
            Self::Work { agency, .. } | Self::Officer { agency, .. } => Some(agency),
            Self::TakenBack { of, .. } => of.agency(),
        }
    }
}

impl fmt::Display for KpiCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Province => f.write_str("province"),
            Self::Work { agency, procedure, channel } => {
                write!(f, "work#{agency}#{procedure}#{}", channel.name())
            }
            Self::Officer { agency, officer } => write!(f, "officer#{agency}#{officer}"),
            Self::TakenBack { ended, of } => write!(f, "{TAKEN_BACK}{ended}#{of}"),
        }
    }
}

impl From<KpiCell> for String {
    fn from(cell: KpiCell) -> Self {
        cell.to_string()
    }
}

impl TryFrom<String> for KpiCell {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        text.parse()
    }
}

impl FromStr for KpiCell {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        let unknown = || Violation::new("cell", RuleName::Cell, "is no cell of figures");
        if let Some((ended, of)) =
            text.strip_prefix(TAKEN_BACK).and_then(|rest| rest.split_once('#'))
        {
            let (ended, of): (Date, Self) = (ended.parse().map_err(|_| unknown())?, of.parse()?);
            return match of {
                Self::Work { .. } | Self::Officer { .. } => {
                    Ok(Self::TakenBack { ended, of: Box::new(of) })
                }
                Self::Province | Self::TakenBack { .. } => Err(unknown()),
            };
        }
        let mut parts = text.splitn(4, '#');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some("province"), None, None, None) => Ok(Self::Province),
            (Some("work"), Some(agency), Some(procedure), Some(channel)) => Ok(Self::Work {
                agency: agency.parse()?,
                procedure: procedure.parse()?,
                channel: Channel::ALL
                    .into_iter()
                    .find(|known| known.name() == channel)
                    .ok_or_else(unknown)?,
            }),
            (Some("officer"), Some(agency), Some(first), rest) => {
                let officer =
                    rest.map_or_else(|| first.to_owned(), |rest| format!("{first}#{rest}"));
                Ok(Self::Officer { agency: agency.parse()?, officer })
            }
            _ => Err(unknown()),
        }
    }
}

/// How a figure of several days comes from those of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FigureKind {
    /// The value of the first day.
    Opening,
    /// The sum over the days.
    Flow,
    /// The value of the last day.
    Stock,
}

fn is_zero(figure: &u64) -> bool {
    *figure == 0
}

macro_rules! figures {
    ($($(#[$doc:meta])* $name:ident $kind:ident,)*) => {
        /// The figures of one cell for one day or longer.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        pub struct KpiRow {
            $($(#[$doc])* #[serde(skip_serializing_if = "is_zero")] pub $name: u64,)*
        }

        impl KpiRow {
            /// Adds what another cell counted in the same time.
            pub fn add(&mut self, other: &Self) {
                $(self.$name = self.$name.saturating_add(other.$name);)*
            }

            /// Adds the figures of one kind alone.
            pub fn add_kind(&mut self, kind: FigureKind, other: &Self) {
                $(if kind == FigureKind::$kind {
                    self.$name = self.$name.saturating_add(other.$name);
                })*
            }

            /// Every figure with its name, its kind and its value, in the order in which people
            /// read them.
            pub fn figures(&self) -> Vec<(&'static str, FigureKind, u64)> {
                vec![$((stringify!($name), FigureKind::$kind, self.$name),)*]
            }
        }
    };
}

figures! {
    /// Received before the day and open when it began.
    carried_over Opening,
    /// Dossiers handed in on the day.
    submitted Flow,
    /// Dossiers received on the day.
    received Flow,
    /// – of these, later than a day's work after they were handed in.
    received_late Flow,
    /// – of these, with at least one document in electronic form.
    digitised Flow,
    /// Requests for documents on the day, before or after receipt.
    asked Flow,
    /// – of these, later or more often than the rule of the day allowed, or after the due date.
    asked_late Flow,
    /// Settled before and sent back on the day: open again, or settled again. Of a longer time:
    /// settled before all of it.
    reopened Flow,
    /// Results sent back on the day, each time that one was.
    sent_back Flow,
    /// Settled on the day: work ended (status 9).
    resolved Flow,
    /// – of these, before the due date.
    early Flow,
    /// – on the due date, or without one.
    on_time Flow,
    /// – of these, after the due date.
    late Flow,
    /// – of what was settled, with an electronic result. What nobody declared has none.
    results_electronic Flow,
    /// Refused on the day, after it had been received: the documents never came.
    refused Flow,
    /// Taken back on the day, after it had been received.
    withdrawn Flow,
    /// Refused on the day without having been received.
    refused_unreceived Flow,
    /// Taken back on the day without having been received.
    withdrawn_unreceived Flow,
    /// Results handed over on the day (status 10).
    returned Flow,
    /// – of these, after the due date.
    returned_late Flow,
    /// Payments confirmed on the day.
    paid Flow,
    /// – of these, paid on-line.
    paid_online Flow,
    /// Handed in and neither received nor ended at the end of the day.
    waiting Stock,
    /// – of these, past the day on which they were to be received, and not waiting for documents.
    waiting_late Stock,
    /// Received and not settled at the end of the day, the clock running.
    in_process Stock,
    /// – of these, past the due date.
    overdue Stock,
    /// – of these, due on the next working day.
    due_tomorrow Stock,
    /// – of these, in a step whose time was over at the end of the day.
    step_overdue Stock,
    /// Received and not settled at the end of the day, and in an officer's hands.
    held Stock,
    /// Waiting for the applicant's documents at the end of the day, after receipt.
    supplement Stock,
    /// Waiting for a payment at the end of the day.
    payment Stock,
    /// Suspended at the end of the day.
    suspended Stock,
}

impl KpiRow {
    /// What is open at the end: received and not ended.
    pub fn open(&self) -> u64 {
        sum([self.in_process, self.supplement, self.payment, self.suspended])
    }

    /// What is open at the end and in nobody's hands.
    pub fn unheld(&self) -> u64 {
        self.open().saturating_sub(self.held)
    }

    /// What was there to be done, and what became of it: the two are equal, or the count is wrong.
    pub fn balance(&self) -> (u64, u64) {
        let there = sum([self.carried_over, self.received, self.reopened]);
        (there, sum([self.resolved, self.refused, self.withdrawn, self.open()]))
    }

    /// Whether a row of work says what can be so: what was there is accounted for, and what was
    /// settled was early, on time or late.
    pub fn is_sound(&self) -> bool {
        self.unsound().is_empty()
    }

    /// What does not hold in a row of work by itself.
    fn unsound(&self) -> Vec<String> {
        let mut broken = Vec::new();
        let (there, became) = self.balance();
        if there != became {
            broken.push(format!("{there} were there and {became} are accounted for"));
        }
        if sum([self.early, self.on_time, self.late]) != self.resolved {
            broken.push("early, on time and late are not what was settled".to_owned());
        }
        broken
    }

    /// Subtracts what `other` took back, and returns how much was subtracted. What a day never
    /// counted, because it became known too late, cannot be subtracted.
    fn take_back(&mut self, other: &Self) -> Self {
        let early = other.early.min(self.early);
        let on_time = other.on_time.min(self.on_time);
        let late = other.late.min(self.late);
        let results_electronic = other.results_electronic.min(self.results_electronic);
        let resolved = early + on_time + late;
        let taken = Self { resolved, early, on_time, late, results_electronic, ..Self::default() };
        self.resolved = self.resolved.saturating_sub(taken.resolved);
        self.results_electronic -= results_electronic;
        self.early -= early;
        self.on_time -= on_time;
        self.late -= late;
        taken
    }

    /// Whether every figure is 0.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The last instant of `day` in Viet Nam.
pub fn end_of(day: Date) -> Timestamp {
    instant(next(day), Time::midnight())
        .saturating_sub(SignedDuration::from_nanos(1))
        .unwrap_or(Timestamp::MAX)
}

/// The rows of a day by cell.
pub type KpiRows = BTreeMap<KpiCell, KpiRow>;

/// What does not hold in the rows of a day, in words for the log; nothing, where the count is
/// right.
pub fn broken_identities(rows: &KpiRows) -> Vec<String> {
    let mut broken: Vec<String> = broken_rows(rows)
        .into_iter()
        .map(|(cell, identity)| format!("{cell}: {identity}"))
        .collect();
    let mut whole = KpiRow::default();
    for (_, row) in rows.iter().filter(|(cell, _)| matches!(cell, KpiCell::Work { .. })) {
        whole.add(row);
    }
    if rows.get(&KpiCell::Province).copied().unwrap_or_default() != whole {
        broken.push("the province is not the sum of its agencies".to_owned());
    }
    broken
}

/// The rows of a day that do not hold by themselves, with what does not, in words for the log.
pub fn broken_rows(rows: &KpiRows) -> Vec<(KpiCell, String)> {
    let mut broken = Vec::new();
    let mut taken_back: BTreeMap<&KpiCell, u64> = BTreeMap::new();
    for (cell, row) in rows {
        match cell {
            KpiCell::Province | KpiCell::Work { .. } => {
                broken.extend(row.unsound().into_iter().map(|identity| (cell.clone(), identity)));
            }
            KpiCell::Officer { .. } => {}
            KpiCell::TakenBack { of, .. } => {
                let taken = taken_back.entry(of.as_ref()).or_default();
                *taken = taken.saturating_add(row.resolved);
            }
        }
    }
    // Days that were counted before reopenings were told apart say nothing of what they took back.
    for (of, taken) in taken_back.into_iter().filter(|(of, _)| matches!(of, KpiCell::Work { .. })) {
        if rows.get(of).is_none_or(|row| row.reopened < taken) {
            let identity = format!("{taken} are taken back, and fewer were reopened");
            broken.push((of.clone(), identity));
        }
    }
    broken
}

/// The sum of `figures`, as far as a number goes: what a spoilt row says may be any number.
fn sum<const N: usize>(figures: [u64; N]) -> u64 {
    figures.into_iter().fold(0, u64::saturating_add)
}
