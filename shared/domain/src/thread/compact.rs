//! The form in which notices are stored: short names, times as milliseconds from the change that is
//! told, and nothing that the rest already says. A thread is rewritten with each of its steps, and
//! a table is paid by the KiB.

mod holder;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use holder::CompactHolder;

use super::{Attempt, AttemptOutcome, Content, NoticeReason, NoticeRecord, NoticeState};
use crate::dossier::Action;
use crate::feedback::FeedbackNews;
use crate::notice::headline::Headline;
use crate::notice::{NoticeChannel, NoticeClass, Provider, Wording};

/// Milliseconds from the change that the notice tells; before it, less than 0.
type Offset = i64;

/// A notice as it is stored.
#[derive(Serialize, Deserialize)]
pub(super) struct CompactNotice {
    /// The version of the entry.
    #[serde(rename = "v")]
    version: u64,
    /// What was done to the dossier; none where the notice says something else.
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    action: Option<Action>,
    /// The figures that are sent.
    #[serde(rename = "h", default, skip_serializing_if = "Option::is_none")]
    headline: Option<Headline>,
    /// Whether it is the question after a result.
    #[serde(rename = "k", default, skip_serializing_if = "std::ops::Not::not")]
    question: bool,
    /// What became of a feedback.
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    news: Option<FeedbackNews>,
    /// Whether the law requires it.
    #[serde(rename = "l", default, skip_serializing_if = "std::ops::Not::not")]
    legal: bool,
    /// The time of the change, in milliseconds since 1970.
    #[serde(rename = "c")]
    changed_at: i64,
    /// The state that it is in.
    #[serde(rename = "s")]
    state: CompactState,
    /// Since when it is in that state.
    #[serde(rename = "t")]
    since: Offset,
    /// Why it is in that state, where the state does not say it ([`usual`]).
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    reason: Option<CompactReason>,
    /// From when sending is tried; none where it is the time of the change.
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    tried_from: Option<Offset>,
    #[serde(rename = "j", default, skip_serializing_if = "std::ops::Not::not")]
    admitted: bool,
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    deferred_until: Option<Offset>,
    #[serde(rename = "w", default, skip_serializing_if = "Wording::is_first")]
    wording: Wording,
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    concluded_by: Option<CompactHolder>,
    #[serde(rename = "x", default, skip_serializing_if = "Vec::is_empty")]
    closed_channels: Vec<NoticeChannel>,
    #[serde(rename = "y", default, skip_serializing_if = "Vec::is_empty")]
    closed_providers: Vec<Provider>,
    /// The calls to gateways, in order.
    #[serde(rename = "q", default, skip_serializing_if = "Vec::is_empty")]
    attempts: Vec<CompactAttempt>,
}

/// A state as it is stored.
#[derive(Serialize, Deserialize)]
enum CompactState {
    #[serde(rename = "w")]
    Waiting {
        #[serde(rename = "u")]
        not_before: Offset,
        #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
        pinned: Option<Provider>,
    },
    #[serde(rename = "l")]
    Leased {
        #[serde(rename = "h")]
        holder: CompactHolder,
        #[serde(rename = "u")]
        until: Offset,
        #[serde(rename = "p", default = "most_asked", skip_serializing_if = "is_most_asked")]
        provider: Provider,
        #[serde(rename = "$", default, skip_serializing_if = "Option::is_none")]
        price_vnd: Option<u64>,
    },
    #[serde(rename = "s")]
    Sent {
        #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
        report_until: Option<Offset>,
        #[serde(rename = "p", default = "most_asked", skip_serializing_if = "is_most_asked")]
        provider: Provider,
    },
    #[serde(rename = "u")]
    Unknown {
        #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
        settle_at: Option<Offset>,
        #[serde(rename = "p", default = "most_asked", skip_serializing_if = "is_most_asked")]
        provider: Provider,
    },
    #[serde(rename = "h")]
    Held {
        #[serde(rename = "u")]
        until: Offset,
    },
    #[serde(rename = "d")]
    Delivered,
    #[serde(rename = "r")]
    Refused,
    #[serde(rename = "e")]
    Expired,
    #[serde(rename = "m")]
    Merged {
        #[serde(rename = "i")]
        into: u64,
    },
    #[serde(rename = "o")]
    ToldElsewhere,
}

