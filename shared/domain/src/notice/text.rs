//! How long an SMS is: the 7-bit alphabet and its extension (GSM 03.38), UCS-2, and the parts that a long text takes.

use serde::Deserialize;

/// How the characters of an SMS are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// The 7-bit alphabet: no Vietnamese marks, 160 characters a message.
    #[default]
    #[serde(rename = "gsm-7")]
    Gsm7,
    /// Two bytes a character: every mark, 70 characters a message.
    #[serde(rename = "ucs-2")]
    Ucs2,
}

/// What a text costs in parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segments {
    /// How it is coded.
    pub encoding: Encoding,
    /// Septets, or UTF-16 units.
    pub units: usize,
    /// Parts that it is sent and charged in; none for an empty text.
    pub count: usize,
}

/// The basic alphabet besides letters, digits and blanks.
const BASIC: &str = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ!\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà\n\r ";
/// What takes an escape and so counts twice.
const EXTENSION: &str = "^{}\\[~]|€\u{c}";

/// Septets that `c` takes; none if the 7-bit alphabet does not know it.
fn septets(c: char) -> Option<usize> {
    if c.is_ascii_alphanumeric() || BASIC.contains(c) { Some(1) } else { EXTENSION.contains(c).then_some(2) }
}

/// How `text` is coded and in how many parts it goes: 160 or 153 septets, 70 or 67 units a part.
pub fn segments(text: &str) -> Segments {
    match text.chars().map(septets).sum::<Option<usize>>() {
        Some(units) => Segments { encoding: Encoding::Gsm7, units, count: parts_of(units, 160, 153) },
        None => {
            let units = text.encode_utf16().count();
            Segments { encoding: Encoding::Ucs2, units, count: parts_of(units, 70, 67) }
        }
    }
}

/// In how many parts `text` goes when it is sent in `encoding`: a text that UCS-2 was asked for is sent and charged as UCS-2,
/// whatever is in it.
pub fn parts(text: &str, encoding: Encoding) -> usize {
    match encoding {
        Encoding::Gsm7 => segments(text).count,
        Encoding::Ucs2 => parts_of(text.encode_utf16().count(), 70, 67),
    }
}

/// How many parts `units` take. A part is counted full though an escape or a pair of units may not be torn apart: the
/// difference is at most one unit a part, and [`segments`] of our templates is checked against a budget with room.
fn parts_of(units: usize, alone: usize, together: usize) -> usize {
    match units {
        0 => 0,
        units if units <= alone => 1,
        units => units.div_ceil(together),
    }
}

/// Vietnamese without its marks, as SMS in the 7-bit alphabet needs it.
pub fn unaccented(text: &str) -> String {
    text.chars()
        .map(|c| {
            let lower = c.to_lowercase().next().unwrap_or(c);
            let base =
                match lower {
                    'à' | 'á' | 'ả' | 'ã' | 'ạ' | 'ă' | 'ằ' | 'ắ' | 'ẳ' | 'ẵ' | 'ặ' | 'â' | 'ầ' | 'ấ' | 'ẩ' | 'ẫ'
                    | 'ậ' => 'a',
                    'è' | 'é' | 'ẻ' | 'ẽ' | 'ẹ' | 'ê' | 'ề' | 'ế' | 'ể' | 'ễ' | 'ệ' => 'e',
                    'ì' | 'í' | 'ỉ' | 'ĩ' | 'ị' => 'i',
                    'ò' | 'ó' | 'ỏ' | 'õ' | 'ọ' | 'ô' | 'ồ' | 'ố' | 'ổ' | 'ỗ' | 'ộ' | 'ơ' | 'ờ' | 'ớ' | 'ở' | 'ỡ'
                    | 'ợ' => 'o',
                    'ù' | 'ú' | 'ủ' | 'ũ' | 'ụ' | 'ư' | 'ừ' | 'ứ' | 'ử' | 'ữ' | 'ự' => 'u',
                    'ỳ' | 'ý' | 'ỷ' | 'ỹ' | 'ỵ' => 'y',
                    'đ' => 'd',
                    _ => return c,
                };
            if c.is_uppercase() { base.to_ascii_uppercase() } else { base }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dossier::DossierStatus;

    #[test]
    fn every_status_can_be_said_without_marks_in_the_room_reserved_for_it() {
        for status in DossierStatus::ALL {
            let plain = unaccented(status.name());
            assert_eq!(segments(&plain).encoding, Encoding::Gsm7, "{plain}");
            assert!(plain.len() <= 36, "{plain}");
        }
        assert_eq!(unaccented("Được tiếp nhận"), "Duoc tiep nhan");
    }

    #[test]
    fn a_text_is_counted_as_the_carriers_count_it() {
        for (text, encoding, units, count) in [
            (String::new(), Encoding::Gsm7, 0, 0),
            ("a".repeat(160), Encoding::Gsm7, 160, 1),
            ("a".repeat(161), Encoding::Gsm7, 161, 2),
            ("a".repeat(306), Encoding::Gsm7, 306, 2),
            ("a".repeat(307), Encoding::Gsm7, 307, 3),
            // An escape and the character behind it.
            ("{".repeat(80), Encoding::Gsm7, 160, 1),
            (format!("{}[", "a".repeat(159)), Encoding::Gsm7, 161, 2),
            ("à".repeat(160), Encoding::Gsm7, 160, 1),
            // One Vietnamese mark and the whole text is coded in two bytes.
            (format!("ạ{}", "a".repeat(69)), Encoding::Ucs2, 70, 1),
            (format!("ạ{}", "a".repeat(70)), Encoding::Ucs2, 71, 2),
            ("ồ".repeat(134), Encoding::Ucs2, 134, 2),
            ("ồ".repeat(135), Encoding::Ucs2, 135, 3),
            // Outside the basic plane a character is two units.
            ("🙂".repeat(35), Encoding::Ucs2, 70, 1),
            ("🙂".repeat(36), Encoding::Ucs2, 72, 2),
        ] {
            assert_eq!(segments(&text), Segments { encoding, units, count }, "{text}");
        }
    }
}
