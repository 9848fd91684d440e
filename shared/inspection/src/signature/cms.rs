//! Signed data (RFC 5652 §5) with one signer, and whether it signs a content.

use der::oid::ObjectIdentifier;
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use webpki::EndEntityCert;

use super::algorithm::{self, Digest};
use super::asn1::{self, INTEGER, OBJECT_IDENTIFIER, OCTETS, SEQUENCE, SET, Tlv, Values, tagged};
use super::certificate::Fields;
use crate::Rule;

pub(super) const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_TIME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.5");
/// `id-aa-timeStampToken`, RFC 3161 appendix A.
const TIMESTAMP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.14");
/// The attribute `id-aa-signingCertificateV2` (RFC 5035).
const SIGNING_CERTIFICATE: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");

/// Certificates that a signature may carry; a chain has three or four.
const CERTIFICATES_MAX: usize = 32;

/// Signed data with its one signer.
pub(super) struct SignedData<'a> {
    content_type: &'a [u8],
    /// The content where it is inside.
    pub(super) content: Option<&'a [u8]>,
    certificates: Vec<&'a [u8]>,
    signer: Signer<'a>,
}

/// Which certificate a signer names.
enum Named<'a> {
    /// Issuer (tag, length and value) and serial number.
    Serial(&'a [u8], &'a [u8]),
    KeyIdentifier(&'a [u8]),
}

struct Signer<'a> {
    named: Named<'a>,
    digest: Digest,
    /// As they are written: tag, length and value.
    signed: &'a [u8],
    attributes: Vec<(&'a [u8], Tlv<'a>)>,
    algorithm: &'a [u8],
    signature: &'a [u8],
    unsigned: Vec<(&'a [u8], Tlv<'a>)>,
}

impl<'a> SignedData<'a> {
    /// Reads a `ContentInfo`, behind which only zeros come.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Rule> {
        let mut values = Values::of(bytes).ok_or(Rule::SignatureUnreadable)?;
        let info = values.next().ok_or(Rule::SignatureUnreadable)?;
        let padding = bytes.get(info.whole.len()..).unwrap_or_default();
        if info.tag != SEQUENCE || padding.iter().any(|byte| *byte != 0) {
            return Err(Rule::SignatureUnreadable);
        }
        Self::content_info(info.value).ok_or(Rule::SignatureUnreadable)?
    }

    fn content_info(info: &'a [u8]) -> Option<Result<Self, Rule>> {
        let mut info = Values::of(info)?;
        let kind = info.expect(OBJECT_IDENTIFIER)?;
        let mut data = Values::within(info.expect(tagged(0))?, SEQUENCE)?;
        if kind != SIGNED_DATA.as_bytes() || !info.is_done() {
            return None;
        }
        let version = data.expect(INTEGER)?;
        let digests = Values::of(data.expect(SET)?)?.rest()?;
        let mut content = Values::of(data.expect(SEQUENCE)?)?;
        let content_type = content.expect(OBJECT_IDENTIFIER)?;
        let inside = match content.optional(tagged(0)) {
            Some(inside) => Some(Values::of(inside.value)?.expect(OCTETS)?),
            None => None,
        };
        let certificates = match data.optional(tagged(0)) {
            Some(certificates) => Values::of(certificates.value)?.rest()?,
            None => Vec::new(),
        };
        data.optional(tagged(1));
        let mut signers = Values::of(data.expect(SET)?)?;
        let signer = match Signer::read(signers.expect(SEQUENCE)?)? {
            Ok(signer) => signer,
            Err(rule) => return Some(Err(rule)),
        };
        if !content.is_done() || !data.is_done() || !signers.is_done() {
            return None;
        }
        if certificates.len() > CERTIFICATES_MAX {
            return Some(Err(Rule::TooComplex));
        }
        // RFC 5652 §5.1.
        let by_key = matches!(signer.named, Named::KeyIdentifier(_));
        let expected = if by_key || content_type != DATA.as_bytes() { 3 } else { 1 };
        let sequences = |values: &[Tlv<'_>]| values.iter().all(|value| value.tag == SEQUENCE);
        let listed = digests.iter().any(|own| Digest::named(own.value) == Ok(signer.digest));
        let formed = sequences(&digests) && sequences(&certificates);
        if version != [expected] || !listed || !formed {
            return None;
        }
        let certificates = certificates.iter().map(|certificate| certificate.whole).collect();
        Some(Ok(Self { content_type, content: inside, certificates, signer }))
    }

    /// Whether this signs the content that `parts` make, one behind the other, as one of `kind`.
    /// Gives back the signer's certificate.
    pub(super) fn verify(&self, kind: ObjectIdentifier, parts: &[&[u8]]) -> Result<&'a [u8], Rule> {
        let signer = &self.signer;
        let attribute = |name| only(&signer.attributes, name);
        let signed_kind = attribute(CONTENT_TYPE)?.filter(|kind| kind.tag == OBJECT_IDENTIFIER);
        let signed_kind = signed_kind.ok_or(Rule::SignatureUnreadable)?.value;
        if self.content_type != kind.as_bytes() || signed_kind != kind.as_bytes() {
            return Err(Rule::SignatureUnreadable);
        }
        let digest = attribute(MESSAGE_DIGEST)?.filter(|digest| digest.tag == OCTETS);
        let digest = digest.ok_or(Rule::SignatureUnreadable)?.value;
        if digest != signer.digest.of(parts).as_ref() {
            return Err(Rule::ContentChanged);
        }
        let certificate = self.signers_certificate().ok_or(Rule::SignerCertificate)?;
        if let Some(bound) = attribute(SIGNING_CERTIFICATE)? {
            is_bound(bound, certificate)?;
        }
        // They are signed as a SET, and sent as `[0]` (§5.4).
        let behind_tag = signer.signed.get(1..).unwrap_or_default();
        let message = [&[SET], behind_tag].concat();
        let own = CertificateDer::from(certificate);
        let key = EndEntityCert::try_from(&own).map_err(|_| Rule::SignerCertificate)?;
        algorithm::verify(signer.algorithm, signer.digest, &key, &message, signer.signature)?;
        Ok(certificate)
    }

    /// Whether the signer has bound the certificate into what they signed.
    pub(super) fn binds_its_certificate(&self) -> Result<bool, Rule> {
        Ok(only(&self.signer.attributes, SIGNING_CERTIFICATE)?.is_some())
    }

    fn signers_certificate(&self) -> Option<&'a [u8]> {
        self.certificates.iter().copied().find(|certificate| {
            Fields::of(certificate).is_some_and(|fields| match self.signer.named {
                Named::Serial(issuer, serial) => fields.issuer == issuer && fields.serial == serial,
                Named::KeyIdentifier(key) => fields.key_identifier == Some(key),
            })
        })
    }

    /// The certificates that came along, without `signers`.
    pub(super) fn others(&self, signers: &[u8]) -> Vec<CertificateDer<'a>> {
        let others = self.certificates.iter().filter(|own| **own != signers);
        others.map(|own| CertificateDer::from(*own)).collect()
    }

    /// The time that the signer put into what they signed.
    pub(super) fn claimed_time(&self) -> Result<Option<Timestamp>, Rule> {
        let claimed = only(&self.signer.attributes, SIGNING_TIME)?;
        claimed.map(|time| asn1::time(time).ok_or(Rule::SigningTime)).transpose()
    }

    /// The timestamp that was put beside the signature: tag, length and value.
    pub(super) fn timestamp(&self) -> Result<Option<&'a [u8]>, Rule> {
        Ok(only(&self.signer.unsigned, TIMESTAMP)?.map(|token| token.whole))
    }

    /// The signature's value, which a timestamp is made of.
    pub(super) fn value(&self) -> &'a [u8] {
        self.signer.signature
    }
}

