//! The gate for text from outside: it is cleaned here before it is compared, counted, hashed or
//! stored, and checked here.
//!
//! Equal-looking texts become equal (canonical composition, NFC), invisible characters are removed,
//! and characters that cannot be intended are refused with the name of the rule. Cleaning is
//! idempotent.

use crate::RuleName;
use std::borrow::Cow;

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{
    CodePointMapData, CodePointMapDataBorrowed, CodePointSetData, CodePointSetDataBorrowed,
};

const NFC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfc();
const NFD: DecomposingNormalizerBorrowed<'static> = DecomposingNormalizerBorrowed::new_nfd();
const IGNORABLE: CodePointSetDataBorrowed<'static> =
    CodePointSetData::new::<DefaultIgnorableCodePoint>();
const CATEGORY: CodePointMapDataBorrowed<'static, GeneralCategory> =
    CodePointMapData::<GeneralCategory>::new();

/// Longest reason or note, in characters of at most four bytes.
pub const REMARK_CHARACTERS_MAX: usize = 300;

/// The most marks that one letter carries after composition. Vietnamese needs none that way, Thai
/// and Hebrew two or three; piles of them hide the lines above and below.
pub const MARKS_MAX: usize = 4;

/// A character that cannot be intended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// A control character other than a line break or a tab, such as NUL or ESC, or an annotation
    /// mark.
    Control,
    /// A character that turns the direction of what follows, so that it reads otherwise than it is
    /// stored.
    Direction,
    /// U+FFFD, which replaces what was damaged before it arrived.
    Damaged,
    /// A character that means something to one font or program alone, or nothing to any.
    Private,
    /// More marks on one letter than any script has, or a mark without a letter.
    Marks,
}

impl Flaw {
    /// The rule's name, as a slug.
    pub fn rule(self) -> RuleName {
        match self {
            Self::Control => RuleName::TextControl,
            Self::Direction => RuleName::TextDirection,
            Self::Damaged => RuleName::TextDamaged,
            Self::Private => RuleName::TextPrivate,
            Self::Marks => RuleName::TextMarks,
        }
    }

    /// A sentence for people.
    pub fn detail(self) -> &'static str {
        match self {
            Self::Control => "holds a control character",
            Self::Direction => "holds a character that turns the direction of writing",
            Self::Damaged => "was damaged before it came: it holds U+FFFD",
            Self::Private => "holds a character that no script has",
            Self::Marks => {
                "holds a letter with more marks than any script has, or a mark without a letter"
            }
        }
    }
}

/// Prose on one line, such as a name: composed, without what cannot be seen, each run of blanks one
/// blank, none at the ends.
pub fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(&NFC.normalize(text)) {
        match c {
            '\n' | ' ' if out.is_empty() || out.ends_with(' ') => {}
            '\n' => out.push(' '),
            c => out.push(c),
        }
    }
    composed(out.trim_end())
}

/// Prose of several lines, such as a reason: each line as in [`line`], with no empty ones at the
/// ends.
pub fn remark(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(&NFC.normalize(&text.replace("\r\n", "\n"))) {
        match c {
            ' ' if out.is_empty() || out.ends_with([' ', '\n']) => {}
            '\n' => {
                out.truncate(out.trim_end_matches(' ').len());
                if !out.is_empty() {
                    out.push('\n');
                }
            }
            c => out.push(c),
        }
    }
    composed(out.trim_end())
}

/// A number or a code: without blanks and what cannot be seen, in plain letters, digits and hyphens
/// where it came in wide ones or with a typographer's dashes.
pub fn bare(text: &str) -> String {
    text.chars().filter(|c| !is_blank(*c) && !IGNORABLE.contains(*c)).map(plain).collect()
}

/// The parts of a number, as blanks, hyphens and dots divide it, each as in [`bare`].
pub fn groups(text: &str) -> Vec<String> {
    let seen = text.chars().filter(|c| is_blank(*c) || !IGNORABLE.contains(*c));
    let plain: String = seen.map(|c| if is_blank(c) { ' ' } else { plain(c) }).collect();
    plain.split([' ', '-', '.']).filter(|group| !group.is_empty()).map(str::to_owned).collect()
}

