//! What surrounds the platform on the local stack: stand-ins for those whom it asks, and a
//! demonstration of those who ask it.
//!
//! One file for each stand-in: [`issuer`] mints tokens; [`gateways`] has a file for each gateway;
//! [`portal`] is the national portal's adapter, [`payment_platform`] the payment platform, [`post`]
//! the public post. Each answers as its vendor documents, on loopback alone. [`demo`] plays the day of
//! a province that [`writer`] has written.

pub mod arguments;
pub mod demo;
mod faults;
pub mod gateways;
pub mod http;
pub mod issuer;
pub mod payment_platform;
pub mod portal;
pub mod post;
pub mod settings;
pub mod writer;

/// `bytes` in hexadecimal digits, as headers and names write them.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
