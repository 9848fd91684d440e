//! Documents on their way in: asked for, uploaded straight to object storage, inspected there, and
//! claimed by a dossier.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::id::DossierCode;
use crate::language::Language;
use crate::provenance::Trust;
use crate::row::{Lasting, RowChecks};
use crate::signature::SignatureVerdict;
use crate::violation::{Fact, Unit};
use crate::{RuleName, Violation};

/// How long after it was asked for an upload may begin. A village's mobile network needs minutes for
/// the largest file, and only the beginning counts.
pub const UPLOAD_WITHIN: SignedDuration = SignedDuration::from_mins(15);

/// How long after it was given an address may be used to fetch a document.
pub const READ_WITHIN: SignedDuration = SignedDuration::from_secs(60);

/// How long a document is kept that no dossier has claimed.
pub const UNCLAIMED_KEPT: SignedDuration = SignedDuration::from_hours(24);

/// The most bytes that a catalogue may accept of one document: what the inspection has memory for.
pub const DOCUMENT_BYTES_MAX: u64 = 30_000_000;

/// A type of file that documents may have. Which of them are accepted, and up to which size, is
/// catalogue data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum DocumentType {
    /// Portable Document Format (ISO 32000).
    #[serde(rename = "application/pdf")]
    Pdf,
    /// A JPEG image (ITU-T T.81).
    #[serde(rename = "image/jpeg")]
    Jpeg,
    /// A PNG image (ISO 15948).
    #[serde(rename = "image/png")]
    Png,
    /// A word-processing document (ECMA-376).
    #[serde(rename = "application/vnd.openxmlformats-officedocument.wordprocessingml.document")]
    Docx,
    /// A spreadsheet document (ECMA-376).
    #[serde(rename = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")]
    Xlsx,
}

impl DocumentType {
    /// Every type that can be inspected.
    pub const ALL: [Self; 5] = [Self::Pdf, Self::Jpeg, Self::Png, Self::Docx, Self::Xlsx];

    /// The media type, as it is declared, signed and stored with the object.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    /// How the name of such a file ends, without the dot before it.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Docx => "docx",
            Self::Xlsx => "xlsx",
        }
    }
}

/// A type that is accepted, and up to which size: one row of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AcceptedType {
    /// The media type of the files.
    media_type: DocumentType,
    /// The most bytes that a document of this type may have, inclusive.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = DOCUMENT_BYTES_MAX)))]
    bytes_max: u64,
    /// The first day on which the row is in force.
    valid_from: Date,
    /// Last day; none: until further notice.
    valid_to: Option<Date>,
    /// The source of the entry.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    source: String,
    /// How well it is vouched for.
    #[serde(rename = "trust")]
    _trust: Trust,
}

impl AcceptedType {
    fn lasting(&self) -> Lasting {
        Lasting { first: self.valid_from, last: self.valid_to }
    }
}

/// Every type that is accepted, by day. Without a row nothing can be uploaded.
#[derive(Debug)]
pub struct DocumentTypes(Vec<AcceptedType>);

impl DocumentTypes {
    /// Puts the rows together; refused whole, with every reason.
    pub(crate) fn assemble(rows: Vec<AcceptedType>) -> Result<Self, Vec<Violation>> {
        let mut found = Vec::new();
        for (place, row) in rows.iter().enumerate() {
            let at = format!("documentTypes[{place}]");
            let mut checks = RowChecks::of(&at, row.media_type.media_type());
            let range = format!("must be 1 to {DOCUMENT_BYTES_MAX}");
            let in_range = (1..=DOCUMENT_BYTES_MAX).contains(&row.bytes_max);
            checks.check("bytesMax", RuleName::Range, in_range, &range);
            checks.forward(row.lasting());
            checks.sourced(&row.source);
            let same_start = |other: &AcceptedType| {
                other.media_type == row.media_type && other.valid_from == row.valid_from
            };
            let unique = !rows[..place].iter().any(same_start);
            checks.check("validFrom", RuleName::UniqueStart, unique, "begins twice on this day");
            found.extend(checks.found());
        }
        if found.is_empty() { Ok(Self(rows)) } else { Err(found) }
    }

    /// The types that are accepted on `day`, each with the most bytes that it may have. Of two rows
    /// of a type the later one counts.
    pub fn on(&self, day: Date) -> impl Iterator<Item = (DocumentType, u64)> {
        DocumentType::ALL.into_iter().filter_map(move |kind| {
            let in_force =
                |row: &&AcceptedType| row.media_type == kind && row.lasting().covers(day);
            let latest = self.0.iter().filter(in_force).max_by_key(|row| row.valid_from);
            latest.map(|row| (kind, row.bytes_max))
        })
    }
}

/// The id of an uploaded document: 32 lower-case hexadecimal digits, drawn at random, or those of a
/// hash for a copy. It is the object's key, too, and says nothing of the content.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UploadId(String);

/// Digits of an [`UploadId`].
const ID_DIGITS: usize = 32;

