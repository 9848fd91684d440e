//! What surrounds the platform on the local stack: stand-ins for those whom it asks.
//!
//! One file for each stand-in: [`issuer`] mints tokens; [`gateways`] has a file for each gateway.
//! Each answers as its vendor documents, on loopback alone.

pub mod arguments;
pub mod demo;
pub mod gateways;
pub mod http;
pub mod issuer;
pub mod writer;
