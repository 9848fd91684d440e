//! Inspection of what is uploaded, and verification of signed results.
//!
//! Pure: bytes in, a verdict or the broken [`Rule`] out. No I/O, no clock, no AWS; which kinds are
//! accepted, up to which size, and who is trusted are arguments, from the catalogue. Bytes are
//! hostile until they are inspected: memory, nesting and steps have bounds, nothing panics.
//!
//! What it does not say: whether a file is malware (the platform's scanner does), whether pixels or
//! text can be drawn, and whether a certificate was revoked.
//!
//! ```
//! use inspection::{Accepted, Declared, Kind, Rule, TrustAnchors};
//!
//! // From the catalogue: PDFs of at most 20 MB, and who is trusted (certificates in DER).
//! let accepted = [Accepted { kind: Kind::Pdf, bytes_max: 20 * 1024 * 1024 }];
//! let anchors = TrustAnchors::from_certificates(Vec::<Vec<u8>>::new())?;
//!
//! // What was declared at upload, and what came.
//! let content = b"<html><script>/* no PDF */</script></html>";
//! let declared = Declared {
//!     media_type: "application/pdf",
//!     bytes: 42,
//!     sha256: &inspection::sha256(content),
//! };
//! let verdict = inspection::inspect(content, &declared, &accepted);
//! assert_eq!(verdict, Err(Rule::WrongType));
//! assert_eq!(Rule::WrongType.name(), "wrong-type");
//! assert_eq!(Rule::WrongType.english(), "The file's content is not of the declared type.");
//!
//! // A result, at the time of the inspection.
//! let now = "2026-11-26T10:00:00Z".parse()?;
//! assert!(inspection::verify_signed_pdf(content, &anchors, now).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod document;
mod image;
mod inflate;
mod kind;
mod office;
mod pdf;
mod rule;
mod scan;
mod signature;

pub use document::{Declared, Inspected, inspect, kind_of, sha256};
pub use kind::{Accepted, Kind};
pub use rule::Rule;
pub use signature::{
    Revocation, Signature, SignedPdf, Signer, SignerName, TimeBasis, TrustAnchors,
    UnreadableAnchor, verify_signed_pdf,
};
