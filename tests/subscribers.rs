//! Subscribers get every entry of every history that they want, in order, by ids and codes, and
//! nobody waits for one of them.

mod queue;
mod replay;
mod transfers;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::delivery::{Delivery, ErrorKind, SystemId};
use jiff::{SignedDuration, Timestamp};
use platform::LogLine;
use platform::catalogue::{Texts, UndecidedYears};
use platform::config::Setting;
use platform::national::{
    NationalSystems, SubscriberSettings, Subscribers, WebhookHosts, client, is_public,
};
use platform::port::{CaseSystems, DeliveryLedger};
use platform::sqs::Replies;
use serde_json::{Value, json};

use crate::support::call::{Call, submission};
use crate::support::cut::{Fate, TableCall, queues};
use crate::support::desk::seal_key;
use crate::support::file;
use crate::support::hook::{HOST, Hook};
use crate::support::log::Log;
use crate::support::national::{Mortal, National, account};
use crate::support::teller::changed;
use crate::support::world::{NOW, World, at};
use crate::wiring::{Documents, fits};

/// What happens to a dossier after it was handed in.
const LIFE: [&str; 5] = ["receive", "process", "suspend", "resume", "finish"];

/// The subscriber of these tests.
pub(crate) fn hook_id() -> SystemId {
    "hook".parse().unwrap()
}

fn after(seconds: i64) -> Timestamp {
    at(NOW) + SignedDuration::from_secs(seconds)
}

/// A row of systems.json: a webhook, where `fields` say nothing else.
fn row(fields: &Value) -> Value {
    let mut row = json!({
        "id": "hook", "name": "Hệ thống nhận", "protocol": "webhook",
        "webhook": { "url": format!("https://{HOST}/changes"), "keys": [1] },
        "requestsPerMinute": 600, "itemsPerRequest": 1, "connected": true,
        "validFrom": "2020-01-01", "trust": "unverified", "source": "a test",
    });
    for (name, value) in fields.as_object().unwrap() {
        row[name] = value.clone();
    }
    row
}

/// The shipped catalogue with these systems beside the portal.
fn with(rows: Vec<Value>) -> Arc<domain::catalogue::Catalogue> {
    let mut systems: Value = serde_json::from_str(&file("infra/data/systems.json")).unwrap();
    let portal = systems["systems"][0].clone();
    systems["systems"] = [vec![portal], rows].concat().into();
    let texts = BTreeMap::from([("systems.json".to_owned(), systems.to_string())]);
    let texts = Texts::built_in().with(texts).unwrap();
    Arc::new(texts.assemble(UndecidedYears::Refused).unwrap())
}

fn settings(hosts: &str) -> SubscriberSettings {
    SubscriberSettings {
        replies_url_prefix: "http://localhost/replies-".to_owned(),
        key: seal_key(),
        hosts: WebhookHosts::read(Some(hosts)).unwrap(),
        timeout: Duration::from_secs(2),
    }
}

/// Subscribers on these hosts, whose queues fare as `rule` says.
fn subscribers(
    hosts: &str,
    rule: impl Fn(&TableCall) -> Fate + Send + Sync + 'static,
) -> Subscribers {
    let settings = settings(hosts);
    let replies = Replies::new(queues(rule), settings.replies_url_prefix.clone());
    Subscribers::new(replies, settings, platform::clock::now)
}

/// A province that tells the webhook, and nobody else.
async fn told(world: &World, hook: &Hook, fields: &Value) -> National {
    let mut national = National::new(world).await;
    national.catalogue = with(vec![row(fields)]);
    national.systems = NationalSystems::default().with(beside(hook));
    national
}

/// The catalogue in which the webhook stands beside the portal.
pub(crate) fn with_hook() -> Arc<domain::catalogue::Catalogue> {
    with(vec![row(&json!({}))])
}

/// What tells the webhook, and no queue.
pub(crate) fn beside(hook: &Hook) -> Subscribers {
    subscribers(HOST, |_| Fate::LostBefore).over(hook.client.clone())
}

