//! What the design asks of the code's shape, and no compiler checks.

mod asvs;
mod layers;
mod prose;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::support::root;
use crate::support::template::yaml;

/// Most lines of a file that a reader still takes in.
const LINES_MAX: usize = 500;

/// Most lines of a file of tests, which is read a sentence at a time.
const TEST_LINES_MAX: usize = 800;

/// Text files under a folder, by their path from the top of the repository.
fn files(folder: &str, endings: &[&str]) -> BTreeMap<String, String> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        let entries = std::fs::read_dir(folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for path in entries.map(|entry| entry.unwrap().path()) {
            let name = path.file_name().unwrap().to_str().unwrap();
            let others = ["target", "__pycache__", "node_modules"];
            if path.is_dir() && !name.starts_with('.') && !others.contains(&name) {
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
pub fn product_code() -> BTreeMap<String, String> {
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
    let mut tests = files("tests", &[".rs"]);
    for folder in ["shared", "functions", "infra/local"] {
        tests.append(&mut files(folder, &[".rs"]));
    }
    for (path, text) in tests {
        let lines = text.lines().count();
        assert!(lines <= TEST_LINES_MAX, "{path} has {lines} lines");
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

#[test]
fn no_hook_of_a_commit_is_fetched_from_anywhere() {
    let hooks = yaml(".pre-commit-config.yaml");
    let repositories = hooks["repos"].as_array().unwrap();
    assert!(!repositories.is_empty());
    for repository in repositories {
        assert_eq!(repository["repo"], "local", "hooks call the pinned tools of .local");
    }
}
