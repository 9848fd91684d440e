//! Applicants. The types here hold personal data and print as `***`.

use std::fmt;

use serde::{Deserialize, Serialize};

pub use crate::identity::{ApplicantKind, IdNumber};
pub use crate::phone::Phone;
use crate::violation::{Fact, Unit};
use crate::{RuleName, Violation, text};

/// Hides a type's content from `Debug`, and so from logs, spans and panics.
macro_rules! personal {
    ($name:ident) => {
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(***)"))
            }
        }

        impl $name {
            /// The content, for the one place that needs it.
            pub fn reveal(&self) -> &str {
                &self.0
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }
    };
}

/// The longest name, in characters.
pub const NAME_CHARACTERS_MAX: usize = 200;

/// A person's or a business's name, 1 to 200 characters, cleaned. Reading a stored name does not
/// judge it again: it was judged by the rules of its day.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FullName(String);
personal!(FullName);

impl TryFrom<String> for FullName {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        let name = text::line(&text);
        if let Some(flaw) = text::flaw(&name) {
            return Err(Violation::new("fullName", flaw.rule(), flaw.detail()));
        }
        if !text::has_letter(&name) || name.chars().count() > NAME_CHARACTERS_MAX {
            let detail = "must be 1 to 200 characters, one of them a letter";
            let broken = Violation::new("fullName", RuleName::FullName, detail)
                .about(Fact::between(1, NAME_CHARACTERS_MAX, Unit::Characters))
                .about(Fact::said("có chữ cái", "one of them a letter"));
            return Err(broken);
        }
        Ok(Self(name))
    }
}

/// The person or business that hands in a dossier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Applicant {
    /// Whether the applicant is a person or a business.
    pub kind: ApplicantKind,
    /// Name as on the identity document.
    pub full_name: FullName,
    /// The identity number with its kind.
    pub id_number: IdNumber,
    /// Where they can be called, and messages go where that is possible; none of somebody without a
    /// telephone, whom an officer or an integrator takes in ([`Actor::may_do_without_phone`]).
    ///
    /// [`Actor::may_do_without_phone`]: crate::dossier::Actor::may_do_without_phone
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
    /// The e-mail address, if one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
}

/// An e-mail address: one `@`, no blanks, at most 254 characters (RFC 5321 §4.5.3.1.3). Reading a
/// stored address does not judge it again.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);
personal!(Email);

impl TryFrom<String> for Email {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        let text = text::line(&text);
        let whole = text.len() <= 254 && text::flaw(&text).is_none() && !text.contains(' ');
        let (local, host) = text.split_once('@').unwrap_or_default();
        if whole
            && !local.is_empty()
            && host.contains('.')
            && !host.contains('@')
            && !host.starts_with('.')
            && !host.ends_with('.')
        {
            return Ok(Self(text));
        }
        Err(Violation::new("email", RuleName::Email, "must be an e-mail address"))
    }
}
