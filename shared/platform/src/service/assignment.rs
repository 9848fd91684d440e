//! Putting a dossier into an officer's hands: decided and stored like a move, beside the history.

use domain::catalogue::Catalogue;
use domain::dossier::{Actor, Assign, Assigned, Assignment};
use domain::id::DossierCode;
use jiff::Timestamp;
use serde::Serialize;

use crate::Failure;
use crate::port::{DossierStore, Stored};
use crate::record::StepOfWork;

/// The most attempts where other writers are faster: only a move of the same version, which the
/// next look refuses, or one more assignment can be.
const DECIDED_MAX: u32 = 3;

/// The answer to an assignment: in whose hands the dossier is after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InHands {
    /// The code of the dossier.
    pub code: DossierCode,
    /// The version of the dossier, which an assignment leaves as it was.
    pub version: u64,
    /// The number of the assignment, from 1.
    pub assignment: u64,
    /// The account of the officer who holds the dossier; none where it was given back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// The step that the dossier is in, where its agency divides the work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<StepOfWork>,
    /// When it was made.
    pub at: Timestamp,
}

impl InHands {
    fn by(code: &DossierCode, made: &Assignment) -> Self {
        Self {
            code: code.clone(),
            version: made.version,
            assignment: made.number,
            holder: made.holder.clone(),
            step: made
                .step
                .as_ref()
                .map(|step| StepOfWork { code: step.code.clone(), due_at: step.due_at }),
            at: made.at,
        }
    }
}

/// Carries out `order` on the dossier `code`: reads, decides, and writes if no other writer was
/// faster; otherwise decides again.
pub async fn assign(
    store: &impl DossierStore,
    catalogue: &Catalogue,
    code: &DossierCode,
    order: Assign,
    by: &Actor,
    now: Timestamp,
) -> Result<InHands, Failure> {
    for _ in 0..DECIDED_MAX {
        let dossier = store.dossier(code).await?.ok_or(Failure::DossierNotFound)?;
        let steps = catalogue.procedure_of(&dossier).map_or(&[][..], |known| &known.steps);
        match dossier.assign(order.clone(), by, (catalogue.law(), steps), now)? {
            Assigned::Before(made) => return Ok(InHands::by(code, &made)),
            Assigned::Now(next) => {
                let made = next
                    .assignments
                    .last()
                    .ok_or_else(|| Failure::Defect("a list of assignments is empty".to_owned()))?;
                if store.assign(&next).await? == Stored::Yes {
                    return Ok(InHands::by(code, made));
                }
            }
        }
    }
    Err(Failure::Held("the dossier"))
}
