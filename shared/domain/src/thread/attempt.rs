//! The calls to gateways in a notice's record, and what follows from them.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::NoticeRecord;
use crate::notice::{NoticeChannel, Provider, Wording};

/// The most attempts that are kept one by one; like attempts in a row are one entry with a count,
/// so that a day of retries fits.
pub const ATTEMPTS_MAX: usize = 40;

/// The code of a call whose process is presumed dead.
pub(super) const ABANDONED: &str = "abandoned";

/// The code of a call that is known from a report before it is answered.
pub(super) const REPORTED: &str = "reported";

/// The outcome of one call to a gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttemptOutcome {
    /// The gateway accepted the message.
    Accepted,
    /// The gateway declined the message.
    Declined,
    /// It has certainly not taken the message.
    NotTaken,
    /// The gateway may have the message.
    Unknown,
    /// It reports that the message arrived.
    Delivered,
    /// It reports that the message did not arrive.
    Failed,
}

/// One call to a gateway, or several in a row that ended alike.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// The provider that was called.
    pub provider: Provider,
    /// The outcome of the call.
    pub outcome: AttemptOutcome,
    /// The provider's code, or what came instead of one.
    pub code: String,
    /// The time of the first call.
    pub at: Timestamp,
    /// When, the last time, where it was more than one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_at: Option<Timestamp>,
    /// The number of equal calls in a row, from 1.
    pub times: u32,
    /// The provider's name for the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What it costs by the price list, in đồng; none where nothing is charged. The month's budget
    /// counts by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_vnd: Option<u64>,
    /// What it has cost by the provider's report, in đồng, where the report is believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported_vnd: Option<u64>,
    /// What a report stated and is not believed: digits, or `unreadable`. It is never booked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub implausible_price: Option<String>,
    /// The wording of the text.
    #[serde(default, rename = "repetition", skip_serializing_if = "Wording::is_first")]
    pub wording: Wording,
    /// Whether the call is known only from a delivery report; its answer is still to come.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ahead: bool,
}

impl Attempt {
    /// One call that nothing is charged for.
    pub(super) fn of(
        provider: Provider,
        outcome: AttemptOutcome,
        code: &str,
        wording: Wording,
        at: Timestamp,
    ) -> Self {
        Self {
            provider,
            outcome,
            code: code.to_owned(),
            at,
            last_at: None,
            times: 1,
            message: None,
            price_vnd: None,
            reported_vnd: None,
            implausible_price: None,
            wording,
            ahead: false,
        }
    }

    /// What it has cost, in đồng: as reported where that is believed, else by the price list.
    pub fn cost_vnd(&self) -> u64 {
        self.reported_vnd.or(self.price_vnd).unwrap_or(0)
    }

    /// Whether a delivery report has given the outcome.
    fn is_reported(&self) -> bool {
        matches!(self.outcome, AttemptOutcome::Delivered | AttemptOutcome::Failed)
    }

    /// Whether the caller is presumed dead and no outcome is known.
    fn is_abandoned(&self) -> bool {
        self.outcome == AttemptOutcome::Unknown && self.code == ABANDONED && self.message.is_none()
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}×{} {:?} {} at {}",
            self.times,
            self.provider.name(),
            self.outcome,
            self.code,
            self.at
        )
    }
}

/// The totals that count against the month's budget and the number's daily cap.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Charge {
    /// Đồng, by the price list: what a report states moves no budget.
    pub vnd: u64,
    /// Messages that the law does not want and the number has got, or may have.
    pub services: u32,
    /// Notices that have ended without it being known whether the applicant got them.
    pub left_unknown: u32,
}

impl Charge {
    /// The same and `vnd`, which was counted beside it.
    #[must_use]
    pub fn with(self, vnd: u64) -> Self {
        Self { vnd: self.vnd.saturating_add(vnd), ..self }
    }

    /// What has been added since `before`.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        Self {
            vnd: self.vnd.saturating_sub(before.vnd),
            services: self.services.saturating_sub(before.services),
            left_unknown: self.left_unknown.saturating_sub(before.left_unknown),
        }
    }
}

/// Who concludes a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Concluder {
    /// The process that has the notice.
    Holder,
    /// One that was presumed dead: another may have had the notice since.
    PresumedDead,
}

impl Concluder {
    fn is_late(self) -> bool {
        match self {
            Self::Holder => false,
            Self::PresumedDead => true,
        }
    }
}

