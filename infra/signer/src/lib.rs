//! Makes what the inspection judges: authorities, officers with certificates, and the PDFs that they
//! sign, well or badly. For tests and the demonstration; nothing of it is deployed.
#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "what tests and the demonstration make fails as they do"
)]

mod authority;
mod form;
mod paper;

pub use authority::{Authority, DATA, Holder, Making, Method, TIMESTAMP_INFO, oid, tlv};
pub use form::{Form, Ranging, add, cms_bytes, digits, formed, signed};
pub use paper::{HEADER, ONE_PAGE, Paper, one_page, packed_page, table_stream, zlib};
