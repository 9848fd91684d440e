//! How long content is kept, and what is left of a dossier without it.

use domain::catalogue::ProceduresFile;
use domain::dossier::{Action, Command, Decision, DossierState, GoneBy, Refusal};
use domain::law::{Law, RulesFile};
use domain::procedure::Channel;
use serde_json::{Value, json};

use super::world::{
    AGENCY, after, at, calendar, catalogue, catalogue_with, citizen, command, day, handed_in,
    in_status, law, moved, named, officer, played, portal,
};

const OVER: &str = "2046-03-03T08:00";

/// Kept for twenty years by its own procedure, of land.
fn finished() -> domain::dossier::Dossier {
    let history = "submit 2026-03-02T07:30, receive 08:00, process 08:10, finish 2026-03-03T08:00";
    played("5 working-day", Channel::Online, history)
}

#[test]
fn content_is_kept_for_years_from_the_last_thing_that_happened_to_what_has_ended() {
    let open = in_status(domain::dossier::DossierStatus::Processing);
    assert_eq!(catalogue().content_until(&open), None);
    assert_eq!(catalogue().content_until(&finished()), Some(day("2046-03-03")));
    // The result is fetched later, and the years run anew.
    let returned = after(&finished(), Action::ReturnResult, at("2026-04-01T08:00"));
    assert_eq!(catalogue().content_until(&returned), Some(day("2046-04-01")));
    let back = after(&finished(), Action::SendBack, at("2026-03-04T08:00"));
    assert_eq!(catalogue().content_until(&back), None, "it is worked on again");
}

#[test]
fn a_version_of_a_procedure_that_the_catalogue_does_not_have_is_kept_as_the_rule_of_the_day_says() {
    let state = DossierState { procedure_version: 7, ..finished().into_state() };
    let unknown = state.try_into().unwrap();
    assert_eq!(catalogue().content_until(&unknown), Some(day("2036-03-03")));
}

#[test]
fn a_version_that_is_entered_for_days_of_before_takes_no_years_from_those_who_have_the_other() {
    let mut file: Value =
        serde_json::from_str(include_str!("../../../../infra/data/procedures.json")).unwrap();
    let list = file["procedures"].as_array_mut().unwrap();
    let land = list.iter().find(|procedure| procedure["code"] == "1.013831").unwrap();
    let mut second = land.clone();
    (second["version"], second["validFrom"]) = (2.into(), "2026-03-01".into());
    second.as_object_mut().unwrap().remove("retention");
    list.push(second);
    let file: ProceduresFile = serde_json::from_value(file).unwrap();
    let after = catalogue_with(|files| files.procedures = file).unwrap();
    assert!(catalogue().forgotten_by(&after, day("2026-03-04")).is_empty());
    assert_eq!(after.content_until(&finished()), Some(day("2046-03-03")));
    assert_eq!(after.procedure_of(&finished()).map(|kept| kept.version), Some(1));
}

#[test]
fn of_a_dossier_that_ended_on_a_leap_day_the_years_end_on_the_day_before_march() {
    let version = ("1.013831".parse().unwrap(), 7);
    let until = catalogue().kept_until((&version.0, version.1), day("2028-02-29"));
    assert_eq!(until, Some(day("2038-02-28")));
}

#[test]
fn what_is_open_has_no_end_of_its_content_and_what_has_ended_loses_it_once() {
    for status in domain::dossier::DossierStatus::ALL {
        let dossier = in_status(status);
        let gone = dossier.without_content(GoneBy::Expiry, at(OVER));
        if !status.is_closed() {
            let Err(Refusal::Invalid(found)) = gone else { panic!("{status:?}: {gone:?}") };
            assert_eq!(named(&found), [("code", "ended-dossier")], "{status:?}");
            continue;
        }
        let gone = gone.unwrap();
        assert!(gone.applicant.is_none() && gone.documents.is_empty() && gone.forms.is_empty());
        for (is, was) in gone.history.iter().zip(&dossier.history) {
            assert_eq!((is.version, is.at, &is.by), (was.version, was.at, &was.by), "{status:?}");
            assert!(is.reason.is_none() && is.note.is_none() && is.asked_for.is_empty());
        }
        // Another reason later does not change since when.
        let again = gone.without_content(GoneBy::Order, at("2050-01-01T08:00")).unwrap();
        assert!(again == gone);
        assert_eq!(gone.content_gone.unwrap().by, GoneBy::Expiry);
    }
}

#[test]
fn without_content_nobody_goes_on_with_the_work_and_nobody_is_the_owner() {
    let gone = finished().without_content(GoneBy::Expiry, at(OVER)).unwrap();
    let by = officer(AGENCY);
    assert_eq!(gone.allowed_to(&by), [Action::ReturnResult]);
    let refused = gone.decide(command("it", Action::SendBack), &by, law(), at(OVER));
    let Err(Refusal::Invalid(found)) = refused else { panic!("{refused:?}") };
    assert_eq!(named(&found), [("action", "content-gone")]);
    let returned = moved(gone.decide(command("it", Action::ReturnResult), &by, law(), at(OVER)));
    assert!(returned.content_gone == gone.content_gone && returned.applicant.is_none());
    let owner = citizen(super::world::OWNER);
    assert!(owner.is_on_applicants_side(&finished()) && !owner.is_on_applicants_side(&gone));
    assert!(portal().is_on_applicants_side(&gone));
}

