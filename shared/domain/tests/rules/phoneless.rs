//! Applicants without a telephone: who may take them in, and what a correction may do about it.

use domain::applicant::Applicant;
use domain::dossier::{
    Action, Actor, Command, Correction, Dossier, DossierState, DossierStatus, Refusal,
};
use domain::phone::Unreachable;
use domain::post::{PostalWish, ResultWish};
use domain::procedure::Channel;
use domain::submission::Submission;

use super::submissions::submission;
use super::world::{
    AGENCY, OWNER, after, applicant, at, catalogue, citizen, command, day, in_status, integrator,
    law, moved, named, officer, played, portal,
};

fn without() -> Applicant {
    Applicant { phone: None, ..applicant() }
}

fn wish(phone: Option<&str>) -> PostalWish {
    PostalWish {
        recipient: None,
        phone: phone.map(|phone| phone.to_owned().try_into().unwrap()),
        address: "12 Lê Lợi".to_owned().try_into().unwrap(),
        province: "82".to_owned().try_into().unwrap(),
    }
}

fn by_post(phone: Option<&str>) -> Option<ResultWish> {
    Some(ResultWish::ByPost(wish(phone)))
}

fn of(applicant: Applicant) -> Correction {
    Correction { applicant: Some(applicant), result_to: None }
}

/// The dossier after the correction, or every field that breaks a rule.
fn tried(
    dossier: &Dossier,
    correction: Correction,
    by: &Actor,
) -> Result<Dossier, Vec<(String, String)>> {
    let id = format!("correct-{}", dossier.version).parse().unwrap();
    let order = Command { id, correction, ..command("it", Action::Correct) };
    match dossier.decide(order, by, law(), at("2026-03-02T12:00")) {
        Err(Refusal::Invalid(broken)) => Err(named(&broken)
            .into_iter()
            .map(|(field, rule)| (field.to_owned(), rule.to_owned()))
            .collect()),
        decided => Ok(moved(decided)),
    }
}

fn owed(fields: &[&str]) -> Result<Dossier, Vec<(String, String)>> {
    Err(fields.iter().map(|field| ((*field).to_owned(), "required".to_owned())).collect())
}

/// A received dossier of an applicant without a telephone.
fn phoneless() -> Dossier {
    let state = in_status(DossierStatus::Received).into_state();
    DossierState { applicant: Some(without()), ..state }.try_into().unwrap()
}

fn received(channel: Channel) -> Dossier {
    played("5wd", channel, "submit 2026-03-02T07:30, receive 08:00")
}

#[test]
fn a_telephone_is_left_out_where_an_officer_or_a_system_takes_in_what_was_brought_or_sent() {
    use Channel::{Counter, Online, Postal};
    for (by, may) in [
        (officer(AGENCY), vec![Counter, Postal]),
        (integrator(&[AGENCY]), vec![Counter, Postal]),
        (portal(), vec![]),
        (citizen(OWNER), vec![]),
    ] {
        for channel in [Online, Counter, Postal] {
            let handed_in =
                Submission { applicant: without(), ..submission(AGENCY, "1.013831", channel) };
            let found = handed_in.violations(&by, catalogue(), day("2026-03-02"));
            // On-line no officer hands anything in.
            if matches!((&by, channel), (Actor::Officer { .. }, Online)) {
                assert!(!handed_in.may_be_handed_in_by(&by));
                continue;
            }
            let expected: &[(&str, &str)] =
                if may.contains(&channel) { &[] } else { &[("applicant.phone", "required")] };
            assert_eq!(named(&found), expected, "{channel:?} by {by:?}");
        }
    }
}

#[test]
fn who_has_no_telephone_is_reached_by_no_message() {
    let telephones = catalogue().telephones();
    assert_eq!(telephones.unreachable(None, day("2026-03-02")), Some(Unreachable::NoPhone));
    assert_eq!(Unreachable::NoPhone.name(), "no-phone");
}

#[test]
fn a_dossier_without_a_telephone_is_stored_without_one_and_read_again() {
    let dossier = phoneless();
    let stored = serde_json::to_value(&*dossier).unwrap();
    assert!(stored["applicant"]["fullName"].is_string());
    assert_eq!(stored["applicant"].get("phone"), None);
    let state: DossierState = serde_json::from_value(stored).unwrap();
    assert_eq!(Dossier::try_from(state).unwrap(), dossier);
}

#[test]
fn a_telephone_is_added_by_whoever_may_correct_how_the_applicant_is_reached() {
    for by in [officer(AGENCY), integrator(&[AGENCY]), portal(), citizen(OWNER)] {
        let told = tried(&phoneless(), of(applicant()), &by).unwrap();
        assert_eq!(told.applicant.as_ref().unwrap().phone, applicant().phone, "{by:?}");
    }
    // Who has none, and sets something else right, is not asked for one.
    let email = Some("an@example.vn".to_owned().try_into().unwrap());
    let mailed = tried(&phoneless(), of(Applicant { email, ..without() }), &citizen(OWNER));
    assert_eq!(mailed.unwrap().applicant.as_ref().unwrap().phone, None);
}

