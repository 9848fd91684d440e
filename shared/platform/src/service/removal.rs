//! Doing away with what was handed in: one way for what has expired and for what somebody orders.

use domain::dossier::{Dossier, GoneBy};
use domain::id::DossierCode;
use jiff::Timestamp;

use crate::Failure;
use crate::port::{DossierStore, Eraser, Removal, Stored};

/// The most attempts where other writers are faster: what is removed has ended, so that hardly
/// anybody writes.
const DECIDED_MAX: u32 = 3;

/// What became of the content of a dossier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removed {
    /// All of it is gone.
    Gone(Box<Dossier>),
    /// It is kept: `judge` saw no reason.
    Kept,
}

/// Does away with the content of `code` where `judge` says by what. The state comes first, so that
/// nobody sees a part of it; then objects, their rows and the content. A process that dies in between
/// leaves a dossier that is found again, and of which the rest goes then.
pub async fn remove(
    store: &impl DossierStore,
    (removals, eraser): (&impl Removal, &impl Eraser),
    code: &DossierCode,
    judge: impl Fn(&Dossier) -> Option<GoneBy> + Send,
    now: Timestamp,
) -> Result<Removed, Failure> {
    for _ in 0..DECIDED_MAX {
        let dossier = store.dossier(code).await?.ok_or(Failure::DossierNotFound)?;
        let gone = if dossier.content_gone.is_some() {
            dossier
        } else {
            let Some(by) = judge(&dossier) else { return Ok(Removed::Kept) };
            let next = dossier.without_content(by, now)?;
            match removals.forget(&next).await? {
                Stored::Yes => next,
                Stored::AnotherWasFirst => continue,
            }
        };
        for id in removals.uploads_of(code).await? {
            // The row last: an object without a row would be found by nobody.
            eraser.erase(&id).await?;
            removals.forget_upload(&id).await?;
        }
        removals.clear(code).await?;
        return Ok(Removed::Gone(Box::new(gone)));
    }
    Err(Failure::Held("the dossier"))
}
