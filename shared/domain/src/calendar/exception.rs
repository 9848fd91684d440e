//! What one agency does otherwise than all: its own days off, worked days and hours.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Deserialize;

use super::{Calendar, DayKind, OfficeHours, each_once};
use crate::id::AgencyCode;
use crate::{RuleName, Violation};

/// What one agency does otherwise than all.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Exception {
    agency: AgencyCode,
    /// Its days off on which the others work.
    #[serde(default, deserialize_with = "each_once")]
    off: BTreeSet<Date>,
    /// The days that it works while the others are off.
    #[serde(default, deserialize_with = "each_once")]
    worked: BTreeSet<Date>,
    /// Its office hours, instead of the common ones.
    #[serde(default)]
    hours: Vec<OfficeHours>,
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    reason: String,
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    source: String,
}

impl Calendar {
    /// The complete calendar of each agency with exceptions, and the exceptions that break a rule:
    /// a day off that is none, a worked day that is one anyway, a day that is both, a day in a year
    /// without a calendar, invalid hours.
    pub(crate) fn of_agencies(&self) -> (BTreeMap<AgencyCode, Self>, Vec<Violation>) {
        let (mut calendars, mut found) = (BTreeMap::new(), Vec::new());
        let mut own_hours: BTreeMap<&AgencyCode, (Vec<String>, Vec<OfficeHours>)> = BTreeMap::new();
        for (place, exception) in self.exceptions.iter().enumerate() {
            let mut check = |field: &str, rule: RuleName, broken: bool, detail: String| {
                if broken {
                    let detail = format!("{}: {detail}", exception.agency);
                    found.push(Violation::new(
                        format!("exceptions[{place}].{field}"),
                        rule,
                        detail,
                    ));
                }
            };
            check(
                "reason",
                RuleName::Reason,
                exception.reason.trim().is_empty(),
                "needs a reason".to_owned(),
            );
            check(
                "source",
                RuleName::Source,
                exception.source.trim().is_empty(),
                "needs a source".to_owned(),
            );
            // Two entries of one agency add up, in whatever order they stand.
            let own = calendars
                .entry(exception.agency.clone())
                .or_insert_with(|| Self { exceptions: Vec::new(), ..self.clone() });
            for (list, days, becomes_working) in
                [("off", &exception.off, false), ("worked", &exception.worked, true)]
            {
                for day in days {
                    let at = &format!("{list}[\"{day}\"]");
                    let common = self.kind(*day).map(DayKind::is_working);
                    check(
                        at,
                        RuleName::KnownYear,
                        common.is_err(),
                        format!("{day} lies in a year without a calendar"),
                    );
                    let (rule, detail) = if becomes_working {
                        (RuleName::WorkedDayOff, "is worked by everybody")
                    } else {
                        (RuleName::OffWorkingDay, "is a day off of everybody's")
                    };
                    check(at, rule, common == Ok(becomes_working), format!("{day} {detail}"));
                    check(
                        at,
                        RuleName::OffOrWorked,
                        becomes_working && exception.off.contains(day),
                        format!("{day} is both off and worked"),
                    );
                    if let Some(year) = own.years.get_mut(&day.year()) {
                        let (into, out_of) = if becomes_working {
                            (&mut year.worked, &mut year.off)
                        } else {
                            (&mut year.off, &mut year.worked)
                        };
                        into.insert(*day);
                        out_of.remove(day);
                    }
                }
            }
            if !exception.hours.is_empty() {
                let (places, hours) = own_hours.entry(&exception.agency).or_default();
                places.extend(
                    (0..exception.hours.len())
                        .map(|nth| format!("exceptions[{place}].hours[{nth}]")),
                );
                hours.extend(exception.hours.iter().cloned());
            }
        }
        for (agency, (places, hours)) in own_hours {
            if let Some(own) = calendars.get_mut(agency) {
                own.hours = hours;
                found.extend(own.hours_violations("exceptions", &places));
            }
        }
        (calendars, found)
    }

    /// The agencies with exceptions, each with its position in the list.
    pub(crate) fn agencies_of_exceptions(&self) -> Vec<(usize, AgencyCode)> {
        self.exceptions.iter().map(|exception| exception.agency.clone()).enumerate().collect()
    }
}