/// What is wrong with cleaned prose, if anything.
pub fn flaw(cleaned: &str) -> Option<Flaw> {
    // A text begins with a letter, and so does each line of it.
    let mut marks = MARKS_MAX;
    for c in cleaned.chars() {
        let category = CATEGORY.get(c);
        if matches!(category, GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark) {
            marks += 1;
        } else if is_blank(c) {
            marks = MARKS_MAX;
        } else if category != GeneralCategory::SpacingMark && !matches!(c, JOINER | NON_JOINER) {
            // Neither a joiner nor a mark that stands beside its letter is a new letter.
            marks = 0;
        }
        if marks > MARKS_MAX {
            return Some(Flaw::Marks);
        }
        match c {
            '\n' => {}
            '\u{fffd}' => return Some(Flaw::Damaged),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => return Some(Flaw::Direction),
            '\u{fff9}'..='\u{fffb}' => return Some(Flaw::Control),
            _ if category == GeneralCategory::Control => return Some(Flaw::Control),
            _ if category == GeneralCategory::PrivateUse || is_noncharacter(c) => {
                return Some(Flaw::Private);
            }
            _ => {}
        }
    }
    None
}

/// The letters of a text without their marks, in small letters, as people search for them: `Đất` is
/// `dat`.
pub fn unmarked(text: &str) -> String {
    let letters = NFD.normalize(text);
    let unmarked = letters
        .chars()
        .filter(|c| CATEGORY.get(*c) != GeneralCategory::NonspacingMark && !IGNORABLE.contains(*c));
    let small = unmarked.flat_map(char::to_lowercase);
    // The stroke of this letter is no mark of its own.
    small.map(|c| if c == 'đ' { 'd' } else { c }).collect()
}

/// Whether prose has content: at least one visible letter or digit.
pub fn says_something(text: &str) -> bool {
    text.chars().any(|c| c.is_alphanumeric() && !is_blank(c) && !IGNORABLE.contains(c))
}

/// Whether prose has at least one visible letter, of whichever script.
pub fn has_letter(text: &str) -> bool {
    text.chars().any(|c| c.is_alphabetic() && !is_blank(c) && !IGNORABLE.contains(c))
}

const JOINER: char = '\u{200d}';
const NON_JOINER: char = '\u{200c}';

/// The characters of `text` that can be seen or do something, blanks as `' '` and line breaks as
/// `'\n'`.
fn visible(text: &str) -> impl Iterator<Item = char> {
    let mut before = ' ';
    text.chars().filter_map(move |c| {
        let kept = match c {
            '\n' | '\r' | '\u{2028}' | '\u{2029}' => Some('\n'),
            c if is_blank(c) => Some(' '),
            // To be judged, not to be hidden.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Some(c),
            // They mean something in Persian and in Indian scripts, and between pictures; nothing
            // between our letters.
            JOINER | NON_JOINER
                if !is_blank(before)
                    && !is_latin(before)
                    && !matches!(before, JOINER | NON_JOINER) =>
            {
                Some(c)
            }
            c if IGNORABLE.contains(c) => None,
            c => Some(c),
        };
        before = kept.unwrap_or(before);
        kept
    })
}

/// Taking something away may have brought a letter and its mark together.
fn composed(text: &str) -> String {
    // A joiner at the end joins nothing.
    let text = text.trim_end_matches(|c: char| matches!(c, JOINER | NON_JOINER) || is_blank(c));
    match NFC.normalize(text) {
        Cow::Borrowed(same) => same.to_owned(),
        Cow::Owned(text) => text,
    }
}

/// White space, and letters and signs that are drawn as nothing.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{2800}')
}

fn is_latin(c: char) -> bool {
    matches!(c, '\u{0}'..='\u{36f}' | '\u{1e00}'..='\u{1eff}')
}

/// Code points that are permanently no characters (Unicode §23.7).
fn is_noncharacter(c: char) -> bool {
    let point = u32::from(c);
    point & 0xfffe == 0xfffe || (0xfdd0..=0xfdef).contains(&point)
}

fn plain(c: char) -> char {
    match c {
        '\u{2010}'..='\u{2015}'
        | '\u{2043}'
        | '\u{2212}'
        | '\u{fe58}'
        | '\u{fe63}'
        | '\u{ff0d}' => '-',
        // The wide forms lie as far from the plain ones as the block is long.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c => c,
    }
}
