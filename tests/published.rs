//! The published report: under a handful of addresses that caches on the way may keep, what is late
//! first, and no more about a dossier than the province decided.

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use aws_lambda_events::encodings::Body;
use platform::catalogue::{Texts, UndecidedYears};
use serde_json::{Value, json};

use crate::support::call::{AGENCY, Answer, CITIZEN, Call};
use crate::support::days::{MORNING, few_agencies, two_days_counted};
use crate::support::log::Log;
use crate::support::policy::keeps_a_browser_in_its_bounds;
use crate::support::world::{World, at};

/// What a browser sends that goes to an address.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

fn report(name: &str) -> Call {
    Call::new("GET /v1/reports/{period}").path("period", name)
}

async fn asked(world: &World, call: Call) -> ApiGatewayV2httpResponse {
    call.at_kpi(world, at(MORNING)).await
}

fn header<'a>(response: &'a ApiGatewayV2httpResponse, name: &str) -> &'a str {
    response.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

fn text(response: &ApiGatewayV2httpResponse) -> &str {
    match &response.body {
        Some(Body::Text(text)) => text,
        other => panic!("no text: {other:?}"),
    }
}

/// The world with these fields in every rule of the clock.
fn with_rules(mut world: World, fields: &[(&str, Value)]) -> World {
    let mut rules: Value =
        serde_json::from_str(&crate::support::file("infra/data/rules.json")).unwrap();
    for rule in rules["rules"].as_array_mut().unwrap() {
        for (name, value) in fields {
            rule[name] = value.clone();
        }
    }
    let texts = Texts::built_in().with([("rules.json".to_owned(), rules.to_string())].into());
    world.catalogue = texts.unwrap().assemble(UndecidedYears::Refused).unwrap().into();
    world
}

/// The world of a province that also publishes why dossiers are late.
pub fn publishing_causes(world: World) -> World {
    with_rules(world, &[("publishLateCauses", json!(true))])
}

