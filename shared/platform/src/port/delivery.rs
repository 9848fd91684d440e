//! What systems that must have dossiers of ours need of the world.

use domain::catalogue::Catalogue;
use domain::delivery::{Delivery, Pace, System, SystemId};
use domain::dossier::{Dossier, DossierStatus, HistoryEntry};
use domain::id::DossierCode;
use jiff::SignedDuration;

use super::Stored;
use crate::Failure;

/// What each system is owed of each dossier, and how fast each is asked.
pub trait DeliveryLedger: Sync {
    /// The line as of the last completed write; none if there is none.
    fn line(
        &self,
        code: &DossierCode,
        system: &SystemId,
    ) -> impl Future<Output = Result<Option<Delivery>, Failure>> + Send;

    /// Stores `line` if the stored version is the one before it.
    fn keep(&self, line: &Delivery) -> impl Future<Output = Result<Stored, Failure>> + Send;

    /// How fast `system` is asked, as of the last completed write.
    fn pace(&self, system: &SystemId) -> impl Future<Output = Result<Pace, Failure>> + Send;

    /// Stores `pace` of `system` if the stored version is the one before it.
    fn keep_pace(
        &self,
        system: &SystemId,
        pace: &Pace,
    ) -> impl Future<Output = Result<Stored, Failure>> + Send;
}

/// A dossier as another system is told of it, with the catalogue that names what its codes mean.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The dossier with its whole history.
    pub dossier: &'a Dossier,
    /// The catalogue in force.
    pub catalogue: &'a Catalogue,
}

/// What a system says of a dossier that it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// It does not have the dossier.
    Absent,
    /// It has it, in this status where it says so.
    Present(Option<DossierStatus>),
    /// There is no such question: of this protocol, or of this dossier.
    NotAsked,
}

/// Why a system did not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// It did not answer, or turns everybody away: what it did is not known.
    Unavailable {
        /// What came instead of an answer, e.g. `timed-out`, `http-429`.
        code: String,
        /// How long it asks to be left alone.
        retry_after: Option<SignedDuration>,
    },
    /// It refuses what it was sent as a whole, with its code.
    Refused {
        /// The code that it gave.
        code: String,
    },
    /// It wants nothing any more, and says so.
    Gone {
        /// What it said, e.g. `http-410`.
        code: String,
    },
}

/// For each item of a call, in order: nothing where it was taken, else the other side's code.
pub type Receipts = Vec<Result<(), String>>;

/// The systems that must have dossiers of ours, each by its protocol.
pub trait CaseSystems: Sync {
    /// Whether the deployment has what it takes to reach `system`: an account, a queue, a host that
    /// may be called.
    fn has(&self, system: &System) -> bool;

    /// Asks whether `system` has the dossier of `case`, or what it was to be brought of it.
    fn look_up(
        &self,
        system: &System,
        case: Case<'_>,
    ) -> impl Future<Output = Result<Found, Trouble>> + Send;

    /// Sends `cases` as they are now: as known ones where `known`, else as new ones.
    fn put(
        &self,
        system: &System,
        known: bool,
        cases: &[Case<'_>],
    ) -> impl Future<Output = Result<Receipts, Trouble>> + Send;

    /// Sends entries of histories as steps of the work, in this order.
    fn progress(
        &self,
        system: &System,
        steps: &[(Case<'_>, &HistoryEntry)],
    ) -> impl Future<Output = Result<Receipts, Trouble>> + Send;
}

/// What other systems have acknowledged of dossiers, for who waits for it.
pub trait Acknowledgements: Sync {
    /// The last version of `code` that `system` has acknowledged; 0 where it has none.
    fn acknowledged(
        &self,
        code: &DossierCode,
        system: &SystemId,
    ) -> impl Future<Output = Result<u64, Failure>> + Send;
}
