//! What is told to the applicant of one dossier, or to a leader on one morning: a thread of notices, moved by pure decisions.
//!
//! A thread is one item with one version, like the dossier it speaks of: who wants to send takes a lease by storing the
//! thread, and whoever stored first has it. Everything that can still happen to a notice has a time ([`NoticeThread::wake_at`]),
//! so that none is forgotten when a process dies or a queue message is lost; everything that can no longer happen is an end
//! that nothing moves back, whatever is reported later.

mod conclude;
mod settle;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use conclude::{Answer, Reported};

use crate::announcement::Headline;
use crate::dossier::{Action, HistoryEntry};
use crate::id::{AgencyCode, ReportCode, SubjectCode};
use crate::notice::policy::NoticePolicy;
use crate::notice::{NoticeChannel, NoticeClass, Provider};

/// The most attempts that are kept one by one; like attempts in a row are one entry with a count, so that a day of retries
/// fits.
pub const ATTEMPTS_MAX: usize = 40;

/// Every notice of one dossier or one report, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NoticeThread {
    /// The dossier, or the report.
    pub code: SubjectCode,
    /// Who settles it, or whose leader it is: agencies share the gateways fairly.
    pub agency: AgencyCode,
    /// How often the thread was stored.
    pub version: u64,
    /// The last entry of the dossier's history that was looked at.
    pub noted: u64,
    /// The notices.
    pub notices: Vec<NoticeRecord>,
}

/// One notice: what became of telling one change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NoticeRecord {
    /// The dossier's version that is told of; of a report, 1.
    pub version: u64,
    /// What is told.
    #[serde(flatten)]
    pub told: Told,
    /// Whether the law wants it told.
    pub class: NoticeClass,
    /// When we learned of the change.
    pub changed_at: Timestamp,
    /// Where the notice stands.
    pub state: NoticeState,
    /// Since when.
    pub since: Timestamp,
    /// Why, in one word for operators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// From when the time is counted in which sending is tried.
    pub tried_from: Timestamp,
    /// Whether it has had its place in its agency's share of the minute.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub admitted: bool,
    /// Whether the applicant may have been told before: the text then says so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repetition: bool,
    /// Channels that cannot reach the applicant with this notice any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closed_channels: Vec<NoticeChannel>,
    /// Providers that cannot carry it though their channel might.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closed_providers: Vec<Provider>,
    /// Every call to a gateway, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
}

/// What a notice tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Told {
    /// What was done to the dossier.
    #[serde(rename = "action")]
    Change(Action),
    /// Figures of the province, as they were on the morning of the report.
    #[serde(rename = "headline")]
    Figures(Headline),
}

/// Where a notice stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum NoticeState {
    /// To be sent, not before this time.
    Waiting {
        /// When.
        not_before: Timestamp,
        /// The one provider that may be asked: it may have the message and recognises it when it comes again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pinned: Option<Provider>,
    },
    /// Somebody is asking a gateway right now.
    Leased {
        /// Who; no other process has this name.
        holder: String,
        /// Until when; after that it is taken for dead.
        until: Timestamp,
        /// Which gateway.
        provider: Provider,
        /// What it costs if it is taken, in đồng.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        price_vnd: Option<u64>,
    },
    /// A gateway accepted it.
    Sent {
        /// Until when a delivery report may come; none once nothing more is expected: an end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        report_until: Option<Timestamp>,
        /// Which gateway.
        provider: Provider,
    },
    /// Whether a gateway took it cannot be told.
    Unknown {
        /// When a policy decides; none once it has decided to leave it so: an end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        settle_at: Option<Timestamp>,
        /// Which gateway.
        provider: Provider,
    },
    /// Given up for now; lies with the operators until this time.
    Held {
        /// When it expires.
        until: Timestamp,
    },
    /// The gateway reports that it arrived. An end.
    Delivered,
    /// No channel takes it. An end.
    Refused,
    /// It was not sent in the time in which it would have been of use. An end.
    Expired,
    /// A later notice says it. An end.
    Merged {
        /// Which: its dossier's version.
        into: u64,
    },
}

impl NoticeState {
    /// Whether nothing can follow.
    pub fn is_end(&self) -> bool {
        match self {
            Self::Waiting { .. } | Self::Leased { .. } | Self::Held { .. } => false,
            Self::Sent { report_until, .. } => report_until.is_none(),
            Self::Unknown { settle_at, .. } => settle_at.is_none(),
            Self::Delivered | Self::Refused | Self::Expired | Self::Merged { .. } => true,
        }
    }

    /// The word for operators.
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
        }
    }

    /// When something has to be done about it by itself.
    fn wake_at(&self) -> Option<Timestamp> {
        match self {
            Self::Waiting { not_before, .. } => Some(*not_before),
            Self::Leased { until, .. } | Self::Held { until } => Some(*until),
            Self::Sent { report_until, .. } => *report_until,
            Self::Unknown { settle_at, .. } => *settle_at,
            Self::Delivered | Self::Refused | Self::Expired | Self::Merged { .. } => None,
        }
    }
}

