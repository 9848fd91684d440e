//! The rules of the clock and of codes, each from a day on.

use super::*;

#[test]
fn two_rules_of_the_clock_from_one_day_are_refused() {
    refused("rules", "unique-start", |files| {
        list(&mut files.rules, "rules").push(clock_rule("2025-07-01"))
    });
}

#[test]
fn rules_of_the_clock_that_begin_after_the_first_known_day_are_refused() {
    refused("rules", "cover-years", |files| files.rules["rules"] = json!([]));
    refused("rules", "cover-years", |files| {
        files.rules["rules"] = json!([clock_rule("2019-01-02")])
    });
    assert_eq!(wrong(|files| files.rules["rules"] = json!([clock_rule("2019-01-01")])), []);
}

#[test]
fn a_dossier_code_that_nobody_could_read_again_is_refused() {
    for digits in [0, 3, 8, 255] {
        let spoil =
            |files: &mut Files| files.rules["rules"][1]["dossierCode"]["digits"] = json!(digits);
        refused("rules", "sequence-digits", spoil);
    }
}

#[test]
fn integrators_numbers_begin_with_a_digit_that_short_numbers_are_not_filled_up_with() {
    for digit in [0, 10] {
        let spoil = |files: &mut Files| {
            files.rules["rules"][1]["dossierCode"]["integratorDigit"] = json!(digit)
        };
        refused("rules", "integrator-digit", spoil);
    }
}

#[test]
fn a_rule_of_the_clock_without_its_article_is_refused() {
    refused("rules", "source", |files| files.rules["rules"][0]["source"] = json!(" "));
    for unit in ["working-day", "calendar-day", "working-hour"] {
        refused("rules", "source", |files| files.rules["rules"][1]["counting"][unit] = json!(""));
    }
}

#[test]
fn a_rule_of_the_clock_that_says_something_unknown_is_not_read() {
    for (field, value) in [
        ("supplement", json!("forget")),
        ("kpiDue", json!("yesterday")),
        ("publishLateCauses", json!("sometimes")),
        ("onTimeTarget", json!("most")),
        ("extensionsMax", json!(-1)),
        ("trust", json!("rumour")),
        ("colour", json!("red")),
        ("dossierCode", json!({"grammar": "{sequence}", "digits": 4})),
    ] {
        let mut rule = clock_rule("2018-06-21");
        rule[field] = value;
        assert!(serde_json::from_value::<RulesFile>(json!({"rules": [rule]})).is_err(), "{field}");
    }
}

#[test]
fn the_clock_follows_the_rule_of_the_day() {
    let mut files = good();
    files.rules["rules"] =
        json!([clock_rule("2026-07-01"), clock_rule("2018-06-21"), clock_rule("2025-07-01")]);
    files.rules["rules"][0]["supplement"] = json!("resume");
    files.rules["rules"][0]["kpiDue"] = json!("extended");
    let catalogue = assemble(files).unwrap();
    for (on, from, supplement, kpi_due) in [
        ("2018-01-01", "2018-06-21", OnSupplement::Restart, DueBasis::Original), // before the first, the first
        ("2019-01-01", "2018-06-21", OnSupplement::Restart, DueBasis::Original),
        ("2025-06-30", "2018-06-21", OnSupplement::Restart, DueBasis::Original),
        ("2025-07-01", "2025-07-01", OnSupplement::Restart, DueBasis::Original),
        ("2026-06-30", "2025-07-01", OnSupplement::Restart, DueBasis::Original),
        ("2026-07-01", "2026-07-01", OnSupplement::Resume, DueBasis::Extended),
        ("2031-01-01", "2026-07-01", OnSupplement::Resume, DueBasis::Extended),
    ] {
        let rule = catalogue.law().rule_on(day(on));
        assert_eq!(
            (rule.valid_from, rule.supplement, rule.kpi_due),
            (day(from), supplement, kpi_due),
            "{on}"
        );
    }
}

// NĐ 61/2018 Đ.19.4, Đ.19.9, Đ.26; TT 01/2018 Đ.19; QĐ 20/2020 Đ.4.
#[test]
fn the_shipped_rules_say_what_the_law_says() {
    assert_eq!(catalogue().law().rules().count(), 3);
    for rule in catalogue().law().rules() {
        assert_eq!(
            (rule.supplement, rule.extensions_max),
            (OnSupplement::Restart, 1),
            "{}",
            rule.valid_from
        );
        assert_eq!(rule.kpi_due, DueBasis::Original, "{}", rule.valid_from);
    }
    for (on, expected) in [
        ("2020-09-14", "000.00.15.H58-200914-0007"),
        ("2020-09-15", "H58.15-200915-0007"),
        ("2026-03-02", "H58.15-260302-0007"),
    ] {
        let format = catalogue().law().rule_on(day(on)).dossier_code;
        assert_eq!(
            DossierCode::issue(format, &"H58.15".parse().unwrap(), day(on), 7).unwrap().as_str(),
            expected
        );
    }
}

#[test]
fn days_and_reasons_of_a_rule_out_of_their_range_are_refused() {
    for (field, value) in [
        ("extensionWorkingDays", json!(0)),
        ("extensionWorkingDays", json!(61)),
        ("supplementCalendarDays", json!(0)),
        ("supplementCalendarDays", json!(366)),
        ("shortTermWorkingDays", json!(31)),
    ] {
        refused("rules", "days-range", |files| files.rules["rules"][0][field] = value);
    }
    for (field, value) in [("letterReason", json!(" ")), ("expiredReason", json!("a".repeat(301)))]
    {
        refused("rules", "reason-length", |files| files.rules["rules"][0][field] = value);
    }
}
