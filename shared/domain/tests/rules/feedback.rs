//! Feedback: who may do what in which status, by when it has to be done, and what is refused.

use std::collections::BTreeSet;

use domain::RuleName;
use domain::applicant::{FullName, Phone};
use domain::calendar::date_of;
use domain::delivery::{Delivery, System};
use domain::dossier::{Actor, Duty, GoneBy};
use domain::feedback::{
    Author, Feedback, FeedbackAction, FeedbackChannel, FeedbackCode, FeedbackCommand,
    FeedbackContent, FeedbackDecision, FeedbackRefusal, FeedbackRule, FeedbackStatus, Filing,
    ForeignNumber, Given, Origin, Publication, Satisfaction, Wishes,
};
use domain::id::AgencyCode;
use domain::law::Law;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::world::catalogue_with;

/// Across: the status in which it is done. In the table: the status it leads to, an `=` where it
/// stays; a dot where it is illegal. First who does it: Desk, Handler, Either of both, Author.
const MOVES: &str = "
                un re ro ih an cl rf jo wi
verify      A   re .  .  .  .  .  .  .  .
route       D   .  ro .  .  .  .  .  .  .
refuse      D   .  rf .  .  .  .  .  .  .
join        D   .  jo .  .  .  .  .  .  .
return      H   .  .  re re .  .  .  .  .
take-up     H   .  .  ih ih .  .  .  .  .
answer      H   .  .  .  an .  .  .  .  .
publish     E   .  .  .  .  =  =  .  .  .
close       E   .  .  .  .  cl .  .  .  .
rate        A   .  .  .  .  cl cl .  .  .
reopen      A   .  .  .  .  ih .  .  .  .
add-photos  A   .  =  =  =  .  .  .  .  .
withdraw    A   wi wi wi wi .  .  .  .  .
";

const DESK: &str = "H20.01";
const HANDLER: &str = "H20.10";
const STRANGER: &str = "H20.05";
/// A Tuesday morning at nine in Viet Nam.
const NOW: &str = "2026-11-17T02:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn officer(agency: &str) -> Actor {
    Actor::Officer {
        id: format!("officer-of-{agency}"),
        agency: agency.parse().unwrap(),
        predecessors: Vec::new(),
        duty: Duty::Desk,
    }
}

fn author(code: &FeedbackCode) -> Actor {
    Actor::Proven { id: format!("proven-{code}"), code: code.shared().clone() }
}

struct Office {
    catalogue: domain::catalogue::Catalogue,
}

impl Office {
    fn new() -> Self {
        Self { catalogue: catalogue_with(|_| {}).unwrap() }
    }

    fn rules(&self) -> (&FeedbackRule, &Law) {
        (self.catalogue.feedback().on(date_of(at(NOW))).unwrap(), self.catalogue.law())
    }

    fn code(number: u32) -> FeedbackCode {
        let under = FeedbackCode::counted_under(&DESK.parse().unwrap()).unwrap();
        FeedbackCode::issue(&under, date_of(at(NOW)), number).unwrap()
    }

    fn filed(&self, number: u32, channel: FeedbackChannel) -> (Feedback, FeedbackContent) {
        let by = officer(DESK).signature();
        let filing = filing(channel, "roads", true);
        Feedback::filed(filing, Self::code(number), by, self.rules(), at(NOW)).unwrap()
    }

    /// One that has come to `status` by moves of the table alone.
    fn in_status(&self, status: FeedbackStatus) -> (Feedback, FeedbackContent) {
        use FeedbackAction as A;
        let way: &[FeedbackAction] = match status {
            FeedbackStatus::Unverified => {
                return self.filed(1, FeedbackChannel::Web);
            }
            FeedbackStatus::Received => &[],
            FeedbackStatus::Routed => &[A::Route],
            FeedbackStatus::InHandling => &[A::Route, A::TakeUp],
            FeedbackStatus::Answered => &[A::Route, A::TakeUp, A::Answer],
            FeedbackStatus::Closed => &[A::Route, A::TakeUp, A::Answer, A::Close],
            FeedbackStatus::Refused => &[A::Refuse],
            FeedbackStatus::Joined => &[A::Join],
            FeedbackStatus::Withdrawn => &[A::Withdraw],
        };
        let mut whole = self.filed(1, FeedbackChannel::Hotline);
        for action in way {
            whole = self.moved(&whole, *action, at(NOW)).unwrap();
        }
        assert_eq!(whole.0.status, status);
        whole
    }

