//! How late and how often documents may be asked for (NĐ 61/2018 Đ.17, Đ.19.4), and what a late
//! request does to the figures.

use domain::document::{AskedDocument, Document, DocumentContent, DocumentsKeptBy, PaperKind};
use domain::dossier::{Action, Actor, Command, Decision, Dossier, Refusal};
use domain::kpi::DueBasis;
use domain::language::Language;
use domain::law::Law;
use domain::notice::Wording;
use domain::procedure::Channel;
use serde_json::{Value, json};

use super::kpi::{facts, tally};
use super::world::{
    AGENCY, OWNER, at, calendar, catalogue, citizen, command, day, integrator, law, law_changed,
    local, moved, named, officer, played, played_under,
};

/// Due on Monday 9 March 2026 after receipt on the 2nd; three working days from receipt end on
/// Thursday the 5th.
const RECEIVED: &str = "submit 2026-03-02T07:30, receive 08:00, process 08:10";

fn dates(dossier: &Dossier) -> [Option<String>; 2] {
    [dossier.due_at, dossier.original_due_at].map(|instant| instant.map(local))
}

// The example of a dossier that was overdue for ten days and was counted early.
#[test]
fn documents_asked_for_after_the_due_date_do_not_make_a_late_dossier_early() {
    let history = format!(
        "{RECEIVED}, request-supplement 2026-03-23T09:00, supplement 2026-03-24T09:00, finish 2026-03-25T09:00"
    );
    let dossier = played("5 working-day", Channel::Online, &history);
    assert_eq!(
        dates(&dossier),
        [Some("2026-03-31T17:00:00"), Some("2026-03-09T17:00:00")].map(|t| t.map(str::to_owned))
    );
    let rows = tally([&facts(&dossier)], day("2026-03-25"), DueBasis::Original);
    let counted: Vec<_> =
        rows.values().map(|row| (row.resolved, row.early, row.on_time, row.late)).collect();
    assert_eq!(counted, [(1, 0, 0, 1); 3], "the officer, the agency and the province");
    let asked: Vec<u64> = dossier
        .history
        .iter()
        .filter(|entry| entry.asked_late)
        .map(|entry| entry.version)
        .collect();
    assert_eq!(asked, [4]);
}

#[test]
fn documents_may_be_asked_for_once_within_three_working_days_from_receipt() {
    for (why, history, late) in [
        ("the day of receipt", "receive 08:00, request-supplement 09:00", false),
        (
            "the third working day, at midnight",
            "receive 08:00, request-supplement 2026-03-05T23:59",
            false,
        ),
        ("the fourth", "receive 08:00, request-supplement 2026-03-06T00:00", true),
        (
            "received after 15:00, and so on the 3rd",
            "receive 15:01, request-supplement 2026-03-06T23:59",
            false,
        ),
        ("the fourth after that", "receive 15:01, request-supplement 2026-03-07T00:00", true),
        ("over a weekend", "receive 2026-03-05T08:00, request-supplement 2026-03-10T09:00", false),
        (
            "on the Saturday after the third day",
            "receive 2026-03-03T08:00, request-supplement 2026-03-07T09:00",
            true,
        ),
        (
            "over 30 April and 1 May",
            "receive 2026-04-29T08:00, request-supplement 2026-05-06T09:00",
            false,
        ),
        ("before receipt no day is too late", "request-supplement 2026-03-20T09:00", false),
        (
            "a second time",
            "request-supplement 08:00, supplement 09:00, receive 10:00, request-supplement 2026-03-03T09:00",
            true,
        ),
        (
            "a second time before receipt",
            "request-supplement 08:00, supplement 09:00, request-supplement 10:00",
            true,
        ),
    ] {
        let dossier = played(
            "20 working-day",
            Channel::Online,
            &format!("submit 2026-03-02T07:30, {history}"),
        );
        assert_eq!(dossier.history.last().unwrap().asked_late, late, "{why}");
    }
}

