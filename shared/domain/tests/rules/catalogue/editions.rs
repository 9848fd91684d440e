//! What the next edition of the catalogue may take away or rewrite.

use super::*;

#[test]
fn an_edition_that_takes_an_agency_or_a_year_away_is_refused() {
    forgotten(&[], |_| {});
    forgotten(&["kept-agency"], |files| {
        list(&mut files.agencies, "agencies").pop();
    });
    forgotten(&["kept-year"], |files| {
        files.calendar["years"] = json!({"2027": {"off": [], "worked": [], "source": "test"}});
        files.calendar["hours"][0]["validFrom"] = json!("2026-01-01");
    });
    // An agency that ends, and a year that is put right, are no loss.
    forgotten(&[], |files| files.agencies["agencies"][1]["validTo"] = json!("2026-03-31"));
    forgotten(&[], |files| {
        files.calendar["years"]["2026"]["off"] = json!(["2026-01-01", "2026-01-02"])
    });
}

#[test]
fn an_edition_that_rewrites_a_version_in_force_is_refused_and_one_that_adds_a_version_is_not() {
    for (place, value) in [
        ("/name", json!("Đăng ký đất")),
        ("/terms/counter/amount", json!(9)),
        ("/feeVnd", json!(50_000)),
        ("/level", json!("commune")),
        ("/documents/0/required", json!(false)),
        ("/validFrom", json!("2025-08-01")),
    ] {
        forgotten(&["kept-version"], |files| {
            *files.procedures["procedures"][0].pointer_mut(place).unwrap() = value;
        });
    }
    forgotten(&["kept-version"], |files| {
        files.procedures["procedures"] = json!([procedure(2, "2026-01-01")])
    });
    forgotten(&[], |files| {
        list(&mut files.procedures, "procedures").push(procedure(2, "2026-01-01"))
    });
    forgotten(&[], |files| files.procedures["procedures"][0]["trust"] = json!("confirmed"));
}

#[test]
fn a_version_that_has_not_begun_may_still_be_written_otherwise() {
    let edition = |amount: u32| {
        let mut files = good();
        let mut next = procedure(2, "2026-07-01");
        next["terms"]["counter"]["amount"] = json!(amount);
        list(&mut files.procedures, "procedures").push(next);
        assemble(files).unwrap()
    };
    for (today, told) in [("2026-06-30", 0), ("2026-07-01", 1)] {
        assert_eq!(edition(2).forgotten_by(&edition(3), day(today)).len(), told, "{today}");
    }
}

#[test]
fn a_decided_year_does_not_become_provisional_again() {
    let guess = || {
        let mut files = good();
        files.calendar["years"]["2027"] =
            json!({"off": [], "worked": [], "provisional": true, "source": "a guess"});
        files
    };
    let decided = || {
        let mut files = guess();
        files.calendar["years"]["2027"]["provisional"] = json!(false);
        files
    };
    let rules = |before: Files, next: Files| -> Vec<&'static str> {
        let (before, next) = (assemble(before).unwrap(), assemble(next).unwrap());
        before
            .forgotten_by(&next, day("2026-11-26"))
            .iter()
            .map(|broken| broken.rule.slug())
            .collect()
    };
    assert_eq!(rules(guess(), decided()), Vec::<&str>::new());
    assert_eq!(rules(decided(), guess()), ["decided-year"]);
    let today = day("2026-11-26");
    assert_eq!(assemble(guess()).unwrap().provisional_next_year(today), Some(2027));
    assert_eq!(assemble(decided()).unwrap().provisional_next_year(today), None);
    assert_eq!(
        assemble(guess()).unwrap().missing_year(today),
        None,
        "nothing stops where a calendar is there"
    );
}
