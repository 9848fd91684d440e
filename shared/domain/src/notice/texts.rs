//! The texts of one message: templates at Zalo and SMS, each by language, and what may be wrong with
//! them.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use super::Language;
use super::text::{Encoding, is_plain, parts, segments};
use crate::{RuleName, Violation};

/// What a text may hold besides words, with the most characters that each can become. The first
/// names what the text is about, and no text goes without it.
#[derive(Clone, Copy)]
pub(super) struct Placeholders {
    /// The rule that a text breaks that does not name its subject.
    pub(super) names_subject: RuleName,
    pub(super) each: &'static [(&'static str, usize)],
    /// What `withCount` may hold besides: elsewhere there may be nothing to count.
    pub(super) counted: &'static [(&'static str, usize)],
}

/// A language as the key of a text, read as a string so that an error names the key.
#[derive(PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
struct LanguageKey(Language);

impl TryFrom<String> for LanguageKey {
    type Error = String;

    fn try_from(key: String) -> Result<Self, String> {
        let known =
            [Language::Vi, Language::En].into_iter().find(|language| language.name() == key);
        known.map(Self).ok_or_else(|| format!("{key} is no language, vi or en"))
    }
}

/// Reads texts keyed by language.
pub(super) fn by_language<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    source: D,
) -> Result<BTreeMap<Language, T>, D::Error> {
    let texts = BTreeMap::<LanguageKey, T>::deserialize(source)?;
    Ok(texts.into_iter().map(|(LanguageKey(language), text)| (language, text)).collect())
}

/// The one in `language`, else the Vietnamese one.
pub(super) fn in_language<T>(texts: &BTreeMap<Language, T>, language: Language) -> Option<&T> {
    texts.get(&language).or_else(|| texts.get(&Language::Vi))
}

/// The ids of the templates that Zalo approved, by language.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ZaloTemplates(
    #[serde(deserialize_with = "by_language")]
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, String>", extend("propertyNames" = {"enum": ["vi", "en"]}, "required" = ["vi"], "additionalProperties" = {"type": "string", "pattern": r"^\d+$"})))]
    BTreeMap<Language, String>,
);

impl ZaloTemplates {
    /// The id in `language`, else that of the Vietnamese one.
    pub fn in_language(&self, language: Language) -> Option<&String> {
        in_language(&self.0, language)
    }
}

/// The SMS texts by language.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SmsTexts(
    #[serde(deserialize_with = "by_language")]
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, SmsText>", extend("propertyNames" = {"enum": ["vi", "en"]}, "required" = ["vi"])))]
    BTreeMap<Language, SmsText>,
);

impl SmsTexts {
    /// The text in `language`, else the Vietnamese one.
    pub fn in_language(&self, language: Language) -> Option<&SmsText> {
        in_language(&self.0, language)
    }

    /// What is wrong with those of the entry `field` that have another text without a due date,
    /// where there is nothing that it could be about: `detail` says why.
    pub(super) fn dated(&self, field: &str, detail: &str) -> Vec<Violation> {
        let dated = self.0.iter().filter(|(_, sms)| sms.without_due_date.is_some());
        let violation = |(language, _): (&Language, &SmsText)| {
            let field = format!("{field}.sms.{}.withoutDueDate", language.name());
            Violation::new(field, RuleName::WithoutDueDate, detail)
        };
        dated.map(violation).collect()
    }
}

/// The most parts that a text can be given: each is paid for.
const SEGMENTS_MAX: usize = 5;

/// An SMS to be filled in.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SmsText {
    /// The text with the placeholders `{code}`, `{status}` and `{date}`.
    #[cfg_attr(
        feature = "schema",
        schemars(regex(
            pattern = r"^([^{}]|\{(code|status|date|period|received|resolved|onTime|overdue|unreceived|link|digits|minutes|done|total|prefix|shortCode|agency)\})+$"
        ))
    )]
    pub text: String,
    /// Where documents were asked for or came: the text with their number as `{count}` besides.
    #[serde(default)]
    #[cfg_attr(
        feature = "schema",
        schemars(regex(pattern = r"^([^{}]|\{(code|status|date|count)\})+$"))
    )]
    pub with_count: Option<String>,
    /// For a dossier without a due date, where `text` speaks of one.
    #[serde(default)]
    #[cfg_attr(
        feature = "schema",
        schemars(regex(
            pattern = r"^([^{}]|\{(code|status|date|period|received|resolved|onTime|overdue|unreceived|link|digits|minutes|done|total|prefix|shortCode|agency)\})+$"
        ))
    )]
    pub without_due_date: Option<String>,
    /// How it is coded: without Vietnamese marks unless asked otherwise.
    #[serde(default)]
    pub encoding: Encoding,
    /// The most parts that it may become.
    #[serde(default = "one")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = SEGMENTS_MAX)))]
    pub segments_max: usize,
}

