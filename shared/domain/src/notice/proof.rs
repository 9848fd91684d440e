//! The message with a one-time code, by which an applicant proves that a telephone is theirs.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use super::texts::{Placeholders, text_violations};
use super::{Language, Notice, SmsTexts, ZaloTemplates, notice_id};
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
    zalo: ZaloTemplates,
    sms: SmsTexts,
}

impl ProofTemplate {
    pub(super) fn violations(&self) -> Vec<Violation> {
        text_violations("proof", (&self.zalo, &self.sms), &[], PLACEHOLDERS)
    }

    /// The message with `digits`, which count for `minutes`, under the name of the `proof`; in
    /// `language` where there is a text in it.
    pub fn compose(
        &self,
        proof: &impl fmt::Display,
        (digits, minutes): (&str, i64),
        language: Language,
    ) -> Option<Notice> {
        let sms = self.sms.in_language(language)?;
        let filled =
            sms.text.replace("{digits}", digits).replace("{minutes}", &minutes.to_string());
        Some(Notice {
            id: notice_id(proof, 1),
            zalo_template_id: self.zalo.in_language(language)?.clone(),
            fields: BTreeMap::from([("otp", digits.to_owned())]),
            sms: filled,
            encoding: sms.encoding,
        })
    }
}
