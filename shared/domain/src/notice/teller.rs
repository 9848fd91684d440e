//! Who tells an applicant of a change: we, or the system by which their dossier came in. What the
//! province agrees with the national portal, as data: nobody is told twice, nobody is left out.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::delivery::SystemId;
use crate::dossier::{HistoryEntry, Role};
use crate::procedure::Channel;

/// The longest that a system may take to have a change before we tell of it, in minutes: a day.
const WITHIN_MINUTES_MAX: u32 = 1_440;

/// Who tells the applicants of some dossiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Tells {
    /// We do, and nobody else.
    Us,
    /// The system does, once it has acknowledged the change. If it has not in time, we do.
    Them,
    /// Both do: the system's message does not reach everybody.
    Both,
}

/// Who tells the applicants of dossiers that came in one way. What is left out in the way matches
/// everything.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TellerRule {
    /// The channel by which the dossier was handed in.
    #[serde(default)]
    channel: Option<Channel>,
    /// The `source` of the integrator that handed it in; without it, also those that none did.
    #[serde(default)]
    source: Option<String>,
    /// Who tells these applicants.
    tells: Tells,
    /// The system of `systems.json` that tells, or tells too.
    #[serde(default)]
    system: Option<SystemId>,
    /// Minutes within which that system has to acknowledge a change before we tell of it.
    #[serde(default = "four_hours")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1_440)))]
    within_minutes: u32,
}

/// The default of [`TellerRule`], in minutes.
fn four_hours() -> u32 {
    240
}

/// What is to be done about a change of which another system may tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Teller {
    /// We tell of it.
    Us,
    /// The other system has it and tells of it.
    Them,
    /// The other system may still get it: to be asked again at this time, at the latest when its
    /// time is over.
    Undecided {
        /// The time of the next look.
        until: Timestamp,
    },
}

/// The pause between two looks at whether the other system has a change.
const LOOKED_AT_EVERY: SignedDuration = SignedDuration::from_mins(10);

impl TellerRule {
    /// Whether it is about dossiers that came in by `channel` with this first entry of a history.
    pub fn covers(&self, channel: Channel, first: Option<&HistoryEntry>) -> bool {
        let by = first.map(|entry| &entry.by);
        let came_from = by.filter(|by| by.role == Role::Integrator).map(|by| by.id.as_str());
        self.channel.is_none_or(|own| own == channel)
            && self.source.as_deref().is_none_or(|source| came_from == Some(source))
    }

    /// The system that tells in our place; none where we tell in any case.
    pub fn system_in_our_place(&self) -> Option<&SystemId> {
        match self.tells {
            Tells::Them => self.system.as_ref(),
            Tells::Us | Tells::Both => None,
        }
    }

    /// The system that tells whatever it has, in our place or beside us; none where we alone tell.
    pub fn telling_system(&self) -> Option<&SystemId> {
        match self.tells {
            Tells::Them | Tells::Both => self.system.as_ref(),
            Tells::Us => None,
        }
    }

    /// Who tells of the change of `version`, made at `changed_at`, where the system has
    /// acknowledged the versions up to `acknowledged`.
    pub fn teller(
        &self,
        (version, changed_at): (u64, Timestamp),
        acknowledged: u64,
        now: Timestamp,
    ) -> Teller {
        if acknowledged >= version {
            return Teller::Them;
        }
        let within = SignedDuration::from_mins(i64::from(self.within_minutes));
        let latest = changed_at.saturating_add(within).unwrap_or(now);
        if latest <= now {
            return Teller::Us;
        }
        let soon = now.saturating_add(LOOKED_AT_EVERY).unwrap_or(latest);
        Teller::Undecided { until: soon.min(latest) }
    }

    /// The system that tells, or tells too.
    pub(super) fn system(&self) -> Option<&SystemId> {
        self.system.as_ref()
    }

    /// What is wrong with it: the field, and one sentence.
    pub(super) fn flaws(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        match self.tells {
            Tells::Us if self.system.is_some() => {
                found.push(("system", "is named, and does not tell".to_owned()));
            }
            Tells::Them | Tells::Both if self.system.is_none() => {
                found.push(("system", "that tells has to be named".to_owned()));
            }
            Tells::Us | Tells::Them | Tells::Both => {}
        }
        if !(1..=WITHIN_MINUTES_MAX).contains(&self.within_minutes) {
            found.push(("withinMinutes", format!("must be 1 to {WITHIN_MINUTES_MAX}")));
        }
        found
    }
}
