//! The integrators' queue: events of line-of-business systems, under the same rules as the HTTP
//! API.
//!
//! An event is taken under the source that its sender proves ([`Desk`]), and is recorded: read,
//! waiting, applied or refused. It carries the time at which it happened. One that can never be
//! valid is parked at once with its reason. One whose dossier does not exist yet waits for hours,
//! since an earlier event may still arrive. One that can be decided is held back for some minutes,
//! so that events sent with it can come first (`domain::dossier::Holds`).

mod apply;
mod desk;
mod feedback;
mod nowhere;
mod settings;
mod transfer;

pub use apply::{ingest, take};
pub use desk::Desk;
pub use nowhere::judge;
pub use settings::Settings;

/// One record at a time: a sender's events about one dossier are mostly adjacent and in order.
pub const WIDTH: usize = 1;
