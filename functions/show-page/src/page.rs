//! The page with its words in one language, and what was found.

use std::collections::BTreeMap;

use domain::calendar::date_of;
use domain::dossier::Progress;
use domain::feedback::{Feedback, FeedbackStatus};
use domain::language::Language;
use platform::Failure;

/// Every word of the page by language and name; its script reads the same file.
pub(crate) const TEXTS: &str = include_str!("../../../infra/web/texts.json");

/// The page, with `{{name}}` for each of its words.
const PAGE: &str = include_str!("../../../infra/web/page.html");

/// What was found for what was typed.
pub(crate) enum Looked<'a> {
    /// Nothing was asked for yet.
    Nothing,
    /// There is no such dossier, or it is no code.
    Missing,
    /// How far the dossier is.
    Found(&'a Progress),
    /// How far the feedback is.
    Feedback(&'a Feedback),
}

/// Steps of a feedback: received, with the competent agency, answered.
const STEPS_OF_FEEDBACK: u8 = 3;

/// How many steps of a feedback are done, and how its status is coloured.
fn done_of(status: FeedbackStatus) -> (u8, &'static str) {
    match status {
        FeedbackStatus::Unverified => (0, "act"),
        FeedbackStatus::Received => (1, "runs"),
        FeedbackStatus::Routed | FeedbackStatus::InHandling => (2, "runs"),
        FeedbackStatus::Answered | FeedbackStatus::Closed => (STEPS_OF_FEEDBACK, "good"),
        FeedbackStatus::Refused | FeedbackStatus::Joined | FeedbackStatus::Withdrawn => (1, "stop"),
    }
}

/// The words of one language.
pub(crate) struct Texts {
    language: Language,
    words: BTreeMap<String, String>,
}

impl Texts {
    /// Those of `language`. Fails where the file that was built in is not what it should be.
    pub(crate) fn of(language: Language) -> Result<Self, Failure> {
        let unreadable = |_| Failure::Defect("the words of the page cannot be read".to_owned());
        let mut all: BTreeMap<String, BTreeMap<String, String>> =
            serde_json::from_str(TEXTS).map_err(unreadable)?;
        let words = all.remove(language.name()).unwrap_or_default();
        Ok(Self { language, words })
    }

    /// The word with this name, safe to stand in HTML.
    fn word(&self, name: &str) -> Result<String, Failure> {
        let word = self.words.get(name);
        let word = word.ok_or_else(|| Failure::Defect(format!("the page has no word for {name}")));
        Ok(escaped(word?))
    }

    /// The whole page: `typed` stands in its field, and below it what was found.
    pub(crate) fn page(&self, typed: &str, looked: &Looked<'_>) -> Result<String, Failure> {
        let mut html = String::with_capacity(PAGE.len() * 2);
        let mut rest = PAGE;
        while let Some((before, after)) = rest.split_once("{{") {
            let broken = || Failure::Defect("a word of the page has no end".to_owned());
            let (name, after) = after.split_once("}}").ok_or_else(broken)?;
            html.push_str(before);
            match name {
                "language" => html.push_str(self.language.name()),
                "typed" => html.push_str(&escaped(typed)),
                "answer" => html.push_str(&self.answer(looked)?),
                _ => html.push_str(&self.word(name)?),
            }
            rest = after;
        }
        html.push_str(rest);
        Ok(html)
    }

    fn answer(&self, looked: &Looked<'_>) -> Result<String, Failure> {
        match looked {
            Looked::Nothing => Ok(String::new()),
            Looked::Missing => Ok(format!(
                "<section class=\"card\" aria-labelledby=\"found\"><h2 id=\"found\" tabindex=\"-1\">\
                 {}</h2><p>{}</p></section>",
                self.word("missing")?,
                self.word("missingHelp")?
            )),
            Looked::Found(progress) => self.found(progress),
            Looked::Feedback(feedback) => self.feedback(feedback),
        }
    }

    /// The steps, `done` of `total`, each with its word under `named`.
    fn degree(
        &self,
        named: &str,
        (done, total): (u8, u8),
        closed: bool,
    ) -> Result<String, Failure> {
        let mut steps = String::new();
        for step in 1..=total {
            let state = if step <= done { "done" } else { "open" };
            let now = step == done + 1 && !closed;
            let current = if now { " aria-current=\"step\"" } else { "" };
            let said = self.word(if step <= done { "stepDone" } else { "stepOpen" })?;
            let name = self.word(&format!("{named}{step}"))?;
            steps.push_str(&format!(
                "<li class=\"{state}\"{current}><span class=\"name\">{name}</span> \
                 <span class=\"said\">{said}</span></li>"
            ));
        }
        let behind = self.word("steps")?;
        let behind = behind.replace("{done}", &done.to_string());
        let behind = behind.replace("{total}", &total.to_string());
        Ok(format!("<h3>{behind}</h3><ol class=\"steps\">{steps}</ol>"))
    }

    /// What everybody may know who has the code: status, degree, and the day of the answer.
    fn feedback(&self, feedback: &Feedback) -> Result<String, Failure> {
        let (status, code) = (feedback.status.name(), escaped(feedback.code.as_str()));
        let (done, tone) = done_of(feedback.status);
        let due = feedback.due_at.filter(|_| feedback.status.is_before_its_answer());
        let due = match due {
            Some(due) => {
                let day = date_of(due);
                let written = day.strftime("%d/%m/%Y");
                let label = self.word("feedbackDue")?;
                format!("<h3>{label}</h3><p><time datetime=\"{day}\">{written}</time></p>")
            }
            None => String::new(),
        };
        Ok(format!(
            "<section class=\"card\" aria-labelledby=\"found\" data-code=\"{code}\" \
             data-kind=\"feedback\" data-status=\"{status}\">\
             <p class=\"label\">{label}</p><h2 id=\"found\" tabindex=\"-1\" class=\"code\">{code}</h2>\
             <p class=\"status {tone}\">{name}</p>\
             <h3>{next}</h3><p class=\"next\">{todo}</p>{due}{behind}</section>",
            label = self.word("feedbackLabel")?,
            name = self.word(&format!("feedback:{status}"))?,
            next = self.word("nextTitle")?,
            todo = self.word(&format!("feedbackNext:{status}"))?,
            behind =
                self.degree("feedbackStep", (done, STEPS_OF_FEEDBACK), feedback.status.is_ended())?,
        ))
    }

    fn found(&self, progress: &Progress) -> Result<String, Failure> {
        let status = progress.status.code();
        let (code, closed) = (escaped(progress.code.as_str()), progress.completion.closed);
        let (done, total) = (progress.completion.steps_done, progress.completion.steps_total);
        let behind = self.degree("step", (done, total), closed)?;
        let tone = match status {
            5 | 6 => "act",
            3 | 7 | 8 => "stop",
            9 | 10 => "good",
            _ => "runs",
        };
        Ok(format!(
            "<section class=\"card\" aria-labelledby=\"found\" data-code=\"{code}\" \
             data-status=\"{status}\">\
             <p class=\"label\">{label}</p><h2 id=\"found\" tabindex=\"-1\" class=\"code\">{code}</h2>\
             <p class=\"status {tone}\">{name}</p><p>{means}</p>\
             <h3>{next}</h3><p class=\"next\">{todo}</p>{behind}</section>",
            label = self.word("codeLabel")?,
            name = self.word(&format!("status{status}"))?,
            means = self.word(&format!("means{status}"))?,
            next = self.word("nextTitle")?,
            todo = self.word(&format!("next{status}"))?,
        ))
    }
}

/// Text as it stands in HTML, also within quotation marks.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(c),
        }
    }
    safe
}
