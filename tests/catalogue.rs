//! The catalogue at run time: published without a deployment, refused whole with file and line,
//! never half in force.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::catalogue::Catalogue;
use domain::dossier::Action;
use jiff::{SignedDuration, Timestamp};
use platform::catalogue::{Edition, Texts, UndecidedYears};
use platform::dynamo::CatalogueStore;
use platform::live_catalogue::LiveCatalogue;
use platform::port::{CatalogueEditions, LastEdition, Stored};
use platform::{Failure, LogLine};
use serde_json::{Value, json};

use crate::support::call::{AGENCY, Answer, Call, PROCEDURE};
use crate::support::log::Log;
use crate::support::seam::{Crossing, Mode};
use crate::support::town::Town;
use crate::support::world::{NOW, World, at};
use crate::support::{file, names_in};
use crate::sweep::{CATALOGUE, played};

/// How old the catalogue of a running function may be here.
const MAX_AGE: SignedDuration = SignedDuration::from_secs(60);

/// The names of a catalogue's files.
fn names() -> Vec<String> {
    Texts::built_in().iter().map(|(name, _)| name.to_owned()).collect()
}

/// A shipped file, one piece of its text replaced by another.
fn changed(name: &str, from: &str, to: &str) -> String {
    let text = file(&format!("infra/data/{name}"));
    assert!(text.contains(from), "{name} does not say {from}");
    text.replacen(from, to, 1)
}

/// A shipped file without its line that holds `mark`.
fn without(name: &str, mark: &str) -> String {
    let text = file(&format!("infra/data/{name}"));
    assert!(text.contains(mark), "{name} does not say {mark}");
    text.lines().filter(|line| !line.contains(mark)).collect::<Vec<_>>().join("\n")
}

/// The line of a shipped file on which `mark` stands first.
fn line_of(name: &str, mark: &str) -> u64 {
    let text = file(&format!("infra/data/{name}"));
    let before = text.lines().take_while(|line| !line.contains(mark)).count();
    u64::try_from(before).unwrap() + 1
}

fn put(expected_edition: u64, files: &[(&str, &str)]) -> Call {
    let files: BTreeMap<&str, &str> = files.iter().copied().collect();
    Call::new("PUT /v1/catalogue")
        .administrator()
        .body(&json!({ "expectedEdition": expected_edition, "files": files }))
}

async fn publish(world: &World, expected_edition: u64, files: &[(&str, &str)]) -> Answer {
    put(expected_edition, files).at_publish(&world.catalogue_store, at(NOW)).await
}

async fn edition_in_force(world: &World) -> Value {
    let shown = Call::new("GET /v1/catalogue")
        .administrator()
        .at_publish(&world.catalogue_store, at(NOW))
        .await;
    assert_eq!(shown.status, 200);
    shown.body
}

async fn running(world: &World) -> LiveCatalogue<CatalogueStore> {
    LiveCatalogue::open(world.catalogue_store.clone(), UndecidedYears::Refused, MAX_AGE, at(NOW))
        .await
        .unwrap()
}

/// The text message after a receipt, which the tests change.
fn text_after_receipt(catalogue: &Catalogue) -> String {
    format!("{:?}", catalogue.templates().after(Action::Receive).unwrap())
}

/// Another text after a receipt.
fn another_text(word: &str) -> String {
    changed("templates.json", "hop le, da vao so", &format!("{word}, da vao so"))
}

/// So many seconds later.
fn later(seconds: i64) -> Timestamp {
    at(NOW) + SignedDuration::from_secs(seconds)
}

