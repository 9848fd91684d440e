//! Documents of a dossier: what is stored of one, and which hosts may hold its content.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::provenance::Trust;
use crate::row::{Lasting, RowChecks};
use crate::text::REMARK_CHARACTERS_MAX;
use crate::upload::{UploadId, UploadedDocument, is_sha256, not_a_sha256};
use crate::violation::{Fact, Unit};
use crate::{RuleName, Violation, text};

/// Who has the documents of a dossier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DocumentsKeptBy {
    /// We have every one that the procedure requires, as a copy or by its address.
    #[default]
    Us,
    /// The integrator that handed the dossier in keeps them in its own system and cannot send
    /// them. Officers who work the dossier here have to know.
    Sender,
}

impl DocumentsKeptBy {
    /// Whether we have them: what is not stored of a dossier.
    pub fn is_us(&self) -> bool {
        *self == Self::Us
    }
}

/// The most documents one dossier carries.
pub const DOCUMENTS_MAX: usize = 50;

/// The most that the documents' codes, names, hashes and addresses take together, in bytes: see
/// [`REMARK_CHARACTERS_MAX`](text::REMARK_CHARACTERS_MAX).
pub const DOCUMENTS_BYTES_MAX: usize = 100_000;

/// The longest code of a document, in characters.
const CODE_CHARACTERS_MAX: usize = 64;

/// The most bytes that length and time of inspection of an uploaded document take.
const UPLOAD_NUMBERS_BYTES: usize = 40;

/// The longest address, in characters.
pub(crate) const URL_CHARACTERS_MAX: usize = 2_048;

/// A document handed in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Code of the document within the procedure.
    pub code: String,
    /// The version of the dossier with which it came, from 1: not stored of what came with the
    /// submission.
    #[serde(default = "first_version", skip_serializing_if = "is_first_version")]
    pub version: u64,
    /// Where its content is.
    #[serde(flatten)]
    pub content: DocumentContent,
}

fn first_version() -> u64 {
    1
}

fn is_first_version(version: &u64) -> bool {
    *version == first_version()
}

/// A document that an applicant is asked for (NĐ 61/2018 Đ.17: each one, and why, in one notice).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AskedDocument {
    /// Code of the document within the procedure.
    pub code: String,
    /// What is missing or wrong, for the applicant.
    pub reason: String,
}

/// What officers write may name people.
impl fmt::Debug for AskedDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AskedDocument(***)")
    }
}

impl AskedDocument {
    /// Bytes of text that it takes in the store.
    pub fn bytes(&self) -> usize {
        self.code.len() + self.reason.len()
    }

    /// The same through the text gate.
    #[must_use]
    pub fn cleaned(self) -> Self {
        Self { code: text::line(&self.code), reason: text::remark(&self.reason) }
    }

    /// What is wrong with it, each field named from itself.
    pub fn violations(&self) -> Vec<Violation> {
        let reason = written("reason", &self.reason, REMARK_CHARACTERS_MAX);
        written("code", &self.code, CODE_CHARACTERS_MAX).into_iter().chain(reason).collect()
    }
}

/// Where the content of a document is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum DocumentContent {
    /// At an address of another system. Where the catalogue says so for its host, we keep a copy.
    Reference(DocumentReference),
    /// On paper, in the hands of the agency that took the dossier in. The history says whose.
    Paper {
        /// What the sheet is.
        paper: PaperKind,
    },
    /// In our object storage, inspected.
    Upload(UploadedDocument),
}

/// The address and the hash of a document that another system keeps.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentReference {
    /// File name as the applicant gave it.
    pub name: String,
    /// SHA-256 of the content, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// The https address of the content.
    pub url: String,
}

/// What a document on paper is (NĐ 61/2018 Đ.17; NĐ 23/2015 Đ.2 for copies).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaperKind {
    /// The original (bản chính), which goes back with the result.
    Original,
    /// A copy (bản sao), which stays with the dossier.
    Copy,
}

/// File names and addresses may name people.
impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Document(***)")
    }
}

impl Document {
    /// Bytes of text that the document takes in the store.
    pub fn bytes(&self) -> usize {
        let content = match &self.content {
            DocumentContent::Reference(DocumentReference { name, sha256, url }) => {
                name.len() + sha256.len() + url.len()
            }
            DocumentContent::Paper { paper: PaperKind::Original | PaperKind::Copy } => 8,
            DocumentContent::Upload(uploaded) => {
                let UploadedDocument { upload, declared, object_version, inspected_at: _ } =
                    uploaded;
                let numbers = declared.media_type.media_type().len() + UPLOAD_NUMBERS_BYTES;
                upload.as_str().len() + declared.sha256.len() + object_version.len() + numbers
            }
        };
        self.code.len() + content
    }

