//! Which package and which module may know which.

use std::collections::BTreeSet;

use super::*;

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
    manifests.append(&mut files("infra/signer", &["Cargo.toml"]));
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
            "shared/domain" | "infra/signer" => &[],
            // Of its tests: what they judge is made there.
            "shared/inspection" => &["signer"],
            "shared/platform" => &["domain"],
            // It plays outsiders, who do not know our code.
            "infra/local" => &["signer"],
            "tests" | "tests/fuzz" => &names,
            // It measures finished programs, and its floors have nothing of ours.
            "tests/bench" | "tests/bench/floor" => &[],
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

/// The modules of the domain from the bottom up: each may use those before it and none after it.
/// Reasons: `docs/adr/0040-the-domain-is-a-ladder.md`.
const DOMAIN_FROM_THE_BOTTOM_UP: &[&str] = &[
    "language",
    "rule_name",
    "violation",
    "impossible",
    "provenance",
    "data_file",
    "dated",
    "row",
    "text",
    "search",
    "key_numbers",
    "id",
    "satisfaction",
    "inquiry",
    "phone",
    "identity",
    "eform",
    "applicant",
    "signature",
    "upload",
    "document",
    "outcome",
    "limit",
    "feedback_rule",
    "intake",
    "term",
    "calendar",
    "period",
    "retention",
    "agency",
    "procedure",
    "payment",
    "post",
    "register",
    "law",
    "deadline",
    "dossier",
    "feedback",
    "survey",
    "printed",
    "reminder",
    "delivery",
    "notice",
    "thread",
    "leader",
    "kpi",
    "index",
    "announcement",
    "catalogue",
    "submission",
    "schema",
];

/// The top-level modules that a file's code names, in whichever form: `crate::id::AgencyCode`,
/// `crate::{Violation, text}`. What a file says in comments is left out.
fn modules_used(text: &str) -> BTreeSet<String> {
    let code: String = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join(" ");
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut used = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let Some(group) = rest.strip_prefix('{') else {
            used.insert(rest.split(|c| !is_name(c)).next().unwrap_or_default().to_owned());
            continue;
        };
        // The first name of each item of the group; what is in braces within it is further down.
        let (mut depth, mut item_begins) = (0_usize, true);
        let mut name = String::new();
        for c in group.chars() {
            if depth == 0 && item_begins && is_name(c) {
                name.push(c);
                continue;
            }
            if !name.is_empty() {
                used.insert(std::mem::take(&mut name));
                item_begins = false;
            }
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => item_begins = true,
                _ => {}
            }
        }
    }
    used
}

/// Every use in `files` of a module that is not below the file's own in `order`, and every module
/// that has no place in it. A file is named by its path under `src`; of the crate's own names
/// `Violation` is that of its module.
fn arrows_up(order: &[&str], files: &BTreeMap<String, String>) -> Vec<String> {
    let rung = |module: &str| order.iter().position(|other| *other == module);
    let mut found = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| *path != "lib.rs") {
        let own = path.split('/').next().unwrap().trim_end_matches(".rs");
        let Some(own_rung) = rung(own) else {
            found.push(format!("{path}: {own} has no place in the order"));
            continue;
        };
        for used in modules_used(text) {
            let used = match used.as_str() {
                "Violation" => "violation",
                "RuleName" => "rule_name",
                other => other,
            };
            match rung(used) {
                None => found.push(format!("{path}: {used} has no place in the order")),
                Some(other) if other > own_rung => {
                    found.push(format!("{path}: {own} uses {used}, which is above it"));
                }
                Some(_) => {}
            }
        }
        // The way around the name of the crate.
        let deep = text.contains("super::super::");
        let top = !path.contains('/') && text.replace("use super::*;", "").contains("super::");
        if deep || top {
            found.push(format!("{path}: a module is named from the crate down"));
        }
    }
    found
}

#[test]
fn the_domain_reads_from_the_bottom_up() {
    let source = "shared/domain/src/";
    let files: BTreeMap<String, String> = files(source, &[".rs"])
        .into_iter()
        .map(|(path, text)| (path.strip_prefix(source).unwrap().to_owned(), text))
        .collect();
    let found = arrows_up(DOMAIN_FROM_THE_BOTTOM_UP, &files);
    assert!(found.is_empty(), "{}", found.join("\n"));
    for module in DOMAIN_FROM_THE_BOTTOM_UP {
        assert!(files.contains_key(&format!("{module}.rs")), "there is no module {module}");
    }
}

#[test]
fn an_arrow_up_is_found_in_whatever_form_it_is_written() {
    let order = ["text", "id", "dossier"];
    let of = |path: &str, text: &str| {
        arrows_up(&order, &BTreeMap::from([(path.to_owned(), text.to_owned())]))
    };
    let up = ["id.rs: id uses dossier, which is above it"];
    assert_eq!(of("id.rs", "use crate::dossier::Dossier;"), up);
    assert_eq!(of("id.rs", "use crate::{text, dossier::{Dossier, Rule}};"), up);
    assert_eq!(of("id.rs", "use crate::{\n    dossier,\n    text,\n};"), up);
    assert_eq!(of("id.rs", "fn f() -> crate::dossier::Dossier {"), up);
    assert_eq!(
        of("id/number.rs", "pub(crate) use crate::dossier::*;"),
        ["id/number.rs: id uses dossier, which is above it"]
    );
    assert_eq!(of("new.rs", ""), ["new.rs: new has no place in the order"]);
    assert_eq!(of("id.rs", "use crate::new::New;"), ["id.rs: new has no place in the order"]);
    assert_eq!(
        of("id/number.rs", "use super::super::dossier::Dossier;"),
        ["id/number.rs: a module is named from the crate down"]
    );
    assert_eq!(
        of("id.rs", "use super::dossier::Dossier;"),
        ["id.rs: a module is named from the crate down"]
    );
    assert!(of("dossier.rs", "use crate::{id, text::{line, remark}}; // crate::new").is_empty());
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
        // The benchmark may end at what it did not expect, as a test does.
        let lints = match folder.as_str() {
            "tests/bench" => "[lints.rust]\nunsafe_code = \"forbid\"",
            // What libFuzzer calls has a C name: one line says so.
            "tests/fuzz" => "[lints.rust]\nunsafe_code = \"deny\"",
            _ => "[lints]\nworkspace = true",
        };
        assert!(manifest.contains(lints), "{folder} is not linted");
    }
}