// A day's work is missed before the three days are over, and no request undoes that.
#[test]
fn a_request_after_the_due_date_is_late_though_the_three_days_are_not_over() {
    for (when, late) in [("2026-03-03T16:00", false), ("2026-03-04T09:00", true)] {
        let history = format!("{RECEIVED}, request-supplement {when}, supplement 2026-03-04T10:00");
        let dossier = played("1 working-day", Channel::Online, &history);
        assert_eq!(dossier.original_due_at.map(local).is_some(), late, "{when}");
    }
}

#[test]
fn where_the_law_does_not_take_a_late_request_it_is_refused_and_changes_nothing() {
    let law = law_changed(&[(
        "supplementBound",
        json!({"withinWorkingDays": 3, "timesMax": 1, "late": "refused"}),
    )]);
    let dossier = played_under(&law, "5 working-day", RECEIVED);
    for (when, refused) in [("2026-03-05T16:00", false), ("2026-03-06T09:00", true)] {
        match dossier.decide(
            command("it", Action::RequestSupplement),
            &officer(AGENCY),
            &law,
            at(when),
        ) {
            Err(Refusal::Invalid(broken)) => {
                assert!(refused, "{when}");
                assert_eq!(named(&broken), [("action", "supplement-bound")]);
            }
            Ok(Decision::Moved(next)) => {
                assert!(!refused && !next.history.last().unwrap().asked_late, "{when}")
            }
            other => panic!("{when}: {other:?}"),
        }
    }
}

#[test]
fn an_edition_that_says_nothing_of_requests_bounds_none() {
    let law = law_changed(&[("supplementBound", Value::Null)]);
    let history =
        format!("{RECEIVED}, request-supplement 2026-03-23T09:00, supplement 2026-03-24T09:00");
    let dossier = played_under(&law, "5 working-day", &history);
    assert_eq!(
        (dossier.original_due_at, dossier.history.iter().any(|entry| entry.asked_late)),
        (None, false)
    );
}

#[test]
fn a_bound_is_one_that_somebody_can_keep() {
    for (bound, good) in [
        (json!({"withinWorkingDays": 1, "timesMax": 1, "late": "taken"}), true),
        (json!({"withinWorkingDays": 60, "timesMax": 10, "late": "refused"}), true),
        (json!({"withinWorkingDays": 0, "timesMax": 1, "late": "taken"}), false),
        (json!({"withinWorkingDays": 61, "timesMax": 1, "late": "taken"}), false),
        (json!({"withinWorkingDays": 3, "timesMax": 0, "late": "taken"}), false),
        (json!({"withinWorkingDays": 3, "timesMax": 11, "late": "taken"}), false),
    ] {
        let mut rules: Value =
            serde_json::from_str(include_str!("../../../../infra/data/rules.json")).unwrap();
        rules["rules"][0]["supplementBound"] = bound.clone();
        let law = Law::assemble(calendar().clone(), serde_json::from_value(rules).unwrap());
        assert_eq!(law.is_ok(), good, "{bound}");
    }
}

/// What happens after late documents moves both dates, as after an apology; waiting for them gives
/// nothing back.
#[test]
fn after_late_documents_a_pause_moves_both_dates_and_waiting_for_the_documents_moves_none() {
    let asked = format!("{RECEIVED}, request-supplement 2026-03-06T08:00");
    for (why, supplement, rest, due, original) in [
        ("restart", "restart", "", "2026-03-19T17:00:00", "2026-03-09T17:00:00"),
        ("resume", "resume", "", "2026-03-13T17:00:00", "2026-03-09T17:00:00"),
        (
            "a pause after",
            "restart",
            ", suspend 2026-03-13T08:00, resume 2026-03-17T08:00",
            "2026-03-23T17:00:00",
            "2026-03-11T17:00:00",
        ),
        (
            "asked once more",
            "restart",
            ", request-supplement 2026-03-16T08:00, supplement 2026-03-17T08:00",
            "2026-03-24T17:00:00",
            "2026-03-09T17:00:00",
        ),
    ] {
        let law = super::world::law_of(supplement, 1);
        let history = format!("{asked}, supplement 2026-03-12T08:00{rest}");
        let dossier = played_under(&law, "5 working-day", &history);
        assert_eq!(
            dates(&dossier),
            [Some(due), Some(original)].map(|t| t.map(str::to_owned)),
            "{why}"
        );
    }
}

