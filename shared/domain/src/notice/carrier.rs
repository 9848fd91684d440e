//! By what a notice reaches a phone, and what is reported of it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::price::StatedPrice;

/// How a message reaches the applicant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

    /// The name in JSON and records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Zalo => "zalo",
            Self::Sms => "sms",
        }
    }
}

/// A provider that carries our messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Provider {
    /// The Zalo official account.
    Zalo,
    /// The SMS gateway eSMS.
    Esms,
    /// The SMS gateway SpeedSMS.
    Speedsms,
    /// The SMS gateway of VNPT (Vinaphone).
    Vnpt,
}

impl Provider {
    /// All providers, in the order of their declaration.
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

    /// The channel by which its messages arrive.
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

    /// Whether the provider sends delivery reports.
    pub fn reports(self) -> bool {
        match self {
            Self::Zalo | Self::Esms => true,
            Self::Speedsms | Self::Vnpt => false,
        }
    }
}

/// Whether the law wants a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum NoticeClass {
    /// It goes whatever the applicant prefers and the budget allows: documents asked for, refusals,
    /// apologies, results.
    Legal,
    /// A service of the province, not required by law.
    Information,
}

impl NoticeClass {
    /// The name in JSON and records.
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
    /// The message was delivered.
    Delivered,
    /// It did not, with the gateway's code.
    Failed {
        /// The code that the provider gives.
        code: String,
    },
}

/// A delivery report of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryReport {
    /// The provider that sent the report.
    pub provider: Provider,
    /// The provider's name for the message.
    pub message: String,
    /// The outcome that it reports.
    pub outcome: DeliveryOutcome,
    /// The time of the outcome by the provider's clock.
    pub at: Timestamp,
    /// The price that the provider states, if any. It is booked only after comparison with the
    /// price list.
    pub price: Option<StatedPrice>,
}
