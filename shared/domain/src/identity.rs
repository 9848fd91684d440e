//! Numbers by which applicants are known: which kinds there are, how each is written, which
//! procedures take it and since when. All of that is data (`intake.json`); what is certain about a
//! number is checked, and the rest left open.

mod check;
mod form;

use std::collections::BTreeSet;
use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::id::ProcedureCode;
use crate::provenance::Trust;
use crate::row::{Lasting, RowChecks};
use crate::violation::Fact;
use crate::{RuleName, Violation, text};

use check::Check;
pub use check::{CitizenNumbers, TaxCodes};
pub(crate) use form::Form as NumberForm;
use form::Form;

/// The kind of the twelve digits of a citizen (số định danh cá nhân).
const CITIZEN_ID: &str = "citizen-id";
/// The kind of an enterprise's ten digits, with those of its branch.
const ENTERPRISE: &str = "enterprise";

/// A person or a business: decides how the id number is read. National codes "1" and "2"
/// (`LoaiDoiTuong`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ApplicantKind {
    /// A natural person (cá nhân).
    Citizen,
    /// An enterprise, co-operative or household business (doanh nghiệp).
    Business,
}

/// An identity number with its kind. Equal digits of two kinds are two people: a passport may have
/// the digits of an old identity card.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IdNumber {
    kind: String,
    number: String,
}

impl fmt::Debug for IdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdNumber(***)")
    }
}

impl IdNumber {
    /// The bare number, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.number
    }

    /// Its kind, as `intake.json` names it.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The number as it is stored, which no number of another kind is: citizens' and enterprises'
    /// bare, as they always were, any other behind its kind, `passport:C1234567`.
    pub fn stored(&self) -> String {
        let bare = matches!(self.kind.as_str(), CITIZEN_ID | ENTERPRISE);
        if bare { self.number.clone() } else { format!("{}:{}", self.kind, self.number) }
    }
}

impl From<IdNumber> for String {
    fn from(number: IdNumber) -> Self {
        number.stored()
    }
}

/// Reads a stored number, which was judged by the rules of its day. Input goes through
/// [`Identities::read`].
impl TryFrom<String> for IdNumber {
    type Error = Violation;

    fn try_from(stored: String) -> Result<Self, Violation> {
        let (kind, number) = match stored.split_once(':') {
            Some((kind, number)) => (kind, number),
            None if stored.len() == 12 => (CITIZEN_ID, stored.as_str()),
            None => (ENTERPRISE, stored.as_str()),
        };
        Ok(Self { kind: kind.to_owned(), number: number.to_owned() })
    }
}

/// One kind of identity number.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IdentityKind {
    /// The kind's name, e.g. `passport`.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^[a-z-]{1,40}$")))]
    kind: String,
    /// What people call it, in Vietnamese.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    name: String,
    /// Whether persons or businesses have it.
    of: ApplicantKind,
    /// The forms of the number without separators.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    forms: Vec<Form>,
    /// What is certain about it besides.
    #[serde(default)]
    checks: Vec<Check>,
    /// Whether the sender has to name the kind, because numbers of other kinds look the same.
    #[serde(default)]
    named: bool,
    /// The procedures that take it; none: all of them.
    #[serde(default)]
    procedures: Option<Vec<ProcedureCode>>,
    /// First day on which it is taken.
    valid_from: Date,
    /// Last day; none: until further notice. A dossier is judged by the day on which it was handed
    /// in.
    valid_to: Option<Date>,
    /// The source of the entry.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    source: String,
    /// How well it is vouched for.
    #[serde(rename = "trust")]
    _trust: Trust,
}

/// Every kind of number, with what is known of how they are made.
#[derive(Debug)]
pub struct Identities {
    kinds: Vec<IdentityKind>,
    citizens: CitizenNumbers,
    tax_codes: TaxCodes,
}

