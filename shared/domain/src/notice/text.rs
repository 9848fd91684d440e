//! How long an SMS is: the 7-bit alphabet and its extension (GSM 03.38), UCS-2, and the parts that
//! a long text takes.

use serde::Deserialize;

/// How the characters of an SMS are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// The encoding of the text.
    pub encoding: Encoding,
    /// The length in septets (GSM-7) or UTF-16 units.
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
    if c.is_ascii_alphanumeric() || BASIC.contains(c) {
        Some(1)
    } else {
        EXTENSION.contains(c).then_some(2)
    }
}

/// How `text` is coded and in how many parts it goes: 160 or 153 septets, 70 or 67 units a part.
pub fn segments(text: &str) -> Segments {
    match text.chars().map(septets).collect::<Option<Vec<usize>>>() {
        Some(lengths) => Segments {
            encoding: Encoding::Gsm7,
            units: lengths.iter().sum(),
            count: parts_of(&lengths, 160, 153),
        },
        None => {
            let lengths = utf16_units(text);
            Segments {
                encoding: Encoding::Ucs2,
                units: lengths.iter().sum(),
                count: parts_of(&lengths, 70, 67),
            }
        }
    }
}

/// In how many parts `text` goes when it is sent in `encoding`: a text that UCS-2 was asked for is
/// sent and charged as UCS-2, whatever is in it.
pub fn parts(text: &str, encoding: Encoding) -> usize {
    match encoding {
        Encoding::Gsm7 => segments(text).count,
        Encoding::Ucs2 => parts_of(&utf16_units(text), 70, 67),
    }
}

/// Whether `text` can be sent as plain text: ASCII within the 7-bit alphabet. The alphabet also has
/// `à è é ì ò ù`, but gateways set to "no accents" may damage them.
pub fn is_plain(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii() && septets(c).is_some())
}

fn utf16_units(text: &str) -> Vec<usize> {
    text.chars().map(char::len_utf16).collect()
}

/// How many parts characters of these lengths take. A part is filled as far as whole characters go:
/// an escape and what it escapes, or a pair of units, is never torn apart, so that a part may end
/// one unit short.
fn parts_of(lengths: &[usize], alone: usize, together: usize) -> usize {
    let units: usize = lengths.iter().sum();
    if units <= alone {
        return usize::from(units > 0);
    }
    let (count, _) = lengths.iter().fold((1, 0), |(count, filled), length| {
        if filled + length > together { (count + 1, *length) } else { (count, filled + length) }
    });
    count
}

/// Vietnamese without its marks, as SMS in the 7-bit alphabet needs it.
pub fn unaccented(text: &str) -> String {
    text.chars()
        .map(|c| {
            let lower = c.to_lowercase().next().unwrap_or(c);
            let base = match lower {
                'à' | 'á' | 'ả' | 'ã' | 'ạ' | 'ă' | 'ằ' | 'ắ' | 'ẳ' | 'ẵ' | 'ặ' | 'â' | 'ầ'
                | 'ấ' | 'ẩ' | 'ẫ' | 'ậ' => 'a',
                'è' | 'é' | 'ẻ' | 'ẽ' | 'ẹ' | 'ê' | 'ề' | 'ế' | 'ể' | 'ễ' | 'ệ' => {
                    'e'
                }
                'ì' | 'í' | 'ỉ' | 'ĩ' | 'ị' => 'i',
                'ò' | 'ó' | 'ỏ' | 'õ' | 'ọ' | 'ô' | 'ồ' | 'ố' | 'ổ' | 'ỗ' | 'ộ' | 'ơ' | 'ờ'
                | 'ớ' | 'ở' | 'ỡ' | 'ợ' => 'o',
                'ù' | 'ú' | 'ủ' | 'ũ' | 'ụ' | 'ư' | 'ừ' | 'ứ' | 'ử' | 'ữ' | 'ự' => {
                    'u'
                }
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
            assert!(is_plain(&plain), "{plain}");
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
            // Where a character of two units falls on a part's edge, the part ends one unit short.
            (format!("{}{{{}", "a".repeat(152), "a".repeat(151)), Encoding::Gsm7, 305, 2),
            (format!("{}{{{}", "a".repeat(152), "a".repeat(152)), Encoding::Gsm7, 306, 3),
            (format!("{}{{{}", "a".repeat(151), "a".repeat(153)), Encoding::Gsm7, 306, 2),
            ("{".repeat(152), Encoding::Gsm7, 304, 2),
            ("{".repeat(153), Encoding::Gsm7, 306, 3),
            (format!("{}🙂{}", "ồ".repeat(66), "ồ".repeat(65)), Encoding::Ucs2, 133, 2),
            (format!("{}🙂{}", "ồ".repeat(66), "ồ".repeat(66)), Encoding::Ucs2, 134, 3),
            ("🙂".repeat(66), Encoding::Ucs2, 132, 2),
            ("🙂".repeat(67), Encoding::Ucs2, 134, 3),
        ] {
            assert_eq!(segments(&text), Segments { encoding, units, count }, "{text}");
        }
    }

    #[test]
    fn only_ascii_of_the_alphabet_passes_as_unaccented() {
        for (text, plain) in [
            ("Ho so {code} da nhan, hen tra 19/11/2026.", true),
            ("dòng hai\n", false),
            ("à", false),
            ("è", false),
            ("é", false),
            ("ì", false),
            ("ò", false),
            ("ù", false),
            ("hàng", false),
            ("£", false),
            ("€", false),
            // ASCII, but no character of the alphabet.
            ("`", false),
            ("\t", false),
            ("\n", true),
            ("[~]", true),
        ] {
            assert_eq!(is_plain(text), plain, "{text:?}");
        }
    }
}
