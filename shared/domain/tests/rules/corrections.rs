//! Corrections: who may set right what, what it replaces, and what stays as it was.

use domain::applicant::{Applicant, FullName};
use domain::dossier::{
    Action, Actor, Command, Correction, Decision, Dossier, DossierState, DossierStatus, Refusal,
};
use domain::post::{PostalWish, ResultTo, ResultWish};
use domain::procedure::Channel;

use super::world::{
    AGENCY, OTHER_AGENCY, OWNER, STRANGER, after, applicant, at, citizen, command, in_status,
    integrator, law, moved, named, officer, played, portal,
};

fn name(text: &str) -> FullName {
    text.to_owned().try_into().unwrap()
}

/// To the applicant, at this address.
fn wish(address: &str) -> PostalWish {
    PostalWish {
        recipient: None,
        phone: None,
        address: address.to_owned().try_into().unwrap(),
        province: "82".to_owned().try_into().unwrap(),
    }
}

fn by_post(address: &str) -> Correction {
    Correction { applicant: None, result_to: Some(ResultWish::ByPost(wish(address))) }
}

fn not_by_post() -> Correction {
    Correction { applicant: None, result_to: Some(ResultWish::NotByPost) }
}

fn of(applicant: Applicant) -> Correction {
    Correction { applicant: Some(applicant), result_to: None }
}

fn tried(dossier: &Dossier, correction: Correction, by: &Actor) -> Result<Decision, Refusal> {
    let id = format!("correct-{}", dossier.version).parse().unwrap();
    let order = Command { id, correction, ..command("it", Action::Correct) };
    dossier.decide(order, by, law(), at("2026-03-02T12:00"))
}

fn corrected(dossier: &Dossier, correction: Correction) -> Dossier {
    moved(tried(dossier, correction, &officer(AGENCY)))
}

fn refused(dossier: &Dossier, correction: Correction, by: &Actor) -> Vec<(String, String)> {
    match tried(dossier, correction, by) {
        Err(Refusal::Invalid(broken)) => named(&broken)
            .into_iter()
            .map(|(field, rule)| (field.to_owned(), rule.to_owned()))
            .collect(),
        other => panic!("expected broken rules, got {other:?}"),
    }
}

fn is(field: &str, rule: &str) -> Vec<(String, String)> {
    vec![(field.to_owned(), rule.to_owned())]
}

/// A received dossier whose result is wanted by post.
fn wanted_by_post() -> Dossier {
    corrected(&in_status(DossierStatus::Received), by_post("12 Lê Lợi"))
}

#[test]
fn an_officer_sets_right_everything_about_the_applicant_and_what_was_replaced_is_kept() {
    let before = in_status(DossierStatus::Received);
    let right = Applicant { full_name: name("Nguyễn Văn Ân"), ..applicant() };
    let after = corrected(&before, of(right.clone()));
    assert_eq!(after.applicant.as_ref(), Some(&right));
    assert_eq!(after.applicant_at(before.version), before.applicant.as_ref());
    assert_eq!(after.applicant_at(after.version), Some(&right));
    let kept: Vec<u64> = after.corrected.iter().map(|replaced| replaced.version).collect();
    assert_eq!(kept, [after.version]);
}

#[test]
fn a_correction_changes_neither_status_nor_date_nor_holder_nor_documents() {
    for status in [
        DossierStatus::Registered,
        DossierStatus::Received,
        DossierStatus::Processing,
        DossierStatus::SupplementRequested,
        DossierStatus::PaymentRequested,
        DossierStatus::Suspended,
        DossierStatus::Finished,
    ] {
        let before = in_status(status);
        let after = corrected(&before, command("it", Action::Correct).correction);
        let same = |dossier: &Dossier| {
            let DossierState { status, due_at, original_due_at, closed_at, paused_at, .. } =
                dossier.clone().into_state();
            (status, due_at, original_due_at, closed_at, paused_at, dossier.status_before)
        };
        assert_eq!(same(&after), same(&before), "{status:?}");
        assert_eq!(after.version, before.version + 1, "{status:?}");
    }
}

#[test]
fn who_was_asked_for_documents_and_is_corrected_is_still_asked_for_them() {
    let asked = "submit 2026-03-02T07:30, receive 08:00, process 08:10, request-supplement 09:00";
    let dossier = corrected(
        &played("5wd", Channel::Online, asked),
        command("it", Action::Correct).correction,
    );
    let came = after(&dossier, Action::Supplement, at("2026-03-03T09:00"));
    assert_eq!(came.status, DossierStatus::Processing, "where it was before it was asked");
}

#[test]
fn the_applicants_side_sets_right_how_they_are_reached_and_not_who_they_are() {
    let dossier = in_status(DossierStatus::Received);
    let reached = command("it", Action::Correct).correction;
    let renamed = of(Applicant { full_name: name("Trần Văn Khác"), ..applicant() });
    let Actor::Citizen { id_number, .. } = citizen(STRANGER) else { panic!("a citizen") };
    let sold = of(Applicant { id_number, ..applicant() });
    for by in [portal(), citizen(OWNER)] {
        assert!(tried(&dossier, reached.clone(), &by).is_ok(), "{by:?}");
        let rule = "officer-corrects";
        assert_eq!(refused(&dossier, renamed.clone(), &by), is("applicant.fullName", rule));
        assert_eq!(refused(&dossier, sold.clone(), &by), is("applicant.idNumber", rule));
    }
    for by in [officer(AGENCY), integrator(&[AGENCY])] {
        assert!(tried(&dossier, renamed.clone(), &by).is_ok(), "{by:?}");
    }
    for by in [officer(OTHER_AGENCY), citizen(STRANGER)] {
        assert_eq!(tried(&dossier, reached.clone(), &by), Err(Refusal::NotAllowed), "{by:?}");
    }
}

