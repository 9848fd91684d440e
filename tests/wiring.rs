//! Template, API documents, functions and example events say the same.

mod dashboards;
mod data;
mod documents;
mod doors;
mod examples;
mod infrastructure;
mod loops;
mod operations;
mod quoted;
mod readme;
mod supply;
mod truth;

pub(crate) use infrastructure::every_call;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::support::template::{template, yaml};
use crate::support::{file, names_in};

/// The deployed template, its loops expanded and its short tags written out: `!Ref X` is
/// `{"Ref": "X"}`.
struct Template(Value);

/// A function as deployed.
struct Function<'a> {
    name: &'a str,
    logical: &'a str,
    properties: &'a Value,
}

impl Template {
    fn read() -> Self {
        Self(template())
    }

    /// Logical id and properties of every resource of a type.
    fn of_type(&self, kind: &str) -> Vec<(&str, &Value)> {
        let resources = self.0["Resources"].as_object().unwrap().iter();
        resources
            .filter(|(_, resource)| resource["Type"] == kind)
            .map(|(id, made)| (id.as_str(), &made["Properties"]))
            .collect()
    }

    fn properties(&self, logical: &str) -> &Value {
        let resource = &self.0["Resources"][logical];
        assert!(resource.is_object(), "the template has no resource {logical}");
        &resource["Properties"]
    }

    fn functions(&self) -> Vec<Function<'_>> {
        let functions = self.of_type("AWS::Serverless::Function").into_iter();
        let named = functions.map(|(logical, properties)| {
            let code = properties["CodeUri"].as_str().unwrap();
            let name =
                code.strip_prefix("../target/lambda/").and_then(|rest| rest.strip_suffix('/'));
            let name = name.unwrap_or_else(|| panic!("{logical}: the code lies in {code}"));
            Function { name, logical, properties }
        });
        named.collect()
    }

    fn function(&self, logical: &str) -> Function<'_> {
        self.functions().into_iter().find(|function| function.logical == logical).unwrap()
    }

    /// Routes with the logical id of the function that serves them, and whether they ask for a
    /// token.
    fn routes(&self) -> Vec<(&str, &str, bool)> {
        let routes = self.of_type("AWS::ApiGatewayV2::Route").into_iter();
        let served = routes.map(|(id, route)| {
            let integration = self.properties(named(&route["Target"]));
            let secured = match route["AuthorizationType"].as_str() {
                Some("JWT") => true,
                Some("NONE") => false,
                other => panic!("{id}: authorization {other:?}"),
            };
            (route["RouteKey"].as_str().unwrap(), named(&integration["IntegrationUri"]), secured)
        });
        served.collect()
    }

    /// The events of a function that are declared with it, of one type.
    fn triggers<'a>(&self, function: &Function<'a>, kind: &str) -> Vec<&'a Value> {
        let events = function.properties["Events"].as_object().into_iter().flatten();
        events
            .filter(|(_, event)| event["Type"] == kind)
            .map(|(_, event)| &event["Properties"])
            .collect()
    }
}

impl Function<'_> {
    fn timeout_seconds(&self, template: &Template) -> u64 {
        let own = self.properties["Timeout"].as_u64();
        own.or(template.0["Globals"]["Function"]["Timeout"].as_u64()).unwrap()
    }

    fn environment(&self) -> &Map<String, Value> {
        self.properties["Environment"]["Variables"].as_object().unwrap()
    }

    fn whole_number(&self, setting: &str) -> u64 {
        let value = &self.environment()[setting];
        value
            .as_str()
            .and_then(|text| text.parse().ok())
            .unwrap_or_else(|| panic!("{}: {setting}", self.name))
    }
}

/// The logical id that an intrinsic function names first.
fn named(value: &Value) -> &str {
    let text =
        ["Ref", "Fn::GetAtt", "Fn::Sub"].iter().find_map(|function| value[*function].as_str());
    let text = text.unwrap_or_else(|| panic!("not a reference: {value}"));
    let text = text.split_once("${").map_or(text, |(_, rest)| rest);
    text.split(['.', '}']).next().unwrap()
}

/// Both API documents: one name means one schema.
pub(crate) struct Documents {
    openapi: Value,
    asyncapi: Value,
}

impl Documents {
    pub(crate) fn read() -> Self {
        Self { openapi: yaml("infra/openapi.yaml"), asyncapi: yaml("infra/asyncapi.yaml") }
    }

    /// What the document says of the route `GET /v1/…`; null where it has none.
    pub(crate) fn operation(&self, route: &str) -> &Value {
        let (method, path) = route.split_once(' ').unwrap_or_default();
        &self.openapi["paths"][path][method.to_lowercase()]
    }

    /// What an operation says of answers with `status`; null where it knows none.
    pub(crate) fn response(&self, operation: &Value, status: i64) -> Value {
        self.follow(&self.openapi, &operation["responses"][status.to_string()]).clone()
    }

    /// What `value` says, references followed.
    fn follow<'a>(&'a self, document: &'a Value, value: &'a Value) -> &'a Value {
        let Some(reference) = value["$ref"].as_str() else {
            return value;
        };
        let (document, pointer) = match reference.strip_prefix("./openapi.yaml") {
            Some(pointer) => (&self.openapi, pointer),
            None => (document, reference),
        };
        let target = document.pointer(pointer.trim_start_matches('#'));
        self.follow(document, target.unwrap_or_else(|| panic!("{reference} leads nowhere")))
    }

    /// A schema with everything that it refers to, formats checked.
    pub(crate) fn validator(&self, schema: &Value) -> jsonschema::Validator {
        fn local(value: &mut Value) {
            match value {
                Value::Object(fields) => {
                    if let Some(Value::String(reference)) = fields.get_mut("$ref") {
                        *reference = reference.trim_start_matches("./openapi.yaml").to_owned();
                    }
                    fields.values_mut().for_each(local);
                }
                Value::Array(items) => items.iter_mut().for_each(local),
                _ => {}
            }
        }
        let mut schemas = self.openapi["components"]["schemas"].as_object().unwrap().clone();
        for (name, schema) in self.asyncapi["components"]["schemas"].as_object().unwrap() {
            assert!(
                schemas.insert(name.clone(), schema.clone()).is_none(),
                "two schemas are called {name}"
            );
        }
        let mut whole = json!({ "allOf": [schema], "components": { "schemas": schemas } });
        local(&mut whole);
        jsonschema::draft202012::options().should_validate_formats(true).build(&whole).unwrap()
    }

    /// The schema of this name, in either document.
    pub(crate) fn schema(&self, name: &str) -> jsonschema::Validator {
        self.validator(&json!({ "$ref": format!("#/components/schemas/{name}") }))
    }
}

/// Whether `instance` fits, with the reason if not.
pub(crate) fn fits(validator: &jsonschema::Validator, instance: &Value) -> Result<(), String> {
    let found: Vec<String> = validator
        .iter_errors(instance)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    if found.is_empty() { Ok(()) } else { Err(found.join("; ")) }
}

/// The words of a JSON list.
fn words(list: &Value) -> Vec<&str> {
    list.as_array()
        .unwrap_or_else(|| panic!("not a list: {list}"))
        .iter()
        .map(|word| word.as_str().unwrap())
        .collect()
}
