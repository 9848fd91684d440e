//! The position of a field in the text of a file, found by the parser along the path of a
//! violation.

use std::fmt;

use serde::Deserializer;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

/// Deeper than any form of ours; a text that goes on is refused by its form.
const DEPTH_MAX: usize = 32;

/// A member of an object: its key as written, and its value.
struct Member<'a> {
    key: &'a RawValue,
    value: &'a RawValue,
}

impl Member<'_> {
    fn name(&self) -> String {
        serde_json::from_str(self.key.get()).unwrap_or_default()
    }
}

/// The members of an object in their written order, repeated keys included; empty for other values.
fn members(value: &RawValue) -> Vec<Member<'_>> {
    struct Members;

    impl<'de> Visitor<'de> for Members {
        type Value = Vec<Member<'de>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
            let mut found = Vec::new();
            while let Some((key, value)) = map.next_entry()? {
                found.push(Member { key, value });
            }
            Ok(found)
        }
    }

    if !value.get().starts_with('{') {
        return Vec::new();
    }
    serde_json::Deserializer::from_str(value.get()).deserialize_map(Members).unwrap_or_default()
}

fn items(value: &RawValue) -> Vec<&RawValue> {
    if value.get().starts_with('[') {
        serde_json::from_str(value.get()).unwrap_or_default()
    } else {
        Vec::new()
    }
}

/// The line of `text`, from 1, on which the field at `path` begins, e.g. `agencies[12].parent` or
/// `years.2026.off["2026-01-01"]`; for a missing field, the line of its parent.
pub(super) fn line_of(text: &str, path: &str) -> usize {
    let Ok(whole) = serde_json::from_str::<&RawValue>(text) else {
        return 1;
    };
    let (mut value, mut found, mut rest) = (whole, whole, path);
    while let Some((place, next, left)) = step(value, rest) {
        (found, value, rest) = (place, next, left);
    }
    line(text, found)
}

/// One step along `path`: where the part begins that it leads to, its value, and what is left of
/// the path.
fn step<'a, 'p>(
    value: &'a RawValue,
    path: &'p str,
) -> Option<(&'a RawValue, &'a RawValue, &'p str)> {
    if let Some(inside) = path.strip_prefix('[') {
        let (which, left) = inside.split_once(']')?;
        let list = items(value);
        let item = match which.parse::<usize>() {
            Ok(place) => list.into_iter().nth(place),
            Err(_) => list.into_iter().find(|item| item.get() == which),
        };
        return item.map(|item| (item, item, left));
    }
    let path = path.strip_prefix('.').unwrap_or(path);
    // A key may hold a dot itself: the longest that the path begins with is meant.
    let leads = |name: &str| {
        let left = path.strip_prefix(name)?;
        (!name.is_empty() && (left.is_empty() || left.starts_with(['.', '[']))).then_some(left)
    };
    let members = members(value).into_iter();
    let leading = members.filter_map(|member| leads(&member.name()).map(|left| (member, left)));
    let (member, left) = leading.min_by_key(|(_, left)| left.len())?;
    Some((member.key, member.value, left))
}

/// Keys that are repeated in their object, with their lines, since the entry would be ambiguous.
pub(super) fn twice(text: &str) -> Vec<(usize, String)> {
    fn walk(text: &str, value: &RawValue, depth: usize, found: &mut Vec<(usize, String)>) {
        if depth == DEPTH_MAX {
            return;
        }
        let mut seen = std::collections::BTreeSet::new();
        for member in members(value) {
            let name = member.name();
            if !seen.insert(name.clone()) {
                found.push((line(text, member.key), name));
            }
            walk(text, member.value, depth + 1, found);
        }
        for item in items(value) {
            walk(text, item, depth + 1, found);
        }
    }

    let mut found = Vec::new();
    if let Ok(whole) = serde_json::from_str::<&RawValue>(text) {
        walk(text, whole, 0, &mut found);
    }
    found
}

/// The line of `text` on which a part of it begins.
fn line(text: &str, part: &RawValue) -> usize {
    // Parsed out of `text`, and so a piece of it.
    let start = part.get().as_ptr() as usize - text.as_ptr() as usize;
    1 + text.as_bytes().iter().take(start).filter(|byte| **byte == b'\n').count()
}
