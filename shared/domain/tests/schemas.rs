//! The schemas in `infra/data/schema` are those of the types that read the files: `make schema`
//! writes them. That they fit the files and refuse what the code refuses, `tests/wiring` holds.
#![allow(clippy::unwrap_used, reason = "all of this crate is tests")]

use std::collections::BTreeSet;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../infra/data/schema")
}

#[test]
fn each_schema_is_that_of_the_type_that_reads_the_file() {
    for (name, schema) in domain::schema::each() {
        let file = folder().join(format!("{name}.schema.json"));
        let written = std::fs::read_to_string(file).unwrap();
        let generated = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        assert!(written == generated, "the schema of {name}.json is of another type: make schema");
    }
}

#[test]
fn there_is_no_schema_that_no_type_has() {
    let files = std::fs::read_dir(folder()).unwrap();
    let found: BTreeSet<String> =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    let known = domain::schema::each().map(|(name, _)| format!("{name}.schema.json"));
    assert_eq!(found, known.into());
}
