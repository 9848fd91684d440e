//! Corrections (đính chính): what was written down wrong about the applicant is set right, or the
//! result is wanted at another place. Status, clock and documents stay.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Action, Actor, Command, Dossier, DossierState, HistoryEntry, Refusal};
use crate::applicant::Applicant;
use crate::post::{ResultTo, ResultWish};
use crate::{RuleName, Violation};

/// What a command sets right: at least one of the two.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Correction {
    /// The applicant as they are, whole; none where nothing of them was wrong.
    pub applicant: Option<Applicant>,
    /// Where the result is wanted from now on; none where that stays.
    pub result_to: Option<ResultWish>,
}

/// It says who somebody is, and where they live.
impl fmt::Debug for Correction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Correction(***)")
    }
}

impl Correction {
    /// Whether it says anything.
    fn is_empty(&self) -> bool {
        self.applicant.is_none() && self.result_to.is_none()
    }

    /// What holds once it is carried out where `before` held. Fails where it wants the result by post
    /// and nobody has a telephone.
    fn applied_to(&self, before: Particulars<'_>) -> Result<Righted, Violation> {
        let applicant = self.applicant.as_ref().unwrap_or(before.applicant);
        let to = match &self.result_to {
            Some(ResultWish::ByPost(wish)) => Some(wish.of(applicant)?),
            Some(ResultWish::NotByPost) => None,
            None => before.result_to.map(|to| to.following(before.applicant, applicant)),
        };
        Ok((applicant.clone(), to))
    }
}

/// The applicant as a correction sets them right, and where the result is wanted then.
pub(super) type Righted = (Applicant, Option<ResultTo>);

/// What a correction replaced: the applicant and where the result was wanted until then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Replaced {
    /// The version of the dossier with which the correction came.
    pub version: u64,
    /// The applicant as they had been written down.
    pub applicant: Applicant,
    /// Where the result was wanted by post; none where it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_to: Option<ResultTo>,
}

/// The most bytes that the attributes of an applicant take in the store besides their texts.
const APPLICANT_BYTES: usize = 160;

impl Replaced {
    /// The most bytes that it takes in the store.
    pub(super) fn stored_bytes(&self) -> usize {
        let Self { version: _, applicant, result_to } = self;
        let email = applicant.email.as_ref().map_or(0, |email| email.reveal().len());
        let phone = applicant.phone.as_ref().map_or(0, |phone| phone.reveal().len());
        let texts =
            applicant.full_name.reveal().len() + applicant.id_number.reveal().len() + phone + email;
        APPLICANT_BYTES + texts + result_to.as_ref().map_or(0, ResultTo::stored_bytes)
    }
}

/// What a correction can set right, as it holds at one version.
#[derive(Clone, Copy)]
struct Particulars<'a> {
    applicant: &'a Applicant,
    result_to: Option<&'a ResultTo>,
}

impl Command {
    /// That nothing but a correction sets anything right, and that it says what.
    pub(super) fn check_correction(&self) -> Vec<Violation> {
        let Correction { applicant, result_to } = &self.correction;
        if self.action == Action::Correct {
            let detail =
                "a correction says what is right: the applicant, where the result goes, or both";
            let owed = Violation::new("applicant", RuleName::CorrectionOwed, detail);
            return if self.correction.is_empty() { vec![owed] } else { Vec::new() };
        }
        let given = [("applicant", applicant.is_some()), ("resultTo", result_to.is_some())];
        let only = |field: &str| {
            Violation::new(field, RuleName::CorrectOnly, "only a correction sets this right")
        };
        given.into_iter().filter(|(_, given)| *given).map(|(field, _)| only(field)).collect()
    }

    /// Whether `entry` of `dossier` set right what this command does.
    pub(super) fn has_the_correction_of(&self, entry: &HistoryEntry, dossier: &Dossier) -> bool {
        if entry.action != Action::Correct {
            return self.correction.is_empty();
        }
        let (before, after) = (
            dossier.particulars_at(entry.version.saturating_sub(1)),
            dossier.particulars_at(entry.version),
        );
        before.zip(after).is_some_and(|(before, after)| {
            self.correction.applied_to(before).is_ok_and(|(applicant, to)| {
                applicant == *after.applicant && to.as_ref() == after.result_to
            })
        })
    }
}

