//! `infra/data` against its schemas.

use std::collections::BTreeMap;

use platform::catalogue::{DataFile, Texts, UndecidedYears};

use super::*;

#[test]
fn each_file_of_data_fits_its_schema() {
    let data = names_in("infra/data");
    // The provisional calendar is half a calendar, for demonstrations, and has no schema of its
    // own.
    let files = data
        .iter()
        .filter_map(|name| name.strip_suffix(".json"))
        .filter(|name| !name.contains('.'));
    let read = |path: &str| -> Value { serde_json::from_str(&file(path)).unwrap() };
    let mut schemas = names_in("infra/data/schema");
    for name in files {
        assert!(schemas.remove(&format!("{name}.schema.json")), "{name} has no schema");
        let schema = read(&format!("infra/data/schema/{name}.schema.json"));
        let schema = jsonschema::draft202012::options()
            .should_validate_formats(true)
            .build(&schema)
            .unwrap();
        let shipped = read(&format!("infra/data/{name}.json"));
        assert_eq!(fits(&schema, &shipped), Ok(()), "{name}");
        assert_eq!(shipped["$schema"], format!("schema/{name}.schema.json"), "for editors");
    }
    assert!(schemas.is_empty(), "schemas of nothing: {schemas:?}");
}

/// A file of the catalogue with its schema, by name without its ending.
fn schema_and_file(name: &str) -> (Value, Value) {
    let read = |path: &str| serde_json::from_str(&file(path)).unwrap();
    (
        read(&format!("infra/data/schema/{name}.schema.json")),
        read(&format!("infra/data/{name}.json")),
    )
}

/// The pointer of one value of each kind, the last: entries of a list are of one kind.
fn one_of_each_kind(file: &Value, wanted: fn(&Value) -> bool) -> Vec<String> {
    fn walk(
        value: &Value,
        (pointer, kind): (&str, &str),
        wanted: fn(&Value) -> bool,
        found: &mut BTreeMap<String, String>,
    ) {
        if wanted(value) {
            found.insert(kind.to_owned(), pointer.to_owned());
        }
        let mut down = |key: &str, kind: String, value| {
            walk(value, (&format!("{pointer}/{key}"), &kind), wanted, found);
        };
        match value {
            Value::Array(items) => items.iter().enumerate().for_each(|(place, item)| {
                down(&place.to_string(), format!("{kind}/*"), item);
            }),
            Value::Object(fields) => {
                // The fields of a form are of one kind, whatever they are called.
                let of = |key: &str| {
                    if kind.ends_with("/properties") { "*".to_owned() } else { key.to_owned() }
                };
                fields.iter().for_each(|(key, value)| {
                    down(key, format!("{kind}/{}", of(key)), value);
                });
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut found = BTreeMap::new();
    walk(file, ("", ""), wanted, &mut found);
    found.into_values().collect()
}

#[test]
fn a_misspelt_field_fits_no_schema_wherever_in_its_file_it_is() {
    let mut tried = 0;
    for data in DataFile::ALL {
        let (name, _) = data.name().split_once('.').unwrap();
        let (schema, shipped) = schema_and_file(name);
        let schema = jsonschema::draft202012::new(&schema).unwrap();
        let places = one_of_each_kind(&shipped, Value::is_object).into_iter();
        // The fields of a form have the names that the file gives them.
        for place in places.filter(|place| !place.ends_with("/properties")) {
            for field in shipped.pointer(&place).unwrap().as_object().unwrap().keys() {
                let mut spoilt = shipped.clone();
                let fields = spoilt.pointer_mut(&place).unwrap().as_object_mut().unwrap();
                let value = fields.remove(field).unwrap();
                fields.insert(format!("{field}x"), value);
                assert!(!schema.is_valid(&spoilt), "{name}{place}: the schema takes {field}x");
                tried += 1;
            }
        }
    }
    assert!(tried > 150, "only {tried} fields were tried");
}

/// Everything that `schema` asks of the value at `pointer`, whichever branch it is asked by.
fn asked<'a>(schema: &'a Value, pointer: &str) -> Vec<&'a Value> {
    fn with_branches<'a>(root: &'a Value, node: &'a Value, found: &mut Vec<&'a Value>) {
        found.push(node);
        if let Some(reference) = node["$ref"].as_str() {
            with_branches(root, root.pointer(&reference[1..]).unwrap(), found);
        }
        for several in ["anyOf", "oneOf", "allOf"] {
            for branch in node[several].as_array().into_iter().flatten() {
                with_branches(root, branch, found);
            }
        }
    }
    let mut nodes = Vec::new();
    with_branches(schema, schema, &mut nodes);
    for key in pointer.split('/').skip(1) {
        let mut below = Vec::new();
        for node in nodes {
            let named = node["properties"].get(key);
            let others = || node.get("items").or(node.get("additionalProperties"));
            if let Some(child) = named.or_else(others).filter(|child| child.is_object()) {
                with_branches(schema, child, &mut below);
            }
        }
        nodes = below;
    }
    nodes
}

