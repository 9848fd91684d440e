//! A misprint in a file of the catalogue is told with the line on which it stands, wherever in the
//! file that is.

use std::collections::BTreeMap;

use platform::catalogue::{CatalogueError, Texts, UndecidedYears};
use serde_json::{Value, json};

/// A shipped file.
fn shipped(name: &str) -> Value {
    serde_json::from_str(&crate::support::file(&format!("infra/data/{name}"))).unwrap()
}

/// A file as an editor writes it: every field on a line of its own.
fn written(file: &Value) -> String {
    serde_json::to_string_pretty(file).unwrap()
}

/// The line on which the field at `pointer` begins, as a search for a mark in its place finds it.
fn line_at(file: &Value, pointer: &str) -> usize {
    const MARK: &str = "the field that is meant";
    let mut marked = file.clone();
    *marked.pointer_mut(pointer).unwrap_or_else(|| panic!("nothing at {pointer}")) = MARK.into();
    1 + written(&marked).lines().position(|line| line.contains(MARK)).unwrap()
}

/// What is wrong with a catalogue in which one file says something else.
fn misprints(name: &str, text: String) -> Vec<CatalogueError> {
    let texts = Texts::built_in().with([(name.to_owned(), text)].into()).unwrap();
    texts.assemble(UndecidedYears::Refused).err().unwrap_or_default()
}

/// Every field of a file that holds a text, a number or a word: the last of each kind, since that
/// one stands deepest.
fn fields(file: &Value) -> Vec<String> {
    fn walk(value: &Value, pointer: &str, kind: &str, found: &mut BTreeMap<String, String>) {
        match value {
            Value::Array(items) => items.iter().enumerate().for_each(|(place, item)| {
                walk(item, &format!("{pointer}/{place}"), &format!("{kind}/*"), found)
            }),
            Value::Object(fields) => fields.iter().for_each(|(name, value)| {
                // The fields of a form are of one kind, whatever they are called.
                let of = if kind.ends_with("/properties") { "*" } else { name };
                walk(value, &format!("{pointer}/{name}"), &format!("{kind}/{of}"), found)
            }),
            _ => drop(found.insert(kind.to_owned(), pointer.to_owned())),
        }
    }
    let mut found = BTreeMap::new();
    walk(file, "", "", &mut found);
    // What a file says of itself: a note is for people, and another version is told as such.
    found
        .into_values()
        .filter(|pointer| !["/$schema", "/note", "/schemaVersion"].contains(&pointer.as_str()))
        .collect()
}

#[test]
fn a_field_of_another_type_is_named_by_its_line_in_every_file() {
    let mut tried = 0;
    for (name, _) in Texts::built_in().iter() {
        let file = shipped(name);
        // What is said to people alone is not read at all.
        for pointer in fields(&file).iter().filter(|pointer| !pointer.ends_with("/meaning")) {
            let mut spoilt = file.clone();
            let field = spoilt.pointer_mut(pointer).unwrap();
            *field = if field.is_null() { json!(true) } else { json!([{ "a": "misprint" }]) };
            let found = misprints(name, written(&spoilt));
            let told: Vec<_> = found
                .iter()
                .map(|misprint| (misprint.file.as_str(), misprint.rule.slug(), misprint.line))
                .collect();
            assert_eq!(
                told,
                [(name, "form", line_at(&file, pointer))],
                "{name}{pointer}: {found:?}"
            );
            tried += 1;
        }
    }
    assert!(tried > 100, "only {tried} fields were tried");
}

#[test]
fn a_field_too_many_is_named_by_its_line_and_a_missing_one_by_that_of_its_entry() {
    for (name, entry, field) in [
        ("agencies.json", "/agencies/40", "level"),
        ("procedures.json", "/procedures/20/terms/online", "unit"),
        ("calendar.json", "/years/2024", "source"),
        ("rules.json", "/rules/0/counting", "working-hour"),
        ("providers.json", "/providers/2", "weight"),
        ("codes.json", "/gateways/1/entries/3", "treatment"),
        ("index.json", "/indexes/0/groups/1/criteria/0", "hundredths"),
        ("notices.json", "/policies/0/quiet/legal/sms", "from"),
        ("integrators.json", "/integrators/2", "agencies"),
        ("templates.json", "/templates/3", "class"),
        ("systems.json", "/systems/1", "connected"),
    ] {
        let file = shipped(name);
        let mut without = file.clone();
        without.pointer_mut(entry).unwrap().as_object_mut().unwrap().remove(field).unwrap();
        let found = misprints(name, written(&without));
        assert_eq!(
            (found[0].rule.slug(), found[0].line),
            ("form", line_at(&file, entry)),
            "{name}{entry}: {found:?}"
        );
        let mut with = file.clone();
        with.pointer_mut(entry).unwrap()["zzz"] = 1.into();
        let found = misprints(name, written(&with));
        let line = line_at(&with, &format!("{entry}/zzz"));
        assert_eq!(
            (found[0].rule.slug(), found[0].line),
            ("form", line),
            "{name}{entry}: {found:?}"
        );
    }
}

