//! What the design asks of the code's shape, and no compiler checks.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::support::root;

/// Most lines of a file that a reader still takes in.
const LINES_MAX: usize = 500;

/// Text files under a folder, by their path from the top of the repository.
fn files(folder: &str, endings: &[&str]) -> BTreeMap<String, String> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        let entries = std::fs::read_dir(folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for path in entries.map(|entry| entry.unwrap().path()) {
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && !name.starts_with('.') && !["target", "__pycache__"].contains(&name)
            {
                walk(&path, found);
            } else if path.is_file() {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), &mut found);
    let known =
        |path: &PathBuf| endings.iter().any(|ending| path.to_str().unwrap().ends_with(ending));
    let read = found.into_iter().filter(known).map(|path| {
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/"), text)
    });
    read.collect()
}

/// What is built into the functions: no tests.
fn product_code() -> BTreeMap<String, String> {
    let mut code = files("shared", &[".rs"]);
    code.append(&mut files("functions", &[".rs"]));
    code.retain(|path, _| path.contains("/src/"));
    assert!(code.len() > 30, "only {} files of product code were found", code.len());
    code
}

/// Fails with every place where `word` stands in code and may not.
fn stands_only_where(word: &str, allowed: impl Fn(&str) -> bool) {
    let code = product_code();
    let places: Vec<String> = code
        .iter()
        .filter(|(path, _)| !allowed(path))
        .flat_map(|(path, text)| {
            text.lines().enumerate().map(move |(number, line)| (path, number + 1, line.trim()))
        })
        .filter(|(_, _, line)| line.contains(word) && !line.starts_with("//"))
        .map(|(path, number, line)| format!("{path}:{number}: {line}"))
        .collect();
    assert!(places.is_empty(), "{word} may not stand here:\n{}", places.join("\n"));
}

fn is_main(path: &str) -> bool {
    path.starts_with("functions/") && path.ends_with("/src/main.rs")
}

/// Names that a package's manifest lists in its sections of dependencies, with what it says of
/// each.
fn dependencies(manifest: &str) -> Vec<(&str, &str)> {
    let mut inside = false;
    let lines = manifest.lines().filter(move |line| {
        if line.starts_with('[') {
            inside = line.contains("dependencies");
        }
        inside && line.contains('=') && !line.starts_with('#')
    });
    lines.map(|line| (line.split(['.', ' ', '=']).next().unwrap(), line)).collect()
}

/// Every package: its folder, its name, its manifest.
fn packages() -> Vec<(String, String, String)> {
    let mut manifests = files("shared", &["Cargo.toml"]);
    manifests.append(&mut files("functions", &["Cargo.toml"]));
    manifests.append(&mut files("infra/local", &["Cargo.toml"]));
    manifests.append(&mut files("tests", &["Cargo.toml"]));
    let named = manifests.into_iter().map(|(path, manifest)| {
        let name = manifest
            .lines()
            .find_map(|line| line.strip_prefix("name = \""))
            .unwrap()
            .trim_end_matches('"')
            .to_owned();
        (path.trim_end_matches("/Cargo.toml").to_owned(), name, manifest)
    });
    named.collect()
}

#[test]
fn packages_depend_on_each_other_only_downwards() {
    let packages = packages();
    let names: Vec<&str> = packages.iter().map(|(_, name, _)| name.as_str()).collect();
    for (folder, name, manifest) in &packages {
        let allowed: &[&str] = match folder.as_str() {
            "shared/domain" | "shared/inspection" => &[],
            "shared/platform" => &["domain"],
            // It plays outsiders, who do not know our code.
            "infra/local" => &[],
            "tests" => &names,
            _ => &["domain", "inspection", "platform"],
        };
        for (dependency, _) in dependencies(manifest) {
            assert!(
                !names.contains(&dependency) || allowed.contains(&dependency),
                "{name} depends on {dependency}"
            );
        }
        assert!(folder.ends_with(&format!("/{name}")) || folder == name, "{name} lies in {folder}");
    }
    assert!(names.len() >= 10, "only {names:?} were found");
}

#[test]
fn domain_and_inspection_know_nothing_of_networks_runtimes_and_clocks() {
    let packages = packages();
    for pure in ["domain", "inspection"] {
        let (_, _, manifest) = packages.iter().find(|(_, name, _)| name == pure).unwrap();
        for (dependency, _) in dependencies(manifest) {
            for outside in
                ["aws", "lambda", "tokio", "futures", "reqwest", "hyper", "http", "tracing"]
            {
                assert!(!dependency.starts_with(outside), "{pure} depends on {dependency}");
            }
        }
        let folder = format!("shared/{pure}/");
        for word in ["async ", ".await", "std::net", "std::fs", "std::time", "std::env"] {
            stands_only_where(word, |path| !path.starts_with(&folder));
        }
    }
}

#[test]
fn each_version_stands_once_in_the_workspace() {
    for (folder, name, manifest) in packages().iter().filter(|(folder, _, _)| folder != "tests") {
        for (dependency, line) in dependencies(manifest) {
            assert!(
                line.contains("workspace = true"),
                "{name} has a version of its own of {dependency}"
            );
        }
        assert!(manifest.contains("[lints]\nworkspace = true"), "{folder} is not linted");
    }
}

