//! The loops of `infra/template.yaml` and the maps that they read.

use super::*;
use crate::support::template::{Loop, yaml};

/// Every loop of the template with its name.
fn loops(written: &Value) -> Vec<(&str, Loop<'_>)> {
    let resources = written["Resources"].as_object().unwrap();
    resources
        .iter()
        .filter_map(|(name, made)| Some((name.as_str(), Loop::read(name, made)?)))
        .collect()
}

/// What `function` is called with, anywhere below.
fn calls<'a>(function: &str, below: &'a Value) -> Vec<&'a Value> {
    match below {
        Value::Array(items) => items.iter().flat_map(|item| calls(function, item)).collect(),
        Value::Object(fields) => {
            let deeper = fields.values().flat_map(|value| calls(function, value));
            fields.get(function).into_iter().chain(deeper).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

// A member without a row fails every test that expands the template.
#[test]
fn each_row_of_a_map_has_its_name_in_a_loop_that_reads_the_map() {
    let written = yaml("infra/template.yaml");
    let loops = loops(&written);
    let reads = |entered: &Loop<'_>, map: &str| {
        let found = entered.fragment.values().flat_map(|made| calls("Fn::FindInMap", made));
        found.into_iter().any(|path| path[0] == map)
    };
    for (map, rows) in written["Mappings"].as_object().unwrap() {
        for row in rows.as_object().unwrap().keys() {
            let named = loops
                .iter()
                .any(|(_, entered)| reads(entered, map) && entered.members.contains(&row.as_str()));
            assert!(named, "Mappings.{map}.{row} is in the list of no loop");
        }
    }
}

#[test]
fn each_function_is_a_member_of_the_loop_that_gives_it_a_log_and_an_alarm() {
    let written = yaml("infra/template.yaml");
    let loops = loops(&written);
    let (_, each) = loops.iter().find(|(name, _)| *name == "Fn::ForEach::EachFunction").unwrap();
    let members: BTreeSet<String> =
        each.members.iter().map(|member| format!("{member}Function")).collect();
    let template = Template::read();
    let deployed = template.functions().into_iter().map(|function| function.logical.to_owned());
    assert_eq!(members, deployed.collect());
}

#[test]
fn the_local_stack_and_the_readme_have_sam_expand_the_loops() {
    for path in ["infra/local/stack.py", "README.md"] {
        assert!(
            file(path).contains("--language-extensions"),
            "{path}: SAM fails at the first loop"
        );
    }
}

#[test]
fn what_has_an_anchor_is_repeated_and_is_taken_from_the_template_by_sam_alone() {
    let written = file("infra/template.yaml");
    let names = |mark: char| -> BTreeSet<&str> {
        let lines = written.lines().filter(|line| !line.trim_start().starts_with('#'));
        let words = lines.flat_map(|line| line.split([' ', ',', '{', '}', '[', ']']));
        let named = words.filter_map(|word| word.strip_prefix(mark));
        named.filter(|name| name.starts_with(|first: char| first.is_ascii_uppercase())).collect()
    };
    assert_eq!(names('&'), names('*'), "an anchor that nothing repeats says nothing");
    // The console and the AWS CLI send a template as it is written, and CloudFormation takes no
    // anchors.
    for path in ["README.md", "infra/local/stack.py", "Makefile"] {
        assert!(!file(path).contains("cloudformation deploy"), "{path}");
    }
}

// CloudFormation takes no more; SAM adds a resource for each queue or stream that a function reads.
#[test]
fn a_stack_stays_below_the_500_resources_that_one_may_have() {
    let template = Template::read();
    let resources = template.0["Resources"].as_object().unwrap();
    let read = |made: &Value| made["Properties"]["Events"].as_object().map_or(0, Map::len);
    let count = resources.len() + resources.values().map(read).sum::<usize>();
    assert!((300..=490).contains(&count), "{count} resources");
}
