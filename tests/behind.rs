//! Reads that cost half may be a moment behind (ADR 117): what is decided by them is either stored,
//! or decided again by what is stored.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::notice::{DeliveryOutcome, DeliveryReport, Provider, Wording};
use platform::dynamo::{Dossiers, Notices};
use platform::port::{Contacts, NoticeBook};
use serde_json::{Value, json};

use crate::support::bytes;
use crate::support::call::{Call, zalo_event};
use crate::support::cut::{Fate, line};
use crate::support::teller::{accepted, changed, not_taken, tell, tell_with};
use crate::support::world::{NOW, Scripted, World, at, dossier_tables};

/// Some minutes after the other things: nothing is coalesced any more, and Zalo is still waited for.
const LATER: &str = "2026-11-17T02:05:00Z";

/// What `table` has of `code`, as an answer to a read; nothing where there is nothing.
async fn stands(world: &World, table: &str, code: &str) -> Value {
    let key = AttributeValue::S(code.to_owned());
    let got = world.client.get_item().table_name(table).key("code", key).send().await.unwrap();
    got.item.map_or_else(|| json!({}), |item| json!({ "Item": bytes::image(&item) }))
}

/// The tables, of which reads of `table` that may lag are answered by `stale`.
fn behind(world: &World, table: &'static str, stale: &Value) -> Client {
    let stale: &'static str = Box::leak(stale.to_string().into_boxed_str());
    line(&world.client, move |call| {
        let lags = call.operation == "GetItem"
            && call.body.contains(r#""ConsistentRead":false"#)
            && call.body.contains(&format!(r#""{table}""#));
        if lags { Fate::Answered(stale) } else { Fate::Passes }
    })
}

fn book(world: &World, stale: &Value) -> Notices {
    Notices::new(behind(world, "NoticesTable", stale), "NoticesTable".to_owned())
}

fn dossiers(world: &World, stale: &Value) -> Dossiers {
    Dossiers::new(behind(world, "DossiersTable", stale), dossier_tables())
}

async fn submitted(world: &World) -> String {
    Call::submit("k").at_submit(&world.intake, world, at(NOW)).await.code()
}

/// Moves the dossier on.
async fn moved(world: &World, code: &str, action: &str, version: u64) {
    let call = Call::transition(code, action, version);
    assert_eq!(call.at_change(&world.dossiers, world, at(NOW)).await.status, 200, "{action}");
}

/// What was counted against the month, in đồng.
async fn spent(world: &World) -> u64 {
    let phone = "0912345678".to_owned().try_into().unwrap();
    world.contacts.reach(&phone, None, at(NOW)).await.unwrap().spent_vnd
}

#[tokio::test]
async fn whoever_does_not_see_yet_that_a_notice_went_sends_it_no_second_time() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let message = changed(&world, &code, 1).await;
    let unheard = stands(&world, "NoticesTable", &code).await;
    let gateways = Scripted::pair([not_taken(), accepted("m1")], [accepted("s1")]);
    tell(&world, &world.notices, &gateways, &message, NOW).await.unwrap();
    let waiting = stands(&world, "NoticesTable", &code).await;
    tell(&world, &world.notices, &gateways, &message, LATER).await.unwrap();
    let (asked, counted) = (gateways.asked(), spent(&world).await);
    assert_eq!((asked.len(), counted), (2, 150), "{asked:?}");
    for stale in [unheard, waiting] {
        let book = book(&world, &stale);
        tell(&world, &book, &gateways, &message, LATER).await.unwrap();
        assert_eq!((gateways.asked(), spent(&world).await), (asked.clone(), counted), "{stale}");
    }
}

#[tokio::test]
async fn a_change_that_a_read_does_not_show_yet_is_told() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let gateways = Scripted::pair([accepted("m1"), accepted("m2")], []);
    let told = async |stale: &Value, version: usize, now: &str| {
        let message = changed(&world, &code, version).await;
        let (store, notices) = (dossiers(&world, stale), (&world.notices, &world.contacts));
        tell_with(&store, notices, &gateways, &world.catalogue, &message, now).await.unwrap();
        gateways.asked().last().unwrap().1.clone()
    };
    assert_eq!(told(&json!({}), 1, NOW).await, format!("{code}/1"));
    let before = stands(&world, "DossiersTable", &code).await;
    moved(&world, &code, "receive", 1).await;
    assert_eq!(told(&before, 2, LATER).await, format!("{code}/2"));
}

#[tokio::test]
async fn that_there_is_nothing_to_tell_is_believed_of_what_is_stored_alone() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let message = changed(&world, &code, 1).await;
    let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
    tell(&world, &world.notices, &gateways, &message, NOW).await.unwrap();
    let sent = stands(&world, "NoticesTable", &code).await;
    // Zalo says after all that it has not arrived: SMS is next.
    let mut thread = world.notices.looked_at(&code.parse().unwrap()).await.unwrap().1.unwrap();
    let report = DeliveryReport {
        provider: Provider::Zalo,
        message: "m1".to_owned(),
        outcome: DeliveryOutcome::Failed { code: "-1".to_owned() },
        at: at(NOW),
        price: None,
    };
    let policy = world.catalogue.notice_policy("2026-11-17".parse().unwrap());
    thread.report((1, Wording::First), &report, &policy, at(NOW));
    thread.advance();
    world.notices.keep(&thread).await.unwrap();
    tell(&world, &book(&world, &sent), &gateways, &message, LATER).await.unwrap();
    assert_eq!(gateways.asked().last().unwrap(), &("esms", format!("{code}/1")));
}