#[test]
fn a_number_beyond_a_bound_of_a_schema_is_beyond_a_bound_of_the_code() {
    let (mut tried, mut taken) = (0, Vec::new());
    for data in DataFile::ALL {
        let (name, _) = data.name().split_once('.').unwrap();
        let (schema, shipped) = schema_and_file(name);
        for place in one_of_each_kind(&shipped, Value::is_number) {
            for (bound, step) in [("minimum", -1), ("maximum", 1)] {
                for asked in asked(&schema, &place) {
                    let Some(number) = asked[bound].as_i64() else { continue };
                    let mut spoilt = shipped.clone();
                    *spoilt.pointer_mut(&place).unwrap() = json!(number + step);
                    if code_takes(data.name(), &spoilt) {
                        taken.push(format!("{name}{place}: {}", number + step));
                    }
                    tried += 1;
                }
            }
        }
    }
    assert!(taken.is_empty(), "the code takes {}", taken.join(", "));
    assert!(tried > 60, "only {tried} bounds were tried");
}

#[test]
fn each_part_of_the_catalogue_is_a_field_of_the_schema_of_its_file_and_of_no_other() {
    for data in DataFile::ALL {
        let (name, _) = data.name().split_once('.').unwrap();
        let schema: Value =
            serde_json::from_str(&file(&format!("infra/data/schema/{name}.schema.json"))).unwrap();
        let fields = schema["properties"].as_object().unwrap().keys().map(String::as_str);
        let parts: Vec<&str> =
            fields.filter(|field| !["$schema", "schemaVersion", "note"].contains(field)).collect();
        assert_eq!(data.parts(), parts, "{name}");
        for part in parts {
            assert_eq!(DataFile::holding(part), Some(*data), "{part}");
        }
    }
}

#[test]
fn the_schema_of_the_clock_s_rules_refuses_what_the_code_refuses() {
    let schema: Value = serde_json::from_str(&file("infra/data/schema/rules.schema.json")).unwrap();
    let schema =
        jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap();
    let shipped: Value = serde_json::from_str(&file("infra/data/rules.json")).unwrap();
    for (place, value) in [
        ("/rules/0/validFrom", json!("tomorrow")),
        ("/rules/0/supplement", json!("forget")),
        ("/rules/0/dossierCode/grammar", json!("{sequence}")),
        ("/rules/0/dossierCode/digits", json!(3)),
        ("/rules/0/dossierCode/digits", json!(8)),
        ("/rules/2/dossierCode/integratorDigit", json!(0)),
        ("/rules/2/dossierCode/integratorDigit", json!(10)),
        ("/rules/0/extensionsMax", json!(-1)),
        ("/rules/0/extensionsMax", json!(256)),
        ("/rules/0/kpiDue", json!("yesterday")),
        ("/rules/0/extensionWorkingDays", json!(0)),
        ("/rules/0/extensionWorkingDays", json!("three")),
        ("/rules/0/supplementCalendarDays", json!(0)),
        ("/rules/0/shortTermWorkingDays", json!(-1)),
        ("/rules/0/letter", json!("sometimes")),
        ("/rules/0/receptionWorkingHours", json!(0)),
        ("/rules/0/onTimeTarget", json!(0)),
        ("/rules/0/onTimeTarget", json!(10_001)),
        ("/rules/0/publishLateCauses", json!("sometimes")),
        ("/rules/0/letterReason", json!("")),
        ("/rules/0/expiredReason", json!("x".repeat(301))),
        ("/rules/0/counting/working-day", json!(" ")),
        ("/rules/0/trust", json!("rumour")),
        ("/rules/0/source", json!("")),
        ("/rules", json!([])),
    ] {
        let mut spoilt = shipped.clone();
        *spoilt.pointer_mut(place).unwrap() = value;
        assert!(fits(&schema, &spoilt).is_err(), "the schema takes {place}");
        let calendar = serde_json::from_str(&file("infra/data/calendar.json")).unwrap();
        let read = serde_json::from_value::<domain::law::RulesFile>(spoilt);
        let taken = read.is_ok_and(|rules| domain::law::Law::assemble(calendar, rules).is_ok());
        assert!(!taken, "the code takes {place}");
    }
}