/// What came of one call to a gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttemptOutcome {
    /// It took the message.
    Accepted,
    /// It said no.
    Declined,
    /// It has certainly not taken the message.
    NotTaken,
    /// It may have it.
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
    /// Who was asked.
    pub provider: Provider,
    /// What came of it.
    pub outcome: AttemptOutcome,
    /// The provider's code, or what came instead of one.
    pub code: String,
    /// When, the first time.
    pub at: Timestamp,
    /// When, the last time, where it was more than one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_at: Option<Timestamp>,
    /// How often in a row.
    pub times: u32,
    /// The provider's name for the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What it costs, in đồng; none where nothing is charged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_vnd: Option<u64>,
    /// Whether the text said that it was a repetition.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repetition: bool,
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}×{} {:?} {} at {}", self.times, self.provider.name(), self.outcome, self.code, self.at)
    }
}

impl NoticeRecord {
    fn new(version: u64, told: Told, class: NoticeClass, changed_at: Timestamp, now: Timestamp) -> Self {
        Self {
            version,
            told,
            class,
            changed_at,
            state: NoticeState::Waiting { not_before: now, pinned: None },
            since: now,
            reason: None,
            tried_from: now,
            admitted: false,
            repetition: false,
            closed_channels: Vec::new(),
            closed_providers: Vec::new(),
            attempts: Vec::new(),
        }
    }

    /// What the record keeps of one more call.
    fn log(&mut self, attempt: Attempt) {
        match self.attempts.last_mut() {
            Some(last)
                if last.message.is_none()
                    && (last.provider, last.outcome, &last.code, last.repetition)
                        == (attempt.provider, attempt.outcome, &attempt.code, attempt.repetition) =>
            {
                last.times = last.times.saturating_add(1);
                last.last_at = Some(attempt.at);
                last.message = attempt.message;
                last.price_vnd = attempt.price_vnd;
            }
            // What was accepted or may have been is never left out for the sake of room.
            _ => {
                if self.attempts.len() >= ATTEMPTS_MAX {
                    let spare =
                        |kept: &Attempt| matches!(kept.outcome, AttemptOutcome::NotTaken | AttemptOutcome::Declined);
                    if let Some(place) = self.attempts.iter().position(spare) {
                        self.attempts.remove(place);
                    }
                }
                self.attempts.push(attempt);
            }
        }
    }

    fn enter(&mut self, state: NoticeState, reason: Option<&str>, now: Timestamp) {
        self.state = state;
        self.since = now;
        self.reason = reason.map(str::to_owned);
    }

    /// Puts it off, for `reason`.
    fn wait(&mut self, until: Timestamp, pinned: Option<Provider>, reason: &str, now: Timestamp) {
        self.enter(NoticeState::Waiting { not_before: until, pinned }, Some(reason), now);
    }

    /// How often gateways were asked in vain.
    pub fn failures(&self) -> u32 {
        let vain = |attempt: &&Attempt| {
            matches!(attempt.outcome, AttemptOutcome::NotTaken | AttemptOutcome::Unknown | AttemptOutcome::Declined)
        };
        self.attempts.iter().filter(vain).fold(0, |sum, attempt| sum.saturating_add(attempt.times))
    }

    /// What it has cost, in đồng.
    pub fn cost_vnd(&self) -> u64 {
        self.attempts.iter().filter_map(|attempt| attempt.price_vnd).sum()
    }

    /// When a gateway accepted it first, if one did.
    pub fn accepted_at(&self) -> Option<Timestamp> {
        let taken =
            |attempt: &&Attempt| matches!(attempt.outcome, AttemptOutcome::Accepted | AttemptOutcome::Delivered);
        self.attempts.iter().find(taken).map(|attempt| attempt.at)
    }

    /// The last time at which a gateway was asked for it, or is being asked.
    fn last_asked(&self) -> Option<Timestamp> {
        let leased = matches!(self.state, NoticeState::Leased { .. }).then_some(self.since);
        leased.max(self.attempts.last().map(|attempt| attempt.last_at.unwrap_or(attempt.at)))
    }
}

impl NoticeThread {
    /// The thread of a dossier of which nothing was told yet.
    pub fn new(code: impl Into<SubjectCode>, agency: AgencyCode) -> Self {
        Self { code: code.into(), agency, version: 0, noted: 0, notices: Vec::new() }
    }

    /// The thread of a morning's report, to be told from `now` on: one notice that the law does not want.
    pub fn announcing(code: ReportCode, agency: AgencyCode, headline: Headline, now: Timestamp) -> Self {
        let notice = NoticeRecord::new(1, Told::Figures(headline), NoticeClass::Information, now, now);
        Self { noted: 1, notices: vec![notice], ..Self::new(code, agency) }
    }