    /// The move by whoever makes it.
    fn moved(
        &self,
        whole: &(Feedback, FeedbackContent),
        action: FeedbackAction,
        now: Timestamp,
    ) -> Result<(Feedback, FeedbackContent), FeedbackRefusal> {
        let who = match row(action.name()).0 {
            'D' => officer(DESK),
            'H' | 'E' => officer(HANDLER),
            _ => author(&whole.0.code),
        };
        self.moved_by(whole, &self.command(action, whole.0.version), &who, now)
    }

    fn moved_by(
        &self,
        (feedback, content): &(Feedback, FeedbackContent),
        command: &FeedbackCommand,
        by: &Actor,
        now: Timestamp,
    ) -> Result<(Feedback, FeedbackContent), FeedbackRefusal> {
        match feedback.decide(content, command.clone(), by, self.rules(), now)? {
            FeedbackDecision::Moved(whole) => Ok(*whole),
            FeedbackDecision::Repeated => Ok((feedback.clone(), content.clone())),
        }
    }

    /// A command with everything that any action needs.
    fn command(&self, action: FeedbackAction, version: u64) -> FeedbackCommand {
        FeedbackCommand {
            action,
            expected: Some(version),
            command: format!("{}-{version}", action.name()).parse().unwrap(),
            words: Some("theo quy định".to_owned()),
            agency: Some(HANDLER.parse().unwrap()),
            category: None,
            with: Some(Box::new(self.filed(2, FeedbackChannel::Hotline).0)),
            publication: Some(Publication {
                title: "Đèn đường".to_owned(),
                answer: "Đã sửa.".to_owned(),
            }),
            satisfaction: Some(Satisfaction::Satisfied),
            photos: vec![photo(1)],
        }
    }
}

fn photo(number: u128) -> domain::upload::UploadedDocument {
    serde_json::from_value(serde_json::json!({
        "upload": domain::upload::UploadId::of_bits(number), "mediaType": "image/jpeg",
        "bytes": 10, "sha256": "0".repeat(64), "objectVersion": "v1", "inspectedAt": NOW,
    }))
    .unwrap()
}

fn filing(channel: FeedbackChannel, category: &str, named: bool) -> Filing {
    let author = Author {
        full_name: FullName::try_from("Nguyễn Văn An".to_owned()).unwrap(),
        phone: Phone::try_from("0912345678".to_owned()).unwrap(),
        address: "12 Lê Lợi".to_owned(),
    };
    Filing {
        channel,
        given: None,
        category: category.to_owned(),
        consent: true,
        wishes: Wishes::default(),
        content: FeedbackContent {
            author: named.then_some(author),
            words: "Đèn đường hỏng".to_owned(),
            place: None,
            photos: Vec::new(),
            remarks: Vec::new(),
        },
        command: "filing".parse().unwrap(),
    }
}

/// Who makes the move, and its cells.
fn row(action: &str) -> (char, Vec<&'static str>) {
    let line = MOVES.lines().find(|line| line.split_whitespace().next() == Some(action));
    let mut cells = line.unwrap().split_whitespace().skip(1);
    (cells.next().unwrap().chars().next().unwrap(), cells.collect())
}

fn short(status: FeedbackStatus) -> &'static str {
    match status {
        FeedbackStatus::Unverified => "un",
        FeedbackStatus::Received => "re",
        FeedbackStatus::Routed => "ro",
        FeedbackStatus::InHandling => "ih",
        FeedbackStatus::Answered => "an",
        FeedbackStatus::Closed => "cl",
        FeedbackStatus::Refused => "rf",
        FeedbackStatus::Joined => "jo",
        FeedbackStatus::Withdrawn => "wi",
    }
}

