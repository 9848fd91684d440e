//! Bodies as clients write them, and how they become what the domain knows. Wire types never reach
//! the domain.

mod feedback;
mod money;
mod outcome;
mod person;
mod postal;
mod result_to;

use std::collections::BTreeSet;

use domain::agency::WardCode;
use domain::catalogue::Catalogue;
use domain::dossier::{Action, Assign, Command, Correction};
use domain::eform::FormFields;
use domain::id::{AgencyCode, CommandId, ProcedureCode};
use domain::post::ResultWish;
use domain::procedure::Channel;
use domain::submission::{
    AskedDocument, DOCUMENTS_MAX, Document, DocumentContent, DocumentReference, DocumentsKeptBy,
    PaperKind, Submission, amount_violations,
};
use domain::upload::{Claimable, UploadClaim, UploadId, is_sha256, not_a_sha256};
use domain::{RuleName, Violation, text};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

use crate::Failure;
use crate::form::{Draft, add_unnamed};
pub use feedback::{AuthorBody, PlaceBody};
use money::{FeesBody, PaymentBody};
use outcome::{HandoverBody, ResultBody};
use person::ApplicantBody;
pub use person::PersonBody;
pub use postal::PostalBody;
use result_to::ResultToBody;

/// Reads JSON; every field that does not fit is named with its rule.
pub fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    Draft::of(bytes)?.whole()
}

/// A body as read, with the JSON by which a repetition is recognised.
#[derive(Clone)]
pub struct Came<T> {
    /// The body as a typed value.
    pub read: T,
    /// The body as JSON.
    pub came: Value,
}

impl<T: DeserializeOwned> Came<T> {
    /// Reads JSON; `judge` is as in [`Draft::whole_or_all`].
    pub fn read(bytes: &[u8], judge: impl FnOnce(T) -> Vec<Violation>) -> Result<Self, Failure> {
        Ok(Self { read: Draft::of(bytes)?.whole_or_all(judge)?, came: read_json(bytes)? })
    }
}

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

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentBody {
    code: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    sha256: Option<String>,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    upload: Option<String>,
    #[serde(default)]
    paper: Option<PaperKind>,
}

/// Documents of a body, as far as they could be read.
struct DocumentsRead {
    documents: Vec<Document>,
    /// Uploads of which the inspection is not over.
    under_inspection: BTreeSet<UploadId>,
}

/// Reads the cleaned documents; what is wrong with each goes to `found`. Uploads that were not
/// looked up are left out.
fn read_documents(
    given: Vec<DocumentBody>,
    uploads: Option<&Claimable<'_>>,
    found: &mut Vec<Violation>,
) -> DocumentsRead {
    let mut read = DocumentsRead { documents: Vec::new(), under_inspection: BTreeSet::new() };
    for (place, document) in given.into_iter().enumerate() {
        let mut broken = Vec::new();
        document.read(uploads, &mut read, &mut broken);
        // A list beyond the bound is refused by its length.
        if place < DOCUMENTS_MAX {
            let outer = format!("documents[{place}]");
            found.extend(broken.into_iter().map(|violation| violation.within(&outer)));
        }
    }
    read
}

/// The uploads that `documents` name, as far as their ids can be read.
fn named_uploads(documents: &[DocumentBody]) -> BTreeSet<UploadId> {
    let named = documents.iter().take(DOCUMENTS_MAX).filter_map(|body| body.upload.as_deref());
    named.filter_map(|id| text::bare(id).parse().ok()).collect()
}

