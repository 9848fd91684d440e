//! The bodies that are sent, and what is wrong with them.

use std::collections::BTreeSet;

use domain::catalogue::Catalogue;
use domain::feedback::content::{PHOTOS_MAX, WORDS_CHARACTERS_MAX, written};
use domain::feedback::{
    FeedbackAction, FeedbackChannel, FeedbackCode, FeedbackCommand, FeedbackContent, Filing,
    Publication, Satisfaction, Wishes,
};
use domain::id::{AgencyCode, CommandId};
use domain::language::Language;
use domain::submission::agency_violation;
use domain::upload::{Claimable, UploadClaim, UploadId, UploadedDocument};
use domain::violation::{Fact, Unit};
use domain::{RuleName, Violation};
use jiff::civil::Date;
use platform::Failure;
use platform::request::{AuthorBody, PlaceBody};
use serde::Deserialize;

/// A photograph that was uploaded before.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PhotoBody {
    upload: String,
    sha256: String,
}

/// What somebody sends, or an officer writes down for them.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct FilingBody {
    pub(crate) channel: FeedbackChannel,
    category: String,
    words: String,
    #[serde(default)]
    place: Option<PlaceBody>,
    #[serde(default)]
    author: Option<AuthorBody>,
    /// Whether an answer may be published.
    #[serde(default)]
    publish: bool,
    /// The language in which they are told of it.
    #[serde(default)]
    language: Language,
    /// Nothing but what the law wants.
    #[serde(default)]
    legal_only: bool,
    #[serde(default)]
    pub(crate) photos: Vec<PhotoBody>,
}

/// The ids of photographs that are well-formed, to be looked up.
pub(crate) fn named(photos: &[PhotoBody]) -> BTreeSet<UploadId> {
    let each = photos.iter().take(PHOTOS_MAX);
    each.filter_map(|photo| photo.upload.parse().ok()).collect()
}

/// The photographs that a request names, as they were inspected.
pub(crate) fn photos(
    given: &[PhotoBody],
    claimable: &Claimable<'_>,
    found: &mut Vec<Violation>,
) -> Result<Vec<UploadedDocument>, Failure> {
    if given.len() > PHOTOS_MAX {
        let detail = format!("a feedback has at most {PHOTOS_MAX} photographs");
        let most = Fact::at_most(PHOTOS_MAX, Unit::Items);
        found.push(Violation::new("photos", RuleName::DocumentsMax, detail).about(most));
        return Ok(Vec::new());
    }
    let (mut ready, mut waiting) = (Vec::new(), BTreeSet::new());
    for (place, photo) in given.iter().enumerate() {
        let at = format!("photos[{place}]");
        let claimed = photo
            .upload
            .parse::<UploadId>()
            .map_err(|broken| broken.named("upload"))
            .and_then(|id| claimable.claim(&id, &photo.sha256));
        match claimed {
            Ok(UploadClaim::UnderInspection(id)) => {
                waiting.insert(id);
            }
            Ok(UploadClaim::Ready(document)) => {
                let known =
                    ready.iter().any(|other: &UploadedDocument| other.upload == document.upload);
                if known {
                    let detail = "is named twice";
                    found.push(Violation::new(at, RuleName::Once, detail));
                } else if document.declared.media_type.media_type().starts_with("image/") {
                    ready.push(document);
                } else {
                    let broken =
                        Violation::new("upload", RuleName::DocumentType, "must be a picture")
                            .about(Fact::said("phải là ảnh", "a picture"));
                    found.push(broken.within(&at));
                }
            }
            Err(broken) => found.push(broken.within(&at)),
        }
    }
    if waiting.is_empty() || !found.is_empty() {
        return Ok(ready);
    }
    Err(Failure::UnderInspection(waiting))
}

