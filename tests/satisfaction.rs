//! How satisfied people are after a result: who may say it, until when, once, and where nobody can
//! see who said what.

mod asked;
mod linked;
mod replied;

use futures::future::join_all;
use platform::port::{DossierStore, NoticeBook};
use serde_json::{Value, json};

use crate::support::call::{AGENCY, Answer, CITIZEN, Call};
use crate::support::days::few_agencies;
use crate::support::log::Log;
use crate::support::world::{NOW, World, at, proof_key};

/// The end of the fourteenth day after a return at [`NOW`], in Viet Nam.
const LAST_MINUTE: &str = "2026-12-01T16:59:59Z";
const TOO_LATE: &str = "2026-12-01T17:00:00Z";

async fn moved(world: &World, call: Call, now: &str) {
    let answer = call.at_change(&world.dossiers, world, at(now)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// A dossier of this applicant that went so far at `now`.
async fn dossier(world: &World, key: &str, actions: &[&str], now: &str) -> String {
    let submitted = Call::submit(key).citizen(CITIZEN);
    let code = submitted.at_submit(&world.intake, world, at(now)).await.code();
    for (version, action) in (1..).zip(actions) {
        moved(world, Call::transition(&code, action, version), now).await;
    }
    code
}

/// The tax code of a business.
const TAX_CODE: &str = "0300588569";

const TO_THE_END: [&str; 4] = ["receive", "process", "finish", "return-result"];

/// One whose result was handed over at [`NOW`].
async fn returned(world: &World, key: &str) -> String {
    dossier(world, key, &TO_THE_END, NOW).await
}

fn says(code: &str, level: &str) -> Call {
    let call = Call::new("POST /v1/dossiers/{code}/satisfaction").code(code).citizen(CITIZEN);
    call.body(&json!({ "satisfaction": level }))
}

fn says_own(code: &str, level: &str) -> Call {
    let call = Call::new("POST /v1/own/{code}/satisfaction").code(code);
    call.body(&json!({ "satisfaction": level }))
}

/// By the token in the link of the question about `of`, shown for `code`.
fn by_link(code: &str, of: &str, until: &str) -> Call {
    let token = proof_key().survey_token(&of.parse().unwrap(), at(until));
    says_own(code, "neutral").nobody().header("authorization", &format!("Bearer {token}"))
}

async fn ask(world: &World, call: Call) -> Answer {
    ask_at(world, call, NOW).await
}

async fn ask_at(world: &World, call: Call, now: &str) -> Answer {
    call.at_its_function_on(world, at(now)).await.into()
}

async fn figures(world: &World, period: &str, by: &str) -> Value {
    let call = Call::new("GET /v1/kpi/satisfaction").officer(AGENCY).query("period", period);
    let answer = ask(world, call.query("by", by)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

/// How many answers the table has counted, whatever is shown of them.
async fn counted(world: &World) -> u64 {
    let day = "2026-11-17".parse().unwrap();
    let said = world.office.feedback.said(platform::dynamo::AnswersBy::Agency, day, day).await;
    said.unwrap().values().map(domain::satisfaction::Tally::all).sum()
}

#[tokio::test]
async fn who_applied_says_once_how_satisfied_they_are_and_it_counts_in_the_month_of_the_result() {
    let world = few_agencies().await;
    let code = returned(&world, "k").await;
    let first = ask(&world, says(&code, "very-satisfied")).await;
    assert_eq!((first.status, &first.body), (200, &json!({ "code": code, "counted": "now" })));
    let again = ask(&world, says(&code, "very-unsatisfied")).await;
    assert_eq!((again.status, &again.body["counted"]), (200, &json!("before")));
    let said = world.office.feedback;
    let day = "2026-11-17".parse().unwrap();
    for by in platform::dynamo::AnswersBy::ALL {
        let found = said.said(by, day, day).await.unwrap();
        let tally = found.values().next().unwrap();
        assert_eq!((found.len(), tally.all(), tally.satisfied()), (1, 1, 1));
    }
}

#[tokio::test]
async fn ten_answers_at_once_are_one() {
    let world = few_agencies().await;
    let code = returned(&world, "k").await;
    let all = ["satisfied", "unsatisfied"].into_iter().cycle().take(10);
    let all = join_all(all.map(|level| ask(&world, says(&code, level)))).await;
    let now = all.iter().filter(|answer| answer.body["counted"] == "now").count();
    assert!(all.iter().all(|answer| [200, 503].contains(&answer.status)), "{all:?}");
    assert_eq!((now, counted(&world).await), (1, 1));
}

#[tokio::test]
async fn an_answer_counts_from_the_result_to_the_last_minute_of_the_last_day_and_not_otherwise() {
    let world = few_agencies().await;
    let open = dossier(&world, "open", &TO_THE_END[..3], NOW).await;
    let early = ask(&world, says(&open, "satisfied")).await;
    assert_eq!((early.status, early.broken()), (400, ("satisfaction", "after-result")));
    let withdrawn = dossier(&world, "w", &["receive"], NOW).await;
    let body = json!({ "action": "withdraw", "expectedVersion": 2, "reason": "đổi ý" });
    let withdraw = Call::transition(&withdrawn, "withdraw", 2).citizen(CITIZEN).body(&body);
    moved(&world, withdraw, NOW).await;
    let never = ask(&world, says(&withdrawn, "satisfied")).await;
    assert_eq!(never.broken(), ("satisfaction", "after-result"));
    let (first, second) = (returned(&world, "a").await, returned(&world, "b").await);
    let last = ask_at(&world, says(&first, "satisfied"), LAST_MINUTE).await;
    assert_eq!((last.status, &last.body["counted"]), (200, &json!("now")));
    let late = ask_at(&world, says(&second, "satisfied"), TOO_LATE).await;
    assert_eq!((late.status, late.broken()), (400, ("satisfaction", "answers-until")));
    assert_eq!(counted(&world).await, 1);
}

#[tokio::test]
async fn the_last_minute_before_tet_is_still_that_of_its_day() {
    let world = few_agencies().await;
    // Fourteen days before 16 February 2026, the eve of Tết.
    let monday = "2026-02-02T02:00:00Z";
    let code = dossier(&world, "k", &TO_THE_END, monday).await;
    let other = dossier(&world, "l", &TO_THE_END, monday).await;
    let eve = ask_at(&world, says(&code, "satisfied"), "2026-02-16T16:59:00Z").await;
    assert_eq!(eve.status, 200, "{}", eve.body);
    let midnight = ask_at(&world, says(&other, "satisfied"), "2026-02-16T17:00:00Z").await;
    assert_eq!(midnight.broken(), ("satisfaction", "answers-until"));
}

#[tokio::test]
async fn nobody_but_the_applicant_and_the_portal_says_it_and_others_learn_of_no_dossier() {
    let world = few_agencies().await;
    let code = returned(&world, "k").await;
    let call = || says(&code, "satisfied");
    for (call, status) in [
        (call().citizen("087199000001"), 404),
        (call().citizen(TAX_CODE), 404),
        (call().officer(AGENCY), 403),
        (call().officer("H20.05"), 403),
        (call().clerk(AGENCY), 403),
        (call().administrator(), 403),
        (call().auditor(), 403),
        (call().nobody(), 401),
        (says("H20.03-261117-7777", "satisfied"), 404),
    ] {
        assert_eq!(ask(&world, call).await.status, status);
    }
    assert_eq!(counted(&world).await, 0);
    assert_eq!(ask(&world, call().portal()).await.body["counted"], "now");
}

#[tokio::test]
async fn the_case_says_until_when_to_the_applicants_side_alone() {
    let world = few_agencies().await;
    let code = returned(&world, "k").await;
    let open = dossier(&world, "open", &TO_THE_END[..3], NOW).await;
    let until = async |call: Call| ask(&world, call).await.body["satisfactionUntil"].clone();
    let case = |code: &str| Call::new("GET /v1/dossiers/{code}/case").code(code);
    assert_eq!(until(case(&code).citizen(CITIZEN)).await, TOO_LATE);
    assert_eq!(until(case(&code).portal()).await, TOO_LATE);
    assert_eq!(until(case(&code).officer(AGENCY)).await, Value::Null);
    assert_eq!(until(case(&open).citizen(CITIZEN)).await, Value::Null);
    ask(&world, says(&code, "neutral")).await;
    assert_eq!(until(case(&code).citizen(CITIZEN)).await, TOO_LATE, "and not whether they have");
}

#[tokio::test]
async fn a_business_answers_as_a_citizen_does() {
    let world = few_agencies().await;
    let mut body = crate::support::call::submission();
    body["applicant"]["kind"] = "business".into();
    body["applicant"]["idNumber"] = TAX_CODE.into();
    let call = Call::submit("b").body(&body);
    let code = call.at_submit(&world.intake, &world, at(NOW)).await.code();
    for (version, action) in (1..).zip(TO_THE_END) {
        moved(&world, Call::transition(&code, action, version), NOW).await;
    }
    let answer = ask(&world, says(&code, "unsatisfied").citizen(TAX_CODE)).await;
    assert_eq!((answer.status, &answer.body["counted"]), (200, &json!("now")));
}

#[tokio::test]
async fn a_link_answers_for_its_dossier_in_its_time_and_opens_no_other_door() {
    let world = few_agencies().await;
    let (code, other) = (returned(&world, "k").await, returned(&world, "l").await);
    for (call, now) in [
        (by_link(&code, &other, TOO_LATE), NOW),
        (by_link(&code, &code, NOW), NOW),
        (says_own(&code, "neutral").nobody(), NOW),
        (says_own(&code, "neutral").nobody().header("authorization", "Bearer 1.2"), NOW),
        (says_own(&code, "neutral").nobody().header("authorization", "Bearer zz.zz"), NOW),
        (says_own(&code, "neutral").officer(AGENCY), NOW),
    ] {
        assert_eq!(ask_at(&world, call, now).await.status, 401);
    }
    let until = at(TOO_LATE);
    let token = proof_key().survey_token(&code.parse().unwrap(), until);
    let bearer = format!("Bearer {token}");
    for door in ["case", "history", "deadline", "reads"] {
        let call = Call::new(&format!("GET /v1/own/{{code}}/{door}")).code(&code).nobody();
        let answer = ask(&world, call.header("authorization", &bearer)).await;
        assert_eq!(answer.status, 401, "{door}");
    }
    // A longer time that somebody writes before the same seal counts for nothing.
    let longer = format!("Bearer f{token}");
    let forged = says_own(&code, "neutral").nobody().header("authorization", &longer);
    assert_eq!(ask(&world, forged).await.status, 401);
    let answer = ask(&world, by_link(&code, &code, TOO_LATE)).await;
    assert_eq!((answer.status, &answer.body["counted"]), (200, &json!("now")));
    // Who proved the telephone has the same door.
    let proven = ask(&world, says_own(&other, "satisfied").proven(&other)).await;
    assert_eq!((proven.status, &proven.body["counted"]), (200, &json!("now")));
    let again = ask(&world, says_own(&code, "satisfied").proven(&code)).await;
    assert_eq!(again.body["counted"], "before", "by whichever door");
}

#[tokio::test]
async fn what_is_no_level_is_named_and_nothing_of_it_is_repeated() {
    let world = few_agencies().await;
    let code = returned(&world, "k").await;
    for (body, broken) in [
        (json!({}), ("satisfaction", "required")),
        (json!({ "satisfaction": "</script>" }), ("satisfaction", "known-value")),
        (json!({ "satisfaction": 5 }), ("satisfaction", "type")),
        (json!({ "satisfaction": "satisfied", "words": "Cảm ơn" }), ("words", "unknown-field")),
    ] {
        let answer = ask(&world, says(&code, "satisfied").body(&body)).await;
        assert_eq!((answer.status, answer.broken()), (400, broken), "{}", answer.body);
        assert!(!answer.body.to_string().contains("script"), "{}", answer.body);
    }
    let query = ask(&world, says(&code, "satisfied").query("phone", "0912345678")).await;
    assert_eq!(query.broken(), ("phone", "unknown-field"));
    assert_eq!(counted(&world).await, 0);
}

#[tokio::test]
async fn what_is_stored_and_logged_says_of_nobody_what_they_said() {
    let log = Log::kept();
    let world = few_agencies().await;
    let code = returned(&world, "k").await;
    ask(&world, says(&code, "very-unsatisfied")).await;
    let scanned = world.client.scan().table_name("FeedbackTable").send().await.unwrap();
    for item in scanned.items() {
        let text = format!("{item:?}");
        assert!(!(text.contains(&code) && text.contains("unsatisfied")), "{text}");
    }
    let lines = format!("{:?}", log.lines());
    assert!(!lines.contains("unsatisfied"), "{lines}");
    // Nor does the dossier itself, its history or what officers are shown of it.
    let dossier = world.dossiers.dossier(&code.parse().unwrap()).await.unwrap().unwrap();
    assert!(!serde_json::to_string(&dossier.history).unwrap().contains("satisf"));
    assert!(world.notices.thread(&code.parse().unwrap()).await.unwrap().is_none());
}

#[tokio::test]
async fn figures_show_shares_of_whole_months_and_nothing_where_few_have_answered() {
    let world = few_agencies().await;
    for number in 0..4 {
        let code = returned(&world, &format!("k{number}")).await;
        ask(&world, says(&code, "satisfied")).await;
    }
    let few = figures(&world, "2026-11", "agency").await;
    assert_eq!(
        few["items"],
        json!([{ "key": AGENCY, "name": "Sở Công Thương", "returned": 0, "tooFew": true }])
    );
    assert_eq!(few["total"], json!({ "returned": 0, "tooFew": true }));
    let code = returned(&world, "fifth").await;
    ask(&world, says(&code, "neutral")).await;
    crate::support::days::count(&world, "2026-11-17").await;
    for (by, period) in [("agency", "2026-11"), ("procedure", "2026-Q4"), ("agency", "2026")] {
        let shown = figures(&world, period, by).await;
        let line = &shown["items"][0];
        assert_eq!((&line["returned"], &line["answers"]), (&json!(5), &json!(5)), "{shown}");
        assert_eq!(line["responsePercent"], "100.00");
        assert_eq!(
            (&line["satisfiedPercent"], &line["levels"]["neutral"]),
            (&json!("80.00"), &json!(1))
        );
        assert_eq!(shown["total"]["answers"], 5);
    }
    assert_eq!(figures(&world, "2026-11", "agency").await["answersUntil"], "2026-12-14");
    assert_eq!(figures(&world, "2026-10", "agency").await["items"], json!([]));
    for period in ["2026-11-17", "2026-W47", "2026-11-01..2026-11-17"] {
        let call = Call::new("GET /v1/kpi/satisfaction").officer(AGENCY).query("period", period);
        assert_eq!(ask(&world, call).await.broken(), ("period", "whole-months"), "{period}");
    }
    let call = Call::new("GET /v1/kpi/satisfaction").officer(AGENCY).query("period", "2026-11");
    assert_eq!(ask(&world, call.query("by", "officer")).await.broken(), ("by", "known-value"));
}

#[tokio::test]
async fn the_report_of_whole_months_shows_it_by_agency_and_nothing_of_few() {
    let world = few_agencies().await;
    let morning = at("2026-11-18T00:30:00Z");
    let page = async |period: &str| {
        let call = Call::new("GET /v1/reports/{period}").path("period", period);
        format!("{:?}", call.at_kpi(&world, morning).await.body)
    };
    for number in 0..4 {
        let code = returned(&world, &format!("k{number}")).await;
        ask(&world, says(&code, "satisfied")).await;
    }
    crate::support::days::count(&world, "2026-11-17").await;
    let few = page("2026-11").await;
    assert!(few.contains("4 kết quả đã trả trong kỳ, không nêu ý kiến trả lời"));
    let code = returned(&world, "fifth").await;
    ask(&world, says(&code, "neutral")).await;
    crate::support::days::count(&world, "2026-11-17").await;
    let shown = page("2026-11").await;
    let sums =
        "5 kết quả đã trả trong kỳ, 5 ý kiến trả lời (tỷ lệ 100,00%), hài lòng trở lên 80,00%";
    for said in [sums, "14/12/2026", "<td>5</td><td>5</td><td>100,00%</td><td>80,00%</td>"] {
        assert!(shown.contains(said), "{said}");
    }
    for period in ["2026-11-17", "2026-W47"] {
        assert!(!page(period).await.contains("Mức độ hài lòng"), "{period}");
    }
}

/// The cells of a sheet of a workbook, by their place, with the texts in the place of their numbers.
fn cells(book: &[u8], sheet: &str) -> std::collections::BTreeMap<String, String> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(book)).unwrap();
    let mut part = |name: &str| std::io::read_to_string(archive.by_name(name).unwrap()).unwrap();
    let shared = part("xl/sharedStrings.xml");
    let texts: Vec<&str> = shared
        .split("<t")
        .skip(1)
        .map(|text| text.split_once('>').unwrap().1.split("</t>").next().unwrap())
        .collect();
    let found = part(sheet);
    let cell = |text: &str| {
        let (head, rest) = text.split_once('>')?;
        let value = rest.strip_prefix("<v>")?.split("</v>").next()?;
        let place = head.split("r=\"").nth(1)?.split('"').next()?;
        let is_text = head.contains("t=\"s\"");
        let value = if is_text { texts[value.parse::<usize>().ok()?] } else { value };
        Some((place.to_owned(), value.to_owned()))
    };
    found.split("<c ").skip(1).filter_map(cell).collect()
}

#[tokio::test]
async fn csv_and_workbook_of_whole_months_have_it_by_agency_and_nothing_of_few() {
    let world = few_agencies().await;
    let file = async |name: &str| {
        let call = Call::new("GET /v1/reports/{period}").path("period", name);
        call.at_kpi(&world, at("2026-11-18T00:30:00Z")).await
    };
    let lines = async |period: &str| {
        let csv = file(&format!("{period}.csv")).await;
        let Some(aws_lambda_events::encodings::Body::Text(text)) = csv.body else {
            panic!("no text")
        };
        let ends = |line: &str| line.rsplitn(5, ',').take(4).map(str::to_owned).collect::<Vec<_>>();
        let ends = |line: &str| ends(line).into_iter().rev().collect::<Vec<_>>().join(",");
        text.split_terminator("\r\n").map(ends).collect::<Vec<_>>()
    };
    let book = async |period: &str| {
        let book = file(&format!("{period}.xlsx")).await;
        let Some(aws_lambda_events::encodings::Body::Binary(bytes)) = book.body else {
            panic!("no file")
        };
        bytes
    };
    for number in 0..4 {
        let code = returned(&world, &format!("k{number}")).await;
        ask(&world, says(&code, "satisfied")).await;
    }
    // Before a night has counted, the agency has a line all the same, without a number.
    assert_eq!(lines("2026-11").await[1..], ["–,–,–,–", "–,–,–,–"]);
    crate::support::days::count(&world, "2026-11-17").await;
    let head = "Kết quả đã trả,Ý kiến trả lời,Tỷ lệ trả lời (%),Hài lòng trở lên (%)";
    assert_eq!(lines("2026-11").await, [head, "4,không nêu,,", "4,không nêu,,"]);
    let few = cells(&book("2026-11").await, "xl/worksheets/sheet4.xml");
    let told = |cells: &std::collections::BTreeMap<String, String>, row: u32| {
        ["A", "B", "C", "D", "E", "F"]
            .map(|column| cells.get(&format!("{column}{row}")).cloned().unwrap_or_default())
    };
    assert_eq!(told(&few, 5), [AGENCY, "Sở Công Thương", "4", "không nêu", "", ""]);
    let code = returned(&world, "fifth").await;
    ask(&world, says(&code, "neutral")).await;
    crate::support::days::count(&world, "2026-11-17").await;
    assert_eq!(lines("2026-Q4").await[1..], ["5,5,100.00,80.00", "5,5,100.00,80.00"]);
    let shown = cells(&book("2026-Q4").await, "xl/worksheets/sheet4.xml");
    assert_eq!(told(&shown, 4)[2..].join(","), head);
    assert_eq!(told(&shown, 5), [AGENCY, "Sở Công Thương", "5", "5", "100", "80"]);
    assert_eq!(told(&shown, 6), ["", "Toàn tỉnh", "5", "5", "100", "80"]);
    // Of no other time: then the columns are empty, and there is no such sheet.
    assert_eq!(lines("2026-11-17").await, [head, ",,,", ",,,"]);
    let day = zip::ZipArchive::new(std::io::Cursor::new(book("2026-11-17").await)).unwrap();
    assert!(day.file_names().all(|name| !name.unwrap().ends_with("sheet4.xml")));
}

#[tokio::test]
async fn the_index_takes_what_people_said_and_a_declaration_where_too_few_did() {
    let world = few_agencies().await;
    let index = async |agency: Option<&str>| {
        let call = Call::new("GET /v1/kpi/index").officer(AGENCY).query("period", "2026-11");
        let call = agency.map(|agency| call.clone().query("agency", agency)).unwrap_or(call);
        let answer = ask(&world, call).await.body;
        let rows = answer["indexes"][0]["rows"].as_array().unwrap().clone();
        let group = rows.into_iter().find(|row| row["CODE"] == "MDHL").unwrap();
        group["criteria"][1].clone()
    };
    for number in 0..4 {
        let code = returned(&world, &format!("k{number}")).await;
        ask(&world, says(&code, "satisfied")).await;
    }
    let missing = json!([{ "input": "satisfied", "why": "not-declared" }]);
    assert_eq!(index(None).await["trace"]["missing"], missing, "four are too few");
    let code = returned(&world, "fifth").await;
    ask(&world, says(&code, "unsatisfied")).await;
    for agency in [None, Some(AGENCY)] {
        let satisfied = index(agency).await;
        let inputs = json!([{ "input": "satisfied", "value": 4, "of": 5, "from": "survey" }]);
        assert_eq!(satisfied["trace"]["inputs"], inputs);
        assert_eq!(
            (&satisfied["SCORE"], &satisfied["MAX_SCORE"]),
            (&json!("9.60"), &json!("12.00"))
        );
    }
    assert_eq!(index(Some("H20.05")).await["trace"]["missing"], missing);
}

#[tokio::test]
async fn a_dossier_whose_content_is_gone_is_nobodys_to_answer_for() {
    let world = few_agencies().await;
    let code = returned(&world, "k").await;
    let order = json!({ "number": "1", "issuer": "Thanh tra tỉnh", "reason": "Theo yêu cầu" });
    let erase = Call::new("POST /v1/dossiers/{code}/erasure").code(&code).administrator();
    let erased = ask(&world, erase.body(&order)).await;
    assert_eq!(erased.status, 200, "{}", erased.body);
    assert_eq!(ask(&world, says(&code, "satisfied")).await.status, 404);
    assert_eq!(ask(&world, by_link(&code, &code, TOO_LATE)).await.status, 404);
}

#[test]
fn a_link_goes_on_under_the_old_key_as_long_as_that_is_known_beside_the_new_one() {
    use platform::proof::ProofKey;
    let key = |secret: &str| ProofKey::new(secret.to_owned());
    let code = "H20.03-261117-0001".parse().unwrap();
    let token = key("the old key of proofs").survey_token(&code, at(TOO_LATE));
    let both = key("the new key of proofs\nthe old key of proofs");
    assert!(both.surveyed(&token, &code, at(NOW)).is_ok());
    assert!(both.surveyed(&token, &code, at(TOO_LATE)).is_err(), "its time is over all the same");
    assert!(key("the new key of proofs").surveyed(&token, &code, at(NOW)).is_err());
    // One kind of token is never the other, though one key seals both.
    assert!(both.proven(&token, &code, at(NOW)).is_err());
    let proof = both.token(&code, at(TOO_LATE));
    assert!(both.surveyed(&proof, &code, at(NOW)).is_err());
}
