//! The notices to the applicant of one dossier, the author of one feedback, whoever is asked after
//! one result, or a leader on one morning: a thread, changed by pure decisions.
//!
//! A thread is one item with one version, like its dossier. A sender takes a lease by storing the
//! thread, and the first one to store has it; whoever comes while another has it comes again
//! ([`NoticeThread::leased_until`]). Everything else that can still happen to a notice by itself has
//! a time ([`NoticeThread::wake_at`]), so that none is forgotten. Everything that can no longer
//! happen is an end, which no later report moves back.

mod attempt;
mod compact;
mod conclude;
mod content;
mod reason;
mod report;
mod route;
mod settle;
mod state;
mod stored;
mod told;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use attempt::{ATTEMPTS_MAX, Attempt, AttemptOutcome, Charge};
pub use conclude::{Answer, Call};
pub use content::{Content, Happening};
pub use reason::{DelayReason, NoticeReason, UnsentReason};
pub use report::{Heard, Reported};
pub use route::Routing;
pub use state::NoticeState;
pub use told::{Told, ToldCount};

use crate::dossier::{Action, HistoryEntry};
use crate::id::{AgencyCode, QuestionCode, ReportCode, SubjectCode};
use crate::notice::headline::Headline;
use crate::notice::policy::NoticePolicy;
use crate::notice::{NoticeChannel, NoticeClass, Provider, Wording};
use crate::survey::Returned;

/// Every notice of one dossier, feedback, question or report, oldest first.
///
/// It changes by its own methods alone, and is read only where they could have written it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "stored::StoredThread", into = "stored::StoredThread")]
pub struct NoticeThread {
    code: SubjectCode,
    agency: AgencyCode,
    version: u64,
    noted: u64,
    notices: Vec<NoticeRecord>,
}

/// One notice: what became of telling one change. It is read here as releases before the compact
/// form have stored it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NoticeRecord {
    /// The dossier's version after the entry that is sent; 1 for a report or a question.
    pub version: u64,
    /// The content to be sent.
    #[serde(flatten)]
    pub content: Content,
    /// Whether the law requires the notice.
    pub class: NoticeClass,
    /// When we learned of the change.
    pub changed_at: Timestamp,
    /// The state of the notice.
    pub state: NoticeState,
    /// The time of the last change of state.
    pub since: Timestamp,
    /// Why it is in that state; none while it is new or being sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<NoticeReason>,
    /// From when the time is counted in which sending is tried.
    pub tried_from: Timestamp,
    /// Whether it has had its place in its agency's share of the minute.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub admitted: bool,
    /// The end of the last delay by our policy or by a gateway's hours; the notice is not late
    /// before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deferred_until: Option<Timestamp>,
    /// The wording in which it goes out from now on.
    #[serde(default, rename = "repetition", skip_serializing_if = "Wording::is_first")]
    pub wording: Wording,
    /// The holder of the call recorded last, so that a repeated record counts once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concluded_by: Option<String>,
    /// Channels that cannot reach the applicant with this notice any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closed_channels: Vec<NoticeChannel>,
    /// Providers that turned us away though their channel might reach the applicant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closed_providers: Vec<Provider>,
    /// Every call to a gateway, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
}

impl NoticeRecord {
    fn new(
        version: u64,
        content: Content,
        class: NoticeClass,
        changed_at: Timestamp,
        now: Timestamp,
    ) -> Self {
        Self {
            version,
            content,
            class,
            changed_at,
            state: NoticeState::Waiting { not_before: now, pinned: None },
            since: now,
            reason: None,
            tried_from: now,
            admitted: false,
            deferred_until: None,
            wording: Wording::First,
            concluded_by: None,
            closed_channels: Vec::new(),
            closed_providers: Vec::new(),
            attempts: Vec::new(),
        }
    }

    fn enter(&mut self, state: NoticeState, reason: impl Into<NoticeReason>, now: Timestamp) {
        self.state = state;
        self.since = now;
        self.reason = Some(reason.into());
    }

    /// Ends the notice in `state`, unless a provider may have sent it: then it cannot count as
    /// unsent.
    fn end_unsent(&mut self, state: NoticeState, reason: impl Into<NoticeReason>, now: Timestamp) {
        let doubt =
            self.attempts.iter().rfind(|attempt| attempt.outcome == AttemptOutcome::Unknown);
        match doubt.map(|attempt| attempt.provider) {
            Some(provider) => self.leave_unknown(provider, now),
            None => self.enter(state, reason, now),
        }
    }

