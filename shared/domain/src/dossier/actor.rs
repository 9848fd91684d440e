//! Who acts on a dossier, and whether the table of moves lets them.

use serde::{Deserialize, Serialize};

use super::{Action, AlsoBy, By, Dossier, HistoryEntry, Rule};
use crate::agency::{Matter, Remit};
use crate::applicant::IdNumber;
use crate::id::{AgencyCode, DossierCode};
use crate::procedure::Channel;

/// Longest account, in characters. OpenID Connect allows 255 (Core §2), of which issuers use some
/// 40; each entry of a history keeps one, and a history has to fit its item.
pub const ACCOUNT_CHARACTERS_MAX: usize = 128;

/// Who acts, as established by the door through which the command came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// An officer, in the name of an agency.
    Officer {
        /// The officer's account (`sub` of the token).
        id: String,
        /// The agency that the account belongs to.
        agency: AgencyCode,
        /// Agencies that have ended and that this one carries on for, with all of their dossiers or
        /// a part.
        predecessors: Vec<Remit>,
        /// Whether the account also takes dossiers in.
        duty: Duty,
    },
    /// A line-of-business system, in the name of one or more agencies.
    Integrator {
        /// The `source` of the integrator's events.
        id: String,
        /// The agencies it acts for, with those that they carry on for.
        agencies: Vec<Remit>,
    },
    /// The portal, on an applicant's behalf.
    Portal {
        /// The portal's account (`sub` of the token).
        id: String,
    },
    /// An applicant who signed in.
    Citizen {
        /// The citizen's account, which is no identity number.
        id: String,
        /// The identity number that the sign-in proved.
        id_number: IdNumber,
    },
    /// Who proved by a one-time code that the telephone of one dossier's applicant is theirs. They
    /// act for that applicant in this dossier alone: read, and hand in what was asked for.
    Proven {
        /// The account under which the history has them.
        id: String,
        /// The one dossier that they have proved to be theirs.
        code: DossierCode,
    },
    /// A schedule of ours. No token and no event gives this actor.
    System {
        /// The function that the schedule wakes.
        id: String,
    },
}

/// What an officer's account is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    /// Working on the dossiers of the agency.
    Desk,
    /// That, and taking dossiers in from applicants who come or write (bộ phận một cửa).
    Counter,
}

impl Actor {
    /// What a history keeps of the actor.
    pub fn signature(&self) -> Signature {
        let (role, id, agency) = match self {
            Self::Officer { id, agency, .. } => (Role::Officer, id, Some(agency.clone())),
            Self::Integrator { id, .. } => (Role::Integrator, id, None),
            Self::Portal { id } => (Role::Portal, id, None),
            Self::Citizen { id, .. } | Self::Proven { id, .. } => (Role::Citizen, id, None),
            Self::System { id } => (Role::System, id, None),
        };
        Signature { role, id: id.clone(), agency }
    }

    /// Whether the actor speaks for the agency in such a matter.
    pub fn speaks_for(&self, agency: &AgencyCode, matter: Matter<'_>) -> bool {
        let covered = |remits: &[Remit]| remits.iter().any(|remit| remit.covers(agency, matter));
        match self {
            Self::Officer { agency: own, predecessors, .. } => {
                own == agency || covered(predecessors)
            }
            Self::Integrator { agencies, .. } => covered(agencies),
            Self::Portal { .. }
            | Self::Citizen { .. }
            | Self::Proven { .. }
            | Self::System { .. } => false,
        }
    }

    /// Whether an applicant may be left without a telephone by the actor, in a dossier that came by
    /// `channel`. An officer has the applicant or their letter before them, as an integrator's has
    /// at a counter, and may see that a number is a stranger's; who applies on-line is told by
    /// telephone alone.
    pub fn may_do_without_phone(&self, channel: Channel) -> bool {
        match self {
            Self::Officer { .. } => true,
            Self::Integrator { .. } => channel.is_brought(),
            Self::Portal { .. }
            | Self::Citizen { .. }
            | Self::Proven { .. }
            | Self::System { .. } => false,
        }
    }

    /// Whether the actor handed `dossier` in, or is the portal, which acts for all applicants.
    pub fn is_on_applicants_side(&self, dossier: &Dossier) -> bool {
        match self {
            Self::Portal { .. } => true,
            Self::Citizen { id_number, .. } => {
                dossier.applicant.as_ref().is_some_and(|own| own.id_number == *id_number)
            }
            // Of a dossier whose content is gone there is no applicant any more to be.
            Self::Proven { code, .. } => *code == dossier.code && dossier.applicant.is_some(),
            Self::Officer { .. } | Self::Integrator { .. } | Self::System { .. } => false,
        }
    }

    /// Whether the actor speaks for an agency that takes part: the owner, the handler or a former
    /// handler.
    pub fn takes_part(&self, dossier: &Dossier) -> bool {
        self.speaks_for(&dossier.agency, dossier.matter())
            || dossier.handlers().any(|handler| self.speaks_for(handler, dossier.matter()))
    }

    /// Whether the actor may read the dossier's history.
    pub fn may_read(&self, dossier: &Dossier) -> bool {
        self.takes_part(dossier) || self.is_on_applicants_side(dossier)
    }

