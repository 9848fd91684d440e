//! How large the store takes an item to be.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

/// What the store counts: the bytes of names and values, a byte for each element, three for each
/// list and map.
fn bytes(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(digits) => digits.len() / 2 + 2,
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
