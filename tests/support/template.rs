//! `infra/template.yaml` as CloudFormation sees it: short tags written out, loops expanded.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::file;

/// The template after `AWS::LanguageExtensions`: no `Fn::ForEach`, no `Fn::FindInMap`, and plain
/// logical ids where a loop made them up.
pub fn template() -> Value {
    let mut written = yaml("infra/template.yaml");
    let maps = written["Mappings"].take();
    let expanded = Expansion { maps: &maps, members: BTreeMap::new() }.of(&written);
    let unresolved = expanded.to_string().contains("Fn::ForEach");
    assert!(!unresolved, "a loop is left");
    expanded
}

/// A YAML file as JSON, CloudFormation's short tags and the anchors written out.
pub fn yaml(path: &str) -> Value {
    fn plain(value: serde_yaml_ng::Value) -> Value {
        use serde_yaml_ng::Value as Yaml;
        match value {
            Yaml::Sequence(items) => items.into_iter().map(plain).collect(),
            Yaml::Mapping(fields) => {
                let text = |key: Yaml| {
                    key.as_str().unwrap_or_else(|| panic!("a key is not text: {key:?}")).to_owned()
                };
                fields.into_iter().map(|(key, value)| (text(key), plain(value))).collect()
            }
            Yaml::Tagged(tagged) => {
                let name = tagged.tag.to_string();
                let name = name.trim_start_matches('!');
                let name = if name == "Ref" { name.to_owned() } else { format!("Fn::{name}") };
                json!({ name: plain(tagged.value) })
            }
            other => serde_json::to_value(other).unwrap(),
        }
    }
    let failed =
        |error: serde_yaml_ng::Error| -> serde_yaml_ng::Value { panic!("{path}: {error}") };
    let mut read = serde_yaml_ng::from_str(&file(path)).unwrap_or_else(failed);
    read.apply_merge().unwrap_or_else(|error| panic!("{path}: {error}"));
    plain(read)
}

/// A loop as it is written: `Fn::ForEach::Name: [identifier, members, fragment]`.
pub struct Loop<'a> {
    pub identifier: &'a str,
    pub members: Vec<&'a str>,
    pub fragment: &'a Map<String, Value>,
}

impl<'a> Loop<'a> {
    /// The loop of this name and definition; `None` where the name is that of no loop.
    pub fn read(name: &str, written: &'a Value) -> Option<Self> {
        name.strip_prefix("Fn::ForEach::")?;
        let parts = written.as_array().map(Vec::as_slice);
        let Some([identifier, members, fragment]) = parts else { panic!("{name}: {written}") };
        let members = members.as_array().unwrap_or_else(|| panic!("{name}: members"));
        Some(Self {
            identifier: identifier.as_str().unwrap(),
            members: members.iter().map(|member| member.as_str().unwrap()).collect(),
            fragment: fragment.as_object().unwrap_or_else(|| panic!("{name}: fragment")),
        })
    }
}

/// What is expanded, inside the loops that have been entered.
struct Expansion<'a> {
    maps: &'a Value,
    members: BTreeMap<&'a str, &'a str>,
}

impl<'a> Expansion<'a> {
    fn of(&self, written: &'a Value) -> Value {
        match written {
            Value::Array(items) => items.iter().map(|item| self.of(item)).collect(),
            Value::Object(fields) if fields.len() == 1 => {
                let (name, argument) = fields.iter().next().unwrap();
                self.call(name, argument).unwrap_or_else(|| Value::Object(self.fields(fields)))
            }
            Value::Object(fields) => Value::Object(self.fields(fields)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => written.clone(),
        }
    }

    fn fields(&self, fields: &'a Map<String, Value>) -> Map<String, Value> {
        let mut expanded = Map::new();
        let mut add = |name: String, value| {
            assert!(expanded.insert(name.clone(), value).is_none(), "two are called {name}");
        };
        for (name, value) in fields {
            let Some(entered) = Loop::read(name, value) else {
                add(self.text(name), self.of(value));
                continue;
            };
            for member in entered.members {
                let mut members = self.members.clone();
                members.insert(entered.identifier, member);
                let inside = Self { maps: self.maps, members };
                inside.fields(entered.fragment).into_iter().for_each(|(name, one)| add(name, one));
            }
        }
        expanded
    }

    /// A call of an intrinsic function; `None` for what is left to the stack as it is.
    fn call(&self, function: &str, argument: &'a Value) -> Option<Value> {
        match (function, argument) {
            ("Ref", Value::String(name)) => self.members.get(name.as_str()).map(|one| json!(one)),
            ("Fn::FindInMap", Value::Array(path)) => Some(self.find(path)),
            ("Fn::GetAtt", Value::Array(path)) => {
                let path: Vec<Value> = path.iter().map(|part| self.of(part)).collect();
                let path: Vec<&str> = path.iter().map(|part| part.as_str().unwrap()).collect();
                Some(json!({ "Fn::GetAtt": path.join(".") }))
            }
            ("Fn::Sub", Value::String(text)) => Some(substituted(self.text(text))),
            ("Fn::Sub", Value::Array(parts)) => {
                let [Value::String(text), Value::Object(variables)] = parts.as_slice() else {
                    panic!("Fn::Sub of {argument}")
                };
                let text = variables.iter().fold(self.text(text), |text, (name, value)| {
                    let value = match self.of(value) {
                        Value::String(value) => value,
                        reference => format!("${{{}}}", reference["Ref"].as_str().unwrap()),
                    };
                    text.replace(&format!("${{{name}}}"), &value)
                });
                Some(substituted(text))
            }
            _ => None,
        }
    }

    /// What a row of a map says.
    fn find(&self, path: &'a [Value]) -> Value {
        let [map, row, column, more @ ..] = path else { panic!("Fn::FindInMap of {path:?}") };
        let row = self.of(row);
        let (map, row) = (map.as_str().unwrap(), row.as_str().unwrap());
        let column = column.as_str().unwrap();
        let found = &self.maps[map][row];
        assert!(found.is_object(), "Mappings.{map} has no row {row}");
        let otherwise = more.first().map(|more| &more["DefaultValue"]);
        let found = found.get(column).or(otherwise);
        found.unwrap_or_else(|| panic!("Mappings.{map}.{row} has no {column}")).clone()
    }

    /// A text with the members of the loops in the place of their identifiers.
    fn text(&self, written: &str) -> String {
        self.members.iter().fold(written.to_owned(), |text, (identifier, member)| {
            text.replace(&format!("${{{identifier}}}"), member)
        })
    }
}

/// A text in which the stack has something left to fill in, or a plain one.
fn substituted(text: String) -> Value {
    if text.contains("${") { json!({ "Fn::Sub": text }) } else { json!(text) }
}
