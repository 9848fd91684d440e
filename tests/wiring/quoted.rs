//! The README's figures are those of `docs/figures.md`, which tools write.

use super::*;

/// The tools that write sections of `docs/figures.md`.
const SECTIONS: [&str; 4] = ["bench", "cost", "events", "night"];

/// Units in which something is measured.
const UNITS: [&str; 6] = ["ms", "µs", "MB", "KiB", "write units", "read units"];

/// What stands between the marks of this name.
fn between<'a>(text: &'a str, name: &str) -> &'a str {
    let (_, rest) = text.split_once(&format!("<!-- {name}: begin -->\n")).unwrap();
    rest.split_once(&format!("<!-- {name}: end -->")).unwrap().0
}

#[test]
fn what_the_readme_quotes_stands_in_the_figures() {
    let (readme, figures) = (file("README.md"), file("docs/figures.md"));
    let measured = between(&figures, "bench");
    let quoted: Vec<&str> =
        between(&readme, "figures").lines().filter(|line| !line.trim().is_empty()).collect();
    for line in quoted {
        assert!(measured.lines().any(|known| known == line), "not in docs/figures.md:\n{line}");
    }
}

#[test]
fn the_readme_has_no_measured_figure_besides() {
    let readme = file("README.md");
    let (before, rest) = readme.split_once("<!-- figures: begin -->").unwrap();
    let (_, after) = rest.split_once("<!-- figures: end -->").unwrap();
    let mut in_block = false;
    for line in before.lines().chain(after.lines()) {
        in_block ^= line.starts_with("```");
        for unit in UNITS {
            let measured = line.match_indices(unit).any(|(place, _)| {
                let (before, after) = (&line[..place], &line[place + unit.len()..]);
                let number = before.trim_end().ends_with(|c: char| c.is_ascii_digit());
                number && !after.starts_with(char::is_alphanumeric)
            });
            assert!(in_block || !measured, "belongs into docs/figures.md: {line}");
        }
    }
}

#[test]
fn each_tool_has_its_place_in_the_figures_and_its_door() {
    let (figures, makefile) = (file("docs/figures.md"), file("Makefile"));
    for name in SECTIONS {
        assert!(!between(&figures, name).trim().is_empty(), "nothing of {name}");
    }
    for door in ["bench", "bench-events", "bench-night", "cost"] {
        assert!(makefile.contains(&format!("\n{door}: ")), "no door {door}");
    }
}

#[test]
fn the_peers_are_pinned_and_name_no_host() {
    let lock: Value =
        serde_json::from_str(&file("tests/bench/peers/node/package-lock.json")).unwrap();
    let packages = lock["packages"].as_object().unwrap();
    assert!(packages.len() > 10, "only {} packages", packages.len());
    for (name, package) in packages {
        assert!(package["resolved"].is_null(), "{name} names a host");
        assert!(name.is_empty() || package["integrity"].is_string(), "{name} has no hash");
    }
    let requirements = file("tests/bench/peers/python/requirements.txt");
    for line in requirements.lines().filter(|line| !line.starts_with('#')) {
        assert!(line.contains("=="), "{line} is not pinned");
    }
}
