//! What is wrong with something a user sent: which field, which rule.

mod fact;

use std::fmt;

use crate::RuleName;
use crate::language::Language;
pub use fact::{Fact, Unit};

/// One broken rule of one field. `Display` never repeats the offending value: it may be personal
/// data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field in the request, e.g. `applicant.phone` or `documents[2].sha256`; in a file
    /// of the catalogue likewise, e.g. `agencies[12].parent`, where an item of a list of texts may
    /// be named by itself: `years.2026.off["2026-01-01"]`.
    pub field: String,
    /// Stable name of the rule, in kebab-case, for programs.
    pub rule: RuleName,
    /// A sentence for people, in English.
    pub detail: String,
    /// What stands behind the text of the rule where it is explained in words of ours alone.
    pub facts: Vec<Fact>,
}

impl Violation {
    /// A broken `rule` of `field`, explained by `detail`.
    pub fn new(field: impl Into<String>, rule: RuleName, detail: impl Into<String>) -> Self {
        Self { field: field.into(), rule, detail: detail.into(), facts: Vec::new() }
    }

    /// A value that has to be as `fact` says.
    pub fn unless(field: impl Into<String>, rule: RuleName, fact: Fact) -> Self {
        let detail = format!("must be {}", fact.text(Language::En));
        Self::new(field, rule, detail).about(fact)
    }

    /// The same violation with one more fact.
    #[must_use]
    pub fn about(mut self, fact: Fact) -> Self {
        self.facts.push(fact);
        self
    }

    /// What is wrong, in words of ours alone: the text of the rule with the facts behind it. It
    /// repeats nothing that was sent.
    pub fn stated(&self, language: Language) -> String {
        let text = self.rule.text(language);
        let facts: Vec<&str> = self.facts.iter().map(|fact| fact.text(language)).collect();
        if facts.is_empty() { text.to_owned() } else { format!("{text}: {}", facts.join(", ")) }
    }

    /// A field that is not there and has to be.
    pub fn required(field: impl Into<String>) -> Self {
        Self::new(field, RuleName::Required, "is required")
    }

    /// The same violation of the field with this name.
    #[must_use]
    pub fn named(self, field: &str) -> Self {
        Self { field: field.to_owned(), ..self }
    }

    /// The same violation, seen from one level further out: `phone` in `applicant` is
    /// `applicant.phone`.
    #[must_use]
    pub fn within(mut self, outer: &str) -> Self {
        self.field = format!("{outer}.{}", self.field);
        self
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.detail)
    }
}

impl std::error::Error for Violation {}
