//! Who told the applicant of a change: we, the system by which the dossier came in, both, or nobody.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{NoticeReason, NoticeRecord, NoticeState, NoticeThread};

/// The word for a change that no thread has looked at yet.
const NOT_LOOKED_AT: &str = "not-looked-at";

/// The word for every code of a gateway: they are many, and the operators' list has each.
const GATEWAY: &str = "gateway";

/// Who told the applicant of one change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// We did, and nobody else.
    Us,
    /// The system did by which the dossier came in.
    Them,
    /// Both told of the same change.
    Both,
    /// A gateway may have had our message, and nobody will know.
    Unsure,
    /// Nobody did so far, for this reason.
    Nobody(String),
}

impl Told {
    /// Nobody did, since no thread has looked at the change yet.
    pub fn by_nobody_yet() -> Self {
        Self::Nobody(NOT_LOOKED_AT.to_owned())
    }
}

/// How many changes were told by whom. Each change counts once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ToldCount {
    /// Told by us alone.
    pub us: u64,
    /// Told by another system alone, the national portal among them.
    pub them: u64,
    /// Told by both, us and the system.
    pub both: u64,
    /// Of which it is not known whether our message arrived, and which no other system tells.
    pub unsure: u64,
    /// Told by nobody so far, by the reason.
    pub nobody: BTreeMap<String, u64>,
}

impl ToldCount {
    /// Counts one change, once.
    pub fn count(&mut self, told: Told) {
        let place = match told {
            Told::Us => &mut self.us,
            Told::Them => &mut self.them,
            Told::Both => &mut self.both,
            Told::Unsure => &mut self.unsure,
            Told::Nobody(why) => self.nobody.entry(why).or_default(),
        };
        *place += 1;
    }

    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: &Self) {
        self.us += other.us;
        self.them += other.them;
        self.both += other.both;
        self.unsure += other.unsure;
        for (why, count) in &other.nobody {
            *self.nobody.entry(why.clone()).or_default() += count;
        }
    }

    /// How many changes nobody told, whatever the reason.
    pub fn untold(&self) -> u64 {
        self.nobody.values().sum()
    }

    /// All changes that were counted.
    pub fn changes(&self) -> u64 {
        self.us + self.them + self.both + self.unsure + self.untold()
    }
}

impl NoticeThread {
    /// Who told of the change of `version`, where `theirs` says whether a system that tells has it;
    /// none where no notice is about it.
    pub fn told(&self, version: u64, theirs: bool) -> Option<Told> {
        let said = self.said_by(self.notice(version)?);
        Some(match &said.state {
            NoticeState::Sent { .. } | NoticeState::Delivered if theirs => Told::Both,
            NoticeState::Sent { .. } | NoticeState::Delivered => Told::Us,
            NoticeState::ToldElsewhere => Told::Them,
            NoticeState::Unknown { .. }
            | NoticeState::Waiting { .. }
            | NoticeState::Leased { .. }
            | NoticeState::Held { .. }
            | NoticeState::Refused
            | NoticeState::Expired
            | NoticeState::Merged { .. }
                if theirs =>
            {
                Told::Them
            }
            NoticeState::Unknown { .. } => Told::Unsure,
            NoticeState::Waiting { .. }
            | NoticeState::Leased { .. }
            | NoticeState::Held { .. }
            | NoticeState::Refused
            | NoticeState::Expired
            | NoticeState::Merged { .. } => Told::Nobody(why(said).to_owned()),
        })
    }

    /// The notice that says what `notice` would have: the one into which it was merged at last.
    fn said_by<'a>(&'a self, notice: &'a NoticeRecord) -> &'a NoticeRecord {
        let mut said = notice;
        for _ in &self.notices {
            let NoticeState::Merged { into } = said.state else { break };
            let Some(later) = self.notice(into) else { break };
            said = later;
        }
        said
    }
}

/// Why nobody was told by `notice`, in one word of ours.
fn why(notice: &NoticeRecord) -> &str {
    match &notice.reason {
        Some(NoticeReason::Code(_)) => GATEWAY,
        Some(reason) => reason.name(),
        None => notice.state.name(),
    }
}
