//! Where an applicant wants the result sent by post, and the order that the post gets for it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::applicant::{Applicant, FullName};
use crate::phone::Phone;
use crate::violation::{Fact, Unit};
use crate::{RuleName, Violation, text};

/// The longest address, in characters.
pub const ADDRESS_CHARACTERS_MAX: usize = 200;

/// What an attribute of it takes in the store besides its text: more than any name.
const ATTRIBUTE_BYTES: usize = 16;

/// House, street, hamlet and ward, as people write them: 1 to 200 characters, cleaned. Reading a stored
/// address does not judge it again.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PostalAddress(String);

impl fmt::Debug for PostalAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostalAddress(***)")
    }
}

impl PostalAddress {
    /// The address, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PostalAddress {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        let address = text::line(&text);
        if let Some(flaw) = text::flaw(&address) {
            return Err(Violation::new("address", flaw.rule(), flaw.detail()));
        }
        let long = address.chars().count() > ADDRESS_CHARACTERS_MAX;
        if long || !text::says_something(&address) {
            let detail = "must be 1 to 200 characters, one of them a letter or a digit";
            let fact = Fact::between(1, ADDRESS_CHARACTERS_MAX, Unit::Characters);
            return Err(Violation::new("address", RuleName::Length, detail).about(fact));
        }
        Ok(Self(address))
    }
}

/// A province of the country by its two digits in the national list of administrative units. Which
/// there are is not checked: a result may go to any, and the list is not ours.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProvinceNumber(String);

/// It is a part of somebody's address.
impl fmt::Debug for ProvinceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProvinceNumber(***)")
    }
}

impl ProvinceNumber {
    /// Whether this is how a province's number is written: two digits.
    pub fn is_written(text: &str) -> bool {
        text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// Its two digits in the national list.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ProvinceNumber {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        let text = text::bare(&text);
        if Self::is_written(&text) {
            return Ok(Self(text));
        }
        let detail = "must be the two digits of a province in the national list";
        Err(Violation::new("province", RuleName::Format, detail))
    }
}

/// Who gets a result by post, and where.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultTo {
    /// Who takes it: the applicant unless somebody else was named.
    pub recipient: FullName,
    /// Where the postman calls: the applicant's telephone unless another was given.
    pub phone: Phone,
    /// House, street, hamlet and ward.
    pub address: PostalAddress,
    /// The province in which that is.
    pub province: ProvinceNumber,
}

/// It says where somebody lives.
impl fmt::Debug for ResultTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResultTo(***)")
    }
}

impl ResultTo {
    /// The most bytes that it takes in the store.
    pub fn stored_bytes(&self) -> usize {
        let Self { recipient, phone, address, province } = self;
        let texts = [
            recipient.reveal().len(),
            phone.reveal().len(),
            address.reveal().len(),
            province.as_str().len(),
        ];
        texts.into_iter().map(|bytes| bytes + ATTRIBUTE_BYTES).sum()
    }
}

impl ResultTo {
    /// Where it goes once `before` was corrected to `after`: what was the applicant's is theirs still.
    #[must_use]
    pub fn following(&self, before: &Applicant, after: &Applicant) -> Self {
        let mut next = self.clone();
        if self.recipient == before.full_name {
            next.recipient = after.full_name.clone();
        }
        // Who has none any more is still asked for at the number that the post has.
        if before.phone.as_ref() == Some(&self.phone)
            && let Some(phone) = &after.phone
        {
            next.phone = phone.clone();
        }
        next
    }
}

/// An address at which a result is wanted, with the recipient and their telephone where they are not
/// the applicant's.
#[derive(Clone, PartialEq, Eq)]
pub struct PostalWish {
    /// Who takes it, if that is not the applicant.
    pub recipient: Option<FullName>,
    /// Where the postman calls, if that is not the applicant's telephone.
    pub phone: Option<Phone>,
    /// House, street, hamlet and ward.
    pub address: PostalAddress,
    /// The province in which that is.
    pub province: ProvinceNumber,
}

/// It says where somebody lives.
impl fmt::Debug for PostalWish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostalWish(***)")
    }
}

impl PostalWish {
    /// Where it goes: to the applicant, unless somebody else was named. Fails where neither it nor the
    /// applicant has a telephone: the postman has to call.
    pub fn of(&self, applicant: &Applicant) -> Result<ResultTo, Violation> {
        let Self { recipient, phone, address, province } = self;
        let phone = phone.as_ref().or(applicant.phone.as_ref());
        Ok(ResultTo {
            recipient: recipient.as_ref().unwrap_or(&applicant.full_name).clone(),
            phone: phone.ok_or_else(|| Violation::required("resultTo.phone"))?.clone(),
            address: address.clone(),
            province: province.clone(),
        })
    }
}

/// How a result is wanted, where that changes after handing in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResultWish {
    /// By post, to this address.
    ByPost(PostalWish),
    /// Not by post any more.
    NotByPost,
}

/// What the post is asked to fetch and to bring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostalOrder<'a> {
    /// Its number: the code of the dossier and the version with which the result came, so that
    /// whoever asks twice asks for the same, and a result after another has an order of its own.
    pub number: String,
    /// Who gets it, and at which address.
    pub to: &'a ResultTo,
}
