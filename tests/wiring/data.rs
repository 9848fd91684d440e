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
fn the_schema_of_the_leaders_refuses_what_the_code_refuses() {
    let schema: Value = serde_json::from_str(&file("infra/data/schema/leaders.schema.json")).unwrap();
    let schema = jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap();
    let good = json!({
        "key": "chairman", "office": "Chủ tịch", "agency": "H20", "phone": "0912 345 678", "language": "en",
        "report": "month", "validFrom": "2026-12-01", "validTo": "2027-12-31",
    });
    let (fits_schema, taken) = (
        |leader: &Value| fits(&schema, &json!({ "schemaVersion": 1, "leaders": [leader] })).is_ok(),
        |leader: &Value| {
            let read = serde_json::from_value(json!({ "leaders": [leader] }));
            read.is_ok_and(|file| domain::announcement::Leaders::assemble(file, |_| true).is_ok())
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
