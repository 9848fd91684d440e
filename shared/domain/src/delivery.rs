//! What other systems must have of a dossier, and how far each has it: the delivery ledger.
//!
//! A line is one system and one dossier, or one feedback that was given at the system: the last
//! version owed, the last one acknowledged. It changes by pure decisions and is stored under its own
//! version, like a thread of notices. The ledger and no queue remembers what is owed: a message may
//! come twice, late or never, and an outage may last for weeks.

mod feedback;
mod pace;
mod postal;
mod system;
mod transfer;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use feedback::{AuthorsToldBy, FeedbackStep, FeedbackTerms};
pub use pace::{BATCH_REQUESTS, Grant, PER_MINUTE_MIN, Pace};
pub use postal::{PostTerms, PostalSender};
pub use system::{Protocol, System, SystemId, Systems, SystemsFile, Webhook};
pub use transfer::{
    AcknowledgedBy, Offer, Transfer, TransferAnswer, TransferNews, TransferState, TransferTerms,
};

use crate::id::DossierCode;

/// The pause after the first refusal of a dossier; it doubles with each further one.
const PAUSE_FIRST: SignedDuration = SignedDuration::from_mins(1);

/// The longest pause after a refusal: what is refused all day is tried four times a day, for ever.
const PAUSE_MAX: SignedDuration = SignedDuration::from_hours(6);

/// The longest code of the other side's that is kept, in characters.
const CODE_CHARACTERS_MAX: usize = 40;

/// Why a system does not have what it is owed, without any text of its own, which may quote a
/// value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryError {
    /// What kind of failure it was.
    pub kind: ErrorKind,
    /// The other side's code, or what came instead of one: `-2`, `http-500`, `timed-out`.
    pub code: String,
    /// When the failure was noticed.
    pub at: Timestamp,
}

/// The kinds of failure of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorKind {
    /// The system did not answer, or turned everybody away.
    Unavailable,
    /// The system refused this dossier, or a part of it.
    Refused,
    /// The system said that it has the version, and does not.
    NotThere,
    /// A process of ours died before it knew how the call ended, or lost its lease.
    Unknown,
}

impl ErrorKind {
    /// Every kind, in the order of the API document.
    pub const ALL: [Self; 4] = [Self::Unavailable, Self::Refused, Self::NotThere, Self::Unknown];

    /// The word in answers and in the stored line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::Refused => "refused",
            Self::NotThere => "not-there",
            Self::Unknown => "unknown",
        }
    }
}

impl DeliveryError {
    /// An error of this kind at `now`; of `code` the first forty printable ASCII characters are
    /// kept.
    pub fn new(kind: ErrorKind, code: &str, now: Timestamp) -> Self {
        let plain = code.chars().filter(char::is_ascii_graphic).take(CODE_CHARACTERS_MAX);
        Self { kind, code: plain.collect(), at: now }
    }
}

/// Who is at a line just now, and until when nobody else may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Lease {
    holder: String,
    until: Timestamp,
}

/// One line of the ledger: a dossier, and a system that must have it.
///
/// It changes by its own methods alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    code: DossierCode,
    system: SystemId,
    version: u64,
    owed: u64,
    acknowledged: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    behind_since: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    acknowledged_at: Option<Timestamp>,
    #[serde(default)]
    tries: u32,
    #[serde(default)]
    reopened: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_error: Option<DeliveryError>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lease: Option<Lease>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    due_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    transfer: Option<Transfer>,
}

impl Delivery {
    /// The line of a dossier of which `system` is owed nothing yet; it is not stored.
    pub fn begun(code: DossierCode, system: SystemId) -> Self {
        Self {
            code,
            system,
            version: 0,
            owed: 0,
            acknowledged: 0,
            behind_since: None,
            acknowledged_at: None,
            tries: 0,
            reopened: 0,
            last_error: None,
            lease: None,
            due_at: None,
            transfer: None,
        }
    }

