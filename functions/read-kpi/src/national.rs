//! `GET /v1/kpi/national`: the figures of agencies under the field names of the national report,
//! for export.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use domain::agency::AgencyLevel;
use domain::catalogue::Catalogue;
use domain::index::Scope;
use domain::kpi::KpiCell;
use domain::kpi::report::{Dimension, EndedAgencies, Figures, Line, Selection, report, share};
use domain::period::Period;
use domain::procedure::Channel;
use jiff::Timestamp;
use platform::Failure;
use platform::gather::Gathered;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::answer::{CountedTime, percent};
use crate::handled::{Answers, Handled};
use crate::sheet::{ByteOrderMark, csv_of, harmless, remark};
use crate::standing::Standing;
use crate::synchronised::Synchronised;
use crate::told::Telling;

/// The field of dossiers synchronised with the national portal: the ledger has it for days that a
/// night compared.
const SYNCHRONISED: &str = "DB_TOTAL";

/// The fields of feedback: known where anything was answered here in the time.
const FEEDBACK: [&str; 4] = ["NTTDXLTH", "NTTDXLTH_TOTAL", "NTTDXLQH", "NTTDXLQH_TOTAL"];

/// Fields of the national report for which there is no source: dossiers synchronised with the
/// national portal where not every day was compared, filings below its standard, payments on the
/// national platform, procedures on the portal and those without dossiers, feedback where none was
/// answered here, and publication.
pub(crate) const MISSING: [&str; 13] = [
    "DB_TOTAL",
    "GDTTQG",
    "GDTTQG_TOTAL",
    "HTN_TRUCTUYEN_KHONGCHUAN",
    "HTN_TRUCTUYEN_KHONGCHUAN_TOTAL",
    "NTTDXLQH",
    "NTTDXLQH_TOTAL",
    "NTTDXLTH",
    "NTTDXLTH_TOTAL",
    "NTTQG_TOTAL",
    "TILE",
    "TILE_DB",
    "TNKTCS_TOTAL",
];

/// A field's name and its value; `None` for a share whose whole is zero.
type Column = (&'static str, fn(&Counted) -> Option<Value>);

const COLUMNS: [Column; 18] = [
    ("HS_TOTAL", |counted| count(counted.figures.row.received)),
    ("TNTK_TOTAL", |counted| count(counted.procedures)),
    ("HTN_TRUCTIEP", |counted| counted.of_received(counted.counter)),
    ("HTN_TRUCTIEP_TOTAL", |counted| count(counted.counter)),
    ("HTN_BUUCHINH", |counted| counted.of_received(counted.postal)),
    ("HTN_BUUCHINH_TOTAL", |counted| count(counted.postal)),
    ("HTN_TRUCTUYEN", |counted| counted.of_received(counted.figures.received_online)),
    ("HTN_TRUCTUYEN_TOTAL", |counted| count(counted.figures.received_online)),
    ("HTDH", |counted| part(counted.returned_in_time(), counted.figures.row.returned)),
    ("HTDH_TOTAL", |counted| count(counted.returned_in_time())),
    ("HTQH", |counted| part(counted.figures.row.returned_late, counted.figures.row.returned)),
    ("HTQH_TOTAL", |counted| count(counted.figures.row.returned_late)),
    ("DXLTH", |counted| counted.figures.on_time_share().map(|share| percent(share).into())),
    ("DXLTH_TOTAL", |counted| count(counted.figures.row.early + counted.figures.row.on_time)),
    ("DXLQH", |counted| part(counted.figures.row.late, counted.figures.row.resolved)),
    ("DXLQH_TOTAL", |counted| count(counted.figures.row.late)),
    ("GDTTDP", |counted| counted.figures.paid_online_share().map(|share| percent(share).into())),
    ("GDTT_TOTAL", |counted| count(counted.figures.row.paid_online)),
];

fn count(count: u64) -> Option<Value> {
    Some(count.into())
}

fn part(part: u64, whole: u64) -> Option<Value> {
    share(part, whole).map(|share| percent(share).into())
}

/// The figures of one agency.
struct Counted {
    figures: Figures,
    counter: u64,
    postal: u64,
    /// Procedures that it received dossiers of.
    procedures: u64,
}

impl Counted {
    fn of_received(&self, count: u64) -> Option<Value> {
        part(count, self.figures.row.received)
    }

    fn returned_in_time(&self) -> u64 {
        self.figures.row.returned.saturating_sub(self.figures.row.returned_late)
    }
}

/// The body of `GET /v1/kpi/national`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct National {
    #[serde(flatten)]
    time: CountedTime,
    agencies: &'static str,
    rows: Vec<Map<String, Value>>,
    missing: Vec<&'static str>,
    systems: Vec<Standing>,
    told: Telling,
}

pub(crate) fn national(
    period: &Period,
    gathered: &Gathered,
    (synchronised, handled, systems, told): (&Synchronised, &Handled, Vec<Standing>, Telling),
    ended: EndedAgencies,
    (catalogue, now): (&Catalogue, Timestamp),
) -> National {
    let missing = MISSING.into_iter();
    let missing = missing.filter(|name| *name != SYNCHRONISED || !synchronised.is_known());
    let missing = missing.filter(|name| !FEEDBACK.contains(name) || !handled.is_known());
    National {
        time: CountedTime::of(period, gathered, now),
        agencies: ended.name(),
        rows: rows(period, gathered, (synchronised, handled), ended, catalogue),
        missing: missing.collect(),
        systems,
        told,
    }
}

