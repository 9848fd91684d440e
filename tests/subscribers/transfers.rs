//! Dossiers that a ministry's system has to process: offered by an entry, read by its signature,
//! answered by an event, and visible here until then.

use domain::catalogue::Catalogue;
use domain::delivery::TransferState;
use ingest_event::Desk;
use platform::Failure;
use platform::batch::Arrived;
use platform::message::TRANSFER;
use platform::national::Connected;
use platform::record::standing::EventState;
use reconcile_deliveries::{Order, Standing, reconcile};

use super::*;
use crate::support::call::{
    AGENCY, Answer, CITIZEN, SENDER, SOURCE, submit_event, transition_event,
};
use crate::support::desk::{desk, record_of};
use crate::support::judge::served;
use crate::support::world::Kept;

/// Another integrator, which has nothing to do with the agency.
const JUSTICE: &str = "urn:motcua:integrator:justice";

/// What is agreed with the system of these tests.
fn terms() -> Value {
    json!({
        "integrator": SOURCE, "acknowledgeWithinHours": 24,
        "stillHere": ["apologise", "return-result", "request-payment"],
    })
}

/// A province in which the webhook's system has to process the dossiers of its agency.
async fn processed(world: &World, hook: &Hook) -> National {
    told(world, hook, &json!({ "agencies": [AGENCY], "transfer": terms() })).await
}

/// What the system says of a dossier at `time`.
fn says(id: &str, code: &str, answer: &str, time: Timestamp) -> Value {
    let mut event = transition_event(id, &time.to_string(), code, "");
    event["type"] = TRANSFER.into();
    let reason = (answer != "taken").then_some("not-ours");
    let reference = (answer == "taken").then_some("CO-118");
    event["data"] = json!({ "answer": answer, "reason": reason, "reference": reference });
    event
}

/// Hears an event on the integrators' queue at `now`.
async fn heard(
    world: &World,
    law: &Catalogue,
    event: &Value,
    now: Timestamp,
) -> Result<(), Failure> {
    let queue = Kept::default();
    hears(&desk(world, &queue), law, event, now).await
}

async fn hears<L: DeliveryLedger>(
    desk: &Desk<
        '_,
        platform::dynamo::Dossiers,
        platform::dynamo::IntakeTable,
        L,
        platform::dynamo::EventTable,
        Kept,
        Kept,
    >,
    law: &Catalogue,
    event: &Value,
    now: Timestamp,
) -> Result<(), Failure> {
    let arrived = Arrived {
        body: event.to_string(),
        sender: Some(
            if event["source"] == SOURCE { SENDER } else { "AROAJUSTICERECORDS01X" }.into(),
        ),
        attributes: BTreeMap::new(),
        age: SignedDuration::ZERO,
    };
    desk.receive(&arrived, law, now).await
}

async fn state(national: &National, code: &str) -> TransferState {
    national.line_of(code, &hook_id()).await.transfer().expect("a transfer").state()
}

/// A dossier that was received, and of which the system was told.
async fn offered(world: &World, national: &National, key: &str) -> String {
    let code = with_moves(world, key, 1).await;
    taken(national, &messages(world, &code).await, after(10)).await;
    code
}

/// A request for the case or a document, signed by an integrator.
fn asks(world: &World, source: &str, code: &str, document: Option<&str>, now: Timestamp) -> Call {
    let name = source.rsplit(':').next().unwrap();
    let what = document.map_or("case".to_owned(), |id| format!("documents/{id}"));
    let route = document.map_or("case", |_| "documents/{id}");
    let call = Call::new(&format!("GET /v1/integrators/{{name}}/dossiers/{{code}}/{route}"));
    let call = call.nobody().code(code).path("name", name).path("id", document.unwrap_or(""));
    let (id, seconds) = (format!("{code}/{what}"), now.as_second());
    let signature = world.seal_key.secret(source, 1).sign(&id, seconds, b"");
    call.header("webhook-id", &id)
        .header("webhook-timestamp", &seconds.to_string())
        .header("webhook-signature", &signature)
}

async fn read(world: &World, national: &National, call: Call, now: Timestamp) -> Answer {
    call.at_case_by(&national.catalogue, world, now).await.into()
}