#[tokio::test]
async fn a_published_text_is_in_force_within_a_minute_without_a_restart() {
    let world = World::new().await;
    let function = running(&world).await;
    let answer = publish(&world, 0, &[("templates.json", &another_text("day du"))]).await;
    assert_eq!(
        (answer.status, &answer.body["edition"], &answer.body["published"]),
        (200, &json!(1), &json!(true))
    );
    let before = text_after_receipt(&function.current(later(59)).await.unwrap());
    let after = text_after_receipt(&function.current(later(60)).await.unwrap());
    assert!(before.contains("hop le") && after.contains("day du"), "{before} {after}");
    // What starts now begins with it.
    assert!(
        text_after_receipt(&running(&world).await.current(at(NOW)).await.unwrap())
            .contains("day du")
    );
}

/// The catalogue's table while it does not answer, and after that.
struct Silent {
    editions: CatalogueStore,
    silent: AtomicBool,
}

impl Silent {
    fn answers(&self) -> Result<(), Failure> {
        let silent = self.silent.load(Ordering::Relaxed);
        if silent { Err(Failure::unavailable("table", "it does not answer")) } else { Ok(()) }
    }
}

impl CatalogueEditions for &Silent {
    async fn last(&self) -> Result<LastEdition, Failure> {
        self.answers()?;
        self.editions.last().await
    }

    async fn edition(&self, edition: u64) -> Result<Option<Edition>, Failure> {
        self.answers()?;
        self.editions.edition(edition).await
    }

    async fn text(&self, name: &str, hash: &str) -> Result<Option<String>, Failure> {
        self.answers()?;
        self.editions.text(name, hash).await
    }
}

#[tokio::test]
async fn a_function_that_starts_while_the_table_is_silent_works_once_it_answers() {
    let world = World::new().await;
    publish(&world, 0, &[("templates.json", &another_text("day du"))]).await;
    let editions = world.catalogue_store.clone();
    let store = Silent { editions, silent: AtomicBool::new(true) };
    let function = LiveCatalogue::open(&store, UndecidedYears::Refused, MAX_AGE, at(NOW)).await;
    let function = function.unwrap();
    // Nobody knows what is in force: least of all is it what is built in.
    for _ in 0..2 {
        let unknown = function.current(at(NOW)).await.unwrap_err();
        assert!(matches!(unknown, Failure::Unavailable { .. }), "{unknown}");
    }
    store.silent.store(false, Ordering::Relaxed);
    let text = || async { text_after_receipt(&function.current(at(NOW)).await.unwrap()) };
    assert!(text().await.contains("day du"));
    // What it has by then it keeps.
    store.silent.store(true, Ordering::Relaxed);
    assert!(text().await.contains("day du"));
    let aged = function.current(later(60)).await.unwrap();
    assert!(text_after_receipt(&aged).contains("day du"));
}

#[tokio::test]
async fn a_new_calendar_year_is_in_force_without_a_deployment() {
    let world = World::new().await;
    let function = running(&world).await;
    let calendar = changed(
        "calendar.json",
        r#"  "years": {"#,
        r#"  "years": {
    "2027": {"off": ["2027-01-01"], "worked": [], "source": "A test"},"#,
    );
    let known =
        |catalogue: &Catalogue| catalogue.calendar().kind("2027-01-04".parse().unwrap()).is_ok();
    assert!(!known(&function.current(at(NOW)).await.unwrap()));
    assert_eq!(publish(&world, 0, &[("calendar.json", &calendar)]).await.status, 200);
    assert!(known(&function.current(later(60)).await.unwrap()));
}

