//! Documents on their way in: what may be declared, and who may claim what was inspected.

use std::collections::BTreeMap;

use domain::Violation;
use domain::language::Language;
use domain::upload::{
    Claimable, Declared, DocumentType, ScanRefusal, Upload, UploadClaim, UploadId, UploadState,
};
use jiff::{SignedDuration, Timestamp};

use super::world::{at, catalogue, day, named};

fn now() -> Timestamp {
    at("2026-11-17T09:00")
}

fn declared(media_type: DocumentType, bytes: u64) -> Declared {
    Declared { media_type, bytes, sha256: "0a".repeat(32) }
}

fn upload(state: UploadState) -> Upload {
    let asked = declared(DocumentType::Pdf, 1_000);
    let mut upload = Upload::asked(UploadId::of_bits(7), "account-7".to_owned(), asked, now());
    upload.state = state;
    upload
}

fn usable() -> UploadState {
    let object_version = "version-1".to_owned();
    UploadState::Usable { object_version, inspected_at: now(), signature: None }
}

fn refused() -> UploadState {
    UploadState::Refused { reason: "malware".to_owned(), inspected_at: now() }
}

#[test]
fn each_type_that_may_be_uploaded_has_the_ending_that_people_know() {
    let endings = DocumentType::ALL.map(DocumentType::ending);
    assert_eq!(endings, ["pdf", "jpg", "png", "docx", "xlsx"]);
}

#[test]
fn what_is_declared_has_a_type_that_is_taken_that_day_a_size_and_a_hash() {
    let types = catalogue().document_types();
    let on = day("2026-11-17");
    let (kind, most) = types.on(on).next().unwrap();
    let found = |declared: &Declared, on| {
        named(&declared.violations(types, on))
            .into_iter()
            .map(|(field, rule)| (field.to_owned(), rule))
            .collect::<Vec<_>>()
    };
    for bytes in [1, most] {
        assert_eq!(found(&declared(kind, bytes), on), [], "{bytes}");
    }
    for bytes in [0, most + 1] {
        assert_eq!(found(&declared(kind, bytes), on), [("bytes".to_owned(), "range")], "{bytes}");
    }
    let before_any = day("1990-01-01");
    let unknown = [("mediaType".to_owned(), "document-type")];
    assert_eq!(found(&declared(kind, 1), before_any), unknown);
    for sha256 in ["0a".repeat(31), "0A".repeat(32), "0g".repeat(32)] {
        let flawed = Declared { sha256, ..declared(kind, 1) };
        assert_eq!(found(&flawed, on), [("sha256".to_owned(), "sha256")], "{}", flawed.sha256);
    }
}

#[test]
fn an_upload_is_kept_for_a_day_unless_a_dossier_has_it() {
    let mut upload = upload(UploadState::Awaited);
    let end = now() + SignedDuration::from_hours(24);
    assert_eq!(upload.kept_until(), Some(end));
    assert!(upload.is_kept(end - SignedDuration::from_secs(1)) && !upload.is_kept(end));
    upload.expires_at = None;
    assert!(upload.kept_until().is_none() && upload.is_kept(end));
}

#[test]
fn an_upload_is_usable_once_it_was_inspected_and_found_good() {
    for (state, name, is_usable) in [
        (UploadState::Awaited, "awaited", false),
        (usable(), "usable", true),
        (refused(), "refused", false),
    ] {
        assert_eq!(state.name(), name);
        assert!(state.signature().is_none());
        assert_eq!(upload(state).usable().is_some(), is_usable, "{name}");
    }
    let document = upload(usable()).usable().unwrap();
    assert_eq!((document.object_version.as_str(), document.inspected_at), ("version-1", now()));
    assert_eq!(document.upload.to_string(), "00000000000000000000000000000007");
    assert_eq!(document.upload.as_str(), "00000000000000000000000000000007");
}

#[test]
fn a_scanner_refuses_in_words_of_the_readers_language() {
    assert_eq!(ScanRefusal::ALL.map(ScanRefusal::name), ["malware", "not-scanned"]);
    assert_eq!(ScanRefusal::Malware.text(Language::En), "Malware was found in the file.");
    assert_eq!(ScanRefusal::Malware.text(Language::Vi), "Phát hiện mã độc trong tệp.");
}

#[test]
fn a_dossier_claims_what_its_account_uploaded_as_declared_and_no_other_dossier_has() {
    let (this, other) = ("H20.12-261117-0001", "H20.12-261117-0002");
    let code = |text: &str| text.parse().unwrap();
    let sha256 = "0a".repeat(32);
    // Of the claim: whose, by which dossier, which hash. What came of it: a rule, or a state.
    let claim = |upload: Upload, account: &str, dossier: Option<&str>, sha256: &str, now| {
        let id = upload.id.clone();
        let known = BTreeMap::from([(id.clone(), upload)]);
        let dossier = dossier.map(code);
        let claimable = Claimable { known: &known, account, dossier: dossier.as_ref(), now };
        match claimable.claim(&id, sha256) {
            Ok(UploadClaim::Ready(document)) => {
                assert!(document.upload == id);
                "ready"
            }
            Ok(UploadClaim::UnderInspection(under)) => {
                assert!(under == id);
                "under-inspection"
            }
            Err(Violation { rule, .. }) => rule.slug(),
        }
    };
    let claimed_by = |dossier: &str| Upload { claimed_by: Some(code(dossier)), ..upload(usable()) };
    let (own, new) = ("account-7", None);
    for (upload, account, dossier, expected) in [
        (upload(usable()), own, new, "ready"),
        (upload(UploadState::Awaited), own, new, "under-inspection"),
        (upload(refused()), own, new, "usable-upload"),
        (upload(usable()), "account-8", new, "known-upload"),
        (claimed_by(this), own, Some(this), "ready"),
        (claimed_by(other), own, Some(this), "unclaimed-upload"),
        (claimed_by(other), own, new, "unclaimed-upload"),
        (upload(usable()), own, Some(this), "ready"),
    ] {
        assert_eq!(claim(upload, account, dossier, &sha256, now()), expected);
    }
    let late = now() + SignedDuration::from_hours(24);
    assert_eq!(claim(upload(usable()), own, new, &sha256, late), "known-upload");
    let another = "0b".repeat(32);
    assert_eq!(claim(upload(usable()), own, new, &another, now()), "upload-sha256");
}