/// A reason other than the usual one: none at all, or this.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum CompactReason {
    /// `false`: there is none.
    None(bool),
    /// The word of the reason.
    Some(NoticeReason),
}

/// A call as it is stored.
#[derive(Serialize, Deserialize)]
struct CompactAttempt {
    /// Who was asked, where it was not the one who is asked first.
    #[serde(rename = "p", default = "most_asked", skip_serializing_if = "is_most_asked")]
    provider: Provider,
    #[serde(rename = "o")]
    outcome: CompactOutcome,
    /// The code, where it is not the outcome's own word.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(rename = "t")]
    at: Offset,
    #[serde(rename = "z", default, skip_serializing_if = "Option::is_none")]
    last_at: Option<Offset>,
    /// How often, where it was more than once.
    #[serde(rename = "n", default = "once", skip_serializing_if = "is_once")]
    times: u32,
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(rename = "$", default, skip_serializing_if = "Option::is_none")]
    price_vnd: Option<u64>,
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    reported_vnd: Option<u64>,
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    implausible_price: Option<String>,
    #[serde(rename = "w", default, skip_serializing_if = "Wording::is_first")]
    wording: Wording,
    #[serde(rename = "y", default, skip_serializing_if = "std::ops::Not::not")]
    ahead: bool,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
enum CompactOutcome {
    #[serde(rename = "a")]
    Accepted,
    #[serde(rename = "d")]
    Declined,
    #[serde(rename = "n")]
    NotTaken,
    #[serde(rename = "u")]
    Unknown,
    #[serde(rename = "r")]
    Delivered,
    #[serde(rename = "f")]
    Failed,
}

/// The provider of which nothing is stored.
fn most_asked() -> Provider {
    Provider::Zalo
}

fn is_most_asked(provider: &Provider) -> bool {
    *provider == most_asked()
}

fn once() -> u32 {
    1
}

fn is_once(times: &u32) -> bool {
    *times == 1
}

/// The reason that a state has in the common course of things.
fn usual(state: &NoticeState) -> Option<NoticeReason> {
    match state {
        NoticeState::Sent { report_until: Some(_), .. } => Some(NoticeReason::AwaitingReport),
        NoticeState::Delivered => Some(NoticeReason::Reported),
        NoticeState::Merged { .. } => Some(NoticeReason::SaidByALaterNotice),
        NoticeState::ToldElsewhere => Some(NoticeReason::SystemTells),
        NoticeState::Waiting { .. }
        | NoticeState::Leased { .. }
        | NoticeState::Sent { report_until: None, .. }
        | NoticeState::Unknown { .. }
        | NoticeState::Held { .. }
        | NoticeState::Refused
        | NoticeState::Expired => None,
    }
}

/// The code that a call of this outcome mostly ends with.
fn own_word(outcome: AttemptOutcome) -> &'static str {
    match outcome {
        AttemptOutcome::Accepted => "accepted",
        AttemptOutcome::Delivered => "delivered",
        AttemptOutcome::Declined
        | AttemptOutcome::NotTaken
        | AttemptOutcome::Unknown
        | AttemptOutcome::Failed => "",
    }
}

/// The clock of one notice: its times are counted from the change.
#[derive(Clone, Copy)]
struct Clock(i64);

impl Clock {
    fn offset(self, time: Timestamp) -> Offset {
        time.as_millisecond().saturating_sub(self.0)
    }

