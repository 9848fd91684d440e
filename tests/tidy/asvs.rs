//! The page that answers each requirement of OWASP's ASVS, and what it says of our code as a whole.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::support::file;

/// Fewest words of a reason, where no test or document is named.
const REASON_WORDS_MIN: usize = 4;

/// A row of the page: one requirement, and how it is met.
struct Answered {
    id: String,
    level: String,
    state: String,
    /// Tests, documents, or the reason.
    by: String,
}

fn rows(page: &str) -> Vec<Answered> {
    let lines = page.lines().filter(|line| line.starts_with("| V"));
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()
    };
    let row = |line: &str| match &cells(line)[..] {
        [id, level, asked, state, by] => {
            assert!(!asked.is_empty(), "{id} does not say what is asked");
            let [id, level, state, by] = [id, level, state, by].map(Clone::clone);
            Answered { id, level, state, by }
        }
        other => panic!("five cells, and none empty: {other:?}"),
    };
    lines.map(row).collect()
}

/// What stands in back quotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The names of all tests: the path of their module, and their own.
fn tests() -> BTreeSet<String> {
    let mut code = files("tests", &[".rs"]);
    code.append(&mut files("shared", &[".rs"]));
    code.append(&mut files("functions", &[".rs"]));
    let mut found = BTreeSet::new();
    for (path, text) in code {
        // `tests/a/b.rs` is `a::b`, as in the one binary of tests; what stands beside the code is
        // named by its package first.
        let path = path.trim_end_matches(".rs");
        let module = match path.split_once("tests/") {
            Some((_, module)) => module.to_owned(),
            None => {
                let below = path.split_once('/').map_or(path, |(_, below)| below);
                below.replace("/src", "")
            }
        };
        let mut lines = text.lines().map(str::trim);
        while let Some(line) = lines.next() {
            let is_test = line == "#[test]" || line.starts_with("#[tokio::test");
            let declared = is_test.then(|| lines.by_ref().find(|line| line.contains("fn ")));
            let Some(declared) = declared.flatten() else { continue };
            let name = declared.split_once("fn ").unwrap().1.split('(').next().unwrap();
            found.insert(format!("{}::{name}", module.replace('/', "::")));
        }
    }
    assert!(found.len() > 1_000, "only {} tests were found", found.len());
    found
}

#[test]
fn each_requirement_of_levels_one_and_two_is_answered_once_and_with_its_level() {
    let known: BTreeMap<String, String> = file("tests/tidy/asvs.txt")
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .map(|(id, level)| (id.to_owned(), level.to_owned()))
        .collect();
    // ASVS 5.0.0 has 345: 92 more are of level 3.
    let of = |level| known.values().filter(|of| *of == level).count();
    assert_eq!((of("1"), of("2"), known.len()), (70, 183, 253));
    let rows = rows(&file("docs/asvs.md"));
    let answered: BTreeMap<String, String> =
        rows.iter().map(|row| (row.id.clone(), row.level.clone())).collect();
    assert_eq!(answered.len(), rows.len(), "one is answered twice");
    let missing: Vec<&String> = known.keys().filter(|id| !answered.contains_key(*id)).collect();
    assert!(missing.is_empty(), "not answered: {missing:?}");
    assert_eq!(answered, known);
}

