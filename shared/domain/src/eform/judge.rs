//! What is wrong with a filled form, field by field.

use jiff::civil::Date;

use super::schema::{FieldKind, FieldSchema, TextFormat, is_field_name};
use super::{FORM_BYTES_MAX, FormFields, FormValue};
use crate::{RuleName, Violation, text};

/// The most fields that are named: an honest form has fewer, and the bound ends the judging of
/// nonsense.
const NAMED_MAX: usize = 100;

/// Collects what is wrong, up to [`NAMED_MAX`].
struct Found(Vec<Violation>);

impl Found {
    fn add(&mut self, at: &str, rule: RuleName, detail: impl Into<String>) {
        if !self.is_full() {
            self.0.push(Violation::new(at, rule, detail));
        }
    }

    fn is_full(&self) -> bool {
        self.0.len() >= NAMED_MAX
    }
}

impl FieldSchema {
    /// Every field of the cleaned form `given` that breaks this schema, named from the body down:
    /// `form.child.fullName`, `form.goods[2].quantity`.
    pub fn judge(&self, given: &FormFields) -> Vec<Violation> {
        let mut found = Found(Vec::new());
        if given.bytes() > FORM_BYTES_MAX {
            let detail = format!("may take {FORM_BYTES_MAX} bytes");
            found.add("form", RuleName::FormBytesMax, detail);
        }
        self.judge_fields(given, "form", &mut found);
        found.0
    }

    fn judge_value(&self, value: &FormValue, at: &str, found: &mut Found) {
        match (self.kind, value) {
            (FieldKind::Object, FormValue::Fields(fields)) => self.judge_fields(fields, at, found),
            (FieldKind::Array, FormValue::List(items)) => self.judge_items(items, at, found),
            (FieldKind::String, FormValue::Text(given)) => self.judge_text(given, at, found),
            (FieldKind::Integer, FormValue::Number(number)) => {
                let fits = self.minimum.is_none_or(|least| *number >= least)
                    && self.maximum.is_none_or(|most| *number <= most);
                if !fits {
                    found.add(at, RuleName::Range, "lies outside the bounds of the field");
                }
            }
            (FieldKind::Boolean, FormValue::Flag(_)) => {}
            (
                FieldKind::Object
                | FieldKind::Array
                | FieldKind::String
                | FieldKind::Integer
                | FieldKind::Boolean,
                _,
            ) => found.add(at, RuleName::WrongType, "has the wrong type"),
        }
    }

    fn judge_fields(&self, given: &FormFields, at: &str, found: &mut Found) {
        for (name, value) in &given.0 {
            if found.is_full() {
                return;
            }
            match self.property(name) {
                Some(field) => field.judge_value(value, &format!("{at}.{name}"), found),
                // What is no name of a field may be anything, also a person's.
                None if !is_field_name(name) => {
                    found.add(at, RuleName::UnknownField, "has a field that is none of the form");
                }
                None => {
                    let detail = "is not a field of this form";
                    found.add(&format!("{at}.{name}"), RuleName::UnknownField, detail);
                }
            }
        }
        for name in self.required.iter().filter(|name| !given.0.contains_key(*name)) {
            found.add(&format!("{at}.{name}"), RuleName::Required, "is required");
        }
    }

    fn judge_items(&self, items: &[FormValue], at: &str, found: &mut Found) {
        let (least, most) = self.items_bounds();
        if !(least..=most).contains(&items.len()) {
            let detail = format!("has {least} to {most} items");
            found.add(at, RuleName::ItemCount, detail);
        }
        let Some(of) = &self.items else { return };
        for (place, item) in items.iter().enumerate().take(most) {
            of.judge_value(item, &format!("{at}[{place}]"), found);
        }
    }

    fn judge_text(&self, given: &str, at: &str, found: &mut Found) {
        if let Some(flaw) = text::flaw(given) {
            found.add(at, flaw.rule(), flaw.detail());
            return;
        }
        if !self.one_of.is_empty() {
            if !self.one_of.iter().any(|choice| choice.value == given) {
                found.add(at, RuleName::KnownValue, "is none of the choices of the field");
            }
            return;
        }
        let (least, most) = self.length_bounds();
        if !(least..=most).contains(&given.chars().count()) {
            found.add(at, RuleName::Length, format!("must be {least} to {most} characters"));
        }
        if self.pattern.as_ref().is_some_and(|pattern| !pattern.fits(given)) {
            found.add(at, RuleName::Format, "is not written as the field asks for");
        }
        match self.format {
            Some(TextFormat::Date) if !is_date(given) => {
                found.add(at, RuleName::Date, "must be a day: YYYY-MM-DD");
            }
            Some(TextFormat::Date) | None => {}
        }
    }
}

/// A day in the form of RFC 3339, and in no other that a reader of days takes.
fn is_date(text: &str) -> bool {
    text.len() == 10 && text.as_bytes()[4] == b'-' && text.parse::<Date>().is_ok()
}
