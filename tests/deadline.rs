//! The morning: apologies, expired supplements, and what happens to the rest when one dossier
//! fails.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::calendar::date_of;
use domain::deadline::{Term, TermUnit};
use domain::dossier::{Action, Dossier, DossierStatus};
use domain::id::DossierCode;
use domain::notice::{Language, Wording};
use ingest_event::ingest;
use jiff::Timestamp;
use platform::port::DossierStore;
use remind_deadline::{Order, Outcome, remind};

use crate::support::call::{AGENCY, Call, submit_event, transition_event};
use crate::support::world::{Death, Mortal, World, at};

/// 06:30 in Viet Nam on Wednesday 18 November 2026.
const MORNING: &str = "2026-11-17T23:30:00Z";

/// Takes a dossier with a term of 4 office hours through `steps`, each an action and its time.
async fn happened(world: &World, number: u32, steps: &[(&str, &str)]) -> String {
    let day = steps[0].1[2..10].replace('-', "");
    let code = format!("{AGENCY}-{day}-{number}");
    for (place, (action, time)) in steps.iter().enumerate() {
        let id = format!("{number}-{place}");
        let event = if place == 0 {
            submit_event(&id, time, Some(&code))
        } else {
            transition_event(&id, time, &code, action)
        };
        let now = at(time);
        ingest(&event.to_string(), &world.dossiers, &world.intake, &world.catalogue, now)
            .await
            .unwrap();
    }
    code
}

async fn morning(world: &World, now: &str) -> Outcome {
    remind(&Order::default(), &world.dossiers, &world.dossiers, &world.catalogue, at(now))
        .await
        .unwrap()
}

/// What a run came to: due soon, overdue, apologies, expired, failed.
fn figures(outcome: &Outcome) -> [u64; 5] {
    [outcome.due_soon, outcome.overdue, outcome.apologies, outcome.expired, outcome.failed]
}

/// Gives a dossier in the table, received on a working day, the term that makes it due at `due`.
async fn due_at(world: &World, code: &str, due: &str) {
    let mut dossier = world.dossier(code).await.into_state();
    let due: Timestamp = at(due);
    let received = dossier.received_at.unwrap();
    let days =
        world.catalogue.calendar().working_days_between(date_of(received), date_of(due)).unwrap();
    let term = Term::new(days.try_into().unwrap(), TermUnit::WorkingDay).unwrap();
    for entry in &mut dossier.history {
        entry.due_at = entry.due_at.map(|_| due);
        entry.due_rule =
            entry.due_rule.as_ref().map(|_| term.rule(world.catalogue.law(), received));
    }
    (dossier.term, dossier.due_at) = (Some(term), Some(due));
    overwrite(world, &dossier.try_into().unwrap()).await;
}

pub(crate) async fn overwrite(world: &World, dossier: &Dossier) {
    let item = serde_dynamo::to_item(platform::record::DossierRecord::from(dossier)).unwrap();
    world.client.put_item().table_name("DossiersTable").set_item(Some(item)).send().await.unwrap();
}

/// Received on Monday 16 November and due at the close of `due`.
async fn in_process(world: &World, number: u32, due: &str) -> String {
    let steps = [
        ("", "2026-11-16T01:00:00Z"),
        ("receive", "2026-11-16T01:10:00Z"),
        ("process", "2026-11-16T01:20:00Z"),
    ];
    let code = happened(world, number, &steps).await;
    due_at(world, &code, &format!("{due}T10:00:00Z")).await;
    code
}

#[tokio::test]
async fn a_dossier_that_is_due_tomorrow_gets_one_apology_with_reason_and_new_date() {
    let world = World::new().await;
    let code = in_process(&world, 9001, "2026-11-19").await;
    in_process(&world, 9002, "2026-11-20").await;
    assert_eq!(figures(&morning(&world, MORNING).await), [1, 0, 1, 0, 0]);
    let dossier = world.dossier(&code).await;
    let letter = dossier.history.last().unwrap();
    assert_eq!(
        (letter.action, letter.status, letter.version),
        (Action::Apologise, DossierStatus::Processing, 4)
    );
    assert_eq!((letter.by.role.name(), letter.by.id.as_str()), ("system", "remind-deadline"));
    assert!(letter.reason.as_deref().is_some_and(|reason| reason.contains("xin lỗi")));
    // Three working days behind Thursday the 19th; the 24th is a holiday from 2026 on.
    assert_eq!(dossier.due_at, Some(at("2026-11-25T10:00:00Z")));
    assert_eq!(dossier.original_due_at, Some(at("2026-11-19T10:00:00Z")));

    let notice = world
        .catalogue
        .templates()
        .compose(&dossier, letter, Wording::First, Language::Vi)
        .expect("the applicant is told");
    assert_eq!(
        (notice.fields["date"].as_str(), notice.sms.contains("25/11/2026")),
        ("25/11/2026", true),
        "{}",
        notice.sms
    );
}

