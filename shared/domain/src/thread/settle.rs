//! What time alone does to notices.

use jiff::{SignedDuration, Timestamp};

use super::attempt::ABANDONED;
use super::{Attempt, AttemptOutcome, NoticeReason, NoticeRecord, NoticeState, NoticeThread};
use crate::notice::policy::NoticePolicy;
use crate::notice::{NoticeChannel, Provider, Wording};

/// How long before its memory ends a provider that recognises a repetition is asked for the last
/// time: its clock is not ours, and a call takes its time.
const MEMORY_MARGIN: SignedDuration = SignedDuration::from_hours(1);

impl NoticeThread {
    /// Brings the thread up to `now`: leases that ran out, reports that stayed away, tries that
    /// took too long. Gives whether anything moved. A second call at the same time moves nothing.
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

    /// Takes up again what was given up, when an operator sends it back. Gives whether there was
    /// such a notice.
    pub fn take_up(&mut self, now: Timestamp) -> bool {
        let mut moved = false;
        for notice in &mut self.notices {
            if matches!(notice.state, NoticeState::Held { .. }) {
                notice.tried_from = now;
                notice.closed_providers.clear();
                notice.wait(now, None, NoticeReason::TakenUpAgain, now);
                moved = true;
            }
        }
        moved
    }

