//! In whose hands a dossier is: who may put it there, what takes it out again, and that nothing
//! else about it moves.

use domain::RuleName;
use domain::agency::Remit;
use domain::dossier::{
    ASSIGNMENTS_MAX, Action, Actor, Assign, Assigned, Assignment, Decision, Dossier, DossierState,
    DossierStatus, Duty, RULES, Refusal,
};
use proptest::prelude::*;

use super::world::{
    AGENCY, FORMER_HANDLER, HANDLER, OTHER_AGENCY, OWNER, after, at, citizen, command,
    forwarded_in, in_status, integrator, law, moved, named, officer, portal, schedule,
};

const NOON: &str = "2026-03-02T12:00";

fn order(dossier: &Dossier, to: Option<&str>) -> Assign {
    Assign {
        id: format!("assign-{}-{}", dossier.version, dossier.assignment()).parse().unwrap(),
        expected_version: dossier.version,
        expected_assignment: dossier.assignment(),
        holder: to.map(str::to_owned),
        step: None,
    }
}

fn try_it(dossier: &Dossier, to: Option<&str>, by: &Actor) -> Result<Assigned, Refusal> {
    dossier.assign(order(dossier, to), by, (law(), &[]), at(NOON))
}

fn assigned(answer: Result<Assigned, Refusal>) -> Dossier {
    match answer {
        Ok(Assigned::Now(dossier)) => *dossier,
        other => panic!("expected an assignment, got {other:?}"),
    }
}

fn put(dossier: &Dossier, to: Option<&str>, agency: &str) -> Dossier {
    assigned(try_it(dossier, to, &officer(agency)))
}

fn holder(dossier: &Dossier) -> Option<&str> {
    dossier.holder().map(|hold| hold.holder)
}

fn broken(answer: Result<Assigned, Refusal>) -> Vec<(String, &'static str)> {
    match answer {
        Err(Refusal::Invalid(found)) => {
            named(&found).into_iter().map(|(field, rule)| (field.to_owned(), rule)).collect()
        }
        other => panic!("expected broken rules, got {other:?}"),
    }
}

#[test]
fn an_officer_takes_a_dossier_passes_it_to_a_colleague_and_gives_it_back() {
    let dossier = in_status(DossierStatus::Received);
    assert_eq!(dossier.holder(), None);
    let taken = put(&dossier, Some("an"), AGENCY);
    assert_eq!(holder(&taken), Some("an"));
    let passed = put(&taken, Some("binh"), AGENCY);
    assert_eq!(holder(&passed), Some("binh"));
    let back = put(&passed, None, AGENCY);
    assert_eq!(holder(&back), None);
    let list = |made: &Assignment| (made.number, made.version, made.holder.clone());
    let names = [Some("an".to_owned()), Some("binh".to_owned()), None];
    let expected: Vec<_> = (1..).zip(names).map(|(number, name)| (number, 2, name)).collect();
    assert_eq!(back.assignments.iter().map(list).collect::<Vec<_>>(), expected);
    assert_eq!(back.assignments[0].by, officer(AGENCY).signature());
}

#[test]
fn an_assignment_moves_neither_status_nor_clock_nor_history() {
    for status in DossierStatus::ALL.into_iter().filter(|status| !status.is_closed()) {
        let dossier = in_status(status);
        let taken = put(&dossier, Some("an"), AGENCY).into_state();
        let without = DossierState { assignments: Vec::new(), ..taken };
        assert_eq!(Dossier::try_from(without).unwrap(), dossier, "{status:?}");
    }
}

#[test]
fn officers_of_the_agency_that_has_custody_assign_and_nobody_else() {
    let forwarded = forwarded_in(DossierStatus::Processing).unwrap();
    let heir = Actor::Officer {
        id: "heir".to_owned(),
        agency: "H20.11".parse().unwrap(),
        predecessors: vec![Remit::whole(HANDLER.parse().unwrap())],
        duty: Duty::Counter,
    };
    for (by, may) in [
        (officer(HANDLER), true),
        (heir, true),
        (officer(AGENCY), false),
        (officer(FORMER_HANDLER), false),
        (officer(OTHER_AGENCY), false),
        (integrator(&[AGENCY, HANDLER]), false),
        (portal(), false),
        (citizen(OWNER), false),
        (schedule(), false),
    ] {
        assert_eq!(forwarded.may_be_assigned_by(&by), may, "{by:?}");
        match try_it(&forwarded, Some("an"), &by) {
            Ok(Assigned::Now(next)) => {
                assert!(may, "{by:?}");
                assert_eq!(next.assignments[0].agency.as_str(), HANDLER);
            }
            Err(Refusal::NotAllowed) => assert!(!may, "{by:?}"),
            other => panic!("{by:?}: {other:?}"),
        }
    }
    let own = in_status(DossierStatus::Registered);
    assert!(own.may_be_assigned_by(&officer(AGENCY)) && !own.may_be_assigned_by(&officer(HANDLER)));
}

