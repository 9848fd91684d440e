//! A calendar that is changed after dates were given: the morning gives them anew, once, and the
//! applicant is told. And years that the government has not decided: what is counted in them is
//! marked wherever it is shown.

use domain::dossier::Action;
use domain::notice::{Language, NoticeClass, Wording};
use platform::catalogue::{Texts, UndecidedYears, load};
use remind_deadline::{Order, Outcome, remind};
use serde_json::{Value, json};

use crate::support::call::{AGENCY, Call};
use crate::support::file;
use crate::support::world::{World, at};

/// The commune in which births are registered, in one working day.
const COMMUNE: &str = "H20.101";
/// 06:30 in Viet Nam on Friday 20 November 2026.
const MORNING: &str = "2026-11-19T23:30:00Z";

async fn morning(world: &World) -> Outcome {
    morning_at(world, MORNING).await
}

async fn morning_at(world: &World, when: &str) -> Outcome {
    remind(&Order::default(), &world.dossiers, &world.dossiers, &world.catalogue, at(when))
        .await
        .unwrap()
}

/// The shipped files as they were before 24 November 2026 became a day off.
fn before_the_decision() -> Texts {
    let mut calendar: Value = serde_json::from_str(&file("infra/data/calendar.json")).unwrap();
    calendar["years"]["2026"]["off"].as_array_mut().unwrap().retain(|day| day != "2026-11-24");
    Texts::built_in().with([("calendar.json".to_owned(), calendar.to_string())].into()).unwrap()
}

/// A dossier of four office hours that could not be settled on the day of its receipt, Wednesday 18
/// November, and was promised for the 24th by the calendar of before.
async fn received_before_the_decision(world: &mut World) -> String {
    let shipped = world.catalogue.clone();
    world.catalogue = before_the_decision().assemble(UndecidedYears::Refused).unwrap().into();
    let code =
        Call::submit("k").at_submit(&world.intake, world, at("2026-11-18T01:00:00Z")).await.code();
    let received = Call::transition(&code, "receive", 1).at_change(
        &world.dossiers,
        world,
        at("2026-11-18T01:10:00Z"),
    );
    assert_eq!(received.await.status, 200);
    let asked = Call::transition(&code, "process", 2).at_change(
        &world.dossiers,
        world,
        at("2026-11-18T01:20:00Z"),
    );
    assert_eq!(asked.await.status, 200);
    let letter = json!({
        "action": "apologise", "expectedVersion": 3, "reason": "Chờ xác minh.", "newDueOn": "2026-11-24",
    });
    world.catalogue =
        before_the_decision_with_late_letters().assemble(UndecidedYears::Refused).unwrap().into();
    let call = Call::transition(&code, "apologise", 3).body(&letter);
    let answer = call.at_change(&world.dossiers, world, at("2026-11-18T02:00:00Z")).await;
    assert_eq!(
        (answer.status, &answer.body["dueAt"]),
        (200, &json!("2026-11-24T10:00:00Z")),
        "{answer:?}"
    );
    world.catalogue = shipped;
    code
}

fn before_the_decision_with_late_letters() -> Texts {
    let mut rules: Value = serde_json::from_str(&file("infra/data/rules.json")).unwrap();
    for rule in rules["rules"].as_array_mut().unwrap() {
        rule["letterBound"]["late"] = "by-anybody".into();
    }
    before_the_decision().with([("rules.json".to_owned(), rules.to_string())].into()).unwrap()
}

#[tokio::test]
async fn the_morning_after_a_publication_gives_dates_anew_once_and_says_so() {
    let mut world = World::new().await;
    let code = received_before_the_decision(&mut world).await;
    let first = morning(&world).await;
    assert_eq!((first.redated, first.apologies, first.failed), (1, 0, 0));
    let dossier = world.dossier(&code).await;
    let entry = dossier.history.last().unwrap();
    assert_eq!(
        (entry.action, entry.version, dossier.due_at),
        (Action::Redate, 5, Some(at("2026-11-25T10:00:00Z")))
    );
    assert_eq!(
        (entry.by.role.name(), dossier.apologies()),
        ("system", 1),
        "the letter that there was, and no other"
    );
    // The worklist is ordered by the new date.
    let list = Call::new("GET /v1/dossiers")
        .officer(AGENCY)
        .query("status", "4")
        .query("dueBefore", "2026-11-26");
    let list = list.at_track(&world).await;
    assert_eq!(list.body["items"][0]["dueAt"], "2026-11-25T10:00:00Z");

    let again = morning(&world).await;
    assert_eq!((again.redated, again.failed), (0, 0));
    assert_eq!(world.dossier(&code).await, dossier);

    let templates = world.catalogue.templates();
    assert_eq!(templates.after(Action::Redate).unwrap().class, NoticeClass::Information);
    let notice = templates
        .compose(&dossier, entry, Wording::First, Language::Vi)
        .expect("the applicant is told");
    assert!(notice.sms.contains("25/11/2026") && !notice.sms.contains("xin loi"), "{}", notice.sms);
}

/// The shipped files with closed hours read the other way and pauses counted by dates.
fn with_corrected_rules() -> Texts {
    let mut calendar: Value = serde_json::from_str(&file("infra/data/calendar.json")).unwrap();
    calendar["hours"][0]["closedReceipt"] = "counted-next-day".into();
    let mut rules: Value = serde_json::from_str(&file("infra/data/rules.json")).unwrap();
    for rule in rules["rules"].as_array_mut().unwrap() {
        rule["pauses"]["count"] = "dates".into();
    }
    let changed = [
        ("calendar.json".to_owned(), calendar.to_string()),
        ("rules.json".to_owned(), rules.to_string()),
    ];
    Texts::built_in().with(changed.into()).unwrap()
}

