//! Whether a PDF is signed as an electronic result must be.

mod algorithm;
mod asn1;
mod certificate;
mod cms;
mod timestamp;

use std::fmt;
use std::ops::Range;

use jiff::{SignedDuration, Timestamp};
use rustls_pki_types::{CertificateDer, TrustAnchor};
use webpki::EndEntityCert;

use self::certificate::{Fields, Purpose};
use self::cms::{DATA, SignedData};
use crate::Rule;
use crate::document::hexadecimal;
use crate::pdf::{Dict, Object, Pdf, hex_pair};
use crate::scan::part;

/// Signatures of one document; a result has its leader's and the agency's seal.
const SIGNATURES_MAX: usize = 16;

/// How far a signer's clock may be ahead of ours.
const CLOCKS_APART: SignedDuration = SignedDuration::from_mins(5);

/// Authorities that are trusted to have known whom they gave a certificate: catalogue data.
pub struct TrustAnchors(Vec<TrustAnchor<'static>>);

impl TrustAnchors {
    /// Reads anchors from certificates in DER.
    ///
    /// # Errors
    /// The place in the list of the first one that is no certificate.
    pub fn from_certificates<C: AsRef<[u8]>>(
        certificates: impl IntoIterator<Item = C>,
    ) -> Result<Self, UnreadableAnchor> {
        let read = |(index, certificate): (usize, C)| {
            let certificate = CertificateDer::from(certificate.as_ref());
            let anchor = webpki::anchor_from_trusted_cert(&certificate);
            anchor.map(|anchor| anchor.to_owned()).map_err(|_| UnreadableAnchor { index })
        };
        certificates.into_iter().enumerate().map(read).collect::<Result<_, _>>().map(Self)
    }
}

/// A trust anchor that is no certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnreadableAnchor {
    /// Its place in the list, from 0.
    pub index: usize,
}

impl fmt::Display for UnreadableAnchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "trust anchor {} is no X.509 certificate in DER", self.index)
    }
}

impl std::error::Error for UnreadableAnchor {}

/// A PDF whose signatures all hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedPdf {
    /// The last signature, which covers the file to its last byte.
    pub last: Signature,
    /// Those before it, oldest first, each over the file as it was then.
    pub earlier: Vec<Signature>,
}

/// A signature that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The holder of the certificate.
    pub signer: Signer,
    /// When it was made, as far as that is known.
    pub signed_at: Timestamp,
    /// On what that time rests.
    pub time_basis: TimeBasis,
    /// Whether it was asked if the certificate was revoked.
    pub revocation: Revocation,
}

/// Whose a signature is, from the certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// The organisation that the certificate is for; `None` for a person of their own.
    pub organisation: Option<String>,
    /// The name of the holder.
    pub name: Option<SignerName>,
    /// Serial number of the certificate, in lower-case hexadecimal digits.
    pub serial: String,
    /// Who issued the certificate.
    pub issuer: Option<String>,
}

/// The name of whoever holds a certificate: personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct SignerName(String);

impl fmt::Debug for SignerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignerName(***)")
    }
}

impl SignerName {
    /// The content, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// On what the time of a signature rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeBasis {
    /// A timestamp of an authority that a trust anchor vouches for.
    Timestamp,
    /// The signer's own clock: nobody else confirms it.
    SignersClaim,
    /// The signature names no time; it was judged at the time of the inspection.
    Inspection,
}

/// Whether it was asked if a certificate was revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// It was not: that takes a network, which this crate has not.
    NotAsked,
}

/// A signature as the PDF has it.
struct Found {
    before: Range<usize>,
    behind: Range<usize>,
    cms: Vec<u8>,
    claimed: Option<Timestamp>,
    cades: bool,
}

/// Verifies every signature of a PDF, of which the last covers the whole file. Certificates are
/// judged at the time of signing; `now` is the latest that can be.
///
/// # Errors
/// The first rule that is broken: of the PDF itself, then of any signature's form, then of the
/// signatures from the oldest to the last.
pub fn verify_signed_pdf(
    content: &[u8],
    anchors: &TrustAnchors,
    now: Timestamp,
) -> Result<SignedPdf, Rule> {
    let pdf = Pdf::open(content)?;
    let signatures = pdf.signatures()?;
    if signatures.len() > SIGNATURES_MAX {
        return Err(Rule::TooComplex);
    }
    let found = signatures.iter().map(|dict| found(&pdf, content, dict));
    let mut found = found.collect::<Result<Vec<Found>, Rule>>()?;
    found.sort_by_key(|signature| signature.behind.end);
    let covered = found.last().ok_or(Rule::NoSignature)?.behind.end;
    if covered != content.len() {
        return Err(Rule::NotWholeFile);
    }
    let verified = found.iter().map(|signature| verified(signature, content, anchors, now));
    let mut earlier = verified.collect::<Result<Vec<Signature>, Rule>>()?;
    let last = earlier.pop().ok_or(Rule::NoSignature)?;
    Ok(SignedPdf { last, earlier })
}

