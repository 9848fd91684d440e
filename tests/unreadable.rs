//! One bad row takes no list, count, report or waking down: it is left out, and named in the log by
//! its key alone.

use std::collections::BTreeSet;

use aws_lambda_events::encodings::Body;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::SignedDuration;
use platform::LogLine;
use platform::catalogue::UndecidedYears;
use platform::live_catalogue::LiveCatalogue;
use platform::port::CatalogueEditions;
use rollup_kpi::Order;
use serde_json::json;

use crate::support::call::{AGENCY, Call};
use crate::support::days::{MORNING, few_agencies, happened, night};
use crate::support::log::Log;
use crate::support::teller::{accepted, changed, tell};
use crate::support::world::{Kept, NOW, Scripted, World, at};

/// Dossiers of different kinds of damage beside the rows of `model`, each before or behind it in
/// every list.
async fn damaged(world: &World, model: &str) -> BTreeSet<String> {
    let day = &model[model.len() - 11..model.len() - 5];
    let rows = [
        // Eight digits, as the doubling steps of the counter once made them.
        (format!("{AGENCY}-{day}-10000000"), "code", ""),
        (format!("{AGENCY}-{day}-0901"), "status", "eleven"),
        (format!("{AGENCY}-{day}-0902"), "history", "none"),
        (format!("{AGENCY}-{day}-0903"), "procedure", "Trần Thị Mẫu"),
    ];
    for (code, field, value) in &rows {
        for (place, due) in ["2000-01-01", "9999-12-31"].iter().enumerate() {
            let code = if place == 0 { code.clone() } else { format!("{code}0") };
            let value = if *field == "code" { code.as_str() } else { value };
            let line = format!("01#{due}#{code}");
            world
                .plant(
                    "DossiersTable",
                    model,
                    [("code", &code), ("workDue", &line), (field, value)],
                )
                .await;
        }
    }
    rows.iter().flat_map(|(code, ..)| [code.clone(), format!("{code}0")]).collect()
}