fn one() -> usize {
    1
}

/// What is wrong with the texts of one entry, alone and behind each of `prefixes`.
pub(super) fn text_violations(
    field: &str,
    (ZaloTemplates(zalo), SmsTexts(sms)): (&ZaloTemplates, &SmsTexts),
    prefixes: &[&str],
    placeholders: Placeholders,
) -> Vec<Violation> {
    let mut found = Vec::new();
    for (channel, has_one) in
        [("zalo", zalo.contains_key(&Language::Vi)), ("sms", sms.contains_key(&Language::Vi))]
    {
        if !has_one {
            let field = format!("{field}.{channel}");
            found.push(Violation::new(
                field,
                RuleName::Vietnamese,
                "every text has a Vietnamese one",
            ));
        }
    }
    for (language, id) in zalo {
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
            let field = format!("{field}.zalo.{}", language.name());
            found.push(Violation::new(
                field,
                RuleName::ZaloTemplate,
                "a template of Zalo's is named by digits",
            ));
        }
    }
    for (language, sms) in sms {
        let texts = [
            ("text", Some(&sms.text), &[][..]),
            ("withoutDueDate", sms.without_due_date.as_ref(), &[]),
            ("withCount", sms.with_count.as_ref(), placeholders.counted),
        ];
        for (name, text, besides) in texts {
            let field = format!("{field}.sms.{}.{name}", language.name());
            let each: Vec<_> = placeholders.each.iter().chain(besides).copied().collect();
            let found_in = |text: &String| {
                sms.text_violations(
                    &field,
                    prefixes,
                    text,
                    (Some(placeholders.names_subject), &each),
                )
            };
            found.extend(text.map(found_in).unwrap_or_default());
        }
    }
    found
}

impl SmsText {
    pub(super) fn text_violations(
        &self,
        field: &str,
        prefixes: &[&str],
        text: &str,
        (names_subject, placeholders): (Option<RuleName>, &[(&str, usize)]),
    ) -> Vec<Violation> {
        let mut found = Vec::new();
        // A shorter filling never takes more parts than the longest one.
        let mut longest = text.to_owned();
        for (placeholder, length) in placeholders {
            longest = longest.replace(placeholder, &"x".repeat(*length));
        }
        let wordings: Vec<String> =
            [""].iter().chain(prefixes).map(|prefix| format!("{prefix}{longest}")).collect();
        if wordings.iter().any(|wording| wording.contains(['{', '}'])) {
            let names: Vec<&str> =
                placeholders.iter().map(|(placeholder, _)| *placeholder).collect();
            let detail = format!("only {} can be filled in", names.join(", "));
            found.push(Violation::new(field, RuleName::KnownPlaceholder, detail));
        }
        if let (Some(rule), Some((subject, _))) = (names_subject, placeholders.first())
            && !text.contains(subject)
        {
            found.push(Violation::new(
                field,
                rule,
                format!("a text says what it is about: {subject}"),
            ));
        }
        let most =
            wordings.iter().max_by_key(|wording| parts(wording, self.encoding)).unwrap_or(&longest);
        let (units, parts) = (segments(most).units, parts(most, self.encoding));
        if self.encoding == Encoding::Gsm7 && !wordings.iter().all(|wording| is_plain(wording)) {
            let detail = "must be unaccented text (ASCII alone), unless the encoding is ucs-2";
            found.push(Violation::new(field, RuleName::Gsm7, detail));
        } else if self.segments_max > SEGMENTS_MAX {
            let detail = format!("a text may be given at most {SEGMENTS_MAX} parts");
            found.push(Violation::new(field, RuleName::SegmentsMax, detail));
        } else if parts > self.segments_max {
            let detail = format!("may become {units} units in {parts} parts, more than its budget");
            found.push(Violation::new(field, RuleName::SegmentsMax, detail));
        }
        found
    }
}
