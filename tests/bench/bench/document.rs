//! Sections of documents that tools write: each replaces what stands between its own marks.

use std::path::Path;

/// Puts `text` into the section `name` of the document at `path`, between its two marks.
pub fn replace(path: &Path, name: &str, text: &str) {
    let document =
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (begin, end) = (format!("<!-- {name}: begin -->\n"), format!("<!-- {name}: end -->"));
    let (before, rest) = document
        .split_once(&begin)
        .unwrap_or_else(|| panic!("{}: no mark {begin}", path.display()));
    let (_, after) =
        rest.split_once(&end).unwrap_or_else(|| panic!("{}: no mark {end}", path.display()));
    let written = format!("{before}{begin}\n{}\n\n{end}{after}", text.trim());
    std::fs::write(path, written).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
