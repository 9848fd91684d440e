//! Law and organisation as data: the shipped files agree with each other, and what contradicts
//! itself is refused.

use domain::Violation;
use domain::calendar::{Calendar, DayKind, MissingYear};
use domain::catalogue::{AgenciesFile, Catalogue, CatalogueFiles, IntegratorsFile, ProceduresFile};
use domain::dossier::{Action, RULES};
use domain::id::DossierCode;
use domain::kpi::DueBasis;
use domain::law::{OnSupplement, RulesFile};
use domain::procedure::Channel;
use serde_json::{Value, json};

use super::world::{catalogue, day};

/// One good set of small files; each test spoils one thing.
pub(super) struct Files {
    pub(super) agencies: Value,
    pub(super) procedures: Value,
    calendar: Value,
    rules: Value,
    templates: Value,
    integrators: Value,
    notices: Value,
    providers: Value,
    codes: Value,
    index: Value,
    intake: Value,
}

pub(super) fn agency(code: &str) -> Value {
    json!({
        "code": code, "name": "Sở Tư pháp", "level": "department", "parent": null,
        "validFrom": "2020-09-15", "validTo": null, "successor": null,
    })
}

pub(super) fn procedure(version: u32, valid_from: &str) -> Value {
    let term = json!({"amount": version, "unit": "working-day"});
    json!({
        "code": "1.013831", "version": version, "name": "Đăng ký biến động", "level": "department",
        "field": {"code": "G13-TN01", "name": "Đất đai"}, "online": "partial",
        "terms": {"counter": term, "online": null, "postal": term},
        "documents": [{"code": "TK", "name": "Tờ khai", "required": true}], "feeVnd": 0, "validFrom": valid_from, "trust": "unverified",
    })
}

fn clock_rule(valid_from: &str) -> Value {
    json!({
        "validFrom": valid_from, "extensionsMax": 1, "extensionWorkingDays": 3, "supplementCalendarDays": 30,
        "shortTermWorkingDays": 3, "letterReason": "Xin lỗi.", "expiredReason": "Quá hạn.",
        "dossierCode": {"grammar": "{agency}-{yyMMdd}-{sequence}", "digits": 4},
        "counting": {"working-day": "Đ.18", "calendar-day": "Đ.148.5", "working-hour": "Đ.17"},
        "trust": "confirmed", "source": format!("from {valid_from}"),
    })
}