#[tokio::test]
async fn a_morning_lists_what_is_due_soon_and_overdue_by_agency_the_first_due_first() {
    let world = World::new().await;
    let later = in_process(&world, 9001, "2026-11-19").await;
    let sooner = in_process(&world, 9002, "2026-11-18").await;
    let missed = in_process(&world, 9003, "2026-11-17").await;
    in_process(&world, 9004, "2026-12-01").await;
    let outcome = morning(&world, MORNING).await;
    let listed: Vec<(&str, Vec<String>, Vec<String>)> = outcome
        .by_agency
        .iter()
        .map(|(agency, listed)| {
            let codes = |list: &[DossierCode]| -> Vec<String> {
                list.iter().map(ToString::to_string).collect()
            };
            (agency.as_str(), codes(&listed.due_soon), codes(&listed.overdue))
        })
        .collect();
    assert_eq!(listed, [(AGENCY, vec![sooner, later], vec![missed])]);
}

#[tokio::test]
async fn a_second_run_and_a_second_morning_change_nothing() {
    let world = World::new().await;
    let code = in_process(&world, 9001, "2026-11-19").await;
    morning(&world, MORNING).await;
    let first = world.dossier(&code).await;
    for (now, found) in [
        (MORNING, [0, 0, 0, 0, 0]),
        ("2026-11-18T23:30:00Z", [0, 0, 0, 0, 0]),
        // Near the promised date, and past it: a second letter is not owed.
        ("2026-11-22T23:30:00Z", [1, 0, 0, 0, 0]),
        ("2026-11-25T23:30:00Z", [0, 1, 0, 0, 0]),
    ] {
        assert_eq!(figures(&morning(&world, now).await), found, "{now}");
    }
    assert_eq!(world.dossier(&code).await, first);
}

#[tokio::test]
async fn two_runs_at_once_write_one_letter() {
    let world = World::new().await;
    let code = in_process(&world, 9001, "2026-11-19").await;
    let (one, other) = tokio::join!(morning(&world, MORNING), morning(&world, MORNING));
    assert_eq!((one.failed, other.failed), (0, 0));
    assert_eq!(world.dossier(&code).await.apologies(), 1);
}

#[tokio::test]
async fn a_run_that_dies_around_its_write_is_made_up_for_by_the_next_one() {
    for (death, apologies_later) in [(Death::Before, 1), (Death::After, 0)] {
        let world = World::new().await;
        let code = in_process(&world, 9001, "2026-11-19").await;
        let store = Mortal::new(world.dossiers.clone(), death);
        let run = async || {
            let order = Order::default();
            remind(&order, &world.dossiers, &store, &world.catalogue, at(MORNING)).await.unwrap()
        };
        let died = run().await;
        assert_eq!((died.apologies, died.failed), (0, 1));
        store.revive();
        let again = run().await;
        assert_eq!((again.apologies, again.failed), (apologies_later, 0));
        assert_eq!(world.dossier(&code).await.apologies(), 1);
    }
}

#[tokio::test]
async fn an_overdue_dossier_without_an_apology_gets_one_that_promises_a_day_to_come() {
    let world = World::new().await;
    let code = in_process(&world, 9001, "2026-11-17").await;
    assert_eq!(figures(&morning(&world, "2026-11-29T23:30:00Z").await), [0, 1, 1, 0, 0]);
    // The letter is of Monday 30 November.
    assert_eq!(world.dossier(&code).await.due_at, Some(at("2026-12-03T10:00:00Z")));
}

