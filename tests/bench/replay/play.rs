//! Pushes every event through the integrators' door, week by week, and has each week counted by the
//! night. Where the national portal is connected, it gets each day's changes in the night after it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use domain::calendar::{instant, next};
use domain::catalogue::Catalogue;
use domain::dossier::{Action, Dossier};
use ingest_event::ingest;
use jiff::civil::{Date, Time, Weekday};
use jiff::{SignedDuration, Timestamp, ToSpan};
use platform::dynamo::{
    Deliveries, Dossiers, FeedbackTable, Figures, IntakeTable, LiveTable, Notices,
};
use platform::keyed_hash::KeyedHash;
use platform::message::{SPEC_VERSION, SUBMIT, TRANSITION};
use platform::port::DossierStore;
use rollup_kpi::Order;
use serde_json::{Value, json};

use crate::edition::SOURCE;
use crate::night::night;
use crate::plan::{Life, Step};
use crate::portal::{Bridge, messages};
use crate::tables;

/// Days between two counts: a night without an order counts as many.
const STRETCH_DAYS: i64 = 7;

/// Dossiers pushed at a time: enough that neither the door nor the tables wait for the other.
const WIDTH: usize = 16;

/// How long an event is on its way, in seconds.
const ON_ITS_WAY: i64 = 20;

/// How long after a day the portal may be behind, in minutes: the longest that one dossier which was
/// refused is left alone, twice.
const CAUGHT_UP_MINUTES_MAX: i64 = 12 * 60;

/// When the night counts.
const NIGHT: Time = jiff::civil::time(0, 30, 0, 0);

/// What a replay works with: the tables and the catalogue of the place.
pub struct Stage {
    /// Where the dossiers lie.
    pub dossiers: Dossiers,
    intake: IntakeTable,
    /// Where the figures lie.
    pub figures: Figures,
    /// What other systems have: nothing, where none is connected.
    pub deliveries: Deliveries,
    /// The figures of the day: none, since nothing is relayed.
    pub live: LiveTable,
    /// Notices: none, for the same reason.
    pub notices: Notices,
    /// Feedback: none, since nobody sends any.
    pub feedback: FeedbackTable,
    /// The law and the organisation of the place.
    pub catalogue: Catalogue,
}

impl Stage {
    /// Over new tables.
    pub async fn new(catalogue: Catalogue) -> Self {
        Self::over(tables::embedded().await, catalogue)
    }

    /// Over the tables of `client`.
    pub fn over(client: Client, catalogue: Catalogue) -> Self {
        let table = |name: &str| name.to_owned();
        Self {
            dossiers: Dossiers::new(client.clone(), tables::dossiers()),
            intake: IntakeTable::new(
                client.clone(),
                tables::dossiers(),
                table("IntakeTable"),
                KeyedHash::new("a key for the replay".to_owned()),
            ),
            figures: Figures::new(client.clone(), table("KpiTable")),
            deliveries: Deliveries::new(client.clone(), table("DeliveriesTable")),
            live: LiveTable::new(client.clone(), table("LiveTable")),
            notices: Notices::new(client.clone(), table("NoticesTable")),
            feedback: FeedbackTable::new(client, table("FeedbackTable")),
            catalogue,
        }
    }

    /// The dossier with this code, which has to be there.
    pub async fn dossier(&self, code: &str) -> Dossier {
        let read = self.dossiers.dossier(&code.parse().expect("a code")).await;
        let read = read.unwrap_or_else(|failure| panic!("{code}: {}", failure.chain()));
        read.unwrap_or_else(|| panic!("{code} is not there"))
    }
}

/// How far a replay has come.
#[derive(Debug, Default)]
pub struct Progress {
    /// Events that were taken in.
    pub done: AtomicU64,
    /// The last day that was counted, or the first that is played.
    pub day: Mutex<Option<Date>>,
}

/// Plays `lives` from `first` to `last`, and brings the portal of `bridge` what happens.
pub async fn play(
    stage: &Arc<Stage>,
    bridge: Option<&Bridge>,
    lives: Vec<Life>,
    (first, last): (Date, Date),
    progress: &Arc<Progress>,
) {
    let lives = Arc::new(lives);
    // Where each dossier has come to.
    let mut places = vec![0; lives.len()];
    let mut day = first;
    while day <= last {
        let end = last.min(day + (STRETCH_DAYS - 1).days());
        match bridge {
            None => push(stage, &lives, until(&lives, &mut places, end), progress).await,
            Some(bridge) => {
                for one in day.series(1.day()).take_while(|one| *one <= end) {
                    let work = until(&lives, &mut places, one);
                    push(stage, &lives, work.clone(), progress).await;
                    deliver(stage, bridge, &lives, work, one).await;
                }
            }
        }
        count(stage, end, instant(next(end), NIGHT)).await;
        *progress.day.lock().unwrap() = Some(end);
        day = next(end);
    }
}

type Work = Vec<(usize, std::ops::Range<usize>)>;

