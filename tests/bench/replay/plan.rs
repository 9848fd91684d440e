//! Dossiers whose outcomes are exactly as many as published.
//!
//! Each dossier is drafted first: when it comes, to whom, and what happens to its clock; the domain
//! says when it is then due. Only when all are drafted is it decided which of them end early, on
//! time, late or not at all, among those that can.

mod office;

use domain::catalogue::Catalogue;
use domain::deadline::{Pause, Run, TermUnit};
use domain::dossier::Action;
use domain::id::{AgencyCode, DossierCode};
use domain::law::PauseCounting;
use domain::procedure::Channel;
use fastrand::Rng;
use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp};

use crate::model::{Asked, Desk, Quotas, Replayed, Way};
use domain::calendar::{date_of, instant};
use office::Office;

/// One thing that happens to a dossier.
#[derive(Debug, Clone)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// What.
    pub action: Action,
    /// What an apology promises.
    pub new_due_on: Option<Date>,
    /// To whom it is forwarded.
    pub to_agency: Option<String>,
}

/// A dossier from the day it is handed in.
#[derive(Debug, Clone)]
pub struct Life {
    /// Its code.
    pub code: String,
    /// Whose it is.
    pub agency: String,
    /// What is asked for.
    pub procedure: String,
    /// How it comes.
    pub channel: Channel,
    /// Everything that happens, in order; first it is handed in.
    pub steps: Vec<Step>,
}

/// A dossier of which the end is not decided yet.
struct Draft<'a> {
    agency: &'a Desk,
    asked: &'a Asked,
    channel: Channel,
    steps: Vec<Step>,
    /// When it is due; none where the applicant is still waited for on the last day.
    due: Option<Date>,
    /// The first day on which it can be settled.
    first: Date,
}

/// How a dossier ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Early,
    OnTime,
    Late,
    Open,
}

/// How a dossier can be settled by the last day.
#[derive(Debug, Clone, Copy)]
struct Ends {
    early: bool,
    on_time: bool,
    late: bool,
}

impl Ends {
    fn any(self) -> bool {
        self.early || self.on_time || self.late
    }
}

impl Draft<'_> {
    fn last(&self) -> Timestamp {
        self.steps[self.steps.len() - 1].at
    }

    fn can_end(&self, office: &Office<'_>) -> Ends {
        let (first, last) = (self.first, office.last);
        let Some(due) = self.due.filter(|_| first <= last) else {
            return Ends { early: false, on_time: false, late: false };
        };
        Ends {
            early: first < due,
            on_time: first <= due && due <= last,
            late: office.first_late(due, first) <= last,
        }
    }
}

fn step(at: Timestamp, action: Action) -> Step {
    Step { at, action, new_due_on: None, to_agency: None }
}

/// One of `items`, by their weights.
fn pick<T: Copy>(random: &mut Rng, items: &[(T, u64)]) -> T {
    let sum = items.iter().map(|(_, weight)| weight).sum();
    let mut place = random.u64(0..sum);
    for (item, weight) in items {
        if place < *weight {
            return *item;
        }
        place -= weight;
    }
    unreachable!("a place below the sum of the weights lies in one of them")
}

/// The dossiers of a place and a time, by when they are handed in.
pub fn plan(replayed: &Replayed, catalogue: &Catalogue, quotas: &Quotas) -> Vec<Life> {
    let mut planner = Planner::new(replayed, catalogue);
    let drafts = planner.drafts(quotas);
    let outcomes = planner.decide(&drafts, quotas);
    let mut lives: Vec<Life> = drafts
        .into_iter()
        .zip(outcomes)
        .map(|(draft, outcome)| planner.finish(draft, outcome))
        .collect();
    lives.extend((0..quotas.refused).map(|_| planner.refused()));
    lives.sort_by_key(|life| life.steps[0].at);
    number(&mut lives, catalogue);
    lives
}