#[test]
fn the_shipped_law_takes_late_requests_and_counts_them() {
    for rule in law().rules() {
        let bound = rule.supplement_bound.expect("a bound");
        assert_eq!((bound.within_working_days, bound.times_max), (3, 1), "{}", rule.valid_from);
        assert_eq!(bound.late, domain::law::LateRequest::Taken, "{}", rule.valid_from);
    }
}

fn asked(code: &str) -> AskedDocument {
    AskedDocument { code: code.to_owned(), reason: "Chưa có chữ ký".to_owned() }
}

fn paper(code: &str) -> Document {
    let content = DocumentContent::Paper { paper: PaperKind::Copy };
    Document { code: code.to_owned(), version: 1, content }
}

fn bring(codes: &[&str], reason: Option<&str>) -> Command {
    Command {
        reason: reason.map(str::to_owned),
        documents: codes.iter().map(|code| paper(code)).collect(),
        ..command("bring", Action::Supplement)
    }
}

/// Asked for a form and a drawing.
fn asked_for_two() -> Dossier {
    let received = played("5 working-day", Channel::Counter, RECEIVED);
    let order = Command {
        asked_for: vec![asked("TK"), asked("BV")],
        ..command("ask", Action::RequestSupplement)
    };
    moved(received.decide(order, &officer(AGENCY), law(), at("2026-03-03T09:00")))
}

fn tried(order: &Command, by: &Actor) -> Result<Decision, Refusal> {
    asked_for_two().decide(order.clone(), by, law(), at("2026-03-04T09:00"))
}

#[test]
fn a_supplement_without_what_was_asked_for_is_refused_with_each_missing_document() {
    for (brought, missing) in
        [(vec![], vec!["TK", "BV"]), (vec!["BV"], vec!["TK"]), (vec!["KH", "TK"], vec!["BV"])]
    {
        let refused = tried(&bring(&brought, None), &citizen(OWNER));
        let Err(Refusal::Invalid(found)) = refused else { panic!("{brought:?}: {refused:?}") };
        let named: Vec<_> = found
            .iter()
            .map(|broken| (broken.field.as_str(), broken.rule.slug(), &broken.detail[..2]))
            .collect();
        let expected: Vec<_> =
            missing.iter().map(|code| ("documents", "asked-document", *code)).collect();
        assert_eq!(named, expected, "{brought:?}");
    }
}

#[test]
fn who_acts_for_the_agency_may_take_in_less_with_a_reason() {
    for by in [officer(AGENCY), integrator(&[AGENCY])] {
        assert!(tried(&bring(&["TK"], None), &by).is_err(), "{by:?} without a reason");
        assert!(tried(&bring(&["TK"], Some("Bản vẽ đã có")), &by).is_ok(), "{by:?} with one");
    }
    assert!(tried(&bring(&["TK"], Some("Tôi không có bản vẽ")), &citizen(OWNER)).is_err());
}

#[test]
fn an_integrator_that_keeps_the_documents_brings_none() {
    let mut state = asked_for_two().into_state();
    state.documents_kept_by = DocumentsKeptBy::Sender;
    let dossier = Dossier::try_from(state).unwrap();
    let now = at("2026-03-04T09:00");
    assert!(dossier.decide(bring(&[], None), &integrator(&[AGENCY]), law(), now).is_ok());
    assert!(dossier.decide(bring(&[], None), &citizen(OWNER), law(), now).is_err());
}

