//! What a leader is told in one line: figures of the province and where the whole report is.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The longest link to a report, in characters. With the longest name of a period it leaves a text
/// of two parts room for its words.
pub const LINK_CHARACTERS_MAX: usize = 98;

/// A report's headline. It is stored as sent: later corrections of the figures do not change it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Headline {
    /// The first day that was counted.
    pub first: Date,
    /// The last: the figures are as of its end.
    pub last: Date,
    /// Dossiers received in the period.
    pub received: u64,
    /// Dossiers settled in the period.
    pub resolved: u64,
    /// Settled early or on time, of these, in hundredths of a percent; none where nothing was
    /// settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_time_share: Option<u64>,
    /// Past their due date at the end.
    pub overdue: u64,
    /// Waiting at the end for a receipt that is late; 0 in headlines of before it was counted.
    #[serde(default)]
    pub unreceived: u64,
    /// The address of the whole report.
    pub link: String,
}
