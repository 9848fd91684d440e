//! A day on which the national portal does not answer, while dossiers come and move on; then the
//! minutes until it has everything.

use std::time::Instant;

use domain::calendar::instant;
use domain::dossier::Action;
use domain::id::{AgencyCode, DossierCode};
use domain::procedure::Channel;
use jiff::civil::{Date, Time, date};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::plan::{Life, Step};
use crate::play::{Stage, send};
use crate::portal::{Bridge, messages};

/// What happens to each dossier, with the minutes since it was handed in.
const LIFE: [(Action, i64); 4] =
    [(Action::Submit, 0), (Action::Receive, 20), (Action::Process, 90), (Action::Finish, 240)];

/// Changes of one dossier.
pub const CHANGES: usize = LIFE.len();

/// The minutes of the outage.
pub const DAY: i64 = 24 * 60;

/// How long catching up may take, in minutes.
const MINUTES_MAX: i64 = 240;

/// The day of the outage: a Tuesday.
const OUTAGE_ON: Date = date(2022, 3, 15);

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Recovered {
    /// Dossiers of the day.
    pub dossiers: usize,
    /// Entries of their histories, none of which the portal had when it was back.
    pub changes: usize,
    /// Dossiers of which the portal has each step in order, and the last status.
    pub in_step: usize,
    /// Requests that a portal got that was away.
    pub asked_while_away: u64,
    /// Requests that it got until it had everything.
    pub asked_since: u64,
    /// Steps that came behind a later one.
    pub disorders: u64,
    /// Items that it refused.
    pub refused: u64,
    /// Minutes by the clock of the day until nothing was owed.
    pub minutes: i64,
    /// Seconds on the machine's clock that the day took.
    pub day_s: f64,
    /// Seconds on the machine's clock that catching up took.
    pub caught_up_s: f64,
    /// Seconds of processor time of the thread that caught up.
    pub caught_up_cpu_s: f64,
}

/// Dossiers handed in evenly over the day, early enough that each ends within it.
fn lives(stage: &Stage, dossiers: usize) -> Vec<Life> {
    let midnight = instant(OUTAGE_ON, Time::midnight());
    let agency = "H58.03";
    let format = stage.catalogue.law().rule_on(OUTAGE_ON).dossier_code;
    let code: AgencyCode = agency.parse().expect("a code");
    let latest = DAY - LIFE[CHANGES - 1].1 - 1;
    (0..dossiers)
        .map(|place| {
            let nth = i64::try_from(place).expect("a small number");
            let all = i64::try_from(dossiers).expect("a small number");
            let begun = midnight + SignedDuration::from_secs(60 * latest * nth / all);
            let line = u32::try_from(place + 1).expect("a small number");
            let steps = LIFE.map(|(action, minutes)| Step {
                at: begun + SignedDuration::from_mins(minutes),
                action,
                new_due_on: None,
                to_agency: None,
            });
            Life {
                code: DossierCode::issue(format, &code, OUTAGE_ON, line)
                    .expect("a code")
                    .to_string(),
                agency: agency.to_owned(),
                procedure: "1.000382".to_owned(),
                channel: Channel::Online,
                steps: steps.into(),
            }
        })
        .collect()
}

/// Plays a day of so many dossiers while the portal is away, whose queue is read and whose wake
/// comes every `every` minutes, and then minute after minute until the portal has everything.
/// `cpu_ns` says how much processor time the calling thread has used.
pub async fn outage(
    stage: &Stage,
    bridge: &Bridge,
    dossiers: usize,
    every: i64,
    cpu_ns: impl Fn() -> u64,
) -> Recovered {
    let lives = lives(stage, dossiers);
    let midnight = instant(OUTAGE_ON, Time::midnight());
    bridge.portal.fault(&json!({ "mode": "outage" })).expect("a fault");
    let began = Instant::now();
    let mut places = vec![0; lives.len()];
    for minute in (every..=DAY).step_by(usize::try_from(every).expect("some minutes")) {
        let now = midnight + SignedDuration::from_mins(minute);
        let news = happened(stage, &lives, &mut places, now).await;
        let again = bridge.bring(stage, news, || now).await;
        assert!(again.is_empty(), "the tables were there: {again:?}");
        bridge.minute(stage, now).await;
    }
    let day_s = began.elapsed().as_secs_f64();
    let away = bridge.portal.counts();
    let all = u64::try_from(dossiers).expect("a small number");
    assert_eq!((away.dossiers, bridge.behind(stage).await), (0, all), "everything waits");
    bridge.portal.mend();
    let (began, used) = (Instant::now(), cpu_ns());
    let back = midnight + SignedDuration::from_mins(DAY);
    let minutes = bridge.caught_up(stage, back, MINUTES_MAX).await;
    let (caught_up_s, caught_up_cpu_s) =
        (began.elapsed().as_secs_f64(), (cpu_ns() - used) as f64 / 1e9);
    let (mut in_step, mut changes) = (0, 0);
    for life in &lives {
        let dossier = stage.dossier(&life.code).await;
        changes += dossier.history.len();
        in_step += usize::from(bridge.has(&dossier));
    }
    let counts = bridge.portal.counts();
    Recovered {
        dossiers,
        changes,
        in_step,
        asked_while_away: away.requests,
        asked_since: counts.requests - away.requests,
        disorders: counts.disorders,
        refused: counts.refused,
        minutes,
        day_s,
        caught_up_s,
        caught_up_cpu_s,
    }
}

/// Has everything happen that is to happen by `now`; gives back the messages about it.
async fn happened(
    stage: &Stage,
    lives: &[Life],
    places: &mut [usize],
    now: Timestamp,
) -> Vec<String> {
    let mut news = Vec::new();
    for (life, place) in lives.iter().zip(places) {
        let seen = u64::try_from(*place).expect("a small number");
        let is_due = |place: usize| life.steps.get(place).is_some_and(|step| step.at < now);
        while is_due(*place) {
            send(stage, life, *place).await;
            *place += 1;
        }
        if u64::try_from(*place).expect("a small number") > seen {
            news.extend(messages(&stage.dossier(&life.code).await, seen));
        }
    }
    news
}
