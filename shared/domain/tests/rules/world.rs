//! A small province in memory: the shipped catalogue, its people, and dossiers that have come some
//! way.

use std::sync::LazyLock;

use domain::Violation;
use domain::agency::Remit;
use domain::applicant::{Applicant, ApplicantKind, Phone};
use domain::calendar::Calendar;
use domain::catalogue::{Catalogue, CatalogueFiles};
use domain::deadline::{Term, TermUnit};
use domain::dossier::{
    Action, Actor, Clock, Command, Correction, Decision, Dossier, DossierState, DossierStatus,
    Duty, RULES, Refusal,
};
use domain::law::Law;
use domain::outcome::{GivenResult, Handover, HandoverWay};
use domain::procedure::Channel;
use domain::submission::{DocumentsKeptBy, Submission};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, offset};
use serde_json::Value;

static SHIPPED: LazyLock<Catalogue> = LazyLock::new(|| catalogue_with(|_| {}).unwrap());

/// The shipped catalogue with some of its files changed; or why there can be none such.
pub(super) fn catalogue_with(
    change: impl FnOnce(&mut CatalogueFiles),
) -> Result<Catalogue, Vec<Violation>> {
    let mut files = CatalogueFiles {
        agencies: serde_json::from_str(include_str!("../../../../infra/data/agencies.json"))
            .unwrap(),
        procedures: serde_json::from_str(include_str!("../../../../infra/data/procedures.json"))
            .unwrap(),
        calendar: serde_json::from_str(include_str!("../../../../infra/data/calendar.json"))
            .unwrap(),
        rules: serde_json::from_str(include_str!("../../../../infra/data/rules.json")).unwrap(),
        templates: serde_json::from_str(include_str!("../../../../infra/data/templates.json"))
            .unwrap(),
        integrators: serde_json::from_str(include_str!("../../../../infra/data/integrators.json"))
            .unwrap(),
        notices: serde_json::from_str(include_str!("../../../../infra/data/notices.json")).unwrap(),
        providers: serde_json::from_str(include_str!("../../../../infra/data/providers.json"))
            .unwrap(),
        codes: serde_json::from_str(include_str!("../../../../infra/data/codes.json")).unwrap(),
        leaders: serde_json::from_str(include_str!("../../../../infra/data/leaders.json")).unwrap(),
        index: serde_json::from_str(include_str!("../../../../infra/data/index.json")).unwrap(),
        intake: serde_json::from_str(include_str!("../../../../infra/data/intake.json")).unwrap(),
        systems: serde_json::from_str(include_str!("../../../../infra/data/systems.json")).unwrap(),
    };
    change(&mut files);
    Catalogue::assemble(files)
}

pub(super) const AGENCY: &str = "H20.12";
pub(super) const OTHER_AGENCY: &str = "H20.09";
/// To whom the dossiers here are forwarded, and who had them before.
pub(super) const HANDLER: &str = "H20.10";
pub(super) const FORMER_HANDLER: &str = "H20.05";
pub(super) const OWNER: &str = "087085001234";
pub(super) const STRANGER: &str = "087085005678";

pub(super) fn catalogue() -> &'static Catalogue {
    &SHIPPED
}

pub(super) fn law() -> &'static Law {
    SHIPPED.law()
}

/// The shipped calendar under a law by which the remaining time goes on after documents asked for
/// on `from` or later.
pub(super) fn law_that_resumes_from(from: &str) -> Law {
    let mut rules: Value =
        serde_json::from_str(include_str!("../../../../infra/data/rules.json")).unwrap();
    let mut resuming = rules["rules"][0].clone();
    resuming["validFrom"] = from.into();
    let in_force = rules["rules"].as_array_mut().unwrap();
    in_force.retain(|rule| rule["validFrom"].as_str() < Some(from));
    resuming["supplement"] = "resume".into();
    in_force.push(resuming);
    Law::assemble(calendar().clone(), serde_json::from_value(rules).unwrap()).unwrap()
}

