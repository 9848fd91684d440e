//! The night says who told applicants, by agency and day: each change once, whatever is run again.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::delivery::Delivery;
use domain::thread::ToldCount;
use jiff::SignedDuration;
use jiff::civil::date;
use notify_applicant::{Desk, Limits};
use platform::catalogue::UndecidedYears;
use platform::port::{DeliveryLedger, Stored};
use repair_relay::{Order, Outcome, Queues, repair};

use super::*;
use crate::support::call::AGENCY;
use crate::support::days::few_texts;
use crate::support::file;
use crate::support::national::portal_id;
use crate::support::teller::{LEASE, pool};

/// Two o'clock in the night after [`NOW`].
const NIGHT: &str = "2026-11-17T19:00:00Z";

/// When the portal's four hours are over.
const OVER: &str = "2026-11-17T06:00:00Z";

/// A province in which the portal tells of what was handed in on-line.
async fn province(tells: &str) -> World {
    let mut notices: Value = serde_json::from_str(&file("infra/data/notices.json")).unwrap();
    notices["policies"][0]["tellers"] =
        json!([{"channel": "online", "tells": tells, "system": "national-portal"}]);
    let changed = BTreeMap::from([("notices.json".to_owned(), notices.to_string())]);
    let texts = few_texts().with(changed).unwrap();
    World::of(Arc::new(texts.assemble(UndecidedYears::Refused).unwrap())).await
}

/// A dossier of somebody with their own number.
async fn of(world: &World, key: &str, phone: &str) -> String {
    let mut body = submission();
    body["applicant"]["phone"] = phone.into();
    Call::submit(key).body(&body).at_submit(&world.intake, world, at(NOW)).await.code()
}

async fn looked_at(world: &World, code: &str, now: &str) {
    let gateways = Scripted::pair([accepted("m")], [accepted("s")]);
    let desk = Desk {
        dossiers: &world.dossiers,
        feedback: &world.office.feedback,
        book: &world.notices,
        contacts: &world.contacts,
        gateways: &gateways,
        ledger: &world.deliveries,
        catalogue: &world.catalogue,
        pool: &pool(&world.catalogue, now),
        lease: LEASE,
        limits: Limits::Kept,
        questions: None,
    };
    notify_applicant::tell(&woken(code), &desk, || at(now)).await.unwrap();
}

/// The portal says that it has the first version of the dossier.
async fn acknowledged(world: &World, code: &str) {
    let mut line = Delivery::begun(code.parse().unwrap(), portal_id());
    assert!(line.owe(1, at(NOW)) && line.start("it", at(NOW), SignedDuration::from_mins(1)));
    assert!(line.acknowledge(1, "it", at(NOW)));
    line.advance();
    assert_eq!(world.deliveries.keep(&line).await.unwrap(), Stored::Yes);
}

async fn night(world: &World, now: &str) -> Outcome {
    let tables = world.repair_tables();
    let (order, queue, fetches) = (Order::default(), Kept::default(), Kept::default());
    let queues = Queues { notices: &queue, fetches: &fetches };
    repair(&order, tables, &queues, &world.catalogue, at(now)).await.unwrap()
}

fn counted(us: u64, them: u64, both: u64, nobody: &[(&str, u64)]) -> ToldCount {
    let nobody = nobody.iter().map(|(why, count)| ((*why).to_owned(), *count));
    ToldCount { us, them, both, unsure: 0, nobody: nobody.collect() }
}

/// What is stored of the day of [`NOW`], of the one agency that had any dossier.
async fn stored(world: &World) -> ToldCount {
    let day = date(2026, 11, 17);
    let mut days = world.deliveries.told(day, day).await.unwrap();
    let mut cells = days.remove(&day).unwrap();
    assert_eq!((cells.len(), cells[0].agency.as_str()), (1, AGENCY));
    cells.remove(0).told
}

/// One told by the portal, one by us, one by both, one that has a land line, and one that nobody has
/// looked at; the last is given back.
async fn five_dossiers(world: &World) -> String {
    let [theirs, ours, both, unreachable, lost] = [
        of(world, "a", "0912345601").await,
        of(world, "b", "0912345602").await,
        of(world, "c", "0912345603").await,
        of(world, "d", "02733872582").await,
        of(world, "e", "0912345605").await,
    ];
    acknowledged(world, &theirs).await;
    looked_at(world, &theirs, NOW).await;
    for code in [&ours, &both, &unreachable] {
        looked_at(world, code, NOW).await;
        looked_at(world, code, OVER).await;
    }
    acknowledged(world, &both).await;
    lost
}