#[tokio::test]
async fn a_dossier_keeps_the_version_of_its_procedure_and_the_next_one_gets_the_new() {
    let mut world = World::new().await;
    let first = Call::submit("first").at_submit(&world.intake, &world, at(NOW)).await.code();
    // Eight office hours instead of four, from the same day on.
    let shipped: Value = serde_json::from_str(&file("infra/data/procedures.json")).unwrap();
    let mut procedures = shipped.clone();
    let list = procedures["procedures"].as_array_mut().unwrap();
    let mut second_version =
        list.iter().find(|procedure| procedure["code"] == PROCEDURE).unwrap().clone();
    second_version["version"] = 2.into();
    second_version["validFrom"] = "2026-11-17".into();
    second_version["terms"]["online"]["amount"] = 8.into();
    list.push(second_version);
    let function = running(&world).await;
    assert_eq!(
        publish(&world, 0, &[("procedures.json", &procedures.to_string())]).await.status,
        200
    );
    world.catalogue = function.current(later(60)).await.unwrap();
    let second = Call::submit("second").at_submit(&world.intake, &world, later(60)).await.code();
    let mut seen = Vec::new();
    for code in [first, second] {
        let received = Call::transition(&code, "receive", 1)
            .at_change(&world.dossiers, &world, later(120))
            .await;
        assert_eq!(received.status, 200, "{}", received.body);
        seen.push((
            world.dossier(&code).await.procedure_version,
            received.body["dueRule"]["amount"].clone(),
        ));
    }
    assert_eq!(seen, [(1, json!(4)), (2, json!(8))]);
}