/// What an officer sees at a door of the dossier.
async fn seen(world: &World, national: &National, code: &str, door: &str, now: Timestamp) -> Value {
    let call = Call::new(&format!("GET /v1/dossiers/{{code}}/{door}")).code(code).officer(AGENCY);
    let answer: Answer = if door == "case" {
        read(world, national, call, now).await
    } else {
        let tables = (&world.dossiers, &world.notices, &world.deliveries);
        let law = &*national.catalogue;
        served(call.event(), |request| {
            track_dossier::handle(request, tables, &world.gate, law, now)
        })
        .await
        .into()
    };
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

/// How far the system was when a night compared it.
async fn night(world: &World, national: &National, now: Timestamp) -> (Standing, Vec<String>) {
    let hosts = WebhookHosts::read(Some(HOST)).unwrap();
    let connected =
        Connected { dvcqg: false, lgsp: false, vnpost: false, subscribers: Some(hosts) };
    let tables = (&world.dossiers, &world.deliveries, &world.office.feedback);
    let queue = Kept::default();
    let law = (&*national.catalogue, &connected);
    let outcome = reconcile(&Order::default(), tables, &queue, law, now).await.unwrap();
    let sent = queue.sent.lock().unwrap().iter().map(ToString::to_string).collect();
    (outcome.systems[&hook_id()].clone(), sent)
}

#[tokio::test]
async fn a_received_dossier_is_offered_read_taken_and_visible_until_then() {
    let world = World::new().await;
    let hook = Hook::new().await;
    let national = processed(&world, &hook).await;
    let code = with_moves(&world, "a", 0).await;
    taken(&national, &messages(&world, &code).await, after(1)).await;
    let early =
        read(&world, &national, asks(&world, SOURCE, &code, None, after(1)), after(1)).await;
    assert_eq!((early.status, early.problem()), (404, "dossier-not-found"), "not received yet");
    moves_on(&world, &code, after(5)).await;
    taken(&national, &messages(&world, &code).await, after(10)).await;
    let words: Vec<Value> =
        hook.posted().iter().map(|posted| posted.event()["data"]["transfer"].clone()).collect();
    assert_eq!(words, [Value::Null, json!("offered")]);
    let documented = Documents::read().schema("EntryEvent");
    for posted in hook.posted() {
        assert_eq!(fits(&documented, &posted.event()), Ok(()));
    }
    // Told of it, and no more.
    let deliveries = seen(&world, &national, &code, "deliveries", after(20)).await;
    let line = &deliveries["systems"][0];
    assert_eq!(
        (&deliveries["inStep"], &line["owed"], &line["acknowledged"]),
        (&json!(false), &json!(2), &json!(2))
    );
    let transfer = &line["transfer"];
    assert_eq!((&transfer["state"], &transfer["overdue"]), (&json!("offered"), &json!(false)));
    // It reads the case with its proof, and the applicant sees that it did.
    let case =
        read(&world, &national, asks(&world, SOURCE, &code, None, after(30)), after(30)).await;
    assert_eq!(case.status, 200, "{}", case.body);
    assert_eq!(case.body["applicant"]["idNumber"], CITIZEN);
    assert!(case.body.get("transfers").is_none(), "for officers");
    let reads = Call::new("GET /v1/dossiers/{code}/reads").code(&code).citizen(CITIZEN);
    let reads = read(&world, &national, reads, after(31)).await;
    assert_eq!(
        (&reads.body["items"][0]["role"], &reads.body["items"][0]["what"]),
        (&json!("integrator"), &json!("case"))
    );
    // It says that it has it: twice, and it is one.
    let event = says("t1", &code, "taken", after(40));
    for _ in 0..2 {
        heard(&world, &national.catalogue, &event, after(50)).await.unwrap();
    }
    let applied = record_of(&world, SOURCE, "t1").await.unwrap().state;
    assert!(matches!(applied, EventState::Applied { version: 2, .. }), "{applied:?}");
    let deliveries = seen(&world, &national, &code, "deliveries", after(60)).await;
    assert_eq!(deliveries["inStep"], true);
    assert_eq!(deliveries["systems"][0]["transfer"]["reference"], "CO-118");
    // The officer sees who has it, and what of their moves is agreed to stay here.
    let case = seen(&world, &national, &code, "case", after(60)).await;
    let transfer = &case["transfers"][0];
    assert_eq!((&transfer["system"], &transfer["state"]), (&json!("hook"), &json!("taken")));
    assert_eq!(
        transfer["stillHere"],
        json!(["apologise", "request-payment"]),
        "it is not finished"
    );
    assert_eq!(world.dossier(&code).await.version, 2, "no move of it");
}

#[tokio::test]
async fn a_case_is_read_by_whose_dossier_it_is_alone_and_as_long_as_it_is() {
    let world = World::new().await;
    let hook = Hook::new().await;
    let national = processed(&world, &hook).await;
    let code = offered(&world, &national, "a").await;
    let own = asks(&world, SOURCE, &code, None, after(20));
    let document = asks(&world, SOURCE, &code, Some("5f0e1d2c3b4a59687766554433221100"), after(20));
    for (what, call, status) in [
        ("its own", own.clone(), 200),
        ("no document of it", document.clone(), 404),
        ("another's signature", own.clone().path("name", "justice"), 401),
        ("nobody's name", own.clone().path("name", "nobody"), 401),
        ("another integrator", asks(&world, JUSTICE, &code, None, after(20)), 404),
        ("no signature", own.clone().without_header("webhook-signature"), 401),
        ("another dossier", own.clone().path("code", "H20.03-261117-0099"), 401),
        ("no dossier", asks(&world, SOURCE, "H20.03-261117-0099", None, after(20)), 404),
        ("no code", asks(&world, SOURCE, "x", None, after(20)), 400),
        ("five minutes ago", asks(&world, SOURCE, &code, None, after(-281)), 401),
        ("a parameter", own.clone().query("all", "1"), 400),
    ] {
        let answer = read(&world, &national, call, after(20)).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.body);
    }
    let crossed = document.header("webhook-id", &format!("{code}/case"));
    assert_eq!(read(&world, &national, crossed, after(20)).await.status, 401);
    // Whoever has a token has other doors.
    let tokened = own.clone().officer(AGENCY).without_header("webhook-signature");
    assert_eq!(read(&world, &national, tokened, after(20)).await.status, 401);
    // Refused, taken after all, given back.
    for (place, (answer, status)) in
        [("refused", 404), ("taken", 200), ("given-back", 404)].into_iter().enumerate()
    {
        let time = after(30 + i64::try_from(place).unwrap());
        let event = says(&format!("t{place}"), &code, answer, time);
        heard(&world, &national.catalogue, &event, after(60)).await.unwrap();
        let call = asks(&world, SOURCE, &code, None, after(60));
        assert_eq!(read(&world, &national, call, after(60)).await.status, status, "{answer}");
    }
}