// A birth that was registered on a Saturday: by the other reading it is due a day earlier.
#[tokio::test]
async fn the_morning_after_a_corrected_rule_moves_no_date_and_says_nothing() {
    let mut world = World::new().await;
    let mut body = crate::support::call::submission_for("1.001193");
    body["agency"] = COMMUNE.into();
    let saturday = at("2026-11-28T02:00:00Z");
    let receive = async |world: &World, key: &str| {
        let call = Call::submit(key).body(&body);
        let code = call.at_submit(&world.intake, world, saturday).await.code();
        let received = Call::transition(&code, "receive", 1).officer(COMMUNE).at_change(
            &world.dossiers,
            world,
            saturday,
        );
        assert_eq!(received.await.status, 200);
        code
    };
    let code = receive(&world, "before").await;
    world.catalogue = with_corrected_rules().assemble(UndecidedYears::Refused).unwrap().into();
    let after = receive(&world, "after").await;
    let (before, after) = (world.dossier(&code).await, world.dossier(&after).await);
    assert!(after.due_at < before.due_at, "or this would show nothing");
    let outcome = morning_at(&world, "2026-11-28T23:30:00Z").await;
    assert_eq!((outcome.redated, outcome.failed), (0, 0));
    assert_eq!(world.dossier(&code).await, before);
}

// The first morning after a deploy: what is stored is no date that this code would give.
#[tokio::test]
async fn the_morning_after_a_release_that_counts_otherwise_moves_no_date() {
    let mut world = World::new().await;
    let code = received_before_the_decision(&mut world).await;
    assert_eq!(morning(&world).await.redated, 1);
    let mut state = world.dossier(&code).await.into_state();
    let given = Some(at("2026-11-27T10:00:00Z"));
    state.due_at = given;
    state.history.last_mut().unwrap().due_at = given;
    let dossier = state.try_into().unwrap();
    crate::deadline::overwrite(&world, &dossier).await;
    let outcome = morning(&world).await;
    assert_eq!((outcome.redated, outcome.failed), (0, 0));
    assert_eq!(world.dossier(&code).await, dossier);
}

#[tokio::test]
async fn two_mornings_at_once_give_one_new_date() {
    let mut world = World::new().await;
    let code = received_before_the_decision(&mut world).await;
    let (one, other) = tokio::join!(morning(&world), morning(&world));
    assert_eq!((one.failed, other.failed), (0, 0));
    let history = world.dossier(&code).await.into_state().history;
    assert_eq!(history.iter().filter(|entry| entry.action == Action::Redate).count(), 1);
}

#[tokio::test]
async fn nobody_moves_a_date_through_a_door() {
    let mut world = World::new().await;
    let code = received_before_the_decision(&mut world).await;
    let call = Call::transition(&code, "redate", 4);
    let answer = call.at_change(&world.dossiers, &world, at(MORNING)).await;
    assert_eq!((answer.status, answer.problem()), (403, "forbidden"));
}

// Received on 31 December 2026 by a deployment that assumes what 2027 will be: the local stack.
#[tokio::test]
async fn a_date_in_a_year_that_is_not_decided_is_marked_wherever_it_is_shown() {
    let mut world = World::new().await;
    world.catalogue = load(UndecidedYears::Assumed).unwrap().into();
    let mut body = crate::support::call::submission_for("1.001193");
    body["agency"] = COMMUNE.into();
    let now = at("2026-12-31T02:00:00Z");
    let code = Call::submit("k").body(&body).at_submit(&world.intake, &world, now).await.code();
    let received = Call::transition(&code, "receive", 1)
        .officer(COMMUNE)
        .at_change(&world.dossiers, &world, now)
        .await;
    assert_eq!(
        (received.status, &received.body["dueProvisional"]),
        (200, &json!(true)),
        "{received:?}"
    );
    let ask = |route| Call::new(route).code(&code).officer(COMMUNE);
    let deadline = ask("GET /v1/dossiers/{code}/deadline").at_track_on(&world, now).await;
    assert_eq!(
        (deadline.status, &deadline.body["dueProvisional"]),
        (200, &json!(true)),
        "{deadline:?}"
    );
    let last = deadline.body["count"]["days"].as_array().unwrap().last().unwrap();
    assert_eq!(last["text"], "counted 1 of 1, by a provisional calendar");
    let history = ask("GET /v1/dossiers/{code}/history").at_track_on(&world, now).await;
    assert_eq!(history.body["dueProvisional"], true);
    let list = Call::new("GET /v1/dossiers").officer(COMMUNE).at_track_on(&world, now).await;
    assert_eq!(list.body["items"][0]["dueProvisional"], true);
    let case = ask("GET /v1/dossiers/{code}/case").at_case(&world, now).await;
    assert_eq!(crate::support::call::Answer::from(case).body["dueProvisional"], true);
    let receipt = ask("GET /v1/dossiers/{code}/forms/{form}").path("form", "01");
    let receipt = receipt.at_case(&world, now).await;
    assert!(format!("{:?}", receipt.body).contains("(tạm tính"), "{:?}", receipt.body);
    // What is due in this year is not.
    let before = Call::submit("other")
        .body(&body)
        .at_submit(&world.intake, &world, at("2026-12-29T02:00:00Z"))
        .await;
    let call = Call::transition(&before.code(), "receive", 1).officer(COMMUNE);
    let answer = call.at_change(&world.dossiers, &world, at("2026-12-29T02:00:00Z")).await;
    assert_eq!((answer.status, answer.body.get("dueProvisional")), (200, None));
}
