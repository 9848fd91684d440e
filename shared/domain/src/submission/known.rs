//! What the catalogue does not allow of a submission, as far as the submission could be read.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{agency_violation, elsewhere, papers_nobody_took, unknown};
use crate::applicant::IdNumber;
use crate::catalogue::Catalogue;
use crate::document::{Document, DocumentsKeptBy};
use crate::dossier::Actor;
use crate::eform::FormFields;
use crate::id::{AgencyCode, ProcedureCode};
use crate::procedure::{Channel, Procedure};
use crate::violation::Fact;
use crate::{RuleName, Violation};

/// What is known of a submission: nothing of a field that breaks a rule of its own, so that whoever
/// mends one is told in the same answer what else is wrong.
#[derive(Debug, Default)]
pub struct KnownOfSubmission<'a> {
    /// The procedure applied for.
    pub procedure: Option<&'a ProcedureCode>,
    /// The agency to which it is addressed.
    pub agency: Option<&'a AgencyCode>,
    /// The channel by which it came.
    pub channel: Option<Channel>,
    /// The number of the applicant.
    pub id_number: Option<&'a IdNumber>,
    /// Whether the applicant has a telephone.
    pub has_phone: Option<bool>,
    /// The documents, where each has its form.
    pub documents: Option<&'a [Document]>,
    /// The codes of the documents, where each has one.
    pub codes: Option<Vec<&'a str>>,
    /// What was filled in, cleaned, where a form came.
    pub form: Option<&'a FormFields>,
    /// Who keeps the documents.
    pub kept_by: Option<DocumentsKeptBy>,
}

impl KnownOfSubmission<'_> {
    /// What the catalogue does not allow on `day` where `by` hands it in.
    pub fn violations(&self, by: &Actor, catalogue: &Catalogue, day: Date) -> Vec<Violation> {
        let mut found = Vec::new();
        found.extend(
            self.agency.and_then(|agency| agency_violation("agency", agency, catalogue, day)),
        );
        let (procedure, documents) = (self.procedure, self.documents.unwrap_or_default());
        let identity = self.id_number.zip(procedure).and_then(|(number, procedure)| {
            catalogue.identities().violation(number, procedure, day)
        });
        found.extend(identity.map(|violation| violation.within("applicant")));
        if self.has_phone == Some(false)
            && self.channel.is_some_and(|channel| !by.may_do_without_phone(channel))
        {
            found.push(Violation::required("applicant.phone"));
        }
        found.extend(elsewhere(documents, catalogue, day));
        let Some(code) = procedure else { return found };
        let Some(procedure) = catalogue.procedure(code, day) else {
            found.push(Violation::new(
                "procedure",
                RuleName::KnownProcedure,
                format!("is not in force on {day}"),
            ));
            return found;
        };
        // Of the agency that settles it. The counter may be anywhere.
        let agency = self.agency.and_then(|agency| catalogue.agency(agency));
        let agency = agency.filter(|agency| agency.exists_on(day));
        if agency.is_some_and(|agency| !procedure.is_settled_by(agency)) {
            found.push(Violation::new(
                "agency",
                RuleName::AgencyLevel,
                "does not settle procedures of this tier",
            ));
        }
        if self.channel.is_some_and(|channel| !procedure.takes(channel)) {
            found.push(Violation::new(
                "channel",
                RuleName::OnlineProcedure,
                "this procedure cannot be handed in on-line",
            ));
        }
        found.extend(self.incompleteness(procedure));
        found.extend(self.form_violations(by, procedure));
        if self.channel == Some(Channel::Online) || matches!(by, Actor::Citizen { .. }) {
            found.extend(papers_nobody_took(documents));
        }
        if self.kept_by == Some(DocumentsKeptBy::Sender) && !matches!(by, Actor::Integrator { .. })
        {
            found.push(Violation::new(
                "documentsWithSender",
                RuleName::DocumentsWithSender,
                "only an integrator's system may keep the documents of a dossier",
            ));
        }
        found
    }

    /// Every document that the procedure does not have, and every required one that is missing
    /// (NĐ 61/2018 Đ.17: an incomplete dossier is not received).
    fn incompleteness(&self, procedure: &Procedure) -> Vec<Violation> {
        let Some(codes) = &self.codes else { return Vec::new() };
        let mut found = unknown("documents", codes.iter().copied(), procedure);
        let given: BTreeSet<&str> = codes.iter().copied().collect();
        if self.kept_by == Some(DocumentsKeptBy::Us) {
            let missing = procedure
                .documents
                .iter()
                .filter(|document| document.required && !given.contains(document.code.as_str()));
            found.extend(missing.map(|document| {
                let detail = format!("{} is missing: {}", document.code, document.name);
                Violation::new("documents", RuleName::RequiredDocument, detail)
                    .about(Fact::named(&document.code, &document.name))
            }));
        }
        found
    }

    /// Every field of the form that breaks its schema, or the form where it is owed and missing. An
    /// integrator may lack it: the dossier is marked.
    fn form_violations(&self, by: &Actor, procedure: &Procedure) -> Vec<Violation> {
        let owed = self.channel.is_some_and(|channel| procedure.owes_form(channel));
        match self.form {
            Some(form) => procedure.form_violations(form),
            None if owed && !matches!(by, Actor::Integrator { .. }) => {
                vec![Violation::required("form")]
            }
            None => Vec::new(),
        }
    }
}
