//! By which channel a notice goes next, or until when it waits.

use jiff::Timestamp;
use jiff::civil::Time;

use super::{DelayReason, NoticeRecord, NoticeState, UnsentReason};
use crate::calendar::{date_of, instant, next};
use crate::notice::policy::{NoticePolicy, Reach};
use crate::notice::{NoticeChannel, NoticeClass, Provider};

/// What is to be done with a notice now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Routing {
    /// Ask a provider of this channel; the one named, if one is.
    Ask {
        /// The channel to use.
        channel: NoticeChannel,
        /// The one provider that may be asked.
        only: Option<Provider>,
    },
    /// Wait until a later time.
    Wait {
        /// The time until which to wait.
        until: Timestamp,
        /// Why it waits, by our policy.
        reason: DelayReason,
    },
    /// No provider can be asked, since each one refuses our account or has no account or price:
    /// that is ours to mend. Wait and ask all of them again.
    Mend {
        /// The time until which to wait.
        until: Timestamp,
    },
    /// End the notice unsent.
    Refuse {
        /// Why it is not sent.
        reason: UnsentReason,
    },
}

impl NoticeRecord {
    /// Whether a provider other than `provider` may still send the notice, by a channel that can
    /// reach the applicant. Refusals of our account do not count, since they get mended.
    pub(super) fn others_remain(&self, policy: &NoticePolicy, provider: Provider) -> bool {
        let mut others = policy.providers().filter(|other| *other != provider);
        others.any(|other| !self.closed_channels.contains(&other.channel()))
    }

    /// Whether a provider may send the notice by `channel` once we have mended our side: a refused
    /// account, or, for what the law requires, a channel without a provider.
    fn can_be_mended(&self, channel: NoticeChannel, policy: &NoticePolicy) -> bool {
        let mut providers = policy.providers_of(channel).peekable();
        match providers.peek() {
            Some(_) => providers.any(|provider| !self.may_have_delivered(provider)),
            None => self.class == NoticeClass::Legal,
        }
    }

    /// Whether `channel` has accepted nothing for so long that the next one is asked first, or may
    /// already have informed the applicant.
    fn is_worn_out(&self, channel: NoticeChannel, policy: &NoticePolicy, now: Timestamp) -> bool {
        let patience = policy.channel_patience(self.class);
        self.failing_since(channel).is_some_and(|since| since.duration_until(now) >= patience)
            || Provider::ALL
                .into_iter()
                .any(|by| by.channel() == channel && self.may_have_delivered(by))
    }

    /// The route of a notice at `now` to an applicant with the known facts `reach`. `draw` spreads
    /// what waits for the end of quiet hours.
    pub fn route(
        &self,
        policy: &NoticePolicy,
        reach: &Reach,
        now: Timestamp,
        draw: u32,
    ) -> Routing {
        if let NoticeState::Waiting { pinned: Some(provider), .. } = self.state {
            let channel = provider.channel();
            return match policy.quiet_until(channel, self.class, now, draw) {
                Some(until) => Routing::Wait { until, reason: DelayReason::QuietHours },
                None => Routing::Ask { channel, only: Some(provider) },
            };
        }
        let information = self.class == NoticeClass::Information;
        if information && reach.legal_only {
            return Routing::Refuse { reason: UnsentReason::OptedOut };
        }
        let chosen =
            if reach.preferred.is_empty() { policy.channels() } else { reach.preferred.as_slice() };
        let reaches = |channel: &&NoticeChannel| {
            let remembered =
                reach.unreachable.iter().any(|(other, until)| other == *channel && now < *until);
            !remembered && !self.closed_channels.contains(channel)
        };
        // What the law wants goes by a channel that was not chosen where no chosen one works.
        let besides = || {
            policy
                .channels()
                .iter()
                .filter(|channel| !information && !chosen.contains(channel))
                .filter(reaches)
        };
        let is_open = |channel: &&NoticeChannel| {
            policy.providers_of(**channel).any(|provider| self.may_go_by(provider))
        };
        let mut candidates: Vec<NoticeChannel> =
            chosen.iter().filter(reaches).filter(is_open).copied().collect();
        if candidates.iter().all(|channel| self.is_worn_out(*channel, policy, now)) {
            candidates.extend(besides().filter(is_open));
        }
        candidates.sort_by_key(|channel| self.is_worn_out(*channel, policy, now));
        let Some(first) = candidates.first() else {
            let mut wanted = chosen.iter().filter(reaches).chain(besides());
            return if wanted.any(|channel| self.can_be_mended(*channel, policy)) {
                let wait = policy.backoff(self.failures(), draw);
                Routing::Mend { until: now.saturating_add(wait).unwrap_or(now) }
            } else {
                Routing::Refuse { reason: UnsentReason::NoChannel }
            };
        };
        if information && policy.budget_is_spent(reach.spent_vnd) {
            return Routing::Refuse { reason: UnsentReason::Budget };
        }
        // What one agency has caused must not silence all others.
        if information
            && policy.budget_is_shared(reach.spent_vnd)
            && policy.share_is_spent(reach.agency_spent_vnd)
        {
            return Routing::Refuse { reason: UnsentReason::BudgetShare };
        }
        if information && reach.sent_today >= policy.per_number_daily() {
            let tomorrow = instant(next(date_of(now)), Time::midnight());
            let until = policy.quiet_until(*first, self.class, tomorrow, draw).unwrap_or(tomorrow);
            return Routing::Wait { until, reason: DelayReason::NumberCap };
        }
        let mut opening: Option<Timestamp> = None;
        for channel in candidates {
            match policy.quiet_until(channel, self.class, now, draw) {
                None => return Routing::Ask { channel, only: None },
                Some(until) => opening = Some(opening.map_or(until, |earlier| earlier.min(until))),
            }
        }
        Routing::Wait { until: opening.unwrap_or(now), reason: DelayReason::QuietHours }
    }
}
