//! The morning: reads every open dossier of the province, lists what is due within a day or
//! overdue, and what waits too long for its receipt; apologises for those that will miss their due
//! date or have missed it, announces receipts that do not come, and closes those whose applicants
//! never sent the requested supplement.
//!
//! Each dossier is read again before it is changed, and each command's id is made of dossier and
//! day, so that a second run changes nothing. A failure for one dossier is counted and stops no
//! other.

mod settings;

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::{MissingYear, date_of};
use domain::catalogue::Catalogue;
use domain::dossier::{Action, Actor, Command, Correction, Dossier, HistoryEntry, waiting_since};
use domain::id::{AgencyCode, DossierCode};
use domain::kpi::DossierFacts;
use domain::reminder::{Duty, Lateness, duty_made_up, is_received_late, nearness, new_due_on};
use domain::{RuleName, Violation};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use jiff::civil::Date;
use platform::Failure;
use platform::claiming::NoUploads;
use platform::dynamo::Dossiers;
use platform::port::DossierStore;
use platform::submission::command_id;
use platform::transition::change;
use serde::{Deserialize, Serialize};

pub use settings::Settings;

/// Agencies read at the same time.
const WIDTH: usize = 8;

/// The payload: of the schedule, or of an operator.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The day of the morning; today in Viet Nam if absent.
    #[serde(default)]
    pub day: Option<Date>,
}

/// The answer of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The day of the morning.
    pub day: Date,
    /// Dossiers in process that are due on the day or on the next working day.
    pub due_soon: u64,
    /// Dossiers in process that are past their due date.
    pub overdue: u64,
    /// Dossiers that wait for a receipt that is late.
    pub unreceived: u64,
    /// Letters of apology written.
    pub apologies: u64,
    /// Due dates counted again because the calendar changed.
    pub redated: u64,
    /// Dossiers closed because the documents never came.
    pub expired: u64,
    /// Applicants told that their dossier still waits for its receipt.
    pub announced: u64,
    /// Dossiers for which an action failed; the log has each reason.
    pub failed: u64,
    /// Which they are, by the agency that answers for them; an agency with none is left out.
    pub by_agency: BTreeMap<AgencyCode, Pressing>,
}

/// The most codes that are listed of an agency, of either kind: those that are due first. The rest
/// are in its worklist.
pub const LISTED_MAX: usize = 50;

/// Dossiers of one agency that want to be looked at, those due first before the others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pressing {
    /// Due on the day or on the next working day.
    pub due_soon: Vec<DossierCode>,
    /// Dossiers past their due date.
    pub overdue: Vec<DossierCode>,
    /// Dossiers that wait for a receipt that is late, the oldest first.
    pub unreceived: Vec<DossierCode>,
}

impl Outcome {
    /// Fails if anything failed for a dossier, so that the run is repeated and, if that does not
    /// help, an alarm goes off: an applicant waits.
    pub fn settled(self) -> Result<Self, Failure> {
        Failure::none_failed(self.failed).map(|()| self)
    }
}

