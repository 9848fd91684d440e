//! What is published, and under which addresses: the few times of the calendar, each as a page, a
//! CSV and a workbook, the newest of them, and the list of all. Caches on the way keep those, and
//! no others (ADR 108).

use std::str::FromStr;

use askama::Template;
use domain::Violation;
use domain::calendar::{date_of, previous};
use domain::catalogue::Catalogue;
use domain::period::Period;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use platform::Failure;
use platform::dynamo::Figures;

use crate::ReportForm;
use crate::page;

/// How far back the list of periods goes, in months.
const MONTHS: i32 = 36;

/// Months that are looked up at the same time.
const WIDTH: usize = 12;

/// The source of the list, with its only style.
pub(crate) const TEMPLATE: &str = include_str!("../templates/periods.html");

/// What the last part of an address of a report names: `2026-11`, `2026-11.csv`, `latest`.
pub(crate) struct Named {
    pub time: Time,
    /// The form that the ending asks for.
    pub form: Option<ReportForm>,
    ending: &'static str,
}

/// Of what time a report is asked for.
pub(crate) enum Time {
    /// The month that was counted last.
    Latest,
    Of(Period),
}

impl FromStr for Named {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        let endings = [(".csv", ReportForm::CsvFile), (".xlsx", ReportForm::Workbook)];
        let ended = endings.into_iter().find_map(|(ending, form)| {
            text.strip_suffix(ending).map(|name| (name, Some(form), ending))
        });
        let (name, form, ending) = ended.unwrap_or((text, None, ""));
        let time = if name == "latest" { Time::Latest } else { Time::Of(name.parse()?) };
        Ok(Self { time, form, ending })
    }
}

impl Named {
    /// The last part of the address at which the newest report is, in this form.
    pub(crate) async fn newest(
        &self,
        figures: &Figures,
        now: Timestamp,
    ) -> Result<String, Failure> {
        let yesterday = previous(date_of(now));
        let mut newest = Period::month_of(yesterday);
        for month in months(yesterday) {
            if counted(&month, figures).await?.is_some() {
                newest = month;
                break;
            }
        }
        Ok(format!("{newest}{}", self.ending))
    }
}

/// The last months that may have been counted, the newest first.
fn months(yesterday: Date) -> impl Iterator<Item = Period> {
    let newest = yesterday.first_of_month();
    (0..MONTHS).map(move |back| Period::month_of(newest.saturating_sub(back.months())))
}

/// The last day of a month that was counted; none before any was.
async fn counted(month: &Period, figures: &Figures) -> Result<Option<Date>, Failure> {
    Ok(figures.count(&month.to_string()).await?.map(|count| count.last))
}

/// The times before and after a report's own; none where nothing is to be found there.
#[derive(Clone, Default)]
pub(crate) struct Navigation<'a> {
    pub before: Option<&'a Period>,
    pub after: Option<&'a Period>,
}

/// Whether anything of `period` was counted, by its last day that is over and that day's month.
pub(crate) async fn is_begun(
    period: &Period,
    figures: &Figures,
    now: Timestamp,
) -> Result<bool, Failure> {
    let last = period.last().min(previous(date_of(now)));
    if last < period.first() {
        return Ok(false);
    }
    if figures.count(&last.to_string()).await?.is_some() {
        return Ok(true);
    }
    let month = figures.count(&Period::month_of(last).to_string()).await?;
    Ok(month.is_some_and(|count| count.first <= last && period.first() <= count.last))
}

/// A year of the list with its parts.
struct Year {
    name: i16,
    halves: Vec<Link>,
    quarters: Vec<Link>,
    months: Vec<Month>,
}

struct Link {
    period: String,
    text: String,
}

struct Month {
    period: String,
    text: String,
    /// Up to which day it was counted.
    until: String,
}

#[derive(Template)]
#[template(path = "periods.html")]
struct List {
    body: String,
    /// The last day that was counted, and its week.
    newest: Vec<Link>,
    years: Vec<Year>,
}

/// The list of all times that are published.
pub(crate) async fn list(
    figures: &Figures,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<String, Failure> {
    let yesterday = previous(date_of(now));
    let read = stream::iter(months(yesterday)).map(|month| async move {
        let last = counted(&month, figures).await?;
        Ok::<_, Failure>(last.map(|last| (month, last)))
    });
    let found: Vec<(Period, Date)> =
        read.buffered(WIDTH).try_filter_map(|found| async { Ok(found) }).try_collect().await?;
    let mut years: Vec<Year> = Vec::new();
    for (month, last) in &found {
        let day = month.first();
        if years.last().is_none_or(|year| year.name != day.year()) {
            let (halves, quarters, months) = (Vec::new(), Vec::new(), Vec::new());
            years.push(Year { name: day.year(), halves, quarters, months });
        }
        let Some(year) = years.last_mut() else { continue };
        let half = link(&format!("{:04}-H{}", day.year(), (day.month() + 5) / 6))?;
        let quarter = link(&format!("{:04}-Q{}", day.year(), (day.month() + 2) / 3))?;
        for (links, found) in [(&mut year.halves, half), (&mut year.quarters, quarter)] {
            if links.last().is_none_or(|link| link.period != found.period) {
                links.push(found);
            }
        }
        let Link { period, text } = link(&month.to_string())?;
        let until = if *last == month.last() { String::new() } else { page::long(*last) };
        year.months.push(Month { period, text, until });
    }
    let newest = match found.first() {
        Some((_, last)) => {
            let week = last.iso_week_date();
            let week = format!("{:04}-W{:02}", week.year(), week.week());
            vec![link(&last.to_string())?, link(&week)?]
        }
        None => Vec::new(),
    };
    let list = List { body: page::body(catalogue, yesterday), newest, years };
    list.render().map_err(|error| Failure::Defect(format!("the list cannot be written: {error}")))
}

fn link(period: &str) -> Result<Link, Failure> {
    let known: Period = period.parse()?;
    let text = page::tied(&page::time(&known));
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    Ok(Link { period: period.to_owned(), text: first.chain(letters).collect() })
}
