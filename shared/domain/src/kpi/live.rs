//! What one dossier adds to the figures of this minute, and what such figures say at a time.
//!
//! A dossier counts to days and to due dates, never to "today" or "overdue": so nothing has to be
//! written because time passes, and what stands there is right at every minute (ADR 103).

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::count::{Standing, standing};
use super::{DossierFacts, DueBasis};
use crate::calendar::date_of;
use crate::dossier::{Action, DossierStatus, HistoryEntry};
use crate::id::{AgencyCode, DossierCode};
use crate::{RuleName, Violation};

/// Due dates of one quarter of an hour are one count: terms in hours would make one of each
/// dossier. A dossier counts as overdue from the end of its quarter on.
const QUARTER_SECONDS: i64 = 900;

/// The name of a count, as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LiveCount {
    /// Dossiers that were received on this day.
    Received(Date),
    /// Dossiers that were settled on this day, and are still.
    Resolved(Date),
    /// Dossiers at work that have one due date, in the quarter of an hour that ends here.
    Due(Timestamp),
    /// Dossiers at work by the date that figures follow, where a later one was promised.
    First(Timestamp),
    /// The same dossiers by the date that was promised.
    Promised(Timestamp),
}

impl fmt::Display for LiveCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Received(day) => write!(f, "received#{day}"),
            Self::Resolved(day) => write!(f, "resolved#{day}"),
            Self::Due(end) => write!(f, "due#{end}"),
            Self::First(end) => write!(f, "first#{end}"),
            Self::Promised(end) => write!(f, "promised#{end}"),
        }
    }
}

impl FromStr for LiveCount {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        let wrong = || Violation::new("count", RuleName::KnownValue, "is no count of ours");
        let (name, of) = text.split_once('#').ok_or_else(wrong)?;
        let day = || of.parse::<Date>().map_err(|_| wrong());
        let end = || of.parse::<Timestamp>().map_err(|_| wrong());
        match name {
            "received" => day().map(Self::Received),
            "resolved" => day().map(Self::Resolved),
            "due" => end().map(Self::Due),
            "first" => end().map(Self::First),
            "promised" => end().map(Self::Promised),
            _ => Err(wrong()),
        }
    }
}

impl LiveCount {
    /// Whether it still says something on `today`: open work does for as long as it is open, a day
    /// until the day after it, since clocks of ours may differ by a moment.
    pub fn counts_on(self, today: Date) -> bool {
        match self {
            Self::Received(day) | Self::Resolved(day) => day >= today.saturating_sub(1.day()),
            Self::Due(_) | Self::First(_) | Self::Promised(_) => true,
        }
    }
}

/// To which counts a dossier adds one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveShare {
    /// The day of its receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<Date>,
    /// The day on which it was settled; none once it was sent back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<Date>,
    /// The due date that the applicant was told, while it is at work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// The due date that figures follow, where it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_due: Option<Timestamp>,
}

impl LiveShare {
    /// The counts that it adds to.
    pub fn counts(&self) -> Vec<LiveCount> {
        let work = match (self.due, self.first_due) {
            (Some(due), Some(first)) => vec![LiveCount::Promised(due), LiveCount::First(first)],
            (Some(due), None) => vec![LiveCount::Due(due)],
            (None, _) => Vec::new(),
        };
        let received = self.received.map(LiveCount::Received);
        let resolved = self.resolved.map(LiveCount::Resolved);
        received.into_iter().chain(resolved).chain(work).collect()
    }
}

/// How a dossier stands after its last entry that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveNews {
    /// The code of the dossier.
    pub code: DossierCode,
    /// The agency that owns it.
    pub agency: AgencyCode,
    /// How many entries its history has.
    pub version: u64,
    /// When we recorded the last of them.
    pub recorded_at: Timestamp,
    /// What it adds from then on.
    share: LiveShare,
    /// Whether it was settled by an entry that is in a page, and not at hand: then what is known of
    /// that stays.
    settled_before: bool,
}

/// The end of the quarter of an hour that `due` is in; itself where it ends one.
fn quarter(due: Timestamp) -> Timestamp {
    let over = due.as_second().rem_euclid(QUARTER_SECONDS);
    let left = if over == 0 { 0 } else { QUARTER_SECONDS - over };
    let end = due.saturating_add(SignedDuration::from_secs(left)).unwrap_or(due);
    Timestamp::from_second(end.as_second()).unwrap_or(end)
}

