//! `POST /v1/search`: an officer finds the dossiers of a person who names a number, among those that
//! their agency owns or handles. The number comes in the body, since addresses are logged on the
//! way.

use domain::applicant::{ApplicantKind, FullName, Phone};
use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::dossier::{Actor, Dossier, Sight};
use domain::limit::LimitName;
use domain::violation::{Fact, Unit};
use domain::{RuleName, Violation};
use futures::future::try_join_all;
use jiff::Timestamp;
use platform::dynamo::{Person, PersonPlace, PersonRow};
use platform::http::{HttpReply, HttpRequest};
use platform::record::{ReadOf, ReadRecord};
use platform::request::PersonBody;
use platform::{Failure, LogLine};
use serde::{Deserialize, Serialize};

use crate::{Line, PAGE_DEFAULT, PAGE_MAX, Page, Tables, encode, place};

/// The body of `POST /v1/search`: one person, by one number.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SearchBody {
    #[serde(default)]
    applicant: Option<PersonBody>,
    #[serde(default)]
    phone: Option<String>,
    #[serde(default)]
    limit: Option<u64>,
    #[serde(default)]
    cursor: Option<String>,
}

/// A search as it is carried out.
struct Search {
    person: Person,
    limit: usize,
    after: Option<PersonPlace>,
}

impl SearchBody {
    /// The search; or every field that breaks a rule.
    fn judged(self, catalogue: &Catalogue) -> Result<Search, Vec<Violation>> {
        let mut broken = Vec::new();
        let person = match (self.applicant, self.phone) {
            (Some(applicant), None) => applicant
                .judged(catalogue)
                .map(Person::Applicant)
                .map_err(|violation| violation.within("applicant")),
            (None, Some(phone)) => Phone::try_from(phone).map(Person::Phone),
            (None, None) | (Some(_), Some(_)) => Err(Violation::new(
                "applicant",
                RuleName::OnePerson,
                "names one person, by an identity number or by phone",
            )),
        };
        let person = person.map_err(|violation| broken.push(violation));
        let limit = match self.limit {
            None => PAGE_DEFAULT,
            Some(limit) => match usize::try_from(limit) {
                Ok(fits) if (1..=PAGE_MAX).contains(&limit) => fits,
                Ok(_) | Err(_) => {
                    let bounds = Fact::between(1, PAGE_MAX, Unit::Number);
                    broken.push(Violation::unless("limit", RuleName::Range, bounds));
                    PAGE_DEFAULT
                }
            },
        };
        let after = self.cursor.map(|cursor| place(&cursor)).transpose();
        let after = after.map_err(|violation| broken.push(violation));
        match (person, after) {
            (Ok(person), Ok(after)) if broken.is_empty() => Ok(Search { person, limit, after }),
            _ => Err(broken),
        }
    }
}

/// One dossier that was found.
#[derive(Serialize)]
struct Hit<'a> {
    #[serde(flatten)]
    line: Line<'a>,
    applicant: Applicant<'a>,
}

/// Enough of the applicant to tell two people with one telephone apart.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Applicant<'a> {
    kind: ApplicantKind,
    full_name: &'a FullName,
}

impl<'a> Hit<'a> {
    /// None where the content is gone, and with it the number that was looked for.
    fn of(dossier: &'a Dossier, catalogue: &'a Catalogue, now: Timestamp) -> Option<Self> {
        let applicant = dossier.applicant.as_ref()?;
        Some(Self {
            line: Line::of(dossier, catalogue, now),
            applicant: Applicant { kind: applicant.kind, full_name: &applicant.full_name },
        })
    }
}

pub(crate) async fn find(
    request: &HttpRequest,
    tables: &Tables,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    let by = request.actor(catalogue, now)?;
    let Actor::Officer { agency, .. } = &by else {
        return Err(Failure::Forbidden);
    };
    request.no_parameters()?;
    let judge = |body: SearchBody| body.judged(catalogue).err().unwrap_or_default();
    let body: SearchBody = request.json_judged(judge)?;
    let Search { person, limit, after } = body.judged(catalogue).map_err(Failure::Invalid)?;
    let of_account = catalogue.limits().on(LimitName::SearchesOfAccount, date_of(now));
    // Each page counts: a cursor can be shown with another number. The line has no account; that,
    // the auditor sees in the record of reads.
    let first = || {
        let agency = agency.as_str();
        tracing::warn!(agency, request = request.id, "{}", LogLine::SearchedTooOften);
    };
    tables.gate.admit_or(of_account, &by.signature().account(), now, first).await?;
    let shown = |row: &PersonRow| row.is_with_agency_of(&by);
    let page = tables.people.find(&person, limit, after.as_ref(), shown).await?;
    let mut found = tables.dossiers.each(&page.codes).await?;
    // The index may be a moment behind: the dossier was handed back since, say.
    found.retain(|dossier| {
        by.sight_of(dossier) == Some(Sight::Whole) && dossier.applicant.is_some()
    });
    let record = |dossier: &Dossier| {
        let what = (ReadOf::Search, dossier.version);
        ReadRecord::new(dossier.code.clone(), by.signature(), what, &request.id, now)
    };
    let records: Vec<ReadRecord> = found.iter().map(record).collect();
    // Whatever is wrong with the table: the caller may come again, and sees nothing until then.
    let unrecorded = |failure| Failure::unavailable("the record of reads", failure);
    try_join_all(records.iter().map(|read| tables.reads.record(read))).await.map_err(unrecorded)?;
    let items = found.iter().filter_map(|dossier| Hit::of(dossier, catalogue, now)).collect();
    HttpReply::json(200, &Page { items, next_cursor: page.next.as_ref().map(encode) })
}
