//! Who tells the applicant: we, or the system by which the dossier came in.

use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::dossier::{Dossier, DossierState, Role};
use domain::notice::NoticeClass;
use domain::notice::policy::NoticePolicy;
use domain::notice::teller::Teller;
use domain::procedure::Channel;
use domain::thread::{DelayReason, NoticeReason, NoticeThread, UnsentReason};
use domain::{RuleName, Violation};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::world::{at, catalogue_with, played};

const PORTAL: &str = "urn:motcua:integrator:national-portal";

/// The shipped catalogue with these rules of who tells.
fn with(tellers: Value) -> Result<Catalogue, Vec<Violation>> {
    catalogue_with(|files| {
        let text = include_str!("../../../../infra/data/notices.json");
        let mut notices: Value = serde_json::from_str(text).unwrap();
        notices["policies"][0]["tellers"] = tellers;
        files.notices = serde_json::from_value(notices).unwrap();
    })
}

fn policy(tellers: Value) -> NoticePolicy {
    with(tellers).unwrap().notice_policy(date_of(noon()))
}

fn noon() -> Timestamp {
    at("2026-03-02T12:00")
}

fn after_minutes(minutes: i64) -> Timestamp {
    noon().saturating_add(SignedDuration::from_mins(minutes)).unwrap()
}

/// A dossier handed in by the portal of the country, or by nobody's system.
fn came(source: Option<&str>, channel: Channel) -> Dossier {
    let dossier = played("2 working-day", channel, "submit 2026-03-02T07:30, receive 08:00");
    let mut state: DossierState = dossier.into_state();
    if let Some(source) = source {
        (state.history[0].by.role, state.history[0].by.id) = (Role::Integrator, source.to_owned());
    }
    state.try_into().unwrap()
}

fn the_portal_tells() -> Value {
    json!([{"source": PORTAL, "tells": "them", "system": "national-portal", "withinMinutes": 60}])
}

#[test]
fn without_a_rule_we_tell_everybody() {
    let policy = policy(json!([]));
    assert_eq!(policy.teller_of(&came(Some(PORTAL), Channel::Online)), None);
    assert_eq!(policy.teller_of(&came(None, Channel::Online)), None);
}

#[test]
fn a_rule_covers_the_dossiers_of_its_source_and_of_its_channel_alone() {
    let policy = policy(json!([
        {"source": PORTAL, "channel": "online", "tells": "them", "system": "national-portal"},
        {"channel": "postal", "tells": "both", "system": "service-bus"},
    ]));
    let system = |source, channel| {
        let dossier = came(source, channel);
        let rule = policy.teller_of(&dossier);
        rule.map(|rule| rule.system_in_our_place().map(ToString::to_string))
    };
    assert_eq!(system(Some(PORTAL), Channel::Online), Some(Some("national-portal".to_owned())));
    assert_eq!(system(Some(PORTAL), Channel::Counter), None);
    assert_eq!(system(None, Channel::Online), None);
    assert_eq!(system(Some("urn:motcua:integrator:justice"), Channel::Online), None);
    // Where both tell, we do, whatever the other has.
    assert_eq!(system(None, Channel::Postal), Some(None));
}

#[test]
fn the_system_tells_what_it_has_acknowledged_and_we_what_it_has_not_in_time() {
    let policy = policy(the_portal_tells());
    let dossier = came(Some(PORTAL), Channel::Online);
    let rule = policy.teller_of(&dossier).unwrap();
    let teller =
        |acknowledged, minutes| rule.teller((2, noon()), acknowledged, after_minutes(minutes));
    assert_eq!(teller(2, 0), Teller::Them);
    assert_eq!(teller(3, 0), Teller::Them);
    // Even when its time is over: nobody is told twice.
    assert_eq!(teller(2, 600), Teller::Them);
    assert_eq!(teller(1, 0), Teller::Undecided { until: after_minutes(10) });
    assert_eq!(teller(1, 55), Teller::Undecided { until: after_minutes(60) });
    assert_eq!(teller(1, 60), Teller::Us);
    assert_eq!(teller(0, 600), Teller::Us);
}

#[test]
fn a_rule_has_to_say_which_system_tells_and_within_a_day() {
    for (rule, field) in [
        (json!({"tells": "them"}), "system"),
        (json!({"tells": "us", "system": "national-portal"}), "system"),
        (
            json!({"tells": "them", "system": "national-portal", "withinMinutes": 0}),
            "withinMinutes",
        ),
        (
            json!({"tells": "them", "system": "national-portal", "withinMinutes": 1441}),
            "withinMinutes",
        ),
    ] {
        let found = with(json!([rule])).unwrap_err();
        let fields: Vec<_> = found.iter().map(|broken| broken.field.as_str()).collect();
        assert!(fields.contains(&format!("policies[0].tellers[0].{field}").as_str()), "{fields:?}");
    }
}

#[test]
fn who_tells_has_to_be_a_system_of_the_catalogue() {
    let found = with(json!([{"tells": "them", "system": "nobody"}])).unwrap_err();
    assert_eq!(found[0].rule, RuleName::KnownSystem);
}

/// The thread of a dossier whose two entries are to be told.
fn thread() -> NoticeThread {
    let dossier = came(Some(PORTAL), Channel::Online);
    let mut thread = NoticeThread::new(dossier.code.clone(), dossier.agency.clone());
    let legal = |_| Some(NoticeClass::Legal);
    thread.sync(&dossier.history, legal, &policy(the_portal_tells()), noon());
    thread
}

#[test]
fn a_notice_that_is_left_to_the_system_has_ended_and_nothing_wakes_it() {
    let mut thread = thread();
    thread.leave_to_system(1, noon());
    thread.leave_to_system(2, noon());
    for notice in thread.notices() {
        assert!(notice.state.is_end());
        assert_eq!(notice.state.name(), "told-elsewhere");
        assert_eq!(notice.reason, Some(NoticeReason::SystemTells));
    }
    assert_eq!(thread.due(after_minutes(10_000)), None);
    thread.advance();
    let stored = serde_json::to_value(&thread).unwrap();
    assert_eq!(serde_json::from_value::<NoticeThread>(stored).unwrap(), thread);
}

#[test]
fn a_notice_that_waits_for_the_system_is_due_again_at_the_next_look() {
    let mut thread = thread();
    thread.refuse(1, UnsentReason::NoChannel, noon());
    thread.put_off(2, after_minutes(10), DelayReason::SystemMayTell, noon());
    assert_eq!(thread.due(after_minutes(9)), None);
    let due = thread.due(after_minutes(10)).unwrap();
    assert_eq!((due.version, due.deferred_until), (2, Some(after_minutes(10))));
}
