//! What the applicant is told, and when. Messages carry code, status and date; never a name or an id number.

use serde::Deserialize;

use crate::Violation;
use crate::calendar::date_of;
use crate::dossier::{Action, Dossier, HistoryEntry};
use crate::id::DossierCode;

/// One SMS in the 7-bit alphabet holds this many characters (GSM 03.38).
pub const SMS_CHARACTERS_MAX: usize = 160;

const PLACEHOLDERS: [&str; 3] = ["{code}", "{status}", "{date}"];

/// What is said after an action.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Template {
    /// After which action.
    pub action: Action,
    /// The template that Zalo approved.
    pub zalo_template_id: String,
    /// The SMS, unaccented, with `{code}`, `{status}` and `{date}`.
    pub sms: String,
    /// The SMS for a dossier without a due date, where `sms` speaks of one.
    #[serde(default)]
    pub sms_without_due_date: Option<String>,
}

/// What is wrong with a template.
pub fn template_violations(template: &Template) -> Vec<Violation> {
    let field = format!("templates.{}", template.action.name());
    let texts = std::iter::once(&template.sms).chain(&template.sms_without_due_date);
    texts.flat_map(|sms| text_violations(&field, sms)).collect()
}

fn text_violations(field: &str, sms: &str) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut bare = sms.to_owned();
    for placeholder in PLACEHOLDERS {
        bare = bare.replace(placeholder, "");
    }
    if bare.contains(['{', '}']) {
        found.push(Violation::new(field, "known-placeholder", "only {code}, {status} and {date} can be filled in"));
    }
    if !bare.chars().all(|c| is_gsm7_basic(c) || matches!(c, '{' | '}')) {
        found.push(Violation::new(field, "gsm-7", "must be unaccented text"));
    }
    // The longest that the three can become: a code of 35 + 1 + 8 + 1 + 7 characters, the longest status, a date.
    let longest = bare.chars().count()
        + sms.matches("{code}").count() * 52
        + sms.matches("{status}").count() * 36
        + sms.matches("{date}").count() * 10;
    if longest > SMS_CHARACTERS_MAX {
        found.push(Violation::new(
            field,
            "one-segment",
            format!("may become {longest} characters, more than one SMS holds"),
        ));
    }
    found
}

/// The part of the 7-bit alphabet that is also ASCII, less the characters that count twice.
fn is_gsm7_basic(c: char) -> bool {
    c.is_ascii_alphanumeric() || " @$_!\"#%&'()*+,-./:;<=>?\n\r".contains(c)
}

/// A notice ready to go: one for each history entry that the applicant is told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// `{code}/{version}`: also the gateways' tracking id, so that a repetition is recognised everywhere.
    pub id: String,
    /// The template that Zalo approved.
    pub zalo_template_id: String,
    /// What its placeholders become.
    pub code: DossierCode,
    /// Status, accented.
    pub status: String,
    /// The date that matters, `dd/mm/yyyy`: when the result is due, else when it happened.
    pub date: String,
    /// The SMS, filled in.
    pub sms: String,
}

/// The name of the notice about entry `version` of a dossier.
pub fn notice_id(code: &DossierCode, version: u64) -> String {
    format!("{code}/{version}")
}

impl Notice {
    /// What `template` says of `entry`.
    pub fn compose(template: &Template, dossier: &Dossier, entry: &HistoryEntry) -> Self {
        let due = entry.due_at.filter(|_| !entry.status.is_closed());
        let day = date_of(due.unwrap_or(entry.at));
        let text = template.sms_without_due_date.as_ref().filter(|_| due.is_none()).unwrap_or(&template.sms);
        let date = day.strftime("%d/%m/%Y").to_string();
        let status = entry.status.name().to_owned();
        let sms = text
            .replace("{code}", dossier.code.as_str())
            .replace("{status}", &unaccented(&status))
            .replace("{date}", &date);
        Self {
            id: notice_id(&dossier.code, entry.version),
            zalo_template_id: template.zalo_template_id.clone(),
            code: dossier.code.clone(),
            status,
            date,
            sms,
        }
    }
}

/// Vietnamese without its marks, as SMS in the 7-bit alphabet needs it.
pub fn unaccented(text: &str) -> String {
    text.chars()
        .map(|c| {
            let lower = c.to_lowercase().next().unwrap_or(c);
            let base =
                match lower {
                    'à' | 'á' | 'ả' | 'ã' | 'ạ' | 'ă' | 'ằ' | 'ắ' | 'ẳ' | 'ẵ' | 'ặ' | 'â' | 'ầ' | 'ấ' | 'ẩ' | 'ẫ'
                    | 'ậ' => 'a',
                    'è' | 'é' | 'ẻ' | 'ẽ' | 'ẹ' | 'ê' | 'ề' | 'ế' | 'ể' | 'ễ' | 'ệ' => 'e',
                    'ì' | 'í' | 'ỉ' | 'ĩ' | 'ị' => 'i',
                    'ò' | 'ó' | 'ỏ' | 'õ' | 'ọ' | 'ô' | 'ồ' | 'ố' | 'ổ' | 'ỗ' | 'ộ' | 'ơ' | 'ờ' | 'ớ' | 'ở' | 'ỡ'
                    | 'ợ' => 'o',
                    'ù' | 'ú' | 'ủ' | 'ũ' | 'ụ' | 'ư' | 'ừ' | 'ứ' | 'ử' | 'ữ' | 'ự' => 'u',
                    'ỳ' | 'ý' | 'ỷ' | 'ỹ' | 'ỵ' => 'y',
                    'đ' => 'd',
                    _ => return c,
                };
            if c.is_uppercase() { base.to_ascii_uppercase() } else { base }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dossier::DossierStatus;

    #[test]
    fn every_status_can_be_said_without_marks_in_the_room_reserved_for_it() {
        for status in DossierStatus::ALL {
            let plain = unaccented(status.name());
            assert!(plain.chars().all(is_gsm7_basic) && plain.len() <= 36, "{plain}");
        }
        assert_eq!(unaccented("Được tiếp nhận"), "Duoc tiep nhan");
    }

    #[test]
    fn a_template_with_marks_an_unknown_placeholder_or_too_much_text_is_refused() {
        let rules = |sms: &str| -> Vec<&str> {
            let template = Template {
                action: Action::Receive,
                zalo_template_id: "1".into(),
                sms: sms.into(),
                sms_without_due_date: None,
            };
            template_violations(&template).into_iter().map(|violation| violation.rule).collect()
        };
        assert_eq!(rules("Ho so {code} da duoc tiep nhan, hen tra {date}"), Vec::<&str>::new());
        assert_eq!(rules("Hồ sơ {code}"), ["gsm-7"]);
        assert_eq!(rules("Ho so {code} cua {name}"), ["known-placeholder"]);
        assert_eq!(rules(&"a".repeat(161)), ["one-segment"]);
    }
}
