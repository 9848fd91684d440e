//! Timestamps of signatures.

use inspection::{Rule, SignedPdf, TimeBasis};
use rcgen::date_time_ymd;
use signer::{Authority, Form, Holder, Making, Method, Paper, add};

use super::forms::World;

/// A day before the time that the signer claims.
const STAMPED: &str = "20261119080000Z";

fn stamped(
    world: &World,
    officer: &Holder,
    stamp: impl Fn(&[u8]) -> Vec<u8>,
) -> Result<SignedPdf, Rule> {
    let sign = |content: &[u8]| {
        officer.sign_and_stamp(content, &Making::default(), |value| Some(stamp(value)))
    };
    world.verify(&add(Paper::new(), &[(4, 5)], &Form::default(), sign).bytes)
}

#[test]
fn a_timestamp_counts_more_than_the_signers_clock() {
    let world = World::new();
    let clock = world.anchor.clock(|_| {});
    let verdict = stamped(&world, &world.officer(), |value| clock.stamp(value, STAMPED)).unwrap();
    assert_eq!(verdict.last.time_basis, TimeBasis::Timestamp);
    assert_eq!(verdict.last.signed_at, "2026-11-19T08:00:00Z".parse().unwrap());
}

#[test]
fn a_certificate_that_was_not_valid_at_the_timestamp_is_refused_whatever_its_holder_claims() {
    let world = World::new();
    let clock = world.anchor.clock(|_| {});
    let officer = world.authority.holder(Method::EcdsaP256, |params| {
        params.not_before = date_time_ymd(2026, 11, 20);
    });
    let verdict = stamped(&world, &officer, |value| clock.stamp(value, STAMPED));
    assert_eq!(verdict, Err(Rule::CertificateExpired));
}

#[test]
fn a_timestamp_of_something_else_is_refused() {
    let world = World::new();
    let clock = world.anchor.clock(|_| {});
    let verdict = stamped(&world, &world.officer(), |_| clock.stamp(b"something else", STAMPED));
    assert_eq!(verdict, Err(Rule::TimestampInvalid));
}

#[test]
fn a_timestamp_of_nobody_who_is_trusted_leaves_the_signers_claim() {
    let world = World::new();
    let clock = Authority::anchor("Somebody").clock(|_| {});
    let verdict = stamped(&world, &world.officer(), |value| clock.stamp(value, STAMPED)).unwrap();
    assert_eq!(verdict.last.time_basis, TimeBasis::SignersClaim);
    assert_eq!(verdict.last.signed_at, "2026-11-20T08:00:00Z".parse().unwrap());
}

#[test]
fn a_timestamp_by_a_certificate_for_documents_is_refused() {
    let world = World::new();
    let clock = world.officer();
    let verdict = stamped(&world, &world.officer(), |value| clock.stamp(value, STAMPED));
    assert_eq!(verdict, Err(Rule::TimestampInvalid));
}

#[test]
fn a_timestamp_that_has_not_come_is_refused() {
    let world = World::new();
    let clock = world.anchor.clock(|_| {});
    let verdict = stamped(&world, &world.officer(), |value| clock.stamp(value, "20261126100501Z"));
    assert_eq!(verdict, Err(Rule::SigningTime));
}

#[test]
fn a_timestamp_that_cannot_be_read_is_refused() {
    let world = World::new();
    let verdict = stamped(&world, &world.officer(), |_| vec![0x30, 3, 2, 1, 1]);
    assert_eq!(verdict, Err(Rule::TimestampInvalid));
}
