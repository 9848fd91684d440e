//! What somebody asks who writes by SMS or Zalo: the code of a dossier or of feedback, which has the
//! same grammar, however they typed it; and what they answer to the question after a result, who write a digit behind it.
//!
//! People write small letters, leave marks, blanks, dots and dashes out or put others in, and take
//! O for 0 and I or l for 1. Where the agency is a known one, nothing but letters and digits is
//! needed; else the parts of the code have to stand apart.

use std::collections::BTreeSet;

use crate::id::{AgencyCode, DossierCode};
use crate::language::Language;
use crate::satisfaction::Satisfaction;
use crate::text;

/// The most characters of a message that are read: more than three parts of an SMS.
const CHARACTERS_MAX: usize = 500;

/// The most words of a message that are read.
const WORDS_MAX: usize = 60;

/// Over how many words a code may be spread: five of an agency, a date in three, a number in two.
const SPREAD_MAX: usize = 10;

/// How many digits a word has at least that is meant as part of a code.
const DIGITS_OF_A_CODE: usize = 4;

/// The lengths of the date in a code, in digits.
const DATE_DIGITS: [usize; 2] = [6, 8];

/// Words by which somebody shows that they want to be answered in English.
const ENGLISH: [&str; 4] = ["EN", "ENGLISH", "STATUS", "TRACK"];

/// What a message asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inquiry {
    /// How far the dossier, or the feedback, with this code is.
    Dossier(DossierCode),
    /// How satisfied its writer is with the dossier with this code: a digit from 1 to 5 is the last
    /// word, behind the code.
    Answer(DossierCode, Satisfaction),
    /// It means a dossier, and its code is none.
    NoCode,
    /// Nothing that is understood.
    Nothing,
}

/// A message that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Understood {
    /// What is asked in it.
    pub inquiry: Inquiry,
    /// The language in which it is answered: Vietnamese, unless it asks for English.
    pub language: Language,
}

/// Reads a message. `prefix` is the word by which a gateway passes messages on to us, in capital
/// letters; a message may have it or not. `agencies` are those whose codes are known, and the group
/// under which feedback is counted.
pub fn understand<'a>(
    message: &str,
    prefix: &str,
    agencies: impl Iterator<Item = &'a AgencyCode> + Clone,
) -> Understood {
    let all = words(message);
    let language = if all.iter().any(|word| ENGLISH.contains(&word.as_str())) {
        Language::En
    } else {
        Language::Vi
    };
    let own = without_prefix(&all, prefix);
    let found = [&own, &all].into_iter().find_map(|words| {
        let (code, behind) = set_apart(words).or_else(|| known(words, agencies.clone()))?;
        let said = match words.get(behind..) {
            Some([last]) => Satisfaction::of_digit(last),
            Some(_) | None => None,
        };
        Some((code, said))
    });
    let meant = || {
        let digits = |word: &String| word.bytes().filter(u8::is_ascii_digit).count();
        own.iter().any(|word| digits(word) >= DIGITS_OF_A_CODE)
    };
    let inquiry = match found {
        Some((code, Some(said))) => Inquiry::Answer(code, said),
        Some((code, None)) => Inquiry::Dossier(code),
        None if meant() => Inquiry::NoCode,
        None => Inquiry::Nothing,
    };
    Understood { inquiry, language }
}

/// Capital letters and digits of a message, as everything else divides them.
fn words(message: &str) -> Vec<String> {
    let head: String = message.chars().take(CHARACTERS_MAX).collect();
    let capitals = |group: String| text::unmarked(&group).to_ascii_uppercase();
    let mut words = Vec::new();
    for group in text::groups(&head).into_iter().map(capitals) {
        let parts = group.split(|c: char| !c.is_ascii_alphanumeric());
        words.extend(parts.filter(|part| !part.is_empty()).map(str::to_owned));
    }
    words.truncate(WORDS_MAX);
    words
}

/// The words after the prefix, which may be written together with the first.
fn without_prefix(words: &[String], prefix: &str) -> Vec<String> {
    let Some((rest, others)) =
        words.split_first().and_then(|(first, others)| Some((first.strip_prefix(prefix)?, others)))
    else {
        return words.to_vec();
    };
    let rest = Some(rest).filter(|rest| !rest.is_empty()).map(str::to_owned);
    rest.into_iter().chain(others.iter().cloned()).collect()
}

