//! What the documents say of moves, and what the code takes.

use domain::dossier::{AlsoBy, By, Clock, Custody, Rule, Target};
use platform::request::read_json;

use super::*;

#[test]
fn the_documented_actions_are_the_table_of_legal_moves() {
    let documents = Documents::read();
    let schemas = &documents.openapi["components"]["schemas"];
    let names = |wanted: fn(&Rule) -> bool| -> Vec<&str> {
        RULES.iter().filter(|rule| wanted(rule)).map(|rule| rule.action.name()).collect()
    };
    assert_eq!(words(&schemas["Action"]["enum"]), names(|_| true));
    assert_eq!(
        words(&schemas["HistoryAction"]["enum"]),
        [vec!["submit"], names(|_| true)].concat()
    );
    let owed = |action: &str| {
        let body = json!({ "action": action, "expectedVersion": 1, "newDueOn": "2026-11-20", "toAgency": "H20.12" });
        let validator = documents.schema("TransitionBody");
        validator
            .iter_errors(&body)
            .any(|error| error.to_string().contains("\"reason\" is a required property"))
    };
    let reason_owed: Vec<&str> =
        names(|_| true).into_iter().filter(|action| owed(action)).collect();
    assert_eq!(reason_owed, names(|rule| rule.reason_owed));
    let statuses: Vec<&str> = DossierStatus::ALL.iter().map(|status| status.name()).collect();
    assert_eq!(words(&schemas["StatusName"]["enum"]), statuses);
    let operations = operations(&documents);
    let text = operations["POST /v1/dossiers/{code}/transitions"]["description"].as_str().unwrap();
    for rule in RULES {
        let from: Vec<String> = rule.from.iter().map(|status| status.code().to_string()).collect();
        let to = match rule.target {
            Target::To(status) => status.code().to_string(),
            Target::WhereItWas => "where it was".to_owned(),
            Target::Stays => "where it is".to_owned(),
        };
        let clock = match rule.clock {
            Clock::Starts => "starts",
            Clock::WaitsForSupplement => "waits for supplement",
            Clock::SupplementCame => "supplement came",
            Clock::Pauses => "stands still",
            Clock::GoesOn => "goes on",
            Clock::Promises => "another day",
            Clock::Recounts => "counted anew",
            Clock::Stops => "stops",
            Clock::Untouched => "",
        };
        let begin = format!("| `{}` | {} | {to} | {clock} |", rule.action.name(), from.join(", "))
            .replace("|  |", "| |");
        let row = text
            .lines()
            .find(|line| line.starts_with(&begin))
            .unwrap_or_else(|| panic!("no row {begin}"));
        assert_eq!(row.contains("| owed"), rule.reason_owed, "{row}");
        let by = match rule.by {
            By::Owner => "owner",
            By::Either => "either",
            By::Handler => "handler",
            By::Nobody => "nobody",
        };
        let lies = match rule.custody {
            Custody::AsBefore => "",
            Custody::WithAnother => ", begins it",
            Custody::WithOwner => ", ends it",
        };
        assert!(row.contains(&format!("| {by}{lies} |")), "{row}");
        let also_by = match rule.also_by {
            AlsoBy::Nobody => "| |",
            AlsoBy::Portal => "| portal |",
            AlsoBy::Applicant => "| portal, applicant |",
            AlsoBy::System => "| the schedule |",
        };
        assert!(row.ends_with(also_by), "{row}");
    }
}

/// The schema without what an officer owes alone: an integrator may know of no result (ADR 54).
fn without_the_result(mut schema: Value) -> Value {
    if schema["required"] == json!(["result"]) {
        let fields = schema.as_object_mut().unwrap();
        fields.remove("required");
        fields["properties"].as_object_mut().unwrap().remove("result");
    }
    for part in ["then", "else"] {
        if schema[part].is_object() {
            schema[part] = without_the_result(schema[part].take());
        }
    }
    schema
}

#[test]
fn an_event_owes_what_a_request_owes_but_for_the_result() {
    let documents = Documents::read();
    let of_requests = &documents.openapi["components"]["schemas"]["TransitionBody"];
    let of_events = &documents.asyncapi["components"]["schemas"]["TransitionData"];
    assert_ne!(of_requests["else"], of_events["else"], "officers owe it");
    for part in ["if", "then", "else"] {
        assert!(of_requests[part].is_object());
        let of_officers = of_requests[part].clone();
        assert_eq!(without_the_result(of_officers), of_events[part], "{part}");
    }
}

#[test]
fn the_schema_and_the_code_take_and_refuse_the_same_new_dates() {
    let documents = Documents::read();
    let schema = documents.schema("TransitionBody");
    let body =
        |action: &str| json!({ "action": action, "expectedVersion": 1, "reason": "theo quy định" });
    for (promised, read) in [
        (json!("2026-11-20"), true),
        (json!("2026-02-30"), false),
        (json!("20261120"), false),
        (json!("2026-11-20T10:00:00Z"), false),
        (json!(""), false),
        (json!(20_261_120), false),
    ] {
        let mut sent = body("apologise");
        sent["newDueOn"] = promised;
        let code_says =
            read_json::<platform::request::TransitionBody<u64>>(sent.to_string().as_bytes())
                .is_ok();
        assert_eq!((fits(&schema, &sent).is_ok(), code_says), (read, read), "{sent}");
    }
    // Whether a date is owed, the domain decides; the schema says the same.
    let with = |action, promised: Value| {
        let mut sent = body(action);
        sent["newDueOn"] = promised;
        fits(&schema, &sent).is_ok()
    };
    assert!(fits(&schema, &body("apologise")).is_err() && !with("apologise", Value::Null));
    assert!(fits(&schema, &body("refuse")).is_ok() && with("refuse", Value::Null));
    assert!(!with("refuse", json!("2026-11-20")));
}

#[test]
fn the_schema_and_the_code_take_and_refuse_the_same_agencies_to_pass_on_to() {
    let documents = Documents::read();
    let schema = documents.schema("TransitionBody");
    let body =
        |action: &str, to: Value| json!({ "action": action, "expectedVersion": 1, "toAgency": to });
    for (to, read) in [
        (json!("H20.12"), true),
        (json!("000.00.15.H58"), true),
        (json!("H20,12"), false),
        (json!("H20."), false),
        (json!(""), false),
        (json!(12), false),
        (json!(["H20.12"]), false),
    ] {
        let sent = body("forward", to);
        let code_says =
            read_json::<platform::request::TransitionBody<u64>>(sent.to_string().as_bytes())
                .is_ok();
        assert_eq!((fits(&schema, &sent).is_ok(), code_says), (read, read), "{sent}");
    }
    // Whether an agency is owed, the domain decides; the schema says the same.
    let taken = |sent: Value| fits(&schema, &sent).is_ok();
    assert!(
        !taken(json!({ "action": "forward", "expectedVersion": 1 }))
            && !taken(body("forward", Value::Null))
    );
    assert!(taken(body("receive", Value::Null)) && !taken(body("receive", json!("H20.12"))));
}
