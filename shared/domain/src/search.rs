//! Search by words as people type them: without accents, in small letters, cut short.

use std::collections::BTreeSet;

use crate::violation::{Fact, Unit};
use crate::{RuleName, Violation, text};

/// Longest search, in characters: no name that is searched has more words than fit.
pub const SEARCH_CHARACTERS_MAX: usize = 100;

/// The words of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchWords(BTreeSet<String>);

impl SearchWords {
    /// Whether each word begins some word of `texts`: `khai sin` finds *Đăng ký khai sinh*, `1.0011` a code.
    pub fn are_in(&self, texts: &[&str]) -> bool {
        let words: Vec<String> = texts.iter().flat_map(|text| words(text)).collect();
        self.0.iter().all(|sought| words.iter().any(|word| word.starts_with(sought.as_str())))
    }
}

impl std::str::FromStr for SearchWords {
    type Err = Violation;

    /// Reads 1 to 100 characters; without a letter or a digit among them they hold no word, and
    /// leave nothing out.
    fn from_str(search: &str) -> Result<Self, Violation> {
        if !(1..=SEARCH_CHARACTERS_MAX).contains(&search.chars().count()) {
            let bounds = Fact::between(1, SEARCH_CHARACTERS_MAX, Unit::Characters);
            return Err(Violation::unless("search", RuleName::Length, bounds));
        }
        Ok(Self(words(search).into_iter().collect()))
    }
}

/// The words of a text, as they are compared.
fn words(text: &str) -> Vec<String> {
    let plain = text::unmarked(text);
    let words = plain.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}