    /// Whether the notice has ended while it is unknown if the applicant got it. A delivery report
    /// may still settle that.
    pub fn is_left_unknown(&self) -> bool {
        matches!(self.state, NoticeState::Unknown { settle_at: None, .. })
    }

    fn leave_unknown(&mut self, provider: Provider, now: Timestamp) {
        let left = NoticeState::Unknown { settle_at: None, provider };
        self.enter(left, NoticeReason::LeftUnknown, now);
    }

    /// Delays the notice for `reason`.
    fn wait(
        &mut self,
        until: Timestamp,
        pinned: Option<Provider>,
        reason: impl Into<NoticeReason>,
        now: Timestamp,
    ) {
        self.enter(NoticeState::Waiting { not_before: until, pinned }, reason, now);
    }

    fn charge(&self) -> Charge {
        let carried = |attempt: &&Attempt| match attempt.outcome {
            AttemptOutcome::Accepted
            | AttemptOutcome::Unknown
            | AttemptOutcome::Delivered
            | AttemptOutcome::Failed => true,
            AttemptOutcome::Declined | AttemptOutcome::NotTaken => false,
        };
        let services = match self.class {
            NoticeClass::Legal => 0,
            NoticeClass::Information => self.attempts.iter().filter(carried).count(),
        };
        Charge {
            vnd: self.listed_vnd().saturating_add(self.asked_vnd()),
            services: u32::try_from(services).unwrap_or(u32::MAX),
            left_unknown: u32::from(self.is_left_unknown()),
        }
    }

    /// The price of the call in progress, in đồng.
    fn asked_vnd(&self) -> u64 {
        let NoticeState::Leased { price_vnd, .. } = self.state else { return 0 };
        price_vnd.unwrap_or(0)
    }

    /// The last time at which a gateway was asked for it, or is being asked.
    fn last_asked(&self) -> Option<Timestamp> {
        let leased = matches!(self.state, NoticeState::Leased { .. }).then_some(self.since);
        leased.max(self.attempts.last().map(|attempt| attempt.last_at.unwrap_or(attempt.at)))
    }
}

impl NoticeThread {
    /// A new thread of a dossier, without notices.
    pub fn new(code: impl Into<SubjectCode>, agency: AgencyCode) -> Self {
        Self { code: code.into(), agency, version: 0, noted: 0, notices: Vec::new() }
    }

    /// The thread of a morning report, due from `now` on: one notice that the law does not require.
    pub fn announcing(
        code: ReportCode,
        agency: AgencyCode,
        headline: Headline,
        now: Timestamp,
    ) -> Self {
        let notice =
            NoticeRecord::new(1, Content::Figures(headline), NoticeClass::Information, now, now);
        Self { noted: 1, notices: vec![notice], ..Self::new(code, agency) }
    }

    /// The thread of the question after the result `returned`: one notice that the law does not
    /// require, due from `ask_from` on.
    pub fn asking(
        code: QuestionCode,
        agency: AgencyCode,
        returned: &Returned,
        (now, ask_from): (Timestamp, Timestamp),
    ) -> Self {
        let (class, learned) = (NoticeClass::Information, returned.recorded_at);
        let mut notice = NoticeRecord::new(1, Content::Question, class, learned, now);
        if ask_from > now {
            (notice.deferred_until, notice.tried_from) = (Some(ask_from), ask_from);
            notice.wait(ask_from, None, DelayReason::AskedLater, now);
        }
        Self { noted: 1, notices: vec![notice], ..Self::new(code, agency) }
    }

    /// Takes up what has happened to the dossier since the thread last looked: one notice for each
    /// entry that `class` gives a class. Entries are never skipped, whichever message of the queue
    /// came first or was lost.
    ///
    /// Several changes within a short time become one message with the last state: the first leaves
    /// at once, what follows waits out the window, and a waiting notice that the law does not want
    /// is merged into the next one.
    pub fn sync(
        &mut self,
        history: &[HistoryEntry],
        class: impl Fn(Action) -> Option<NoticeClass>,
        policy: &NoticePolicy,
        now: Timestamp,
    ) {
        let happened = history.iter().map(|entry| Happening {
            version: entry.version,
            said: class(entry.action).map(|class| (Content::Change(entry.action), class)),
            at: entry.recorded_at,
        });
        self.hear(happened, policy, now);
    }