    /// Raises what is owed to `version`, from 1; a version that is owed already changes nothing.
    /// Returns whether anything has changed.
    ///
    /// It is due at once, unless an outage is being waited for: a new change must not make anybody
    /// knock sooner.
    pub fn owe(&mut self, version: u64, now: Timestamp) -> bool {
        if version <= self.owed {
            return false;
        }
        if !self.is_behind() {
            self.behind_since = Some(now);
        }
        self.owed = version;
        let refused = |error: &DeliveryError| match error.kind {
            // What was wrong with the dossier may be right by now.
            ErrorKind::Refused | ErrorKind::NotThere | ErrorKind::Unknown => true,
            ErrorKind::Unavailable => false,
        };
        if self.lease.is_none() && self.last_error.as_ref().is_none_or(refused) {
            self.due_at = Some(self.due_at.map_or(now, |due| due.min(now)));
        }
        true
    }

    /// Takes the line for `holder` for `length` from `now` on, where something is owed, its time
    /// has come and nobody else is at it. Returns whether it was taken.
    ///
    /// A lease that ran out is that of a process that died: it may have been heard or not, and what
    /// it sent is sent again, which the other side takes as the same.
    pub fn start(&mut self, holder: &str, now: Timestamp, length: SignedDuration) -> bool {
        let due = self.due_at.is_some_and(|due| due <= now);
        if !self.is_behind() || !due || self.leased_until(now).is_some() {
            return false;
        }
        if self.lease.is_some() {
            self.last_error = Some(DeliveryError::new(ErrorKind::Unknown, "abandoned", now));
        }
        let until = now.saturating_add(length).unwrap_or(now);
        self.lease = Some(Lease { holder: holder.to_owned(), until });
        self.tries = self.tries.saturating_add(1);
        self.due_at = Some(until);
        true
    }

    /// Records that the system has `version`, as `holder` has learned; nothing where the lease is
    /// another's by now, or was taken back. Returns whether it was recorded.
    ///
    /// What is acknowledged never falls by this and never passes what is owed.
    pub fn acknowledge(&mut self, version: u64, holder: &str, now: Timestamp) -> bool {
        if !self.is_held_by(holder) {
            return false;
        }
        self.lease = None;
        self.acknowledged = self.acknowledged.max(version.min(self.owed));
        (self.tries, self.last_error, self.acknowledged_at) = (0, None, Some(now));
        if self.is_behind() {
            self.due_at = Some(now);
        } else {
            self.behind_since = None;
            self.rest();
        }
        true
    }

    /// Records that the system refused the dossier after it took what leads up to `taken`, or
    /// nothing where that is what it had. It is tried again after a pause that doubles, spread by
    /// `draw`, without an end. Returns whether it was recorded.
    pub fn refused(
        &mut self,
        (holder, taken): (&str, u64),
        code: &str,
        now: Timestamp,
        draw: u32,
    ) -> bool {
        let until = now.saturating_add(self.pause(draw)).unwrap_or(now);
        self.failed((holder, taken), DeliveryError::new(ErrorKind::Refused, code, now), until)
    }

