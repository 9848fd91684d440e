//! The kinds of file that can be inspected.

/// A kind of file. Which of them a procedure accepts, and up to which size, is catalogue data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Portable Document Format (ISO 32000).
    Pdf,
    /// JPEG image (ITU-T T.81).
    Jpeg,
    /// PNG image (ISO 15948).
    Png,
    /// A word-processing document (ECMA-376).
    Docx,
    /// A spreadsheet document (ECMA-376).
    Xlsx,
}

impl Kind {
    /// All kinds that are accepted.
    pub const ALL: &[Self] = &[Self::Pdf, Self::Jpeg, Self::Png, Self::Docx, Self::Xlsx];

    /// The media type, as it is declared at upload and stored with the object.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    /// The kind that a media type names, in any case and without parameters; `None` for others.
    pub fn from_media_type(media_type: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.media_type().eq_ignore_ascii_case(media_type))
    }

    /// The bytes with which every file of this kind begins.
    pub(crate) fn magic(self) -> &'static [u8] {
        match self {
            Self::Pdf => b"%PDF-",
            Self::Jpeg => b"\xff\xd8\xff",
            Self::Png => b"\x89PNG\r\n\x1a\n",
            Self::Docx | Self::Xlsx => b"PK\x03\x04",
        }
    }
}

/// A kind that is accepted, and up to which size: one row of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    /// The kind of the file.
    pub kind: Kind,
    /// The most bytes that a file of this kind may have, inclusive.
    pub bytes_max: u64,
}