#[tokio::test]
async fn a_dossier_that_is_withdrawn_in_flight_is_over_at_once_and_the_system_hears_of_it() {
    let world = World::new().await;
    let hook = Hook::new().await;
    let national = processed(&world, &hook).await;
    let code = offered(&world, &national, "a").await;
    let call = Call::transition(&code, "withdraw", 2).citizen(CITIZEN);
    assert_eq!(call.at_change(&world.dossiers, &world, after(20)).await.status, 200);
    // Before the relay has said so to anybody.
    let call = asks(&world, SOURCE, &code, None, after(21));
    assert_eq!(read(&world, &national, call, after(21)).await.status, 404);
    // Its answer was on its way.
    let event = says("t1", &code, "taken", after(19));
    heard(&world, &national.catalogue, &event, after(22)).await.unwrap();
    taken(&national, &messages(&world, &code).await, after(30)).await;
    assert_eq!(hook.posted().last().unwrap().event()["data"]["transfer"], "over");
    assert_eq!(state(&national, &code).await, TransferState::Over);
    let line = national.line_of(&code, &hook_id()).await;
    assert!(line.is_in_step() && line.due_at().is_none(), "nobody is called for it");
}

#[tokio::test]
async fn an_answer_that_is_faster_than_the_relay_counts_and_one_that_is_too_early_waits() {
    let world = World::new().await;
    let hook = Hook::new().await;
    let national = processed(&world, &hook).await;
    let law = &national.catalogue;
    let code = with_moves(&world, "a", 0).await;
    let event = says("t1", &code, "taken", after(8));
    let waits = heard(&world, law, &event, after(9)).await.unwrap_err();
    assert!(matches!(waits, Failure::NotForwarded), "it may still be received: {waits}");
    moves_on(&world, &code, after(7)).await;
    heard(&world, law, &event, after(10)).await.unwrap();
    assert_eq!(state(&national, &code).await, TransferState::Taken);
    // And the relay, when it comes, brings what is owed and offers nothing again.
    taken(&national, &messages(&world, &code).await, after(20)).await;
    assert_eq!(hook.ids(), ids(&code, 1..=2));
    assert_eq!(state(&national, &code).await, TransferState::Taken);
    assert!(national.line_of(&code, &hook_id()).await.is_in_step());
}