impl DocumentBody {
    /// Reads the cleaned document into `into`, and every field of it that is missing or breaks a
    /// rule into `broken`.
    fn read(
        self,
        uploads: Option<&Claimable<'_>>,
        into: &mut DocumentsRead,
        broken: &mut Vec<Violation>,
    ) {
        let code = self.code.clone();
        let mut exactly = |field: &str, others: &[(&'static str, bool)], detail: &str| {
            if others.iter().any(|(_, given)| *given) {
                broken.push(Violation::new(field, RuleName::DocumentContent, detail));
            }
        };
        let (name, url) = (("name", self.name.is_some()), ("url", self.url.is_some()));
        let sha256 = ("sha256", self.sha256.is_some());
        let paper = ("paper", self.paper.is_some());
        let content = match (self.upload, self.paper) {
            (Some(upload), _) => {
                let detail = "an uploaded document has a hash, and no name, address or paper";
                exactly("upload", &[name, url, paper], detail);
                match uploaded(&upload, self.sha256.as_deref(), uploads, broken) {
                    Some(UploadClaim::Ready(uploaded)) => DocumentContent::Upload(uploaded),
                    Some(UploadClaim::UnderInspection(id)) => {
                        into.under_inspection.insert(id);
                        return;
                    }
                    None => return,
                }
            }
            (None, Some(paper)) => {
                let detail = "a document on paper has no name, hash or address";
                exactly("paper", &[name, sha256, url], detail);
                DocumentContent::Paper { paper }
            }
            (None, None) => {
                let missing = [name, sha256, url].into_iter().filter(|(_, given)| !given);
                broken.extend(missing.map(|(field, _)| Violation::required(field)));
                DocumentContent::Reference(DocumentReference {
                    name: self.name.unwrap_or_default(),
                    sha256: self.sha256.unwrap_or_default(),
                    url: self.url.unwrap_or_default(),
                })
            }
        };
        let document = Document { code, version: 1, content }.cleaned();
        add_unnamed(broken, document.violations());
        into.documents.push(document);
    }
}

/// What becomes of the uploaded document `id`; none where something of it is wrong, which goes to
/// `broken`, and where uploads were not looked up.
fn uploaded(
    id: &str,
    sha256: Option<&str>,
    uploads: Option<&Claimable<'_>>,
    broken: &mut Vec<Violation>,
) -> Option<UploadClaim> {
    let id = UploadId::try_from(text::bare(id));
    let id = id.map_err(|violation| broken.push(violation.named("upload"))).ok();
    let hash = match sha256.map(text::bare) {
        None => {
            broken.push(Violation::required("sha256"));
            None
        }
        Some(hash) if !is_sha256(&hash) => {
            broken.push(not_a_sha256());
            None
        }
        Some(hash) => Some(hash),
    };
    let (id, hash, uploads) = (id?, hash?, uploads?);
    uploads.claim(&id, &hash).map_err(|violation| broken.push(violation)).ok()
}

/// Keeps a checked value or notes what was wrong with it, so that one answer names every broken
/// field.
fn kept<T>(checked: Result<T, Violation>, found: &mut Vec<Violation>) -> Option<T> {
    checked.map_err(|violation| found.push(violation)).ok()
}

impl SubmissionBody {
    /// Every field that breaks a rule, those of its form by the procedure in force on `day`.
    pub fn violations(self, catalogue: &Catalogue, day: Date) -> Vec<Violation> {
        let of_its_form = self.form_violations(catalogue, day);
        match self.read(catalogue, day, None) {
            Err(Failure::Invalid(broken)) => broken,
            Ok(_) | Err(_) => of_its_form,
        }
    }

    /// What is wrong with its form, where the procedure is one of `day`.
    fn form_violations(&self, catalogue: &Catalogue, day: Date) -> Vec<Violation> {
        let code = ProcedureCode::try_from(self.procedure.clone()).ok();
        let procedure = code.and_then(|code| catalogue.procedure(&code, day));
        let form = self.form.clone().map(FormFields::cleaned);
        let broken = form.zip(procedure).map(|(form, procedure)| procedure.form_violations(&form));
        broken.unwrap_or_default()
    }

    /// The uploads that it names, as far as their ids can be read.
    pub fn uploads(&self) -> BTreeSet<UploadId> {
        named_uploads(&self.documents)
    }

    /// The cleaned submission with documents of `uploads`. Fails with every field that breaks a rule
    /// of `catalogue`, of its own form or of the documents, with what is wrong with its form by
    /// the procedure in force on `day`; and where nothing does, with the documents that are not
    /// inspected yet.
    pub fn judged(
        self,
        catalogue: &Catalogue,
        day: Date,
        uploads: &Claimable<'_>,
    ) -> Result<Submission, Failure> {
        self.read(catalogue, day, Some(uploads))
    }

