//! Where a PDF's objects are: its cross-reference sections, newest first (ISO 32000-1 §7.5).

use std::collections::{HashMap, HashSet};

use super::object::{Dict, Object, Stream};
use super::{Pdf, filter};
use crate::Rule;
use crate::scan::{rfind, tail};

/// Objects of a document that is accepted; a scanned file of 1,000 pages has about 5,000.
const ENTRIES_MAX: usize = 500_000;

/// Sections of a document that is accepted: each time it is saved, most programs add one.
const SECTIONS_MAX: usize = 256;

/// How far from the end readers look for `startxref`, in bytes.
const START_WITHIN_BYTES: usize = 1024;

/// Where an object is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Entry {
    /// Nowhere: its number is free.
    Free,
    /// In the file, from this byte on.
    At(usize),
    /// In the packed stream of this number, at this place of its list.
    Packed(u32, usize),
}

/// All sections of a file.
#[derive(Default)]
pub(super) struct Table {
    pub(super) entries: HashMap<u32, Entry>,
    /// The newest section's dictionary.
    pub(super) trailer: Dict,
    /// Whether any section names an encryption.
    pub(super) encrypted: bool,
}

impl Table {
    /// Reads every section of `file`, whose last bytes are `%%EOF` and blanks.
    pub(super) fn read(pdf: &Pdf<'_>) -> Result<Self, Rule> {
        let last = tail(pdf.bytes, START_WITHIN_BYTES);
        let start = rfind(last, b"startxref").ok_or(Rule::Truncated)?;
        let start = pdf.bytes.len() - last.len() + start + b"startxref".len();
        let mut next = pdf.lexer(start).number();
        if next.is_none() {
            return Err(Rule::PdfUnreadable);
        }
        let (mut table, mut seen) = (Self::default(), HashSet::new());
        while let Some(at) = next {
            if seen.len() >= SECTIONS_MAX {
                return Err(Rule::TooComplex);
            }
            if at >= pdf.bytes.len() || !seen.insert(at) {
                return Err(Rule::PdfUnreadable);
            }
            let section = table.section(pdf, at)?;
            // A table for readers that know streams, and hidden from those that do not.
            if let Some(hybrid) = section.get(b"XRefStm").size() {
                table.stream(pdf, hybrid)?;
            }
            table.encrypted |= *section.get(b"Encrypt") != Object::Null;
            let previous = section.get(b"Prev").present();
            next = previous.map(|at| at.size().ok_or(Rule::PdfUnreadable)).transpose()?;
            if seen.len() == 1 {
                table.trailer = section;
            }
        }
        Ok(table)
    }

    fn section(&mut self, pdf: &Pdf<'_>, at: usize) -> Result<Dict, Rule> {
        let mut lexer = pdf.lexer(at);
        if !lexer.word(b"xref") {
            return self.stream(pdf, at);
        }
        while !lexer.word(b"trailer") {
            let first = lexer.number().ok_or(Rule::PdfUnreadable)?;
            let count = lexer.number().ok_or(Rule::PdfUnreadable)?;
            for number in first..first.saturating_add(count) {
                let offset = lexer.number().ok_or(Rule::PdfUnreadable)?;
                lexer.number().ok_or(Rule::PdfUnreadable)?;
                let entry = if lexer.word(b"n") {
                    Entry::At(offset)
                } else if lexer.word(b"f") {
                    Entry::Free
                } else {
                    return Err(Rule::PdfUnreadable);
                };
                self.add(number, entry)?;
            }
        }
        let trailer = lexer.object()?.dict().ok_or(Rule::PdfUnreadable)?;
        pdf.budget.read(lexer.at() - at)?;
        Ok(trailer)
    }

    /// A section in the form of a stream (§7.5.8).
    fn stream(&mut self, pdf: &Pdf<'_>, at: usize) -> Result<Dict, Rule> {
        let (_, Stream { dict, packed }) = pdf.stream_at(at)?;
        if !dict.get(b"Type").is_name(b"XRef") {
            return Err(Rule::PdfUnreadable);
        }
        let data = filter::unpacked(&dict, packed, &pdf.budget)?;
        let widths = dict.get(b"W").array().unwrap_or_default();
        let widths: Option<Vec<usize>> =
            widths.iter().map(|width| width.size().filter(|width| *width <= 8)).collect();
        let Some(&[kind, second, third]) = widths.as_deref() else {
            return Err(Rule::PdfUnreadable);
        };
        let size = dict.get(b"Size").size().ok_or(Rule::PdfUnreadable)?;
        let whole = [Object::Int(0), Object::Int(i64::try_from(size).unwrap_or(i64::MAX))];
        let index = dict.get(b"Index").array().unwrap_or(&whole);
        let row = kind + second + third;
        if row == 0 {
            return Err(Rule::PdfUnreadable);
        }
        let mut rows = data.chunks_exact(row);
        for range in index.chunks(2) {
            let bounds =
                (range.first().and_then(Object::size), range.get(1).and_then(Object::size));
            let (Some(first), Some(count)) = bounds else { return Err(Rule::PdfUnreadable) };
            for number in first..first.saturating_add(count) {
                let row = rows.next().ok_or(Rule::PdfUnreadable)?;
                let (kinds, rest) = row.split_at(kind);
                let (second, third) = rest.split_at(second);
                let (second, third) = (value(second)?, value(third)?);
                // Without a width for it, every entry is one in the file.
                let entry = match if kind == 0 { 1 } else { value(kinds)? } {
                    1 => Entry::At(second),
                    2 => Entry::Packed(
                        u32::try_from(second).map_err(|_| Rule::PdfUnreadable)?,
                        third,
                    ),
                    // Free, and kinds that are not known, which read as absent (table 18).
                    _ => Entry::Free,
                };
                self.add(number, entry)?;
            }
        }
        Ok(dict)
    }

    /// Adds an entry where no newer section has one.
    fn add(&mut self, number: usize, entry: Entry) -> Result<(), Rule> {
        if self.entries.len() >= ENTRIES_MAX {
            return Err(Rule::TooComplex);
        }
        let number = u32::try_from(number).map_err(|_| Rule::PdfUnreadable)?;
        self.entries.entry(number).or_insert(entry);
        Ok(())
    }
}

fn value(bytes: &[u8]) -> Result<usize, Rule> {
    let value = bytes.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    usize::try_from(value).map_err(|_| Rule::PdfUnreadable)
}
