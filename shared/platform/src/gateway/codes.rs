//! What each gateway's codes ask of us, as tables. The codes are the vendors'; the treatment is ours.

/// What to do after a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    /// Ask the same gateway again later.
    Retry,
    /// Ask again when the gateway opens in the morning.
    UntilMorning,
    /// Tell the applicant by the next channel.
    NextChannel,
    /// The same, and an operator has to look: something of ours is wrong.
    AlarmAndNextChannel,
    /// It was accepted before under the same request id.
    AcceptedBefore,
}

use Treatment::{AcceptedBefore, AlarmAndNextChannel, NextChannel, Retry, UntilMorning};

/// Zalo ZNS (developers.zalo.me, "Mã lỗi ZNS"), each line a range of codes that are treated alike.
const ZALO: [(std::ops::RangeInclusive<i32>, Treatment); 11] = [
    (-100..=-100, Retry),               // unknown error, "try again later"
    (-108..=-108, NextChannel),         // phone number invalid there
    (-110..=-110, NextChannel),         // the app is too old
    (-114..=-114, NextChannel),         // user inactive
    (-119..=-118, NextChannel),         // no account; account cannot receive
    (-133..=-133, UntilMorning),        // 22:00 to 06:00
    (-134..=-134, NextChannel),         // has not opted in
    (-141..=-139, NextChannel),         // refused this type, or all
    (-144..=-144, NextChannel),         // the account's daily quota: the citizen is told at once all the same
    (-147..=-147, NextChannel),         // the template's daily quota
    (-199..=-101, AlarmAndNextChannel), // token, template, balance, permission: ours to mend
];

/// What a ZNS code asks of us. Unlisted codes alarm.
pub fn zalo(code: i32) -> Treatment {
    // Four-digit codes refine the three-digit ones (-1241 is a kind of -124).
    let known = if code < -999 { code / 10 } else { code };
    ZALO.iter().find(|(codes, _)| codes.contains(&known)).map_or(AlarmAndNextChannel, |(_, treatment)| *treatment)
}

/// What an eSMS `CodeResult` asks of us (developers.esms.vn). 100 is success and never comes here.
pub fn esms(code: i32) -> Treatment {
    match code {
        // The number is blocked, badly formed, or its carrier has not registered our brand name.
        99 | 108 | 177 => NextChannel,
        // The request id was used before: the gateway has the message.
        124 => AcceptedBefore,
        // In progress under the same id; too many requests a second.
        160 | 199 => Retry,
        _ => AlarmAndNextChannel,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zalo_codes_are_treated_as_the_vendor_describes_them() {
        for (code, treatment) in [
            (-100, Retry),
            (-118, NextChannel),
            (-133, UntilMorning),
            (-124, AlarmAndNextChannel),
            (-1241, AlarmAndNextChannel),
            (-115, AlarmAndNextChannel),
            (-140, NextChannel),
            (-1441, NextChannel),
            (-1471, NextChannel),
            (-32_000, AlarmAndNextChannel),
            (7, AlarmAndNextChannel),
        ] {
            assert_eq!(zalo(code), treatment, "{code}");
        }
    }

    #[test]
    fn esms_codes_are_treated_as_the_vendor_describes_them() {
        for (code, treatment) in [(99, NextChannel), (124, AcceptedBefore), (160, Retry), (103, AlarmAndNextChannel)] {
            assert_eq!(esms(code), treatment, "{code}");
        }
    }
}
