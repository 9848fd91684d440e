//! Judging an event without a dossier, a number or a receipt: for sources that test, and for files
//! on a developer's machine.

use domain::catalogue::Catalogue;
use domain::delivery::{Delivery, Pace, SystemId};
use domain::dossier::{Dossier, Standing};
use domain::feedback::{Feedback, FeedbackContent};
use domain::id::{AgencyCode, CommandId, DossierCode};
use jiff::Timestamp;
use jiff::civil::Date;
use platform::Failure;
use platform::port::{
    Admission, Advance, DeliveryLedger, DossierStore, FeedbackIntake, Intake, PostBook, Stored,
};
use platform::record::{FeedbackReceipt, SubmissionReceipt};

use crate::apply::ingest;

/// Judges an event as of `now`, and does nothing. A move is judged without its dossier: by its form
/// alone.
pub async fn judge(message: &str, catalogue: &Catalogue, now: Timestamp) -> Result<(), Failure> {
    let judged = ingest(message, &Nowhere, &Nowhere, catalogue, now).await;
    if let Err(Failure::DossierNotFound) = judged { Ok(()) } else { judged }
}

/// Where nothing is, and what is stored is gone.
pub(crate) struct Nowhere;

impl DossierStore for Nowhere {
    async fn dossier(&self, _: &DossierCode) -> Result<Option<Dossier>, Failure> {
        Ok(None)
    }

    async fn advance(&self, _: &Dossier) -> Result<Advance, Failure> {
        Ok(Advance::Stored)
    }

    async fn assign(&self, _: &Dossier) -> Result<Stored, Failure> {
        Ok(Stored::Yes)
    }
}

impl PostBook for Nowhere {
    async fn keep_post(&self, _: &Dossier) -> Result<Stored, Failure> {
        Ok(Stored::Yes)
    }
}

impl DeliveryLedger for Nowhere {
    async fn line(&self, _: &DossierCode, _: &SystemId) -> Result<Option<Delivery>, Failure> {
        Ok(None)
    }

    async fn keep(&self, _: &Delivery) -> Result<Stored, Failure> {
        Ok(Stored::Yes)
    }

    async fn pace(&self, _: &SystemId) -> Result<Pace, Failure> {
        Ok(Pace::default())
    }

    async fn keep_pace(&self, _: &SystemId, _: &Pace) -> Result<Stored, Failure> {
        Ok(Stored::Yes)
    }
}

impl FeedbackIntake for Nowhere {
    async fn receipt(
        &self,
        _: &CommandId,
        _: Timestamp,
    ) -> Result<Option<FeedbackReceipt>, Failure> {
        Ok(None)
    }

    async fn next(&self, _: &AgencyCode, _: Date) -> Result<u32, Failure> {
        Ok(1)
    }

    async fn admit(
        &self,
        _: &(Feedback, FeedbackContent),
        _: &CommandId,
        _: &FeedbackReceipt,
    ) -> Result<Admission, Failure> {
        Ok(Admission::Admitted)
    }
}

impl Intake for Nowhere {
    async fn receipt(&self, _: &CommandId) -> Result<Option<SubmissionReceipt>, Failure> {
        Ok(None)
    }

    async fn next_sequence(&self, _: &AgencyCode, _: Date, _: u32) -> Result<u32, Failure> {
        Ok(1)
    }

    async fn wait(
        &self,
        _: &DossierCode,
        _: &CommandId,
        _: (Standing, Timestamp),
        _: Timestamp,
    ) -> Result<bool, Failure> {
        Ok(false)
    }

    async fn waited(&self, _: &DossierCode, _: &CommandId) -> Result<(), Failure> {
        Ok(())
    }

    async fn admit(
        &self,
        _: &Dossier,
        _: &CommandId,
        _: &SubmissionReceipt,
    ) -> Result<Admission, Failure> {
        Ok(Admission::Admitted)
    }
}
