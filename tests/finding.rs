//! A person's dossiers: found by themselves with what is expected of them, and by an officer of the
//! agency that has them, who leaves a record of each.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::support::call::{AGENCY, Answer, CITIZEN, Call, submission};
use crate::support::log::Log;
use crate::support::world::{NOW, World, at};

/// Another citizen.
const NEIGHBOUR: &str = "087199000001";
/// The agency that dossiers here are forwarded to.
const HANDLER: &str = "H20.12";
/// An agency that has nothing to do with them.
const STRANGER: &str = "H20.09";
/// The telephone of [`submission`], as people write it.
const PHONE: &str = "091 234 5678";

fn minutes(after: i64) -> Timestamp {
    at(NOW) + SignedDuration::from_mins(after)
}

/// Hands in at the minute, with changes to the usual submission.
async fn handed_in(world: &World, minute: i64, change: impl FnOnce(&mut Value)) -> String {
    let mut body = submission();
    change(&mut body);
    let call = Call::submit(&format!("k{minute}")).body(&body);
    call.at_submit(&world.intake, world, minutes(minute)).await.code()
}

async fn act(world: &World, agency: &str, code: &str, (action, version): (&str, u64)) {
    let mut body =
        json!({ "action": action, "expectedVersion": version, "reason": "thiếu bản vẽ" });
    if action == "forward" {
        body["toAgency"] = HANDLER.into();
    }
    let call = Call::transition(code, action, version).officer(agency).body(&body);
    let answer = call.at_change(&world.dossiers, world, minutes(9)).await;
    assert_eq!(answer.status, 200, "{agency} {action}: {}", answer.body);
}

fn own() -> Call {
    Call::new("GET /v1/me/dossiers").citizen(CITIZEN)
}

fn search(body: &Value) -> Call {
    Call::new("POST /v1/search").officer(AGENCY).body(body)
}

fn by_number(number: &str) -> Value {
    json!({ "applicant": { "kind": "citizen", "idNumber": number } })
}

async fn answer(world: &World, call: Call) -> Answer {
    call.at_find(world, minutes(10)).await
}

