//! `infra/data` against its schemas.

use super::*;

#[test]
fn each_file_of_data_fits_its_schema() {
    let data = names_in("infra/data");
    // The provisional calendar is half a calendar, for demonstrations, and has no schema of its own.
    let files = data.iter().filter_map(|name| name.strip_suffix(".json")).filter(|name| !name.contains('.'));
    let read = |path: &str| -> Value { serde_json::from_str(&file(path)).unwrap() };
    let mut schemas = names_in("infra/data/schema");
    for name in files {
        assert!(schemas.remove(&format!("{name}.schema.json")), "{name} has no schema");
        let schema = read(&format!("infra/data/schema/{name}.schema.json"));
        let schema = jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap();
        assert_eq!(fits(&schema, &read(&format!("infra/data/{name}.json"))), Ok(()), "{name}");
    }
    assert!(schemas.is_empty(), "schemas of nothing: {schemas:?}");
}

#[test]
fn the_schema_of_the_clock_s_rules_refuses_what_the_code_refuses() {
    let schema: Value = serde_json::from_str(&file("infra/data/schema/rules.schema.json")).unwrap();
    let schema = jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap();
    let shipped: Value = serde_json::from_str(&file("infra/data/rules.json")).unwrap();
    for (place, value) in [
        ("/rules/0/validFrom", json!("tomorrow")),
        ("/rules/0/supplement", json!("forget")),
        ("/rules/0/dossierCode/grammar", json!("{sequence}")),
        ("/rules/0/dossierCode/digits", json!(3)),
        ("/rules/0/dossierCode/digits", json!(8)),
        ("/rules/0/extensionsMax", json!(-1)),
        ("/rules/0/extensionsMax", json!(256)),
        ("/rules/0/kpiDue", json!("yesterday")),
        ("/rules/0/extensionWorkingDays", json!(0)),
        ("/rules/0/extensionWorkingDays", json!("three")),
        ("/rules/0/supplementCalendarDays", json!(0)),
        ("/rules/0/shortTermWorkingDays", json!(-1)),
        ("/rules/0/letter", json!("sometimes")),
        ("/rules/0/receptionWorkingHours", json!(0)),
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

#[test]
fn the_schema_of_the_indices_knows_the_measures_of_the_code_and_refuses_what_the_code_refuses() {
    let schema: Value = serde_json::from_str(&file("infra/data/schema/index.schema.json")).unwrap();
    let measures: Vec<&str> = words(&schema["$defs"]["measure"]["enum"]);
    let known: Vec<&str> = domain::kpi::index::Measure::ALL.iter().map(|measure| measure.name()).collect();
    assert_eq!(measures, known);
    let schema = jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap();
    let mut shipped: Value = serde_json::from_str(&file("infra/data/index.json")).unwrap();
    let declared =
        json!({"period": "2026-11", "agency": null, "input": "satisfied", "part": 9, "whole": 10, "source": "1022"});
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
        (&format!("{progress}/proportional/of"), json!({"measured": {"part": "luck", "whole": "received"}})),
        ("/declared/0/period", json!("soon")),
        ("/declared/0/part", json!(-1)),
        ("/declared/0/whole", json!(0)),
        ("/declared/0/source", json!("")),
    ] {
        let mut spoilt = shipped.clone();
        *spoilt.pointer_mut(place).unwrap() = value;
        assert!(fits(&schema, &spoilt).is_err(), "the schema takes {place}");
        let read = serde_json::from_value(spoilt);
        let taken = read.is_ok_and(|file| domain::kpi::index::Indexes::assemble(file).is_ok());
        assert!(!taken, "the code takes {place}");
    }
}
