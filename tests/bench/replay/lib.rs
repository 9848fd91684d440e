//! A real province's year, played again through the doors: what `make replay` runs at any scale,
//! and a test at a small one.
//!
//! [`model`] reads what was published and what we assume beside it, [`plan`] makes dossiers of it
//! whose outcomes are exactly as many as published, [`play`] pushes every one of their events
//! through the integrators' door on the embedded tables and has each week counted, and [`told`]
//! asks the read side for the figures and lays them beside the published ones.
//!
//! Where a national portal is connected, [`portal`] brings it what happens; [`outage`] is a day on
//! which it does not answer.
//!
//! [`luck`] shuffles what can go wrong between the two, and [`hook`] is a subscriber beside them.
//!
//! [`tables`] and [`night`] are what every test and benchmark stands on: the embedded tables of the
//! template, and a whole night in one process.

pub mod declared;
pub mod edition;
pub mod hook;
pub mod luck;
pub mod model;
pub mod night;
pub mod outage;
pub mod plan;
pub mod play;
pub mod portal;
pub mod tables;
pub mod told;