#[tokio::test]
async fn answers_in_any_order_twice_and_two_at_once_end_in_the_same() {
    let world = World::new().await;
    let hook = Hook::new().await;
    let national = processed(&world, &hook).await;
    let law = &national.catalogue;
    let code = offered(&world, &national, "a").await;
    let (taken_it, gives_back) =
        (says("t1", &code, "taken", after(20)), says("t2", &code, "given-back", after(30)));
    for event in [&gives_back, &taken_it, &gives_back] {
        heard(&world, law, event, after(40)).await.unwrap();
    }
    let line = national.line_of(&code, &hook_id()).await;
    let transfer = line.transfer().unwrap();
    assert_eq!(
        (transfer.state(), transfer.taken_at()),
        (TransferState::GivenBack, Some(after(20)))
    );
    assert!(line.is_in_step(), "the agency processes it");
    let other = offered(&world, &national, "b").await;
    let (one, two) =
        (says("t3", &other, "taken", after(20)), says("t4", &other, "taken", after(21)));
    let bodies = messages(&world, &other).await;
    let (first, second, third) = tokio::join!(
        heard(&world, law, &one, after(40)),
        heard(&world, law, &two, after(40)),
        national.sync(&bodies, after(40)),
    );
    assert!(first.is_ok() && second.is_ok() && third.iter().all(Result::is_ok));
    assert_eq!(state(&national, &other).await, TransferState::Taken);
}

#[tokio::test]
async fn nobody_answers_for_a_dossier_that_is_not_theirs() {
    let world = World::new().await;
    let hook = Hook::new().await;
    let national = processed(&world, &hook).await;
    let law = &national.catalogue;
    let code = offered(&world, &national, "a").await;
    let mut stranger = says("t1", &code, "taken", after(20));
    stranger["source"] = JUSTICE.into();
    assert_eq!(heard(&world, law, &stranger, after(20)).await.unwrap_err().slug(), "forbidden");
    let nobody = says("t2", "H20.03-261117-0099", "taken", after(20));
    assert_eq!(
        heard(&world, law, &nobody, after(20)).await.unwrap_err().slug(),
        "dossier-not-found"
    );
    let ahead = says("t3", &code, "taken", after(1_000));
    assert_eq!(heard(&world, law, &ahead, after(20)).await.unwrap_err().slug(), "invalid-request");
    // Of a dossier that ended before it was offered.
    let refused = with_moves(&world, "b", 0).await;
    let call = Call::transition(&refused, "refuse", 1);
    assert_eq!(call.at_change(&world.dossiers, &world, after(5)).await.status, 200);
    let over = says("t4", &refused, "taken", after(20));
    let Err(Failure::Invalid(broken)) = heard(&world, law, &over, after(20)).await else {
        panic!("it was never transferred");
    };
    assert_eq!((broken[0].field.as_str(), broken[0].rule.slug()), ("subject", "transferred"));
    // Without its form, everything is named at once.
    let mut wrong = says("t5", &code, "refused", after(20));
    wrong["data"] = json!({ "answer": "refused", "reference": "số 7", "reason": "Nguyễn Văn A" });
    let Err(Failure::Invalid(broken)) = heard(&world, law, &wrong, after(20)).await else {
        panic!("a name is no code");
    };
    let named: Vec<_> = broken.iter().map(|one| (one.field.as_str(), one.rule.slug())).collect();
    assert_eq!(named, [("data.reference", "format"), ("data.reason", "format")]);
    assert_eq!(state(&national, &code).await, TransferState::Offered);
}

