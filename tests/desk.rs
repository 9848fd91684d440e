//! An officer's desk: who holds which dossier, what each officer finds there, and who hears of it.

use std::collections::BTreeSet;

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use platform::message::{CloudEvent, DossierChanged};
use relay_changes::{Route, relay};
use serde_json::{Value, json};

use crate::redelivery::stream;
use crate::support::call::{AGENCY, Answer, CITIZEN, Call, with_outcome};
use crate::support::world::{Death, Kept, Mortal, NOW, World, at};

/// The agency that the dossiers here are forwarded to.
const HANDLER: &str = "H20.12";

async fn handed_in(world: &World, key: &str) -> String {
    Call::submit(key).at_submit(&world.intake, world, at(NOW)).await.code()
}

async fn change(world: &World, call: Call) -> Answer {
    call.at_change(&world.dossiers, world, at(NOW)).await
}

async fn act(world: &World, agency: &str, code: &str, (action, version): (&str, u64)) {
    let mut body =
        json!({ "action": action, "expectedVersion": version, "reason": "theo quy định" });
    if action == "forward" {
        body["toAgency"] = HANDLER.into();
    }
    let call = Call::transition(code, "", 0).officer(agency).body(&with_outcome(body));
    let answer = change(world, call).await;
    assert_eq!(answer.status, 200, "{agency} {action}: {}", answer.body);
}

/// An assignment by the officer `by` of the agency, of a dossier with these numbers.
async fn assign(
    world: &World,
    (agency, by): (&str, &str),
    (code, to): (&str, &str),
    seen: (u64, u64),
) -> Answer {
    change(world, Call::assignment(code, to, seen).account(agency, by)).await
}

/// Codes of the worklist with this query, as the officer sees it, over all of its pages.
async fn listed(world: &World, (agency, by): (&str, &str), query: &[(&str, &str)]) -> Vec<String> {
    let mut found = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut call = Call::new("GET /v1/dossiers").account(agency, by).query("limit", "2");
        for (name, value) in query {
            call = call.also(name, value);
        }
        if let Some(cursor) = &cursor {
            call = call.query("cursor", cursor);
        }
        let page = call.at_track(world).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let items = page.body["items"].as_array().unwrap();
        assert!(items.len() <= 2, "{}", page.body);
        found.extend(items.iter().map(|item| item["code"].as_str().unwrap().to_owned()));
        match page.body["nextCursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return found,
        }
    }
}

async fn case(world: &World, call: Call) -> Answer {
    call.at_case(world, at(NOW)).await.into()
}

fn case_of(code: &str) -> Call {
    Call::new("GET /v1/dossiers/{code}/case").code(code)
}