    /// The same, of whatever the thread speaks: what has `happened`, oldest first.
    pub fn hear(
        &mut self,
        happened: impl IntoIterator<Item = Happening>,
        policy: &NoticePolicy,
        now: Timestamp,
    ) {
        for happening in happened {
            if happening.version <= self.noted {
                continue;
            }
            let Happening { version, said, at } = happening;
            self.noted = version;
            if let Some((content, class)) = said {
                self.add((version, at), content, class, policy, now);
            }
        }
    }

    fn add(
        &mut self,
        (version, at): (u64, Timestamp),
        content: Content,
        class: NoticeClass,
        policy: &NoticePolicy,
        now: Timestamp,
    ) {
        let last_asked = self.notices.iter().filter_map(NoticeRecord::last_asked).max();
        let quiet_until = last_asked.and_then(|asked| asked.checked_add(policy.coalesce()).ok());
        let not_before = match class {
            NoticeClass::Legal => now,
            NoticeClass::Information => quiet_until.map_or(now, |until| until.max(now)),
        };
        for earlier in &mut self.notices {
            let waits = matches!(
                earlier.state,
                NoticeState::Waiting { pinned: None, .. } | NoticeState::Held { .. }
            );
            if waits && earlier.class == NoticeClass::Information && earlier.wording.is_first() {
                earlier.enter(
                    NoticeState::Merged { into: version },
                    NoticeReason::SaidByALaterNotice,
                    now,
                );
            }
        }
        let mut notice = NoticeRecord::new(version, content, class, at, now);
        if not_before > now {
            notice.deferred_until = Some(not_before);
            notice.wait(not_before, None, DelayReason::Coalescing, now);
        }
        self.notices.push(notice);
    }

    /// The dossier, feedback, question or report of the thread.
    pub fn code(&self) -> &SubjectCode {
        &self.code
    }

    /// The dossier's owner, the desk of a feedback, or the leader's agency: agencies share the gateways fairly.
    pub fn agency(&self) -> &AgencyCode {
        &self.agency
    }

    /// How often the thread was stored, this time included; 0 before it is.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The last entry of the dossier's history that was looked at; 0 before the first.
    pub fn noted(&self) -> u64 {
        self.noted
    }

    /// The notices, oldest first.
    pub fn notices(&self) -> &[NoticeRecord] {
        &self.notices
    }

    /// Moves the version on, for the thread to be stored: a store takes no version but the next.
    pub fn advance(&mut self) {
        self.version += 1;
    }

    /// The total cost of the thread so far; a call in progress counts as charged until its answer
    /// says otherwise.
    pub fn charge(&self) -> Charge {
        self.notices.iter().fold(Charge::default(), |sum, notice| sum.and(notice.charge()))
    }

    /// The cost of the notice about entry `version` so far, in the same way; nothing where there is
    /// none.
    pub fn charge_of(&self, version: u64) -> Charge {
        self.notice(version).map_or_else(Charge::default, NoticeRecord::charge)
    }

    /// Whether `holder` has the lease of the notice about entry `version`.
    pub fn is_leased_to(&self, version: u64, holder: &str) -> bool {
        let leased = |notice: &NoticeRecord| matches!(&notice.state, NoticeState::Leased { holder: by, .. } if by == holder);
        self.notice(version).is_some_and(leased)
    }

    /// Whether the call of `holder` for the notice about entry `version` is the one that was
    /// concluded last.
    pub fn is_concluded_by(&self, version: u64, holder: &str) -> bool {
        let concluded = |notice: &NoticeRecord| notice.concluded_by.as_deref() == Some(holder);
        self.notice(version).is_some_and(concluded)
    }

    /// When the thread has to be woken; none while nothing in it waits for a time. A leased notice
    /// is brought back by the message under which it was leased.
    pub fn wake_at(&self) -> Option<Timestamp> {
        self.notices.iter().filter_map(|notice| notice.state.wake_at()).min()
    }

    /// Since when the oldest notice that was never sent could have been: the time of its event, or
    /// the end of its last delay.
    pub fn unsent_since(&self) -> Option<Timestamp> {
        let unsent = |notice: &&NoticeRecord| {
            matches!(
                notice.state,
                NoticeState::Waiting { .. } | NoticeState::Leased { .. } | NoticeState::Held { .. }
            )
        };
        let since = |notice: &NoticeRecord| notice.deferred_until.unwrap_or(notice.changed_at);
        self.notices.iter().filter(unsent).map(since).min()
    }

