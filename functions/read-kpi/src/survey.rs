//! `GET /v1/kpi/satisfaction`: how satisfied people are whose result was handed over in a time, and
//! how many of them said so. Of few nothing is shown: it could be told who said what (ADR 105).

use std::collections::BTreeMap;

use domain::catalogue::Catalogue;
use domain::index::Scope;
use domain::kpi::report::{Dimension, EndedAgencies, Line, Selection, report, share};
use domain::period::Period;
use domain::satisfaction::{Satisfaction, Tally};
use domain::survey::hidden_lines;
use domain::{RuleName, Violation};
use jiff::Timestamp;
use jiff::civil::Date;
use platform::Failure;
use platform::dynamo::{AnswersBy, FeedbackTable};
use platform::gather::Gathered;
use serde::Serialize;

use crate::answer::{CountedTime, percent};
use crate::page::{NOT_COUNTED, long, number, percent_text, tied};

/// What was said about results of whole months, by agency or procedure.
#[derive(Debug)]
pub(crate) struct Surveyed {
    by: BTreeMap<String, Tally>,
    /// The fewest answers that are shown.
    shown_from: u64,
}

/// The body of `GET /v1/kpi/satisfaction`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    #[serde(flatten)]
    time: CountedTime,
    by: &'static str,
    agencies: &'static str,
    /// The last day on which an answer to a result of the time counts; none where nobody is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    answers_until: Option<Date>,
    /// The fewest answers that are shown.
    shown_from: u64,
    total: Shown,
    items: Vec<Item>,
}

#[derive(Serialize)]
struct Item {
    key: String,
    name: String,
    #[serde(flatten)]
    shown: Shown,
}

/// The answers of one line, or that they are too few.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    /// Results handed over in the time, as far as its days were counted.
    returned: u64,
    /// Whether there are answers that are too few to be shown.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    too_few: bool,
    #[serde(flatten)]
    said: Option<SaidOf>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SaidOf {
    answers: u64,
    /// Answers of results handed over, in percent, where it can be told: see [`response`].
    #[serde(skip_serializing_if = "Option::is_none")]
    response_percent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    satisfied_percent: Option<String>,
    levels: BTreeMap<&'static str, u64>,
}

/// The share of results whose receivers answered; none of no result, and of fewer than answers: the
/// night counts after the answers.
fn response(returned: u64, answers: u64) -> Option<u64> {
    share(answers, returned).filter(|_| answers <= returned)
}

impl Shown {
    fn of(returned: u64, tally: &Tally, is_hidden: bool) -> Self {
        let answers = tally.all();
        let rate = response(returned, answers);
        let levels = Satisfaction::ALL.into_iter().map(|level| (level.name(), tally.of(level)));
        let said = SaidOf {
            answers,
            response_percent: rate.map(percent),
            satisfied_percent: share(tally.satisfied(), answers).map(percent),
            levels: levels.collect(),
        };
        Self { returned, too_few: is_hidden, said: Some(said).filter(|_| !is_hidden) }
    }
}

/// Refuses a time that is not made of whole months, in which answers are counted.
pub(crate) fn whole_months(period: Period) -> Result<Period, Violation> {
    if period.is_of_whole_months() {
        return Ok(period);
    }
    let detail = "must be a month, a quarter, half a year or a year";
    Err(Violation::new("period", RuleName::WholeMonths, detail))
}

impl Surveyed {
    /// Reads what was said about results of `period`; nothing of a time that is not made of whole
    /// months.
    pub(crate) async fn of(
        period: &Period,
        by: AnswersBy,
        feedback: &FeedbackTable,
        catalogue: &Catalogue,
    ) -> Result<Self, Failure> {
        let said = match period.is_of_whole_months() {
            true => feedback.said(by, period.first(), period.last()).await?,
            false => BTreeMap::new(),
        };
        let rule = catalogue.survey().on(period.last());
        Ok(Self { by: said, shown_from: rule.map_or(1, |rule| rule.shown_from) })
    }

    /// The answers of lines by the key under which they are shown.
    fn merged(
        self,
        by: AnswersBy,
        ended: EndedAgencies,
        catalogue: &Catalogue,
        last: Date,
    ) -> Self {
        let shown = |key: String| match (by, ended, key.parse()) {
            (AnswersBy::Agency, EndedAgencies::Merged, Ok(agency)) => {
                catalogue.register().shown_under(&agency, None, last).to_string()
            }
            (AnswersBy::Agency, EndedAgencies::Merged, Err(_))
            | (AnswersBy::Agency, EndedAgencies::AsCounted, _)
            | (AnswersBy::Procedure, _, _) => key,
        };
        let mut by: BTreeMap<String, Tally> = BTreeMap::new();
        for (key, tally) in self.by {
            by.entry(shown(key)).or_default().join(&tally);
        }
        Self { by, ..self }
    }

