//! The day that is played, and what must be counted after it.
//!
//! Moves, calendar and figures are counted here a second time, from the scenario and not by the
//! domain: what the platform says is compared with somebody who does not know its code.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, tz::Offset};
use serde::Deserialize;
use serde_json::{Value, json};

use super::calendar::WorkingDays;
use super::count::{Cell, Counts};
use super::error::DemoError;

/// Viet Nam's clock has no summer time.
const VIETNAM: Offset = Offset::constant(7);

/// The platform counts each agency's dossiers of a day from 1. A system that issues codes itself
/// counts from here: the two meet only if one agency takes in nine thousand dossiers in a day, and a
/// whole province sees a thousand.
const FIRST_ISSUED_BY_SENDER: usize = 9001;

/// An instant as people in Viet Nam write it: `17:00 on 4 December`; as it is, where it is none.
pub(super) fn on_the_wall(instant: &str) -> String {
    let read = instant.parse::<Timestamp>().map(|instant| VIETNAM.to_datetime(instant));
    read.map_or_else(|_| instant.to_owned(), |wall| wall.strftime("%H:%M on %-d %B").to_string())
}

/// What the clock shows in Viet Nam.
pub(super) fn now_in_vietnam() -> DateTime {
    VIETNAM.to_datetime(Timestamp::now())
}

/// The hour, minute and second in Viet Nam of an instant as the contract writes it.
pub(super) fn clock(instant: &str) -> String {
    match instant.parse::<Timestamp>() {
        Ok(instant) => VIETNAM.to_datetime(instant).strftime("%H:%M:%S").to_string(),
        Err(_) => instant.to_owned(),
    }
}

/// A row of the file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    #[serde(rename = "ref")]
    reference: String,
    procedure: String,
    agency: String,
    channel: String,
    applicant: Value,
    msisdn: String,
    zalo: bool,
    documents: Value,
    path: Path,
    source: Option<String>,
    submitted: Step,
    steps: Vec<Step>,
    expect: Expectation,
    refused_command: Option<RefusedCommand>,
}

/// How a dossier begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Path {
    /// As an integrator's event.
    Event,
    /// Over HTTP, on the day of play.
    Http,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Step {
    #[serde(default = "submit")]
    action: String,
    #[serde(default)]
    days_before: u32,
    at: Option<String>,
    #[serde(default)]
    http: bool,
    #[serde(default)]
    by: By,
    reason: Option<String>,
    note: Option<String>,
}

fn submit() -> String {
    "submit".to_owned()
}

#[derive(Debug, Deserialize)]
struct Expectation {
    status: u8,
    version: usize,
    timing: Option<String>,
}

/// Who moves a dossier.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum By {
    /// An officer of the dossier's agency.
    #[default]
    Officer,
    /// The applicant.
    Citizen,
    /// The portal.
    Portal,
}

/// An officer's command that the platform must refuse, and how.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RefusedCommand {
    pub(super) action: String,
    pub(super) expected_version: usize,
    pub(super) problem: String,
    pub(super) status: u16,
}

/// One entry that a dossier's history must get.
#[derive(Debug)]
pub(super) struct Happening {
    pub(super) action: String,
    pub(super) status: u8,
    /// When, in Viet Nam.
    at: DateTime,
    pub(super) by_http: bool,
    pub(super) by: By,
    reason: Option<String>,
    note: Option<String>,
}

impl Happening {
    /// The time as an event claims it.
    pub(super) fn time(&self) -> String {
        format!("{}+07:00", self.at)
    }

    /// What is asked for, as a body or an event's data.
    pub(super) fn command(&self) -> Value {
        let mut command = json!({ "action": self.action });
        for (name, text) in [("reason", &self.reason), ("note", &self.note)] {
            if let Some(text) = text {
                command[name] = text.as_str().into();
            }
        }
        // An integrator leaves it out, as those of before did.
        if self.by_http { with_outcome(command) } else { command }
    }
}

/// The command with what an officer owes: a result where it ends the work, and where that is handed
/// over, by which way.
pub(super) fn with_outcome(mut command: Value) -> Value {
    match command["action"].as_str() {
        Some("finish") => command["result"] = json!({ "kind": "paper" }),
        Some("return-result") => command["handover"] = json!({ "how": "in-person" }),
        _ => {}
    }
    command
}

