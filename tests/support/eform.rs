//! Filled forms, made of the schema that the catalogue's public door gives.

use serde_json::{Map, Value};

/// The least form that fits `schema`, as a portal makes one that knows JSON Schema.
pub fn filled(schema: &Value) -> Value {
    match schema["type"].as_str().unwrap() {
        "object" => {
            let required = schema["required"].as_array().into_iter().flatten();
            let fields = required.map(|name| {
                let name = name.as_str().unwrap();
                (name.to_owned(), filled(&schema["properties"][name]))
            });
            fields.collect::<Map<_, _>>().into()
        }
        "array" => {
            let count = schema["minItems"].as_u64().unwrap_or(0);
            (0..count).map(|_| filled(&schema["items"])).collect()
        }
        "integer" => schema["minimum"].clone(),
        "boolean" => true.into(),
        "string" => text(schema).into(),
        other => panic!("{other} is no type of a field"),
    }
}

fn text(schema: &Value) -> String {
    if let Some(choices) = schema["oneOf"].as_array() {
        return choices[0]["const"].as_str().unwrap().to_owned();
    }
    if schema["format"] == "date" {
        return "2026-02-28".to_owned();
    }
    match schema["pattern"].as_str() {
        Some(pattern) => written(pattern),
        None => "ă".repeat(schema["minLength"].as_u64().unwrap_or(0).try_into().unwrap()),
    }
}

/// The shortest text of a pattern of `\d` and `[0-9A-Z]`, each with how often.
fn written(pattern: &str) -> String {
    let inside = pattern.trim_start_matches('^').trim_end_matches('$');
    let counted = inside.split('{').nth(1).unwrap().trim_end_matches('}');
    let least = counted.split(',').next().unwrap().parse().unwrap();
    assert!(inside.starts_with(r"\d{") || inside.starts_with("[0-9A-Z]{"), "{pattern}");
    "1".repeat(least)
}
