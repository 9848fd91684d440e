//! The message with a one-time code, by which an applicant proves that a telephone is theirs.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use super::{
    Language, Notice, Placeholders, SmsText, by_language, in_language, notice_id, text_violations,
};
use crate::{RuleName, Violation};

/// What the text may hold: six digits, and for how many minutes they count. Nothing says of which
/// dossier: whoever sees the message on a locked screen learns nothing besides.
const PLACEHOLDERS: Placeholders = Placeholders {
    names_subject: RuleName::TextNamesDigits,
    each: &[("{digits}", 6), ("{minutes}", 2)],
    counted: &[],
};

/// The texts with a one-time code. Such a message has no hours and is never repeated: its receiver
/// waits for it, and asks for another one.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProofTemplate {
    #[serde(deserialize_with = "by_language")]
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, String>", extend("propertyNames" = {"enum": ["vi", "en"]}, "required" = ["vi"], "additionalProperties" = {"type": "string", "pattern": r"^\d+$"})))]
    zalo: BTreeMap<Language, String>,
    #[serde(deserialize_with = "by_language")]
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, SmsText>", extend("propertyNames" = {"enum": ["vi", "en"]}, "required" = ["vi"])))]
    sms: BTreeMap<Language, SmsText>,
}

impl ProofTemplate {
    pub(super) fn violations(&self) -> Vec<Violation> {
        text_violations("proof", &self.zalo, &self.sms, &[], PLACEHOLDERS)
    }

    /// The message with `digits`, which count for `minutes`, under the name of the `proof`; in
    /// `language` where there is a text in it.
    pub fn compose(
        &self,
        proof: &impl fmt::Display,
        (digits, minutes): (&str, i64),
        language: Language,
    ) -> Option<Notice> {
        let sms = in_language(&self.sms, language)?;
        let filled =
            sms.text.replace("{digits}", digits).replace("{minutes}", &minutes.to_string());
        Some(Notice {
            id: notice_id(proof, 1),
            zalo_template_id: in_language(&self.zalo, language)?.clone(),
            fields: BTreeMap::from([("otp", digits.to_owned())]),
            sms: filled,
            encoding: sms.encoding,
        })
    }
}