/// Gives every dossier its code: its agency, the day, and its place in that day's line there.
fn number(lives: &mut [Life], catalogue: &Catalogue) {
    let mut lines = std::collections::HashMap::new();
    for life in lives {
        let day = date_of(life.steps[0].at);
        let line: &mut u32 = lines.entry((life.agency.clone(), day)).or_default();
        *line += 1;
        let agency: AgencyCode = life.agency.parse().unwrap();
        let format = catalogue.law().rule_on(day).dossier_code;
        life.code = DossierCode::issue(format, &agency, day, *line).unwrap().to_string();
    }
}

struct Planner<'a> {
    replayed: &'a Replayed,
    office: Office<'a>,
    random: Rng,
    days: Vec<(Date, u64)>,
    hours: Vec<(i8, u64)>,
    asked: Vec<(&'a Asked, u64)>,
}

impl<'a> Planner<'a> {
    fn new(replayed: &'a Replayed, catalogue: &'a Catalogue) -> Self {
        let office = Office { calendar: catalogue.calendar(), last: replayed.last };
        Self {
            replayed,
            days: office.weighted_days(replayed),
            office,
            random: Rng::with_seed(replayed.model.seed),
            hours: replayed.model.hours.iter().map(|(hour, weight)| (*hour, *weight)).collect(),
            asked: replayed.procedures.iter().map(|asked| (asked, asked.weight)).collect(),
        }
    }

    fn percent(&mut self, percent: u64) -> bool {
        self.random.u64(0..100) < percent
    }

    fn later(&mut self, at: Timestamp, seconds: std::ops::Range<i64>) -> Timestamp {
        at + SignedDuration::from_secs(self.random.i64(seconds))
    }

    /// A dossier up to its receipt, or refusal: agency, procedure, channel, when it was handed in
    /// and when that was.
    fn arrival(&mut self) -> (&'a Desk, &'a Asked, Channel, Timestamp, Timestamp) {
        let asked = pick(&mut self.random, &self.asked);
        let here = |desk: &&Desk| asked.at.iter().any(|at| *at == desk.code || *at == desk.level);
        let desks: Vec<(&Desk, u64)> =
            self.replayed.agencies.iter().filter(here).map(|desk| (desk, desk.weight)).collect();
        let agency = pick(&mut self.random, &desks);
        let channel = pick(&mut self.random, &self.replayed.model.channels.weights());
        let (day, hour) = (pick(&mut self.random, &self.days), pick(&mut self.random, &self.hours));
        // The afternoon begins at half past one.
        let minute = if hour == 13 { self.random.i8(30..60) } else { self.random.i8(0..60) };
        let received = instant(day, Time::new(hour, minute, self.random.i8(0..60), 0).unwrap());
        let slowly =
            channel == Channel::Online && self.percent(self.replayed.model.received_slowly_percent);
        let earlier = match channel {
            Channel::Counter | Channel::Postal => self.random.i64(90..1_200),
            Channel::Online if slowly => self.random.i64(3 * 86_400..5 * 86_400),
            Channel::Online => self.random.i64(300..57_600),
        };
        // What was handed in the year before belongs to that year's story.
        let submitted = (received - SignedDuration::from_secs(earlier))
            .max(instant(self.replayed.first, Time::midnight()));
        (agency, asked, channel, submitted, received)
    }

