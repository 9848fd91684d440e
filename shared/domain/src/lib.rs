//! The rules of a provincial one-stop shop: what a dossier is, how it moves, when it is due, what
//! is counted.
//!
//! Nothing here waits, reads a clock, an environment or a network: every function takes what it
//! needs and returns a value, so that a lawyer can read a rule beside its test and a test runs in
//! microseconds.

pub mod agency;
pub mod announcement;
pub mod applicant;
pub mod calendar;
pub mod catalogue;
pub mod data_file;
pub mod dated;
pub mod deadline;
pub mod delivery;
pub mod document;
pub mod dossier;
pub mod eform;
pub mod feedback;
pub mod feedback_rule;
pub mod id;
pub mod identity;
pub mod impossible;
pub mod index;
pub mod inquiry;
pub mod intake;
pub mod key_numbers;
pub mod kpi;
pub mod language;
pub mod law;
pub mod leader;
pub mod limit;
pub mod notice;
pub mod outcome;
pub mod payment;
pub mod period;
pub mod phone;
pub mod post;
pub mod printed;
pub mod procedure;
pub mod provenance;
pub mod register;
pub mod reminder;
pub mod retention;
pub mod row;
pub mod rule_name;
pub mod satisfaction;
#[cfg(feature = "schema")]
pub mod schema;
pub mod search;
pub mod signature;
pub mod submission;
pub mod survey;
pub mod term;
pub mod text;
pub mod thread;
pub mod upload;
pub mod violation;

pub use rule_name::RuleName;
pub use violation::Violation;
