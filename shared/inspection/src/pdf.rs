//! A PDF's structure: enough of it to say that it opens, and where its signatures are.
//!
//! Written for bytes that nobody vouches for. Nothing is repaired, nothing is drawn, only what is
//! asked for is read, and objects, nesting and unpacked bytes have bounds.

mod filter;
mod lexer;
mod object;
mod table;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

pub(crate) use lexer::hex_pair;
use lexer::{Lexer, is_blank};
use object::{Budget, Stream};
pub(crate) use object::{Dict, Object};
use table::{Entry, Table};

use crate::Rule;
use crate::scan::{part, rfind, tail};

/// How deep the trees of pages and of fields may be.
const TREE_DEPTH_MAX: usize = 32;

/// The most fields of a form that are looked at.
const FIELDS_MAX: usize = 10_000;

/// References that may follow each other before the object comes.
const HOPS_MAX: usize = 8;

/// A PDF that opens, with its objects.
pub(crate) struct Pdf<'a> {
    bytes: &'a [u8],
    budget: Budget,
    table: Table,
    unpacked: RefCell<HashMap<u32, Rc<Packed>>>,
}

/// A stream of objects, unpacked.
struct Packed {
    data: Vec<u8>,
    count: usize,
    first: usize,
}

impl<'a> Pdf<'a> {
    /// Opens a PDF: header at the first byte, end at the last, tables that can be read, no
    /// encryption, a page.
    ///
    /// # Errors
    /// [`Rule::Truncated`], [`Rule::AppendedBytes`], [`Rule::PdfUnreadable`],
    /// [`Rule::PdfEncrypted`], [`Rule::PdfWithoutPages`], [`Rule::TooComplex`].
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, Rule> {
        let version = part(bytes, 5, 3).ok_or(Rule::Truncated)?;
        if !bytes.starts_with(b"%PDF-") || !matches!(version, [b'1' | b'2', b'.', b'0'..=b'9']) {
            return Err(Rule::PdfUnreadable);
        }
        let blanks = bytes.iter().rev().take_while(|byte| is_blank(**byte)).count();
        let body = bytes.get(..bytes.len() - blanks).unwrap_or_default();
        if !body.ends_with(b"%%EOF") {
            // As far as any reader looks for an end.
            let end = rfind(tail(body, 0x1_0000), b"%%EOF");
            return Err(end.map_or(Rule::Truncated, |_| Rule::AppendedBytes));
        }
        let mut pdf = Self {
            bytes: body,
            budget: Budget::new(),
            table: Table::default(),
            unpacked: RefCell::default(),
        };
        pdf.table = Table::read(&pdf)?;
        if pdf.table.encrypted {
            return Err(Rule::PdfEncrypted);
        }
        pdf.has_a_page()?;
        Ok(pdf)
    }

