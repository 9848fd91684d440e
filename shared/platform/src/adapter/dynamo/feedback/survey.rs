//! What was answered to the question after a result: once for each dossier, and counted apart from
//! it. A mark says that a dossier's answer was counted, and the counts of a month say how many said
//! what by agency, and by procedure; nothing says which answer was whose (ADR 105).

use std::collections::BTreeMap;

use domain::applicant::{IdNumber, Phone};
use domain::dossier::{DossierStatus, HistoryEntry};
use domain::id::{AgencyCode, DossierCode, ProcedureCode};
use domain::satisfaction::{Satisfaction, Tally};
use domain::survey::{OpenSurvey, Returned};
use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan};
use serde::Deserialize;

use super::super::people::{of_id, of_phone};
use super::super::{Item, down, number, text};
use super::{Before, FeedbackTable};
use crate::Failure;
use crate::keyed_hash::KeyedHash;

/// For how long after the last day for answers it is remembered that a dossier has its one: if a
/// province lengthens that time, nobody answers twice.
const MARK_KEPT: SignedDuration = SignedDuration::from_hours(366 * 24);

/// By what answers are put together. Nothing puts them together by both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswersBy {
    /// By the dossiers' owner.
    Agency,
    /// By the procedure applied for.
    Procedure,
}

impl AnswersBy {
    /// Both ways, the usual one first.
    pub const ALL: [Self; 2] = [Self::Agency, Self::Procedure];

    /// The name in JSON and in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Agency => "agency",
            Self::Procedure => "procedure",
        }
    }

    /// The key of the counts of a month: no code begins like it.
    fn key(self, day: Date) -> String {
        format!("survey-{}#{}", self.name(), day.strftime("%Y-%m"))
    }
}

/// Whether an answer was the first one of its dossier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// It was, and is counted.
    Now,
    /// The dossier had its answer before, and nothing is changed.
    Before,
}

/// What of a dossier an answer has to do with: its state, without its content.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SurveyedDossier {
    /// The code of the dossier.
    pub code: DossierCode,
    /// The agency that it belongs to.
    pub agency: AgencyCode,
    /// What was applied for.
    pub procedure: ProcedureCode,
    status: DossierStatus,
    history: Vec<HistoryEntry>,
    /// The keyed hashes of its applicant's numbers; none once its content is gone, and none of a
    /// telephone that they do not have.
    #[serde(default)]
    applicant_hash: Option<String>,
    #[serde(default)]
    phone_hash: Option<String>,
}

impl SurveyedDossier {
    /// The result that was handed over; none while none was.
    pub fn returned(&self) -> Option<Returned> {
        Returned::of(self.status, &self.history)
    }

    /// Whether there is still somebody whose dossier it is: content and numbers go together.
    pub fn has_applicant(&self) -> bool {
        self.applicant_hash.is_some()
    }

    /// Whether `phone`, hashed by `hash`, is the applicant's number.
    pub fn is_of_phone(&self, hash: &KeyedHash, phone: &Phone) -> bool {
        let known = self.phone_hash.as_ref();
        known.is_some_and(|known| hash.each().any(|hash| *known == of_phone(&hash, phone)))
    }

    /// Whether `number`, hashed by `hash`, is the applicant's identity number.
    pub fn is_of_person(&self, hash: &KeyedHash, number: &IdNumber) -> bool {
        let known = self.applicant_hash.as_ref();
        known.is_some_and(|known| hash.each().any(|hash| *known == of_id(&hash, number)))
    }
}

/// The key of the mark of a dossier: no code begins like it.
fn mark_key(code: &DossierCode) -> String {
    format!("surveyed#{code}")
}

impl FeedbackTable {
    /// Counts `said` about the result of `dossier`, in the month in which it was handed over, unless
    /// the dossier has its answer already: mark and counts, all or nothing.
    pub async fn say(
        &self,
        dossier: &SurveyedDossier,
        OpenSurvey { returned, until }: OpenSurvey,
        said: Satisfaction,
    ) -> Result<Said, Failure> {
        let forgotten = until.saturating_add(MARK_KEPT).unwrap_or(until);
        let mark = Item::from([
            ("code".to_owned(), text(mark_key(&dossier.code))),
            ("expiresAt".to_owned(), number(forgotten.as_second())),
        ]);
        let count = |by: AnswersBy, of: &str| {
            self.raise(by.key(returned.day()), format!("{of}#{}", said.name()))
        };
        let writes = vec![
            self.put(mark, Before::Nothing)?,
            count(AnswersBy::Agency, dossier.agency.as_str())?,
            count(AnswersBy::Procedure, dossier.procedure.as_str())?,
        ];
        let refused = self.written(writes, &[]).await?;
        Ok(refused.map_or(Said::Now, |_| Said::Before))
    }

    /// Whether the dossier with this code has its answer.
    pub async fn has_said(&self, code: &DossierCode) -> Result<bool, Failure> {
        let get = self.client.get_item().table_name(&self.table);
        let get = get.key("code", text(mark_key(code))).projection_expression("code");
        Ok(get.consistent_read(true).send().await.map_err(down)?.item.is_some())
    }

    /// What was said about results handed over in the months from that of `first` to that of `last`,
    /// by agency or procedure.
    pub async fn said(
        &self,
        by: AnswersBy,
        first: Date,
        last: Date,
    ) -> Result<BTreeMap<String, Tally>, Failure> {
        let mut found: BTreeMap<String, Tally> = BTreeMap::new();
        let mut month = first.first_of_month();
        while month <= last {
            let get = self.client.get_item().table_name(&self.table);
            let got = get.key("code", text(by.key(month))).consistent_read(true);
            let counts = got.send().await.map_err(down)?.item.unwrap_or_default();
            for (name, count) in counts.iter().filter(|(name, _)| *name != "code") {
                let level = name.rsplit_once('#');
                let level = level.and_then(|(of, level)| Some((of, Satisfaction::named(level)?)));
                let count = count.as_n().ok().and_then(|count| count.parse::<u64>().ok());
                let (Some((of, level)), Some(count)) = (level, count) else {
                    return Err(Failure::Defect("a count of answers does not read".to_owned()));
                };
                found.entry(of.to_owned()).or_default().add(level, count);
            }
            let Ok(next) = month.checked_add(1.month()) else { break };
            month = next;
        }
        Ok(found)
    }
}