/// The shipped calendar under the first rule alone, with another choice of what documents do to the
/// clock and of how many letters of apology there may be.
pub(super) fn law_of(supplement: &str, letters: u8) -> Law {
    let mut rules: Value =
        serde_json::from_str(include_str!("../../../../infra/data/rules.json")).unwrap();
    let in_force = rules["rules"].as_array_mut().unwrap();
    in_force.truncate(1);
    in_force[0]["supplement"] = supplement.into();
    in_force[0]["extensionsMax"] = letters.into();
    Law::assemble(calendar().clone(), serde_json::from_value(rules).unwrap()).unwrap()
}

/// The shipped calendar under the shipped rules, each with these fields changed; null takes one
/// out.
pub(super) fn law_changed(changes: &[(&str, Value)]) -> Law {
    let mut rules: Value =
        serde_json::from_str(include_str!("../../../../infra/data/rules.json")).unwrap();
    for rule in rules["rules"].as_array_mut().unwrap() {
        for (field, value) in changes {
            rule[*field] = value.clone();
        }
        rule.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    }
    Law::assemble(calendar().clone(), serde_json::from_value(rules).unwrap()).unwrap()
}

pub(super) fn calendar() -> &'static Calendar {
    SHIPPED.calendar()
}

/// `2026-02-13T14:59`, read on a clock in Viet Nam. Deliberately not by the code under test.
pub(super) fn at(local: &str) -> Timestamp {
    let local: DateTime = local.parse().expect("a date and a time");
    local.to_zoned(TimeZone::fixed(offset(7))).unwrap().timestamp()
}

pub(super) fn day(text: &str) -> Date {
    text.parse().expect("a date")
}

/// The inverse of [`at`], to the second: `2026-02-13T14:59:00`.
pub(super) fn local(instant: Timestamp) -> String {
    offset(7).to_datetime(instant).to_string()
}

/// `10 working-day`, or `none` for a procedure that gives no date.
pub(super) fn term(text: &str) -> Option<Term> {
    let (amount, unit) = text.split_once(' ').filter(|_| text != "none")?;
    let unit = match unit {
        "working-day" => TermUnit::WorkingDay,
        "calendar-day" => TermUnit::CalendarDay,
        "working-hour" => TermUnit::WorkingHour,
        other => panic!("{other} is no unit"),
    };
    Some(Term::new(amount.parse().unwrap(), unit).unwrap())
}

pub(super) fn officer(agency: &str) -> Actor {
    Actor::Officer {
        id: format!("officer-of-{agency}"),
        agency: agency.parse().unwrap(),
        predecessors: Vec::new(),
        duty: Duty::Desk,
    }
}

pub(super) fn integrator(agencies: &[&str]) -> Actor {
    let agencies = agencies.iter().map(|agency| Remit::whole(agency.parse().unwrap())).collect();
    Actor::Integrator { id: "urn:motcua:integrator:land-registry".to_owned(), agencies }
}

pub(super) fn portal() -> Actor {
    Actor::Portal { id: "portal".to_owned() }
}

pub(super) fn schedule() -> Actor {
    Actor::System { id: "remind-deadline".to_owned() }
}

pub(super) fn citizen(id_number: &str) -> Actor {
    let id_number = catalogue().identities().read(ApplicantKind::Citizen, None, id_number).unwrap();
    Actor::Citizen { id: "account-7".to_owned(), id_number }
}

/// A dossier of [`OWNER`], handed in at [`AGENCY`] and not yet received.
pub(super) fn handed_in(term_text: &str, channel: Channel, when: Timestamp) -> Dossier {
    let submission = Submission {
        procedure: "1.013831".parse().unwrap(),
        agency: AGENCY.parse().unwrap(),
        channel,
        ward: None,
        applicant: applicant(),
        documents: Vec::new(),
        form: None,
        result_to: None,
        kept_by: DocumentsKeptBy::Us,
    };
    let dossier = submission.into_dossier(
        "H20.12-260302-0001".parse().unwrap(),
        "handed-in".parse().unwrap(),
        &portal(),
        when.into(),
        catalogue(),
    );
    DossierState { term: term(term_text), ..dossier.into_state() }.try_into().unwrap()
}

