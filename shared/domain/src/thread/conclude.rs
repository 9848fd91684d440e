//! How a call to a gateway ended.

use jiff::{SignedDuration, Timestamp};

use super::attempt::Concluder;
use super::{Attempt, AttemptOutcome, NoticeReason, NoticeRecord, NoticeState, NoticeThread};
use crate::notice::policy::NoticePolicy;
use crate::notice::{NoticeChannel, NoticeClass, Provider, Wording};

/// What a gateway's answer asks of a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It has the message, under this name of its own.
    Accepted {
        /// The gateway's id of the message; `None` if it only confirms that it had it before.
        message: Option<String>,
    },
    /// Ask again, after so long at least.
    Again {
        /// Whether it certainly has not taken the message; otherwise only a gateway that recognises
        /// a repetition is asked.
        not_taken: bool,
        /// How long it asks to be left alone.
        after: Option<SignedDuration>,
    },
    /// Ask again from this time on.
    From(Timestamp),
    /// This provider cannot; another of the channel may.
    NextProvider,
    /// This channel cannot deliver; another may.
    NextChannel,
    /// It may or may not have the message.
    Unknown,
}

impl Answer {
    fn outcome(&self) -> AttemptOutcome {
        match self {
            Self::Accepted { .. } => AttemptOutcome::Accepted,
            Self::Again { not_taken: true, .. } => AttemptOutcome::NotTaken,
            Self::Again { not_taken: false, .. } | Self::Unknown => AttemptOutcome::Unknown,
            Self::From(_) | Self::NextProvider | Self::NextChannel => AttemptOutcome::Declined,
        }
    }
}

/// One call to a gateway, made under a lease.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Who made it; no other process has this name.
    pub holder: &'a str,
    /// The provider that was called.
    pub provider: Provider,
    /// The wording of the text.
    pub wording: Wording,
    /// What it costs by the price list if it is taken, in đồng.
    pub price_vnd: Option<u64>,
}

impl NoticeThread {
    /// Concludes the call for which the holder leased the notice. Returns `false` if the lease has
    /// passed on; then only the record of the call is kept, since a delivery report was faster or
    /// the holder was presumed dead. A repeated conclusion counts once: the answer to the first
    /// write may have been lost.
    pub fn conclude(
        &mut self,
        version: u64,
        call: &Call<'_>,
        (answer, code): (&Answer, &str),
        policy: &NoticePolicy,
        (now, draw): (Timestamp, u32),
    ) -> bool {
        let Call { holder, provider, wording, price_vnd } = *call;
        let Some(notice) = self.notice_mut(version) else {
            return false;
        };
        if notice.concluded_by.as_deref() == Some(holder) {
            return true;
        }
        notice.concluded_by = Some(holder.to_owned());
        let message = match answer {
            Answer::Accepted { message } => message.clone(),
            Answer::Again { .. }
            | Answer::From(_)
            | Answer::NextProvider
            | Answer::NextChannel
            | Answer::Unknown => None,
        };
        let charged = matches!(answer, Answer::Accepted { .. } | Answer::Unknown);
        let ours = matches!(&notice.state, NoticeState::Leased { holder: by, .. } if by == holder);
        let attempt = Attempt {
            message,
            price_vnd: price_vnd.filter(|_| charged),
            ..Attempt::of(provider, answer.outcome(), code, wording, now)
        };
        notice.record(attempt, if ours { Concluder::Holder } else { Concluder::PresumedDead });
        if ours {
            notice.follow(provider, answer, code, policy, (now, draw));
        } else if matches!(answer, Answer::Accepted { .. })
            && matches!(&notice.state, NoticeState::Unknown { .. })
        {
            // Taken for dead too early: what was unknown is known now.
            let report_until = policy.report_until(provider, now);
            notice.enter(NoticeState::Sent { report_until, provider }, code, now);
        }
        ours
    }
}

impl NoticeRecord {
    pub(super) fn follow(
        &mut self,
        provider: Provider,
        answer: &Answer,
        code: &str,
        policy: &NoticePolicy,
        (now, draw): (Timestamp, u32),
    ) {
        let later = |failures: u32, after: Option<SignedDuration>| {
            let wait = policy.backoff(failures, draw).max(after.unwrap_or(SignedDuration::ZERO));
            now.saturating_add(wait).unwrap_or(now)
        };
        match answer {
            Answer::Accepted { .. } => {
                let report_until = policy.report_until(provider, now);
                let reason = match report_until {
                    Some(_) => NoticeReason::AwaitingReport,
                    None => NoticeReason::NoReportExpected,
                };
                self.enter(NoticeState::Sent { report_until, provider }, reason, now);
            }
            Answer::Again { after, .. } => {
                let until = later(self.failures(), *after);
                // Who may have it is the only one to be asked, until it says.
                self.wait(until, self.is_in_doubt(provider).then_some(provider), code, now);
            }
            Answer::From(time) => {
                self.deferred_until = Some(*time);
                self.wait(*time, self.is_in_doubt(provider).then_some(provider), code, now);
            }
            Answer::NextProvider => {
                self.closed_providers.push(provider);
                if self.is_in_doubt(provider) {
                    self.doubt(provider, code, policy, now);
                } else {
                    self.wait(now, None, code, now);
                }
            }
            Answer::NextChannel => {
                if !self.closed_channels.contains(&provider.channel()) {
                    self.closed_channels.push(provider.channel());
                }
                if self.is_in_doubt(provider) {
                    self.doubt(provider, code, policy, now);
                } else if NoticeChannel::ALL
                    .iter()
                    .all(|channel| self.closed_channels.contains(channel))
                {
                    self.end_unsent(NoticeState::Refused, code, now);
                } else {
                    self.wait(now, None, code, now);
                }
            }
            Answer::Unknown => self.doubt(provider, code, policy, now),
        }
    }

    /// Marks it as unknown whether `provider` has it; a report settles that, or the policy after a
    /// time.
    pub(super) fn doubt(
        &mut self,
        provider: Provider,
        code: &str,
        policy: &NoticePolicy,
        now: Timestamp,
    ) {
        let settle_at = now.saturating_add(policy.unknown_wait()).ok();
        self.enter(NoticeState::Unknown { settle_at, provider }, code, now);
    }

    /// Whether a notice that may have been delivered is worth repeating by another route: once, and
    /// only if the law requires it.
    pub(super) fn is_repeated(&self) -> bool {
        self.class == NoticeClass::Legal && self.wording.is_first()
    }
}
