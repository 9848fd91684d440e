//! A mark of what a calendar has between two days, short enough to be kept beside each date.

use std::fmt::Write as _;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Calendar, next};

/// What a calendar had between two days: which of them were worked, in which hours, and from which
/// hour on a dossier is handed over on the next working day. Two marks are equal where nothing of
/// that differs.
///
/// It is stored. The text under it never changes: a test holds the mark of a known year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CalendarMark(String);

impl Calendar {
    /// The mark of the days from `from` to `to`, both included. How a receipt while offices are
    /// closed is read is a rule and no part of it, and neither is whether a year is decided.
    pub fn mark(&self, from: Date, to: Date) -> CalendarMark {
        let (mut hash, mut line, mut day) = (FNV_OFFSET, String::new(), from);
        while day <= to {
            line.clear();
            self.describe(day, &mut line);
            hash = line
                .bytes()
                .fold(hash, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME));
            if day == next(day) {
                break;
            }
            day = next(day);
        }
        CalendarMark(format!("{hash:016x}"))
    }

    /// One line of the text that is marked.
    fn describe(&self, day: Date, line: &mut String) {
        // Writing to a string cannot fail.
        let _ = match self.kind(day) {
            Err(_) => write!(line, "{day} ?"),
            Ok(kind) if !kind.is_working() => write!(line, "{day} -"),
            Ok(_) => write!(line, "{day} +"),
        };
        if let Some(hours) = self.hours_on(day) {
            for (open, close) in &hours.slots {
                let _ = write!(line, " {open}-{close}");
            }
            let _ = write!(line, " {}", hours.hand_over_cut_off);
        }
        line.push('\n');
    }
}

/// FNV-1a in 64 bits: it tells texts apart and keeps no secret.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;
