//! Of what a thread of notices speaks, and to whom.

use domain::applicant::{IdNumber, Phone};
use domain::calendar::date_of;
use domain::dossier::{Dossier, HistoryEntry};
use domain::id::{ReportCode, SubjectCode};
use domain::leader::Leader;
use domain::notice::{Language, Notice};
use domain::thread::{Content, NoticeRecord, NoticeThread};
use domain::{RuleName, Violation};
use jiff::Timestamp;
use platform::Failure;
use platform::port::DossierStore;

use crate::Desk;

/// Of what a thread speaks, read.
pub(crate) enum Subject<'a> {
    /// A dossier; its history holds what has to be sent.
    Dossier(Box<Dossier>),
    /// A leader's report; its figures are in the thread itself.
    Report {
        /// The name of the report.
        code: &'a ReportCode,
        /// Its recipient; `None` once the catalogue does not list them any more.
        leader: Option<&'a Leader>,
    },
}

/// The failure for a message that names a report without a thread. Repeating it does not help.
pub(crate) fn never_announced() -> Failure {
    Violation::new("data.code", RuleName::KnownReport, "names a report that was never announced")
        .into()
}

impl Subject<'_> {
    /// A new thread in which nothing was sent; `None` for a report, whose thread starts when it is
    /// announced.
    pub(crate) fn begun(&self) -> Option<NoticeThread> {
        match self {
            Self::Dossier(dossier) => {
                Some(NoticeThread::new(dossier.code.clone(), dossier.agency.clone()))
            }
            Self::Report { .. } => None,
        }
    }

    /// The events that may have to be sent, oldest first.
    pub(crate) fn history(&self) -> &[HistoryEntry] {
        match self {
            Self::Dossier(dossier) => &dossier.history,
            Self::Report { .. } => &[],
        }
    }

    /// Where messages go, and under which identity number wishes are kept, if any are.
    pub(crate) fn addressee(&self) -> Option<(&Phone, Option<&IdNumber>)> {
        match self {
            Self::Dossier(dossier) => {
                let applicant = dossier.applicant.as_ref()?;
                Some((&applicant.phone, Some(&applicant.id_number)))
            }
            Self::Report { leader, .. } => leader.map(|leader| (&leader.phone, None)),
        }
    }

    /// The recipient's language by the catalogue; `None` where the applicant's preference decides.
    pub(crate) fn language(&self) -> Option<Language> {
        match self {
            Self::Dossier(_) => None,
            Self::Report { leader, .. } => leader.map(|leader| leader.language),
        }
    }
}

impl<D: DossierStore, B, C, G, L> Desk<'_, D, B, C, G, L> {
    /// Reads of what `code` is, as of `now`.
    pub(crate) async fn subject<'a>(
        &'a self,
        code: &'a SubjectCode,
        now: Timestamp,
    ) -> Result<Subject<'a>, Failure> {
        match code {
            SubjectCode::Dossier(code) => {
                let dossier = self.dossiers.dossier(code).await?.ok_or(Failure::DossierNotFound)?;
                Ok(Subject::Dossier(Box::new(dossier)))
            }
            SubjectCode::Report(code) => {
                let leader = self.catalogue.leaders().leader(&code.leader, date_of(now));
                Ok(Subject::Report { code, leader })
            }
        }
    }

    /// The message text of `notice`.
    pub(crate) fn compose(
        &self,
        notice: &NoticeRecord,
        subject: &Subject<'_>,
        language: Language,
    ) -> Result<Notice, Failure> {
        let templates = self.catalogue.templates();
        let composed = match (subject, &notice.content) {
            (Subject::Dossier(dossier), Content::Change(_)) => {
                let place = usize::try_from(notice.version.saturating_sub(1)).unwrap_or(usize::MAX);
                let entry = dossier.history.get(place).ok_or(Failure::DossierNotFound)?;
                templates.compose(dossier, entry, notice.wording, language)
            }
            (Subject::Report { code, .. }, Content::Figures(headline)) => {
                templates.report().and_then(|text| text.compose(code, headline, language))
            }
            (Subject::Dossier(_), Content::Figures(_))
            | (Subject::Report { .. }, Content::Change(_)) => None,
        };
        composed.ok_or_else(|| {
            Failure::Defect(format!("no text for {:?}, which was to be sent", notice.content))
        })
    }
}