/// The digit that is meant by a letter or digit of a number.
fn digit(typed: char) -> Option<char> {
    match typed {
        'O' => Some('0'),
        'I' | 'L' => Some('1'),
        typed => Some(typed).filter(char::is_ascii_digit),
    }
}

/// A number as it is meant; none where it holds another letter.
fn number(word: &str) -> Option<String> {
    word.chars().map(digit).collect()
}

/// What follows the code `written`, without dots, in `typed`.
fn after<'a>(typed: &'a str, written: &str) -> Option<&'a str> {
    let mut rest = typed.chars();
    for meant in written.chars().filter(char::is_ascii_alphanumeric) {
        let c = rest.next()?;
        if c != meant && digit(c) != Some(meant) {
            return None;
        }
    }
    Some(rest.as_str())
}

/// The first code of a known agency, whatever divides its parts, and the place behind it. What could
/// be the codes of two dossiers is none.
fn known<'a>(
    words: &[String],
    agencies: impl Iterator<Item = &'a AgencyCode>,
) -> Option<(DossierCode, usize)> {
    // Once for the message: there are hundreds, and a message has many beginnings of a code.
    let forms: Vec<AgencyCode> =
        agencies.flat_map(|code| [code.clone(), code.right_to_left()]).collect();
    (0..words.len()).find_map(|begin| {
        let mut typed = String::new();
        (begin..words.len()).take(SPREAD_MAX).find_map(|place| {
            typed.push_str(&words[place]);
            let read = forms.iter().flat_map(|agency| {
                let rest = after(&typed, agency.as_str()).and_then(number).unwrap_or_default();
                let each = DATE_DIGITS.into_iter().filter_map(move |length| {
                    let (date, sequence) = rest.split_at_checked(length)?;
                    written(agency.as_str(), date, sequence)
                });
                each.collect::<Vec<_>>()
            });
            let read: BTreeSet<DossierCode> = read.collect();
            let code = read.first().filter(|_| read.len() == 1)?;
            Some((code.clone(), place + 1))
        })
    })
}

/// The first code whose parts stand apart, of whichever agency, and the place behind it.
fn set_apart(words: &[String]) -> Option<(DossierCode, usize)> {
    (2..words.len()).find_map(|last| {
        let (date, sequence) = (number(&words[last - 1])?, number(&words[last])?);
        let before = &words[..last - 1];
        let of = |groups: usize, level_one: Option<usize>| {
            let agency = before.get(before.len().checked_sub(groups)?..)?;
            written(&agency_of(agency, level_one), &date, &sequence)
        };
        // The old grammar has four groups, and the last of them alone would be an agency, too.
        let is_old = |code: &DossierCode| code.as_str().starts_with(|c: char| c.is_ascii_digit());
        let new = |level_one: Option<usize>| (1..=5).find_map(|groups| of(groups, level_one));
        let code = of(4, Some(3)).filter(is_old).or_else(|| new(Some(0))).or_else(|| new(None))?;
        Some((code, last + 1))
    })
}

/// The code of an agency in groups. Where the place of the one with a letter is said, the others
/// are numbers as they are meant, and so is what follows that letter.
fn agency_of(groups: &[String], level_one: Option<usize>) -> String {
    let mended = |(place, group): (usize, &String)| {
        let letters = usize::from(level_one == Some(place));
        let mended = group.split_at_checked(letters).and_then(|(letter, rest)| {
            let rest = number(rest)?;
            Some(format!("{letter}{rest}"))
        });
        mended.filter(|_| level_one.is_some()).unwrap_or_else(|| group.clone())
    };
    groups.iter().enumerate().map(mended).collect::<Vec<_>>().join(".")
}

/// The code of these parts, if it is one. A date of eight digits is one of this century.
fn written(agency: &str, date: &str, sequence: &str) -> Option<DossierCode> {
    if date.len() == 8 && !date.starts_with("20") {
        return None;
    }
    format!("{agency}-{date}-{sequence}").parse().ok()
}
