//! `POST /v1/dossiers/{code}/satisfaction` and `/v1/own/{code}/satisfaction`: whoever applied says
//! how satisfied they are with how it went. Once; who said what is kept nowhere (ADR 105).

use domain::catalogue::Catalogue;
use domain::dossier::Actor;
use domain::id::DossierCode;
use domain::satisfaction::Satisfaction;
use jiff::Timestamp;
use platform::Failure;
use platform::dynamo::{Said, SurveyedDossier};
use platform::http::{HttpReply, HttpRequest};
use platform::port::UploadClaims;
use serde::{Deserialize, Serialize};

use crate::Office;

/// The door of who has the token of the question, or of a proof.
pub(crate) const OWN: &str = "POST /v1/own/{code}/satisfaction";

/// The same under the name that both doors have once the token is read.
pub(crate) const EVERYBODYS: &str = "POST /v1/dossiers/{code}/satisfaction";

/// The body of an answer: one level, and nothing else. Words would say who it was.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerBody {
    satisfaction: Satisfaction,
}

/// What is answered to an answer. It says nothing of what was said, now or before.
#[derive(Serialize)]
struct Counted<'a> {
    code: &'a DossierCode,
    /// Whether this was the first answer, which alone counts.
    counted: &'static str,
}

impl<U: UploadClaims> Office<U> {
    /// Counts the answer to one dossier. Fails for everybody but its applicant and the portal, before
    /// the result, and after the last day for answers.
    pub(crate) async fn answered(
        &self,
        request: &HttpRequest,
        catalogue: &Catalogue,
        now: Timestamp,
    ) -> Result<HttpReply, Failure> {
        let by = request.actor(catalogue, now)?;
        request.no_parameters()?;
        let code: DossierCode = request.path("code")?;
        let may_answer = match &by {
            Actor::Portal { .. } | Actor::Citizen { .. } | Actor::Proven { .. } => true,
            Actor::Officer { .. } | Actor::Integrator { .. } | Actor::System { .. } => false,
        };
        if !may_answer {
            return Err(Failure::Forbidden);
        }
        let AnswerBody { satisfaction } = request.json()?;
        let found = self.dossiers.surveyed(&code).await?;
        let dossier = found.filter(|dossier| self.is_of(&by, dossier));
        let dossier = dossier.ok_or(Failure::DossierNotFound)?;
        let open = catalogue.survey().open(dossier.returned(), now)?;
        let counted = match self.feedback.say(&dossier, open, satisfaction).await? {
            Said::Now => "now",
            Said::Before => "before",
        };
        Ok(HttpReply::json(200, &Counted { code: &code, counted })?.about(code.clone()))
    }

    /// Whether `by` is the applicant of the dossier, or the portal, which acts for all of them.
    fn is_of(&self, by: &Actor, dossier: &SurveyedDossier) -> bool {
        match by {
            Actor::Portal { .. } => true,
            Actor::Citizen { id_number, .. } => dossier.is_of_person(&self.people, id_number),
            Actor::Proven { code, .. } => *code == dossier.code && dossier.has_applicant(),
            Actor::Officer { .. } | Actor::Integrator { .. } | Actor::System { .. } => false,
        }
    }
}