#[tokio::test]
async fn each_form_has_an_address_of_its_own_and_only_those_are_kept_on_the_way() {
    let world = two_days_counted().await;
    for (name, kind) in [
        ("2026-11", "text/html; charset=utf-8"),
        ("2026-11.csv", "text/csv; charset=utf-8"),
        ("2026-W47.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ] {
        let first = asked(&world, report(name)).await;
        assert_eq!((first.status_code, header(&first, "content-type")), (200, kind), "{name}");
        assert_eq!(header(&first, "cache-control"), "public, max-age=300", "{name}");
        let known = report(name).header("if-none-match", header(&first, "etag"));
        assert_eq!(asked(&world, known).await.status_code, 304, "{name}");
    }
    // A workbook says when it was made: the day that it is of, and not the second.
    let old = asked(&world, report("1800.xlsx")).await;
    assert_eq!(old.status_code, 200, "of a year that no sheet knows");
    for (call, what) in [
        (report("2026-11").query("format", "csv"), "another name of what has an address"),
        (report("2026-11").query("agencies", "merged"), "a question of somebody's"),
        (report("2026-11-17..2026-11-18"), "one of the many times between two days"),
    ] {
        let answer = asked(&world, call).await;
        assert_eq!(
            (answer.status_code, header(&answer, "cache-control")),
            (200, "private, max-age=300"),
            "{what}"
        );
    }
}

#[tokio::test]
async fn the_file_for_a_spreadsheet_is_the_same_csv_with_a_mark_of_its_encoding() {
    let world = two_days_counted().await;
    let (file, plain) = (
        asked(&world, report("2026-11.csv")).await,
        asked(&world, report("2026-11").query("format", "csv")).await,
    );
    assert_eq!(text(&file), format!("\u{feff}{}", text(&plain)));
    for name in ["2026-11.pdf", "2026-11.csv.csv", ".csv", "latest.pdf", "newest", "2026-13.xlsx"] {
        let refused: Answer = asked(&world, report(name)).await.into();
        assert_eq!(refused.broken(), ("period", "period"), "{name}");
    }
    let both: Answer = asked(&world, report("2026-11.csv").query("format", "xlsx")).await.into();
    assert_eq!(both.broken(), ("format", "unknown-field"), "the address says which form");
}

#[tokio::test]
async fn the_latest_report_is_that_of_the_month_that_was_counted_last() {
    let world = two_days_counted().await;
    for (name, newest) in
        [("latest", "2026-11"), ("latest.csv", "2026-11.csv"), ("latest.xlsx", "2026-11.xlsx")]
    {
        let answer = asked(&world, report(name)).await;
        assert_eq!((answer.status_code, header(&answer, "location")), (302, newest));
        assert_eq!(header(&answer, "cache-control"), "public, max-age=300");
    }
    // On the first of a month the last that was counted is still the one before.
    let first = report("latest").at_kpi(&world, at("2026-12-01T01:00:00Z")).await;
    assert_eq!(header(&first, "location"), "2026-11");
    let refused: Answer = asked(&world, report("latest").query("format", "csv")).await.into();
    assert_eq!(refused.broken(), ("format", "unknown-field"));
    // Where nothing was counted yet there is a page, which says so.
    let empty = asked(&few_agencies().await, report("latest")).await;
    assert_eq!((empty.status_code, header(&empty, "location")), (302, "2026-11"));
}

#[tokio::test]
async fn the_list_of_periods_names_what_was_counted_and_nothing_else() {
    let world = two_days_counted().await;
    let list = asked(&world, Call::new("GET /v1/reports")).await;
    assert_eq!((list.status_code, header(&list, "cache-control")), (200, "public, max-age=300"));
    keeps_a_browser_in_its_bounds("GET /v1/reports", &list);
    let links: Vec<&str> =
        text(&list).split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(
        links,
        [
            "reports/2026-11-18",
            "reports/2026-W47",
            "reports/2026",
            "reports/2026-H2",
            "reports/2026-Q4",
            "reports/2026-11",
            "reports/2026-11.xlsx",
            "reports/2026-11.csv",
        ]
    );
    for link in links {
        let name = link.strip_prefix("reports/").unwrap();
        assert_eq!(asked(&world, report(name)).await.status_code, 200, "{link}");
    }
    let empty = asked(&few_agencies().await, Call::new("GET /v1/reports")).await;
    assert!(text(&empty).contains("Chưa có kỳ nào được tổng hợp."));
    let more: Answer = asked(&world, Call::new("GET /v1/reports").query("page", "2")).await.into();
    assert_eq!(more.broken(), ("page", "unknown-field"));
}

#[tokio::test]
async fn a_page_leads_to_the_times_around_it_that_have_figures() {
    let world = two_days_counted().await;
    let around = async |name: &str| {
        let page = asked(&world, report(name)).await;
        let link = |way: &str| {
            let rest = text(&page).split(&format!("rel=\"{way}\" href=\"")).nth(1)?;
            Some(rest.split('"').next()?.to_owned())
        };
        (link("prev"), link("next"))
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(around("2026-11-17").await, (None, some("2026-11-18")));
    assert_eq!(around("2026-11-18").await, (some("2026-11-17"), None));
    assert_eq!(around("2026-11").await, (None, None));
    assert_eq!(around("2026-10").await, (None, some("2026-11")));
    assert_eq!(around("2026-12").await, (some("2026-11"), None));
    assert_eq!(around("9999").await, (None, None), "the end of all time is a time, too");
}

#[tokio::test]
async fn what_is_late_stands_first_and_the_agencies_that_need_help_are_named() {
    let world = two_days_counted().await;
    let page = asked(&world, report("2026-11")).await;
    let html = text(&page);
    let needy = "<strong>Sở Công Thương</strong>: 1 hồ sơ đang quá hạn; 1 hồ sơ giải quyết quá hạn; đúng hạn 66,67%";
    assert!(html.contains(needy), "{html}");
    assert!(html.find("Cần quan tâm").unwrap() < html.find("id=\"agencies\"").unwrap());
    assert!(!html.contains("chỉ tiêu"), "no target was set");
    let quiet = asked(&world, report("2026-11-17")).await;
    assert!(!text(&quiet).contains("Cần quan tâm"), "nothing was late on Tuesday");
    for (target, said) in [
        (9_500, "Chưa đạt chỉ tiêu 95,00%: đúng và trước hạn 66,67%, còn thiếu 28,33 điểm."),
        (6_667, "Đạt chỉ tiêu 66,67%: đúng và trước hạn 66,67%."),
    ] {
        let world = with_rules(two_days_counted().await, &[("onTimeTarget", json!(target))]);
        let page = asked(&world, report("2026-11")).await;
        assert!(text(&page).contains(said), "{target}");
    }
}

#[tokio::test]
async fn the_list_of_late_dossiers_says_why_only_where_the_province_publishes_that() {
    let world = two_days_counted().await;
    let page = asked(&world, report("2026-11")).await;
    assert!(text(&page).contains("H20.03-261117-9004"));
    for kept in ["hồ sơ không ghi lý do", "Lý do ghi trong hồ sơ"] {
        assert!(!text(&page).contains(kept), "{kept}");
    }
    let world = publishing_causes(world);
    let page = asked(&world, report("2026-11")).await;
    assert!(text(&page).contains("hồ sơ không ghi lý do"));
}

#[tokio::test]
async fn a_browser_is_told_of_a_failure_on_a_page_in_vietnamese_and_a_program_in_a_document() {
    let world = two_days_counted().await;
    let log = Log::kept();
    let planted = "2026-13<script>planted</script>{id}";
    for accept in [BROWSER, "text/html"] {
        let page = asked(&world, report(planted).header("accept", accept)).await;
        assert_eq!((page.status_code, header(&page, "cache-control")), (400, "no-store"));
        assert_eq!(header(&page, "content-type"), "text/html; charset=utf-8");
        keeps_a_browser_in_its_bounds("GET /v1/reports/{period}", &page);
        let html = text(&page);
        assert!(html.contains("<html lang=\"vi\">") && html.contains("href=\"latest\""), "{html}");
        assert!(!html.contains("planted"), "what was sent is not repeated: {html}");
    }
    for accept in ["application/json", "*/*", "application/json, text/html;q=0"] {
        let document: Answer =
            asked(&world, report("2026-13").header("accept", accept)).await.into();
        assert_eq!((document.status, document.broken()), (400, ("period", "period")), "{accept}");
    }
    // At every other door that a browser can go to, too, and under the same status.
    let kpi = Call::new("GET /v1/kpi").query("period", "2026").citizen(CITIZEN);
    let kpi = kpi.header("accept", BROWSER);
    let forbidden = asked(&world, kpi.clone()).await;
    assert_eq!(forbidden.status_code, 403);
    assert!(text(&forbidden).contains("Mã lỗi 403") && !text(&forbidden).contains(CITIZEN));
    // Who shows a token is a program, also where a page is what it asks for.
    let shown: Answer = asked(&world, kpi.header("authorization", "Bearer t")).await.into();
    assert_eq!((shown.status, shown.problem()), (403, "forbidden"));
    // Who sends something is a program, whatever it accepts.
    let sent = Call::submit("k").raw("{").header("accept", BROWSER);
    let sent: Answer = sent.at_its_function(&world).await.into();
    assert_eq!((sent.status, sent.problem()), (400, "malformed-body"));
    assert!(log.errors().is_empty(), "a refusal is no error of ours");
}

#[tokio::test]
async fn figures_that_do_not_add_up_are_an_error_on_a_page_that_names_the_request_and_is_logged() {
    let world = two_days_counted().await;
    let log = Log::kept();
    let value = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.into());
    let spoilt = world.client.update_item().table_name("KpiTable");
    let spoilt = spoilt.key("day", value("2026-11-18")).key("cell", value("province"));
    let nine = aws_sdk_dynamodb::types::AttributeValue::N("9".into());
    let spoilt = spoilt.update_expression("SET inProcess = :many");
    spoilt.expression_attribute_values(":many", nine).send().await.unwrap();
    let page = asked(&world, report("2026-11").header("accept", BROWSER)).await;
    assert_eq!((page.status_code, header(&page, "cache-control")), (500, "no-store"));
    assert!(text(&page).contains("Mã lỗi 500"), "{}", text(&page));
    assert!(log.errors().iter().any(|line| line["message"] == "request failed"));
}

#[tokio::test]
async fn the_workbook_prints_on_a4_landscape_as_wide_as_the_sheet_with_its_heads_repeated() {
    let world = two_days_counted().await;
    let reply = asked(&world, report("2026-11.xlsx")).await;
    let Some(Body::Binary(bytes)) = reply.body else { panic!("no file") };
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    for number in 1..=4 {
        let name = format!("xl/worksheets/sheet{number}.xml");
        let sheet = std::io::read_to_string(archive.by_name(&name).unwrap()).unwrap();
        let setup = sheet.split("<pageSetup ").nth(1).unwrap().split("/>").next().unwrap();
        for said in ["paperSize=\"9\"", "orientation=\"landscape\"", "fitToHeight=\"0\""] {
            assert!(setup.contains(said), "{name}: {setup}");
        }
        assert!(sheet.contains("fitToPage=\"1\""), "{name}");
    }
    let book = std::io::read_to_string(archive.by_name("xl/workbook.xml").unwrap()).unwrap();
    assert_eq!(book.matches("$4:$4</definedName>").count(), 4, "{book}");
}

#[tokio::test]
async fn officers_and_everybody_else_see_the_same_report() {
    let world = two_days_counted().await;
    let everybody = asked(&world, report("2026-11")).await;
    let officer = asked(&world, report("2026-11").officer(AGENCY)).await;
    assert_eq!(header(&officer, "etag"), header(&everybody, "etag"));
}
