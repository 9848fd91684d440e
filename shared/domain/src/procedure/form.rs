//! The electronic form of a procedure: its schema, and by which channels it is owed.

use jiff::civil::Date;
use serde::Deserialize;

use super::{Channel, Procedure};
use crate::eform::{FieldSchema, FormFields};
use crate::provenance::Trust;
use crate::{RuleName, Violation};

/// The electronic form that a version of a procedure has.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProcedureForm {
    /// The channels by which a dossier without it is incomplete. By another channel it may be left
    /// out: the application is then one of the documents.
    pub owed_by: Vec<Channel>,
    /// The day as of which the source says so.
    pub as_of: Date,
    /// Where the form's fields are from.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    pub source: String,
    /// How well the form is vouched for.
    pub trust: Trust,
    /// What is filled in, as a closed subset of JSON Schema.
    pub schema: FieldSchema,
}

impl ProcedureForm {
    /// The rules that the form at `at` breaks, of the procedure that people know as `name`.
    pub(super) fn violations(&self, at: &str, name: &str) -> Vec<Violation> {
        let mut found = self.schema.violations(&format!("{at}.schema"), name);
        if self.source.trim().is_empty() {
            let detail = format!("{name}: its form names no source");
            found.push(Violation::new(format!("{at}.source"), RuleName::Source, detail));
        }
        found
    }

    /// The same, however well it is vouched for, and by whom.
    pub(super) fn unvouched(&self, other: &Self) -> Self {
        let (as_of, source, trust) = (other.as_of, other.source.clone(), other.trust);
        Self { as_of, source, trust, ..self.clone() }
    }
}

impl Procedure {
    /// What is wrong with the cleaned form `given`, every field of it at once: it breaks the
    /// schema, or this version has none.
    pub fn form_violations(&self, given: &FormFields) -> Vec<Violation> {
        match &self.form {
            Some(form) => form.schema.judge(given),
            None => {
                vec![Violation::new("form", RuleName::ProcedureForm, "this procedure has no form")]
            }
        }
    }

    /// Whether a dossier that comes by `channel` is incomplete without the form.
    pub fn owes_form(&self, channel: Channel) -> bool {
        self.form.as_ref().is_some_and(|form| form.owed_by.contains(&channel))
    }
}
