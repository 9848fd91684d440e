//! Feedback that was given at the portal, and what it was told of each: an answer that comes twice is
//! there twice.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::items;

/// The service that takes answers.
pub(super) const ANSWERS: &str = "DongBoKetQuaHoiDapGuiTuDVCQG";
/// The service that says which answers it has.
pub(super) const ASKED: &str = "LayNoiDungTraLoiTheoCauHoi";
/// The service that takes how far it is: no print has one, and this name is ours.
pub(super) const PROGRESS: &str = "CapNhatTienDoHoiDap";

/// What it has of one number, in the order in which it came.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Given {
    answers: Vec<Value>,
    progress: Vec<Value>,
}

/// What was given at it, by number.
#[derive(Debug, Clone, Default)]
pub(super) struct FeedbackBook {
    given: BTreeMap<String, Given>,
    answers: u64,
}

impl FeedbackBook {
    /// Somebody gives feedback, which has this number from then on.
    pub(super) fn give(&mut self, number: &str) {
        self.given.entry(number.to_owned()).or_default();
    }

    /// It loses what it was told of a number.
    pub(super) fn lose(&mut self, number: &str) {
        self.given.insert(number.to_owned(), Given::default());
    }

    /// What it was told of a number; none of one that was not given at it.
    pub(super) fn of(&self, number: &str) -> Option<&Given> {
        self.given.get(number)
    }

    /// Its answers to a number.
    pub(super) fn asked(&self, number: &str) -> Vec<Value> {
        let given = self.given.get(number);
        given.map(|given| given.answers.clone()).unwrap_or_default()
    }

    /// Takes one step; gives the code of its receipt.
    pub(super) fn take(&mut self, service: &str, item: &Value) -> Result<(), &'static str> {
        items::answer(item)?;
        let number = item["HOIDAPID"].as_str().unwrap_or_default();
        let Some(given) = self.given.get_mut(number) else { return Err(super::UNKNOWN) };
        if service == PROGRESS {
            given.progress.push(item.clone());
            return Ok(());
        }
        self.answers += 1;
        let mut answer = item.clone();
        answer["TRALOIID"] = json!(self.answers);
        given.answers.push(answer);
        Ok(())
    }
}
