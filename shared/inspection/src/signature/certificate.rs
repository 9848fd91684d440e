//! What of a certificate the record and the rules of use need (RFC 5280), and its chain.

use der::oid::ObjectIdentifier;
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use webpki::{EndEntityCert, Error, ExtendedKeyUsageValidator, KeyPurposeIdIter};

use super::asn1::{
    BIT_STRING, BOOLEAN, INTEGER, OBJECT_IDENTIFIER, OCTETS, SEQUENCE, SET, Values, tagged,
    unix_time,
};
use super::{TrustAnchors, algorithm};
use crate::Rule;

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const ORGANISATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
const KEY_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.14");
const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");

/// Purposes with which a certificate may sign documents, one of them where it names any.
const DOCUMENT_PURPOSES: [&str; 5] = [
    "2.5.29.37.0",             // any
    "1.3.6.1.5.5.7.3.36",      // documentSigning, RFC 9336
    "1.3.6.1.5.5.7.3.4",       // emailProtection, which stood for it before
    "1.3.6.1.4.1.311.10.3.12", // Microsoft's document signing
    "1.2.840.113583.1.1.5",    // Adobe's authentic documents
];

/// The one purpose of a timestamp's certificate (RFC 3161 §2.3).
const TIMESTAMP_PURPOSE: &str = "1.3.6.1.5.5.7.3.8";

/// First bits of a key usage: digitalSignature and nonRepudiation; keyCertSign.
const SIGNS_DOCUMENTS: u8 = 0xc0;
const SIGNS_CERTIFICATES: u8 = 0x04;

/// Longest name that is kept of a certificate, in characters (RFC 5280 appendix A.1 allows 64).
const NAME_CHARACTERS_MAX: usize = 200;

/// What a certificate has signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Document,
    Timestamp,
}

/// Fields of a certificate.
pub(super) struct Fields<'a> {
    pub(super) serial: &'a [u8],
    /// Tag, length and value.
    pub(super) issuer: &'a [u8],
    subject: &'a [u8],
    pub(super) key_identifier: Option<&'a [u8]>,
    key_usage: Option<u8>,
    purposes: Vec<&'a [u8]>,
}

impl<'a> Fields<'a> {
    pub(super) fn of(certificate: &'a [u8]) -> Option<Self> {
        let mut body = Values::of(Values::within(certificate, SEQUENCE)?.expect(SEQUENCE)?)?;
        body.optional(tagged(0));
        let serial = body.expect(INTEGER)?;
        body.expect(SEQUENCE)?;
        let issuer = body.next()?.whole;
        body.expect(SEQUENCE)?;
        let subject = body.expect(SEQUENCE)?;
        body.expect(SEQUENCE)?;
        let mut fields = Self {
            serial,
            issuer,
            subject,
            key_identifier: None,
            key_usage: None,
            purposes: Vec::new(),
        };
        let last = body.rest()?.into_iter().find(|value| value.tag == tagged(3));
        if let Some(extensions) = last {
            for extension in Values::within(extensions.value, SEQUENCE)?.rest()? {
                fields.extension(extension.value)?;
            }
        }
        Some(fields)
    }

    fn extension(&mut self, extension: &'a [u8]) -> Option<()> {
        let mut parts = Values::of(extension)?;
        let name = parts.expect(OBJECT_IDENTIFIER)?;
        parts.optional(BOOLEAN);
        let value = parts.expect(OCTETS)?;
        if name == KEY_IDENTIFIER.as_bytes() {
            self.key_identifier = Some(Values::of(value)?.expect(OCTETS)?);
        } else if name == KEY_USAGE.as_bytes() {
            // Behind the number of unused bits.
            self.key_usage = Some(*Values::of(value)?.expect(BIT_STRING)?.get(1).unwrap_or(&0));
        } else if name == EXTENDED_KEY_USAGE.as_bytes() {
            let purposes = Values::within(value, SEQUENCE)?.rest()?;
            self.purposes = purposes.iter().map(|purpose| purpose.value).collect();
        }
        Some(())
    }

    /// The holder's common name.
    pub(super) fn common_name(&self) -> Option<String> {
        attribute(self.subject, COMMON_NAME)
    }

    /// The organisation that the holder signs for.
    pub(super) fn organisation(&self) -> Option<String> {
        attribute(self.subject, ORGANISATION)
    }

