//! DOCX and XLSX: a ZIP container that every program reads alike, with nothing in it that runs.

use std::cmp::Ordering;

use crate::scan::{fixed, part, rfind, tail};
use crate::{Kind, Rule, inflate};

/// The most entries that are followed; a spreadsheet with many pictures has hundreds.
const ENTRIES_MAX: usize = 10_000;

/// What all entries may take together when they are unpacked, in bytes, by their own account.
const UNPACKED_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// The most that the list of content types may take, in bytes; a large one has tens of thousands.
const TYPES_BYTES_MAX: usize = 1024 * 1024;

/// Length of the record that ends a container (APPNOTE 4.3.16), without a comment.
const END_BYTES: usize = 22;

/// How far from its end a ZIP reader looks for that record: its length and the longest comment.
pub(crate) const END_WITHIN_BYTES: usize = END_BYTES + 0xffff;

/// That record's signature and the number of the only disk, as every container of one file has it.
pub(crate) const END_MAGIC: &[u8] = b"PK\x05\x06\0\0\0\0";

/// Parts that run or that start something else. Names as the programs write them, in lower case.
const ACTIVE: [&str; 5] =
    ["vbaproject.bin", "vbadata.xml", "/activex/", "/embeddings/oleobject", "/macrosheets/"];

struct Entry<'a> {
    name: &'a [u8],
    method: u16,
    packed: usize,
    /// Where its local header begins.
    at: usize,
    /// Where its data begin.
    data: usize,
}

/// Opens the container: one list, entries without gaps from the first byte on, nothing encrypted,
/// nothing active, and the main part that the kind asks for.
pub(crate) fn open(bytes: &[u8], kind: Kind) -> Result<(), Rule> {
    let end = rfind(tail(bytes, END_WITHIN_BYTES), END_MAGIC).ok_or(Rule::Truncated)?;
    let end = bytes.len() - tail(bytes, END_WITHIN_BYTES).len() + end;
    match bytes.len().cmp(&(end + END_BYTES)) {
        Ordering::Less => return Err(Rule::Truncated),
        // A comment is no part of a document, and where it is allowed, anything can be one.
        Ordering::Greater => return Err(Rule::AppendedBytes),
        Ordering::Equal => {}
    }
    let entries = entries(bytes, end).ok_or(Rule::OfficeUnreadable)??;
    for entry in &entries {
        let name = entry.name.to_ascii_lowercase();
        let name = String::from_utf8(name).map_err(|_| Rule::OfficeUnreadable)?;
        if ACTIVE.iter().any(|part| name.contains(part)) {
            return Err(Rule::OfficeActiveContent);
        }
    }
    let types = entries.iter().find(|entry| entry.name == b"[Content_Types].xml");
    let types = content(bytes, types.ok_or(Rule::WrongType)?)?;
    if rfind(&types, b"macroEnabled").is_some() {
        return Err(Rule::OfficeActiveContent);
    }
    let main: &[u8] = match kind {
        Kind::Docx => b"wordprocessingml.document.main+xml",
        Kind::Xlsx => b"spreadsheetml.sheet.main+xml",
        Kind::Pdf | Kind::Jpeg | Kind::Png => return Err(Rule::WrongType),
    };
    rfind(&types, main).map(|_| ()).ok_or(Rule::WrongType)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    fixed(bytes, at).map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(fixed(bytes, at)?)).ok()
}

/// The entries of the list before `end`. `None` where it is not one that every program reads alike.
fn entries(bytes: &[u8], end: usize) -> Option<Result<Vec<Entry<'_>>, Rule>> {
    let count = usize::from(u16_at(bytes, end + 10)?);
    let list = u32_at(bytes, end + 16)?;
    if count > ENTRIES_MAX {
        return Some(Err(Rule::TooComplex));
    }
    let whole = u16_at(bytes, end + 8)? == u16_at(bytes, end + 10)?
        && list.checked_add(u32_at(bytes, end + 12)?)? == end;
    if !whole || count == 0 {
        return None;
    }
    let mut found = Vec::with_capacity(count);
    let (mut at, mut unpacked) = (list, 0_u64);
    for _ in 0..count {
        let fixed_part = part(bytes, at, 46)?;
        let flags = u16_at(fixed_part, 8)?;
        // Encrypted entries, and encrypted or patched lists.
        if !fixed_part.starts_with(b"PK\x01\x02") || flags & 0x2061 != 0 {
            return None;
        }
        let length = |at| u16_at(fixed_part, at).map(usize::from);
        let name = part(bytes, at + 46, length(28)?)?;
        unpacked += u64::try_from(u32_at(fixed_part, 24)?).ok()?;
        let header = u32_at(fixed_part, 42)?;
        let local = part(bytes, header, 30)?;
        let method = u16_at(fixed_part, 10)?;
        let same = local.starts_with(b"PK\x03\x04")
            && part(bytes, header + 30, usize::from(u16_at(local, 26)?))? == name
            && u16_at(local, 8)? == method;
        if !same || !matches!(method, 0 | 8) {
            return None;
        }
        let data = header + 30 + name.len() + usize::from(u16_at(local, 28)?);
        found.push(Entry { name, method, packed: u32_at(fixed_part, 20)?, at: header, data });
        at += 46 + name.len() + length(30)? + length(32)?;
    }
    if unpacked > UNPACKED_BYTES_MAX {
        return Some(Err(Rule::TooComplex));
    }
    (at == end && without_gaps(&mut found, list)).then_some(Ok(found))
}

/// Whether the entries fill the container from its first byte to the list, none over another.
/// A description of 12 or 16 bytes may follow an entry's data (APPNOTE 4.3.9), 20 or 24 in a
/// container that was written as if it were large.
fn without_gaps(entries: &mut [Entry<'_>], list: usize) -> bool {
    entries.sort_by_key(|entry| entry.at);
    let mut names: Vec<&[u8]> = entries.iter().map(|entry| entry.name).collect();
    names.sort_unstable();
    let ends = entries.iter().skip(1).map(|next| next.at).chain([list]);
    let fills = entries.iter().zip(ends).all(|(entry, end)| {
        let gap = entry.data.checked_add(entry.packed).and_then(|data| end.checked_sub(data));
        matches!(gap, Some(0 | 12 | 16 | 20 | 24))
    });
    fills
        && entries.first().is_some_and(|first| first.at == 0)
        && names.windows(2).all(|pair| pair.first() != pair.last())
}

fn content(bytes: &[u8], entry: &Entry<'_>) -> Result<Vec<u8>, Rule> {
    let packed = part(bytes, entry.data, entry.packed).ok_or(Rule::OfficeUnreadable)?;
    match entry.method {
        0 if packed.len() <= TYPES_BYTES_MAX => Ok(packed.to_vec()),
        8 => inflate::raw(packed, TYPES_BYTES_MAX).map_err(|rule| rule.or(Rule::OfficeUnreadable)),
        _ => Err(Rule::TooComplex),
    }
}