impl FilingBody {
    /// What is asked for, with every field that breaks a rule.
    pub(crate) fn judged(
        self,
        command: CommandId,
        claimable: &Claimable<'_>,
        by_officer: bool,
    ) -> Result<Filing, Failure> {
        let mut found = Vec::new();
        let photos = photos(&self.photos, claimable, &mut found)?;
        let of_door = FeedbackChannel::OF_DOORS.contains(&self.channel);
        if !of_door || self.channel.is_by_officer() != by_officer {
            let detail = "is no channel of this door";
            found.push(Violation::new("channel", RuleName::KnownValue, detail));
        }
        let words = written("words", &self.words, WORDS_CHARACTERS_MAX);
        let words = words.map_err(|broken| found.push(broken)).unwrap_or_default();
        let place = self.place.and_then(|place| place.judged(&mut found));
        let author = match self.author {
            None => None,
            Some(author) => author.judged(&mut found),
        };
        if !found.is_empty() {
            return Err(Failure::Invalid(found));
        }
        let content = FeedbackContent { author, words, place, photos, remarks: Vec::new() };
        let (channel, category, consent) = (self.channel, self.category, self.publish);
        let wishes = Wishes { language: self.language, legal_only: self.legal_only };
        Ok(Filing { channel, given: None, category, consent, wishes, content, command })
    }

    /// What is wrong with it before anything was looked up.
    pub(crate) fn broken(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        let words = written("words", &self.words, WORDS_CHARACTERS_MAX);
        found.extend(words.err());
        if let Some(author) = self.author.clone() {
            author.judged(&mut found);
        }
        found
    }
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct PublicationBody {
    title: String,
    answer: String,
}

/// One move, by an officer or by its author.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MoveBody {
    action: FeedbackAction,
    #[serde(default)]
    expected_version: Option<u64>,
    #[serde(default)]
    words: Option<String>,
    #[serde(default)]
    agency: Option<String>,
    #[serde(default)]
    category: Option<String>,
    #[serde(default)]
    with: Option<String>,
    #[serde(default)]
    publication: Option<PublicationBody>,
    #[serde(default)]
    satisfaction: Option<Satisfaction>,
    #[serde(default)]
    pub(crate) photos: Vec<PhotoBody>,
}

impl MoveBody {
    /// The command, without its photographs and without what it is joined to, and the code of that.
    pub(crate) fn judged(
        &self,
        command: CommandId,
        catalogue: &Catalogue,
        today: Date,
    ) -> Result<(FeedbackCommand, Option<FeedbackCode>), Vec<Violation>> {
        let mut found = Vec::new();
        let given = [
            ("agency", self.agency.is_some(), FeedbackAction::Route),
            ("category", self.category.is_some(), FeedbackAction::Route),
            ("with", self.with.is_some(), FeedbackAction::Join),
            ("publication", self.publication.is_some(), FeedbackAction::Publish),
            ("satisfaction", self.satisfaction.is_some(), FeedbackAction::Rate),
            ("photos", !self.photos.is_empty(), FeedbackAction::AddPhotos),
        ];
        for (field, is_given, of) in given {
            if is_given && self.action != of {
                let detail = format!("belongs to {} alone", of.name());
                found.push(Violation::new(field, RuleName::UnknownField, detail));
            }
        }
        let mut kept = |broken: Violation| found.push(broken);
        let agency = self.agency.as_deref().and_then(|agency| {
            agency.parse::<AgencyCode>().map_err(|broken| kept(broken.named("agency"))).ok()
        });
        let with = self.with.as_deref().and_then(|with| {
            with.parse::<FeedbackCode>().map_err(|broken| kept(broken.named("with"))).ok()
        });
        if let Some(agency) = &agency {
            found.extend(agency_violation("agency", agency, catalogue, today));
        }
        if !found.is_empty() {
            return Err(found);
        }
        let publication = self.publication.clone();
        let command = FeedbackCommand {
            action: self.action,
            expected: self.expected_version,
            command,
            words: self.words.clone(),
            agency,
            category: self.category.clone(),
            with: None,
            publication: publication
                .map(|PublicationBody { title, answer }| Publication { title, answer }),
            satisfaction: self.satisfaction,
            photos: Vec::new(),
        };
        Ok((command, with))
    }
}