#[test]
fn everybody_may_do_in_every_status_what_the_table_says_and_nothing_else() {
    let office = Office::new();
    for (place, status) in FeedbackStatus::ALL.into_iter().enumerate() {
        let whole = office.in_status(status);
        let routed = whole.0.agency.is_some();
        let people = [
            (officer(DESK), "DE"),
            (officer(HANDLER), if routed { "HE" } else { "" }),
            (author(&whole.0.code), "A"),
            (author(&Office::code(9)), ""),
            (officer(STRANGER), ""),
            (Actor::Portal { id: "portal".to_owned() }, ""),
            (Actor::System { id: "night".to_owned() }, ""),
        ];
        for action in FeedbackAction::ALL {
            let (mover, cells) = row(action.name());
            for (by, as_whom) in &people {
                let command = office.command(action, whole.0.version);
                let outcome = office.moved_by(&whole, &command, by, at(NOW));
                let case = format!("{} in {} by {by:?}", action.name(), status.name());
                if !as_whom.contains(mover) {
                    assert_eq!(outcome.unwrap_err(), FeedbackRefusal::NotAllowed, "{case}");
                    continue;
                }
                match (cells[place], outcome) {
                    (".", Err(FeedbackRefusal::Illegal { allowed, .. })) => {
                        assert!(!allowed.contains(&action), "{case}");
                    }
                    ("=", Ok((next, _))) => assert_eq!(next.status, status, "{case}"),
                    (cell, Ok((next, _))) => assert_eq!(cell, short(next.status), "{case}"),
                    (cell, Err(refusal)) => panic!("{case}: {cell}, {refusal:?}"),
                }
            }
        }
    }
}

#[test]
fn five_working_days_lead_to_the_competent_agency_and_the_category_says_by_when_it_is_answered() {
    let office = Office::new();
    let (received, _) = office.in_status(FeedbackStatus::Received);
    assert_eq!(received.received_at, Some(at(NOW)));
    // Five and eight working days after Tuesday the 17th; the 24th is a day off.
    assert_eq!(received.routing_due_at.map(date_of), Some(jiff::civil::date(2026, 11, 25)));
    assert_eq!(received.due_at.map(date_of), Some(jiff::civil::date(2026, 11, 30)));
    let (unverified, _) = office.in_status(FeedbackStatus::Unverified);
    assert_eq!((unverified.received_at, unverified.due_at), (None, None), "no clock runs yet");
    let due = received.routing_due_at.unwrap();
    let second = SignedDuration::from_secs(1);
    for (now, in_time) in [(due, true), (due.saturating_add(second).unwrap(), false)] {
        let whole = office.in_status(FeedbackStatus::Received);
        let (routed, _) = office.moved(&whole, FeedbackAction::Route, now).unwrap();
        assert_eq!(routed.routed_in_time(), Some(in_time));
        assert_eq!(routed.due_at, received.due_at, "the author's date is that of the receipt");
    }
    let due = received.due_at.unwrap();
    for (now, in_time) in [(due, true), (due.saturating_add(second).unwrap(), false)] {
        let whole = office.in_status(FeedbackStatus::InHandling);
        let whole = office.moved(&whole, FeedbackAction::Answer, now).unwrap();
        assert_eq!(whole.0.answered_in_time(), Some(in_time));
    }
}

