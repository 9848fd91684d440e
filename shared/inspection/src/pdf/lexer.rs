//! Objects out of bytes (ISO 32000-1 §7.2, §7.3).

use super::object::{Budget, Dict, Object};
use crate::Rule;
use crate::scan::part;

/// How deep lists and dictionaries may be nested.
const DEPTH_MAX: usize = 32;

/// Reads objects one after the other.
#[derive(Clone)]
pub(crate) struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Whether `bytes` is the file itself and not something that was unpacked.
    file: bool,
    budget: &'a Budget,
}

impl<'a> Lexer<'a> {
    /// Reads the file from `at`.
    pub(crate) fn of_file(bytes: &'a [u8], at: usize, budget: &'a Budget) -> Self {
        Self { bytes, at, file: true, budget }
    }

    /// Reads an unpacked stream from `at`.
    pub(crate) fn of_stream(bytes: &'a [u8], at: usize, budget: &'a Budget) -> Self {
        Self { bytes, at, file: false, budget }
    }

    /// Where the next byte is.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    /// Leaves blanks and comments behind.
    pub(crate) fn skip_blanks(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                while self.peek().is_some_and(|byte| !matches!(byte, b'\r' | b'\n')) {
                    self.at += 1;
                }
            } else if is_blank(byte) {
                self.at += 1;
            } else {
                break;
            }
        }
    }

    /// Takes `word` where it comes next, blanks before it included.
    pub(crate) fn word(&mut self, word: &[u8]) -> bool {
        self.skip_blanks();
        let found = part(self.bytes, self.at, word.len()) == Some(word)
            && self.bytes.get(self.at + word.len()).is_none_or(|byte| !is_regular(*byte));
        if found {
            self.at += word.len();
        }
        found
    }

    /// Takes the line's end that must come between `stream` and its data.
    pub(crate) fn line_end(&mut self) -> bool {
        if self.peek() == Some(b'\r') {
            self.at += 1;
        }
        self.next() == Some(b'\n')
    }

    /// Takes a whole number that is not negative, at most ten digits.
    pub(crate) fn number(&mut self) -> Option<usize> {
        self.skip_blanks();
        let start = self.at;
        while self.at - start < 11 && self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        let digits = self.bytes.get(start..self.at)?;
        let whole = !self.peek().is_some_and(is_regular);
        if whole && digits.len() <= 10 { digits_value(digits) } else { None }
    }

    /// Reads an object, counted against the budget.
    pub(crate) fn object(&mut self) -> Result<Object, Rule> {
        self.nested(0)
    }

    fn nested(&mut self, depth: usize) -> Result<Object, Rule> {
        self.budget.object()?;
        if depth > DEPTH_MAX {
            return Err(Rule::TooComplex);
        }
        self.skip_blanks();
        let start = self.at;
        match self.next().ok_or(Rule::PdfUnreadable)? {
            b'/' => self.name().map(Object::Name),
            b'(' => self.literal(start),
            b'[' => self.array(depth).map(Object::Array),
            b'<' if self.peek() == Some(b'<') => {
                self.at += 1;
                self.dict(depth).map(Object::Dict)
            }
            b'<' => self.hexadecimal(start),
            b'0'..=b'9' | b'+' | b'-' | b'.' => {
                self.at = start;
                self.number_or_ref()
            }
            _ => {
                self.at = start;
                for (word, object) in [
                    (&b"null"[..], Object::Null),
                    (b"true", Object::Bool),
                    (b"false", Object::Bool),
                ] {
                    if self.word(word) {
                        return Ok(object);
                    }
                }
                Err(Rule::PdfUnreadable)
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Vec<Object>, Rule> {
        let mut items = Vec::new();
        loop {
            self.skip_blanks();
            if self.peek() == Some(b']') {
                self.at += 1;
                return Ok(items);
            }
            items.push(self.nested(depth + 1)?);
        }
    }

    fn dict(&mut self, depth: usize) -> Result<Dict, Rule> {
        let mut entries = Vec::new();
        loop {
            self.skip_blanks();
            match self.next() {
                Some(b'/') => {
                    let key = self.name()?;
                    entries.push((key, self.nested(depth + 1)?));
                }
                Some(b'>') if self.next() == Some(b'>') => return Ok(Dict(entries)),
                _ => return Err(Rule::PdfUnreadable),
            }
        }
    }

    fn name(&mut self) -> Result<Vec<u8>, Rule> {
        let mut name = Vec::new();
        while let Some(byte) = self.peek().filter(|byte| is_regular(*byte)) {
            self.at += 1;
            if byte == b'#' {
                let pair = part(self.bytes, self.at, 2).ok_or(Rule::PdfUnreadable)?;
                name.push(hex_pair(pair).ok_or(Rule::PdfUnreadable)?);
                self.at += 2;
            } else {
                name.push(byte);
            }
        }
        Ok(name)
    }

    fn literal(&mut self, start: usize) -> Result<Object, Rule> {
        let mut text = Vec::new();
        let mut open = 1_usize;
        loop {
            let byte = self.next().ok_or(Rule::PdfUnreadable)?;
            match byte {
                b'(' => open += 1,
                b')' => open -= 1,
                b'\\' => {
                    text.extend(self.escaped()?);
                    continue;
                }
                _ => {}
            }
            if open == 0 {
                return Ok(Object::Text(text, self.span(start)));
            }
            text.push(byte);
        }
    }

    /// What a backslash and the bytes behind it mean (ISO 32000-1 table 3).
    fn escaped(&mut self) -> Result<Option<u8>, Rule> {
        let byte = self.next().ok_or(Rule::PdfUnreadable)?;
        Ok(match byte {
            b'n' => Some(b'\n'),
            b'r' => Some(b'\r'),
            b't' => Some(b'\t'),
            b'b' => Some(8),
            b'f' => Some(12),
            b'\r' => {
                if self.peek() == Some(b'\n') {
                    self.at += 1;
                }
                None
            }
            b'\n' => None,
            b'0'..=b'7' => {
                let mut value = u32::from(byte - b'0');
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.peek() else { break };
                    value = value * 8 + u32::from(digit - b'0');
                    self.at += 1;
                }
                // High-order overflow is ignored, says the table.
                u8::try_from(value & 0xff).ok()
            }
            other => Some(other),
        })
    }

    fn hexadecimal(&mut self, start: usize) -> Result<Object, Rule> {
        let mut digits = Vec::new();
        loop {
            match self.next().ok_or(Rule::PdfUnreadable)? {
                b'>' => break,
                byte if is_blank(byte) => {}
                byte => digits.push(byte),
            }
        }
        if digits.len() % 2 == 1 {
            digits.push(b'0');
        }
        let text: Option<Vec<u8>> = digits.chunks(2).map(hex_pair).collect();
        Ok(Object::Text(text.ok_or(Rule::PdfUnreadable)?, self.span(start)))
    }

    fn span(&self, start: usize) -> std::ops::Range<usize> {
        if self.file { start..self.at } else { 0..0 }
    }

    fn number_or_ref(&mut self) -> Result<Object, Rule> {
        let mut ahead = self.clone();
        if let Some(number) = ahead.number()
            && ahead.number().is_some()
            && ahead.word(b"R")
        {
            self.at = ahead.at;
            return u32::try_from(number).map(Object::Ref).map_err(|_| Rule::PdfUnreadable);
        }
        let start = self.at;
        while self.peek().is_some_and(is_regular) {
            self.at += 1;
        }
        let token = self.bytes.get(start..self.at).unwrap_or_default();
        let (negative, digits) = match token.split_first() {
            Some((b'-', digits)) => (true, digits),
            Some((b'+', digits)) => (false, digits),
            _ => (false, token),
        };
        match digits_value(digits).and_then(|value| i64::try_from(value).ok()) {
            Some(value) => Ok(Object::Int(if negative { -value } else { value })),
            None if digits.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.') => {
                Ok(Object::Real)
            }
            None => Err(Rule::PdfUnreadable),
        }
    }
}

/// The blanks of table 1.
pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 12 | b'\r' | b' ')
}

/// Neither blank nor a delimiter of table 2.
fn is_regular(byte: u8) -> bool {
    !is_blank(byte) && !b"()<>[]{}/%".contains(&byte)
}

/// Two hexadecimal digits as a byte.
pub(crate) fn hex_pair(pair: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?)
}

fn digits_value(digits: &[u8]) -> Option<usize> {
    let step = |value: usize, byte: &u8| {
        let digit = byte.is_ascii_digit().then(|| usize::from(byte - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    };
    if digits.is_empty() { None } else { digits.iter().try_fold(0, step) }
}