#[tokio::test]
async fn a_bad_file_is_refused_whole_with_the_line_and_the_rule() {
    let json = "{\"schemaVersion\": 1,";
    let twice = |name: &str, mark: &str| {
        let text = file(&format!("infra/data/{name}"));
        let line = text.lines().find(|line| line.contains(mark)).unwrap().to_owned();
        text.replacen(&line, &format!("{line}\n{line}"), 1)
    };
    let cases: Vec<(&str, String, &str, u64)> = vec![
        (
            "procedures.json",
            changed("procedures.json", "\"working-day\"", "\"fortnight\""),
            "form",
            6,
        ),
        (
            "procedures.json",
            changed("procedures.json", "\"amount\": 1,", "\"amount\": -1,"),
            "form",
            0,
        ),
        (
            "procedures.json",
            changed("procedures.json", "\"level\":", "\"colour\": \"red\", \"level\":"),
            "form",
            6,
        ),
        (
            "procedures.json",
            twice("procedures.json", "\"1.013833\""),
            "ordered-versions",
            line_of("procedures.json", "\"1.013833\"") + 1,
        ),
        ("agencies.json", twice("agencies.json", "{\"code\": \"H20.09\""), "unique-code", 0),
        (
            "agencies.json",
            changed("agencies.json", "\"parent\": \"H20\"", "\"parent\": \"H99\""),
            "known-agency",
            8,
        ),
        (
            "agencies.json",
            changed("agencies.json", "\"validTo\": \"2025-06-30\"", "\"validTo\": \"2019-06-30\""),
            "valid-range",
            line_of("agencies.json", "\"2025-06-30\""),
        ),
        (
            "calendar.json",
            changed("calendar.json", "\"worked\": [\"2019-01-05\"", "\"worked\": [\"2019-01-01\""),
            "off-or-worked",
            line_of("calendar.json", "\"2019\""),
        ),
        (
            "calendar.json",
            changed("calendar.json", "[\"07:00\", \"11:30\"]", "[\"11:30\", \"07:00\"]"),
            "ordered-slots",
            line_of("calendar.json", "slots"),
        ),
        (
            "templates.json",
            changed("templates.json", "ho so {code} hop le", "ho so {dossier} hop le"),
            "known-placeholder",
            line_of("templates.json", "\"receive\""),
        ),
        (
            "templates.json",
            changed("templates.json", "Cam on Ong/Ba.", &"Cam on Ong/Ba. ".repeat(20)),
            "segments-max",
            line_of("templates.json", "\"return-result\""),
        ),
        (
            "integrators.json",
            changed("integrators.json", "\"H20.03\"", "\"H99.03\""),
            "known-agency",
            0,
        ),
        ("rules.json", twice_rule(), "unique-start", 0),
        (
            "index.json",
            changed("index.json", "\"hundredths\": 10000", "\"hundredths\": 9000"),
            "weights",
            line_of("index.json", "\"hundredths\": 10000"),
        ),
        (
            "index.json",
            changed("index.json", "\"in-time\"", "\"in-luck\""),
            "form",
            line_of("index.json", "\"in-time\""),
        ),
        (
            "index.json",
            changed("index.json", "\"declared\": []", DECLARED_OF_NOBODY),
            "known-agency",
            0,
        ),
        (
            "intake.json",
            changed("intake.json", "\"prefix\": \"073\"", "\"prefix\": \"73\""),
            "prefix",
            line_of("intake.json", "\"073\""),
        ),
        (
            "intake.json",
            changed("intake.json", "\"host\": \"files.example\"", "\"host\": \"localhost\""),
            "host",
            line_of("intake.json", "\"files.example\""),
        ),
        (
            "intake.json",
            changed("intake.json", "[\"\\\\d{9}\"]", "[\".*\"]"),
            "form",
            line_of("intake.json", "\"old-identity-card\""),
        ),
        // An edition of before would be read all the same.
        (
            "intake.json",
            changed("intake.json", "\"1.000656\"", "\"9.999999\""),
            "known-procedure",
            line_of("intake.json", "\"1.000656\""),
        ),
        ("notices.json", changed("notices.json", "\"21:00\"", "\"25:00\""), "form", 0),
        ("notices.json", "nothing at all".to_owned(), "json", 1),
        ("notices.json", String::new(), "json", 1),
        ("notices.json", format!("\u{feff}{}", file("infra/data/notices.json")), "json", 1),
        ("notices.json", json.to_owned(), "json", 1),
        (
            "notices.json",
            changed("notices.json", "\"schemaVersion\": 1", "\"schemaVersion\": 2"),
            "schema-version",
            3,
        ),
        ("notices.json", changed("notices.json", "\"schemaVersion\": 1,", ""), "schema-version", 1),
        // Letters that are left out make no file of another form.
        (
            "calendar.json",
            changed("calendar.json", "\"hours\"", "\"exeptions\": [], \"hours\""),
            "form",
            0,
        ),
        ("procedures.json", changed("procedures.json", "\"note\"", "\"notes\""), "form", 0),
        ("agencies.json", changed("agencies.json", "\"note\"", "\"notes\""), "form", 0),
        ("integrators.json", changed("integrators.json", "\"note\"", "\"notes\""), "form", 0),
        ("rules.json", changed("rules.json", "\"note\"", "\"notes\""), "form", 0),
        (
            "calendar.json",
            twice("calendar.json", "\"2020\": {"),
            "form",
            line_of("calendar.json", "\"2020\": {") + 1,
        ),
        // The record of what was: agencies, years, versions in force.
        ("agencies.json", without("agencies.json", "{\"code\": \"H20.201\""), "kept-agency", 0),
        ("calendar.json", without("calendar.json", "\"2020\": {"), "kept-year", 0),
        (
            "procedures.json",
            changed("procedures.json", "\"feeVnd\": ", "\"feeVnd\": 1"),
            "kept-version",
            6,
        ),
        ("holidays.json", "{}".to_owned(), "known-file", 1),
        (
            "notices.json",
            format!("{}{}", file("infra/data/notices.json"), " ".repeat(350_000)),
            "body",
            0,
        ),
    ];
    let world = World::new().await;
    for (name, text, rule, line) in cases {
        let good = changed("integrators.json", "\"name\": \"", "\"name\": \"Hệ thống ");
        // A good file of the same set is not taken either.
        let set = [(name, text.as_str()), ("integrators.json", good.as_str())];
        let answer =
            publish(&world, 0, &set[..if name == "integrators.json" { 1 } else { 2 }]).await;
        if rule == "body" {
            assert_eq!((answer.status, answer.problem()), (413, "body-too-large"));
            continue;
        }
        assert_eq!(
            (answer.status, answer.problem()),
            (422, "catalogue-refused"),
            "{name}: {}",
            answer.body
        );
        let misprints = answer.body["misprints"].as_array().unwrap();
        let found = misprints.iter().find(|misprint| misprint["rule"] == rule);
        let found = found.unwrap_or_else(|| panic!("{name}: no {rule} in {}", answer.body));
        assert_eq!(found["file"], name);
        let told = found["line"].as_u64().unwrap();
        assert!(told == line || line == 0 && told > 1, "{name}: {rule} is in line {line}: {found}");
        assert_eq!(
            misprints.iter().filter(|misprint| misprint["file"] != name).count(),
            0,
            "{}",
            answer.body
        );
    }
    assert_eq!(edition_in_force(&world).await["edition"], 0, "nothing of it is in force");
    assert_eq!(world.count("CatalogueTable").await, 0, "nothing of it is kept");
}

