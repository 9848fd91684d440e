//! What the documents say of every door, against every door.

use super::*;
use crate::support::call::{AGENCY, Answer, CITIZEN, Call, ESMS_SECRET};
use crate::support::world::World;

/// A value of each query parameter that its route takes.
const VALUES: [(&str, &str); 27] = [
    ("period", "2026-11"),
    ("by", "agency"),
    ("agency", AGENCY),
    ("procedure", "1.000382"),
    ("field", "G15-TP07"),
    ("channel", "online"),
    ("agencies", "merged"),
    ("limit", "3"),
    ("cursor", "MXx8"),
    ("format", "csv"),
    ("bom", "true"),
    ("edition", "1"),
    ("search", "khai sinh"),
    ("level", "commune"),
    ("online", "full"),
    ("day", "2025-06-30"),
    ("ended", "true"),
    ("dryRun", "true"),
    ("status", "2"),
    ("dueBefore", "2026-11-20"),
    ("SMSID", "8a2f-1"),
    ("RequestId", "H20.101-261116-0001/1"),
    ("SendStatus", "5"),
    ("SendSuccess", "1"),
    ("SendFailed", "0"),
    ("TotalPrice", "850.0000"),
    ("error_info", ""),
];

/// A call of the route by somebody whom it lets in.
fn call(route: &str) -> Call {
    let call =
        Call::new(route).path("code", "H20.03-261117-0001").path("period", "2026-11").path("secret", ESMS_SECRET);
    match route {
        "GET /v1/dossiers" => call.officer(AGENCY),
        route if route.contains("/v1/catalogue") => call.administrator(),
        route if route.contains("/v1/preference") => call.citizen(CITIZEN),
        _ => call.portal(),
    }
}

/// Query parameters of every operation that has none or some: route, name, whether a list.
fn parameters(documents: &Documents) -> Vec<(String, Vec<(String, bool)>)> {
    let paths = documents.openapi["paths"].as_object().unwrap();
    let mut found = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap().iter().filter(|(method, _)| *method != "parameters") {
            let listed = operation["parameters"].as_array().into_iter().flatten();
            let listed = listed.map(|parameter| documents.follow(&documents.openapi, parameter));
            let query = listed.filter(|parameter| parameter["in"] == "query").map(|parameter| {
                let list = documents.follow(&documents.openapi, &parameter["schema"])["type"] == "array";
                (parameter["name"].as_str().unwrap().to_owned(), list)
            });
            found.push((format!("{} {path}", method.to_uppercase()), query.collect()));
        }
    }
    assert!(found.len() > 10, "{found:?}");
    found
}

/// Whether the answer refuses the parameter by this rule.
fn refuses(answer: &Answer, name: &str, rule: &str) -> bool {
    let errors = answer.body["errors"].as_array().into_iter().flatten();
    answer.status == 400 && errors.into_iter().any(|error| error["field"] == name && error["rule"] == rule)
}

#[tokio::test]
async fn each_route_refuses_a_parameter_that_it_does_not_list_and_one_that_comes_twice() {
    let (world, documents) = (World::new().await, Documents::read());
    for (route, names) in parameters(&documents) {
        let of_gateways = route.contains("/v1/reports/zalo") || route.contains("/v1/reports/esms");
        let unknown: Answer = call(&route).query("colour", "red").at_its_function(&world).await.into();
        assert_eq!(refuses(&unknown, "colour", "unknown-field"), !of_gateways, "{route}: {}", unknown.body);
        for (name, _) in names {
            let (_, value) =
                VALUES.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("no value of {name}"));
            let once: Answer = call(&route).query(&name, value).at_its_function(&world).await.into();
            for rule in ["unknown-field", "once"] {
                assert!(!refuses(&once, &name, rule), "{route}: {name} once: {}", once.body);
            }
            let twice: Answer =
                call(&route).query(&name, value).also(&name, value).at_its_function(&world).await.into();
            assert!(refuses(&twice, &name, "once"), "{route}: {name} twice: {}", twice.body);
        }
    }
}

#[tokio::test]
async fn each_refusal_carries_the_id_under_which_the_logs_have_the_request() {
    let (world, documents) = (World::new().await, Documents::read());
    for (route, _) in parameters(&documents) {
        let refused: Answer =
            call(&route).id("12bbbde9f2d2dac=").nobody().query("colour", "red").at_its_function(&world).await.into();
        // Zalo's webhook takes everything that is signed, and this is not.
        assert!(refused.status >= 400, "{route}: {}", refused.body);
        assert_eq!(refused.body["requestId"], "12bbbde9f2d2dac=", "{route}");
    }
}

#[tokio::test]
async fn each_parameter_that_is_a_list_takes_two_values_and_no_other_does() {
    let (world, documents) = (World::new().await, Documents::read());
    let lists: Vec<(String, String)> = parameters(&documents)
        .into_iter()
        .flat_map(|(route, names)| names.into_iter().map(move |(name, list)| (route.clone(), name, list)))
        .filter(|(_, _, list)| *list)
        .map(|(route, name, _)| (route, name))
        .collect();
    let expected = [
        ("GET /v1/dossiers", "status", ["2", "4"]),
        ("GET /v1/procedures", "online", ["full", "partial"]),
    ];
    assert_eq!(lists, expected.map(|(route, name, _)| (route.to_owned(), name.to_owned())));
    for (route, name, [one, other]) in expected {
        let two: Answer = call(route).query(name, one).also(name, other).at_its_function(&world).await.into();
        assert_eq!(two.status, 200, "{route}: {}", two.body);
    }
}

#[test]
fn each_address_in_the_template_goes_over_tls_or_to_the_same_machine() {
    let template = Template::read();
    let parameters = template.0["Parameters"].as_object().unwrap();
    let addresses: Vec<&String> =
        parameters.keys().filter(|name| name.ends_with("Url") || name.ends_with("Issuer")).collect();
    assert!(addresses.len() >= 7, "{addresses:?}");
    for name in addresses {
        let parameter = &parameters[name];
        let pattern = parameter["AllowedPattern"].as_str().unwrap_or_else(|| panic!("{name} takes anything"));
        // CloudFormation asks the whole value to fit.
        let schema = json!({ "type": "string", "pattern": format!("^(?:{pattern})$") });
        let schema = jsonschema::draft202012::new(&schema).unwrap();
        let takes = |address: &str| schema.is_valid(&json!(address));
        if let Some(default) = parameter["Default"].as_str() {
            assert!(takes(default), "{name}: {default}");
        }
        for good in [
            "https://rest.esms.vn",
            "https://sso.dongthap.gov.vn:8443/realms/motcua",
            "http://localhost:4571/zalo-login",
            "http://127.0.0.1:4571",
        ] {
            assert!(takes(good), "{name}: {good}");
        }
        for bad in [
            "rest.esms.vn",
            "http://rest.esms.vn",
            "http://localhost.evil.vn",
            "https://user:pass@rest.esms.vn",
            "https://rest.esms.vn/?a=b",
            "https://rest.esms.vn/#a",
            "https://rest.esms.vn//",
            "https:\\\\evil",
            "https://",
            "https://.",
            "https://a b.vn",
            "https://a.vn\nhttps://b.vn",
            "javascript:alert(1)",
            "file:///etc/passwd",
        ] {
            assert!(!takes(bad), "{name}: {bad}");
        }
    }
}
