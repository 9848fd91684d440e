//! The national indices and the national report's fields, and the late dossiers of the published
//! page.

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use aws_lambda_events::encodings::Body;
use serde_json::{Value, json};

use crate::support::call::{AGENCY, Answer, CITIZEN, Call};
use crate::support::days::{MORNING, count, few_agencies, few_texts, happened, two_days_counted};
use crate::support::file;
use crate::support::world::{World, at};

/// The same with declarations of the province's November.
async fn declaring(declared: &Value) -> World {
    let mut world = two_days_counted().await;
    let mut index: Value = serde_json::from_str(&file("infra/data/index.json")).unwrap();
    index["declared"] = declared.clone();
    let texts = few_texts().with([("index.json".to_owned(), index.to_string())].into());
    world.catalogue =
        texts.unwrap().assemble(platform::catalogue::UndecidedYears::Refused).unwrap().into();
    world
}

fn asking(route: &'static str, period: &str) -> Call {
    Call::new(route).officer(AGENCY).query("period", period)
}

fn index(period: &str) -> Call {
    asking("GET /v1/kpi/index", period)
}

fn national(period: &str) -> Call {
    asking("GET /v1/kpi/national", period)
}

async fn asked(world: &World, call: Call) -> Answer {
    call.at_kpi(world, at(MORNING)).await.into()
}

fn text(response: &ApiGatewayV2httpResponse) -> &str {
    match &response.body {
        Some(Body::Text(text)) => text,
        other => panic!("no text: {other:?}"),
    }
}

/// A row by its code, of a list of rows or of what is in them.
fn row<'a>(answer: &'a Answer, of: &str, code: &str) -> &'a Value {
    let indexes = answer.body["indexes"].as_array().unwrap();
    let rows =
        indexes.iter().find(|found| found["CODE"] == of).unwrap()["rows"].as_array().unwrap();
    let mut all = rows.iter().flat_map(|row| {
        std::iter::once(row).chain(row["criteria"].as_array().into_iter().flatten())
    });
    all.rfind(|row| row["CODE"] == code).unwrap_or_else(|| panic!("{of} has no {code}"))
}

