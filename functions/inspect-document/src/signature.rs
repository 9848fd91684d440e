//! Whether a PDF is signed as an electronic result has to be. Only what gives a result asks for it;
//! what an applicant hands in need not be signed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::signature::{SignatureFault, SignatureVerdict, TimeBasis, VerifiedSignature};
use domain::upload::{DocumentType, Upload, UploadState};
use inspection::{Rule, Signature, TrustAnchors, verify_signed_pdf};
use jiff::Timestamp;
use platform::Failure;

/// What is found of the signatures of `content`, by whom the catalogue trusts on this day; none of
/// what is no PDF.
pub(crate) fn verdict(
    upload: &Upload,
    content: &[u8],
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<Option<SignatureVerdict>, Failure> {
    match upload.declared.media_type {
        DocumentType::Pdf => {}
        DocumentType::Jpeg | DocumentType::Png | DocumentType::Docx | DocumentType::Xlsx => {
            return Ok(None);
        }
    }
    let anchors = anchors(catalogue, now)?;
    Ok(Some(match verify_signed_pdf(content, &anchors, now) {
        Ok(signed) => SignatureVerdict::Verified(verified(signed.last)),
        Err(rule) => SignatureVerdict::Faulty { fault: fault_of(rule) },
    }))
}

/// The fault that was found of what is usable, for the log.
pub(crate) fn fault(state: &UploadState) -> Option<&'static str> {
    match state.signature()? {
        SignatureVerdict::Verified(_) => None,
        SignatureVerdict::Faulty { fault } => Some(fault.rule().slug()),
    }
}

fn anchors(catalogue: &Catalogue, now: Timestamp) -> Result<TrustAnchors, Failure> {
    let trusted = catalogue.trusted_authorities().on(date_of(now));
    let certificates = trusted.map(|certificate| STANDARD.decode(certificate));
    let certificates: Result<Vec<Vec<u8>>, _> = certificates.collect();
    // An edition with another one is refused when it is published.
    let certificates = certificates.map_err(|error| Failure::Defect(error.to_string()))?;
    TrustAnchors::from_certificates(certificates)
        .map_err(|error| Failure::Defect(error.to_string()))
}

fn verified(last: Signature) -> VerifiedSignature {
    let Signature { signer, signed_at, time_basis, revocation: _ } = last;
    VerifiedSignature {
        signed_at,
        time_basis: match time_basis {
            inspection::TimeBasis::Timestamp => TimeBasis::Timestamp,
            inspection::TimeBasis::SignersClaim => TimeBasis::SignersClaim,
            inspection::TimeBasis::Inspection => TimeBasis::Inspection,
        },
        organisation: signer.organisation,
        issuer: signer.issuer,
        serial: signer.serial,
    }
    .cleaned()
}

/// How the domain calls a rule of the inspection. What opened as a PDF a moment ago and does not
/// open to the reader of signatures is a signature that cannot be read.
fn fault_of(rule: Rule) -> SignatureFault {
    match rule {
        Rule::NoSignature => SignatureFault::NoSignature,
        Rule::SignatureFormat => SignatureFault::SignatureFormat,
        Rule::ByteRange => SignatureFault::ByteRange,
        // Behind the end of the file is behind what was signed.
        Rule::NotWholeFile | Rule::AppendedBytes => SignatureFault::NotWholeFile,
        Rule::AlgorithmNotAccepted => SignatureFault::AlgorithmNotAccepted,
        Rule::ContentChanged => SignatureFault::ContentChanged,
        Rule::SignatureInvalid => SignatureFault::SignatureInvalid,
        Rule::SignerCertificate => SignatureFault::SignerCertificate,
        Rule::UntrustedChain => SignatureFault::UntrustedChain,
        Rule::CertificateExpired => SignatureFault::CertificateExpired,
        Rule::KeyUsage => SignatureFault::KeyUsage,
        Rule::SigningTime => SignatureFault::SigningTime,
        Rule::TimestampInvalid => SignatureFault::TimestampInvalid,
        Rule::TooComplex => SignatureFault::TooComplex,
        Rule::SignatureUnreadable
        | Rule::EmptyDocument
        | Rule::TooLarge
        | Rule::LengthDiffers
        | Rule::HashDiffers
        | Rule::TypeNotAccepted
        | Rule::WrongType
        | Rule::Polyglot
        | Rule::Truncated
        | Rule::PdfUnreadable
        | Rule::PdfEncrypted
        | Rule::PdfWithoutPages
        | Rule::ImageUnreadable
        | Rule::OfficeUnreadable
        | Rule::OfficeActiveContent => SignatureFault::SignatureUnreadable,
    }
}