impl Dossier {
    /// The applicant as they were written down at `version`; none where the content is gone.
    pub fn applicant_at(&self, version: u64) -> Option<&Applicant> {
        self.particulars_at(version).map(|particulars| particulars.applicant)
    }

    fn particulars_at(&self, version: u64) -> Option<Particulars<'_>> {
        let later = self.corrected.iter().find(|replaced| replaced.version > version);
        match later {
            Some(Replaced { version: _, applicant, result_to }) => {
                Some(Particulars { applicant, result_to: result_to.as_ref() })
            }
            None => self.particulars(),
        }
    }

    fn particulars(&self) -> Option<Particulars<'_>> {
        let applicant = self.applicant.as_ref()?;
        Some(Particulars { applicant, result_to: self.result_to.as_ref() })
    }

    /// What holds once the correction of `command` is carried out; none of another command. Refuses a
    /// correction that changes nothing, one by the applicant's side of who they are, one that
    /// takes a telephone away that is owed, and another wish for a result that is there: it may be on
    /// its way.
    pub(super) fn righted(
        &self,
        command: &Command,
        by: &Actor,
    ) -> Result<Option<Righted>, Refusal> {
        let Some(before) = self.particulars().filter(|_| command.action == Action::Correct) else {
            return Ok(None);
        };
        let righted = command.correction.applied_to(before).map_err(Refusal::invalid)?;
        let (applicant, to) = &righted;
        let mut found = self.without_phone(before, applicant, &command.correction, by);
        if by.is_for_applicants() {
            let was = before.applicant;
            let same = [
                ("applicant.kind", applicant.kind == was.kind),
                ("applicant.fullName", applicant.full_name == was.full_name),
                ("applicant.idNumber", applicant.id_number == was.id_number),
            ];
            let detail = "an officer sets this right, who has seen the document";
            let theirs = same.into_iter().filter(|(_, same)| !same);
            found.extend(
                theirs.map(|(field, _)| Violation::new(field, RuleName::OfficerCorrects, detail)),
            );
        }
        if command.correction.result_to.is_some() && self.status.is_closed() {
            let detail =
                "the result is there, and may be on its way: the agency or the post is asked";
            found.push(Violation::new("resultTo", RuleName::ResultIsThere, detail));
        }
        if (applicant, to.as_ref()) == (before.applicant, before.result_to) {
            let field =
                if command.correction.applicant.is_some() { "applicant" } else { "resultTo" };
            found.push(Violation::new(field, RuleName::NothingChanges, "is what the dossier has"));
        }
        if found.is_empty() { Ok(Some(righted)) } else { Err(Refusal::Invalid(found)) }
    }

    /// What is wrong where `correction` takes the telephone away that was there `before`: by whom that
    /// may not be done, or because the post is still to call that number.
    fn without_phone(
        &self,
        before: Particulars<'_>,
        applicant: &Applicant,
        correction: &Correction,
        by: &Actor,
    ) -> Vec<Violation> {
        let taken = before.applicant.phone.as_ref().filter(|_| applicant.phone.is_none());
        let Some(taken) = taken else { return Vec::new() };
        let owed = !by.may_do_without_phone(self.channel);
        let goes_on = correction.result_to.is_none() && !self.status.is_closed();
        let calls = before.result_to.is_some_and(|to| to.phone == *taken);
        let fields = [("applicant.phone", owed), ("resultTo.phone", goes_on && calls)];
        let owed = fields.into_iter().filter(|(_, owed)| *owed);
        owed.map(|(field, _)| Violation::required(field)).collect()
    }
}

impl Actor {
    /// Whether they act for an applicant, and not for an agency.
    fn is_for_applicants(&self) -> bool {
        match self {
            Self::Portal { .. } | Self::Citizen { .. } | Self::Proven { .. } => true,
            Self::Officer { .. } | Self::Integrator { .. } | Self::System { .. } => false,
        }
    }
}

impl DossierState {
    /// Has `righted` hold from now on, and keeps what it replaces beside it.
    pub(super) fn correct(&mut self, righted: Option<Righted>) {
        let Some((applicant, to)) = righted else { return };
        let Some(was) = self.applicant.replace(applicant) else { return };
        let result_to = std::mem::replace(&mut self.result_to, to);
        self.corrected.push(Replaced { version: self.version, applicant: was, result_to });
    }
}
