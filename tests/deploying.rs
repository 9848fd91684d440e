//! `make deploy-check` names each mistake of a deployment before anything is sent.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::{file, root};

/// The shipped environment `prod` with a province's own in the place of the examples.
fn filled() -> String {
    file("infra/samconfig.toml")
        .replace("id.example.vn", "id.province.test")
        .replace("motcua.example.vn", "motcua.province.test")
        .replace("dichvucong.example.vn", "dichvucong.province.test")
        .replace("ZaloAppId=0000000000000000000", "ZaloAppId=2456789012345678901")
        .replace("EsmsBrandname=EXAMPLE", "EsmsBrandname=MOTCUA")
}

/// A folder of this test's own, gone when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("deploying-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is in a folder for temporary files.
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// What the check says of `config` and of the catalogue in `data`, and whether it is content.
fn said(config: &str, data: Option<&Path>, env: &str, folder: &Folder) -> (bool, String) {
    let path = folder.0.join("samconfig.toml");
    std::fs::write(&path, config).unwrap();
    let python = root().join(".local/venv-tools/bin/python");
    assert!(python.exists(), "the tools are not installed: make setup");
    let mut tool = Command::new(python);
    tool.arg(root().join("infra/deploy_check.py")).arg("--config").arg(&path).args(["--env", env]);
    if let Some(data) = data {
        tool.arg("--data").arg(data);
    }
    let output = tool.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    (output.status.success(), text)
}

/// The mistakes that are named of a filled-in file after one change of it.
fn mistakes(name: &str, changed: &str, into: &str) -> Vec<String> {
    let filled = filled();
    // The second half is that of prod.
    let (before, prod) = filled.split_once("[prod.deploy.parameters]").unwrap();
    assert!(prod.contains(changed), "{name}: {changed}");
    let config = format!("{before}[prod.deploy.parameters]{}", prod.replacen(changed, into, 1));
    let folder = Folder::new(name);
    let (content, text) = said(&config, None, "prod", &folder);
    assert!(!content, "{name}: {text}");
    text.lines().filter_map(|line| line.strip_prefix("wrong: ")).map(str::to_owned).collect()
}

#[test]
fn what_is_filled_in_is_taken_and_the_shipped_file_says_what_to_fill_in() {
    let folder = Folder::new("filled");
    for env in ["prod", "dev"] {
        let (content, text) = said(&filled(), None, env, &folder);
        assert!(content && text.contains("0 mistakes"), "{text}");
        let (content, text) = said(&file("infra/samconfig.toml"), None, env, &folder);
        assert!(!content);
        for line in text.lines().filter_map(|line| line.strip_prefix("wrong: ")) {
            assert!(line.ends_with("is still the example's"), "{line}");
        }
    }
}

#[test]
fn each_mistake_is_named_by_its_parameter_and_alone() {
    for (name, changed, into, named) in [
        ("unknown", "CorsOrigins=", "CorsOrigin=", "CorsOrigin: the template has no such"),
        (
            "missing",
            "  \"OidcIssuer=https://id.province.test/realms/motcua\",\n",
            "",
            "OidcIssuer: is missing",
        ),
        ("slash", "motcua.province.test\"", "motcua.province.test/\"", "PublicUrl: 'https"),
        ("plain", "PublicUrl=https:", "PublicUrl=http:", "PublicUrl: 'http:"),
        (
            "secret",
            "\"Secrets=motcua/prod\",",
            "\"ContactsKey=written-out-here\",",
            "ContactsKey: is a secret",
        ),
        ("store", "Secrets=motcua/prod", "Secrets=motcua/prod/", "Secrets: 'motcua/prod/' has not"),
        (
            "twice",
            "  \"ZaloAppId=",
            "  \"EsmsBrandname=MOTCUA\",\n  \"ZaloAppId=",
            "EsmsBrandname: is given twice",
        ),
        ("word", "\"ZaloAppId=", "\"MalwareScan=yes\",\n  \"ZaloAppId=", "MalwareScan: 'yes'"),
        (
            "range",
            "\"ZaloAppId=",
            "\"GatewayTimeoutMs=9000\",\n  \"ZaloAppId=",
            "GatewayTimeoutMs: 9000 is not between",
        ),
        (
            "demonstration",
            "\"ZaloAppId=",
            "\"UndecidedYears=assumed\",\n  \"ZaloAppId=",
            "UndecidedYears: assumed is for demonstrations",
        ),
        (
            "bus",
            "\"ZaloAppId=",
            "\"LgspUrl=https://lgsp.province.test\",\n  \"ZaloAppId=",
            "LgspUnit: is missing: LgspUrl is given",
        ),
        ("name", "stack_name = \"motcua\"", "stack_name = \"MotCua\"", "stack_name: 'MotCua'"),
        ("roles", "capabilities = \"CAPABILITY_IAM\"\n", "", "capabilities: CAPABILITY_IAM"),
        ("loops", "language_extensions = true\n", "", "language_extensions: true is missing"),
        ("place", "resolve_s3 = true\n", "", "resolve_s3: neither"),
        ("region", "region = \"ap-southeast-1\"\n", "", "region: is missing"),
    ] {
        let named_mistakes = mistakes(name, changed, into);
        assert!(
            named_mistakes.iter().any(|line| line.starts_with(named)),
            "{name}: {named} is not among {named_mistakes:?}"
        );
        // One change is one mistake: who mends it has nothing else to look for.
        assert_eq!(named_mistakes.len(), 1, "{name}: {named_mistakes:?}");
    }
}

