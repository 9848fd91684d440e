//! What is published while something of it is wrong: it stays, and says so.

use aws_lambda_events::encodings::Body;
use count_agency::{Ledger, Named};
use platform::LogLine;
use platform::batch::{self, Arrived, Plan, SHORT_PATIENCE};
use rollup_kpi::Order;
use serde_json::{Value, json};

use crate::support::call::{AGENCY, Answer, Call};
use crate::support::cut::{Fate, line};
use crate::support::days::{
    MORNING, count, counted_over, few_agencies, late_receipt, night, ordered, province, two_days,
    two_days_counted,
};
use crate::support::log::Log;
use crate::support::world::{Kept, World, at};

const NIGHT: &str = "2026-11-20T01:00:00Z";
/// An agency without dossiers, whose index does not answer.
const BROKEN: &str = "H20.05";

async fn told(world: &World, period: &str) -> Value {
    let call = Call::new("GET /v1/kpi").officer(AGENCY).query("period", period);
    let answer: Answer = call.at_kpi(world, at(NIGHT)).await.into();
    assert_eq!(answer.status, 200, "{period}: {}", answer.body);
    answer.body
}

async fn page(world: &World, period: &str, format: &str) -> String {
    let call = Call::new("GET /v1/reports/{period}").path("period", period).query("format", format);
    let reply = call.at_kpi(world, at(NIGHT)).await;
    assert_eq!(reply.status_code, 200);
    match reply.body.unwrap() {
        Body::Text(text) => text,
        Body::Binary(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Body::Empty => String::new(),
        other => panic!("{other:?}"),
    }
}

/// Tuesday and Wednesday are published, then a receipt of Tuesday becomes known, and the night
/// cannot count one agency: its message is given up.
async fn a_night_without_one() -> (World, Kept) {
    let world = two_days_counted().await;
    late_receipt(&world).await;
    let queue = uncounted_night(&world, NIGHT).await;
    (world, queue)
}

/// A night that cannot count one agency, as the deployed function works it off: at the last try of
/// each message.
async fn uncounted_night(world: &World, now: &'static str) -> Kept {
    let client = line(&world.client, |call| {
        if call.body.contains(&format!("{BROKEN}#open")) { Fate::LostBefore } else { Fate::Passes }
    });
    let parked = Kept::default();
    let messages = ordered(world, &Order::default(), at(now)).await.unwrap();
    let records: Vec<Value> = messages
        .iter()
        .enumerate()
        .map(|(place, body)| {
            json!({ "messageId": place.to_string(), "body": body, "attributes": { "ApproximateReceiveCount": "7" } })
        })
        .collect();
    let event = serde_json::from_value(json!({ "Records": records })).unwrap();
    let plan = Plan {
        width: 1,
        record_timeout: std::time::Duration::from_secs(28),
        receives_max: 7,
        patience: SHORT_PATIENCE,
    };
    let clock = if now == NIGHT { || at(NIGHT) } else { || at("2026-11-21T01:00:00Z") };
    let queue = Named::new(&parked, &world.figures, clock);
    let work = |Arrived { body, .. }: Arrived| {
        let client = client.clone();
        async move { counted_over(&client, world, &body, at(now)).await.map(drop) }
    };
    let answer = batch::run(event, plan, &queue, at(now), work).await;
    assert_eq!(answer.batch_item_failures, []);
    assert_eq!(parked.reasons(), ["unavailable"]);
    parked
}

#[tokio::test]
async fn one_agency_that_cannot_be_counted_darkens_no_published_day_and_is_named() {
    let log = Log::kept();
    let (world, _) = a_night_without_one().await;
    for period in ["2026-11-17", "2026-11-18", "2026-11", "2026-11-12..2026-11-18"] {
        let body = told(&world, period).await;
        assert_eq!(body["beingCorrected"], true, "{period}");
        let named = json!([{
            "agency": BROKEN, "since": NIGHT, "reason": "unavailable", "first": "2026-11-13", "last": "2026-11-19",
        }]);
        assert_eq!(body["uncounted"], named, "{period}");
    }
    assert_eq!(
        told(&world, "2026-11-17").await["total"]["figures"]["received"],
        5,
        "as it was last closed"
    );
    assert_eq!(
        told(&world, "2026-11-19").await["daysCounted"],
        0,
        "no half-counted day is published"
    );
    let errors = log.errors();
    let line =
        errors.iter().find(|line| line["message"] == "an agency could not be counted").unwrap();
    assert_eq!(
        (line["agency"].as_str(), line["reason"].as_str()),
        (Some(BROKEN), Some("unavailable"))
    );
}

#[tokio::test]
async fn a_day_stays_published_through_the_nights_that_cannot_correct_it() {
    let (world, _) = a_night_without_one().await;
    uncounted_night(&world, "2026-11-21T01:00:00Z").await;
    assert_eq!(told(&world, "2026-11-17").await["total"]["figures"]["received"], 5);
    // A night that can, closes everything, the days before its own week as well.
    night(&world, &Order::default(), at("2026-11-22T01:00:00Z")).await.unwrap();
    let month = told(&world, "2026-11").await;
    assert_eq!(
        (&month["total"]["figures"]["received"], &month["asOf"]),
        (&json!(6), &json!("2026-11-21"))
    );
    assert_eq!((month.get("beingCorrected"), month.get("uncounted")), (None, None));
}

#[tokio::test]
async fn the_message_that_was_given_up_closes_its_night_once_it_is_sent_back() {
    let (world, parked) = a_night_without_one().await;
    let body = parked.parked.lock().unwrap()[0].0.clone();
    counted_over(&world.client, &world, &body, at("2026-11-20T03:00:00Z")).await.unwrap();
    let tuesday = told(&world, "2026-11-17").await;
    assert_eq!(
        (&tuesday["total"]["figures"]["received"], tuesday.get("beingCorrected")),
        (&json!(6), None)
    );
    assert_eq!(told(&world, "2026-11").await["asOf"], "2026-11-19");
}

#[tokio::test]
async fn every_form_of_the_report_says_that_it_is_being_corrected() {
    let (world, _) = a_night_without_one().await;
    let said = "đang được đính chính";
    for format in ["html", "csv"] {
        assert!(page(&world, "2026-11-17", format).await.contains(said), "{format}");
    }
    let sheets = async || -> Vec<String> {
        let book = Call::new("GET /v1/reports/{period}").path("period", "2026-11-17");
        let reply = book.query("format", "xlsx").at_kpi(&world, at(NIGHT)).await;
        let Some(Body::Binary(bytes)) = reply.body else { panic!("no file") };
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        let mut part =
            |name: &str| std::io::read_to_string(archive.by_name(name).unwrap()).unwrap();
        let texts = part("xl/sharedStrings.xml");
        let texts: Vec<&str> = texts.split("<si>").skip(1).collect();
        let place = texts.iter().position(|text| text.contains(said));
        let Some(place) = place else { return Vec::new() };
        let cell = format!("<v>{place}</v>");
        let sheets = (1..).map_while(|number| {
            let name = format!("xl/worksheets/sheet{number}.xml");
            archive.by_name(&name).ok().map(|sheet| (name, std::io::read_to_string(sheet).unwrap()))
        });
        sheets
            .map(|(name, sheet)| if sheet.contains(&cell) { name } else { String::new() })
            .collect()
    };
    let marked = sheets().await;
    assert!(!marked.is_empty() && marked.iter().all(|name| !name.is_empty()), "{marked:?}");
    let national = Call::new("GET /v1/kpi/national").officer(AGENCY).query("period", "2026-11-17");
    let answer: Answer = national.at_kpi(&world, at(NIGHT)).await.into();
    assert_eq!(answer.body["beingCorrected"], true);
    night(&world, &Order::default(), at(NIGHT)).await.unwrap();
    for format in ["html", "csv"] {
        assert!(!page(&world, "2026-11-17", format).await.contains(said), "{format}");
    }
    assert_eq!(sheets().await, Vec::<String>::new());
}

#[tokio::test]
async fn after_today_was_counted_a_correction_of_yesterday_takes_today_along() {
    let world = few_agencies().await;
    two_days(&world).await;
    // The 18th is today: it is ordered to be counted while it lasts.
    let noon = at("2026-11-18T09:00:00Z");
    let order = Order::days("2026-11-17".parse().unwrap(), "2026-11-18".parse().unwrap());
    night(&world, &order, noon).await.unwrap();
    late_receipt(&world).await;
    let order = Order { day: Some("2026-11-17".parse().unwrap()), ..Order::default() };
    night(&world, &order, at("2026-11-18T10:00:00Z")).await.unwrap();
    assert_eq!(told(&world, "2026-11").await["total"]["figures"]["received"], 6);
    assert_eq!(province(&world, "2026-11-18").await.carried_over, 4);
}

#[tokio::test]
async fn over_a_day_that_was_not_counted_nothing_is_added_up() {
    let world = few_agencies().await;
    two_days(&world).await;
    for day in ["2026-11-15", "2026-11-16", "2026-11-18"] {
        count(&world, day).await;
    }
    // What happened on the 17th is missing between the 16th and the 18th.
    let month = told(&world, "2026-11").await;
    assert_eq!(
        (&month["asOf"], &month["daysCounted"], &month["complete"]),
        (&json!("2026-11-16"), &json!(2), &json!(false))
    );
    assert_eq!(told(&world, "2026-11-18").await["total"]["figures"]["carriedOver"], 3);
    // The next night sees the gap and counts it.
    night(&world, &Order::default(), at("2026-11-29T01:00:00Z")).await.unwrap();
    assert_eq!(told(&world, "2026-11").await["daysCounted"], 14);
}

#[tokio::test]
async fn a_dossier_that_cannot_be_read_is_named_and_the_night_closes_without_it() {
    let world = few_agencies().await;
    two_days(&world).await;
    count(&world, "2026-11-17").await;
    let code = format!("{AGENCY}-261117-9004");
    let key = aws_sdk_dynamodb::types::AttributeValue::S(code.clone());
    let spoilt = world.client.update_item().table_name("DossiersTable").key("code", key);
    let spoilt = spoilt.update_expression("SET channel = :unknown");
    let unknown = aws_sdk_dynamodb::types::AttributeValue::S("pigeon".to_owned());
    spoilt.expression_attribute_values(":unknown", unknown).send().await.unwrap();
    let log = Log::kept();
    night(&world, &Order::default(), at(MORNING)).await.unwrap();
    let body = told(&world, "2026-11-17..2026-11-18").await;
    assert_eq!(
        (&body["complete"], &body["total"]["figures"]["received"]),
        (&json!(true), &json!(4))
    );
    assert_eq!(body["unreadable"], json!([{ "agency": AGENCY, "dossiers": [code] }]));
    let runs = world.figures.runs("2026-11-01".parse().unwrap()).await.unwrap();
    assert!(runs.iter().any(|run| run.unreadable.contains(&code)), "the run names it");
    assert!(log.errors().iter().any(|line| line["message"] == LogLine::RowUnreadable.text()));
}

#[tokio::test]
async fn an_order_to_close_stands_alone() {
    let world = few_agencies().await;
    let order = Order { close: true, day: Some("2026-11-17".parse().unwrap()), ..Order::default() };
    let refused = night(&world, &order, at(MORNING)).await.unwrap_err();
    assert_eq!(refused.slug(), "invalid-request");
    let order = Order { close: true, ..Order::default() };
    let message = ordered(&world, &order, at(MORNING)).await.unwrap().pop().unwrap();
    let (dossiers, figures) = (&world.dossiers, &world.figures);
    count_agency::work_off(
        &message,
        dossiers,
        figures,
        &Ledger::default(),
        &world.catalogue,
        at(MORNING),
    )
    .await
    .unwrap();
}
