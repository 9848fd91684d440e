//! The texts sent to applicants and authors of feedback, and to leaders in the morning. Messages
//! carry code, status, date and agency, or figures; never a person's name or an identity number.

pub mod answer;
mod carrier;
pub mod codes;
pub mod feedback;
pub mod headline;
mod name;
pub mod policy;
pub mod pool;
pub mod price;
pub mod proof;
pub mod provider;
pub mod question;
pub mod report;
pub mod teller;
pub mod text;
mod texts;
mod wording;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

pub use crate::language::Language;
pub use carrier::{DeliveryOutcome, DeliveryReport, NoticeChannel, NoticeClass, Provider};
pub use name::{MessageName, notice_id, parse_message_id};
pub use texts::{SmsText, SmsTexts, ZaloTemplates};
pub use wording::Wording;

use crate::calendar::date_of;
use crate::data_file::{Checks, data_file};
use crate::dossier::{Action, Dossier, HistoryEntry, RULES};
use crate::printed::FormLayout;
use crate::{RuleName, Violation};
use answer::AnswerTexts;
use feedback::FeedbackTexts;
use name::message_id;
use proof::ProofTemplate;
use question::QuestionTemplate;
use report::ReportTemplate;
use text::{Encoding, unaccented};
use texts::{Placeholders, by_language, in_language, text_violations};

/// Those of an applicant's text: a code of 35 + 1 + 8 + 1 + 7 characters, the longest status, a
/// date, a number of documents. There is none for a name or a number of a person, and so no way to send one.
const PLACEHOLDERS: Placeholders = Placeholders {
    names_subject: RuleName::TextNamesCode,
    each: &[("{code}", 52), ("{status}", 36), ("{date}", 10)],
    counted: &[("{count}", 2)],
};

/// The texts sent after an action.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Template {
    /// The action after which they are sent.
    pub action: Action,
    /// Whether the law requires the notice.
    pub class: NoticeClass,
    /// The ids of the templates that Zalo approved, by language.
    pub zalo: ZaloTemplates,
    /// The SMS texts by language.
    pub sms: SmsTexts,
}

/// An action without a notice.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Silence {
    action: Action,
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    reason: String,
}

data_file! {
    /// The data file `templates.json`: what an applicant is sent after an action, by channel and
    /// language.
    TemplatesFile {
        templates: Vec<Template>,
        /// What a text begins with that the applicant may have had before.
        #[serde(deserialize_with = "by_language")]
        #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, String>", extend("propertyNames" = {"enum": ["vi", "en"]}, "required" = ["vi"], "additionalProperties" = {"type": "string", "minLength": 1})))]
        repetition: BTreeMap<Language, String>,
        #[serde(default)]
        silent: Vec<Silence>,
        /// The texts of the morning report; `None` in editions older than the report.
        #[serde(default)]
        report: Option<ReportTemplate>,
        /// The texts with a one-time code; `None` in editions older than it.
        #[serde(default)]
        proof: Option<ProofTemplate>,
        /// How the forms are laid out that are printed; none in editions older than them.
        #[serde(default)]
        forms: Vec<FormLayout>,
        /// What is answered to those who ask; `None` in editions older than such answers.
        #[serde(default)]
        answers: Option<AnswerTexts>,
        /// The texts of the question after a result; `None` in editions older than it: nobody is asked.
        #[serde(default)]
        question: Option<QuestionTemplate>,
        /// What authors of feedback are told; `None` in editions older than that.
        #[serde(default)]
        feedback_texts: Option<FeedbackTexts>,
    }
}

impl TemplatesFile {
    /// Takes the layouts of printed forms out of it: they are no messages.
    pub(crate) fn take_forms(&mut self) -> Vec<FormLayout> {
        std::mem::take(&mut self.forms)
    }
}

/// All texts of an edition.
#[derive(Debug)]
pub struct Templates {
    by_action: BTreeMap<Action, Template>,
    repetition: BTreeMap<Language, String>,
    report: Option<ReportTemplate>,
    proof: Option<ProofTemplate>,
    answers: Option<AnswerTexts>,
    question: Option<QuestionTemplate>,
    feedback: Option<FeedbackTexts>,
}

impl Templates {
    /// Joins the texts. Fails with all rules that they break: an action without texts or with two,
    /// an unknown placeholder, accents where none may be, more SMS parts than allowed, no
    /// Vietnamese.
    pub fn assemble(file: TemplatesFile) -> Result<Self, Vec<Violation>> {
        Self::put_together(file, Checks::All)
    }

