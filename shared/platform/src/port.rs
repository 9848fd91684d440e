//! What the functions need of the world. Each port has two implementations: the real adapter, and in the tests one
//! that fails on purpose between two calls.

use domain::dossier::Dossier;
use domain::id::{AgencyCode, CommandId, DossierCode};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::Failure;
use crate::record::SubmissionReceipt;

/// What became of an attempt to store something under a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// It is stored.
    Yes,
    /// Another process was first; nothing was changed.
    AnotherWasFirst,
}

/// What became of an attempt to admit a new dossier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Dossier and receipt are stored, both.
    Admitted,
    /// The same idempotency key was used before; nothing was changed.
    KeyTaken,
    /// A dossier with this code exists; nothing was changed.
    CodeTaken,
}

/// Dossiers, one by one.
pub trait DossierStore: Sync {
    /// The dossier as of the last completed write; none if there is no such code.
    fn dossier(&self, code: &DossierCode) -> impl Future<Output = Result<Option<Dossier>, Failure>> + Send;

    /// Stores `dossier` if the stored version is the one before it. State, version, history entry and the outbox fact
    /// are one write: all or nothing.
    fn advance(&self, dossier: &Dossier) -> impl Future<Output = Result<Stored, Failure>> + Send;
}

/// Where new dossiers get their number, and each only once.
pub trait Intake: Sync {
    /// The receipt given under this key before, if any.
    fn receipt(&self, key: &CommandId) -> impl Future<Output = Result<Option<SubmissionReceipt>, Failure>> + Send;

    /// Moves the counter of `agency` on `day` on by `step` and gives where it stands: from 1, never the same twice.
    /// Numbers passed over or not used are gaps.
    fn next_sequence(
        &self,
        agency: &AgencyCode,
        day: Date,
        step: u32,
    ) -> impl Future<Output = Result<u32, Failure>> + Send;

    /// Stores dossier and receipt together, or neither.
    fn admit(
        &self,
        dossier: &Dossier,
        key: &CommandId,
        receipt: &SubmissionReceipt,
    ) -> impl Future<Output = Result<Admission, Failure>> + Send;
}

/// What a notice has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lease {
    /// Ours until the lease ends: send now.
    Ours {
        /// Whether an earlier try got as far as the second channel.
        first_channel_done: bool,
    },
    /// It was settled before; nothing is to be done.
    Settled,
    /// Another process is sending it right now.
    HeldByAnother,
    /// Somebody began to send and never said how it ended: whether the applicant was told is unknown.
    Abandoned,
}

/// How sending a notice ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// A gateway accepted it.
    Sent {
        /// `zalo` or `sms`.
        channel: &'static str,
        /// The gateway's id of the message.
        message: String,
    },
    /// No gateway will ever take it.
    Refused,
    /// Whether a gateway took it cannot be told. Never sent again blindly.
    Unknown,
    /// To be tried again: certainly not sent, or through a gateway that recognises a repetition.
    NotYet {
        /// Whether the second channel was asked; the first then never is again.
        first_channel_done: bool,
    },
}

/// One call to a gateway, for the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// `zalo` or `sms`.
    pub channel: &'static str,
    /// The gateway's code, or `accepted`, `timed-out`, `unreachable`, `http-500`.
    pub code: String,
    /// When.
    pub at: Timestamp,
}

/// What is known of each notice.
pub trait NoticeLedger: Sync {
    /// Takes the notice for sending until `until`, unless somebody else holds it or it is settled. `holder` is a name that no
    /// other process uses; the same holder may ask again.
    fn lease(
        &self,
        notice: &str,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> impl Future<Output = Result<Lease, Failure>> + Send;

    /// Records how sending ended. An error unless `holder` holds the lease.
    fn settle(
        &self,
        notice: &str,
        holder: &str,
        ending: &Ending,
        attempts: &[Attempt],
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Something that sends messages on, in no promised order.
pub trait Outlet: Sync {
    /// Sends all of `bodies`; an error if any of them was not accepted, in which case some may have been.
    fn send_all(&self, bodies: &[String]) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Where messages go that can never succeed, with the reason.
pub trait Siding: Sync {
    /// Parks one message.
    fn park(&self, body: &str, reason: &str, detail: &str) -> impl Future<Output = Result<(), Failure>> + Send;
}