    fn draft(&mut self) -> Draft<'a> {
        let (agency, asked, channel, submitted, received) = self.arrival();
        let way = if asked.term.unit() == TermUnit::WorkingHour {
            Way::Straight
        } else {
            pick(&mut self.random, &self.replayed.model.ways.weights())
        };
        let mut steps = vec![step(submitted, Action::Submit), step(received, Action::Receive)];
        if way == Way::Suspension || self.percent(self.replayed.model.processed_percent) {
            steps.push(step(self.later(received, 60..900), Action::Process));
        }
        let calendar = self.office.calendar;
        let due = asked.term.due(calendar, received).unwrap();
        let last = steps[steps.len() - 1].at;
        // Whatever stops the clock does so within a working day or two, while there is time left.
        let ask = self.office.next_day(date_of(last), self.random.usize(1..3));
        let ask = self.office.instant_on(ask, last, &mut self.random).unwrap_or(last);
        let mut due_day = Some(date_of(due));
        let in_time = date_of(ask) < date_of(due) && date_of(ask) <= self.office.last;
        let (stop, go, pause) = match way {
            Way::Straight => (None, None, 0..1),
            Way::Forwarded => (Some(Action::Forward), Some(Action::HandBack), 3_600..2 * 86_400),
            Way::Supplement => {
                (Some(Action::RequestSupplement), Some(Action::Supplement), 10_800..9 * 86_400)
            }
            Way::Payment => {
                (Some(Action::RequestPayment), Some(Action::ConfirmPayment), 3_600..6 * 86_400)
            }
            Way::Suspension => {
                (Some(Action::Suspend), Some(Action::Resume), 2 * 86_400..20 * 86_400)
            }
        };
        if let (Some(stop), Some(go), true) = (stop, go, in_time) {
            let back = self.later(ask, pause);
            let to_agency = (way == Way::Forwarded).then(|| self.another(agency));
            steps.push(Step { to_agency, ..step(ask, stop) });
            due_day = match way {
                _ if date_of(back) > self.office.last => None,
                Way::Straight | Way::Forwarded => due_day,
                Way::Supplement => Some(date_of(asked.term.due(calendar, back).unwrap())),
                Way::Payment | Way::Suspension => {
                    let run = Run {
                        pauses: vec![Pause { from: ask, to: back, by: PauseCounting::Closings }],
                        ..Run::from(received)
                    };
                    Some(date_of(asked.term.due_of(calendar, &run).unwrap()))
                }
            };
            if due_day.is_some() {
                steps.push(step(back, go));
            }
        }
        let first = self.office.first_day_after(steps[steps.len() - 1].at);
        Draft { agency, asked, channel, steps, due: due_day, first }
    }

    /// As many drafts as are received. Of those that come too late to be settled no more are kept
    /// than half of what stays open.
    fn drafts(&mut self, quotas: &Quotas) -> Vec<Draft<'a>> {
        let mut too_late = quotas.open / 2;
        let mut drafts = Vec::new();
        while (drafts.len() as u64) < quotas.received {
            let draft = self.draft();
            if !draft.can_end(&self.office).any() {
                let Some(left) = too_late.checked_sub(1) else { continue };
                too_late = left;
            }
            drafts.push(draft);
        }
        drafts
    }

    fn another(&mut self, than: &Desk) -> String {
        let others: Vec<(&Desk, u64)> = self
            .replayed
            .agencies
            .iter()
            .filter(|desk| desk.code != than.code && desk.level == "department")
            .map(|desk| (desk, desk.weight))
            .collect();
        pick(&mut self.random, &others).code.clone()
    }

    /// The outcome of each dossier: as many of each as the quotas say, each where it can be.
    fn decide(&mut self, drafts: &[Draft<'_>], quotas: &Quotas) -> Vec<Outcome> {
        let ends: Vec<Ends> = drafts.iter().map(|draft| draft.can_end(&self.office)).collect();
        let mut any_order: Vec<usize> = (0..drafts.len()).collect();
        self.random.shuffle(&mut any_order);
        let those = |wanted: &dyn Fn(usize) -> bool| -> Vec<usize> {
            any_order.iter().copied().filter(|place| wanted(*place)).collect()
        };
        let mut outcomes = vec![None; drafts.len()];

        // What cannot be settled any more stays open, some lie there for long, and the rest are
        // those that are due last.
        let too_late = those(&|place| !ends[place].any());
        let mut overdue =
            those(&|place| ends[place].any() && drafts[place].due < Some(self.office.last));
        overdue.truncate(usize::try_from(quotas.open_overdue).unwrap());
        let mut by_due = those(&|place| ends[place].any());
        by_due.sort_by_key(|place| std::cmp::Reverse(drafts[*place].due));
        fill(&mut outcomes, Outcome::Open, quotas.open, [too_late, overdue, by_due].concat());

        // Those that can end in one way alone come first; of the others, some procedures are late
        // more often.
        let patience: Vec<u64> =
            drafts.iter().map(|draft| self.random.u64(..) / draft.asked.late_weight).collect();
        let mut late = those(&|place| ends[place].late);
        late.sort_by_key(|place| (ends[*place].early || ends[*place].on_time, patience[*place]));
        fill(&mut outcomes, Outcome::Late, quotas.late, late);
        let mut early = those(&|place| ends[place].early);
        early.sort_by_key(|place| ends[*place].on_time);
        fill(&mut outcomes, Outcome::Early, quotas.early, early);
        fill(&mut outcomes, Outcome::OnTime, quotas.on_time, those(&|place| ends[place].on_time));
        outcomes.into_iter().map(|outcome| outcome.expect("every dossier has an outcome")).collect()
    }

    fn finish(&mut self, draft: Draft<'a>, outcome: Outcome) -> Life {
        let (last, first) = (draft.last(), draft.first);
        let Draft { agency, asked, channel, mut steps, due, .. } = draft;
        let day = due.and_then(|due| match outcome {
            Outcome::Early => {
                let days =
                    self.office.working_days(first, due.yesterday().unwrap().min(self.office.last));
                self.random.choice(days)
            }
            Outcome::OnTime => Some(due),
            Outcome::Late => {
                let behind: Vec<(usize, u64)> =
                    (1..).zip(self.replayed.model.late_by_working_days.clone()).collect();
                let day = self.office.next_day(due, pick(&mut self.random, &behind));
                let soonest = self.office.first_late(due, first);
                Some(if day < soonest || day > self.office.last { soonest } else { day })
            }
            Outcome::Open => None,
        });
        if let (Some(day), Some(due)) = (day, due) {
            let end = self
                .office
                .instant_on(day, last, &mut self.random)
                .expect("the office is open then");
            if outcome == Outcome::Late && self.percent(self.replayed.model.apologised_percent) {
                // The letter goes out the working day before, or as soon as it can.
                let letter = self.office.day_before(due).max(first);
                let letter = self
                    .office
                    .instant_on(letter, last, &mut self.random)
                    .filter(|letter| *letter < end);
                let new_due_on =
                    Some(self.office.next_day(due.max(letter.map_or(due, date_of)), 3));
                steps.extend(letter.map(|at| Step { new_due_on, ..step(at, Action::Apologise) }));
            }
            steps.push(step(end, Action::Finish));
            if self.percent(self.replayed.model.returned_percent) {
                let fetched = self.random.usize(0..6).saturating_sub(2);
                let fetched = self.office.next_day(day, fetched);
                let fetched = self.office.instant_on(fetched, end, &mut self.random);
                let fetched = fetched.filter(|at| date_of(*at) <= self.office.last);
                steps.extend(fetched.map(|at| step(at, Action::ReturnResult)));
            }
        }
        let (agency, procedure) = (agency.code.clone(), asked.code.clone());
        Life { code: String::new(), agency, procedure, channel, steps }
    }

    fn refused(&mut self) -> Life {
        let (agency, asked, channel, submitted, refused) = self.arrival();
        let steps = vec![step(submitted, Action::Submit), step(refused, Action::Refuse)];
        let (agency, procedure) = (agency.code.clone(), asked.code.clone());
        Life { code: String::new(), agency, procedure, channel, steps }
    }
}

/// Gives the first `count` of `candidates` that have no outcome yet this one.
fn fill(outcomes: &mut [Option<Outcome>], outcome: Outcome, count: u64, candidates: Vec<usize>) {
    let mut left = count;
    for place in candidates {
        if left == 0 {
            break;
        }
        if outcomes[place].is_none() {
            outcomes[place] = Some(outcome);
            left -= 1;
        }
    }
    assert_eq!(left, 0, "the model has too few dossiers that can end {outcome:?}");
}
