//! The forms that are printed: on whose account, by which layout, and what a layout may be.

use domain::notice::TemplatesFile;
use domain::printed::PrintedForm;
use domain::procedure::Channel;
use serde_json::{Value, json};

use super::world::{catalogue, catalogue_with, day, named, played};

fn texts(change: impl FnOnce(&mut Value)) -> TemplatesFile {
    let mut file: Value =
        serde_json::from_str(include_str!("../../../../infra/data/templates.json")).unwrap();
    change(&mut file["forms"]);
    serde_json::from_value(file).unwrap()
}

/// What is wrong with the layouts after a change.
fn broken(change: impl FnOnce(&mut Value)) -> Vec<(String, &'static str)> {
    let found = catalogue_with(|files| files.templates = texts(change)).err().unwrap_or_default();
    named(&found).into_iter().map(|(field, rule)| (field.to_owned(), rule)).collect()
}

#[test]
fn the_forms_of_the_annex_have_the_numbers_01_to_05() {
    assert_eq!(PrintedForm::ALL.map(PrintedForm::number), ["01", "02", "03", "04", "05"]);
    for form in PrintedForm::ALL {
        assert_eq!(form.number().parse::<PrintedForm>().unwrap(), form);
    }
    for unknown in ["", "1", "06", "xyzzy"] {
        assert!(unknown.parse::<PrintedForm>().is_err(), "{unknown}");
    }
}

#[test]
fn a_form_is_printed_on_account_of_the_last_move_that_it_is_for() {
    let history = "submit 2026-03-02T08:00, receive 08:30, request-supplement 09:00, \
                   supplement 2026-03-03T08:00, request-supplement 2026-03-04T09:00";
    let dossier = played("5 working-day", Channel::Online, history);
    let version = |form: PrintedForm| form.occasion(&dossier).map(|entry| entry.version);
    assert_eq!(PrintedForm::ALL.map(version), [Some(2), Some(5), None, None, None]);
}

#[test]
fn a_form_is_laid_out_as_its_day_says_and_the_later_of_two_layouts_holds() {
    let shipped = catalogue().form_layouts();
    for form in PrintedForm::ALL {
        assert_eq!(shipped.on(form, day("2025-07-01")).unwrap().form, form);
        assert_eq!(shipped.on(form, day("2025-06-30")), None);
    }
    let later = catalogue_with(|files| {
        files.templates = texts(|forms| {
            let mut layout = forms[0].clone();
            layout["title"] = json!("the later one");
            layout["validFrom"] = json!("2026-11-01");
            forms.as_array_mut().unwrap().insert(0, layout);
        });
    });
    let later = later.unwrap();
    let title =
        |on: &str| later.form_layouts().on(PrintedForm::Receipt, day(on)).unwrap().title.as_str();
    assert_eq!(title("2026-11-01"), "the later one");
    assert_eq!(
        title("2026-10-31"),
        shipped.on(PrintedForm::Receipt, day("2026-10-31")).unwrap().title
    );
}

#[test]
fn every_flaw_of_a_layout_is_named_by_its_place() {
    assert_eq!(broken(|_| ()), []);
    let row = json!({ "label": "Mã hồ sơ", "shows": "code" });
    let longest = "ơ".repeat(400);
    let too_long = "ơ".repeat(401);
    for (field, good) in [
        ("title", json!(longest)),
        ("rows", json!(vec![row.clone(); 20])),
        ("closing", json!([])),
        ("closing", json!(vec!["x"; 20])),
        ("signatures", json!(vec!["x"; 20])),
    ] {
        assert_eq!(broken(|forms| forms[2][field] = good.clone()), [], "{field}: {good}");
    }
    for (field, bad, place, rule) in [
        ("title", json!(" "), "title", "length"),
        ("title", json!(too_long), "title", "length"),
        ("basis", json!(""), "basis", "length"),
        ("opening", json!(""), "opening", "length"),
        ("rows", json!([{ "label": "", "shows": "code" }]), "rows[0].label", "length"),
        ("rows", json!([]), "rows", "range"),
        ("rows", json!(vec![row; 21]), "rows", "range"),
        ("closing", json!(["x", ""]), "closing[1]", "length"),
        ("closing", json!(vec!["x"; 21]), "closing", "range"),
        ("signatures", json!([" "]), "signatures[0]", "length"),
        ("signatures", json!([]), "signatures", "range"),
        ("validTo", json!("2025-06-30"), "validTo", "valid-range"),
        ("source", json!(" "), "source", "source"),
    ] {
        let found = broken(|forms| forms[2][field] = bad.clone());
        assert_eq!(found, [(format!("forms[2].{place}"), rule)], "{field}: {bad}");
    }
    let twice = broken(|forms| forms[3] = forms[1].clone());
    assert_eq!(twice, [("forms[3].validFrom".to_owned(), "unique-start")]);
}
