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

/// The text as a part of an address (RFC 3986): what is not unreserved stands as its bytes.
pub fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

/// The record as JSON; a defect of ours where it has none.
pub fn json(record: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(record).map_err(|error| Failure::Defect(error.to_string()))
}
