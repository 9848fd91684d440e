//! The one clock, as fine as the contract writes times.

use jiff::Timestamp;

/// The present instant in whole milliseconds, the precision of histories, tags and answers.
pub fn now() -> Timestamp {
    to_millisecond(Timestamp::now())
}

/// `instant` without what is finer than a millisecond. Cut off and not rounded: nothing is dated
/// ahead of its time.
fn to_millisecond(instant: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(instant.as_millisecond()).unwrap_or(instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_keeps_its_milliseconds_and_loses_what_is_finer() {
        for (fine, cut) in [
            ("2026-11-17T02:00:00.123999999Z", "2026-11-17T02:00:00.123Z"),
            ("2026-11-17T02:00:00.123Z", "2026-11-17T02:00:00.123Z"),
        ] {
            assert_eq!(to_millisecond(fine.parse().unwrap()), cut.parse().unwrap());
        }
    }
}