/// One row of the scenario, with its dates worked out.
#[derive(Debug)]
pub(super) struct Dossier {
    pub(super) reference: String,
    pub(super) submission: Value,
    pub(super) cell: Cell,
    pub(super) channel: String,
    pub(super) phone: String,
    pub(super) on_zalo: bool,
    /// The integrator that sends its events; none for a dossier that begins over HTTP.
    pub(super) source: Option<String>,
    pub(super) history: Vec<Happening>,
    timing: Option<String>,
    pub(super) refused: Option<RefusedCommand>,
    /// The code that the sender issued; none where the platform does.
    pub(super) issued: Option<String>,
}

impl Dossier {
    pub(super) fn agency(&self) -> &str {
        &self.cell.0
    }

    pub(super) fn status(&self) -> u8 {
        self.history.last().map_or(0, |last| last.status)
    }
}

/// The head of the file and its rows.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    first_day: Date,
    last_day: Date,
    dossiers: Vec<Row>,
}

/// The day that is played, and what must be counted after it.
#[derive(Debug)]
pub struct Scenario {
    pub(super) play_day: Date,
    pub(super) day_before: Date,
    pub(super) dossiers: Vec<Dossier>,
}

impl Scenario {
    /// Reads the file for a play that begins `now`, by Viet Nam's clock.
    ///
    /// # Errors
    /// If it cannot be played on this day, or contradicts itself.
    pub fn read(file: &Value, days: &WorkingDays, now: DateTime) -> Result<Self, DemoError> {
        let file = File::deserialize(file)?;
        let play_day = now.date();
        if !(file.first_day..=file.last_day).contains(&play_day) {
            return Err(DemoError::CannotGoOn(format!(
                "the scenario can be played from {} to {}",
                file.first_day, file.last_day
            )));
        }
        let day_before = days.back(play_day, 1)?;
        let mut dossiers = Vec::new();
        let mut issued: BTreeMap<(String, Date), usize> = BTreeMap::new();
        for row in file.dossiers {
            let mut dossier = row.read(days, now)?;
            if dossier.source.is_some() {
                let day = dossier.history.first().map_or(play_day, |first| first.at.date());
                let count = issued.entry((dossier.agency().to_owned(), day)).or_default();
                let number = FIRST_ISSUED_BY_SENDER + *count;
                *count += 1;
                let day = day.strftime("%y%m%d");
                dossier.issued = Some(format!("{}-{day}-{number:04}", dossier.agency()));
            }
            dossiers.push(dossier);
        }
        Ok(Self { play_day, day_before, dossiers })
    }

    /// Every day on which something happens, the day of play last.
    pub(super) fn days(&self) -> BTreeSet<Date> {
        let happenings = self.dossiers.iter().flat_map(|dossier| &dossier.history);
        happenings.map(|happening| happening.at.date()).chain([self.play_day]).collect()
    }

    /// How many messages are due: one for each change that has a template.
    pub(super) fn notices(&self, templates: &BTreeSet<String>) -> u64 {
        let happenings = self.dossiers.iter().flat_map(|dossier| &dossier.history);
        happenings.filter(|happening| templates.contains(&happening.action)).count() as u64
    }

    /// The roll-up's figures for a day, counted a second time: from the scenario, not from the table.
    pub(super) fn figures(&self, day: Date) -> BTreeMap<Cell, Counts> {
        let mut cells: BTreeMap<Cell, Counts> = BTreeMap::new();
        for dossier in &self.dossiers {
            let counts = cells.entry(dossier.cell.clone()).or_default();
            count(dossier, day, counts);
            if day == self.play_day && dossier.timing.as_deref() == Some("overdue") {
                counts.add("overdue", 1);
            }
        }
        cells.retain(|_, counts| counts.total() > 0);
        cells
    }
}

/// Figures that the scenario foretells from below only, because it does not know every due date.
pub(super) const AT_LEAST: [&str; 3] = ["early", "late", "overdue"];