    /// The content in our object storage, if it is there.
    pub fn uploaded(&self) -> Option<&UploadedDocument> {
        match &self.content {
            DocumentContent::Upload(uploaded) => Some(uploaded),
            DocumentContent::Reference(_) | DocumentContent::Paper { .. } => None,
        }
    }

    /// The address of the content, if another system keeps it.
    pub fn kept_elsewhere(&self) -> Option<&DocumentReference> {
        match &self.content {
            DocumentContent::Reference(kept) => Some(kept),
            DocumentContent::Upload(_) | DocumentContent::Paper { .. } => None,
        }
    }

    /// Whether there is a file of it, here or in another system: paper alone is not digitised.
    pub fn is_electronic(&self) -> bool {
        match &self.content {
            DocumentContent::Reference(_) | DocumentContent::Upload(_) => true,
            DocumentContent::Paper { .. } => false,
        }
    }

    /// Whether both are the same document, whenever they came.
    pub fn is_like(&self, other: &Self) -> bool {
        (&self.code, &self.content) == (&other.code, &other.content)
    }

    /// The same through the text gate, with its address as every program reads it.
    #[must_use]
    pub fn cleaned(self) -> Self {
        let content = match self.content {
            DocumentContent::Reference(kept) => DocumentContent::Reference(kept.cleaned()),
            ours @ (DocumentContent::Paper { .. } | DocumentContent::Upload(_)) => ours,
        };
        Self { code: text::line(&self.code), content, ..self }
    }

    /// What is wrong with this document, each field named from the document itself.
    pub fn violations(&self) -> Vec<Violation> {
        let mut found: Vec<Violation> =
            written("code", &self.code, CODE_CHARACTERS_MAX).into_iter().collect();
        match &self.content {
            DocumentContent::Reference(kept) => found.extend(kept.violations()),
            DocumentContent::Paper { .. } | DocumentContent::Upload(_) => {}
        }
        found
    }
}

impl DocumentReference {
    fn cleaned(self) -> Self {
        let url = text::line(&self.url);
        Self {
            name: text::line(&self.name),
            sha256: text::bare(&self.sha256),
            url: address(&url).map_or(url, String::from),
        }
    }

    fn violations(&self) -> Vec<Violation> {
        let mut found: Vec<Violation> = written("name", &self.name, 255).into_iter().collect();
        if !is_sha256(&self.sha256) {
            found.push(not_a_sha256());
        }
        if self.url.chars().count() > URL_CHARACTERS_MAX || address(&self.url).is_none() {
            let detail = "must be an https address of at most 2,048 characters that names a host, no account and no port";
            found.push(Violation::new("url", RuleName::HttpsUrl, detail));
        }
        found
    }
}

/// The uploaded documents among `documents`, each once.
pub fn uploads_of<'a>(
    documents: impl IntoIterator<Item = &'a Document>,
) -> BTreeMap<&'a UploadId, &'a UploadedDocument> {
    let uploaded = documents.into_iter().filter_map(Document::uploaded);
    uploaded.map(|uploaded| (&uploaded.upload, uploaded)).collect()
}

/// The same, to be kept by itself.
pub fn uploads_in<'a>(documents: impl IntoIterator<Item = &'a Document>) -> Vec<UploadedDocument> {
    uploads_of(documents).into_values().cloned().collect()
}

/// What is wrong with the number of `documents` and with what they take together.
pub fn amount_violations(documents: &[Document]) -> Vec<Violation> {
    let mut found = Vec::new();
    if documents.len() > DOCUMENTS_MAX {
        let detail = format!("a dossier has at most {DOCUMENTS_MAX} documents");
        let most = Fact::at_most(DOCUMENTS_MAX, Unit::Documents);
        found.push(Violation::new("documents", RuleName::DocumentsMax, detail).about(most));
    }
    if documents.iter().map(Document::bytes).sum::<usize>() > DOCUMENTS_BYTES_MAX {
        let detail = format!("may take {DOCUMENTS_BYTES_MAX} bytes together");
        let most = Fact::at_most(DOCUMENTS_BYTES_MAX, Unit::Bytes);
        found.push(Violation::new("documents", RuleName::DocumentsBytesMax, detail).about(most));
    }
    found
}

/// What is wrong with the text of a field of 1 to `most` characters.
fn written(field: &str, value: &str, most: usize) -> Option<Violation> {
    if let Some(flaw) = text::flaw(value) {
        return Some(Violation::new(field, flaw.rule(), flaw.detail()));
    }
    let fits = text::says_something(value) && value.chars().count() <= most;
    let bounds = || Fact::between(1, most, Unit::Characters);
    (!fits).then(|| Violation::unless(field, RuleName::Length, bounds()))
}