#[test]
fn a_closed_dossier_is_in_nobodys_hands_and_comes_into_none() {
    for status in DossierStatus::ALL.into_iter().filter(|status| status.is_closed()) {
        let dossier = in_status(status);
        assert!(!dossier.may_be_assigned_by(&officer(AGENCY)), "{status:?}");
        let refused = broken(try_it(&dossier, Some("an"), &officer(AGENCY)));
        assert_eq!(refused, [("status".to_owned(), "open-dossier")], "{status:?}");
    }
}

/// What each move does to the holder, written from the brief of a desk: to another agency, back
/// from one, or to an end; and everything else leaves the dossier where it is.
#[test]
fn forwarding_recalling_handing_back_and_ending_take_the_dossier_out_of_its_holders_hands() {
    let takes = [
        Action::Refuse,
        Action::RefuseExpired,
        Action::Finish,
        Action::ReturnResult,
        Action::Recall,
        Action::Withdraw,
        Action::Forward,
        Action::HandBack,
    ];
    for rule in &RULES {
        assert_eq!(rule.takes_from_holder(), takes.contains(&rule.action), "{:?}", rule.action);
    }
    let held = put(&in_status(DossierStatus::Processing), Some("an"), AGENCY);
    let forwarded = after(&held, Action::Forward, at("2026-03-02T13:00"));
    assert_eq!(holder(&forwarded), None);
    let theirs = put(&forwarded, Some("chi"), HANDLER);
    let back = after(&theirs, Action::HandBack, at("2026-03-02T14:00"));
    assert_eq!(holder(&back), None, "nor is it in the first holder's hands again");
    let again = put(&back, Some("an"), AGENCY);
    let paused = after(&again, Action::Suspend, at("2026-03-02T15:00"));
    assert_eq!(holder(&paused), Some("an"));
    assert_eq!(paused.holder().unwrap().since, at("2026-03-02T14:00"), "since it was put there");
    let closed = after(&paused, Action::Withdraw, at("2026-03-02T16:00"));
    assert_eq!(holder(&closed), None);
}

#[test]
fn of_two_officers_at_once_the_second_has_seen_an_old_assignment() {
    let dossier = in_status(DossierStatus::Received);
    let late = Assign { id: "late".parse().unwrap(), ..order(&dossier, Some("binh")) };
    let taken = put(&dossier, Some("an"), AGENCY);
    let refused = taken.assign(late, &officer(AGENCY), (law(), &[]), at(NOON));
    assert_eq!(refused, Err(Refusal::Reassigned { current: 1 }));
    let before = order(&taken, Some("binh"));
    let moved_on = after(&taken, Action::Process, at("2026-03-02T12:30"));
    let refused = moved_on.assign(before, &officer(AGENCY), (law(), &[]), at("2026-03-02T13:00"));
    let stale = Refusal::Stale { current: moved_on.version, status: DossierStatus::Processing };
    assert_eq!(refused, Err(stale));
}

#[test]
fn the_same_assignment_twice_is_one_and_another_under_its_name_is_refused() {
    let dossier = in_status(DossierStatus::Received);
    let sent = order(&dossier, Some("an"));
    let taken = assigned(dossier.assign(sent.clone(), &officer(AGENCY), (law(), &[]), at(NOON)));
    let made = taken.assignments[0].clone();
    // Also once the dossier has gone to another agency since.
    let gone = after(&taken, Action::Forward, at("2026-03-02T13:00"));
    for now in [&taken, &gone] {
        let again =
            now.assign(sent.clone(), &officer(AGENCY), (law(), &[]), at("2026-03-02T14:00"));
        assert_eq!(again, Ok(Assigned::Before(Box::new(made.clone()))));
        let other = Assign { holder: Some("binh".to_owned()), ..sent.clone() };
        let refused = now.assign(other, &officer(AGENCY), (law(), &[]), at("2026-03-02T14:00"));
        assert_eq!(refused, Err(Refusal::CommandIdReused));
    }
}

