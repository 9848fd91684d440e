//! Certificates of those who sign.

use inspection::{Rule, TrustAnchors, UnreadableAnchor};
use rcgen::{BasicConstraints, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, date_time_ymd};
use signer::{Authority, Form, Making, Method, formed, signed};

use super::forms::World;

const CADES: Form =
    Form { format: "ETSI.CAdES.detached", more: "", padding: 16, range: |honest| honest };

#[test]
fn a_chain_that_ends_elsewhere_is_refused() {
    let world = World::new();
    // The same names, another key.
    let impostor = World::new();
    let content = signed(&impostor.officer(), &Making::default());
    assert_eq!(world.verify(&content), Err(Rule::UntrustedChain));
    assert!(impostor.verify(&content).is_ok());
}

#[test]
fn a_chain_without_any_anchor_is_refused() {
    let world = World::new();
    let nobody = TrustAnchors::from_certificates(Vec::<Vec<u8>>::new()).unwrap();
    let content = signed(&world.officer(), &Making::default());
    let verdict = inspection::verify_signed_pdf(&content, &nobody, super::forms::now());
    assert_eq!(verdict, Err(Rule::UntrustedChain));
}

#[test]
fn an_issuing_authority_may_be_the_anchor() {
    let world = World::new();
    let anchors = TrustAnchors::from_certificates([&world.authority.certificate]).unwrap();
    let content = signed(&world.officer(), &Making::default());
    assert!(inspection::verify_signed_pdf(&content, &anchors, super::forms::now()).is_ok());
}

#[test]
fn an_anchor_that_is_no_certificate_is_named_by_its_place() {
    let good = Authority::anchor("Root CA").certificate;
    let read = TrustAnchors::from_certificates([good, b"no certificate".to_vec()]);
    assert_eq!(read.err(), Some(UnreadableAnchor { index: 1 }));
}

#[test]
fn a_certificate_that_was_not_valid_at_signing_is_refused() {
    let world = World::new();
    for (from, to) in [((2025, 1, 1), (2026, 11, 19)), ((2026, 11, 21), (2027, 1, 1))] {
        let officer = world.authority.holder(Method::EcdsaP256, |params| {
            params.not_before = date_time_ymd(from.0, from.1, from.2);
            params.not_after = date_time_ymd(to.0, to.1, to.2);
        });
        let content = signed(&officer, &Making::default());
        assert_eq!(world.verify(&content), Err(Rule::CertificateExpired));
    }
}

#[test]
fn an_authority_that_was_not_valid_at_signing_is_refused() {
    let world = World::new();
    let authority = world.anchor.below("Issuing CA", |params| {
        params.not_after = date_time_ymd(2026, 11, 1);
    });
    let content = signed(&authority.holder(Method::EcdsaP256, |_| {}), &Making::default());
    assert_eq!(world.verify(&content), Err(Rule::CertificateExpired));
}

#[test]
fn a_certificate_that_has_expired_since_is_accepted() {
    let world = World::new();
    let officer = world.authority.holder(Method::EcdsaP256, |params| {
        params.not_after = date_time_ymd(2026, 11, 21);
    });
    assert!(world.verify(&signed(&officer, &Making::default())).is_ok());
}

#[test]
fn a_certificate_that_is_not_for_signing_is_refused() {
    let world = World::new();
    let officer = world.authority.holder(Method::EcdsaP256, |params| {
        params.key_usages = vec![KeyUsagePurpose::KeyEncipherment, KeyUsagePurpose::KeyAgreement];
    });
    assert_eq!(world.verify(&signed(&officer, &Making::default())), Err(Rule::KeyUsage));
}

#[test]
fn a_certificate_whose_purposes_do_not_include_documents_is_refused() {
    let world = World::new();
    let with = |purposes: Vec<ExtendedKeyUsagePurpose>| {
        let officer = world.authority.holder(Method::EcdsaP256, |params| {
            params.extended_key_usages = purposes.clone();
        });
        world.verify(&signed(&officer, &Making::default()))
    };
    for purpose in [
        ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsagePurpose::CodeSigning,
        ExtendedKeyUsagePurpose::TimeStamping,
        ExtendedKeyUsagePurpose::OcspSigning,
    ] {
        assert_eq!(with(vec![purpose]), Err(Rule::KeyUsage));
    }
    let document_signing = ExtendedKeyUsagePurpose::Other(vec![1, 3, 6, 1, 5, 5, 7, 3, 36]);
    assert!(with(vec![ExtendedKeyUsagePurpose::ClientAuth, document_signing]).is_ok());
    assert!(with(vec![ExtendedKeyUsagePurpose::EmailProtection]).is_ok());
}

#[test]
fn a_certificate_of_an_authority_signs_no_document() {
    let world = World::new();
    let authority = world.authority.holder(Method::EcdsaP256, |params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    });
    assert_eq!(world.verify(&signed(&authority, &Making::default())), Err(Rule::KeyUsage));
}

#[test]
fn somebody_who_is_no_authority_gives_out_no_certificates() {
    let world = World::new();
    for change in [
        (|params: &mut rcgen::CertificateParams| params.is_ca = IsCa::ExplicitNoCa)
            as fn(&mut rcgen::CertificateParams),
        |params| params.key_usages = vec![KeyUsagePurpose::DigitalSignature],
    ] {
        let authority = world.anchor.below("Issuing CA", change);
        let content = signed(&authority.holder(Method::EcdsaP256, |_| {}), &Making::default());
        assert_eq!(world.verify(&content), Err(Rule::UntrustedChain));
    }
}

#[test]
fn a_signature_without_its_certificate_is_refused() {
    let world = World::new();
    let making = Making { without_certificates: true, ..Making::default() };
    let content = signed(&world.officer(), &making);
    assert_eq!(world.verify(&content), Err(Rule::SignerCertificate));
}

#[test]
fn a_cades_signature_binds_its_certificate() {
    let world = World::new();
    let officer = world.officer();
    let bound_to = |bound: Option<Vec<u8>>| {
        world.verify(&formed(&officer, &Making { bound, ..Making::default() }, &CADES))
    };
    assert!(bound_to(Some(officer.certificate.clone())).is_ok());
    assert_eq!(bound_to(None), Err(Rule::SignerCertificate));
    let another = world.officer().certificate;
    assert_eq!(bound_to(Some(another)), Err(Rule::SignerCertificate));
}
