//! What somebody is answered who asks by SMS or Zalo, and the terms on which they are answered.
//! Nothing in it says of whom a dossier is.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use super::text::{Encoding, unaccented};
use super::texts::{by_language, in_language};
use super::{Language, SmsText};
use crate::calendar::date_of;
use crate::dated::ValidFrom;
use crate::dossier::Progress;
use crate::feedback::Feedback;
use crate::id::DossierCode;
use crate::provenance::Trust;
use crate::{RuleName, Violation};

/// The longest text of a message of the official account, in characters.
const ZALO_CHARACTERS_MAX: usize = 2_000;

/// The most answers that a province may give one sender on one day.
const ANSWERS_A_DAY_MAX: u32 = 1_000;

/// The highest price of one answer by Zalo, in đồng: some hundred times what messages cost.
const PRICE_MAX_VND: u64 = 100_000;

/// One answer in one language, by both channels.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AnswerText {
    /// What the official account writes, with marks.
    #[cfg_attr(feature = "schema", schemars(length(max = ZALO_CHARACTERS_MAX), regex(pattern = r"^([^{}]|\{(code|status|done|total|date|prefix|shortCode)\})+$")))]
    zalo: String,
    /// What goes by SMS.
    sms: SmsText,
}

/// An answer by language.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
struct InLanguages(
    #[serde(deserialize_with = "by_language")]
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, AnswerText>", extend("propertyNames" = {"enum": ["vi", "en"]}, "required" = ["vi"])))]
    BTreeMap<Language, AnswerText>,
);

/// What is answered to those who ask, by what they asked.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnswerTexts {
    /// How far a dossier is: `{code}`, `{status}`, `{done}` of `{total}` steps.
    progress: InLanguages,
    /// The same with the day on which its result is due, `{date}`.
    due: InLanguages,
    /// Whoever asks for what there is not, or names no code, has the same answer.
    unknown: InLanguages,
    /// How to ask: `{prefix}` and `{shortCode}`.
    help: InLanguages,
    /// How far a feedback is: `{code}` and `{status}`. Left out, nobody is told of feedback in this
    /// way.
    #[serde(default)]
    feedback: Option<InLanguages>,
    /// The same with the day by which it is answered, `{date}`.
    #[serde(default)]
    feedback_due: Option<InLanguages>,
    /// That an answer to the question after a result was counted: `{code}`. Left out, nothing is said
    /// to it, which costs nothing.
    #[serde(default)]
    thanks: Option<InLanguages>,
}

/// What of a dossier goes into an answer.
const OF_DOSSIER: &[(&str, usize)] =
    &[("{code}", 52), ("{status}", 36), ("{done}", 1), ("{total}", 1)];
const OF_DUE_DOSSIER: &[(&str, usize)] =
    &[("{code}", 52), ("{status}", 36), ("{done}", 1), ("{total}", 1), ("{date}", 10)];
const OF_CODE: &[(&str, usize)] = &[("{code}", 52)];
const OF_FEEDBACK: &[(&str, usize)] = &[("{code}", 52), ("{status}", 36)];
const OF_DUE_FEEDBACK: &[(&str, usize)] = &[("{code}", 52), ("{status}", 36), ("{date}", 10)];
const OF_TERMS: &[(&str, usize)] = &[("{prefix}", 10), ("{shortCode}", 8)];