#[tokio::test]
async fn an_officer_who_wrote_the_letter_before_is_not_overruled() {
    let world = World::new().await;
    let code = in_process(&world, 9001, "2026-11-19").await;
    let body = serde_json::json!({
        "action": "apologise", "expectedVersion": 3, "reason": "Chờ kết quả kiểm nghiệm.", "newDueOn": "2026-12-01",
    });
    let letter = Call::transition(&code, "apologise", 3).body(&body);
    let answer = letter.at_change(&world.dossiers, &world, at("2026-11-17T08:00:00Z")).await;
    assert_eq!((answer.status, answer.body["dueAt"].as_str()), (200, Some("2026-12-01T10:00:00Z")));
    assert_eq!(figures(&morning(&world, MORNING).await), [0, 0, 0, 0, 0]);
}

#[tokio::test]
async fn an_apology_by_event_needs_its_date_and_moves_the_due_date() {
    let world = World::new().await;
    let code = in_process(&world, 9001, "2026-11-19").await;
    let mut event = transition_event("letter", "2026-11-17T08:00:00Z", &code, "apologise");
    let take = async |event: &serde_json::Value| {
        let now = at("2026-11-17T08:00:00Z");
        ingest(&event.to_string(), &world.dossiers, &world.intake, &world.catalogue, now).await
    };
    assert_eq!(take(&event).await.unwrap_err().slug(), "invalid-request");
    event["data"]["newDueOn"] = "2026-11-25".into();
    take(&event).await.unwrap();
    take(&event).await.unwrap();
    let dossier = world.dossier(&code).await;
    assert_eq!((dossier.version, dossier.due_at), (4, Some(at("2026-11-25T10:00:00Z"))));
}

#[tokio::test]
async fn documents_that_never_came_close_the_dossier_and_no_other() {
    let world = World::new().await;
    let asked = |time: &'static str| [("", "2026-10-12T01:00:00Z"), ("request-supplement", time)];
    let expired = happened(&world, 9001, &asked("2026-10-16T01:00:00Z")).await;
    let waiting = happened(&world, 9002, &asked("2026-10-19T01:00:00Z")).await;
    assert_eq!(figures(&morning(&world, MORNING).await), [0, 0, 0, 1, 0]);
    assert_eq!(figures(&morning(&world, MORNING).await), [0, 0, 0, 0, 0]);
    let closed = world.dossier(&expired).await;
    let end = closed.history.last().unwrap();
    assert_eq!((closed.status, end.action), (DossierStatus::Refused, Action::RefuseExpired));
    assert!(
        end.reason.is_some() && world.catalogue.templates().after(Action::RefuseExpired).is_some()
    );
    assert_eq!(world.dossier(&waiting).await.status, DossierStatus::SupplementRequested);
}

#[tokio::test]
async fn one_broken_dossier_stops_no_other_and_the_run_is_repeated() {
    let world = World::new().await;
    let unreadable = in_process(&world, 9001, "2026-11-19").await;
    let full = in_process(&world, 9002, "2026-11-19").await;
    let sound = in_process(&world, 9003, "2026-11-19").await;
    let broken = world
        .client
        .update_item()
        .table_name("DossiersTable")
        .key("code", AttributeValue::S(unreadable));
    let broken = broken.update_expression("SET history = :nothing");
    broken
        .expression_attribute_values(":nothing", AttributeValue::S("?".to_owned()))
        .send()
        .await
        .unwrap();
    let mut dossier = world.dossier(&full).await.into_state();
    let last = dossier.history.last().unwrap().clone();
    while dossier.version < domain::dossier::VERSIONS_MAX {
        dossier.version += 1;
        dossier.history.push(domain::dossier::HistoryEntry {
            version: dossier.version,
            command: format!("step-{}", dossier.version).parse().unwrap(),
            ..last.clone()
        });
    }
    overwrite(&world, &dossier.try_into().unwrap()).await;
    let outcome = morning(&world, MORNING).await;
    assert_eq!(figures(&outcome), [2, 0, 1, 0, 2]);
    assert_eq!(world.dossier(&sound).await.apologies(), 1);
    // Lambda repeats what ends as an error, and a person is told in the end.
    assert_eq!(outcome.clone().settled().unwrap_err().slug(), "internal");
    assert!(Outcome { failed: 0, ..outcome }.settled().is_ok());
}

