//! Which dossiers are behind, and what their history says of why.

use domain::kpi::{Behind, Cause, DueBasis, KpiCell, behind};
use domain::procedure::Channel;

use super::kpi::{facts, tally};
use super::world::{day, played};

/// Submitted on Monday, 2 March 2026; three working days from receipt that morning end on Thursday.
fn of(history: &str, first: &str, last: &str) -> Option<Behind> {
    let dossier = facts(&played(
        "3 working-day",
        Channel::Online,
        &format!("submit 2026-03-02T07:30, {history}"),
    ));
    let found = behind(&dossier, day(first), day(last), |_| DueBasis::Original);
    if first == last {
        let rows = tally([&dossier], day(last), DueBasis::Original);
        let row = rows.get(&KpiCell::Province).copied().unwrap_or_default();
        assert_eq!(
            u64::from(found.is_some()),
            row.late + row.overdue,
            "the figures of {last} say otherwise: {history}"
        );
    }
    found
}

#[test]
fn a_dossier_is_behind_from_the_day_after_its_due_date_until_the_evening_of_the_day_it_is_settled()
{
    let history = "receive 08:00, process 09:00, finish 2026-03-10T09:00";
    let found = |on: &str| of(history, on, on).map(|behind| (behind.days, behind.settled));
    assert_eq!(found("2026-03-05"), None, "due today");
    assert_eq!(found("2026-03-06"), Some((1, None)));
    assert_eq!(found("2026-03-09"), Some((4, None)), "weekends are days");
    assert_eq!(found("2026-03-10"), Some((5, Some(day("2026-03-10")))));
    assert_eq!(found("2026-03-11"), None, "settled before");
    assert_eq!(
        of(history, "2026-03-01", "2026-03-31").map(|behind| behind.due),
        Some(day("2026-03-05"))
    );
}

#[test]
fn what_waits_for_the_applicant_or_was_settled_in_time_is_not_behind() {
    for history in [
        "receive 08:00, request-supplement 09:00",
        "receive 08:00, request-payment 09:00",
        "receive 08:00, process 09:00, suspend 10:00",
        "receive 08:00, finish 2026-03-05T16:00",
        "receive 08:00, withdraw 2026-03-10T09:00",
        "refuse 2026-03-10T09:00",
        "request-supplement 08:00",
    ] {
        for on in ["2026-03-05", "2026-03-10", "2026-03-20"] {
            assert_eq!(of(history, on, on), None, "{history} on {on}");
        }
    }
}

#[test]
fn the_history_says_why() {
    for (history, causes) in [
        ("receive 08:00", &[Cause::NotBegun][..]),
        ("receive 08:00, process 09:00", &[]),
        (
            "receive 08:00, process 09:00, suspend 10:00, resume 2026-03-03T08:00",
            &[Cause::Suspended],
        ),
        (
            "receive 08:00, request-payment 09:00, confirm-payment 2026-03-03T09:00",
            &[Cause::Payment],
        ),
        (
            "receive 08:00, request-supplement 09:00, supplement 2026-03-03T09:00, process 10:00",
            &[Cause::Supplement],
        ),
        ("receive 08:00, finish 09:00, send-back 2026-03-03T09:00", &[Cause::SentBack]),
    ] {
        let found = of(history, "2026-03-30", "2026-03-30")
            .unwrap_or_else(|| panic!("{history} is not behind"));
        assert_eq!(found.causes, causes, "{history}");
    }
}
