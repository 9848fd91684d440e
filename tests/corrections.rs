//! Corrections: what was written down wrong is set right for everything that follows, and what it
//! replaced is shown to officers alone.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::call::{AGENCY, Answer, CITIZEN, Call, submission};
use crate::support::teller::{accepted, changed, tell};
use crate::support::world::{NOW, Scripted, World, at};

/// To whom dossiers here are forwarded.
const HANDLER: &str = "H20.12";
/// The telephone of [`submission`], and the one that was meant.
const WRONG: &str = "+84912345678";
const RIGHT: &str = "+84912345687";

fn now() -> Timestamp {
    at(NOW)
}

async fn handed_in(world: &World) -> String {
    Call::submit("k").at_submit(&world.intake, world, now()).await.code()
}

/// The applicant of [`submission`] with this field.
fn applicant(field: &str, value: &str) -> Value {
    let mut applicant = submission()["applicant"].clone();
    applicant[field] = value.into();
    applicant
}

/// An officer's correction of the dossier's newest version.
async fn correction(world: &World, code: &str, fields: Value) -> Call {
    let version = world.dossier(code).await.version;
    let mut body = json!({ "action": "correct", "expectedVersion": version });
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    Call::transition(code, "correct", version).officer(AGENCY).body(&body)
}

async fn correct(world: &World, code: &str, fields: Value) -> Answer {
    correction(world, code, fields).await.at_change(&world.dossiers, world, now()).await
}

async fn act(world: &World, agency: &str, code: &str, action: &str) {
    let version = world.dossier(code).await.version;
    let mut body = json!({ "action": action, "expectedVersion": version });
    if action == "forward" {
        body["toAgency"] = HANDLER.into();
    }
    let call = Call::transition(code, action, version).officer(agency).body(&body);
    let answer = call.at_change(&world.dossiers, world, now()).await;
    assert_eq!(answer.status, 200, "{action}: {}", answer.body);
}

async fn case(world: &World, code: &str, who: impl FnOnce(Call) -> Call) -> Value {
    let call = who(Call::new("GET /v1/dossiers/{code}/case").code(code));
    Answer::from(call.at_case(world, now()).await).body
}

/// How many dossiers an officer finds by this telephone.
async fn found_by(world: &World, phone: &str) -> usize {
    let call = Call::new("POST /v1/search").officer(AGENCY).body(&json!({ "phone": phone }));
    let page = call.at_find(world, now()).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page.body["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn once_a_telephone_is_corrected_messages_go_to_the_right_one() {
    let world = World::new().await;
    let code = handed_in(&world).await;
    let gateways = Scripted::pair([accepted("m1"), accepted("m2")], [accepted("s1")]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    let answer = correct(&world, &code, json!({ "applicant": applicant("phone", RIGHT) })).await;
    assert_eq!((answer.status, &answer.body["status"]), (200, &json!(1)), "{}", answer.body);
    let later = "2026-11-17T09:00:00Z";
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 2).await, later).await.unwrap();
    assert_eq!(gateways.phones(), [WRONG, RIGHT]);
}

#[tokio::test]
async fn a_corrected_dossier_is_found_by_the_numbers_that_hold_and_by_no_others() {
    let world = World::new().await;
    let code = handed_in(&world).await;
    assert_eq!((found_by(&world, WRONG).await, found_by(&world, RIGHT).await), (1, 0));
    correct(&world, &code, json!({ "applicant": applicant("phone", RIGHT) })).await;
    assert_eq!((found_by(&world, WRONG).await, found_by(&world, RIGHT).await), (0, 1));
    let neighbour = "087199000001";
    correct(&world, &code, json!({ "applicant": applicant("idNumber", neighbour) })).await;
    for (citizen, has) in [(CITIZEN, 0), (neighbour, 1)] {
        let own = Call::new("GET /v1/me/dossiers").citizen(citizen).at_find(&world, now()).await;
        assert_eq!(own.body["items"].as_array().map(Vec::len), Some(has), "{citizen}");
    }
}

#[tokio::test]
async fn officers_see_what_was_replaced_and_the_applicants_side_what_holds() {
    let world = World::new().await;
    let code = handed_in(&world).await;
    let name = "Trần Thị Mẩu";
    correct(&world, &code, json!({ "applicant": applicant("fullName", name) })).await;
    let officers = case(&world, &code, |call| call.officer(AGENCY)).await;
    assert_eq!(officers["applicant"]["fullName"], name);
    let replaced = officers["corrected"].as_array().unwrap();
    assert_eq!((replaced.len(), &replaced[0]["version"]), (1, &json!(2)));
    assert_eq!(replaced[0]["applicant"]["fullName"], submission()["applicant"]["fullName"]);
    let theirs = case(&world, &code, |call| call.citizen(CITIZEN)).await;
    assert_eq!(
        (&theirs["applicant"]["fullName"], &theirs["corrected"]),
        (&json!(name), &Value::Null)
    );
}

