//! The fingerprint by which a repeated request is recognised: the request as it came, independent
//! of our structures.
//!
//! The form has a number, which is stored with each hash. A field that requests gain later is
//! absent from earlier requests and changes no hash. A change of the form itself gets the next
//! number, and the old form stays readable.

use domain::id::{CommandId, DossierCode};
use domain::text;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::Failure;
use crate::wire::hex;

/// The form of [`Fingerprint::of`]. Form 1 was the hash over our own structure of August 2026, see
/// [`first_form`].
pub const FORM: u32 = 2;

/// The hash of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// The number of the form.
    pub form: u32,
    /// The SHA-256 in hexadecimal.
    pub hash: String,
}

impl Fingerprint {
    /// Of what came, and of the code that came beside it: the fields by name, without those that
    /// are null or missing, each text as the gate makes it.
    pub fn of(came: &Value, code: Option<&DossierCode>) -> Self {
        let mut written = String::new();
        write(came, "", &mut written);
        if let Some(code) = code {
            written.push_str(code.as_str());
        }
        Self { form: FORM, hash: hash(written.as_bytes()) }
    }
}

/// Fields that hold a number or code, in which blanks and the case of letters have no meaning.
const CODES: [&str; 8] =
    ["ward", "procedure", "agency", "idNumber", "idKind", "phone", "sha256", "kind"];

fn write(value: &Value, field: &str, out: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<(&String, &Value)> =
                fields.iter().filter(|(_, value)| !value.is_null()).collect();
            fields.sort_by_key(|(name, _)| *name);
            out.push('{');
            for (name, value) in fields {
                out.push_str(&Value::from(name.as_str()).to_string());
                out.push(':');
                write(value, name, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write(item, field, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::String(given) => {
            let cleaned = match CODES.contains(&field) {
                true => text::bare(given).to_ascii_uppercase(),
                false => text::line(given),
            };
            // With its quotes: no text can be mistaken for the form around it.
            out.push_str(&Value::from(cleaned).to_string());
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => out.push_str(&value.to_string()),
    }
}

/// Names a command after its parts: the same parts always give the same name, and no part can be
/// mistaken for another, whatever characters it holds.
pub fn command_id(parts: &[&str]) -> Result<CommandId, Failure> {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.len().to_be_bytes());
        digest.update(part.as_bytes());
    }
    Ok(CommandId::try_from(hex(digest.finalize()))?)
}

/// The hash of the first form, by which answers of earlier releases are recognised: the structure
/// of that time in its order, with a missing e-mail address as null. `None` for a request that
/// could not be made then.
pub(crate) fn first_form(came: &Value, code: Option<&DossierCode>) -> Option<String> {
    let first: First = serde_json::from_value(came.clone()).ok()?;
    Some(hash(&serde_json::to_vec(&(first, code)).ok()?))
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct First {
    procedure: String,
    agency: String,
    channel: String,
    applicant: FirstApplicant,
    documents: Vec<FirstDocument>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FirstApplicant {
    kind: String,
    full_name: String,
    id_number: String,
    phone: String,
    #[serde(default)]
    email: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FirstDocument {
    code: String,
    name: String,
    sha256: String,
    url: String,
}

fn hash(bytes: &[u8]) -> String {
    crate::wire::hex(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn came() -> Value {
        json!({
            "procedure": "1.000382", "agency": "H20.03", "channel": "online",
            "applicant": {"kind": "citizen", "fullName": "Trần Thị Mẫu", "idNumber": "087199012345", "phone": "0912345678"},
            "documents": [{"code": "TP01", "name": "a.pdf", "sha256": "00", "url": "https://files.example/a.pdf"}],
        })
    }

    #[test]
    fn what_says_the_same_has_the_same_fingerprint() {
        let one = Fingerprint::of(&came(), None);
        let text = came().to_string();
        for (same, why) in [
            (text.replace("Trần", "Tr\u{61}\u{302}\u{300}n"), "another composition"),
            (text.replace("Mẫu", " Mẫu\u{200b} "), "blanks and what cannot be seen"),
            (text.replace("087199012345", "087 199 012 345"), "a number in groups"),
            (text.replace("H20.03", "h20.03"), "small letters of a code"),
            (text.replace("\"phone\"", "\"email\":null,\"phone\""), "a field that is null"),
        ] {
            let same: Value = serde_json::from_str(&same).unwrap();
            assert_eq!(Fingerprint::of(&same, None), one, "{why}");
        }
    }

    #[test]
    fn what_says_something_else_has_another_fingerprint() {
        let one = Fingerprint::of(&came(), None);
        let text = came().to_string();
        for (other, why) in [
            (text.replace("Mẫu", "Mậu"), "another name"),
            (text.replace("Thị Mẫu", "ThịMẫu"), "a blank less in a name"),
            (text.replace("\"phone\"", "\"email\":\"a@b.c\",\"phone\""), "a field more"),
            (text.replace("TP01\",", "TP01\",\"x\":1,"), "a field that nobody knows yet"),
            (text.replace("a.pdf\",\"sha256", "A.pdf\",\"sha256"), "another file"),
        ] {
            let other: Value = serde_json::from_str(&other).unwrap();
            assert_ne!(Fingerprint::of(&other, None), one, "{why}");
        }
        assert_ne!(Fingerprint::of(&came(), "H20.03-261116-0001".parse().ok().as_ref()), one);
    }

    // Written down once: whoever changes the form gives it another number, and this test another
    // line.
    #[test]
    fn the_forms_stay_as_they_are() {
        let code: DossierCode = "H20.03-261116-0001".parse().unwrap();
        assert_eq!(Fingerprint::of(&came(), Some(&code)).form, 2);
        assert_eq!(
            Fingerprint::of(&came(), Some(&code)).hash,
            "b2b160360bc42236234f0f00a32036b496f1bcb4d05d6856f6b6d40955ad62bd"
        );
        assert_eq!(
            first_form(&came(), Some(&code)).as_deref(),
            Some("d7c01346199692e158b79dd965a6aaa1f7d644b00e334060327f5e81b44363c0")
        );
    }
}
