//! The forms that the law has an agency print: when each has an occasion, and how each is laid out.
//!
//! Layouts are data of the catalogue: the texts of the annexes in force were not at hand.

use std::str::FromStr;

use jiff::civil::Date;
use serde::Deserialize;

use crate::dossier::{Action, Dossier, HistoryEntry};
use crate::provenance::Trust;
use crate::row::{Lasting, RowChecks};
use crate::violation::Fact;
use crate::{RuleName, Violation};

/// A form that is printed, by its number in the annex (TT 03/2025/TT-VPCP, quoted second-hand).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum PrintedForm {
    /// Receipt and appointment for the result (giấy tiếp nhận hồ sơ và hẹn trả kết quả).
    #[serde(rename = "01")]
    Receipt,
    /// Request for a supplement (phiếu yêu cầu bổ sung, hoàn thiện hồ sơ).
    #[serde(rename = "02")]
    SupplementRequest,
    /// Refusal (phiếu từ chối tiếp nhận giải quyết hồ sơ).
    #[serde(rename = "03")]
    Refusal,
    /// Apology and a new appointment (văn bản xin lỗi và đề nghị gia hạn).
    #[serde(rename = "04")]
    Apology,
    /// Notice that the work stands still (thông báo dừng giải quyết).
    #[serde(rename = "05")]
    Suspension,
}

impl PrintedForm {
    /// Every form, by number.
    pub const ALL: [Self; 5] =
        [Self::Receipt, Self::SupplementRequest, Self::Refusal, Self::Apology, Self::Suspension];

    /// The number of two digits, as in addresses and in the catalogue.
    pub fn number(self) -> &'static str {
        match self {
            Self::Receipt => "01",
            Self::SupplementRequest => "02",
            Self::Refusal => "03",
            Self::Apology => "04",
            Self::Suspension => "05",
        }
    }

    /// The last entry of the history on whose account the form is printed; none where it has had no
    /// occasion yet. What the form shows is as of that entry, so that it is the same whenever it is
    /// printed.
    pub fn occasion(self, dossier: &Dossier) -> Option<&HistoryEntry> {
        let actions: &[Action] = match self {
            Self::Receipt => &[Action::Receive],
            Self::SupplementRequest => &[Action::RequestSupplement],
            Self::Refusal => &[Action::Refuse, Action::RefuseExpired],
            Self::Apology => &[Action::Apologise],
            Self::Suspension => &[Action::Suspend],
        };
        dossier.history.iter().rfind(|entry| actions.contains(&entry.action))
    }
}

impl FromStr for PrintedForm {
    type Err = Violation;

    fn from_str(number: &str) -> Result<Self, Violation> {
        let known = Self::ALL.into_iter().find(|form| form.number() == number);
        let numbers = || Fact::choices(Self::ALL.map(Self::number));
        known.ok_or_else(|| Violation::unless("form", RuleName::KnownValue, numbers()))
    }
}

/// What a row of a form shows of the dossier. A row that has nothing to show is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum FormContent {
    /// The code of the dossier, which the QR code has, too.
    Code,
    /// The name of the procedure, with its code.
    Procedure,
    /// The applicant's full name.
    Applicant,
    /// The applicant's telephone number, in the domestic form.
    Phone,
    /// The applicant's e-mail address.
    Email,
    /// How it came in.
    Channel,
    /// The names of the documents that had come by then.
    Documents,
    /// When it was handed in.
    SubmittedAt,
    /// When the move of the form was made.
    DoneAt,
    /// The length of the term.
    Term,
    /// When the result is due after the move.
    DueAt,
    /// When the result had been due before the move.
    PreviouslyDueAt,
    /// Where the result goes by post, where it is wanted so.
    ResultTo,
    /// The documents that are asked for, each with the reason.
    AskedFor,
    /// The last day for them.
    AskedUntil,
    /// The reason that was given for the move.
    Reason,
}

/// A row of a form: its label, and what stands behind it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FormRow {
    /// The label in Vietnamese.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = TEXT_CHARACTERS_MAX), regex(pattern = r"\S")))]
    pub label: String,
    /// The content of the row.
    pub shows: FormContent,
}

/// Longest text of a layout, in characters: what leaves room for the dossier on one sheet.
const TEXT_CHARACTERS_MAX: usize = 400;

/// The most rows, closing sentences and signatures of a layout.
const PARTS_MAX: usize = 20;

