//! What somebody wrote with a feedback, and who they are. The types here hold personal data and
//! print as `***`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::applicant::{FullName, Phone};
use crate::upload::UploadedDocument;
use crate::violation::{Fact, Unit};
use crate::{RuleName, Violation, text};

/// Longest text of a feedback or an answer, in characters.
pub const WORDS_CHARACTERS_MAX: usize = 2_000;

/// Longest place or address, in characters.
pub const PLACE_CHARACTERS_MAX: usize = 300;

/// Longest title of what is published, in characters.
pub const TITLE_CHARACTERS_MAX: usize = 200;

/// The most photographs of one feedback.
pub const PHOTOS_MAX: usize = 5;

/// Cleaned prose of 1 to `most` characters, or what is wrong with it.
pub fn written(field: &str, given: &str, most: usize) -> Result<String, Violation> {
    let cleaned = text::remark(given);
    if let Some(flaw) = text::flaw(&cleaned) {
        return Err(Violation::new(field, flaw.rule(), flaw.detail()));
    }
    if !text::says_something(&cleaned) || cleaned.chars().count() > most {
        let bounds = Fact::between(1, most, Unit::Characters);
        return Err(Violation::unless(field, RuleName::Length, bounds));
    }
    Ok(cleaned)
}

/// Who has sent a feedback.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Author {
    /// The name that they gave.
    pub full_name: FullName,
    /// Where they can be called, and one-time codes go.
    pub phone: Phone,
    /// Where they live, 1 to 300 characters.
    pub address: String,
}

impl fmt::Debug for Author {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Author(***)")
    }
}

/// Where something was seen.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// In words, 1 to 300 characters.
    pub words: String,
    /// In degrees north; with `longitude` or not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latitude: Option<f64>,
    /// In degrees east; with `latitude` or not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longitude: Option<f64>,
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Place(***)")
    }
}

impl Place {
    /// The cleaned place, or everything that is wrong with it.
    pub fn judged(self) -> Result<Self, Vec<Violation>> {
        let mut found = Vec::new();
        let words = written("words", &self.words, PLACE_CHARACTERS_MAX);
        let words = words.map_err(|broken| found.push(broken)).unwrap_or_default();
        let sides = [("latitude", self.latitude, 90.0), ("longitude", self.longitude, 180.0)];
        for (field, given, most) in sides {
            if given.is_some_and(|degrees| degrees.abs() > most) {
                let bounds = Fact::between(format!("-{most}"), most, Unit::Degrees);
                found.push(Violation::unless(field, RuleName::Range, bounds));
            }
        }
        if self.latitude.is_some() != self.longitude.is_some() {
            let missing = if self.latitude.is_none() { "latitude" } else { "longitude" };
            found.push(Violation::required(missing));
        }
        if found.is_empty() { Ok(Self { words, ..self }) } else { Err(found) }
    }
}

/// What was said at a move: a reason, or an answer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// The version that the move made, from 1.
    pub version: u64,
    /// The words, cleaned by the text gate.
    pub words: String,
}

impl fmt::Debug for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Remark({}, ***)", self.version)
    }
}

/// Everything of a feedback that may tell of a person. It lies apart from the state and goes first.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FeedbackContent {
    /// Who has sent it; none where they did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<Author>,
    /// What they wrote, 1 to 2,000 characters.
    pub words: String,
    /// Where it was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Photographs, as they were inspected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub photos: Vec<UploadedDocument>,
    /// What was said at its moves, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<Remark>,
}

impl fmt::Debug for FeedbackContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FeedbackContent(***)")
    }
}
