//! Unpacking with a bound.

use miniz_oxide::inflate::{
    DecompressError, TINFLStatus, decompress_to_vec_with_limit, decompress_to_vec_zlib_with_limit,
};

use crate::Rule;

/// Why something could not be unpacked.
pub(crate) enum Unpacking {
    /// It would be larger than the bound.
    TooLarge,
    /// It is not what was packed.
    Broken,
}

impl Unpacking {
    /// The rule for it, where `broken` is what a broken stream means to the caller.
    pub(crate) fn or(self, broken: Rule) -> Rule {
        match self {
            Self::TooLarge => Rule::TooComplex,
            Self::Broken => broken,
        }
    }
}

impl From<DecompressError> for Unpacking {
    fn from(error: DecompressError) -> Self {
        if error.status == TINFLStatus::HasMoreOutput { Self::TooLarge } else { Self::Broken }
    }
}

/// Unpacks a DEFLATE stream (RFC 1951) to at most `bytes_max` bytes.
pub(crate) fn raw(packed: &[u8], bytes_max: usize) -> Result<Vec<u8>, Unpacking> {
    Ok(decompress_to_vec_with_limit(packed, bytes_max)?)
}

/// Unpacks a zlib stream (RFC 1950) to at most `bytes_max` bytes.
pub(crate) fn zlib(packed: &[u8], bytes_max: usize) -> Result<Vec<u8>, Unpacking> {
    Ok(decompress_to_vec_zlib_with_limit(packed, bytes_max)?)
}
