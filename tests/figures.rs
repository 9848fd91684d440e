//! The night's figures as people read them: any time, any way of putting them together, and the
//! published report.

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use aws_lambda_events::encodings::Body;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::kpi::KpiRow;
use domain::kpi::report::Dimension;
use platform::record::{CountRecord, KpiRecord};
use serde_json::{Value, json};

use crate::support::call::{AGENCY, Answer, CITIZEN, Call};
use crate::support::days::{MORNING, count_both, few_agencies, happened, two_days_counted};
use crate::support::log::Log;
use crate::support::policy::keeps_a_browser_in_its_bounds;
use crate::support::world::{World, at};

fn kpi(period: &str) -> Call {
    Call::new("GET /v1/kpi").officer(AGENCY).query("period", period)
}

async fn asked(world: &World, call: Call) -> Answer {
    call.at_kpi(world, at(MORNING)).await.into()
}

fn report(period: &str) -> Call {
    Call::new("GET /v1/reports/{period}").path("period", period)
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

#[tokio::test]
async fn a_month_is_shown_with_its_shares_and_how_much_of_it_was_counted() {
    let world = two_days_counted().await;
    let answer = asked(&world, kpi("2026-11")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let figures = json!({
        "submitted": 7, "received": 5, "digitised": 5, "resolved": 3, "early": 1, "onTime": 1, "late": 1, "refusedUnreceived": 1,
        "waiting": 1, "inProcess": 2, "overdue": 1,
    });
    assert_eq!(answer.body["total"]["figures"], figures);
    assert_eq!(answer.body["total"]["onTimePercent"], "66.67");
    assert_eq!(answer.body["total"]["onlinePercent"], "80.00");
    assert!(answer.body["total"]["paidOnlinePercent"].is_null(), "nothing was paid");
    assert_eq!(
        (&answer.body["asOf"], &answer.body["daysCounted"], &answer.body["complete"]),
        (&json!("2026-11-18"), &json!(2), &json!(false))
    );
    assert_eq!(answer.body["total"]["digitisedPercent"], "100.00");
}

#[tokio::test]
async fn however_a_time_is_named_its_figures_are_those_of_its_days() {
    let world = two_days_counted().await;
    let total = |answer: &Answer| answer.body["total"].clone();
    let month = total(&asked(&world, kpi("2026-11")).await);
    for name in [
        "2026",
        "2026-H2",
        "2026-Q4",
        "2026-W47",
        "2026-11-17..2026-11-18",
        "2026-10-20..2026-12-05",
    ] {
        assert_eq!(total(&asked(&world, kpi(name)).await), month, "{name}");
    }
    let wednesday = asked(&world, kpi("2026-11-18")).await;
    assert_eq!(wednesday.body["total"]["figures"]["carriedOver"], 3);
    assert_eq!(wednesday.body["complete"], true);
    let nothing = asked(&world, kpi("2026-10")).await;
    assert_eq!(
        (&nothing.body["daysCounted"], &nothing.body["complete"]),
        (&json!(0), &json!(false))
    );
}

#[tokio::test]
async fn what_was_not_counted_yet_is_not_zero_but_says_why() {
    let world = two_days_counted().await;
    for (period, why) in
        [("2026-10", "not-counted-yet"), ("2026-11-19", "not-over-yet"), ("2027", "not-over-yet")]
    {
        for by in ["agency", "procedure"] {
            let answer = asked(&world, kpi(period).query("by", by)).await;
            assert_eq!((answer.status, &answer.body["notCounted"]), (200, &json!(why)), "{period}");
            assert!(answer.body.get("total").is_none(), "{}", answer.body);
            assert_eq!(answer.body["items"], json!([]));
        }
        for route in ["GET /v1/kpi/index", "GET /v1/kpi/national"] {
            let answer =
                asked(&world, Call::new(route).officer(AGENCY).query("period", period)).await;
            assert_eq!(
                (answer.status, &answer.body["notCounted"]),
                (200, &json!(why)),
                "{route} {period}"
            );
        }
    }
    // One agency that did nothing in a time that was counted is another matter.
    let idle = asked(&world, kpi("2026-11").query("agency", "H20.09")).await;
    assert_eq!((&idle.body["total"]["figures"], idle.body.get("notCounted")), (&json!({}), None));
}

#[tokio::test]
async fn an_index_of_a_time_that_was_not_counted_lacks_its_figures_and_has_no_points_for_them() {
    let world = two_days_counted().await;
    let call = Call::new("GET /v1/kpi/index").officer(AGENCY).query("period", "2026-10");
    let answer = asked(&world, call).await;
    let missing: Vec<&Value> = answer.body["indexes"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|index| index["missing"].as_array().unwrap())
        .collect();
    assert!(missing.iter().any(|missing| missing["why"] == "not-counted"), "{missing:?}");
    assert!(missing.iter().all(|missing| missing["why"] != "nothing-to-measure"), "{missing:?}");
    let text = answer.body.to_string();
    assert!(!text.contains("\"from\":\"figures\""), "nothing is made of figures: {text}");
}

#[tokio::test]
async fn the_page_of_a_day_that_was_not_counted_shows_dashes_and_compares_nothing() {
    let world = two_days_counted().await;
    let page = report("2026-11-19").at_kpi(&world, at(MORNING)).await;
    let html = text(&page);
    assert!(html.contains("Chưa có số liệu của kỳ này."));
    let values: Vec<&str> = html
        .split("<span class=\"value\">")
        .skip(1)
        .map(|rest| rest.split('<').next().unwrap())
        .collect();
    assert_eq!(values, ["–"; 6]);
    assert!(!html.contains("so với kỳ trước") && !html.contains("−"), "nothing to compare");
    for table in html.split("<tfoot>").skip(1) {
        let total: Vec<&str> =
            table.split("</tfoot>").next().unwrap().split("<td>").skip(1).collect();
        assert!(total.len() == 14 && total.iter().all(|cell| cell.starts_with("–<")), "{total:?}");
    }
    let csv = report("2026-11-19").query("format", "csv").at_kpi(&world, at(MORNING)).await;
    let lines: Vec<&str> = text(&csv).split_terminator("\r\n").collect();
    let dashes = lines[0].split(',').skip(2).map(|_| "–").collect::<Vec<_>>().join(",");
    assert_eq!(lines[1..], [format!(",Toàn tỉnh: Chưa có số liệu của kỳ này.,{dashes}")]);
}

#[tokio::test]
async fn the_workbook_of_a_day_that_was_not_counted_holds_no_numbers() {
    let world = two_days_counted().await;
    let book = report("2026-11-19").query("format", "xlsx").at_kpi(&world, at(MORNING)).await;
    let Some(Body::Binary(bytes)) = &book.body else { panic!("no file") };
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut part = |name: &str| std::io::read_to_string(archive.by_name(name).unwrap()).unwrap();
    assert!(part("xl/sharedStrings.xml").contains("<t>–</t>"));
    let sheet = part("xl/worksheets/sheet1.xml");
    let cells: Vec<&str> =
        sheet.split("<c ").skip(1).map(|cell| cell.split('>').next().unwrap()).collect();
    assert!(!cells.is_empty() && cells.iter().all(|cell| cell.contains("t=\"s\"")), "{cells:?}");
}

/// Every day from `first` to `last`, each with so many received, and the month's sum.
async fn steady(world: &World, first: &str, last: &str, received: u64) {
    let (first, last): (jiff::civil::Date, jiff::civil::Date) =
        (first.parse().unwrap(), last.parse().unwrap());
    let due_basis = domain::kpi::DueBasis::Original;
    let put = async |name: &str, figures: KpiRow, (first, last, days)| {
        for cell in ["province", "work#H20.03#1.000382#online"] {
            let record = KpiRecord { day: name.to_owned(), cell: cell.parse().unwrap(), figures };
            world.figures.put(&record).await.unwrap();
        }
        let count = CountRecord {
            day: name.to_owned(),
            counted_at: at(MORNING),
            due_basis,
            first,
            last,
            days,
        };
        world.figures.put_count(&count).await.unwrap();
    };
    let day = KpiRow { received, resolved: received, on_time: received, ..KpiRow::default() };
    let mut month = KpiRow::default();
    for on in first.series(jiff::ToSpan::day(1)).take_while(|day| *day <= last) {
        put(&on.to_string(), day, (on, on, 1)).await;
        month.add(&day);
    }
    let days = u32::try_from((last - first).get_days() + 1).unwrap();
    put(&first.strftime("%Y-%m").to_string(), month, (first, last, days)).await;
}

#[tokio::test]
async fn a_month_that_is_not_over_is_compared_with_as_many_working_days_of_the_month_before() {
    let world = few_agencies().await;
    steady(&world, "2026-10-01", "2026-10-31", 10).await;
    steady(&world, "2026-11-01", "2026-11-25", 10).await;
    let page = report("2026-11").at_kpi(&world, at("2026-11-26T01:00:00Z")).await;
    let html = text(&page).replace('\u{a0}', " ");
    // 24/11/2026 is a day off: 17 working days of 25, which October had on the 23rd.
    assert!(
        html.contains(
            "So với kỳ trước: từ ngày 01/10/2026 đến ngày 23/10/2026 (cùng 17 ngày làm việc)."
        ),
        "{html}"
    );
    assert!(
        html.contains("+20 so với kỳ trước") && !html.contains("−60"),
        "250 after 230, and not after 310"
    );
}

#[tokio::test]
async fn what_has_nothing_like_it_before_it_is_compared_with_nothing() {
    let world = few_agencies().await;
    // October was counted from the 5th on.
    steady(&world, "2026-10-05", "2026-10-31", 10).await;
    steady(&world, "2026-11-01", "2026-11-25", 10).await;
    // A day off and the first day of all have no day that is like them.
    for period in ["2026-11", "2026-11-22", "2026-10-05"] {
        let page = report(period).at_kpi(&world, at("2026-11-26T01:00:00Z")).await;
        let html = text(&page);
        assert!(
            !html.contains("so với kỳ trước") && html.contains("Không so sánh với kỳ trước"),
            "{period}"
        );
        assert!(
            html.contains("<span class=\"value\">250") || html.contains("<span class=\"value\">10"),
            "{period}"
        );
    }
    // A Monday has the Friday before it.
    let monday = report("2026-11-23").at_kpi(&world, at("2026-11-26T01:00:00Z")).await;
    let html = text(&monday).replace('\u{a0}', " ");
    assert!(html.contains("So với kỳ trước: ngày 20/11/2026 (cùng 1 ngày làm việc)."), "{html}");
}

#[tokio::test]
async fn a_day_of_the_trend_that_was_not_counted_is_a_gap_with_a_dash() {
    let world = few_agencies().await;
    steady(&world, "2026-11-02", "2026-11-04", 10).await;
    steady(&world, "2026-11-06", "2026-11-06", 10).await;
    let page = report("2026-11-02..2026-11-08").at_kpi(&world, at(MORNING)).await;
    let html = text(&page);
    assert!(html.contains("<tr><th scope=\"row\">05/11</th><td>–</td><td>–</td></tr>"), "{html}");
    assert!(!html.contains(">07/11<"), "what has not been counted yet is not listed");
    assert!(html.contains("chưa được tổng hợp đủ"), "a gap is said");
}

// The dossier of the field: due on 9 March, settled on it, sent back, settled on the 30th.
#[tokio::test]
async fn a_result_that_was_sent_back_is_settled_once_in_its_month_and_twice_by_the_day() {
    let world = few_agencies().await;
    let steps = [
        ("", "2026-11-02T01:00:00Z"),
        ("receive", "2026-11-02T01:10:00Z"),
        ("finish", "2026-11-02T02:00:00Z"),
        ("send-back", "2026-11-05T02:00:00Z"),
        ("finish", "2026-11-16T02:00:00Z"),
    ];
    happened(&world, 9040, "online", &steps).await;
    let days =
        rollup_kpi::Order::days("2026-10-30".parse().unwrap(), "2026-11-18".parse().unwrap());
    crate::support::days::night(&world, &days, at(MORNING)).await.unwrap();
    let told = async |period: &str| asked(&world, kpi(period)).await.body["total"].clone();
    let month = told("2026-11").await;
    let once = json!({ "submitted": 1, "received": 1, "digitised": 1, "sentBack": 1, "resolved": 1, "late": 1 });
    assert_eq!((&month["figures"], &month["onTimePercent"]), (&once, &json!("0.00")));
    assert_eq!(
        told("2026-11-02").await["figures"]["onTime"],
        1,
        "the day stays as it was published"
    );
    assert_eq!(told("2026-11-16").await["figures"]["late"], 1);
    // The week of the first end keeps it, and the weeks after take over what is open again.
    assert_eq!(told("2026-11-01..2026-11-04").await["onTimePercent"], "100.00");
    let after = told("2026-11-03..2026-11-18").await;
    assert_eq!(after["figures"], json!({ "reopened": 1, "sentBack": 1, "resolved": 1, "late": 1 }));
    for by in ["agency", "procedure", "level", "field", "channel"] {
        let answer = asked(&world, kpi("2026-Q4").query("by", by)).await;
        assert_eq!(answer.body["items"][0]["figures"], once, "{by}");
    }
    let year = report("2026").at_kpi(&world, at(MORNING)).await;
    assert!(
        text(&year).contains("<th scope=\"row\">11/2026</th><td>1</td><td>1</td>"),
        "a month of the trend counts it once"
    );
}

#[tokio::test]
async fn the_parts_add_up_to_the_whole_however_they_are_cut() {
    let world = two_days_counted().await;
    for by in Dimension::ALL.map(Dimension::name) {
        let call = kpi("2026-11").query("by", by).query("agency", AGENCY);
        let answer = asked(&world, call).await;
        let items = answer.body["items"].as_array().unwrap();
        if by == "officer" {
            // Integrators settled all of it, and have no accounts of officers.
            assert!(items.is_empty());
            continue;
        }
        for figure in ["received", "resolved", "inProcess"] {
            let sum: u64 = items.iter().filter_map(|item| item["figures"][figure].as_u64()).sum();
            assert_eq!(
                sum,
                answer.body["total"]["figures"][figure].as_u64().unwrap(),
                "{by}: {figure}"
            );
        }
        assert!(
            items.iter().all(|item| item["name"] != item["key"] || by == "procedure"),
            "{by}: {items:?}"
        );
    }
}

#[tokio::test]
async fn what_is_asked_for_is_all_that_is_shown() {
    let world = two_days_counted().await;
    for (name, value, received) in [
        ("channel", "postal", 1),
        ("channel", "counter", 0),
        ("procedure", "1.000382", 5),
        ("procedure", "1.001193", 0),
        ("agency", AGENCY, 5),
        ("agency", "H20.09", 0),
        ("field", "G15-TP07", 0),
    ] {
        let answer = asked(&world, kpi("2026-11").query(name, value)).await;
        assert_eq!(
            answer.body["total"]["figures"]["received"].as_u64().unwrap_or_default(),
            received,
            "{name}={value}"
        );
    }
}

#[tokio::test]
async fn a_list_is_read_page_by_page() {
    let world = two_days_counted().await;
    let mut keys = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut call = kpi("2026-11").query("by", "channel").query("limit", "1");
        if let Some(cursor) = &cursor {
            call = call.query("cursor", cursor);
        }
        let answer = asked(&world, call).await;
        keys.extend(
            answer.body["items"].as_array().unwrap().iter().map(|item| item["key"].clone()),
        );
        match answer.body["nextCursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!(keys, [json!("online"), json!("postal")]);
}

#[tokio::test]
async fn how_officers_work_is_shown_to_officers_of_their_agency_alone() {
    let world = two_days_counted().await;
    let of =
        |call: Call| call.query("period", "2026-11").query("by", "officer").query("agency", AGENCY);
    let call = || Call::new("GET /v1/kpi");
    assert_eq!(asked(&world, of(call().officer(AGENCY))).await.status, 200);
    for caller in [call().officer("H20.09"), call().portal(), call().citizen(CITIZEN)] {
        assert_eq!(asked(&world, of(caller)).await.status, 403);
    }
    assert_eq!(
        asked(&world, kpi("2026-11").query("by", "officer")).await.status,
        403,
        "of no agency"
    );
    assert_eq!(asked(&world, kpi("2026-11").citizen(CITIZEN)).await.status, 403);
    assert_eq!(asked(&world, kpi("2026-11").nobody()).await.status, 401);
}

#[tokio::test]
async fn documents_that_were_asked_for_late_are_counted_by_agency_and_by_officer() {
    let world = few_agencies().await;
    let steps = [("", "2026-11-17T01:00:00Z"), ("receive", "2026-11-17T01:10:00Z")];
    let code = happened(&world, 9001, "online", &steps).await;
    // Due four office hours after receipt, and asked for on the day after.
    let body = json!({
        "action": "request-supplement", "expectedVersion": 2, "reason": "Thiếu giấy tờ",
    });
    let asking = Call::transition(&code, "request-supplement", 2).officer(AGENCY).body(&body);
    let asking = asking.at_change(&world.dossiers, &world, at("2026-11-18T02:00:00Z")).await;
    assert_eq!(asking.status, 200, "{}", asking.body);
    count_both(&world).await;
    for by in ["agency", "officer"] {
        let call = kpi("2026-11-18").query("by", by).query("agency", AGENCY);
        let answer = asked(&world, call).await;
        assert_eq!(answer.body["items"].as_array().map(Vec::len), Some(1), "{}", answer.body);
        let figures = &answer.body["items"][0]["figures"];
        assert_eq!((&figures["asked"], &figures["askedLate"]), (&json!(1), &json!(1)), "{by}");
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_with_its_name() {
    let world = few_agencies().await;
    for (call, broken) in [
        (Call::new("GET /v1/kpi").officer(AGENCY), ("period", "period")),
        (kpi("2026-13"), ("period", "period")),
        (kpi("2026-01-01..2027-06-30"), ("period", "period")),
        (kpi("2026").query("by", "moon"), ("by", "known-value")),
        (kpi("2026").query("channel", "fax"), ("channel", "known-value")),
        (kpi("2026").query("agency", "x"), ("agency", "agency-code")),
        (kpi("2026").query("limit", "0"), ("limit", "range")),
        (kpi("2026").query("agencies", "all"), ("agencies", "known-value")),
        (kpi("2026").query("colour", "red"), ("colour", "unknown-field")),
        (report("2026").query("format", "pdf"), ("format", "known-value")),
        (report("2026").query("bom", "yes"), ("bom", "known-value")),
        (report("2026").query("officer", "x"), ("officer", "unknown-field")),
    ] {
        assert_eq!(asked(&world, call).await.broken(), broken);
    }
}

#[tokio::test]
async fn figures_that_do_not_add_up_are_not_shown_to_anybody() {
    let world = two_days_counted().await;
    let log = Log::kept();
    let (day, cell) =
        (AttributeValue::S("2026-11-18".into()), AttributeValue::S("province".into()));
    let spoilt =
        world.client.update_item().table_name("KpiTable").key("day", day).key("cell", cell);
    let spoilt = spoilt.update_expression("SET inProcess = :many");
    spoilt
        .expression_attribute_values(":many", AttributeValue::N("9".into()))
        .send()
        .await
        .unwrap();
    for call in [kpi("2026-11"), kpi("2026-11-18"), report("2026-11")] {
        assert_eq!(asked(&world, call).await.problem(), "internal");
    }
    assert!(log.errors().iter().any(|line| line["message"] == "stored figures do not add up"));
    assert_eq!(asked(&world, kpi("2026-11-17")).await.status, 200, "another day is another day");
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let world = two_days_counted().await;
    for call in [kpi("2026-11"), report("2026-11").query("format", "csv")] {
        let first = call.clone().at_kpi(&world, at(MORNING)).await;
        let tag = header(&first, "etag").to_owned();
        assert!(header(&first, "cache-control").ends_with("max-age=300"), "{first:?}");
        let again = call.clone().header("if-none-match", &tag).at_kpi(&world, at(MORNING)).await;
        assert_eq!((again.status_code, header(&again, "etag")), (304, tag.as_str()));
        let other = call.header("if-none-match", "\"other\"").at_kpi(&world, at(MORNING)).await;
        assert_eq!(other.status_code, 200);
    }
    let private = kpi("2026-11").at_kpi(&world, at(MORNING)).await;
    assert!(header(&private, "cache-control").starts_with("private"));
}

#[tokio::test]
async fn the_report_as_csv_is_what_rfc_4180_says() {
    let world = two_days_counted().await;
    let csv = report("2026-11").query("format", "csv").at_kpi(&world, at(MORNING)).await;
    assert_eq!(header(&csv, "content-type"), "text/csv; charset=utf-8");
    assert_eq!(header(&csv, "content-disposition"), "attachment; filename=\"mot-cua-2026-11.csv\"");
    let lines: Vec<&str> = text(&csv).split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[0].starts_with("Mã,Tên,Kỳ trước chuyển sang,Tiếp nhận,"), "{}", lines[0]);
    assert_eq!(
        lines[1],
        "H20.03,Sở Công Thương,0,5,4,0,0,3,1,1,1,0,0,2,1,0,2,0,0,0,5,0,0,0,0,0,66.67,0,0,,"
    );
    assert_eq!(lines[2], ",Toàn tỉnh,0,5,4,0,0,3,1,1,1,0,0,2,1,0,2,0,0,0,5,0,0,0,0,0,66.67,0,0,,");
    let with_bom = report("2026-11")
        .query("format", "csv")
        .query("bom", "true")
        .at_kpi(&world, at(MORNING))
        .await;
    assert_eq!(text(&with_bom), format!("\u{feff}{}", text(&csv)));
}

#[tokio::test]
async fn the_report_as_a_workbook_is_a_file_of_its_own() {
    let world = two_days_counted().await;
    let workbook = report("2026-Q4").query("format", "xlsx").at_kpi(&world, at(MORNING)).await;
    assert!(
        workbook.is_base64_encoded
            && header(&workbook, "content-type").ends_with("spreadsheetml.sheet")
    );
    let Some(Body::Binary(bytes)) = &workbook.body else { panic!("no file") };
    assert!(bytes.starts_with(b"PK\x03\x04") && bytes.len() > 5_000, "{} bytes", bytes.len());
}

#[tokio::test]
async fn the_page_is_one_file_that_fetches_nothing_and_says_what_was_counted() {
    let world = two_days_counted().await;
    let page = report("2026-11").at_kpi(&world, at(MORNING)).await;
    assert_eq!(header(&page, "content-type"), "text/html; charset=utf-8");
    let html = text(&page);
    for said in [
        "<html lang=\"vi\">",
        "Ủy ban nhân dân tỉnh Đồng Tháp",
        "Kết quả tiếp nhận, giải quyết thủ tục hành chính tháng\u{a0}11 năm\u{a0}2026",
        "Số liệu đến hết ngày\u{a0}18/11/2026, tổng hợp\u{a0}2/30 ngày của kỳ",
        "66,67%",
        "Sở Công Thương",
        "role=\"img\"",
        "scope=\"col\"",
        "@media print",
    ] {
        assert!(html.contains(said), "the page does not say {said}");
    }
    for fetched in ["http://", "https://", "src=", "@import", "url("] {
        assert!(!html.contains(fetched), "the page fetches by {fetched}");
    }
    assert!(!html.contains(CITIZEN) && !html.contains("Trần"));
    assert!(!html.contains("so với kỳ trước"), "a month that was not counted is no month of zeros");
    let empty = report("2025").at_kpi(&world, at(MORNING)).await;
    assert!(text(&empty).contains("Chưa có số liệu của kỳ này."));
}

#[tokio::test]
async fn the_page_runs_the_script_and_the_style_that_it_came_with_and_no_other() {
    let world = two_days_counted().await;
    for period in ["2026-11", "2025"] {
        let page = report(period).at_kpi(&world, at(MORNING)).await;
        keeps_a_browser_in_its_bounds("GET /v1/reports/{period}", &page);
        assert_eq!(text(&page).matches("<script>").count(), 1);
        let known = header(&page, "etag").to_owned();
        let again = report(period).header("if-none-match", &known);
        let again = again.at_kpi(&world, at(MORNING)).await;
        let policy = |answer| header(answer, "content-security-policy").to_owned();
        assert_eq!((again.status_code, policy(&again)), (304, policy(&page)), "of what is kept");
    }
}

#[tokio::test]
async fn a_name_with_signs_of_markup_or_of_a_formula_stays_a_name() {
    let mut world = two_days_counted().await;
    let name = "=HYPERLINK(\\\"x\\\") <script>&";
    let agencies =
        crate::support::file("infra/data/agencies.json").replacen("Sở Công Thương", name, 1);
    let texts = platform::catalogue::Texts::built_in()
        .with([("agencies.json".to_owned(), agencies)].into())
        .unwrap();
    world.catalogue = texts.assemble(platform::catalogue::UndecidedYears::Refused).unwrap().into();
    let page = report("2026-11").at_kpi(&world, at(MORNING)).await;
    assert!(
        !text(&page).contains("<script>&") && text(&page).contains("&#60;script&#62;"),
        "the name is markup"
    );
    let csv = report("2026-11").query("format", "csv").at_kpi(&world, at(MORNING)).await;
    assert!(text(&csv).contains("\"'=HYPERLINK(\"\"x\"\") <script>&\""), "{}", text(&csv));
}

#[tokio::test]
async fn an_agency_that_has_ended_can_be_counted_with_the_one_that_carries_on_for_it() {
    let world = few_agencies().await;
    // District agencies ended on 30 June 2025; what they did before stays theirs unless it is asked
    // otherwise.
    let ended = world
        .catalogue
        .agencies()
        .find(|agency| agency.valid_to.is_some() && agency.successor.is_some());
    let ended = ended.unwrap().clone();
    let last = ended.valid_to.unwrap();
    let work = format!("work#{}#1.001193#counter", ended.code);
    for cell in ["province", work.as_str()] {
        let figures =
            domain::kpi::KpiRow { received: 1, resolved: 1, on_time: 1, ..Default::default() };
        let record = platform::record::KpiRecord {
            day: last.to_string(),
            cell: cell.parse().unwrap(),
            figures,
        };
        world.figures.put(&record).await.unwrap();
    }
    let due_basis = domain::kpi::DueBasis::Original;
    let count = platform::record::CountRecord {
        day: last.to_string(),
        counted_at: at(MORNING),
        due_basis,
        first: last,
        last,
        days: 1,
    };
    world.figures.put_count(&count).await.unwrap();
    // As of a day on which it had ended.
    let period = format!("{last}..{}", last.saturating_add(jiff::ToSpan::days(9)));
    let keys = async |agencies: &str| -> Vec<Value> {
        let answer = asked(&world, kpi(&period).query("agencies", agencies)).await;
        answer.body["items"].as_array().unwrap().iter().map(|item| item["key"].clone()).collect()
    };
    assert_eq!(keys("as-counted").await, [json!(ended.code)]);
    assert_eq!(
        keys("merged").await,
        [json!(world.catalogue.register().shown_under(
            &ended.code,
            None,
            last.tomorrow().unwrap()
        ))]
    );
}