/// A public address as a browser reads it: https, a host name and not a number, no credentials and
/// no port of another service.
pub(crate) fn address(text: &str) -> Option<Url> {
    // Programs take more for the beginning of an address than this, and not all of them the same.
    let begun = text.get(..8).is_some_and(|begin| begin.eq_ignore_ascii_case("https://"));
    if !begun
        || text[8..].starts_with('/')
        || text::flaw(text).is_some()
        || text.contains([' ', '\\'])
    {
        return None;
    }
    let url = Url::parse(text).ok()?;
    let plain = url.scheme() == "https" && url.username().is_empty() && url.password().is_none();
    // A line break or a NUL in disguise is meant for some program further on.
    let controls = url.as_str().as_bytes().windows(3).any(|part| match part {
        [b'%', b'0' | b'1', low] => low.is_ascii_hexdigit(),
        [b'%', b'7', low] => low.eq_ignore_ascii_case(&b'f'),
        _ => false,
    });
    let named = matches!(url.host(), Some(Host::Domain(name)) if is_public_name(name));
    (plain && named && !controls && url.port().is_none()).then_some(url)
}

/// Names that a cloud or a machine answers to itself, and that no catalogue may list:
/// `metadata.google.internal`, `localhost`.
fn is_public_name(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or_default();
    let own =
        ["internal", "local", "localhost", "localdomain", "lan", "home", "corp", "arpa", "onion"];
    name.contains('.') && !last.is_empty() && !own.contains(&last)
}

/// A host that may hold documents.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DocumentHost {
    /// The host name in lower case.
    #[cfg_attr(
        feature = "schema",
        schemars(
            length(max = 253),
            regex(
                pattern = r"^(?!.*\.(?:internal|local|localhost|localdomain|lan|home|corp|arpa|onion)$)(?=.*[a-z])[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$"
            )
        )
    )]
    host: String,
    /// Whether what lies there is copied into our object storage and inspected, once: officers then
    /// open our copy, whatever becomes of the host.
    #[serde(default)]
    copied: bool,
    /// The first day on which the host is allowed.
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

impl DocumentHost {
    fn lasting(&self) -> Lasting {
        Lasting { first: self.valid_from, last: self.valid_to }
    }
}

/// Every host that may hold documents.
#[derive(Debug)]
pub struct DocumentHosts(Vec<DocumentHost>);

impl DocumentHosts {
    /// Puts the hosts together; refused whole, with every reason.
    pub(crate) fn assemble(hosts: Vec<DocumentHost>) -> Result<Self, Vec<Violation>> {
        let mut found = Vec::new();
        if hosts.is_empty() {
            let rule = RuleName::Present;
            found.push(Violation::new("documentHosts", rule, "documents have to lie somewhere"));
        }
        for (place, host) in hosts.iter().enumerate() {
            let at = format!("documentHosts[{place}]");
            let mut row = RowChecks::of(&at, &host.host);
            let read = address(&format!("https://{}/", host.host));
            let same = read
                .is_some_and(|url| url.host_str() == Some(host.host.as_str()) && url.path() == "/");
            row.check(
                "host",
                RuleName::Host,
                same,
                "must be the public name of a host in lower case, and nothing else",
            );
            row.forward(host.lasting());
            row.sourced(&host.source);
            found.extend(row.found());
        }
        if found.is_empty() { Ok(Self(hosts)) } else { Err(found) }
    }

    /// The hosts that documents' addresses may name on `day`.
    pub fn on(&self, day: Date) -> impl Iterator<Item = &str> {
        let in_force = move |host: &&DocumentHost| host.lasting().covers(day);
        self.0.iter().filter(in_force).map(|host| host.host.as_str())
    }

    /// Whether what lies at the address of `kept` is to be copied, on `day`.
    pub fn is_copied(&self, kept: &DocumentReference, day: Date) -> bool {
        self.copied(kept).any(|host| host.lasting().covers(day))
    }

    /// Whether what lies on any host is to be copied, on `day`.
    pub fn copies_any(&self, day: Date) -> bool {
        self.0.iter().any(|host| host.copied && host.lasting().covers(day))
    }

    /// Whether there may be a copy of `kept`: whether its host was to be copied on any day.
    pub fn may_be_copied(&self, kept: &DocumentReference) -> bool {
        self.copied(kept).next().is_some()
    }

    /// The rows of the host of `kept` by which it is copied.
    fn copied(&self, kept: &DocumentReference) -> impl Iterator<Item = &DocumentHost> {
        let url = address(&kept.url);
        self.0.iter().filter(move |host| {
            let named = url.as_ref().and_then(Url::host_str);
            host.copied && named == Some(host.host.as_str())
        })
    }

    /// The reason why the document's address is not allowed on `day`; `None` if it is.
    pub fn violation(&self, document: &Document, day: Date) -> Option<Violation> {
        let DocumentContent::Reference(kept) = &document.content else {
            return None;
        };
        let url = address(&kept.url)?;
        let listed = self.on(day).any(|host| url.host_str() == Some(host));
        (!listed).then(|| {
            Violation::new("url", RuleName::DocumentHost, "lies on a host where no documents lie")
        })
    }
}