#[test]
fn who_returns_it_gives_no_day_more_and_who_opens_it_again_does_once() {
    let office = Office::new();
    let whole = office.in_status(FeedbackStatus::Routed);
    let before = whole.0.clone();
    let later = at("2026-11-19T02:00:00Z");
    let whole = office.moved(&whole, FeedbackAction::Return, later).unwrap();
    assert_eq!((whole.0.agency.as_ref(), whole.0.holder.as_ref()), (None, None));
    assert_eq!(whole.0.routing_due_at, before.routing_due_at);
    let whole = office.moved(&whole, FeedbackAction::Route, later).unwrap();
    assert_eq!((whole.0.due_at, whole.0.routed_at), (before.due_at, before.routed_at));
    let whole = office.in_status(FeedbackStatus::Answered);
    let whole = office.moved(&whole, FeedbackAction::Reopen, later).unwrap();
    assert_eq!((whole.0.answered_at, whole.0.reopened), (None, 1));
    assert!(whole.0.due_at > before.due_at, "the second answer has days of its own");
    let whole = office.moved(&whole, FeedbackAction::Answer, later).unwrap();
    let again = office.moved(&whole, FeedbackAction::Reopen, later).unwrap_err();
    let FeedbackRefusal::Invalid(found) = again else { panic!("{again:?}") };
    assert_eq!(found[0].rule, RuleName::ItemCount);
}

#[test]
fn nothing_is_published_without_consent_nor_twice_and_satisfaction_is_said_once() {
    let office = Office::new();
    let mut whole = office.in_status(FeedbackStatus::Answered);
    whole.0.consent = false;
    let refused = office.moved(&whole, FeedbackAction::Publish, at(NOW)).unwrap_err();
    assert!(matches!(refused, FeedbackRefusal::Illegal { .. }), "{refused:?}");
    whole.0.consent = true;
    for action in [FeedbackAction::Publish, FeedbackAction::Rate] {
        whole = office.moved(&whole, action, at(NOW)).unwrap();
        let refused = office.moved(&whole, action, at(NOW)).unwrap_err();
        assert!(matches!(refused, FeedbackRefusal::Illegal { .. }), "{refused:?}");
    }
    assert_eq!(whole.0.satisfaction, Some(Satisfaction::Satisfied));
    let until = whole.0.content_until.map(date_of);
    assert_eq!(until, Some(jiff::civil::date(2036, 11, 17)), "ten years after it was closed");
}

#[test]
fn a_feedback_is_joined_to_another_that_is_handled_and_to_no_chain() {
    let office = Office::new();
    let whole = office.in_status(FeedbackStatus::Received);
    let mut command = office.command(FeedbackAction::Join, 1);
    for (status, taken) in [
        (FeedbackStatus::Unverified, false),
        (FeedbackStatus::Received, false),
        (FeedbackStatus::Joined, false),
        (FeedbackStatus::Refused, false),
        (FeedbackStatus::Withdrawn, false),
    ] {
        // Its own code: what is in these statuses is number one, as it is itself.
        command.with = Some(Box::new(office.in_status(status).0));
        let outcome = office.moved_by(&whole, &command, &officer(DESK), at(NOW));
        assert_eq!(outcome.is_ok(), taken, "{}", status.name());
    }
    command.with = None;
    let outcome = office.moved_by(&whole, &command, &officer(DESK), at(NOW));
    assert!(matches!(outcome, Err(FeedbackRefusal::Invalid(_))));
    let joined = office.in_status(FeedbackStatus::Joined).0;
    assert_eq!(joined.joined_to, Some(Office::code(2)));
}

#[test]
fn the_law_asks_who_it_is_and_only_a_category_may_do_without() {
    let office = Office::new();
    let file = |category: &str, named: bool| {
        let filing = filing(FeedbackChannel::Web, category, named);
        let by = officer(DESK).signature();
        Feedback::filed(filing, Office::code(1), by, office.rules(), at(NOW))
    };
    let FeedbackRefusal::Invalid(found) = file("conduct", false).unwrap_err() else { panic!() };
    assert_eq!((found[0].field.as_str(), found[0].rule), ("author", RuleName::Required));
    assert!(matches!(file("nonsense", true), Err(FeedbackRefusal::Invalid(_))));
    let (unnamed, _) = file("roads", false).unwrap();
    assert_eq!((unnamed.status, unnamed.anonymous), (FeedbackStatus::Received, true));
    assert!(!unnamed.is_authors(&author(&unnamed.code)), "nobody has proved to be nobody");
    assert_eq!(file("roads", true).unwrap().0.status, FeedbackStatus::Unverified);
}

