//! What holds of any bytes.

use std::sync::LazyLock;

use inspection::{Accepted, Declared, Kind, inspect, sha256};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use signer::{Making, cms_bytes, one_page, packed_page, signed};

use super::files::{docx, jpeg, png, xlsx};
use super::forms::World;

static WORLD: LazyLock<World> = LazyLock::new(World::new);
static SIGNED: LazyLock<Vec<u8>> = LazyLock::new(|| signed(&WORLD.officer(), &Making::default()));

/// Asks everything that can be asked of these bytes.
fn ask(content: &[u8]) {
    let sha256 = sha256(content);
    let bytes = u64::try_from(content.len()).unwrap();
    for kind in Kind::ALL {
        let declared = Declared { media_type: kind.media_type(), bytes, sha256: &sha256 };
        let accepted = [Accepted { kind: *kind, bytes_max: u64::MAX }];
        if let Ok(inspected) = inspect(content, &declared, &accepted) {
            assert_eq!((inspected.kind, inspected.bytes), (*kind, bytes));
        }
    }
    // A verdict is none of this test's business, a panic is.
    let _verdict = WORLD.verify(content);
}

#[test]
fn no_byte_of_a_signed_document_can_be_changed() {
    assert!(WORLD.verify(&SIGNED).is_ok());
    let cms = cms_bytes(&SIGNED);
    for at in 0..SIGNED.len() {
        for mask in [0x01, 0x04, 0x20, 0x80] {
            let mut content = SIGNED.clone();
            content[at] ^= mask;
            // Hexadecimal digits have two cases: the signature is then the same.
            let same = cms_bytes(&content) == cms && content[at].is_ascii_hexdigit();
            let around = String::from_utf8_lossy(&SIGNED[at.saturating_sub(20)..at + 1]);
            let verdict = WORLD.verify(&content);
            assert!(same || verdict.is_err(), "byte {at} behind {around:?} changed by {mask:#x}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(300)
    })]

    #[test]
    fn no_bytes_of_a_signed_document_can_be_changed(
        changes in vec((any::<Index>(), 1..=u8::MAX), 1..4)
    ) {
        let mut content = SIGNED.clone();
        for (at, mask) in changes {
            let at = at.index(content.len());
            content[at] ^= mask;
        }
        let same = content.eq_ignore_ascii_case(&SIGNED) && cms_bytes(&content) == cms_bytes(&SIGNED);
        prop_assert!(same || WORLD.verify(&content).is_err());
    }

    #[test]
    fn any_bytes_have_a_verdict(
        head in prop::sample::select(vec![
            &b""[..], b"%PDF-1.7\n", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04",
        ]),
        content in vec(any::<u8>(), 0..2000),
        tail in prop::sample::select(vec![
            &b""[..],
            b"startxref\n9\n%%EOF",
            b"trailer<</Root 1 0 R>>startxref\n9\n%%EOF",
            b"PK\x05\x06\0\0\0\0\x01\0\x01\0\x10\0\0\0\x10\0\0\0\0\0",
        ]),
    ) {
        ask(&[head, &content, tail].concat());
    }

    #[test]
    fn files_that_were_cut_overwritten_and_pasted_have_a_verdict(
        sample in 0..7_usize,
        changes in vec((any::<Index>(), any::<Index>(), any::<Index>(), 0..3_u8), 1..8),
        bytes in vec(any::<u8>(), 16),
    ) {
        let mut content = [
            one_page(), packed_page(), SIGNED.clone(), jpeg(), png(), docx(), xlsx(),
        ][sample].clone();
        for (from, length, to, change) in changes {
            if content.is_empty() {
                break;
            }
            let from = from.index(content.len());
            let until = from + length.index((content.len() - from).min(40) + 1);
            let part = content[from..until].to_vec();
            match change {
                0 => drop(content.splice(from..until, [])),
                1 => drop(content.splice(from..until, bytes.iter().copied().take(part.len()))),
                _ => {
                    let to = to.index(content.len());
                    drop(content.splice(to..to, part));
                }
            }
        }
        ask(&content);
    }

    #[test]
    fn numbers_of_a_document_that_were_exchanged_have_a_verdict(
        signed in any::<bool>(),
        changes in vec((any::<Index>(), prop::sample::select(vec![
            "0", "-1", "1", "2", "3", "4", "5", "6", "9999999999", "9223372036854775807",
            "18446744073709551616", "<<", ">>", "[", "]", "(", "/Kids", "null", "1 0 R", "5 0 R",
        ])), 1..4),
    ) {
        let mut content = if signed { SIGNED.clone() } else { packed_page() };
        for (at, word) in changes {
            let digits: Vec<usize> =
                (0..content.len()).filter(|at| content[*at].is_ascii_digit()).collect();
            let at = digits[at.index(digits.len())];
            content.splice(at..=at, word.bytes());
        }
        ask(&content);
    }
}
