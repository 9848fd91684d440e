//! Agencies and integrators: who exists on a day, and who carries on for whom.

use super::*;

#[test]
fn an_agency_under_an_unknown_one_is_refused() {
    refused("agencies", "known-agency", |files| {
        files.agencies["agencies"][0]["parent"] = json!("H20")
    });
}

#[test]
fn an_unknown_successor_is_refused() {
    refused("agencies", "known-agency", |files| {
        files.agencies["agencies"][0]["successor"] = json!("H58")
    });
}

#[test]
fn an_agency_that_ends_before_it_begins_is_refused() {
    refused("agencies", "valid-range", |files| {
        files.agencies["agencies"][0]["validTo"] = json!("2020-09-14")
    });
    assert_eq!(wrong(|files| files.agencies["agencies"][0]["validTo"] = json!("2020-09-15")), []);
}

#[test]
fn an_integrator_of_an_unknown_agency_is_refused() {
    refused("integrators", "known-agency", |files| {
        files.integrators["integrators"][0]["agencies"] = json!(["H20.09", "H20.10"]);
    });
}

#[test]
fn an_integrator_that_stands_twice_is_refused() {
    refused("integrators", "unique-source", |files| {
        list(&mut files.integrators, "integrators")
            .push(json!({"source": "urn:a", "name": "B", "agencies": ["H20.12"]}));
    });
}

// NQ 202/2025/QH15: Tiền Giang became part of Đồng Tháp on 1 July 2025.
#[test]
fn an_agency_takes_dossiers_in_from_its_first_to_its_last_day() {
    let tien_giang = catalogue().agency(&"H58".parse().unwrap()).unwrap();
    for (on, exists) in [
        ("2020-09-14", false),
        ("2020-09-15", true),
        ("2025-06-30", true),
        ("2025-07-01", false),
        ("2026-03-02", false),
    ] {
        assert_eq!(tien_giang.exists_on(day(on)), exists, "{on}");
    }
    assert_eq!(tien_giang.successor.as_ref().unwrap().as_str(), "H20");
    assert!(catalogue().agency(&"H20".parse().unwrap()).unwrap().exists_on(day("2026-03-02")));
}

fn predecessors(catalogue: &Catalogue, agency: &str, on: &str) -> Vec<String> {
    let found = catalogue.register().predecessors(&agency.parse().unwrap(), day(on));
    found.iter().map(|remit| remit.agency().to_string()).collect()
}

// NQ 202/2025/QH15; departments were merged before, on 1 March 2025.
#[test]
fn an_agency_carries_on_for_those_that_have_ended_and_led_to_it() {
    for (agency, on, expected) in [
        ("H20.03", "2025-06-30", &[][..]),
        ("H20.03", "2025-07-01", &["H58.03"]),
        // A chain of two: planning went into finance in Tiền Giang, and that into finance in Đồng
        // Tháp.
        ("H58.05", "2025-02-28", &[]),
        ("H58.05", "2025-03-01", &["H58.06"]),
        ("H20.05", "2025-06-30", &["H20.06"]),
        ("H20.05", "2025-07-01", &["H20.06", "H58.05", "H58.06"]),
        // It has ended itself: its successor carries on for both.
        ("H58.05", "2025-07-01", &[]),
        ("H20.103", "2025-07-01", &[]),
        ("H20.115", "2025-07-01", &["H20.21.06", "H20.21.12", "H20.29.17", "H20.29.18"]),
        // A ward out of two districts, and a commune that carries on for its district as well.
        ("H20.113", "2025-07-01", &["H20.23.07", "H20.25.09", "H20.25.10"]),
        ("H20.121", "2025-07-01", &["H20.24", "H20.24.01", "H20.24.02", "H20.24.03"]),
        ("H20.121", "2025-06-30", &[]),
        ("H20.20", "2026-03-02", &[]),
        ("H99", "2026-03-02", &[]),
    ] {
        assert_eq!(predecessors(catalogue(), agency, on), expected, "{agency} on {on}");
    }
}

#[test]
fn each_ended_agency_of_the_shipped_catalogue_is_carried_on_for_by_one_that_exists() {
    let today = day("2026-03-02");
    let mut carried: Vec<String> = catalogue()
        .agencies()
        .filter(|agency| agency.exists_on(today))
        .flat_map(|agency| predecessors(catalogue(), agency.code.as_str(), "2026-03-02"))
        .collect();
    carried.sort();
    let mut ended: Vec<String> = catalogue()
        .agencies()
        .filter(|agency| !agency.exists_on(today))
        .map(|agency| agency.code.to_string())
        .collect();
    ended.sort();
    assert!(ended.len() > 180, "only {ended:?} have ended");
    assert_eq!(carried, ended, "each once, and no other");
}

fn succession(lives: &[(&str, Option<&str>, Option<&str>)]) -> Value {
    let agencies: Vec<Value> = lives
        .iter()
        .map(|(code, last, successor)| {
            let mut agency = agency(code);
            (agency["validTo"], agency["successor"]) = (json!(last), json!(successor));
            agency
        })
        .collect();
    json!({"schemaVersion": 1, "agencies": agencies})
}

#[test]
fn an_agency_that_comes_after_itself_is_refused() {
    let (ended, b) = (Some("2025-06-30"), "H20.12");
    refused("agencies", "successor-cycle", |files| {
        files.agencies = succession(&[("H20.09", ended, Some("H20.09")), (b, None, None)]);
    });
    refused("agencies", "successor-cycle", |files| {
        files.agencies = succession(&[("H20.09", ended, Some(b)), (b, ended, Some("H20.09"))]);
    });
    // One that leads into the circle is not in it.
    refused("agencies", "successor-cycle", |files| {
        let ring =
            [("H20.09", ended, Some(b)), (b, ended, Some("H20.13")), ("H20.13", ended, Some(b))];
        files.agencies = succession(&ring);
    });
}

#[test]
fn a_successor_that_ended_before_its_predecessor_is_refused() {
    let with = |last| {
        move |files: &mut Files| {
            files.agencies = succession(&[
                ("H20.09", Some("2025-06-30"), Some("H20.12")),
                ("H20.12", last, None),
            ]);
        }
    };
    refused("agencies", "successor-order", with(Some("2025-06-29")));
    assert_eq!(wrong(with(Some("2025-06-30"))), []);
    assert_eq!(wrong(with(None)), []);
}

#[test]
fn an_integrator_is_known_by_its_source() {
    let land = catalogue().integrator("urn:motcua:integrator:land-registry").unwrap();
    assert_eq!(land.agencies, ["H20.12".parse().unwrap()]);
    assert!(catalogue().integrator("urn:motcua:integrator:nobody").is_none());
}