impl LiveNews {
    /// How a dossier stands whose newest entries are `history`, and that was received at that time;
    /// None without an entry.
    pub fn of(
        (code, agency): (DossierCode, AgencyCode),
        history: &[HistoryEntry],
        received_at: Option<Timestamp>,
    ) -> Option<Self> {
        let last = history.last()?;
        let received = history.iter().rfind(|entry| entry.action == Action::Receive);
        let received = received_at.or(received.map(|entry| entry.at)).map(date_of);
        let mut share = LiveShare { received, ..LiveShare::default() };
        let mut settled_before = false;
        match standing(history) {
            Standing::Open(latest)
                if matches!(latest.status, DossierStatus::Received | DossierStatus::Processing) =>
            {
                share.due = latest.due_at.map(quarter);
                let first = latest.original_due_at.filter(|first| Some(*first) != latest.due_at);
                share.first_due = first.map(quarter).filter(|_| share.due.is_some());
            }
            Standing::Ended(end, DossierStatus::Finished) => {
                settled_before = end.action != Action::Finish;
                share.resolved = Some(date_of(end.at));
            }
            Standing::Unknown | Standing::Waiting | Standing::Open(_) | Standing::Ended(..) => {}
        }
        let (version, recorded_at) = (last.version, last.recorded_at);
        Some(Self { code, agency, version, recorded_at, share, settled_before })
    }

    /// The same of what a count reads.
    pub fn of_facts(facts: &DossierFacts) -> Option<Self> {
        Self::of((facts.code.clone(), facts.agency.clone()), &facts.history, None)
    }

    /// That a dossier whose last known version is this one is no more at work, whatever it was.
    pub fn gone(
        (code, agency): (DossierCode, AgencyCode),
        version: u64,
        recorded_at: Timestamp,
    ) -> Self {
        let share = LiveShare::default();
        Self { code, agency, version, recorded_at, share, settled_before: false }
    }

    /// What the dossier adds, after it added `before`.
    pub fn share_after(&self, before: &LiveShare) -> LiveShare {
        let mut share = self.share.clone();
        if self.settled_before {
            share.resolved = before.resolved.or(share.resolved);
        }
        share
    }
}

/// What people look at during the day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LiveFigures {
    /// Dossiers that were received today.
    pub received_today: u64,
    /// Dossiers that were settled today, and were not sent back since.
    pub resolved_today: u64,
    /// Dossiers at work that are due today, also those whose time has passed.
    pub due_today: u64,
    /// Dossiers at work whose time has passed, today's among them.
    pub overdue_now: u64,
}

impl LiveFigures {
    /// What `counts` say at `now`, where figures follow this basis.
    pub fn of(counts: &BTreeMap<LiveCount, i64>, basis: DueBasis, now: Timestamp) -> Self {
        let (mut figures, today) = (Self::default(), date_of(now));
        for (count, dossiers) in counts {
            // A count that fell below nothing is mended by the night; until then it is nothing.
            let dossiers = u64::try_from(*dossiers).unwrap_or_default();
            let due = match (count, basis) {
                (LiveCount::Received(day), _) => {
                    figures.received_today += if *day == today { dossiers } else { 0 };
                    continue;
                }
                (LiveCount::Resolved(day), _) => {
                    figures.resolved_today += if *day == today { dossiers } else { 0 };
                    continue;
                }
                (LiveCount::Due(end), _)
                | (LiveCount::First(end), DueBasis::Original)
                | (LiveCount::Promised(end), DueBasis::Extended) => *end,
                (LiveCount::First(_), DueBasis::Extended)
                | (LiveCount::Promised(_), DueBasis::Original) => continue,
            };
            figures.due_today += if date_of(due) == today { dossiers } else { 0 };
            figures.overdue_now += if due < now { dossiers } else { 0 };
        }
        figures
    }

    /// Adds another agency's figures.
    pub fn add(&mut self, other: &Self) {
        self.received_today += other.received_today;
        self.resolved_today += other.resolved_today;
        self.due_today += other.due_today;
        self.overdue_now += other.overdue_now;
    }
}
