//! What comes of a dossier (kết quả giải quyết): the result that ends the work on it, and how it is
//! handed over.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::applicant::FullName;
use crate::signature::{SignatureDuty, SignatureVerdict};
use crate::upload::{DocumentType, UploadedDocument};
use crate::{RuleName, Violation};

/// What kind of result a dossier has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ResultKind {
    /// An electronic document (bản điện tử), whether or not there is a paper beside it.
    Electronic,
    /// A document on paper alone (bản giấy).
    Paper,
    /// No document: what was asked for is done.
    #[serde(rename = "none")]
    Nothing,
}

impl ResultKind {
    /// Every kind, in the order of the API document.
    pub const ALL: [Self; 3] = [Self::Electronic, Self::Paper, Self::Nothing];

    /// The word in answers, events and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Electronic => "electronic",
            Self::Paper => "paper",
            Self::Nothing => "none",
        }
    }
}

/// An electronic document that is a dossier's result.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultDocument {
    /// The version of the dossier with which it came, from 1.
    pub version: u64,
    /// The content in our object storage, as it was inspected.
    #[serde(flatten)]
    pub content: UploadedDocument,
    /// What the inspection found of its signatures; none of what is no PDF.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<SignatureVerdict>,
}

impl ResultDocument {
    /// Whether both are the same document, whenever they came.
    pub fn is_like(&self, other: &Self) -> bool {
        (&self.content, &self.signature) == (&other.content, &other.signature)
    }

    /// Why it does not count as an electronic result where `duty` is in force, named from the
    /// result.
    pub fn violation(&self, duty: SignatureDuty) -> Option<Violation> {
        match duty {
            SignatureDuty::NotRequired => return None,
            SignatureDuty::Required => {}
        }
        if self.content.declared.media_type != DocumentType::Pdf {
            let detail = "an electronic result is signed, and only a PDF can be";
            return Some(Violation::new("upload", RuleName::ResultType, detail));
        }
        match &self.signature {
            Some(SignatureVerdict::Verified(_)) => None,
            Some(SignatureVerdict::Faulty { fault }) => {
                let detail = "does not count as an electronic result: its signature does not hold";
                Some(Violation::new("upload", fault.rule(), detail))
            }
            None => {
                let detail = "was inspected before signatures were looked at: upload it again";
                Some(Violation::new("upload", RuleName::SignatureUnreadable, detail))
            }
        }
    }
}

/// The result that finishing a dossier gives.
#[derive(Clone, PartialEq, Eq)]
pub enum GivenResult {
    /// This document, whose content we have.
    Electronic(Box<ResultDocument>),
    /// A document on paper alone.
    Paper,
    /// No document at all.
    Nothing,
}

impl GivenResult {
    /// What kind of result it is.
    pub fn kind(&self) -> ResultKind {
        match self {
            Self::Electronic(_) => ResultKind::Electronic,
            Self::Paper => ResultKind::Paper,
            Self::Nothing => ResultKind::Nothing,
        }
    }

    /// The electronic document, where it is one.
    pub fn document(&self) -> Option<&ResultDocument> {
        match self {
            Self::Electronic(document) => Some(document),
            Self::Paper | Self::Nothing => None,
        }
    }
}

/// By which way a result is handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HandoverWay {
    /// At the counter (trực tiếp).
    InPerson,
    /// By the public postal service (bưu chính công ích).
    Post,
    /// On the portal (trực tuyến).
    Online,
}

/// How a result was handed over, and to whom.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handover {
    /// The version of the dossier with which it was recorded, from 1.
    pub version: u64,
    /// By which way it was.
    pub how: HandoverWay,
    /// Who took it; none where that was the applicant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<FullName>,
}

impl Handover {
    /// Whether it says who took the result: somebody else than the applicant.
    pub fn names_somebody(&self) -> bool {
        self.to.is_some()
    }

    /// Whether both say the same, whenever they were recorded.
    pub fn is_like(&self, other: &Self) -> bool {
        (self.how, &self.to) == (other.how, &other.to)
    }
}

/// Who signed a result and who took it are people.
impl fmt::Debug for ResultDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResultDocument(***)")
    }
}

/// Who took it is a person.
impl fmt::Debug for Handover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handover({:?})", self.how)
    }
}
