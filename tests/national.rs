//! The national portal gets every change of every dossier, in order, whatever happens on the way.

mod dialects;
mod luck;
mod night;
mod others;
mod trouble;

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::delivery::ErrorKind;
use jiff::{SignedDuration, Timestamp};
use platform::catalogue::{Texts, UndecidedYears};
use platform::port::DeliveryLedger;
use serde_json::{Value, json};

use crate::support::call::{Call, submission};
use crate::support::file;
use crate::support::national::{National, portal_id};
use crate::support::teller::changed;
use crate::support::world::{NOW, World, at};

/// What happens to a dossier after it was handed in, with the status that each leads to.
const LIFE: [(&str, &str); 8] = [
    ("receive", "2"),
    ("process", "4"),
    ("suspend", "8"),
    ("resume", "4"),
    ("request-payment", "6"),
    ("confirm-payment", "4"),
    ("finish", "9"),
    ("return-result", "10"),
];

/// So many seconds after [`NOW`].
fn after(seconds: i64) -> Timestamp {
    at(NOW) + SignedDuration::from_secs(seconds)
}

/// A dossier that was handed in at `now`; `key` names it.
async fn handed_in(world: &World, key: &str, now: Timestamp) -> String {
    let call = Call::submit(key).body(&submission());
    call.at_submit(&world.intake, world, now).await.code()
}

/// The next move of a dossier's life, if there is one.
async fn moves_on(world: &World, code: &str, now: Timestamp) {
    let version = world.dossier(code).await.version;
    let Some((action, _)) = LIFE.get(usize::try_from(version).unwrap() - 1) else { return };
    let call = Call::transition(code, action, version);
    assert_eq!(call.at_change(&world.dossiers, world, now).await.status, 200, "{action}");
}

/// A dossier that has made so many moves, a second apart.
async fn with_moves(world: &World, key: &str, moves: i64) -> String {
    let code = handed_in(world, key, at(NOW)).await;
    for second in 1..=moves {
        moves_on(world, &code, after(second)).await;
    }
    code
}

/// The messages about each entry of a dossier.
async fn messages(world: &World, code: &str) -> Vec<String> {
    let versions = usize::try_from(world.dossier(code).await.version).unwrap();
    let mut all = Vec::new();
    for version in 1..=versions {
        all.push(changed(world, code, version).await);
    }
    all
}

/// The statuses of a dossier's history.
async fn history(world: &World, code: &str) -> Vec<String> {
    let dossier = world.dossier(code).await;
    dossier.history.iter().map(|entry| entry.status.code().to_string()).collect()
}

/// Works messages off, each of which has to succeed.
async fn taken(national: &National, bodies: &[String], now: Timestamp) {
    for end in national.sync(bodies, now).await {
        end.unwrap();
    }
}

/// The shipped catalogue, in which the portal's entry says this.
fn with_portal(fields: Value) -> Arc<domain::catalogue::Catalogue> {
    let mut systems: Value = serde_json::from_str(&file("infra/data/systems.json")).unwrap();
    for (name, value) in fields.as_object().unwrap() {
        systems["systems"][0][name] = value.clone();
    }
    let texts = BTreeMap::from([("systems.json".to_owned(), systems.to_string())]);
    let texts = Texts::built_in().with(texts).unwrap();
    Arc::new(texts.assemble(UndecidedYears::Refused).unwrap())
}

#[tokio::test]
async fn a_dossier_reaches_the_portal_whole_with_each_step_of_its_history() {
    let world = World::new().await;
    let national = National::new(&world).await;
    let code = with_moves(&world, "a", 8).await;
    taken(&national, &messages(&world, &code).await, after(60)).await;
    assert_eq!(national.statuses(&code), ["1", "2", "4", "8", "4", "6", "4", "9", "10"]);
    let dossier = world.dossier(&code).await;
    let applicant = dossier.applicant.as_ref().unwrap();
    for (field, expected) in [
        ("MaTTHC", "1.000382"),
        ("MaLinhVuc", world.catalogue.procedure_of(&dossier).unwrap().field.code.as_str()),
        ("ChuHoSo", applicant.full_name.reveal()),
        ("SoDienThoai", applicant.phone.as_ref().unwrap().reveal()),
        ("NgayTiepNhan", "20261117090001"),
        ("NgayKetThucXuLy", "20261117090007"),
        ("NgayTra", "20261117090008"),
        ("TrangThaiHoSo", "10"),
        ("DonViXuLy", "Sở Công Thương"),
    ] {
        assert_eq!(national.field(&code, field), expected, "{field}");
    }
    let line = national.line(&code).await;
    assert_eq!((line.owed(), line.acknowledged(), line.behind_since()), (9, 9, None));
    // One look-up, one call for the dossier, one for its steps, and a session.
    assert_eq!(national.portal.counts().requests, 4);
}

