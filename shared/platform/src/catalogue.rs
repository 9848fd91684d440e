//! The catalogue as it is in force: the latest edition that was published, else the files built
//! into the binary.
//!
//! An edition is a set of files, put together and checked as a whole before it is published;
//! functions look for a newer one once a minute and go on with the present one when it cannot be
//! read. One that starts begins with the newest that can be.

mod place;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use domain::Violation;
use domain::calendar::Calendar;
use domain::catalogue::{Catalogue, CatalogueFiles};
use domain::data_file::SCHEMA_VERSION;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::Failure;
use crate::config::Setting;
use crate::dynamo::CatalogueStore;
use crate::wire::hex;

macro_rules! built_in {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../infra/data/", $name)))),*]
    };
}

/// Every file of a catalogue, as built in.
const BUILT_IN: &[(&str, &str)] = built_in![
    "agencies.json",
    "calendar.json",
    "codes.json",
    "index.json",
    "intake.json",
    "integrators.json",
    "leaders.json",
    "notices.json",
    "procedures.json",
    "providers.json",
    "rules.json",
    "templates.json",
];

/// Largest file, in bytes: the table takes items of 400 KiB.
pub const FILE_BYTES_MAX: usize = 350_000;

/// The head that every file has.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Form {
    schema_version: u32,
}

/// The treatment of years without decided holidays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndecidedYears {
    /// A deadline that reaches into one is an error: what real dossiers need.
    Refused,
    /// They are taken as the law alone suggests: so that a demonstration in December has a January.
    Assumed,
}

impl Setting for UndecidedYears {
    fn read(text: Option<&str>) -> Option<Self> {
        match text? {
            "refused" => Some(Self::Refused),
            "assumed" => Some(Self::Assumed),
            _ => None,
        }
    }
}

/// What is wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CatalogueError {
    /// The name of the file.
    pub file: String,
    /// The line, from 1, of the field that cannot be read or breaks a rule; for a missing field,
    /// the line of its parent.
    pub line: usize,
    /// The name of the rule, as a slug.
    pub rule: &'static str,
    /// A sentence for people.
    pub detail: String,
}

/// The texts of a catalogue, by file name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts(BTreeMap<String, String>);

impl Texts {
    /// The files built into the binary.
    pub fn built_in() -> Self {
        Self(BUILT_IN.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
    }

    /// The same with other texts for some files; refused where a file is none of a catalogue's, or
    /// too large.
    pub fn with(mut self, changed: BTreeMap<String, String>) -> Result<Self, Vec<CatalogueError>> {
        let mut found = Vec::new();
        for (name, text) in changed {
            let misprint = |rule, detail: &str| CatalogueError {
                file: name.clone(),
                line: 1,
                rule,
                detail: detail.to_owned(),
            };
            match self.0.get_mut(&name) {
                None => found.push(misprint("known-file", "is no file of a catalogue")),
                Some(_) if text.len() > FILE_BYTES_MAX => {
                    found.push(misprint("file-bytes-max", "has more than 350000 bytes"));
                }
                Some(present) => *present = text,
            }
        }
        if found.is_empty() { Ok(self) } else { Err(found) }
    }

    /// The SHA-256 of each file, in hexadecimal.
    pub fn hashes(&self) -> BTreeMap<String, String> {
        self.0.iter().map(|(name, text)| (name.clone(), hash(text))).collect()
    }

    /// The files with their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Puts the files together; refused whole, with every reason and its line.
    pub fn assemble(&self, undecided: UndecidedYears) -> Result<Catalogue, Vec<CatalogueError>> {
        let mut found = Vec::new();
        let files = (|| {
            // Each is read before any is missed, so that the answer names what is wrong with all of
            // them.
            let agencies = self.read("agencies.json", &mut found);
            let procedures = self.read("procedures.json", &mut found);
            let calendar: Option<Calendar> = self.read("calendar.json", &mut found);
            let rules = self.read("rules.json", &mut found);
            let templates = self.read("templates.json", &mut found);
            let integrators = self.read("integrators.json", &mut found);
            let notices = self.read("notices.json", &mut found);
            let providers = self.read("providers.json", &mut found);
            let codes = self.read("codes.json", &mut found);
            let leaders = self.read("leaders.json", &mut found);
            let index = self.read("index.json", &mut found);
            let intake = self.read("intake.json", &mut found);
            let mut calendar = calendar?;
            if undecided == UndecidedYears::Assumed {
                let provisional = include_str!("../../../infra/data/calendar.provisional.json");
                calendar = calendar.completed_by(serde_json::from_str(provisional).ok()?);
            }
            Some(CatalogueFiles {
                agencies: agencies?,
                procedures: procedures?,
                calendar,
                rules: rules?,
                templates: templates?,
                integrators: integrators?,
                notices: notices?,
                providers: providers?,
                codes: codes?,
                leaders: leaders?,
                index: index?,
                intake: intake?,
            })
        })();
        let Some(files) = files.filter(|_| found.is_empty()) else {
            return Err(found);
        };
        Catalogue::assemble(files)
            .map_err(|violations| violations.iter().map(|broken| self.located(broken)).collect())
    }

    /// What these files would remove from the record in `before`, as of `today`, and what a newly
    /// published edition must not contain.
    pub fn forgotten(
        &self,
        before: &Catalogue,
        after: &Catalogue,
        today: Date,
    ) -> Vec<CatalogueError> {
        let broken = before.forgotten_by(after, today).into_iter().chain(after.unsound());
        broken.map(|broken| self.located(&broken)).collect()
    }

    fn read<T: DeserializeOwned>(&self, name: &str, found: &mut Vec<CatalogueError>) -> Option<T> {
        let text = self.text(name);
        let mut broken = |line, rule, detail: String| {
            found.push(CatalogueError { file: name.to_owned(), line, rule, detail })
        };
        if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
            broken(error.line().max(1), "json", error.to_string());
            return None;
        }
        let form: serde_json::Result<Form> = serde_json::from_str(text);
        if !form.is_ok_and(|form| form.schema_version == SCHEMA_VERSION) {
            let detail = format!(
                "must have the schemaVersion {SCHEMA_VERSION}, the form that these functions read"
            );
            broken(place::line_of(text, "schemaVersion"), "schema-version", detail);
            return None;
        }
        let twice = place::twice(text);
        for (line, key) in &twice {
            broken(*line, "form", format!("{key} stands twice"));
        }
        if !twice.is_empty() {
            return None;
        }
        serde_json::from_str(text)
            .map_err(|error| {
                // Where the parser had come to when it noticed may be a line further on. What was
                // parsed already knows no lines: its error is the reason and the path alone.
                let parsed = serde_json::from_str::<Value>(text).unwrap_or_default();
                let (path, cause) = match serde_path_to_error::deserialize::<_, T>(parsed) {
                    Ok(_) => (String::new(), error),
                    Err(misread) => (misread.path().to_string(), misread.into_inner()),
                };
                broken(place::line_of(text, &path), "form", format!("{path}: {cause}"));
            })
            .ok()
    }