    /// The same, with these checks of each text.
    pub(crate) fn put_together(
        file: TemplatesFile,
        checks: Checks,
    ) -> Result<Self, Vec<Violation>> {
        let mut found = Vec::new();
        let mut by_action = BTreeMap::new();
        let prefixes: Vec<&str> = file.repetition.values().map(String::as_str).collect();
        if !file.repetition.contains_key(&Language::Vi) {
            found.push(Violation::new(
                "repetition",
                RuleName::Vietnamese,
                "every text has a Vietnamese one",
            ));
        }
        for (place, template) in file.templates.into_iter().enumerate() {
            if checks == Checks::All {
                found.extend(template.violations(place, &prefixes));
            }
            if let Some(twice) = by_action.insert(template.action, template) {
                let field = format!("templates[{place}].action");
                let detail = format!("two texts for {}", twice.action.name());
                found.push(Violation::new(field, RuleName::UniqueAction, detail));
            }
        }
        let mut silent = BTreeSet::new();
        for (place, silence) in file.silent.iter().enumerate() {
            if !silent.insert(silence.action) || by_action.contains_key(&silence.action) {
                let detail =
                    format!("{} is said and silent, or silent twice", silence.action.name());
                found.push(Violation::new(
                    format!("silent[{place}].action"),
                    RuleName::UniqueAction,
                    detail,
                ));
            }
            if silence.reason.trim().is_empty() {
                found.push(Violation::new(
                    format!("silent[{place}].reason"),
                    RuleName::Source,
                    "a reason is left out",
                ));
            }
        }
        for action in RULES.iter().map(|rule| rule.action).chain([Action::Submit]) {
            // In editions of before there was such a move nothing is said after it.
            if !matches!(action, Action::Redate | Action::AnnounceDelay | Action::Correct)
                && !by_action.contains_key(&action)
                && !silent.contains(&action)
            {
                let detail =
                    format!("nothing is said after {}, and no reason given", action.name());
                found.push(Violation::new("templates", RuleName::EveryAction, detail));
            }
        }
        if checks == Checks::All {
            found.extend(file.report.iter().flat_map(ReportTemplate::violations));
            found.extend(file.proof.iter().flat_map(ProofTemplate::violations));
            found.extend(file.answers.iter().flat_map(AnswerTexts::violations));
            found.extend(file.question.iter().flat_map(QuestionTemplate::violations));
            found.extend(file.feedback_texts.iter().flat_map(|texts| texts.violations(&prefixes)));
        }
        if found.is_empty() {
            let TemplatesFile { repetition, report, proof, answers, question, .. } = file;
            let feedback = file.feedback_texts;
            Ok(Self { by_action, repetition, report, proof, answers, question, feedback })
        } else {
            Err(found)
        }
    }

    /// The texts of the morning report, if the edition has them.
    pub fn report(&self) -> Option<&ReportTemplate> {
        self.report.as_ref()
    }

    /// The texts with a one-time code, if the edition has them.
    pub fn proof(&self) -> Option<&ProofTemplate> {
        self.proof.as_ref()
    }

    /// What is answered to those who ask, if the edition has it.
    pub fn answers(&self) -> Option<&AnswerTexts> {
        self.answers.as_ref()
    }

    /// The texts of the question after a result, if the edition has them.
    pub fn question(&self) -> Option<&QuestionTemplate> {
        self.question.as_ref()
    }

    /// The texts sent after `action`; `None` if it has no notice.
    pub fn after(&self, action: Action) -> Option<&Template> {
        self.by_action.get(&action)
    }

    /// The message for `entry` in `language`, or in Vietnamese if that has no text; a repetition is
    /// marked in the text. `None` for an action without a notice.
    pub fn compose(
        &self,
        dossier: &Dossier,
        entry: &HistoryEntry,
        wording: Wording,
        language: Language,
    ) -> Option<Notice> {
        let template = self.after(entry.action)?;
        let sms = template.sms.in_language(language)?;
        let prefix = match wording {
            Wording::First => String::new(),
            Wording::Repetition => {
                in_language(&self.repetition, language).cloned().unwrap_or_default()
            }
        };
        let due = entry.due_at.filter(|_| !entry.status.is_closed());
        let day = date_of(due.unwrap_or(entry.at));
        let undated = sms.without_due_date.as_ref().filter(|_| due.is_none());
        // Named by number alone: what they are says something of the person.
        let count = dossier.documents_moved_by(entry);
        let counted = sms.with_count.as_ref().filter(|_| count > 0);
        let text = counted.or(undated).unwrap_or(&sms.text);
        let date = day.strftime("%d/%m/%Y").to_string();
        let status = entry.status.name();
        let plain = match sms.encoding {
            Encoding::Gsm7 => unaccented(status),
            Encoding::Ucs2 => status.to_owned(),
        };
        let filled = text
            .replace("{code}", dossier.code.as_str())
            .replace("{status}", &plain)
            .replace("{date}", &date)
            .replace("{count}", &count.to_string());
        Some(Notice {
            id: message_id(&dossier.code, entry.version, wording),
            zalo_template_id: template.zalo.in_language(language).cloned().unwrap_or_default(),
            fields: BTreeMap::from([
                ("code", dossier.code.to_string()),
                ("status", format!("{prefix}{status}")),
                ("date", date),
            ]),
            sms: format!("{prefix}{filled}"),
            encoding: sms.encoding,
        })
    }
}

impl Template {
    /// What is wrong with the one at `place` of its list, from 0.
    fn violations(&self, place: usize, prefixes: &[&str]) -> Vec<Violation> {
        let field = format!("templates[{place}]");
        // What the law does not want is never told twice.
        let prefixes = if self.class == NoticeClass::Legal { prefixes } else { &[] };
        text_violations(&field, (&self.zalo, &self.sms), prefixes, PLACEHOLDERS)
    }
}

/// A message ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// `{code}/{version}`, with `/r` for a repetition: also the gateways' request or tracking id,
    /// so that one sent twice is recognised everywhere and a delivery report names it.
    pub id: String,
    /// The id of the template that Zalo approved.
    pub zalo_template_id: String,
    /// What its placeholders become. Of a dossier `code`, `status` with its marks, and `date`, the
    /// day that matters: when the result is due, else when it happened.
    pub fields: BTreeMap<&'static str, String>,
    /// The SMS with its placeholders filled in.
    pub sms: String,
    /// The encoding of the SMS.
    pub encoding: Encoding,
}
