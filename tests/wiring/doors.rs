//! What the documents say of every door, against every door.

use domain::language::Language;

use super::*;
use crate::support::call::{AGENCY, Answer, CITIZEN, Call, ESMS_SECRET, SMS_SECRET};
use crate::support::world::World;

/// A value of each query parameter that its route takes.
const VALUES: [(&str, &str); 37] = [
    ("ma", "H20.03-261117-0001"),
    ("lang", "en"),
    ("source", "urn:motcua:integrator:ecosys"),
    ("officer", "officer-f1f5b576685a"),
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
    ("assignee", "me"),
    ("step", "verify"),
    ("stepOverdue", "true"),
    ("data", "dvcH20"),
    ("responseCode", "00"),
    ("secureCode", "0"),
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
    let call = Call::new(route)
        .path("code", "H20.03-261117-0001")
        .path("id", "0123456789abcdef0123456789abcdef")
        .path("period", "2026-11")
        .path("file", "page.js")
        .path("secret", ESMS_SECRET);
    match route {
        route if route.contains("/v1/own/") => call.proven("H20.03-261117-0001"),
        "POST /v1/callbacks/sms/{secret}" => call.path("secret", SMS_SECRET),
        "GET /v1/dossiers" => call.officer(AGENCY),
        route if route.contains("/v1/desk/feedback") => call.officer(AGENCY),
        "GET /v1/reads" => call.auditor(),
        "GET /v1/me/dossiers" => call.citizen(CITIZEN),
        "POST /v1/search" => call.officer(AGENCY).body(&json!({ "phone": "0912345678" })),
        "POST /v1/dossiers/{code}/erasure" | "POST /v1/feedback/{code}/erasure" => {
            call.administrator()
        }
        "GET /v1/integrators/{name}/events/{id}" => call.path("name", "ecosys").administrator(),
        route if route.contains("/v1/integrators/{name}/dossiers/") => {
            call.path("name", "ecosys").nobody()
        }
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
        for (method, operation) in
            item.as_object().unwrap().iter().filter(|(method, _)| *method != "parameters")
        {
            let listed = operation["parameters"].as_array().into_iter().flatten();
            let listed = listed.map(|parameter| documents.follow(&documents.openapi, parameter));
            let query = listed.filter(|parameter| parameter["in"] == "query").map(|parameter| {
                let list =
                    documents.follow(&documents.openapi, &parameter["schema"])["type"] == "array";
                (parameter["name"].as_str().unwrap().to_owned(), list)
            });
            found.push((format!("{} {path}", method.to_uppercase()), query.collect()));
        }
    }
    assert!(found.len() > 10, "{found:?}");
    found
}

/// What people open by a link: whoever passes the link on adds parameters, which are passed over.
const PASSED_ON: [&str; 4] =
    ["GET /tra-cuu", "GET /v1/reports", "GET /v1/reports/{period}", "GET /v1/callbacks/payment"];

/// Whether a parameter that the route does not list is none of its business: of pages, and of what
/// the message gateways report, which is taken whatever it says and answered 200.
fn passes_over(route: &str) -> bool {
    PASSED_ON.contains(&route) || is_of_gateways(route)
}

fn is_of_gateways(route: &str) -> bool {
    route.contains("/v1/callbacks/zalo") || route.contains("/v1/callbacks/esms")
}

/// Whether the answer refuses the parameter by this rule.
fn refuses(answer: &Answer, name: &str, rule: &str) -> bool {
    let errors = answer.body["errors"].as_array().into_iter().flatten();
    answer.status == 400
        && errors.into_iter().any(|error| error["field"] == name && error["rule"] == rule)
}

#[tokio::test]
async fn each_route_refuses_a_parameter_that_it_does_not_list_and_one_that_comes_twice() {
    let (world, documents) = (World::new().await, Documents::read());
    for (route, names) in parameters(&documents) {
        let unknown: Answer =
            call(&route).query("colour", "red").at_its_function(&world).await.into();
        assert_eq!(
            refuses(&unknown, "colour", "unknown-field"),
            !passes_over(&route),
            "{route}: {}",
            unknown.body
        );
        for (name, _) in names {
            let (_, value) = VALUES
                .iter()
                .find(|(known, _)| *known == name)
                .unwrap_or_else(|| panic!("no value of {name}"));
            let once: Answer =
                call(&route).query(&name, value).at_its_function(&world).await.into();
            for rule in ["unknown-field", "once"] {
                assert!(!refuses(&once, &name, rule), "{route}: {name} once: {}", once.body);
            }
            let twice: Answer = call(&route)
                .query(&name, value)
                .also(&name, value)
                .at_its_function(&world)
                .await
                .into();
            assert!(refuses(&twice, &name, "once"), "{route}: {name} twice: {}", twice.body);
        }
    }
}