#[tokio::test]
async fn a_promise_in_a_year_without_a_calendar_fails_for_its_dossier_alone() {
    let world = World::new().await;
    in_process(&world, 9001, "2026-12-30").await;
    in_process(&world, 9002, "2026-12-28").await;
    // Tuesday 29 December: three working days on lie in 2027.
    assert_eq!(figures(&morning(&world, "2026-12-28T23:30:00Z").await), [1, 1, 0, 0, 2]);
    // The day before, the overdue one can still be promised the last day of the year.
    assert_eq!(figures(&morning(&world, "2026-12-27T23:30:00Z").await), [1, 0, 1, 0, 0]);
}

// Tết 2026 begins on Saturday 14 February for offices, on the 17th by the moon; they open again on
// Monday the 23rd.
#[tokio::test]
async fn at_one_minute_to_midnight_on_the_eve_of_tet_the_next_working_day_lies_a_week_ahead() {
    let world = World::new().await;
    let steps = [("", "2026-02-09T01:00:00Z"), ("receive", "2026-02-09T01:10:00Z")];
    let (soon, later) =
        (happened(&world, 9001, &steps).await, happened(&world, 9002, &steps).await);
    due_at(&world, &soon, "2026-02-23T10:00:00Z").await;
    due_at(&world, &later, "2026-02-24T10:00:00Z").await;
    let outcome = morning(&world, "2026-02-16T16:59:00Z").await;
    assert_eq!(
        (outcome.day.to_string().as_str(), figures(&outcome)),
        ("2026-02-16", [1, 0, 1, 0, 0])
    );
    assert_eq!(world.dossier(&soon).await.due_at, Some(at("2026-02-26T10:00:00Z")));
    // One minute later it is Tết, and nothing has come nearer.
    assert_eq!(figures(&morning(&world, "2026-02-16T17:00:00Z").await), [0, 0, 0, 0, 0]);
    assert_eq!(world.dossier(&later).await.apologies(), 0);
}

#[tokio::test]
async fn what_stands_still_or_has_no_date_is_left_alone() {
    let world = World::new().await;
    let stopped = [
        ("", "2026-11-16T01:00:00Z"),
        ("receive", "2026-11-16T01:10:00Z"),
        ("process", "2026-11-16T01:20:00Z"),
        ("suspend", "2026-11-16T01:30:00Z"),
    ];
    happened(&world, 9001, &stopped).await;
    happened(&world, 9002, &stopped[..1]).await;
    assert_eq!(figures(&morning(&world, MORNING).await), [0, 0, 0, 0, 0]);
}

#[tokio::test]
async fn a_morning_that_was_lost_can_be_made_up_for_and_one_to_come_cannot() {
    let world = World::new().await;
    let code = in_process(&world, 9001, "2026-11-19").await;
    let order = |day: &str| Order { day: Some(day.parse().unwrap()) };
    let now = at("2026-11-18T23:30:00Z");
    let outcome =
        remind(&order("2026-11-18"), &world.dossiers, &world.dossiers, &world.catalogue, now)
            .await
            .unwrap();
    assert_eq!(
        (outcome.day.to_string().as_str(), figures(&outcome)),
        ("2026-11-18", [1, 0, 1, 0, 0])
    );
    assert_eq!(world.dossier(&code).await.due_at, Some(at("2026-11-25T10:00:00Z")));
    let failure =
        remind(&order("2026-11-20"), &world.dossiers, &world.dossiers, &world.catalogue, now)
            .await
            .unwrap_err();
    assert_eq!(failure.slug(), "invalid-request");
}

#[tokio::test]
async fn nobody_comes_in_as_the_schedule() {
    let world = World::new().await;
    let code = in_process(&world, 9001, "2026-11-19").await;
    let claims = serde_json::json!({ "sub": "remind-deadline", "role": "system" });
    let answer = Call::transition(&code, "refuse-expired", 3).claims(claims);
    let answer = answer.at_change(&world.dossiers, &world, at(MORNING)).await;
    assert_eq!((answer.status, answer.problem()), (403, "forbidden"));
    let untouched: Option<Dossier> = world.dossiers.dossier(&code.parse().unwrap()).await.unwrap();
    assert_eq!(untouched.unwrap().version, 3);
}
