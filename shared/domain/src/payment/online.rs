//! A demand that is paid through the payment platform: each attempt with what was heard of it, what
//! counts, and what is owed back.

use jiff::civil::{Time, time};
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use crate::calendar::{date_of, instant};
use crate::id::DossierCode;
use crate::violation::{Fact, Unit};
use crate::{RuleName, Violation};

/// The most attempts to pay one demand: whoever has tried as often is helped at the counter.
pub const ATTEMPTS_MAX: usize = 20;

/// For how long an attempt that was begun is gone on with, and no other is begun.
pub const ATTEMPT_LASTS: SignedDuration = SignedDuration::from_mins(15);

/// After how long nobody pays any more what was begun: the platform's own page is closed by then.
const EXPIRES_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// For how long an attempt that came to nothing is still asked after, every night.
const ASKED_FOR: SignedDuration = SignedDuration::from_hours(24 * 7);

/// The shortest and the longest time between two questions about an attempt that is open.
const ASKED_EVERY: (SignedDuration, SignedDuration) =
    (SignedDuration::from_mins(2), SignedDuration::from_hours(1));

/// When the payments of a day are compared with those of the platform, in Viet Nam.
const NIGHT: Time = time(2, 45, 0, 0);

/// How far an attempt has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttemptState {
    /// It was begun, and nobody knows yet whether it was paid.
    Pending,
    /// Nobody paid it in time.
    Expired,
    /// The payer gave it up, or their bank refused.
    Failed,
    /// It was paid, and counts.
    Paid,
    /// It was paid, and is owed back: the demand was paid already, or is not owed any more, or the
    /// sum is another.
    OwedBack,
    /// The platform was asked to give it back.
    Refunding,
    /// It was given back.
    Refunded,
}

impl AttemptState {
    /// Every state, in the order in which answers lead from one to the next and never back.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Expired,
        Self::Failed,
        Self::Paid,
        Self::OwedBack,
        Self::Refunding,
        Self::Refunded,
    ];

    /// The name in answers and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Expired => "expired",
            Self::Failed => "failed",
            Self::Paid => "paid",
            Self::OwedBack => "owed-back",
            Self::Refunding => "refunding",
            Self::Refunded => "refunded",
        }
    }

    /// Whether money of the payer's is with us.
    pub fn holds_money(self) -> bool {
        match self {
            Self::Paid | Self::OwedBack | Self::Refunding => true,
            Self::Pending | Self::Expired | Self::Failed | Self::Refunded => false,
        }
    }
}

/// What the platform says of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Heard {
    /// Nothing yet: it waits, or does not know the attempt.
    Nothing,
    /// It was cancelled, or a bank refused.
    Failed,
    /// It was paid: so many whole đồng.
    Paid(u64),
    /// It was given back.
    Refunded,
}

/// The table of moves: from each state, those that may follow. All lead onward in the order of
/// [`AttemptState::ALL`], so that answers end in one state in whatever order they come.
pub const MOVES: [(AttemptState, &[AttemptState]); 7] = [
    (
        AttemptState::Pending,
        &[
            AttemptState::Expired,
            AttemptState::Failed,
            AttemptState::Paid,
            AttemptState::OwedBack,
            AttemptState::Refunded,
        ],
    ),
    (
        AttemptState::Expired,
        &[AttemptState::Failed, AttemptState::Paid, AttemptState::OwedBack, AttemptState::Refunded],
    ),
    (AttemptState::Failed, &[AttemptState::Paid, AttemptState::OwedBack, AttemptState::Refunded]),
    (AttemptState::Paid, &[AttemptState::Refunded]),
    (AttemptState::OwedBack, &[AttemptState::Refunding, AttemptState::Refunded]),
    (AttemptState::Refunding, &[AttemptState::Refunded]),
    (AttemptState::Refunded, &[]),
];

/// One attempt to pay a demand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// What the platform knows it by: `dvc`, the dossier's letters and digits, a time.
    pub reference: String,
    /// When it was begun.
    pub started_at: Timestamp,
    /// How far it has come.
    pub state: AttemptState,
    /// What the platform says was paid, in whole đồng; 0 before.
    #[serde(default)]
    pub paid_vnd: u64,
    /// What was given back, in whole đồng; never more than was paid.
    #[serde(default)]
    pub refunded_vnd: u64,
    /// When it was heard that it was paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<Timestamp>,
    /// When the platform was last asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<Timestamp>,
    /// Where the payer goes, while they may still pay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

impl Attempt {
    fn begun(reference: String, now: Timestamp) -> Self {
        Self {
            reference,
            started_at: now,
            state: AttemptState::Pending,
            paid_vnd: 0,
            refunded_vnd: 0,
            paid_at: None,
            asked_at: None,
            address: None,
        }
    }