#[test]
fn wishes_are_stored_where_somebody_has_any() {
    let (mut feedback, _) = Office::new().filed(1, FeedbackChannel::Web);
    let stored = |feedback: &Feedback| serde_json::to_value(feedback).unwrap();
    feedback.wishes = Wishes::default();
    assert_eq!(stored(&feedback).get("wishes"), None);
    feedback.wishes.legal_only = true;
    assert_eq!(stored(&feedback)["wishes"]["legalOnly"], true);
}

#[test]
fn what_is_written_of_a_feedback_is_for_its_author_and_the_agencies_that_have_it() {
    let office = Office::new();
    let unverified = office.in_status(FeedbackStatus::Unverified).0;
    let received = office.in_status(FeedbackStatus::Received).0;
    let routed = office.in_status(FeedbackStatus::Routed).0;
    for (by, expected) in [
        (officer(DESK), [false, true, true]),
        (officer(HANDLER), [false, false, true]),
        (officer(STRANGER), [false; 3]),
        (author(&routed.code), [true; 3]),
        (author(&Office::code(99)), [false; 3]),
    ] {
        let reads = [&unverified, &received, &routed].map(|feedback| feedback.may_read(&by));
        assert_eq!(reads, expected, "{by:?}");
    }
}

#[test]
fn no_agency_may_be_named_as_the_codes_of_feedback_are() {
    let text = include_str!("../../../../infra/data/agencies.json");
    let mut listed: serde_json::Value = serde_json::from_str(text).unwrap();
    let mut agency = listed["agencies"][2].clone();
    agency["code"] = "H20.01.PA".into();
    listed["agencies"].as_array_mut().unwrap().push(agency);
    let listed = serde_json::from_value(listed).unwrap();
    let refused = catalogue_with(|files| files.agencies = listed);
    let found = refused.unwrap_err();
    assert!(found.iter().any(|broken| broken.rule == RuleName::AgencyCode), "{found:?}");
    let code: FeedbackCode = "h20.01.pa-261117-0001".parse().unwrap();
    assert_eq!(code.as_str(), "H20.01.PA-261117-0001");
    assert!("H20.01-261117-0001".parse::<FeedbackCode>().is_err(), "a dossier's");
    let longest: AgencyCode = format!("H20.{}", "1".repeat(31)).parse().unwrap();
    assert!(FeedbackCode::counted_under(&longest).is_err());
}

const PORTAL: &str = "urn:motcua:integrator:national-portal";

/// The services of the portal in these tests.
const ANSWERS: &str = "DongBoKetQuaHoiDapGuiTuDVCQG";
const PROGRESS: &str = "CapNhatTienDoHoiDap";

/// By which service a system hears of a move, where it takes how far feedback is; a dot where it
/// hears nothing, since nothing is told to its author.
const HEARD: &str = "
verify      progress
route       progress
refuse      answers
join        answers
return      progress
take-up     progress
answer      answers
publish     .
close       progress
rate        .
reopen      progress
add-photos  .
withdraw    answers
";

fn given_at_portal(office: &Office, at_there: &str) -> (Feedback, FeedbackContent) {
    let mut filing = filing(FeedbackChannel::Central, "conduct", false);
    let number = ForeignNumber::try_from("118309".to_owned()).unwrap();
    let origin = Origin { source: PORTAL.to_owned(), number };
    filing.given = Some(Given { origin, at: at(at_there) });
    let by = officer(DESK).signature();
    Feedback::filed(filing, Office::code(1), by, office.rules(), at(NOW)).unwrap()
}

fn portal(office: &Office, progress: Option<&str>) -> System {
    let mut systems = office.catalogue.systems().giving(PORTAL, date_of(at(NOW)));
    let mut portal = systems.next().unwrap().clone();
    portal.feedback.as_mut().unwrap().progress = progress.map(str::to_owned);
    portal
}