impl Identities {
    /// Puts the kinds together; refused whole, with every reason.
    pub(crate) fn assemble(
        kinds: Vec<IdentityKind>,
        citizens: CitizenNumbers,
        tax_codes: TaxCodes,
    ) -> Result<Self, Vec<Violation>> {
        let mut found = citizens.violations();
        found.extend(tax_codes.violations());
        let mut names = BTreeSet::new();
        for (place, kind) in kinds.iter().enumerate() {
            let at = format!("identities[{place}]");
            let mut row = RowChecks::of(&at, &kind.kind);
            let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
            let named = (1..=40).contains(&kind.kind.len()) && kind.kind.bytes().all(plain);
            row.check("kind", RuleName::Kind, named, "must be 1 to 40 of a to z and -");
            row.check(
                "kind",
                RuleName::UniqueKind,
                names.insert(kind.kind.as_str()),
                "stands twice",
            );
            row.check("name", RuleName::Name, !kind.name.trim().is_empty(), "has no name");
            row.check("forms", RuleName::Forms, !kind.forms.is_empty(), "has no form");
            row.forward(kind.lasting());
            row.sourced(&kind.source);
            found.extend(row.found());
        }
        for bare in [CITIZEN_ID, ENTERPRISE] {
            if !names.contains(bare) {
                found.push(absent(bare));
            }
        }
        if found.is_empty() { Ok(Self { kinds, citizens, tax_codes }) } else { Err(found) }
    }

    /// Procedures that a kind is for and that are not `known`.
    pub(crate) fn unknown_procedures(
        &self,
        known: impl Fn(&ProcedureCode) -> bool,
    ) -> Vec<Violation> {
        let listed = self.kinds.iter().enumerate().flat_map(|(place, kind)| {
            let codes = kind.procedures.iter().flatten().enumerate();
            codes.map(move |(number, code)| {
                (format!("identities[{place}].procedures[{number}]"), kind, code)
            })
        });
        let said = |(field, kind, code): (String, &IdentityKind, &ProcedureCode)| {
            Violation::new(
                field,
                RuleName::KnownProcedure,
                format!("{}: {code} is not listed", kind.kind),
            )
        };
        listed.filter(|(_, _, code)| !known(code)).map(said).collect()
    }

    /// The names of all kinds.
    pub fn kinds(&self) -> impl Iterator<Item = &str> {
        self.kinds.iter().map(|kind| kind.kind.as_str())
    }

    /// Reads a number given by an applicant of kind `of`: as the named kind of number, or else as
    /// the first kind whose form it has.
    pub fn read(
        &self,
        of: ApplicantKind,
        named: Option<&str>,
        given: &str,
    ) -> Result<IdNumber, Violation> {
        let candidates = candidates(of, given);
        let mut kinds = self.kinds.iter().filter(|kind| kind.of == of);
        let (kind, number) = match named.map(|name| text::bare(name).to_ascii_lowercase()) {
            Some(name) => {
                let kind = kinds.find(|kind| kind.kind == name).ok_or_else(|| {
                    let detail = "is no kind of number that such an applicant has";
                    let known = self.kinds.iter().filter(|kind| kind.of == of);
                    Violation::new("idKind", RuleName::KnownIdKind, detail)
                        .about(Fact::choices(known.map(|kind| &kind.kind)))
                })?;
                (kind, kind.written(&candidates).ok_or_else(|| kind.not_written_so())?)
            }
            None => {
                let written =
                    |kind: &'_ IdentityKind| !kind.named && kind.written(&candidates).is_some();
                let kind = kinds.find(|kind| written(kind)).ok_or_else(|| not_any(of))?;
                (kind, kind.written(&candidates).ok_or_else(|| not_any(of))?)
            }
        };
        if number.contains('0')
            && number.bytes().filter(u8::is_ascii_digit).all(|digit| digit == b'0')
        {
            return Err(Violation::new(
                "idNumber",
                RuleName::IdNumberZeros,
                "is nothing but zeros",
            ));
        }
        for check in &kind.checks {
            check.passes(number, &self.citizens, &self.tax_codes)?;
        }
        Ok(IdNumber { kind: kind.kind.clone(), number: number.clone() })
    }

    /// The kinds of number that `procedure` takes on `day`, in the order in which an unnamed number is read.
    pub fn taken_by(
        &self,
        procedure: &ProcedureCode,
        day: Date,
    ) -> impl Iterator<Item = &IdentityKind> {
        self.kinds.iter().filter(move |kind| kind.is_taken_on(day) && kind.is_taken_by(procedure))
    }