    /// Whether the actor may read the note of `entry`. Every actor that may act may leave a note. A
    /// note by an agency or the system is for the agencies that take part. A note by the applicant,
    /// or by the portal for them, is for these agencies and for the applicant's side, so that its
    /// author can always read it.
    pub fn may_read_note(&self, entry: &HistoryEntry, dossier: &Dossier) -> bool {
        let theirs = entry.by.note_readers() == NoteReaders::AgenciesAndApplicant;
        self.takes_part(dossier) || (theirs && self.is_on_applicants_side(dossier))
    }

    /// Whether the actor may do it now.
    pub(super) fn may(&self, rule: &Rule, dossier: &Dossier) -> bool {
        self.may_with(rule, dossier, dossier.handler.as_ref())
    }

    /// Whether the actor may do it now, or might while the dossier was forwarded: who handed a
    /// dossier back may ask again how that ended.
    pub fn may_have(&self, rule: &Rule, dossier: &Dossier) -> bool {
        self.may(rule, dossier)
            || dossier.handlers().any(|handler| self.may_with(rule, dossier, Some(handler)))
    }

    /// As what the actor would do it.
    pub fn standing(&self, action: Action, dossier: &Dossier) -> Standing {
        let Some(rule) = action.rule() else {
            return Standing::Nobody;
        };
        if self.may_have(rule, dossier) {
            let handles =
                dossier.handlers().any(|handler| self.speaks_for(handler, dossier.matter()))
                    && !self.speaks_for(&dossier.agency, dossier.matter());
            return if handles { Standing::Handler } else { Standing::Owner };
        }
        let as_handler = match rule.by {
            By::Either | By::Handler => true,
            By::Owner | By::Nobody => false,
        };
        let speaks_for_some = match self {
            Self::Officer { .. } | Self::Integrator { .. } => true,
            Self::Portal { .. }
            | Self::Citizen { .. }
            | Self::Proven { .. }
            | Self::System { .. } => false,
        };
        if as_handler && speaks_for_some && !self.takes_part(dossier) && !dossier.status.is_closed()
        {
            return Standing::MayBeForwardedTo;
        }
        Standing::Nobody
    }

    /// Whether the actor may do what applicants may: whoever has proved a telephone alone hands in
    /// what was asked for, and does not withdraw.
    fn may_apply(&self, action: Action) -> bool {
        match self {
            Self::Proven { .. } => action == Action::Supplement,
            Self::Citizen { .. }
            | Self::Portal { .. }
            | Self::Officer { .. }
            | Self::Integrator { .. }
            | Self::System { .. } => true,
        }
    }

    fn may_with(&self, rule: &Rule, dossier: &Dossier, handler: Option<&AgencyCode>) -> bool {
        let as_owner = self.speaks_for(&dossier.agency, dossier.matter());
        let as_handler = handler.is_some_and(|handler| self.speaks_for(handler, dossier.matter()));
        let in_office = match rule.by {
            By::Owner => as_owner,
            By::Either => as_owner || as_handler,
            By::Handler => as_handler,
            By::Nobody => false,
        };
        in_office
            || match rule.also_by {
                AlsoBy::Nobody => false,
                AlsoBy::Portal => matches!(self, Self::Portal { .. }),
                AlsoBy::Applicant => {
                    self.is_on_applicants_side(dossier) && self.may_apply(rule.action)
                }
                AlsoBy::System => matches!(self, Self::System { .. }),
            }
    }
}

/// As what somebody would act on a dossier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// They act for its owner, or for the applicant.
    Owner,
    /// They act for an agency that handles it or did.
    Handler,
    /// They might, once it is forwarded to them: nobody can tell yet.
    MayBeForwardedTo,
    /// Neither of these: they may do it at no time.
    Nobody,
}

/// As what somebody acted on a dossier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// An officer of an agency.
    Officer,
    /// A line-of-business system of an agency.
    Integrator,
    /// The portal, on an applicant's behalf.
    Portal,
    /// The applicant, signed in.
    Citizen,
    /// A schedule of ours.
    System,
    /// Who keeps the catalogue, and has content erased on order. No history has this role.
    Administrator,
}

impl Role {
    /// The word in stored histories and answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Officer => "officer",
            Self::Integrator => "integrator",
            Self::Portal => "portal",
            Self::Citizen => "citizen",
            Self::System => "system",
            Self::Administrator => "administrator",
        }
    }
}

/// Who did it, as a history keeps it: no personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// As what they acted.
    pub role: Role,
    /// The account (`sub`) or event `source`.
    pub id: String,
    /// The agency of the officer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<AgencyCode>,
}

/// The readers of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoteReaders {
    /// The agencies that work on the dossier or did.
    Agencies,
    /// These, and the applicant with the portal that acts for them.
    AgenciesAndApplicant,
}

impl Signature {
    /// The account with its role, in one word: accounts of two roles may have the same id.
    pub fn account(&self) -> String {
        format!("{}#{}", self.role.name(), self.id)
    }

    /// For whom a note is that was left under it.
    pub fn note_readers(&self) -> NoteReaders {
        match self.role {
            Role::Portal | Role::Citizen => NoteReaders::AgenciesAndApplicant,
            Role::Officer | Role::Integrator | Role::System | Role::Administrator => {
                NoteReaders::Agencies
            }
        }
    }
}