/// Whether the code takes a catalogue with `text` for one of its shipped files.
/// An item of a fee with this code.
fn fee(code: &str) -> Value {
    json!({ "code": code, "name": "Phí", "kind": "charge", "amountVnd": 1_000 })
}

fn code_takes(name: &str, text: &Value) -> bool {
    let texts = Texts::built_in().with([(name.to_owned(), text.to_string())].into()).unwrap();
    texts.assemble(UndecidedYears::Refused).is_ok()
}

#[test]
fn the_schemas_of_agencies_procedures_calendar_and_integrators_refuse_what_the_code_refuses() {
    for (file_name, spoilt) in [
        (
            "agencies",
            [
                ("/agencies", json!([])),
                ("/agencies/0/name", json!("")),
                ("/agencies/0/code", json!("H2")),
                ("/agencies/0/level", json!("village")),
                ("/agencies/0/parent", json!("Z20")),
                ("/agencies/0/validFrom", json!("yesterday")),
                ("/agencies/0/successor", json!("")),
                ("/agencies/0/renamed", json!([{"from": "yesterday", "name": "Sở"}])),
                ("/agencies/0/renamed", json!([{"from": "2026-03-01", "name": ""}])),
                ("/agencies/0/division", json!([{"successor": "H20.05"}])),
                ("/agencies/0/division", json!([{"successor": "H20.05", "wards": ["2986"]}])),
                (
                    "/agencies/0/division",
                    json!([{"successor": "H20.05", "procedures": ["1.0138"]}]),
                ),
                ("/agencies/0/division", json!([{"wards": ["29869"]}])),
                ("/agencies/0/colour", json!("red")),
                ("/schemaVersion", json!(2)),
                ("/note", json!(7)),
                ("/agences", json!([])),
            ]
            .as_slice(),
        ),
        (
            "procedures",
            &[
                ("/procedures", json!([])),
                ("/procedures/0/name", json!("")),
                ("/procedures/0/code", json!("1.0138")),
                ("/procedures/0/version", json!(0)),
                ("/procedures/0/version", json!(-1)),
                ("/procedures/0/field/code", json!("TN01")),
                ("/procedures/0/field/code", json!("G13-tn")),
                ("/procedures/0/field/name", json!("")),
                ("/procedures/0/level", json!("ministry")),
                ("/procedures/0/online", json!("always")),
                ("/procedures/0/terms/counter", json!({"amount": 1_001, "unit": "working-day"})),
                ("/procedures/0/terms/counter", json!({"amount": 0, "unit": "working-day"})),
                ("/procedures/0/terms/counter", json!({"amount": 1, "unit": "fortnight"})),
                ("/procedures/0/documents", json!([])),
                ("/procedures/0/documents/0/code", json!("")),
                ("/procedures/0/documents/0/code", json!("x".repeat(65))),
                ("/procedures/0/documents/0/name", json!("")),
                ("/procedures/0/documents/0/required", json!("perhaps")),
                ("/procedures/0/feeVnd", json!(-1)),
                ("/procedures/0/fees", json!([fee("")])),
                ("/procedures/0/fees", json!([fee("x y")])),
                ("/procedures/0/fees", json!([{ "code": "PL", "amountVnd": 1 }])),
                ("/procedures/0/trust", json!("rumour")),
                ("/procedure", json!([])),
            ],
        ),
        (
            "calendar",
            &[
                ("/years", json!({})),
                ("/years/1999", json!({"off": [], "worked": [], "source": "test"})),
                ("/years/02026", json!({"off": [], "worked": [], "source": "test"})),
                ("/years/2026/source", json!("")),
                ("/years/2026/off", json!(["2026-01-01", "2026-01-01"])),
                ("/years/2026/off", json!(["2026-02-30"])),
                ("/years/2026/half", json!([])),
                ("/hours", json!([])),
                ("/hours/0/slots", json!([])),
                ("/hours/0/slots/0", json!(["07:00"])),
                ("/hours/0/slots/0/0", json!("25:00")),
                ("/hours/0/handOverCutOff", json!("noon")),
                (
                    "/exceptions",
                    json!([{"agency": "H20.12", "off": ["2026-03-02"], "reason": "", "source": "test"}]),
                ),
                (
                    "/exceptions",
                    json!([{"agency": "H20.12", "off": ["2026-03-02"], "reason": "test", "source": ""}]),
                ),
                (
                    "/exceptions",
                    json!([{"agency": "?", "off": ["2026-03-02"], "reason": "test", "source": "test"}]),
                ),
                ("/exeptions", json!([])),
            ],
        ),
        (
            "integrators",
            &[
                ("/integrators/0/senders", json!("AROALANDREGISTRY0001X")),
                ("/integrators/0/senders/0", json!("")),
                ("/integrators/0/senders/0", json!("123456789012")),
                ("/integrators/0/senders/0", json!("AROASHORT")),
                ("/integrators/0/senders/0", json!("AROALANDREGISTRY0001X:session")),
                ("/integrators/0/senders/0", json!("aroalandregistry0001x")),
                ("/integrators/0/sender", json!([])),
                ("/integrators/0/keys", json!([1, 2, 3])),
                ("/integrators/0/keys", json!([1, 1])),
                ("/integrators/0/keys", json!([0])),
                ("/integrators/0/keys", json!([1_001])),
                ("/integrators/0/keys", json!(["1"])),
                ("/integrators/0/keys", json!(1)),
                ("/integrators/0/replies", json!("some")),
                ("/integrators/4/portalCodes", json!("both")),
                ("/integrators/0/backDays", json!(0)),
                ("/integrators/0/backDays", json!(3_651)),
                ("/integrators/0/backDays", json!("90")),
            ],
        ),
    ] {
        let schema: Value =
            serde_json::from_str(&file(&format!("infra/data/schema/{file_name}.schema.json")))
                .unwrap();
        let schema = jsonschema::draft202012::options()
            .should_validate_formats(true)
            .build(&schema)
            .unwrap();
        let name = format!("{file_name}.json");
        let shipped: Value = serde_json::from_str(&file(&format!("infra/data/{name}"))).unwrap();
        assert!(code_takes(&name, &shipped), "{name}");
        for (place, value) in spoilt {
            let mut text = shipped.clone();
            set(&mut text, place, value.clone());
            assert!(fits(&schema, &text).is_err(), "the schema of {name} takes {value} at {place}");
            assert!(!code_takes(&name, &text), "the code takes {value} at {place} of {name}");
        }
    }
}