/// Looks at every open dossier on one morning.
pub async fn remind(
    order: &Order,
    dossiers: &Dossiers,
    store: &impl DossierStore,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<Outcome, Failure> {
    let today = date_of(now);
    let day = order.day.unwrap_or(today);
    if day > today {
        return Err(Violation::new("day", RuleName::NotInTheFuture, "lies in the future").into());
    }
    let agencies: Vec<AgencyCode> = catalogue
        .agencies()
        .filter(|agency| agency.valid_from <= day)
        .map(|agency| agency.code.clone())
        .collect();
    let morning = Morning { day, now, store, catalogue };
    let mut outcome = Outcome {
        day,
        due_soon: 0,
        overdue: 0,
        unreceived: 0,
        apologies: 0,
        redated: 0,
        expired: 0,
        announced: 0,
        failed: 0,
        by_agency: BTreeMap::new(),
    };
    let mut pressing = BTreeMap::new();
    let mut open =
        stream::iter(&agencies).map(|agency| dossiers.open_each(agency)).buffer_unordered(WIDTH);
    while let Some(lines) = open.try_next().await? {
        for line in lines {
            morning.count(line, &mut outcome, &mut pressing).await;
        }
    }
    outcome.by_agency =
        pressing.into_iter().map(|(agency, found)| (agency, found.listed())).collect();
    for (agency, listed) in &outcome.by_agency {
        let agency = agency.as_str();
        tracing::info!(%day, agency, due_soon = words(&listed.due_soon), overdue = words(&listed.overdue), unreceived = words(&listed.unreceived), "look at these");
    }
    let Outcome {
        due_soon,
        overdue,
        unreceived,
        apologies,
        redated,
        expired,
        announced,
        failed,
        ..
    } = outcome;
    tracing::info!(%day, due_soon, overdue, unreceived, apologies, redated, expired, announced, failed, "open dossiers looked at");
    Ok(outcome)
}

fn words(codes: &[DossierCode]) -> String {
    codes.iter().map(DossierCode::as_str).collect::<Vec<_>>().join(" ")
}

/// Due dates and codes of one agency, as they are found.
#[derive(Default)]
struct Found {
    due_soon: BTreeSet<(Option<Timestamp>, DossierCode)>,
    overdue: BTreeSet<(Option<Timestamp>, DossierCode)>,
    /// With the time since when each waits.
    unreceived: BTreeSet<(Option<Timestamp>, DossierCode)>,
}

impl Found {
    fn listed(self) -> Pressing {
        let first = |found: BTreeSet<(Option<Timestamp>, DossierCode)>| {
            found.into_iter().take(LISTED_MAX).map(|(_, code)| code).collect()
        };
        Pressing {
            due_soon: first(self.due_soon),
            overdue: first(self.overdue),
            unreceived: first(self.unreceived),
        }
    }
}

struct Morning<'a, S> {
    day: Date,
    now: Timestamp,
    store: &'a S,
    catalogue: &'a Catalogue,
}

