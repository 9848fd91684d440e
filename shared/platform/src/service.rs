//! Application services: what several functions do with ports and the domain's rules. They know no
//! adapter but the tables of figures, which [`gather`] reads, and of dossiers, which [`recorded`]
//! does.

pub mod assignment;
pub mod claiming;
pub mod filing;
pub mod gate;
pub mod gather;
pub mod live_catalogue;
pub mod live_token;
pub mod paying;
pub mod recorded;
pub mod removal;
pub mod submission;
pub mod transition;
