//! Systems that must have our dossiers.

use serde_json::json;

use super::{assemble, day, good, list, refused, system, wrong};

#[test]
fn a_system_that_contradicts_itself_or_the_other_files_is_refused() {
    assert_eq!(wrong(|_| {}), []);
    refused("systems.portal", "unique-start", |files| {
        list(&mut files.systems, "systems").push(system("2026-01-01"));
    });
    for (field, value, rule) in [
        ("requestsPerMinute", json!(5), "range"),
        ("requestsPerMinute", json!(60_001), "range"),
        ("itemsPerRequest", json!(0), "range"),
        ("name", json!(" "), "name"),
        ("source", json!(""), "source"),
        ("agencies", json!(["H20.09", "H20.99"]), "known-agency"),
        ("procedures", json!(["1.000001"]), "known-procedure"),
    ] {
        refused("systems.portal", rule, |files| files.systems["systems"][0][field] = value);
    }
}

#[test]
fn an_entry_holds_from_its_day_until_the_next_one_s() {
    let mut files = good();
    let mut later = system("2026-06-01");
    later["connected"] = json!(false);
    list(&mut files.systems, "systems").push(later);
    let catalogue = assemble(files).unwrap();
    let named = |on: &str| catalogue.systems().on(day(on)).count();
    assert_eq!([named("2025-12-31"), named("2026-05-31"), named("2026-06-01")], [0, 1, 0]);
}