    fn read(
        self,
        catalogue: &Catalogue,
        day: Date,
        uploads: Option<&Claimable<'_>>,
    ) -> Result<Submission, Failure> {
        let of_its_form = self.form_violations(catalogue, day);
        let body = self;
        let mut found = Vec::new();
        let procedure = kept(ProcedureCode::try_from(body.procedure), &mut found);
        let agency = kept(AgencyCode::try_from(body.agency), &mut found);
        let ward = body.ward.and_then(|ward| kept(WardCode::try_from(ward), &mut found));
        // Whoever hands in on-line owes it: it is named with all else. Who may leave it out at a
        // counter is judged with who that is.
        let phone_owed = !body.channel.is_brought() && !body.applicant.names_phone();
        let applicant = body.applicant.read(catalogue, &mut found);
        found.extend(phone_owed.then(|| Violation::required("applicant.phone")));
        let wish = body.result_to.and_then(|to| to.read(&mut found));
        let result_to = match (wish, &applicant) {
            (Some(wish), Some(applicant)) if !phone_owed => kept(wish.of(applicant), &mut found),
            (_, _) => None,
        };
        let DocumentsRead { documents, under_inspection } =
            read_documents(body.documents, uploads, &mut found);
        found.extend(amount_violations(&documents));
        match (procedure, agency, applicant) {
            (Some(procedure), Some(agency), Some(applicant)) if found.is_empty() => {
                if !under_inspection.is_empty() {
                    return Err(Failure::UnderInspection(under_inspection));
                }
                Ok(Submission {
                    procedure,
                    agency,
                    channel: body.channel,
                    ward,
                    applicant,
                    documents,
                    form: body.form.map(FormFields::cleaned),
                    result_to,
                    kept_by: if body.documents_with_sender {
                        DocumentsKeptBy::Sender
                    } else {
                        DocumentsKeptBy::Us
                    },
                })
            }
            _ => {
                found.extend(of_its_form);
                Err(Failure::Invalid(found))
            }
        }
    }
}

/// What moves a dossier: the body of `POST /v1/dossiers/{code}/transitions`, which names the version
/// (`u64`), and the data of an integrator's event, which may (`Option<u64>`).
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TransitionBody<V> {
    action: Action,
    expected_version: V,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    note: Option<String>,
    #[serde(default, deserialize_with = "day")]
    new_due_on: Option<Date>,
    #[serde(default)]
    to_agency: Option<AgencyCode>,
    #[serde(default)]
    asked_for: Vec<AskedDocument>,
    #[serde(default)]
    documents: Vec<DocumentBody>,
    #[serde(default)]
    result: Option<ResultBody>,
    #[serde(default)]
    handover: Option<HandoverBody>,
    #[serde(default)]
    fees: Option<FeesBody>,
    #[serde(default)]
    payment: Option<PaymentBody>,
    #[serde(default)]
    form: Option<FormFields>,
    #[serde(default)]
    applicant: Option<ApplicantBody>,
    #[serde(default, deserialize_with = "result_to::or_null")]
    result_to: Option<Option<ResultToBody>>,
}

impl<V: Into<Option<u64>>> TransitionBody<V> {
    /// The uploads that it names, as far as their ids can be read.
    pub fn uploads(&self) -> BTreeSet<UploadId> {
        let mut named = named_uploads(&self.documents);
        named.extend(self.result.as_ref().and_then(ResultBody::named_upload));
        named
    }

    /// The command `id`, of what happened at `at`, or happens as it arrives, with documents of
    /// `uploads` and people by the rules of `catalogue`. Where something is wrong with either, fails
    /// with that and with all else that can be judged without the dossier; where nothing is, with the
    /// documents that are not inspected yet.
    pub fn command(
        self,
        id: CommandId,
        at: Option<Timestamp>,
        uploads: &Claimable<'_>,
        catalogue: &Catalogue,
    ) -> Result<Command, Failure> {
        let mut found = Vec::new();
        let (command, under_inspection) = self.read(id, at, Some(uploads), catalogue, &mut found);
        if found.is_empty() && under_inspection.is_empty() {
            return Ok(command);
        }
        add_unnamed(&mut found, command.violations(uploads.now));
        if found.is_empty() {
            return Err(Failure::UnderInspection(under_inspection));
        }
        Err(Failure::Invalid(found))
    }

