//! The files of a catalogue: those built into the binary, and the editions that are published.
//!
//! An edition is a set of files, put together and checked as a whole before it is published. Which
//! one is in force is found by [`crate::service::live_catalogue`].

mod data_file;
mod place;

use std::collections::BTreeMap;

use domain::calendar::Calendar;
use domain::catalogue::{Catalogue, CatalogueFiles};
use domain::data_file::SCHEMA_VERSION;
use domain::{RuleName, Violation};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::Failure;
pub use crate::catalogue_error::CatalogueError;
use crate::config::Setting;
use crate::wire::hex;
pub use data_file::DataFile;

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

/// The texts of a catalogue, by file name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts(pub(crate) BTreeMap<String, String>);

impl Texts {
    /// The files built into the binary.
    pub fn built_in() -> Self {
        let text = |file: &DataFile| (file.name().to_owned(), file.built_in().to_owned());
        Self(DataFile::ALL.iter().map(text).collect())
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
                None => found.push(misprint(RuleName::KnownFile, "is no file of a catalogue")),
                Some(_) if text.len() > FILE_BYTES_MAX => {
                    found.push(misprint(RuleName::FileBytesMax, "has more than 350000 bytes"));
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

    fn text(&self, file: DataFile) -> &str {
        self.0.get(file.name()).map_or("", String::as_str)
    }

    /// Puts the files together; refused whole, with every reason and its line.
    pub fn assemble(&self, undecided: UndecidedYears) -> Result<Catalogue, Vec<CatalogueError>> {
        let mut found = Vec::new();
        let files = (|| {
            // Each is read before any is missed, so that the answer names what is wrong with all of
            // them.
            let agencies = self.read(DataFile::Agencies, &mut found);
            let procedures = self.read(DataFile::Procedures, &mut found);
            let calendar: Option<Calendar> = self.read(DataFile::Calendar, &mut found);
            let rules = self.read(DataFile::Rules, &mut found);
            let templates = self.read(DataFile::Templates, &mut found);
            let integrators = self.read(DataFile::Integrators, &mut found);
            let notices = self.read(DataFile::Notices, &mut found);
            let providers = self.read(DataFile::Providers, &mut found);
            let codes = self.read(DataFile::Codes, &mut found);
            let leaders = self.read(DataFile::Leaders, &mut found);
            let index = self.read(DataFile::Index, &mut found);
            let intake = self.read(DataFile::Intake, &mut found);
            let systems = self.read(DataFile::Systems, &mut found);
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
                systems: systems?,
            })
        })();
        let Some(files) = files.filter(|_| found.is_empty()) else {
            return Err(found);
        };
        let built_in = DataFile::ALL.iter().all(|file| self.text(*file) == file.built_in());
        let assembled =
            if built_in { Catalogue::assemble_again(files) } else { Catalogue::assemble(files) };
        assembled.map_err(|violations| self.located(&violations))
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
        self.located(&broken.collect::<Vec<_>>())
    }

    /// What is wrong with fields of these files, each with its position.
    pub fn located(&self, broken: &[Violation]) -> Vec<CatalogueError> {
        broken.iter().map(|broken| self.error_of(broken)).collect()
    }

    fn read<T: DeserializeOwned>(
        &self,
        file: DataFile,
        found: &mut Vec<CatalogueError>,
    ) -> Option<T> {
        let text = self.text(file);
        // What is built in was looked at from every side when it was built in: it is parsed once.
        if text == file.built_in()
            && let Ok(read) = serde_json::from_str(text)
        {
            return Some(read);
        }
        let mut broken = |line, rule, detail: String| {
            found.push(CatalogueError { file: file.name().to_owned(), line, rule, detail })
        };
        if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
            broken(error.line().max(1), RuleName::Json, error.to_string());
            return None;
        }
        let form: serde_json::Result<Form> = serde_json::from_str(text);
        if !form.is_ok_and(|form| form.schema_version == SCHEMA_VERSION) {
            let detail = format!(
                "must have the schemaVersion {SCHEMA_VERSION}, the form that these functions read"
            );
            broken(place::line_of(text, "schemaVersion"), RuleName::SchemaVersion, detail);
            return None;
        }
        let twice = place::twice(text);
        for (line, key) in &twice {
            broken(*line, RuleName::Form, format!("{key} stands twice"));
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
                broken(place::line_of(text, &path), RuleName::Form, format!("{path}: {cause}"));
            })
            .ok()
    }

    /// The error with the position of the broken field.
    fn error_of(&self, broken: &Violation) -> CatalogueError {
        let part = broken.field.split(['.', '[']).next().unwrap_or_default();
        let (file, line) = match DataFile::holding(part) {
            Some(file) => (file.name(), place::line_of(self.text(file), &broken.field)),
            // No rule names such a field: what it names is shown, and not a file that is in order.
            None => (part, 1),
        };
        CatalogueError {
            file: file.to_owned(),
            line,
            rule: broken.rule,
            detail: broken.detail.clone(),
        }
    }
}

pub(crate) fn hash(text: &str) -> String {
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
