//! The price that a provider states for a message, and the limits within which it is booked.

use std::fmt;

/// A price as it came in a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatedPrice {
    /// Đồng, parts of one rounded up; what no number of ours holds is the largest that one does.
    Vnd(u64),
    /// It is no amount, or could be read as two.
    Unreadable,
}

impl StatedPrice {
    /// Reads an amount as vendors write it: digits, in threes behind commas or without, and
    /// decimals behind a point (`850.0000`, `1,700.00`). Nothing stated is none. Three decimals
    /// alone could as well be thousands (`1.700`).
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        let (whole, decimals) =
            text.split_once('.').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
        let digits =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let mut groups = whole.split(',');
        let first = groups.next().unwrap_or_default();
        let grouped = whole.contains(',');
        let whole_reads = digits(first)
            && (!grouped || first.len() <= 3)
            && groups.all(|group| group.len() == 3 && digits(group));
        let decimals_read =
            decimals.is_none_or(|decimals| digits(decimals) && (grouped || decimals.len() != 3));
        if !whole_reads || !decimals_read {
            return Some(Self::Unreadable);
        }
        let dong = whole.bytes().filter(u8::is_ascii_digit).fold(0_u64, |sum, digit| {
            sum.saturating_mul(10).saturating_add(u64::from(digit - b'0'))
        });
        let begun = decimals.is_some_and(|decimals| decimals.bytes().any(|digit| digit != b'0'));
        Some(Self::Vnd(dong.saturating_add(u64::from(begun))))
    }

    /// The amount, where a message of the list price `listed_vnd` may have cost it: at most
    /// `most_percent` of that.
    pub fn believed(self, listed_vnd: u64, most_percent: u32) -> Option<u64> {
        match self {
            Self::Vnd(dong) => (dong <= bound_vnd(listed_vnd, most_percent)).then_some(dong),
            Self::Unreadable => None,
        }
    }
}

/// The most that is booked for a message of this list price, in đồng.
pub fn bound_vnd(listed_vnd: u64, most_percent: u32) -> u64 {
    listed_vnd.saturating_mul(u64::from(most_percent)) / 100
}

impl fmt::Display for StatedPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vnd(dong) => dong.fmt(f),
            Self::Unreadable => f.write_str("unreadable"),
        }
    }
}
