//! What the portal and a service bus are sent, letter by letter, and how a batch is worked off.

use std::time::Duration;

use aws_lambda_events::sqs::SqsEvent;
use platform::Failure;
use platform::batch::{Arrived, Plan, SHORT_PATIENCE, run_together};
use platform::gateway::{Address, http_client};
use platform::national::{LgspSettings, NationalSystems, item, step};
use platform::port::{Case, CaseSystems, Found};

use super::*;
use crate::support::national::portal;
use crate::support::world::Kept;

#[tokio::test]
async fn a_request_for_documents_and_what_came_of_it_are_in_the_item() {
    let world = World::new().await;
    let code = handed_in(&world, "a", at(NOW)).await;
    let missing = submission()["documents"][0]["code"].clone();
    let asks = Call::transition(&code, "request-supplement", 1).body(&json!({
        "action": "request-supplement", "expectedVersion": 1, "reason": "Thiếu giấy tờ",
        "askedFor": [{ "code": missing, "reason": "bản gốc" }],
    }));
    let asked = asks.at_change(&world.dossiers, &world, after(60)).await;
    assert_eq!(asked.status, 200, "{}", asked.body);
    let asked = world.dossier(&code).await;
    let catalogue = &*world.catalogue;
    let shown = item(Case { dossier: &asked, catalogue });
    let supplement = &shown["DanhSachHoSoBoSung"][0];
    assert_eq!(
        (&supplement["NoiDungBoSung"], &supplement["NgayBoSung"], &supplement["TrangThaiBoSung"]),
        (&json!("Thiếu giấy tờ"), &json!("20261117090100"), &json!("0"))
    );
    assert_eq!(supplement["DanhSachGiayToBoSung"][0]["TenGiayTo"], missing);
    assert_eq!(shown["TrangThaiHoSo"], "5");
    let entry = step(Case { dossier: &asked, catalogue }, &asked.history[1]);
    assert_eq!(
        (&entry["NguoiXuLy"], &entry["NoiDungXuLy"], &entry["TrangThai"]),
        (&json!("Sở Công Thương"), &json!("Yêu cầu bổ sung hồ sơ: Thiếu giấy tờ"), &json!("5"))
    );
    // Nobody's account is anywhere in it.
    let officer = &asked.history[1].by.id;
    assert!(!format!("{shown}{entry}").contains(officer), "{officer}");
}

#[tokio::test]
async fn what_was_handed_in_and_its_supplement_are_two_steps_within_one_second() {
    let world = World::new().await;
    let national = National::new(&world).await;
    let code = handed_in(&world, "a", at(NOW)).await;
    let missing = submission()["documents"][0]["code"].clone();
    let asks = json!({
        "action": "request-supplement", "expectedVersion": 1, "reason": "Thiếu giấy tờ",
        "askedFor": [{ "code": missing, "reason": "bản gốc" }],
    });
    let brings = json!({
        "action": "supplement", "expectedVersion": 2, "documents": submission()["documents"],
    });
    let asks = Call::transition(&code, "request-supplement", 1).body(&asks);
    let brings = Call::transition(&code, "supplement", 2).body(&brings).portal();
    for call in [asks, brings] {
        let moved = call.at_change(&world.dossiers, &world, at(NOW)).await;
        assert_eq!(moved.status, 200, "{}", moved.body);
    }
    taken(&national, &messages(&world, &code).await, at(NOW)).await;
    assert_eq!(national.statuses(&code), ["1", "5", "1"]);
}

#[tokio::test]
async fn a_dossier_whose_content_is_gone_is_sent_with_empty_names_and_is_taken() {
    let world = World::new().await;
    let national = National::new(&world).await;
    let code = with_moves(&world, "a", 8).await;
    let gone = world.dossier(&code).await;
    let gone = gone.without_content(domain::dossier::GoneBy::Expiry, after(600)).unwrap();
    world.overwrite(&gone).await;
    taken(&national, &messages(&world, &code).await, after(700)).await;
    assert_eq!(national.field(&code, "ChuHoSo"), "");
    assert_eq!(national.statuses(&code).len(), 9);
}

#[tokio::test]
async fn a_service_bus_takes_the_same_dossiers_by_its_own_door() {
    let world = World::new().await;
    let (stand_in, url, server) = portal().await;
    let account = LgspSettings {
        url: Address::try_from(url.as_str()).unwrap(),
        unit: "000.00.00.H20".into(),
    };
    let bus = NationalSystems::bus(http_client(Duration::from_secs(2)).unwrap(), account);
    let code = with_moves(&world, "a", 2).await;
    let dossier = world.dossier(&code).await;
    let case = Case { dossier: &dossier, catalogue: &world.catalogue };
    let named = |id: &str| {
        let day = domain::calendar::date_of(at(NOW));
        world.catalogue.systems().system(&id.parse().unwrap(), day).unwrap().clone()
    };
    let (dvcqg, lgsp) = (named("national-portal"), named("service-bus"));
    assert!(bus.has(&lgsp) && !bus.has(&dvcqg));
    assert_eq!(bus.look_up(&lgsp, case).await, Ok(Found::NotAsked));
    assert_eq!(bus.put(&lgsp, false, &[case]).await, Ok(vec![Ok(())]));
    let kept = stand_in.dossier(&code).unwrap();
    assert_eq!(kept["item"]["TrangThaiHoSo"], "4");
    // Entered twice it is refused, and updated it is taken.
    assert_eq!(bus.put(&lgsp, false, &[case]).await, Ok(vec![Err("-3".to_owned())]));
    assert_eq!(bus.put(&lgsp, true, &[case]).await, Ok(vec![Ok(())]));
    server.abort();
}

