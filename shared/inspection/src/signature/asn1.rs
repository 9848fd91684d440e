//! DER (ITU-T X.690), value by value. Lengths and tags are read by the crate `der`.

use der::{Reader, SliceReader};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use rustls_pki_types::UnixTime;

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTETS: u8 = 0x04;
pub(super) const NULL: u8 = 0x05;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
/// `[n]` around another value, or around the parts of one.
pub(super) const fn tagged(number: u8) -> u8 {
    0xa0 | number
}

/// One value with its tag and length.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tlv<'a> {
    pub(super) tag: u8,
    pub(super) value: &'a [u8],
    /// Tag, length and value.
    pub(super) whole: &'a [u8],
}

/// Reads values one after the other.
pub(super) struct Values<'a>(SliceReader<'a>);

impl<'a> Values<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Option<Self> {
        SliceReader::new(bytes).ok().map(Self)
    }

    /// The values in the only value of `bytes`, which has this tag.
    pub(super) fn within(bytes: &'a [u8], tag: u8) -> Option<Self> {
        let mut outer = Self::of(bytes)?;
        let inner = outer.expect(tag)?;
        if outer.is_done() { Self::of(inner) } else { None }
    }

    pub(super) fn next(&mut self) -> Option<Tlv<'a>> {
        let whole = self.0.tlv_bytes().ok()?;
        let mut inner = SliceReader::new(whole).ok()?;
        let length = der::Header::peek(&inner).ok()?.length();
        let header = (inner.input_len() - length).ok()?;
        inner.read_slice(header).ok()?;
        Some(Tlv { tag: *whole.first()?, value: inner.read_slice(length).ok()?, whole })
    }

    /// The next value, which has this tag.
    pub(super) fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next().filter(|next| next.tag == tag).map(|next| next.value)
    }

    /// The next value where it has this tag.
    pub(super) fn optional(&mut self, tag: u8) -> Option<Tlv<'a>> {
        if self.0.peek_byte() == Some(tag) { self.next() } else { None }
    }

    pub(super) fn is_done(&self) -> bool {
        self.0.is_finished()
    }

    /// All that is left.
    pub(super) fn rest(mut self) -> Option<Vec<Tlv<'a>>> {
        let mut found = Vec::new();
        while !self.is_done() {
            found.push(self.next()?);
        }
        Some(found)
    }
}

/// `UTCTime` and `GeneralizedTime`, both in UTC (RFC 5280 §4.1.2.5); fractions are cut off.
pub(super) fn time(value: Tlv<'_>) -> Option<Timestamp> {
    let text = std::str::from_utf8(value.value).ok()?.strip_suffix('Z')?;
    let text = match value.tag {
        UTC_TIME if text.len() == 12 => {
            // Two digits: 1950 to 2049.
            format!("{}{text}", if text.as_bytes().first() >= Some(&b'5') { "19" } else { "20" })
        }
        GENERALIZED_TIME => {
            let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
            fraction.bytes().all(|byte| byte.is_ascii_digit()).then(|| seconds.to_owned())?
        }
        _ => return None,
    };
    if text.len() == 14 { instant(&text, Offset::UTC) } else { None }
}

/// A date of a PDF (ISO 32000-1 §7.9.4) to the second. Where it names no offset, it is a clock in
/// Vietnam that was read.
pub(super) fn pdf_date(text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?;
    let text = text.strip_prefix("D:").unwrap_or(text);
    let (digits, zone) = text.split_at_checked(14)?;
    let zone: String = zone.chars().filter(|c| *c != '\'').collect();
    let number = |range| zone.get(range).and_then(|digits: &str| digits.parse::<i32>().ok());
    let seconds = match zone.chars().next() {
        None => 7 * 3600,
        Some('Z') => 0,
        Some(sign @ ('+' | '-')) => {
            let away = number(1..3)? * 3600 + number(3..5).unwrap_or(0) * 60;
            if sign == '-' { -away } else { away }
        }
        Some(_) => return None,
    };
    instant(digits, Offset::from_seconds(seconds).ok()?)
}

/// Fourteen digits, year to second, on a clock that is this far from UTC.
fn instant(digits: &str, offset: Offset) -> Option<Timestamp> {
    if digits.len() != 14 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = |from: usize, to: usize| digits.get(from..to)?.parse::<i8>().ok();
    let local = DateTime::new(
        digits.get(..4)?.parse().ok()?,
        number(4, 6)?,
        number(6, 8)?,
        number(8, 10)?,
        number(10, 12)?,
        number(12, 14)?,
        0,
    );
    offset.to_timestamp(local.ok()?).ok()
}

/// The same instant as the checker of certificates counts it; `None` before 1970.
pub(super) fn unix_time(at: Timestamp) -> Option<UnixTime> {
    let at = at.as_duration();
    if at.is_negative() { None } else { Some(UnixTime::since_unix_epoch(at.unsigned_abs())) }
}
