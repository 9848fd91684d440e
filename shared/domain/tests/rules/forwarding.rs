//! Work of two agencies on one dossier: what forwarding it does to its term, its history and its
//! figures.

use domain::Violation;
use domain::agency::Remit;
use domain::dossier::{
    Action, Actor, Command, Custody, Decision, Dossier, DossierStatus, RULES, Refusal, Target,
};
use domain::kpi::{DueBasis, KpiCell};
use domain::procedure::Channel;

use super::kpi::{facts, tally};
use super::world::{
    AGENCY, FORMER_HANDLER, HANDLER, OTHER_AGENCY, OWNER, at, citizen, command, day, forwarded_in,
    in_status, integrator, law, local, moved, officer, only, played, portal, schedule,
};

fn forwarded() -> Dossier {
    forwarded_in(DossierStatus::Processing).unwrap()
}

fn handed_back() -> Dossier {
    let order = Command {
        expected_version: Some(forwarded().version),
        ..command("back", Action::HandBack)
    };
    moved(forwarded().decide(order, &officer(HANDLER), law(), at("2026-03-02T12:00")))
}

fn try_it(dossier: &Dossier, order: Command, by: &Actor) -> Result<Decision, Refusal> {
    dossier.decide(order, by, law(), at("2026-03-02T12:00"))
}

/// An officer of an agency that carries on for [`HANDLER`].
fn officer_of_the_successor() -> Actor {
    Actor::Officer {
        id: "heir".to_owned(),
        agency: "H20.11".parse().unwrap(),
        predecessors: vec![Remit::whole(HANDLER.parse().unwrap())],
    }
}

/// 5 working days from Monday 2 March 2026 are Monday 9 March.
#[test]
fn there_is_one_term_and_a_pass_does_not_stop_its_clock() {
    for (why, rest, due) in [
        ("forwarded", "forward 2026-03-03T08:00", "2026-03-09T17:00"),
        (
            "forwarded and back",
            "forward 2026-03-03T08:00, hand-back 2026-03-05T08:00",
            "2026-03-09T17:00",
        ),
        ("and recalled", "forward 2026-03-03T08:00, recall 2026-03-05T08:00", "2026-03-09T17:00"),
        (
            "a suspension by either stops it as ever",
            "forward 2026-03-03T08:00, suspend 2026-03-04T08:00, resume 2026-03-05T08:00, hand-back 2026-03-06T08:00",
            "2026-03-10T17:00",
        ),
        (
            "and so it does where the owner takes the dossier back out of it",
            "forward 2026-03-03T08:00, suspend 2026-03-04T08:00, recall 2026-03-05T08:00",
            "2026-03-10T17:00",
        ),
    ] {
        let history = format!("submit 2026-03-02T07:30, receive 08:00, {rest}");
        let dossier = played("5 working-day", Channel::Online, &history);
        assert_eq!(dossier.due_at.map(local), Some(local(at(due))), "{why}");
        assert_eq!(dossier.handler.is_some(), why == "forwarded", "{why}");
    }
}

#[test]
fn the_history_keeps_to_whom_it_was_forwarded() {
    let dossier = forwarded();
    let named: Vec<_> = dossier
        .history
        .iter()
        .map(|entry| entry.handler.as_ref().map(|agency| agency.as_str()))
        .collect();
    assert_eq!(named, [None, None, Some(FORMER_HANDLER), None, Some(HANDLER)]);
    assert_eq!(
        dossier.handlers().map(|agency| agency.as_str()).collect::<Vec<_>>(),
        [FORMER_HANDLER, HANDLER]
    );
    assert_eq!(handed_back().handler, None);
    assert_eq!(
        handed_back().history.last().unwrap().by.agency.as_ref().map(|agency| agency.as_str()),
        Some(HANDLER)
    );
}

#[test]
fn passing_on_names_an_agency_and_another_than_its_own_and_nothing_else_does() {
    let received = in_status(DossierStatus::Received);
    let to = |action, agency: Option<&str>| Command {
        to_agency: agency.map(|agency| agency.parse().unwrap()),
        ..command("it", action)
    };
    for (action, agency, broken) in [
        (Action::Forward, None, Some("agency-owed")),
        (Action::Forward, Some(AGENCY), Some("another-agency")),
        (Action::Forward, Some(OTHER_AGENCY), None),
        (Action::Process, Some(OTHER_AGENCY), Some("forward-only")),
        (Action::Process, None, None),
    ] {
        let found = match try_it(&received, to(action, agency), &officer(AGENCY)) {
            Ok(_) => None,
            Err(Refusal::Invalid(broken)) => {
                let Violation { field, rule, .. } = only(&broken).clone();
                Some((field, rule.slug()))
            }
            Err(other) => panic!("{other:?}"),
        };
        assert_eq!(
            found,
            broken.map(|rule| ("toAgency".to_owned(), rule)),
            "{} to {agency:?}",
            action.name()
        );
    }
}

#[test]
fn a_pass_that_is_sent_again_says_the_same_or_is_another() {
    let received = in_status(DossierStatus::Received);
    let order = |to: &str| Command {
        to_agency: Some(to.parse().unwrap()),
        ..command("it", Action::Forward)
    };
    let passed = moved(try_it(&received, order(HANDLER), &officer(AGENCY)));
    let entry = passed.history.last().unwrap().clone();
    assert_eq!(
        try_it(&passed, order(HANDLER), &officer(AGENCY)),
        Ok(Decision::Repeated(Box::new(entry)))
    );
    assert_eq!(
        try_it(&passed, order(OTHER_AGENCY), &officer(AGENCY)),
        Err(Refusal::CommandIdReused)
    );
}