/// Puts `value` at `place`, which may be new.
fn set(text: &mut Value, place: &str, value: Value) {
    let (parent, key) = place.rsplit_once('/').unwrap();
    match text.pointer_mut(parent).unwrap() {
        Value::Array(list) => list[key.parse::<usize>().unwrap()] = value,
        parent => parent[key] = value,
    }
}

// Issue 3: at least sixty real procedures over ten fields.
#[test]
fn the_shipped_procedures_are_sixty_and_more_over_ten_fields_and_more() {
    let catalogue = Texts::built_in().assemble(UndecidedYears::Refused).unwrap();
    let codes: BTreeSet<&str> =
        catalogue.procedures().map(|procedure| procedure.code.as_str()).collect();
    let fields: BTreeSet<&str> =
        catalogue.procedures().map(|procedure| procedure.field.code.as_str()).collect();
    assert!(codes.len() >= 60, "only {}", codes.len());
    assert!(fields.len() >= 10, "only {fields:?}");
}

/// A row of an authority with this certificate.
fn anchor(certificate: &str) -> Value {
    json!({
        "name": "CA", "certificate": certificate, "validFrom": "2026-01-01", "validTo": null,
        "source": "a test", "trust": "unverified",
    })
}

#[test]
fn the_schema_of_what_is_taken_at_the_doors_refuses_what_the_code_refuses() {
    let schema: Value =
        serde_json::from_str(&file("infra/data/schema/intake.schema.json")).unwrap();
    let schema =
        jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap();
    let shipped: Value = serde_json::from_str(&file("infra/data/intake.json")).unwrap();
    assert!(code_takes("intake.json", &shipped));
    let mut trusting = shipped.clone();
    trusting["trustAnchors"] = json!([anchor(&format!("MII{}", "A".repeat(397)))]);
    assert!(fits(&schema, &trusting).is_ok() && code_takes("intake.json", &trusting));
    for (place, value) in [
        ("/identities", json!([])),
        ("/identities/0/kind", json!("Citizen")),
        ("/identities/0/kind", json!("citizen")),
        ("/identities/1/kind", json!("")),
        ("/identities/1/name", json!(" ")),
        ("/identities/1/of", json!("robot")),
        ("/identities/1/forms", json!([])),
        ("/identities/1/forms", json!([".*"])),
        ("/identities/1/forms", json!([""])),
        ("/identities/1/checks", json!(["luck"])),
        ("/identities/1/named", json!("perhaps")),
        ("/identities/2/procedures", json!(["1.0138"])),
        ("/identities/1/validFrom", json!("tomorrow")),
        ("/identities/1/source", json!("")),
        ("/identities/1/trust", json!("rumour")),
        ("/identities/1/colour", json!("red")),
        ("/citizenNumber/provinces", json!([])),
        ("/citizenNumber/provinces", json!(["87"])),
        ("/citizenNumber/centuries", json!({})),
        ("/citizenNumber/centuries", json!({"0": 1950})),
        ("/citizenNumber/centuries", json!({"10": 1900})),
        ("/citizenNumber/source", json!("")),
        ("/taxCode/weights", json!([31, 29, 23, 19, 17, 13, 7, 5])),
        ("/taxCode/weights", json!([31, 29, 23, 19, 17, 13, 7, 5, 0])),
        ("/taxCode/source", json!(" ")),
        ("/noMobileRanges/0/prefix", json!("50")),
        ("/noMobileRanges/0/prefix", json!("05")),
        ("/noMobileRanges/0/validFrom", json!(null)),
        ("/noMobileRanges/0/source", json!("")),
        ("/documentHosts", json!([])),
        ("/documentHosts/0/host", json!("files")),
        ("/documentHosts/0/host", json!("Files.example.vn")),
        ("/documentHosts/0/host", json!("https://files.example.vn")),
        ("/documentHosts/0/host", json!("files.example.vn:8443")),
        ("/documentHosts/0/host", json!("169.254.169.254")),
        ("/documentHosts/0/host", json!("metadata.google.internal")),
        ("/documentHosts/0/source", json!("")),
        ("/documentTypes/0/mediaType", json!("text/html")),
        ("/documentTypes/0/bytesMax", json!(0)),
        ("/documentTypes/0/bytesMax", json!(30_000_001)),
        ("/documentTypes/0/validFrom", json!(null)),
        ("/documentTypes/0/source", json!(" ")),
        ("/resultSignatures/0/signature", json!("perhaps")),
        ("/resultSignatures/0/validFrom", json!(null)),
        ("/resultSignatures/0/source", json!(" ")),
        ("/resultSignatures/0/trust", json!("rumour")),
        ("/trustAnchors", json!([anchor("MII")])),
        ("/trustAnchors", json!([anchor(&format!("AAA{}", "A".repeat(397)))])),
        ("/trustAnchors", json!([anchor(&format!("MII{}", "-".repeat(397)))])),
        ("/trustAnchors", json!([anchor(&format!("MII{}", "A".repeat(8_190)))])),
        ("/schemaVersion", json!(2)),
        ("/documentHost", json!([])),
    ] {
        let mut text = shipped.clone();
        set(&mut text, place, value.clone());
        assert!(fits(&schema, &text).is_err(), "the schema takes {value} at {place}");
        assert!(!code_takes("intake.json", &text), "the code takes {value} at {place}");
    }
}

