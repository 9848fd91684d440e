//! A dossier that is transferred to a system of a ministry's, which has to process it: it is
//! offered, and stays visible here until the system says that it has it, refuses it or gives it back.
//!
//! A transfer is a part of the system's line in the ledger. Its dossier is the agency's all the
//! while: nothing of status, clock or custody changes by it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::dossier::{Action, CLOCK_SKEW_MAX, Custody, HistoryEntry};
use crate::id::AgencyCode;
use crate::{RuleName, Violation};

/// The most hours that a system may have to say that it has a dossier: thirty days.
pub(super) const HOURS_MAX: u16 = 720;

/// How often people are called for a transfer that stays open.
const CALLED_AGAIN: SignedDuration = SignedDuration::from_hours(24);

/// Longest number of a system's own, in bytes.
const REFERENCE_BYTES_MAX: usize = 64;

/// Longest reason, in bytes.
const REASON_BYTES_MAX: usize = 40;

/// By what a system says that it has a dossier.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum AcknowledgedBy {
    /// An event of its integrator: that it was told says nothing about whether it has the dossier.
    #[default]
    Event,
    /// The answer of its own door, which takes the dossier and nothing less.
    Answer,
}

/// What is agreed with a system that has to process the dossiers of its row.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TransferTerms {
    /// The source of the integrator that the system is: it reads the cases of what is transferred to
    /// it, and says what becomes of each.
    pub integrator: String,
    /// Within how many hours it has to say that it has a dossier.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = HOURS_MAX)))]
    pub acknowledge_within_hours: u16,
    /// By what it says so; by an event where the file says nothing.
    #[serde(default)]
    pub acknowledged_by: AcknowledgedBy,
    /// What officers go on doing here while the system has a dossier: what they are shown, since
    /// nothing is forbidden by a transfer.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("uniqueItems" = true)))]
    pub still_here: Vec<Action>,
}

impl TransferTerms {
    /// How long the system has to say that it has a dossier.
    pub fn within(&self) -> SignedDuration {
        SignedDuration::from_hours(i64::from(self.acknowledge_within_hours))
    }

    /// Whether the answer of the system's own door says that it has a dossier.
    pub fn is_acknowledged_by_answer(&self) -> bool {
        match self.acknowledged_by {
            AcknowledgedBy::Answer => true,
            AcknowledgedBy::Event => false,
        }
    }
}

/// Since when a dossier has to be with a system, by its history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// The version with which the agency had it, received and unsettled.
    pub begun: u64,
    /// The version with which something new was handed in since, or that one.
    pub offered: u64,
    /// When that entry happened.
    pub at: Timestamp,
}

impl Offer {
    /// The offer of a dossier with this owner and history to a system of agencies of which `theirs`
    /// knows: as long as such an agency has custody, from the receipt until nothing is left to
    /// settle. None where it is not, or no longer, with such an agency.
    pub(super) fn of(
        owner: &AgencyCode,
        history: &[HistoryEntry],
        theirs: impl Fn(&AgencyCode) -> bool,
    ) -> Option<Self> {
        let (mut holder, mut received, mut offer) = (owner, false, None);
        for entry in history {
            received |= entry.action == Action::Receive;
            match entry.action.rule().map_or(Custody::AsBefore, |rule| rule.custody) {
                Custody::AsBefore => {}
                Custody::WithAnother => holder = entry.handler.as_ref().unwrap_or(holder),
                Custody::WithOwner => holder = owner,
            }
            let new = Self { begun: entry.version, offered: entry.version, at: entry.at };
            offer = match offer {
                _ if !received || entry.status.is_closed() || !theirs(holder) => None,
                None => Some(new),
                Some(Self { begun, .. }) if entry.action == Action::Supplement => {
                    Some(Self { begun, ..new })
                }
                Some(known) => Some(known),
            };
        }
        offer
    }
}

/// What a system says of a dossier that was transferred to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TransferAnswer {
    /// It has the dossier, and processes it.
    Taken,
    /// It does not take it as it is.
    Refused,
    /// It is not its own to process: the agency does it here.
    GivenBack,
}

impl TransferAnswer {
    /// Every answer, so that the contract can be compared with the code.
    pub const ALL: [Self; 3] = [Self::Taken, Self::Refused, Self::GivenBack];
}