/// A declaration for an agency that there is not.
const DECLARED_OF_NOBODY: &str = r#""declared": [
    {"period": "2026-11", "agency": "H99.01", "input": "satisfied", "part": 1, "whole": 2, "source": "a test"}
  ]"#;

/// The rules of the clock, the last once more.
fn twice_rule() -> String {
    let mut rules: Value = serde_json::from_str(&file("infra/data/rules.json")).unwrap();
    let list = rules["rules"].as_array_mut().unwrap();
    list.push(list.last().unwrap().clone());
    serde_json::to_string_pretty(&rules).unwrap()
}

#[tokio::test]
async fn each_bad_file_of_a_set_is_named_at_once() {
    let world = World::new().await;
    let bad = [
        ("agencies.json", changed("agencies.json", "\"validFrom\"", "\"validform\"")),
        ("notices.json", "[]".to_owned()),
        ("rules.json", "{".to_owned()),
    ];
    let files: Vec<(&str, &str)> = bad.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let answer = publish(&world, 0, &files).await;
    let named: Vec<&str> = answer.body["misprints"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["file"].as_str().unwrap())
        .collect();
    assert!(
        ["agencies.json", "notices.json", "rules.json"].iter().all(|name| named.contains(name)),
        "{named:?}"
    );
}

#[tokio::test]
async fn a_dry_run_checks_and_changes_nothing() {
    let world = World::new().await;
    let text = another_text("day du");
    let dry = put(0, &[("templates.json", &text)])
        .query("dryRun", "true")
        .at_publish(&world.catalogue_store, at(NOW))
        .await;
    assert_eq!(
        (dry.status, &dry.body["edition"], &dry.body["published"]),
        (200, &json!(0), &json!(false))
    );
    assert_ne!(
        dry.body["files"],
        edition_in_force(&world).await["files"],
        "the hashes are those it would have"
    );
    assert_eq!(world.count("CatalogueTable").await, 0);
    let bad = put(0, &[("templates.json", "{}")])
        .query("dryRun", "true")
        .at_publish(&world.catalogue_store, at(NOW))
        .await;
    assert_eq!(bad.problem(), "catalogue-refused");
}

#[tokio::test]
async fn of_two_who_publish_at_once_one_learns_that_the_catalogue_moved_on() {
    let world = World::new().await;
    let (first, second) = (another_text("day du"), another_text("chinh xac"));
    let (first_files, second_files) =
        ([("templates.json", first.as_str())], [("templates.json", second.as_str())]);
    let (one, other) =
        tokio::join!(publish(&world, 0, &first_files), publish(&world, 0, &second_files));
    let mut ends = [one.status, other.status];
    ends.sort_unstable();
    assert_eq!(ends, [200, 409]);
    let refused = if one.status == 409 { one } else { other };
    assert_eq!((refused.problem(), &refused.body["currentEdition"]), ("stale-edition", &json!(1)));
    assert_eq!(edition_in_force(&world).await["edition"], 1);
}

#[tokio::test]
async fn the_same_files_again_are_no_new_edition() {
    let world = World::new().await;
    let text = another_text("day du");
    assert_eq!(publish(&world, 0, &[("templates.json", &text)]).await.body["edition"], 1);
    // A repetition after an answer that got lost, and one by somebody who saw less.
    for seen in [0, 1] {
        let again = publish(&world, seen, &[("templates.json", &text)]).await;
        assert_eq!(
            (again.status, &again.body["edition"], &again.body["published"]),
            (200, &json!(1), &json!(false))
        );
    }
}

