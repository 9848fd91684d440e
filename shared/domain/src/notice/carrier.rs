//! By what a notice reaches a phone, and what is reported of it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::price::StatedPrice;

/// How a message reaches the applicant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeChannel {
    /// Zalo, by a template that it approved (ZNS).
    Zalo,
    /// SMS under a brand name.
    Sms,
}

impl NoticeChannel {
    /// Both, in the order in which they are tried.
    pub const ALL: [Self; 2] = [Self::Zalo, Self::Sms];

    /// The word in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Zalo => "zalo",
            Self::Sms => "sms",
        }
    }
}

/// Who carries messages for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provider {
    /// Zalo's official accounts.
    Zalo,
    /// eSMS.
    Esms,
    /// SpeedSMS.
    Speedsms,
    /// VNPT (Vinaphone).
    Vnpt,
}

impl Provider {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Zalo, Self::Esms, Self::Speedsms, Self::Vnpt];

    /// The word in records, metrics and settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Zalo => "zalo",
            Self::Esms => "esms",
            Self::Speedsms => "speedsms",
            Self::Vnpt => "vnpt",
        }
    }

    /// By what its messages arrive.
    pub fn channel(self) -> NoticeChannel {
        match self {
            Self::Zalo => NoticeChannel::Zalo,
            Self::Esms | Self::Speedsms | Self::Vnpt => NoticeChannel::Sms,
        }
    }

    /// For how long it keeps a message that comes again under the same name from going out again.
    /// eSMS does for 24 hours (`RequestId`, code 124; developers.esms.vn); of VNPT's `REQID` it is
    /// not known; Zalo's `tracking_id` does not.
    pub fn remembers(self) -> Option<SignedDuration> {
        match self {
            Self::Esms => Some(SignedDuration::from_hours(24)),
            Self::Zalo | Self::Speedsms | Self::Vnpt => None,
        }
    }

    /// Whether it recognises a message that comes again.
    pub fn recognises_repetition(self) -> bool {
        self.remembers().is_some()
    }

    /// Whether it tells afterwards what became of a message.
    pub fn reports(self) -> bool {
        matches!(self, Self::Zalo | Self::Esms)
    }
}

/// Whether the law wants a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeClass {
    /// It goes whatever the applicant prefers and the budget allows: documents asked for, refusals,
    /// apologies, results.
    Legal,
    /// It is a service.
    Information,
}

impl NoticeClass {
    /// The word in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Legal => "legal",
            Self::Information => "information",
        }
    }
}

/// What a gateway reports of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// It arrived.
    Delivered,
    /// It did not, with the gateway's code.
    Failed {
        /// The code.
        code: String,
    },
}

/// A delivery report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryReport {
    /// Who reports.
    pub provider: Provider,
    /// The provider's name for the message.
    pub message: String,
    /// What became of it.
    pub outcome: DeliveryOutcome,
    /// When, as the provider says.
    pub at: Timestamp,
    /// What it says that it charges, where it says so: not believed before it is held against the
    /// price list.
    pub price: Option<StatedPrice>,
}