#[test]
fn who_handed_a_dossier_back_is_answered_the_same_again_and_may_do_no_more() {
    let (before, after) = (forwarded().version, handed_back());
    let seen =
        |version, id: &str, action| Command { expected_version: version, ..command(id, action) };
    let again = try_it(&after, seen(Some(before), "back", Action::HandBack), &officer(HANDLER));
    assert_eq!(again, Ok(Decision::Repeated(Box::new(after.history.last().unwrap().clone()))));
    for action in [Action::HandBack, Action::Suspend] {
        let stale = try_it(&after, seen(Some(before), "other", action), &officer(HANDLER));
        let (current, status) = (after.version, after.status);
        assert_eq!(
            stale,
            Err(Refusal::Stale { current, status }),
            "{action:?}: the officer has read it, and it has moved on"
        );
        for version in [None, Some(after.version)] {
            let answer = try_it(&after, seen(version, "other", action), &officer(HANDLER));
            assert_eq!(answer, Err(Refusal::NotAllowed), "{action:?} of version {version:?}");
        }
    }
    let stranger =
        try_it(&after, seen(Some(before), "back", Action::HandBack), &officer(OTHER_AGENCY));
    assert_eq!(stranger, Err(Refusal::NotAllowed));
}

#[test]
fn owner_handler_and_former_handlers_read_and_nobody_else_of_other_agencies() {
    for (dossier, of_the_handler) in
        [(forwarded(), true), (handed_back(), true), (in_status(DossierStatus::Processing), false)]
    {
        for (actor, may) in [
            (officer(AGENCY), true),
            (officer(HANDLER), of_the_handler),
            (officer(FORMER_HANDLER), of_the_handler),
            (integrator(&[HANDLER]), of_the_handler),
            (officer_of_the_successor(), of_the_handler),
            (officer(OTHER_AGENCY), false),
            (schedule(), false),
        ] {
            assert_eq!(
                (actor.may_read(&dossier), actor.takes_part(&dossier)),
                (may, may),
                "{actor:?}"
            );
        }
        for applicant in [portal(), citizen(OWNER)] {
            assert!(
                applicant.may_read(&dossier) && !applicant.takes_part(&dossier),
                "{applicant:?}"
            );
        }
    }
}

#[test]
fn who_carries_on_for_the_handler_does_what_it_could() {
    let back =
        moved(try_it(&forwarded(), command("it", Action::HandBack), &officer_of_the_successor()));
    assert_eq!(
        back.history.last().unwrap().by.agency.as_ref().map(|agency| agency.as_str()),
        Some("H20.11")
    );
    assert_eq!(
        try_it(&forwarded(), command("it", Action::Finish), &officer_of_the_successor()),
        Err(Refusal::NotAllowed)
    );
}

#[test]
fn whatever_ends_a_dossier_ends_its_pass() {
    for rule in &RULES {
        let closes = matches!(rule.target, Target::To(status) if status.is_closed());
        let while_forwarded = rule.from.iter().any(|status| forwarded_in(*status).is_some());
        assert!(
            !closes || !while_forwarded || rule.custody == Custody::WithOwner,
            "{}",
            rule.action.name()
        );
    }
}

// It is counted once, where it was handed in: the owner answers for it.
#[test]
fn a_dossier_that_is_forwarded_is_counted_once_and_by_its_owner() {
    let late = "submit 2026-03-02T07:30, receive 08:00, forward 2026-03-03T08:00, hand-back 2026-03-10T08:00, finish 09:00";
    let dossier = played("5 working-day", Channel::Online, late);
    for (on, expected) in [
        ("2026-03-02", [1, 0, 1, 0]),
        ("2026-03-03", [0, 0, 1, 0]),
        ("2026-03-09", [0, 0, 1, 0]),
        ("2026-03-10", [0, 1, 0, 1]),
        ("2026-03-11", [0, 0, 0, 0]),
    ] {
        let rows = tally([&facts(&dossier)], day(on), DueBasis::Original);
        let owners = rows.keys().filter_map(|cell| match cell {
            KpiCell::Work { agency, .. } | KpiCell::Officer { agency, .. } => Some(agency.as_str()),
            KpiCell::Province | KpiCell::TakenBack { .. } => None,
        });
        assert!(owners.into_iter().all(|agency| agency == AGENCY), "{on}: {rows:?}");
        let row = rows.get(&KpiCell::Province).copied().unwrap_or_default();
        assert_eq!([row.received, row.resolved, row.in_process, row.late], expected, "{on}");
    }
}

#[test]
fn a_dossier_that_is_forwarded_survives_storage() {
    for dossier in [forwarded(), handed_back()] {
        let stored = serde_json::to_value(&dossier).unwrap();
        assert_eq!(
            stored.get("handler").is_some(),
            dossier.handler.is_some(),
            "only then is it in the index"
        );
        assert_eq!(serde_json::from_value::<Dossier>(stored).unwrap(), dossier);
    }
}