    /// The error with the position of the broken field.
    fn located(&self, broken: &Violation) -> CatalogueError {
        let file = file_of(broken.field.split(['.', '[']).next().unwrap_or_default());
        let line = place::line_of(self.text(file), &broken.field);
        CatalogueError {
            file: file.to_owned(),
            line,
            rule: broken.rule,
            detail: broken.detail.clone(),
        }
    }
}

/// The file that holds a part of the catalogue.
fn file_of(part: &str) -> &'static str {
    match part {
        "agencies" => "agencies.json",
        "procedures" => "procedures.json",
        "rules" => "rules.json",
        "templates" | "repetition" | "silent" | "report" => "templates.json",
        "integrators" => "integrators.json",
        "policies" => "notices.json",
        "providers" | "failover" => "providers.json",
        "gateways" => "codes.json",
        "leaders" => "leaders.json",
        "indexes" | "declared" => "index.json",
        "identities" | "citizenNumber" | "taxCode" | "noMobileRanges" | "documentHosts" => {
            "intake.json"
        }
        _ => "calendar.json",
    }
}

fn hash(text: &str) -> String {
    hex(Sha256::digest(text.as_bytes()))
}

/// A set of files that was in force, or is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Edition {
    /// Its number: each is one higher than the one before; 0 is what is built in.
    pub edition: u64,
    /// The SHA-256 of each file, in hexadecimal.
    pub files: BTreeMap<String, String>,
    /// The time of publication.
    pub published_at: Timestamp,
    /// The account that published it.
    pub published_by: String,
}

/// The catalogue built into the binary.
pub fn load(undecided: UndecidedYears) -> Result<Catalogue, Failure> {
    Texts::built_in().assemble(undecided).map_err(Failure::CatalogueRefused)
}

/// How many editions are tried before what is built in, so that a start stays short: one that was
/// published whole is read at once, and only a damaged table or another form of the files makes a
/// second one necessary.
const EDITIONS_TRIED_MAX: usize = 8;

/// How long a newer edition is looked for before the present one is gone on with: requests wait for
/// it.
const LOOKED_FOR: Duration = Duration::from_secs(2);

/// The newest edition that can be read and put together.
#[derive(Debug)]
pub struct Newest {
    /// The number of the latest edition, readable or not; 0 before the first.
    pub latest: u64,
    /// The number of the one that was read.
    pub edition: u64,
    /// The texts of the edition's files.
    pub texts: Texts,
    /// The catalogue made of the files.
    pub catalogue: Catalogue,
}

