//! Everything that touches the world: stores, queues, gateways, HTTP, configuration, telemetry.
//!
//! The functions decide nothing here either: they take a request, let [`domain`] decide, and act
//! through the ports of this crate. `aws_sdk_*` stays inside [`dynamo`] and [`sqs`], the
//! environment inside [`config`] and [`telemetry`].

pub mod account;
pub mod batch;
pub mod catalogue;
pub mod claims;
pub mod clock;
pub mod config;
pub mod dynamo;
pub mod edition;
pub mod entry;
pub mod failure;
pub mod fingerprint;
pub mod form;
pub mod gateway;
pub mod gather;
pub mod http;
pub mod message;
pub mod parameters;
pub mod payload;
pub mod port;
pub mod problem;
pub mod record;
pub mod request;
pub mod sqs;
pub mod submission;
pub mod telemetry;
pub mod transition;
pub mod wire;

pub use failure::Failure;