/// How a form is laid out, from a day on. The national head, the agency and the QR code are on
/// every one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FormLayout {
    /// The form that it lays out, by number.
    pub form: PrintedForm,
    /// The heading in Vietnamese.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = TEXT_CHARACTERS_MAX), regex(pattern = r"\S")))]
    pub title: String,
    /// The number of the form with the document that it is annexed to.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = TEXT_CHARACTERS_MAX), regex(pattern = r"\S")))]
    pub basis: String,
    /// The sentence above the rows.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = TEXT_CHARACTERS_MAX), regex(pattern = r"\S")))]
    pub opening: String,
    /// The rows, in their order.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = PARTS_MAX)))]
    pub rows: Vec<FormRow>,
    /// Sentences below the rows.
    #[cfg_attr(feature = "schema", schemars(length(max = PARTS_MAX), inner(length(min = 1, max = TEXT_CHARACTERS_MAX), regex(pattern = r"\S"))))]
    pub closing: Vec<String>,
    /// Who signs, from left to right.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = PARTS_MAX), inner(length(min = 1, max = TEXT_CHARACTERS_MAX), regex(pattern = r"\S"))))]
    pub signatures: Vec<String>,
    /// The first day on which the layout is in force.
    valid_from: Date,
    /// Last day; none: until further notice.
    valid_to: Option<Date>,
    /// The source of the layout.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    source: String,
    /// How well it is vouched for.
    #[serde(rename = "trust")]
    _trust: Trust,
}

impl FormLayout {
    fn lasting(&self) -> Lasting {
        Lasting { first: self.valid_from, last: self.valid_to }
    }

    /// What is wrong with the one at `at`, alone.
    fn violations(&self, at: &str) -> Vec<Violation> {
        let mut row = RowChecks::of(at, self.form.number());
        let single = [("title", &self.title), ("basis", &self.basis), ("opening", &self.opening)];
        let mut texts: Vec<(String, &String)> =
            single.into_iter().map(|(field, text)| (field.to_owned(), text)).collect();
        let labels = self.rows.iter().map(|row| &row.label).enumerate();
        texts.extend(labels.map(|(place, text)| (format!("rows[{place}].label"), text)));
        for (list, field) in [(&self.closing, "closing"), (&self.signatures, "signatures")] {
            let each = list.iter().enumerate();
            texts.extend(each.map(|(place, text)| (format!("{field}[{place}]"), text)));
        }
        let limit = format!("must have 1 to {TEXT_CHARACTERS_MAX} characters");
        for (field, text) in texts {
            let fits = !text.trim().is_empty() && text.chars().count() <= TEXT_CHARACTERS_MAX;
            row.check(&field, RuleName::Length, fits, &limit);
        }
        let limit = format!("must be at most {PARTS_MAX}, and at least one");
        for (field, count, least) in [
            ("rows", self.rows.len(), 1),
            ("closing", self.closing.len(), 0),
            ("signatures", self.signatures.len(), 1),
        ] {
            row.check(field, RuleName::Range, (least..=PARTS_MAX).contains(&count), &limit);
        }
        row.forward(self.lasting());
        row.sourced(&self.source);
        row.found()
    }
}

/// The layouts of an edition; none in editions from before there were any.
#[derive(Debug)]
pub struct FormLayouts(Vec<FormLayout>);

impl FormLayouts {
    /// Puts the layouts together; refused whole, with every reason.
    pub(crate) fn assemble(layouts: Vec<FormLayout>) -> Result<Self, Vec<Violation>> {
        let mut found = Vec::new();
        for (place, layout) in layouts.iter().enumerate() {
            let at = format!("forms[{place}]");
            found.extend(layout.violations(&at));
            let same_start = |other: &FormLayout| {
                other.form == layout.form && other.valid_from == layout.valid_from
            };
            if layouts.iter().take(place).any(same_start) {
                let detail = format!("{}: begins twice on this day", layout.form.number());
                let field = format!("{at}.validFrom");
                found.push(Violation::new(field, RuleName::UniqueStart, detail));
            }
        }
        if found.is_empty() { Ok(Self(layouts)) } else { Err(found) }
    }

    /// The layout of `form` on `day`, if there is one; of two in force the later one.
    pub fn on(&self, form: PrintedForm, day: Date) -> Option<&FormLayout> {
        let in_force = |layout: &&FormLayout| layout.form == form && layout.lasting().covers(day);
        self.0.iter().filter(in_force).max_by_key(|layout| layout.valid_from)
    }
}
