//! Signed results.

use inspection::{Revocation, Rule, TimeBasis};
use signer::{
    Form, Making, Method, ONE_PAGE, Paper, Ranging, add, digits, formed, one_page, signed,
};

use super::forms::{World, now};

#[test]
fn a_result_signed_by_any_accepted_method_is_accepted() {
    let world = World::new();
    for method in Method::ALL {
        let officer = world.authority.holder(method, |_| {});
        let verdict = world.verify(&signed(&officer, &Making::default()));
        assert!(verdict.is_ok(), "{method:?}: {verdict:?}");
    }
}

#[test]
fn the_verdict_names_whose_signature_it_is_when_it_was_made_and_on_what_that_rests() {
    let world = World::new();
    let verdict = world.verify(&signed(&world.officer(), &Making::default())).unwrap();
    let signature = verdict.last;
    assert_eq!(signature.signer.organisation.as_deref(), Some("Sở Tư pháp"));
    assert_eq!(signature.signer.name.as_ref().unwrap().reveal(), "Nguyễn Văn Ký");
    assert_eq!(signature.signer.serial, "2a01");
    assert_eq!(signature.signer.issuer.as_deref(), Some("Issuing CA"));
    assert_eq!(signature.signed_at, "2026-11-20T08:00:00Z".parse().unwrap());
    assert_eq!(signature.time_basis, TimeBasis::SignersClaim);
    assert_eq!(signature.revocation, Revocation::NotAsked);
}

#[test]
fn the_signers_name_is_not_printed() {
    let world = World::new();
    let verdict = world.verify(&signed(&world.officer(), &Making::default())).unwrap();
    let printed = format!("{verdict:?}");
    assert!(printed.contains("SignerName(***)") && !printed.contains("Nguyễn"), "{printed}");
}

#[test]
fn a_signer_may_be_named_by_their_key() {
    let world = World::new();
    let making = Making { by_key: true, ..Making::default() };
    assert!(world.verify(&signed(&world.officer(), &making)).is_ok());
}

#[test]
fn a_document_without_a_signature_is_refused() {
    let world = World::new();
    assert_eq!(world.verify(&one_page()), Err(Rule::NoSignature));
    let unsigned = "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>";
    let field = (4, "<</FT/Sig/T(s)>>");
    let objects = [(1, unsigned), ONE_PAGE[1], ONE_PAGE[2], field];
    let paper = Paper::new().revision(&objects, "");
    assert_eq!(world.verify(&paper.bytes), Err(Rule::NoSignature));
}

#[test]
fn a_broken_signature_is_refused() {
    let world = World::new();
    let officer = world.authority.holder(Method::Rsa256, |_| {});
    let mut content = signed(&officer, &Making::default());
    // The last digits before the padding are those of the signature's value.
    let last = digits(&content).unwrap().end - Form::default().padding * 2 - 1;
    content[last] = if content[last] == b'0' { b'1' } else { b'0' };
    assert_eq!(world.verify(&content), Err(Rule::SignatureInvalid));
}

#[test]
fn a_content_that_was_changed_after_signing_is_refused() {
    let world = World::new();
    let mut content = signed(&world.officer(), &Making::default());
    let at = content.windows(3).position(|part| part == b"842").unwrap();
    content[at] = b'9';
    assert_eq!(world.verify(&content), Err(Rule::ContentChanged));
}

#[test]
fn bytes_behind_a_signed_document_are_refused() {
    let world = World::new();
    let content = signed(&world.officer(), &Making::default());
    let with = |more: &[u8]| world.verify(&[&content, more].concat());
    assert_eq!(with(b"more"), Err(Rule::AppendedBytes));
    for blank in [b" ", b"\n", b"\0"] {
        assert_eq!(with(blank), Err(Rule::NotWholeFile));
    }
    assert_eq!(with(b"\n%%EOF"), Err(Rule::NotWholeFile));
}

#[test]
fn a_revision_behind_the_signature_is_refused() {
    let world = World::new();
    let officer = world.officer();
    let sign = |content: &[u8]| officer.sign(content, &Making::default());
    let paper = add(Paper::new(), &[(4, 5)], &Form::default(), sign);
    let paper = paper.revision(&[(3, "<</Type/Page/Parent 2 0 R/Rotate 90>>")], "");
    assert_eq!(world.verify(&paper.bytes), Err(Rule::NotWholeFile));
}

#[test]
fn a_byte_range_that_lies_is_refused() {
    let world = World::new();
    let officer = world.officer();
    let lies: [(&str, Ranging); 12] = [
        ("the hole begins too early", |[a, b, c, d]| [a, b - 1, c, d]),
        ("the hole begins too late", |[a, b, c, d]| [a, b + 1, c, d]),
        ("the hole is too large", |[a, b, c, d]| [a, b, c + 1, d - 1]),
        ("the hole is too small", |[a, b, c, d]| [a, b, c - 1, d + 1]),
        ("there is no hole", |[a, b, _, d]| [a, b, b, d]),
        ("the parts overlap", |[a, b, _, d]| [a, b, 9, d]),
        ("the first bytes are left out", |[_, b, c, d]| [1, b - 1, c, d]),
        ("an offset is negative", |[a, b, c, d]| [a - 1, b + 1, c, d]),
        ("a length is negative", |[a, b, c, _]| [a, b, c, -1]),
        ("the end is beyond the file", |[a, b, c, d]| [a, b, c, d + 1]),
        ("the end is beyond every file", |[_, b, c, _]| [0, b, c, 99_999_999]),
        ("both parts are empty", |_| [0, 0, 0, 0]),
    ];
    for (lie, range) in lies {
        let content = formed(&officer, &Making::default(), &Form { range, ..Form::default() });
        assert_eq!(world.verify(&content), Err(Rule::ByteRange), "{lie}");
    }
}

