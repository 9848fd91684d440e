//! What is written into stored rows and answers, word by word: it outlives the code that wrote it.

use domain::dossier::{Role, Signature};
use domain::phone::Unreachable;
use domain::thread::{DelayReason, UnsentReason};
use serde_json::json;

#[test]
fn a_signature_is_stored_with_the_word_for_its_role() {
    for (role, word) in [
        (Role::Officer, "officer"),
        (Role::Integrator, "integrator"),
        (Role::Portal, "portal"),
        (Role::Citizen, "citizen"),
        (Role::System, "system"),
    ] {
        let signature = Signature { role, id: "account".to_owned(), agency: None };
        let stored = json!({ "role": word, "id": "account" });
        assert_eq!(serde_json::to_value(&signature).unwrap(), stored);
        assert_eq!(serde_json::from_value::<Signature>(stored).unwrap(), signature);
        assert_eq!(role.name(), word);
    }
}

#[test]
fn a_signature_with_a_role_that_nobody_has_is_not_read() {
    let stored = json!({ "role": "king", "id": "account" });
    let error = serde_json::from_value::<Signature>(stored).unwrap_err().to_string();
    assert!(error.contains("king"), "{error}");
}

#[test]
fn the_reasons_of_a_notice_that_waits_are_the_words_of_the_records() {
    assert_eq!(
        [
            DelayReason::QuietHours,
            DelayReason::NumberCap,
            DelayReason::AgencyShare,
            DelayReason::Coalescing,
        ]
        .map(DelayReason::name),
        ["quiet-hours", "number-cap", "agency-share", "coalescing"]
    );
}

#[test]
fn the_reasons_of_a_notice_that_ends_unsent_are_the_words_of_the_records() {
    assert_eq!(
        [
            UnsentReason::OptedOut,
            UnsentReason::NoChannel,
            UnsentReason::Budget,
            UnsentReason::NotListed,
            UnsentReason::Unreachable(Unreachable::LandLine),
        ]
        .map(UnsentReason::name),
        ["opted-out", "no-channel", "budget", "not-listed", "land-line"]
    );
}