#[test]
fn the_secrets_that_the_store_must_have_are_named_and_those_of_an_account_where_there_is_one() {
    let named = |config: &str, name: &str| {
        let (_, text) = said(config, None, "prod", &Folder::new(name));
        let note = text.lines().find_map(|line| line.strip_prefix("note: secrets: ")).unwrap();
        let names = note.strip_prefix("the store must have ").unwrap().split(", ");
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    let ours = [
        "ContactsKey",
        "EsmsApiKey",
        "EsmsReportSecret",
        "EsmsSecretKey",
        "EventsKey",
        "LimitsKey",
        "PeopleKey",
        "ProofKey",
        "SmsInboundSecret",
        "ZaloAppSecret",
        "ZaloOaSecret",
    ];
    assert_eq!(named(&filled(), "ours"), ours.map(|name| format!("motcua/prod/{name}")));
    // The second half is that of prod.
    let filled = filled();
    let (before, prod) = filled.rsplit_once("    \"ZaloAppId=").unwrap();
    let account = format!("{before}    \"PaymentUrl=https://pay.test\",\n    \"ZaloAppId={prod}");
    let account = named(&account, "account");
    assert!(account.contains(&"motcua/prod/PaymentSecret".to_owned()), "{account:?}");
}

#[test]
fn a_misprint_of_the_catalogue_is_named_with_its_file_and_place() {
    let folder = Folder::new("catalogue");
    let data = folder.0.join("data");
    std::fs::create_dir_all(data.join("schema")).unwrap();
    for name in ["providers.json", "schema/providers.schema.json"] {
        std::fs::write(data.join(name), file(&format!("infra/data/{name}"))).unwrap();
    }
    let (content, text) = said(&filled(), Some(&data), "prod", &folder);
    assert!(content, "{text}");
    let misprint =
        file("infra/data/providers.json").replacen("\"weight\": 100", "\"weight\": -1", 1);
    std::fs::write(data.join("providers.json"), misprint).unwrap();
    let (content, text) = said(&filled(), Some(&data), "prod", &folder);
    assert!(!content && text.contains("wrong: providers.json: "), "{text}");
    assert!(text.contains(".weight: -1"), "{text}");
    std::fs::write(data.join("providers.json"), "{").unwrap();
    let (content, text) = said(&filled(), Some(&data), "prod", &folder);
    assert!(!content && text.contains("wrong: providers.json: cannot be read"), "{text}");
}

#[test]
fn an_environment_that_is_not_there_is_named_with_those_that_are() {
    let folder = Folder::new("environment");
    let (content, text) = said(&filled(), None, "production", &folder);
    assert!(!content && text.contains("there is: dev, prod"), "{text}");
    let (content, text) = said("version = ", None, "prod", &folder);
    assert!(!content && text.contains("cannot be read"), "{text}");
}

#[test]
fn no_secret_is_printed() {
    for name in ["EsmsApiKey", "Unknown"] {
        let written = format!("\"{name}=hunter2-and-more\",\n    \"Secrets=");
        let found = mistakes("printed", "\"Secrets=", &written);
        assert!(found.iter().all(|line| !line.contains("hunter2")), "{found:?}");
    }
}

#[test]
fn the_sheet_to_register_has_each_text_once() {
    let output = Command::new("python3").arg(root().join("infra/register_sheet.py")).output();
    let sheet = String::from_utf8(output.unwrap().stdout).unwrap();
    let data: Value = serde_json::from_str(&file("infra/data/templates.json")).unwrap();
    let mut said = Vec::new();
    registered(&data, &mut said);
    for text in &said {
        let found = sheet.lines().filter(|line| line.ends_with(&format!("| {text} |"))).count();
        assert_eq!(found, 1, "{text}");
    }
    assert_eq!(sheet.lines().count(), said.len() + 2, "a row for each, under the heads");
}

/// What has to be registered, wherever it stands in `data`: an entry with texts has both channels.
fn registered(data: &Value, said: &mut Vec<String>) {
    if let (Some(zalo), Some(sms)) = (data["zalo"].as_object(), data["sms"].as_object()) {
        said.extend(zalo.values().map(|id| format!("now id {}", id.as_str().unwrap())));
        for text in sms.values() {
            let each = ["text", "withoutDueDate", "withCount"];
            said.extend(each.iter().filter_map(|key| text[*key].as_str()).map(str::to_owned));
        }
    }
    match data {
        Value::Array(entries) => entries.iter().for_each(|entry| registered(entry, said)),
        Value::Object(fields) => fields.values().for_each(|field| registered(field, said)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