/// The newest edition that can be read and assembled, or else the built-in one. Each newer edition
/// that cannot is logged and raises an alarm. Fails if the table cannot be read, since it is then
/// unknown what is in force.
pub async fn newest(
    catalogue_store: &CatalogueStore,
    undecided: UndecidedYears,
) -> Result<Newest, Failure> {
    let latest = catalogue_store.last().await?;
    if let Some((edition, texts, catalogue)) =
        newest_above(0, latest, catalogue_store, undecided).await?
    {
        return Ok(Newest { latest, edition, texts, catalogue });
    }
    let texts = Texts::built_in();
    let catalogue = texts.assemble(undecided).map_err(Failure::CatalogueRefused)?;
    Ok(Newest { latest, edition: 0, texts, catalogue })
}

/// The newest edition from `latest` down that can be read and put together, as long as it is newer
/// than `held`.
async fn newest_above(
    held: u64,
    latest: u64,
    catalogue_store: &CatalogueStore,
    undecided: UndecidedYears,
) -> Result<Option<(u64, Texts, Catalogue)>, Failure> {
    for number in (held + 1..=latest).rev().take(EDITIONS_TRIED_MAX) {
        match put_together(catalogue_store, number, undecided).await {
            Ok(Some((texts, catalogue))) => return Ok(Some((number, texts, catalogue))),
            Ok(None) => {}
            Err(failure @ Failure::Unavailable { .. }) => return Err(failure),
            Err(failure) => unreadable(number, &failure),
        }
    }
    Ok(None)
}

/// Edition `number` as it was published; none where there is none.
async fn put_together(
    catalogue_store: &CatalogueStore,
    number: u64,
    undecided: UndecidedYears,
) -> Result<Option<(Texts, Catalogue)>, Failure> {
    let Some(edition) = catalogue_store.edition(number).await? else {
        return Ok(None);
    };
    let texts = texts_of(catalogue_store, &edition).await?;
    let catalogue = texts.assemble(undecided).map_err(Failure::CatalogueRefused)?;
    Ok(Some((texts, catalogue)))
}

/// What the alarm in `infra/template.yaml` listens for.
fn unreadable(edition: u64, failure: &Failure) {
    tracing::error!(edition, cause = failure.chain(), "a newer catalogue cannot be read");
}

async fn texts_of(catalogue_store: &CatalogueStore, edition: &Edition) -> Result<Texts, Failure> {
    // A file that came after the edition is taken as built in.
    let mut texts = Texts::built_in();
    for (name, expected) in &edition.files {
        let text = catalogue_store.text(name, expected).await?;
        let text = text.filter(|text| hash(text) == *expected).ok_or_else(|| {
            Failure::Defect(format!(
                "{name} of edition {} is not what was published",
                edition.edition
            ))
        })?;
        texts.0.insert(name.clone(), text);
    }
    Ok(texts)
}

/// The catalogue in force, renewed while the function runs.
#[derive(Debug)]
pub struct LiveCatalogue {
    catalogue_store: CatalogueStore,
    undecided: UndecidedYears,
    max_age: SignedDuration,
    held: RwLock<Held>,
}

#[derive(Debug, Clone)]
struct Held {
    catalogue: Arc<Catalogue>,
    edition: u64,
    looked_at: Timestamp,
}

impl LiveCatalogue {
    /// The newest edition that can be read as of `now`; a newer one is looked for when it is older
    /// than `max_age`.
    pub async fn open(
        catalogue_store: CatalogueStore,
        undecided: UndecidedYears,
        max_age: SignedDuration,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let Newest { edition, catalogue, .. } = newest(&catalogue_store, undecided).await?;
        let held = RwLock::new(Held { catalogue: Arc::new(catalogue), edition, looked_at: now });
        Ok(Self { catalogue_store, undecided, max_age, held })
    }

    /// The catalogue in force at `now`. If a newer edition cannot be read, the present one stays in
    /// force and the failure is logged. Two concurrent requests may both load an edition, with the
    /// same result.
    pub async fn current(&self, now: Timestamp) -> Arc<Catalogue> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner).clone();
        if held.looked_at.duration_until(now) < self.max_age {
            return held.catalogue;
        }
        let next = match self.newer_than(held.edition).await {
            Ok(Some((edition, catalogue))) => {
                tracing::info!(edition, "catalogue renewed");
                Held { catalogue: Arc::new(catalogue), edition, looked_at: now }
            }
            Ok(None) => Held { looked_at: now, ..held },
            Err(failure) => {
                unreadable(held.edition, &failure);
                Held { looked_at: now, ..held }
            }
        };
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = next.clone();
        next.catalogue
    }

    async fn newer_than(&self, edition: u64) -> Result<Option<(u64, Catalogue)>, Failure> {
        let look = async {
            newest_above(
                edition,
                self.catalogue_store.last().await?,
                &self.catalogue_store,
                self.undecided,
            )
            .await
        };
        let newer = tokio::time::timeout(LOOKED_FOR, look)
            .await
            .map_err(|_| Failure::Held("the catalogue"))??;
        Ok(newer.map(|(edition, _, catalogue)| (edition, catalogue)))
    }
}