fn shipped(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// A text after receipt, and a reason for saying nothing else.
fn templates() -> Value {
    let quiet = RULES
        .iter()
        .map(|rule| rule.action)
        .chain([Action::Submit])
        .filter(|action| *action != Action::Receive);
    let silent: Vec<Value> =
        quiet.map(|action| json!({"action": action.name(), "reason": "a test"})).collect();
    json!({
        "repetition": {"vi": "Nhac lai: "},
        "templates": [{
            "action": "receive", "class": "legal", "zalo": {"vi": "1"}, "sms": {"vi": {"text": "Ho so {code}"}},
        }],
        "silent": silent,
        "report": {"zalo": {"vi": "2"}, "sms": {"vi": {"text": "Ngay {period}: {received}. {link}"}}},
    })
}

pub(super) fn good() -> Files {
    Files {
        agencies: json!({"schemaVersion": 1, "agencies": [agency("H20.09"), agency("H20.12")]}),
        procedures: json!({"schemaVersion": 1, "procedures": [procedure(1, "2025-07-01")]}),
        calendar: json!({
            "years": {"2026": {"off": ["2026-01-01"], "worked": ["2026-01-10"], "source": "test"}},
            "hours": [{
                "validFrom": "2018-06-21", "slots": [["07:00", "11:30"], ["13:30", "17:00"]],
                "handOverCutOff": "15:00",
            }],
        }),
        rules: json!({"schemaVersion": 1, "rules": [clock_rule("2018-06-21"), clock_rule("2025-07-01")]}),
        templates: templates(),
        integrators: json!({"integrators": [{"source": "urn:a", "name": "A", "agencies": ["H20.09"]}]}),
        notices: shipped(include_str!("../../../../infra/data/notices.json")),
        providers: shipped(include_str!("../../../../infra/data/providers.json")),
        codes: shipped(include_str!("../../../../infra/data/codes.json")),
        index: shipped(include_str!("../../../../infra/data/index.json")),
        intake: shipped(include_str!("../../../../infra/data/intake.json")),
    }
}

pub(super) fn assemble(files: Files) -> Result<Catalogue, Vec<Violation>> {
    Catalogue::assemble(CatalogueFiles {
        agencies: serde_json::from_value(files.agencies).unwrap(),
        procedures: serde_json::from_value(files.procedures).unwrap(),
        calendar: serde_json::from_value(files.calendar).unwrap(),
        rules: serde_json::from_value(files.rules).unwrap(),
        templates: serde_json::from_value(files.templates).unwrap(),
        integrators: serde_json::from_value(files.integrators).unwrap(),
        notices: serde_json::from_value(files.notices).unwrap(),
        providers: serde_json::from_value(files.providers).unwrap(),
        codes: serde_json::from_value(files.codes).unwrap(),
        leaders: serde_json::from_value(json!({"leaders": []})).unwrap(),
        index: serde_json::from_value(files.index).unwrap(),
        intake: serde_json::from_value(files.intake).unwrap(),
    })
}

/// Rules of a part as a whole: something is missing in it, and no field of it is wrong.
const OF_A_WHOLE: [&str; 6] =
    ["present", "cover-years", "every-action", "every-provider", "vietnamese", "report-owed"];

/// Part and rule of everything that is wrong; each names the very field, which stands in the files.
fn wrong(spoil: impl FnOnce(&mut Files)) -> Vec<(String, &'static str)> {
    let mut files = good();
    spoil(&mut files);
    let all = [
        &files.agencies,
        &files.procedures,
        &files.calendar,
        &files.rules,
        &files.templates,
        &files.integrators,
        &files.notices,
        &files.providers,
        &files.codes,
        &files.index,
    ];
    let texts: Vec<Value> = all.into_iter().cloned().collect();
    let found = assemble(files).err().unwrap_or_default();
    let placed = found.into_iter().map(|Violation { field, rule, detail }| {
        let rule = rule.slug();
        let part = part_of(&field).to_owned();
        let named =
            texts.iter().find(|file| !file[&part].is_null()).map(|file| stands_in(file, &field));
        assert!(
            named == Some(true) || rule == "report-owed",
            "{rule}: {field} stands nowhere: {detail}"
        );
        assert!(
            field != part || OF_A_WHOLE.contains(&rule),
            "{rule}: {field} is no field: {detail}"
        );
        (part, rule)
    });
    placed.collect()
}

/// The part of a file that a path begins with.
fn part_of(path: &str) -> &str {
    path.split(['.', '[']).next().unwrap()
}

/// Whether the path of a violation leads to something in `file`.
fn stands_in(file: &Value, path: &str) -> bool {
    let mut value = file;
    for step in
        path.split_inclusive(['.', '[', ']']).map(|step| step.trim_end_matches(['.', '[', ']']))
    {
        let item = |value: &Value| {
            value.as_array().is_some_and(|list| {
                list.iter().any(|item| item.as_str() == Some(step.trim_matches('"')))
            })
        };
        value = match step.parse::<usize>() {
            _ if step.is_empty() => value,
            _ if step.starts_with('"') => return item(value),
            Ok(place) if value.is_array() => &value[place],
            _ => &value[step],
        };
    }
    !value.is_null()
}

/// `field` is the part that is wrong, with whatever tells a reader where in it.
#[track_caller]
pub(super) fn refused(field: &str, rule: &'static str, spoil: impl FnOnce(&mut Files)) {
    assert_eq!(wrong(spoil), [(part_of(field).to_owned(), rule)]);
}

fn list<'a>(file: &'a mut Value, name: &str) -> &'a mut Vec<Value> {
    file[name].as_array_mut().unwrap()
}