    fn total(&self) -> Tally {
        self.by.values().fold(Tally::default(), |mut sum, tally| {
            sum.join(tally);
            sum
        })
    }

    /// How many are satisfied in `scope`, and of how many; none where too few answered for it to be
    /// shown, or nobody.
    pub(crate) fn within(
        self,
        scope: Scope<'_>,
        catalogue: &Catalogue,
        last: Date,
    ) -> Option<(u64, u64)> {
        let shown_from = self.shown_from;
        let merged = self.merged(AnswersBy::Agency, scope.ended, catalogue, last);
        let tally = match scope.agency {
            None => merged.total(),
            Some(agency) => {
                let keys: Vec<&String> = merged.by.keys().collect();
                let counts: Vec<u64> = merged.by.values().map(Tally::all).collect();
                let hidden = hidden_lines(&counts, shown_from);
                let place = keys.iter().position(|key| *key == agency.as_str())?;
                let tally = merged.by.get(keys[place])?;
                *Some(tally).filter(|_| !hidden.contains(&place))?
            }
        };
        (tally.all() >= shown_from.max(1)).then(|| (tally.satisfied(), tally.all()))
    }

    /// Joins what was said with the results that the nights counted, by `by`.
    fn joined(
        self,
        period: &Period,
        gathered: &Gathered,
        (by, ended): (AnswersBy, EndedAgencies),
        catalogue: &Catalogue,
    ) -> Joined {
        let last = period.last();
        let surveyed = self.merged(by, ended, catalogue, last);
        let tally = surveyed.total();
        let Self { by: said, shown_from } = surveyed;
        let dimension = match by {
            AnswersBy::Agency => Dimension::Agency,
            AnswersBy::Procedure => Dimension::Procedure,
        };
        let selection = Selection { ended, ..Selection::default() };
        let counted = report(&gathered.rows, dimension, &selection, catalogue.register(), last);
        // A line of which nothing was returned and nothing said tells nothing.
        let mut lines: BTreeMap<String, JoinedLine> = BTreeMap::new();
        for Line { key, name, figures } in counted.lines {
            let returned = figures.row.returned;
            if returned > 0 {
                lines.insert(key, JoinedLine::unanswered(name, returned));
            }
        }
        for (key, tally) in said {
            let named = || JoinedLine::unanswered(name(by, &key, catalogue, last), 0);
            lines.entry(key.clone()).or_insert_with(named).tally = tally;
        }
        let counts: Vec<u64> = lines.values().map(|line| line.tally.all()).collect();
        let hidden = hidden_lines(&counts, shown_from);
        for (place, line) in lines.values_mut().enumerate() {
            line.is_hidden = hidden.contains(&place);
        }
        let total = JoinedLine {
            name: String::new(),
            returned: counted.total.row.returned,
            tally,
            is_hidden: tally.all() > 0 && tally.all() < shown_from,
        };
        Joined { shown_from, total, lines }
    }

    /// The whole answer for `by`.
    pub(crate) fn answer(
        self,
        period: &Period,
        gathered: &Gathered,
        (by, ended): (AnswersBy, EndedAgencies),
        (catalogue, now): (&Catalogue, Timestamp),
    ) -> Answer {
        let Joined { shown_from, total, lines } =
            self.joined(period, gathered, (by, ended), catalogue);
        let last = period.last();
        let item = |(key, line): (String, JoinedLine)| {
            let shown = line.shown();
            Item { key, name: line.name, shown }
        };
        Answer {
            time: CountedTime::of(period, gathered, now),
            by: by.name(),
            agencies: ended.name(),
            answers_until: catalogue.survey().on(last).map(|rule| rule.last_day(last)),
            shown_from,
            total: total.shown(),
            items: lines.into_iter().map(item).collect(),
        }
    }