#[test]
fn each_document_keeps_the_version_with_which_it_came() {
    let dossier = moved(tried(&bring(&["TK", "BV"], None), &citizen(OWNER)));
    let came: Vec<_> = dossier
        .documents_of(dossier.history.last().unwrap())
        .map(|document| (document.code.as_str(), document.version))
        .collect();
    assert_eq!(came, [("TK", 5), ("BV", 5)]);
    assert_eq!(dossier.documents_asked_for(), [], "nothing is waited for any more");
    // The same once more is answered as before; another document under the same name is not.
    let again =
        |order: Command| dossier.decide(order, &citizen(OWNER), law(), at("2026-03-05T09:00"));
    assert!(matches!(again(bring(&["TK", "BV"], None)), Ok(Decision::Repeated(_))));
    assert_eq!(again(bring(&["TK"], None)), Err(Refusal::CommandIdReused));
}

#[test]
fn only_a_request_asks_for_documents_and_only_a_supplement_brings_some() {
    let received = played("5 working-day", Channel::Counter, RECEIVED);
    for (order, expected) in [
        (
            Command { asked_for: vec![asked("TK")], ..command("it", Action::Finish) },
            ("askedFor", "request-only"),
        ),
        (
            Command { documents: vec![paper("TK")], ..command("it", Action::Finish) },
            ("documents", "supplement-only"),
        ),
        (
            Command {
                asked_for: vec![AskedDocument { code: String::new(), reason: "x".to_owned() }],
                ..command("it", Action::RequestSupplement)
            },
            ("askedFor[0].code", "length"),
        ),
        (
            Command {
                asked_for: vec![AskedDocument { code: "TK".to_owned(), reason: " ".to_owned() }],
                ..command("it", Action::RequestSupplement)
            },
            ("askedFor[0].reason", "length"),
        ),
        (
            Command {
                asked_for: vec![asked("TK"); 51],
                ..command("it", Action::RequestSupplement)
            },
            ("askedFor", "documents-max"),
        ),
    ] {
        let refused = received.decide(order, &officer(AGENCY), law(), at("2026-03-03T09:00"));
        let Err(Refusal::Invalid(found)) = refused else { panic!("{expected:?}: {refused:?}") };
        assert_eq!((found[0].field.as_str(), found[0].rule.slug()), expected);
    }
}

#[test]
fn a_dossier_that_is_asked_for_documents_has_no_more_of_them_than_it_may() {
    let mut state = asked_for_two().into_state();
    state.documents = vec![paper("KH"); 49];
    let dossier = Dossier::try_from(state).unwrap();
    let refused =
        dossier.decide(bring(&["TK", "BV"], None), &citizen(OWNER), law(), at("2026-03-04T09:00"));
    let Err(Refusal::Invalid(found)) = refused else { panic!("{refused:?}") };
    assert_eq!((found[0].field.as_str(), found[0].rule.slug()), ("documents", "documents-max"));
}

#[test]
fn the_applicant_hears_how_many_documents_are_missing_or_came_and_not_which() {
    let asked = asked_for_two();
    let came = moved(tried(&bring(&["TK", "BV"], None), &citizen(OWNER)));
    for (dossier, language, says) in [
        (&asked, Language::Vi, "con thieu 2 giay to"),
        (&asked, Language::En, "lacks 2 document(s)"),
        (&came, Language::Vi, "da nhan 2 giay to"),
    ] {
        let entry = dossier.history.last().unwrap();
        let notice =
            catalogue().templates().compose(dossier, entry, Wording::First, language).unwrap();
        assert!(notice.sms.contains(says), "{}", notice.sms);
        assert!(!notice.sms.contains("TK") && !notice.sms.contains("chu ky"), "{}", notice.sms);
    }
    let unnamed = played(
        "5 working-day",
        Channel::Counter,
        "submit 2026-03-02T07:30, receive 08:00, request-supplement 09:00",
    );
    let entry = unnamed.history.last().unwrap();
    let notice =
        catalogue().templates().compose(&unnamed, entry, Wording::First, Language::Vi).unwrap();
    assert!(notice.sms.contains("con thieu giay to"), "{}", notice.sms);
}