    /// Records that the system could not be reached, after it took what leads up to `taken`. The
    /// line is due again at `until`, when the system may be asked again. Returns whether it was
    /// recorded.
    pub fn unavailable(
        &mut self,
        (holder, taken): (&str, u64),
        code: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> bool {
        self.failed((holder, taken), DeliveryError::new(ErrorKind::Unavailable, code, now), until)
    }

    fn failed(
        &mut self,
        (holder, taken): (&str, u64),
        error: DeliveryError,
        until: Timestamp,
    ) -> bool {
        if !self.is_held_by(holder) {
            return false;
        }
        if taken >= self.owed {
            return self.acknowledge(taken, holder, error.at);
        }
        self.lease = None;
        self.acknowledged = self.acknowledged.max(taken);
        self.last_error = Some(error);
        self.due_at = Some(until);
        true
    }

    /// Puts off what is owed until `until`, without a try: the system is not to be asked before.
    /// Returns whether anything has changed; nothing does while somebody is at the line.
    pub fn put_off(&mut self, now: Timestamp, until: Timestamp) -> bool {
        if !self.is_behind() || self.leased_until(now).is_some() || self.due_at == Some(until) {
            return false;
        }
        self.lease = None;
        self.due_at = Some(until);
        true
    }

    /// Takes back an acknowledgement that was found to be false: the system has only what leads up
    /// to `has`, 0 for nothing of the dossier. Whoever is at the line has lost it. Returns whether
    /// anything has changed.
    pub fn reopen(&mut self, has: u64, now: Timestamp) -> bool {
        if has >= self.acknowledged {
            return false;
        }
        if !self.is_behind() {
            self.behind_since = Some(now);
        }
        self.acknowledged = has;
        self.reopened = self.reopened.saturating_add(1);
        self.last_error = Some(DeliveryError::new(ErrorKind::NotThere, "not-there", now));
        (self.lease, self.due_at) = (None, Some(now));
        true
    }

    /// Has everything behind version `has` brought again, 0 for all of it: the system has lost what
    /// it had. Whoever is at the line has lost it. Returns whether anything has changed.
    pub fn replay(&mut self, has: u64, now: Timestamp) -> bool {
        if has >= self.acknowledged {
            return false;
        }
        if !self.is_behind() {
            self.behind_since = Some(now);
        }
        (self.acknowledged, self.tries, self.last_error) = (has, 0, None);
        (self.lease, self.due_at) = (None, Some(now));
        true
    }

    /// Has the system process the dossier since `offer`, and say within `length` from `now` on that
    /// it has it. An offer that is known changes nothing, nor does a supplement, unless the system
    /// had refused the dossier without it. Returns whether anything has changed.
    pub fn offer(&mut self, offer: &Offer, length: SignedDuration, now: Timestamp) -> bool {
        let new = self.transfer.as_ref().is_none_or(|known| known.is_renewed_by(offer));
        if new {
            self.transfer = Some(Transfer::begun(offer, length, now));
            self.rest();
        }
        new
    }

    /// Ends the transfer, where there is one: the dossier is no longer the system's to process.
    /// Returns whether anything has changed.
    pub fn end_transfer(&mut self, now: Timestamp) -> bool {
        self.changed_transfer(|transfer| transfer.end(now))
    }

    /// Hears what the system says of the dossier that was transferred to it; nothing where none was.
    /// Returns whether anything has changed.
    pub fn hear(&mut self, news: &TransferNews) -> bool {
        self.changed_transfer(|transfer| transfer.hear(news))
    }

    /// Hears that the system has what it was brought, and thereby the dossier, where its own answer
    /// says so. Returns whether anything has changed.
    pub fn hear_answer(&mut self, now: Timestamp) -> bool {
        let has = |transfer: &Transfer| transfer.offered() <= self.acknowledged;
        if !self.transfer.as_ref().is_some_and(has) {
            return false;
        }
        let taken = TransferNews::new(TransferAnswer::Taken, None, None, now);
        let offered =
            self.transfer.as_ref().is_some_and(|known| known.state() == TransferState::Offered);
        offered && taken.is_ok_and(|taken| self.hear(&taken))
    }

    /// Whether people have to be called for the transfer now.
    pub fn calls(&self, now: Timestamp) -> bool {
        self.transfer.as_ref().is_some_and(|transfer| transfer.calls(now))
    }

    /// Records that people are called at `now`, for the next day; and has what a subscriber does not
    /// say that it has told to it again. Returns whether anything has changed.
    pub fn call(&mut self, is_subscription: bool, now: Timestamp) -> bool {
        if !self.calls(now) {
            return false;
        }
        let Some(transfer) = &mut self.transfer else { return false };
        transfer.called(now);
        let (offered, overdue) = (transfer.offered(), transfer.is_overdue(now));
        self.rest();
        if is_subscription && overdue {
            self.replay(offered.saturating_sub(1), now);
        }
        true
    }

    /// Offers the dossier once more, to a system that has lost what it had from version `has` on, or
    /// had refused it. Returns whether anything has changed.
    pub fn offer_again(&mut self, has: u64, length: SignedDuration, now: Timestamp) -> bool {
        self.changed_transfer(|transfer| {
            let again = transfer.state() != TransferState::Over && has < transfer.offered();
            if again {
                *transfer = transfer.renewed(length, now);
            }
            again
        })
    }

    fn changed_transfer(&mut self, change: impl FnOnce(&mut Transfer) -> bool) -> bool {
        let changed = self.transfer.as_mut().is_some_and(change);
        if changed {
            self.rest();
        }
        changed
    }

    /// Sets when a line that is not behind is looked at: for its transfer alone.
    fn rest(&mut self) {
        if !self.is_behind() {
            self.due_at = self.transfer.as_ref().and_then(Transfer::next_call);
        }
    }

    /// The transfer of the dossier to the system; none where it never was to process it.
    pub fn transfer(&self) -> Option<&Transfer> {
        self.transfer.as_ref()
    }

    /// Whether the system has all that it must have, and says so of a dossier that it has to
    /// process.
    pub fn is_in_step(&self) -> bool {
        !self.is_behind() && !self.is_transfer_open()
    }

    /// Whether a dossier that the system has to process is not, or not yet, where it is processed.
    pub fn is_transfer_open(&self) -> bool {
        self.transfer.as_ref().is_some_and(|transfer| transfer.state().is_open())
    }

    /// The pause after this try, a quarter longer at most, by `draw`.
    fn pause(&self, draw: u32) -> SignedDuration {
        let doublings = self.tries.saturating_sub(1).min(16);
        let first = u64::try_from(PAUSE_FIRST.as_secs()).unwrap_or(0);
        let longest = u64::try_from(PAUSE_MAX.as_secs()).unwrap_or(u64::MAX);
        let seconds = (first << doublings).min(longest);
        let jitter = u64::from(draw) % (seconds / 4 + 1);
        SignedDuration::from_secs(i64::try_from(seconds + jitter).unwrap_or(i64::MAX))
    }

    fn is_held_by(&self, holder: &str) -> bool {
        self.lease.as_ref().is_some_and(|lease| lease.holder == holder)
    }

    /// The dossier of the line.
    pub fn code(&self) -> &DossierCode {
        &self.code
    }

    /// The system that must have it.
    pub fn system(&self) -> &SystemId {
        &self.system
    }

    /// How often the line was stored, from 1; 0 where it is not stored yet.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The same line, as the next one to be stored.
    pub fn advance(&mut self) {
        self.version = self.version.saturating_add(1);
    }

    /// The last version of the dossier that the system must have; 0 for none.
    pub fn owed(&self) -> u64 {
        self.owed
    }

    /// The last version that it is known to have; 0 for none.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// Whether the system is owed more than it is known to have.
    pub fn is_behind(&self) -> bool {
        self.acknowledged < self.owed
    }

    /// Since when it is behind; none where it has everything.
    pub fn behind_since(&self) -> Option<Timestamp> {
        self.behind_since
    }

    /// When it last acknowledged anything; none where it never did.
    pub fn acknowledged_at(&self) -> Option<Timestamp> {
        self.acknowledged_at
    }

    /// How often what is owed now was tried, from 0.
    pub fn tries(&self) -> u32 {
        self.tries
    }

    /// How often an acknowledgement turned out to be false.
    pub fn reopened(&self) -> u32 {
        self.reopened
    }

    /// Why the last try came to nothing; none after one that came to something.
    pub fn last_error(&self) -> Option<&DeliveryError> {
        self.last_error.as_ref()
    }

    /// Whether it was refused for itself, so that it goes alone and holds nobody up.
    pub fn goes_alone(&self) -> bool {
        self.last_error.as_ref().is_some_and(|error| match error.kind {
            ErrorKind::Refused => true,
            ErrorKind::Unavailable | ErrorKind::NotThere | ErrorKind::Unknown => false,
        })
    }

    /// Until when somebody is at the line; none where nobody is at `now`.
    pub fn leased_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.lease.as_ref().map(|lease| lease.until).filter(|until| now < *until)
    }

    /// When it is to be tried, or its transfer looked at; none where neither is.
    pub fn due_at(&self) -> Option<Timestamp> {
        self.due_at
    }
}