/// Counts one dossier where it counts as of the end of a day.
fn count(dossier: &Dossier, day: Date, counts: &mut Counts) {
    let known: Vec<&Happening> =
        dossier.history.iter().take_while(|happening| happening.at.date() <= day).collect();
    let Some(latest) = known.last() else { return };
    let received = known.iter().find(|happening| happening.action == "receive");
    if received.is_some_and(|received| received.at.date() == day) {
        counts.add(
            match dossier.channel.as_str() {
                "online" => "receivedOnline",
                "counter" => "receivedCounter",
                _ => "receivedPostal",
            },
            1,
        );
    }
    match latest.status {
        9 | 10 => {
            // Resolved when work ended, not when the citizen came for the result.
            let ended = known.iter().rev().find(|happening| happening.action == "finish");
            if ended.is_some_and(|ended| ended.at.date() == day) {
                counts.add("resolved", 1);
                if let Some(timing) = dossier.timing.as_deref().filter(|t| AT_LEAST.contains(t)) {
                    counts.add(timing, 1);
                }
            }
        }
        3 if latest.at.date() == day => counts.add("refused", 1),
        7 if latest.at.date() == day => counts.add("withdrawn", 1),
        3 | 7 => {}
        _ if received.is_none() => {}
        2 | 4 => counts.add("inProcess", 1),
        5 => counts.add("supplement", 1),
        _ => counts.add("paused", 1),
    }
}

/// Where an action leads; none for `supplement`, which leads back to where the dossier was.
fn leads_to(action: &str) -> Option<u8> {
    Some(match action {
        "submit" => 1,
        "receive" => 2,
        "refuse" | "refuse-expired" => 3,
        "process" | "confirm-payment" | "resume" | "recall" | "send-back" => 4,
        "request-supplement" => 5,
        "request-payment" => 6,
        "withdraw" => 7,
        "suspend" => 8,
        "finish" => 9,
        "return-result" => 10,
        _ => return None,
    })
}

impl Row {
    fn read(self, days: &WorkingDays, now: DateTime) -> Result<Dossier, DemoError> {
        let submission = json!({
            "procedure": self.procedure, "agency": self.agency, "channel": self.channel,
            "applicant": self.applicant, "documents": self.documents,
        });
        let source = self.source.filter(|_| self.path == Path::Event);
        let mut history: Vec<Happening> = Vec::new();
        let mut before_supplement = 1;
        for step in [self.submitted].into_iter().chain(self.steps) {
            if step.action == "request-supplement" {
                before_supplement = history.last().map_or(1, |last| last.status);
            }
            let by_http = source.is_none() || step.http;
            let at = match &step.at {
                Some(at) if !by_http => instant(days.back(now.date(), step.days_before)?, at)?,
                Some(_) | None => now,
            };
            history.push(Happening {
                status: leads_to(&step.action).unwrap_or(before_supplement),
                action: step.action,
                at,
                by_http,
                by: step.by,
                reason: step.reason,
                note: step.note,
            });
        }
        check(&self.reference, &self.expect, &history)?;
        Ok(Dossier {
            reference: self.reference,
            submission,
            cell: (self.agency, self.procedure),
            channel: self.channel,
            phone: self.msisdn,
            on_zalo: self.zalo,
            source,
            history,
            timing: self.expect.timing,
            refused: self.refused_command,
            issued: None,
        })
    }
}

fn instant(day: Date, at: &str) -> Result<DateTime, DemoError> {
    let time = at.parse().map_err(|_| DemoError::CannotGoOn(format!("{at} is no time of day")))?;
    Ok(day.to_datetime(time))
}

/// A scenario that contradicts itself would be blamed on the platform.
fn check(reference: &str, expect: &Expectation, history: &[Happening]) -> Result<(), DemoError> {
    let (status, entries) = (history.last().map_or(0, |last| last.status), history.len());
    if (status, entries) != (expect.status, expect.version) {
        return Err(DemoError::CannotGoOn(format!(
            "scenario {reference}: {entries} entries that end in status {status}"
        )));
    }
    if history.windows(2).any(|pair| pair[0].at > pair[1].at) {
        return Err(DemoError::CannotGoOn(format!(
            "scenario {reference}: its steps are not in the order of time"
        )));
    }
    Ok(())
}
