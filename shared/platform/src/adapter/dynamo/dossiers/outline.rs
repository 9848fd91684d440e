//! What a reply to somebody who asks may need of a dossier.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::applicant::Phone;
use domain::dossier::Progress;
use domain::id::DossierCode;
use jiff::Timestamp;

use super::super::feedback::SurveyedDossier;
use super::super::pages::{HISTORY, PAGED};
use super::super::people::of_phone;
use super::super::{down, read, text};
use super::Dossiers;
use crate::Failure;
use crate::keyed_hash::KeyedHash;

/// What a reply to somebody who asks may need of a dossier.
#[derive(Debug)]
pub struct Outline {
    /// How far it is.
    pub progress: Progress,
    /// When its result is due.
    pub due_at: Option<Timestamp>,
    /// The keyed hash of its applicant's telephone number, if they have one.
    of_applicant: Option<String>,
}

impl Outline {
    /// Whether `phone`, hashed by `hash`, is the applicant's number.
    pub fn is_of(&self, hash: &KeyedHash, phone: &Phone) -> bool {
        let known = self.of_applicant.as_ref();
        known.is_some_and(|known| hash.each().any(|hash| *known == of_phone(&hash, phone)))
    }
}

impl Dossiers {
    /// What an answer to the question after a result has to do with of the dossier with this code.
    pub async fn surveyed(&self, code: &DossierCode) -> Result<Option<SurveyedDossier>, Failure> {
        let shown = format!(
            "code, #agency, #procedure, #status, applicantHash, phoneHash, {HISTORY}, {PAGED}"
        );
        let get = self.client.get_item().table_name(&self.tables.states);
        let get = get
            .projection_expression(shown)
            .expression_attribute_names("#agency", "agency")
            .expression_attribute_names("#procedure", "procedure")
            .expression_attribute_names("#status", "status")
            .key("code", text(code.as_str()))
            .consistent_read(true);
        let Some(mut state) = get.send().await.map_err(down)?.item else { return Ok(None) };
        self.add_pages_to(&mut state).await?;
        read(state).map(Some)
    }

    /// What a reply to somebody who asks may need of the dossier with this code: how far it is, when
    /// it is due, and whether a number is its applicant's.
    pub async fn outline(&self, code: &DossierCode) -> Result<Option<Outline>, Failure> {
        let get = self.client.get_item().table_name(&self.tables.states);
        let shown = format!("code, version, #status, dueAt, phoneHash, {HISTORY}, {PAGED}");
        let get = get
            .projection_expression(shown)
            .expression_attribute_names("#status", "status")
            .key("code", text(code.as_str()))
            .consistent_read(true);
        let Some(mut state) = get.send().await.map_err(down)?.item else { return Ok(None) };
        self.add_pages_to(&mut state).await?;
        let of_applicant = state.remove("phoneHash").and_then(|hash| hash.as_s().ok().cloned());
        let due_at = match state.remove("dueAt") {
            Some(AttributeValue::S(due)) => {
                let unreadable = |_| Failure::Defect("a due date cannot be read".to_owned());
                Some(due.parse().map_err(unreadable)?)
            }
            _ => None,
        };
        Ok(Some(Outline { progress: read(state)?, due_at, of_applicant }))
    }
}
