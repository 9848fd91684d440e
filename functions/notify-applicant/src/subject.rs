//! Of what a thread of notices speaks, and to whom.

use domain::applicant::{IdNumber, Phone};
use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::dossier::Dossier;
use domain::feedback::{Feedback, FeedbackEntry};
use domain::id::{QuestionCode, ReportCode, SubjectCode};
use domain::leader::Leader;
use domain::notice::policy::NoticePolicy;
use domain::notice::{Language, Notice};
use domain::survey::{OpenSurvey, Returned};
use domain::thread::{Content, Happening, NoticeRecord, NoticeThread};
use domain::{RuleName, Violation};
use jiff::Timestamp;
use platform::Failure;
use platform::port::DossierStore;

use crate::Desk;
use crate::order::Reading;

/// Of what a thread speaks, read.
pub(crate) enum Subject<'a> {
    /// A dossier; its history holds what has to be sent.
    Dossier(Box<Dossier>),
    /// A feedback; its history holds what has to be sent.
    Feedback {
        /// The feedback without what was written.
        feedback: Box<Feedback>,
        /// Its author's telephone; `None` where they did not say who they are, and once that is
        /// forgotten.
        phone: Option<Phone>,
    },
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
            Self::Feedback { feedback, .. } => {
                Some(NoticeThread::new(feedback.code.clone(), feedback.desk.clone()))
            }
            Self::Report { .. } | Self::Question { .. } => None,
        }
    }

    /// Has `thread` take up what has happened since it last looked.
    pub(crate) fn heard_by(
        &self,
        thread: &mut NoticeThread,
        catalogue: &Catalogue,
        policy: &NoticePolicy,
        now: Timestamp,
    ) {
        let templates = catalogue.templates();
        match self {
            Self::Dossier(dossier) => {
                let class = |action| templates.after(action).map(|template| template.class);
                thread.sync(&dossier.history, class, policy, now);
            }
            Self::Feedback { feedback, .. } => {
                let told_there = feedback.origin.as_ref().is_some_and(|origin| {
                    catalogue.systems().tells_authors(&origin.source, date_of(now))
                });
                let texts = templates.feedback().filter(|_| !feedback.anonymous && !told_there);
                let said = |entry: &FeedbackEntry| {
                    let news = entry.news()?;
                    Some((Content::News(news), texts?.after(news)?.class))
                };
                let happened = feedback.history.iter().map(|entry| Happening {
                    version: entry.version,
                    said: said(entry),
                    at: entry.at,
                });
                thread.hear(happened, policy, now);
            }
            Self::Report { .. } | Self::Question { .. } => {}
        }
    }

    /// Whether `thread` has noted what is not in the history that was read.
    pub(crate) fn is_behind(&self, thread: &NoticeThread) -> bool {
        match self {
            Self::Dossier(dossier) => dossier.version < thread.noted(),
            Self::Feedback { .. } | Self::Report { .. } | Self::Question { .. } => false,
        }
    }

    /// Where messages go, if they have a telephone, and under which identity number wishes are kept, if
    /// any are; `None` where there is nobody any more.
    pub(crate) fn addressee(&self) -> Option<(Option<&Phone>, Option<&IdNumber>)> {
        match self {
            Self::Dossier(dossier) | Self::Question { dossier, .. } => {
                let applicant = dossier.applicant.as_ref()?;
                Some((applicant.phone.as_ref(), Some(&applicant.id_number)))
            }
            Self::Feedback { phone, .. } => phone.as_ref().map(|phone| (Some(phone), None)),
            Self::Report { leader, .. } => leader.map(|leader| (Some(&leader.phone), None)),
        }
    }

    /// Whether whoever is to be told has no telephone.
    pub(crate) fn has_no_phone(&self) -> bool {
        self.addressee().is_some_and(|(phone, _)| phone.is_none())
    }

    /// Whether its author wants nothing but what the law wants.
    pub(crate) fn is_legal_only(&self) -> bool {
        match self {
            Self::Dossier(_) | Self::Report { .. } | Self::Question { .. } => false,
            Self::Feedback { feedback, .. } => feedback.wishes.legal_only,
        }
    }

    /// The recipient's language, by the catalogue or as they said; `None` where the applicant's preference decides.
    pub(crate) fn language(&self) -> Option<Language> {
        match self {
            Self::Dossier(_) | Self::Question { .. } => None,
            Self::Feedback { feedback, .. } => Some(feedback.wishes.language),
            Self::Report { leader, .. } => leader.map(|leader| leader.language),
        }
    }
}

impl<D: DossierStore, B, C, G, L> Desk<'_, D, B, C, G, L> {
    /// Reads of what `code` is, as of `now`; `None` where there is nothing to tell any more.
    pub(crate) async fn subject<'a>(
        &'a self,
        code: &'a SubjectCode,
        reading: Reading,
        now: Timestamp,
    ) -> Result<Option<Subject<'a>>, Failure> {
        match code {
            SubjectCode::Dossier(code) => {
                let dossier = match reading {
                    Reading::Recent(least) => self.dossiers.recent_dossier(code, least).await?,
                    Reading::AsWritten => self.dossiers.dossier(code).await?,
                };
                Ok(Some(Subject::Dossier(Box::new(dossier.ok_or(Failure::DossierNotFound)?))))
            }
            SubjectCode::Feedback(code) => {
                // What nobody verified goes after a day, and a message about it may come later.
                let Some(feedback) = self.feedback.feedback(code, now).await? else {
                    return Ok(None);
                };
                let phone = self.feedback.phone(code, now).await?;
                Ok(Some(Subject::Feedback { feedback: Box::new(feedback), phone }))
            }
            SubjectCode::Report(code) => {
                let leader = self.catalogue.leaders().leader(&code.leader, date_of(now));
                Ok(Some(Subject::Report { code, leader }))
            }
            SubjectCode::Question(code) => {
                let dossier = self.dossiers.dossier(&code.0).await?;
                let dossier = Box::new(dossier.ok_or(Failure::DossierNotFound)?);
                let returned = Returned::of(dossier.status, &dossier.history);
                let open = self.catalogue.survey().open(returned, now).ok();
                Ok(Some(Subject::Question { code, dossier, open }))
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
            (Subject::Feedback { feedback, .. }, Content::News(_)) => {
                let of_notice = |entry: &&FeedbackEntry| entry.version == notice.version;
                let entry = feedback.history.iter().find(of_notice);
                let entry = entry.ok_or(Failure::FeedbackNotFound)?;
                let agency = self.catalogue.agency(feedback.agency_at(entry.version));
                let name = agency.map(|agency| agency.name_on(date_of(entry.at)));
                templates.compose_feedback((feedback, entry), name, notice.wording, language)
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
            (Subject::Dossier(_), Content::Figures(_) | Content::News(_) | Content::Question)
            | (
                Subject::Feedback { .. },
                Content::Change(_) | Content::Figures(_) | Content::Question,
            )
            | (Subject::Report { .. }, Content::Change(_) | Content::News(_) | Content::Question)
            | (
                Subject::Question { .. },
                Content::Change(_) | Content::Figures(_) | Content::News(_),
            )
            | (Subject::Question { open: None, .. }, Content::Question) => None,
        };
        composed.ok_or_else(|| {
            Failure::Defect(format!("no text for {:?}, which was to be sent", notice.content))
        })
    }
}
