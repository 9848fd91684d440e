//! What is wrong with a file of the catalogue.

use domain::RuleName;
use serde::Serialize;

/// What is wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CatalogueError {
    /// The name of the file.
    pub file: String,
    /// The line, from 1, of the field that cannot be read or breaks a rule; for a missing field,
    /// the line of its parent.
    pub line: usize,
    /// The name of the rule, as a slug.
    pub rule: RuleName,
    /// A sentence for people.
    pub detail: String,
}
