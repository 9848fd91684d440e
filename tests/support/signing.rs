//! The authority that the tests trust, and PDFs that its officers and others sign.

use std::sync::{Arc, LazyLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::catalogue::Catalogue;
use platform::catalogue::{Texts, UndecidedYears};
use rcgen::date_time_ymd;
use serde_json::{Value, json};

use signer::{Authority, Making, Method, signed};
pub use signer::{digits, one_page};

/// The authority that the tests' catalogue trusts, the same for all of them.
static TRUSTED: LazyLock<Authority> = LazyLock::new(|| Authority::anchor("CA of the tests"));

/// A day before the tests' now, as ASN.1 writes it.
const YESTERDAY: &str = "261116080000Z";

fn making(time: &'static str) -> Making {
    Making { time: Some(time), ..Making::default() }
}

fn signed_by(authority: &Authority) -> Vec<u8> {
    signed(&authority.holder(Method::EcdsaP256, |_| {}), &making(YESTERDAY))
}

/// A PDF that an officer signed whose certificate is of the trusted authority.
pub fn signed_pdf() -> Vec<u8> {
    signed_by(&TRUSTED)
}

/// The same of an authority that nobody trusts.
pub fn signed_by_a_stranger() -> Vec<u8> {
    signed_by(&Authority::anchor("CA of the tests"))
}

/// The same with a certificate that had ended when the officer signed.
pub fn signed_too_late() -> Vec<u8> {
    let holder = TRUSTED.holder(Method::EcdsaP256, |params| {
        params.not_after = date_time_ymd(2026, 6, 30);
    });
    signed(&holder, &making(YESTERDAY))
}

/// The row of the trusted authority in `intake.json`.
pub fn anchor() -> Value {
    json!({
        "name": "CA of the tests", "certificate": STANDARD.encode(&TRUSTED.certificate),
        "validFrom": "2026-01-01", "validTo": null, "source": "The tests", "trust": "unverified",
    })
}

/// The text of the shipped `intake.json` with `change`.
pub fn intake(change: impl FnOnce(&mut Value)) -> (String, String) {
    let mut file: Value = serde_json::from_str(&super::file("infra/data/intake.json")).unwrap();
    change(&mut file);
    ("intake.json".to_owned(), file.to_string())
}

/// The shipped catalogue with these texts for some of its files.
pub fn catalogue_with<const N: usize>(texts: [(String, String); N]) -> Arc<Catalogue> {
    let texts = Texts::built_in().with(texts.into()).unwrap();
    Arc::new(texts.assemble(UndecidedYears::Refused).unwrap())
}

/// The shipped catalogue, in which the tests' authority is trusted.
pub fn trusting() -> Arc<Catalogue> {
    catalogue_with([intake(|file| file["trustAnchors"] = json!([anchor()]))])
}