    /// What no clock can show is the change itself.
    fn time(self, offset: Offset) -> Timestamp {
        let changed = Timestamp::from_millisecond(self.0).unwrap_or_default();
        changed.saturating_add(SignedDuration::from_millis(offset)).unwrap_or(changed)
    }
}

impl From<NoticeRecord> for CompactNotice {
    fn from(notice: NoticeRecord) -> Self {
        let clock = Clock(notice.changed_at.as_millisecond());
        let (action, headline, news, question) = match notice.content {
            Content::Change(action) => (Some(action), None, None, false),
            Content::Figures(headline) => (None, Some(headline), None, false),
            Content::News(news) => (None, None, Some(news), false),
            Content::Question => (None, None, None, true),
        };
        let reason = match notice.reason {
            reason if reason == usual(&notice.state) => None,
            None => Some(CompactReason::None(false)),
            Some(reason) => Some(CompactReason::Some(reason)),
        };
        Self {
            version: notice.version,
            action,
            headline,
            question,
            news,
            legal: match notice.class {
                NoticeClass::Legal => true,
                NoticeClass::Information => false,
            },
            changed_at: clock.0,
            state: CompactState::of(notice.state, clock),
            since: clock.offset(notice.since),
            reason,
            tried_from: Some(clock.offset(notice.tried_from)).filter(|offset| *offset != 0),
            admitted: notice.admitted,
            deferred_until: notice.deferred_until.map(|until| clock.offset(until)),
            wording: notice.wording,
            concluded_by: notice.concluded_by.map(CompactHolder),
            closed_channels: notice.closed_channels,
            closed_providers: notice.closed_providers,
            attempts: notice
                .attempts
                .into_iter()
                .map(|attempt| CompactAttempt::of(attempt, clock))
                .collect(),
        }
    }
}

impl CompactNotice {
    /// The notice that it stands for; none if it tells nothing, or two things at once.
    pub(super) fn notice(self) -> Option<NoticeRecord> {
        let clock = Clock(self.changed_at);
        let content = match (self.action, self.headline, self.news, self.question) {
            (Some(action), None, None, false) => Content::Change(action),
            (None, Some(headline), None, false) => Content::Figures(headline),
            (None, None, Some(news), false) => Content::News(news),
            (None, None, None, true) => Content::Question,
            (None, None, None, false)
            | (Some(_), Some(_), _, _)
            | (Some(_), _, Some(_), _)
            | (_, Some(_), Some(_), _)
            | (Some(_), _, _, true)
            | (_, Some(_), _, true)
            | (_, _, Some(_), true) => {
                return None;
            }
        };
        let state = self.state.state(clock);
        let reason = match self.reason {
            None => usual(&state),
            Some(CompactReason::None(_)) => None,
            Some(CompactReason::Some(reason)) => Some(reason),
        };
        Some(NoticeRecord {
            version: self.version,
            content,
            class: if self.legal { NoticeClass::Legal } else { NoticeClass::Information },
            changed_at: clock.time(0),
            state,
            since: clock.time(self.since),
            reason,
            tried_from: clock.time(self.tried_from.unwrap_or(0)),
            admitted: self.admitted,
            deferred_until: self.deferred_until.map(|until| clock.time(until)),
            wording: self.wording,
            concluded_by: self.concluded_by.map(|CompactHolder(holder)| holder),
            closed_channels: self.closed_channels,
            closed_providers: self.closed_providers,
            attempts: self.attempts.into_iter().map(|attempt| attempt.attempt(clock)).collect(),
        })
    }
}