/// What somebody is answered.
#[derive(Debug, Clone, Copy)]
pub enum Reply<'a> {
    /// How far a dossier is; with the day on which its result is due for whom that concerns.
    Dossier(&'a Progress, Option<Date>),
    /// How far a feedback is, with the day by which it is answered where an answer is owed.
    Feedback(&'a Feedback),
    /// There is no such dossier or feedback, or the code is none.
    Unknown,
    /// How such a question is asked.
    Help,
    /// The dossier with this code has its answer to the question after a result.
    Thanks(&'a DossierCode),
}

/// A text to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The text by Zalo, with marks.
    pub zalo: String,
    /// The text by SMS, in its encoding.
    pub sms: String,
    /// The encoding of the SMS.
    pub encoding: Encoding,
}

impl AnswerTexts {
    /// The text of `reply` in `language`, or in Vietnamese where that has none.
    pub fn compose(
        &self,
        reply: Reply<'_>,
        terms: &InquiryTerms,
        language: Language,
    ) -> Option<Written> {
        let mut marked =
            vec![("{prefix}", terms.prefix.clone()), ("{shortCode}", terms.short_code.clone())];
        let texts = match reply {
            Reply::Dossier(progress, due) => {
                let completion = progress.completion;
                marked.push(("{code}", progress.code.to_string()));
                marked.push(("{status}", progress.status.name().to_owned()));
                marked.push(("{done}", completion.steps_done.to_string()));
                marked.push(("{total}", completion.steps_total.to_string()));
                let day = due.map(written_out);
                let texts = if day.is_some() { &self.due } else { &self.progress };
                marked.extend(day.map(|day| ("{date}", day)));
                texts
            }
            Reply::Feedback(feedback) => {
                marked.push(("{code}", feedback.code.to_string()));
                marked.push(("{status}", feedback.status.vietnamese().to_owned()));
                let day = feedback.due_at.filter(|_| feedback.status.is_before_its_answer());
                let day = day.zip(self.feedback_due.as_ref());
                match (day, &self.feedback) {
                    (Some((day, with_day)), _) => {
                        marked.push(("{date}", written_out(date_of(day))));
                        with_day
                    }
                    (None, Some(texts)) => texts,
                    (None, None) => &self.unknown,
                }
            }
            Reply::Unknown => &self.unknown,
            Reply::Help => &self.help,
            Reply::Thanks(code) => {
                marked.push(("{code}", code.to_string()));
                self.thanks.as_ref()?
            }
        };
        let text = in_language(&texts.0, language)?;
        let filled = |text: &String, plain: bool| {
            marked.iter().fold(text.clone(), |text, (name, value)| {
                let value = if plain { unaccented(value) } else { value.clone() };
                text.replace(name, &value)
            })
        };
        let encoding = text.sms.encoding;
        let sms = filled(&text.sms.text, encoding == Encoding::Gsm7);
        Some(Written { zalo: filled(&text.zalo, false), sms, encoding })
    }

    pub(super) fn violations(&self) -> Vec<Violation> {
        let code = Some(RuleName::TextNamesCode);
        let mut found = Vec::new();
        let thanks = self.thanks.iter().map(|texts| ("thanks", texts, code, OF_CODE));
        let feedback =
            self.feedback.iter().map(|texts| ("feedback", texts, code, OF_FEEDBACK)).chain(
                self.feedback_due.iter().map(|texts| ("feedbackDue", texts, code, OF_DUE_FEEDBACK)),
            );
        let always = [
            ("progress", &self.progress, code, OF_DOSSIER),
            ("due", &self.due, code, OF_DUE_DOSSIER),
            ("unknown", &self.unknown, None, &[]),
            ("help", &self.help, None, OF_TERMS),
        ];
        for (name, texts, names_subject, placeholders) in
            always.into_iter().chain(thanks).chain(feedback)
        {
            if !texts.0.contains_key(&Language::Vi) {
                let detail = "every text has a Vietnamese one";
                found.push(Violation::new(format!("answers.{name}"), RuleName::Vietnamese, detail));
            }
            for (language, text) in &texts.0 {
                let at = format!("answers.{name}.{}", language.name());
                found.extend(text.violations(&at, names_subject, placeholders));
            }
        }
        found
    }
}

/// A day as people write it.
fn written_out(day: Date) -> String {
    day.strftime("%d/%m/%Y").to_string()
}

impl AnswerText {
    fn violations(
        &self,
        at: &str,
        names_subject: Option<RuleName>,
        placeholders: &[(&str, usize)],
    ) -> Vec<Violation> {
        let field = format!("{at}.sms.text");
        let checks = (names_subject, placeholders);
        let mut found = self.sms.text_violations(&field, &[], &self.sms.text, checks);
        for (name, other) in
            [("withCount", &self.sms.with_count), ("withoutDueDate", &self.sms.without_due_date)]
        {
            if other.is_some() {
                found.push(Violation::new(
                    format!("{at}.sms.{name}"),
                    RuleName::WithoutDueDate,
                    "an answer has one text",
                ));
            }
        }
        let field = format!("{at}.zalo");
        let bare = placeholders
            .iter()
            .fold(self.zalo.clone(), |text, (placeholder, _)| text.replace(placeholder, ""));
        if bare.contains(['{', '}']) {
            let detail = "has a placeholder that nothing fills in";
            found.push(Violation::new(&field, RuleName::KnownPlaceholder, detail));
        }
        if let Some(rule) = names_subject
            && !self.zalo.contains("{code}")
        {
            found.push(Violation::new(&field, rule, "a text says what it is about: {code}"));
        }
        if self.zalo.chars().count() > ZALO_CHARACTERS_MAX {
            found.push(Violation::new(&field, RuleName::Length, "is longer than Zalo takes"));
        }
        found
    }
}

/// How those are answered who ask by SMS and Zalo, from one day on.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InquiryTerms {
    /// The first day on which they hold.
    valid_from: Date,
    /// The word by which the gateway passes an SMS on to us, in capital letters.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^[A-Z]{2,10}$")))]
    pub prefix: String,
    /// The number to which an SMS is sent.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^\d{3,8}$")))]
    pub short_code: String,
    /// The most answers to one sender on one day.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = ANSWERS_A_DAY_MAX)))]
    pub answers_a_day: u32,
    /// Đồng for an answer by the official account; none where it is not known, and then none goes.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(range(max = PRICE_MAX_VND)))]
    pub zalo_price_vnd: Option<u64>,
    #[serde(rename = "trust")]
    _trust: Trust,
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    source: String,
}

impl ValidFrom for InquiryTerms {
    fn valid_from(&self) -> Date {
        self.valid_from
    }
}

impl InquiryTerms {
    /// What is wrong with the one at `place` of its list, from 0.
    pub(super) fn violations(&self, place: usize) -> Vec<Violation> {
        let at = |field: &str| format!("inquiries[{place}].{field}");
        let mut found = Vec::new();
        let letters = self.prefix.bytes().all(|byte| byte.is_ascii_uppercase());
        if !letters || !(2..=10).contains(&self.prefix.len()) {
            let detail = "a prefix is 2 to 10 capital letters";
            found.push(Violation::new(at("prefix"), RuleName::Format, detail));
        }
        let digits = self.short_code.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || !(3..=8).contains(&self.short_code.len()) {
            let detail = "a short code is 3 to 8 digits";
            found.push(Violation::new(at("shortCode"), RuleName::Format, detail));
        }
        if !(1..=ANSWERS_A_DAY_MAX).contains(&self.answers_a_day) {
            let detail = format!("answersADay must be 1 to {ANSWERS_A_DAY_MAX}");
            found.push(Violation::new(at("answersADay"), RuleName::Range, detail));
        }
        if self.zalo_price_vnd.is_some_and(|price| price > PRICE_MAX_VND) {
            let detail = format!("zaloPriceVnd must be 0 to {PRICE_MAX_VND}");
            found.push(Violation::new(at("zaloPriceVnd"), RuleName::Range, detail));
        }
        if self.source.trim().is_empty() {
            found.push(Violation::new(at("source"), RuleName::Source, "a source is left out"));
        }
        found
    }
}