#[tokio::test]
async fn a_notice_of_a_change_that_the_dossier_does_not_show_yet_goes_all_the_same() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let first = changed(&world, &code, 1).await;
    let gateways = Scripted::pair([accepted("m1"), not_taken(), accepted("m2")], []);
    tell(&world, &world.notices, &gateways, &first, NOW).await.unwrap();
    let before = stands(&world, "DossiersTable", &code).await;
    moved(&world, &code, "request-supplement", 1).await;
    let second = changed(&world, &code, 2).await;
    tell(&world, &world.notices, &gateways, &second, NOW).await.unwrap();
    // The message about the first change comes again, and finds the second one due.
    let (store, notices) = (dossiers(&world, &before), (&world.notices, &world.contacts));
    tell_with(&store, notices, &gateways, &world.catalogue, &first, LATER).await.unwrap();
    assert_eq!(gateways.asked().last().unwrap(), &("zalo", format!("{code}/2")));
    assert_eq!(world.notice(&code, 2).await.state.name(), "sent");
}

#[tokio::test]
async fn a_report_counts_whatever_a_read_shows_of_its_notice() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let unheard = stands(&world, "NoticesTable", &code).await;
    let message = changed(&world, &code, 1).await;
    let gateways = Scripted::pair([not_taken(), accepted("m1")], []);
    tell(&world, &world.notices, &gateways, &message, NOW).await.unwrap();
    let waiting = stands(&world, "NoticesTable", &code).await;
    tell(&world, &world.notices, &gateways, &message, LATER).await.unwrap();
    for (stale, taken) in [(unheard, true), (waiting, false)] {
        let call = zalo_event(&format!("{code}/1"), "m1", at(LATER));
        let answer = call.at_report(&book(&world, &stale), &world, at(LATER)).await;
        assert_eq!((answer.status, &answer.body["taken"]), (200, &json!(taken)), "{stale}");
        assert_eq!(world.notice(&code, 1).await.state.name(), "delivered");
    }
}

#[tokio::test]
async fn a_move_of_a_dossier_that_a_read_shows_as_it_was_is_decided_by_what_it_is() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let before = stands(&world, "DossiersTable", &code).await;
    moved(&world, &code, "receive", 1).await;
    let at_desk = async |stale: &Value, action: &str, version: u64| {
        let call = Call::transition(&code, action, version);
        let answer = call.at_change(&dossiers(&world, stale), &world, at(NOW)).await;
        (answer.status, answer.body["version"].clone(), answer.body["currentVersion"].clone())
    };
    // Who saw the old version is told the new one, and who saw the new one may go on.
    let (status, _, current) = at_desk(&before, "receive", 1).await;
    assert_eq!((status, current), (409, json!(2)));
    let (status, version, _) = at_desk(&before, "process", 2).await;
    assert_eq!((status, version), (200, json!(3)));
    // There is a dossier that a copy has not heard of.
    let (status, version, _) = at_desk(&json!({}), "suspend", 3).await;
    assert_eq!((status, version), (200, json!(4)));
    assert_eq!(world.dossier(&code).await.version, 4);
}