#[tokio::test]
async fn each_refusal_carries_the_id_under_which_the_logs_have_the_request() {
    let (world, documents) = (World::new().await, Documents::read());
    for (route, _) in parameters(&documents).into_iter().filter(|(route, _)| !passes_over(route)) {
        let refused: Answer = call(&route)
            .id("12bbbde9f2d2dac=")
            .nobody()
            .query("colour", "red")
            .at_its_function(&world)
            .await
            .into();
        assert!(refused.status >= 400, "{route}: {}", refused.body);
        assert_eq!(refused.body["requestId"], "12bbbde9f2d2dac=", "{route}");
    }
}

#[tokio::test]
async fn each_refusal_is_written_in_the_language_that_is_preferred_and_says_which() {
    let (world, documents) = (World::new().await, Documents::read());
    for (route, _) in parameters(&documents).into_iter().filter(|(route, _)| !passes_over(route)) {
        let refused = async |accepted: &str| {
            let call = call(&route).query("colour", "red").header("accept-language", accepted);
            let response = call.at_its_function(&world).await;
            let language = response.headers["content-language"].to_str().unwrap().to_owned();
            (language, Answer::from(response).body)
        };
        let rule = domain::RuleName::UnknownField;
        for (accepted, named, language) in [
            ("vi-VN,vi;q=0.9,en;q=0.8", "vi", Language::Vi),
            ("en,vi;q=0.5", "en", Language::En),
            ("fr", "en", Language::En),
        ] {
            let (said, body) = refused(accepted).await;
            let errors = body["errors"].as_array().unwrap();
            let error = errors.iter().find(|error| error["field"] == "colour").unwrap();
            assert_eq!((said.as_str(), &error["rule"]), (named, &json!(rule.slug())), "{route}");
            let in_vietnamese = error["detail"] == rule.text(Language::Vi);
            assert_eq!(in_vietnamese, language == Language::Vi, "{route}: {body}");
            let title = body["title"].as_str().unwrap();
            assert_eq!(title.is_ascii(), language == Language::En, "{route}: {title}");
        }
    }
}

#[test]
fn each_route_that_refuses_lists_the_language_that_it_reads_and_the_one_that_it_writes() {
    let documents = Documents::read();
    for (path, item) in documents.openapi["paths"].as_object().unwrap() {
        let names = |place: &Value| -> Vec<Value> {
            let listed = place["parameters"].as_array().into_iter().flatten();
            let listed = listed.map(|listed| documents.follow(&documents.openapi, listed));
            listed.map(|parameter| parameter["name"].clone()).collect()
        };
        let speaks = !is_of_gateways(path);
        assert_eq!(names(item).contains(&json!("Accept-Language")), speaks, "{path}");
        for (method, operation) in
            item.as_object().unwrap().iter().filter(|(method, _)| *method != "parameters")
        {
            for (status, response) in operation["responses"].as_object().unwrap() {
                let response = documents.follow(&documents.openapi, response);
                let problem = !response["content"]["application/problem+json"].is_null();
                let says = !response["headers"]["Content-Language"].is_null();
                assert_eq!(says, problem, "{method} {path}: {status}");
            }
        }
    }
}

#[tokio::test]
async fn each_parameter_that_is_a_list_takes_two_values_and_no_other_does() {
    let (world, documents) = (World::new().await, Documents::read());
    let lists: Vec<(String, String)> = parameters(&documents)
        .into_iter()
        .flat_map(|(route, names)| {
            names.into_iter().map(move |(name, list)| (route.clone(), name, list))
        })
        .filter(|(_, _, list)| *list)
        .map(|(route, name, _)| (route, name))
        .collect();
    let expected = [
        ("GET /v1/dossiers", "status", ["2", "4"]),
        ("GET /v1/procedures", "online", ["full", "partial"]),
    ];
    assert_eq!(lists, expected.map(|(route, name, _)| (route.to_owned(), name.to_owned())));
    for (route, name, [one, other]) in expected {
        let two: Answer =
            call(route).query(name, one).also(name, other).at_its_function(&world).await.into();
        assert_eq!(two.status, 200, "{route}: {}", two.body);
    }
}

