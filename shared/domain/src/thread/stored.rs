//! What a stored thread must be to be one: what no method of it can write is not read.

use serde::{Deserialize, Serialize};

use super::compact::CompactNotice;
use super::{Content, NoticeRecord, NoticeState, NoticeThread};
use crate::id::{AgencyCode, SubjectCode};
use crate::impossible::Impossible;

/// A thread as it is stored, before it is judged.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StoredThread {
    code: SubjectCode,
    agency: AgencyCode,
    version: u64,
    noted: u64,
    /// The notices, in the compact form.
    #[serde(rename = "n", default)]
    compact: Vec<CompactNotice>,
    /// The notices of a thread that a release before the compact form stored last.
    #[serde(default, skip_serializing)]
    notices: Vec<NoticeRecord>,
}

impl From<NoticeThread> for StoredThread {
    fn from(thread: NoticeThread) -> Self {
        let NoticeThread { code, agency, version, noted, notices } = thread;
        let compact = notices.into_iter().map(CompactNotice::from).collect();
        Self { code, agency, version, noted, compact, notices: Vec::new() }
    }
}

impl TryFrom<StoredThread> for NoticeThread {
    type Error = Impossible;

    fn try_from(stored: StoredThread) -> Result<Self, Impossible> {
        let StoredThread { code, agency, version, noted, compact, notices } = stored;
        let notices = if compact.is_empty() {
            notices
        } else {
            let read = compact.into_iter().map(CompactNotice::notice);
            read.collect::<Option<_>>().ok_or(Impossible(
                "a notice does not say one thing, a change, news, figures or a question",
            ))?
        };
        if version == 0 {
            return Err(Impossible("a thread is stored with version 0"));
        }
        if notices.first().is_some_and(|first| first.version == 0)
            || !notices.is_sorted_by(|earlier, later| earlier.version < later.version)
        {
            return Err(Impossible("the versions of a thread's notices do not rise from 1 on"));
        }
        if notices.last().is_some_and(|last| last.version > noted) {
            return Err(Impossible("a thread has a notice of an entry that it has not noted"));
        }
        let of_the_subject = |notice: &NoticeRecord| {
            matches!(
                (&code, &notice.content),
                (SubjectCode::Dossier(_), Content::Change(_))
                    | (SubjectCode::Report(_), Content::Figures(_))
                    | (SubjectCode::Question(_), Content::Question)
                    | (SubjectCode::Feedback(_), Content::News(_))
            )
        };
        if !notices.iter().all(of_the_subject) {
            return Err(Impossible("a notice's content is not of the thread's kind"));
        }
        let leased = |notice: &&NoticeRecord| matches!(notice.state, NoticeState::Leased { .. });
        if notices.iter().filter(leased).count() > 1 {
            return Err(Impossible("two notices of a thread are leased at a time"));
        }
        let is_merged_into_a_later_one = |notice: &NoticeRecord| match notice.state {
            NoticeState::Merged { into } => {
                into > notice.version && notices.iter().any(|other| other.version == into)
            }
            NoticeState::Waiting { .. }
            | NoticeState::Leased { .. }
            | NoticeState::Sent { .. }
            | NoticeState::Unknown { .. }
            | NoticeState::Held { .. }
            | NoticeState::Delivered
            | NoticeState::Refused
            | NoticeState::Expired
            | NoticeState::ToldElsewhere => true,
        };
        if !notices.iter().all(is_merged_into_a_later_one) {
            return Err(Impossible("a notice is merged into one that does not follow it"));
        }
        let mut attempts = notices.iter().flat_map(|notice| &notice.attempts);
        if attempts.any(|attempt| attempt.times == 0) {
            return Err(Impossible("an attempt is recorded as made no time"));
        }
        Ok(Self { code, agency, version, noted, notices })
    }
}
