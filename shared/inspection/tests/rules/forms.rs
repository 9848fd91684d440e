//! Who signs in these tests, whom they trust, and when.

use inspection::{Rule, SignedPdf, TrustAnchors, verify_signed_pdf};
use jiff::Timestamp;
use signer::{Authority, Holder, Method};

/// The time at which every file here is inspected.
pub(crate) fn now() -> Timestamp {
    "2026-11-26T10:00:00Z".parse().unwrap()
}

/// An anchor with an authority below it, which gives out the certificates.
pub(crate) struct World {
    pub(crate) anchor: Authority,
    pub(crate) authority: Authority,
}

impl World {
    pub(crate) fn new() -> Self {
        let anchor = Authority::anchor("Root CA");
        let authority = anchor.below("Issuing CA", |_| {});
        Self { anchor, authority }
    }

    pub(crate) fn anchors(&self) -> TrustAnchors {
        TrustAnchors::from_certificates([&self.anchor.certificate]).unwrap()
    }

    pub(crate) fn verify(&self, content: &[u8]) -> Result<SignedPdf, Rule> {
        verify_signed_pdf(content, &self.anchors(), now())
    }

    pub(crate) fn officer(&self) -> Holder {
        self.authority.holder(Method::EcdsaP256, |_| {})
    }
}
