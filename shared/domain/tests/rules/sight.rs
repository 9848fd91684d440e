//! Who sees what was handed in, for how long, and what they may do next.

use domain::RuleName;
use domain::dossier::{Action, Actor, Command, Dossier, DossierStatus, Need, RULES, Sight};
use domain::procedure::Channel;

use super::world::{
    AGENCY, HANDLER, OTHER_AGENCY, at, citizen, command, forwarded_in, law, moved, officer, played,
    portal,
};

fn done(dossier: &Dossier, action: Action, by: &Actor) -> Dossier {
    let order = Command {
        expected_version: Some(dossier.version),
        reason: action.rule().unwrap().reason_owed.then(|| "theo quy định".to_owned()),
        ..command(action.name(), action)
    };
    moved(dossier.decide(order, by, law(), at("2026-03-02T12:00")))
}

fn forwarded() -> Dossier {
    forwarded_in(DossierStatus::Processing).unwrap()
}

#[test]
fn the_applicants_side_the_owner_and_the_present_handler_see_all_of_it_and_a_stranger_nothing() {
    let dossier = forwarded();
    let owner = dossier.applicant.as_ref().unwrap().id_number.clone();
    let owner = Actor::Citizen { id: "citizen-1".to_owned(), id_number: owner };
    for by in [owner, portal(), officer(AGENCY), officer(HANDLER)] {
        assert_eq!(by.sight_of(&dossier), Some(Sight::Whole), "{by:?}");
    }
    for by in [officer(OTHER_AGENCY), citizen("087199000001")] {
        assert_eq!(by.sight_of(&dossier), None, "{by:?}");
    }
}

#[test]
fn who_handed_a_dossier_back_sees_it_up_to_then_and_nothing_later() {
    let back = done(&forwarded(), Action::HandBack, &officer(HANDLER));
    let settled = done(&back, Action::Finish, &officer(AGENCY));
    let seen = Sight::UpTo(back.version);
    assert_eq!(officer(HANDLER).sight_of(&back), Some(seen));
    assert_eq!(officer(HANDLER).sight_of(&settled), Some(seen));
    assert_eq!(settled.next_moves(&officer(HANDLER), law(), at("2026-03-02T12:00")), []);
}

#[test]
fn a_recall_before_any_work_leaves_the_handler_nothing_and_after_work_what_there_was() {
    let recalled = done(&forwarded(), Action::Recall, &officer(AGENCY));
    assert_eq!(officer(HANDLER).sight_of(&recalled), None);
    // The owner's own work is none of the handler's.
    let by_owner = done(&forwarded(), Action::Suspend, &officer(AGENCY));
    let recalled = done(&by_owner, Action::Recall, &officer(AGENCY));
    assert_eq!(officer(HANDLER).sight_of(&recalled), None);
    let by_handler = done(&forwarded(), Action::Suspend, &officer(HANDLER));
    let recalled = done(&by_handler, Action::Recall, &officer(AGENCY));
    assert_eq!(officer(HANDLER).sight_of(&recalled), Some(Sight::UpTo(recalled.version)));
}

#[test]
fn each_move_is_said_to_need_what_a_command_without_it_is_refused_for() {
    let fields = [
        (Need::Reason, "reason", RuleName::ReasonOwed),
        (Need::NewDueOn, "newDueOn", RuleName::NewDateOwed),
        (Need::ToAgency, "toAgency", RuleName::AgencyOwed),
    ];
    for rule in &RULES {
        let bare = Command {
            reason: None,
            new_due_on: None,
            to_agency: None,
            asked_for: Vec::new(),
            documents: Vec::new(),
            form: None,
            ..command("bare", rule.action)
        };
        let refused = bare.violations(at("2026-03-02T12:00"));
        let missed = fields.iter().filter(|(_, field, owed)| {
            refused.iter().any(|found| found.field == *field && found.rule == *owed)
        });
        let missed: Vec<Need> = missed.map(|(need, _, _)| *need).collect();
        assert_eq!(rule.needs(), missed, "{}", rule.action.name());
    }
}

#[test]
fn next_are_the_moves_that_the_table_allows_to_the_reader() {
    let dossier =
        played("5 working-day", Channel::Online, "submit 2026-03-02T07:30, receive 08:00");
    for by in [officer(AGENCY), portal(), officer(OTHER_AGENCY)] {
        let next: Vec<Action> = dossier
            .next_moves(&by, law(), at("2026-03-02T12:00"))
            .into_iter()
            .map(|next| next.action)
            .collect();
        assert_eq!(next, dossier.allowed_to(&by), "{by:?}");
    }
    assert!(!dossier.next_moves(&officer(AGENCY), law(), at("2026-03-02T12:00")).is_empty());
}