    /// Goes on to `state`, where the table allows it; a late answer changes nothing.
    fn go(&mut self, state: AttemptState) -> bool {
        let allowed = MOVES.iter().find(|(from, _)| *from == self.state);
        let goes = allowed.is_some_and(|(_, targets)| targets.contains(&state));
        if goes {
            self.state = state;
            self.address = None;
        }
        goes
    }

    /// Whether the payer may still be on the platform's page.
    pub fn lasts(&self, now: Timestamp) -> bool {
        self.state == AttemptState::Pending && self.started_at.duration_until(now) < ATTEMPT_LASTS
    }

    /// When the platform is to be asked next; none where nothing more can come of it.
    pub fn ask_at(&self) -> Option<Timestamp> {
        let last = self.asked_at.unwrap_or(self.started_at);
        match self.state {
            AttemptState::Pending => {
                let (shortest, longest) = ASKED_EVERY;
                let pause = self.started_at.duration_until(last).clamp(shortest, longest);
                last.saturating_add(pause).ok()
            }
            AttemptState::Expired | AttemptState::Failed => {
                let open = self.started_at.duration_until(last) < ASKED_FOR;
                open.then(|| night_after(last))
            }
            // Once more in the night after it was paid; nothing is heard of it after that.
            AttemptState::Paid => {
                let night = night_after(self.paid_at.unwrap_or(self.started_at));
                (last < night).then_some(night)
            }
            AttemptState::OwedBack | AttemptState::Refunding => Some(night_after(last)),
            AttemptState::Refunded => None,
        }
    }
}

/// The first night that begins on the day after `instant`.
fn night_after(at: Timestamp) -> Timestamp {
    instant(date_of(at).saturating_add(1.day()), NIGHT)
}

/// What was heard of an attempt, and what came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// It changes nothing of the attempt.
    Nothing,
    /// The attempt is in this state now.
    State(AttemptState),
    /// It was paid and counts: the dossier goes on.
    Counts,
    /// The platform says something else of a payment that counts: another sum, or that it was never
    /// paid.
    Differs,
}

/// How far the payment of a demand has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnlineState {
    /// Nobody has tried to pay it on-line.
    Requested,
    /// An attempt is open.
    Pending,
    /// Every attempt came to nothing.
    Failed,
    /// It was paid once, and nothing is owed back.
    Paid,
    /// It was paid more often than it is owed: something is owed back.
    PaidTwice,
    /// The platform was asked to give something back.
    Refunding,
    /// What was paid was given back, and nothing counts.
    Refunded,
}

/// The payment of one demand through the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OnlinePayment {
    /// The dossier that it is for.
    pub code: DossierCode,
    /// The version of the dossier with which it was asked for.
    pub demand: u64,
    /// What is owed, in whole đồng.
    pub amount_vnd: u64,
    /// How often it was stored, from 1.
    pub version: u64,
    /// The attempts, oldest first.
    pub attempts: Vec<Attempt>,
}

impl OnlinePayment {
    /// The payment of the demand that `code` made with version `demand`, before anybody tried.
    pub fn of(code: DossierCode, demand: u64, amount_vnd: u64) -> Self {
        Self { code, demand, amount_vnd, version: 0, attempts: Vec::new() }
    }

    /// The attempt with this reference.
    pub fn attempt(&self, reference: &str) -> Option<&Attempt> {
        self.attempts.iter().find(|attempt| attempt.reference == reference)
    }

    /// The attempt on which a payer may go on at `now`.
    pub fn open(&self, now: Timestamp) -> Option<&Attempt> {
        self.attempts.iter().rfind(|attempt| attempt.lasts(now) && attempt.address.is_some())
    }

    /// What the platform knows the next attempt by. Fails where there were too many.
    pub fn begin(&mut self, now: Timestamp) -> Result<String, Violation> {
        if self.attempts.len() >= ATTEMPTS_MAX {
            let detail = "was tried too often on-line: pay at the counter";
            let broken = Violation::new("code", RuleName::AttemptsMax, detail);
            return Err(broken.about(Fact::at_most(ATTEMPTS_MAX, Unit::Times)));
        }
        let code: String = self.code.as_str().chars().filter(char::is_ascii_alphanumeric).collect();
        // Two of one millisecond have another number.
        let number = self.attempts.len() + 1;
        let reference = format!("dvc{code}{:013}{number:02}", now.as_millisecond().max(0));
        self.attempts.push(Attempt::begun(reference.clone(), now));
        self.version += 1;
        Ok(reference)
    }

