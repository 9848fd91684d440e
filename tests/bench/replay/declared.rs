//! What the template declares, read by whoever makes its tables.

use std::path::Path;

use serde_json::{Value, json};

/// The tables of the template under `root`, as `CreateTable` takes them, each under its logical
/// name.
pub fn declared(root: &Path) -> Vec<(String, Value)> {
    let path = root.join("infra/template.yaml");
    let template = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut template: serde_yaml_ng::Value = serde_yaml_ng::from_str(&template).unwrap();
    template.apply_merge().unwrap();
    let resources = template["Resources"].as_mapping().unwrap();
    let made = resources
        .iter()
        .filter(|(_, resource)| resource["Type"] == "AWS::DynamoDB::Table")
        .map(|(name, table)| {
            let name = name.as_str().unwrap().to_owned();
            let mut definition = json!({ "TableName": name, "BillingMode": "PAY_PER_REQUEST" });
            for part in ["AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes"] {
                if !table["Properties"][part].is_null() {
                    definition[part] = serde_json::to_value(&table["Properties"][part]).unwrap();
                }
            }
            (name, definition)
        });
    made.collect()
}
