//! What paying through the payment platform needs of the world.

use domain::catalogue::Catalogue;
use domain::dossier::Dossier;
use domain::id::DossierCode;
use domain::payment::Demand;
use domain::payment::online::{Heard, OnlinePayment};
use jiff::{SignedDuration, Timestamp};

use super::{Stored, Trouble};
use crate::Failure;

/// A payment whose time to be asked after has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuePayment {
    /// The dossier that it is for.
    pub code: DossierCode,
    /// The version of the dossier with which it was asked for, from 1.
    pub demand: u64,
    /// When it is to be asked after, in milliseconds since 1970.
    pub ask_at: i64,
}

/// Payments through the platform, one for each demand that somebody tried to pay so.
pub trait PaymentBook: Sync {
    /// The payment of the demand that `code` made with version `demand`, as of the last completed
    /// write; none before anybody tried.
    fn payment(
        &self,
        code: &DossierCode,
        demand: u64,
    ) -> impl Future<Output = Result<Option<OnlinePayment>, Failure>> + Send;

    /// Which dossier's demand the attempt with this reference is for; none where it is none of ours.
    fn named(
        &self,
        reference: &str,
    ) -> impl Future<Output = Result<Option<(DossierCode, u64)>, Failure>> + Send;

    /// Stores `payment` if the stored version is `before`, 0 where there is none; with the name of
    /// an attempt that begins, all or nothing.
    fn keep(
        &self,
        payment: &OnlinePayment,
        before: u64,
        begins: Option<&str>,
    ) -> impl Future<Output = Result<Stored, Failure>> + Send;

    /// Stores `payment` as above, and `dossier` if its stored version is the one before it: both or
    /// neither.
    fn settle(
        &self,
        payment: &OnlinePayment,
        before: u64,
        dossier: &Dossier,
    ) -> impl Future<Output = Result<Stored, Failure>> + Send;

    /// Those to be asked after by `now`, at most `limit`, the longest waiting first.
    fn due(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<DuePayment>, Failure>> + Send;

    /// Postpones the asking by `length`, unless the payment has changed since it was read. Returns
    /// whether the caller has to ask.
    fn postpone(
        &self,
        due: &DuePayment,
        now: Timestamp,
        length: SignedDuration,
    ) -> impl Future<Output = Result<bool, Failure>> + Send;
}

/// What the platform is asked to take.
#[derive(Debug, Clone, Copy)]
pub struct PaymentOrder<'a> {
    /// The name of the attempt.
    pub reference: &'a str,
    /// The dossier that pays.
    pub dossier: &'a Dossier,
    /// What is owed, item by item.
    pub demand: &'a Demand,
    /// What its codes mean.
    pub catalogue: &'a Catalogue,
    /// When it is asked.
    pub now: Timestamp,
}

/// The payment platform, as far as we ask it.
pub trait PaymentGateway: Sync {
    /// Whether the deployment has an account with the platform.
    fn is_offered(&self) -> bool;

    /// Begins an attempt; the address at which the payer goes on.
    fn start(
        &self,
        order: PaymentOrder<'_>,
    ) -> impl Future<Output = Result<String, Trouble>> + Send;

    /// Asks what became of the attempt with this reference.
    fn query(
        &self,
        reference: &str,
        now: Timestamp,
    ) -> impl Future<Output = Result<Heard, Trouble>> + Send;

    /// Whether the deployment may ask for money to be given back.
    fn refunds(&self) -> bool;

    /// Asks for `amount_vnd` đồng of the attempt with this reference to be given back. The same
    /// request again is the same refund.
    fn refund(
        &self,
        reference: &str,
        amount_vnd: u64,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Trouble>> + Send;

    /// The attempt that the return of a payer names, where the platform signed it.
    fn signed<'a>(&self, data: &'a str, code: &str, signature: &str) -> Option<&'a str>;
}