impl UploadId {
    /// The id with these 128 bits.
    pub fn of_bits(bits: u128) -> Self {
        Self(format!("{bits:032x}"))
    }

    /// The id as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of the object that holds the content.
    pub fn object_key(&self) -> String {
        format!("{OBJECTS}{}", self.0)
    }

    /// The id of the document whose object has this key; none for other objects.
    pub fn of_object(key: &str) -> Option<Self> {
        key.strip_prefix(OBJECTS)?.parse().ok()
    }
}

/// How the keys of documents' objects begin.
const OBJECTS: &str = "documents/";

impl TryFrom<String> for UploadId {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        if is_lower_hexadecimal(&text, ID_DIGITS) {
            return Ok(Self(text));
        }
        let detail = "must be 32 lower-case hexadecimal digits, as given when it was asked for";
        Err(Violation::new("id", RuleName::DocumentId, detail))
    }
}

impl std::str::FromStr for UploadId {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        Self::try_from(text.to_owned())
    }
}

impl From<UploadId> for String {
    fn from(id: UploadId) -> Self {
        id.0
    }
}

impl std::fmt::Display for UploadId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether `text` is a SHA-256 as we write it.
pub fn is_sha256(text: &str) -> bool {
    is_lower_hexadecimal(text, 64)
}

/// What is wrong with a field `sha256` that is none.
pub fn not_a_sha256() -> Violation {
    Violation::new("sha256", RuleName::Sha256, "must be 64 lower-case hexadecimal digits")
}

/// Whether `text` is `digits` lower-case hexadecimal digits.
fn is_lower_hexadecimal(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// What was declared of a document before it was uploaded. Nothing else can be uploaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Declared {
    /// The media type of its content.
    pub media_type: DocumentType,
    /// Its length in bytes, from 1.
    pub bytes: u64,
    /// Its SHA-256, 64 lower-case hexadecimal digits.
    pub sha256: String,
}

impl Declared {
    /// What is wrong with it by what is accepted on `day`, each field named from itself.
    pub fn violations(&self, types: &DocumentTypes, day: Date) -> Vec<Violation> {
        let mut found = Vec::new();
        match types.on(day).find(|(kind, _)| *kind == self.media_type) {
            None => {
                let detail = "is not a type that the catalogue accepts";
                let accepted = Fact::choices(types.on(day).map(|(kind, _)| kind.media_type()));
                let broken = Violation::new("mediaType", RuleName::DocumentType, detail);
                found.push(broken.about(accepted));
            }
            Some((_, most)) if !(1..=most).contains(&self.bytes) => {
                let detail = format!("must be 1 to {most} for this type");
                let bounds = Fact::between(1, most, Unit::Bytes);
                found.push(Violation::new("bytes", RuleName::Range, detail).about(bounds));
            }
            Some(_) => {}
        }
        if !is_sha256(&self.sha256) {
            found.push(not_a_sha256());
        }
        found
    }
}

/// How far a document has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum UploadState {
    /// It was not uploaded yet, or not inspected.
    Awaited,
    /// It is what it was declared to be, and a dossier may claim it.
    Usable {
        /// The version of the object that was inspected: no other is ever shown.
        object_version: String,
        /// When it was inspected.
        inspected_at: Timestamp,
        /// What was found of its signatures; none of what is no PDF.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signature: Option<SignatureVerdict>,
    },
    /// It was inspected, and no dossier may claim it.
    Refused {
        /// The name of the rule that it breaks.
        reason: String,
        /// When it was inspected.
        inspected_at: Timestamp,
    },
}

impl UploadState {
    /// The word in answers and logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Awaited => "awaited",
            Self::Usable { .. } => "usable",
            Self::Refused { .. } => "refused",
        }
    }
}

/// Why a document is refused by what the platform's scanner for malware says of it. What is wrong
/// with the content itself is in the rules of the inspection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScanRefusal {
    /// The scanner found malware in it.
    Malware,
    /// The scanner cannot look into it.
    NotScanned,
}

impl ScanRefusal {
    /// Every refusal of the scanner.
    pub const ALL: [Self; 2] = [Self::Malware, Self::NotScanned];

    /// Stable name in kebab-case, which no rule of the inspection has.
    pub fn name(self) -> &'static str {
        match self {
            Self::Malware => "malware",
            Self::NotScanned => "not-scanned",
        }
    }

    /// One sentence for whoever uploaded it.
    pub fn text(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Malware, Language::Vi) => "Phát hiện mã độc trong tệp.",
            (Self::Malware, Language::En) => "Malware was found in the file.",
            (Self::NotScanned, Language::Vi) => "Không thể kiểm tra mã độc trong tệp này.",
            (Self::NotScanned, Language::En) => "The file cannot be scanned for malware.",
        }
    }
}