#[test]
fn every_broken_field_of_an_assignment_is_named_at_once() {
    let dossier = in_status(DossierStatus::Received);
    let sent = Assign {
        id: "bad".parse().unwrap(),
        expected_version: 0,
        expected_assignment: u64::MAX,
        holder: Some("có dấu".to_owned()),
        step: None,
    };
    let found = broken(dossier.assign(sent, &officer(AGENCY), (law(), &[]), at(NOON)));
    let found: Vec<_> = found.iter().map(|(field, rule)| (field.as_str(), *rule)).collect();
    let fields = ["assignee", "expectedVersion", "expectedAssignment"];
    assert_eq!(found, [(fields[0], "length"), (fields[1], "range"), (fields[2], "range")]);
}

#[test]
fn an_assignment_changes_something() {
    let dossier = in_status(DossierStatus::Received);
    let nothing = [("assignee".to_owned(), "nothing-changes")];
    assert_eq!(broken(try_it(&dossier, None, &officer(AGENCY))), nothing);
    let taken = put(&dossier, Some("an"), AGENCY);
    assert_eq!(broken(try_it(&taken, Some("an"), &officer(AGENCY))), nothing);
}

#[test]
fn however_often_a_dossier_was_passed_on_it_comes_to_its_end() {
    let mut dossier = in_status(DossierStatus::Processing);
    for turn in 0..ASSIGNMENTS_MAX {
        let to = format!("{:0>128}", turn % 2);
        dossier = put(&dossier, Some(&to), AGENCY);
    }
    let refused = broken(try_it(&dossier, None, &officer(AGENCY)));
    assert_eq!(refused, [("assignee".to_owned(), RuleName::AssignmentsMax.slug())]);
    let finished = after(&dossier, Action::Finish, at("2026-03-02T13:00"));
    let returned = after(&finished, Action::ReturnResult, at("2026-03-02T14:00"));
    assert_eq!(returned.status, DossierStatus::Returned);
}

#[test]
fn an_assignment_on_the_eve_of_tet_is_made_at_that_minute() {
    // Friday 13 February 2026 is the last working day before Tết.
    let eve = at("2026-02-13T23:59");
    let dossier = super::world::handed_in("5 working-day", domain::procedure::Channel::Online, eve);
    let taken =
        assigned(dossier.assign(order(&dossier, Some("an")), &officer(AGENCY), (law(), &[]), eve));
    assert_eq!(taken.holder().unwrap().since, eve);
}

#[test]
fn a_list_of_assignments_that_no_desk_made_is_not_read() {
    let taken = put(&in_status(DossierStatus::Received), Some("an"), AGENCY).into_state();
    let changed = |change: fn(&mut Assignment)| {
        let mut state = taken.clone();
        change(&mut state.assignments[0]);
        Dossier::try_from(state).is_err()
    };
    assert!(!changed(|_| ()));
    assert!(changed(|made| made.number = 2));
    assert!(changed(|made| made.version = 3));
    assert!(changed(|made| made.version = 0));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever moves and assignments follow each other: the holder is an officer of the agency
    /// that has custody, of an open dossier; what is stored can be read; and the moves are those of
    /// a dossier that nobody was ever given.
    #[test]
    fn whatever_happens_the_holder_is_of_the_agency_that_has_custody(
        steps in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 1..40),
    ) {
        let mut dossier = in_status(DossierStatus::Registered);
        let mut plain = dossier.clone();
        for (place, (choice, assigns)) in steps.into_iter().enumerate() {
            let minutes = i64::try_from(place).unwrap() + 1;
            let now = at(NOON) + jiff::SignedDuration::from_mins(minutes);
            let by = officer(dossier.desk().as_str());
            if assigns {
                let to = [None, Some("an"), Some("binh")][choice.index(3)];
                if let Ok(Assigned::Now(next)) = dossier.assign(order(&dossier, to), &by, (law(), &[]), now) {
                    dossier = *next;
                }
            } else {
                let legal = dossier.allowed_to(&by);
                if legal.is_empty() {
                    continue;
                }
                let action = legal[choice.index(legal.len())];
                let mut sent = command("step", action);
                sent.id = format!("step-{place}").parse().unwrap();
                if let Ok(Decision::Moved(next)) = dossier.decide(sent.clone(), &by, law(), now) {
                    dossier = *next;
                    plain = moved(plain.decide(sent, &by, law(), now));
                }
            }
            if let Some(hold) = dossier.holder() {
                prop_assert_eq!(hold.agency, dossier.desk());
                prop_assert!(!dossier.status.is_closed());
            }
            let stored = serde_json::to_value(&dossier).unwrap();
            prop_assert_eq!(&serde_json::from_value::<Dossier>(stored).unwrap(), &dossier);
            let without = DossierState { assignments: Vec::new(), ..dossier.clone().into_state() };
            prop_assert_eq!(&Dossier::try_from(without).unwrap(), &plain);
        }
    }
}
