//! What leaves as text: bytes in hexadecimal, records as JSON.

use std::fmt::Write;

use serde::Serialize;

use crate::Failure;

/// The bytes in lower-case hexadecimal, two digits each.
pub fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The record as JSON; a defect of ours where it has none.
pub fn json(record: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(record).map_err(|error| Failure::Defect(error.to_string()))
}
