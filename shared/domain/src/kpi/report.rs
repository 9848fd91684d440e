//! Figures of a time put together by what people ask for: by agency, level, field, procedure,
//! channel or officer.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{FigureKind, KpiCell, KpiRow, KpiRows};
use crate::agency::AgencyLevel;
use crate::id::{AgencyCode, ProcedureCode};
use crate::procedure::Channel;
use crate::register::Register;
use crate::{RuleName, Violation};

/// By what figures are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// By the dossiers' owner.
    Agency,
    /// By the owner's tier.
    Level,
    /// By the procedure's field.
    Field,
    /// By the procedure applied for.
    Procedure,
    /// By the channel of submission.
    Channel,
    /// Who settled it or asked for documents; nothing else is known of officers.
    Officer,
}

impl Dimension {
    /// All dimensions, in the order of the report.
    pub const ALL: [Self; 6] =
        [Self::Agency, Self::Level, Self::Field, Self::Procedure, Self::Channel, Self::Officer];

    /// The name in JSON and in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Agency => "agency",
            Self::Level => "level",
            Self::Field => "field",
            Self::Procedure => "procedure",
            Self::Channel => "channel",
            Self::Officer => "officer",
        }
    }

    /// The dimension with this name. Fails for any other name.
    pub fn named(name: &str) -> Result<Self, Violation> {
        let known = Self::ALL.into_iter().find(|dimension| dimension.name() == name);
        known.ok_or_else(|| {
            Violation::new(
                "by",
                RuleName::KnownValue,
                "must be agency, level, field, procedure, channel or officer",
            )
        })
    }
}

/// How agencies count that have ended by the last day of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EndedAgencies {
    /// Each by itself, as it was counted.
    #[default]
    AsCounted,
    /// As the one that carries on for them.
    Merged,
}

impl EndedAgencies {
    /// Both ways to count, the usual one first.
    pub const ALL: [Self; 2] = [Self::AsCounted, Self::Merged];

    /// The word in addresses and answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::AsCounted => "as-counted",
            Self::Merged => "merged",
        }
    }
}

/// What is left of the figures before they are put together; nothing means everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only dossiers of this owner.
    pub agency: Option<AgencyCode>,
    /// Only dossiers of this procedure.
    pub procedure: Option<ProcedureCode>,
    /// Of one field, by its code.
    pub field: Option<String>,
    /// Only dossiers of this channel.
    pub channel: Option<Channel>,
    /// How agencies count that have ended by the last day.
    pub ended: EndedAgencies,
}

/// Figures with what of them came on-line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// The figures of the cell.
    pub row: KpiRow,
    /// Of those received, those that were handed in on-line.
    pub received_online: u64,
}

/// A share in hundredths of a percent, rounded half up; none of nothing.
pub fn share(part: u64, whole: u64) -> Option<u64> {
    (part * 20_000 + whole).checked_div(whole * 2)
}

impl Figures {
    fn add(&mut self, row: &KpiRow, channel: Option<Channel>) {
        self.row.add(row);
        if channel == Some(Channel::Online) {
            self.received_online += row.received;
        }
    }

    /// Settled early or on time, of all that was settled.
    pub fn on_time_share(&self) -> Option<u64> {
        share(self.row.early + self.row.on_time, self.row.resolved)
    }

    /// Handed in on-line, of all that was received.
    pub fn online_share(&self) -> Option<u64> {
        share(self.received_online, self.row.received)
    }

    /// Received with electronic documents, of all that was received.
    pub fn digitised_share(&self) -> Option<u64> {
        share(self.row.digitised, self.row.received)
    }

    /// Paid on-line, of all that was paid.
    pub fn paid_online_share(&self) -> Option<u64> {
        share(self.row.paid_online, self.row.paid)
    }
}

/// One line of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The code by which lines are grouped.
    pub key: String,
    /// The name that is displayed.
    pub name: String,
    /// The figures of the line.
    pub figures: Figures,
}

/// A report: a total and its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The total of the selection.
    pub total: Figures,
    /// The lines by key.
    pub lines: Vec<Line>,
}

/// The rows of a time that begins on `first` from those of its parts: the opening of the first day,
/// the flows of all of it, the stocks of the last day. Each dossier is in them once, by its last
/// end: what was settled in the time and sent back in it is left out, and what had been settled
/// before stays in the time before, which was published.
pub fn joined(
    first: Date,
    opening: &KpiRows,
    flows: impl IntoIterator<Item = KpiRows>,
    stocks: &KpiRows,
) -> KpiRows {
    let mut rows = KpiRows::new();
    let mut take = |kind, part: &KpiRows| {
        for (cell, row) in part {
            rows.entry(cell.clone()).or_default().add_kind(kind, row);
        }
    };
    take(FigureKind::Opening, opening);
    for part in flows {
        take(FigureKind::Flow, &part);
    }
    take(FigureKind::Stock, stocks);
    leave_out_taken_back(&mut rows, first);
    rows.retain(|_, row| !row.is_empty());
    rows
}