#[tokio::test]
async fn both_systems_get_a_dossier_and_one_that_is_away_keeps_the_other_from_nothing() {
    let world = World::new().await;
    let mut national = National::new(&world).await;
    let mut systems: Value = serde_json::from_str(&file("infra/data/systems.json")).unwrap();
    systems["systems"][1]["connected"] = json!(true);
    let texts = BTreeMap::from([("systems.json".to_owned(), systems.to_string())]);
    let texts = Texts::built_in().with(texts).unwrap();
    national.catalogue = Arc::new(texts.assemble(UndecidedYears::Refused).unwrap());
    let (bus, url, server) = portal().await;
    national.connect_bus(&url);
    let code = with_moves(&world, "a", 2).await;
    national.portal.fault(&json!({ "mode": "outage" })).unwrap();
    taken(&national, &messages(&world, &code).await, after(10)).await;
    assert_eq!(bus.dossier(&code).unwrap()["item"]["TrangThaiHoSo"], "4");
    let lines = world.deliveries.of(&code.parse().unwrap()).await.unwrap();
    let behind: Vec<_> =
        lines.iter().map(|line| (line.system().as_str(), line.is_behind())).collect();
    assert_eq!(behind, [("national-portal", true), ("service-bus", false)]);
    server.abort();
}

#[tokio::test]
async fn officers_see_which_system_has_what_and_why_one_has_not() {
    let world = World::new().await;
    let national = National::new(&world).await;
    let code = with_moves(&world, "a", 1).await;
    let shown = async || {
        let call = Call::new("GET /v1/dossiers/{code}/deliveries").code(&code).officer("H20.03");
        call.at_track(&world).await.body
    };
    assert_eq!(shown().await, json!({ "code": code, "inStep": true, "systems": [] }));
    taken(&national, &messages(&world, &code).await, after(10)).await;
    moves_on(&world, &code, after(20)).await;
    national.portal.fault(&json!({ "mode": "http-500" })).unwrap();
    taken(&national, &[changed(&world, &code, 3).await], after(21)).await;
    let shown = shown().await;
    assert_eq!(shown["inStep"], false);
    let portal = &shown["systems"][0];
    assert_eq!(portal["name"], "Cổng Dịch vụ công quốc gia");
    assert_eq!((&portal["owed"], &portal["acknowledged"]), (&json!(3), &json!(2)));
    assert_eq!(portal["behindSince"], after(21).to_string());
    assert_eq!(
        portal["lastError"],
        json!({ "kind": "unavailable", "code": "http-500", "at": after(21).to_string() })
    );
}

/// What became of each message of a batch.
type Outcomes = Vec<Result<(), Failure>>;

#[tokio::test]
async fn of_a_batch_that_is_worked_off_together_one_message_takes_no_other_along() {
    let batch: SqsEvent =
        serde_json::from_str(&file("events/sync-national.mixed-batch.json")).unwrap();
    let plan = Plan {
        width: 10,
        record_timeout: Duration::from_secs(60),
        receives_max: 11,
        patience: SHORT_PATIENCE,
    };
    let ids: Vec<String> =
        batch.records.iter().map(|record| record.message_id.clone().unwrap()).collect();
    let failed = async |work: &dyn Fn(&[Arrived]) -> Result<Outcomes, Failure>| {
        let queue = Kept::default();
        let answer =
            run_together(batch.clone(), plan, &queue, at(NOW), async |all| work(&all)).await;
        let failed = answer.batch_item_failures.into_iter().map(|failure| failure.item_identifier);
        (failed.collect::<Vec<_>>(), queue.reasons())
    };
    let fine = |_: &Arrived| Ok(());
    assert_eq!(failed(&|all| Ok(all.iter().map(fine).collect())).await.0, [""; 0]);
    // The second one cannot be read: it is parked, and the others are done.
    let judged = |message: &Arrived| {
        if message.body.starts_with('{') { Ok(()) } else { Err(Failure::Malformed) }
    };
    let (again, parked) = failed(&|all| Ok(all.iter().map(judged).collect())).await;
    assert_eq!((again.len(), parked), (0, vec!["malformed-body".to_owned()]));
    // One that panics comes again alone.
    let panics = |all: &[Arrived]| {
        assert!(all.iter().all(|message| message.body.starts_with('{')), "a poison");
        Ok(all.iter().map(fine).collect())
    };
    assert_eq!(failed(&panics).await.0, [ids[1].clone()]);
    // What all of them need is not there: all come again.
    let away = |_: &[Arrived]| Err(Failure::Held("the catalogue"));
    assert_eq!(failed(&away).await.0, ids);
}
