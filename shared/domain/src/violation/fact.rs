//! What of a broken rule belongs to this place: a bound, a code with its name, a day, a sum.

use std::fmt::Display;

use jiff::civil::Date;

use crate::language::Language;

/// What a number in a [`Fact`] counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Nothing: it is a number without a unit, such as a page's length.
    Number,
    /// Characters of a text.
    Characters,
    /// Digits of a number that somebody has.
    Digits,
    /// Bytes of what is sent or stored.
    Bytes,
    /// Items of a list.
    Items,
    /// Documents of a dossier.
    Documents,
    /// Degrees of a place on the globe.
    Degrees,
    /// Days of the calendar.
    Days,
    /// Working days of the agency's calendar.
    WorkingDays,
    /// How often something is done.
    Times,
}

impl Unit {
    /// `number` with the unit behind it.
    fn of(self, number: &str, language: Language) -> String {
        let (vietnamese, one, several) = match self {
            Self::Number => return number.to_owned(),
            Self::Characters => ("ký tự", "character", "characters"),
            Self::Digits => ("chữ số", "digit", "digits"),
            Self::Bytes => ("byte", "byte", "bytes"),
            Self::Items => ("mục", "item", "items"),
            Self::Documents => ("tài liệu", "document", "documents"),
            Self::Degrees => ("độ", "degree", "degrees"),
            Self::Days => ("ngày", "day", "days"),
            Self::WorkingDays => ("ngày làm việc", "working day", "working days"),
            Self::Times => ("lần", "time", "times"),
        };
        let unit = match language {
            Language::Vi => vietnamese,
            Language::En if number == "1" => one,
            Language::En => several,
        };
        format!("{number} {unit}")
    }
}

/// What a [`Violation`](super::Violation) says besides its rule, in each language. It is of the rule
/// and of the catalogue, and never of what was sent: that may be personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    vietnamese: String,
    english: String,
}

impl Fact {
    /// That it is from `least` to `most`.
    pub fn between(least: impl Display, most: impl Display, unit: Unit) -> Self {
        let most = |language| unit.of(&most.to_string(), language);
        Self {
            vietnamese: format!("từ {least} đến {}", most(Language::Vi)),
            english: format!("{least} to {}", most(Language::En)),
        }
    }

    /// That it is `most` or less.
    pub fn at_most(most: impl Display, unit: Unit) -> Self {
        Self::counted(("nhiều nhất", "at most"), most, unit)
    }

    /// That it is `least` or more.
    pub fn at_least(least: impl Display, unit: Unit) -> Self {
        Self::counted(("ít nhất", "at least"), least, unit)
    }

    fn counted((vi, en): (&str, &str), number: impl Display, unit: Unit) -> Self {
        let number = number.to_string();
        Self {
            vietnamese: format!("{vi} {}", unit.of(&number, Language::Vi)),
            english: format!("{en} {}", unit.of(&number, Language::En)),
        }
    }

    /// What there is to choose from, by the names that requests have.
    pub fn choices(names: impl IntoIterator<Item = impl Display>) -> Self {
        let names: Vec<String> = names.into_iter().map(|name| name.to_string()).collect();
        if names.is_empty() {
            return Self::said("không có mã nào", "there is none");
        }
        let names = names.join(", ");
        Self { vietnamese: format!("chỉ có {names}"), english: format!("one of {names}") }
    }

    /// What is meant, by its code.
    pub fn code(code: impl Display) -> Self {
        Self { vietnamese: code.to_string(), english: code.to_string() }
    }

    /// What is meant, by its code and its name in the catalogue.
    pub fn named(code: impl Display, name: &str) -> Self {
        Self::code(format!("{code} ({name})"))
    }

    /// The last day of a term, inclusive.
    pub fn until(day: Date) -> Self {
        let (y, m, d) = (day.year(), day.month(), day.day());
        Self {
            vietnamese: format!("đến hết ngày {d:02}/{m:02}/{y}"),
            english: format!("until {day}"),
        }
    }

    /// The day that it lies after.
    pub fn after(day: Date) -> Self {
        let (y, m, d) = (day.year(), day.month(), day.day());
        Self { vietnamese: format!("sau ngày {d:02}/{m:02}/{y}"), english: format!("after {day}") }
    }

    /// A sum that is owed, in đồng.
    pub fn owed(vnd: u64) -> Self {
        Self { vietnamese: format!("{vnd} đồng"), english: format!("{vnd} đồng are owed") }
    }

    /// What holds at every such place.
    pub fn said(vietnamese: &'static str, english: &'static str) -> Self {
        Self { vietnamese: vietnamese.to_owned(), english: english.to_owned() }
    }

    /// The phrase that stands behind the text of the rule.
    pub fn text(&self, language: Language) -> &str {
        match language {
            Language::Vi => &self.vietnamese,
            Language::En => &self.english,
        }
    }
}