#[test]
fn the_schema_of_the_leaders_refuses_what_the_code_refuses() {
    let schema: Value =
        serde_json::from_str(&file("infra/data/schema/leaders.schema.json")).unwrap();
    let schema =
        jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap();
    let good = json!({
        "key": "chairman", "office": "Chủ tịch", "agency": "H20", "phone": "0912 345 678", "language": "en",
        "report": "month", "validFrom": "2026-12-01", "validTo": "2027-12-31",
    });
    let (fits_schema, taken) = (
        |leader: &Value| fits(&schema, &json!({ "schemaVersion": 1, "leaders": [leader] })).is_ok(),
        |leader: &Value| {
            let read = serde_json::from_value(json!({ "leaders": [leader] }));
            read.is_ok_and(|file| domain::leader::Leaders::assemble(file, |_| true).is_ok())
        },
    );
    assert!(fits_schema(&good) && taken(&good));
    for (field, value) in [
        ("key", json!("")),
        ("key", json!("Chairman")),
        ("key", json!("1st")),
        ("key", json!("a".repeat(25))),
        ("office", json!(" ")),
        ("agency", json!("Z20")),
        ("phone", json!("0912 345")),
        ("phone", json!(null)),
        ("language", json!("fr")),
        ("report", json!("week")),
        ("validFrom", json!("tomorrow")),
        ("validFrom", json!(null)),
        ("validTo", json!("2026-02-30")),
        ("name", json!("Nguyễn Văn A")),
    ] {
        let mut spoilt = good.clone();
        spoilt[field] = value;
        assert_eq!((fits_schema(&spoilt), taken(&spoilt)), (false, false), "{spoilt}");
    }
}