#[tokio::test]
async fn each_change_counts_once_for_who_told_it_however_often_the_night_is_run() {
    let world = province("them").await;
    let lost = five_dossiers(&world).await;
    let expected = counted(1, 1, 1, &[("land-line", 1), ("not-looked-at", 1)]);
    let outcome = night(&world, NIGHT).await;
    let days = [(date(2026, 11, 16), ToldCount::default()), (date(2026, 11, 17), expected.clone())];
    assert_eq!(outcome.told, BTreeMap::from(days));
    assert_eq!(stored(&world).await, expected);
    // Again, and by two at the same time.
    let both = futures::join!(night(&world, NIGHT), night(&world, NIGHT));
    assert_eq!((both.0.told, both.1.told), (outcome.told.clone(), outcome.told));
    assert_eq!(stored(&world).await, expected);
    // What the night sent is told in the morning, and the next night says so of the same day.
    looked_at(&world, &lost, "2026-11-18T01:00:00Z").await;
    night(&world, "2026-11-18T19:00:00Z").await;
    let later = counted(2, 1, 1, &[("land-line", 1)]);
    assert_eq!(stored(&world).await, later);
}

#[tokio::test]
async fn a_count_that_comes_late_takes_nothing_back() {
    let world = province("them").await;
    let lost = five_dossiers(&world).await;
    looked_at(&world, &lost, OVER).await;
    night(&world, "2026-11-18T19:00:00Z").await;
    let later = stored(&world).await;
    world
        .client
        .delete_item()
        .table_name("NoticesTable")
        .key("code", key(&lost))
        .send()
        .await
        .unwrap();
    let late = night(&world, NIGHT).await;
    assert_ne!(late.told[&date(2026, 11, 17)], later);
    assert_eq!(stored(&world).await, later);
}

fn key(code: &str) -> aws_sdk_dynamodb::types::AttributeValue {
    aws_sdk_dynamodb::types::AttributeValue::S(code.to_owned())
}

#[tokio::test]
async fn where_both_tell_what_the_portal_has_is_told_by_both() {
    let world = province("both").await;
    let [shared, ours] = [of(&world, "a", "0912345601").await, of(&world, "b", "0912345602").await];
    for code in [&shared, &ours] {
        looked_at(&world, code, NOW).await;
    }
    acknowledged(&world, &shared).await;
    night(&world, NIGHT).await;
    assert_eq!(stored(&world).await, counted(1, 0, 1, &[]));
}

#[tokio::test]
async fn reports_say_who_told_and_name_no_number() {
    let world = province("them").await;
    five_dossiers(&world).await;
    let morning = at("2026-11-18T00:30:00Z");
    let national = async || {
        let call = Call::new("GET /v1/kpi/national").officer("H20.03").query("period", "2026-11");
        let answer: crate::support::call::Answer = call.at_kpi(&world, morning).await.into();
        assert_eq!(answer.status, 200);
        answer.body["told"].clone()
    };
    let page = async |period: &str| {
        let call = Call::new("GET /v1/reports/{period}").path("period", period);
        format!("{:?}", call.at_kpi(&world, morning).await.body)
    };
    assert_eq!(national().await["days"], 0);
    assert!(!page("2026-11").await.contains("Báo tin cho người nộp hồ sơ"));
    night(&world, NIGHT).await;
    let figures = json!({
        "us": 1, "them": 1, "both": 1, "unsure": 0,
        "nobody": {"land-line": 1, "not-looked-at": 1},
    });
    let mut expected = figures.clone();
    expected["days"] = 2.into();
    let mut of_agency = figures;
    of_agency["agency"] = AGENCY.into();
    let agency = world.catalogue.agency(&AGENCY.parse().unwrap()).unwrap();
    of_agency["name"] = agency.name_on(date(2026, 11, 30)).into();
    expected["agencies"] = json!([of_agency]);
    assert_eq!(national().await, expected);
    let shown = page("2026-11").await;
    assert!(shown.contains("5 thay đổi phải báo: tỉnh báo 1"), "{shown}");
    assert!(shown.contains("chưa ai báo 2 (số cố định 1; chưa xử lý thông báo 1)"));
    assert!(!page("2026-10").await.contains("Báo tin cho người nộp hồ sơ"));
    let rows = world.client.scan().table_name("DeliveriesTable").send().await.unwrap();
    let stored = format!("{:?}", rows.items());
    assert!(stored.contains("land-line"));
    assert!(!stored.contains("09123456") && !stored.contains("3872582"));
}