    fn read(
        self,
        id: CommandId,
        at: Option<Timestamp>,
        uploads: Option<&Claimable<'_>>,
        catalogue: &Catalogue,
        found: &mut Vec<Violation>,
    ) -> (Command, BTreeSet<UploadId>) {
        let DocumentsRead { documents, mut under_inspection } =
            read_documents(self.documents, uploads, found);
        let result = self.result.and_then(|body| body.read(uploads, &mut under_inspection, found));
        let handover = self.handover.and_then(|body| body.read(found));
        let correction = Correction {
            applicant: self.applicant.and_then(|body| body.read(catalogue, found)),
            result_to: match self.result_to {
                Some(Some(body)) => body.read(found).map(ResultWish::ByPost),
                Some(None) => Some(ResultWish::NotByPost),
                None => None,
            },
        };
        let command = Command {
            id,
            action: self.action,
            expected_version: self.expected_version.into(),
            reason: self.reason,
            note: self.note,
            at,
            new_due_on: self.new_due_on,
            to_agency: self.to_agency,
            asked_for: self.asked_for,
            documents,
            result,
            handover,
            fees: self.fees.map(FeesBody::asked),
            payment: self.payment.map(PaymentBody::paid),
            form: self.form,
            correction,
        };
        (command, under_inspection)
    }

    /// Every field that breaks a rule by which the command can be judged at `now` without the
    /// dossier.
    pub fn violations(
        self,
        id: CommandId,
        catalogue: &Catalogue,
        now: Timestamp,
    ) -> Vec<Violation> {
        let mut found = Vec::new();
        let (command, _) = self.read(id, None, None, catalogue, &mut found);
        add_unnamed(&mut found, command.violations(now));
        found
    }
}

/// The body of `POST /v1/dossiers/{code}/assignment`.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AssignmentBody {
    assignee: String,
    expected_version: u64,
    expected_assignment: u64,
    step: Option<String>,
}

impl AssignmentBody {
    /// The request `id` of the officer with this account: `me` is that account, `none` nobody.
    pub fn order(self, id: CommandId, account: &str) -> Assign {
        let holder = match self.assignee.as_str() {
            "none" => None,
            "me" => Some(account.to_owned()),
            _ => Some(self.assignee),
        };
        Assign {
            id,
            expected_version: self.expected_version,
            expected_assignment: self.expected_assignment,
            holder,
            step: self.step,
        }
    }
}

/// Reads a day in the form `YYYY-MM-DD` of the contract, and in no other.
pub fn day<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Date>, D::Error> {
    let Some(text) = Option::<String>::deserialize(source)? else {
        return Ok(None);
    };
    let read = if text.len() == 10 { text.parse().ok() } else { None };
    read.map(Some).ok_or_else(|| serde::de::Error::custom("not a day"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(json: &str) -> (String, &'static str) {
        match read_json::<SubmissionBody>(json.as_bytes()) {
            Err(Failure::Invalid(found)) => (found[0].field.clone(), found[0].rule.slug()),
            Err(failure) => (String::new(), failure.slug()),
            Ok(_) => (String::new(), "accepted"),
        }
    }

    #[test]
    fn what_does_not_fit_names_the_field_and_the_rule() {
        let named = |field: &str, rule| (field.to_owned(), rule);
        assert_eq!(broken("{"), named("", "malformed-body"));
        assert_eq!(broken("[]"), named("body", "type"));
        assert_eq!(broken("{}"), named("procedure", "required"));
        assert_eq!(broken(r#"{"procedure": 3}"#), named("procedure", "type"));
        assert_eq!(broken(r#"{"colour": "red"}"#), named("colour", "unknown-field"));
        assert_eq!(broken(r#"{"channel": "fax"}"#), named("channel", "known-value"));
        assert_eq!(
            broken(r#"{"applicant": {"kind": "citizen", "age": 3}}"#),
            named("applicant.age", "unknown-field")
        );
        assert_eq!(
            broken(r#"{"documents": [{"name": "1"}]}"#),
            named("documents[0].code", "required")
        );
    }
}