#[test]
fn a_correction_says_what_is_right_and_nothing_else_does() {
    let dossier = in_status(DossierStatus::Received);
    let by = &officer(AGENCY);
    let nothing = Correction::default();
    assert_eq!(refused(&dossier, nothing, by), is("applicant", "correction-owed"));
    let as_it_is = of(applicant());
    assert_eq!(refused(&dossier, as_it_is, by), is("applicant", "nothing-changes"));
    assert_eq!(refused(&dossier, not_by_post(), by), is("resultTo", "nothing-changes"));
    let order = Command {
        correction: Correction {
            applicant: Some(applicant()),
            result_to: Some(ResultWish::NotByPost),
        },
        ..command("it", Action::Process)
    };
    let Err(Refusal::Invalid(broken)) = dossier.decide(order, by, law(), at("2026-03-02T12:00"))
    else {
        panic!("only a correction corrects")
    };
    assert_eq!(named(&broken), [("applicant", "correct-only"), ("resultTo", "correct-only")]);
}

#[test]
fn where_the_result_goes_may_change_until_it_is_there() {
    let there = |dossier: &Dossier| {
        dossier.result_to.as_ref().map(|to: &ResultTo| to.address.reveal().to_owned())
    };
    let dossier = wanted_by_post();
    assert_eq!(there(&dossier).as_deref(), Some("12 Lê Lợi"));
    assert!(dossier.history.last().unwrap().by_post, "the history says that it is wanted so");
    let moved_house = corrected(&dossier, by_post("7 Trần Phú"));
    assert_eq!(there(&moved_house).as_deref(), Some("7 Trần Phú"));
    let fetched = corrected(&moved_house, not_by_post());
    assert_eq!(there(&fetched), None);
    let again = after(&fetched, Action::Finish, at("2026-03-02T13:00"));
    assert_eq!(again.postal_order(), None, "nobody is asked to bring it");
    let finished = after(&moved_house, Action::Finish, at("2026-03-02T13:00"));
    assert!(finished.postal_order().is_some());
    for correction in [by_post("1 Hùng Vương"), not_by_post()] {
        let broken = refused(&finished, correction, &officer(AGENCY));
        assert_eq!(broken, is("resultTo", "result-is-there"));
    }
}

#[test]
fn what_was_copied_from_the_applicant_follows_them_and_what_was_not_stays() {
    let own = wanted_by_post();
    let neighbour =
        PostalWish { recipient: Some(name("Lê Thị Hàng Xóm")), ..wish("14 Lê Lợi") };
    let neighbour = Correction { applicant: None, result_to: Some(ResultWish::ByPost(neighbour)) };
    let theirs = corrected(&own, neighbour);
    let right = Applicant {
        full_name: name("Nguyễn Văn Ân"),
        phone: Some("0987654321".to_owned().try_into().unwrap()),
        ..applicant()
    };
    let to = |dossier: &Dossier| {
        let to = corrected(dossier, of(right.clone())).result_to.clone().unwrap();
        (to.recipient.reveal().to_owned(), Some(to.phone) == right.phone)
    };
    assert_eq!(to(&own), ("Nguyễn Văn Ân".to_owned(), true));
    assert_eq!(to(&theirs), ("Lê Thị Hàng Xóm".to_owned(), true));
}

#[test]
fn the_same_correction_again_is_a_repetition_and_another_under_its_name_is_not() {
    let dossier = in_status(DossierStatus::Received);
    let by = &officer(AGENCY);
    let first = Command { correction: by_post("12 Lê Lợi"), ..command("one", Action::Correct) };
    let noon = at("2026-03-02T12:00");
    let once = moved(dossier.decide(first.clone(), by, law(), noon));
    let later = corrected(&once, by_post("7 Trần Phú"));
    let entry = once.history.last().unwrap().clone();
    for reached in [&once, &later] {
        let again = reached.decide(first.clone(), by, law(), noon);
        assert_eq!(again, Ok(Decision::Repeated(Box::new(entry.clone()))));
        let other = Command { correction: by_post("1 Hùng Vương"), ..first.clone() };
        assert_eq!(reached.decide(other, by, law(), noon), Err(Refusal::CommandIdReused));
    }
}

#[test]
fn what_was_replaced_goes_with_the_content() {
    let finished = after(&wanted_by_post(), Action::Finish, at("2026-03-02T13:00"));
    let gone =
        finished.without_content(domain::dossier::GoneBy::Order, at("2026-03-03T09:00")).unwrap();
    assert!(gone.corrected.is_empty() && gone.applicant.is_none() && gone.result_to.is_none());
    let broken = refused(&gone, command("it", Action::Correct).correction, &officer(AGENCY));
    assert_eq!(broken, is("action", "content-gone"));
}

#[test]
fn a_dossier_is_not_read_whose_history_replaced_nothing() {
    let mut state = wanted_by_post().into_state();
    state.corrected[0].version = 1;
    assert!(Dossier::try_from(state).is_err());
}
