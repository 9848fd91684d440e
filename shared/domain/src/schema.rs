//! The JSON Schemas of the catalogue's files, made from the types that read them.
//!
//! Built with the feature `schema` alone, by which `infra/data/schema` is written and checked. A
//! schema says what one file can be asked for by itself; what files must not say together
//! [`crate::catalogue::Catalogue::assemble`] checks.

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema};

use crate::calendar::Calendar;
use crate::catalogue::{AgenciesFile, IntegratorsFile, ProceduresFile};
use crate::delivery::SystemsFile;
use crate::index::IndexFile;
use crate::intake::IntakeFile;
use crate::law::RulesFile;
use crate::leader::LeadersFile;
use crate::notice::TemplatesFile;
use crate::notice::codes::CodesFile;
use crate::notice::policy::PoliciesFile;
use crate::notice::provider::ProvidersFile;

/// A time of day as the files write it: hours and minutes.
const TIME: &str = r"^([01]\d|2[0-3]):[0-5]\d$";

/// The schema of each file of the catalogue, by the file's name without its ending.
pub fn each() -> [(&'static str, Schema); 13] {
    [
        ("agencies", of::<AgenciesFile>("agencies")),
        ("calendar", of::<Calendar>("calendar")),
        ("codes", of::<CodesFile>("codes")),
        ("index", of::<IndexFile>("index")),
        ("intake", of::<IntakeFile>("intake")),
        ("integrators", of::<IntegratorsFile>("integrators")),
        ("leaders", of::<LeadersFile>("leaders")),
        ("notices", of::<PoliciesFile>("notices")),
        ("procedures", of::<ProceduresFile>("procedures")),
        ("providers", of::<ProvidersFile>("providers")),
        ("rules", of::<RulesFile>("rules")),
        ("systems", of::<SystemsFile>("systems")),
        ("templates", of::<TemplatesFile>("templates")),
    ]
}

fn of<T: JsonSchema>(name: &str) -> Schema {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<T>();
    schema.insert("$id".to_owned(), format!("urn:motcua:schema:{name}").into());
    schema.insert("title".to_owned(), format!("{name}.json").into());
    // The types take a part of a file without its head; a whole file has one.
    if let Some(required) = schema.get_mut("required").and_then(|list| list.as_array_mut()) {
        required.push("schemaVersion".into());
    }
    RecursiveTransform(in_terms_of_json).transform(&mut schema);
    schema
}

/// Puts what is Rust's into the terms of JSON: widths of integers, times of day, links between doc
/// comments and the ends of their lines.
fn in_terms_of_json(schema: &mut Schema) {
    let text = |schema: &Schema, key: &str| schema.get(key)?.as_str().map(str::to_owned);
    if let Some(format) = text(schema, "format") {
        if format == "partial-time" {
            schema.remove("format");
            schema.insert("pattern".to_owned(), TIME.into());
        } else if format.starts_with("uint") || format.starts_with("int") {
            schema.remove("format");
        }
    }
    if let Some(description) = text(schema, "description") {
        let unlinked = description.replace("[`", "`").replace("`]", "`");
        let paragraphs: Vec<String> =
            unlinked.split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect();
        schema.insert("description".to_owned(), paragraphs.join("\n\n").into());
    }
}
