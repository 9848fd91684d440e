//! The order in which an integrator's events are decided, since their queue has none.
//!
//! An event carries its time, but not its predecessor. Three rules derive the order of events from
//! that:
//!
//! 1. Its time is held against others ([`TIMES`]). An event earlier than one that its own sender has
//!    already reported, or earlier than the last entry of any actor by more than a clock difference,
//!    is out of order for good; an event that can only follow its sender's own last entry has that
//!    difference too. One that claims a time beyond what its sender may report is refused.
//! 2. An event that the status does not allow waits for its predecessor.
//! 3. An event that the status allows waits for a short time, so that events sent with it can
//!    arrive. It waits longer where accepting it would exclude a move that has to come first and is
//!    missing ([`LEFT_OUT`]). While it waits, events with an earlier time pass it.
//!
//! An event that names a version is judged by the version alone.

use jiff::{SignedDuration, Timestamp};

use super::{Action, Actor, CLOCK_SKEW_MAX, Dossier, DossierStatus, HistoryEntry, Role, Rule};
use crate::violation::{Fact, Unit};
use crate::{RuleName, Violation};

use Action as A;
use DossierStatus as S;

/// What is done, in which status, and the move that an applicant's file usually has between the
/// two: those that the table of moves allows to be left out, and that could not be made up for
/// afterwards.
pub const LEFT_OUT: [(Action, DossierStatus, Action); 5] = [
    // Without its receipt the clock never starts.
    (A::RequestSupplement, S::Registered, A::Receive),
    (A::Withdraw, S::Registered, A::Receive),
    (A::RequestPayment, S::Received, A::Process),
    (A::Forward, S::Received, A::Process),
    (A::Finish, S::Received, A::Process),
];

/// What the time that an integrator's event claims is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// Our clock, where the event claims a later time.
    OurClock,
    /// When the event was first read, where it claims an earlier time.
    FirstRead,
    /// The latest event of the same source that is recorded, where it claims an earlier time.
    OwnLast,
    /// The same, where the event can only follow what its source reported last.
    OwnLastThatItFollows,
    /// The last entry of anybody, where it claims an earlier time.
    AnybodysLast,
}

/// By how much an event's time may differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    /// Not at all: it is one clock, to the millisecond.
    Nothing,
    /// As two clocks do ([`CLOCK_SKEW_MAX`]); some write whole seconds.
    ClockSkew,
    /// As many days as its integrator may report after the fact.
    BackDays,
}

/// What becomes of an event whose time differs by more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lateness {
    /// It breaks the rule `not-in-the-future`.
    NotInTheFuture,
    /// It breaks the rule `too-long-ago`, which names the limit.
    TooLongAgo,
    /// It is out of order for good.
    OutOfOrder,
}

/// Every time that an event's own is held against, with the difference that is taken and what
/// becomes of an event beyond it.
pub const TIMES: [(Against, Allowed, Lateness); 5] = [
    (Against::OurClock, Allowed::ClockSkew, Lateness::NotInTheFuture),
    (Against::FirstRead, Allowed::BackDays, Lateness::TooLongAgo),
    (Against::OwnLast, Allowed::Nothing, Lateness::OutOfOrder),
    (Against::OwnLastThatItFollows, Allowed::ClockSkew, Lateness::OutOfOrder),
    (Against::AnybodysLast, Allowed::ClockSkew, Lateness::OutOfOrder),
];

impl Against {
    /// By how much an event's time may differ from this one, for an integrator that may report
    /// `back_days` after the fact.
    pub fn allowed(self, back_days: u16) -> SignedDuration {
        let row = TIMES.iter().find(|(against, _, _)| *against == self);
        match row.map_or(Allowed::Nothing, |(_, allowed, _)| *allowed) {
            Allowed::Nothing => SignedDuration::ZERO,
            Allowed::ClockSkew => CLOCK_SKEW_MAX,
            Allowed::BackDays => SignedDuration::from_hours(24 * i64::from(back_days)),
        }
    }
}

