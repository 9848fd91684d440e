//! What corrections of a case replaced.

use domain::dossier::{Actor, Dossier, Replaced};
use serde::Serialize;

use super::Person;
use super::sent_to::SentTo;

/// What a correction replaced.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Was<'a> {
    /// The version of the dossier with which the correction came.
    version: u64,
    applicant: Person<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result_to: Option<SentTo<'a>>,
}

impl<'a> Was<'a> {
    /// By the corrections up to `version`, for officers: they answer for what they set right.
    pub(super) fn all_of(dossier: &'a Dossier, version: u64, by: &Actor) -> Vec<Self> {
        let officer = matches!(by, Actor::Officer { .. });
        let replaced = dossier.corrected.iter().filter(|it| officer && it.version <= version);
        let was = replaced.map(|Replaced { version, applicant, result_to }| Self {
            version: *version,
            applicant: Person::of(applicant),
            result_to: result_to.as_ref().map(SentTo::without_order),
        });
        was.collect()
    }
}