/// An answer with what belongs to it. No text of people's: it stays when the content goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferNews {
    answer: TransferAnswer,
    reference: Option<String>,
    reason: Option<String>,
    at: Timestamp,
}

impl TransferNews {
    /// An answer of `at`, by the clock of the system: with its own number of the dossier, 1 to 64
    /// visible ASCII characters, and the code of a reason, 1 to 40 of `a` to `z`, digits and `-`, a
    /// letter first, which is owed unless it takes the dossier. Fails with everything that is wrong.
    pub fn new(
        answer: TransferAnswer,
        reference: Option<String>,
        reason: Option<String>,
        at: Timestamp,
    ) -> Result<Self, Vec<Violation>> {
        let mut found = Vec::new();
        let visible = |text: &String| {
            (1..=REFERENCE_BYTES_MAX).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if !reference.as_ref().is_none_or(visible) {
            let detail = "must be 1 to 64 visible ASCII characters";
            found.push(Violation::new("reference", RuleName::Format, detail));
        }
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_code = |text: &String| {
            text.len() <= REASON_BYTES_MAX
                && text.starts_with(|first: char| first.is_ascii_lowercase())
                && text.bytes().all(plain)
        };
        match (&reason, answer) {
            (None, TransferAnswer::Refused | TransferAnswer::GivenBack) => {
                found.push(Violation::required("reason"));
            }
            (Some(reason), _) if !is_code(reason) => {
                let detail = "must be 1 to 40 of a to z, 0 to 9 and -, a letter first";
                found.push(Violation::new("reason", RuleName::Format, detail));
            }
            (None | Some(_), _) => {}
        }
        if found.is_empty() { Ok(Self { answer, reference, reason, at }) } else { Err(found) }
    }

    /// What the system says.
    pub fn answer(&self) -> TransferAnswer {
        self.answer
    }

    /// When it was so, by the system's clock.
    pub fn at(&self) -> Timestamp {
        self.at
    }
}

/// How far a transfer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TransferState {
    /// The system has to have the dossier, and has not said that it has.
    Offered,
    /// It has the dossier, and says so.
    Taken,
    /// It does not take it: somebody here has to see why.
    Refused,
    /// It gave it back: it is processed here.
    GivenBack,
    /// It is no longer the system's: settled, withdrawn, with another agency, or by another
    /// catalogue.
    Over,
}

impl TransferState {
    /// Every state, so that the contract can be compared with the code.
    pub const ALL: [Self; 5] =
        [Self::Offered, Self::Taken, Self::Refused, Self::GivenBack, Self::Over];

    /// Whether the system may read the case: the dossier was brought to it, and is with it still.
    pub fn may_be_read(self) -> bool {
        match self {
            Self::Offered | Self::Taken => true,
            Self::Refused | Self::GivenBack | Self::Over => false,
        }
    }

    /// Whether somebody still has to do something before the dossier is where it is processed.
    pub fn is_open(self) -> bool {
        match self {
            Self::Offered | Self::Refused => true,
            Self::Taken | Self::GivenBack | Self::Over => false,
        }
    }
}

impl From<TransferAnswer> for TransferState {
    fn from(answer: TransferAnswer) -> Self {
        match answer {
            TransferAnswer::Taken => Self::Taken,
            TransferAnswer::Refused => Self::Refused,
            TransferAnswer::GivenBack => Self::GivenBack,
        }
    }
}

/// The transfer of a dossier to a system, as far as it has come. It changes by its own methods
/// alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transfer {
    begun: u64,
    offered: u64,
    since: Timestamp,
    until: Timestamp,
    state: TransferState,
    at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    taken_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    called_at: Option<Timestamp>,
}

impl Transfer {
    /// A new one, of which the system is to say within `length` from `now` on that it has it.
    pub(super) fn begun(offer: &Offer, length: SignedDuration, now: Timestamp) -> Self {
        Self {
            begun: offer.begun,
            offered: offer.offered,
            since: offer.at,
            until: now.saturating_add(length).unwrap_or(now),
            state: TransferState::Offered,
            at: now,
            taken_at: None,
            reference: None,
            reason: None,
            called_at: None,
        }
    }

