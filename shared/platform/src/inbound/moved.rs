//! Events that say what happened, read as the move that it is by law.

use domain::dossier::Action;
use domain::payment::REFERENCE_CHARACTERS_MAX;
use domain::violation::{Fact, Unit};
use domain::{RuleName, Violation};
use serde_json::{Map, Value, json};

use crate::message::{CloudEvent, DOCUMENTS, FEE, RESULT, TRANSITION};

/// Which move a type of event is, which of its fields it has, and which of them it owes.
const MOVES: [(&str, Action, &[&str], &[&str]); 3] = [
    (
        DOCUMENTS,
        Action::Supplement,
        &["documents", "form", "reason", "note", "expectedVersion"],
        &["documents"],
    ),
    (RESULT, Action::Finish, &["result", "note", "expectedVersion"], &["result"]),
    (
        FEE,
        Action::ConfirmPayment,
        &["reference", "amountVnd", "note", "expectedVersion"],
        &["reference", "amountVnd"],
    ),
];

/// Makes the transition of an event that is one under another type; says what is wrong with the
/// fields that a transition does not have, and counts those that the type does not have.
pub(super) fn as_transition(event: &mut CloudEvent<Value>, ignored: &mut usize) -> Vec<Violation> {
    let row = MOVES.iter().find(|(kind, _, _, _)| *kind == event.kind);
    let (Some((_, action, fields, owed)), Some(data)) = (row, event.data.as_object_mut()) else {
        return Vec::new();
    };
    let known = data.len();
    data.retain(|name, _| fields.contains(&name.as_str()));
    *ignored += known - data.len();
    let missing = |name: &&&str| data.get(**name).is_none_or(Value::is_null);
    let mut broken: Vec<Violation> = owed
        .iter()
        .filter(missing)
        .map(|name| Violation::new(format!("data.{name}"), RuleName::Required, "is required"))
        .collect();
    let paid = paid(data, &mut broken);
    if let Some((reference, amount)) = paid {
        let paid = format!("Biên lai {reference}: {amount} đồng");
        let said = data.get("note").and_then(Value::as_str);
        let note = said.map_or_else(|| paid.clone(), |said| format!("{paid}. {said}"));
        data.insert("note".to_owned(), note.into());
        let payment = json!({ "reference": reference, "amountVnd": amount });
        data.insert("payment".to_owned(), payment);
    }
    data.insert("action".to_owned(), action.name().into());
    event.kind = TRANSITION.to_owned();
    broken
}

/// What was paid, as the desk reads it; taken out of the fields.
fn paid(data: &mut Map<String, Value>, broken: &mut Vec<Violation>) -> Option<(String, u64)> {
    let (reference, amount) = (data.remove("reference"), data.remove("amountVnd"));
    let mut wrong = |field: Violation| broken.push(field.within("data"));
    let ill_typed = |field: &str| Violation::new(field, RuleName::WrongType, "has the wrong type");
    let reference = reference.filter(|given| !given.is_null()).and_then(|given| {
        let Some(text) = given.as_str().map(domain::text::line) else {
            wrong(ill_typed("reference"));
            return None;
        };
        if !(1..=REFERENCE_CHARACTERS_MAX).contains(&text.chars().count()) {
            let bounds = Fact::between(1, REFERENCE_CHARACTERS_MAX, Unit::Characters);
            wrong(Violation::unless("reference", RuleName::Length, bounds));
            return None;
        }
        Some(text)
    });
    let amount = amount.filter(|given| !given.is_null()).and_then(|given| {
        let amount = given.as_u64();
        if amount.is_none() {
            wrong(ill_typed("amountVnd"));
        }
        amount
    });
    Some((reference?, amount?))
}