#[test]
fn the_shipped_catalogue_agrees_with_itself() {
    assert!(catalogue().agencies().count() >= 100);
    assert!(catalogue().procedures().count() >= 60);
    assert_eq!(catalogue().calendar().violations(), []);
}

#[test]
fn the_shipped_catalogue_tells_the_applicant_of_every_action() {
    for rule in &RULES {
        assert!(catalogue().templates().after(rule.action).is_some(), "{}", rule.action.name());
    }
    assert!(catalogue().templates().after(Action::Submit).is_some());
}

#[test]
fn the_good_files_are_good() {
    assert_eq!(wrong(|_| {}), []);
}

#[test]
fn an_agency_that_stands_twice_is_refused() {
    refused("agencies", "unique-code", |files| {
        list(&mut files.agencies, "agencies").push(agency("H20.09"))
    });
}

#[test]
fn an_agency_or_a_procedure_without_a_name_is_refused() {
    refused("agencies", "name", |files| files.agencies["agencies"][0]["name"] = json!(" "));
    for place in ["/name", "/field/name", "/documents/0/name"] {
        let spoil = |files: &mut Files| {
            *files.procedures["procedures"][0].pointer_mut(place).unwrap() = json!("");
        };
        refused("procedures", "name", spoil);
    }
}

#[test]
fn a_procedure_that_is_none_is_refused() {
    for (rule, place, value) in [
        ("version", "/version", json!(0)),
        ("documents", "/documents", json!([])),
        ("document-code", "/documents/0/code", json!("")),
        ("document-code", "/documents/0/code", json!("x".repeat(65))),
        ("field-code", "/field/code", json!("TN01")),
        ("field-code", "/field/code", json!("G13-")),
        ("field-code", "/field/code", json!("Z13-TN01")),
        ("field-code", "/field/code", json!("G13-tn01")),
    ] {
        refused("procedures", rule, |files| {
            *files.procedures["procedures"][0].pointer_mut(place).unwrap() = value;
        });
    }
}

#[test]
fn a_file_with_nothing_in_it_is_refused() {
    refused("procedures", "present", |files| files.procedures["procedures"] = json!([]));
    let found = wrong(|files| files.agencies["agencies"] = json!([]));
    assert!(found.contains(&("agencies".to_owned(), "present")), "{found:?}");
    let found = wrong(|files| files.calendar["years"] = json!({}));
    assert!(found.contains(&("years".to_owned(), "present")), "{found:?}");
}

#[test]
fn what_a_file_says_beside_its_form_is_not_read_over() {
    let files = good();
    let spelt = |file: &Value| {
        let mut file = file.clone();
        file["exeptions"] = json!([]);
        file
    };
    assert!(serde_json::from_value::<Calendar>(spelt(&files.calendar)).is_err());
    assert!(serde_json::from_value::<RulesFile>(spelt(&files.rules)).is_err());
    assert!(serde_json::from_value::<AgenciesFile>(spelt(&files.agencies)).is_err());
    assert!(serde_json::from_value::<ProceduresFile>(spelt(&files.procedures)).is_err());
    assert!(serde_json::from_value::<IntegratorsFile>(spelt(&files.integrators)).is_err());
}

