//! Integrators' events in the wrong order: whatever a queue without order does with them, the
//! dossiers end as in order.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use domain::agency::Remit;
use domain::dossier::{Action, Actor, Dossier, DossierStatus, Holds, LEFT_OUT, Target};
use ingest_event::{Desk, ingest, take};
use jiff::{SignedDuration, Timestamp};
use platform::Failure;
use platform::batch;
use platform::failure::Retry;
use serde_json::{Value, json};

use crate::support::call::{AGENCY, Call, SENDER, SOURCE, submit_event, transition_event};
use crate::support::desk::{PLAN, desk, message};
use crate::support::world::{Kept, NOW, World, at};

/// As the template has it.
const SETTLE: SignedDuration = SignedDuration::from_mins(5);
const SENDERS: usize = 8;
const DOSSIERS: u32 = 100;

/// What integrators do by themselves, without a day or another agency that a command would have to
/// name.
const DONE: [Action; 14] = [
    Action::Receive,
    Action::Receive,
    Action::Refuse,
    Action::RequestSupplement,
    Action::Supplement,
    Action::Process,
    Action::Process,
    Action::RequestPayment,
    Action::ConfirmPayment,
    Action::Suspend,
    Action::Resume,
    Action::Finish,
    Action::ReturnResult,
    Action::SendBack,
];

fn code(number: u32) -> String {
    format!("{AGENCY}-261116-{}", 9_000 + number)
}

/// What must be the same however the events came.
fn outcome(dossier: &Dossier) -> Value {
    let steps: Vec<Value> = dossier
        .history
        .iter()
        .map(|entry| json!([entry.action, entry.status, entry.at, entry.due_at]))
        .collect();
    json!({ "status": dossier.status, "dueAt": dossier.due_at, "receivedAt": dossier.received_at, "steps": steps })
}

/// Lets dossiers live, each event in its order; gives the events of each.
async fn lived(world: &World, random: &mut fastrand::Rng) -> BTreeMap<u32, Vec<Value>> {
    let integrator = Actor::Integrator {
        id: SOURCE.to_owned(),
        agencies: vec![Remit::whole(AGENCY.parse().unwrap())],
    };
    let mut events: BTreeMap<u32, Vec<Value>> = BTreeMap::new();
    for number in 0..DOSSIERS {
        let mut time = at("2026-11-16T01:00:00Z") + SignedDuration::from_secs(random.i64(0..7_200));
        let mut next = submit_event(&format!("{number}-0"), &time.to_string(), Some(&code(number)));
        for step in 1..random.usize(3..9) {
            ingest(&next.to_string(), &world.dossiers, &world.intake, &world.catalogue, at(NOW))
                .await
                .unwrap();
            events.entry(number).or_default().push(next);
            let allowed = world.dossier(&code(number)).await.allowed_to(&integrator);
            let may: Vec<Action> =
                DONE.into_iter().filter(|action| allowed.contains(action)).collect();
            let Some(action) = random.choice(may) else {
                next = Value::Null;
                break;
            };
            time += SignedDuration::from_secs(random.i64(1..3_600));
            next = transition_event(
                &format!("{number}-{step}"),
                &time.to_string(),
                &code(number),
                action.name(),
            );
        }
        if !next.is_null() {
            ingest(&next.to_string(), &world.dossiers, &world.intake, &world.catalogue, at(NOW))
                .await
                .unwrap();
            events.entry(number).or_default().push(next);
        }
    }
    events
}

/// A queue that delivers each message at least once, in any order, and hides it as it is told.
#[derive(Default)]
struct Disorder {
    ahead: BinaryHeap<Reverse<(Timestamp, usize)>>,
    messages: Vec<(String, Timestamp, u32)>,
}

impl Disorder {
    fn send(&mut self, body: String, sent: Timestamp, arrives: Timestamp) {
        self.ahead.push(Reverse((arrives, self.messages.len())));
        self.messages.push((body, sent, 0));
    }

