//! The steps of an agency's own work: how one begins and ends, when it is due, and what waits.

use domain::RuleName;
use domain::dossier::{Action, Assign, Assigned, Dossier, DossierStatus, Refusal};
use domain::procedure::Step;
use jiff::Timestamp;

use domain::kpi::{DueBasis, KpiCell};

use super::kpi::{facts, tally};
use super::world::{
    AGENCY, HANDLER, action, after, at, day, in_status, law, local, named, officer,
};

/// Two steps, of six and of two hours of office time.
fn steps() -> [Step; 2] {
    [("verify", 6), ("sign", 2)].map(|(code, working_hours)| Step {
        code: code.to_owned(),
        name: "Bước".to_owned(),
        by: "Phòng chuyên môn".to_owned(),
        working_hours,
    })
}

/// What comes of putting the dossier into these hands, in the step with this code.
fn tried(
    dossier: &Dossier,
    (holder, step): (Option<&str>, Option<&str>),
    when: Timestamp,
) -> Result<Assigned, Refusal> {
    let order = Assign {
        id: format!("assign-{}-{}", dossier.version, dossier.assignment()).parse().unwrap(),
        expected_version: dossier.version,
        expected_assignment: dossier.assignment(),
        holder: holder.map(str::to_owned),
        step: step.map(str::to_owned),
    };
    let by = officer(dossier.desk().as_str());
    dossier.assign(order, &by, (law(), &steps()), when)
}

fn put(dossier: &Dossier, to: (Option<&str>, Option<&str>), when: &str) -> Dossier {
    match tried(dossier, to, at(when)) {
        Ok(Assigned::Now(next)) => *next,
        other => panic!("expected an assignment, got {other:?}"),
    }
}

/// The step that it is in, and when that is due in Viet Nam.
fn step(dossier: &Dossier) -> Option<(&str, Option<String>)> {
    dossier.step().map(|now| (now.step.code.as_str(), now.due_at.map(local)))
}

fn due(code: &'static str, when: &str) -> Option<(&'static str, Option<String>)> {
    Some((code, Some(when.to_owned())))
}

#[test]
fn a_step_takes_its_hours_of_office_time_from_the_assignment_that_names_it() {
    let dossier = in_status(DossierStatus::Received);
    assert_eq!(step(&dossier), None);
    // Monday, with half an hour of the morning left.
    let verified = put(&dossier, (Some("an"), Some("verify")), "2026-03-02T11:00");
    assert_eq!(step(&verified), due("verify", "2026-03-03T09:00:00"));
    // A colleague goes on with it, and gives it back: its time runs on.
    let passed = put(&verified, (Some("binh"), None), "2026-03-02T14:00");
    let back = put(&passed, (None, None), "2026-03-02T15:00");
    assert_eq!(step(&back), due("verify", "2026-03-03T09:00:00"));
    // To name it again begins nothing; the next one begins when it is named.
    let again = put(&back, (Some("an"), Some("verify")), "2026-03-02T16:00");
    assert_eq!(step(&again), due("verify", "2026-03-03T09:00:00"));
    let signed = put(&again, (Some("an"), Some("sign")), "2026-03-03T08:00");
    assert_eq!(step(&signed), due("sign", "2026-03-03T10:00:00"));
    assert!(!signed.step().unwrap().is_overdue(at("2026-03-03T10:00")));
    assert!(signed.step().unwrap().is_overdue(at("2026-03-03T10:01")));
}

#[test]
fn a_step_goes_on_through_moves_at_the_desk_and_ends_when_the_dossier_leaves_it() {
    let dossier = in_status(DossierStatus::Received);
    let verified = put(&dossier, (Some("an"), Some("verify")), "2026-03-02T11:00");
    let processed = after(&verified, Action::Process, at("2026-03-02T13:30"));
    assert_eq!(step(&processed), due("verify", "2026-03-03T09:00:00"));
    for (name, when) in [("finish", "2026-03-02T14:00"), ("forward", "2026-03-02T14:00")] {
        let left = after(&processed, action(name), at(when));
        assert_eq!(step(&left), None, "{name}");
        assert_eq!(left.history.last().unwrap().step_due_at, None, "{name}");
    }
    // The other agency has steps of its own.
    let forwarded = after(&processed, Action::Forward, at("2026-03-02T14:00"));
    assert_eq!(forwarded.desk().as_str(), HANDLER);
    let there = put(&forwarded, (Some("chi"), Some("sign")), "2026-03-02T15:00");
    assert_eq!(step(&there), due("sign", "2026-03-02T17:00:00"));
    let home = after(&there, Action::HandBack, at("2026-03-02T16:00"));
    assert_eq!(step(&home), None);
}