#[test]
fn a_top_level_field_that_is_misspelt_is_named_by_its_line_in_every_file() {
    for (name, _) in Texts::built_in().iter() {
        let file = shipped(name);
        for field in file.as_object().unwrap().keys() {
            let mut spoilt = file.clone();
            let fields = spoilt.as_object_mut().unwrap();
            let value = fields.remove(field).unwrap();
            fields.insert(format!("{field}x"), value);
            let rule = if field == "schemaVersion" { "schema-version" } else { "form" };
            let line =
                if field == "schemaVersion" { 1 } else { line_at(&spoilt, &format!("/{field}x")) };
            let found = misprints(name, written(&spoilt));
            let told: Vec<_> = found
                .iter()
                .map(|found| (found.file.as_str(), found.rule.slug(), found.line))
                .collect();
            assert_eq!(told, [(name, rule, line)], "{name}: {field}: {found:?}");
        }
    }
}

#[test]
fn a_field_that_stands_twice_is_named_by_the_line_on_which_it_stands_again() {
    for (name, pointer) in [
        ("agencies.json", "/agencies/7/name"),
        ("calendar.json", "/years/2021"),
        ("rules.json", "/rules/0/letterReason"),
        ("templates.json", "/templates/2/sms/vi"),
        ("providers.json", "/failover/slowMs"),
    ] {
        let file = shipped(name);
        let line = line_at(&file, pointer);
        let text = written(&file);
        let key = pointer.rsplit('/').next().unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.insert(line - 1, format!("\"{key}\": null,"));
        let found = misprints(name, lines.join("\n"));
        assert_eq!(
            (found[0].rule.slug(), found[0].line),
            ("form", line + 1),
            "{name}{pointer}: {found:?}"
        );
        assert!(found[0].detail.contains(key), "{found:?}");
    }
}

/// File, field and what it says instead; the rule that this breaks, and the field that is told.
type Broken = (&'static str, &'static str, Value, &'static str, &'static str);