impl<S: DossierStore> Morning<'_, S> {
    async fn count(
        &self,
        line: Result<DossierFacts, Failure>,
        outcome: &mut Outcome,
        pressing: &mut BTreeMap<AgencyCode, Found>,
    ) {
        let facts = match line {
            Ok(facts) => facts,
            // It was named in the log where it was read.
            Err(_) => {
                outcome.failed += 1;
                return;
            }
        };
        // By the date that holds today: a day off that was decided since is no reason for an
        // apology.
        let facts = match self.redate(facts, outcome).await {
            Ok(facts) => facts,
            Err((code, failure)) => return failed(&code, &failure, outcome),
        };
        // A missing year is met again below, and counted there.
        let near =
            nearness(&facts.history, self.day, self.catalogue.law().calendar_of(&facts.agency));
        if let Ok(Some(near)) = near {
            let due = facts.history.last().and_then(|entry| entry.due_at);
            let found = pressing.entry(facts.agency.clone()).or_default();
            let (count, list) = match near {
                Lateness::DueSoon => (&mut outcome.due_soon, &mut found.due_soon),
                Lateness::Overdue => (&mut outcome.overdue, &mut found.overdue),
            };
            *count += 1;
            list.insert((due, facts.code.clone()));
        }
        let law = self.catalogue.law();
        // A missing year is met again below, as for what is near.
        if is_received_late(&facts.history, self.day, law, &facts.agency).unwrap_or(false) {
            let found = pressing.entry(facts.agency.clone()).or_default();
            found.unreceived.insert((waiting_since(&facts.history), facts.code.clone()));
            outcome.unreceived += 1;
        }
        match self.attend(&facts).await {
            Ok(Some(Duty::Apologise)) => outcome.apologies += 1,
            Ok(Some(Duty::RefuseExpired)) => outcome.expired += 1,
            Ok(Some(Duty::AnnounceDelay)) => outcome.announced += 1,
            // The calendar was changed within this very run.
            Ok(Some(Duty::Redate)) => outcome.redated += 1,
            Ok(None) => {}
            Err(failure) => failed(&facts.code, &failure, outcome),
        }
    }

    /// Counts the due date again and stores it if the calendar in force gives another; the dossier
    /// after that.
    async fn redate(
        &self,
        facts: DossierFacts,
        outcome: &mut Outcome,
    ) -> Result<DossierFacts, (DossierCode, Failure)> {
        // What cannot be told is met again by whoever asks what is near.
        if self.owed(&facts.history, &facts.agency).ok().flatten() != Some(Duty::Redate) {
            return Ok(facts);
        }
        let moved = async {
            let done = self.attend(&facts).await?;
            let dossier = self.store.dossier(&facts.code).await?.ok_or(Failure::DossierNotFound)?;
            Ok::<_, Failure>((done, dossier))
        };
        match moved.await {
            Ok((done, dossier)) => {
                outcome.redated += u64::from(done == Some(Duty::Redate));
                let state = dossier.into_state();
                Ok(DossierFacts { history: state.history, assignments: state.assignments, ..facts })
            }
            Err(failure) => Err((facts.code, failure)),
        }
    }

    fn owed(&self, history: &[HistoryEntry], agency: &AgencyCode) -> Result<Option<Duty>, Failure> {
        duty_made_up(history, self.day, date_of(self.now), self.catalogue.law(), agency)
            .map_err(|missing| Failure::CalendarMissing { year: missing.year })
    }

    /// Does the most urgent action owed to one dossier, if any, and returns it.
    async fn attend(&self, facts: &DossierFacts) -> Result<Option<Duty>, Failure> {
        if self.owed(&facts.history, &facts.agency)?.is_none() {
            return Ok(None);
        }
        // The index is a little behind the table; an officer may have been faster.
        let dossier = self.store.dossier(&facts.code).await?.ok_or(Failure::DossierNotFound)?;
        let Some(owed) = self.owed(&dossier.history, &dossier.agency)? else {
            return Ok(None);
        };
        let by = Actor::System { id: "remind-deadline".to_owned() };
        change(
            self.store,
            &NoUploads,
            self.catalogue,
            &dossier.code,
            self.command(owed, &dossier)?,
            &by,
            self.now,
        )
        .await?;
        Ok(Some(owed))
    }

    fn command(&self, owed: Duty, dossier: &Dossier) -> Result<Command, Failure> {
        let (law, today) = (self.catalogue.law(), date_of(self.now));
        let (rule, day) = (law.rule_on(today), self.day.to_string());
        let missing = |missing: MissingYear| Failure::CalendarMissing { year: missing.year };
        let mut name = vec!["remind-deadline", dossier.code.as_str(), &day];
        let (action, reason, new_due_on) = match owed {
            Duty::Apologise => {
                // From today on, also where the morning of an earlier day is made up for: nothing
                // is promised for a past day.
                let promised =
                    new_due_on(&dossier.history, today, law, &dossier.agency).map_err(missing)?;
                (Action::Apologise, &rule.letter_reason, promised)
            }
            Duty::Redate => (Action::Redate, &rule.redate_reason, None),
            Duty::RefuseExpired => (Action::RefuseExpired, &rule.expired_reason, None),
            Duty::AnnounceDelay => (Action::AnnounceDelay, &rule.delay_reason, None),
        };
        name.push(action.name());
        let counted = counted_name(owed, dossier);
        name.extend(counted.as_deref());
        Ok(Command {
            id: command_id(&name)?,
            action,
            expected_version: Some(dossier.version),
            reason: Some(reason.clone()),
            note: None,
            at: None,
            new_due_on,
            to_agency: None,
            asked_for: Vec::new(),
            documents: Vec::new(),
            result: None,
            handover: None,
            fees: None,
            payment: None,
            form: None,
            correction: Correction::default(),
        })
    }
}

/// Of two changes of the calendar on one day each has its own command: it is named after the
/// version that it found.
fn counted_name(owed: Duty, dossier: &Dossier) -> Option<String> {
    (owed == Duty::Redate).then(|| dossier.version.to_string())
}

fn failed(code: &DossierCode, failure: &Failure, outcome: &mut Outcome) {
    tracing::error!(
        dossier = code.as_str(),
        cause = failure.chain(),
        "what is owed could not be done"
    );
    outcome.failed += 1;
}
