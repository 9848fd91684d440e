//! The notices queue: informs the applicant of a change, the author of a feedback of what became of
//! it, or a leader of the day's figures, by Zalo and, where that fails, by SMS.
//!
//! A message of the queue only wakes a thread. What has to be sent is in the history of the dossier or
//! feedback, or was put into the thread by `announce-report`; what was sent is in the thread. So a message that
//! is repeated, late or lost does not change what is sent to whom. Each step reads both, decides,
//! stores the decision and then acts: a gateway is called under a lease stored before the call, and
//! its answer is stored after it. A message that comes while another process has the lease comes
//! again within five seconds; the holder's own comes again if its process dies.

mod answer;
mod code;
mod desk;
mod order;
mod question;
mod settings;
mod subject;

use domain::applicant::Phone;
use domain::calendar::date_of;
use domain::notice::policy::{NoticePolicy, Reach};
use domain::notice::teller::Teller;
use domain::notice::{Language, NoticeChannel, Provider};
use domain::phone::Unreachable;
use domain::thread::{
    Call, Charge, DelayReason, NoticeRecord, NoticeThread, Routing, UnsentReason,
};
use jiff::{SignedDuration, Timestamp};
use platform::port::{
    Acknowledgements, Contacts, DossierStore, MessageGateways, NoticeBook, Stored,
};
use platform::{Failure, LogLine};

pub use settings::Settings;

/// Messages at a time: the gateways are slow, and each message waits on its own.
pub const WIDTH: usize = 10;

/// How many times the time of a gateway call one message may take. A step is a call and the tables
/// around it; a message may set off two of them, and as much again for the rest.
pub const GATEWAY_TIMEOUTS_MAX: u32 = 4;

pub use code::{Codes, work};
pub use desk::{Desk, Limits};
use order::{GivenUp, Order, Reading};
pub use question::Questions;
use subject::Subject;

/// The most steps that one message sets off: each sends one notice by one channel, or puts it off.
const STEPS_MAX: u32 = 12;

/// Attempts to store the end of a call when other writers change the thread.
const STORED_MAX: u32 = 8;

/// For how long after a notice was given up a message about its subject goes to the operators: it
/// may be the one that gave it up, come again because parking it failed.
const JUST_GIVEN_UP: SignedDuration = SignedDuration::from_mins(10);

/// After how long a message comes again at the latest that found another process at its thread:
/// most calls end within a second.
const COMES_AGAIN: SignedDuration = SignedDuration::from_secs(5);

/// Handles one message of the queue. Fails, so that the message is repeated, if a store or queue
/// does.
pub async fn tell<D, B, C, G, L>(
    message: &str,
    desk: &Desk<'_, D, B, C, G, L>,
    clock: impl Fn() -> Timestamp + Sync,
) -> Result<(), Failure>
where
    D: DossierStore,
    B: NoticeBook,
    C: Contacts,
    G: MessageGateways,
    L: Acknowledgements,
{
    let mut order = Order::of(message)?;
    let (begun, mut lost) = (clock(), false);
    for _ in 0..STEPS_MAX {
        // A call that the message's time cuts off is one of which nobody knows: none begins without
        // time for two.
        if begun.duration_until(clock()) > desk.lease / 2 {
            break;
        }
        match desk.step(&order, &clock).await? {
            Step::Next => (order.given_up, lost) = (GivenUp::Stays, false),
            Step::Lost => lost = true,
            Step::Unsure => {}
            Step::Done => return Ok(()),
            Step::GivenUp(why) => return Err(Failure::GivenUp(why)),
        }
        // A second look is for what was written meanwhile, by us too.
        order.reading = Reading::AsWritten;
    }
    // What this message is about may be in no thread yet.
    if lost {
        return Err(Failure::HeldBack(SignedDuration::from_secs(1)));
    }
    // Whatever is left has a time and is woken by it.
    Ok(())
}

