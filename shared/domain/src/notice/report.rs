//! The message of the morning report: a headline and the link to the whole report.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::headline::{Headline, LINK_CHARACTERS_MAX};
use super::texts::{Placeholders, text_violations};
use super::{Language, Notice, SmsTexts, ZaloTemplates, notice_id};
use crate::id::ReportCode;
use crate::{RuleName, Violation};

/// What the text may hold: the link, days (`20/11/2026-22/11/2026`), numbers below a thousand
/// millions, a share (`100,00%`).
const PLACEHOLDERS: Placeholders = Placeholders {
    names_subject: RuleName::TextNamesLink,
    each: &[
        ("{link}", LINK_CHARACTERS_MAX),
        ("{period}", 21),
        ("{received}", 9),
        ("{resolved}", 9),
        ("{onTime}", 7),
        ("{overdue}", 9),
        ("{unreceived}", 9),
    ],
    counted: &[],
};

/// The text of the morning report. The law does not require it: it waits for the end of the quiet
/// hours, counts against budget and cap, and is never repeated.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReportTemplate {
    zalo: ZaloTemplates,
    sms: SmsTexts,
}

impl ReportTemplate {
    pub(super) fn violations(&self) -> Vec<Violation> {
        let mut found = text_violations("report", (&self.zalo, &self.sms), &[], PLACEHOLDERS);
        found.extend(self.sms.dated("report", "a report has no due date, and one text"));
        found
    }

    /// The message of the report `code`, in `language` where there is a text in it.
    pub fn compose(
        &self,
        code: &ReportCode,
        headline: &Headline,
        language: Language,
    ) -> Option<Notice> {
        let sms = self.sms.in_language(language)?;
        let mut fields = BTreeMap::from([
            ("period", period(headline)),
            ("received", headline.received.to_string()),
            ("resolved", headline.resolved.to_string()),
            ("onTime", on_time(headline.on_time_share, language)),
            ("overdue", headline.overdue.to_string()),
            ("link", headline.link.clone()),
        ]);
        // A province that has not taken it into its text has not registered it with Zalo either.
        if sms.text.contains("{unreceived}") {
            fields.insert("unreceived", headline.unreceived.to_string());
        }
        let filled = fields.iter().fold(sms.text.clone(), |text, (name, value)| {
            text.replace(&format!("{{{name}}}"), value)
        });
        Some(Notice {
            id: notice_id(code, 1),
            zalo_template_id: self.zalo.in_language(language)?.clone(),
            fields,
            sms: filled,
            encoding: sms.encoding,
        })
    }
}

/// The days that were counted, as Vietnam writes them.
fn period(headline: &Headline) -> String {
    let written = |day: jiff::civil::Date| day.strftime("%d/%m/%Y").to_string();
    if headline.first == headline.last {
        written(headline.last)
    } else {
        format!("{}-{}", written(headline.first), written(headline.last))
    }
}

/// A share with the decimal mark of the language; a dash where nothing was settled, which is not
/// nought.
fn on_time(share: Option<u64>, language: Language) -> String {
    let mark = match language {
        Language::Vi => ',',
        Language::En => '.',
    };
    share
        .map_or_else(|| "-".to_owned(), |share| format!("{}{mark}{:02}%", share / 100, share % 100))
}