    /// The notice about the dossier's entry `version`.
    pub fn notice(&self, version: u64) -> Option<&NoticeRecord> {
        self.notices.iter().find(|notice| notice.version == version)
    }

    fn notice_mut(&mut self, version: u64) -> Option<&mut NoticeRecord> {
        self.notices.iter_mut().find(|notice| notice.version == version)
    }

    /// The notice to send now: the oldest that is due; `None` while another of the thread is being
    /// sent, so that messages about one dossier arrive in order.
    pub fn due(&self, now: Timestamp) -> Option<&NoticeRecord> {
        if self.is_leased() {
            return None;
        }
        let ready = |notice: &&NoticeRecord| matches!(&notice.state, NoticeState::Waiting { not_before, .. } if *not_before <= now);
        self.notices.iter().find(ready)
    }

    /// Until when a process has one of the notices to itself; none while nothing is being sent.
    pub fn leased_until(&self) -> Option<Timestamp> {
        self.notices.iter().find_map(|notice| {
            let NoticeState::Leased { until, .. } = notice.state else { return None };
            Some(until)
        })
    }

    /// Whether one of the notices is being sent.
    fn is_leased(&self) -> bool {
        self.leased_until().is_some()
    }

    /// Holds the notice back until `until`, as our policy wants, for `reason`.
    pub fn put_off(&mut self, version: u64, until: Timestamp, reason: DelayReason, now: Timestamp) {
        if let Some(notice) = self.notice_mut(version)
            && let NoticeState::Waiting { pinned, .. } = notice.state
        {
            notice.deferred_until = Some(until);
            notice.wait(until, pinned, reason, now);
        }
    }

    /// Delays the notice until `until` so that our side can be mended; then all providers that
    /// refused it are asked again. The reason is the last code, or that no provider is available.
    pub fn mend(&mut self, version: u64, until: Timestamp, now: Timestamp) {
        if let Some(notice) = self.notice_mut(version)
            && let NoticeState::Waiting { pinned, .. } = notice.state
        {
            let turned_away = !std::mem::take(&mut notice.closed_providers).is_empty();
            let last = notice.attempts.last().filter(|_| turned_away);
            let reason = last.map_or(NoticeReason::NoProvider, NoticeReason::code_of);
            notice.wait(until, pinned, reason, now);
        }
    }

    /// Marks that the notice had its place in its agency's share.
    pub fn admit(&mut self, version: u64) {
        if let Some(notice) = self.notice_mut(version) {
            notice.admitted = true;
        }
    }

    /// Ends the notice unsent, for `reason`; where no channel is left but the one of a provider who
    /// may have it and knows it again, that one is asked instead.
    pub fn refuse(&mut self, version: u64, reason: UnsentReason, now: Timestamp) {
        if let Some(notice) = self.notice_mut(version)
            && !notice.state.is_end()
            && !(reason == UnsentReason::NoChannel && notice.returns_to_doubted(now))
        {
            notice.end_unsent(NoticeState::Refused, reason, now);
        }
    }

    /// Ends the notice because another system has the change and tells the applicant. Not where a
    /// gateway was asked already: who began to tell goes on.
    pub fn leave_to_system(&mut self, version: u64, now: Timestamp) {
        if let Some(notice) = self.notice_mut(version)
            && matches!(notice.state, NoticeState::Waiting { .. })
            && notice.attempts.is_empty()
        {
            notice.enter(NoticeState::ToldElsewhere, NoticeReason::SystemTells, now);
        }
    }

    /// Leases the notice to `holder`, who calls `provider` at this price and concludes before
    /// `until`. Nothing is leased while another notice of the thread is.
    pub fn lease(
        &mut self,
        version: u64,
        (holder, provider): (&str, Provider),
        price_vnd: Option<u64>,
        (now, until): (Timestamp, Timestamp),
    ) {
        if !self.is_leased()
            && let Some(notice) = self.notice_mut(version)
            && matches!(notice.state, NoticeState::Waiting { .. })
        {
            // The time for trying begins with the first try: a night's wait is none.
            if notice.attempts.is_empty() {
                notice.tried_from = now;
            }
            notice.state =
                NoticeState::Leased { holder: holder.to_owned(), until, provider, price_vnd };
            (notice.since, notice.reason) = (now, None);
        }
    }
}