impl NoticeRecord {
    /// Records one call. A call that a report or the gateway's duplicate check tells of again is
    /// neither recorded nor charged a second time; nor is one that a process concludes which was
    /// presumed dead.
    pub(super) fn record(&mut self, call: Attempt, by: Concluder) {
        let same =
            |kept: &&mut Attempt| kept.provider == call.provider && kept.wording == call.wording;
        let carried = |kept: &Attempt| {
            kept.is_reported()
                || matches!(kept.outcome, AttemptOutcome::Unknown | AttemptOutcome::Accepted)
        };
        let known = |kept: &&mut Attempt| {
            same(kept)
                && match (call.outcome, &call.message) {
                    // A report was faster than the answer, and has told the message's name.
                    (AttemptOutcome::Accepted, Some(message)) => {
                        kept.message.as_ref() == Some(message)
                            || kept.ahead
                            || (by.is_late() && kept.is_abandoned())
                    }
                    // The gateway says that it had it before.
                    (AttemptOutcome::Accepted, None) => carried(kept),
                    // A report was faster than the answer that never came.
                    (AttemptOutcome::Unknown, _) => kept.is_reported(),
                    (AttemptOutcome::Declined | AttemptOutcome::NotTaken, _)
                    | (AttemptOutcome::Delivered | AttemptOutcome::Failed, _) => false,
                }
        };
        if let Some(kept) = self.attempts.iter_mut().rfind(known) {
            let made_once = by.is_late() && kept.is_abandoned();
            kept.price_vnd = kept.price_vnd.or(call.price_vnd);
            kept.message = kept.message.take().or(call.message);
            kept.ahead = false;
            if kept.outcome == AttemptOutcome::Unknown {
                (kept.outcome, kept.code) = (AttemptOutcome::Accepted, call.code);
                if !made_once {
                    (kept.last_at, kept.times) = (Some(call.at), kept.times.saturating_add(1));
                }
            }
            return;
        }
        if call.outcome == AttemptOutcome::Accepted {
            self.settle_doubts(call.provider, call.wording);
        }
        self.log(call);
    }

    /// One of the calls to `provider` in this wording is known to have carried it: where it
    /// recognises a repetition, no other one did.
    pub(super) fn settle_doubts(&mut self, provider: Provider, wording: Wording) {
        let doubt = |kept: &&mut Attempt| {
            kept.outcome == AttemptOutcome::Unknown
                && kept.provider == provider
                && kept.wording == wording
        };
        if provider.recognises_repetition() {
            for kept in self.attempts.iter_mut().filter(doubt) {
                (kept.outcome, kept.price_vnd) = (AttemptOutcome::NotTaken, None);
            }
        }
    }

    /// What the record keeps of one more call.
    pub(super) fn log(&mut self, attempt: Attempt) {
        match self.attempts.last_mut() {
            Some(last)
                if last.message.is_none()
                    && (last.provider, last.outcome, &last.code, last.wording)
                        == (attempt.provider, attempt.outcome, &attempt.code, attempt.wording) =>
            {
                last.times = last.times.saturating_add(1);
                last.last_at = Some(attempt.at);
                last.message = attempt.message;
                last.price_vnd = attempt.price_vnd;
            }
            // What was accepted or may have been is never left out for the sake of room.
            _ => {
                if self.attempts.len() >= ATTEMPTS_MAX {
                    let spare = |kept: &Attempt| {
                        matches!(kept.outcome, AttemptOutcome::NotTaken | AttemptOutcome::Declined)
                    };
                    if let Some(place) = self.attempts.iter().position(spare) {
                        self.attempts.remove(place);
                    }
                }
                self.attempts.push(attempt);
            }
        }
    }

    /// Whether `provider` may already have it in its present wording.
    pub(super) fn is_in_doubt(&self, provider: Provider) -> bool {
        let unknown = |attempt: &Attempt| attempt.outcome == AttemptOutcome::Unknown;
        self.attempts
            .iter()
            .any(|call| unknown(call) && call.provider == provider && call.wording == self.wording)
    }

    /// Whether `provider` may have delivered it before the decision to repeat it.
    pub fn may_have_delivered(&self, provider: Provider) -> bool {
        let unknown = |attempt: &Attempt| attempt.outcome == AttemptOutcome::Unknown;
        self.attempts
            .iter()
            .any(|call| unknown(call) && call.provider == provider && call.wording != self.wording)
    }

    /// Whether `provider` may be asked to send it: it has neither refused us nor may it have
    /// delivered it already.
    pub fn may_go_by(&self, provider: Provider) -> bool {
        !self.closed_channels.contains(&provider.channel())
            && !self.closed_providers.contains(&provider)
            && !self.may_have_delivered(provider)
    }

    /// Since when gateways of `channel` have not taken it, though they have nothing against it.
    pub fn failing_since(&self, channel: NoticeChannel) -> Option<Timestamp> {
        let fails = |call: &&Attempt| {
            let last = call.last_at.unwrap_or(call.at);
            call.outcome == AttemptOutcome::NotTaken
                && call.provider.channel() == channel
                && last >= self.tried_from
        };
        self.attempts.iter().find(fails).map(|call| call.at.max(self.tried_from))
    }

    /// How often gateways were asked in vain.
    pub fn failures(&self) -> u32 {
        let vain = |attempt: &&Attempt| {
            matches!(
                attempt.outcome,
                AttemptOutcome::NotTaken | AttemptOutcome::Unknown | AttemptOutcome::Declined
            )
        };
        self.attempts.iter().filter(vain).fold(0, |sum, attempt| sum.saturating_add(attempt.times))
    }

    /// What it has cost, in đồng.
    pub fn cost_vnd(&self) -> u64 {
        self.attempts.iter().fold(0, |sum, attempt| sum.saturating_add(attempt.cost_vnd()))
    }

    /// What it has cost by the price list, in đồng.
    pub(super) fn listed_vnd(&self) -> u64 {
        self.attempts
            .iter()
            .fold(0, |sum, attempt| sum.saturating_add(attempt.price_vnd.unwrap_or(0)))
    }

    /// When a gateway accepted it first, if one did.
    pub fn accepted_at(&self) -> Option<Timestamp> {
        let taken = |attempt: &&Attempt| {
            matches!(attempt.outcome, AttemptOutcome::Accepted | AttemptOutcome::Delivered)
        };
        self.attempts.iter().find(taken).map(|attempt| attempt.at)
    }
}