#[tokio::test]
async fn a_dossier_that_is_never_acknowledged_calls_people_once_a_day_and_is_told_again() {
    let world = World::new().await;
    let hook = Hook::new().await;
    let national = processed(&world, &hook).await;
    let code = offered(&world, &national, "a").await;
    hook.mend();
    let log = Log::kept();
    let day = 24 * 3_600;
    // Every ten minutes of two days and an hour.
    for minute in (0..49 * 60).step_by(10) {
        national.minute(after(10 + 60 * minute)).await;
    }
    let called = log.of(LogLine::TransferOverdue);
    assert_eq!(called.len(), 2, "{called:?}");
    assert_eq!((&called[0]["system"], &called[0]["dossier"]), (&json!("hook"), &json!(code)));
    assert_eq!(hook.ids(), ids(&code, [2, 2]), "the entry that offers it, once a day");
    let line = seen(&world, &national, &code, "deliveries", after(2 * day)).await;
    assert_eq!(line["systems"][0]["transfer"]["overdue"], true);
    let (standing, _) = night(&world, &national, after(2 * day)).await;
    let open = standing.transfers.unwrap();
    assert_eq!((standing.changed, standing.in_step), (1, 0), "told of it is not in step");
    assert_eq!((open.offered, open.overdue, open.refused, standing.behind), (1, 1, 0, 0));
    // It has come after all.
    let event = says("t1", &code, "taken", after(2 * day + 7_000));
    heard(&world, &national.catalogue, &event, after(2 * day + 7_200)).await.unwrap();
    for hour in 0..30 {
        national.minute(after(2 * day + 7_200 + hour * 3_600)).await;
    }
    assert_eq!(log.of(LogLine::TransferOverdue).len(), 2);
    let (standing, _) = night(&world, &national, after(4 * day)).await;
    assert_eq!((standing.in_step, standing.transfers.unwrap()), (1, Default::default()));
}

#[tokio::test]
async fn a_refusal_is_said_at_once_and_daily_and_what_completes_the_dossier_offers_it_again() {
    let world = World::new().await;
    let hook = Hook::new().await;
    let national = processed(&world, &hook).await;
    let code = offered(&world, &national, "a").await;
    let log = Log::kept();
    let event = says("t1", &code, "refused", after(20));
    heard(&world, &national.catalogue, &event, after(30)).await.unwrap();
    heard(&world, &national.catalogue, &event, after(31)).await.unwrap();
    assert_eq!(log.of(LogLine::TransferRefused).len(), 1);
    let day = 24 * 3_600;
    national.minute(after(20 + day)).await;
    assert_eq!(log.of(LogLine::TransferOverdue)[0]["state"], "Refused");
    let (standing, _) = night(&world, &national, after(day)).await;
    assert_eq!(standing.transfers.unwrap().refused, 1);
    let case = seen(&world, &national, &code, "case", after(40)).await;
    assert_eq!(case["transfers"][0]["reason"], "not-ours");
    for (action, version) in [("request-supplement", 2), ("supplement", 3)] {
        let call = Call::transition(&code, action, version);
        assert_eq!(
            call.at_change(&world.dossiers, &world, after(50)).await.status,
            200,
            "{action}"
        );
    }
    taken(&national, &messages(&world, &code).await, after(60)).await;
    assert_eq!(state(&national, &code).await, TransferState::Offered);
    assert_eq!(hook.posted().last().unwrap().event()["data"]["transfer"], "offered");
}

#[tokio::test]
async fn a_dossier_that_is_forwarded_is_over_and_its_return_offers_it_anew() {
    let world = World::new().await;
    let hook = Hook::new().await;
    let national = processed(&world, &hook).await;
    let code = offered(&world, &national, "a").await;
    let event = says("t1", &code, "taken", after(20));
    heard(&world, &national.catalogue, &event, after(21)).await.unwrap();
    let body = json!({ "action": "forward", "expectedVersion": 2, "toAgency": "H20.12" });
    let call = Call::transition(&code, "forward", 2).body(&body);
    assert_eq!(call.at_change(&world.dossiers, &world, after(30)).await.status, 200);
    taken(&national, &messages(&world, &code).await, after(40)).await;
    assert_eq!(state(&national, &code).await, TransferState::Over);
    let call = asks(&world, SOURCE, &code, None, after(41));
    assert_eq!(read(&world, &national, call, after(41)).await.status, 404, "another has it");
    let call = Call::transition(&code, "hand-back", 3).officer("H20.12");
    assert_eq!(call.at_change(&world.dossiers, &world, after(50)).await.status, 200);
    taken(&national, &messages(&world, &code).await, after(60)).await;
    assert_eq!(state(&national, &code).await, TransferState::Offered);
    let words: Vec<Value> =
        hook.posted().iter().map(|posted| posted.event()["data"]["transfer"].clone()).collect();
    assert_eq!(words, [json!(null), json!("offered"), json!("over"), json!("offered")]);
}

