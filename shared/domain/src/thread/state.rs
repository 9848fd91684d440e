//! The states of a notice.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::notice::Provider;

/// The state of a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum NoticeState {
    /// To be sent, not before this time.
    Waiting {
        /// The earliest time of the next attempt.
        not_before: Timestamp,
        /// The one provider that may be asked: it may have the message and recognises it when it
        /// comes again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pinned: Option<Provider>,
    },
    /// A process is calling a gateway.
    Leased {
        /// Who; no other process has this name.
        holder: String,
        /// Until when; after that it is taken for dead.
        until: Timestamp,
        /// The provider of the gateway.
        provider: Provider,
        /// What it costs if it is taken, in đồng.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        price_vnd: Option<u64>,
    },
    /// A gateway accepted the message.
    Sent {
        /// Until when a delivery report may come; none once nothing more is expected: an end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        report_until: Option<Timestamp>,
        /// The provider of the gateway.
        provider: Provider,
    },
    /// It is unknown whether a gateway accepted the message.
    Unknown {
        /// When a policy decides; none once it has decided to leave it so: an end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        settle_at: Option<Timestamp>,
        /// The provider of the gateway.
        provider: Provider,
    },
    /// Given up for now; it stays with the operators until `until`.
    Held {
        /// The time at which it expires.
        until: Timestamp,
    },
    /// The gateway reports that it arrived. An end.
    Delivered,
    /// No channel takes it. An end.
    Refused,
    /// It was not sent in the time in which it would have been of use. An end.
    Expired,
    /// A later notice includes it. An end.
    Merged {
        /// The version of the later notice.
        into: u64,
    },
    /// Another system has the change and tells the applicant in our place. An end.
    ToldElsewhere,
}

impl NoticeState {
    /// Whether the state is final.
    pub fn is_end(&self) -> bool {
        match self {
            Self::Waiting { .. } | Self::Leased { .. } | Self::Held { .. } => false,
            Self::Sent { report_until, .. } => report_until.is_none(),
            Self::Unknown { settle_at, .. } => settle_at.is_none(),
            Self::Delivered
            | Self::Refused
            | Self::Expired
            | Self::Merged { .. }
            | Self::ToldElsewhere => true,
        }
    }

    /// The name shown to operators.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Waiting { .. } => "waiting",
            Self::Leased { .. } => "leased",
            Self::Sent { .. } => "sent",
            Self::Unknown { .. } => "unknown",
            Self::Held { .. } => "held",
            Self::Delivered => "delivered",
            Self::Refused => "refused",
            Self::Expired => "expired",
            Self::Merged { .. } => "merged",
            Self::ToldElsewhere => "told-elsewhere",
        }
    }

    /// When it has to be woken. Not where something else brings it back: a lease's message is in
    /// flight as long as its process works, and comes again if that dies. Nor where nothing is to
    /// be done: a report that stays away changes what a reader sees, which
    /// [`NoticeThread::settle`](super::NoticeThread::settle) says at any time.
    pub(super) fn wake_at(&self) -> Option<Timestamp> {
        match self {
            Self::Waiting { not_before, .. } => Some(*not_before),
            Self::Held { until } => Some(*until),
            Self::Unknown { settle_at, .. } => *settle_at,
            Self::Leased { .. }
            | Self::Sent { .. }
            | Self::Delivered
            | Self::Refused
            | Self::Expired
            | Self::Merged { .. }
            | Self::ToldElsewhere => None,
        }
    }
}
