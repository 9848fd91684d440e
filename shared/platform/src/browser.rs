//! What a browser may do with an answer: as little as it needs. Programs read past these headers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The headers of every answer that says nothing else: over TLS alone for a year (RFC 6797), of the
/// declared type alone, never as a page that runs, sends or fetches anything or stands in another's
/// frame, and its address is told to nobody.
pub const BOUNDS: [(&str, &str); 4] = [
    ("content-security-policy", NOTHING),
    ("referrer-policy", "no-referrer"),
    ("strict-transport-security", "max-age=31536000; includeSubDomains"),
    ("x-content-type-options", "nosniff"),
];

/// The policy for what is no page.
const NOTHING: &str =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The policy for a page (Content Security Policy Level 3): beyond [`BOUNDS`] it may use the scripts
/// and styles that `template`, its source, holds. They are known by their hashes, so that a text of
/// somebody's that became markup would still run nothing.
pub fn policy_of(template: &str) -> String {
    let mut policy = NOTHING.to_owned();
    for (element, directive) in [("script", "script-src"), ("style", "style-src")] {
        let inline = inline(template, element);
        if !inline.is_empty() {
            let hash = |text| format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
            policy.push_str("; ");
            policy.push_str(directive);
            policy.extend(inline.into_iter().map(hash));
        }
    }
    policy
}

/// The policy for a page whose scripts, styles and pictures are files beside it: it may use them,
/// send forms to where it came from, ask the doors there, and fetch and bring documents at the
/// address `storage`.
pub fn policy_of_files(storage: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
         connect-src 'self' {storage}; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    )
}

/// The contents of each such element, which has no attributes.
fn inline<'a>(template: &'a str, element: &str) -> Vec<&'a str> {
    let (opens, closes) = (format!("<{element}>"), format!("</{element}>"));
    let after = template.split(opens.as_str()).skip(1);
    after.filter_map(|rest| rest.split_once(closes.as_str())).map(|(text, _)| text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_runs_what_its_template_holds_and_nothing_else() {
        assert_eq!(policy_of("<p>words</p>"), NOTHING);
        let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
        let page = "<style>\np {}\n</style><p><script>a()</script><script>b()</script>";
        let own = format!(
            "{NOTHING}; script-src {} {}; style-src {}",
            hash("a()"),
            hash("b()"),
            hash("\np {}\n")
        );
        assert_eq!(policy_of(page), own);
    }
}
