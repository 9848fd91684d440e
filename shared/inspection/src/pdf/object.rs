//! What a PDF is made of (ISO 32000-1 §7.3), as far as it has to be read.

use std::cell::Cell;
use std::ops::Range;

use crate::Rule;

/// The most objects that are read of one document: memory and time are bounded by it. A document
/// that is opened and not drawn needs a few hundred.
const OBJECTS_MAX: u32 = 200_000;

/// What unpacked streams of one document may take together, in bytes. The table of a document of
/// 100,000 objects takes a million.
const UNPACKED_BYTES_MAX: usize = 32 * 1024 * 1024;

/// What is read of one document, in bytes, where the same ones are read again each time. Without
/// it, ten thousand references to one long text would take minutes.
const READ_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What may still be spent on one document.
pub(crate) struct Budget {
    objects: Cell<u32>,
    unpacked: Cell<usize>,
    read: Cell<usize>,
}

impl Budget {
    pub(crate) fn new() -> Self {
        Self {
            objects: Cell::new(OBJECTS_MAX),
            unpacked: Cell::new(UNPACKED_BYTES_MAX),
            read: Cell::new(READ_BYTES_MAX),
        }
    }

    /// Takes one object from the budget.
    pub(crate) fn object(&self) -> Result<(), Rule> {
        self.objects.set(self.objects.get().checked_sub(1).ok_or(Rule::TooComplex)?);
        Ok(())
    }

    /// Takes `bytes` that were read.
    pub(crate) fn read(&self, bytes: usize) -> Result<(), Rule> {
        self.read.set(self.read.get().checked_sub(bytes).ok_or(Rule::TooComplex)?);
        Ok(())
    }

    /// What may still be unpacked, in bytes.
    pub(crate) fn unpacked_left(&self) -> usize {
        self.unpacked.get()
    }

    /// Takes `bytes` that were unpacked.
    pub(crate) fn unpacked(&self, bytes: usize) -> Result<(), Rule> {
        self.unpacked.set(self.unpacked.get().checked_sub(bytes).ok_or(Rule::TooComplex)?);
        Ok(())
    }
}

/// An object of a PDF.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Object {
    /// Nothing, and what an absent object reads as.
    Null,
    /// A truth value, which nothing here asks for.
    Bool,
    /// A number without a fraction.
    Int(i64),
    /// Any other number, which nothing here asks for.
    Real,
    /// A name without its slash.
    Name(Vec<u8>),
    /// A string and where it is written in the file, delimiters included; an empty range where it
    /// came out of a packed stream.
    Text(Vec<u8>, Range<usize>),
    /// A list of objects.
    Array(Vec<Object>),
    /// A dictionary of objects.
    Dict(Dict),
    /// The number of another object.
    Ref(u32),
}

impl Object {
    pub(crate) fn int(&self) -> Option<i64> {
        if let Self::Int(value) = self { Some(*value) } else { None }
    }

    /// A whole number that is not negative.
    pub(crate) fn size(&self) -> Option<usize> {
        usize::try_from(self.int()?).ok()
    }

    pub(crate) fn dict(self) -> Option<Dict> {
        if let Self::Dict(dict) = self { Some(dict) } else { None }
    }

    pub(crate) fn array(&self) -> Option<&[Object]> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }

    /// The string, without where it is written.
    pub(crate) fn text(&self) -> Option<&[u8]> {
        if let Self::Text(text, _) = self { Some(text) } else { None }
    }

    /// The object where there is one.
    pub(crate) fn present(&self) -> Option<&Self> {
        if *self == Self::Null { None } else { Some(self) }
    }

    pub(crate) fn is_name(&self, name: &[u8]) -> bool {
        matches!(self, Self::Name(own) if own == name)
    }
}

/// A dictionary. Where a key comes twice, the last one counts, as in the programs that show PDFs.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Dict(pub(crate) Vec<(Vec<u8>, Object)>);

impl Dict {
    /// The value of `key`; [`Object::Null`] where there is none.
    pub(crate) fn get(&self, key: &[u8]) -> &Object {
        self.0.iter().rev().find(|(own, _)| own == key).map_or(&Object::Null, |(_, value)| value)
    }
}

/// A dictionary with bytes behind it.
pub(crate) struct Stream<'a> {
    pub(crate) dict: Dict,
    pub(crate) packed: &'a [u8],
}
