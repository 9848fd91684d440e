//! What is known about addressees, and what messages to them have cost.

use domain::applicant::{IdNumber, Phone};
use domain::id::AgencyCode;
use domain::notice::NoticeChannel;
use domain::notice::policy::Reach;
use domain::thread::Charge;
use jiff::Timestamp;

use crate::Failure;

/// What is known about addressees, and counts of messages. Implementations store no number in the
/// clear.
pub trait Contacts: Sync {
    /// How the addressee with this number can be reached at `now`, with their preference if their
    /// identity number is known, and the messages sent to this number today and by the province
    /// this month.
    fn reach(
        &self,
        phone: &Phone,
        id_number: Option<&IdNumber>,
        now: Timestamp,
    ) -> impl Future<Output = Result<Reach, Failure>> + Send;

    /// Remembers until `until` that `channel` does not reach this number.
    fn remember_unreachable(
        &self,
        phone: &Phone,
        channel: NoticeChannel,
        until: Timestamp,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Counts `price_vnd` against the month of `now`, before a gateway is asked, and takes the next
    /// place of `agency` in the minute, from 1, where it is given. What the gateway does not charge
    /// is given back.
    fn reserve(
        &self,
        agency: Option<&AgencyCode>,
        price_vnd: u64,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<u32>, Failure>> + Send;

    /// Takes `vnd` back from the month of `now`.
    fn give_back(
        &self,
        vnd: u64,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Counts `charge` against the month and, where the number is still known, the number's day.
    fn count(
        &self,
        phone: Option<&Phone>,
        charge: Charge,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// What `agency` has spent in the month of `now` since the budget is divided, in đồng.
    fn agency_spent(
        &self,
        agency: &AgencyCode,
        now: Timestamp,
    ) -> impl Future<Output = Result<u64, Failure>> + Send;

    /// Counts `vnd` against what `agency` may have of the divided budget in the month of `now`.
    fn count_agency(
        &self,
        agency: &AgencyCode,
        vnd: u64,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}