#[tokio::test]
async fn an_earlier_edition_comes_back_when_its_files_are_published_again() {
    let world = World::new().await;
    let function = running(&world).await;
    let (old, new) = (file("infra/data/templates.json"), another_text("day du"));
    assert_eq!(publish(&world, 0, &[("templates.json", &new)]).await.status, 200);
    assert_eq!(publish(&world, 1, &[("templates.json", &old)]).await.body["edition"], 2);
    assert!(text_after_receipt(&function.current(later(60)).await.unwrap()).contains("hop le"));
    let first = Call::new("GET /v1/catalogue").administrator().query("edition", "1");
    let first = first.at_publish(&world.catalogue_store, at(NOW)).await;
    assert_eq!(
        (&first.body["edition"], &first.body["publishedBy"]),
        (&json!(1), &json!("administrator-1"))
    );
}

#[tokio::test]
async fn who_dies_between_the_files_and_the_edition_has_published_nothing() {
    let world = World::new().await;
    let function = running(&world).await;
    let texts = Texts::built_in()
        .with([("templates.json".to_owned(), another_text("day du"))].into())
        .unwrap();
    let edition = Edition {
        edition: 1,
        files: texts.hashes(),
        published_at: at(NOW),
        published_by: "administrator-1".into(),
    };
    // As the publisher leaves the table when it dies: every file, and no edition.
    assert_eq!(world.catalogue_store.publish(&edition, &texts).await.unwrap(), Stored::Yes);
    let key = |part: &str, name: &str| {
        let text = |value: &str| AttributeValue::S(value.to_owned());
        [("part".to_owned(), text(part)), ("name".to_owned(), text(name))]
    };
    let gone = world.client.delete_item().table_name("CatalogueTable");
    gone.set_key(Some(key("edition", "000000000001").into())).send().await.unwrap();
    assert_eq!(world.count("CatalogueTable").await, names().len());
    assert!(text_after_receipt(&function.current(later(60)).await.unwrap()).contains("hop le"));
    assert_eq!(edition_in_force(&world).await["edition"], 0);
    // And the next one is not in its way.
    assert_eq!(
        publish(&world, 0, &[("templates.json", &another_text("day du"))]).await.body["edition"],
        1
    );
    assert!(text_after_receipt(&function.current(later(120)).await.unwrap()).contains("day du"));
}

/// Spoils the text of `templates.json` in the table that `published` put there.
async fn spoil(world: &World, published: &Answer) {
    let hash = published.body["files"]["templates.json"].as_str().unwrap();
    let text = |value: String| AttributeValue::S(value);
    let spoilt =
        world.client.put_item().table_name("CatalogueTable").item("part", text("file".into()));
    let spoilt =
        spoilt.item("name", text(format!("templates.json#{hash}"))).item("text", text("{}".into()));
    spoilt.send().await.unwrap();
}

/// How often the alarm rang.
fn rang(log: &Log) -> usize {
    let errors = log.errors();
    assert!(
        errors.iter().all(|error| error["message"] == LogLine::CatalogueUnreadable.text()),
        "{errors:?}"
    );
    errors.len()
}

#[tokio::test]
async fn a_file_that_is_not_what_was_published_leaves_the_present_edition_in_force_and_rings() {
    let log = Log::kept();
    let world = World::new().await;
    let function = running(&world).await;
    let answer = publish(&world, 0, &[("templates.json", &another_text("day du"))]).await;
    spoil(&world, &answer).await;
    assert!(text_after_receipt(&function.current(later(60)).await.unwrap()).contains("hop le"));
    assert_eq!(rang(&log), 1);
}