#[tokio::test]
async fn what_is_changed_later_is_an_update_and_brings_the_new_steps_alone() {
    let world = World::new().await;
    let national = National::new(&world).await;
    let code = with_moves(&world, "a", 1).await;
    taken(&national, &messages(&world, &code).await, after(10)).await;
    moves_on(&world, &code, after(20)).await;
    taken(&national, &[changed(&world, &code, 3).await], after(21)).await;
    assert_eq!(national.statuses(&code), ["1", "2", "4"]);
    let counts = national.portal.counts();
    assert_eq!((counts.sign_ins, counts.look_ups, counts.puts), (1, 1, 2));
    assert_eq!((counts.repeated, counts.refused), (0, 0));
}

#[tokio::test]
async fn a_message_that_comes_again_late_or_in_another_order_changes_nothing() {
    let world = World::new().await;
    let national = National::new(&world).await;
    let code = with_moves(&world, "a", 3).await;
    let mut all = messages(&world, &code).await;
    all.reverse();
    taken(&national, &all, after(10)).await;
    let before = national.portal.counts();
    taken(&national, &all, after(20)).await;
    assert_eq!(national.portal.counts(), before, "the ledger knows that all is there");
    assert_eq!(national.statuses(&code), history(&world, &code).await);
}

#[tokio::test]
async fn a_dossier_that_the_portal_had_before_is_updated_and_not_entered_anew() {
    let world = World::new().await;
    let (one, other) = (National::new(&world).await, National::new(&world).await);
    let code = with_moves(&world, "a", 0).await;
    taken(&one, &messages(&world, &code).await, after(1)).await;
    // The ledger forgets that it was there, as where a province connects anew.
    let key = ["code", "system"].map(str::to_owned).into_iter();
    let key = key.zip(
        [code.clone(), "national-portal".to_owned()]
            .map(aws_sdk_dynamodb::types::AttributeValue::S),
    );
    let forgotten = world.client.delete_item().table_name("DeliveriesTable");
    forgotten.set_key(Some(key.collect())).send().await.unwrap();
    moves_on(&world, &code, after(5)).await;
    taken(&one, &messages(&world, &code).await, after(6)).await;
    let counts = one.portal.counts();
    assert_eq!((counts.refused, counts.dossiers, counts.repeated), (0, 1, 1));
    assert_eq!(one.statuses(&code), ["1", "2"]);
    assert_eq!(other.portal.counts().requests, 0);
}

#[tokio::test]
async fn many_dossiers_go_in_few_calls_and_none_waits_for_another() {
    let world = World::new().await;
    let national = National::new(&world).await;
    let mut all = Vec::new();
    let mut codes = Vec::new();
    for place in 0..30 {
        let code = with_moves(&world, &format!("k{place}"), 2).await;
        all.extend(messages(&world, &code).await);
        codes.push(code);
    }
    taken(&national, &all, after(60)).await;
    for code in &codes {
        assert_eq!(national.statuses(code), ["1", "2", "4"], "{code}");
    }
    // Thirty look-ups; 30 dossiers and 90 steps in lists of twenty; a session.
    assert_eq!(national.portal.counts().requests, 30 + 2 + 5 + 1);
}

#[tokio::test]
async fn only_what_the_catalogue_says_is_owed_and_nothing_where_nobody_is_connected() {
    let world = World::new().await;
    let mut national = National::new(&world).await;
    let code = with_moves(&world, "a", 3).await;
    let all = messages(&world, &code).await;
    for fields in [
        json!({ "connected": false }),
        json!({ "agencies": ["H20.09"] }),
        json!({ "procedures": ["1.013831"] }),
        json!({ "since": "2026-11-18" }),
        json!({ "validFrom": "2026-11-18" }),
    ] {
        national.catalogue = with_portal(fields.clone());
        taken(&national, &all, after(10)).await;
        let line = national.ledger.line(&code.parse().unwrap(), &portal_id()).await.unwrap();
        assert!(line.is_none(), "{fields}");
    }
    assert_eq!(national.portal.counts().requests, 0);
    national.catalogue = with_portal(json!({ "actions": ["submit", "process"] }));
    taken(&national, &all, after(10)).await;
    assert_eq!(national.statuses(&code), ["1", "4"]);
    assert_eq!(national.line(&code).await.owed(), 3);
}

