//! An uploaded document against what was declared of it and what is accepted.

use ring::digest::{SHA256, digest};

use crate::pdf::Pdf;
use crate::scan::{contains_in_any_case, find, head, rfind, tail};
use crate::{Accepted, Kind, Rule, image, office};

/// How far from the first byte readers of PDFs look for a header, in bytes (ISO 32000-1 annex H).
const PDF_WITHIN_BYTES: usize = 1024;

/// How much of a file browsers sniff, in bytes (WHATWG MIME Sniffing §5.2, "resource header").
const SNIFFED_BYTES: usize = 1445;

/// Beginnings of what a browser or a server would run. None of them belongs there in a document.
const SCRIPTS: [&[u8]; 6] =
    [b"<!doctype html", b"<html", b"<script", b"<iframe", b"<svg", b"<?php"];

/// What was declared of a document when its upload was asked for.
#[derive(Debug, Clone, Copy)]
pub struct Declared<'a> {
    /// Its media type, e.g. `application/pdf`.
    pub media_type: &'a str,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its SHA-256, 64 lower-case hexadecimal digits.
    pub sha256: &'a str,
}

/// A document in which nothing was found wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected {
    /// The kind of the document.
    pub kind: Kind,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its SHA-256, 64 lower-case hexadecimal digits.
    pub sha256: String,
}

/// Inspects a document: its type, length and hash against what was `declared` and is `accepted`,
/// that it is of that type and of no other, and that it opens.
///
/// The most that it takes in memory besides `content` is about 100 MB, whatever `content` is.
///
/// # Errors
/// The first rule that is broken, in the order in which [`Rule`] lists them by and large: cheap
/// ones first. Rules about signatures do not come from here.
pub fn inspect(
    content: &[u8],
    declared: &Declared<'_>,
    accepted: &[Accepted],
) -> Result<Inspected, Rule> {
    let kind = Kind::from_media_type(declared.media_type);
    let row = accepted.iter().find(|row| Some(row.kind) == kind).ok_or(Rule::TypeNotAccepted)?;
    let bytes = u64::try_from(content.len()).map_err(|_| Rule::TooLarge)?;
    if bytes == 0 {
        return Err(Rule::EmptyDocument);
    }
    if bytes > row.bytes_max {
        return Err(Rule::TooLarge);
    }
    if bytes != declared.bytes {
        return Err(Rule::LengthDiffers);
    }
    let sha256 = sha256(content);
    if sha256 != declared.sha256 {
        return Err(Rule::HashDiffers);
    }
    is_of_one_type(content, row.kind)?;
    match row.kind {
        Kind::Pdf => Pdf::open(content).map(|_| ())?,
        Kind::Jpeg => image::jpeg(content)?,
        Kind::Png => image::png(content)?,
        Kind::Docx | Kind::Xlsx => office::open(content, row.kind)?,
    }
    Ok(Inspected { kind: row.kind, bytes, sha256 })
}

/// The SHA-256 of `content` as 64 lower-case hexadecimal digits.
pub fn sha256(content: &[u8]) -> String {
    hexadecimal(digest(&SHA256, content).as_ref())
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The kind that `content` is by what it begins with and, of office documents, by what is in it;
/// none where it is of no kind that is accepted. Whether it is sound is for [`inspect`] to say.
pub fn kind_of(content: &[u8]) -> Option<Kind> {
    let begins = |kind: &&Kind| content.starts_with(kind.magic());
    Kind::ALL.iter().filter(begins).copied().find(|kind| match kind {
        Kind::Pdf | Kind::Jpeg | Kind::Png => true,
        Kind::Docx | Kind::Xlsx => office::open(content, *kind).is_ok(),
    })
}

/// Whether a file begins as its kind does, and no reader of another kind would open it.
fn is_of_one_type(content: &[u8], kind: Kind) -> Result<(), Rule> {
    let pdf = find(head(content, PDF_WITHIN_BYTES), Kind::Pdf.magic());
    if !content.starts_with(kind.magic()) {
        // A header behind something else opens as a PDF, and as what is in front of it.
        let hidden = kind == Kind::Pdf && pdf.is_some();
        return Err(if hidden { Rule::Polyglot } else { Rule::WrongType });
    }
    let container = rfind(tail(content, office::END_WITHIN_BYTES), office::END_MAGIC);
    let (pdf_as_well, container_as_well) = match kind {
        Kind::Pdf => (false, container.is_some()),
        Kind::Jpeg | Kind::Png => (pdf.is_some(), container.is_some()),
        Kind::Docx | Kind::Xlsx => (pdf.is_some(), false),
    };
    let sniffed = head(content, SNIFFED_BYTES);
    let script = SCRIPTS.iter().any(|script| contains_in_any_case(sniffed, script));
    if pdf_as_well || container_as_well || script { Err(Rule::Polyglot) } else { Ok(()) }
}
