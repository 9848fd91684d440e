//! How much feedback was answered, and how much of it by its day: counted in the write that stores a
//! first answer (ADR 102).

use std::collections::BTreeMap;

use domain::calendar::date_of;
use domain::feedback::{Feedback, FeedbackAction};
use domain::id::AgencyCode;
use jiff::ToSpan;
use jiff::civil::Date;

use super::super::{down, text};
use super::FeedbackTable;
use crate::Failure;

/// How much feedback an agency answered for the first time on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandledFeedback {
    /// The agency that answered.
    pub agency: AgencyCode,
    /// The day in Viet Nam.
    pub day: Date,
    /// Answers that came by their day.
    pub in_time: u64,
    /// Answers that came after it.
    pub late: u64,
}

/// The key of the counts of a month: no code begins like it.
fn handled_key(day: Date) -> String {
    format!("handled#{}", day.strftime("%Y-%m"))
}

/// The count that a first answer raises, in the month of its day; none of every other move.
pub(super) fn counted(feedback: &Feedback) -> Option<(String, String)> {
    let last = feedback.history.last()?;
    if last.action != Some(FeedbackAction::Answer) || feedback.reopened > 0 {
        return None;
    }
    let (agency, day) = (feedback.agency.as_ref()?, date_of(last.at));
    let word = if feedback.answered_in_time()? { IN_TIME } else { LATE };
    Some((handled_key(day), format!("{agency}#{day}#{word}")))
}

const IN_TIME: &str = "in-time";
const LATE: &str = "late";

impl FeedbackTable {
    /// How much each agency answered for the first time on each day from `first` to `last`, as it was
    /// counted with each answer.
    pub async fn handled(&self, first: Date, last: Date) -> Result<Vec<HandledFeedback>, Failure> {
        let mut found: BTreeMap<(AgencyCode, Date), (u64, u64)> = BTreeMap::new();
        let mut month = first.first_of_month();
        while month <= last {
            let get = self.client.get_item().table_name(&self.table);
            let got = get.key("code", text(handled_key(month))).consistent_read(true);
            let counts = got.send().await.map_err(down)?.item.unwrap_or_default();
            for (name, count) in counts.iter().filter(|(name, _)| *name != "code") {
                let unreadable = || Failure::Defect("a count of feedback does not read".to_owned());
                let mut parts = name.split('#');
                let agency = parts.next().and_then(|code| code.parse().ok());
                let day = parts.next().and_then(|day| day.parse::<Date>().ok());
                let count = count.as_n().ok().and_then(|count| count.parse::<u64>().ok());
                let (Some(agency), Some(day), Some(count)) = (agency, day, count) else {
                    return Err(unreadable());
                };
                if !(first..=last).contains(&day) {
                    continue;
                }
                let sums = found.entry((agency, day)).or_default();
                match parts.next() {
                    Some(IN_TIME) => sums.0 += count,
                    Some(LATE) => sums.1 += count,
                    Some(_) | None => return Err(unreadable()),
                }
            }
            let Ok(next) = month.checked_add(1.month()) else { break };
            month = next;
        }
        let each = found.into_iter();
        Ok(each
            .map(|((agency, day), (in_time, late))| HandledFeedback { agency, day, in_time, late })
            .collect())
    }
}