impl<'a> Signer<'a> {
    fn read(bytes: &'a [u8]) -> Option<Result<Self, Rule>> {
        let mut values = Values::of(bytes)?;
        let version = values.expect(INTEGER)?;
        let (named, expected) = match values.next()? {
            Tlv { tag: SEQUENCE, value, .. } => {
                let mut both = Values::of(value)?;
                let (issuer, serial) = (both.next()?.whole, both.expect(INTEGER)?);
                (both.is_done().then_some(Named::Serial(issuer, serial))?, 1)
            }
            // `[0]` in place of the tag of its octets.
            Tlv { tag: 0x80, value, .. } => (Named::KeyIdentifier(value), 3),
            _ => return None,
        };
        let digest = match Digest::named(values.expect(SEQUENCE)?) {
            Ok(digest) => digest,
            Err(rule) => return Some(Err(rule)),
        };
        // Without signed attributes nothing binds the content's type; no program writes that.
        let signed = values.optional(tagged(0))?;
        let algorithm = values.expect(SEQUENCE)?;
        let signature = values.expect(OCTETS)?;
        let unsigned = match values.optional(tagged(1)) {
            Some(unsigned) => attributes(unsigned.value)?,
            None => Vec::new(),
        };
        if version != [expected] || !values.is_done() {
            return None;
        }
        Some(Ok(Self {
            named,
            digest,
            signed: signed.whole,
            attributes: attributes(signed.value)?,
            algorithm,
            signature,
            unsigned,
        }))
    }
}

/// Attributes by name, each with its one value. Those with several are left out: none that is read
/// here may have them.
fn attributes(bytes: &[u8]) -> Option<Vec<(&[u8], Tlv<'_>)>> {
    let mut found = Vec::new();
    for attribute in Values::of(bytes)?.rest()? {
        let mut parts = Values::within(attribute.whole, SEQUENCE)?;
        let name = parts.expect(OBJECT_IDENTIFIER)?;
        let values = Values::of(parts.expect(SET)?)?.rest()?;
        if let [only] = values.as_slice() {
            found.push((name, *only));
        }
    }
    Some(found)
}

/// The attribute of this name; twice is once too often.
fn only<'a>(
    attributes: &[(&[u8], Tlv<'a>)],
    name: ObjectIdentifier,
) -> Result<Option<Tlv<'a>>, Rule> {
    let mut named = attributes.iter().filter(|(own, _)| *own == name.as_bytes());
    let first = named.next().map(|(_, value)| *value);
    if named.next().is_some() { Err(Rule::SignatureUnreadable) } else { Ok(first) }
}

/// Whether `SigningCertificateV2` (RFC 5035 §3) names this certificate first.
fn is_bound(attribute: Tlv<'_>, certificate: &[u8]) -> Result<(), Rule> {
    let parts = || {
        let mut list = Values::of(Values::within(attribute.whole, SEQUENCE)?.expect(SEQUENCE)?)?;
        let mut first = Values::of(list.expect(SEQUENCE)?)?;
        Some((first.optional(SEQUENCE), first.expect(OCTETS)?))
    };
    let (digest, hash) = parts().ok_or(Rule::SignatureUnreadable)?;
    let digest = digest.map_or(Ok(Digest::Sha256), |digest| Digest::named(digest.value))?;
    let same = digest.of(&[certificate]).as_ref() == hash;
    if same { Ok(()) } else { Err(Rule::SignerCertificate) }
}
