//! The order in which an integrator's events are decided, since their queue has none.
//!
//! An event carries its time, but not its predecessor. Three rules derive the order of events from
//! that:
//!
//! 1. An event earlier than one that its own sender has already reported, or earlier than the last
//!    entry of any actor by more than a clock difference, is out of order for good; an event that
//!    can only follow its sender's own last entry has that difference too.
//! 2. An event that the status does not allow waits for its predecessor.
//! 3. An event that the status allows waits for a short time, so that events sent with it can
//!    arrive. It waits longer where accepting it would exclude a move that has to come first and is
//!    missing ([`LEFT_OUT`]). While it waits, events with an earlier time pass it.
//!
//! An event that names a version is judged by the version alone.

use jiff::{SignedDuration, Timestamp};

use super::{Action, Actor, CLOCK_SKEW_MAX, Dossier, DossierStatus, HistoryEntry, Role, Rule};

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
        let allowed = if can_only_follow { CLOCK_SKEW_MAX } else { SignedDuration::ZERO };
        let by_any = self.history.last().map_or(Timestamp::MIN, |entry| entry.at);
        by_own_clock.is_some_and(|own| claimed.duration_until(own) > allowed)
            || claimed.duration_until(by_any) > CLOCK_SKEW_MAX
    }
}