    /// The platform gave this address for the attempt.
    pub fn may_pay_at(&mut self, reference: &str, address: String) {
        let attempt = self.attempts.iter_mut().find(|attempt| attempt.reference == reference);
        if let Some(attempt) = attempt.filter(|attempt| attempt.state == AttemptState::Pending) {
            attempt.address = Some(address);
        }
        self.version += 1;
    }

    /// The platform did not take the attempt: no payer can have got there.
    pub fn was_refused(&mut self, reference: &str) {
        let attempt = self.attempts.iter_mut().find(|attempt| attempt.reference == reference);
        if let Some(attempt) = attempt {
            attempt.go(AttemptState::Failed);
        }
        self.version += 1;
    }

    /// Hears at `now` what the platform says of an attempt; `is_owed` is whether the dossier still
    /// waits for this demand. A payment counts once: where it is owed, of the sum that is owed, and
    /// nothing else counts; whatever else was paid is owed back.
    pub fn hear(&mut self, reference: &str, heard: Heard, is_owed: bool, now: Timestamp) -> Came {
        let owed = self.amount_vnd;
        let counted = self.attempts.iter().any(|attempt| attempt.state == AttemptState::Paid);
        let found = self.attempts.iter_mut().find(|attempt| attempt.reference == reference);
        let Some(attempt) = found else { return Came::Nothing };
        self.version += 1;
        attempt.asked_at = Some(attempt.asked_at.map_or(now, |last| last.max(now)));
        let before = attempt.state;
        match heard {
            Heard::Nothing | Heard::Failed if before == AttemptState::Paid => {
                return Came::Differs;
            }
            Heard::Nothing => {
                if attempt.started_at.duration_until(now) >= EXPIRES_AFTER {
                    attempt.go(AttemptState::Expired);
                }
            }
            Heard::Failed => {
                attempt.go(AttemptState::Failed);
            }
            Heard::Paid(amount) => {
                if before == AttemptState::Paid && amount != attempt.paid_vnd {
                    return Came::Differs;
                }
                let counts = is_owed && !counted && amount == owed;
                let next = if counts { AttemptState::Paid } else { AttemptState::OwedBack };
                if attempt.go(next) {
                    (attempt.paid_vnd, attempt.paid_at) = (amount, Some(now));
                    return if counts { Came::Counts } else { Came::State(next) };
                }
            }
            Heard::Refunded => {
                if attempt.go(AttemptState::Refunded) {
                    // What was never heard of as paid was of the sum that we asked for.
                    attempt.paid_vnd = if attempt.paid_vnd == 0 { owed } else { attempt.paid_vnd };
                    attempt.refunded_vnd = attempt.paid_vnd;
                }
            }
        }
        if attempt.state == before { Came::Nothing } else { Came::State(attempt.state) }
    }

    /// What is owed back is asked for at the platform from now on; what it comes to, in whole đồng.
    /// None where nothing of this attempt is owed back.
    pub fn refund(&mut self, reference: &str) -> Option<u64> {
        let found = self.attempts.iter_mut().find(|attempt| attempt.reference == reference);
        let attempt = found.filter(|attempt| attempt.state == AttemptState::OwedBack)?;
        attempt.go(AttemptState::Refunding);
        self.version += 1;
        Some(attempt.paid_vnd - attempt.refunded_vnd.min(attempt.paid_vnd))
    }

    /// What counts of all that was paid, in whole đồng: nothing, or what is owed.
    pub fn counted_vnd(&self) -> u64 {
        self.paid_in(|state| state == AttemptState::Paid)
    }

    /// What is owed back, in whole đồng.
    pub fn owed_back_vnd(&self) -> u64 {
        self.paid_in(|state| matches!(state, AttemptState::OwedBack | AttemptState::Refunding))
    }

    fn paid_in(&self, of: impl Fn(AttemptState) -> bool) -> u64 {
        let paid = self.attempts.iter().filter(|attempt| of(attempt.state));
        paid.fold(0, |sum, attempt| sum.saturating_add(attempt.paid_vnd))
    }

    /// When the platform is to be asked next about one of its attempts.
    pub fn ask_at(&self) -> Option<Timestamp> {
        self.attempts.iter().filter_map(Attempt::ask_at).min()
    }

    /// How far it has come.
    pub fn state(&self) -> OnlineState {
        let any = |state: AttemptState| self.attempts.iter().any(|it| it.state == state);
        if any(AttemptState::OwedBack) {
            OnlineState::PaidTwice
        } else if any(AttemptState::Refunding) {
            OnlineState::Refunding
        } else if any(AttemptState::Paid) {
            OnlineState::Paid
        } else if any(AttemptState::Pending) {
            OnlineState::Pending
        } else if any(AttemptState::Refunded) {
            OnlineState::Refunded
        } else if self.attempts.is_empty() {
            OnlineState::Requested
        } else {
            OnlineState::Failed
        }
    }
}
