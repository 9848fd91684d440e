//! What authors of feedback are told: which texts are refused, and that a thread of them is stored
//! and read again.

use domain::RuleName;
use domain::calendar::date_of;
use domain::feedback::FeedbackNews;
use domain::id::SubjectCode;
use domain::notice::{NoticeClass, Templates};
use domain::thread::{Content, Happening, NoticeThread};
use serde_json::{Value, json};

use super::world::{at, catalogue};

const SHIPPED: &str = include_str!("../../../../infra/data/templates.json");

/// Fields and rules that the shipped texts break once they are spoilt.
fn broken(spoil: impl FnOnce(&mut Value)) -> Vec<(String, RuleName)> {
    let mut file: Value = serde_json::from_str(SHIPPED).unwrap();
    spoil(&mut file["feedbackTexts"]);
    let file = serde_json::from_value(file).unwrap();
    let found = Templates::assemble(file).err().unwrap_or_default();
    found.into_iter().map(|violation| (violation.field, violation.rule)).collect()
}

/// Fields with the rules that they break.
type Broken = Vec<(String, RuleName)>;

#[test]
fn each_news_has_one_text_or_a_reason_and_no_text_says_more_than_code_status_day_and_agency() {
    let text = |said: &str| {
        let said = said.to_owned();
        move |texts: &mut Value| texts["templates"][0]["sms"]["vi"]["text"] = said.into()
    };
    let of_text = "feedbackTexts.templates[0].sms.vi.text";
    let cases: [(Broken, &str, RuleName); 9] = [
        (broken(text("Mot Cua: {name} {code}")), of_text, RuleName::KnownPlaceholder),
        (broken(text("Mot Cua: han {date}")), of_text, RuleName::TextNamesCode),
        (broken(text("Một Cửa: {code}")), of_text, RuleName::Gsm7),
        (broken(text(&format!("{{code}} {}", "x".repeat(120)))), of_text, RuleName::SegmentsMax),
        (
            broken(|texts| {
                texts["templates"][0]["sms"]["vi"]["withoutDueDate"] = "Mot Cua: {code}".into();
            }),
            "feedbackTexts.templates[0].sms.vi.withoutDueDate",
            RuleName::WithoutDueDate,
        ),
        (
            broken(|texts| texts["templates"][1]["news"] = "received".into()),
            "feedbackTexts.templates[1].news",
            RuleName::UniqueAction,
        ),
        (
            broken(|texts| texts["silent"][0]["news"] = "answered".into()),
            "feedbackTexts.silent[0].news",
            RuleName::UniqueAction,
        ),
        (broken(|texts| texts["silent"] = json!([])), "feedbackTexts", RuleName::EveryAction),
        (
            broken(|texts| texts["silent"][0]["reason"] = " ".into()),
            "feedbackTexts.silent[0].reason",
            RuleName::Source,
        ),
    ];
    assert_eq!(broken(|_| ()), []);
    for (found, field, rule) in cases {
        assert!(found.contains(&(field.to_owned(), rule)), "{field} {rule:?}: {found:?}");
    }
}

#[test]
fn a_thread_of_feedback_is_read_as_it_was_stored_and_says_nothing_of_a_dossier() {
    let code: SubjectCode = "H20.01.PA-260302-0001".parse().unwrap();
    let now = at("2026-03-02T09:00");
    let mut thread = NoticeThread::new(code, "H20.01".parse().unwrap());
    let said = |news| Some((Content::News(news), NoticeClass::Information));
    let happened = [(2, said(FeedbackNews::Received)), (3, None), (4, said(FeedbackNews::Routed))];
    let happened = happened.map(|(version, said)| Happening { version, said, at: now });
    let policy = catalogue().notice_policy(date_of(now));
    thread.hear(happened.clone(), &policy, now);
    thread.hear(happened, &policy, now);
    thread.advance();
    assert_eq!((thread.notices().len(), thread.noted()), (2, 4), "each once, whoever says it");
    let stored = serde_json::to_value(&thread).unwrap();
    assert_eq!(serde_json::from_value::<NoticeThread>(stored.clone()).unwrap(), thread);
    for other in ["H20.12-260302-0001", "REPORT-2026-03-02-chairman", "ASK-H20.12-260302-0001"] {
        let mut spoilt = stored.clone();
        spoilt["code"] = other.into();
        let refused = serde_json::from_value::<NoticeThread>(spoilt).unwrap_err();
        let why = "a notice's content is not of the thread's kind";
        assert!(refused.to_string().ends_with(why), "{refused}");
    }
}