    /// Delivers until nothing is left; gives what was parked, by reason.
    async fn play(&mut self, world: &World) -> Vec<String> {
        let queue = Kept::default();
        while let Some(Reverse((now, place))) = self.ahead.pop() {
            let (body, sent, receives) = &mut self.messages[place];
            *receives += 1;
            let mut message = message(body, Some(SENDER), *sent);
            message["attributes"]["ApproximateReceiveCount"] = receives.to_string().into();
            let event = serde_json::from_value(json!({ "Records": [message] })).unwrap();
            let desk = Desk { holds: Holds::settling(SETTLE), ..desk(world, &queue) };
            let work = async |arrived| desk.receive(&arrived, &world.catalogue, now).await;
            let answer = batch::run(event, PLAN, &desk, now, work).await;
            if !answer.batch_item_failures.is_empty() {
                let (_, seconds) = queue.hidden.lock().unwrap().pop().expect("it was not hidden");
                self.ahead.push(Reverse((now + SignedDuration::from_secs(seconds.into()), place)));
            }
        }
        queue.reasons()
    }
}

async fn shuffled(seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    fastrand::seed(seed);
    let (in_order, world) = (World::new().await, World::new().await);
    let events = lived(&in_order, &mut random).await;
    let lags: Vec<i64> = (0..SENDERS).map(|_| random.i64(0..90)).collect();
    let mut queue = Disorder::default();
    let begun = at(NOW);
    for (number, events) in &events {
        let begun = begun + SignedDuration::from_secs(random.i64(0..600));
        for (place, event) in events.iter().enumerate() {
            // A submission, or a receipt, that its sender finds again after more than half an hour.
            let found_late = place < 2 && number % 10 == 3;
            let lag = lags[random.usize(0..SENDERS)]
                + if found_late { random.i64(1_800..2_400) } else { 0 };
            for _ in 0..1 + usize::from(random.u8(0..5) == 0) {
                let sent = begun + SignedDuration::from_secs(lag + random.i64(0..60));
                queue.send(
                    event.to_string(),
                    sent,
                    sent + SignedDuration::from_secs(random.i64(0..120)),
                );
            }
        }
    }
    let parked = queue.play(&world).await;
    let mut other = Vec::new();
    for number in 0..DOSSIERS {
        let (expected, found) = (
            outcome(&in_order.dossier(&code(number)).await),
            outcome(&world.dossier(&code(number)).await),
        );
        if expected != found {
            other.push(format!("{}: {found}\n  in order: {expected}", code(number)));
        }
    }
    assert!(other.is_empty(), "seed {seed}: {} of {DOSSIERS}\n{}", other.len(), other.join("\n"));
    assert_eq!(parked, Vec::<String>::new(), "seed {seed}");
}

#[tokio::test]
async fn a_hundred_dossiers_of_eight_senders_end_as_in_order_however_their_events_come() {
    for seed in [1, 2] {
        shuffled(seed).await;
    }
}

#[test]
fn each_move_that_can_be_left_out_leads_to_where_the_other_is_allowed_as_well() {
    for (action, from, left_out) in LEFT_OUT {
        let (rule, between) = (action.rule().unwrap(), left_out.rule().unwrap());
        let Target::To(status) = between.target else {
            panic!("{} leads nowhere", left_out.name())
        };
        assert!(
            rule.is_legal_in(from, None) && between.is_legal_in(from, None),
            "{}",
            action.name()
        );
        assert!(rule.is_legal_in(status, None), "{} after {}", action.name(), left_out.name());
    }
}

/// Takes an event that was sent `minutes` ago.
async fn taken(world: &World, event: &Value, minutes: i64) -> Result<(), Failure> {
    let held = (Holds::settling(SETTLE), SignedDuration::from_mins(minutes));
    take(&event.to_string(), held, &world.dossiers, &world.intake, &world.catalogue, at(NOW)).await
}

async fn registered(world: &World) -> String {
    taken(world, &submit_event("e1", "2026-11-16T03:00:00Z", Some(&code(1))), 0).await.unwrap();
    code(1)
}

