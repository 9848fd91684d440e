//! Of what a thread of notices speaks, and to whom.

use domain::applicant::{IdNumber, Phone};
use domain::calendar::date_of;
use domain::dossier::{Dossier, HistoryEntry};
use domain::id::{QuestionCode, ReportCode, SubjectCode};
use domain::leader::Leader;
use domain::notice::{Language, Notice};
use domain::survey::{OpenSurvey, Returned};
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
    /// The question after the result of a dossier.
    Question {
        /// The name of the question.
        code: &'a QuestionCode,
        /// The dossier that it is about.
        dossier: Box<Dossier>,
        /// What an answer would be about; `None` where none counts any more.
        open: Option<OpenSurvey>,
    },
}

/// The failure for a message that names a report or a question without a thread. Repeating it does
/// not help.
pub(crate) fn never_announced() -> Failure {
    let detail = "names a report that was never announced, or a question that was never opened";
    Violation::new("data.code", RuleName::KnownReport, detail).into()
}

impl Subject<'_> {
    /// A new thread in which nothing was sent; `None` for a report, whose thread starts when it is
    /// announced, and for a question, whose thread does with the return.
    pub(crate) fn begun(&self) -> Option<NoticeThread> {
        match self {
            Self::Dossier(dossier) => {
                Some(NoticeThread::new(dossier.code.clone(), dossier.agency.clone()))
            }
            Self::Report { .. } | Self::Question { .. } => None,
        }
    }

    /// The events that may have to be sent, oldest first.
    pub(crate) fn history(&self) -> &[HistoryEntry] {
        match self {
            Self::Dossier(dossier) => &dossier.history,
            Self::Report { .. } | Self::Question { .. } => &[],
        }
    }

    /// Where messages go, and under which identity number wishes are kept, if any are.
    pub(crate) fn addressee(&self) -> Option<(&Phone, Option<&IdNumber>)> {
        match self {
            Self::Dossier(dossier) | Self::Question { dossier, .. } => {
                let applicant = dossier.applicant.as_ref()?;
                Some((&applicant.phone, Some(&applicant.id_number)))
            }
            Self::Report { leader, .. } => leader.map(|leader| (&leader.phone, None)),
        }
    }

    /// The recipient's language by the catalogue; `None` where the applicant's preference decides.
    pub(crate) fn language(&self) -> Option<Language> {
        match self {
            Self::Dossier(_) | Self::Question { .. } => None,
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
            SubjectCode::Question(code) => {
                let dossier = self.dossiers.dossier(&code.0).await?;
                let dossier = Box::new(dossier.ok_or(Failure::DossierNotFound)?);
                let returned = Returned::of(dossier.status, &dossier.history);
                let open = self.catalogue.survey().open(returned, now).ok();
                Ok(Subject::Question { code, dossier, open })
            }
        }
    }

    /// The message text of `notice`.
    pub(crate) fn compose(
        &self,
        notice: &NoticeRecord,
        subject: &Subject<'_>,
        (language, now): (Language, Timestamp),
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
            (Subject::Question { code, dossier, open: Some(open) }, Content::Question) => {
                let terms = self.catalogue.providers().inquiries(date_of(now));
                let ways = self.questions.zip(terms);
                let ways =
                    ways.map(|(questions, terms)| (questions.link(&dossier.code, open), terms));
                let text = templates.question().zip(ways);
                text.and_then(|(text, ways)| text.compose(code, ways, language))
            }
            (Subject::Dossier(_), Content::Figures(_) | Content::Question)
            | (Subject::Report { .. }, Content::Change(_) | Content::Question)
            | (Subject::Question { .. }, Content::Change(_) | Content::Figures(_))
            | (Subject::Question { open: None, .. }, Content::Question) => None,
        };
        composed.ok_or_else(|| {
            Failure::Defect(format!("no text for {:?}, which was to be sent", notice.content))
        })
    }
}
