//! A dossier that is handed in, as clients write it.

use std::collections::BTreeSet;

use domain::Violation;
use domain::agency::WardCode;
use domain::applicant::{Applicant, IdNumber};
use domain::catalogue::Catalogue;
use domain::dossier::Actor;
use domain::eform::FormFields;
use domain::id::{AgencyCode, ProcedureCode};
use domain::post::ResultTo;
use domain::procedure::Channel;
use domain::submission::{
    Document, DocumentsKeptBy, KnownOfSubmission, Submission, amount_violations,
};
use domain::text;
use domain::upload::{Claimable, UploadId};
use jiff::civil::Date;
use serde::Deserialize;

use super::person::ApplicantBody;
use super::result_to::ResultToBody;
use super::{DocumentBody, DocumentsRead, kept, named_uploads, read_documents};
use crate::Failure;
use crate::form::{Faults, add_unnamed};

/// The body of `POST /v1/dossiers`, and the data of an integrator's submission less its code.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SubmissionBody {
    procedure: String,
    agency: String,
    channel: Channel,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ward: Option<String>,
    applicant: ApplicantBody,
    documents: Vec<DocumentBody>,
    #[serde(default)]
    form: Option<FormFields>,
    #[serde(default)]
    documents_with_sender: bool,
    #[serde(default)]
    result_to: Option<ResultToBody>,
}

/// The parts of a body, each where it breaks no rule of its own.
struct Parts {
    procedure: Option<ProcedureCode>,
    agency: Option<AgencyCode>,
    channel: Channel,
    ward: Option<WardCode>,
    id_number: Option<IdNumber>,
    applicant: Option<Applicant>,
    documents: Vec<Document>,
    /// Of every document that came, also where something of it is wrong.
    codes: Vec<String>,
    under_inspection: BTreeSet<UploadId>,
    form: Option<FormFields>,
    kept_by: DocumentsKeptBy,
    has_phone: bool,
    result_to: Option<ResultTo>,
    found: Vec<Violation>,
}

impl SubmissionBody {
    /// Every field that breaks a rule, those of its documents and its form by the procedure in force
    /// on `day`, where `by` hands it in. Of what `faults` names nothing is known.
    pub fn violations(
        self,
        by: &Actor,
        catalogue: &Catalogue,
        day: Date,
        faults: &Faults<'_>,
    ) -> Vec<Violation> {
        let mut parts = self.parts(catalogue, None);
        let mut found = std::mem::take(&mut parts.found);
        add_unnamed(&mut found, parts.known(faults).violations(by, catalogue, day));
        found
    }

    /// The uploads that it names, as far as their ids can be read.
    pub fn uploads(&self) -> BTreeSet<UploadId> {
        named_uploads(&self.documents)
    }

    /// The cleaned submission with documents of `uploads`. Fails with every field that breaks a rule
    /// of `catalogue`, of its own form or of the documents, with what is wrong with the rest where
    /// `by` hands it in on `day`; and where nothing does, with the documents that are not inspected
    /// yet.
    pub fn judged(
        self,
        by: &Actor,
        catalogue: &Catalogue,
        day: Date,
        uploads: &Claimable<'_>,
    ) -> Result<Submission, Failure> {
        let mut parts = self.parts(catalogue, Some(uploads));
        let mut found = std::mem::take(&mut parts.found);
        if !found.is_empty() {
            let known = parts.known(&Faults::NONE);
            add_unnamed(&mut found, known.violations(by, catalogue, day));
        }
        let Parts { procedure, agency, applicant, .. } = parts;
        match (procedure, agency, applicant) {
            (Some(procedure), Some(agency), Some(applicant)) if found.is_empty() => {
                if !parts.under_inspection.is_empty() {
                    return Err(Failure::UnderInspection(parts.under_inspection));
                }
                Ok(Submission {
                    procedure,
                    agency,
                    channel: parts.channel,
                    ward: parts.ward,
                    applicant,
                    documents: parts.documents,
                    form: parts.form,
                    result_to: parts.result_to,
                    kept_by: parts.kept_by,
                })
            }
            _ => Err(Failure::Invalid(found)),
        }
    }

    fn parts(self, catalogue: &Catalogue, uploads: Option<&Claimable<'_>>) -> Parts {
        let mut found = Vec::new();
        let procedure = kept(ProcedureCode::try_from(self.procedure), &mut found);
        let agency = kept(AgencyCode::try_from(self.agency), &mut found);
        let ward = self.ward.and_then(|ward| kept(WardCode::try_from(ward), &mut found));
        let id_number = self.applicant.id_number(catalogue);
        let has_phone = self.applicant.names_phone();
        let applicant = self.applicant.read(catalogue, &mut found);
        let wish = self.result_to.and_then(|to| to.read(&mut found));
        let result_to = match (wish, &applicant) {
            // Of who hands in on-line the applicant's own telephone is owed already.
            (Some(wish), Some(applicant)) if has_phone || self.channel.is_brought() => {
                kept(wish.of(applicant), &mut found)
            }
            (_, _) => None,
        };
        let codes = self.documents.iter().map(|document| text::line(&document.code)).collect();
        let DocumentsRead { documents, under_inspection } =
            read_documents(self.documents, uploads, &mut found);
        found.extend(amount_violations(&documents));
        let kept_by =
            if self.documents_with_sender { DocumentsKeptBy::Sender } else { DocumentsKeptBy::Us };
        Parts {
            procedure,
            agency,
            channel: self.channel,
            ward,
            id_number,
            applicant,
            documents,
            codes,
            under_inspection,
            form: self.form.map(FormFields::cleaned),
            kept_by,
            has_phone,
            result_to,
            found,
        }
    }
}

impl Parts {
    /// What is known of it: in the place of what `faults` names stands something of the right type.
    fn known(&self, faults: &Faults<'_>) -> KnownOfSubmission<'_> {
        let coded = !faults.hide("documents", ".code");
        // Where one is left out the others have lost their places.
        let whole = self.documents.len() == self.codes.len();
        KnownOfSubmission {
            procedure: self.procedure.as_ref(),
            agency: self.agency.as_ref(),
            channel: Some(self.channel).filter(|_| !faults.name("channel")),
            id_number: self.id_number.as_ref().filter(|_| !faults.name("applicant.kind")),
            has_phone: Some(self.has_phone).filter(|_| !faults.name("applicant.phone")),
            documents: Some(self.documents.as_slice()).filter(|_| whole),
            codes: coded.then(|| self.codes.iter().map(String::as_str).collect()),
            form: self.form.as_ref(),
            kept_by: Some(self.kept_by).filter(|_| !faults.name("documentsWithSender")),
        }
    }
}