#[tokio::test]
async fn documents_that_are_asked_for_before_the_receipt_has_come_wait_for_it() {
    let world = World::new().await;
    let code = registered(&world).await;
    let documents = transition_event("e3", "2026-11-16T05:00:00Z", &code, "request-supplement");
    let receive = transition_event("e2", "2026-11-16T04:00:00Z", &code, "receive");
    assert!(matches!(taken(&world, &documents, 50).await, Err(Failure::HeldBack(_))));
    taken(&world, &receive, 6).await.unwrap();
    taken(&world, &documents, 57).await.unwrap();
    let dossier = world.dossier(&code).await;
    assert_eq!(
        (dossier.status, dossier.status_before),
        (DossierStatus::SupplementRequested, Some(DossierStatus::Received))
    );
}

#[tokio::test]
async fn documents_that_are_asked_for_without_a_receipt_are_asked_for_within_an_hour() {
    let world = World::new().await;
    let code = registered(&world).await;
    let documents = transition_event("e3", "2026-11-16T05:00:00Z", &code, "request-supplement");
    taken(&world, &documents, 60).await.unwrap();
    assert_eq!(world.dossier(&code).await.status, DossierStatus::SupplementRequested);
}

#[tokio::test]
async fn who_names_the_version_that_they_saw_waits_for_nobody() {
    let world = World::new().await;
    let code = registered(&world).await;
    let mut documents = transition_event("e3", "2026-11-16T05:00:00Z", &code, "request-supplement");
    documents["data"]["expectedVersion"] = 1.into();
    taken(&world, &documents, 0).await.unwrap();
}

#[tokio::test]
async fn what_happened_before_something_that_is_recorded_is_out_of_order_at_once() {
    let world = World::new().await;
    let code = registered(&world).await;
    let documents = transition_event("e3", "2026-11-16T05:00:00Z", &code, "request-supplement");
    taken(&world, &documents, 60).await.unwrap();
    // By their own clock a second is enough, and whether the status allows it is not asked.
    for (id, time) in [("e2", "2026-11-16T04:00:00Z"), ("e4", "2026-11-16T04:59:59Z")] {
        let failure =
            taken(&world, &transition_event(id, time, &code, "receive"), 60).await.unwrap_err();
        assert_eq!(failure.slug(), "out-of-order", "{time}");
    }
}

#[tokio::test]
async fn whole_seconds_of_one_sender_put_nothing_out_of_order() {
    let world = World::new().await;
    let code = registered(&world).await;
    let receive = transition_event("e2", "2026-11-16T04:00:07.457Z", &code, "receive");
    let process = transition_event("e3", "2026-11-16T04:00:07Z", &code, "process");
    taken(&world, &receive, 6).await.unwrap();
    taken(&world, &process, 6).await.unwrap();
    assert_eq!(world.dossier(&code).await.status, DossierStatus::Processing);
}

#[tokio::test]
async fn an_event_of_who_takes_no_part_is_waited_for_by_nobody() {
    let world = World::new().await;
    let code = registered(&world).await;
    let mut stranger = transition_event("e9", "2026-11-16T03:30:00Z", &code, "receive");
    stranger["source"] = "urn:motcua:integrator:land-registry".into();
    assert!(matches!(taken(&world, &stranger, 1).await, Err(Failure::HeldBack(_))));
    taken(&world, &transition_event("e2", "2026-11-16T04:00:00Z", &code, "receive"), 6)
        .await
        .unwrap();
    assert_eq!(taken(&world, &stranger, 6).await.unwrap_err().slug(), "forbidden");
}

/// The owner forwards the dossier to the handler, whose own system is the registry of land.
async fn forwarded(world: &World, code: &str) {
    let version = world.dossier(code).await.version;
    let body = json!({ "action": "forward", "expectedVersion": version, "toAgency": "H20.12" });
    let call = Call::transition(code, "forward", version).officer(AGENCY).body(&body);
    assert_eq!(
        call.at_change(&world.dossiers, world, at("2026-11-16T05:00:00Z")).await.status,
        200
    );
}

/// What the registry of land reports of the dossier.
fn by_the_registry(id: &str, time: &str, code: &str, action: &str) -> Value {
    let mut event = transition_event(id, time, code, action);
    event["source"] = "urn:motcua:integrator:land-registry".into();
    event
}