#[test]
fn the_aws_sdk_stands_in_the_adapters_and_in_main_alone() {
    let adapters = ["shared/platform/src/dynamo", "shared/platform/src/sqs"];
    for word in ["aws_sdk_", "aws_config", "aws_smithy"] {
        stands_only_where(word, |path| {
            adapters.iter().any(|adapter| path.starts_with(adapter)) || is_main(path)
        });
    }
}

#[test]
fn the_clock_and_the_runtime_stand_in_the_entries_and_in_main_alone() {
    let is_entry = |path: &str| path.starts_with("shared/platform/src/entry");
    for word in ["clock::now", "SystemTime", "Instant::now", "Zoned::now"] {
        stands_only_where(word, |path| is_entry(path) || is_main(path));
    }
    stands_only_where("lambda_runtime", is_entry);
    // One clock, which is as fine as the contract.
    stands_only_where("Timestamp::now", |path| path == "shared/platform/src/clock.rs");
}

#[test]
fn every_function_is_entered_by_its_trigger_where_nothing_of_a_payload_is_quoted() {
    let code = product_code();
    let taken: Vec<(&str, &str)> = code
        .iter()
        .flat_map(|(path, text)| {
            let types =
                text.split("LambdaEvent<").skip(1).filter_map(|rest| rest.split('>').next());
            types.map(move |taken| (path.as_str(), taken))
        })
        .collect();
    assert_eq!(taken, [("shared/platform/src/entry.rs", "Payload")]);
    let mains: Vec<_> = code.iter().filter(|(path, _)| is_main(path)).collect();
    assert!(mains.len() > 10, "only {} functions were found", mains.len());
    for (path, text) in mains {
        let entries = ["http::run", "queue::run", "schedule::run", "stream::run"];
        let entered = entries.iter().map(|entry| text.matches(entry).count()).sum::<usize>();
        assert_eq!(entered, 1, "{path}");
        assert_eq!(text.matches("entry::start()").count(), 1, "{path}");
    }
}

#[test]
fn no_log_line_says_a_key_twice() {
    // The text of a line is its `message`.
    for (path, text) in product_code() {
        for part in text.split("tracing::").skip(1) {
            let call = part.split(';').next().unwrap_or_default();
            let (name, arguments) = call.split_once('!').unwrap_or_default();
            let logs = ["trace", "debug", "info", "warn", "error"].contains(&name);
            let fields = arguments.split('"').next().unwrap_or_default();
            assert!(!logs || !fields.contains("message ="), "{path}: {call}");
        }
    }
}

#[test]
fn the_environment_is_read_in_config_and_telemetry_alone() {
    let readers = ["shared/platform/src/config.rs", "shared/platform/src/telemetry.rs"];
    for word in ["std::env", "env::var", "env!(", "from_default_env"] {
        stands_only_where(word, |path| readers.contains(&path));
    }
}

#[test]
fn nothing_is_left_for_later_and_nothing_is_printed() {
    for word in ["println!", "print!", "dbg!", "todo!", "unimplemented!"] {
        stands_only_where(word, |_| false);
    }
    let mut code = files("tests", &[".rs"]);
    code.append(&mut files("shared", &[".rs"]));
    code.append(&mut files("functions", &[".rs"]));
    for (path, text) in code.iter().filter(|(path, _)| *path != "tests/tidy.rs") {
        for word in ["#[ignore", "dbg!", "todo!", "unimplemented!"] {
            assert!(!text.contains(word), "{path}: {word}");
        }
    }
}

#[test]
fn no_file_is_longer_than_a_reader_takes_in() {
    for (path, text) in product_code() {
        let lines = text.lines().count();
        assert!(lines <= LINES_MAX, "{path} has {lines} lines");
    }
}

#[test]
fn no_name_says_nothing() {
    let empty =
        ["Status", "Event", "Util", "Utils", "Manager", "Helper", "Helpers", "Common", "Misc"];
    for (path, text) in product_code() {
        let stem = path.rsplit('/').next().unwrap().trim_end_matches(".rs");
        let bare = empty.iter().find(|name| name.eq_ignore_ascii_case(stem));
        // Inside a folder that names its owner a short name is whole: dossier/status.rs.
        assert!(bare.is_none() || path.contains("/src/dossier/"), "{path}");
        for line in text.lines() {
            let mut words = line
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .filter(|word| !word.is_empty());
            let declared = words
                .by_ref()
                .find(|word| ["struct", "enum", "trait", "type", "mod"].contains(word));
            let name = declared.and_then(|_| words.next()).unwrap_or_default();
            assert!(!empty.contains(&name), "{path}: {}", line.trim());
        }
    }
}

#[test]
fn no_file_names_a_place_on_somebodys_machine() {
    let text = [".rs", ".toml", ".yaml", ".yml", ".json", ".md", ".py", ".txt", "Makefile", "run"];
    for (path, text) in files("", &text).iter().filter(|(path, _)| *path != "tests/tidy.rs") {
        for place in ["/work/", "/root/", "/home/", "/Users/", "/tmp/", "C:\\"] {
            let line = text.lines().find(|line| line.contains(place)).unwrap_or_default();
            assert!(line.is_empty(), "{path}: {}", line.trim());
        }
    }
}

#[test]
fn events_hold_only_json_that_a_person_can_read() {
    for (path, text) in files("events", &[""]) {
        assert!(path.ends_with(".json") && text.ends_with('\n'), "{path}");
        assert!(text.lines().count() > 1 || text.len() < 120, "{path} stands on one line");
        serde_json::from_str::<serde_json::Value>(&text)
            .unwrap_or_else(|error| panic!("{path}: {error}"));
    }
}