/// Leaves out what was settled from `first` on and taken back later in the same time.
fn leave_out_taken_back(rows: &mut KpiRows, first: Date) {
    let all = std::mem::take(rows).into_iter();
    let (taken_back, kept): (KpiRows, KpiRows) =
        all.partition(|(cell, _)| matches!(cell, KpiCell::TakenBack { .. }));
    *rows = kept;
    for (cell, done) in taken_back {
        let KpiCell::TakenBack { ended, of } = cell else { continue };
        let Some(row) = rows.get_mut(&of).filter(|_| first <= ended) else { continue };
        let taken = row.take_back(&done);
        if let KpiCell::Work { .. } = *of {
            // It was settled once more than it is counted, and reopened once more.
            row.reopened = row.reopened.saturating_sub(taken.resolved);
            let province = rows.entry(KpiCell::Province).or_default();
            province.take_back(&taken);
            province.reopened = province.reopened.saturating_sub(taken.resolved);
        }
    }
}

/// Groups `rows` by `dimension`, with names from the register as of `last`.
pub fn report(
    rows: &KpiRows,
    dimension: Dimension,
    selection: &Selection,
    register: &Register,
    last: Date,
) -> Report {
    let mut total = Figures::default();
    let mut groups: BTreeMap<String, Figures> = BTreeMap::new();
    let agency_of = |agency: &AgencyCode, procedure: Option<&ProcedureCode>| match selection.ended {
        EndedAgencies::AsCounted => agency.clone(),
        EndedAgencies::Merged => register.shown_under(agency, procedure, last),
    };
    for (cell, row) in rows {
        match cell {
            KpiCell::Province | KpiCell::TakenBack { .. } => {}
            KpiCell::Work { agency, procedure, channel } => {
                let agency = agency_of(agency, Some(procedure));
                let field =
                    register.procedure(procedure, last).map(|known| known.field.code.as_str());
                let selected = selection.agency.as_ref().is_none_or(|wanted| *wanted == agency)
                    && selection.procedure.as_ref().is_none_or(|wanted| wanted == procedure)
                    && selection.field.as_deref().is_none_or(|wanted| Some(wanted) == field)
                    && selection.channel.is_none_or(|wanted| wanted == *channel);
                if !selected {
                    continue;
                }
                total.add(row, Some(*channel));
                let level =
                    || register.agency(&agency).map_or("unknown", |known| known.level.name());
                let key = match dimension {
                    Dimension::Agency => agency.to_string(),
                    Dimension::Level => level().to_owned(),
                    Dimension::Field => field.unwrap_or("unknown").to_owned(),
                    Dimension::Procedure => procedure.to_string(),
                    Dimension::Channel => channel.name().to_owned(),
                    Dimension::Officer => continue,
                };
                groups.entry(key).or_default().add(row, Some(*channel));
            }
            KpiCell::Officer { agency, officer } => {
                let ours = selection
                    .agency
                    .as_ref()
                    .is_none_or(|wanted| *wanted == agency_of(agency, None));
                if dimension == Dimension::Officer && ours {
                    groups.entry(officer.clone()).or_default().add(row, None);
                }
            }
        }
    }
    let lines = groups.into_iter().map(|(key, figures)| {
        let name = name_of(dimension, &key, register, last);
        Line { key, name, figures }
    });
    Report { total, lines: lines.collect() }
}

/// What people call a key, in Vietnamese; the key itself where the register does not know it.
fn name_of(dimension: Dimension, key: &str, register: &Register, last: Date) -> String {
    let known = match dimension {
        Dimension::Agency => {
            key.parse().ok().and_then(|code| Some(register.agency(&code)?.name_on(last).to_owned()))
        }
        Dimension::Procedure => {
            key.parse().ok().and_then(|code| Some(register.procedure(&code, last)?.name.clone()))
        }
        Dimension::Field => {
            // As the versions in force on that day call it; a field that no longer has any, as its
            // first version did.
            let in_force = register.procedures().filter(|found| {
                register
                    .procedure(&found.code, last)
                    .is_some_and(|known| known.version == found.version)
            });
            let named =
                in_force.chain(register.procedures()).find(|procedure| procedure.field.code == key);
            named.map(|found| found.field.name.clone())
        }
        Dimension::Level => {
            let level = AgencyLevel::ALL.into_iter().find(|level| level.name() == key);
            level.map(|level| level.vietnamese().to_owned())
        }
        Dimension::Channel => {
            let channel = Channel::ALL.into_iter().find(|channel| channel.name() == key);
            channel.map(|channel| channel.vietnamese().to_owned())
        }
        Dimension::Officer => None,
    };
    known.unwrap_or_else(|| key.to_owned())
}
