//! Files that people upload: read by our own code, before anybody has looked at them.

use inspection::verify_signed_pdf;
use inspection::{Accepted, Declared, Kind, TrustAnchors, inspect, kind_of, sha256};
use jiff::Timestamp;

/// Inspected as each of these kinds; what is accepted is what was declared, and is of that kind.
fn inspected(content: &[u8], kinds: &[Kind]) {
    let sha256 = sha256(content);
    let bytes = u64::try_from(content.len()).unwrap_or(u64::MAX);
    for kind in kinds {
        let declared = Declared { media_type: kind.media_type(), bytes, sha256: &sha256 };
        let accepted = [Accepted { kind: *kind, bytes_max: u64::MAX }];
        if let Ok(found) = inspect(content, &declared, &accepted) {
            assert_eq!((found.kind, found.bytes, &found.sha256), (*kind, bytes, &sha256));
            assert_eq!(kind_of(content), Some(*kind), "what opens as a kind begins as that kind");
        }
    }
}

/// A page, and the signatures in it.
pub(crate) fn pdf(content: &[u8]) {
    inspected(content, &[Kind::Pdf]);
    let Ok(nobody) = TrustAnchors::from_certificates([[0_u8; 0]; 0]) else { return };
    let verdict = verify_signed_pdf(content, &nobody, Timestamp::UNIX_EPOCH);
    assert!(verdict.is_err(), "who trusts nobody takes no signature");
}

/// A photograph.
pub(crate) fn picture(content: &[u8]) {
    inspected(content, &[Kind::Jpeg, Kind::Png]);
}

/// A text or a sheet of an office program.
pub(crate) fn office(content: &[u8]) {
    inspected(content, &[Kind::Docx, Kind::Xlsx]);
}

/// A certificate of the catalogue.
pub(crate) fn certificate(content: &[u8]) {
    if let Err(unreadable) = TrustAnchors::from_certificates([content]) {
        assert_eq!(unreadable.index, 0);
    }
}