#[tokio::test]
async fn a_handler_s_event_that_overtakes_the_forward_waits_for_it() {
    let world = World::new().await;
    let code = registered(&world).await;
    taken(&world, &transition_event("e2", "2026-11-16T04:00:00Z", &code, "receive"), 6)
        .await
        .unwrap();
    let payment = by_the_registry("e9", "2026-11-16T06:00:00Z", &code, "request-payment");
    for minutes in [60, 600] {
        let failure = taken(&world, &payment, minutes).await.unwrap_err();
        assert_eq!((failure.slug(), failure.retryable()), ("forbidden", Retry::PerhapsSoon));
    }
    forwarded(&world, &code).await;
    taken(&world, &payment, 601).await.unwrap();
    let dossier = world.dossier(&code).await;
    assert_eq!((dossier.version, dossier.status), (4, DossierStatus::PaymentRequested));
}

#[tokio::test]
async fn a_handler_s_events_that_waited_for_the_forward_are_decided_in_their_order() {
    let world = World::new().await;
    let code = registered(&world).await;
    taken(&world, &transition_event("e2", "2026-11-16T04:00:00Z", &code, "receive"), 6)
        .await
        .unwrap();
    let suspend = by_the_registry("e8", "2026-11-16T06:00:00Z", &code, "suspend");
    let back = by_the_registry("e9", "2026-11-16T07:00:00Z", &code, "send-back");
    for event in [&suspend, &back] {
        taken(&world, event, 60).await.unwrap_err();
    }
    forwarded(&world, &code).await;
    assert!(matches!(taken(&world, &back, 61).await, Err(Failure::HeldBack(_))));
    taken(&world, &suspend, 62).await.unwrap();
    taken(&world, &back, 63).await.unwrap();
    let actions: Vec<Action> =
        world.dossier(&code).await.history.iter().map(|entry| entry.action).collect();
    assert_eq!(actions[3..], [Action::Suspend, Action::SendBack]);
}

#[tokio::test]
async fn who_waits_for_a_forward_keeps_no_event_of_the_owner() {
    let world = World::new().await;
    let code = registered(&world).await;
    let payment = by_the_registry("e9", "2026-11-16T03:30:00Z", &code, "request-payment");
    taken(&world, &payment, 6).await.unwrap_err();
    taken(&world, &transition_event("e2", "2026-11-16T04:00:00Z", &code, "receive"), 6)
        .await
        .unwrap();
    // The time of the forward is past its own: it is out of order for good.
    forwarded(&world, &code).await;
    assert_eq!(taken(&world, &payment, 7).await.unwrap_err().slug(), "out-of-order");
}

#[tokio::test]
async fn an_event_that_was_given_up_keeps_nobody_any_more() {
    let world = World::new().await;
    let code = registered(&world).await;
    let mistake = transition_event("e2", "2026-11-16T04:00:00Z", &code, "return-result");
    taken(&world, &mistake, 6).await.unwrap_err();
    // It was looked at last half a day ago.
    let receive = transition_event("e3", "2026-11-16T05:00:00Z", &code, "receive").to_string();
    let (held, later) =
        ((Holds::settling(SETTLE), SignedDuration::from_mins(6)), at("2026-11-17T14:00:00Z"));
    take(&receive, held, &world.dossiers, &world.intake, &world.catalogue, later).await.unwrap();
}

#[tokio::test]
async fn an_event_that_can_never_be_decided_keeps_those_after_it_for_three_hours_and_no_longer() {
    let world = World::new().await;
    let code = registered(&world).await;
    // It was never finished.
    let mistake = transition_event("e2", "2026-11-16T04:00:00Z", &code, "return-result");
    let receive = transition_event("e3", "2026-11-16T05:00:00Z", &code, "receive");
    assert_eq!(taken(&world, &mistake, 6).await.unwrap_err().slug(), "illegal-transition");
    assert!(matches!(taken(&world, &receive, 170).await, Err(Failure::HeldBack(_))));
    taken(&world, &receive, 180).await.unwrap();
}