#[test]
fn what_was_given_at_another_system_is_received_at_once_and_its_days_begin_here() {
    let office = Office::new();
    let (feedback, _) = given_at_portal(&office, "2026-11-12T02:00:00Z");
    assert_eq!((feedback.status, feedback.anonymous), (FeedbackStatus::Received, true));
    assert_eq!(feedback.filed_at, at("2026-11-12T02:00:00Z"));
    assert_eq!(feedback.received_at, Some(at(NOW)));
    assert_eq!(feedback.due_at, {
        let by_phone = filing(FeedbackChannel::Hotline, "conduct", true);
        let by = officer(DESK).signature();
        let here = Feedback::filed(by_phone, Office::code(2), by, office.rules(), at(NOW));
        here.unwrap().0.due_at
    });
    // A clock of theirs that runs ahead makes nothing happen before it was heard of.
    let (ahead, _) = given_at_portal(&office, "2026-11-17T02:03:00Z");
    assert_eq!(ahead.filed_at, at(NOW));
}

#[test]
fn each_move_is_heard_of_by_the_service_that_the_table_names_and_answers_alone_without_progress() {
    let office = Office::new();
    for line in HEARD.lines().filter(|line| !line.is_empty()) {
        let cells: Vec<&str> = line.split_whitespace().collect();
        let [action, service] = cells[..] else { panic!("{line}") };
        let action = FeedbackAction::ALL.into_iter().find(|known| known.name() == action).unwrap();
        let (mut feedback, _) = given_at_portal(&office, NOW);
        let mut moved = feedback.history[0].clone();
        (moved.version, moved.action, feedback.version) = (2, Some(action), 2);
        feedback.history.push(moved);
        let heard = |progress| {
            let portal = portal(&office, progress);
            let service = portal.steps_of(&feedback).find(|step| step.entry.version == 2);
            (service.map(|step| step.service.to_owned()), portal.owed_of_feedback(&feedback))
        };
        let named = |name: &str| Some(name.to_owned());
        let (with, without) = match service {
            "answers" => ((named(ANSWERS), 2), (named(ANSWERS), 2)),
            "progress" => ((named(PROGRESS), 2), (None, 0)),
            _ => ((None, 1), (None, 0)),
        };
        assert_eq!((heard(Some(PROGRESS)), heard(None)), (with, without), "{line}");
    }
    assert_eq!(HEARD.lines().count(), FeedbackAction::ALL.len() + 1);
}

#[test]
fn a_system_is_owed_what_was_given_at_it_and_not_what_was_sent_here_or_given_elsewhere() {
    let office = Office::new();
    let (mut feedback, _) = given_at_portal(&office, NOW);
    let mut portal = portal(&office, Some(PROGRESS));
    let line = Delivery::begun(feedback.code.shared().clone(), portal.id.clone());
    assert_eq!(portal.steps_behind(&feedback, &line).count(), 1);
    portal.connected = false;
    assert_eq!(portal.owed_of_feedback(&feedback), 0, "nobody is told who is not connected");
    portal.connected = true;
    feedback.origin.as_mut().unwrap().source = "urn:motcua:integrator:justice".to_owned();
    assert_eq!(portal.owed_of_feedback(&feedback), 0);
    let (here, _) = office.in_status(FeedbackStatus::Answered);
    assert_eq!(portal.owed_of_feedback(&here), 0);
}

