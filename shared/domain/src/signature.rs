//! Signatures of electronic results: what the inspection found of one, whom the catalogue trusts,
//! and from when a result has to be signed.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::dated::{ValidFrom, in_force};
use crate::provenance::Trust;
use crate::row::{Lasting, RowChecks};
use crate::{RuleName, Violation, text};

/// The most characters that are kept of a name out of a certificate.
const NAME_CHARACTERS_MAX: usize = 200;

/// One table makes the faults and the rules that they are named by.
macro_rules! faults {
    ($($(#[$doc:meta])+ $fault:ident,)+) => {
        /// Why a PDF does not count as signed: the first rule of the inspection that it breaks, by
        /// the same name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum SignatureFault {
            $($(#[$doc])+ $fault,)+
        }

        impl SignatureFault {
            /// Every fault, in the order of the inspection.
            pub const ALL: &[Self] = &[$(Self::$fault),+];

            /// The rule that is broken.
            pub fn rule(self) -> RuleName {
                match self {
                    $(Self::$fault => RuleName::$fault,)+
                }
            }
        }
    };
}

faults! {
    /// There is no signature in it.
    NoSignature,
    /// A signature is in a format that is not accepted.
    SignatureFormat,
    /// A signature leaves out something other than its own value.
    ByteRange,
    /// It was changed after it was signed: no signature reaches to its last byte.
    NotWholeFile,
    /// A signature cannot be read.
    SignatureUnreadable,
    /// A digest or a signature is of a weak or unknown algorithm.
    AlgorithmNotAccepted,
    /// What was signed is not what the file has now.
    ContentChanged,
    /// A signature does not verify with the signer's key.
    SignatureInvalid,
    /// The signer's certificate is missing, or another one was signed for.
    SignerCertificate,
    /// The certificates lead to no authority that the catalogue trusts.
    UntrustedChain,
    /// A certificate was not valid at the time of signing.
    CertificateExpired,
    /// The signer's certificate is not for signing documents.
    KeyUsage,
    /// The time of signing cannot be read, or has not come yet.
    SigningTime,
    /// A timestamp is there, and is not one of this signature.
    TimestampInvalid,
    /// Its structure would take more steps than that of any honest file.
    TooComplex,
}

/// On what the time of a signature rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeBasis {
    /// A timestamp of an authority that the catalogue trusts.
    Timestamp,
    /// The signer's own clock: nobody else confirms it.
    SignersClaim,
    /// The signature names no time; it was judged at that of the inspection.
    Inspection,
}

/// The last signature of a PDF whose signatures all hold. Nobody was asked whether a certificate was
/// revoked (ADR 38). The name of the person who signed is not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifiedSignature {
    /// When it was made, as far as that is known.
    pub signed_at: Timestamp,
    /// On what that time rests.
    pub time_basis: TimeBasis,
    /// The organisation of the certificate; none for a person of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// Who gave the certificate out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Serial number of the certificate, in lower-case hexadecimal digits.
    pub serial: String,
}

impl VerifiedSignature {
    /// The same with names of a certificate through the text gate: what cannot be shown is left
    /// out, and what is longer than 200 characters is cut.
    #[must_use]
    pub fn cleaned(self) -> Self {
        let shown = |name: String| {
            let name: String = text::line(&name).chars().take(NAME_CHARACTERS_MAX).collect();
            Some(name).filter(|name| text::flaw(name).is_none() && text::says_something(name))
        };
        Self {
            organisation: self.organisation.and_then(shown),
            issuer: self.issuer.and_then(shown),
            ..self
        }
    }
}

/// What the inspection found of the signatures of a PDF.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum SignatureVerdict {
    /// Every signature holds, and the last one covers the whole file.
    Verified(VerifiedSignature),
    /// It does not count as signed.
    Faulty {
        /// The first fault that was found.
        fault: SignatureFault,
    },
}

/// An authority that is trusted to have known whom it gave a certificate: one row of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrustAnchor {
    /// What people call the authority.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    name: String,
    /// Its X.509 certificate: DER in base64, on one line.
    #[cfg_attr(
        feature = "schema",
        schemars(
            length(min = CERTIFICATE_CHARACTERS_MIN, max = CERTIFICATE_CHARACTERS_MAX),
            regex(pattern = r"^MI[A-Za-z0-9+/]+={0,2}$")
        )
    )]
    certificate: String,
    /// The first day on which it is trusted.
    valid_from: Date,
    /// Last day; none: until further notice.
    valid_to: Option<Date>,
    /// The source of the entry.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    source: String,
    /// How well it is vouched for.
    #[serde(rename = "trust")]
    _trust: Trust,
}

