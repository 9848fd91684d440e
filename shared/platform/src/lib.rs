//! Everything that touches the world: stores, queues, gateways, HTTP, configuration, telemetry.
//!
//! The functions decide nothing here either: they take a request, let [`domain`] decide, and act
//! through the ports of this crate. `aws_*` stays inside [`cloud`], [`dynamo`], [`objects`],
//! [`secret_store`] and [`sqs`], the environment inside [`config`] and [`telemetry`].

pub mod account;
pub mod adapter;
pub mod batch;
pub mod browser;
pub mod catalogue;
mod catalogue_error;
pub mod claims;
pub mod clock;
pub mod config;
pub mod document_copy;
pub mod edition;
pub mod entry;
pub mod failure;
pub mod fingerprint;
pub mod form;
mod header;
pub mod http;
pub mod inbound;
pub mod keyed_hash;
pub mod line_standing;
pub mod log_line;
pub mod message;
pub mod notice_list;
pub mod parameters;
pub mod payload;
pub mod port;
pub mod problem;
mod problem_page;
pub mod proof;
pub mod record;
pub mod request;
pub mod seal;
pub mod service;
pub mod telemetry;
pub mod transfer_standing;
pub mod webhook;
pub mod wire;

pub use adapter::{
    cloud, document_hosts, dynamo, gateway, national, objects, payment_platform, secret_store, sqs,
    trust,
};
pub use failure::Failure;
pub use log_line::LogLine;
pub use service::{
    assignment, claiming, filing, gate, gather, live_catalogue, live_token, paying, recorded,
    removal, submission, transition,
};
