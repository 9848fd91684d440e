//! Feedback that was given at another system, as its integrator writes it.

use domain::Violation;
use domain::feedback::content::{WORDS_CHARACTERS_MAX, written};
use domain::feedback::{
    FeedbackChannel, FeedbackContent, Filing, ForeignNumber, Given, Origin, Wishes,
};
use domain::id::CommandId;
use domain::text;
use jiff::Timestamp;
use serde::Deserialize;

use crate::request::{AuthorBody, PlaceBody};

/// The data of the event "feedback was given at another system".
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FeedbackBody {
    number: String,
    category: String,
    words: String,
    #[serde(default)]
    place: Option<PlaceBody>,
    /// None where the system keeps to itself who it was.
    #[serde(default)]
    author: Option<AuthorBody>,
    /// Whether its author lets an answer be published.
    #[serde(default)]
    publish: bool,
}

impl FeedbackBody {
    /// The number that it has there, through the text gate.
    pub fn number(&self) -> Result<ForeignNumber, Violation> {
        ForeignNumber::try_from(text::line(&self.number))
    }

    /// What is wrong with it, whatever the catalogue has.
    pub fn broken(self) -> Vec<Violation> {
        self.read().err().unwrap_or_default()
    }

    /// What is asked for by `command`, of what was given at `at` to the integrator with this source.
    /// Fails with everything that is wrong with it.
    pub fn judged(
        self,
        source: &str,
        at: Timestamp,
        command: CommandId,
    ) -> Result<Filing, Vec<Violation>> {
        let (category, consent) = (self.category.clone(), self.publish);
        let (number, content) = self.read()?;
        let origin = Origin { source: source.to_owned(), number };
        Ok(Filing {
            channel: FeedbackChannel::Central,
            given: Some(Given { origin, at }),
            category,
            consent,
            wishes: Wishes::default(),
            content,
            command,
        })
    }

    fn read(self) -> Result<(ForeignNumber, FeedbackContent), Vec<Violation>> {
        let mut found = Vec::new();
        let number = self.number().map_err(|broken| found.push(broken));
        let words = written("words", &self.words, WORDS_CHARACTERS_MAX);
        let words = words.map_err(|broken| found.push(broken)).unwrap_or_default();
        let place = self.place.and_then(|place| place.judged(&mut found));
        let author = self.author.and_then(|author| author.judged(&mut found));
        let content =
            FeedbackContent { author, words, place, photos: Vec::new(), remarks: Vec::new() };
        match number {
            Ok(number) if found.is_empty() => Ok((number, content)),
            Ok(_) | Err(()) => Err(found),
        }
    }
}
