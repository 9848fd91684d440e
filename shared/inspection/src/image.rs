//! Images: their structure is followed to its end; pixels are not decoded.

use crate::Rule;
use crate::scan::{fixed, part};

/// Follows a PNG chunk by chunk from its header to its end, after which nothing may come
/// (ISO 15948 §5.3, §11.2).
pub(crate) fn png(bytes: &[u8]) -> Result<(), Rule> {
    let mut at = 8;
    let mut first = true;
    loop {
        let length = u32::from_be_bytes(fixed(bytes, at).ok_or(Rule::Truncated)?);
        let name = part(bytes, at + 4, 4).ok_or(Rule::Truncated)?;
        if !name.iter().all(u8::is_ascii_alphabetic) || (name == b"IHDR") != first {
            return Err(Rule::ImageUnreadable);
        }
        let length = usize::try_from(length).map_err(|_| Rule::ImageUnreadable)?;
        // Length, name, data, checksum.
        at = at.checked_add(length).and_then(|at| at.checked_add(12)).ok_or(Rule::Truncated)?;
        if at > bytes.len() {
            return Err(Rule::Truncated);
        }
        if name == b"IEND" {
            return if at == bytes.len() { Ok(()) } else { Err(Rule::AppendedBytes) };
        }
        first = false;
    }
}

/// Follows a JPEG segment by segment to its end of image. Telephones write a second picture or a
/// film after it, so that what follows is no reason for a refusal by itself.
///
/// Markers: ITU-T T.81 table B.1.
pub(crate) fn jpeg(bytes: &[u8]) -> Result<(), Rule> {
    let (mut at, mut frame, mut scan) = (2, false, false);
    loop {
        let marker = *bytes.get(at + 1).ok_or(Rule::Truncated)?;
        if bytes.get(at) != Some(&0xff) {
            return Err(Rule::ImageUnreadable);
        }
        match marker {
            // A fill byte.
            0xff => at += 1,
            0xd9 if frame && scan => return Ok(()),
            0x00 | 0xd8 | 0xd9 => return Err(Rule::ImageUnreadable),
            // Without a length.
            0x01 | 0xd0..=0xd7 => at += 2,
            _ => {
                let length = u16::from_be_bytes(fixed(bytes, at + 2).ok_or(Rule::Truncated)?);
                if length < 2 {
                    return Err(Rule::ImageUnreadable);
                }
                frame |= matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
                at += 2 + usize::from(length);
                if marker == 0xda {
                    scan = true;
                    at = end_of_scan(bytes, at).ok_or(Rule::Truncated)?;
                }
            }
        }
    }
}

/// Where the coded data that begins at `at` ends: at a marker that is no restart and no stuffing.
fn end_of_scan(bytes: &[u8], at: usize) -> Option<usize> {
    let ends = |pair: &[u8]| {
        pair.first() == Some(&0xff)
            && pair.get(1).is_some_and(|next| !matches!(next, 0x00 | 0xff | 0xd0..=0xd7))
    };
    Some(at + bytes.get(at..)?.windows(2).position(ends)?)
}