#[test]
fn what_is_said_again_of_a_content_that_went_is_a_repetition_and_no_words_are_kept_of_a_later_move()
{
    let by = officer(AGENCY);
    let open = handed_in("none", Channel::Online, at("2026-03-02T08:00"));
    let refusal =
        Command { note: Some("một ghi chú".to_owned()), ..command("no", Action::Refuse) };
    let refused = moved(open.decide(refusal.clone(), &by, law(), at("2026-03-02T09:00")));
    let gone = refused.without_content(GoneBy::Order, at(OVER)).unwrap();
    let again = gone.decide(refusal.clone(), &by, law(), at(OVER)).unwrap();
    assert!(matches!(again, Decision::Repeated(entry) if entry.version == 2));
    // What is left of it still has to be the same.
    let other = Command { expected_version: Some(7), ..refusal };
    assert_eq!(gone.decide(other, &by, law(), at(OVER)), Err(Refusal::CommandIdReused));
    let gone = finished().without_content(GoneBy::Expiry, at(OVER)).unwrap();
    let back = command("it", Action::ReturnResult);
    let back = Command { note: Some("trao cho người nhà".to_owned()), ..back };
    let returned = moved(gone.decide(back, &by, law(), at(OVER)));
    assert_eq!((returned.version, returned.history.last().unwrap().note.as_ref()), (5, None));
    assert!(returned.handovers.is_empty());
}

#[test]
fn a_dossier_with_a_part_of_its_content_cannot_be() {
    let state = finished().into_state();
    let gone = finished().without_content(GoneBy::Order, at(OVER)).unwrap().into_state();
    for (why, impossible) in [
        ("no applicant", DossierState { applicant: None, ..state.clone() }),
        ("gone, and there", DossierState { content_gone: gone.content_gone, ..state }),
    ] {
        assert!(domain::dossier::Dossier::try_from(impossible).is_err(), "{why}");
    }
    let open = handed_in("none", Channel::Online, at("2026-03-02T08:00")).into_state();
    let open = DossierState { applicant: None, content_gone: gone.content_gone, ..open };
    assert!(domain::dossier::Dossier::try_from(open).is_err(), "worked on without content");
}

#[test]
fn years_that_are_none_or_without_a_source_refuse_the_edition() {
    for (kept, field, rule) in [
        (json!({ "years": 0, "source": "a", "trust": "unverified" }), "years", "range"),
        (json!({ "years": 101, "source": "a", "trust": "unverified" }), "years", "range"),
        (json!({ "years": 1, "source": " ", "trust": "unverified" }), "source", "source"),
    ] {
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let mut file = read(include_str!("../../../../infra/data/procedures.json"));
        file["procedures"][3]["retention"] = kept.clone();
        let file: ProceduresFile = serde_json::from_value(file).unwrap();
        let found = catalogue_with(|files| files.procedures = file).unwrap_err();
        let at = format!("procedures[3].retention.{field}");
        assert_eq!(named(&found), [(at.as_str(), rule)]);
        let mut file = read(include_str!("../../../../infra/data/rules.json"));
        file["rules"][1]["retention"] = kept;
        let file: RulesFile = serde_json::from_value(file).unwrap();
        let found = Law::assemble(calendar().clone(), file).unwrap_err();
        let at = format!("rules[1].retention.{field}");
        assert_eq!(named(&found), [(at.as_str(), rule)]);
    }
}

// What goes in the night after a wrong digit does not come back.
#[test]
fn what_has_ended_is_kept_for_as_long_as_was_said_and_a_shorter_time_begins_today_or_later() {
    let today = day("2026-03-02");
    let refused = |change: &dyn Fn(&mut Vec<Value>)| {
        let mut file: Value =
            serde_json::from_str(include_str!("../../../../infra/data/rules.json")).unwrap();
        change(file["rules"].as_array_mut().unwrap());
        let file: RulesFile = serde_json::from_value(file).unwrap();
        let after = catalogue_with(|files| files.rules = file).unwrap();
        let found = catalogue().forgotten_by(&after, today);
        found.into_iter().map(|broken| (broken.field, broken.rule.slug())).collect::<Vec<_>>()
    };
    let row_from = |start: &'static str, years: u8| {
        move |rows: &mut Vec<Value>| {
            let mut row = rows.last().unwrap().clone();
            (row["validFrom"], row["retention"]["years"]) = (start.into(), years.into());
            rows.push(row);
        }
    };
    let shortened = vec![("rules".to_owned(), "kept-retention")];
    assert_eq!(refused(&|rows| rows[1]["retention"]["years"] = 1.into()), shortened);
    assert_eq!(refused(&row_from("2026-03-01", 9)), shortened, "of what ended yesterday");
    assert!(refused(&row_from("2026-03-02", 9)).is_empty(), "from today on");
    assert!(refused(&|rows| rows[2]["retention"]["years"] = 11.into()).is_empty(), "longer");
    assert!(refused(&|rows| rows[2]["retention"] = json!(null)).is_empty(), "for ever");
}

#[test]
fn a_version_in_force_does_not_get_other_years_and_its_source_may_become_clearer() {
    let changed = |kept: Value| {
        let mut file: Value =
            serde_json::from_str(include_str!("../../../../infra/data/procedures.json")).unwrap();
        let list = file["procedures"].as_array_mut().unwrap();
        let land = list.iter_mut().find(|procedure| procedure["code"] == "1.013831").unwrap();
        land["retention"] = kept;
        let file: ProceduresFile = serde_json::from_value(file).unwrap();
        let after = catalogue_with(|files| files.procedures = file).unwrap();
        let found = catalogue().forgotten_by(&after, day("2026-03-02"));
        found.into_iter().map(|broken| broken.rule.slug()).collect::<Vec<_>>()
    };
    let clearer = json!({ "years": 20, "source": "a decree", "trust": "confirmed" });
    assert!(changed(clearer).is_empty());
    let shorter = json!({ "years": 5, "source": "a decree", "trust": "confirmed" });
    assert_eq!(
        (changed(shorter), changed(json!(null))),
        (vec!["kept-version"], vec!["kept-version"])
    );
}