/// One row per agency. Within a level, agencies are ordered by the share settled in time, then by
/// dossiers received.
fn rows(
    period: &Period,
    gathered: &Gathered,
    (synchronised, handled): (&Synchronised, &Handled),
    ended: EndedAgencies,
    catalogue: &Catalogue,
) -> Vec<Map<String, Value>> {
    let last = period.last();
    let selection = Selection { ended, ..Selection::default() };
    let mut procedures: BTreeMap<String, BTreeSet<_>> = BTreeMap::new();
    let mut channels: BTreeMap<(String, Channel), u64> = BTreeMap::new();
    for (cell, row) in &gathered.rows {
        let KpiCell::Work { agency, procedure, channel } = cell else { continue };
        let agency = match ended {
            EndedAgencies::AsCounted => agency.clone(),
            EndedAgencies::Merged => {
                catalogue.register().shown_under(agency, Some(procedure), last)
            }
        };
        *channels.entry((agency.to_string(), *channel)).or_default() += row.received;
        if row.received > 0 {
            procedures.entry(agency.to_string()).or_default().insert(procedure);
        }
    }
    let lines =
        report(&gathered.rows, Dimension::Agency, &selection, catalogue.register(), last).lines;
    let mut ranked: Vec<(Option<u8>, Line)> =
        lines.into_iter().map(|line| (level(&line.key, catalogue), line)).collect();
    ranked.sort_by_key(|(level, line)| {
        let (share, received) = (line.figures.on_time_share(), line.figures.row.received);
        (level.is_none(), *level, Reverse(share), Reverse(received), line.key.clone())
    });
    let (mut rank, mut above) = (0_u64, None);
    let row = |(level, line): (Option<u8>, Line)| {
        rank = if above == Some(level) { rank + 1 } else { 1 };
        above = Some(level);
        let agency = line.key.parse().ok();
        let scope = Scope { agency: agency.as_ref(), ended };
        let in_step = synchronised.within(scope, catalogue.register(), last);
        let in_step = in_step.filter(|_| agency.is_some());
        let answers = handled.within(scope, catalogue.register(), last);
        let answers = answers.filter(|_| agency.is_some());
        let of = |channel| channels.get(&(line.key.clone(), channel)).copied().unwrap_or_default();
        let counted = Counted {
            figures: line.figures,
            counter: of(Channel::Counter),
            postal: of(Channel::Postal),
            procedures: procedures
                .get(&line.key)
                .map_or(0, |known| u64::try_from(known.len()).unwrap_or(u64::MAX)),
        };
        let mut row = Map::new();
        row.insert("ROW_STT".to_owned(), rank.into());
        if let Some(level) = level {
            row.insert("CAPDONVIID".to_owned(), level.into());
        }
        row.insert("MADONVI".to_owned(), line.key.into());
        row.insert("TENDONVI".to_owned(), line.name.into());
        if let Some((in_step, _)) = in_step {
            row.insert(SYNCHRONISED.to_owned(), in_step.into());
        }
        row.extend(answers.into_iter().flat_map(of_feedback));
        row.extend(
            COLUMNS.iter().filter_map(|(name, field)| Some(((*name).to_owned(), field(&counted)?))),
        );
        row
    };
    ranked.into_iter().map(row).collect()
}

/// The fields of feedback, without a share of nothing.
fn of_feedback(answers: Answers) -> impl Iterator<Item = (String, Value)> {
    let Answers { in_time, late } = answers;
    let values =
        [part(in_time, answers.all()), count(in_time), part(late, answers.all()), count(late)];
    let each = FEEDBACK.into_iter().zip(values);
    each.filter_map(|(name, value)| Some((name.to_owned(), value?)))
}

/// `CAPDONVIID`: 1 for departments, 2 for communes; the national report knows no other level.
fn level(agency: &str, catalogue: &Catalogue) -> Option<u8> {
    match catalogue.agency(&agency.parse().ok()?)?.level {
        AgencyLevel::Department => Some(1),
        AgencyLevel::Commune => Some(2),
        AgencyLevel::Province | AgencyLevel::District => None,
    }
}

/// The rows as CSV, an empty field where there is nothing of which it could be a share.
pub(crate) fn csv(
    national: &National,
    doubts: Option<String>,
    mark: ByteOrderMark,
) -> Result<String, Failure> {
    let synchronised = (!national.missing.contains(&SYNCHRONISED)).then_some(SYNCHRONISED);
    let feedback = FEEDBACK.into_iter().filter(|name| !national.missing.contains(name));
    let names = ["ROW_STT", "CAPDONVIID", "MADONVI", "TENDONVI"]
        .into_iter()
        .chain(synchronised)
        .chain(feedback)
        .chain(COLUMNS.iter().map(|(name, _)| *name));
    let names: Vec<&str> = names.collect();
    let field = |value: Option<&Value>| match value {
        None => String::new(),
        Some(Value::String(text)) => harmless(text.clone()),
        Some(other) => other.to_string(),
    };
    let lines =
        national.rows.iter().map(|row| names.iter().map(|name| field(row.get(*name))).collect());
    let doubts = doubts.map(|doubts| {
        let mut record = remark(doubts, names.len());
        // The name of an agency stands in another column here.
        record.swap(1, 3);
        record
    });
    csv_of(names.iter().map(|name| (*name).to_owned()).collect(), lines.chain(doubts), mark)
}
