//! What is open in the evening is carried over in the morning, and the account adds up.

use super::*;

/// The figures named, of the province, on a day.
#[track_caller]
fn province(history: &str, on: &str, expected: &[(&str, u64)]) {
    let dossier = facts(&played(
        "3 working-day",
        Channel::Online,
        &format!("submit 2026-03-02T07:30, {history}"),
    ));
    let rows = tally([&dossier], day(on), DueBasis::Original);
    assert_eq!(broken_identities(&rows), Vec::<String>::new());
    let row = rows.get(&KpiCell::Province).copied().unwrap_or_default();
    let found: Vec<(&str, u64)> = row
        .figures()
        .into_iter()
        .filter(|(_, _, count)| *count > 0)
        .map(|(name, _, count)| (name, count))
        .collect();
    assert_eq!(found, expected, "{history} on {on}");
}

#[test]
fn what_is_open_in_the_evening_is_carried_over_in_the_morning() {
    let history = "receive 08:00, request-payment 2026-03-03T08:00, confirm-payment 2026-03-05T08:00, finish 2026-03-06T08:00";
    province(history, "2026-03-02", &[("submitted", 1), ("received", 1), ("in_process", 1)]);
    province(history, "2026-03-03", &[("carried_over", 1), ("payment", 1)]);
    province(history, "2026-03-05", &[("carried_over", 1), ("paid", 1), ("in_process", 1)]);
    province(history, "2026-03-06", &[("carried_over", 1), ("resolved", 1), ("early", 1)]);
    province(history, "2026-03-07", &[]);
}

#[test]
fn what_is_sent_back_is_counted_as_open_again() {
    let history = "receive 08:00, finish 2026-03-03T09:00, send-back 2026-03-04T09:00, finish 2026-03-09T09:00, \
                   return-result 2026-03-10T09:00";
    province(
        history,
        "2026-03-04",
        &[("reopened", 1), ("sent_back", 1), ("in_process", 1), ("due_tomorrow", 1)],
    );
    province(history, "2026-03-05", &[("carried_over", 1), ("in_process", 1)]);
    province(history, "2026-03-09", &[("carried_over", 1), ("resolved", 1), ("late", 1)]);
    province(history, "2026-03-10", &[("returned", 1), ("returned_late", 1)]);
    let within_a_day = "receive 08:00, finish 2026-03-03T09:00, send-back 2026-03-04T09:00, finish 2026-03-04T10:00";
    province(
        within_a_day,
        "2026-03-04",
        &[("reopened", 1), ("sent_back", 1), ("resolved", 1), ("early", 1)],
    );
    let again = "receive 08:00, finish 2026-03-03T09:00, send-back 2026-03-03T10:00, finish 2026-03-03T11:00";
    province(
        again,
        "2026-03-03",
        &[("carried_over", 1), ("sent_back", 1), ("resolved", 1), ("early", 1)],
    );
}

#[test]
fn what_never_was_received_ends_beside_the_account() {
    province("refuse 2026-03-03T08:00", "2026-03-02", &[("submitted", 1), ("waiting", 1)]);
    province("refuse 2026-03-03T08:00", "2026-03-03", &[("refused_unreceived", 1)]);
    province("withdraw 2026-03-03T08:00", "2026-03-03", &[("withdrawn_unreceived", 1)]);
    province("request-supplement 08:00", "2026-03-03", &[("waiting", 1)]);
    let expired = "receive 08:00, request-supplement 09:00, refuse-expired 2026-04-02T09:00";
    province(expired, "2026-04-02", &[("carried_over", 1), ("refused", 1)]);
}

#[test]
fn a_count_that_does_not_add_up_is_found_out() {
    let dossier =
        facts(&played("3 working-day", Channel::Online, "submit 2026-03-02T07:30, receive 08:00"));
    let good = tally([&dossier], day("2026-03-02"), DueBasis::Original);
    let work = good.keys().find(|cell| matches!(cell, KpiCell::Work { .. })).unwrap().clone();
    for spoil in [
        |row: &mut KpiRow| row.received += 1,
        |row: &mut KpiRow| row.in_process -= 1,
        |row: &mut KpiRow| row.carried_over += 1,
        |row: &mut KpiRow| row.early += 1,
        |row: &mut KpiRow| row.submitted += 1,
    ] {
        let mut rows = good.clone();
        spoil(rows.get_mut(&work).unwrap());
        assert!(!broken_identities(&rows).is_empty(), "{rows:?}");
    }
}

#[test]
fn due_tomorrow_is_said_from_the_working_day_before_on() {
    let history = "receive 08:00, process 09:00";
    province(history, "2026-03-04", &[("carried_over", 1), ("in_process", 1), ("due_tomorrow", 1)]);
    province(history, "2026-03-05", &[("carried_over", 1), ("in_process", 1)]);
    province(history, "2026-03-06", &[("carried_over", 1), ("in_process", 1), ("overdue", 1)]);
    // Due on Monday the 9th: told of on Friday already, when somebody can still do something.
    let dossier = facts(&played(
        "5 working-day",
        Channel::Online,
        &format!("submit 2026-03-02T07:30, {history}"),
    ));
    for (on, told) in [
        ("2026-03-05", 0),
        ("2026-03-06", 1),
        ("2026-03-07", 1),
        ("2026-03-08", 1),
        ("2026-03-09", 0),
        ("2026-03-10", 0),
    ] {
        let rows = tally([&dossier], day(on), DueBasis::Original);
        assert_eq!(rows[&KpiCell::Province].due_tomorrow, told, "{on}");
    }
    // After the ten days of Tết.
    let dossier =
        facts(&played("5 working-day", Channel::Online, "submit 2026-02-09T07:30, receive 08:00"));
    for (on, told) in [("2026-02-12", 0), ("2026-02-13", 1), ("2026-02-18", 1), ("2026-02-23", 0)] {
        let rows = tally([&dossier], day(on), DueBasis::Original);
        assert_eq!(rows[&KpiCell::Province].due_tomorrow, told, "{on}");
    }
    // On the last day of the year nobody need know the next.
    assert!(!law().is_due_next(&dossier.agency, day("2026-12-31"), day("2027-01-04")));
    assert!(law().is_due_next(&dossier.agency, day("2026-12-30"), day("2026-12-31")));
}