/// The codes of a page.
fn codes(page: &Answer) -> Vec<&str> {
    assert_eq!(page.status, 200, "{}", page.body);
    let items = page.body["items"].as_array().unwrap();
    items.iter().map(|item| item["code"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn whoever_signed_in_lists_their_own_dossiers_the_newest_first_and_page_by_page() {
    let world = World::new().await;
    let mut handed = Vec::new();
    for minute in 0..5 {
        handed.push(handed_in(&world, minute, |_| {}).await);
        handed_in(&world, 10 + minute, |body| body["applicant"]["idNumber"] = NEIGHBOUR.into())
            .await;
    }
    handed.reverse();
    let (mut seen, mut call, mut pages) = (Vec::new(), own().query("limit", "2"), 0);
    loop {
        let page = answer(&world, call.clone()).await;
        seen.extend(codes(&page).into_iter().map(str::to_owned));
        pages += 1;
        let Some(cursor) = page.body["nextCursor"].as_str() else { break };
        call = call.query("cursor", cursor);
    }
    assert_eq!((seen, pages), (handed, 3));
}

#[tokio::test]
async fn the_list_says_how_far_each_is_and_what_is_expected_of_its_applicant() {
    let world = World::new().await;
    let code = handed_in(&world, 0, |_| {}).await;
    act(&world, AGENCY, &code, ("receive", 1)).await;
    let line = answer(&world, own()).await.body["items"][0].take();
    let procedure =
        world.catalogue.procedure(&"1.000382".parse().unwrap(), "2026-11-17".parse().unwrap());
    let agency = world.catalogue.agency(&AGENCY.parse().unwrap()).unwrap();
    let mut expected = json!({
        "code": code, "version": 2, "status": 2, "statusName": "Được tiếp nhận",
        "procedure": "1.000382", "procedureName": procedure.unwrap().name,
        "agency": AGENCY, "agencyName": agency.name_on("2026-11-17".parse().unwrap()),
        "submittedAt": NOW, "receivedAt": "2026-11-17T02:09:00Z", "dueAt": "2026-11-17T08:09:00Z",
    });
    assert_eq!(line, expected);
    act(&world, AGENCY, &code, ("request-supplement", 2)).await;
    expected["version"] = 3.into();
    expected["status"] = 5.into();
    expected["statusName"] = "Yêu cầu bổ sung giấy tờ".into();
    expected.as_object_mut().unwrap().remove("dueAt");
    expected["waitsFor"] = json!({
        "what": "documents", "since": "2026-11-17T02:09:00Z", "until": "2026-12-17",
        "reason": "thiếu bản vẽ",
    });
    assert_eq!(answer(&world, own()).await.body["items"][0], expected);
}

#[tokio::test]
async fn the_list_is_for_applicants_alone_and_a_business_has_its_own() {
    let world = World::new().await;
    handed_in(&world, 0, |_| {}).await;
    let firm = handed_in(&world, 1, |body| {
        body["applicant"]["kind"] = "business".into();
        body["applicant"]["idNumber"] = "1400123456-001".into();
    });
    let firm = firm.await;
    assert_eq!(codes(&answer(&world, own().citizen("1400123456-001")).await), [firm.as_str()]);
    assert_eq!(
        codes(&answer(&world, own().citizen("1400123456")).await),
        [""; 0],
        "the main house"
    );
    let others = [own().officer(AGENCY), own().portal(), own().administrator(), own().auditor()];
    for call in others {
        let refused = answer(&world, call).await;
        assert_eq!((refused.status, refused.problem()), (403, "forbidden"));
    }
    assert_eq!(answer(&world, own().nobody()).await.status, 401);
    assert_eq!(world.count("ReadsTable").await, 0, "one's own list shows no content");
}

#[tokio::test]
async fn a_cursor_of_somebody_else_shows_nothing_of_theirs() {
    let world = World::new().await;
    for minute in 0..3 {
        handed_in(&world, minute, |body| body["applicant"]["idNumber"] = NEIGHBOUR.into()).await;
    }
    let theirs = answer(&world, own().citizen(NEIGHBOUR).query("limit", "1")).await;
    let cursor = theirs.body["nextCursor"].as_str().unwrap();
    assert_eq!(codes(&answer(&world, own().query("cursor", cursor)).await), [""; 0]);
    let bad = answer(&world, own().query("cursor", "MXx8")).await;
    assert_eq!((bad.status, bad.broken()), (400, ("cursor", "cursor")));
}

#[tokio::test]
async fn an_officer_finds_by_number_or_telephone_what_their_agency_has_and_each_hit_is_recorded() {
    let world = World::new().await;
    let first = handed_in(&world, 0, |_| {}).await;
    // The same telephone for somebody else, as in a family.
    let second = handed_in(&world, 1, |body| {
        body["applicant"]["idNumber"] = NEIGHBOUR.into();
        body["applicant"]["fullName"] = "Lê Văn Thử".into();
    });
    let second = second.await;
    let found = answer(&world, search(&by_number("087 199 012 345")).id("r1")).await;
    assert_eq!(codes(&found), [first.as_str()]);
    let hit = &found.body["items"][0];
    assert_eq!(hit["applicant"], json!({ "kind": "citizen", "fullName": "Trần Thị Mẫu" }));
    let found = answer(&world, search(&json!({ "phone": PHONE })).id("r2")).await;
    assert_eq!(codes(&found), [second.as_str(), first.as_str()]);
    let reads = Call::new("GET /v1/dossiers/{code}/reads").code(&first).auditor();
    let reads = Answer::from(reads.at_case(&world, minutes(11)).await);
    let read = |request: &str| {
        json!({
            "at": "2026-11-17T02:10:00Z", "role": "officer", "agency": AGENCY, "what": "search",
            "reader": format!("officer@{AGENCY}"), "version": 1, "request": request,
        })
    };
    let mut items = reads.body["items"].as_array().unwrap().clone();
    items.sort_by_key(|item| item["request"].to_string());
    assert_eq!(items, [read("r1"), read("r2")]);
    assert_eq!(world.count("ReadsTable").await, 3, "one for each line that was shown");
}

#[tokio::test]
async fn a_search_ends_at_the_agency_and_follows_what_is_forwarded_to_it() {
    let world = World::new().await;
    let code = handed_in(&world, 0, |_| {}).await;
    let other = handed_in(&world, 1, |body| body["agency"] = STRANGER.into()).await;
    let by = |agency: &str| search(&by_number(CITIZEN)).officer(agency);
    assert_eq!(codes(&answer(&world, by(AGENCY)).await), [code.as_str()]);
    assert_eq!(codes(&answer(&world, by(STRANGER)).await), [other.as_str()]);
    assert_eq!(codes(&answer(&world, by(HANDLER)).await), [""; 0]);
    act(&world, AGENCY, &code, ("receive", 1)).await;
    act(&world, AGENCY, &code, ("forward", 2)).await;
    assert_eq!(codes(&answer(&world, by(HANDLER)).await), [code.as_str()]);
    assert_eq!(codes(&answer(&world, by(AGENCY)).await), [code.as_str()]);
    act(&world, HANDLER, &code, ("hand-back", 3)).await;
    assert_eq!(codes(&answer(&world, by(HANDLER)).await), [""; 0]);
}

#[tokio::test]
async fn a_page_of_a_search_does_not_show_that_a_person_has_dossiers_elsewhere() {
    let world = World::new().await;
    let mut mine = Vec::new();
    for minute in 0..8 {
        if minute % 3 == 0 {
            mine.push(handed_in(&world, minute, |_| {}).await);
        } else {
            handed_in(&world, minute, |body| body["agency"] = STRANGER.into()).await;
        }
    }
    mine.reverse();
    let mut body = json!({ "phone": PHONE, "limit": 2 });
    let first = answer(&world, search(&body)).await;
    assert_eq!(codes(&first), mine[..2]);
    body["cursor"] = first.body["nextCursor"].clone();
    let second = answer(&world, search(&body)).await;
    assert_eq!(codes(&second), mine[2..]);
    assert_eq!(second.body.get("nextCursor"), None, "two older ones are another agency's");
}

#[tokio::test]
async fn a_search_is_for_officers_alone_and_is_of_one_person() {
    let world = World::new().await;
    handed_in(&world, 0, |_| {}).await;
    let body = by_number(CITIZEN);
    for call in [
        search(&body).citizen(CITIZEN),
        search(&body).portal(),
        search(&body).administrator(),
        search(&body).auditor(),
        search(&body).officer("H01.12"),
    ] {
        let refused = answer(&world, call).await;
        assert_eq!((refused.status, refused.problem()), (403, "forbidden"));
    }
    assert_eq!(answer(&world, search(&body).nobody()).await.status, 401);
    let mut both = body.clone();
    both["phone"] = PHONE.into();
    for (body, field, rule) in [
        (json!({}), "applicant", "one-person"),
        (both, "applicant", "one-person"),
        (by_number("12"), "applicant.idNumber", "citizen-id"),
        (json!({ "phone": "12" }), "phone", "mobile-phone"),
        (json!({ "phone": PHONE, "limit": 51 }), "limit", "range"),
        (json!({ "phone": PHONE, "limit": 0 }), "limit", "range"),
        (json!({ "phone": PHONE, "cursor": "MXx8" }), "cursor", "cursor"),
        (json!({ "fullName": "Trần" }), "fullName", "unknown-field"),
    ] {
        let refused = answer(&world, search(&body)).await;
        assert_eq!((refused.status, refused.broken()), (400, (field, rule)), "{}", refused.body);
    }
    assert_eq!(world.count("ReadsTable").await, 0);
}

#[tokio::test]
async fn what_cannot_be_recorded_is_not_shown() {
    let world = World::new().await;
    handed_in(&world, 0, |_| {}).await;
    world.client.delete_table().table_name("ReadsTable").send().await.unwrap();
    let refused = answer(&world, search(&by_number(CITIZEN))).await;
    assert_eq!((refused.status, refused.problem()), (503, "unavailable"));
    assert!(!refused.body.to_string().contains("Trần"), "{}", refused.body);
    assert_eq!(codes(&answer(&world, search(&by_number(NEIGHBOUR))).await), [""; 0], "no hit");
}

#[tokio::test]
async fn no_number_leaves_in_a_line_a_record_a_cursor_or_an_index() {
    let world = World::new().await;
    for minute in 0..2 {
        handed_in(&world, minute, |_| {}).await;
    }
    let log = Log::kept();
    let mut written = String::new();
    for body in [by_number(CITIZEN), json!({ "phone": PHONE, "limit": 1 })] {
        let found = answer(&world, search(&body)).await;
        assert_eq!(found.status, 200);
        written += &found.body.to_string();
    }
    written += &answer(&world, own().query("limit", "1")).await.body.to_string();
    written += &format!("{:?}", log.lines());
    let reads = world.client.scan().table_name("ReadsTable").send().await.unwrap();
    written += &format!("{:?}", reads.items.unwrap());
    for index in ["by-applicant", "by-phone"] {
        let rows = world.client.scan().table_name("DossiersTable").index_name(index);
        let rows = rows.send().await.unwrap().items.unwrap();
        assert_eq!(rows.len(), 2, "{index}");
        written += &format!("{rows:?}");
    }
    for number in [CITIZEN, "912345678"] {
        assert!(!written.contains(number), "{number} in {written}");
    }
}

#[tokio::test]
async fn a_change_of_status_does_not_touch_the_row_by_which_a_person_is_found() {
    let world = World::new().await;
    let code = handed_in(&world, 0, |_| {}).await;
    let row = || async {
        let rows = world.client.scan().table_name("DossiersTable").index_name("by-applicant");
        rows.send().await.unwrap().items.unwrap()
    };
    let before = row().await;
    act(&world, AGENCY, &code, ("receive", 1)).await;
    act(&world, AGENCY, &code, ("process", 2)).await;
    assert_eq!(row().await, before);
}
