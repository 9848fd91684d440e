//! Why a notice is in its state: by our policy, in the course of its sending, or by a gateway's
//! code.

use serde::{Deserialize, Serialize};

use super::Attempt;
use super::attempt::{ABANDONED, REPORTED};
use crate::phone::Unreachable;

/// Why a notice is in its state: one word in records and answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum NoticeReason {
    /// Our policy holds it back.
    Delayed(DelayReason),
    /// It ended unsent, by our policy or for want of a channel.
    Unsent(UnsentReason),
    /// A later notice includes it.
    SaidByALaterNotice,
    /// Another system has acknowledged the change, and tells the applicant of it.
    SystemTells,
    /// No provider has an account and a price.
    NoProvider,
    /// The process that called the gateway is presumed dead.
    Abandoned,
    /// A gateway has it, and its delivery report is awaited.
    AwaitingReport,
    /// A gateway has it that sends no delivery reports.
    NoReportExpected,
    /// The delivery report stayed away.
    NoReportCame,
    /// The delivery report says that it arrived.
    Reported,
    /// The provider that may have it did not say so for too long.
    NoAnswer,
    /// The provider that may have it is asked again, and recognises the repetition.
    AskedAgain,
    /// Another provider sends it with a marked text.
    ToldAgain,
    /// Nobody will know whether it arrived.
    LeftUnknown,
    /// It stayed with the operators for too long.
    GivenUp,
    /// An operator sent it back.
    TakenUpAgain,
    /// The code of a gateway's answer or report, or ours for a call without one.
    Code(String),
}

impl NoticeReason {
    /// Those that are not a gateway's.
    const OURS: [Self; 30] = [
        Self::Delayed(DelayReason::QuietHours),
        Self::Delayed(DelayReason::NumberCap),
        Self::Delayed(DelayReason::AgencyShare),
        Self::Delayed(DelayReason::Coalescing),
        Self::Delayed(DelayReason::SystemMayTell),
        Self::Delayed(DelayReason::AskedLater),
        Self::Unsent(UnsentReason::OptedOut),
        Self::Unsent(UnsentReason::NoChannel),
        Self::Unsent(UnsentReason::Budget),
        Self::Unsent(UnsentReason::BudgetShare),
        Self::Unsent(UnsentReason::NotListed),
        Self::Unsent(UnsentReason::Moot),
        Self::Unsent(UnsentReason::Unreachable(Unreachable::LandLine)),
        Self::Unsent(UnsentReason::Unreachable(Unreachable::NoMobileRange)),
        Self::Unsent(UnsentReason::Unreachable(Unreachable::ForeignNumber)),
        Self::Unsent(UnsentReason::Unreachable(Unreachable::NoPhone)),
        Self::SaidByALaterNotice,
        Self::SystemTells,
        Self::NoProvider,
        Self::Abandoned,
        Self::AwaitingReport,
        Self::NoReportExpected,
        Self::NoReportCame,
        Self::Reported,
        Self::NoAnswer,
        Self::AskedAgain,
        Self::ToldAgain,
        Self::LeftUnknown,
        Self::GivenUp,
        Self::TakenUpAgain,
    ];

    /// The word in records and answers.
    pub fn name(&self) -> &str {
        match self {
            Self::Delayed(why) => why.name(),
            Self::Unsent(why) => why.name(),
            Self::SaidByALaterNotice => "said-by-a-later-notice",
            Self::SystemTells => "system-tells",
            Self::NoProvider => "no-provider",
            Self::Abandoned => ABANDONED,
            Self::AwaitingReport => "awaiting-report",
            Self::NoReportExpected => "no-report-expected",
            Self::NoReportCame => "no-report-came",
            Self::Reported => REPORTED,
            Self::NoAnswer => "no-answer",
            Self::AskedAgain => "asked-again",
            Self::ToldAgain => "told-again",
            Self::LeftUnknown => "left-unknown",
            Self::GivenUp => "given-up",
            Self::TakenUpAgain => "taken-up-again",
            Self::Code(code) => code,
        }
    }

    /// The code with which a call ended.
    pub(super) fn code_of(attempt: &Attempt) -> Self {
        attempt.code.as_str().into()
    }
}

impl From<&str> for NoticeReason {
    /// Reads it as records have it, so that a reason is the same before and after it is stored.
    fn from(word: &str) -> Self {
        let ours = Self::OURS.into_iter().find(|reason| reason.name() == word);
        ours.unwrap_or_else(|| Self::Code(word.to_owned()))
    }
}

impl From<String> for NoticeReason {
    fn from(word: String) -> Self {
        word.as_str().into()
    }
}

impl From<NoticeReason> for String {
    fn from(reason: NoticeReason) -> Self {
        reason.name().to_owned()
    }
}

impl From<DelayReason> for NoticeReason {
    fn from(why: DelayReason) -> Self {
        Self::Delayed(why)
    }
}

impl From<UnsentReason> for NoticeReason {
    fn from(why: UnsentReason) -> Self {
        Self::Unsent(why)
    }
}

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
    /// Another system tells the applicant once it has the change, and has not acknowledged it yet.
    SystemMayTell,
    /// It is a question about a result, and who has the result is given some time with it.
    AskedLater,
}

impl DelayReason {
    /// The word in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::QuietHours => "quiet-hours",
            Self::NumberCap => "number-cap",
            Self::AgencyShare => "agency-share",
            Self::Coalescing => "coalescing",
            Self::SystemMayTell => "system-may-tell",
            Self::AskedLater => "asked-later",
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
    /// Little of the month's budget is left, and its agency has had its share of that.
    BudgetShare,
    /// The catalogue does not list the leader any more, or the content of the dossier is gone and
    /// with it the number.
    NotListed,
    /// It is a question that was answered before it was asked, or to which no answer counts any more.
    Moot,
    /// No message arrives at the number, or there is none.
    Unreachable(Unreachable),
}

impl UnsentReason {
    /// The word in records and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::OptedOut => "opted-out",
            Self::NoChannel => "no-channel",
            Self::Budget => "budget",
            Self::BudgetShare => "budget-share",
            Self::NotListed => "not-listed",
            Self::Moot => "moot",
            Self::Unreachable(why) => why.name(),
        }
    }
}
