//! A code as people write it: with blanks or other marks for its dashes, in small letters, inside a
//! sentence or an address of ours.

use domain::id::DossierCode;

/// The first code in `text`; none if there is none.
pub(crate) fn code(text: &str) -> Option<DossierCode> {
    if let Ok(code) = text.parse() {
        return Some(code);
    }
    // In runs of what a code is made of: agency, day and number, or two or all of them with dashes.
    let runs: Vec<&str> = text
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '.'))
        .filter(|run| !run.is_empty())
        .collect();
    runs.windows(3).find_map(|parts| parts.join("-").parse().ok())
}
