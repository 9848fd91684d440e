//! What is wrong with a filled form, field by field.

use jiff::civil::Date;

use super::schema::{FieldKind, FieldSchema, TextFormat, is_field_name};
use super::{FORM_BYTES_MAX, FormFields, FormValue, form_too_large};
use crate::violation::{Fact, Unit};
use crate::{RuleName, Violation, text};

/// The most fields that are named: an honest form has fewer, and the bound ends the judging of
/// nonsense.
const NAMED_MAX: usize = 100;

/// Collects what is wrong, up to [`NAMED_MAX`].
struct Found(Vec<Violation>);

impl Found {
    fn add(&mut self, at: &str, rule: RuleName, detail: impl Into<String>) {
        self.note(Violation::new(at, rule, detail));
    }

    fn note(&mut self, broken: Violation) {
        if !self.is_full() {
            self.0.push(broken);
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
            found.note(form_too_large());
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
                    found.note(self.out_of_bounds(at));
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

    fn out_of_bounds(&self, at: &str) -> Violation {
        let bounds = match (self.minimum, self.maximum) {
            (Some(least), Some(most)) => Fact::between(least, most, Unit::Number),
            (Some(least), None) => Fact::at_least(least, Unit::Number),
            (None, Some(most)) => Fact::at_most(most, Unit::Number),
            // Nothing lies outside of no bounds.
            (None, None) => return Violation::new(at, RuleName::Range, "is out of its range"),
        };
        Violation::unless(at, RuleName::Range, bounds)
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
            let bounds = Fact::between(least, most, Unit::Items);
            found.note(Violation::unless(at, RuleName::ItemCount, bounds));
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
                let choices = Fact::choices(self.one_of.iter().map(|choice| &choice.value));
                found.note(Violation::unless(at, RuleName::KnownValue, choices));
            }
            return;
        }
        let (least, most) = self.length_bounds();
        if !(least..=most).contains(&given.chars().count()) {
            let bounds = Fact::between(least, most, Unit::Characters);
            found.note(Violation::unless(at, RuleName::Length, bounds));
        }
        if let Some(pattern) = self.pattern.as_ref().filter(|pattern| !pattern.fits(given)) {
            let form = Fact::code(String::from(pattern.clone()));
            let broken =
                Violation::new(at, RuleName::Format, "is not written as the field asks for");
            found.note(broken.about(form));
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
