//! Counts of what is asked for, under names that say nothing of anybody.

use jiff::Timestamp;

use crate::Failure;

/// Where it is counted how often something was asked for. Every count goes by itself.
pub trait Counts: Sync {
    /// Adds `more` to the count `name`, and gives what it comes to. Forgotten after `end`.
    fn add(
        &self,
        name: &str,
        more: u32,
        end: Timestamp,
    ) -> impl Future<Output = Result<u64, Failure>> + Send;

    /// Counts `once` under `name`, unless that has `most` others: whether it is among them now. What
    /// is counted again is counted once. Forgotten after `end`.
    fn enter(
        &self,
        name: &str,
        once: &str,
        most: u32,
        end: Timestamp,
    ) -> impl Future<Output = Result<bool, Failure>> + Send;
}