// Five received; two in process of which one is overdue, one early, one on time, one late.
#[tokio::test]
async fn an_index_is_scored_from_the_figures_and_shows_what_it_was_made_of() {
    let world = two_days_counted().await;
    let answer = asked(&world, index("2026-11")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let progress = row(&answer, "QD-766", "TDGQ.1");
    assert_eq!(
        (&progress["SCORE"], &progress["MAX_SCORE"], &progress["TB_SCORE"]),
        (&json!("12.00"), &json!("20.00"), &json!("60.00"))
    );
    let inputs = json!([
        {"input": "in-time", "value": 3, "from": "figures"},
        {"input": "received", "value": 5, "from": "figures"},
    ]);
    assert_eq!(progress["trace"]["inputs"], inputs);
    assert_eq!(
        progress["trace"]["parameters"],
        json!({"of": "in-time/received", "fullAtPercent": "100.00"})
    );
    assert_eq!(
        row(&answer, "QD-766", "MDSH.2")["SCORE"],
        "4.00",
        "all of them came with electronic documents"
    );
    assert_eq!(row(&answer, "QD-766", "TTTT.3")["SCORE"], "6.00", "four of five came on-line");
    assert_eq!(row(&answer, "TT-01-2018", "TT01.1")["SCORE"], "1.00", "two points, one and none");
}

#[tokio::test]
async fn what_is_missing_is_named_has_no_score_and_is_filled_by_a_declaration() {
    let world = two_days_counted().await;
    let answer = asked(&world, index("2026-11")).await;
    let feedback = row(&answer, "QD-766", "MDHL.1");
    assert!(feedback["SCORE"].is_null());
    assert_eq!(
        feedback["trace"]["missing"],
        json!([{"input": "feedback-handled", "why": "not-declared"}])
    );
    let satisfaction = row(&answer, "QD-766", "MDHL");
    assert_eq!((&satisfaction["SCORE"], &satisfaction["scorable"]), (&Value::Null, &json!("0.00")));
    let of_766 = &answer.body["indexes"].as_array().unwrap()[0];
    assert_eq!(of_766["CODE"], "QD-766");
    let missing = of_766["missing"].as_array().unwrap();
    assert!(
        missing.contains(
            &json!({"CODE": "MDHL.1", "input": "feedback-handled", "why": "not-declared"})
        )
    );
    assert!(
        missing.contains(&json!({"CODE": "CLGQ.3", "input": "paid", "why": "nothing-to-measure"}))
    );
    assert!(of_766["grade"].is_null() && of_766["gradeAtLeast"].is_string());

    let declared = json!([{
        "period": "2026-11", "agency": null, "input": "feedback-handled", "part": 95, "whole": 100, "source": "1022",
    }]);
    let world = declaring(&declared).await;
    let answer = asked(&world, index("2026-11")).await;
    let feedback = row(&answer, "QD-766", "MDHL.1");
    assert_eq!(feedback["SCORE"], "5.70");
    let inputs = json!([{"input": "feedback-handled", "value": 95, "of": 100, "from": "declared", "by": "1022"}]);
    assert_eq!(feedback["trace"]["inputs"], inputs);
    assert_eq!(row(&answer, "TT-01-2018", "TT01.8")["SCORE"], "1.00");
    let of_agency = asked(&world, index("2026-11").query("agency", AGENCY)).await;
    assert!(
        row(&of_agency, "QD-766", "MDHL.1")["SCORE"].is_null(),
        "said of the province, not of the agency"
    );
    assert_eq!(row(&of_agency, "QD-766", "TTTT.1")["trace"]["missing"][0]["why"], "not-known");
}

#[tokio::test]
async fn an_index_is_that_of_its_time() {
    let world = two_days_counted().await;
    let codes = async |period: &str| -> Vec<Value> {
        let answer = asked(&world, index(period)).await;
        answer.body["indexes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|index| index["CODE"].clone())
            .collect()
    };
    assert_eq!(codes("2026").await, [json!("QD-766"), json!("TT-01-2018")]);
    assert_eq!(codes("2021").await, [json!("TT-01-2018")]);
    assert!(codes("2017").await.is_empty());
}

#[tokio::test]
async fn agencies_are_shown_under_the_names_of_the_national_report() {
    let world = two_days_counted().await;
    let answer = asked(&world, national("2026-11")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let expected = json!([{
        "ROW_STT": 1, "CAPDONVIID": 1, "MADONVI": AGENCY, "TENDONVI": "Sở Công Thương",
        "HS_TOTAL": 5, "TNTK_TOTAL": 1,
        "HTN_TRUCTIEP": "0.00", "HTN_TRUCTIEP_TOTAL": 0, "HTN_BUUCHINH": "20.00", "HTN_BUUCHINH_TOTAL": 1,
        "HTN_TRUCTUYEN": "80.00", "HTN_TRUCTUYEN_TOTAL": 4,
        "HTDH_TOTAL": 0, "HTQH_TOTAL": 0, "DXLTH": "66.67", "DXLTH_TOTAL": 2, "DXLQH": "33.33", "DXLQH_TOTAL": 1,
        "GDTT_TOTAL": 0,
    }]);
    assert_eq!(answer.body["rows"], expected, "of nothing there is no share");
    let missing = answer.body["missing"].as_array().unwrap();
    for field in missing {
        assert!(
            answer.body["rows"][0][field.as_str().unwrap()].is_null(),
            "{field} is missing and told"
        );
    }
    assert!(missing.contains(&json!("DB_TOTAL")) && missing.contains(&json!("NTTDXLTH_TOTAL")));
}

#[tokio::test]
async fn the_national_rows_are_exported_with_empty_fields_for_what_is_no_share() {
    let world = two_days_counted().await;
    let response = national("2026-11")
        .query("format", "csv")
        .query("bom", "true")
        .at_kpi(&world, at(MORNING))
        .await;
    let name = response.headers["content-disposition"].to_str().unwrap();
    assert_eq!(name, "attachment; filename=\"mot-cua-2026-11.quoc-gia.csv\"");
    let lines: Vec<&str> = text(&response).split_terminator("\r\n").collect();
    assert!(
        lines[0].starts_with("\u{feff}ROW_STT,CAPDONVIID,MADONVI,TENDONVI,HS_TOTAL,"),
        "{}",
        lines[0]
    );
    assert_eq!(
        lines[1..],
        ["1,1,H20.03,Sở Công Thương,5,1,0.00,0,20.00,1,80.00,4,,0,,0,66.67,2,33.33,1,,0"]
    );
}

#[tokio::test]
async fn indices_and_national_rows_are_for_officers_and_the_portal() {
    let world = few_agencies().await;
    for route in ["GET /v1/kpi/index", "GET /v1/kpi/national"] {
        let call = || Call::new(route).query("period", "2026-11");
        for caller in [call().officer("H20.09"), call().portal()] {
            assert_eq!(asked(&world, caller).await.status, 200, "{route}");
        }
        assert_eq!(asked(&world, call().citizen(CITIZEN)).await.status, 403, "{route}");
        assert_eq!(asked(&world, call().nobody()).await.status, 401, "{route}");
        let call = Call::new(route).officer(AGENCY);
        assert_eq!(asked(&world, call).await.broken(), ("period", "period"));
    }
    assert_eq!(
        asked(&world, index("2026").query("agency", "x")).await.broken(),
        ("agency", "agency-code")
    );
    assert_eq!(
        asked(&world, index("2026").query("by", "field")).await.broken(),
        ("by", "unknown-field")
    );
    assert_eq!(
        asked(&world, national("2026").query("format", "xlsx")).await.broken(),
        ("format", "known-value")
    );
}

/// The rows of the page's late dossiers, each without its marks.
fn late_rows(page: &ApiGatewayV2httpResponse) -> Vec<String> {
    let html = text(page);
    let Some((_, table)) = html.split_once("id=\"late\">") else {
        return Vec::new();
    };
    let table = table.split("</table>").next().unwrap();
    let rows = table
        .split("<tr")
        .skip(2)
        .map(|row| row.split("</tr>").next().unwrap().split_once('>').unwrap().1);
    let plain = |row: &str| {
        row.split('<')
            .filter_map(|part| part.split_once('>'))
            .map(|(_, text)| text.trim())
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join(" | ")
    };
    rows.map(plain).collect()
}

fn page(period: &str) -> Call {
    Call::new("GET /v1/reports/{period}").path("period", period)
}

#[tokio::test]
async fn the_page_lists_late_dossiers_by_agency_by_code_with_the_reasons_that_their_history_gives()
{
    let world = crate::published::publishing_causes(two_days_counted().await);
    let late = page("2026-11").at_kpi(&world, at(MORNING)).await;
    assert_eq!(
        late_rows(&late),
        [
            "Sở Công Thương | H20.03",
            "H20.03-261117-9003 | 17/11/2026 | 18/11/2026 | 1 | hồ sơ không ghi lý do",
            "H20.03-261117-9004 | 17/11/2026 | chưa xong | 1 | hồ sơ không ghi lý do",
        ]
    );
    let tuesday = page("2026-11-17").at_kpi(&world, at(MORNING)).await;
    assert!(late_rows(&tuesday).is_empty() && text(&tuesday).contains("Không có hồ sơ trễ hạn."));
}

#[tokio::test]
async fn what_was_overdue_then_is_listed_although_it_has_been_settled_since() {
    let world = two_days_counted().await;
    let finish = crate::support::call::transition_event(
        "later",
        "2026-11-19T00:30:00Z",
        "H20.03-261117-9004",
        "finish",
    );
    let message = finish.to_string();
    let taken = ingest_event::ingest(
        &message,
        &world.dossiers,
        &world.intake,
        &world.catalogue,
        at(MORNING),
    )
    .await;
    taken.unwrap();
    let wednesday = page("2026-11-18").at_kpi(&world, at(MORNING)).await;
    assert!(
        late_rows(&wednesday).iter().any(|row| row.contains("9004 | 17/11/2026 | chưa xong")),
        "{wednesday:?}"
    );
}

#[tokio::test]
async fn an_agency_shows_its_fifty_longest_overdue_and_how_many_more_there_are() {
    let world = crate::published::publishing_causes(few_agencies().await);
    for number in 1..=53 {
        let steps = [("", "2026-11-16T01:30:00Z"), ("receive", "2026-11-16T01:40:00Z")];
        happened(&world, 9000 + number, "online", &steps).await;
    }
    for day in ["2026-11-16", "2026-11-17"] {
        count(&world, day).await;
    }
    let rows = late_rows(&page("2026-11").at_kpi(&world, at(MORNING)).await);
    assert_eq!((rows.len(), rows.last().unwrap().as_str()), (52, "và 3 hồ sơ khác"));
    assert!(rows[1].ends_with("| 1 | chưa bắt đầu giải quyết"), "{}", rows[1]);
}

#[tokio::test]
async fn a_time_that_ended_long_ago_has_no_list_of_late_dossiers() {
    let world = two_days_counted().await;
    let later = page("2026-11").at_kpi(&world, at("2026-12-20T01:00:00Z")).await;
    assert!(!text(&later).contains("Hồ sơ trễ hạn theo cơ quan"));
    assert!(text(&later).contains("66,67%"), "the figures stay");
}