    /// Why `procedure` does not take the number on `day`, if it does not.
    pub fn violation(
        &self,
        number: &IdNumber,
        procedure: &ProcedureCode,
        day: Date,
    ) -> Option<Violation> {
        let kind = self.kinds.iter().find(|kind| kind.kind == number.kind)?;
        if !kind.is_taken_on(day) {
            let detail = format!("a number of the kind {} was not taken on {day}", kind.kind);
            let broken = Violation::new("idNumber", RuleName::IdKindInForce, detail);
            return Some(broken.about(Fact::named(&kind.kind, &kind.name)));
        }
        if !kind.is_taken_by(procedure) {
            let detail = format!("the procedure takes no number of the kind {}", kind.kind);
            let broken = Violation::new("idNumber", RuleName::IdKindOfProcedure, detail);
            return Some(broken.about(Fact::named(&kind.kind, &kind.name)));
        }
        let born = kind
            .checks
            .contains(&Check::CitizenNumber)
            .then(|| self.citizens.born(&number.number))
            .flatten();
        born.filter(|year| *year > day.year()).map(|_| {
            Violation::new(
                "idNumber",
                RuleName::CitizenIdCentury,
                "is that of somebody born after the dossier was handed in",
            )
        })
    }
}

impl IdentityKind {
    /// Its name in requests and records, e.g. `passport`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The Vietnamese name for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether persons or businesses have it.
    pub fn of(&self) -> ApplicantKind {
        self.of
    }

    /// Whether whoever hands it in has to name the kind.
    pub fn is_named(&self) -> bool {
        self.named
    }

    fn lasting(&self) -> Lasting {
        Lasting { first: self.valid_from, last: self.valid_to }
    }

    fn is_taken_on(&self, day: Date) -> bool {
        self.lasting().covers(day)
    }

    fn is_taken_by(&self, procedure: &ProcedureCode) -> bool {
        self.procedures.as_ref().is_none_or(|taken| taken.contains(procedure))
    }

    /// The first of the candidates that is written as this kind is.
    fn written<'a>(&self, candidates: &'a [String]) -> Option<&'a String> {
        candidates.iter().find(|candidate| self.forms.iter().any(|form| form.fits(candidate)))
    }

    fn not_written_so(&self) -> Violation {
        let rule = match self.of {
            ApplicantKind::Citizen => RuleName::CitizenId,
            ApplicantKind::Business => RuleName::BusinessId,
        };
        Violation::new(
            "idNumber",
            rule,
            format!("is not written as a number of the kind {} is", self.kind),
        )
        .about(Fact::named(&self.kind, &self.name))
    }
}

fn absent(kind: &str) -> Violation {
    let rule = RuleName::Present;
    Violation::new("identities", rule, format!("{kind} is always taken"))
}

fn not_any(of: ApplicantKind) -> Violation {
    match of {
        ApplicantKind::Citizen => Violation::new(
            "idNumber",
            RuleName::CitizenId,
            "must be the 12 digits of a citizen's identity number; idKind names any other",
        )
        .about(Fact::said(
            "12 chữ số; số khác thì idKind nêu loại",
            "12 digits; idKind names any other",
        )),
        ApplicantKind::Business => Violation::new(
            "idNumber",
            RuleName::BusinessId,
            "must be the 10 digits of an enterprise, with 3 more for a branch, or 12 of a household business; idKind names any other",
        )
        .about(Fact::said(
            "10 chữ số, chi nhánh thêm 3, hộ kinh doanh 12; số khác thì idKind nêu loại",
            "10 digits, 3 more for a branch, 12 of a household business; idKind names any other",
        )),
    }
}

/// The bare numbers that a text can mean. Blanks, hyphens and dots only separate digits, except
/// before a branch's digits, where the hyphen may also be missing.
fn candidates(of: ApplicantKind, given: &str) -> Vec<String> {
    let groups: Vec<String> =
        text::groups(given).iter().map(|group| group.to_ascii_uppercase()).collect();
    let joined = groups.concat();
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match of {
        ApplicantKind::Citizen => vec![joined],
        ApplicantKind::Business => match groups.as_slice() {
            // One digit too few of a branch makes twelve: a household's number is not written so.
            [main, branch] if main.len() == 10 && digits(main) => vec![format!("{main}-{branch}")],
            _ if joined.len() == 13 && digits(&joined) => {
                vec![format!("{}-{}", &joined[..10], &joined[10..])]
            }
            _ => vec![joined],
        },
    }
}