#[test]
fn a_byte_range_that_ends_before_the_file_does_is_refused() {
    let world = World::new();
    let range: Ranging = |[a, b, c, d]| [a, b, c, d - 1];
    let form = Form { range, ..Form::default() };
    let content = formed(&world.officer(), &Making::default(), &form);
    assert_eq!(world.verify(&content), Err(Rule::NotWholeFile));
}

#[test]
fn what_is_hidden_in_the_padding_of_the_hole_is_refused() {
    let world = World::new();
    let mut content = signed(&world.officer(), &Making::default());
    let last = digits(&content).unwrap().end - 1;
    content[last] = b'1';
    assert_eq!(world.verify(&content), Err(Rule::SignatureUnreadable));
}

#[test]
fn formats_that_sign_by_sha_1_or_only_stamp_are_refused() {
    let world = World::new();
    for format in ["adbe.pkcs7.sha1", "adbe.x509.rsa_sha1", "ETSI.RFC3161"] {
        let form = Form { format, ..Form::default() };
        let content = formed(&world.officer(), &Making::default(), &form);
        assert_eq!(world.verify(&content), Err(Rule::SignatureFormat), "{format}");
    }
}

#[test]
fn weak_digests_are_refused() {
    let world = World::new();
    for digest in ["1.3.14.3.2.26", "1.2.840.113549.2.5"] {
        let making = Making { digest_name: Some(digest), ..Making::default() };
        let content = signed(&world.officer(), &making);
        assert_eq!(world.verify(&content), Err(Rule::AlgorithmNotAccepted), "{digest}");
    }
}

#[test]
fn a_signature_that_carries_a_content_of_its_own_is_refused() {
    let world = World::new();
    let making = Making { inside: Some(b"another".to_vec()), ..Making::default() };
    let content = signed(&world.officer(), &making);
    assert_eq!(world.verify(&content), Err(Rule::SignatureUnreadable));
}

#[test]
fn both_signatures_of_a_result_are_judged_and_the_last_covers_it_all() {
    let world = World::new();
    let leader = world.officer();
    let seal = world.authority.holder(Method::EcdsaP384, |params| {
        params.serial_number = Some(vec![0x33].into());
    });
    let making = Making::default();
    let sign = |content: &[u8]| leader.sign(content, &making);
    let once = add(Paper::new(), &[(4, 5)], &Form::default(), sign);
    let sealed = |content: &[u8]| seal.sign(content, &making);
    let twice = add(once.clone(), &[(4, 5), (6, 7)], &Form::default(), sealed);
    let verdict = world.verify(&twice.bytes).unwrap();
    assert_eq!(verdict.last.signer.serial, "33");
    let earlier: Vec<&str> =
        verdict.earlier.iter().map(|signature| signature.signer.serial.as_str()).collect();
    assert_eq!(earlier, ["2a01"]);

    // The first one is broken before the second is made over it.
    let mut broken = once;
    let at = broken.bytes.windows(3).position(|part| part == b"842").unwrap();
    broken.bytes[at] = b'9';
    let twice = add(broken, &[(4, 5), (6, 7)], &Form::default(), sealed);
    assert_eq!(world.verify(&twice.bytes), Err(Rule::ContentChanged));
}

#[test]
fn a_time_of_the_dictionary_is_the_signers_claim_where_the_signature_has_none() {
    let world = World::new();
    let making = Making { time: None, ..Making::default() };
    for (more, expected) in [
        ("/M(D:20261120150000+07'00')", "2026-11-20T08:00:00Z"),
        ("/M(D:20261120080000Z)", "2026-11-20T08:00:00Z"),
        ("/M(D:20261120150000)", "2026-11-20T08:00:00Z"),
    ] {
        let form = Form { more, ..Form::default() };
        let last = world.verify(&formed(&world.officer(), &making, &form)).unwrap().last;
        assert_eq!(last.signed_at, expected.parse().unwrap(), "{more}");
        assert_eq!(last.time_basis, TimeBasis::SignersClaim);
    }
}

#[test]
fn a_signature_without_a_time_is_judged_at_the_inspection() {
    let world = World::new();
    let making = Making { time: None, ..Making::default() };
    let last = world.verify(&signed(&world.officer(), &making)).unwrap().last;
    assert_eq!((last.signed_at, last.time_basis), (now(), TimeBasis::Inspection));
}

#[test]
fn a_time_that_cannot_be_read_or_has_not_come_is_refused() {
    let world = World::new();
    for time in ["261126100501Z", "261320080000Z", "2611200800Z", "261120080000+", "abc"] {
        let making = Making { time: Some(time), ..Making::default() };
        let content = signed(&world.officer(), &making);
        assert_eq!(world.verify(&content), Err(Rule::SigningTime), "{time}");
    }
    // Clocks are not exact.
    let making = Making { time: Some("261126100500Z"), ..Making::default() };
    assert!(world.verify(&signed(&world.officer(), &making)).is_ok());
}