    /// The same, offered once more from `now` on.
    pub(super) fn renewed(&self, length: SignedDuration, now: Timestamp) -> Self {
        let offer = Offer { begun: self.begun, offered: self.offered, at: self.since };
        Self::begun(&offer, length, now)
    }

    /// Whether `offer` begins it anew: the agency has had the dossier back since, or something came
    /// after the system had refused it.
    pub(super) fn is_renewed_by(&self, offer: &Offer) -> bool {
        let refused = match self.state {
            TransferState::Refused => true,
            TransferState::Offered
            | TransferState::Taken
            | TransferState::GivenBack
            | TransferState::Over => false,
        };
        offer.begun > self.begun || (refused && offer.offered > self.offered)
    }

    /// Ends it, whatever the system said. Returns whether anything has changed.
    pub(super) fn end(&mut self, now: Timestamp) -> bool {
        let goes_on = self.state != TransferState::Over;
        if goes_on {
            (self.state, self.at, self.called_at) = (TransferState::Over, now, None);
        }
        goes_on
    }

    /// Hears what the system says. The newest by its own clock holds, in whatever order its events
    /// come; of one moment, what is further on. What it said of an earlier transfer is no news of
    /// this one, and one that is over stays over. Returns whether anything has changed.
    pub(super) fn hear(&mut self, news: &TransferNews) -> bool {
        let earliest = self.since.saturating_sub(CLOCK_SKEW_MAX).unwrap_or(self.since);
        if news.at < earliest {
            return false;
        }
        let state = TransferState::from(news.answer);
        let before = self.clone();
        if news.answer == TransferAnswer::Taken {
            self.taken_at = Some(self.taken_at.map_or(news.at, |known| known.min(news.at)));
            self.reference = self.reference.take().or_else(|| news.reference.clone());
        }
        let newer = match self.state {
            // When it was offered is our clock's, and the answer is the system's.
            TransferState::Offered => true,
            TransferState::Over => false,
            TransferState::Taken | TransferState::Refused | TransferState::GivenBack => {
                (news.at, state) > (self.at, self.state)
            }
        };
        if newer {
            (self.state, self.at, self.called_at) = (state, news.at, None);
            self.reason.clone_from(&news.reason);
            if news.reference.is_some() {
                self.reference.clone_from(&news.reference);
            }
        }
        *self != before
    }

    /// Whether people have to be called now: it was not taken within the agreed time, or was
    /// refused, and nobody was called for a day.
    pub(super) fn calls(&self, now: Timestamp) -> bool {
        self.next_call().is_some_and(|due| due <= now)
    }

    /// When people have to be called, unless something changes before; none where nothing is open.
    pub(super) fn next_call(&self) -> Option<Timestamp> {
        let again = |at: Timestamp| at.saturating_add(CALLED_AGAIN).unwrap_or(at);
        match self.state {
            TransferState::Offered => Some(self.called_at.map_or(self.until, again)),
            TransferState::Refused => Some(again(self.called_at.unwrap_or(self.at))),
            TransferState::Taken | TransferState::GivenBack | TransferState::Over => None,
        }
    }

    /// Records that people were called.
    pub(super) fn called(&mut self, now: Timestamp) {
        self.called_at = Some(now);
    }

    /// The version of the dossier with which it began.
    pub fn begun_at(&self) -> u64 {
        self.begun
    }

    /// The version of the dossier with which it was offered last.
    pub fn offered(&self) -> u64 {
        self.offered
    }

    /// Since when the dossier has to be with the system, by the entry that it was offered with.
    pub fn since(&self) -> Timestamp {
        self.since
    }

    /// Until when the system has to say that it has it, as was agreed when it was offered.
    pub fn until(&self) -> Timestamp {
        self.until
    }

    /// How far it is.
    pub fn state(&self) -> TransferState {
        self.state
    }

    /// Since when it is so: by the system's clock where the system said it.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// When the system first had it; none where it never said so.
    pub fn taken_at(&self) -> Option<Timestamp> {
        self.taken_at
    }

    /// The system's own number of the dossier; none where it gave none.
    pub fn reference(&self) -> Option<&str> {
        self.reference.as_deref()
    }

    /// The code of the reason for which it was refused or given back.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// Whether the system has let the agreed time pass.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.state == TransferState::Offered && self.until <= now
    }
}