#[test]
fn a_year_or_a_day_that_stands_twice_is_not_read() {
    let year = r#"{"off": [], "worked": [], "source": "test"}"#;
    let read = |years: &str| {
        let text = format!("{{\"years\": {{{years}}}, \"hours\": []}}");
        serde_json::from_str::<Calendar>(&text).map_err(|error| error.to_string())
    };
    assert!(read(&format!("\"2026\": {year}, \"2027\": {year}")).is_ok());
    for (years, why) in [
        (format!("\"2026\": {year}, \"2026\": {year}"), "the year 2026 stands twice"),
        (format!("\"2026\": {year}, \"02026\": {year}"), "02026 is no year"),
        (format!("\"1999\": {year}"), "1999 is no year"),
        (format!("\"Tết\": {year}"), "Tết is no year"),
        (
            format!(
                "\"2026\": {}",
                year.replace("\"off\": []", r#""off": ["2026-01-01", "2026-01-01"]"#)
            ),
            "2026-01-01 stands twice",
        ),
    ] {
        let refused = read(&years).unwrap_err();
        assert!(refused.contains(why), "{refused}");
    }
}

/// What a next edition takes away, seen on 2 March 2026.
#[track_caller]
pub(super) fn forgotten(rules: &[&str], spoil: impl FnOnce(&mut Files)) {
    let before = assemble(good()).unwrap();
    let mut files = good();
    spoil(&mut files);
    let found = before.forgotten_by(&assemble(files).unwrap(), day("2026-03-02"));
    assert_eq!(
        found.iter().map(|violation| violation.rule.slug()).collect::<Vec<_>>(),
        rules,
        "{found:?}"
    );
}

#[test]
fn an_edition_that_takes_an_agency_or_a_year_away_is_told_so() {
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
fn an_edition_that_rewrites_a_version_in_force_is_told_so_and_one_that_adds_a_version_is_not() {
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
fn two_versions_of_a_procedure_on_one_day_are_refused() {
    refused("procedures", "ordered-versions", |files| {
        list(&mut files.procedures, "procedures").push(procedure(2, "2025-07-01"));
    });
}

#[test]
fn a_later_procedure_with_an_earlier_version_is_refused() {
    refused("procedures", "ordered-versions", |files| {
        files.procedures["procedures"] =
            json!([procedure(2, "2025-07-01"), procedure(1, "2026-01-01")]);
    });
    refused("procedures", "ordered-versions", |files| {
        files.procedures["procedures"] =
            json!([procedure(1, "2025-07-01"), procedure(1, "2026-01-01")]);
    });
}

#[test]
fn a_day_under_another_year_is_refused() {
    refused("years.2026", "day-in-year", |files| {
        files.calendar["years"]["2026"]["off"] = json!(["2027-01-01"])
    });
    refused("years.2026", "day-in-year", |files| {
        files.calendar["years"]["2026"]["worked"] = json!(["2027-01-02"])
    });
}

#[test]
fn a_worked_weekday_is_refused() {
    refused("years.2026", "worked-weekend", |files| {
        files.calendar["years"]["2026"]["worked"] = json!(["2026-01-09"])
    });
}

#[test]
fn a_weekend_day_off_is_refused() {
    refused("years.2026", "off-weekday", |files| {
        files.calendar["years"]["2026"]["off"] = json!(["2026-01-11"])
    });
}

#[test]
fn a_day_both_off_and_worked_is_refused() {
    let found = wrong(|files| files.calendar["years"]["2026"]["worked"] = json!(["2026-01-01"]));
    assert!(found.contains(&("years".to_owned(), "off-or-worked")), "{found:?}");
}

#[test]
fn hours_that_do_not_run_forward_are_refused() {
    for slots in [
        json!([]),
        json!([["11:30", "07:00"]]),
        json!([["07:00", "07:00"]]),
        json!([["07:00", "13:30"], ["11:30", "17:00"]]),
        json!([["13:30", "17:00"], ["07:00", "11:30"]]),
    ] {
        refused("hours", "ordered-slots", |files| files.calendar["hours"][0]["slots"] = slots);
    }
}

#[test]
fn a_calendar_without_office_hours_is_refused() {
    refused("hours", "present", |files| files.calendar["hours"] = json!([]));
}

#[test]
fn office_hours_that_begin_twice_on_a_day_are_refused() {
    refused("hours", "unique-start", |files| {
        let again = files.calendar["hours"][0].clone();
        list(&mut files.calendar, "hours").push(again);
    });
}

#[test]
fn a_calendar_whose_first_days_have_no_office_hours_is_refused() {
    refused("hours", "cover-years", |files| {
        files.calendar["hours"][0]["validFrom"] = json!("2026-01-02")
    });
    assert_eq!(wrong(|files| files.calendar["hours"][0]["validFrom"] = json!("2026-01-01")), []);
}

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

// The government decides next year's days off in the autumn; the longest shipped term is 90 days.
#[test]
fn a_year_is_missed_as_soon_as_a_term_reaches_it_and_in_october_at_the_latest() {
    for (today, missing) in [
        ("2026-09-30", None),
        ("2026-10-01", Some(2027)),
        ("2026-12-31", Some(2027)),
        ("2025-12-01", None), // 2026 is there
    ] {
        let found = catalogue().missing_year(day(today)).map(|missing| missing.year);
        assert_eq!(found, missing, "{today}");
    }
    // Where all terms are short it is missed in October all the same.
    let short = assemble(good()).unwrap();
    for (today, missing) in
        [("2026-09-30", None), ("2026-10-01", Some(2027)), ("2026-12-31", Some(2027))]
    {
        assert_eq!(short.missing_year(day(today)).map(|missing| missing.year), missing, "{today}");
    }
}

#[test]
fn the_alarm_names_which_procedures_stop_being_received_on_which_day() {
    let stopped_by = |today: &str, on: &str| -> usize {
        let stops = catalogue().stopping(day(today));
        stops
            .iter()
            .filter(|(day_, _)| **day_ <= day(on))
            .map(|(_, procedures)| procedures.len())
            .sum()
    };
    let all =
        [("2026-11-26", "2026-11-26"), ("2026-11-26", "2026-12-15"), ("2026-11-26", "2026-12-28")];
    let counts = all.map(|(today, on)| stopped_by(today, on));
    assert_eq!(counts, [1, 9, 48]);
    // Each is named once, on its first day, and a year that is there stops nothing.
    let stops = catalogue().stopping(day("2026-10-01"));
    let codes: Vec<_> = stops.values().flatten().collect();
    let distinct: std::collections::BTreeSet<_> = codes.iter().collect();
    assert_eq!(codes.len(), distinct.len());
    assert!(catalogue().stopping(day("2025-12-01")).is_empty());
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

/// A text that has `length` characters with the longest code in it.
fn with_code(length: usize) -> String {
    format!("{{code}}{}", "a".repeat(length - 52))
}

#[test]
fn a_message_that_does_not_fit_is_refused() {
    for (rule, sms) in [
        ("known-placeholder", json!({"text": "Ho so {code} cua {name}"})),
        (
            "known-placeholder",
            json!({"text": "Ho so {code}", "withoutDueDate": "So {code} {idNumber}"}),
        ),
        // Whoever has several dossiers has to know which.
        ("code", json!({"text": "Ho so da duoc tiep nhan"})),
        ("code", json!({"text": "Ho so {code}", "withoutDueDate": "Ho so da duoc tiep nhan"})),
        // Sent and charged as it was asked for, though the seven-bit alphabet would do.
        ("segments-max", json!({"text": with_code(71), "encoding": "ucs-2"})),
        ("gsm-7", json!({"text": "Hồ sơ {code}"})),
        // Characters of the seven-bit alphabet, which gateways set to "no accents" may mangle all
        // the same.
        ("gsm-7", json!({"text": "Ho so {code} hàng"})),
        ("gsm-7", json!({"text": "Ho so {code} é"})),
        ("gsm-7", json!({"text": "Ho so {code}", "withoutDueDate": "Ho so {code} ì ò ù è"})),
        // With the beginning of a repetition, 161 characters.
        ("segments-max", json!({"text": with_code(151)})),
        // The longest code that there is.
        ("segments-max", json!({"text": format!("{{code}} {}", "a".repeat(98))})),
        ("segments-max", json!({"text": with_code(297), "segmentsMax": 2})),
        ("segments-max", json!({"text": "Hồ sơ {code} đã được tiếp nhận", "encoding": "ucs-2"})),
    ] {
        refused("templates.receive", rule, |files| {
            files.templates["templates"][0]["sms"]["vi"] = sms
        });
    }
}

#[test]
fn a_message_that_fits_its_budget_is_taken() {
    for sms in [
        json!({"text": with_code(150)}),
        json!({"text": format!("{{code}} {}", "a".repeat(97))}),
        json!({"text": with_code(296), "segmentsMax": 2}),
        json!({"text": "Hồ sơ {code} đã được tiếp nhận", "encoding": "ucs-2", "segmentsMax": 2}),
    ] {
        assert_eq!(
            wrong(|files| files.templates["templates"][0]["sms"]["vi"] = sms.clone()),
            [],
            "{sms}"
        );
    }
}

#[test]
fn every_beginning_of_a_repetition_is_judged_with_the_text_that_it_stands_before() {
    // The English one is longer, and it is the Vietnamese one that has an accent.
    let accented = json!({"vi": "Nhắc: ", "en": "A reminder of: "});
    refused("templates.receive", "gsm-7", |files| files.templates["repetition"] = accented);
    refused("templates.receive", "segments-max", |files| {
        files.templates["repetition"] = json!({"vi": "Nhac lai: ", "en": "€€€€€€ "});
        files.templates["templates"][0]["sms"]["vi"] =
            json!({"text": with_code(61), "encoding": "ucs-2"});
    });
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

/// The good calendar with this exception of `agency`.
fn excepted(files: &mut Files, agency: &str, more: Value) {
    let mut exception = json!({"agency": agency, "reason": "a test", "source": "a test"});
    exception.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    files.calendar["exceptions"] = json!([exception]);
}

#[test]
fn an_agency_s_exception_that_contradicts_the_calendar_is_refused() {
    let field = "exceptions.H20.09";
    for (rule, more) in [
        ("off-working-day", json!({"off": ["2026-01-03"]})),
        ("off-working-day", json!({"off": ["2026-01-01"]})),
        ("worked-day-off", json!({"worked": ["2026-01-05"]})),
        ("worked-day-off", json!({"worked": ["2026-01-10"]})),
        ("known-year", json!({"off": ["2027-01-05"]})),
        ("known-year", json!({"worked": ["2025-01-04"]})),
        (
            "ordered-slots",
            json!({"hours": [{"validFrom": "2018-06-21", "slots": [], "handOverCutOff": "15:00"}]}),
        ),
    ] {
        refused(field, rule, |files| excepted(files, "H20.09", more));
    }
    refused("exceptions", "known-agency", |files| {
        excepted(files, "H20.77", json!({"off": ["2026-01-05"]}))
    });
}

#[test]
fn an_agency_s_exceptions_add_up_in_their_hours_too() {
    let hours = |from: &str| json!([{"validFrom": from, "slots": [["08:00", "12:00"]], "handOverCutOff": "11:00"}]);
    let two = |second: &str| {
        let exception = |from: &str| json!({"agency": "H20.09", "hours": hours(from), "reason": "a test", "source": "a test"});
        json!([exception("2018-06-21"), exception(second)])
    };
    let mut files = good();
    files.calendar["exceptions"] = two("2026-07-01");
    let law = assemble(files).unwrap();
    let calendar = law.law().calendar_of(&"H20.09".parse().unwrap());
    for morning in ["2026-03-02", "2026-07-02"] {
        let due = super::world::term("1 working-day")
            .unwrap()
            .due(calendar, super::world::at(&format!("{morning}T08:00")));
        assert!(super::world::local(due.unwrap()).ends_with("T12:00:00"), "{morning}");
    }
    refused("exceptions.H20.09", "unique-start", |files| {
        files.calendar["exceptions"] = two("2018-06-21")
    });
}

#[test]
fn an_agency_s_exception_needs_a_reason_and_a_source() {
    for word in ["reason", "source"] {
        refused("exceptions.H20.09", word, |files| {
            excepted(files, "H20.09", json!({"off": ["2026-01-05"]}));
            files.calendar["exceptions"][0][word] = json!("");
        });
    }
}

#[test]
fn an_agency_s_exception_is_read() {
    assert_eq!(
        wrong(|files| excepted(
            files,
            "H20.09",
            json!({"off": ["2026-01-05"], "worked": ["2026-01-03"]})
        )),
        []
    );
}

#[test]
fn an_action_after_which_nothing_is_said_needs_a_reason() {
    refused("templates", "every-action", |files| {
        list(&mut files.templates, "silent").pop();
    });
    refused("silent.submit", "source", |files| {
        list(&mut files.templates, "silent").last_mut().unwrap()["reason"] = json!(" ");
    });
    refused("silent.receive", "unique-action", |files| {
        list(&mut files.templates, "silent").push(json!({"action": "receive", "reason": "a test"}));
    });
}

#[test]
fn every_text_has_a_vietnamese_one() {
    refused("templates.receive", "vietnamese", |files| {
        files.templates["templates"][0]["sms"] = json!({"en": {"text": "Your file {code}"}});
    });
    refused("repetition", "vietnamese", |files| {
        files.templates["repetition"] = json!({"en": "Again: "})
    });
}

#[test]
fn a_policy_for_notices_out_of_its_range_is_refused() {
    for (field, value) in [
        ("retryHours", json!(23)),
        ("retryMaxSeconds", json!(59)),
        ("unknownMinutes", json!(0)),
        ("perAgencyMinute", json!(0)),
        ("coalesceSeconds", json!(3_601)),
        ("budgetWarningPercent", json!(0)),
    ] {
        refused(&format!("policies.{field}"), "range", |files| {
            files.notices["policies"][0][field] = value
        });
    }
    refused("policies.channelPatienceMinutes.legal", "range", |files| {
        files.notices["policies"][0]["channelPatienceMinutes"]["legal"] = json!(1_441);
    });
    refused("policies.channels", "channels", |files| {
        files.notices["policies"][0]["channels"] = json!(["sms", "sms"])
    });
    refused("policies.source", "source", |files| {
        files.notices["policies"][0]["source"] = json!("")
    });
    refused("policies", "cover-years", |files| {
        files.notices["policies"][0]["validFrom"] = json!("2020-01-01")
    });
    refused("policies", "unique-start", |files| {
        let again = files.notices["policies"][0].clone();
        list(&mut files.notices, "policies").push(again);
    });
}

#[test]
fn a_policy_of_an_edition_from_before_patience_and_warnings_were_its_to_say_is_read_as_it_was() {
    let found = wrong(|files| {
        let policy = files.notices["policies"][0].as_object_mut().unwrap();
        for field in ["channelPatienceMinutes", "budgetWarningPercent", "reportedPriceMaxPercent"] {
            assert!(policy.remove(field).is_some(), "{field}");
        }
    });
    assert_eq!(found, []);
}

#[test]
fn a_provider_s_terms_that_contradict_themselves_are_refused() {
    refused("providers.zalo", "unique-start", |files| {
        let again = files.providers["providers"][0].clone();
        list(&mut files.providers, "providers").push(again);
    });
    refused("providers.zalo", "range", |files| {
        files.providers["providers"][0]["weight"] = json!(1_001)
    });
    for price in [json!(100_001), json!(u64::MAX)] {
        refused("providers.zalo", "range", |files| {
            files.providers["providers"][0]["priceVnd"] = price
        });
    }
    refused("providers.zalo", "source", |files| {
        files.providers["providers"][0]["source"] = json!(" ")
    });
    for (field, value) in
        [("stepsPercent", json!([])), ("leastCalls", json!(21)), ("failuresPercent", json!(101))]
    {
        refused("failover", "range", |files| files.providers["failover"][field] = value);
    }
}

#[test]
fn codes_that_contradict_themselves_are_refused() {
    refused("gateways.zalo", "unique-code", |files| {
        list(&mut files.codes["gateways"][0], "entries")[1]["codes"] = json!([-100]);
    });
    refused("gateways.zalo", "remember-days", |files| {
        list(&mut files.codes["gateways"][0], "entries")[0]["rememberDays"] = json!(3);
    });
    refused("gateways", "every-provider", |files| {
        list(&mut files.codes, "gateways").pop();
    });
}

#[test]
fn a_second_message_for_the_same_action_is_refused() {
    refused("templates.receive", "unique-action", |files| {
        let again = files.templates["templates"][0].clone();
        list(&mut files.templates, "templates").push(again);
    });
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

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let found = wrong(|files| {
        files.calendar["hours"][0]["slots"] = json!([]);
        files.agencies["agencies"][0]["parent"] = json!("H99");
        files.templates["templates"][0]["sms"]["vi"]["text"] = json!("Hồ sơ {code}");
        files.integrators["integrators"][0]["agencies"] = json!(["H98"]);
    });
    let rules: Vec<&str> = found.iter().map(|(_, rule)| *rule).collect();
    assert_eq!(rules, ["ordered-slots", "gsm-7", "known-agency", "known-agency"]);
}

#[test]
fn a_procedure_is_read_in_the_version_of_the_day() {
    let mut files = good();
    files.procedures["procedures"] =
        json!([procedure(3, "2026-07-01"), procedure(1, "2025-07-01"), procedure(2, "2026-01-01")]);
    let catalogue = assemble(files).unwrap();
    for (on, version) in [
        ("2025-06-30", None),
        ("2025-07-01", Some(1)),
        ("2025-12-31", Some(1)),
        ("2026-01-01", Some(2)),
        ("2026-06-30", Some(2)),
        ("2026-07-01", Some(3)),
        ("2031-01-01", Some(3)),
    ] {
        let found = catalogue
            .procedure(&"1.013831".parse().unwrap(), day(on))
            .map(|procedure| procedure.version);
        assert_eq!(found, version, "{on}");
    }
}

#[test]
fn a_procedure_has_a_term_for_each_channel() {
    let catalogue = assemble(good()).unwrap();
    let procedure = catalogue.procedure(&"1.013831".parse().unwrap(), day("2026-01-01")).unwrap();
    let given = |channel| procedure.term(channel).is_some();
    assert_eq!(
        (given(Channel::Counter), given(Channel::Online), given(Channel::Postal)),
        (true, false, true)
    );
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

#[test]
fn a_provisional_calendar_adds_years_and_never_changes_a_decided_one() {
    let read = |text: &str| serde_json::from_str::<Calendar>(text).unwrap();
    let provisional = read(
        r#"{"years": {
            "2026": {"off": ["2026-03-02"], "worked": [], "source": "test"},
            "2027": {"off": ["2027-01-01"], "worked": [], "source": "test"}
        }, "hours": []}"#,
    );
    let completed = catalogue().calendar().clone().completed_by(provisional);
    for (date, kind) in [
        ("2026-03-02", Ok(DayKind::Working)),
        ("2026-11-24", Ok(DayKind::Holiday)),
        ("2027-01-01", Ok(DayKind::Holiday)),
        ("2027-01-04", Ok(DayKind::Working)),
        ("2028-01-03", Err(MissingYear { year: 2028 })),
    ] {
        assert_eq!(completed.kind(day(date)), kind, "{date}");
    }
    assert_eq!(completed.violations(), []);
}