fn broken_rules() -> Vec<Broken> {
    let twice = |name: &str, pointer: &str| shipped(name).pointer(pointer).unwrap().clone();
    let agencies =
        |place: usize, field: &str| twice("agencies.json", &format!("/agencies/{place}/{field}"));
    vec![
        ("agencies.json", "/agencies/9/name", json!(" "), "name", "/agencies/9/name"),
        (
            "agencies.json",
            "/agencies/9/code",
            agencies(8, "code"),
            "unique-code",
            "/agencies/9/code",
        ),
        ("agencies.json", "/agencies/9/parent", json!("H99"), "known-agency", "/agencies/9/parent"),
        (
            "agencies.json",
            "/agencies/9/successor",
            json!("H99.01"),
            "known-agency",
            "/agencies/9/successor",
        ),
        (
            "agencies.json",
            "/agencies/9/successor",
            agencies(9, "code"),
            "successor-cycle",
            "/agencies/9/successor",
        ),
        (
            "agencies.json",
            "/agencies/9/validTo",
            json!("2001-01-01"),
            "valid-range",
            "/agencies/9/validTo",
        ),
        (
            "procedures.json",
            "/procedures/30/version",
            json!(0),
            "version",
            "/procedures/30/version",
        ),
        (
            "procedures.json",
            "/procedures/30/field/code",
            json!("TN"),
            "field-code",
            "/procedures/30/field/code",
        ),
        (
            "procedures.json",
            "/procedures/30/field/name",
            json!(""),
            "name",
            "/procedures/30/field/name",
        ),
        (
            "procedures.json",
            "/procedures/30/documents",
            json!([]),
            "documents",
            "/procedures/30/documents",
        ),
        (
            "procedures.json",
            "/procedures/30/documents/0/code",
            json!(""),
            "document-code",
            "/procedures/30/documents/0/code",
        ),
        (
            "procedures.json",
            "/procedures/30/documents/0/name",
            json!(""),
            "name",
            "/procedures/30/documents/0/name",
        ),
        (
            "procedures.json",
            "/procedures/16/form/source",
            json!(" "),
            "source",
            "/procedures/16/form/source",
        ),
        (
            "procedures.json",
            "/procedures/16/form/schema/titleEn",
            json!(""),
            "name",
            "/procedures/16/form/schema/titleEn",
        ),
        (
            "procedures.json",
            "/procedures/16/form/schema/properties/child/required/0",
            json!("nobody"),
            "form-schema",
            "/procedures/16/form/schema/properties/child/required/0",
        ),
        (
            "procedures.json",
            "/procedures/16/form/schema/properties/mother/properties/fullName/maxLength",
            json!(2_001),
            "range",
            "/procedures/16/form/schema/properties/mother/properties/fullName/maxLength",
        ),
        (
            "procedures.json",
            "/procedures/16/form/schema/properties/relation/oneOf/1/const",
            json!("parent"),
            "unique-code",
            "/procedures/16/form/schema/properties/relation/oneOf/1/const",
        ),
        (
            "procedures.json",
            "/procedures/0/retention/years",
            json!(101),
            "range",
            "/procedures/0/retention/years",
        ),
        (
            "rules.json",
            "/rules/1/retention/source",
            json!(""),
            "source",
            "/rules/1/retention/source",
        ),
        ("calendar.json", "/years/2023/source", json!(""), "source", "/years/2023/source"),
        (
            "calendar.json",
            "/years/2023/off/3",
            json!("2024-01-03"),
            "day-in-year",
            "/years/2023/off/3",
        ),
        (
            "calendar.json",
            "/years/2023/off/3",
            json!("2023-01-08"),
            "off-weekday",
            "/years/2023/off/3",
        ),
        (
            "calendar.json",
            "/years/2019/worked/1",
            json!("2019-05-06"),
            "worked-weekend",
            "/years/2019/worked/1",
        ),
        (
            "calendar.json",
            "/years/2019/worked/1",
            json!("2019-05-01"),
            "off-or-worked",
            "/years/2019/worked/1",
        ),
        ("calendar.json", "/hours/0/slots/1/0", json!("07:30"), "ordered-slots", "/hours/0/slots"),
        (
            "rules.json",
            "/rules/0/dossierCode/digits",
            json!(9),
            "sequence-digits",
            "/rules/0/dossierCode/digits",
        ),
        (
            "rules.json",
            "/rules/0/shortTermWorkingDays",
            json!(31),
            "days-range",
            "/rules/0/shortTermWorkingDays",
        ),
        (
            "rules.json",
            "/rules/0/expiredReason",
            json!(" "),
            "reason-length",
            "/rules/0/expiredReason",
        ),
        (
            "rules.json",
            "/rules/0/counting/working-hour",
            json!(""),
            "source",
            "/rules/0/counting/working-hour",
        ),
        (
            "rules.json",
            "/rules/1/validFrom",
            twice("rules.json", "/rules/0/validFrom"),
            "unique-start",
            "/rules/1/validFrom",
        ),
        (
            "templates.json",
            "/templates/4/sms/vi/text",
            json!("{name}"),
            "known-placeholder",
            "/templates/4/sms/vi/text",
        ),
        (
            "templates.json",
            "/templates/4/zalo/vi",
            json!("x"),
            "zalo-template",
            "/templates/4/zalo/vi",
        ),
        (
            "templates.json",
            "/templates/4/action",
            json!("submit"),
            "unique-action",
            "/templates/4/action",
        ),
        (
            "integrators.json",
            "/integrators/4/agencies/3",
            json!("H99"),
            "known-agency",
            "/integrators/4/agencies/3",
        ),
        (
            "integrators.json",
            "/integrators/3/source",
            twice("integrators.json", "/integrators/0/source"),
            "unique-source",
            "/integrators/3/source",
        ),
        ("notices.json", "/policies/0/heldDays", json!(0), "range", "/policies/0/heldDays"),
        (
            "notices.json",
            "/policies/0/channelPatienceMinutes/information",
            json!(9_999),
            "range",
            "/policies/0/channelPatienceMinutes/information",
        ),
        (
            "notices.json",
            "/policies/0/channels/1",
            json!("zalo"),
            "channels",
            "/policies/0/channels",
        ),
        ("providers.json", "/providers/1/weight", json!(1_001), "range", "/providers/1/weight"),
        (
            "providers.json",
            "/providers/1/provider",
            json!("zalo"),
            "unique-start",
            "/providers/1/validFrom",
        ),
        ("providers.json", "/failover/leastCalls", json!(0), "range", "/failover/leastCalls"),
        ("providers.json", "/inquiries/0/prefix", json!("M1"), "format", "/inquiries/0/prefix"),
        (
            "providers.json",
            "/inquiries/0/shortCode",
            json!("80"),
            "format",
            "/inquiries/0/shortCode",
        ),
        (
            "providers.json",
            "/inquiries/0/answersADay",
            json!(0),
            "range",
            "/inquiries/0/answersADay",
        ),
        (
            "templates.json",
            "/answers/progress/vi/zalo",
            json!("Hồ sơ {code} của {name}"),
            "known-placeholder",
            "/answers/progress/vi/zalo",
        ),
        (
            "templates.json",
            "/answers/due/vi/sms/text",
            json!("Hen tra {date}"),
            "code",
            "/answers/due/vi/sms/text",
        ),
        ("systems.json", "/systems/0/name", json!(" "), "name", "/systems/0/name"),
        (
            "systems.json",
            "/systems/1/requestsPerMinute",
            json!(5),
            "range",
            "/systems/1/requestsPerMinute",
        ),
        (
            "systems.json",
            "/systems/0/itemsPerRequest",
            json!(51),
            "range",
            "/systems/0/itemsPerRequest",
        ),
        (
            "systems.json",
            "/systems/1/id",
            twice("systems.json", "/systems/0/id"),
            "unique-start",
            "/systems/1/validFrom",
        ),
        ("systems.json", "/systems/1/source", json!(""), "source", "/systems/1/source"),
        (
            "systems.json",
            "/systems/2/integrator",
            json!("urn:motcua:integrator:nobody"),
            "known-source",
            "/systems/2/integrator",
        ),
        (
            "systems.json",
            "/systems/3/webhook/url",
            json!("https://localhost/"),
            "https-url",
            "/systems/3/webhook/url",
        ),
        (
            "codes.json",
            "/gateways/0/entries/2/codes/1",
            json!(-100),
            "unique-code",
            "/gateways/0/entries/2/codes/1",
        ),
        (
            "codes.json",
            "/gateways/1/provider",
            json!("zalo"),
            "unique-provider",
            "/gateways/1/provider",
        ),
        ("codes.json", "/gateways/1/source", json!(""), "source", "/gateways/1/source"),
        (
            "index.json",
            "/indexes/0/groups/1/criteria/0/hundredths",
            json!(0),
            "positive",
            "/indexes/0/groups/1/criteria/0/hundredths",
        ),
        (
            "index.json",
            "/indexes/0/groups/1/hundredths",
            json!(1),
            "weights",
            "/indexes/0/groups/1/hundredths",
        ),
        ("index.json", "/indexes/0/roundTo", json!(0), "round-to", "/indexes/0/roundTo"),
        ("index.json", "/indexes/1/source", json!(" "), "source", "/indexes/1/source"),
    ]
}

