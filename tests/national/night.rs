//! The night compares the ledger with the histories, and with what the portal says it has.

use jiff::civil::date;
use platform::LogLine;
use platform::national::Connected;
use reconcile_deliveries::{Order, Outcome, Standing, reconcile};

use super::*;
use crate::support::call::Answer;
use crate::support::days::{count, few_agencies};
use crate::support::log::Log;
use crate::support::world::Kept;

/// The night after [`NOW`].
const NIGHT: &str = "2026-11-17T19:30:00Z";

/// A connection to the portal alone.
const PORTAL: Connected = Connected { dvcqg: true, lgsp: false, vnpost: false, subscribers: None };

/// A night's run at `now`, with the messages that it sends.
async fn compared(world: &World, connected: Connected, now: Timestamp) -> (Outcome, Vec<String>) {
    ordered(world, &Order::default(), connected, now).await
}

/// The same by an order.
async fn ordered(
    world: &World,
    order: &Order,
    connected: Connected,
    now: Timestamp,
) -> (Outcome, Vec<String>) {
    let queue = Kept::default();
    let tables = (&world.dossiers, &world.deliveries, &world.office.feedback);
    let law = (&*world.catalogue, &connected);
    let outcome = reconcile(order, tables, &queue, law, now).await.unwrap();
    let sent = queue.sent.lock().unwrap().iter().map(ToString::to_string).collect();
    (outcome, sent)
}

/// How far the portal is.
fn portal(outcome: &Outcome) -> &Standing {
    &outcome.systems[&portal_id()]
}

#[tokio::test]
async fn what_the_relay_lost_is_found_in_the_histories_and_brought() {
    let world = World::new().await;
    let national = National::new(&world).await;
    let mut codes = Vec::new();
    for place in 0..5 {
        codes.push(with_moves(&world, &format!("k{place}"), 2).await);
    }
    // Of one the last change was lost, of the others everything.
    let known = messages(&world, &codes[0]).await;
    moves_on(&world, &codes[0], after(60)).await;
    taken(&national, &known[..1], after(10)).await;
    moves_on(&world, &codes[0], after(120)).await;
    let (outcome, sent) = compared(&world, PORTAL, at(NIGHT)).await;
    let standing = portal(&outcome);
    assert_eq!((standing.changed, standing.in_step, standing.unknown), (5, 0, 5));
    assert_eq!((standing.in_step_percent.as_str(), sent.len()), ("0.00", 5));
    taken(&national, &sent, at(NIGHT)).await;
    for code in &codes {
        assert_eq!(national.statuses(code), history(&world, code).await, "{code}");
    }
    let next = at(NIGHT) + SignedDuration::from_hours(24);
    let (outcome, _) = compared(&world, PORTAL, next).await;
    let standing = portal(&outcome);
    assert_eq!((standing.changed, standing.in_step, standing.unknown), (5, 5, 0));
    assert_eq!((standing.in_step_percent.as_str(), standing.behind), ("100.00", 0));
}

#[tokio::test]
async fn an_acknowledgement_that_is_false_is_found_by_the_night_and_made_good() {
    let world = World::new().await;
    let national = National::new(&world).await;
    let (lost, kept) = (with_moves(&world, "a", 2).await, with_moves(&world, "b", 2).await);
    taken(&national, &messages(&world, &kept).await, after(10)).await;
    national.portal.fault(&json!({ "mode": "lost" })).unwrap();
    taken(&national, &messages(&world, &lost).await, after(20)).await;
    national.portal.mend();
    assert!(!national.line(&lost).await.is_behind(), "it said that it has it");
    assert_eq!(national.portal.dossier(&lost), None);
    let (outcome, sent) = compared(&world, PORTAL, at(NIGHT)).await;
    assert_eq!((portal(&outcome).in_step, portal(&outcome).asked), (2, 2));
    let log = Log::kept();
    taken(&national, &sent, at(NIGHT)).await;
    let found = json!({
        "message": LogLine::FalseAcknowledgement.text(), "system": "national-portal",
        "dossier": lost,
    });
    assert_eq!(log.errors(), [found]);
    let line = national.line(&lost).await;
    assert_eq!((line.is_behind(), line.reopened()), (true, 1));
    assert_eq!(line.last_error().map(|error| error.kind), Some(ErrorKind::NotThere));
    national.minute(at(NIGHT)).await;
    assert_eq!(national.statuses(&lost), ["1", "2", "4"]);
    let line = national.line(&kept).await;
    assert_eq!((line.reopened(), national.portal.counts().repeated), (0, 0));
}