/// Reads a signature's dictionary (ISO 32000-1 table 252). What its `ByteRange` leaves out is
/// exactly the hexadecimal string of its own `Contents`.
fn found(pdf: &Pdf<'_>, content: &[u8], dict: &Dict) -> Result<Found, Rule> {
    let format = pdf.resolved(dict.get(b"SubFilter"))?;
    let cades = format.is_name(b"ETSI.CAdES.detached");
    if !cades && !format.is_name(b"adbe.pkcs7.detached") {
        return Err(Rule::SignatureFormat);
    }
    let range = pdf.resolved(dict.get(b"ByteRange"))?;
    let range: Option<Vec<usize>> =
        range.array().and_then(|range| range.iter().map(Object::size).collect());
    let Some(&[0, hole, behind, length]) = range.as_deref() else { return Err(Rule::ByteRange) };
    let end = behind.checked_add(length).filter(|end| *end <= content.len());
    let end = end.ok_or(Rule::ByteRange)?;
    let Object::Text(_, written) = dict.get(b"Contents") else { return Err(Rule::ByteRange) };
    if *written != (hole..behind) {
        return Err(Rule::ByteRange);
    }
    let digits = content.get(written.clone()).unwrap_or_default();
    let digits = digits.strip_prefix(b"<").and_then(|digits| digits.strip_suffix(b">"));
    let digits = digits.filter(|digits| digits.len() % 2 == 0).ok_or(Rule::ByteRange)?;
    let cms: Option<Vec<u8>> = digits.chunks(2).map(hex_pair).collect();
    let claimed = pdf.resolved(dict.get(b"M"))?;
    let claimed =
        claimed.present().map(|date| date.text().and_then(asn1::pdf_date).ok_or(Rule::SigningTime));
    let claimed = claimed.transpose()?;
    let cms = cms.ok_or(Rule::SignatureUnreadable)?;
    Ok(Found { before: 0..hole, behind: behind..end, cms, claimed, cades })
}

fn verified(
    found: &Found,
    content: &[u8],
    anchors: &TrustAnchors,
    now: Timestamp,
) -> Result<Signature, Rule> {
    let data = SignedData::read(&found.cms)?;
    if data.content.is_some() {
        // The content is the file; another one inside would be signed in its place.
        return Err(Rule::SignatureUnreadable);
    }
    let covered = |range: &Range<usize>| part(content, range.start, range.len());
    let before = covered(&found.before).ok_or(Rule::ByteRange)?;
    let behind = covered(&found.behind).ok_or(Rule::ByteRange)?;
    let own = data.verify(DATA, &[before, behind])?;
    if found.cades && !data.binds_its_certificate()? {
        return Err(Rule::SignerCertificate);
    }
    let stamped = match data.timestamp()? {
        Some(token) => timestamp::time(token, data.value(), anchors)?,
        None => None,
    };
    let claimed = data.claimed_time()?.or(found.claimed);
    let (signed_at, time_basis) = match (stamped, claimed) {
        (Some(stamped), _) => (stamped, TimeBasis::Timestamp),
        (None, Some(claimed)) => (claimed, TimeBasis::SignersClaim),
        (None, None) => (now, TimeBasis::Inspection),
    };
    if signed_at.duration_since(now) > CLOCKS_APART {
        return Err(Rule::SigningTime);
    }
    let fields = Fields::of(own).ok_or(Rule::SignerCertificate)?;
    let others = data.others(own);
    let der = CertificateDer::from(own);
    let key = EndEntityCert::try_from(&der).map_err(|_| Rule::SignerCertificate)?;
    certificate::judge(&key, &fields, &others, anchors, signed_at, Purpose::Document)?;
    let signer = Signer {
        organisation: fields.organisation(),
        name: fields.common_name().map(SignerName),
        serial: hexadecimal(fields.serial),
        issuer: fields.issued_by(),
    };
    Ok(Signature { signer, signed_at, time_basis, revocation: Revocation::NotAsked })
}
