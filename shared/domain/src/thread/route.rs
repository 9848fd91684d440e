//! By which channel a notice goes next, or until when it waits.

use jiff::Timestamp;
use jiff::civil::Time;

use super::{NO_CHANNEL, NoticeRecord, NoticeState};
use crate::calendar::{date_of, instant, next};
use crate::notice::policy::{NoticePolicy, Reach};
use crate::notice::{NoticeChannel, NoticeClass, Provider};

/// What is to be done with a notice now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Routing {
    /// Ask a provider of this channel; the one named, if one is.
    Ask {
        /// The channel.
        channel: NoticeChannel,
        /// The one provider that may be asked.
        only: Option<Provider>,
    },
    /// Wait until then.
    Wait {
        /// When.
        until: Timestamp,
        /// Why, in one word.
        reason: &'static str,
    },
    /// Whoever might carry it turned us away, or there is nobody with an account and a price: that
    /// is ours to mend. Wait until then and ask all of them again.
    Mend {
        /// When.
        until: Timestamp,
    },
    /// It ends unsent.
    Refuse {
        /// Why, in one word.
        reason: &'static str,
    },
}

impl NoticeRecord {
    /// Whether anybody but `provider` may tell the notice again, by a channel that has not said
    /// that it cannot reach the applicant. What providers have said about us does not count: that
    /// is mended.
    pub(super) fn others_remain(&self, policy: &NoticePolicy, provider: Provider) -> bool {
        let mut others = policy.providers().filter(|other| *other != provider);
        others.any(|other| !self.closed_channels.contains(&other.channel()))
    }

    /// Whether somebody may carry the notice by `channel` once we have mended what is ours: an
    /// account that its provider refuses, or, for what the law wants, a channel that nobody serves.
    fn can_be_mended(&self, channel: NoticeChannel, policy: &NoticePolicy) -> bool {
        let mut providers = policy.providers_of(channel).peekable();
        match providers.peek() {
            Some(_) => providers.any(|provider| !self.may_be_told_by(provider)),
            None => self.class == NoticeClass::Legal,
        }
    }

    /// Whether `channel` has taken nothing for so long that the next one is asked first, or may
    /// have told the applicant already.
    fn is_worn_out(&self, channel: NoticeChannel, policy: &NoticePolicy, now: Timestamp) -> bool {
        let patience = policy.channel_patience(self.class);
        self.failing_since(channel).is_some_and(|since| since.duration_until(now) >= patience)
            || Provider::ALL
                .into_iter()
                .any(|by| by.channel() == channel && self.may_be_told_by(by))
    }

    /// How to tell an applicant of whom `reach` is known, at `now`. What waits for an opening is
    /// spread by `draw`.
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
                Some(until) => Routing::Wait { until, reason: "quiet-hours" },
                None => Routing::Ask { channel, only: Some(provider) },
            };
        }
        let information = self.class == NoticeClass::Information;
        if information && reach.legal_only {
            return Routing::Refuse { reason: "opted-out" };
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
                Routing::Refuse { reason: NO_CHANNEL }
            };
        };
        if information && policy.budget_is_spent(reach.spent_vnd) {
            return Routing::Refuse { reason: "budget" };
        }
        if information && reach.sent_today >= policy.per_number_daily() {
            let tomorrow = instant(next(date_of(now)), Time::midnight());
            let until = policy.quiet_until(*first, self.class, tomorrow, draw).unwrap_or(tomorrow);
            return Routing::Wait { until, reason: "number-cap" };
        }
        let mut opening: Option<Timestamp> = None;
        for channel in candidates {
            match policy.quiet_until(channel, self.class, now, draw) {
                None => return Routing::Ask { channel, only: None },
                Some(until) => opening = Some(opening.map_or(until, |earlier| earlier.min(until))),
            }
        }
        Routing::Wait { until: opening.unwrap_or(now), reason: "quiet-hours" }
    }
}