/// What happens up to the end of `day` to each dossier that has come to its place.
fn until(lives: &[Life], places: &mut [usize], day: Date) -> Work {
    let until = instant(next(day), Time::midnight());
    let mut work = Vec::new();
    for (number, (life, place)) in lives.iter().zip(places).enumerate() {
        let to = life.steps[*place..].iter().take_while(|step| step.at < until).count() + *place;
        if to > *place {
            work.push((number, *place..to));
            *place = to;
        }
    }
    work
}

/// Brings the portal what happened on `day`, and lets minutes pass until it has it. Each weekday
/// has a trouble of its own.
async fn deliver(stage: &Stage, bridge: &Bridge, lives: &[Life], work: Work, day: Date) {
    let trouble = match day.weekday() {
        Weekday::Monday => Some(json!({ "mode": "expire", "times": 1 })),
        Weekday::Tuesday => Some(json!({ "mode": "outage", "times": 2 })),
        Weekday::Wednesday => Some(json!({ "mode": "drop-after", "times": 1 })),
        Weekday::Thursday => Some(json!({ "mode": "duplicate", "times": 2 })),
        Weekday::Friday => Some(json!({ "mode": "wrong-code", "times": 1 })),
        Weekday::Saturday | Weekday::Sunday => None,
    };
    if let Some(trouble) = trouble {
        bridge.portal.fault(&trouble).expect("a fault");
    }
    let mut news = Vec::new();
    for (number, places) in work {
        let seen = u64::try_from(places.start).expect("a small number");
        news.extend(messages(&stage.dossier(&lives[number].code).await, seen));
    }
    let now = instant(next(day), Time::midnight());
    let again = bridge.bring(stage, news, || now).await;
    assert!(again.is_empty(), "the tables were there: {again:?}");
    bridge.caught_up(stage, now, CAUGHT_UP_MINUTES_MAX).await;
    bridge.portal.mend();
}

/// Sends what happens to each dossier, in order; dossiers side by side.
async fn push(stage: &Arc<Stage>, lives: &Arc<Vec<Life>>, work: Work, progress: &Arc<Progress>) {
    let queue = Arc::new(Mutex::new(work.into_iter()));
    let workers = (0..WIDTH).map(|_| {
        let (stage, lives, queue, progress) =
            (stage.clone(), lives.clone(), queue.clone(), progress.clone());
        tokio::spawn(async move {
            loop {
                let Some((number, places)) = queue.lock().unwrap().next() else { break };
                for place in places {
                    send(&stage, &lives[number], place).await;
                    progress.done.fetch_add(1, Ordering::Relaxed);
                }
            }
        })
    });
    for worker in workers.collect::<Vec<_>>() {
        worker.await.expect("every event is taken in");
    }
}

/// Sends what happens to a dossier at this place of its life.
pub async fn send(stage: &Stage, life: &Life, place: usize) {
    let step = &life.steps[place];
    let now = step.at + SignedDuration::from_secs(ON_ITS_WAY);
    let message = event(life, step, place).to_string();
    let taken = ingest(&message, &stage.dossiers, &stage.intake, &stage.catalogue, now).await;
    taken.unwrap_or_else(|failure| {
        panic!("{} {place} {}: {}", life.code, step.action.name(), failure.chain())
    });
}

/// What the one-stop software reports of a step.
fn event(life: &Life, step: &Step, place: usize) -> Value {
    let mut event = json!({
        "specversion": SPEC_VERSION, "id": format!("{}/{place}", life.code), "source": SOURCE, "type": TRANSITION,
        "subject": life.code, "time": step.at.to_string(), "datacontenttype": "application/json",
    });
    if step.action == Action::Submit {
        event["type"] = SUBMIT.into();
        event["data"] = json!({
            "code": life.code, "procedure": life.procedure, "agency": life.agency, "channel": life.channel.name(),
            "applicant": {
                "kind": "citizen", "fullName": "Trần Thị Mẫu", "idNumber": "030085001234", "phone": "0912345678",
            },
            "documents": [],
            "documentsWithSender": true,
        });
        return event;
    }
    event["data"] = json!({ "action": step.action.name() });
    if step.action.rule().is_some_and(|rule| rule.reason_owed) {
        event["data"]["reason"] = "theo quy định".into();
    }
    if let Some(day) = step.new_due_on {
        event["data"]["newDueOn"] = day.to_string().into();
    }
    if let Some(agency) = &step.to_agency {
        event["data"]["toAgency"] = agency.clone().into();
    }
    event
}

/// Has the night of `now` count the days up to `last`, which ended before it. Nothing else here
/// knows how a night is ordered.
async fn count(stage: &Stage, last: Date, now: Timestamp) {
    let order = Order::default();
    let counted = night(&order, (&stage.dossiers, &stage.figures), &stage.catalogue, now).await;
    let counted =
        counted.unwrap_or_else(|failure| panic!("the night of {last}: {}", failure.chain()));
    assert!(
        counted.iter().all(|agency| agency.last == last),
        "the night counts up to the day that has just ended"
    );
}