    /// What the report shows of whole months in which people were asked; none of other times.
    pub(crate) fn section(
        self,
        period: &Period,
        gathered: &Gathered,
        ended: EndedAgencies,
        catalogue: &Catalogue,
    ) -> Option<Section> {
        let asked = catalogue.survey().on(period.last());
        let until = asked.filter(|_| period.is_of_whole_months())?.last_day(period.last());
        let joined = self.joined(period, gathered, (AnswersBy::Agency, ended), catalogue);
        let is_counted = gathered.days > 0;
        let line = |(key, line)| SectionLine::of(key, line, is_counted);
        let total = line((String::new(), joined.total));
        let [returned, said, response, satisfied] = &total.cells;
        let sentence = format!(
            "{returned} kết quả đã trả trong kỳ, {said} ý kiến trả lời (tỷ lệ {response}), hài lòng trở lên {satisfied}. Nhận trả lời đến hết ngày {}.",
            long(until),
        );
        Some(Section {
            sentence: tied(&sentence),
            lines: joined.lines.into_iter().map(line).collect(),
            total,
        })
    }
}

/// What was said, with the results that it is about.
struct Joined {
    shown_from: u64,
    total: JoinedLine,
    /// By the key of an agency or a procedure.
    lines: BTreeMap<String, JoinedLine>,
}

struct JoinedLine {
    name: String,
    returned: u64,
    tally: Tally,
    /// Whether the answers are too few to be shown.
    is_hidden: bool,
}

impl JoinedLine {
    fn unanswered(name: String, returned: u64) -> Self {
        Self { name, returned, tally: Tally::default(), is_hidden: false }
    }

    fn shown(&self) -> Shown {
        Shown::of(self.returned, &self.tally, self.is_hidden)
    }

    /// Results handed over, answers, their share, and the share of the satisfied.
    fn told(&self) -> [Told; 4] {
        let answers = self.tally.all();
        let written = |share: Option<u64>| share.map_or(Told::Nothing, Told::Share);
        let [said, rate, satisfied] = if self.is_hidden {
            [Told::TooFew, Told::Nothing, Told::Nothing]
        } else {
            let satisfied = share(self.tally.satisfied(), answers);
            [Told::Count(answers), written(response(self.returned, answers)), written(satisfied)]
        };
        [Told::Count(self.returned), said, rate, satisfied]
    }
}

/// In the place of a count that could tell who said what: of few answers, or of more that could be
/// told from those of few.
pub(crate) const NOT_SHOWN: &str = "không nêu";

/// One figure of how satisfied people are.
#[derive(Clone, Copy)]
pub(crate) enum Told {
    /// How many results, or people who said something.
    Count(u64),
    /// A share, in hundredths of a percent.
    Share(u64),
    /// There is nothing of which it would be a share.
    Nothing,
    /// It could tell who said what.
    TooFew,
}

impl Told {
    /// As the page writes it.
    fn on_the_page(self) -> String {
        match self {
            Self::Count(count) => number(count),
            Self::Share(share) => percent_text(share),
            Self::Nothing => NOT_COUNTED.to_owned(),
            Self::TooFew => NOT_SHOWN.to_owned(),
        }
    }
}

/// What the report shows of how satisfied people are.
pub(crate) struct Section {
    /// The sums of the province, in a sentence.
    pub sentence: String,
    /// Each agency that handed a result over, or of which something was said.
    pub lines: Vec<SectionLine>,
    /// The sums of the province.
    pub total: SectionLine,
}

/// A line of the report's table.
#[derive(Clone)]
pub(crate) struct SectionLine {
    /// The code of the agency.
    pub key: String,
    /// The name of the agency.
    pub name: String,
    /// Results, answers, their share, the share of the satisfied.
    pub told: [Told; 4],
    /// The same, as the page writes them.
    pub cells: [String; 4],
}

impl SectionLine {
    /// The line under this key; what was handed over is unknown while no day is counted.
    fn of(key: String, line: JoinedLine, is_counted: bool) -> Self {
        let [returned, said @ ..] = line.told();
        let returned = if is_counted { returned } else { Told::Nothing };
        let [answers, rate, satisfied] = said;
        let told = [returned, answers, rate, satisfied];
        Self { key, name: line.name, told, cells: told.map(Told::on_the_page) }
    }
}

/// What a line is called that the night has not counted yet.
fn name(by: AnswersBy, key: &str, catalogue: &Catalogue, day: Date) -> String {
    let known = match by {
        AnswersBy::Agency => {
            let agency = key.parse().ok().and_then(|code| catalogue.agency(&code));
            agency.map(|agency| agency.name_on(day).to_owned())
        }
        AnswersBy::Procedure => {
            let procedure = key.parse().ok().and_then(|code| catalogue.procedure(&code, day));
            procedure.map(|procedure| procedure.name.clone())
        }
    };
    known.unwrap_or_else(|| key.to_owned())
}