#[tokio::test]
async fn a_function_that_starts_while_the_latest_edition_is_spoilt_takes_the_newest_that_reads_and_rings()
 {
    let log = Log::kept();
    let world = World::new().await;
    let running_before = running(&world).await;
    let first = publish(&world, 0, &[("templates.json", &another_text("day du"))]).await;
    let second = publish(&world, 1, &[("templates.json", &another_text("chinh xac"))]).await;
    spoil(&world, &second).await;
    let started = running(&world).await;
    assert!(text_after_receipt(&started.current(at(NOW)).await.unwrap()).contains("day du"));
    assert_eq!(rang(&log), 1);
    // It looks again every minute, and says again what it cannot read.
    assert!(text_after_receipt(&started.current(later(60)).await.unwrap()).contains("day du"));
    assert_eq!(rang(&log), 2);
    // One that has run since before both comes to the same.
    assert!(
        text_after_receipt(&running_before.current(later(60)).await.unwrap()).contains("day du")
    );
    assert_eq!(rang(&log), 3);
    // The one before it too: what is built in.
    spoil(&world, &first).await;
    assert!(
        text_after_receipt(&running(&world).await.current(at(NOW)).await.unwrap())
            .contains("hop le")
    );
    assert_eq!(rang(&log), 5);
}

#[tokio::test]
async fn what_cannot_be_undone_is_done_by_the_latest_edition_or_not_at_all() {
    let world = World::new().await;
    let function = running(&world).await;
    assert!(text_after_receipt(&function.latest().await.unwrap()).contains("hop le"), "built in");
    let first = publish(&world, 0, &[("templates.json", &another_text("day du"))]).await;
    assert!(text_after_receipt(&function.latest().await.unwrap()).contains("day du"), "at once");
    spoil(&world, &first).await;
    assert_eq!(function.latest().await.unwrap_err().slug(), "internal");
    assert!(text_after_receipt(&function.current(later(60)).await.unwrap()).contains("hop le"));
}

#[tokio::test]
async fn a_spoilt_edition_is_mended_by_the_next_one() {
    let world = World::new().await;
    let answer = publish(&world, 0, &[("templates.json", &another_text("day du"))]).await;
    spoil(&world, &answer).await;
    let started = running(&world).await;
    assert_eq!(
        publish(&world, 1, &[("templates.json", &another_text("chinh xac"))]).await.body["edition"],
        2
    );
    assert!(text_after_receipt(&started.current(later(60)).await.unwrap()).contains("chinh xac"));
}

#[tokio::test]
async fn a_spoilt_edition_is_mended_by_what_was_in_force_before_it_too() {
    let world = World::new().await;
    let text = another_text("day du");
    assert_eq!(publish(&world, 0, &[("templates.json", &text)]).await.body["edition"], 1);
    let second = publish(&world, 1, &[("templates.json", &another_text("chinh xac"))]).await;
    spoil(&world, &second).await;
    let mended = publish(&world, 2, &[("templates.json", &text)]).await;
    assert_eq!(
        (mended.status, &mended.body["edition"], &mended.body["published"]),
        (200, &json!(3), &json!(true))
    );
    let latest = running(&world).await.latest().await.unwrap();
    assert!(text_after_receipt(&latest).contains("day du"));
}

#[tokio::test]
async fn only_an_administrator_reads_or_changes_the_catalogue() {
    let world = World::new().await;
    for route in ["GET /v1/catalogue", "PUT /v1/catalogue"] {
        let call = Call::new(route).body(&json!({ "expectedEdition": 0, "files": {} }));
        for caller in [
            call.clone().portal(),
            call.clone().officer(AGENCY),
            call.clone().citizen("087199012345"),
        ] {
            assert_eq!(
                caller.at_publish(&world.catalogue_store, at(NOW)).await.status,
                403,
                "{route}"
            );
        }
        assert_eq!(
            call.nobody().at_publish(&world.catalogue_store, at(NOW)).await.status,
            401,
            "{route}"
        );
    }
    let stranger =
        Call::submit("k").administrator().at_submit(&world.intake, &world, at(NOW)).await;
    assert_eq!(stranger.status, 403, "and sees no dossier");
}