pub(super) fn command(id: &str, action: Action) -> Command {
    Command {
        id: id.parse().unwrap(),
        action,
        expected_version: None,
        reason: Some("Thiếu bản vẽ hiện trạng".to_owned()),
        note: None,
        at: None,
        // A working Tuesday behind the due dates of most examples.
        new_due_on: (action == Action::Apologise).then(|| day("2026-03-31")),
        to_agency: (action == Action::Forward).then(|| HANDLER.parse().unwrap()),
        asked_for: Vec::new(),
        documents: Vec::new(),
        result: given(action),
        handover: handed_over(action),
        fees: None,
        payment: None,
        form: None,
        correction: set_right(action, Some("0987654321")),
    }
}

/// What a correction sets right: the applicant's telephone, which may be none.
pub(super) fn set_right(action: Action, phone: Option<&str>) -> Correction {
    if action != Action::Correct {
        return Correction::default();
    }
    let phone = phone.map(|phone| phone.to_owned().try_into().unwrap());
    let applicant = Applicant { phone, ..applicant() };
    Correction { applicant: Some(applicant), result_to: None }
}

/// Whoever applies here.
pub(super) fn applicant() -> Applicant {
    Applicant {
        kind: ApplicantKind::Citizen,
        full_name: "Nguyễn Văn An".to_owned().try_into().unwrap(),
        id_number: catalogue().identities().read(ApplicantKind::Citizen, None, OWNER).unwrap(),
        phone: Some(Phone::try_from("0912345678".to_owned()).unwrap()),
        email: None,
    }
}

/// What ends the work: a result on paper.
pub(super) fn given(action: Action) -> Option<GivenResult> {
    (action == Action::Finish).then_some(GivenResult::Paper)
}

/// How a result is handed over: to the applicant, at the counter.
pub(super) fn handed_over(action: Action) -> Option<Handover> {
    let to_them = Handover { version: 1, how: HandoverWay::InPerson, to: None };
    (action == Action::ReturnResult).then_some(to_them)
}

pub(super) fn moved(decision: Result<Decision, Refusal>) -> Dossier {
    match decision {
        Ok(Decision::Moved(dossier)) => *dossier,
        other => panic!("expected a move, got {other:?}"),
    }
}

/// The dossier after an officer of its agency did `action` at `when`.
pub(super) fn after(dossier: &Dossier, action: Action, when: Timestamp) -> Dossier {
    after_under(law(), dossier, action, when)
}

/// The same under another law.
pub(super) fn after_under(
    law: &Law,
    dossier: &Dossier,
    action: Action,
    when: Timestamp,
) -> Dossier {
    after_command(law, dossier, command("step", action), when)
}

fn after_command(law: &Law, dossier: &Dossier, order: Command, when: Timestamp) -> Dossier {
    let id = format!("step-{}", dossier.version).parse().unwrap();
    let handler = dossier.handler.as_ref().filter(|_| order.action == Action::HandBack);
    let by = if order.action == Action::AnnounceDelay {
        schedule()
    } else {
        officer(handler.map_or(AGENCY, |handler| handler.as_str()))
    };
    moved(dossier.decide(Command { id, ..order }, &by, law, when))
}

pub(super) fn action(name: &str) -> Action {
    RULES.iter().map(|rule| rule.action).find(|action| action.name() == name).unwrap_or_else(|| {
        assert_eq!(name, "submit", "no such action");
        Action::Submit
    })
}

/// What a word of the tables here does to the clock.
pub(super) fn clock(word: &str) -> Clock {
    match word {
        "starts" => Clock::Starts,
        "waits-for-supplement" => Clock::WaitsForSupplement,
        "supplement-came" => Clock::SupplementCame,
        "pauses" => Clock::Pauses,
        "goes-on" => Clock::GoesOn,
        "promises" => Clock::Promises,
        "recounts" => Clock::Recounts,
        "stops" => Clock::Stops,
        "untouched" => Clock::Untouched,
        other => panic!("{other} does nothing known to the clock"),
    }
}

/// A dossier with a history like `submit 2026-03-02T08:00, receive 2026-03-02T09:00`; a date that
/// is left out is that of the step before. An apology may say which day it promises: `apologise
/// 2026-03-04T08:00 for 2026-03-12`, and forwarding to whom, if not to [`HANDLER`]: `forward 09:00
/// to H20.05`. Handing back is done by who has the dossier, and everything else by its owner.
pub(super) fn played(term_text: &str, channel: Channel, history: &str) -> Dossier {
    play(law(), term_text, channel, history)
}

