//! Every morning at 07:00: opens a notice for each leader with the headline of the report and a
//! link to it.
//!
//! Nothing is sent here. A leader's notice is a thread of the notices table like an applicant's and
//! is due at once; the next minute wakes it, and `notify-applicant` sends it with the same leases,
//! channels and reports. Its key is the morning and the leader, and it is put only where that key
//! is free: a second run, a concurrent run or the repetition of a run that died opens what is
//! missing and changes nothing else.

mod settings;

use std::collections::{BTreeMap, BTreeSet};

use domain::announcement::PublicUrl;
use domain::calendar::{MissingYear, date_of, previous};
use domain::catalogue::Catalogue;
use domain::id::ReportCode;
use domain::kpi::KpiCell;
use domain::leader::{Leader, ReportSpan};
use domain::notice::headline::Headline;
use domain::thread::NoticeThread;
use jiff::Timestamp;
use jiff::civil::Date;
use platform::Failure;
use platform::dynamo::Figures;
use platform::gather::{Gathered, gather};
use platform::port::{NoticeBook, Stored};
use serde::{Deserialize, Serialize};

pub use settings::Settings;

/// The schedule's payload, which has no fields. The morning is the day of the clock: no report is
/// announced for an earlier day.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {}

/// The answer of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The morning, a day in Viet Nam.
    pub day: Date,
    /// Whether it is a working day. No report is announced on a day off.
    pub working_day: bool,
    /// Notices opened by this run.
    pub opened: u64,
    /// Notices that an earlier run had opened.
    pub known: u64,
}

/// Announces the report of the morning of `now`. Fails, before any notice is opened, if the night's
/// figures are missing or do not add up.
pub async fn announce(
    _order: &Order,
    figures: &Figures,
    book: &impl NoticeBook,
    catalogue: &Catalogue,
    public_url: &PublicUrl,
    now: Timestamp,
) -> Result<Outcome, Failure> {
    let day = date_of(now);
    let missing = |missing: MissingYear| Failure::CalendarMissing { year: missing.year };
    let working_day = catalogue.calendar().kind(day).map_err(missing)?.is_working();
    let mut outcome = Outcome { day, working_day, opened: 0, known: 0 };
    let leaders: Vec<&Leader> =
        if working_day { catalogue.leaders().on(day).collect() } else { Vec::new() };
    // Every headline is there before the first notice is opened: all leaders are told, or none.
    let spans: BTreeSet<ReportSpan> = leaders.iter().map(|leader| leader.report).collect();
    let mut headlines: BTreeMap<ReportSpan, Headline> = BTreeMap::new();
    for span in spans {
        let period = span.period(day, catalogue.calendar()).map_err(missing)?;
        let gathered = gather(&period, figures).await?;
        let days = counted(span, period.first(), previous(day), &gathered)?;
        let province = gathered.rows.get(&KpiCell::Province).copied().unwrap_or_default();
        headlines.insert(span, Headline::of(days, &province, public_url.report(&period)));
    }
    for leader in leaders {
        let Some(headline) = headlines.get(&leader.report) else {
            continue;
        };
        let code = ReportCode { morning: day, leader: leader.key.clone() };
        let mut thread =
            NoticeThread::announcing(code, leader.agency.clone(), headline.clone(), now);
        thread.advance();
        match book.keep(&thread).await? {
            Stored::Yes => outcome.opened += 1,
            Stored::AnotherWasFirst => outcome.known += 1,
        }
    }
    let Outcome { opened, known, .. } = outcome;
    tracing::info!(%day, working_day, opened, known, "report announced");
    Ok(outcome)
}

/// The first and last day counted. Fails unless every day up to `yesterday` is counted, since an
/// incomplete headline would be wrong. In a month, the days before the province began to count may
/// be missing.
fn counted(
    span: ReportSpan,
    first: Date,
    yesterday: Date,
    gathered: &Gathered,
) -> Result<(Date, Date), Failure> {
    let incomplete = || {
        tracing::error!(%yesterday, days = gathered.days, "the report's days are not all counted yet");
        Failure::Defect(format!("the days of the report up to {yesterday} are not all counted yet"))
    };
    let (Some(from), Some(to)) = (gathered.first, gathered.last) else {
        return Err(incomplete());
    };
    let whole = match span {
        ReportSpan::Day => from == first,
        ReportSpan::Month => true,
    };
    if whole && to == yesterday && i64::from((to - from).get_days()) + 1 == i64::from(gathered.days)
    {
        return Ok((from, to));
    }
    Err(incomplete())
}