/// A dossier that was handed in and made so many moves, a second apart.
async fn with_moves(world: &World, key: &str, moves: i64) -> String {
    let call = Call::submit(key).body(&submission());
    let code = call.at_submit(&world.intake, world, at(NOW)).await.code();
    for second in 1..=moves {
        moves_on(world, &code, after(second)).await;
    }
    code
}

async fn moves_on(world: &World, code: &str, now: Timestamp) {
    let version = world.dossier(code).await.version;
    let action = LIFE[usize::try_from(version).unwrap() - 1];
    let call = Call::transition(code, action, version);
    assert_eq!(call.at_change(&world.dossiers, world, now).await.status, 200, "{action}");
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

async fn taken(national: &National, bodies: &[String], now: Timestamp) {
    for end in national.sync(bodies, now).await {
        end.unwrap();
    }
}

/// The ids of the events about versions of a dossier.
fn ids(code: &str, versions: impl IntoIterator<Item = u64>) -> Vec<String> {
    versions.into_iter().map(|version| format!("{code}/{version}")).collect()
}

/// The error that is written in a line.
fn error(line: &Delivery) -> (ErrorKind, &str) {
    let error = line.last_error().unwrap();
    (error.kind, &error.code)
}

#[tokio::test]
async fn each_entry_is_one_signed_event_by_ids_and_codes_in_the_order_of_the_history() {
    let world = World::new().await;
    let hook = Hook::new().await;
    let national = told(
        &world,
        &hook,
        &json!({ "webhook": {
        "url": format!("https://{HOST}/changes?for=us"), "keys": [1, 2],
    } }),
    )
    .await;
    let code = with_moves(&world, "a", 3).await;
    taken(&national, &messages(&world, &code).await, after(60)).await;
    assert_eq!(hook.ids(), ids(&code, 1..=4));
    let dossier = world.dossier(&code).await;
    for (posted, entry) in hook.posted().iter().zip(&dossier.history) {
        assert_eq!(
            posted.event(),
            json!({
                "specversion": "1.0", "type": "vn.motcua.dossier.entry.v1",
                "source": "urn:motcua:dossiers", "id": format!("{code}/{}", entry.version),
                "subject": code, "time": entry.at, "data": {
                    "schemaVersion": 1, "code": code, "version": entry.version,
                    "agency": dossier.agency, "procedure": dossier.procedure,
                    "action": entry.action, "status": entry.status, "at": entry.at,
                },
            })
        );
        // Both secrets sign while they change, and no other does.
        for (key, holds) in [(1, true), (2, true), (3, false)] {
            let secret = seal_key().subscriber_secret("hook", key);
            assert_eq!(posted.is_signed_by(secret), holds, "{key}");
        }
        assert!(!posted.is_signed_by(seal_key().secret("hook", 1)), "an integrator's own");
        assert!(!posted.is_signed_by(seal_key().subscriber_secret("other", 1)), "another's");
    }
    let documented = Documents::read().schema("EntryEvent");
    for posted in hook.posted() {
        assert_eq!(fits(&documented, &posted.event()), Ok(()));
    }
    let all = format!("{:?}", hook.posted());
    let applicant = dossier.applicant.as_ref().unwrap();
    for private in [
        applicant.full_name.reveal(),
        applicant.phone.as_ref().unwrap().reveal(),
        &dossier.history[1].by.id,
    ] {
        assert!(!all.contains(private), "{private}");
    }
    let line = national.line_of(&code, &hook_id()).await;
    assert_eq!((line.owed(), line.acknowledged(), line.is_behind()), (4, 4, false));
}

#[tokio::test]
async fn what_comes_again_late_or_in_another_order_is_told_once() {
    let world = World::new().await;
    let hook = Hook::new().await;
    let national = told(&world, &hook, &json!({})).await;
    let code = with_moves(&world, "a", 3).await;
    let mut all = messages(&world, &code).await;
    all.reverse();
    for seconds in [10, 20] {
        taken(&national, &all, after(seconds)).await;
    }
    let (one, other) = tokio::join!(national.sync(&all, after(30)), national.sync(&all, after(30)));
    assert!(one.iter().chain(&other).all(Result::is_ok));
    assert_eq!(hook.ids(), ids(&code, 1..=4));
}

#[tokio::test]
async fn only_the_agencies_procedures_and_actions_that_it_wants_are_told() {
    let world = World::new().await;
    let hook = Hook::new().await;
    let code = with_moves(&world, "a", 3).await;
    let all = messages(&world, &code).await;
    for fields in [
        json!({ "agencies": ["H20.09"] }),
        json!({ "procedures": ["1.013831"] }),
        json!({ "connected": false }),
        json!({ "webhook": { "url": "https://elsewhere.example/changes", "keys": [1] } }),
    ] {
        let national = told(&world, &hook, &fields).await;
        taken(&national, &all, after(10)).await;
        let line = national.ledger.line(&code.parse().unwrap(), &hook_id()).await.unwrap();
        assert!(line.is_none() && hook.ids().is_empty(), "{fields}");
    }
    let national = told(&world, &hook, &json!({ "actions": ["receive", "suspend"] })).await;
    taken(&national, &all, after(10)).await;
    assert_eq!(hook.ids(), ids(&code, [2, 4]));
}

#[tokio::test]
async fn one_that_is_away_for_a_day_gets_everything_afterwards_and_the_portal_waits_for_nobody() {
    let world = World::new().await;
    let hook = Hook::new().await;
    let mut national = told(&world, &hook, &json!({})).await;
    national.systems = NationalSystems::portal(
        platform::gateway::http_client(Duration::from_secs(2)).unwrap(),
        account(&national.url),
    )
    .with(beside(&hook));
    hook.answers(|_| Some("503 Service Unavailable"));
    let mut codes = Vec::new();
    for place in 0..6 {
        let code = with_moves(&world, &format!("k{place}"), 2).await;
        taken(&national, &messages(&world, &code).await, after(10 + place)).await;
        assert_eq!(national.statuses(&code), ["1", "2", "4"], "the portal has it at once");
        codes.push(code);
    }
    let asked = hook.ids().len();
    for minute in (0..24 * 60).step_by(5) {
        national.minute(after(60 * (minute + 1))).await;
    }
    assert!(hook.ids().len() - asked < 200, "{} requests in a day", hook.ids().len());
    let behind = national.ledger.behind(&hook_id()).await.unwrap();
    assert_eq!(behind.lines, 6);
    hook.mend();
    let day = 24 * 60;
    for minute in 0..30 {
        national.minute(after(60 * (day + minute))).await;
    }
    assert_eq!(national.ledger.behind(&hook_id()).await.unwrap().lines, 0);
    let got = hook.ids();
    for code in &codes {
        let of_one: Vec<_> = got.iter().filter(|id| id.starts_with(code.as_str())).collect();
        assert_eq!(of_one, ids(code, 1..=3).iter().collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn one_that_says_that_it_is_gone_is_asked_no_more_until_it_is_switched_on() {
    let world = World::new().await;
    let hook = Hook::new().await;
    let national = told(&world, &hook, &json!({})).await;
    let (one, other) = (with_moves(&world, "a", 1).await, with_moves(&world, "b", 1).await);
    hook.answers(|_| Some("410 Gone"));
    let log = Log::kept();
    taken(&national, &messages(&world, &one).await, after(10)).await;
    taken(&national, &messages(&world, &other).await, after(20)).await;
    for minute in 0..3 {
        national.minute(after(SignedDuration::from_hours(6).as_secs() * (1 + minute))).await;
    }
    assert_eq!(hook.ids(), ids(&one, [1]), "asked once, and never again");
    let said = json!({
        "message": LogLine::SubscriberGone.text(), "system": "hook", "code": "http-410",
    });
    assert_eq!(log.errors(), [said], "and one alarm");
    let line = national.line_of(&one, &hook_id()).await;
    assert_eq!(error(&line), (ErrorKind::Unavailable, "http-410"));
    assert!(line.is_behind() && national.line_of(&other, &hook_id()).await.is_behind());
}

#[tokio::test]
async fn an_event_that_its_receiver_stumbles_over_holds_no_other_up() {
    let world = World::new().await;
    let hook = Hook::new().await;
    let national = told(&world, &hook, &json!({})).await;
    let bad = with_moves(&world, "a", 1).await;
    let stumbles = bad.clone();
    hook.answers(move |event| {
        let is_bad = event["subject"] == stumbles.as_str();
        Some(if is_bad { "500 Internal Server Error" } else { "200 OK" })
    });
    taken(&national, &messages(&world, &bad).await, after(10)).await;
    let mut good = Vec::new();
    let mut bodies = messages(&world, &bad).await;
    for place in 0..5 {
        let code = with_moves(&world, &format!("k{place}"), 1).await;
        bodies.extend(messages(&world, &code).await);
        good.push(code);
    }
    let due = national.line_of(&bad, &hook_id()).await.due_at().unwrap();
    taken(&national, &bodies, due).await;
    for code in &good {
        assert!(!national.line_of(code, &hook_id()).await.is_behind(), "{code}");
    }
    let line = national.line_of(&bad, &hook_id()).await;
    assert_eq!(error(&line), (ErrorKind::Refused, "http-500"), "it is about the event");
    let pace = national.ledger.pace(&hook_id()).await.unwrap();
    assert_eq!(pace.resting_until(), None);
    hook.mend();
    national.minute(line.due_at().unwrap()).await;
    assert_eq!(hook.ids(), ids(&bad, 1..=2));
}

#[tokio::test]
async fn an_event_that_is_refused_waits_alone_and_goes_again_by_itself() {
    let world = World::new().await;
    let hook = Hook::new().await;
    let national = told(&world, &hook, &json!({})).await;
    let code = with_moves(&world, "a", 2).await;
    hook.answers(|event| {
        let is_second = event["data"]["version"] == 2;
        Some(if is_second { "422 Unprocessable Content" } else { "200 OK" })
    });
    taken(&national, &messages(&world, &code).await, after(10)).await;
    assert_eq!(hook.ids(), ids(&code, 1..=2), "what follows it does not overtake it");
    let line = national.line_of(&code, &hook_id()).await;
    assert_eq!((line.acknowledged(), error(&line)), (1, (ErrorKind::Refused, "http-422")));
    hook.mend();
    national.minute(line.due_at().unwrap()).await;
    assert_eq!(hook.ids(), ids(&code, 2..=3));
}

#[tokio::test]
async fn one_that_answers_slowly_gets_the_rest_in_the_next_minutes() {
    let world = World::new().await;
    let hook = Hook::new().await;
    let mut national = told(&world, &hook, &json!({})).await;
    let code = with_moves(&world, "a", 3).await;
    // No time at all: each round is over after its first request.
    national.patience = SignedDuration::ZERO;
    taken(&national, &messages(&world, &code).await, after(10)).await;
    assert_eq!(hook.ids(), ids(&code, [1]));
    let line = national.line_of(&code, &hook_id()).await;
    assert_eq!((line.acknowledged(), error(&line)), (1, (ErrorKind::Unavailable, "slow")));
    let mut now = after(10);
    for _ in 0..3 {
        now += SignedDuration::from_mins(1);
        national.minute(now).await;
    }
    assert_eq!(hook.ids(), ids(&code, 1..=4));
    assert!(!national.line_of(&code, &hook_id()).await.is_behind());
}

#[tokio::test]
async fn an_answer_that_is_lost_and_a_process_that_dies_bring_the_event_again_under_its_id() {
    let world = World::new().await;
    let hook = Hook::new().await;
    let national = told(&world, &hook, &json!({})).await;
    let code = with_moves(&world, "a", 1).await;
    hook.answers(|_| None);
    taken(&national, &messages(&world, &code).await, after(10)).await;
    let line = national.line_of(&code, &hook_id()).await;
    assert_eq!(error(&line), (ErrorKind::Unavailable, "broken-off"));
    hook.answers(|_| Some("200 OK"));
    national.minute(line.due_at().unwrap()).await;
    assert_eq!(hook.ids(), ids(&code, [1, 1, 2]));
    for after_the_write in [false, true] {
        hook.mend();
        let code = with_moves(&world, &format!("{after_the_write}"), 1).await;
        let all = messages(&world, &code).await;
        let ledger = Mortal::new(&national.ledger, after_the_write);
        let ends = national.sync_over(&world.dossiers, &ledger, &all, after(100)).await;
        assert!(ends.iter().any(Result::is_err));
        taken(&national, &all, after(110)).await;
        if let Some(due) = national.line_of(&code, &hook_id()).await.due_at() {
            national.minute(due).await;
        }
        let mut got = hook.ids();
        got.dedup();
        let twice = [ids(&code, 1..=2), ids(&code, 1..=2)].concat();
        assert!(got == ids(&code, 1..=2) || got == twice, "{got:?}");
        assert!(!national.line_of(&code, &hook_id()).await.is_behind());
    }
}

#[tokio::test]
async fn a_redirect_is_no_answer_and_is_not_followed() {
    let world = World::new().await;
    let hook = Hook::new().await;
    let national = told(&world, &hook, &json!({})).await;
    let code = with_moves(&world, "a", 0).await;
    hook.answers(|_| Some("307 Temporary Redirect\r\nlocation: https://events.example/other"));
    taken(&national, &messages(&world, &code).await, after(10)).await;
    assert_eq!(hook.ids().len(), 1);
    let line = national.line_of(&code, &hook_id()).await;
    assert_eq!(error(&line), (ErrorKind::Unavailable, "http-307"));
}

#[tokio::test]
async fn a_name_that_leads_to_a_machine_of_ours_leads_nowhere() {
    for (address, open) in [
        ("8.8.8.8", true),
        ("203.162.0.1", true),
        ("2001:ee0::1", true),
        ("10.1.2.3", false),
        ("172.16.0.1", false),
        ("192.168.1.1", false),
        ("127.0.0.1", false),
        ("169.254.169.254", false),
        ("100.64.0.1", false),
        ("0.0.0.0", false),
        ("192.0.0.8", false),
        ("198.18.0.1", false),
        ("224.0.0.1", false),
        ("255.255.255.255", false),
        ("::1", false),
        ("::", false),
        ("fd00:ec2::254", false),
        ("fe80::1", false),
        ("::ffff:169.254.169.254", false),
        ("64:ff9b::a9fe:a9fe", false),
        ("2002:a9fe:a9fe::1", false),
        ("2001::1", false),
        ("2001:db8::1", false),
    ] {
        assert_eq!(is_public(address.parse().unwrap()), open, "{address}");
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let client = client(Duration::from_secs(2)).unwrap();
    for url in [format!("https://localhost:{port}/"), format!("http://localhost:{port}/")] {
        assert!(client.get(url).send().await.is_err());
    }
    // Nobody has knocked.
    let knocked = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
    assert!(knocked.is_err());
    // And a catalogue takes no such name in the first place.
    let webhook = json!({ "url": "https://metadata.google.internal/", "keys": [1] });
    let refused = std::panic::catch_unwind(|| with(vec![row(&json!({ "webhook": webhook }))]));
    assert!(refused.is_err());
}

#[tokio::test]
async fn only_hosts_of_the_deployment_are_reached_whatever_the_catalogue_says() {
    let world = World::new().await;
    let hook = Hook::new().await;
    let national = told(&world, &hook, &json!({})).await;
    let day = domain::calendar::date_of(at(NOW));
    let system = national.catalogue.systems().system(&hook_id(), day).unwrap().clone();
    for (hosts, reached) in [
        (HOST, true),
        ("a.example, events.example", true),
        ("", false),
        ("events.example.org", false),
        ("vents.example", false),
    ] {
        let known = subscribers(hosts, |_| Fate::LostBefore);
        assert_eq!(NationalSystems::default().with(known).has(&system), reached, "{hosts}");
    }
    assert!(!NationalSystems::default().has(&system));
}