    /// Why a notice was given up no longer than `ago`, if one was: the provider asked last and its
    /// code.
    pub fn given_up(&self, ago: SignedDuration, now: Timestamp) -> Option<String> {
        let just = |notice: &&NoticeRecord| {
            matches!(notice.state, NoticeState::Held { .. })
                && notice.since.duration_until(now) < ago
        };
        let held = self.notices.iter().find(just)?;
        let last = held
            .attempts
            .last()
            .map(|attempt| format!("{} {}", attempt.provider.name(), attempt.code));
        Some(last.unwrap_or_else(|| NoticeReason::NoProvider.name().to_owned()))
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
                if !self.may_be_asked_again(provider, policy, now) =>
            {
                self.enter(
                    NoticeState::Unknown { settle_at: Some(now), provider },
                    NoticeReason::NoAnswer,
                    now,
                );
                true
            }
            // Who may have it is asked for as long as it knows it again; that has an end of its
            // own.
            NoticeState::Waiting { not_before, pinned: None }
                if not_before <= now
                    && (self.failures() > 0 || self.reason == Some(NoticeReason::NoProvider))
                    && self
                        .tried_from
                        .saturating_add(policy.try_for())
                        .is_ok_and(|end| end <= now) =>
            {
                let last = self.attempts.last();
                let reason = last.map_or(NoticeReason::NoProvider, NoticeReason::code_of);
                let until = now.saturating_add(policy.held_for()).unwrap_or(now);
                self.enter(NoticeState::Held { until }, reason, now);
                true
            }
            NoticeState::Sent { report_until: Some(_), .. } => self.give_up_report(now),
            NoticeState::Held { until } if until <= now => {
                self.end_unsent(NoticeState::Expired, NoticeReason::GivenUp, now);
                true
            }
            NoticeState::Waiting { .. }
            | NoticeState::Leased { .. }
            | NoticeState::Sent { report_until: None, .. }
            | NoticeState::Unknown { .. }
            | NoticeState::Held { .. }
            | NoticeState::Delivered
            | NoticeState::Refused
            | NoticeState::Expired
            | NoticeState::Merged { .. }
            | NoticeState::ToldElsewhere => false,
        }
    }

    /// Expects no delivery report any more, if the time for it is over. It counts from that time on,
    /// whenever somebody looks: nothing wakes a thread for it. Returns whether that moved it.
    pub(super) fn give_up_report(&mut self, now: Timestamp) -> bool {
        let NoticeState::Sent { report_until: Some(until), provider } = self.state else {
            return false;
        };
        if until > now {
            return false;
        }
        let sent = NoticeState::Sent { report_until: None, provider };
        self.enter(sent, NoticeReason::NoReportCame, until);
        true
    }

    /// The process that held the lease died between its call and its record.
    fn abandon(
        &mut self,
        provider: Provider,
        price_vnd: Option<u64>,
        policy: &NoticePolicy,
        now: Timestamp,
    ) {
        let unknown =
            Attempt::of(provider, AttemptOutcome::Unknown, ABANDONED, self.wording, self.since);
        self.log(Attempt { price_vnd, ..unknown });
        if provider.recognises_repetition() {
            self.wait(now, Some(provider), NoticeReason::Abandoned, now);
        } else {
            self.doubt(provider, ABANDONED, policy, now);
        }
    }

    /// Settles a notice without a report. What the law requires is repeated by any provider but
    /// `provider`, by the other channel where that reaches the applicant, with a marked text. For
    /// the rest, a provider that recognises duplicates is asked again; otherwise the notice is left
    /// unknown.
    fn settle_unknown(&mut self, provider: Provider, policy: &NoticePolicy, now: Timestamp) {
        if self.is_repeated_by_others(provider, policy) {
            self.wording = Wording::Repetition;
            self.tried_from = now;
            self.wait(now, None, NoticeReason::ToldAgain, now);
        } else if self.may_be_asked_again(provider, policy, now) {
            // What it had against our account may be mended.
            self.closed_providers.retain(|closed| *closed != provider);
            self.wait(now, Some(provider), NoticeReason::AskedAgain, now);
        } else {
            self.leave_unknown(provider, now);
        }
    }

    fn is_repeated_by_others(&self, provider: Provider, policy: &NoticePolicy) -> bool {
        self.is_repeated() && self.others_remain(policy, provider)
    }

    /// Whether `provider`, which may have the message, can be asked again: while it still
    /// recognises the duplicate, or, if others can send what the law requires, until they do.
    fn may_be_asked_again(
        &self,
        provider: Provider,
        policy: &NoticePolicy,
        now: Timestamp,
    ) -> bool {
        let patience = self.is_repeated_by_others(provider, policy).then(|| policy.unknown_wait());
        self.is_known_again(provider, self.wording, patience, now)
    }

    /// Whether `provider` knows it again in this wording, and no longer than `patience` has gone by
    /// since it got it first.
    fn is_known_again(
        &self,
        provider: Provider,
        wording: Wording,
        patience: Option<SignedDuration>,
        now: Timestamp,
    ) -> bool {
        let Some(memory) = provider.remembers() else {
            return false;
        };
        let known = memory - MEMORY_MARGIN;
        let patience = patience.map_or(known, |patience| patience.min(known));
        let is_over = |since: Timestamp| since.saturating_add(patience).is_ok_and(|end| end <= now);
        !self.closed_channels.contains(&provider.channel())
            && !self.doubted_since(wording).is_some_and(is_over)
    }

    /// No other provider reaches the applicant: allows the provider that may have the message to be
    /// asked again with the first wording. Returns whether one recognises the duplicate.
    pub(super) fn returns_to_doubted(&mut self, now: Timestamp) -> bool {
        let doubt =
            self.attempts.iter().rfind(|attempt| attempt.outcome == AttemptOutcome::Unknown);
        let Some((provider, wording)) = doubt.map(|attempt| (attempt.provider, attempt.wording))
        else {
            return false;
        };
        if !self.is_known_again(provider, wording, None, now) {
            return false;
        }
        let others =
            NoticeChannel::ALL.into_iter().filter(|channel| *channel != provider.channel());
        for other in
            others.filter(|other| !self.closed_channels.contains(other)).collect::<Vec<_>>()
        {
            self.closed_channels.push(other);
        }
        self.closed_providers.retain(|closed| *closed != provider);
        self.wording = wording;
        self.wait(now, Some(provider), NoticeReason::AskedAgain, now);
        true
    }

    /// Since when it has been in doubt whether a provider has the message in this wording.
    fn doubted_since(&self, wording: Wording) -> Option<Timestamp> {
        let doubt = |attempt: &&Attempt| {
            attempt.outcome == AttemptOutcome::Unknown && attempt.wording == wording
        };
        self.attempts.iter().find(doubt).map(|attempt| attempt.at)
    }
}
