//! What `make deadline` is asked, and what it answers.

use std::fmt::Write;

use domain::calendar::{date_of, instant, time_of};
use domain::catalogue::Catalogue;
use domain::deadline::{Explanation, Pause, Run, TermUnit};
use domain::id::{AgencyCode, ProcedureCode};
use domain::law::PauseCounting;
use domain::procedure::Channel;
use domain::submission::agency_violation;
use jiff::Timestamp;
use jiff::civil::DateTime;

/// Of which procedure, received when and how, and by whom if it is not anybody; and when the clock
/// stood still.
pub(crate) struct Question {
    procedure: ProcedureCode,
    received: Timestamp,
    channel: Channel,
    agency: Option<AgencyCode>,
    pauses: Vec<(Timestamp, Timestamp)>,
}

/// `2026-03-03T17:01/2026-03-04T06:59`, several of them behind a comma.
fn pauses(words: &str) -> Result<Vec<(Timestamp, Timestamp)>, String> {
    let pause = |word: &str| {
        let (from, to) = word.split_once('/')?;
        let [from, to] = [from, to].map(|word| word.parse::<DateTime>().ok());
        let [from, to] = [from?, to?].map(|local| instant(local.date(), local.time()));
        (from <= to).then_some((from, to))
    };
    let found: Option<Vec<_>> = words.split(',').map(pause).collect();
    found.ok_or_else(|| {
        refused(
            "PAUSED",
            "pauses",
            "must look like 2026-03-03T17:01/2026-03-04T06:59, with a comma between two",
        )
    })
}

/// A refusal names the field and the rule, as everywhere else.
fn refused(field: &str, rule: &str, detail: &str) -> String {
    format!("{field}: {detail} ({rule})")
}

impl Question {
    /// Reads `PROCEDURE RECEIVED [CHANNEL [AGENCY]]`, and `--paused` with its times anywhere.
    pub(crate) fn read(words: &[String]) -> Result<Self, String> {
        let (paused, words): (Vec<String>, Vec<String>) =
            words.iter().cloned().partition(|word| word.starts_with("--paused="));
        let paused = paused
            .first()
            .and_then(|word| word.strip_prefix("--paused="))
            .filter(|times| !times.is_empty());
        let words = words.as_slice();
        let [procedure, received, more @ ..] = words else {
            return Err(
                "say PROCEDURE=1.001193 RECEIVED=2026-02-13T14:59 [CHANNEL=online|counter|postal] \
                        [AGENCY=H20.12] [PAUSED=2026-02-24T09:00/2026-02-25T18:00]"
                    .to_owned(),
            );
        };
        let code = procedure
            .parse()
            .map_err(|bad: domain::Violation| refused("PROCEDURE", bad.rule.slug(), &bad.detail))?;
        let received: DateTime = received
            .parse()
            .map_err(|_| refused("RECEIVED", "date-time", "must look like 2026-02-13T14:59"))?;
        let channel = more.first().map_or("online", String::as_str);
        let channel = Channel::ALL.into_iter().find(|known| known.name() == channel);
        let channel = channel.ok_or_else(|| {
            refused("CHANNEL", "known-value", "must be online, counter or postal")
        })?;
        let agency = more.get(1).map(|agency| agency.parse());
        let agency = agency
            .transpose()
            .map_err(|bad: domain::Violation| refused("AGENCY", bad.rule.slug(), &bad.detail))?;
        let pauses = paused.map_or(Ok(Vec::new()), pauses)?;
        Ok(Self {
            procedure: code,
            received: instant(received.date(), received.time()),
            channel,
            agency,
            pauses,
        })
    }

    /// The due date with each day on the way to it, in lines.
    pub(crate) fn answer(&self, catalogue: &Catalogue) -> Result<String, String> {
        let day = date_of(self.received);
        let procedure = catalogue.procedure(&self.procedure, day);
        let procedure = procedure.ok_or_else(|| {
            refused("PROCEDURE", "known-procedure", &format!("is not in force on {day}"))
        })?;
        let mut text = format!("{} · {}\n", procedure.code, procedure.name);
        if let Some(agency) = &self.agency {
            if let Some(broken) = agency_violation("AGENCY", agency, catalogue, day) {
                return Err(refused(&broken.field, broken.rule.slug(), &broken.detail));
            }
            let name = catalogue.agency(agency).map_or("", |known| known.name_on(day));
            text.push_str(&format!("{agency} · {name}\n"));
        }
        let Some(term) = procedure.term(self.channel) else {
            text.push_str("no due date: this procedure gives none for this channel");
            return Ok(text);
        };
        let law = catalogue.law();
        let stood = |(from, to): &(Timestamp, Timestamp)| Pause {
            from: *from,
            to: *to,
            by: law.pause_counting(*to),
        };
        let run =
            Run { pauses: self.pauses.iter().map(stood).collect(), ..Run::from(self.received) };
        let explained = match &self.agency {
            None => term.explained_run(law, &run),
            Some(agency) => term.explained_of(law, agency, &run),
        };
        let explained =
            explained.map_err(|missing| refused("RECEIVED", "known-year", &missing.to_string()))?;
        self.lines(&explained, &mut text).map_err(|error| error.to_string())?;
        Ok(text)
    }

    fn lines(&self, explained: &Explanation, text: &mut String) -> std::fmt::Result {
        let minute = |at| {
            format!("{} {}", date_of(at).strftime("%a %d/%m/%Y"), time_of(at).strftime("%H:%M"))
        };
        let unit = match explained.rule.unit {
            TermUnit::WorkingDay => "working-day",
            TermUnit::CalendarDay => "calendar-day",
            TermUnit::WorkingHour => "working-hour",
        };
        writeln!(text, "received  {}", minute(self.received))?;
        writeln!(text, "due       {}", minute(explained.due))?;
        writeln!(text, "rule      {} {unit} · {}", explained.rule.amount, explained.rule.source)?;
        if let Some(rule) = &explained.pauses {
            let count = match rule.count {
                PauseCounting::Closings => "a day for each closing at which the clock stood still",
                PauseCounting::Dates => "a day for each midnight",
            };
            writeln!(text, "pauses    {count} · {}", rule.source)?;
        }
        if explained.provisional {
            writeln!(
                text,
                "note      counted in a year that is not decided: it is counted anew once it is"
            )?;
        }
        for day in &explained.days {
            write!(text, "\n{}  {day}", day.date.strftime("%a %d/%m/%Y"))?;
        }
        Ok(())
    }
}