#[tokio::test]
async fn a_dossier_in_another_status_there_gets_the_steps_since_and_no_others() {
    let world = World::new().await;
    let national = National::new(&world).await;
    let code = with_moves(&world, "a", 1).await;
    taken(&national, &messages(&world, &code).await, after(10)).await;
    national.portal.fault(&json!({ "mode": "lost" })).unwrap();
    moves_on(&world, &code, after(20)).await;
    taken(&national, &[changed(&world, &code, 3).await], after(21)).await;
    national.portal.mend();
    assert_eq!(national.field(&code, "TrangThaiHoSo"), "2");
    let (_, sent) = compared(&world, PORTAL, at(NIGHT)).await;
    taken(&national, &sent, at(NIGHT)).await;
    assert_eq!(national.line(&code).await.acknowledged(), 2);
    national.minute(at(NIGHT)).await;
    assert_eq!(national.statuses(&code), ["1", "2", "4"]);
    assert_eq!(national.field(&code, "TrangThaiHoSo"), "4");
    assert_eq!(national.portal.counts().repeated, 0);
}

#[tokio::test]
async fn a_question_waits_for_a_portal_that_is_away_and_takes_nothing_back() {
    let world = World::new().await;
    let national = National::new(&world).await;
    let code = with_moves(&world, "a", 1).await;
    taken(&national, &messages(&world, &code).await, after(10)).await;
    let (_, sent) = compared(&world, PORTAL, at(NIGHT)).await;
    national.portal.fault(&json!({ "mode": "outage" })).unwrap();
    for minute in 0..5 {
        let now = at(NIGHT) + SignedDuration::from_mins(minute);
        let ends = national.sync(&sent, now).await;
        let slugs: Vec<_> = ends.iter().map(|end| end.as_ref().unwrap_err().slug()).collect();
        assert_eq!(slugs, ["unavailable"]);
    }
    assert!(national.portal.counts().requests < 10);
    assert!(!national.line(&code).await.is_behind());
    national.portal.mend();
    taken(&national, &sent, at(NIGHT) + SignedDuration::from_hours(1)).await;
    assert_eq!(national.line(&code).await.reopened(), 0);
}

