//! What a page may do in a browser, by the policy that comes with it.

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use aws_lambda_events::encodings::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The parts of a page between `opens` and `closes`.
fn parts<'a>(html: &'a str, opens: &str, closes: &str) -> Vec<&'a str> {
    let after = html.split(opens).skip(1);
    after.map(|rest| rest.split_once(closes).expect("an element has an end").0).collect()
}

/// Fails where the policy lets the page do more than run the scripts and styles that it came with,
/// or keeps one of these from working.
pub fn holds_what_it_runs(html: &str, policy: &str) {
    let directives: Vec<(&str, &str)> = policy
        .split("; ")
        .map(|directive| directive.split_once(' ').expect("a directive has sources"))
        .collect();
    for closed in ["default-src", "base-uri", "form-action", "frame-ancestors"] {
        assert!(directives.contains(&(closed, "'none'")), "{closed}: {policy}");
    }
    for unsafe_ in ["unsafe-", "http:", "https:", "data:", "*", "nonce-"] {
        assert!(!policy.contains(unsafe_), "{unsafe_}: {policy}");
    }
    for (element, directive) in [("script", "script-src"), ("style", "style-src")] {
        let inline = parts(html, &format!("<{element}>"), &format!("</{element}>"));
        // One with an attribute would be fetched, or be of another type.
        assert_eq!(html.matches(&format!("<{element}")).count(), inline.len(), "{element}");
        let hashes: Vec<String> = inline
            .iter()
            .map(|text| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text))))
            .collect();
        let allowed = directives.iter().find(|(name, _)| *name == directive);
        let allowed = allowed.map_or("", |(_, sources)| sources);
        assert_eq!(allowed, hashes.join(" "), "{directive} allows what the page holds: {policy}");
    }
    obeys_no_attribute(html);
}

/// What the files of the citizen's page may do: load each other, ask our doors, and fetch and bring
/// documents at their storage. Nothing inline, no frame, nobody else.
fn is_of_the_citizens_page(html: &str, policy: &str) {
    let expected = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                    connect-src 'self' https://documents.example; form-action 'self'; \
                    base-uri 'none'; frame-ancestors 'none'";
    assert_eq!(policy, expected);
    assert!(parts(html, "<script>", "</script>").is_empty(), "a script within the page");
    assert!(parts(html, "<style>", "</style>").is_empty(), "a style within the page");
    obeys_no_attribute(html);
}

/// A policy without `unsafe-inline` obeys no attribute: one would be dead.
fn obeys_no_attribute(html: &str) {
    let tags = html.split('<').skip(1).filter_map(|rest| rest.split_once('>'));
    for (tag, _) in tags {
        let obeyed = |part: &str| part.starts_with("style=") || part.starts_with("on");
        let mut parts = tag.split_whitespace().filter(|part| part.contains('='));
        assert!(!parts.any(obeyed), "<{tag}>");
    }
}

/// Fails where an answer lets a browser do more than it needs: come without TLS, guess its type,
/// tell its address, stand in a frame, run what it did not bring, or keep what is not everybody's.
pub fn keeps_a_browser_in_its_bounds(route: &str, response: &ApiGatewayV2httpResponse) {
    let header = |name: &str| {
        let value = response.headers.get(name).unwrap_or_else(|| panic!("no {name}: {response:?}"));
        value.to_str().unwrap()
    };
    let (year, rest) = header("strict-transport-security").split_once("; ").unwrap();
    let seconds: u32 = year.strip_prefix("max-age=").unwrap().parse().unwrap();
    assert!(seconds >= 365 * 24 * 60 * 60 && rest == "includeSubDomains");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("referrer-policy"), "no-referrer");
    let media = header("content-type");
    assert_eq!(media.starts_with("text/"), media.ends_with("; charset=utf-8"), "{media}");
    let is_own_file = route.starts_with("GET /tra-cuu") && response.status_code == 200;
    match (&response.body, media.starts_with("text/html")) {
        (Some(Body::Text(html)), of_page) if is_own_file => {
            let html = if of_page { html.as_str() } else { "" };
            is_of_the_citizens_page(html, header("content-security-policy"));
        }
        (Some(Body::Text(html)), true) => {
            holds_what_it_runs(html, header("content-security-policy"));
        }
        (_, true) => panic!("a page that is no text: {response:?}"),
        (_, false) => holds_what_it_runs("", header("content-security-policy")),
    }
    assert!(!response.headers.contains_key("set-cookie") && response.cookies.is_empty());
    assert!(!response.headers.contains_key("access-control-allow-origin"), "the gateway says so");
}