#[tokio::test]
async fn more_than_the_rate_allows_goes_in_the_next_minutes_and_all_of_it() {
    let world = World::new().await;
    let mut national = National::new(&world).await;
    let ceiling = 60;
    national.catalogue = with_portal(json!({ "requestsPerMinute": ceiling }));
    let (mut codes, mut all) = (Vec::new(), Vec::new());
    for place in 0..120 {
        let code = handed_in(&world, &format!("k{place}"), at(NOW)).await;
        all.extend(messages(&world, &code).await);
        codes.push(code);
    }
    for part in all.chunks(50) {
        taken(&national, part, after(1)).await;
    }
    let (mut asked, mut minutes) = (national.portal.counts().requests, 0);
    assert!(asked <= ceiling, "{asked}");
    while national.portal.counts().dossiers < codes.len() {
        minutes += 1;
        assert!(minutes < 10, "{:?}", national.portal.counts());
        national.minute(after(1 + 61 * minutes)).await;
        let now = national.portal.counts().requests;
        assert!(now - asked <= ceiling, "{} in one minute", now - asked);
        asked = now;
    }
    for code in &codes {
        assert!(!national.line(code).await.is_behind(), "{code}");
    }
}

#[tokio::test]
async fn a_session_that_has_expired_is_renewed_once_and_nothing_is_lost_by_it() {
    let world = World::new().await;
    let national = National::new(&world).await;
    let code = with_moves(&world, "a", 1).await;
    taken(&national, &messages(&world, &code).await, after(2)).await;
    national.portal.expire();
    moves_on(&world, &code, after(5)).await;
    taken(&national, &[changed(&world, &code, 3).await], after(6)).await;
    assert_eq!(national.statuses(&code), ["1", "2", "4"]);
    assert_eq!(national.portal.counts().sign_ins, 2);
    assert!(!national.line(&code).await.is_behind());
}

#[tokio::test]
async fn a_code_within_200_is_no_acknowledgement() {
    let world = World::new().await;
    let national = National::new(&world).await;
    let code = with_moves(&world, "a", 0).await;
    national.portal.fault(&json!({ "mode": "wrong-code", "service": "DongBoHoSoMC" })).unwrap();
    taken(&national, &messages(&world, &code).await, after(2)).await;
    let line = national.line(&code).await;
    let error = line.last_error().unwrap();
    assert_eq!(
        (line.acknowledged(), error.kind, error.code.as_str()),
        (0, ErrorKind::Refused, "-99")
    );
    assert!(line.due_at().is_some_and(|due| due > after(60)), "{:?}", line.due_at());
    national.portal.mend();
    national.minute(line.due_at().unwrap()).await;
    assert_eq!(national.line(&code).await.acknowledged(), 1);
}

#[tokio::test]
async fn one_dossier_that_is_refused_holds_no_other_up_and_goes_as_soon_as_it_has_changed() {
    let world = World::new().await;
    let national = National::new(&world).await;
    let (bad, good) = (with_moves(&world, "a", 1).await, with_moves(&world, "b", 1).await);
    let fault = json!({ "mode": "refuse-item", "dossier": bad, "code": "-7" });
    national.portal.fault(&fault).unwrap();
    let all = [messages(&world, &bad).await, messages(&world, &good).await].concat();
    taken(&national, &all, after(2)).await;
    assert_eq!(national.statuses(&good), ["1", "2"]);
    assert!(!national.line(&good).await.is_behind());
    let line = national.line(&bad).await;
    assert_eq!(line.last_error().map(|error| error.code.as_str()), Some("-7"));
    assert!(line.goes_alone());
    national.portal.mend();
    moves_on(&world, &bad, after(10)).await;
    taken(&national, &[changed(&world, &bad, 3).await], after(11)).await;
    assert_eq!(national.statuses(&bad), ["1", "2", "4"]);
    assert!(!national.line(&bad).await.is_behind());
}

#[tokio::test]
async fn receipts_that_match_nothing_acknowledge_nothing() {
    let world = World::new().await;
    let national = National::new(&world).await;
    let code = with_moves(&world, "a", 0).await;
    let fault = json!({ "mode": "strangers", "service": "DongBoHoSoMC", "times": 1 });
    national.portal.fault(&fault).unwrap();
    taken(&national, &messages(&world, &code).await, after(2)).await;
    let line = national.line(&code).await;
    assert_eq!(line.acknowledged(), 0);
    assert_eq!(line.last_error().map(|error| error.code.as_str()), Some("no-receipt"));
    national.minute(line.due_at().unwrap()).await;
    assert_eq!(national.statuses(&code), ["1"]);
    assert!(!national.line(&code).await.is_behind());
}
