//! What is built in, and from where.

use super::*;

/// Name, version and checksum of each crate that `Cargo.lock` takes from the registry.
fn locked() -> BTreeSet<(String, String, String)> {
    let lock = file("Cargo.lock");
    let field = |package: &str, name: &str| {
        let begin = format!("{name} = \"");
        let line = package.lines().find_map(|line| line.strip_prefix(&begin));
        line.map(|value| value.trim_end_matches('"').to_owned())
    };
    let packages = lock.split("[[package]]").skip(1).filter_map(|package| {
        let checksum = field(package, "checksum")?;
        assert!(
            package.contains("source = \"registry+https://github.com/rust-lang/crates.io-index\""),
            "{package}"
        );
        Some((field(package, "name")?, field(package, "version")?, checksum))
    });
    packages.collect()
}

fn bill() -> String {
    let tool = std::process::Command::new("python3")
        .arg(crate::support::root().join("infra/sbom.py"))
        .output()
        .unwrap();
    assert!(tool.status.success(), "{}", String::from_utf8_lossy(&tool.stderr));
    String::from_utf8(tool.stdout).unwrap()
}

#[test]
fn the_bill_of_materials_has_each_crate_of_the_lock_file_with_its_licence_and_hash() {
    let text = bill();
    let bill: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&bill["bomFormat"], &bill["specVersion"]), (&json!("CycloneDX"), &json!("1.6")));
    let components = bill["components"].as_array().unwrap();
    let of = |kind: &str| {
        let purl = format!("pkg:{kind}/");
        let found = components
            .iter()
            .filter(move |one| one["purl"].as_str().is_some_and(|name| name.starts_with(&purl)));
        found.collect::<Vec<_>>()
    };
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let listed: BTreeSet<_> = of("cargo")
        .into_iter()
        .map(|one| {
            assert_eq!(one["hashes"][0]["alg"], "SHA-256");
            assert!(!word(&one["licenses"][0]["expression"]).is_empty(), "{one}");
            (word(&one["name"]), word(&one["version"]), word(&one["hashes"][0]["content"]))
        })
        .collect();
    assert_eq!(listed, locked());
    let scope = |name: &str| {
        let one = components.iter().find(|one| one["name"] == name);
        one.unwrap_or_else(|| panic!("{name} is not listed"))["scope"].clone()
    };
    // What is deployed, and what is not.
    for name in ["lambda_runtime", "ring", "platform", "submit-dossier", "webpki-roots"] {
        assert_eq!(scope(name), "required", "{name}");
    }
    for name in [
        "dynoxide-rs",
        "proptest",
        "jsonschema",
        "schemars",
        "ministack",
        "openapi-fetch",
        "esbuild",
    ] {
        assert_eq!(scope(name), "excluded", "{name}");
    }
    let deployed: BTreeSet<String> = components
        .iter()
        .filter(|one| one["type"] == "application")
        .map(|one| word(&one["name"]))
        .collect();
    assert_eq!(deployed, names_in("functions"));
    let names: Vec<&Value> = components.iter().map(|one| &one["bom-ref"]).collect();
    let once: BTreeSet<&str> = names.iter().map(|name| name.as_str().unwrap()).collect();
    assert_eq!(once.len(), names.len(), "a component stands twice");
    for edge in bill["dependencies"].as_array().unwrap() {
        for name in words(&edge["dependsOn"]) {
            assert!(once.contains(name), "{name} is depended on and not listed");
        }
    }
    assert!(!text.contains(env!("CARGO_MANIFEST_DIR")), "a place of this machine");
    assert_eq!(self::bill(), text, "the same files give the same bytes");
}

#[test]
fn each_tool_of_python_is_pinned_and_comes_from_no_other_index() {
    let mut pinned = 0;
    for name in names_in("infra/local").iter().filter(|name| name.ends_with(".txt")) {
        for line in file(&format!("infra/local/{name}")).lines() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (tool, version) =
                line.split_once("==").unwrap_or_else(|| panic!("{name}: {line} is not pinned"));
            assert!(!version.is_empty() && !tool.contains("--"), "{name}: {line}");
            pinned += 1;
        }
    }
    assert!(pinned > 100, "only {pinned} tools were found");
}

#[test]
fn each_package_of_npm_is_pinned_with_its_hash_runs_no_script_and_names_no_registry() {
    for folder in ["docs/examples", "infra/local/contract"] {
        let settings = file(&format!("{folder}/.npmrc"));
        assert!(settings.contains("ignore-scripts=true"), "{folder}");
        let lock: Value =
            serde_json::from_str(&file(&format!("{folder}/package-lock.json"))).unwrap();
        let packages = lock["packages"].as_object().unwrap();
        let installed = packages.iter().filter(|(path, _)| path.contains("node_modules/"));
        for (path, package) in installed.filter(|(_, package)| package["link"] != true) {
            let hash = package["integrity"].as_str().unwrap_or_default();
            assert!(hash.starts_with("sha512-"), "{folder}: {path}");
            assert!(package["resolved"].is_null(), "{folder}: {path}");
        }
        assert!(packages.len() > 20, "{folder}: only {} packages", packages.len());
    }
    for line in file("Makefile").lines().filter(|line| line.contains("npm ")) {
        assert!(!line.contains("npm install") && !line.contains("npx"), "{line}");
    }
}

#[test]
fn whatever_builds_or_tests_takes_the_crates_of_the_lock_file() {
    for line in file("Makefile").lines().filter(|line| line.starts_with('\t')) {
        let builds = ["cargo build", "cargo test", "cargo run", "cargo clippy", "cargo fetch"];
        if builds.iter().any(|command| line.contains(command)) {
            assert!(line.contains("--locked"), "{line}");
        }
    }
}
