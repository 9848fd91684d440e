//! Why our policy holds a notice back, or ends it unsent.
//!
//! A record keeps the reason as a word ([`NoticeRecord::reason`](super::NoticeRecord::reason)),
//! since gateways give reasons too, as codes of their own.

use crate::phone::Unreachable;

/// Why our policy holds a notice back for a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DelayReason {
    /// It is an hour in which nobody is disturbed.
    QuietHours,
    /// The number has had its notices of the day.
    NumberCap,
    /// The agency has had its share of the minute.
    AgencyShare,
    /// A message about the dossier was sent just now; what follows soon becomes one message.
    Coalescing,
}

impl DelayReason {
    /// The word in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::QuietHours => "quiet-hours",
            Self::NumberCap => "number-cap",
            Self::AgencyShare => "agency-share",
            Self::Coalescing => "coalescing",
        }
    }
}

/// Why a notice ends unsent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnsentReason {
    /// The applicant wants only what the law requires.
    OptedOut,
    /// No channel is left that could carry it.
    NoChannel,
    /// The month's budget for messages is used up.
    Budget,
    /// The catalogue does not list the leader any more.
    NotListed,
    /// No message arrives at the number.
    Unreachable(Unreachable),
}

impl UnsentReason {
    /// The word in records and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::OptedOut => "opted-out",
            Self::NoChannel => "no-channel",
            Self::Budget => "budget",
            Self::NotListed => "not-listed",
            Self::Unreachable(why) => why.name(),
        }
    }
}