/// A document that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Upload {
    /// The id that was drawn for it.
    #[serde(rename = "document")]
    pub id: UploadId,
    /// The account that asked for it, with its role: nobody else may claim it.
    pub owner: String,
    /// What was declared of it.
    #[serde(flatten)]
    pub declared: Declared,
    /// How far it has come.
    #[serde(flatten)]
    pub state: UploadState,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// The end of its time, in seconds since 1970 (the table's time to live); none once a dossier
    /// has claimed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
    /// The dossier that has claimed it: no other may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_by: Option<DossierCode>,
}

impl Upload {
    /// It as a document of a dossier, once it was inspected and nothing was found in it.
    pub fn usable(&self) -> Option<UploadedDocument> {
        match &self.state {
            UploadState::Usable { object_version, inspected_at, signature: _ } => {
                Some(self.inspected(object_version, *inspected_at))
            }
            UploadState::Awaited | UploadState::Refused { .. } => None,
        }
    }

    fn inspected(&self, object_version: &str, inspected_at: Timestamp) -> UploadedDocument {
        UploadedDocument {
            upload: self.id.clone(),
            declared: self.declared.clone(),
            object_version: object_version.to_owned(),
            inspected_at,
        }
    }
}

/// A document of a dossier whose content is in our object storage, as it was inspected.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UploadedDocument {
    /// The id under which it was uploaded.
    pub upload: UploadId,
    /// What was declared of it and found to be so.
    #[serde(flatten)]
    pub declared: Declared,
    /// The version of the object that was inspected: no other is ever shown.
    pub object_version: String,
    /// When it was inspected.
    pub inspected_at: Timestamp,
}

/// What is wrong with a field `upload` whose document another dossier has claimed.
pub fn unclaimed_violation() -> Violation {
    Violation::new("upload", RuleName::UnclaimedUpload, "belongs to another dossier")
}

/// What becomes of a document that a request names.
pub enum UploadClaim {
    /// A dossier may have it.
    Ready(UploadedDocument),
    /// It was not uploaded yet, or its inspection is not over: a matter of seconds.
    UnderInspection(UploadId),
}

/// The uploaded documents that a request names, as they are when it is judged.
pub struct Claimable<'a> {
    /// Those that there are.
    pub known: &'a BTreeMap<UploadId, Upload>,
    /// The account that makes the request, with its role.
    pub account: &'a str,
    /// The dossier that is to have them; none before it has a code.
    pub dossier: Option<&'a DossierCode>,
    /// The time of the request.
    pub now: Timestamp,
}

impl Claimable<'_> {
    /// What becomes of the document `id`, which the request takes to have the hash `sha256`. Fails
    /// with why no dossier of this caller may have it, named from the document itself. Of what
    /// belongs to others is said what is said of what does not exist.
    pub fn claim(&self, id: &UploadId, sha256: &str) -> Result<UploadClaim, Violation> {
        let own = |upload: &&Upload| upload.owner == self.account && upload.is_kept(self.now);
        let Some(upload) = self.known.get(id).filter(own) else {
            let detail = "is no document of this account, or its time has ended";
            return Err(Violation::new("upload", RuleName::KnownUpload, detail));
        };
        if upload.claimed_by.is_some() && upload.claimed_by.as_ref() != self.dossier {
            return Err(unclaimed_violation());
        }
        if upload.declared.sha256 != sha256 {
            let detail = "is not what was declared of this document before it was uploaded";
            return Err(Violation::new("sha256", RuleName::UploadSha256, detail));
        }
        match &upload.state {
            UploadState::Awaited => Ok(UploadClaim::UnderInspection(upload.id.clone())),
            UploadState::Refused { reason, .. } => {
                let detail = format!("was refused: {reason}");
                Err(Violation::new("upload", RuleName::UsableUpload, detail))
            }
            UploadState::Usable { object_version, inspected_at, signature: _ } => {
                Ok(UploadClaim::Ready(upload.inspected(object_version, *inspected_at)))
            }
        }
    }
}

impl UploadState {
    /// What the inspection found of the document's signatures; none of what is no PDF, and before
    /// it is usable.
    pub fn signature(&self) -> Option<&SignatureVerdict> {
        match self {
            Self::Usable { signature, .. } => signature.as_ref(),
            Self::Awaited | Self::Refused { .. } => None,
        }
    }
}

impl Upload {
    /// A document that `owner` asks for at `now`.
    pub fn asked(id: UploadId, owner: String, declared: Declared, now: Timestamp) -> Self {
        let expires = now.saturating_add(UNCLAIMED_KEPT).unwrap_or(now);
        Self {
            id,
            owner,
            declared,
            state: UploadState::Awaited,
            asked_at: now,
            expires_at: Some(expires.as_second()),
            claimed_by: None,
        }
    }

    /// The end of its time; none once a dossier has claimed it.
    pub fn kept_until(&self) -> Option<Timestamp> {
        self.expires_at.and_then(|seconds| Timestamp::from_second(seconds).ok())
    }

    /// Whether it is still there at `now`.
    pub fn is_kept(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now.as_second() < end)
    }
}
