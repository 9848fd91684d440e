//! The one question after a result: it is opened with the notice that tells the return, and is asked
//! a while later, unless it was answered by then (ADR 105).

use domain::announcement::PublicUrl;
use domain::calendar::date_of;
use domain::id::{DossierCode, QuestionCode};
use domain::survey::{OpenSurvey, Returned, SurveyRule};
use domain::thread::NoticeThread;
use jiff::Timestamp;
use platform::Failure;
use platform::dynamo::FeedbackTable;
use platform::port::NoticeBook;
use platform::proof::ProofKey;

use crate::Desk;
use crate::subject::Subject;

/// What asking takes besides a desk.
#[derive(Debug)]
pub struct Questions<'a> {
    /// Where it stands which dossiers have their answer.
    pub answers: &'a FeedbackTable,
    /// Seals the token of a question.
    pub key: &'a ProofKey,
    /// Where the page is that takes an answer.
    pub page: &'a PublicUrl,
}

impl Questions<'_> {
    /// The address by which the question about the dossier `code` is answered.
    pub(crate) fn link(&self, code: &DossierCode, open: &OpenSurvey) -> String {
        self.page.question(code, &self.key.survey_token(code, open.until))
    }
}

impl<D, B: NoticeBook, C, G, L> Desk<'_, D, B, C, G, L> {
    /// Opens the thread of the question where the dossier of `subject` has a return that its own
    /// thread, which has `noted` this many entries, does not know yet, and whoever applied has a
    /// telephone. It is opened before that
    /// thread is stored: who dies in between comes again, and finds it there.
    pub(crate) async fn open_question(
        &self,
        subject: &Subject<'_>,
        noted: u64,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let Subject::Dossier(dossier) = subject else { return Ok(()) };
        // Who cannot be asked is not counted among those who were.
        if subject.has_no_phone() {
            return Ok(());
        }
        let returned = Returned::of(dossier.status, &dossier.history);
        let Some(returned) = returned.filter(|returned| noted < returned.version) else {
            return Ok(());
        };
        let Some(ask_from) = self.ask_from(&returned, now) else { return Ok(()) };
        let code = QuestionCode(dossier.code.clone());
        let agency = dossier.agency.clone();
        let mut thread = NoticeThread::asking(code, agency, &returned, (now, ask_from));
        thread.advance();
        // Whoever was first has opened the same one.
        self.book.keep(&thread).await?;
        Ok(())
    }

    /// From when on the question about `returned` is asked; none where the province does not ask, its
    /// edition has no words for it, or nobody could answer in time.
    fn ask_from(&self, returned: &Returned, now: Timestamp) -> Option<Timestamp> {
        self.questions?;
        let rule = self.survey_rule(returned).filter(|rule| rule.asked)?;
        let open = self.catalogue.survey().open(Some(*returned), now).ok()?;
        self.catalogue.templates().question()?;
        self.catalogue.providers().inquiries(date_of(now))?;
        let ask_from = rule.ask_from(returned).max(now);
        (ask_from < open.until).then_some(ask_from)
    }

    /// The rule of the day of `returned`.
    pub(crate) fn survey_rule(&self, returned: &Returned) -> Option<&SurveyRule> {
        self.catalogue.survey().on(returned.day())
    }

    /// Whether the question that `subject` is needs no answer any more. No other notice does.
    pub(crate) async fn is_moot(&self, subject: &Subject<'_>) -> Result<bool, Failure> {
        let Subject::Question { dossier, open, .. } = subject else { return Ok(false) };
        let (Some(questions), Some(_)) = (self.questions, open) else { return Ok(true) };
        questions.answers.has_said(&dossier.code).await
    }

    /// Whether the month leaves nothing for the question that `subject` is. Its money is for notices.
    pub(crate) fn budget_is_short(
        &self,
        subject: &Subject<'_>,
        spent_vnd: u64,
        now: Timestamp,
    ) -> bool {
        let Subject::Question { open: Some(open), .. } = subject else { return false };
        let policy = self.catalogue.notice_policy(date_of(now));
        let rule = self.survey_rule(&open.returned);
        rule.is_some_and(|rule| policy.budget_is_short(rule, spent_vnd))
    }
}
