//! What is wrong with a dossier, whichever day is chosen.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;

use super::plan::Refusal;
use super::row::{Path, Row};
use super::{Catalogue, FIRST_DAY, LAST_DAY, WriteError, moves};
use crate::demo::WorkingDays;

/// Most days that an event is before the day of play: the plans' 48 and nine more.
const BACK_MAX: u32 = 60;

/// The days on which events fall, for each day on which the scenario can be played.
pub(super) struct Calendar(BTreeMap<Date, Vec<[Date; 2]>>);

impl Calendar {
    /// For each count of days before the day of play: the calendar day or the working day before it,
    /// as the player reads it; and so many working days back, as another might.
    pub(super) fn new(days: &WorkingDays) -> Result<Self, WriteError> {
        let mut found = BTreeMap::new();
        let mut day = FIRST_DAY;
        while day <= LAST_DAY {
            let mut worked = day;
            let mut readings = vec![[day, day]];
            for count in 1..=BACK_MAX {
                worked = days.back(worked, 1)?;
                readings.push([days.back(day, count)?, worked]);
            }
            found.insert(day, readings);
            day = day.checked_add(1.day()).map_err(|error| WriteError::Fault(error.to_string()))?;
        }
        Ok(Self(found))
    }
}

/// What is wrong with `row`.
pub(super) fn faults(
    row: &Row,
    catalogue: &Catalogue,
    calendar: &Calendar,
) -> Result<Vec<String>, WriteError> {
    let mut found = Vec::new();
    let (agency, procedure) = (catalogue.agency(row.agency)?, catalogue.procedure(row.procedure)?);
    if (agency["level"] == "commune") != (procedure["level"] == "commune") {
        found.push("the procedure belongs to another tier".to_owned());
    }
    if row.channel == "online" && procedure["online"] == "information" {
        found.push("the procedure cannot be handed in on-line".to_owned());
    }
    let mut seen_http = row.path == Path::Http;
    for step in &row.steps {
        if seen_http && !row.is_http(step) {
            found.push("an event follows an HTTP step".to_owned());
        }
        seen_http = row.is_http(step);
        if moves::owes_reason(step.action) != step.reason.is_some() {
            found.push(format!("{}: reason", step.action));
        }
    }
    if let Some(refused) = &row.refused_command {
        let problem = problem(row, refused);
        if problem != Some(refused.problem) {
            found.push(format!("the command would be answered with {problem:?}"));
        }
    }
    if let Some(source) = &row.source {
        if !catalogue.acts_for(source, row.agency) {
            found.push("the source does not act for the agency".to_owned());
        }
        let since = [&agency["validFrom"], &procedure["validFrom"]];
        let since = since.iter().filter_map(|day| day.as_str()?.parse().ok()).max();
        found.extend(clock_faults(row, since.unwrap_or(FIRST_DAY), calendar));
    }
    Ok(found)
}

/// Why the platform must refuse the command; none if it need not.
fn problem(row: &Row, refused: &Refusal) -> Option<&'static str> {
    if !moves::is_known(refused.action) {
        return Some("invalid-request");
    }
    if refused.expected_version != row.expect.version {
        return Some("stale-version");
    }
    let is_legal = moves::is_legal(row.expect.status, refused.action);
    (!is_legal).then_some("illegal-transition")
}

/// On which days events would come out of order, too late, or before their agency or procedure
/// existed.
fn clock_faults(row: &Row, since: Date, calendar: &Calendar) -> Vec<String> {
    let submitted = (row.submitted.days_before, row.submitted.at.as_deref());
    let steps = row.steps.iter().filter_map(|step| Some((step.days_before?, step.at.as_deref())));
    let events: Vec<(u32, Option<&str>)> = [submitted].into_iter().chain(steps).collect();
    let mut found = Vec::new();
    for (day, readings) in &calendar.0 {
        for reading in [0, 1] {
            let moments: Vec<(Date, Option<&str>)> =
                events.iter().map(|(back, at)| (readings[*back as usize][reading], *at)).collect();
            if moments.windows(2).any(|pair| pair[0] >= pair[1]) {
                found.push(format!("out of order on {day}"));
            }
            if moments.last().is_some_and(|(last, _)| last >= day) {
                found.push(format!("not in the past on {day}"));
            }
            if moments.first().is_some_and(|(first, _)| *first < since) {
                found.push(format!("before its time on {day}"));
            }
        }
    }
    found
}
