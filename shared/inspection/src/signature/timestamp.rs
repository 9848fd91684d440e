//! Timestamps beside a signature (RFC 3161).

use der::oid::ObjectIdentifier;
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use webpki::EndEntityCert;

use super::TrustAnchors;
use super::algorithm::Digest;
use super::asn1::{self, INTEGER, OBJECT_IDENTIFIER, OCTETS, SEQUENCE, Values};
use super::certificate::{self, Fields, Purpose};
use super::cms::SignedData;
use crate::Rule;

/// The content type `id-ct-TSTInfo`.
const TIMESTAMP_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");

/// The time that a timestamp gives a signature of this value. `None` where its authority is not
/// one that is trusted: what it says is then no more than the signer's word.
pub(super) fn time(
    token: &[u8],
    value: &[u8],
    anchors: &TrustAnchors,
) -> Result<Option<Timestamp>, Rule> {
    // Whatever is wrong with it is wrong with the timestamp and not with the signature.
    let data = SignedData::read(token).map_err(|_| Rule::TimestampInvalid)?;
    let info = data.content.ok_or(Rule::TimestampInvalid)?;
    let (digest, imprint, at) = read(info).ok_or(Rule::TimestampInvalid)?;
    let own = data.verify(TIMESTAMP_INFO, &[info]).map_err(|_| Rule::TimestampInvalid)?;
    if digest.of(&[value]).as_ref() != imprint {
        return Err(Rule::TimestampInvalid);
    }
    let fields = Fields::of(own).ok_or(Rule::TimestampInvalid)?;
    let others = data.others(own);
    let own = CertificateDer::from(own);
    let key = EndEntityCert::try_from(&own).map_err(|_| Rule::TimestampInvalid)?;
    match certificate::judge(&key, &fields, &others, anchors, at, Purpose::Timestamp) {
        Ok(()) => Ok(Some(at)),
        Err(Rule::UntrustedChain) => Ok(None),
        Err(_) => Err(Rule::TimestampInvalid),
    }
}

/// Digest, imprint and time of a `TSTInfo` (§2.4.2).
fn read(info: &[u8]) -> Option<(Digest, &[u8], Timestamp)> {
    let mut info = Values::within(info, SEQUENCE)?;
    let version = info.expect(INTEGER)?;
    info.expect(OBJECT_IDENTIFIER)?;
    let mut imprint = Values::of(info.expect(SEQUENCE)?)?;
    let digest = Digest::named(imprint.expect(SEQUENCE)?).ok()?;
    let hash = imprint.expect(OCTETS)?;
    info.expect(INTEGER)?;
    let at = info.next()?;
    let at = (at.tag == asn1::GENERALIZED_TIME && version == [1]).then(|| asn1::time(at))??;
    Some((digest, hash, at))
}
