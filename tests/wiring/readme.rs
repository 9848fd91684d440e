//! `README.md` against the template, the Makefile and the tests: what `infra/local/readme.py`
//! cannot run here.

use std::collections::BTreeSet;

use super::*;

/// The blocks of the README: the line of each, its kind, its text.
fn blocks() -> Vec<(usize, String, String)> {
    let (mut found, mut inside) = (Vec::new(), None::<(usize, String, String)>);
    for (number, line) in file("README.md").lines().enumerate() {
        match (line.strip_prefix("```"), inside.take()) {
            (Some(kind), None) => inside = Some((number + 1, kind.to_owned(), String::new())),
            (Some(_), Some(block)) => found.push(block),
            (None, Some((at, kind, text))) => inside = Some((at, kind, format!("{text}{line}\n"))),
            (None, None) => {}
        }
    }
    assert!(inside.is_none(), "the last block does not end");
    found
}

/// The blocks for AWS, which nobody runs here.
fn on_aws() -> Vec<String> {
    let marked = blocks()
        .into_iter()
        .filter(|(_, kind, text)| kind == "sh" && text.starts_with("# on AWS\n"));
    marked.map(|(_, _, text)| text).collect()
}

#[test]
fn each_block_of_the_readme_says_what_it_is() {
    let kinds: Vec<String> = blocks().into_iter().map(|(_, kind, _)| kind).collect();
    let known = ["sh", "text", "text exactly", "text of make test"];
    assert!(kinds.iter().all(|kind| known.contains(&kind.as_str())), "{kinds:?}");
    // Who marks everything as for AWS runs nothing.
    let run = kinds.iter().filter(|kind| *kind == "sh").count() - on_aws().len();
    assert!(run >= 5 && on_aws().len() == 2, "{run} blocks are run");
    assert!(file("Makefile").contains("\n\t$(PYTHON) infra/local/readme.py\n"), "nobody runs them");
}

#[test]
fn what_the_readme_deploys_with_is_what_the_template_asks_for() {
    let template = Template::read();
    let parameters = template.0["Parameters"].as_object().unwrap();
    let blocks = on_aws();
    let deploy = blocks.iter().find(|block| block.contains("sam deploy")).unwrap();
    let (_, given) = deploy.split_once("--parameter-overrides").unwrap();
    let given: BTreeSet<&str> = given
        .split_whitespace()
        .filter_map(|word| word.split_once('='))
        .map(|(name, _)| name)
        .collect();
    for name in &given {
        assert!(parameters.contains_key(*name), "the template has no parameter {name}");
    }
    let asked = parameters
        .iter()
        .filter(|(_, parameter)| parameter["Default"].is_null())
        .map(|(name, _)| name.as_str());
    for name in asked {
        assert!(given.contains(name), "the README does not give {name}, which has no default");
    }
    assert!(
        deploy.contains("--template-file infra/template.yaml")
            && deploy.contains("--capabilities CAPABILITY_IAM")
    );
}

#[test]
fn what_the_readme_invokes_on_aws_is_deployed_and_takes_what_it_is_sent() {
    let template = Template::read();
    let blocks = on_aws();
    let invoke = blocks.iter().find(|block| block.contains("aws lambda invoke")).unwrap();
    let words: Vec<&str> = invoke.split_whitespace().collect();
    let named = words[words.iter().position(|word| *word == "--function-name").unwrap() + 1];
    let names: Vec<String> =
        template.functions().iter().map(|function| format!("motcua-{}", function.name)).collect();
    assert!(names.iter().any(|name| name == named), "{named} is none of {names:?}");
    let payload = invoke.split('\'').nth(1).unwrap();
    let order: Value = serde_json::from_str(payload).unwrap();
    assert_eq!(fits(&Documents::read().schema("RefreshOrder"), &order), Ok(()));
    let readme = file("README.md");
    let (_, output) = readme.split_once("in the output `").unwrap();
    let (output, _) = output.split_once('`').unwrap();
    assert!(template.0["Outputs"][output].is_object(), "the template has no output {output}");
}

#[test]
fn each_door_that_the_readme_names_is_one_of_the_makefile_with_its_settings() {
    let (makefile, readme) = (file("Makefile"), file("README.md"));
    let doors: BTreeSet<&str> = makefile
        .lines()
        .filter(|line| line.contains(":") && line.contains("## "))
        .filter_map(|line| line.split(':').next())
        .collect();
    let mut named = BTreeSet::new();
    let in_code = readme.split('`').skip(1).step_by(2).map(str::to_owned);
    for code in in_code
        .chain(blocks().into_iter().filter(|(_, kind, _)| kind == "sh").map(|(_, _, text)| text))
    {
        for line in code.lines() {
            let Some((_, call)) = line.split_once("make ") else { continue };
            let mut words = call
                .split_whitespace()
                .map(|word| word.trim_matches(['(', ')', ',']))
                .skip_while(|word| word.starts_with('-'));
            let Some(door) = words
                .next()
                .filter(|door| door.chars().all(|c| c.is_ascii_lowercase() || c == '-'))
            else {
                continue;
            };
            assert!(doors.contains(door), "make {door} is none of {doors:?}");
            named.insert(door.to_owned());
            for (setting, _) in words.filter_map(|word| word.split_once('=')) {
                assert!(
                    makefile.contains(&format!("$({setting})"))
                        || makefile.contains(&format!("$(or $({setting})")),
                    "{setting} of make {door}"
                );
            }
        }
    }
    assert!(named.len() > 8, "only {named:?}");
}

#[test]
fn what_the_readme_shows_of_make_test_are_tests_that_there_are() {
    let shown = blocks()
        .into_iter()
        .filter(|(_, kind, _)| kind == "text of make test")
        .map(|(_, _, text)| text);
    let shown: String = shown.collect();
    let tests: Vec<&str> = shown
        .lines()
        .filter_map(|line| line.strip_prefix("test "))
        .filter_map(|line| line.strip_suffix(" ... ok"))
        .collect();
    assert!(tests.len() >= 3, "{tests:?}");
    for test in tests {
        let (module, name) = test.split_once("::").unwrap();
        assert!(
            file(&format!("tests/{module}.rs")).contains(&format!("fn {name}()")),
            "there is no test {test}"
        );
    }
}

#[test]
fn the_lines_that_make_up_ends_with_are_run_with_the_readme() {
    let (stack, readme) = (file("infra/local/stack.py"), file("README.md"));
    let (_, rest) = stack.split_once("\nNEXT = (\n").unwrap();
    let (listed, _) = rest.split_once("\n)\n").unwrap();
    let quoted = listed.lines().filter_map(|line| line.trim().strip_suffix(','));
    let quoted = quoted.filter(|line| line.starts_with(['"', '\'']));
    // Who, and what.
    let lines: Vec<String> = quoted
        .skip(1)
        .step_by(2)
        .map(|line| line[1..line.len() - 1].replace("SETTINGS", ".local/stack.env"))
        .collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    for line in lines {
        let run = blocks().iter().any(|(_, kind, text)| kind == "sh" && text.contains(&line));
        assert!(run, "no block of the README has: {line}");
    }
    assert!(readme.contains("What `make up` ends with"));
}
