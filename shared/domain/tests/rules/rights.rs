//! Who reads what: notes of a history, and as what somebody would make a move.

use domain::dossier::{Action, Actor, DossierStatus, Holds, Standing};
use domain::notice::Provider;
use domain::row::Lasting;
use jiff::SignedDuration;

use super::world::{
    AGENCY, HANDLER, OTHER_AGENCY, OWNER, STRANGER, catalogue, citizen, day, forwarded_in,
    in_status, officer, portal, schedule,
};

#[test]
fn a_note_of_an_agency_is_for_agencies_and_one_of_the_applicants_side_for_both() {
    let dossier = forwarded_in(DossierStatus::Processing).unwrap();
    // Handed in through the portal, and received by an officer.
    let reads =
        |by: &Actor| [0, 1].map(|entry| by.may_read_note(&dossier.history[entry], &dossier));
    for by in [officer(AGENCY), officer(HANDLER)] {
        assert_eq!(reads(&by), [true, true], "{by:?}");
    }
    for by in [portal(), citizen(OWNER)] {
        assert_eq!(reads(&by), [true, false], "{by:?}");
    }
    for by in [citizen(STRANGER), officer(OTHER_AGENCY), schedule()] {
        assert_eq!(reads(&by), [false, false], "{by:?}");
    }
}

#[test]
fn a_move_is_made_as_owner_or_handler_or_could_be_once_it_is_forwarded() {
    let own = in_status(DossierStatus::Processing);
    let forwarded = forwarded_in(DossierStatus::Processing).unwrap();
    let ended = in_status(DossierStatus::Returned);
    for (by, action, dossier, expected) in [
        (officer(AGENCY), Action::RequestSupplement, &own, Standing::Owner),
        (officer(AGENCY), Action::RequestSupplement, &forwarded, Standing::Owner),
        (officer(HANDLER), Action::RequestSupplement, &forwarded, Standing::Handler),
        (officer(HANDLER), Action::HandBack, &forwarded, Standing::Handler),
        (officer(OTHER_AGENCY), Action::RequestSupplement, &own, Standing::MayBeForwardedTo),
        (officer(OTHER_AGENCY), Action::HandBack, &own, Standing::MayBeForwardedTo),
        // What is the owner's alone, is over, or was never an agency's.
        (officer(OTHER_AGENCY), Action::Forward, &own, Standing::Nobody),
        (officer(OTHER_AGENCY), Action::HandBack, &ended, Standing::Nobody),
        (officer(HANDLER), Action::Forward, &forwarded, Standing::Nobody),
        (citizen(STRANGER), Action::HandBack, &own, Standing::Nobody),
        (officer(AGENCY), Action::Submit, &own, Standing::Nobody),
    ] {
        assert_eq!(by.standing(action, dossier), expected, "{by:?}, {action:?}");
    }
}

#[test]
fn accounts_of_two_roles_with_one_id_are_two_accounts() {
    assert_eq!(officer(AGENCY).signature().account(), "officer#officer-of-H20.12");
    assert_eq!(portal().signature().account(), "portal#portal");
}

#[test]
fn an_event_is_held_for_what_may_still_come_and_looked_at_again_in_between() {
    let minutes = SignedDuration::from_mins;
    let holds = Holds::settling(minutes(5));
    let (process, finish) = (DossierStatus::Processing, Action::Finish);
    for (status, earlier_waits, age, expected) in [
        (process, false, 0, Some(5)),
        (process, false, 4, Some(1)),
        (process, false, 5, None),
        // The start of the work is left out: an hour.
        (DossierStatus::Received, false, 5, Some(10)),
        (DossierStatus::Received, false, 55, Some(5)),
        (DossierStatus::Received, false, 60, None),
        (process, true, 60, Some(10)),
        (process, true, 179, Some(1)),
        (process, true, 180, None),
    ] {
        let left = holds.left(finish, status, earlier_waits, minutes(age));
        assert_eq!(left, expected.map(minutes), "{status:?}, {earlier_waits}, {age}");
    }
    assert_eq!(Holds::NONE.left(finish, process, true, SignedDuration::ZERO), None);
}

#[test]
fn a_code_that_refines_another_is_read_as_that_one_unless_it_is_listed_itself() {
    let codes = catalogue().codes();
    let treatment = |code| codes.ruling(Provider::Zalo, code).treatment;
    assert_eq!(treatment(-1_249), treatment(-124), "listed by what it refines");
    assert_ne!(treatment(-1_241), treatment(-124), "listed itself");
    assert_ne!(treatment(-1_249), treatment(-9_999), "of no code that is listed");
}

#[test]
fn two_rows_meet_where_there_is_a_day_of_both() {
    let row = |first: &str, last: Option<&str>| Lasting { first: day(first), last: last.map(day) };
    let june = row("2026-06-01", Some("2026-06-30"));
    for (other, meets) in [
        (row("2026-06-30", None), true),
        (row("2026-07-01", None), false),
        (row("2026-01-01", Some("2026-06-01")), true),
        (row("2026-01-01", Some("2026-05-31")), false),
        (row("2026-01-01", None), true),
        (row("2026-06-10", Some("2026-06-10")), true),
    ] {
        assert_eq!((june.meets(other), other.meets(june)), (meets, meets), "{other:?}");
    }
}