#[tokio::test]
async fn an_officers_day_from_taking_a_dossier_to_giving_it_back() {
    let world = World::new().await;
    let code = handed_in(&world, "k").await;
    let (an, binh) = ((AGENCY, "an"), (AGENCY, "binh"));
    assert_eq!(listed(&world, an, &[("assignee", "none")]).await, [code.as_str()]);
    let taken = assign(&world, an, (&code, "me"), (1, 0)).await;
    assert_eq!(
        (taken.status, taken.body),
        (200, json!({ "code": code, "version": 1, "assignment": 1, "holder": "an", "at": NOW }))
    );
    assert_eq!(listed(&world, an, &[("assignee", "me")]).await, [code.as_str()]);
    assert_eq!(listed(&world, binh, &[("assignee", "an")]).await, [code.as_str()]);
    for query in ["none", "binh"] {
        assert!(listed(&world, an, &[("assignee", query)]).await.is_empty(), "{query}");
    }
    // What is held is moved like anything else, by its holder or a colleague.
    act(&world, AGENCY, &code, ("receive", 1)).await;
    let mut seen = case(&world, case_of(&code).account(AGENCY, "binh")).await.body;
    let steps = seen["assignment"].as_object_mut().unwrap().remove("steps").unwrap();
    assert_eq!(seen["assignment"], json!({ "number": 1, "holder": "an", "since": NOW }));
    // What a desk needs for its list of steps, as the procedure has them.
    let first = json!({ "code": "verify", "name": "Thẩm tra hồ sơ", "by": "Phòng chuyên môn", "workingHours": 2 });
    assert_eq!((steps.as_array().unwrap().len(), &steps[0]), (2, &first));
    let next = seen["next"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(next, json!({ "action": "assign", "needs": ["assignee"] }));

    assert_eq!(assign(&world, an, (&code, "binh"), (2, 1)).await.status, 200);
    assert_eq!(listed(&world, binh, &[("assignee", "me")]).await, [code.as_str()]);
    let back = assign(&world, binh, (&code, "none"), (2, 2)).await;
    assert_eq!((back.status, &back.body["holder"]), (200, &Value::Null));
    assert!(listed(&world, binh, &[("assignee", "me")]).await.is_empty());
    assert_eq!(listed(&world, an, &[("assignee", "none"), ("status", "2")]).await, [code.as_str()]);

    let history = Call::new("GET /v1/dossiers/{code}/history").code(&code);
    let list = history.clone().officer(AGENCY).at_track(&world).await.body["assignments"].take();
    let entry = |number: u64, version: u64, by: &str, holder: Option<&str>| {
        let mut entry =
            json!({ "number": number, "version": version, "at": NOW, "agency": AGENCY, "by": by });
        if let Some(holder) = holder {
            entry["holder"] = holder.into();
        }
        entry
    };
    let expected =
        [entry(1, 1, "an", Some("an")), entry(2, 2, "an", Some("binh")), entry(3, 2, "binh", None)];
    assert_eq!(list, json!(expected));
}

#[tokio::test]
async fn no_applicant_and_no_other_agency_is_told_in_whose_hands_a_dossier_is() {
    let world = World::new().await;
    let code = handed_in(&world, "k").await;
    act(&world, AGENCY, &code, ("receive", 1)).await;
    assert_eq!(assign(&world, (AGENCY, "an"), (&code, "me"), (2, 0)).await.status, 200);
    act(&world, AGENCY, &code, ("forward", 2)).await;
    assert_eq!(assign(&world, (HANDLER, "chi"), (&code, "me"), (3, 1)).await.status, 200);
    let history = |call: Call| call.code(&code).at_track(&world);
    let history_route = || Call::new("GET /v1/dossiers/{code}/history");
    for (call, sees) in [
        (history_route().citizen(CITIZEN), json!(null)),
        (history_route().portal(), json!(null)),
        (history_route().officer(AGENCY), json!(["an"])),
        (history_route().officer(HANDLER), json!(["chi"])),
    ] {
        let answer = history(call).await;
        let holders = answer.body["assignments"]
            .as_array()
            .map(|list| list.iter().map(|made| made["holder"].clone()).collect::<Vec<_>>());
        assert_eq!(json!(holders), sees, "{}", answer.body);
    }
    for (call, sees) in [
        (case_of(&code).citizen(CITIZEN), json!(null)),
        (case_of(&code).portal(), json!(null)),
        (case_of(&code).officer(AGENCY), json!(null)),
        (case_of(&code).officer(HANDLER), json!("chi")),
    ] {
        let answer = case(&world, call).await;
        assert_eq!(answer.body["assignment"]["holder"], sees, "{}", answer.body);
    }
    let line =
        |agency: &'static str| Call::new("GET /v1/dossiers").officer(agency).at_track(&world);
    assert_eq!(line(AGENCY).await.body["items"][0]["holder"], json!(null));
    assert_eq!(line(HANDLER).await.body["items"][0]["holder"], json!("chi"));
    assert_eq!(listed(&world, (HANDLER, "chi"), &[("assignee", "me")]).await, [code.as_str()]);
    // It is with another agency: nobody of the owner's could take it.
    assert!(listed(&world, (AGENCY, "an"), &[("assignee", "none")]).await.is_empty());
}

#[tokio::test]
async fn a_dossier_that_comes_back_is_in_nobodys_hands_and_the_former_handler_assigns_it_no_more() {
    let world = World::new().await;
    let code = handed_in(&world, "k").await;
    act(&world, AGENCY, &code, ("receive", 1)).await;
    act(&world, AGENCY, &code, ("forward", 2)).await;
    assert!(listed(&world, (HANDLER, "chi"), &[("assignee", "me")]).await.is_empty());
    assert_eq!(listed(&world, (HANDLER, "chi"), &[("assignee", "none")]).await, [code.as_str()]);
    assert_eq!(assign(&world, (HANDLER, "chi"), (&code, "me"), (3, 0)).await.status, 200);
    act(&world, HANDLER, &code, ("hand-back", 3)).await;
    assert!(listed(&world, (HANDLER, "chi"), &[("assignee", "me")]).await.is_empty());
    assert_eq!(listed(&world, (AGENCY, "an"), &[("assignee", "none")]).await, [code.as_str()]);
    let former = assign(&world, (HANDLER, "chi"), (&code, "chi"), (4, 1)).await;
    assert_eq!((former.status, former.problem()), (403, "forbidden"));
    assert_eq!(assign(&world, (AGENCY, "an"), (&code, "me"), (4, 1)).await.status, 200);
    act(&world, AGENCY, &code, ("finish", 4)).await;
    assert!(listed(&world, (AGENCY, "an"), &[("assignee", "me")]).await.is_empty());
    let closed = assign(&world, (AGENCY, "an"), (&code, "binh"), (5, 2)).await;
    assert_eq!((closed.status, closed.broken()), (400, ("status", "open-dossier")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_officers_who_take_a_dossier_at_once_one_has_it_and_the_others_are_told() {
    let world = World::new().await;
    let code = handed_in(&world, "k").await;
    let names: Vec<String> = (0..20).map(|number| format!("officer-{number}")).collect();
    let calls = names.iter().map(|name| assign(&world, (AGENCY, name), (&code, "me"), (1, 0)));
    let answers = join_all(calls).await;
    let taken: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(taken.len(), 1);
    let told = answers.iter().filter(|answer| answer.problem() == "stale-assignment");
    assert_eq!(told.count(), names.len() - 1);
    let dossier = world.dossier(&code).await;
    assert_eq!(json!(dossier.holder().unwrap().holder), taken[0].body["holder"]);
    assert_eq!((dossier.assignments.len(), dossier.version), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn moves_and_assignments_at_once_lose_neither() {
    let world = World::new().await;
    for turn in 0..20 {
        let code = handed_in(&world, &format!("k{turn}")).await;
        let (moved, taken) = tokio::join!(
            change(&world, Call::transition(&code, "receive", 1)),
            assign(&world, (AGENCY, "an"), (&code, "me"), (1, 0)),
        );
        assert_eq!(moved.status, 200, "{}", moved.body);
        assert!([200, 409].contains(&taken.status), "{}", taken.body);
        let dossier = world.dossier(&code).await;
        assert_eq!(dossier.version, 2);
        assert_eq!(dossier.holder().is_some(), taken.status == 200);
        let mine = listed(&world, (AGENCY, "an"), &[("assignee", "me")]).await;
        assert_eq!(mine.contains(&code), taken.status == 200);
    }
}

#[tokio::test]
async fn an_assignment_sent_twice_is_one_also_where_the_process_died_in_between() {
    let world = World::new().await;
    for (key, death) in [("before", Death::Before), ("after", Death::After)] {
        let code = handed_in(&world, key).await;
        let mortal = Mortal::new(world.dossiers.clone(), death);
        let call = || Call::assignment(&code, "me", (1, 0)).header("idempotency-key", key);
        assert_eq!(call().at_change(&mortal, &world, at(NOW)).await.status, 503);
        mortal.revive();
        let first = call().at_change(&mortal, &world, at(NOW)).await;
        assert_eq!(first.status, 200, "{}", first.body);
        act(&world, AGENCY, &code, ("receive", 1)).await;
        assert_eq!(call().at_change(&mortal, &world, at(NOW)).await, first);
        assert_eq!(world.dossier(&code).await.assignments.len(), 1);
        let other = Call::assignment(&code, "binh", (1, 0)).header("idempotency-key", key);
        let other = other.at_change(&mortal, &world, at(NOW)).await;
        assert_eq!((other.status, other.problem()), (422, "idempotency-key-reused"));
    }
}

#[tokio::test]
async fn no_message_goes_out_when_an_officer_gets_a_dossier() {
    let world = World::new().await;
    let code = handed_in(&world, "k").await;
    let before = serde_json::to_value(world.dossier(&code).await).unwrap();
    assert_eq!(assign(&world, (AGENCY, "an"), (&code, "me"), (1, 0)).await.status, 200);
    let after = serde_json::to_value(world.dossier(&code).await).unwrap();
    assert_ne!(before, after);
    let kept = Kept::default();
    let routes = [Route { queue: &kept, wants: |_| true, wants_feedback: true }];
    let timeout = std::time::Duration::from_secs(5);
    relay(stream(Some(&after), Some(&before)), &routes, &kept, timeout).await.unwrap();
    assert!(kept.sent.lock().unwrap().is_empty() && kept.parked.lock().unwrap().is_empty());
    // And the next move is told of as ever.
    act(&world, AGENCY, &code, ("receive", 1)).await;
    let moved = serde_json::to_value(world.dossier(&code).await).unwrap();
    relay(stream(Some(&moved), Some(&after)), &routes, &kept, timeout).await.unwrap();
    let sent = kept.sent.lock().unwrap().clone();
    let told: CloudEvent<DossierChanged> = serde_json::from_value(sent[0].clone()).unwrap();
    assert_eq!((sent.len(), told.data.version), (1, 2));
}

#[tokio::test]
async fn who_sees_the_holder_gets_another_tag_once_it_is_another_and_the_applicant_the_same() {
    let world = World::new().await;
    let code = handed_in(&world, "k").await;
    let tag = async |call: Call| {
        let answer = call.at_case(&world, at(NOW)).await;
        answer.headers.get("etag").unwrap().to_str().unwrap().to_owned()
    };
    assert_eq!(tag(case_of(&code).officer(AGENCY)).await, "\"1\"");
    assert_eq!(assign(&world, (AGENCY, "an"), (&code, "me"), (1, 0)).await.status, 200);
    assert_eq!(tag(case_of(&code).officer(AGENCY)).await, "\"1.1\"");
    assert_eq!(tag(case_of(&code).citizen(CITIZEN)).await, "\"1\"");
    let known = case_of(&code).officer(AGENCY).header("if-none-match", "\"1.1\"");
    assert_eq!(case(&world, known).await.status, 304);
    let old = case_of(&code).officer(AGENCY).header("if-none-match", "\"1\"");
    assert_eq!(case(&world, old).await.status, 200);
}

#[tokio::test]
async fn a_list_by_holder_has_every_line_once_over_all_its_pages() {
    let world = World::new().await;
    let (mut mine, mut free) = (BTreeSet::new(), BTreeSet::new());
    for number in 0..9 {
        let code = handed_in(&world, &format!("k{number}")).await;
        if number % 2 == 0 {
            act(&world, AGENCY, &code, ("receive", 1)).await;
        }
        if number % 3 == 0 {
            let seen = if number % 2 == 0 { 2 } else { 1 };
            assert_eq!(assign(&world, (AGENCY, "an"), (&code, "me"), (seen, 0)).await.status, 200);
            mine.insert(code);
        } else {
            free.insert(code);
        }
    }
    for (query, expected) in [("me", &mine), ("none", &free)] {
        let found = listed(&world, (AGENCY, "an"), &[("assignee", query)]).await;
        assert_eq!(found.len(), expected.len(), "{query}: {found:?}");
        assert_eq!(&found.into_iter().collect::<BTreeSet<_>>(), expected, "{query}");
    }
    // A page of one list is none of another.
    let page = |query: &'static str| {
        Call::new("GET /v1/dossiers")
            .account(AGENCY, "an")
            .query("limit", "2")
            .also("assignee", query)
    };
    let first = page("me").at_track(&world).await;
    let cursor = first.body["nextCursor"].as_str().unwrap();
    let other = page("none").query("cursor", cursor).at_track(&world).await;
    assert_eq!((other.status, other.broken()), (400, ("cursor", "cursor")));
}

#[tokio::test]
async fn a_list_by_due_date_has_every_line_once_in_order_however_its_parts_are_looked_at() {
    let world = World::new().await;
    let mut expected = Vec::new();
    for (place, actions) in [
        &["receive"][..],
        &["receive", "process"],
        &["receive"],
        &["receive", "process"],
        &["receive", "process", "forward"],
        &["receive", "process"],
        &[],
    ]
    .into_iter()
    .enumerate()
    {
        let code = handed_in(&world, &format!("k{place}")).await;
        for (version, action) in (1..).zip(actions) {
            act(&world, AGENCY, &code, (action, version)).await;
        }
        if !actions.is_empty() {
            expected.push(code);
        }
    }
    let whole = listed(&world, (AGENCY, "an"), &[("dueBefore", "2027-01-01")]).await;
    assert_eq!(whole.iter().collect::<BTreeSet<_>>(), expected.iter().collect());
    for limit in 1..=7 {
        let list =
            Call::new("GET /v1/dossiers").account(AGENCY, "an").query("limit", &limit.to_string());
        let mut call = list.also("dueBefore", "2027-01-01");
        let mut found: Vec<String> = Vec::new();
        loop {
            let page = call.clone().at_track(&world).await;
            let items = page.body["items"].as_array().unwrap();
            assert!(items.len() <= limit, "{limit} a page");
            found.extend(items.iter().map(|item| item["code"].as_str().unwrap().to_owned()));
            let Some(cursor) = page.body["nextCursor"].as_str() else { break };
            call = call.query("cursor", cursor);
        }
        assert_eq!(found, whole, "{limit} a page");
    }
}

/// The moment so many hours after the tests' own, which lies in office time.
fn hours_later(hours: i64) -> Timestamp {
    at(NOW) + SignedDuration::from_hours(hours)
}

#[tokio::test]
async fn a_desk_finds_what_is_in_a_step_and_what_is_overdue_in_it() {
    let world = World::new().await;
    let (verified, signed) = (handed_in(&world, "a").await, handed_in(&world, "b").await);
    let idle = handed_in(&world, "c").await;
    for (code, step) in [(&verified, "verify"), (&signed, "sign")] {
        act(&world, AGENCY, code, ("receive", 1)).await;
        let call = Call::assignment(code, "me", (2, 0)).account(AGENCY, "an").step(step);
        let answer = change(&world, call).await;
        assert_eq!((answer.status, &answer.body["step"]["code"]), (200, &json!(step)));
        // As the case and the list show it.
        let seen = case(&world, case_of(code).officer(AGENCY)).await.body;
        assert_eq!(seen["assignment"]["step"]["dueAt"], answer.body["step"]["dueAt"]);
    }
    let an = (AGENCY, "an");
    assert_eq!(listed(&world, an, &[("step", "verify")]).await, [verified.as_str()]);
    assert_eq!(
        listed(&world, an, &[("step", "sign"), ("assignee", "me")]).await,
        [signed.as_str()]
    );
    assert!(listed(&world, an, &[("step", "seal")]).await.is_empty());
    // An hour for signing is over by then, two for verifying are not; the idle one has no step.
    let overdue = async |now: Timestamp| {
        let call = Call::new("GET /v1/dossiers").account(AGENCY, "an").query("stepOverdue", "true");
        let page = call.at_track_on(&world, now).await;
        let items = page.body["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(overdue(at(NOW)).await.is_empty());
    assert_eq!(overdue(at(NOW) + SignedDuration::from_mins(90)).await, [signed.as_str()]);
    let late: BTreeSet<String> = overdue(hours_later(48)).await.into_iter().collect();
    assert_eq!(late, BTreeSet::from([verified.clone(), signed.clone()]));
    // What waits for the applicant is late in no step, and is so again when it goes on.
    act(&world, AGENCY, &signed, ("request-payment", 2)).await;
    assert_eq!(overdue(hours_later(48)).await, [verified.as_str()]);
    act(&world, AGENCY, &signed, ("confirm-payment", 3)).await;
    let late: BTreeSet<String> = overdue(hours_later(48)).await.into_iter().collect();
    assert_eq!(late, BTreeSet::from([verified.clone(), signed.clone()]));
    // With another agency it is in none of ours.
    act(&world, AGENCY, &verified, ("forward", 2)).await;
    assert!(listed(&world, an, &[("step", "verify")]).await.is_empty());
    let line = Call::new("GET /v1/dossiers").officer(HANDLER).at_track(&world).await;
    assert_eq!(line.body["items"][0]["step"], json!(null));
    assert!(!late.contains(&idle));
}

#[tokio::test]
async fn a_step_that_the_procedure_does_not_have_is_refused_and_the_dossier_stays_where_it_is() {
    let world = World::new().await;
    let code = handed_in(&world, "k").await;
    for (step, rule) in [("seal", "known-step"), ("", "known-step")] {
        let answer = change(&world, Call::assignment(&code, "me", (1, 0)).step(step)).await;
        assert_eq!((answer.status, answer.broken()), (400, ("step", rule)));
    }
    assert!(world.dossier(&code).await.assignments.is_empty());
    for (name, value, rule) in [("step", "", "step-code"), ("stepOverdue", "false", "known-value")]
    {
        let call = Call::new("GET /v1/dossiers").officer(AGENCY).query(name, value);
        let refused = call.at_track(&world).await;
        assert_eq!((refused.status, refused.broken()), (400, (name, rule)));
    }
}

#[tokio::test]
async fn a_worklist_says_in_words_what_a_dossier_is_about_and_how_far_it_is() {
    let world = World::new().await;
    let code = Call::submit("k").at_submit(&world.intake, &world, at(NOW)).await.code();
    let page = Call::new("GET /v1/dossiers").officer(AGENCY).at_track(&world).await;
    let line = &page.body["items"][0];
    assert_eq!((&line["code"], &line["statusName"]), (&json!(code), &json!("Mới đăng ký")));
    assert_eq!(line["procedureName"], "Cấp Giấy chứng nhận xuất xứ hàng hóa (C/O) ưu đãi mẫu EAV");
}
