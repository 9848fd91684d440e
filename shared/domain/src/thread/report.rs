//! The effect of a delivery report on a notice.

use jiff::Timestamp;

use super::attempt::REPORTED;
use super::{
    Answer, Attempt, AttemptOutcome, NoticeReason, NoticeRecord, NoticeState, NoticeThread,
};
use crate::notice::policy::NoticePolicy;
use crate::notice::price::StatedPrice;
use crate::notice::{DeliveryOutcome, DeliveryReport, Wording};

/// The effect of a delivery report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reported {
    /// The notice moved, or its record did.
    Applied,
    /// It was known before, or the notice has ended: no change.
    Known,
    /// No message of this name was ever given to that provider.
    Stranger,
}

/// What was heard in a delivery report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// The effect of the report.
    pub reported: Reported,
    /// A price that no such message can have cost, where one was stated that was not known yet: an
    /// operator has to look.
    pub implausible: Option<StatedPrice>,
    /// Whether it settled what had been left unknown.
    pub settled: bool,
}

impl NoticeThread {
    /// Applies a delivery report about the message of entry `version`, in its first wording or
    /// that of a repetition. "Delivered" ends the notice, even after a report of failure. No other report
    /// moves an end, except from unknown to known. A report about an unknown message changes
    /// nothing.
    pub fn report(
        &mut self,
        (version, wording): (u64, Wording),
        report: &DeliveryReport,
        policy: &NoticePolicy,
        now: Timestamp,
    ) -> Heard {
        let stranger = Heard { reported: Reported::Stranger, implausible: None, settled: false };
        let Some(notice) = self.notice_mut(version) else {
            return stranger;
        };
        notice.give_up_report(now);
        let Some(attempt) = notice.call_reported(report, wording, now) else {
            return stranger;
        };
        let is_news = match (attempt.outcome, &report.outcome) {
            // A message that did not arrive at first may have arrived since; never the other way
            // about.
            (AttemptOutcome::Delivered, _)
            | (AttemptOutcome::Failed, DeliveryOutcome::Failed { .. }) => false,
            (AttemptOutcome::Failed, DeliveryOutcome::Delivered)
            | (
                AttemptOutcome::Accepted
                | AttemptOutcome::Declined
                | AttemptOutcome::NotTaken
                | AttemptOutcome::Unknown,
                _,
            ) => true,
        };
        let implausible = attempt.hear_price(report.price, is_news, policy);
        if !is_news {
            return Heard { reported: Reported::Known, implausible, settled: false };
        }
        let (outcome, code) = match &report.outcome {
            DeliveryOutcome::Delivered => (AttemptOutcome::Delivered, "delivered"),
            DeliveryOutcome::Failed { code } => (AttemptOutcome::Failed, code.as_str()),
        };
        (attempt.outcome, attempt.code) = (outcome, code.to_owned());
        notice.settle_doubts(report.provider, wording);
        let was_left = notice.is_left_unknown();
        let moved = match &report.outcome {
            DeliveryOutcome::Delivered => notice.arrived(now),
            DeliveryOutcome::Failed { code } => notice.failed(report, code, wording, policy, now),
        };
        let reported = if moved { Reported::Applied } else { Reported::Known };
        Heard { reported, implausible, settled: was_left && !notice.is_left_unknown() }
    }
}

