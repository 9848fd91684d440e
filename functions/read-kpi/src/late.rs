//! Late dossiers by agency, for the page: codes and dates, without names, and causes where the
//! province publishes them.
//!
//! The page is public, so its reads are bounded by what the figures show: only agencies with late
//! results or overdue dossiers, and of a long period only the last month. There is no list for a
//! period that ended longer ago, since finding what was overdue then and settled later would take a
//! search of every day since.

use std::collections::BTreeMap;

use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::id::{AgencyCode, DossierCode};
use domain::kpi::report::{EndedAgencies, Selection};
use domain::kpi::{Behind, DossierFacts, KpiCell, behind};
use domain::period::Period;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use platform::Failure;
use platform::dynamo::Dossiers;
use platform::gather::Gathered;

/// For how many days dossiers are listed that were settled late, and for how long after its end a
/// time has a list.
const DAYS: i32 = 31;

/// The most dossiers that are listed of an agency.
const LINES_MAX: usize = 50;

/// Agencies read at the same time.
const WIDTH: usize = 12;

/// The late dossiers of a time.
pub(crate) struct LateList {
    /// From when on those are listed that were settled late.
    pub first: Date,
    /// As of the end of which day.
    pub last: Date,
    /// Whether the province publishes why they are late.
    pub has_causes: bool,
    /// Agencies that have any, by code.
    pub agencies: Vec<LateOfAgency>,
}

/// The late dossiers of one agency.
pub(crate) struct LateOfAgency {
    pub code: AgencyCode,
    pub name: String,
    /// The listed dossiers, the longest overdue first.
    pub lines: Vec<(DossierCode, Behind)>,
    /// How many further late dossiers are not listed.
    pub more: usize,
}

/// Lists them; none where nothing was counted, or too long ago.
pub(crate) async fn list(
    period: &Period,
    gathered: &Gathered,
    dossiers: &Dossiers,
    selection: &Selection,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<Option<LateList>, Failure> {
    let today = date_of(now);
    let Some(last) = gathered.last.filter(|last| (today - *last).get_days() <= DAYS) else {
        return Ok(None);
    };
    let first = period.first().max(last.saturating_sub((DAYS - 1).days()));
    let mut found: BTreeMap<DossierCode, DossierFacts> = BTreeMap::new();
    let agencies = behindhand(gathered);
    let read = stream::iter(&agencies).map(|agency| async move {
        let (open, ended) =
            (dossiers.open(agency).await?, dossiers.ended(agency, first, today).await?);
        Ok::<_, Failure>(open.facts.into_iter().chain(ended.facts))
    });
    let mut read = read.buffer_unordered(WIDTH);
    while let Some(facts) = read.try_next().await? {
        found.extend(facts.map(|facts| (facts.code.clone(), facts)));
    }
    let mut of: BTreeMap<AgencyCode, Vec<(DossierCode, Behind)>> = BTreeMap::new();
    for (code, facts) in found {
        let basis_on = |day| catalogue.law().rule_on(day).kpi_due;
        if let Some(behind) = behind(&facts, first, last, basis_on) {
            let agency = match selection.ended {
                EndedAgencies::AsCounted => facts.agency,
                EndedAgencies::Merged => {
                    catalogue.register().carried_on_by(&facts.agency, facts.matter(), last)
                }
            };
            of.entry(agency).or_default().push((code, behind));
        }
    }
    let agencies =
        of.into_iter().map(|(code, lines)| bounded(code, lines, catalogue, last)).collect();
    let has_causes = catalogue.law().rule_on(last).publish_late_causes;
    Ok(Some(LateList { first, last, has_causes, agencies }))
}

/// Agencies that settled something late or had something overdue at the end.
fn behindhand(gathered: &Gathered) -> Vec<AgencyCode> {
    let mut agencies: Vec<AgencyCode> = Vec::new();
    for (cell, row) in &gathered.rows {
        // Rows are ordered by agency.
        if let KpiCell::Work { agency, .. } = cell
            && row.late + row.overdue > 0
            && agencies.last() != Some(agency)
        {
            agencies.push(agency.clone());
        }
    }
    agencies
}

fn bounded(
    code: AgencyCode,
    mut lines: Vec<(DossierCode, Behind)>,
    catalogue: &Catalogue,
    last: Date,
) -> LateOfAgency {
    lines.sort_by(|(code, behind), (other, than)| {
        than.days.cmp(&behind.days).then_with(|| code.cmp(other))
    });
    let more = lines.len().saturating_sub(LINES_MAX);
    lines.truncate(LINES_MAX);
    let name = catalogue
        .agency(&code)
        .map_or_else(|| code.to_string(), |known| known.name_on(last).to_owned());
    LateOfAgency { code, name, lines, more }
}