/// Counts what is asked of a store.
struct Counted {
    editions: CatalogueStore,
    asked: Mutex<Vec<String>>,
}

impl CatalogueEditions for &Counted {
    async fn last(&self) -> Result<LastEdition, Failure> {
        self.asked.lock().unwrap().push("last".to_owned());
        self.editions.last().await
    }

    async fn edition(&self, edition: u64) -> Result<Option<Edition>, Failure> {
        self.asked.lock().unwrap().push(format!("edition {edition}"));
        self.editions.edition(edition).await
    }

    async fn text(&self, name: &str, hash: &str) -> Result<Option<String>, Failure> {
        self.asked.lock().unwrap().push(name.to_owned());
        self.editions.text(name, hash).await
    }
}

#[tokio::test]
async fn a_start_asks_once_and_reads_no_file_that_is_built_in() {
    let world = World::new().await;
    let store = Counted { editions: world.catalogue_store.clone(), asked: Mutex::default() };
    let open = || LiveCatalogue::open(&store, UndecidedYears::Refused, MAX_AGE, at(NOW));
    open().await.unwrap();
    assert_eq!(std::mem::take(&mut *store.asked.lock().unwrap()), ["last"]);
    publish(&world, 0, &[("templates.json", &another_text("day du"))]).await;
    let started = open().await.unwrap();
    assert_eq!(std::mem::take(&mut *store.asked.lock().unwrap()), ["last", "templates.json"]);
    assert!(text_after_receipt(&started.current(at(NOW)).await.unwrap()).contains("day du"));
    // A look that finds nothing newer is one call too.
    started.current(later(60)).await.unwrap();
    assert_eq!(*store.asked.lock().unwrap(), ["last"]);
}

#[test]
fn what_is_built_in_passes_every_check_of_what_is_published() {
    // With a blank behind it, it is a file as any other.
    let files = Texts::built_in();
    let files = files.iter().map(|(name, text)| (name.to_owned(), format!("{text} ")));
    let texts = Texts::built_in().with(files.collect()).unwrap();
    texts.assemble(UndecidedYears::Refused).unwrap();
}

#[test]
fn what_is_built_in_is_every_file_of_data_with_a_schema() {
    let schemas = names_in("infra/data/schema");
    let expected: Vec<String> =
        names().iter().map(|name| name.replace(".json", ".schema.json")).collect();
    assert_eq!(schemas, expected.into_iter().collect());
}

#[test]
fn whoever_published_an_edition_and_heard_nothing_of_it_is_told_that_it_is_in_force() {
    played(async || {
        for mode in [Mode::Repeated, Mode::LostAfter, Mode::KilledAfter] {
            let town = Town::new(Arc::clone(&CATALOGUE), at(NOW));
            let text = changed("templates.json", "hop le, da vao so", "da vao so");
            let call = put(0, &[("templates.json", &text)]);
            let state = town.state();
            assert_eq!(town.answer(call.clone()).await.status, 200);
            let crossings = town.crossings();
            let is_stored = |crossing: &Crossing| crossing.called == "PutItem CatalogueTable";
            // The last write of all puts the edition in force.
            let nth = crossings.iter().rposition(is_stored).unwrap();
            town.restore(&state);
            town.strike(nth, mode);
            let told = town.insisting(call).await;
            assert_eq!((told.status, &told.body["edition"]), (200, &json!(1)), "{mode:?}");
            // Whoever brings another one is late all the same.
            let other = changed("templates.json", "hop le, da vao so", "da nhan");
            let late = town.answer(put(0, &[("templates.json", &other)])).await;
            assert_eq!((late.status, late.problem()), (409, "stale-edition"), "{mode:?}");
        }
    });
}
