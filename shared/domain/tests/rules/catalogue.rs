//! Law and organisation as data: the shipped files agree with each other, and what contradicts
//! itself is refused.

mod agencies;
mod calendar;
mod clock;
mod editions;
mod messages;
mod signatures;
mod systems;

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
    pub(super) intake: Value,
    pub(super) systems: Value,
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

pub(super) fn system(valid_from: &str) -> Value {
    json!({
        "id": "portal", "name": "Cổng", "protocol": "dvcqg",
        "requestsPerMinute": 60, "itemsPerRequest": 10,
        "connected": true, "validFrom": valid_from, "trust": "unverified", "source": "a test",
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
        systems: json!({"systems": [system("2026-01-01")]}),
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
        systems: serde_json::from_value(files.systems).unwrap(),
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
        &files.intake,
        &files.systems,
    ];
    let texts: Vec<Value> = all.into_iter().cloned().collect();
    let found = assemble(files).err().unwrap_or_default();
    let placed = found.into_iter().map(|Violation { field, rule, detail, .. }| {
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
fn the_shipped_catalogue_notifies_the_applicant_of_every_action() {
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