    /// Takes up what has happened to the dossier since the thread last looked: one notice for each entry that `class` gives a
    /// class. Entries are never skipped, whichever message of the queue came first or was lost.
    ///
    /// Several changes within a short time become one message with the last state: the first leaves at once, what follows
    /// waits out the window, and a waiting notice that the law does not want is merged into the next one.
    pub fn sync(
        &mut self,
        history: &[HistoryEntry],
        class: impl Fn(Action) -> Option<NoticeClass>,
        policy: &NoticePolicy,
        now: Timestamp,
    ) {
        for entry in history.iter().filter(|entry| entry.version > self.noted).cloned().collect::<Vec<_>>() {
            self.noted = entry.version;
            if let Some(class) = class(entry.action) {
                self.add(&entry, class, policy, now);
            }
        }
    }

    fn add(&mut self, entry: &HistoryEntry, class: NoticeClass, policy: &NoticePolicy, now: Timestamp) {
        let last_asked = self.notices.iter().filter_map(NoticeRecord::last_asked).max();
        let quiet_until = last_asked.and_then(|asked| asked.checked_add(policy.coalesce()).ok());
        let not_before = match class {
            NoticeClass::Legal => now,
            NoticeClass::Information => quiet_until.map_or(now, |until| until.max(now)),
        };
        for earlier in &mut self.notices {
            let waits = matches!(earlier.state, NoticeState::Waiting { pinned: None, .. } | NoticeState::Held { .. });
            if waits && earlier.class == NoticeClass::Information && !earlier.repetition {
                earlier.enter(NoticeState::Merged { into: entry.version }, Some("said-by-a-later-notice"), now);
            }
        }
        let mut notice = NoticeRecord::new(entry.version, Told::Change(entry.action), class, entry.recorded_at, now);
        if not_before > now {
            notice.wait(not_before, None, "coalescing", now);
        }
        self.notices.push(notice);
    }

    /// When the thread has to be looked at by itself; none if everything in it has ended.
    pub fn wake_at(&self) -> Option<Timestamp> {
        self.notices.iter().filter_map(|notice| notice.state.wake_at()).min()
    }

    /// When the oldest change happened that nobody was told of yet.
    pub fn unsent_since(&self) -> Option<Timestamp> {
        let unsent = |notice: &&NoticeRecord| {
            matches!(notice.state, NoticeState::Waiting { .. } | NoticeState::Leased { .. } | NoticeState::Held { .. })
        };
        self.notices.iter().filter(unsent).map(|notice| notice.changed_at).min()
    }

    /// The notice about the dossier's entry `version`.
    pub fn notice(&self, version: u64) -> Option<&NoticeRecord> {
        self.notices.iter().find(|notice| notice.version == version)
    }

    fn notice_mut(&mut self, version: u64) -> Option<&mut NoticeRecord> {
        self.notices.iter_mut().find(|notice| notice.version == version)
    }

    /// What may be sent now: the oldest notice whose time has come; none while another of the thread is under way, so that
    /// messages about one dossier arrive in order.
    pub fn due(&self, now: Timestamp) -> Option<&NoticeRecord> {
        if self.notices.iter().any(|notice| matches!(notice.state, NoticeState::Leased { .. })) {
            return None;
        }
        let ready = |notice: &&NoticeRecord| matches!(&notice.state, NoticeState::Waiting { not_before, .. } if *not_before <= now);
        self.notices.iter().find(ready)
    }

    /// Puts the notice off until `until`, for `reason`.
    pub fn put_off(&mut self, version: u64, until: Timestamp, reason: &str, now: Timestamp) {
        if let Some(notice) = self.notice_mut(version)
            && let NoticeState::Waiting { pinned, .. } = notice.state
        {
            notice.wait(until, pinned, reason, now);
        }
    }

    /// Marks that the notice had its place in its agency's share.
    pub fn admit(&mut self, version: u64) {
        if let Some(notice) = self.notice_mut(version) {
            notice.admitted = true;
        }
    }

    /// Ends the notice unsent, for `reason`.
    pub fn refuse(&mut self, version: u64, reason: &str, now: Timestamp) {
        if let Some(notice) = self.notice_mut(version)
            && !notice.state.is_end()
        {
            notice.enter(NoticeState::Refused, Some(reason), now);
        }
    }

    /// Takes the notice for `holder`, who asks `provider` for this price and says how it ended before `until`.
    pub fn lease(
        &mut self,
        version: u64,
        (holder, provider): (&str, Provider),
        price_vnd: Option<u64>,
        (now, until): (Timestamp, Timestamp),
    ) {
        if let Some(notice) = self.notice_mut(version)
            && matches!(notice.state, NoticeState::Waiting { .. })
        {
            // The time for trying begins with the first try: a night's wait is none.
            if notice.attempts.is_empty() {
                notice.tried_from = now;
            }
            notice.enter(NoticeState::Leased { holder: holder.to_owned(), until, provider, price_vnd }, None, now);
        }
    }
}
