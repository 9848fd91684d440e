//! The message with the one question after a result: how satisfied who applied is.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::answer::InquiryTerms;
use super::texts::{Placeholders, text_violations};
use super::{Language, Notice, SmsTexts, ZaloTemplates, notice_id};
use crate::id::QuestionCode;
use crate::{RuleName, Violation};

/// What the text may hold: the code, and how a reply by SMS is written. A link with its token would
/// take a second part; Zalo's message has it.
const PLACEHOLDERS: Placeholders = Placeholders {
    names_subject: RuleName::TextNamesCode,
    each: &[("{code}", 52), ("{prefix}", 10), ("{shortCode}", 8)],
    counted: &[],
};

/// The texts of the question. The law does not require it: it waits for the end of the quiet hours,
/// counts against budget and cap, and is never repeated.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QuestionTemplate {
    zalo: ZaloTemplates,
    sms: SmsTexts,
}

impl QuestionTemplate {
    pub(super) fn violations(&self) -> Vec<Violation> {
        let mut found = text_violations("question", (&self.zalo, &self.sms), &[], PLACEHOLDERS);
        found.extend(self.sms.dated("question", "a question has one text"));
        found
    }

    /// The message of the question `code`, in `language` where there is a text in it. `link` leads to
    /// the page that takes the answer, and `terms` say how one is written by SMS.
    pub fn compose(
        &self,
        code: &QuestionCode,
        (link, terms): (String, &InquiryTerms),
        language: Language,
    ) -> Option<Notice> {
        let sms = self.sms.in_language(language)?;
        let filled = sms
            .text
            .replace("{code}", code.0.as_str())
            .replace("{prefix}", &terms.prefix)
            .replace("{shortCode}", &terms.short_code);
        Some(Notice {
            id: notice_id(code, 1),
            zalo_template_id: self.zalo.in_language(language)?.clone(),
            fields: BTreeMap::from([("code", code.0.to_string()), ("link", link)]),
            sms: filled,
            encoding: sms.encoding,
        })
    }
}