#[test]
fn a_broken_rule_is_named_with_the_line_of_the_field_that_breaks_it() {
    for (name, pointer, value, rule, at) in broken_rules() {
        let mut file = shipped(name);
        *file.pointer_mut(pointer).unwrap_or_else(|| panic!("{name} has nothing at {pointer}")) =
            value;
        let found = misprints(name, written(&file));
        let line = line_at(&file, at);
        let told = |misprint: &CatalogueError| {
            (misprint.file.as_str(), misprint.rule.slug(), misprint.line) == (name, rule, line)
        };
        assert!(found.iter().any(told), "{name}{pointer}: no {rule} in line {line}: {found:?}");
    }
}

#[test]
fn a_version_in_force_that_says_something_else_is_named_with_its_own_line_and_not_that_of_another_version()
 {
    let mut before = shipped("procedures.json");
    let list = before["procedures"].as_array_mut().unwrap();
    let mut second = list[5].clone();
    second["version"] = 2.into();
    second["validFrom"] = "2026-10-01".into();
    list.push(second);
    let last = list.len() - 1;
    let texts = |file: &Value| {
        Texts::built_in().with([("procedures.json".to_owned(), written(file))].into()).unwrap()
    };
    let assembled = |file: &Value| texts(file).assemble(UndecidedYears::Refused).unwrap();
    let mut after = before.clone();
    after["procedures"][last]["feeVnd"] = 1.into();
    let today = jiff::civil::date(2026, 11, 26);
    let found = texts(&after).forgotten(&assembled(&before), &assembled(&after), today);
    let told: Vec<_> = found.iter().map(|misprint| (misprint.rule.slug(), misprint.line)).collect();
    assert_eq!(told, [("kept-version", line_at(&after, &format!("/procedures/{last}")))]);
}

#[test]
fn a_text_that_is_no_json_is_named_by_the_line_on_which_it_breaks_off() {
    let file = shipped("agencies.json");
    let line = line_at(&file, "/agencies/12/level");
    let mut lines: Vec<String> = written(&file).lines().map(str::to_owned).collect();
    lines[line - 1] = "\"level\" \"commune\",".to_owned();
    let found = misprints("agencies.json", lines.join("\n"));
    assert_eq!(
        found.iter().map(|misprint| (misprint.rule.slug(), misprint.line)).collect::<Vec<_>>(),
        [("json", line)]
    );
}