#[test]
fn the_schema_of_the_indices_knows_the_measures_of_the_code_and_refuses_what_the_code_refuses() {
    let schema: Value = serde_json::from_str(&file("infra/data/schema/index.schema.json")).unwrap();
    let measures = schema["$defs"]["Measure"]["oneOf"].as_array().unwrap();
    let measures: Vec<&str> =
        measures.iter().map(|measure| measure["const"].as_str().unwrap()).collect();
    let known: Vec<&str> =
        domain::index::Measure::ALL.iter().map(|measure| measure.name()).collect();
    assert_eq!(measures, known);
    let schema =
        jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap();
    let mut shipped: Value = serde_json::from_str(&file("infra/data/index.json")).unwrap();
    let declared = json!({"period": "2026-11", "agency": null, "input": "satisfied", "part": 9, "whole": 10, "source": "1022"});
    shipped["declared"] = json!([declared]);
    assert_eq!(fits(&schema, &shipped), Ok(()));
    let progress = "/indexes/0/groups/1/criteria/0/formula";
    for (place, value) in [
        ("/indexes/0/validFrom", json!("tomorrow")),
        ("/indexes/0/roundTo", json!(0)),
        ("/indexes/0/grades", json!([])),
        ("/indexes/0/trust", json!("rumour")),
        ("/indexes/0/source", json!(" ")),
        ("/indexes/0/groups/0/hundredths", json!(0)),
        (progress, json!({"guess": {}})),
        (&format!("{progress}/proportional/fullAt"), json!(10_001)),
        (
            &format!("{progress}/proportional/of"),
            json!({"measured": {"part": "luck", "whole": "received"}}),
        ),
        ("/declared/0/period", json!("soon")),
        ("/declared/0/part", json!(-1)),
        ("/declared/0/whole", json!(0)),
        ("/declared/0/source", json!("")),
    ] {
        let mut spoilt = shipped.clone();
        *spoilt.pointer_mut(place).unwrap() = value;
        assert!(fits(&schema, &spoilt).is_err(), "the schema takes {place}");
        let read = serde_json::from_value(spoilt);
        let taken = read.is_ok_and(|file| domain::index::Indexes::assemble(file).is_ok());
        assert!(!taken, "the code takes {place}");
    }
}
