//! What `make deadline` is asked, and what it answers.

use std::fmt::Write;

use domain::calendar::{date_of, instant, time_of};
use domain::catalogue::Catalogue;
use domain::deadline::{Explanation, TermUnit};
use domain::id::{AgencyCode, ProcedureCode};
use domain::procedure::Channel;
use domain::submission::agency_violation;
use jiff::Timestamp;
use jiff::civil::DateTime;

/// Of which procedure, received when and how, and by whom if it is not anybody.
pub(crate) struct Question {
    procedure: ProcedureCode,
    received: Timestamp,
    channel: Channel,
    agency: Option<AgencyCode>,
}

/// A refusal names the field and the rule, as everywhere else.
fn refused(field: &str, rule: &str, detail: &str) -> String {
    format!("{field}: {detail} ({rule})")
}

impl Question {
    /// Reads `PROCEDURE RECEIVED [CHANNEL [AGENCY]]`.
    pub(crate) fn read(words: &[String]) -> Result<Self, String> {
        let [procedure, received, more @ ..] = words else {
            return Err("say PROCEDURE=1.001193 RECEIVED=2026-02-13T14:59 [CHANNEL=online|counter|postal] \
                        [AGENCY=H20.12]"
                .to_owned());
        };
        let code = procedure.parse().map_err(|bad: domain::Violation| refused("PROCEDURE", bad.rule, &bad.detail))?;
        let received: DateTime =
            received.parse().map_err(|_| refused("RECEIVED", "date-time", "must look like 2026-02-13T14:59"))?;
        let channel = more.first().map_or("online", String::as_str);
        let channel = Channel::ALL.into_iter().find(|known| known.name() == channel);
        let channel = channel.ok_or_else(|| refused("CHANNEL", "known-value", "must be online, counter or postal"))?;
        let agency = more.get(1).map(|agency| agency.parse());
        let agency = agency.transpose().map_err(|bad: domain::Violation| refused("AGENCY", bad.rule, &bad.detail))?;
        Ok(Self { procedure: code, received: instant(received.date(), received.time()), channel, agency })
    }

    /// The due date with each day on the way to it, in lines.
    pub(crate) fn answer(&self, catalogue: &Catalogue) -> Result<String, String> {
        let day = date_of(self.received);
        let procedure = catalogue.procedure(&self.procedure, day);
        let procedure =
            procedure.ok_or_else(|| refused("PROCEDURE", "known-procedure", &format!("is not in force on {day}")))?;
        let mut text = format!("{} · {}\n", procedure.code, procedure.name);
        if let Some(agency) = &self.agency {
            if let Some(broken) = agency_violation("AGENCY", agency, catalogue, day) {
                return Err(refused(&broken.field, broken.rule, &broken.detail));
            }
            let name = catalogue.agency(agency).map_or("", |known| known.name_on(day));
            text.push_str(&format!("{agency} · {name}\n"));
        }
        let Some(term) = procedure.term(self.channel) else {
            text.push_str("no due date: this procedure gives none for this channel");
            return Ok(text);
        };
        let explained = match &self.agency {
            None => term.explained(catalogue.law(), self.received),
            Some(agency) => term.explained_for(catalogue.law(), agency, self.received),
        };
        let explained = explained.map_err(|missing| refused("RECEIVED", "known-year", &missing.to_string()))?;
        self.lines(&explained, &mut text).map_err(|error| error.to_string())?;
        Ok(text)
    }

    fn lines(&self, explained: &Explanation, text: &mut String) -> std::fmt::Result {
        let minute = |at| format!("{} {}", date_of(at).strftime("%a %d/%m/%Y"), time_of(at).strftime("%H:%M"));
        let unit = match explained.rule.unit {
            TermUnit::WorkingDay => "working-day",
            TermUnit::CalendarDay => "calendar-day",
            TermUnit::WorkingHour => "working-hour",
        };
        writeln!(text, "received  {}", minute(self.received))?;
        writeln!(text, "due       {}", minute(explained.due))?;
        writeln!(text, "rule      {} {unit} · {}", explained.rule.amount, explained.rule.source)?;
        for day in &explained.days {
            write!(text, "\n{}  {day}", day.date.strftime("%a %d/%m/%Y"))?;
        }
        Ok(())
    }
}
