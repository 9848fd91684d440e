//! What the morning report tells: its headline, and the address where the whole of it is published.

use jiff::civil::Date;

use crate::id::DossierCode;
use crate::kpi::KpiRow;
use crate::kpi::report::share;
use crate::notice::headline::{Headline, LINK_CHARACTERS_MAX};
use crate::period::Period;
use crate::{RuleName, Violation};

/// The longest address under which a province may publish its reports. With the longest name of a
/// period it leaves a text of two parts room for its words.
pub const PUBLIC_URL_CHARACTERS_MAX: usize = LINK_CHARACTERS_MAX - 12 - 22;

/// Where the reports of the province are published: `https://motcua.example.vn`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

impl TryFrom<String> for PublicUrl {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        // What takes one septet of an SMS each, and no mark that a telephone ends a link at.
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '/' | ':' | '_');
        let host = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"))
            .unwrap_or_default();
        let whole = !host.is_empty() && !host.ends_with('/') && host.chars().all(plain);
        if whole && text.len() <= PUBLIC_URL_CHARACTERS_MAX {
            return Ok(Self(text));
        }
        let detail = format!(
            "must be an http address without a slash at its end, of {PUBLIC_URL_CHARACTERS_MAX} at most"
        );
        Err(Violation::new("publicUrl", RuleName::PublicUrl, detail))
    }
}

impl PublicUrl {
    /// The address at which the citizen's page shows the dossier `code`. The code is in the fragment,
    /// which no server is told.
    pub fn tracking(&self, code: &DossierCode) -> String {
        format!("{}/tra-cuu#{code}", self.0)
    }

    /// The address at which the citizen's page takes the answer to the question after the result of
    /// the dossier `code`, for who has `token`. Both are in the fragment, which no server is told.
    pub fn question(&self, code: &DossierCode, token: &str) -> String {
        format!("{}!{token}", self.tracking(code))
    }

    /// The address of the report of `period`.
    pub fn report(&self, period: &Period) -> String {
        format!("{}/v1/reports/{period}", self.0)
    }
}

impl Headline {
    /// Of the province's `row` for the days from `first` to `last`.
    pub fn of((first, last): (Date, Date), row: &KpiRow, link: String) -> Self {
        let on_time_share = share(row.early + row.on_time, row.resolved);
        Self {
            first,
            last,
            received: row.received,
            resolved: row.resolved,
            on_time_share,
            overdue: row.overdue,
            unreceived: row.waiting_late,
            link,
        }
    }
}
