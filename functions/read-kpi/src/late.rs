//! Late dossiers by agency, for the page: codes, dates and reasons, and nobody's name.
//!
//! Public, so what it reads is bounded by what the figures already say: only agencies that have something overdue, only days on
//! which something was settled late, and of a long time only the last month. Of a time that ended longer ago there is no list: what
//! was overdue then and has been settled since would have to be looked for in every day since.

use std::collections::BTreeMap;

use domain::calendar::{date_of, next};
use domain::catalogue::Catalogue;
use domain::id::{AgencyCode, DossierCode};
use domain::kpi::report::Selection;
use domain::kpi::{Behind, DossierFacts, KpiCell, Period, behind};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use platform::Failure;
use platform::dynamo::{Dossiers, Figures};

use crate::Gathered;

/// For how many days dossiers are listed that were settled late, and for how long after its end a time has a list.
const DAYS: i32 = 31;

/// The most dossiers that are listed of an agency.
const LINES_MAX: usize = 50;

/// Days or agencies read at a time.
const WIDTH: usize = 12;

/// The late dossiers of a time.
pub(crate) struct LateList {
    /// From when on those are listed that were settled late.
    pub first: Date,
    /// As of the end of which day.
    pub last: Date,
    /// Agencies that have any, by code.
    pub agencies: Vec<LateOfAgency>,
}

/// Those of one agency.
pub(crate) struct LateOfAgency {
    pub code: AgencyCode,
    pub name: String,
    /// The longest overdue first.
    pub lines: Vec<(DossierCode, Behind)>,
    /// How many more there are.
    pub more: usize,
}

/// Lists them; none where nothing was counted, or too long ago.
pub(crate) async fn list(
    period: &Period,
    gathered: &Gathered,
    (figures, dossiers): (&Figures, &Dossiers),
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
    let mut keep = |facts: Vec<DossierFacts>| found.extend(facts.into_iter().map(|facts| (facts.code.clone(), facts)));
    let agencies = overdue(gathered);
    let days = days(first, last, today, !agencies.is_empty(), figures).await?;
    let mut closed = stream::iter(days).map(|day| dossiers.closed_on(day)).buffer_unordered(WIDTH);
    while let Some(facts) = closed.try_next().await? {
        keep(facts);
    }
    let mut open = stream::iter(&agencies).map(|agency| dossiers.open(agency)).buffer_unordered(WIDTH);
    while let Some(facts) = open.try_next().await? {
        keep(facts);
    }
    let mut of: BTreeMap<AgencyCode, Vec<(DossierCode, Behind)>> = BTreeMap::new();
    for (code, facts) in found {
        let basis_on = |day| catalogue.law().rule_on(day).kpi_due;
        if let Some(behind) = behind(&facts, first, last, basis_on) {
            let agency = facts.agency;
            let agency = if selection.merged { catalogue.carried_on_by(&agency, last) } else { agency };
            of.entry(agency).or_default().push((code, behind));
        }
    }
    let agencies = of.into_iter().map(|(code, lines)| bounded(code, lines, catalogue)).collect();
    Ok(Some(LateList { first, last, agencies }))
}

/// Agencies that had something overdue at the end.
fn overdue(gathered: &Gathered) -> Vec<AgencyCode> {
    let mut agencies: Vec<AgencyCode> = Vec::new();
    for (cell, row) in &gathered.rows {
        // Rows are ordered by agency.
        if let KpiCell::Work { agency, .. } = cell
            && row.overdue > 0
            && agencies.last() != Some(agency)
        {
            agencies.push(agency.clone());
        }
    }
    agencies
}

/// The days whose closed dossiers have to be read: those on which something was settled late, and, where something was overdue at
/// the end, those since.
async fn days(first: Date, last: Date, today: Date, overdue: bool, figures: &Figures) -> Result<Vec<Date>, Failure> {
    let province = KpiCell::Province.to_string();
    let province = &province;
    let listed = first.series(1.day()).take_while(|day| *day <= last);
    let late = stream::iter(listed).map(|day| async move {
        let row = figures.row(&day.to_string(), province).await?;
        Ok::<_, Failure>(row.is_some_and(|row| row.figures.late > 0).then_some(day))
    });
    let mut days: Vec<Date> = late.buffered(WIDTH).try_filter_map(|day| async move { Ok(day) }).try_collect().await?;
    if overdue {
        days.extend(next(last).series(1.day()).take_while(|day| *day <= today));
    }
    Ok(days)
}

fn bounded(code: AgencyCode, mut lines: Vec<(DossierCode, Behind)>, catalogue: &Catalogue) -> LateOfAgency {
    lines.sort_by(|(code, behind), (other, than)| than.days.cmp(&behind.days).then_with(|| code.cmp(other)));
    let more = lines.len().saturating_sub(LINES_MAX);
    lines.truncate(LINES_MAX);
    let name = catalogue.agency(&code).map_or_else(|| code.to_string(), |known| known.name.clone());
    LateOfAgency { code, name, lines, more }
}
