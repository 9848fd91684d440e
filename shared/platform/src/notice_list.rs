//! Which notices were sent, and why others were not, as officers see it.

use domain::applicant::Phone;
use domain::dossier::Action;
use domain::feedback::FeedbackNews;
use domain::id::SubjectCode;
use domain::notice::NoticeClass;
use domain::thread::{Attempt, Content, NoticeReason, NoticeRecord, NoticeState, NoticeThread};
use jiff::Timestamp;
use serde::Serialize;

/// The life of every notice of a dossier or a feedback.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NoticeList<'a> {
    code: &'a SubjectCode,
    /// The number, as far as an officer needs it to recognise it; none where nobody has one, or the
    /// content is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    cost_vnd: u64,
    /// Notices of which it is unknown whether the applicant got them.
    left_unknown: usize,
    notices: Vec<Life<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Life<'a> {
    version: u64,
    /// What was done to the dossier.
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<Action>,
    /// What became of the feedback.
    #[serde(skip_serializing_if = "Option::is_none")]
    news: Option<FeedbackNews>,
    class: NoticeClass,
    state: &'static str,
    since: Timestamp,
    ended: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    merged_into: Option<u64>,
    changed_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted_at: Option<Timestamp>,
    cost_vnd: u64,
    attempts: &'a [Attempt],
}

impl<'a> NoticeList<'a> {
    /// The notices about `code`, which go to `phone`; empty if it has no thread.
    pub fn of(
        code: &'a SubjectCode,
        phone: Option<&Phone>,
        thread: Option<&'a NoticeThread>,
    ) -> Self {
        let records = thread.map(NoticeThread::notices).unwrap_or_default();
        let notices: Vec<Life<'a>> = records.iter().filter_map(Life::of).collect();
        Self {
            code,
            phone: phone.map(Phone::masked),
            cost_vnd: notices.iter().fold(0, |sum, notice| sum.saturating_add(notice.cost_vnd)),
            left_unknown: records.iter().filter(|notice| notice.is_left_unknown()).count(),
            notices,
        }
    }
}

impl<'a> Life<'a> {
    /// None of a report or a question, which officers do not see.
    fn of(notice: &'a NoticeRecord) -> Option<Self> {
        let (action, news) = match notice.content {
            Content::Change(action) => (Some(action), None),
            Content::News(news) => (None, Some(news)),
            Content::Figures(_) | Content::Question => return None,
        };
        let (not_before, merged_into) = match notice.state {
            NoticeState::Waiting { not_before, .. } => (Some(not_before), None),
            NoticeState::Merged { into } => (None, Some(into)),
            NoticeState::Leased { .. }
            | NoticeState::Sent { .. }
            | NoticeState::Unknown { .. }
            | NoticeState::Held { .. }
            | NoticeState::Delivered
            | NoticeState::Refused
            | NoticeState::Expired
            | NoticeState::ToldElsewhere => (None, None),
        };
        Some(Self {
            version: notice.version,
            action,
            news,
            class: notice.class,
            state: notice.state.name(),
            since: notice.since,
            ended: notice.state.is_end(),
            reason: notice.reason.as_ref().map(NoticeReason::name),
            not_before,
            merged_into,
            changed_at: notice.changed_at,
            accepted_at: notice.accepted_at(),
            cost_vnd: notice.cost_vnd(),
            attempts: &notice.attempts,
        })
    }
}