enum Step {
    /// Something was done; there may be more.
    Next,
    /// Another process was first, and nothing of this step is stored.
    Lost,
    /// What was read may be behind, and says that there is nothing to be done: that is asked again.
    Unsure,
    /// There is nothing to be done now.
    Done,
    /// A notice was given up, after this of this provider: the message goes to the operators.
    GivenUp(String),
}

/// What comes after a step that left the thread so. What it holds is what is stored: nobody else
/// adds to it while it is leased, and each entry of the history has a message of its own.
fn next(stored: Stored, thread: &NoticeThread, now: Timestamp) -> Step {
    if stored == Stored::AnotherWasFirst {
        return Step::Lost;
    }
    if thread.due(now).is_some() {
        return Step::Next;
    }
    let Some(why) = thread.given_up(JUST_GIVEN_UP, now) else {
        return Step::Done;
    };
    tracing::error!(dossier = %thread.code(), why, "a notice was given up: no gateway took it in time");
    Step::GivenUp(why)
}

impl<D, B, C, G, L> Desk<'_, D, B, C, G, L>
where
    D: DossierStore,
    B: NoticeBook,
    C: Contacts,
    G: MessageGateways,
    L: Acknowledgements,
{
    async fn step(
        &self,
        Order { code, given_up, reading }: &Order,
        clock: &(impl Fn() -> Timestamp + Sync),
    ) -> Result<Step, Failure> {
        let now = clock();
        let Some(subject) = self.subject(code, *reading, now).await? else {
            tracing::info!(dossier = %code, "nobody is told of what is not there any more");
            return Ok(Step::Done);
        };
        let stored = match reading {
            Reading::Recent(_) => self.book.recent_thread(code).await?,
            Reading::AsWritten => self.book.thread(code).await?,
        };
        let mut thread =
            stored.clone().or_else(|| subject.begun()).ok_or_else(subject::never_announced)?;
        let since = thread.charge();
        let policy = self.policy(date_of(now));
        thread.settle(&policy, now);
        if *given_up == GivenUp::IsTakenUp {
            thread.take_up(now);
        }
        self.open_question(&subject, thread.noted(), now).await?;
        let is_behind = subject.is_behind(&thread);
        subject.heard_by(&mut thread, self.catalogue, &policy, now);
        let nothing = is_behind || thread.leased_until().is_some() || thread.due(now).is_none();
        if nothing && *reading != Reading::AsWritten {
            return Ok(Step::Unsure);
        }
        if let Some(until) = thread.leased_until() {
            return Err(Failure::HeldBack(now.duration_until(until).min(COMES_AGAIN)));
        }
        let Some(notice) = thread.due(now).cloned() else {
            let unmoved = stored.as_ref() == Some(&thread)
                || (stored.is_none() && thread.notices().is_empty());
            let stored = if unmoved {
                Stored::Yes
            } else {
                self.keep(&mut thread, since, &subject, now).await?
            };
            return Ok(next(stored, &thread, now));
        };
        let Some((phone, id_number)) = subject.addressee() else {
            tracing::warn!(dossier = %code, "a notice ends unsent: nobody is listed for it any more");
            thread.refuse(notice.version, UnsentReason::NotListed, now);
            let stored = self.keep(&mut thread, since, &subject, now).await?;
            return Ok(next(stored, &thread, now));
        };
        if self.is_moot(&subject).await? {
            thread.refuse(notice.version, UnsentReason::Moot, now);
            let stored = self.keep(&mut thread, since, &subject, now).await?;
            return Ok(next(stored, &thread, now));
        }
        match self.teller(&subject, &notice, &policy, now).await? {
            Teller::Us => {}
            Teller::Them => {
                thread.leave_to_system(notice.version, now);
                let stored = self.keep(&mut thread, since, &subject, now).await?;
                return Ok(next(stored, &thread, now));
            }
            Teller::Undecided { until } => {
                thread.put_off(notice.version, until, DelayReason::SystemMayTell, now);
                let stored = self.keep(&mut thread, since, &subject, now).await?;
                return Ok(next(stored, &thread, now));
            }
        }
        let Some(phone) = phone else {
            // Nothing is wrong: their agency tells them by letter, or at the counter.
            tracing::info!(dossier = %code, "nobody is told who has no telephone");
            let reason = UnsentReason::Unreachable(Unreachable::NoPhone);
            thread.refuse(notice.version, reason, now);
            let stored = self.keep(&mut thread, since, &subject, now).await?;
            return Ok(next(stored, &thread, now));
        };
        // Nobody is asked, and so nobody paid, to send where no message arrives.
        let telephones = self.catalogue.telephones();
        if let Some(unreachable) = telephones.unreachable(Some(phone), date_of(now)) {
            let (dossier, class, reason) =
                (&code.to_string(), notice.class.name(), unreachable.name());
            tracing::warn!(dossier, class, reason, "{}", LogLine::NoticeUnsent);
            thread.refuse(notice.version, UnsentReason::Unreachable(unreachable), now);
            let stored = self.keep(&mut thread, since, &subject, now).await?;
            return Ok(next(stored, &thread, now));
        }
        let reach = self.contacts.reach(phone, id_number, now).await?;
        let mut reach = Reach { legal_only: reach.legal_only || subject.is_legal_only(), ..reach };
        if self.budget_is_short(&subject, reach.spent_vnd, now) {
            tracing::info!(dossier = %code, "the month's money is kept for notices, and no question is sent");
            thread.refuse(notice.version, UnsentReason::Budget, now);
            let stored = self.keep(&mut thread, since, &subject, now).await?;
            return Ok(next(stored, &thread, now));
        }
        let shared = policy.budget_is_shared(reach.spent_vnd);
        if shared {
            reach.agency_spent_vnd = self.contacts.agency_spent(thread.agency(), now).await?;
        }
        if policy.budget_warns(reach.spent_vnd) {
            tracing::warn!(spent_vnd = reach.spent_vnd, "{}", LogLine::BudgetNearlyUsedUp);
        }
        match notice.route(&policy, &reach, now, fastrand::u32(..)) {
            Routing::Wait { until, reason } => thread.put_off(notice.version, until, reason, now),
            Routing::Mend { until } => {
                tracing::error!(dossier = %code, "nobody who may be asked serves us");
                thread.mend(notice.version, until, now);
            }
            Routing::Refuse { reason } => {
                let (dossier, class) = (&code.to_string(), notice.class.name());
                match reason {
                    UnsentReason::Budget => {
                        tracing::error!(dossier, class, "{}", LogLine::BudgetUsedUp);
                    }
                    UnsentReason::BudgetShare => {
                        let agency = thread.agency().as_str();
                        tracing::warn!(dossier, class, agency, "{}", LogLine::BudgetShareUsedUp);
                    }
                    UnsentReason::OptedOut
                    | UnsentReason::NoChannel
                    | UnsentReason::NotListed
                    | UnsentReason::Moot
                    | UnsentReason::Unreachable(_) => {
                        let reason = reason.name();
                        tracing::warn!(dossier, class, reason, "{}", LogLine::NoticeUnsent);
                    }
                }
                thread.refuse(notice.version, reason, now);
            }
            Routing::Ask { channel, only } => {
                let language = subject.language().unwrap_or(reach.language);
                let way = Way { channel, only, language, shared };
                return self
                    .ask((thread, since), &notice, way, (&subject, phone), &policy, clock)
                    .await;
            }
        }
        let stored = self.keep(&mut thread, since, &subject, now).await?;
        Ok(next(stored, &thread, now))
    }

    /// Who tells of `notice`: whoever began to goes on; else, where the catalogue has another system
    /// tell, who has the change.
    async fn teller(
        &self,
        subject: &Subject<'_>,
        notice: &NoticeRecord,
        policy: &NoticePolicy,
        now: Timestamp,
    ) -> Result<Teller, Failure> {
        let Subject::Dossier(dossier) = subject else { return Ok(Teller::Us) };
        let rule = policy.teller_of(dossier).filter(|_| notice.attempts.is_empty());
        let Some((rule, system)) = rule.and_then(|rule| Some((rule, rule.system_in_our_place()?)))
        else {
            return Ok(Teller::Us);
        };
        let acknowledged = self.ledger.acknowledged(&dossier.code, system).await?;
        Ok(rule.teller((notice.version, notice.changed_at), acknowledged, now))
    }

    /// Asks one provider of `channel`, under a lease.
    async fn ask(
        &self,
        (mut thread, since): (NoticeThread, Charge),
        notice: &NoticeRecord,
        Way { channel, only, language, shared }: Way,
        (subject, phone): (&Subject<'_>, &Phone),
        policy: &NoticePolicy,
        clock: &(impl Fn() -> Timestamp + Sync),
    ) -> Result<Step, Failure> {
        let (now, version) = (clock(), notice.version);
        let message = self.compose(notice, subject, (language, now))?;
        let Some((provider, price_vnd)) = self.choose((channel, only), notice, &message, now)
        else {
            // Routes are found among those who may be asked: only who was to be asked again can
            // have gone meanwhile.
            tracing::error!(
                channel = channel.name(),
                "who may have the message is not ours to ask any more"
            );
            let wait = policy.backoff(notice.failures(), fastrand::u32(..));
            thread.mend(version, now.saturating_add(wait).unwrap_or(now), now);
            let stored = self.keep(&mut thread, since, subject, now).await?;
            return Ok(next(stored, &thread, now));
        };
        // A place is taken by what can go now: what waits for the morning has its place in the
        // morning. It and the price are counted in one write, before the call.
        let agency = (!notice.admitted).then(|| thread.agency());
        let place = self.contacts.reserve(agency, price_vnd, now).await?;
        thread.admit(version);
        let wait = place.map_or(SignedDuration::ZERO, |place| policy.share_wait(place));
        if wait > SignedDuration::ZERO {
            self.contacts.give_back(price_vnd, now).await?;
            let until = now.saturating_add(wait).unwrap_or(now);
            thread.put_off(version, until, DelayReason::AgencyShare, now);
            let stored = self.keep(&mut thread, since, subject, now).await?;
            return Ok(next(stored, &thread, now));
        }
        // No two calls of one notice draw the same.
        let holder = format!("{:016x}", fastrand::u64(..));
        let until = now.saturating_add(self.lease).unwrap_or(now);
        let call =
            Call { holder: &holder, provider, wording: notice.wording, price_vnd: Some(price_vnd) };
        thread.lease(version, (&holder, provider), Some(price_vnd), (now, until));
        let since = since.with(price_vnd);
        let Some(leased) = self.leased(thread, (version, &holder), since, subject, now).await?
        else {
            // Nobody is asked: tries that come to nothing must not use up the month.
            self.contacts.give_back(price_vnd, now).await?;
            return Ok(Step::Lost);
        };
        thread = leased;
        let asked = clock();
        let verdict = self.gateways.send(provider, &message, phone).await;
        let done = clock();
        let draw = fastrand::u32(..);
        let read = self.read(provider, &verdict, notice.class, policy, (done, draw));
        self.judge(provider, (&verdict, read.fault), asked.duration_until(done), done);
        let mut effect = Effect::default();
        for attempt in 1.. {
            let (before, ours) =
                (thread.charge_of(version), thread.is_concluded_by(version, &holder));
            thread.conclude(version, &call, (&read.answer, &read.code), policy, (done, draw));
            // Of this call alone: others may have asked for another notice since. And what a write
            // has done whose answer was lost is not nothing.
            if !ours {
                effect = Effect::between(before, thread.charge_of(version));
            }
            thread.advance();
            if self.book.keep(&thread).await? == Stored::Yes {
                break;
            }
            if attempt >= STORED_MAX {
                return Err(Failure::Held("the thread of notices"));
            }
            // A delivery report was faster than the answer, or the answer to our own write was
            // lost.
            thread = self
                .book
                .thread(thread.code())
                .await?
                .ok_or(Failure::Held("the thread of notices"))?;
        }
        // In the month in which it was counted, and no more than that.
        let effect = Effect { back_vnd: effect.back_vnd.min(price_vnd), ..effect };
        self.count(&thread, effect, subject, now).await?;
        // Who dies before this has had a message more than their share: nobody else pays for it.
        let spent_vnd = price_vnd.saturating_sub(effect.back_vnd);
        if shared && spent_vnd > 0 {
            self.contacts.count_agency(thread.agency(), spent_vnd, now).await?;
        }
        self.make_known(notice, provider, &read, price_vnd, (thread.code(), phone), done).await?;
        Ok(next(Stored::Yes, &thread, done))
    }

    /// Stores `thread` with the lease of `holder`; returns the thread in which they have it, or none
    /// if another was first. Where the store does not say so, it is asked: the answer to our own
    /// write may have been lost, and a report of another notice may have come since.
    async fn leased(
        &self,
        mut thread: NoticeThread,
        (version, holder): (u64, &str),
        since: Charge,
        subject: &Subject<'_>,
        now: Timestamp,
    ) -> Result<Option<NoticeThread>, Failure> {
        match self.keep(&mut thread, since, subject, now).await {
            Ok(Stored::Yes) => Ok(Some(thread)),
            Ok(Stored::AnotherWasFirst) | Err(Failure::Unavailable { .. }) => {
                let stored = self.book.thread(thread.code()).await?;
                Ok(stored.filter(|stored| stored.is_leased_to(version, holder)))
            }
            Err(failure) => Err(failure),
        }
    }

    /// Stores the thread, and counts what was added since its charge was `since`.
    async fn keep(
        &self,
        thread: &mut NoticeThread,
        since: Charge,
        subject: &Subject<'_>,
        now: Timestamp,
    ) -> Result<Stored, Failure> {
        thread.advance();
        let stored = self.book.keep(thread).await?;
        if stored == Stored::Yes {
            self.count(thread, Effect::between(since, thread.charge()), subject, now).await?;
        }
        Ok(stored)
    }

    /// Counts against the number what a stored step has done, and gives back to the month of `now`
    /// what was counted there before the call and is not charged.
    async fn count(
        &self,
        thread: &NoticeThread,
        Effect { charge, back_vnd }: Effect,
        subject: &Subject<'_>,
        now: Timestamp,
    ) -> Result<(), Failure> {
        if back_vnd > 0 {
            self.contacts.give_back(back_vnd, now).await?;
        }
        if charge == Charge::default() {
            return Ok(());
        }
        if charge.left_unknown > 0 {
            // The template makes a metric of this field.
            let (dossier, left_unknown) = (&thread.code().to_string(), charge.left_unknown);
            tracing::error!(dossier, left_unknown, "{}", LogLine::NoticeLeftUnknown);
        }
        self.contacts.count(subject.addressee().and_then(|(phone, _)| phone), charge, now).await
    }
}

/// How a notice goes.
#[derive(Debug, Clone, Copy)]
struct Way {
    channel: NoticeChannel,
    /// The one provider that may be asked.
    only: Option<Provider>,
    language: Language,
    /// Whether so little of the budget is left that agencies divide it.
    shared: bool,
}

/// What a step has done to the counts. The price is not among what it adds: it was counted before
/// the call.
#[derive(Debug, Clone, Copy, Default)]
struct Effect {
    charge: Charge,
    /// What is not charged of what was counted, in đồng.
    back_vnd: u64,
}

impl Effect {
    fn between(before: Charge, after: Charge) -> Self {
        let charge = Charge { vnd: 0, ..after.since(before) };
        Self { charge, back_vnd: before.since(after).vnd }
    }
}
