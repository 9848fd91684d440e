//! The figures as JSON.

use domain::calendar::date_of;
use domain::id::AgencyCode;
use domain::kpi::report::{Dimension, Figures, Line, Report, Selection};
use domain::kpi::{DueBasis, KpiRow};
use domain::period::Period;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use platform::gather::Gathered;

/// What time an answer speaks of, and how much of it was counted: how each body begins.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CountedTime {
    period: String,
    first: Date,
    last: Date,
    /// The figures are as of the end of this day.
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<Date>,
    days_counted: u32,
    /// Whether every day of the period was counted.
    complete: bool,
    /// Why there are no figures, where no day was counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_counted: Option<&'static str>,
    /// Whether the figures are known to be wrong and not closed again yet: these are the last
    /// closed ones.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    being_corrected: bool,
    /// Agencies that could not be counted on days of the period.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    uncounted: Vec<Uncounted>,
    /// Dossiers that are in no figure, because they cannot be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreadable: Vec<Unreadable>,
}

/// An agency that could not be counted.
#[derive(Serialize)]
struct Uncounted {
    agency: AgencyCode,
    /// When its count was given up.
    since: Timestamp,
    /// The `reason` of the parked message.
    reason: String,
    first: Date,
    last: Date,
}

/// Dossiers of an agency that cannot be read.
#[derive(Serialize)]
struct Unreadable {
    agency: AgencyCode,
    dossiers: Vec<String>,
}

/// The most unreadable dossiers of an agency that are named.
const NAMED_MAX: usize = 20;

impl CountedTime {
    pub(crate) fn of(period: &Period, gathered: &Gathered, now: Timestamp) -> Self {
        // The first day can be counted once it is over.
        let why = if period.first() < date_of(now) { "not-counted-yet" } else { "not-over-yet" };
        let uncounted = gathered.doubts.uncounted.iter().map(|(agency, trouble)| Uncounted {
            agency: agency.clone(),
            since: trouble.at,
            reason: trouble.reason.clone(),
            first: trouble.first,
            last: trouble.last,
        });
        let unreadable = gathered.doubts.unreadable.iter().map(|(agency, codes)| Unreadable {
            agency: agency.clone(),
            dossiers: codes.iter().take(NAMED_MAX).cloned().collect(),
        });
        Self {
            being_corrected: gathered.doubts.being_corrected(),
            uncounted: uncounted.collect(),
            unreadable: unreadable.collect(),
            period: period.to_string(),
            first: period.first(),
            last: period.last(),
            as_of: gathered.last,
            days_counted: gathered.days,
            complete: gathered.is_complete(period, date_of(now)),
            not_counted: (gathered.days == 0).then_some(why),
        }
    }
}

/// The body of `GET /v1/kpi`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    #[serde(flatten)]
    time: CountedTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_basis: Option<DueBasis>,
    by: &'static str,
    agencies: &'static str,
    /// None where no day was counted, which is not zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<FiguresAnswer>,
    items: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Serialize)]
struct Item {
    key: String,
    name: String,
    #[serde(flatten)]
    figures: FiguresAnswer,
}

/// Figures and the shares that are made of them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FiguresAnswer {
    figures: KpiRow,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_time_percent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    online_percent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paid_online_percent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digitised_percent: Option<String>,
}

/// Hundredths of a percent as people write them: `94.12`.
pub(crate) fn percent(share: u64) -> String {
    format!("{}.{:02}", share / 100, share % 100)
}

impl FiguresAnswer {
    fn of(figures: &Figures) -> Self {
        Self {
            figures: figures.row,
            on_time_percent: figures.on_time_share().map(percent),
            online_percent: figures.online_share().map(percent),
            paid_online_percent: figures.paid_online_share().map(percent),
            digitised_percent: figures.digitised_share().map(percent),
        }
    }
}

impl Answer {
    pub(crate) fn of(
        period: &Period,
        gathered: &Gathered,
        dimension: Dimension,
        selection: &Selection,
        report: &Report,
        (limit, after): (usize, Option<&str>),
        now: Timestamp,
    ) -> Self {
        let mut rest =
            report.lines.iter().filter(|line| after.is_none_or(|after| line.key.as_str() > after));
        let page: Vec<&Line> = rest.by_ref().take(limit).collect();
        let next_cursor = rest.next().and(page.last()).map(|line| line.key.clone());
        let items = page.into_iter().map(|line| Item {
            key: line.key.clone(),
            name: line.name.clone(),
            figures: FiguresAnswer::of(&line.figures),
        });
        Self {
            time: CountedTime::of(period, gathered, now),
            due_basis: gathered.due_basis,
            by: dimension.name(),
            agencies: selection.ended.name(),
            total: (gathered.days > 0).then(|| FiguresAnswer::of(&report.total)),
            items: items.collect(),
            next_cursor,
        }
    }
}