#[test]
fn the_aws_sdk_stands_in_the_adapters_and_in_main_alone() {
    let adapters = [
        "shared/platform/src/adapter/cloud",
        "shared/platform/src/adapter/dynamo",
        "shared/platform/src/adapter/objects",
        "shared/platform/src/adapter/secret_store",
        "shared/platform/src/adapter/sqs",
    ];
    for word in ["aws_sdk_", "aws_config", "aws_sigv4", "aws_smithy"] {
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
    // One runtime, of one thread: a second one would be a third of the work of an invocation.
    for word in ["tokio::main", "tokio::runtime"] {
        stands_only_where(word, is_entry);
    }
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
    assert_eq!(taken, [("shared/platform/src/entry/inbox.rs", "Payload")]);
    let mains: Vec<_> = code.iter().filter(|(path, _)| is_main(path)).collect();
    assert!(mains.len() > 10, "only {} functions were found", mains.len());
    for (path, text) in mains {
        let entries = ["http::run", "queue::run", "schedule::run", "stream::run"];
        let entered = entries.iter().map(|entry| text.matches(entry).count()).sum::<usize>();
        assert_eq!(entered, 1, "{path}");
        for once in ["entry::on_one_thread(wire)", "entry::start().await"] {
            assert_eq!(text.matches(once).count(), 1, "{path}: {once}");
        }
    }
}

/// The modules of `platform` from the bottom up: each knows only those before it.
const PLATFORM: [&str; 60] = [
    "clock",
    "log_line",
    "telemetry",
    "config",
    "edition",
    "catalogue_error",
    "failure",
    "wire",
    "keyed_hash",
    "webhook",
    "seal",
    "proof",
    "form",
    "fingerprint",
    "record",
    "notice_list",
    "document_copy",
    "transfer_standing",
    "line_standing",
    "account",
    "catalogue",
    "port",
    "batch",
    "trust",
    "cloud",
    "dynamo",
    "sqs",
    "gateway",
    "objects",
    "secret_store",
    "document_hosts",
    "national",
    "payment_platform",
    "adapter",
    "claims",
    "request",
    "payload",
    "parameters",
    "problem",
    "problem_page",
    "browser",
    "header",
    "http",
    "message",
    "inbound",
    "claiming",
    "filing",
    "gate",
    "submission",
    "transition",
    "paying",
    "assignment",
    "removal",
    "live_token",
    "live_catalogue",
    "gather",
    "recorded",
    "service",
    "entry",
    "lib",
];

/// Modules of its own package that a file of product code names after `crate::`.
fn named_modules(text: &str) -> Vec<String> {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| [line, "\n"])
        .collect();
    let word = |text: &str| {
        text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()
    };
    let mut found = Vec::new();
    for rest in code.split("crate::").skip(1) {
        let Some(list) = rest.strip_prefix('{') else {
            found.push(word(rest));
            continue;
        };
        let (mut depth, mut item) = (0, String::new());
        for c in list.chars() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => found.push(word(std::mem::take(&mut item).trim())),
                c => item.push(c),
            }
        }
        found.push(word(item.trim()));
    }
    found
}

#[test]
fn modules_of_the_platform_know_only_those_below_them() {
    let place = |module: &str| PLATFORM.iter().position(|known| *known == module);
    let mut found = Vec::new();
    let mut arrows = 0;
    for (path, text) in product_code() {
        let Some(path) = path.strip_prefix("shared/platform/src/") else { continue };
        let path = path.trim_end_matches(".rs");
        let parts: Vec<&str> = path.split('/').collect();
        let module = match parts[..] {
            ["adapter" | "service", module, ..] | [module, ..] => module,
            [] => continue,
        };
        let own = place(module).unwrap_or_else(|| panic!("{module} has no place in the order"));
        for named in named_modules(&text) {
            // Types and macros that the top of the package shows are those of these modules.
            let named = match named.as_str() {
                "Failure" => "failure",
                "LogLine" => "log_line",
                "settings" => "config",
                named => named,
            };
            let Some(other) = place(named) else { continue };
            arrows += 1;
            let is_bench_of_ports = [
                "claiming",
                "filing",
                "gate",
                "submission",
                "transition",
                "paying",
                "assignment",
                "removal",
                "live_token",
                "live_catalogue",
            ];
            let adapters = ["adapter", "trust", "cloud", "dynamo", "sqs", "gateway", "objects"];
            if other > own || is_bench_of_ports.contains(&module) && adapters.contains(&named) {
                found.push(format!("{path} knows {named}"));
            }
        }
    }
    assert!(arrows > 50, "only {arrows} uses were found");
    assert!(found.is_empty(), "{}", found.join("\n"));
}
