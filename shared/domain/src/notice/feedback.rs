//! What the author of a feedback is told: by which texts, after what, and why after some things
//! nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::name::message_id;
use super::text::{Encoding, unaccented};
use super::texts::{Placeholders, in_language, text_violations};
use super::{Language, Notice, NoticeClass, SmsTexts, Templates, Wording, ZaloTemplates};
use crate::calendar::date_of;
use crate::feedback::{Feedback, FeedbackEntry, FeedbackNews};
use crate::{RuleName, Violation};

/// The longest name of an agency that a text is filled with, in characters; one with a longer name
/// is named by its code.
const AGENCY_CHARACTERS_MAX: usize = 45;

/// Those of an author's text. There is none for what was written, nor for a name or number of a
/// person: whoever sees the message on a locked screen learns that somebody wrote to the province.
const PLACEHOLDERS: Placeholders = Placeholders {
    names_subject: RuleName::TextNamesCode,
    each: &[("{code}", 52), ("{status}", 36), ("{date}", 10), ("{agency}", AGENCY_CHARACTERS_MAX)],
    counted: &[],
};

/// The texts sent to an author after something has happened.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FeedbackTemplate {
    /// After what they are sent.
    pub news: FeedbackNews,
    /// Whether the law requires the notice.
    pub class: NoticeClass,
    /// The ids of the templates that Zalo approved, by language.
    zalo: ZaloTemplates,
    /// The SMS texts by language.
    sms: SmsTexts,
}

/// Something after which an author is told nothing.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct FeedbackSilence {
    news: FeedbackNews,
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    reason: String,
}

/// Everything that authors of feedback are told.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FeedbackTexts {
    templates: Vec<FeedbackTemplate>,
    #[serde(default)]
    silent: Vec<FeedbackSilence>,
}

impl FeedbackTexts {
    /// The texts after `news`; `None` where nothing is said.
    pub fn after(&self, news: FeedbackNews) -> Option<&FeedbackTemplate> {
        self.templates.iter().find(|template| template.news == news)
    }

    /// What is wrong with them, each also behind the beginnings of a repetition.
    pub(super) fn violations(&self, prefixes: &[&str]) -> Vec<Violation> {
        let (mut found, mut said, mut silent) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
        for (place, template) in self.templates.iter().enumerate() {
            let field = format!("feedbackTexts.templates[{place}]");
            // What the law does not want is never told twice.
            let prefixes = if template.class == NoticeClass::Legal { prefixes } else { &[] };
            let broken =
                text_violations(&field, (&template.zalo, &template.sms), prefixes, PLACEHOLDERS);
            found.extend(broken);
            let detail = "a feedback that is received has a due date, and one text";
            found.extend(template.sms.dated(&field, detail));
            if !said.insert(template.news) {
                let detail = format!("two texts for {}", template.news.name());
                found.push(Violation::new(format!("{field}.news"), RuleName::UniqueAction, detail));
            }
        }
        for (place, silence) in self.silent.iter().enumerate() {
            let field = |name: &str| format!("feedbackTexts.silent[{place}].{name}");
            if !silent.insert(silence.news) || said.contains(&silence.news) {
                let detail = format!("{} is said and silent, or silent twice", silence.news.name());
                found.push(Violation::new(field("news"), RuleName::UniqueAction, detail));
            }
            if silence.reason.trim().is_empty() {
                let detail = "a reason is left out";
                found.push(Violation::new(field("reason"), RuleName::Source, detail));
            }
        }
        for news in FeedbackNews::ALL {
            if !said.contains(&news) && !silent.contains(&news) {
                let detail = format!("nothing is said after {}, and no reason given", news.name());
                found.push(Violation::new("feedbackTexts", RuleName::EveryAction, detail));
            }
        }
        found
    }
}

impl Templates {
    /// What authors of feedback are told, if the edition has it.
    pub fn feedback(&self) -> Option<&FeedbackTexts> {
        self.feedback.as_ref()
    }

    /// The message for `entry` of a feedback that `agency` had then, in `language`, or in
    /// Vietnamese if that has no text; a repetition is marked in the text. `None` where nothing is
    /// told. The date is the day by which it is to be answered, as it is now; of what is answered
    /// or over, the day on which it happened.
    pub fn compose_feedback(
        &self,
        (feedback, entry): (&Feedback, &FeedbackEntry),
        agency: Option<&str>,
        wording: Wording,
        language: Language,
    ) -> Option<Notice> {
        let template = self.feedback()?.after(entry.news()?)?;
        let sms = template.sms.in_language(language)?;
        let prefix = match wording {
            Wording::First => String::new(),
            Wording::Repetition => {
                in_language(&self.repetition, language).cloned().unwrap_or_default()
            }
        };
        let is_owed = entry.status.is_before_its_answer();
        let day = date_of(feedback.due_at.filter(|_| is_owed).unwrap_or(entry.at));
        let date = day.strftime("%d/%m/%Y").to_string();
        let code = feedback.agency_at(entry.version).as_str();
        let fits = |name: &&str| name.chars().count() <= AGENCY_CHARACTERS_MAX;
        let agency = agency.filter(fits).unwrap_or(code);
        let status = entry.status.vietnamese();
        let plain = |text: &str| match sms.encoding {
            Encoding::Gsm7 => unaccented(text),
            Encoding::Ucs2 => text.to_owned(),
        };
        let filled = sms
            .text
            .replace("{code}", feedback.code.as_str())
            .replace("{status}", &plain(status))
            .replace("{agency}", &plain(agency))
            .replace("{date}", &date);
        Some(Notice {
            id: message_id(&feedback.code, entry.version, wording),
            zalo_template_id: template.zalo.in_language(language)?.clone(),
            fields: BTreeMap::from([
                ("code", feedback.code.to_string()),
                ("status", format!("{prefix}{status}")),
                ("agency", agency.to_owned()),
                ("date", date),
            ]),
            sms: format!("{prefix}{filled}"),
            encoding: sms.encoding,
        })
    }
}