/// What is wrong with an event that claims the time `claimed` and was first read at `heard`, of an
/// integrator that may report `back_days` after the fact.
pub fn too_long_ago(claimed: Timestamp, heard: Timestamp, back_days: u16) -> Option<Violation> {
    (claimed.duration_until(heard) > Against::FirstRead.allowed(back_days)).then(|| {
        let detail = format!("lies more than {back_days} days before the event came");
        let most = Fact::at_most(back_days, Unit::Days);
        Violation::new("time", RuleName::TooLongAgo, detail).about(most)
    })
}

/// For how long an integrator's event is held back before it is decided, by how long it has been in
/// the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holds {
    /// What is sent within this time of each other may come in any order.
    pub settle: SignedDuration,
    /// How long an event waits that leaves a move out, in case that move is still to come.
    pub left_out: SignedDuration,
    /// How long an event waits behind one that has arrived, has an earlier time and cannot be
    /// decided yet. The wait is limited, since that one may be a mistake.
    pub behind: SignedDuration,
}

impl Holds {
    /// Nothing is held back: everything that was sent has come.
    pub const NONE: Self = Self {
        settle: SignedDuration::ZERO,
        left_out: SignedDuration::ZERO,
        behind: SignedDuration::ZERO,
    };

    /// What is sent within `settle` may come in any order; a move that is left out is waited for
    /// twelve times as long, and one that has come thirty-six times: an hour, and three, for five
    /// minutes.
    pub fn settling(settle: SignedDuration) -> Self {
        Self { settle, left_out: settle.saturating_mul(12), behind: settle.saturating_mul(36) }
    }

    /// After how long an event is looked at again that has been in the queue for `age`: its action
    /// in `status`, and whether an earlier one is known to wait as well. None where it may be
    /// decided.
    pub fn left(
        self,
        action: Action,
        status: DossierStatus,
        earlier_waits: bool,
        age: SignedDuration,
    ) -> Option<SignedDuration> {
        let leaves_out =
            LEFT_OUT.iter().any(|(left_out, from, _)| (*left_out, *from) == (action, status));
        let holds =
            [(true, self.settle), (leaves_out, self.left_out), (earlier_waits, self.behind)];
        let hold = holds.into_iter().filter_map(|(holds, time)| holds.then_some(time)).max()?;
        // What it waits for may come at any time.
        (age < hold).then(|| hold.saturating_sub(age).min(self.settle.saturating_mul(2)))
    }
}

impl Dossier {
    /// Whether an event later than `claimed` by `by` is already recorded: by the clock of the same
    /// integrator, or by any other clock with the allowed difference.
    ///
    /// The same difference is allowed to an integrator's own clock where the present status allows
    /// the action and the status before its last entry did not: such an event can only follow that
    /// entry, whatever two machines of one sender, or one that writes whole seconds, say of it.
    pub(super) fn is_overtaken(&self, rule: &Rule, by: &Actor, claimed: Option<Timestamp>) -> bool {
        let (Actor::Integrator { id, .. }, Some(claimed)) = (by, claimed) else {
            return false;
        };
        let is_own = |entry: &HistoryEntry| entry.by.role == Role::Integrator && entry.by.id == *id;
        let by_own_clock = self
            .history
            .iter()
            .filter(|entry| is_own(entry))
            .map(|entry| entry.claimed_at.unwrap_or(entry.at))
            .max();
        let before_own = self
            .history
            .iter()
            .rposition(is_own)
            .and_then(|last| self.history.get(last.checked_sub(1)?));
        let can_only_follow = rule.is_legal_in(self.status, self.handler.as_ref())
            && before_own.is_none_or(|before| !rule.from.contains(&before.status));
        let own_last =
            if can_only_follow { Against::OwnLastThatItFollows } else { Against::OwnLast };
        let by_any = self.history.last().map_or(Timestamp::MIN, |entry| entry.at);
        let is_before =
            |last: Timestamp, against: Against| claimed.duration_until(last) > against.allowed(0);
        by_own_clock.is_some_and(|own| is_before(own, own_last))
            || is_before(by_any, Against::AnybodysLast)
    }
}
