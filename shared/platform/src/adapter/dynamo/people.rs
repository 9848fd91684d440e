//! Dossiers by person: two indexes of the dossiers table, over keyed hashes of identity and
//! telephone numbers. Neither index holds a number, and neither is written by a change of status.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::agency::{Matter, WardCode};
use domain::applicant::{Applicant, IdNumber, Phone};
use domain::dossier::Actor;
use domain::id::{AgencyCode, DossierCode, ProcedureCode};
use serde::Deserialize;

use super::{Item, down, rows, text};
use crate::Failure;
use crate::keyed_hash::KeyedHash;

/// The key of a row.
const KEY: &[&str] = &["code"];

/// By what a person is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Person {
    /// The identity number, exactly.
    Applicant(IdNumber),
    /// The telephone number, exactly.
    Phone(Phone),
}

impl Person {
    /// The index, the name of its key, and the key of this person.
    fn key(&self, hash: &KeyedHash) -> (&'static str, &'static str, String) {
        match self {
            Self::Applicant(number) => ("by-applicant", "applicantHash", of_id(hash, number)),
            Self::Phone(phone) => ("by-phone", "phoneHash", of_phone(hash, phone)),
        }
    }
}

pub(super) fn of_id(hash: &KeyedHash, number: &IdNumber) -> String {
    hash.of("applicant", &number.stored())
}

pub(super) fn of_phone(hash: &KeyedHash, phone: &Phone) -> String {
    hash.of("applicant-phone", phone.reveal())
}

/// The attributes by which a dossier is found by its applicant.
pub(super) const KEYS: [&str; 2] = ["applicantHash", "phoneHash"];

/// The attributes by which a dossier of `applicant` is found, each with its name; none for a
/// telephone that they do not have: that index does not hold the dossier.
pub(super) fn keys_of(
    hash: &KeyedHash,
    applicant: &Applicant,
) -> [(&'static str, Option<AttributeValue>); 2] {
    let phone = applicant.phone.as_ref();
    [
        (KEYS[0], Some(text(of_id(hash, &applicant.id_number)))),
        (KEYS[1], phone.map(|phone| text(of_phone(hash, phone)))),
    ]
}

/// A row of an index: whose dossier it is, and nothing of its state.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PersonRow {
    /// The code of the dossier.
    pub code: DossierCode,
    agency: AgencyCode,
    #[serde(default)]
    handler: Option<AgencyCode>,
    procedure: ProcedureCode,
    #[serde(default)]
    ward: Option<WardCode>,
    /// The time of submission, as the index orders by it.
    submitted_at: String,
}

impl PersonRow {
    /// Whether the dossier is with an agency that `by` speaks for: its owner, or its handler.
    pub fn is_with_agency_of(&self, by: &Actor) -> bool {
        let matter = Matter { procedure: Some(&self.procedure), ward: self.ward.as_ref() };
        let speaks = |agency: &AgencyCode| by.speaks_for(agency, matter);
        speaks(&self.agency) || self.handler.as_ref().is_some_and(speaks)
    }

    fn place(&self) -> PersonPlace {
        PersonPlace { code: self.code.to_string(), submitted_at: self.submitted_at.clone() }
    }
}

/// The row after which a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonPlace {
    /// The code of the dossier.
    pub code: String,
    /// Its time of submission, as the index has it.
    pub submitted_at: String,
}

/// A page of a person's dossiers.
#[derive(Debug)]
pub struct PersonPage {
    /// Codes, the newest submission first.
    pub codes: Vec<DossierCode>,
    /// The place after which there are more.
    pub next: Option<PersonPlace>,
}

/// Looks for dossiers by person.
#[derive(Debug, Clone)]
pub struct People {
    client: Client,
    table: String,
    hash: KeyedHash,
}

impl People {
    /// Over the dossiers table `table`, whose people are hashed by `hash`.
    pub fn new(client: Client, table: String, hash: KeyedHash) -> Self {
        Self { client, table, hash }
    }

    /// At most `limit` dossiers of `person` after the place `after`, of which `shown` says that
    /// they may be shown. A page has no more than these: whether there are others cannot be seen
    /// from it. What was handed in this moment may be missing. A row that cannot be read is left
    /// out and named in the log.
    pub async fn find(
        &self,
        person: &Person,
        limit: usize,
        after: Option<&PersonPlace>,
        shown: impl Fn(&PersonRow) -> bool,
    ) -> Result<PersonPage, Failure> {
        let mut found = Vec::new();
        for hash in self.hash.each() {
            found.append(&mut self.found_by(&hash, person, limit, after, &shown).await?);
        }
        // Those of each key are in this order already, which the sort keeps.
        found.sort_by(|a, b| b.submitted_at.cmp(&a.submitted_at));
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(PersonRow::place);
        Ok(PersonPage { codes: found.into_iter().map(|row| row.code).collect(), next })
    }

    /// Those that were hashed by this key: more than `limit` of them, or all.
    async fn found_by(
        &self,
        hash: &KeyedHash,
        person: &Person,
        limit: usize,
        after: Option<&PersonPlace>,
        shown: impl Fn(&PersonRow) -> bool,
    ) -> Result<Vec<PersonRow>, Failure> {
        let (index, key, value) = person.key(hash);
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(index)
            .key_condition_expression("#key = :key")
            .expression_attribute_names("#key", key)
            .expression_attribute_values(":key", text(&value))
            .scan_index_forward(false);
        let mut start = after.map(|place| {
            HashMap::from([
                (key.to_owned(), text(&value)),
                ("submittedAt".to_owned(), text(&place.submitted_at)),
                ("code".to_owned(), text(&place.code)),
            ])
        });
        // Most people's dossiers are all shown: one row more than a page says that there are more.
        // Where many are not, the next pages are as large as the table gives them.
        let mut rows_max = i32::try_from(limit).ok().map(|limit| limit.saturating_add(1));
        let mut found: Vec<PersonRow> = Vec::new();
        loop {
            let page = query.clone().set_limit(rows_max.take()).set_exclusive_start_key(start);
            let page = page.send().await.map_err(down)?;
            let rows = page.items.unwrap_or_default().into_iter();
            let rows = rows.filter_map(|row: Item| rows::readable::<PersonRow>(row, KEY));
            found.extend(rows.filter(&shown));
            start = page.last_evaluated_key;
            if start.is_none() || found.len() > limit {
                return Ok(found);
            }
        }
    }
}