    fn lexer(&self, at: usize) -> Lexer<'_> {
        Lexer::of_file(self.bytes, at, &self.budget)
    }

    /// What `object` is, or refers to; [`Object::Null`] where it refers to nothing.
    pub(crate) fn resolved(&self, object: &Object) -> Result<Object, Rule> {
        let mut object = object.clone();
        for _ in 0..HOPS_MAX {
            let Object::Ref(number) = object else { return Ok(object) };
            object = match self.table.entries.get(&number) {
                None | Some(Entry::Free) => Object::Null,
                Some(Entry::At(at)) => self.object_at(*at, number)?.0,
                Some(Entry::Packed(stream, index)) => self.packed(*stream, *index, number)?,
            };
        }
        Err(Rule::PdfUnreadable)
    }

    /// The dictionary that `object` is, or refers to.
    fn dict(&self, object: &Object) -> Result<Dict, Rule> {
        self.resolved(object)?.dict().ok_or(Rule::PdfUnreadable)
    }

    /// The object that begins at `at` and has this number, and the lexer behind it.
    fn object_at(&self, at: usize, number: u32) -> Result<(Object, Lexer<'_>), Rule> {
        let (own, object, lexer) = self.any_object_at(at)?;
        if own == number { Ok((object, lexer)) } else { Err(Rule::PdfUnreadable) }
    }

    fn any_object_at(&self, at: usize) -> Result<(u32, Object, Lexer<'_>), Rule> {
        let mut lexer = self.lexer(at);
        let number = lexer.number().and_then(|number| u32::try_from(number).ok());
        let number = number.ok_or(Rule::PdfUnreadable)?;
        if lexer.number().is_none() || !lexer.word(b"obj") {
            return Err(Rule::PdfUnreadable);
        }
        let object = lexer.object()?;
        self.budget.read(lexer.at() - at)?;
        Ok((number, object, lexer))
    }

    /// The stream that begins at `at`, with its number. Its length is a number or refers to one
    /// that is in no stream itself.
    fn stream_at(&self, at: usize) -> Result<(u32, Stream<'_>), Rule> {
        let (number, object, mut lexer) = self.any_object_at(at)?;
        let dict = object.dict().ok_or(Rule::PdfUnreadable)?;
        if !lexer.word(b"stream") || !lexer.line_end() {
            return Err(Rule::PdfUnreadable);
        }
        let mut length = dict.get(b"Length").clone();
        if let Object::Ref(number) = length {
            let Some(Entry::At(at)) = self.table.entries.get(&number) else {
                return Err(Rule::PdfUnreadable);
            };
            length = self.object_at(*at, number)?.0;
        }
        let length = length.size().ok_or(Rule::PdfUnreadable)?;
        let packed = part(self.bytes, lexer.at(), length).ok_or(Rule::PdfUnreadable)?;
        Ok((number, Stream { dict, packed }))
    }

    /// The `index`th object of a stream of objects (§7.5.7).
    fn packed(&self, stream: u32, index: usize, number: u32) -> Result<Object, Rule> {
        let packed = self.packed_stream(stream)?;
        if index >= packed.count {
            return Err(Rule::PdfUnreadable);
        }
        let mut numbers = Lexer::of_stream(&packed.data, 0, &self.budget);
        for _ in 0..index {
            self.budget.object()?;
            numbers.number().and(numbers.number()).ok_or(Rule::PdfUnreadable)?;
        }
        let own = numbers.number().ok_or(Rule::PdfUnreadable)?;
        let offset = numbers.number().ok_or(Rule::PdfUnreadable)?;
        self.budget.read(numbers.at())?;
        if u32::try_from(own) != Ok(number) {
            return Err(Rule::PdfUnreadable);
        }
        let at = packed.first.checked_add(offset).ok_or(Rule::PdfUnreadable)?;
        let mut lexer = Lexer::of_stream(&packed.data, at, &self.budget);
        let object = lexer.object()?;
        self.budget.read(lexer.at() - at)?;
        Ok(object)
    }

    fn packed_stream(&self, stream: u32) -> Result<Rc<Packed>, Rule> {
        if let Some(known) = self.unpacked.borrow().get(&stream) {
            return Ok(Rc::clone(known));
        }
        let Some(Entry::At(at)) = self.table.entries.get(&stream) else {
            return Err(Rule::PdfUnreadable);
        };
        let (number, Stream { dict, packed }) = self.stream_at(*at)?;
        if number != stream || !dict.get(b"Type").is_name(b"ObjStm") {
            return Err(Rule::PdfUnreadable);
        }
        let data = filter::unpacked(&dict, packed, &self.budget)?;
        let count = dict.get(b"N").size().ok_or(Rule::PdfUnreadable)?;
        let first = dict.get(b"First").size().ok_or(Rule::PdfUnreadable)?;
        let unpacked = Rc::new(Packed { data, count, first });
        self.unpacked.borrow_mut().insert(stream, Rc::clone(&unpacked));
        Ok(unpacked)
    }

    fn catalogue(&self) -> Result<Dict, Rule> {
        self.dict(self.table.trailer.get(b"Root"))
    }

    /// Walks down to the first page.
    fn has_a_page(&self) -> Result<(), Rule> {
        let mut node = self.dict(self.catalogue()?.get(b"Pages"))?;
        for _ in 0..TREE_DEPTH_MAX {
            if node.get(b"Type").is_name(b"Page") {
                return Ok(());
            }
            let kids = self.resolved(node.get(b"Kids"))?;
            let mut first = Object::Null;
            // Empty branches are allowed before the first page, and nobody writes them deep.
            for kid in kids.array().ok_or(Rule::PdfUnreadable)? {
                let kid = self.dict(kid)?;
                let leaf = kid.get(b"Type").is_name(b"Page");
                if leaf || self.resolved(kid.get(b"Count"))?.int().is_some_and(|count| count > 0) {
                    first = Object::Dict(kid);
                    break;
                }
            }
            node = first.dict().ok_or(Rule::PdfWithoutPages)?;
        }
        Err(Rule::TooComplex)
    }

    /// The dictionaries of the signatures in the document's form, each once.
    pub(crate) fn signatures(&self) -> Result<Vec<Dict>, Rule> {
        let Object::Dict(form) = self.resolved(self.catalogue()?.get(b"AcroForm"))? else {
            return Ok(Vec::new());
        };
        let (mut found, mut looked_at) = (Vec::new(), 0);
        let (mut fields_seen, mut values_seen) = (HashSet::new(), HashSet::new());
        let fields = self.resolved(form.get(b"Fields"))?;
        let mut open: Vec<(Object, bool, usize)> = Vec::new();
        let mut add = |fields: &Object, signature: bool, depth: usize, open: &mut Vec<_>| {
            let fields = fields.array().unwrap_or_default();
            looked_at += fields.len();
            if looked_at > FIELDS_MAX || depth > TREE_DEPTH_MAX {
                return Err(Rule::TooComplex);
            }
            open.extend(fields.iter().map(|field| (field.clone(), signature, depth)));
            Ok(())
        };
        add(&fields, false, 0, &mut open)?;
        while let Some((field, inherited, depth)) = open.pop() {
            if matches!(field, Object::Ref(number) if !fields_seen.insert(number)) {
                continue;
            }
            let Object::Dict(field) = self.resolved(&field)? else { continue };
            let own = self.resolved(field.get(b"FT"))?;
            let signature = own.is_name(b"Sig") || (own == Object::Null && inherited);
            let value = field.get(b"V");
            let again = matches!(value, Object::Ref(number) if !values_seen.insert(*number));
            if signature
                && !again
                && let Object::Dict(dict) = self.resolved(value)?
            {
                found.push(dict);
            }
            add(&self.resolved(field.get(b"Kids"))?, signature, depth + 1, &mut open)?;
        }
        Ok(found)
    }
}