#[test]
fn while_the_dossier_waits_for_its_applicant_the_step_is_not_due_and_its_hours_are_given_back() {
    let dossier = in_status(DossierStatus::Processing);
    let verified = put(&dossier, (Some("an"), Some("verify")), "2026-03-02T11:00");
    let waits = after(&verified, Action::RequestPayment, at("2026-03-02T14:00"));
    assert_eq!(step(&waits), Some(("verify", None)));
    // Who gets it meanwhile has no less time.
    let passed = put(&waits, (Some("binh"), None), "2026-03-02T15:00");
    assert_eq!(step(&passed), Some(("verify", None)));
    let goes_on = after(&passed, Action::ConfirmPayment, at("2026-03-02T16:00"));
    // Two hours of office time later than 09:00.
    assert_eq!(step(&goes_on), due("verify", "2026-03-03T11:00:00"));
    // A step that begins while the dossier waits has all of its time when it goes on.
    let next = put(&waits, (Some("an"), Some("sign")), "2026-03-02T15:00");
    let goes_on = after(&next, Action::ConfirmPayment, at("2026-03-02T16:00"));
    assert_eq!(step(&goes_on), due("sign", "2026-03-03T08:00:00"));
}

#[test]
fn a_step_that_the_procedure_does_not_have_and_one_that_changes_nothing_are_refused_by_their_rules()
{
    let dossier = in_status(DossierStatus::Received);
    let broken = |answer: Result<Assigned, Refusal>| match answer {
        Err(Refusal::Invalid(found)) => {
            let found = named(&found).into_iter();
            found.map(|(field, rule)| (field.to_owned(), rule)).collect::<Vec<_>>()
        }
        other => panic!("expected broken rules, got {other:?}"),
    };
    let noon = at("2026-03-02T12:00");
    assert_eq!(
        broken(tried(&dossier, (Some("an"), Some("seal")), noon)),
        [("step".to_owned(), RuleName::KnownStep.slug())]
    );
    let verified = put(&dossier, (Some("an"), Some("verify")), "2026-03-02T12:00");
    for step in [None, Some("verify")] {
        assert_eq!(
            broken(tried(&verified, (Some("an"), step), noon)),
            [("assignee".to_owned(), RuleName::NothingChanges.slug())]
        );
    }
    assert!(tried(&verified, (Some("an"), Some("sign")), noon).is_ok());
    assert_eq!(verified.desk().as_str(), AGENCY);
}

#[test]
fn a_step_begun_on_the_eve_of_tet_is_due_after_it() {
    // Friday 13 February 2026 is the last working day before Tết; offices open again on Monday 23.
    let eve = at("2026-02-13T23:59");
    let channel = domain::procedure::Channel::Online;
    let dossier = super::world::handed_in("5 working-day", channel, eve);
    let verified = put(&dossier, (Some("an"), Some("sign")), "2026-02-13T23:59");
    assert_eq!(step(&verified), due("sign", "2026-02-23T09:00:00"));
}

/// What an evening counts of the dossier: held, and overdue in its step.
fn evening_of(dossier: &Dossier, evening: &str) -> (u64, u64) {
    let rows = tally([&facts(dossier)], day(evening), DueBasis::Original);
    let row = rows.get(&KpiCell::Province).copied().unwrap_or_default();
    (row.held, row.step_overdue)
}

#[test]
fn an_evening_counts_what_somebody_holds_and_what_is_overdue_in_its_step() {
    // Due on Tuesday at 09:00; given back on Tuesday at 15:00, still in the step; settled on
    // Wednesday.
    let dossier = in_status(DossierStatus::Received);
    let taken = put(&dossier, (Some("an"), Some("verify")), "2026-03-02T11:00");
    let back = put(&taken, (None, None), "2026-03-03T15:00");
    let taken = put(&back, (Some("binh"), None), "2026-03-04T08:00");
    let finished = after(&taken, Action::Finish, at("2026-03-04T09:00"));
    for (evening, held, overdue) in
        [("2026-03-01", 0, 0), ("2026-03-02", 1, 0), ("2026-03-03", 0, 1), ("2026-03-04", 0, 0)]
    {
        assert_eq!(evening_of(&finished, evening), (held, overdue), "{evening}");
    }
    // The clock stands still on Tuesday evening: it is late in no step, and somebody has it.
    let taken = put(&dossier, (Some("an"), Some("verify")), "2026-03-02T11:00");
    let waits = after(&taken, Action::RequestPayment, at("2026-03-03T10:00"));
    assert_eq!(evening_of(&waits, "2026-03-03"), (1, 0));
}