    /// The organisation that issued the certificate, else the issuer's own name.
    pub(super) fn issued_by(&self) -> Option<String> {
        let issuer = Values::of(self.issuer)?.expect(SEQUENCE)?;
        attribute(issuer, ORGANISATION).or_else(|| attribute(issuer, COMMON_NAME))
    }

    fn may(&self, bits: u8) -> bool {
        // Without the extension there is no restriction (RFC 5280 §4.2.1.3).
        self.key_usage.is_none_or(|usage| usage & bits != 0)
    }

    fn has_purpose(&self, purpose: &str) -> bool {
        let wanted = ObjectIdentifier::new_unwrap(purpose);
        self.purposes.iter().any(|own| *own == wanted.as_bytes())
    }

    fn fits(&self, purpose: Purpose) -> bool {
        let named = match purpose {
            Purpose::Document => {
                self.purposes.is_empty()
                    || DOCUMENT_PURPOSES.iter().any(|purpose| self.has_purpose(purpose))
            }
            Purpose::Timestamp => self.has_purpose(TIMESTAMP_PURPOSE),
        };
        named && self.may(SIGNS_DOCUMENTS)
    }
}

/// The first attribute of a name, without control characters.
fn attribute(name: &[u8], wanted: ObjectIdentifier) -> Option<String> {
    for set in Values::of(name)?.rest()? {
        for pair in Values::within(set.whole, SET)?.rest()? {
            let mut pair = Values::of(pair.value)?;
            if pair.expect(OBJECT_IDENTIFIER)? != wanted.as_bytes() {
                continue;
            }
            let value = pair.next()?;
            let text = match value.tag {
                // UTF8String, PrintableString, IA5String.
                0x0c | 0x13 | 0x16 => String::from_utf8_lossy(value.value).into_owned(),
                // BMPString.
                0x1e => {
                    let units = value.value.chunks_exact(2);
                    let units =
                        units.map(|unit| u16::from_be_bytes(unit.try_into().unwrap_or_default()));
                    String::from_utf16_lossy(&units.collect::<Vec<u16>>())
                }
                _ => return None,
            };
            let shown = text.chars().filter(|c| !c.is_control()).take(NAME_CHARACTERS_MAX);
            return Some(shown.collect());
        }
    }
    None
}

/// Purposes are judged on the signer's certificate alone: authorities name theirs as they like.
struct AnyPurpose;

impl ExtendedKeyUsageValidator for AnyPurpose {
    fn validate(&self, mut purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        purposes.try_for_each(|purpose| purpose.map(|_| ()))
    }
}

/// Judges a signer's certificate at the time of signing: its chain ends in an anchor, every
/// certificate of it was valid then, and it may sign what it has signed. Nobody is asked whether
/// it was revoked.
pub(super) fn judge(
    certificate: &EndEntityCert<'_>,
    fields: &Fields<'_>,
    others: &[CertificateDer<'_>],
    anchors: &TrustAnchors,
    at: Timestamp,
    purpose: Purpose,
) -> Result<(), Rule> {
    let path = certificate.verify_for_usage(
        &algorithm::of_certificates(),
        &anchors.0,
        others,
        unix_time(at).ok_or(Rule::SigningTime)?,
        AnyPurpose,
        None,
        None,
    );
    let path = path.map_err(|error| rule(&error))?;
    for authority in path.intermediate_certificates() {
        let authority = authority.der();
        let authority = Fields::of(&authority).ok_or(Rule::UntrustedChain)?;
        if !authority.may(SIGNS_CERTIFICATES) {
            return Err(Rule::UntrustedChain);
        }
    }
    if fields.fits(purpose) { Ok(()) } else { Err(Rule::KeyUsage) }
}

fn rule(error: &Error) -> Rule {
    if matches!(error, Error::CertExpired { .. } | Error::CertNotValidYet { .. }) {
        Rule::CertificateExpired
    } else if matches!(error, Error::CaUsedAsEndEntity) {
        Rule::KeyUsage
    } else if matches!(
        error,
        Error::UnsupportedSignatureAlgorithmContext(_)
            | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_)
    ) {
        Rule::AlgorithmNotAccepted
    } else {
        Rule::UntrustedChain
    }
}