proptest! {
    #[test]
    fn whatever_is_asked_in_whatever_order_history_and_state_agree(
        steps in proptest::collection::vec((0..13_usize, 0..4_usize, 0..400_i64), 0..40),
    ) {
        let office = Office::new();
        let mut whole = office.filed(1, FeedbackChannel::Web);
        let code = whole.0.code.clone();
        let people = [officer(DESK), officer(HANDLER), officer(STRANGER), author(&code)];
        let mut now = at(NOW);
        for (step, (action, by, hours)) in steps.into_iter().enumerate() {
            now = now.saturating_add(SignedDuration::from_hours(hours - 20)).unwrap();
            let mut command = office.command(FeedbackAction::ALL[action], whole.0.version);
            command.command = format!("step-{step}").parse().unwrap();
            let asked = office.moved_by(&whole, &command, &people[by], now);
            // A year without a calendar, and whatever is refused, changes nothing.
            let Ok(next) = asked else { continue };
            let again = next.0.decide(&next.1, command, &people[by], office.rules(), now);
            prop_assert!(matches!(
                again, Ok(FeedbackDecision::Repeated) | Err(FeedbackRefusal::NotAllowed)
            ));
            whole = next;
            let state = &whole.0;
            prop_assert_eq!(usize::try_from(state.version).unwrap(), state.history.len());
            prop_assert!(state.history.windows(2).all(|pair| pair[0].at <= pair[1].at));
            prop_assert_eq!(state.status, state.history.last().unwrap().status);
            for entry in &state.history {
                let routes = entry.action == Some(FeedbackAction::Route);
                prop_assert_eq!(entry.agency.is_some(), routes, "to whom, and only then");
            }
            prop_assert_eq!(state.ended_at.is_some(), state.status.is_ended());
            prop_assert_eq!(state.ended_at.is_some(), state.content_until.is_some());
            let verified = state.status != FeedbackStatus::Unverified;
            prop_assert!(state.due_at.is_none() || verified);
            let once: BTreeSet<u64> = whole.1.remarks.iter().map(|one| one.version).collect();
            prop_assert_eq!(once.len(), whole.1.remarks.len());
            let written = serde_json::to_value(state).unwrap();
            prop_assert!(!written.to_string().contains("912345678"), "the state names nobody");
            prop_assert_eq!(&serde_json::from_value::<Feedback>(written).unwrap(), state);
        }
    }
}

#[test]
fn what_is_over_loses_its_words_on_order_and_what_was_published_and_keeps_what_is_counted() {
    let office = Office::new();
    for status in FeedbackStatus::ALL {
        let (feedback, _) = office.in_status(status);
        let gone = feedback.without_content(at("2026-11-20T02:00:00Z"));
        if !status.is_ended() {
            let Err(FeedbackRefusal::Invalid(broken)) = gone else { panic!("{status:?} is open") };
            assert_eq!(
                (broken[0].field.as_str(), broken[0].rule),
                ("code", RuleName::EndedFeedback)
            );
            continue;
        }
        let gone = gone.unwrap();
        assert_eq!((&gone.history, gone.status), (&feedback.history, status));
        assert_eq!(gone.answered_in_time(), feedback.answered_in_time());
        assert_eq!(gone.content_until, Some(at("2026-11-20T02:00:00Z")));
        let since = gone.content_gone(at("2026-11-20T02:00:00Z")).unwrap();
        assert_eq!((since.at, since.by), (at("2026-11-20T02:00:00Z"), GoneBy::Order));
        // A second order changes nothing of the first.
        assert_eq!(gone.without_content(at("2027-01-01T00:00:00Z")).unwrap(), gone);
    }
    let closed = office.in_status(FeedbackStatus::Closed).0;
    let publication = Publication { title: "Đèn".to_owned(), answer: "Đã thay".to_owned() };
    let published = Feedback { published: Some(publication), ..closed.clone() };
    let gone = published.without_content(at("2026-11-20T02:00:00Z")).unwrap();
    assert_eq!(gone.published, None);
}

#[test]
fn words_are_gone_by_time_at_the_end_of_it_and_an_order_never_keeps_them_longer() {
    let (closed, _) = Office::new().in_status(FeedbackStatus::Closed);
    let until = closed.content_until.unwrap();
    let before = until.saturating_sub(SignedDuration::from_millis(1)).unwrap();
    assert_eq!(closed.content_gone(before), None);
    let since = closed.content_gone(until).unwrap();
    assert_eq!((since.at, since.by), (until, GoneBy::Expiry));
    let late = until.saturating_add(SignedDuration::from_hours(1)).unwrap();
    assert_eq!(closed.without_content(late).unwrap().content_until, Some(until));
}