#[tokio::test]
async fn nothing_is_compared_where_nobody_is_connected() {
    let world = World::new().await;
    let code = with_moves(&world, "a", 1).await;
    let nobody = Connected::default();
    let (outcome, sent) = compared(&world, nobody, at(NIGHT)).await;
    assert!(outcome.systems.is_empty() && sent.is_empty());
    assert!(world.deliveries.of(&code.parse().unwrap()).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_figures_of_a_time_say_how_many_dossiers_the_portal_has() {
    let world = few_agencies().await;
    let national = National::new(&world).await;
    let mut codes = Vec::new();
    for place in 0..4 {
        codes.push(with_moves(&world, &format!("k{place}"), 1).await);
    }
    for code in &codes[..3] {
        taken(&national, &messages(&world, code).await, after(10)).await;
    }
    count(&world, "2026-11-17").await;
    let asked = async |route: &str| {
        let call = Call::new(route).officer("H20.03").query("period", "2026-11-17");
        let answer: Answer = call.at_kpi(&world, at("2026-11-18T00:30:00Z")).await.into();
        assert_eq!(answer.status, 200);
        answer.body
    };
    // Before a night has compared the day, nobody says anything.
    let before = asked("GET /v1/kpi/national").await;
    assert!(before["missing"].as_array().unwrap().contains(&json!("DB_TOTAL")));
    let (outcome, _) = compared(&world, PORTAL, at(NIGHT)).await;
    assert_eq!(portal(&outcome).in_step_percent, "75.00");
    let after = asked("GET /v1/kpi/national").await;
    assert!(!after["missing"].as_array().unwrap().contains(&json!("DB_TOTAL")));
    assert_eq!(before["systems"], json!([]));
    let standing = json!({
        "system": "national-portal", "name": "Cổng Dịch vụ công quốc gia", "comparedAt": NIGHT,
        "changed": 4, "inStep": 3, "inStepPercent": "75.00", "behind": 0,
    });
    assert_eq!(after["systems"], json!([standing]));
    let page = async |period: &str| {
        let call = Call::new("GET /v1/reports/{period}").path("period", period);
        let answer = call.at_kpi(&world, at("2026-11-18T00:30:00Z")).await;
        format!("{:?}", answer.body)
    };
    let said = "Cổng Dịch vụ công quốc gia: đã nhận đủ 3/4 hồ sơ có thay đổi trong 7 ngày (75,00%)";
    assert!(page("2026-11-17").await.contains(said));
    // A night of today says nothing of last month.
    assert!(!page("2026-10").await.contains("Đồng bộ hồ sơ"));
    let rows = after["rows"].as_array().unwrap();
    let ours = rows.iter().find(|row| row["MADONVI"] == "H20.03").unwrap();
    assert_eq!((&ours["HS_TOTAL"], &ours["DB_TOTAL"]), (&json!(4), &json!(3)));
    let index = asked("GET /v1/kpi/index").await;
    let input = json!({
        "input": "dossiers-synchronised", "value": 3, "of": 4, "from": "deliveries",
    });
    assert!(index.to_string().contains(&input.to_string()), "{index}");
}

#[tokio::test]
async fn an_order_over_a_few_hours_leaves_the_figures_of_whole_days_and_of_the_week_alone() {
    let world = few_agencies().await;
    let national = National::new(&world).await;
    let (told, untold) = (with_moves(&world, "a", 1).await, with_moves(&world, "b", 1).await);
    taken(&national, &messages(&world, &told).await, after(10)).await;
    compared(&world, PORTAL, at(NIGHT)).await;
    let stood = async || {
        let (first, last) = (date(2026, 11, 11), date(2026, 11, 18));
        let days = world.deliveries.in_step(&portal_id(), first, last).await.unwrap();
        (days, world.deliveries.standings().await.unwrap())
    };
    let before = stood().await;
    assert!(before.0.values().flatten().any(|cell| (cell.owed, cell.in_step) == (2, 1)));
    // Of the day only what was recorded late in it is looked at: one dossier of two.
    moves_on(&world, &untold, at("2026-11-17T15:00:00Z")).await;
    let since = Some(at("2026-11-17T14:00:00Z"));
    let order = Order { since, ..Order::default() };
    let later = at(NIGHT) + SignedDuration::from_mins(10);
    let (outcome, _) = ordered(&world, &order, PORTAL, later).await;
    assert_eq!(portal(&outcome).changed, 1);
    assert_eq!(stood().await, before);
}

#[tokio::test]
async fn a_night_that_may_send_little_sends_what_is_owed_before_it_asks_and_says_how_many() {
    let world = World::new().await;
    let national = National::new(&world).await;
    for key in ["a", "b"] {
        let code = with_moves(&world, key, 2).await;
        taken(&national, &messages(&world, &code).await, after(10)).await;
    }
    with_moves(&world, "lost", 2).await;
    for (at_most, asked) in [(1, 0), (2, 1), (4, 2)] {
        let order = Order { at_most: Some(at_most), ..Order::default() };
        let (outcome, sent) = ordered(&world, &order, PORTAL, at(NIGHT)).await;
        let standing = portal(&outcome);
        assert_eq!((standing.unknown, standing.asked, sent.len()), (1, asked, 1 + asked));
    }
    for refused in [0, reconcile_deliveries::SENT_MAX + 1] {
        let order = Order { at_most: Some(refused), ..Order::default() };
        let tables = (&world.dossiers, &world.deliveries, &world.office.feedback);
        let (queue, law) = (Kept::default(), (&*world.catalogue, &PORTAL));
        assert!(reconcile(&order, tables, &queue, law, at(NIGHT)).await.is_err());
    }
}
