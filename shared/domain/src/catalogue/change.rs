//! What the next edition of a catalogue may not say.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::Catalogue;
use crate::{RuleName, Violation};

impl Catalogue {
    /// What `next` would remove from the record, as of `today`: an agency or a calendar year that
    /// it does not list, a version of a procedure in force that it omits or changes, or the content
    /// of what has ended, by fewer years than it was to be kept.
    ///
    /// Dossiers stay with their agencies and keep the version under which they were submitted, and
    /// due dates were counted in those years; content that goes in the night after a wrong digit
    /// does not come back. To end something, give it a last day; to change it, add a version, or a
    /// rule from today on.
    pub fn forgotten_by(&self, next: &Self, today: Date) -> Vec<Violation> {
        let agencies =
            self.agencies().map(|agency| &agency.code).filter(|code| next.agency(code).is_none());
        let agencies = agencies.map(|code| {
            let detail =
                format!("{code} is left out: an agency that ends gets a last day and a successor");
            Violation::new("agencies", RuleName::KeptAgency, detail)
        });
        let kept = self.agencies().filter_map(|agency| Some((agency, next.agency(&agency.code)?)));
        let other_names = kept.clone().filter(|(before, after)| {
            let days = before.named_on().chain(after.named_on()).filter(|day| *day <= today);
            days.into_iter().any(|day| before.name_on(day) != after.name_on(day))
        });
        let other_names = other_names.map(|(agency, _)| {
            let detail = format!(
                "{} had another name: a rename stands under `renamed`, with its day",
                agency.code
            );
            Violation::new("agencies", RuleName::KeptName, detail)
        });
        let other_levels = kept
            .filter(|(before, after)| before.valid_from <= today && before.level != after.level);
        let other_levels = other_levels.map(|(agency, _)| {
            let detail = format!(
                "{} was of another tier: what becomes of it has a code of its own",
                agency.code
            );
            Violation::new("agencies", RuleName::KeptLevel, detail)
        });
        let years = self
            .calendar()
            .years()
            .filter(|year| next.calendar().years().all(|other| other != *year));
        let years = years.map(|year| {
            Violation::new(
                "years",
                RuleName::KeptYear,
                format!("{year} is left out, and dates were counted in it"),
            )
        });
        let undone = self.calendar().decided_years().filter(|year| {
            next.calendar().years().any(|other| other == *year)
                && next.calendar().decided_years().all(|other| other != *year)
        });
        let years = years.chain(undone.map(|year| {
            Violation::new(
                "years",
                RuleName::DecidedYear,
                format!("{year} is decided, and cannot become provisional again"),
            )
        }));
        let begun = self.procedures().filter(|procedure| procedure.valid_from <= today);
        let procedures = begun.filter_map(|procedure| {
            let mut same = next.register.versions(&procedure.code);
            let place = next.procedure_places.get(&(procedure.code.clone(), procedure.version));
            let at = || {
                place
                    .map_or_else(|| "procedures".to_owned(), |place| format!("procedures[{place}]"))
            };
            let (field, what) = match same.find(|other| other.version == procedure.version) {
                None => ("procedures".to_owned(), "is left out"),
                Some(other) if !procedure.says_the_same_as(other) => {
                    (at(), "says something else than before")
                }
                Some(_) => return None,
            };
            let detail = format!(
                "{}: version {} {what}: a change is a new version",
                procedure.code, procedure.version
            );
            Some(Violation::new(field, RuleName::KeptVersion, detail))
        });
        let procedures = procedures.chain(self.retention_shortened_by(next, today));
        agencies.chain(other_names).chain(other_levels).chain(years).chain(procedures).collect()
    }

    /// Where `next` keeps for fewer years what ended before `today`. Where nothing said for how long,
    /// any time may be chosen.
    fn retention_shortened_by(&self, next: &Self, today: Date) -> Vec<Violation> {
        let starts = self.law.rules().chain(next.law.rules()).map(|rule| rule.valid_from);
        let starts: BTreeSet<Date> = starts.filter(|start| *start < today).collect();
        let shortened = starts.into_iter().filter(|start| {
            let (before, after) = (self.law.rule_on(*start), next.law.rule_on(*start));
            let kept = before.retention.as_ref().zip(after.retention.as_ref());
            kept.is_some_and(|(before, after)| after.is_shorter_than(before))
        });
        let refused = shortened.map(|start| {
            let detail = format!(
                "from {start}: what has ended would be kept for fewer years than it was: a shorter \
                 time is a rule from today on"
            );
            Violation::new("rules", RuleName::KeptRetention, detail)
        });
        refused.collect()
    }

    /// The rules that a newly published edition must keep although older editions that break them
    /// are still read: identity kinds name existing procedures, and telephones of the morning
    /// report can get messages.
    pub fn unsound(&self) -> Vec<Violation> {
        let mut found = self
            .identities()
            .unknown_procedures(|code| self.register.versions(code).next().is_some());
        found.extend(self.leaders.unreachable(self.telephones()));
        found
    }
}
