//! What headers of a request name: tags that a caller has, and pages that one takes.

/// Whether an `If-None-Match` names `tag`: any (`*`), or a list that holds it. Weak tags are
/// compared as strong ones, as RFC 9110 §13.1.2 has it for this header; a value that is no such
/// list names nothing.
pub(crate) fn names_tag(known: &str, tag: &str) -> bool {
    if known.trim() == "*" {
        return true;
    }
    let mut rest = known.trim_start_matches([' ', '\t', ',']);
    let mut named = false;
    while !rest.is_empty() {
        let strong = rest.strip_prefix("W/").unwrap_or(rest);
        let Some(end) = strong.strip_prefix('"').and_then(|inner| inner.find('"')) else {
            return false;
        };
        let (one, after) = strong.split_at(end + 2);
        named |= one == tag;
        let next = after.trim_start_matches([' ', '\t']);
        if !next.is_empty() && !next.starts_with(',') {
            return false;
        }
        rest = next.trim_start_matches([' ', '\t', ',']);
    }
    named
}

/// Whether an `Accept` header names pages among what its sender takes (RFC 9110 §12.5.1).
pub(crate) fn names_pages(accepted: &str) -> bool {
    accepted.split(',').any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let named = parts.next().is_some_and(|media| media.eq_ignore_ascii_case("text/html"));
        named && !parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_known_from_a_list_weak_or_strong_and_from_the_star() {
        let tag = "\"a1\"";
        for known in
            ["\"a1\"", "W/\"a1\"", "\"b\", \"a1\"", "\"b,\" , W/\"a1\",", "*", " * ", ",\"a1\""]
        {
            assert!(names_tag(known, tag), "{known}");
        }
        for known in [
            "",
            "a1",
            "\"b\"",
            "\"a1",
            "\"b\" \"a1\"",
            "\"b, \"a1\", c\"",
            "w/\"a1\"",
            "*, \"b\"",
            "\"*\"",
        ] {
            assert!(!names_tag(known, tag), "{known}");
        }
    }

    #[test]
    fn a_browser_names_pages_and_a_program_does_not() {
        for asked in
            ["text/html", "text/html,application/xhtml+xml,*/*;q=0.8", "a/b, TEXT/HTML;q=0.9"]
        {
            assert!(names_pages(asked), "{asked}");
        }
        for asked in ["", "*/*", "application/json", "application/json, text/html;q=0", "text/*"] {
            assert!(!names_pages(asked), "{asked}");
        }
    }
}