impl CompactState {
    fn of(state: NoticeState, clock: Clock) -> Self {
        let offset = |time| clock.offset(time);
        match state {
            NoticeState::Waiting { not_before, pinned } => {
                Self::Waiting { not_before: offset(not_before), pinned }
            }
            NoticeState::Leased { holder, until, provider, price_vnd } => {
                let holder = CompactHolder(holder);
                Self::Leased { holder, until: offset(until), provider, price_vnd }
            }
            NoticeState::Sent { report_until, provider } => {
                Self::Sent { report_until: report_until.map(offset), provider }
            }
            NoticeState::Unknown { settle_at, provider } => {
                Self::Unknown { settle_at: settle_at.map(offset), provider }
            }
            NoticeState::Held { until } => Self::Held { until: offset(until) },
            NoticeState::Delivered => Self::Delivered,
            NoticeState::Refused => Self::Refused,
            NoticeState::Expired => Self::Expired,
            NoticeState::Merged { into } => Self::Merged { into },
            NoticeState::ToldElsewhere => Self::ToldElsewhere,
        }
    }

    fn state(self, clock: Clock) -> NoticeState {
        let time = |offset| clock.time(offset);
        match self {
            Self::Waiting { not_before, pinned } => {
                NoticeState::Waiting { not_before: time(not_before), pinned }
            }
            Self::Leased { holder: CompactHolder(holder), until, provider, price_vnd } => {
                NoticeState::Leased { holder, until: time(until), provider, price_vnd }
            }
            Self::Sent { report_until, provider } => {
                NoticeState::Sent { report_until: report_until.map(time), provider }
            }
            Self::Unknown { settle_at, provider } => {
                NoticeState::Unknown { settle_at: settle_at.map(time), provider }
            }
            Self::Held { until } => NoticeState::Held { until: time(until) },
            Self::Delivered => NoticeState::Delivered,
            Self::Refused => NoticeState::Refused,
            Self::Expired => NoticeState::Expired,
            Self::Merged { into } => NoticeState::Merged { into },
            Self::ToldElsewhere => NoticeState::ToldElsewhere,
        }
    }
}

impl CompactAttempt {
    fn of(attempt: Attempt, clock: Clock) -> Self {
        Self {
            provider: attempt.provider,
            outcome: attempt.outcome.into(),
            code: Some(attempt.code).filter(|code| code != own_word(attempt.outcome)),
            at: clock.offset(attempt.at),
            last_at: attempt.last_at.map(|last| clock.offset(last)),
            times: attempt.times,
            message: attempt.message,
            price_vnd: attempt.price_vnd,
            reported_vnd: attempt.reported_vnd,
            implausible_price: attempt.implausible_price,
            wording: attempt.wording,
            ahead: attempt.ahead,
        }
    }

    fn attempt(self, clock: Clock) -> Attempt {
        let outcome = AttemptOutcome::from(self.outcome);
        Attempt {
            provider: self.provider,
            outcome,
            code: self.code.unwrap_or_else(|| own_word(outcome).to_owned()),
            at: clock.time(self.at),
            last_at: self.last_at.map(|last| clock.time(last)),
            times: self.times,
            message: self.message,
            price_vnd: self.price_vnd,
            reported_vnd: self.reported_vnd,
            implausible_price: self.implausible_price,
            wording: self.wording,
            ahead: self.ahead,
        }
    }
}

impl From<AttemptOutcome> for CompactOutcome {
    fn from(outcome: AttemptOutcome) -> Self {
        match outcome {
            AttemptOutcome::Accepted => Self::Accepted,
            AttemptOutcome::Declined => Self::Declined,
            AttemptOutcome::NotTaken => Self::NotTaken,
            AttemptOutcome::Unknown => Self::Unknown,
            AttemptOutcome::Delivered => Self::Delivered,
            AttemptOutcome::Failed => Self::Failed,
        }
    }
}

impl From<CompactOutcome> for AttemptOutcome {
    fn from(outcome: CompactOutcome) -> Self {
        match outcome {
            CompactOutcome::Accepted => Self::Accepted,
            CompactOutcome::Declined => Self::Declined,
            CompactOutcome::NotTaken => Self::NotTaken,
            CompactOutcome::Unknown => Self::Unknown,
            CompactOutcome::Delivered => Self::Delivered,
            CompactOutcome::Failed => Self::Failed,
        }
    }
}