#[test]
fn each_answer_names_tests_that_there_are_documents_that_there_are_or_a_reason() {
    let tests = tests();
    let page = file("docs/asvs.md");
    let (mut named, mut wrong) = (0, Vec::new());
    for Answered { id, state, by, .. } in rows(&page) {
        let (mut shown, mut written) = (0, 0);
        for name in quoted(&by).filter(|name| name.contains("::")) {
            if tests.contains(name) {
                shown += 1;
            } else {
                wrong.push(format!("{id}: there is no test {name}"));
            }
        }
        for link in by.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = link.split('#').next().unwrap_or_default();
            if root().join("docs").join(path).is_file() {
                written += 1;
            } else {
                wrong.push(format!("{id}: there is no document {link}"));
            }
        }
        named += shown;
        let reason = by.split_whitespace().count() >= REASON_WORDS_MIN;
        let met = match state.as_str() {
            "held" => shown > 0,
            "written" => written > 0,
            "part" => shown + written > 0 && by.contains("Missing: "),
            "open" => reason && by.starts_with("Missing: "),
            "platform" | "none" => reason && !by.contains("Missing: "),
            other => panic!("{id}: {other} is no state"),
        };
        if !met {
            wrong.push(format!("{id} is {state} by: {by}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(named > 200, "only {named} tests are named");
}

#[test]
fn what_is_missing_is_listed_by_its_risk_and_counted() {
    let page = file("docs/asvs.md");
    let rows = rows(&page);
    let (_, after) = page.split_once("## What is missing").expect("a list of what is missing");
    let list = after.split("\n## ").next().unwrap();
    let listed: Vec<&str> = list
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '.')
        .map(|word| word.trim_end_matches('.'))
        .filter(|word| word.starts_with('V') && word.contains('.'))
        .collect();
    let once: BTreeSet<&str> = listed.iter().copied().collect();
    assert_eq!(once.len(), listed.len(), "one is listed twice");
    let missing = |row: &&Answered| ["part", "open"].contains(&row.state.as_str());
    let owed: BTreeSet<&str> = rows.iter().filter(missing).map(|row| row.id.as_str()).collect();
    assert_eq!(once, owed);
    for state in ["held", "written", "platform", "part", "open", "none"] {
        let count = rows.iter().filter(|row| row.state == state).count();
        let said = format!("| {state} | {count} |");
        assert!(page.contains(&said), "the page does not say: {said}");
    }
}

#[test]
fn nothing_of_ours_runs_a_command_sets_a_cookie_or_believes_a_proxy() {
    let signs = [
        // A program of the machine.
        "std::process::Command",
        "process::Command",
        // A session in a browser, which another page could ride on.
        "set-cookie",
        "cookies:",
        // What anybody may write into a request.
        "x-forwarded",
        "x-real-ip",
        // Text that is a query.
        "execute_statement",
        "batch_execute_statement",
    ];
    for sign in signs {
        stands_only_where(sign, |_| false);
    }
    // The address that the gateway itself saw, by which one-time codes are limited.
    stands_only_where("source_ip", |path| path == "shared/platform/src/http.rs");
}

#[test]
fn what_is_asked_of_a_table_is_made_of_names_of_ours_and_values_are_bound() {
    // Read one by one: lists and names that the adapters themselves hold.
    let ours = [
        "",
        "DOCUMENTS",
        "GONE",
        "HISTORY",
        "ONCE",
        "PAGED",
        "as_before",
        "attribute",
        "held",
        "key",
        "list",
        "step",
        "there",
    ];
    let mut asked = 0;
    for (path, text) in product_code() {
        for rest in text.split("expression(format!(").skip(1) {
            let call = rest.split_once("))").map_or(rest, |(call, _)| call);
            for name in call.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
                assert!(ours.contains(&name), "{path}: {name} in {call}");
                asked += 1;
            }
        }
    }
    assert!(asked > 5, "only {asked} parts were found");
}

#[test]
fn no_function_has_a_second_reader_of_texts_or_memory_that_nobody_watches() {
    let manifests = files("", &["Cargo.toml"]);
    let ours = |path: &str| path.starts_with("shared/") || path.starts_with("functions/");
    let mut seen = 0;
    for (path, text) in manifests.iter().filter(|(path, _)| ours(path)) {
        seen += 1;
        assert!(text.contains("[lints]\nworkspace = true"), "{path} has lints of its own");
        let product = text.split("[dev-dependencies]").next().unwrap();
        let names: BTreeSet<&str> = product
            .lines()
            .filter_map(|line| line.split(['.', ' ', '=']).next())
            .filter(|name| !name.is_empty())
            .collect();
        // Expressions, markup, scripts, mail, directories, stores with a language of their own, and
        // digests that are broken.
        for reader in [
            "regex",
            "quick-xml",
            "roxmltree",
            "xml-rs",
            "serde_yaml_ng",
            "rhai",
            "mlua",
            "ldap3",
            "lettre",
            "memcache",
            "redis",
            "rusqlite",
            "sqlx",
            "bincode",
            "md5",
            "md-5",
            "sha1",
            "libloading",
        ] {
            assert!(!names.contains(reader), "{path} reads by {reader}");
        }
    }
    assert!(seen > 25, "only {seen} packages were found");
    let lints = file("Cargo.toml");
    assert!(lints.contains("unsafe_code = \"forbid\""), "memory is the compiler's to watch");
}