#[test]
fn each_address_in_the_template_goes_over_tls_or_to_the_same_machine() {
    let template = Template::read();
    let parameters = template.0["Parameters"].as_object().unwrap();
    let addresses: Vec<&String> = parameters
        .keys()
        .filter(|name| name.ends_with("Url") || name.ends_with("Issuer"))
        .collect();
    assert!(addresses.len() >= 7, "{addresses:?}");
    for name in addresses {
        let parameter = &parameters[name];
        let pattern =
            parameter["AllowedPattern"].as_str().unwrap_or_else(|| panic!("{name} takes anything"));
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

/// What the template lets a page of another origin do, where the deployment names any.
fn cors(template: &Template) -> &Value {
    let cors = &template.properties("HttpApi")["CorsConfiguration"]["Fn::If"];
    assert_eq!(cors[0], "HasCorsOrigins");
    assert_eq!(cors[2], json!({ "Ref": "AWS::NoValue" }), "none is named: no page may");
    &cors[1]
}

#[test]
fn pages_of_the_origins_that_a_deployment_names_may_send_and_read_what_the_document_lists() {
    let (template, documents) = (Template::read(), Documents::read());
    let cors = cors(&template);
    let set =
        |name: &str| words(&cors[name]).into_iter().map(str::to_lowercase).collect::<BTreeSet<_>>();
    let (mut methods, mut sent, mut answered) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let lower = |name: &Value| name.as_str().unwrap().to_lowercase();
    for (path, item) in documents.openapi["paths"].as_object().unwrap() {
        let operations =
            item.as_object().unwrap().iter().filter(|(method, _)| *method != "parameters");
        // No browser signs as Zalo and integrators do.
        let signed = [
            "/v1/callbacks/zalo",
            "/v1/events",
            "/v1/events/{id}",
            "/v1/integrators/{name}/dossiers/{code}/case",
            "/v1/integrators/{name}/dossiers/{code}/documents/{id}",
        ];
        for (method, operation) in operations.filter(|_| !signed.contains(&path.as_str())) {
            methods.insert(method.to_lowercase());
            let of_all = item["parameters"].as_array().into_iter().flatten();
            for parameter in operation["parameters"].as_array().into_iter().flatten().chain(of_all)
            {
                let parameter = documents.follow(&documents.openapi, parameter);
                sent.extend((parameter["in"] == "header").then(|| lower(&parameter["name"])));
            }
            for response in operation["responses"].as_object().unwrap().values() {
                let response = documents.follow(&documents.openapi, response);
                let headers = response["headers"].as_object().into_iter().flatten();
                answered.extend(headers.map(|(name, _)| name.to_lowercase()));
            }
        }
    }
    assert_eq!(set("AllowMethods"), methods);
    // The next doors take the version that somebody has seen as an entity tag.
    sent.extend(["authorization", "content-type", "if-match"].map(str::to_owned));
    assert_eq!(set("AllowHeaders"), sent);
    // Every page may read these (Fetch §2.2.2); the name of a file stands in no list of headers.
    answered.remove("cache-control");
    answered.remove("content-language");
    answered.insert("content-disposition".to_owned());
    assert_eq!(set("ExposeHeaders"), answered);
    assert_eq!(
        (&cors["AllowOrigins"], &cors["AllowCredentials"]),
        (&json!({ "Ref": "CorsOrigins" }), &json!(false))
    );
}

#[test]
fn no_origin_is_allowed_unless_a_deployment_names_it_whole() {
    let template = Template::read();
    let parameter = &template.0["Parameters"]["CorsOrigins"];
    assert_eq!(
        (&parameter["Type"], &parameter["Default"]),
        (&json!("CommaDelimitedList"), &json!(""))
    );
    let joined = json!({ "Fn::Join": [",", { "Ref": "CorsOrigins" }] });
    let any = json!({ "Fn::Not": [{ "Fn::Equals": [joined, ""] }] });
    assert_eq!(template.0["Conditions"]["HasCorsOrigins"], any);
    // CloudFormation asks each value of the list to fit, whole.
    let pattern = format!("^(?:{})$", parameter["AllowedPattern"].as_str().unwrap());
    let schema =
        jsonschema::draft202012::new(&json!({ "type": "string", "pattern": pattern })).unwrap();
    for good in [
        "",
        "https://dichvucong.example.vn",
        "https://dvc.example.vn:8443",
        "http://localhost:3000",
    ] {
        assert!(schema.is_valid(&json!(good)), "{good}");
    }
    let bad = [
        "*",
        "https://*",
        "https://*.example.vn",
        "http://dvc.example.vn",
        "https://dvc.example.vn/",
    ];
    for bad in
        bad.into_iter().chain(["null", "file://", "https://a@dvc.example.vn", "dvc.example.vn"])
    {
        assert!(!schema.is_valid(&json!(bad)), "{bad}");
    }
}
