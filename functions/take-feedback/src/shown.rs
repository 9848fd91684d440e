//! What is answered: to everybody, to its author, to officers.

use domain::catalogue::Catalogue;
use domain::delivery::Delivery;
use domain::dossier::{Actor, Signature};
use domain::feedback::{
    Feedback, FeedbackAction, FeedbackCode, FeedbackContent, FeedbackStatus, ForeignNumber, Origin,
    Place, Publication, Remark, Satisfaction,
};
use domain::id::AgencyCode;
use domain::upload::{DocumentType, UploadId};
use jiff::Timestamp;
use platform::Failure;
use platform::line_standing::LineStanding;
use platform::objects::{Bucket, SignedDownload};
use platform::record::GoneSince;
use serde::Serialize;

/// What everybody may know who has the code.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Standing<'a> {
    code: &'a FeedbackCode,
    status: FeedbackStatus,
    status_name: &'static str,
    category: &'a str,
    version: u64,
    filed_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    received_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    routed_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agency: Option<&'a AgencyCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answered_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    joined_to: Option<&'a FeedbackCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    satisfaction: Option<Satisfaction>,
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<&'a Publication>,
}

impl<'a> From<&'a Feedback> for Standing<'a> {
    fn from(feedback: &'a Feedback) -> Self {
        Self {
            code: &feedback.code,
            status: feedback.status,
            status_name: feedback.status.vietnamese(),
            category: &feedback.category,
            version: feedback.version,
            filed_at: feedback.filed_at,
            received_at: feedback.received_at,
            routed_at: feedback.routed_at,
            agency: feedback.agency.as_ref(),
            due_at: feedback.due_at,
            answered_at: feedback.answered_at,
            joined_to: feedback.joined_to.as_ref(),
            satisfaction: feedback.satisfaction,
            published: feedback.published.as_ref(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownAuthor<'a> {
    full_name: &'a str,
    phone: String,
    address: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownPhoto<'a> {
    id: &'a UploadId,
    media_type: DocumentType,
    bytes: u64,
    download: SignedDownload,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownEntry<'a> {
    version: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<FeedbackAction>,
    status: FeedbackStatus,
    at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    agency: Option<&'a AgencyCode>,
    /// For officers: whose account it was is no business of the author.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'a Signature>,
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<&'a str>,
}

/// Where it was given, and what the system there has of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownOrigin<'a> {
    source: &'a str,
    /// What people call who brought it; none where the catalogue does not list them any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    number: &'a ForeignNumber,
    /// Whether every system has all that it must have of it.
    in_step: bool,
    systems: Vec<LineStanding<'a>>,
}

impl<'a> ShownOrigin<'a> {
    fn of(
        origin: &'a Origin,
        lines: &'a [Delivery],
        catalogue: &'a Catalogue,
        now: Timestamp,
    ) -> Self {
        Self {
            source: &origin.source,
            name: catalogue.integrator(&origin.source).map(|known| known.name.as_str()),
            number: &origin.number,
            in_step: !lines.iter().any(Delivery::is_behind),
            systems: lines.iter().map(|line| LineStanding::of(line, catalogue, now)).collect(),
        }
    }
}

/// The whole, for those who may read it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Case<'a> {
    #[serde(flatten)]
    status: Standing<'a>,
    channel: domain::feedback::FeedbackChannel,
    /// For officers alone; none where it was sent here.
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<ShownOrigin<'a>>,
    publish: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    routing_due_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    holder: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<ShownAuthor<'a>>,
    /// Since when what was written is gone, and by what; none while it is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    content_gone: Option<GoneSince>,
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<&'a Place>,
    photos: Vec<ShownPhoto<'a>>,
    history: Vec<ShownEntry<'a>>,
    allowed: Vec<FeedbackAction>,
}

/// Whether what was said at a move is said to the author; the rest is between agencies.
fn is_for_author(action: FeedbackAction) -> bool {
    match action {
        FeedbackAction::Refuse
        | FeedbackAction::Answer
        | FeedbackAction::Rate
        | FeedbackAction::Reopen
        | FeedbackAction::AddPhotos
        | FeedbackAction::Withdraw
        | FeedbackAction::Verify => true,
        FeedbackAction::Route
        | FeedbackAction::Join
        | FeedbackAction::Return
        | FeedbackAction::TakeUp
        | FeedbackAction::Publish
        | FeedbackAction::Close => false,
    }
}

impl<'a> Case<'a> {
    /// What `by` sees of it, with addresses of the photographs for a minute; `lines` are those of the
    /// ledger about it.
    pub(crate) async fn of(
        (feedback, content): &'a (Feedback, Option<FeedbackContent>),
        by: &Actor,
        (lines, catalogue): (&'a [Delivery], &'a Catalogue),
        bucket: &Bucket,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let is_authors = feedback.is_authors(by);
        let content = content.as_ref();
        let mut photos = Vec::new();
        for photo in content.iter().flat_map(|content| &content.photos) {
            photos.push(ShownPhoto {
                id: &photo.upload,
                media_type: photo.declared.media_type,
                bytes: photo.declared.bytes,
                download: bucket.download(photo, now).await?,
            });
        }
        let said = |version: u64| -> Option<&'a str> {
            let mut remarks = content.into_iter().flat_map(|content| &content.remarks);
            let remark: Option<&'a Remark> = remarks.find(|remark| remark.version == version);
            remark.map(|remark| remark.words.as_str())
        };
        let entries = feedback.history.iter().map(|entry| ShownEntry {
            version: entry.version,
            action: entry.action,
            status: entry.status,
            at: entry.at,
            agency: entry.agency.as_ref(),
            by: (!is_authors).then_some(&entry.by),
            words: said(entry.version)
                .filter(|_| !is_authors || entry.action.is_none_or(is_for_author)),
        });
        let author = content.and_then(|content| content.author.as_ref());
        let author = author.map(|author| ShownAuthor {
            full_name: author.full_name.reveal(),
            phone: author.phone.domestic(),
            address: &author.address,
        });
        Ok(Self {
            status: feedback.into(),
            channel: feedback.channel,
            origin: feedback
                .origin
                .as_ref()
                .filter(|_| !is_authors)
                .map(|origin| ShownOrigin::of(origin, lines, catalogue, now)),
            publish: feedback.consent,
            routing_due_at: feedback.routing_due_at,
            holder: feedback.holder.as_deref().filter(|_| !is_authors),
            author,
            content_gone: feedback.content_gone(now).map(GoneSince::from),
            words: content.map(|content| content.words.as_str()),
            place: content.and_then(|content| content.place.as_ref()),
            photos,
            history: entries.collect(),
            // Without what was written nobody can go on with it.
            allowed: content.map(|_| feedback.allowed_to(by)).unwrap_or_default(),
        })
    }
}