#[tokio::test]
async fn a_process_that_dies_on_its_way_loses_neither_the_offer_nor_the_answer() {
    for after_the_write in [false, true] {
        let world = World::new().await;
        let hook = Hook::new().await;
        let national = processed(&world, &hook).await;
        let code = with_moves(&world, "a", 1).await;
        let all = messages(&world, &code).await;
        let ledger = Mortal::new(&national.ledger, after_the_write);
        let ends = national.sync_over(&world.dossiers, &ledger, &all, after(10)).await;
        assert!(ends.iter().any(Result::is_err));
        taken(&national, &all, after(20)).await;
        if let Some(due) = national.line_of(&code, &hook_id()).await.due_at() {
            national.minute(due).await;
        }
        assert_eq!(state(&national, &code).await, TransferState::Offered);
        let queue = Kept::default();
        let Desk { store, intake, feedback, records, replies, key, holds, .. } =
            desk(&world, &queue);
        let ledger = Mortal::new(&national.ledger, after_the_write);
        let (ledger, queue) = (&ledger, &queue);
        let mortal = Desk { store, intake, ledger, feedback, records, queue, replies, key, holds };
        let event = says("t1", &code, "taken", after(30));
        let died = hears(&mortal, &national.catalogue, &event, after(40)).await.unwrap_err();
        assert_eq!(died.retryable(), platform::failure::Retry::Yes, "{died}");
        heard(&world, &national.catalogue, &event, after(50)).await.unwrap();
        assert_eq!(state(&national, &code).await, TransferState::Taken);
    }
}

#[tokio::test]
async fn a_row_that_is_new_has_the_night_offer_what_was_received_before_it() {
    let world = World::new().await;
    let hook = Hook::new().await;
    let mut national = told(&world, &hook, &json!({ "agencies": [AGENCY] })).await;
    let code = offered(&world, &national, "a").await;
    assert!(national.line_of(&code, &hook_id()).await.transfer().is_none(), "it has only to know");
    national.catalogue = with(vec![row(&json!({ "agencies": [AGENCY], "transfer": terms() }))]);
    let day = 24 * 3_600;
    let (standing, sent) = night(&world, &national, after(day)).await;
    assert_eq!((standing.in_step, standing.unknown, sent.len()), (0, 1, 1));
    taken(&national, &sent, after(day + 60)).await;
    let line = national.line_of(&code, &hook_id()).await;
    let transfer = line.transfer().unwrap();
    assert_eq!(transfer.state(), TransferState::Offered);
    assert_eq!(transfer.until(), after(2 * day + 60), "the time is counted from the offer");
    // Of a row that is not connected any more officers see nothing open.
    let fields = json!({ "agencies": [AGENCY], "transfer": terms(), "connected": false });
    national.catalogue = with(vec![row(&fields)]);
    let shown = seen(&world, &national, &code, "deliveries", after(2 * day)).await;
    assert_eq!(shown["inStep"], true);
    assert_eq!(shown["systems"][0]["transfer"]["state"], "over");
    // And a row that no longer has it processed ends it, when its time comes.
    national.catalogue = with(vec![row(&json!({ "agencies": [AGENCY] }))]);
    national.minute(after(2 * day + 60)).await;
    assert_eq!(state(&national, &code).await, TransferState::Over);
}

#[tokio::test]
async fn a_system_whose_own_answer_takes_the_dossier_needs_no_event() {
    let world = World::new().await;
    let hook = Hook::new().await;
    let by_answer = json!({
        "integrator": SOURCE, "acknowledgeWithinHours": 1, "acknowledgedBy": "answer",
    });
    let fields = json!({ "agencies": [AGENCY], "transfer": by_answer });
    let national = told(&world, &hook, &fields).await;
    hook.answers(|_| Some("503 Service Unavailable"));
    let code = offered(&world, &national, "a").await;
    assert_eq!(state(&national, &code).await, TransferState::Offered);
    hook.mend();
    national.minute(after(600)).await;
    assert_eq!(state(&national, &code).await, TransferState::Taken);
}

#[tokio::test]
async fn an_integrator_that_hands_in_and_receives_what_it_processes_itself_may_say_so_at_once() {
    let world = World::new().await;
    let hook = Hook::new().await;
    let national = processed(&world, &hook).await;
    let code = "H20.03-261116-9001";
    let law = &national.catalogue;
    let submit = submit_event("e1", "2026-11-16T03:00:00Z", Some(code));
    let receive = transition_event("e2", "2026-11-16T03:00:01Z", code, "receive");
    let answers = says("e3", code, "taken", at("2026-11-16T03:00:02Z"));
    for event in [submit, receive, answers] {
        heard(&world, law, &event, at(NOW)).await.unwrap();
    }
    assert_eq!(state(&national, code).await, TransferState::Taken, "long before it was told");
}
