//! What time alone does to notices.

use jiff::{SignedDuration, Timestamp};

use super::{Attempt, AttemptOutcome, NO_PROVIDER, NoticeRecord, NoticeState, NoticeThread};
use crate::notice::Provider;
use crate::notice::policy::NoticePolicy;

impl NoticeThread {
    /// Brings the thread up to `now`: leases that ran out, reports that stayed away, tries that took too long. Gives whether
    /// anything moved. A second call at the same time moves nothing.
    pub fn settle(&mut self, policy: &NoticePolicy, now: Timestamp) -> bool {
        let mut moved = false;
        for notice in &mut self.notices {
            // A lease that ran out becomes unknown and may be due for settling at once.
            while notice.settle_once(policy, now) {
                moved = true;
            }
        }
        moved
    }

    /// Takes up again what was given up, when an operator sends it back. Gives whether there was such a notice.
    pub fn take_up(&mut self, now: Timestamp) -> bool {
        let mut moved = false;
        for notice in &mut self.notices {
            if matches!(notice.state, NoticeState::Held { .. }) {
                notice.tried_from = now;
                notice.closed_providers.clear();
                notice.wait(now, None, "taken-up-again", now);
                moved = true;
            }
        }
        moved
    }

    /// Why a notice was given up no longer than `ago`, if one was: the provider asked last and its code.
    pub fn given_up(&self, ago: SignedDuration, now: Timestamp) -> Option<String> {
        let just = |notice: &&NoticeRecord| {
            matches!(notice.state, NoticeState::Held { .. }) && notice.since.duration_until(now) < ago
        };
        let held = self.notices.iter().find(just)?;
        let last = held.attempts.last().map(|attempt| format!("{} {}", attempt.provider.name(), attempt.code));
        Some(last.unwrap_or_else(|| NO_PROVIDER.to_owned()))
    }
}

impl NoticeRecord {
    fn settle_once(&mut self, policy: &NoticePolicy, now: Timestamp) -> bool {
        match self.state.clone() {
            NoticeState::Leased { until, provider, price_vnd, .. } if until <= now => {
                self.abandon(provider, price_vnd, policy, now);
                true
            }
            NoticeState::Unknown { settle_at: Some(at), provider } if at <= now => {
                self.settle_unknown(provider, policy, now);
                true
            }
            // Nobody has said for too long whether the pinned provider has it.
            NoticeState::Waiting { pinned: Some(provider), .. }
                if self
                    .doubted_since()
                    .is_some_and(|since| since.saturating_add(policy.unknown_wait()).is_ok_and(|end| end <= now)) =>
            {
                self.enter(NoticeState::Unknown { settle_at: Some(now), provider }, Some("no-answer"), now);
                true
            }
            NoticeState::Waiting { not_before, .. }
                if not_before <= now
                    && (self.failures() > 0 || self.reason.as_deref() == Some(NO_PROVIDER))
                    && self.tried_from.saturating_add(policy.try_for()).is_ok_and(|end| end <= now) =>
            {
                let code = self.attempts.last().map_or_else(|| NO_PROVIDER.to_owned(), |attempt| attempt.code.clone());
                let until = now.saturating_add(policy.held_for()).unwrap_or(now);
                self.enter(NoticeState::Held { until }, Some(&code), now);
                true
            }
            NoticeState::Sent { report_until: Some(until), provider } if until <= now => {
                self.enter(NoticeState::Sent { report_until: None, provider }, Some("no-report-came"), now);
                true
            }
            NoticeState::Held { until } if until <= now => {
                self.end_unsent(NoticeState::Expired, "given-up", now);
                true
            }
            NoticeState::Waiting { .. }
            | NoticeState::Leased { .. }
            | NoticeState::Sent { .. }
            | NoticeState::Unknown { .. }
            | NoticeState::Held { .. }
            | NoticeState::Delivered
            | NoticeState::Refused
            | NoticeState::Expired
            | NoticeState::Merged { .. } => false,
        }
    }

    /// The process that held the lease died between its call and its record.
    fn abandon(&mut self, provider: Provider, price_vnd: Option<u64>, policy: &NoticePolicy, now: Timestamp) {
        self.log(Attempt {
            provider,
            outcome: AttemptOutcome::Unknown,
            code: "abandoned".to_owned(),
            at: self.since,
            last_at: None,
            times: 1,
            message: None,
            price_vnd,
            repetition: self.repetition,
        });
        if provider.recognises_repetition() {
            self.wait(now, Some(provider), "abandoned", now);
        } else {
            self.doubt(provider, "abandoned", policy, now);
        }
    }

    /// No report came: what the law wants is told again by anybody but `provider`, by the other channel where that reaches the
    /// applicant, with a text that says so; the rest is left.
    fn settle_unknown(&mut self, provider: Provider, policy: &NoticePolicy, now: Timestamp) {
        if self.is_repeated() && policy.others_remain(self, provider) {
            self.repetition = true;
            self.tried_from = now;
            self.wait(now, None, "told-again", now);
        } else {
            self.leave_unknown(provider, now);
        }
    }

    /// Since when it has been in doubt whether a provider has the message.
    fn doubted_since(&self) -> Option<Timestamp> {
        let doubt =
            |attempt: &&Attempt| attempt.outcome == AttemptOutcome::Unknown && attempt.repetition == self.repetition;
        self.attempts.iter().find(doubt).map(|attempt| attempt.at)
    }
}