impl NoticeRecord {
    /// The call to which a report of this wording belongs: the one with its message id, else the
    /// one whose answer gave no id, if it is the only call of that wording. A call in progress is
    /// recorded ahead of its answer.
    fn call_reported(
        &mut self,
        report: &DeliveryReport,
        wording: Wording,
        now: Timestamp,
    ) -> Option<&mut Attempt> {
        let own = |call: &Attempt| call.provider == report.provider && call.wording == wording;
        let named =
            |call: &Attempt| own(call) && call.message.as_deref() == Some(report.message.as_str());
        let open = |call: &Attempt| {
            own(call) && matches!(call.outcome, AttemptOutcome::Unknown | AttemptOutcome::Accepted)
        };
        if let Some(place) = self.attempts.iter().rposition(named) {
            return self.attempts.get_mut(place);
        }
        if self.attempts.iter().any(|call| own(call) && call.message.is_some()) {
            return None;
        }
        if let Some(place) = self.attempts.iter().rposition(open) {
            let call = self.attempts.get_mut(place)?;
            call.message = Some(report.message.clone());
            return Some(call);
        }
        let NoticeState::Leased { provider, price_vnd, .. } = self.state else {
            return None;
        };
        if provider != report.provider || self.wording != wording {
            return None;
        }
        // No report is older than its call, or newer than its arrival.
        let at = report.at.min(now).max(self.since);
        self.log(Attempt {
            message: Some(report.message.clone()),
            price_vnd,
            ahead: true,
            ..Attempt::of(provider, AttemptOutcome::Unknown, REPORTED, wording, at)
        });
        self.attempts.last_mut()
    }

    /// Records that the message was delivered; returns whether that changes the notice. A notice
    /// that a later one includes stays merged.
    fn arrived(&mut self, now: Timestamp) -> bool {
        match self.state {
            NoticeState::Merged { .. } | NoticeState::Delivered | NoticeState::ToldElsewhere => {
                false
            }
            NoticeState::Waiting { .. }
            | NoticeState::Leased { .. }
            | NoticeState::Sent { .. }
            | NoticeState::Unknown { .. }
            | NoticeState::Held { .. }
            | NoticeState::Refused
            | NoticeState::Expired => {
                self.enter(NoticeState::Delivered, NoticeReason::Reported, now);
                true
            }
        }
    }

    /// Records that the message failed. If the notice depends on it, the next channel is asked.
    /// Returns whether the notice or its record changed.
    fn failed(
        &mut self,
        report: &DeliveryReport,
        code: &str,
        wording: Wording,
        policy: &NoticePolicy,
        now: Timestamp,
    ) -> bool {
        let stands_on = match &self.state {
            NoticeState::Sent { provider, report_until: Some(_) }
            | NoticeState::Unknown { provider, settle_at: Some(_) }
            | NoticeState::Leased { provider, .. }
            | NoticeState::Waiting { pinned: Some(provider), .. } => {
                *provider == report.provider && self.wording == wording
            }
            NoticeState::Unknown { settle_at: None, .. } => {
                // Nobody is told so late; but where this was the only doubt, it is known now that
                // nobody was.
                if !self.attempts.iter().any(|attempt| attempt.outcome == AttemptOutcome::Unknown) {
                    self.enter(NoticeState::Refused, code, now);
                }
                return true;
            }
            NoticeState::Refused
            | NoticeState::Expired
            | NoticeState::Delivered
            | NoticeState::Merged { .. }
            | NoticeState::ToldElsewhere => {
                return false;
            }
            NoticeState::Sent { report_until: None, .. }
            | NoticeState::Waiting { pinned: None, .. }
            | NoticeState::Held { .. } => false,
        };
        if stands_on {
            self.tried_from = now;
            self.follow(report.provider, &Answer::NextChannel, code, policy, (now, 0));
        }
        true
    }
}

impl Attempt {
    /// Takes a stated price in, and gives it back where it is not believed and was not known. A
    /// report that is news has the last word about what is believed.
    fn hear_price(
        &mut self,
        stated: Option<StatedPrice>,
        is_news: bool,
        policy: &NoticePolicy,
    ) -> Option<StatedPrice> {
        let stated = stated?;
        match stated.believed(self.price_vnd.unwrap_or(0), policy.reported_price_max_percent()) {
            Some(believed) if is_news => self.reported_vnd = Some(believed),
            Some(believed) => self.reported_vnd = self.reported_vnd.or(Some(believed)),
            None if self.implausible_price.is_none() => {
                self.implausible_price = Some(stated.to_string());
                return Some(stated);
            }
            None => {}
        }
        None
    }
}