/// The fewest characters of a certificate: a key and a signature alone take more.
const CERTIFICATE_CHARACTERS_MIN: usize = 200;

/// The most characters of a certificate: six kilobytes, twice the largest in use.
const CERTIFICATE_CHARACTERS_MAX: usize = 8_192;

/// Whether `text` looks like a certificate in base64; whether it is one is found out where
/// certificates can be read.
fn is_certificate_in_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    let base64 = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    (CERTIFICATE_CHARACTERS_MIN..=CERTIFICATE_CHARACTERS_MAX).contains(&text.len())
        && text.len().is_multiple_of(4)
        && padding <= 2
        && digits.bytes().all(base64)
        // A sequence of 256 bytes or more.
        && digits.starts_with("MI")
}

/// Every authority that is trusted, by day. Without a row no signature holds.
#[derive(Debug)]
pub struct TrustedAuthorities(Vec<TrustAnchor>);

impl TrustedAuthorities {
    /// Puts the rows together; refused whole, with every reason.
    pub(crate) fn assemble(rows: Vec<TrustAnchor>) -> Result<Self, Vec<Violation>> {
        let mut found = Vec::new();
        for (place, row) in rows.iter().enumerate() {
            let at = Self::at(place);
            let mut checks = RowChecks::of(&at, &row.name);
            checks.check("name", RuleName::Name, !row.name.trim().is_empty(), "has no name");
            let looks_right = is_certificate_in_base64(&row.certificate);
            let detail = "must be an X.509 certificate: DER in base64, on one line";
            checks.check("certificate", RuleName::Certificate, looks_right, detail);
            checks.forward(row.lasting());
            checks.sourced(&row.source);
            found.extend(checks.found());
        }
        if found.is_empty() { Ok(Self(rows)) } else { Err(found) }
    }

    fn at(place: usize) -> String {
        format!("trustAnchors[{place}]")
    }

    /// The certificates, in base64, of those that are trusted on `day`.
    pub fn on(&self, day: Date) -> impl Iterator<Item = &str> {
        let in_force = move |row: &&TrustAnchor| row.lasting().covers(day);
        self.0.iter().filter(in_force).map(|row| row.certificate.as_str())
    }

    /// Each certificate that cannot be `read`, as a broken rule of its row.
    pub fn unreadable(&self, read: impl Fn(&str) -> bool) -> Vec<Violation> {
        let broken = self.0.iter().enumerate().filter(|(_, row)| !read(&row.certificate));
        broken
            .map(|(place, row)| {
                let detail = format!("{}: is no X.509 certificate that can be read", row.name);
                let field = format!("{}.certificate", Self::at(place));
                Violation::new(field, RuleName::Certificate, detail)
            })
            .collect()
    }
}

impl TrustAnchor {
    fn lasting(&self) -> Lasting {
        Lasting { first: self.valid_from, last: self.valid_to }
    }
}

/// Whether an electronic result has to be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SignatureDuty {
    /// It is a PDF whose signatures hold.
    Required,
    /// Any document that is accepted counts.
    NotRequired,
}

/// From when on electronic results have to be signed, or need not be: one row of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResultSignature {
    /// What holds from that day on.
    signature: SignatureDuty,
    /// The first day on which the row is in force.
    valid_from: Date,
    /// The source of the entry.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    source: String,
    /// How well it is vouched for.
    #[serde(rename = "trust")]
    _trust: Trust,
}

impl ValidFrom for ResultSignature {
    fn valid_from(&self) -> Date {
        self.valid_from
    }
}

/// Whether electronic results have to be signed, by day. Without a row they have to be.
#[derive(Debug)]
pub struct ResultSignatures(Vec<ResultSignature>);

impl ResultSignatures {
    /// Puts the rows together; refused whole, with every reason.
    pub(crate) fn assemble(rows: Vec<ResultSignature>) -> Result<Self, Vec<Violation>> {
        let mut found = Vec::new();
        for (place, row) in rows.iter().enumerate() {
            let at = format!("resultSignatures[{place}]");
            let mut checks = RowChecks::of(&at, "signatures of results");
            checks.sourced(&row.source);
            let same_start = |other: &ResultSignature| other.valid_from == row.valid_from;
            let unique = !rows[..place].iter().any(same_start);
            checks.check("validFrom", RuleName::UniqueStart, unique, "begins twice on this day");
            found.extend(checks.found());
        }
        if found.is_empty() { Ok(Self(rows)) } else { Err(found) }
    }

    /// Whether a result of `day` has to be signed to count as electronic.
    pub fn on(&self, day: Date) -> SignatureDuty {
        in_force(&self.0, day).map_or(SignatureDuty::Required, |row| row.signature)
    }
}