#[tokio::test]
async fn a_former_handler_sees_the_applicant_as_they_were_written_down_then() {
    let world = World::new().await;
    let code = handed_in(&world).await;
    act(&world, AGENCY, &code, "receive").await;
    act(&world, AGENCY, &code, "forward").await;
    act(&world, HANDLER, &code, "hand-back").await;
    correct(&world, &code, json!({ "applicant": applicant("phone", RIGHT) })).await;
    let seen = case(&world, &code, |call| call.officer(HANDLER)).await;
    assert_eq!((&seen["applicant"]["phone"], &seen["corrected"]), (&json!(WRONG), &Value::Null));
}

#[tokio::test]
async fn a_citizen_sets_right_how_they_are_reached_and_asks_an_officer_for_the_rest() {
    let world = World::new().await;
    let code = handed_in(&world).await;
    let citizens = async |field: &str, value: &str| {
        let call = correction(&world, &code, json!({ "applicant": applicant(field, value) })).await;
        call.citizen(CITIZEN).at_change(&world.dossiers, &world, now()).await
    };
    assert_eq!(
        citizens("fullName", "Trần Văn Khác").await.broken(),
        ("applicant.fullName", "officer-corrects")
    );
    assert_eq!(
        citizens("idNumber", "087199000001").await.broken(),
        ("applicant.idNumber", "officer-corrects")
    );
    assert_eq!(citizens("phone", RIGHT).await.status, 200);
}

#[tokio::test]
async fn what_is_wrong_with_a_correction_is_named_field_by_field() {
    let world = World::new().await;
    let code = handed_in(&world).await;
    let nothing = correct(&world, &code, json!({})).await;
    assert_eq!((nothing.status, nothing.broken()), (400, ("applicant", "correction-owed")));
    let mut applicant = applicant("phone", "12");
    applicant["fullName"] = "".into();
    let fields = json!({ "applicant": applicant, "resultTo": { "address": "", "province": "8" } });
    let answer = correct(&world, &code, fields).await;
    let broken = answer.body["errors"].as_array().unwrap().iter();
    let broken: Vec<(&str, &str)> =
        broken.map(|it| (it["field"].as_str().unwrap(), it["rule"].as_str().unwrap())).collect();
    assert_eq!(
        broken,
        [
            ("applicant.fullName", "full-name"),
            ("applicant.phone", "mobile-phone"),
            ("resultTo.address", "length"),
            ("resultTo.province", "format"),
        ]
    );
    let of_another = Call::transition(&code, "receive", 1).officer(AGENCY).body(&json!({
        "action": "receive", "expectedVersion": 1, "resultTo": null,
    }));
    let answer = of_another.at_change(&world.dossiers, &world, now()).await;
    assert_eq!(answer.broken(), ("resultTo", "correct-only"));
    assert_eq!(world.dossier(&code).await.version, 1, "nothing was changed");
}

#[tokio::test]
async fn of_two_corrections_at_once_one_is_told_that_the_dossier_moved_on() {
    let world = World::new().await;
    let code = handed_in(&world).await;
    let one = correction(&world, &code, json!({ "applicant": applicant("phone", RIGHT) })).await;
    let name = json!({ "applicant": applicant("fullName", "Trần Thị Mẩu") });
    let other = correction(&world, &code, name).await.header("idempotency-key", "other");
    let (one, other) = tokio::join!(
        one.at_change(&world.dossiers, &world, now()),
        other.at_change(&world.dossiers, &world, now())
    );
    let mut answers = [one.status, other.status];
    answers.sort_unstable();
    assert_eq!(answers, [200, 409]);
    let dossier = world.dossier(&code).await;
    assert_eq!((dossier.version, dossier.corrected.len()), (2, 1));
}

#[tokio::test]
async fn the_same_correction_sent_twice_is_one() {
    let world = World::new().await;
    let code = handed_in(&world).await;
    let call = correction(&world, &code, json!({ "applicant": applicant("phone", RIGHT) })).await;
    for _ in 0..2 {
        let answer = call.clone().at_change(&world.dossiers, &world, now()).await;
        assert_eq!((answer.status, &answer.body["version"]), (200, &json!(2)));
    }
    assert_eq!(world.dossier(&code).await.version, 2);
}
