//! Who comes in by the gateway, and what of them is written down.

use super::*;

#[test]
fn only_tokens_of_the_issuer_for_this_api_and_in_the_header_open_a_door() {
    let template = Template::read();
    let [(id, authorizer)] = template.of_type("AWS::ApiGatewayV2::Authorizer")[..] else {
        panic!("one authorizer")
    };
    // This kind believes keys of the issuer's own list, takes signatures by RSA alone, and asks for
    // `iss`, `aud`, `exp` and `nbf`.
    assert_eq!(authorizer["AuthorizerType"], "JWT");
    assert_eq!(authorizer["IdentitySource"], json!(["$request.header.Authorization"]));
    assert_eq!(
        authorizer["JwtConfiguration"],
        json!({ "Issuer": { "Ref": "OidcIssuer" }, "Audience": [{ "Ref": "OidcAudience" }] })
    );
    let routes = template.of_type("AWS::ApiGatewayV2::Route");
    let asking = routes.iter().filter(|(_, route)| route["AuthorizationType"] == "JWT");
    let mut doors = 0;
    for (name, route) in asking {
        assert_eq!(named(&route["AuthorizerId"]), id, "{name}");
        doors += 1;
    }
    assert!(doors > 20, "only {doors} doors ask for a token");
    for function in template.functions() {
        let past_the_gateway = &function.properties["FunctionUrlConfig"];
        assert!(past_the_gateway.is_null(), "{} has an address of its own", function.name);
    }
}

#[test]
fn a_flood_has_a_bound_and_what_is_written_down_of_a_caller_names_nobody() {
    let template = Template::read();
    let stages = template.of_type("AWS::ApiGatewayV2::Stage");
    assert!(!stages.is_empty());
    let known = [
        "requestTimeEpoch",
        "requestId",
        "routeKey",
        "status",
        "responseLatency",
        "integrationLatency",
        "integrationErrorMessage",
        "authorizer.error",
    ];
    for (id, stage) in stages {
        let rate = stage["DefaultRouteSettings"]["ThrottlingRateLimit"].as_u64();
        let burst = stage["DefaultRouteSettings"]["ThrottlingBurstLimit"].as_u64();
        assert!(rate.is_some_and(|rate| rate <= 200), "{id}: {rate:?} requests a second");
        assert!(burst.is_some_and(|burst| burst <= 400), "{id}: {burst:?} requests at once");
        let format = stage["AccessLogSettings"]["Format"].as_str().unwrap();
        let _: Value = serde_json::from_str(format).unwrap();
        for written in format.split("$context.").skip(1) {
            let variable = written.split('"').next().unwrap();
            assert!(known.contains(&variable), "{id} writes {variable} down");
        }
    }
}

// A parameter that is hidden is a setting of functions all the same, which whoever may look at a
// function reads.
#[test]
fn no_secret_is_a_parameter_or_a_setting_and_each_is_named_where_the_store_has_it() {
    let template = Template::read();
    let is_secret = |name: &str| {
        ["Secret", "Key", "Password", "Token"].iter().any(|end| name.ends_with(end))
            || ["_SECRET", "_KEY", "_PASSWORD", "_TOKEN"].iter().any(|end| name.ends_with(end))
    };
    for (name, parameter) in template.0["Parameters"].as_object().unwrap() {
        assert!(!is_secret(name), "{name} is a parameter");
        assert!(parameter["NoEcho"].is_null(), "{name} is hidden");
    }
    let mut secrets = 0;
    for function in template.functions() {
        for (name, value) in function.environment().iter().filter(|(name, _)| is_secret(name)) {
            let text = value["Fn::Sub"].as_str().unwrap_or_default();
            let inner =
                text.strip_prefix("{secret:${Secrets}/").and_then(|it| it.strip_suffix('}'));
            assert!(inner.is_some_and(is_secret), "{} has {name} as {value}", function.name);
            secrets += 1;
        }
    }
    assert!(secrets > 20, "only {secrets} secrets were found");
}

#[test]
fn no_function_says_more_in_production_than_it_was_written_to() {
    let template = Template::read();
    let level = |properties: &Value| properties["Environment"]["Variables"]["RUST_LOG"].clone();
    assert_eq!(level(&template.0["Globals"]["Function"]), "info");
    for function in template.functions() {
        assert!(level(function.properties).is_null(), "{} has a level of its own", function.name);
    }
}
