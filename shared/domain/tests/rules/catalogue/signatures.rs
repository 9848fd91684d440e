//! Whom the catalogue trusts to give out certificates, from when on results are signed, and what a
//! procedure may result in.

use domain::outcome::ResultKind;
use domain::signature::SignatureDuty;
use serde_json::{Value, json};

use super::{assemble, day, good, refused};

/// What looks like a certificate.
fn certificate(mark: char) -> String {
    format!("MII{}", mark.to_string().repeat(397))
}

fn anchor(mark: char, from: &str, to: Option<&str>) -> Value {
    json!({
        "name": "CA", "certificate": certificate(mark), "validFrom": from, "validTo": to,
        "source": "a test", "trust": "unverified",
    })
}

fn duty(signature: &str, from: &str) -> Value {
    json!({ "signature": signature, "validFrom": from, "source": "a test", "trust": "unverified" })
}

#[test]
fn an_authority_is_trusted_on_its_days_and_nobody_is_without_a_row() {
    let mut files = good();
    let none = assemble(good()).unwrap();
    assert_eq!(none.trusted_authorities().on(day("2026-11-17")).count(), 0);
    files.intake["trustAnchors"] =
        json!([anchor('A', "2026-01-01", Some("2026-06-30")), anchor('B', "2026-06-30", None)]);
    let catalogue = assemble(files).unwrap();
    for (on, trusted) in [
        ("2025-12-31", ""),
        ("2026-01-01", "A"),
        ("2026-06-30", "AB"),
        ("2026-07-01", "B"),
        ("2030-01-01", "B"),
    ] {
        let found: Vec<&str> = catalogue.trusted_authorities().on(day(on)).collect();
        assert_eq!(found, trusted.chars().map(certificate).collect::<Vec<_>>(), "{on}");
    }
    let unreadable = catalogue.trusted_authorities().unreadable(|text| text.contains('A'));
    assert_eq!(unreadable.len(), 1);
    assert_eq!(
        (unreadable[0].field.as_str(), unreadable[0].rule.slug()),
        ("trustAnchors[1].certificate", "certificate")
    );
}

#[test]
fn what_is_no_certificate_has_no_name_or_ends_before_it_begins_is_not_trusted() {
    for broken in [
        String::new(),
        "MIIB".to_owned(),
        certificate('A').replace("MII", "AAA"),
        certificate('A')[..399].to_owned(),
        format!("{}====", &certificate('A')[..396]),
        certificate('-'),
        format!("MII{}", "A".repeat(8_193)),
        format!("-----BEGIN CERTIFICATE-----{}", certificate('A')),
    ] {
        refused("trustAnchors", "certificate", |files| {
            files.intake["trustAnchors"] = json!([anchor('A', "2026-01-01", None)]);
            files.intake["trustAnchors"][0]["certificate"] = broken.into();
        });
    }
    for (field, value, rule) in
        [("name", " ", "name"), ("source", " ", "source"), ("validTo", "2025-12-31", "valid-range")]
    {
        refused("trustAnchors", rule, |files| {
            files.intake["trustAnchors"] = json!([anchor('A', "2026-01-01", None)]);
            files.intake["trustAnchors"][0][field] = value.into();
        });
    }
}

#[test]
fn results_are_signed_unless_a_row_says_otherwise_from_its_day_on() {
    let mut files = good();
    files.intake["resultSignatures"] =
        json!([duty("required", "2026-07-01"), duty("not-required", "2026-01-01")]);
    let catalogue = assemble(files).unwrap();
    for (on, duty) in [
        ("2025-12-31", SignatureDuty::Required),
        ("2026-01-01", SignatureDuty::NotRequired),
        ("2026-06-30", SignatureDuty::NotRequired),
        ("2026-07-01", SignatureDuty::Required),
    ] {
        assert_eq!(catalogue.result_signatures().on(day(on)), duty, "{on}");
    }
    let mut files = good();
    files.intake.as_object_mut().unwrap().remove("resultSignatures");
    let before = assemble(files).unwrap();
    assert_eq!(before.result_signatures().on(day("2026-11-17")), SignatureDuty::Required);
    refused("resultSignatures", "unique-start", |files| {
        files.intake["resultSignatures"] =
            json!([duty("required", "2026-01-01"), duty("not-required", "2026-01-01")]);
    });
    refused("resultSignatures", "source", |files| {
        files.intake["resultSignatures"][0]["source"] = " ".into();
    });
}

#[test]
fn a_procedure_results_in_a_document_of_either_form_unless_it_lists_others() {
    let kinds = |listed: Option<Value>| {
        let mut files = good();
        if let Some(listed) = listed {
            files.procedures["procedures"][0]["results"] = listed;
        }
        let catalogue = assemble(files).unwrap();
        catalogue.procedures().next().unwrap().results.clone()
    };
    assert_eq!(kinds(None), [ResultKind::Electronic, ResultKind::Paper]);
    assert_eq!(kinds(Some(json!(["none"]))), [ResultKind::Nothing]);
    for listed in [json!([]), json!(["paper", "paper"])] {
        refused("procedures", "results", |files| {
            files.procedures["procedures"][0]["results"] = listed;
        });
    }
}
