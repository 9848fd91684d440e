//! How large the store takes an item to be, and how it writes one.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// What the store counts: the bytes of names and values, a byte for each element, three for each
/// list and map.
fn bytes(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(digits) => digits.len() / 2 + 2,
        AttributeValue::B(blob) => blob.as_ref().len(),
        AttributeValue::Bool(_) | AttributeValue::Null(_) => 1,
        AttributeValue::L(list) => 3 + list.iter().map(|value| 1 + bytes(value)).sum::<usize>(),
        AttributeValue::M(map) => {
            3 + map.iter().map(|(name, value)| 1 + name.len() + bytes(value)).sum::<usize>()
        }
        other => panic!("a dossier has no {other:?}"),
    }
}

/// The same of a whole item.
pub fn item_bytes(item: &HashMap<String, AttributeValue>) -> usize {
    item.iter().map(|(name, value)| name.len() + bytes(value)).sum()
}

/// An attribute as the tables write it: `{ "S": "text" }`.
pub fn wire(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::B(blob) => json!({ "B": STANDARD.encode(blob) }),
        AttributeValue::Bool(holds) => json!({ "BOOL": holds }),
        AttributeValue::L(list) => json!({ "L": list.iter().map(wire).collect::<Vec<_>>() }),
        AttributeValue::M(map) => {
            let fields = map.iter().map(|(name, value)| (name.clone(), wire(value)));
            json!({ "M": fields.collect::<serde_json::Map<_, _>>() })
        }
        other => panic!("a dossier has no {other:?}"),
    }
}

/// The attributes of an item as the tables write them.
pub fn image(item: &HashMap<String, AttributeValue>) -> Value {
    item.iter().map(|(name, value)| (name.clone(), wire(value))).collect()
}

/// An item as ordinary JSON, bytes as a list of numbers.
pub fn plain(item: &HashMap<String, AttributeValue>) -> Value {
    fn of(value: &AttributeValue) -> Value {
        match value {
            AttributeValue::S(text) => json!(text),
            AttributeValue::N(number) => serde_json::from_str(number).unwrap(),
            AttributeValue::B(blob) => json!(blob.as_ref()),
            AttributeValue::Bool(holds) => json!(holds),
            AttributeValue::L(list) => list.iter().map(of).collect(),
            AttributeValue::M(map) => map.iter().map(|(name, it)| (name.clone(), of(it))).collect(),
            other => panic!("a dossier has no {other:?}"),
        }
    }

    item.iter().map(|(name, value)| (name.clone(), of(value))).collect()
}