/// The same under another law.
pub(super) fn played_under(law: &Law, term_text: &str, history: &str) -> Dossier {
    play(law, term_text, Channel::Online, history)
}

fn play(law: &Law, term_text: &str, channel: Channel, history: &str) -> Dossier {
    let mut today = String::new();
    let mut steps = history.split(',').map(|step| {
        let (name, when) = step.trim().split_once(' ').expect("an action and a time");
        let (when, promised) = when.trim().split_once(" for ").unwrap_or((when.trim(), ""));
        let (when, to) = when.split_once(" to ").unwrap_or((when, ""));
        let mut order = command("step", action(name));
        order.new_due_on = if promised.is_empty() { order.new_due_on } else { Some(day(promised)) };
        order.to_agency = if to.is_empty() { order.to_agency } else { Some(to.parse().unwrap()) };
        if let Some((date, _)) = when.split_once('T') {
            date.clone_into(&mut today);
            (order, at(when))
        } else {
            (order, at(&format!("{today}T{when}")))
        }
    });
    let (first, submitted) = steps.next().unwrap();
    assert_eq!(first.action, Action::Submit, "a history begins when the dossier is handed in");
    let dossier = handed_in(term_text, channel, submitted);
    steps.fold(dossier, |dossier, (order, when)| after_command(law, &dossier, order, when))
}

/// A dossier in `status`, by the usual way there, on the morning of Monday 2 March 2026.
pub(super) fn in_status(status: DossierStatus) -> Dossier {
    let way = match status {
        DossierStatus::Registered => "",
        DossierStatus::Received => ", receive 08:00",
        DossierStatus::Refused => ", refuse 08:00",
        DossierStatus::Processing => ", receive 08:00, process 08:10",
        DossierStatus::SupplementRequested => {
            ", receive 08:00, process 08:10, request-supplement 08:20"
        }
        DossierStatus::PaymentRequested => ", receive 08:00, process 08:10, request-payment 08:20",
        DossierStatus::Withdrawn => ", withdraw 08:00",
        DossierStatus::Suspended => ", receive 08:00, process 08:10, suspend 08:20",
        DossierStatus::Finished => ", receive 08:00, process 08:10, finish 08:20",
        DossierStatus::Returned => {
            ", receive 08:00, process 08:10, finish 08:20, return-result 08:30"
        }
    };
    let dossier =
        played("5 working-day", Channel::Online, &format!("submit 2026-03-02T07:30{way}"));
    assert_eq!(dossier.status, status);
    dossier
}

/// A dossier in `status` that is forwarded to [`HANDLER`] and was with [`FORMER_HANDLER`] before;
/// none where no dossier can be forwarded.
pub(super) fn forwarded_in(status: DossierStatus) -> Option<Dossier> {
    let way = match status {
        DossierStatus::Processing => "",
        DossierStatus::SupplementRequested => ", request-supplement 08:40",
        DossierStatus::PaymentRequested => ", request-payment 08:40",
        DossierStatus::Suspended => ", suspend 08:40",
        DossierStatus::Registered
        | DossierStatus::Received
        | DossierStatus::Refused
        | DossierStatus::Withdrawn
        | DossierStatus::Finished
        | DossierStatus::Returned => return None,
    };
    let begun = "submit 2026-03-02T07:30, receive 08:00, forward 08:10 to H20.05, hand-back 08:20, forward 08:30";
    let dossier = played("5 working-day", Channel::Online, &format!("{begun}{way}"));
    assert_eq!(
        (dossier.status, dossier.handler.as_ref().map(|agency| agency.as_str())),
        (status, Some(HANDLER))
    );
    Some(dossier)
}

/// Fields and rules, in the order in which they are named.
pub(super) fn named(broken: &[Violation]) -> Vec<(&str, &'static str)> {
    broken.iter().map(|violation| (violation.field.as_str(), violation.rule.slug())).collect()
}

/// The one rule that is broken.
pub(super) fn only(broken: &[Violation]) -> &Violation {
    let [violation] = broken else { panic!("one rule, and not {broken:?}") };
    violation
}