/// The keys that the log names as unreadable, and that it says nothing else of the rows.
fn named(log: &Log) -> BTreeSet<String> {
    let errors = log.errors();
    assert!(!json!(errors).to_string().contains("Trần"), "personal data in the log");
    let of_rows = errors.iter().filter(|line| line["message"] == LogLine::RowUnreadable.text());
    of_rows.map(|line| line["key"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_worklist_shows_every_other_dossier_however_it_is_paged() {
    let world = World::new().await;
    let mut sound = Vec::new();
    for key in ["a", "b", "c"] {
        sound.push(Call::submit(key).at_submit(&world.intake, &world, at(NOW)).await.code());
    }
    let bad = damaged(&world, &sound[0]).await;
    for limit in ["1", "2", "3", "200"] {
        let log = Log::kept();
        let (mut shown, mut call) =
            (Vec::new(), Call::new("GET /v1/dossiers").officer(AGENCY).query("limit", limit));
        loop {
            let page = call.clone().at_track(&world).await;
            assert_eq!(page.status, 200, "{}", page.body);
            let items = page.body["items"].as_array().unwrap();
            assert!(items.len() <= limit.parse().unwrap());
            shown.extend(items.iter().map(|item| item["code"].as_str().unwrap().to_owned()));
            let Some(cursor) = page.body["nextCursor"].as_str() else { break };
            call = call.query("cursor", cursor);
        }
        // A worklist reads no history: what is wrong in there takes nothing from it.
        shown.retain(|code| !code.contains("-0902"));
        assert_eq!(shown, sound, "{limit} a page");
        let expected: BTreeSet<String> =
            bad.iter().filter(|code| !code.contains("-0902")).cloned().collect();
        assert_eq!(named(&log), expected, "{limit} a page");
    }
}

#[tokio::test]
async fn a_night_counts_every_other_dossier_and_closes() {
    let world = few_agencies().await;
    let steps = [
        ("", "2026-11-17T01:00:00Z"),
        ("receive", "2026-11-17T02:00:00Z"),
        ("finish", "2026-11-17T03:00:00Z"),
    ];
    let open = happened(&world, 9001, "online", &steps[..1]).await;
    happened(&world, 9002, "online", &steps).await;
    let bad = damaged(&world, &open).await;
    let log = Log::kept();
    let order = Order { day: Some("2026-11-17".parse().unwrap()), ..Order::default() };
    night(&world, &order, at(MORNING)).await.unwrap();
    let province = world.figures.row("2026-11-17", "province").await.unwrap().unwrap().figures;
    // A count goes by histories: where only the status beside it is broken, nothing is left out.
    assert_eq!((province.submitted, province.resolved), (2 + 2, 1));
    let named = named(&log);
    assert!(
        bad.iter().filter(|code| !code.contains("-0901")).all(|code| named.contains(code)),
        "{named:?}"
    );
}

#[tokio::test]
async fn a_report_lists_the_late_dossiers_that_can_be_read() {
    let world = few_agencies().await;
    let late = [
        ("", "2026-11-16T01:20:00Z"),
        ("receive", "2026-11-16T01:30:00Z"),
        ("process", "2026-11-16T02:00:00Z"),
    ];
    let code = happened(&world, 9001, "online", &late).await;
    let order = Order { day: Some("2026-11-18".parse().unwrap()), ..Order::default() };
    night(&world, &order, at(MORNING)).await.unwrap();
    let bad = damaged(&world, &code).await;
    let log = Log::kept();
    let page = Call::new("GET /v1/reports/{period}")
        .path("period", "2026-11-18")
        .nobody()
        .at_kpi(&world, at(MORNING))
        .await;
    let Some(Body::Text(text)) = page.body else { panic!("no page") };
    assert_eq!(page.status_code, 200);
    assert!(text.contains(&code));
    assert!(
        named(&log).is_subset(&bad) && named(&log).contains(&format!("{AGENCY}-261116-10000000"))
    );
}

#[tokio::test]
async fn every_other_notice_is_woken() {
    let world = World::new().await;
    let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
    let night = "2026-11-17T15:30:00Z";
    let mut sound = Vec::new();
    for key in ["a", "b"] {
        let code = Call::submit(key).at_submit(&world.intake, &world, at(NOW)).await.code();
        tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, night)
            .await
            .unwrap();
        sound.push(code);
    }
    let bad = [format!("{AGENCY}-261117-10000000"), format!("{AGENCY}-261117-0901")];
    world.plant("NoticesTable", &sound[0], [("code", bad[0].as_str())]).await;
    world
        .plant("NoticesTable", &sound[0], [("code", bad[1].as_str()), ("agency", "no agency")])
        .await;
    let (log, queue) = (Log::kept(), Kept::default());
    let order = wake_notices::Order::default();
    let outcome = wake_notices::wake(&order, &world.notices, &queue, at("2026-11-18T02:00:00Z"))
        .await
        .unwrap();
    assert_eq!(outcome.woken, 2);
    assert_eq!(queue.subjects(), sound.into_iter().collect());
    assert_eq!(named(&log), bad.into());
}

#[tokio::test]
async fn a_figure_that_cannot_be_read_is_named_and_counted_anew() {
    let world = few_agencies().await;
    let steps = [("", "2026-11-17T01:00:00Z"), ("receive", "2026-11-17T02:00:00Z")];
    happened(&world, 9001, "online", &steps).await;
    let order = Order { day: Some("2026-11-17".parse().unwrap()), ..Order::default() };
    night(&world, &order, at(MORNING)).await.unwrap();
    let sound = world.figures.of("2026-11-17").await.unwrap();
    let cell =
        sound.iter().map(|row| row.cell.to_string()).find(|cell| cell != "province").unwrap();
    let spoil = world.client.update_item().table_name("KpiTable");
    let spoil = spoil
        .key("day", AttributeValue::S("2026-11-17".to_owned()))
        .key("cell", AttributeValue::S(cell.clone()));
    let spoil = spoil.update_expression("SET received = :text");
    spoil
        .expression_attribute_values(":text", AttributeValue::S("many".to_owned()))
        .send()
        .await
        .unwrap();
    let log = Log::kept();
    night(&world, &order, at(MORNING)).await.unwrap();
    assert_eq!(world.figures.of("2026-11-17").await.unwrap(), sound);
    assert_eq!(named(&log), [format!("2026-11-17 {cell}")].into());
}

#[tokio::test]
async fn an_edition_that_cannot_be_read_stops_no_function_and_no_other_edition() {
    let world = World::new().await;
    let row = [("part", "edition"), ("name", "000000000001"), ("files", "none")];
    let put = row
        .iter()
        .fold(world.client.put_item().table_name("CatalogueTable"), |put, (name, text)| {
            put.item(*name, AttributeValue::S((*text).to_owned()))
        });
    put.send().await.unwrap();
    let open = || {
        LiveCatalogue::open(
            world.catalogue_store.clone(),
            UndecidedYears::Refused,
            SignedDuration::ZERO,
            at(NOW),
        )
    };
    assert!(open().await.is_ok(), "what is built in is in force");
    let shown = Call::new("GET /v1/catalogue")
        .administrator()
        .at_publish(&world.catalogue_store, at(NOW))
        .await;
    assert_eq!((shown.status, &shown.body["edition"]), (200, &json!(0)));
    // The next number is free; the one that cannot be read is never written over.
    assert_eq!(world.catalogue_store.last().await.unwrap().number, 1);
}

#[tokio::test]
async fn a_thread_that_cannot_have_been_is_a_failure_that_names_what_is_wrong_and_no_value() {
    let world = World::new().await;
    let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
    let code = Call::submit("a").at_submit(&world.intake, &world, at(NOW)).await.code();
    let message = changed(&world, &code, 1).await;
    tell(&world, &world.notices, &gateways, &message, NOW).await.unwrap();
    let spoil = world.client.update_item().table_name("NoticesTable");
    let spoil = spoil.key("code", AttributeValue::S(code)).update_expression("SET noted = :none");
    let none = AttributeValue::N("0".to_owned());
    spoil.expression_attribute_values(":none", none).send().await.unwrap();
    let failure = tell(&world, &world.notices, &gateways, &message, NOW).await.unwrap_err();
    assert_eq!(
        failure.to_string(),
        "an item does not read as domain::thread::NoticeThread, an impossible row: a thread has a \
         notice of an entry that it has not noted"
    );
}

#[tokio::test]
async fn a_dossier_that_cannot_have_been_stands_in_its_list_and_fails_alone_by_the_name_of_what_is_wrong()
 {
    let world = World::new().await;
    let mut codes = Vec::new();
    for key in ["a", "b"] {
        codes.push(Call::submit(key).at_submit(&world.intake, &world, at(NOW)).await.code());
    }
    let spoil = world.client.update_item().table_name("DossiersTable");
    let spoil = spoil.key("code", AttributeValue::S(codes[0].clone()));
    let spoil = spoil.update_expression("SET version = :nine");
    let nine = AttributeValue::N("9".to_owned());
    spoil.expression_attribute_values(":nine", nine).send().await.unwrap();
    let page = Call::new("GET /v1/dossiers").officer(AGENCY).at_track(&world).await;
    assert_eq!((page.status, page.body["items"].as_array().unwrap().len()), (200, 2));
    let log = Log::kept();
    let one = |code: &str| Call::new("GET /v1/dossiers/{code}").code(code).officer(AGENCY);
    assert_eq!(one(&codes[1]).at_track(&world).await.status, 200);
    let spoilt = one(&codes[0]).at_track(&world).await;
    assert_eq!((spoilt.status, spoilt.problem()), (500, "internal"));
    let errors = json!(log.errors()).to_string();
    let why = "an impossible row: a dossier's version is not that of its last entry";
    assert!(errors.contains(why), "{errors}");
}