#[test]
fn a_telephone_is_taken_away_by_an_officer_and_by_a_system_where_it_was_not_owed() {
    for (by, channel, may) in [
        (officer(AGENCY), Channel::Online, true),
        (officer(AGENCY), Channel::Counter, true),
        (integrator(&[AGENCY]), Channel::Postal, true),
        (integrator(&[AGENCY]), Channel::Online, false),
        (portal(), Channel::Counter, false),
        (citizen(OWNER), Channel::Online, false),
    ] {
        let dossier = received(channel);
        let after = tried(&dossier, of(without()), &by);
        if may {
            let after = after.unwrap();
            assert_eq!(after.applicant.as_ref(), Some(&without()), "{by:?}");
            assert_eq!(after.applicant_at(dossier.version), Some(&applicant()), "{by:?}");
        } else {
            assert_eq!(after, owed(&["applicant.phone"]), "{channel:?} by {by:?}");
        }
    }
}

#[test]
fn a_result_goes_by_post_only_where_the_postman_can_call_somebody() {
    assert_eq!(wish(None).of(&applicant()).unwrap().phone, applicant().phone.unwrap());
    let nobody = wish(None).of(&without()).unwrap_err();
    assert_eq!((nobody.field.as_str(), nobody.rule.slug()), ("resultTo.phone", "required"));
    let neighbour = wish(Some("0987654321")).of(&without()).unwrap();
    assert_eq!(neighbour.phone.reveal(), "+84987654321");
    let wanted = |phone| Correction { applicant: None, result_to: by_post(phone) };
    let by = officer(AGENCY);
    assert_eq!(tried(&phoneless(), wanted(None), &by), owed(&["resultTo.phone"]));
    let sent = tried(&phoneless(), wanted(Some("0987654321")), &by).unwrap();
    assert_eq!(sent.result_to.as_ref().unwrap().phone, neighbour.phone);
    // With a telephone of the applicant in the same correction.
    let both = Correction { applicant: Some(applicant()), result_to: by_post(None) };
    let sent = tried(&phoneless(), both, &by).unwrap();
    assert_eq!(Some(&sent.result_to.as_ref().unwrap().phone), applicant().phone.as_ref());
}

#[test]
fn a_telephone_that_the_postman_is_to_call_is_not_taken_away_without_another_for_them() {
    let by = officer(AGENCY);
    let wanted = Correction { applicant: None, result_to: by_post(None) };
    let dossier = tried(&in_status(DossierStatus::Received), wanted, &by).unwrap();
    assert_eq!(tried(&dossier, of(without()), &by), owed(&["resultTo.phone"]));
    assert_eq!(
        tried(&dossier, of(without()), &portal()),
        owed(&["applicant.phone", "resultTo.phone"])
    );
    let gone = |result_to| Correction { applicant: Some(without()), result_to };
    assert_eq!(tried(&dossier, gone(by_post(None)), &by), owed(&["resultTo.phone"]));
    let called = tried(&dossier, gone(by_post(Some("0987654321"))), &by).unwrap();
    assert_eq!(called.result_to.as_ref().unwrap().phone.reveal(), "+84987654321");
    let fetched = tried(&dossier, gone(Some(ResultWish::NotByPost)), &by).unwrap();
    assert_eq!(fetched.result_to, None);
    // The post has the number of a result that is there.
    let finished = after(&dossier, Action::Finish, at("2026-03-02T11:00"));
    let there = tried(&finished, of(without()), &by).unwrap();
    assert_eq!(Some(&there.result_to.as_ref().unwrap().phone), applicant().phone.as_ref());
    assert_eq!(there.applicant.as_ref(), Some(&without()));
}

#[test]
fn another_number_for_the_postman_stays_where_the_applicants_is_taken_away() {
    let by = officer(AGENCY);
    let wanted = Correction { applicant: None, result_to: by_post(Some("0987654321")) };
    let dossier = tried(&in_status(DossierStatus::Received), wanted, &by).unwrap();
    let after = tried(&dossier, of(without()), &by).unwrap();
    assert_eq!(after.result_to, dossier.result_to);
}

#[test]
fn the_same_correction_of_a_telephone_again_is_a_repetition() {
    let by = officer(AGENCY);
    let order = Command { correction: of(without()), ..command("one", Action::Correct) };
    let noon = at("2026-03-02T12:00");
    let dossier = in_status(DossierStatus::Received);
    let once = moved(dossier.decide(order.clone(), &by, law(), noon));
    let again = once.decide(order.clone(), &by, law(), noon);
    let entry = once.history.last().unwrap().clone();
    assert_eq!(again, Ok(domain::dossier::Decision::Repeated(Box::new(entry))));
    let other = Command { correction: of(applicant()), ..order };
    assert_eq!(once.decide(other, &by, law(), noon), Err(Refusal::CommandIdReused));
}
