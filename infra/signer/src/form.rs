//! PDFs with signatures.

use std::ops::Range;

use crate::authority::{Holder, Making};
use crate::paper::{ONE_PAGE, Paper};

/// Makes another range of the honest one: offset and length of both parts.
pub type Ranging = fn([i64; 4]) -> [i64; 4];

/// How a signature is put into a PDF.
pub struct Form {
    /// The name of the signature's format (`SubFilter`).
    pub format: &'static str,
    /// More of the signature's dictionary.
    pub more: &'static str,
    /// Bytes of zeros behind the signature in the hole.
    pub padding: usize,
    /// What the signature claims to cover, made of the honest range.
    pub range: Ranging,
}

impl Default for Form {
    fn default() -> Self {
        Self { format: "adbe.pkcs7.detached", more: "", padding: 16, range: |honest| honest }
    }
}

/// Digits of a range that is not known yet.
const UNKNOWN: &str = "00000000";

/// A signed PDF of one page.
pub fn signed(holder: &Holder, making: &Making) -> Vec<u8> {
    formed(holder, making, &Form::default())
}

/// A PDF of one page that is signed in this form.
pub fn formed(holder: &Holder, making: &Making, form: &Form) -> Vec<u8> {
    add(Paper::new(), &[(4, 5)], form, |content| holder.sign(content, making)).bytes
}

/// A revision with one more signature: fields and signatures as they are numbered, the last pair
/// of them new.
pub fn add(
    paper: Paper,
    fields: &[(u32, u32)],
    form: &Form,
    sign: impl Fn(&[u8]) -> Vec<u8>,
) -> Paper {
    let length = sign(b"to know its length").len() + form.padding;
    let listed: String = fields.iter().map(|(field, _)| format!("{field} 0 R ")).collect();
    let catalogue =
        format!("<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[{listed}]/SigFlags 3>>>>");
    let (field, signature) = *fields.last().unwrap();
    let widget = format!("<</Type/Annot/Subtype/Widget/FT/Sig/T(s{field})/V {signature} 0 R>>");
    let (format, more, hole) = (form.format, form.more, "0".repeat(length * 2));
    let dictionary = format!(
        "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/{format}{more}\
         /ByteRange[0 {UNKNOWN} {UNKNOWN} {UNKNOWN} ]/Contents<{hole}>>>"
    );
    let objects = [
        (1, catalogue.as_str()),
        ONE_PAGE[1],
        ONE_PAGE[2],
        (field, &widget),
        (signature, &dictionary),
    ];
    let before = paper.bytes.len();
    let mut paper = paper.revision(&objects, "");
    let range = format!("[0 {UNKNOWN} {UNKNOWN} {UNKNOWN} ]");
    let range_at = before + position(&paper.bytes[before..], range.as_bytes());
    let hole = before + position(&paper.bytes[before..], b"/Contents<") + "/Contents".len();
    let hole = hole..hole + 2 + length * 2;
    let whole = paper.bytes.len();
    let honest = [0, hole.start, hole.end, whole - hole.end];
    let honest = honest.map(|number| i64::try_from(number).unwrap());
    let claimed = (form.range)(honest).map(|number| number.to_string()).join(" ");
    let width = range.len() - 2;
    let claimed = format!("[{claimed:width$}]");
    assert_eq!(claimed.len(), range.len(), "{claimed} does not fit");
    paper.bytes[range_at..range_at + claimed.len()].copy_from_slice(claimed.as_bytes());
    let content = [&paper.bytes[..hole.start], &paper.bytes[hole.end..]].concat();
    let mut cms = sign(&content);
    // ECDSA's values differ in length by some bytes.
    cms.resize(length, 0);
    let digits: String = cms.iter().map(|byte| format!("{byte:02x}")).collect();
    paper.bytes[hole.start + 1..hole.end - 1].copy_from_slice(digits.as_bytes());
    paper
}

fn position(bytes: &[u8], wanted: &[u8]) -> usize {
    bytes.windows(wanted.len()).position(|part| part == wanted).unwrap()
}

/// Where the last signature's digits are.
pub fn digits(content: &[u8]) -> Option<Range<usize>> {
    let start = content.windows(10).rposition(|part| part == b"/Contents<")? + 10;
    let length = content[start..].iter().position(|byte| *byte == b'>')?;
    Some(start..start + length)
}

/// The bytes that these digits write.
pub fn cms_bytes(content: &[u8]) -> Option<Vec<u8>> {
    let digits = std::str::from_utf8(content.get(digits(content)?)?).ok()?;
    let pair = |at: usize| u8::from_str_radix(digits.get(at * 2..at * 2 + 2)?, 16).ok();
    (0..digits.len() / 2).map(pair).collect()
}
