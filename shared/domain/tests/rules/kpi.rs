//! What is counted: small histories and the row that each gives for a day.

mod account;
mod periods;

use std::collections::BTreeMap;

use domain::dossier::Dossier;
use domain::id::AgencyCode;
use domain::kpi::{
    DossierFacts, DueBasis, KpiCell, KpiRow, KpiRows, Rulings, broken_identities, end_of,
    moved_since,
};
use domain::period::Period;
use domain::procedure::Channel;
use jiff::civil::Date;

use super::world::{at, catalogue, day, law, played};

pub(super) fn facts(dossier: &Dossier) -> DossierFacts {
    DossierFacts {
        code: dossier.code.clone(),
        agency: dossier.agency.clone(),
        procedure: dossier.procedure.clone(),
        channel: dossier.channel,
        ward: dossier.ward.clone(),
        document_count: dossier.documents.len().try_into().unwrap(),
        history: dossier.history.clone(),
        assignments: dossier.assignments.clone(),
    }
}

/// The sum of all rows of a day.
pub(super) fn total<'a>(
    facts: impl IntoIterator<Item = &'a DossierFacts>,
    day: Date,
) -> BTreeMap<String, u64> {
    total_against(facts, day, DueBasis::Original)
}

fn total_against<'a>(
    facts: impl IntoIterator<Item = &'a DossierFacts>,
    day: Date,
    basis: DueBasis,
) -> BTreeMap<String, u64> {
    let rows = tally(facts, day, basis);
    assert_eq!(broken_identities(&rows), Vec::<String>::new(), "{day}");
    let mut sum = BTreeMap::new();
    for (cell, row) in &rows {
        if let KpiCell::Work { channel, .. } = cell {
            for (name, count) in told(*channel, row) {
                *sum.entry(name).or_default() += count;
            }
        }
    }
    sum
}

/// Counts as the law's default does: against the original date, a day's office hours for reception.
pub(super) fn tally<'a>(
    facts: impl IntoIterator<Item = &'a DossierFacts>,
    day: Date,
    basis: DueBasis,
) -> KpiRows {
    let receive_by =
        |dossier: &DossierFacts, submitted| law().receive_by(&dossier.agency, submitted);
    let due_next = |dossier: &DossierFacts, day, due| law().is_due_next(&dossier.agency, day, due);
    domain::kpi::tally(
        facts,
        day,
        &Rulings { basis_on: &|_| basis, receive_by: &receive_by, due_next: &due_next },
    )
}

/// The figures of a row by which people speak of it. That the opening and the rest agree is
/// asserted in every count.
fn told(channel: Channel, row: &KpiRow) -> Vec<(String, u64)> {
    let received = |by| if channel == by { row.received } else { 0 };
    let told = [
        ("receivedOnline", received(Channel::Online)),
        ("receivedCounter", received(Channel::Counter)),
        ("receivedPostal", received(Channel::Postal)),
        ("resolved", row.resolved),
        ("early", row.early),
        ("onTime", row.on_time),
        ("late", row.late),
        ("refused", row.refused + row.refused_unreceived),
        ("withdrawn", row.withdrawn + row.withdrawn_unreceived),
        ("inProcess", row.in_process),
        ("overdue", row.overdue),
        ("supplement", row.supplement),
        ("paused", row.payment + row.suspended),
    ];
    told.map(|(name, count)| (name.to_owned(), count)).into()
}

/// `receivedOnline 1, inProcess 1`: every figure that is not named is zero.
fn row(text: &str) -> BTreeMap<String, u64> {
    let mut row: BTreeMap<String, u64> =
        told(Channel::Online, &KpiRow::default()).into_iter().collect();
    for figure in text.split(',').map(str::trim).filter(|figure| !figure.is_empty()) {
        let (name, count) = figure.split_once(' ').unwrap();
        *row.get_mut(name).expect("a figure of the row") = count.parse().unwrap();
    }
    row
}

fn counted(term: &str, channel: Channel, history: &str, on: &str) -> BTreeMap<String, u64> {
    let facts = facts(&played(term, channel, history));
    let mut found = row("");
    found.extend(total([&facts], day(on)));
    found
}

/// Handed in on-line on Monday 2 March 2026 with a term of three working days: due on Thursday the
/// 5th.
fn check(examples: &[(&str, &str, &str, &str)]) {
    for (why, history, on, expected) in examples {
        let history = format!("submit 2026-03-02T07:30, {history}");
        assert_eq!(counted("3 working-day", Channel::Online, &history, on), row(expected), "{why}");
    }
}

// Domain note §6: resolved is status 9 or 10 by the date of 9; early, on time and late compare
// dates.
#[test]
fn figures_moved_where_something_of_the_day_was_recorded_after_the_count() {
    let dossier =
        played("5 working-day", Channel::Online, "submit 2026-03-02T07:30, receive 08:00");
    let mut told = facts(&dossier);
    let recorded = at("2026-03-05T09:00");
    told.history[1].recorded_at = recorded;
    let second = jiff::SignedDuration::from_secs(1);
    assert!(moved_since(&told, day("2026-03-02"), recorded - second));
    assert!(!moved_since(&told, day("2026-03-02"), recorded), "it was counted");
    assert!(!moved_since(&told, day("2026-03-01"), recorded - second), "it was later than the day");
    told.history[1].at = end_of(day("2026-03-02"));
    assert!(moved_since(&told, day("2026-03-02"), recorded - second), "in its last moment");
}

#[test]
fn settled_is_early_on_time_or_late_by_the_date_alone() {
    check(&[
        (
            "days before",
            "receive 08:00, finish 2026-03-03T09:00",
            "2026-03-03",
            "resolved 1, early 1",
        ),
        (
            "the day before, at night",
            "receive 08:00, finish 2026-03-04T23:59",
            "2026-03-04",
            "resolved 1, early 1",
        ),
        (
            "the due day, at midnight",
            "receive 08:00, finish 2026-03-05T00:00",
            "2026-03-05",
            "resolved 1, onTime 1",
        ),
        (
            "the due day, in time",
            "receive 08:00, finish 2026-03-05T16:00",
            "2026-03-05",
            "resolved 1, onTime 1",
        ),
        (
            "the due day, after closing",
            "receive 08:00, finish 2026-03-05T23:59",
            "2026-03-05",
            "resolved 1, onTime 1",
        ),
        (
            "the day after, at midnight",
            "receive 08:00, finish 2026-03-06T00:00",
            "2026-03-06",
            "resolved 1, late 1",
        ),
        (
            "weeks after",
            "receive 08:00, finish 2026-03-20T09:00",
            "2026-03-20",
            "resolved 1, late 1",
        ),
        (
            "on the day of receipt",
            "receive 08:00, finish 09:00",
            "2026-03-02",
            "receivedOnline 1, resolved 1, early 1",
        ),
    ]);
}

// NĐ 61/2018 Đ.19.9: an apology tells the applicant a new date. By default it excuses nothing.
#[test]
fn an_apology_excuses_nothing_unless_the_province_counts_so() {
    let apology = "receive 08:00, process 08:10, apologise 2026-03-04T06:30 for 2026-03-10";
    for (why, rest, on, original, extended) in [
        (
            "in time for both",
            "finish 2026-03-05T09:00",
            "2026-03-05",
            "resolved 1, onTime 1",
            "resolved 1, early 1",
        ),
        (
            "in time for the new date",
            "finish 2026-03-09T09:00",
            "2026-03-09",
            "resolved 1, late 1",
            "resolved 1, early 1",
        ),
        (
            "on the new date",
            "finish 2026-03-10T16:00",
            "2026-03-10",
            "resolved 1, late 1",
            "resolved 1, onTime 1",
        ),
        (
            "after both",
            "finish 2026-03-11T08:00",
            "2026-03-11",
            "resolved 1, late 1",
            "resolved 1, late 1",
        ),
        ("on the old date", "finish 2026-03-30T08:00", "2026-03-05", "inProcess 1", "inProcess 1"),
        (
            "between",
            "finish 2026-03-30T08:00",
            "2026-03-06",
            "inProcess 1, overdue 1",
            "inProcess 1",
        ),
        (
            "behind",
            "finish 2026-03-30T08:00",
            "2026-03-11",
            "inProcess 1, overdue 1",
            "inProcess 1, overdue 1",
        ),
        (
            "a pause moves both dates",
            "suspend 2026-03-05T08:00, resume 2026-03-09T08:00, finish 2026-03-10T08:00",
            "2026-03-10",
            "resolved 1, late 1",
            "resolved 1, early 1",
        ),
        (
            "by as many working days",
            "suspend 2026-03-05T08:00, resume 2026-03-09T08:00, finish 2026-03-09T16:00",
            "2026-03-09",
            "resolved 1, onTime 1",
            "resolved 1, early 1",
        ),
        (
            "a supplement starts one term for both",
            "request-supplement 2026-03-05T08:00, supplement 2026-03-09T08:00, finish 2026-03-12T08:00",
            "2026-03-12",
            "resolved 1, onTime 1",
            "resolved 1, onTime 1",
        ),
        (
            "and that is missed as any other",
            "request-supplement 2026-03-05T08:00, supplement 2026-03-09T08:00, finish 2026-03-13T08:00",
            "2026-03-13",
            "resolved 1, late 1",
            "resolved 1, late 1",
        ),
    ] {
        let history = format!("submit 2026-03-02T07:30, {apology}, {rest}");
        let facts = facts(&played("3 working-day", Channel::Online, &history));
        for (basis, expected) in [(DueBasis::Original, original), (DueBasis::Extended, extended)] {
            let mut found = row("");
            found.extend(total_against([&facts], day(on), basis));
            assert_eq!(found, row(expected), "{why}: {basis:?}");
        }
    }
    assert_eq!(DueBasis::default(), DueBasis::Original);
}

#[test]
fn what_has_no_due_date_is_on_time_and_never_overdue() {
    let history = "submit 2026-03-02T07:30, receive 08:00, finish 2026-06-05T09:00";
    for (on, expected) in
        [("2026-06-04", "inProcess 1"), ("2026-06-05", "resolved 1, onTime 1"), ("2026-06-06", "")]
    {
        assert_eq!(counted("none", Channel::Online, history, on), row(expected), "{on}");
    }
}

// §6: "end" is the day on which work finished, not the day on which the citizen came for the
// result.
#[test]
fn settled_is_counted_when_work_ends_and_not_when_the_result_is_handed_over() {
    let history = "receive 08:00, finish 2026-03-04T09:00, return-result 2026-03-09T09:00";
    check(&[
        ("at 9", history, "2026-03-04", "resolved 1, early 1"),
        ("between", history, "2026-03-05", ""),
        ("at 10", history, "2026-03-09", ""),
        (
            "both in a day",
            "receive 08:00, finish 09:00, return-result 10:00",
            "2026-03-02",
            "receivedOnline 1, resolved 1, early 1",
        ),
    ]);
}

#[test]
fn what_is_sent_back_is_open_again_and_settled_when_it_is_settled_again() {
    let history = "receive 08:00, finish 2026-03-03T09:00, send-back 2026-03-04T09:00, finish 2026-03-09T09:00, \
                   return-result 2026-03-10T09:00";
    check(&[
        ("the first end stands, as of its day", history, "2026-03-03", "resolved 1, early 1"),
        ("open again", history, "2026-03-04", "inProcess 1"),
        ("and overdue", history, "2026-03-06", "inProcess 1, overdue 1"),
        ("the second end is late", history, "2026-03-09", "resolved 1, late 1"),
        ("handing over adds nothing", history, "2026-03-10", ""),
        (
            "finished and sent back within a day is not settled that day",
            "receive 08:00, finish 2026-03-03T09:00, send-back 2026-03-03T15:00",
            "2026-03-03",
            "inProcess 1",
        ),
        (
            "finished twice within a day is settled once",
            "receive 08:00, finish 2026-03-03T09:00, send-back 2026-03-03T10:00, finish 2026-03-03T11:00",
            "2026-03-03",
            "resolved 1, early 1",
        ),
    ]);
}

// §6: in process at T is received and not settled; overdue is due before T.
#[test]
fn stocks_are_what_lies_there_at_the_end_of_the_day() {
    let open = "receive 08:00, process 2026-03-03T08:00";
    check(&[
        ("not yet received is nobody's", "receive 2026-03-03T08:00", "2026-03-02", ""),
        ("received", open, "2026-03-02", "receivedOnline 1, inProcess 1"),
        ("worked on", open, "2026-03-03", "inProcess 1"),
        ("on the due day it is not overdue", open, "2026-03-05", "inProcess 1"),
        ("the day after it is", open, "2026-03-06", "inProcess 1, overdue 1"),
        ("and stays so", open, "2026-07-01", "inProcess 1, overdue 1"),
        ("before it was handed in there was nothing", open, "2026-03-01", ""),
    ]);
}

#[test]
fn what_waits_for_the_applicant_or_stands_still_is_not_in_process() {
    let documents =
        "receive 08:00, request-supplement 2026-03-03T08:00, supplement 2026-03-10T08:00";
    let payment =
        "receive 08:00, request-payment 2026-03-03T08:00, confirm-payment 2026-03-09T08:00";
    let stopped = "receive 08:00, process 09:00, suspend 2026-03-03T08:00, resume 2026-03-30T08:00";
    check(&[
        ("asked for documents", documents, "2026-03-03", "supplement 1"),
        ("still waiting, and not overdue", documents, "2026-03-09", "supplement 1"),
        ("documents came, the term begins again", documents, "2026-03-10", "inProcess 1"),
        ("the new due date is the 13th", documents, "2026-03-13", "inProcess 1"),
        ("and then overdue", documents, "2026-03-14", "inProcess 1, overdue 1"),
        ("asked for money", payment, "2026-03-03", "paused 1"),
        ("past the old date, and not overdue", payment, "2026-03-06", "paused 1"),
        ("paid", payment, "2026-03-09", "inProcess 1"),
        ("the four days of waiting do not count", payment, "2026-03-11", "inProcess 1"),
        ("more do", payment, "2026-03-12", "inProcess 1, overdue 1"),
        ("suspended", stopped, "2026-03-29", "paused 1"),
        ("resumed", stopped, "2026-03-30", "inProcess 1"),
        (
            "asked and answered within a day",
            "receive 08:00, request-supplement 09:00, supplement 10:00",
            "2026-03-02",
            "receivedOnline 1, inProcess 1",
        ),
        (
            "documents asked for before receipt are no stock",
            "request-supplement 08:00",
            "2026-03-02",
            "",
        ),
    ]);
}

#[test]
fn refused_and_withdrawn_are_counted_on_their_day_wherever_the_dossier_was() {
    check(&[
        ("refused unreceived", "refuse 2026-03-03T08:00", "2026-03-03", "refused 1"),
        ("only that day", "refuse 2026-03-03T08:00", "2026-03-04", ""),
        ("not before", "refuse 2026-03-03T08:00", "2026-03-02", ""),
        (
            "documents that never came",
            "receive 08:00, request-supplement 09:00, refuse-expired 2026-04-02T09:00",
            "2026-04-02",
            "refused 1",
        ),
        ("withdrawn unreceived", "withdraw 2026-03-03T08:00", "2026-03-03", "withdrawn 1"),
        ("only that day", "withdraw 2026-03-03T08:00", "2026-03-04", ""),
        (
            "withdrawn in process",
            "receive 08:00, withdraw 2026-03-09T08:00",
            "2026-03-09",
            "withdrawn 1",
        ),
        (
            "before that it was overdue",
            "receive 08:00, withdraw 2026-03-09T08:00",
            "2026-03-08",
            "inProcess 1, overdue 1",
        ),
        (
            "received and withdrawn within a day",
            "receive 08:00, withdraw 09:00",
            "2026-03-02",
            "receivedOnline 1, withdrawn 1",
        ),
    ]);
}

#[test]
fn received_is_counted_by_channel_on_the_day_of_receipt_and_never_again() {
    let history = "submit 2026-03-02T07:30, receive 2026-03-03T08:00, request-supplement 09:00, supplement 2026-03-04T08:00";
    for (channel, figure) in [
        (Channel::Online, "receivedOnline 1"),
        (Channel::Counter, "receivedCounter 1"),
        (Channel::Postal, "receivedPostal 1"),
    ] {
        for (on, expected) in [
            ("2026-03-02", String::new()),
            ("2026-03-03", format!("{figure}, supplement 1")),
            ("2026-03-04", "inProcess 1".to_owned()),
        ] {
            assert_eq!(
                counted("3 working-day", channel, history, on),
                row(&expected),
                "{channel:?} on {on}"
            );
        }
    }
}

// A day ends at midnight in Viet Nam, which is 17:00 UTC.
#[test]
fn the_last_second_of_a_day_belongs_to_it_and_midnight_to_the_next() {
    check(&[
        ("23:59:59", "receive 23:59:59", "2026-03-02", "receivedOnline 1, inProcess 1"),
        ("23:59:59 is not tomorrow", "receive 23:59:59", "2026-03-03", "inProcess 1"),
        ("midnight is not yesterday", "receive 2026-03-03T00:00", "2026-03-02", ""),
        ("midnight", "receive 2026-03-03T00:00", "2026-03-03", "receivedOnline 1, inProcess 1"),
        (
            "after midnight here, the day before in UTC",
            "receive 2026-03-03T06:59",
            "2026-03-03",
            "receivedOnline 1, inProcess 1",
        ),
    ]);
    assert_eq!(end_of(day("2026-03-02")), at("2026-03-02T23:59:59.999999999"));
    assert_eq!(end_of(day("2026-12-31")), at("2026-12-31T23:59:59.999999999"));
    assert_eq!(end_of(day("2024-02-29")), at("2024-02-29T23:59:59.999999999"));
}

// §6, the note: the count is rebuilt from the history, so a day counted late gives what it gave in
// time.
#[test]
fn what_happens_after_the_day_does_not_change_its_row() {
    let whole = "submit 2026-03-02T07:30, receive 08:00, process 08:10, request-supplement 2026-03-03T08:00, \
                 supplement 2026-03-04T08:00, suspend 2026-03-05T08:00, resume 2026-03-06T08:00, \
                 request-payment 2026-03-09T08:00, confirm-payment 2026-03-10T08:00, finish 2026-03-11T08:00, \
                 send-back 2026-03-12T08:00, finish 2026-03-13T08:00, return-result 2026-03-14T08:00";
    let dossier = played("3 working-day", Channel::Postal, whole);
    for known in 1..=dossier.history.len() {
        let mut in_time = facts(&dossier);
        in_time.history.truncate(known);
        let last = in_time.history[known - 1].at;
        let today = domain::calendar::date_of(last);
        if dossier.history.get(known).is_some_and(|next| next.at <= end_of(today)) {
            continue;
        }
        assert_eq!(total([&facts(&dossier)], today), total([&in_time], today), "{today}");
    }
}

#[test]
fn each_agency_and_procedure_has_a_row_of_its_own_and_none_for_nothing() {
    let here = facts(&played("none", Channel::Online, "submit 2026-03-02T07:30, receive 08:00"));
    let elsewhere = DossierFacts {
        agency: "H20.09".parse().unwrap(),
        channel: Channel::Postal,
        ..here.clone()
    };
    let other_procedure = DossierFacts { procedure: "2.000635".parse().unwrap(), ..here.clone() };
    let idle = DossierFacts {
        agency: "H20.03".parse().unwrap(),
        ..facts(&played("none", Channel::Online, "submit 2026-03-02T07:30"))
    };
    let waiting = KpiRow { submitted: 1, waiting: 1, ..KpiRow::default() };
    let once = KpiRow { submitted: 1, received: 1, in_process: 1, ..KpiRow::default() };
    let times = |count: u64| KpiRow {
        submitted: count,
        received: count,
        in_process: count,
        ..KpiRow::default()
    };
    let cell = |facts: &DossierFacts| KpiCell::Work {
        agency: facts.agency.clone(),
        procedure: facts.procedure.clone(),
        channel: facts.channel,
    };
    let gone = DossierFacts { history: Vec::new(), ..idle.clone() };
    assert_eq!(
        tally(
            [&here, &elsewhere, &idle, &other_procedure, &here, &gone],
            day("2026-03-02"),
            DueBasis::Original
        ),
        BTreeMap::from([
            (KpiCell::Province, KpiRow { submitted: 5, waiting: 1, ..times(4) }),
            (cell(&here), times(2)),
            (cell(&elsewhere), once),
            (cell(&other_procedure), once),
            (cell(&idle), waiting),
        ])
    );
}

#[test]
fn the_order_in_which_dossiers_come_does_not_matter() {
    let mut all: Vec<DossierFacts> = [
        ("3 working-day", Channel::Online, "submit 2026-03-02T07:30, receive 08:00"),
        (
            "1 working-day",
            Channel::Counter,
            "submit 2026-03-02T07:30, receive 08:00, finish 2026-03-05T09:00",
        ),
        (
            "5 working-day",
            Channel::Postal,
            "submit 2026-03-02T07:30, receive 2026-03-05T08:00, finish 09:00",
        ),
        ("none", Channel::Online, "submit 2026-03-02T07:30, withdraw 2026-03-05T08:00"),
        ("none", Channel::Counter, "submit 2026-03-02T07:30, receive 08:00, request-payment 09:00"),
    ]
    .into_iter()
    .map(|(term, channel, history)| facts(&played(term, channel, history)))
    .collect();
    let expected =
        row("receivedPostal 1, resolved 2, early 1, late 1, inProcess 1, paused 1, withdrawn 1");
    for _ in 0..all.len() {
        all.rotate_left(1);
        assert_eq!(total(&all, day("2026-03-05")), expected);
        assert_eq!(total(all.iter().rev(), day("2026-03-05")), expected);
    }
}

// Eight office hours from Monday 07:30 end on Tuesday at 07:30; dates are compared.
#[test]
fn a_dossier_that_lies_longer_than_a_day_of_office_hours_is_received_late() {
    for (received, late) in [
        ("16:00", false),
        ("23:00", false),
        ("2026-03-03T16:00", false),
        ("2026-03-04T08:00", true),
    ] {
        let dossier = facts(&played(
            "3 working-day",
            Channel::Online,
            &format!("submit 2026-03-02T07:30, receive {received}"),
        ));
        let on = domain::calendar::date_of(dossier.history[1].at);
        let rows = tally([&dossier], on, DueBasis::Original);
        assert_eq!(rows[&KpiCell::Province].received_late, u64::from(late), "{received}");
    }
}

// §3.5: a component is digitised where a file row exists.
#[test]
fn what_comes_with_an_electronic_paper_is_digitised_on_the_day_of_its_receipt() {
    let mut dossier = facts(&played(
        "none",
        Channel::Counter,
        "submit 2026-03-02T07:30, receive 2026-03-03T08:00",
    ));
    for (documents, digitised) in [(0, 0), (1, 1), (7, 1)] {
        dossier.document_count = documents;
        let of = |on| tally([&dossier], day(on), DueBasis::Original)[&KpiCell::Province].digitised;
        assert_eq!(
            [of("2026-03-02"), of("2026-03-03"), of("2026-03-04")],
            [0, digitised, 0],
            "{documents}"
        );
    }
}

#[test]
fn what_an_officer_settles_is_counted_to_his_account() {
    let rows = |on: &str| {
        let history = "submit 2026-03-02T07:30, receive 08:00, finish 2026-03-03T09:00";
        let dossier = facts(&played("3 working-day", Channel::Online, history));
        tally([&dossier], day(on), DueBasis::Original)
    };
    let officers: Vec<KpiRow> = rows("2026-03-03")
        .into_iter()
        .filter(|(cell, _)| matches!(cell, KpiCell::Officer { .. }))
        .map(|(_, row)| row)
        .collect();
    assert_eq!(officers, [KpiRow { resolved: 1, early: 1, ..KpiRow::default() }]);
    assert!(!rows("2026-03-02").keys().any(|cell| matches!(cell, KpiCell::Officer { .. })));
}

#[test]
fn a_cell_is_read_as_it_is_written() {
    let agency: AgencyCode = "H20.12.3A".parse().unwrap();
    for cell in [
        KpiCell::Province,
        KpiCell::Work {
            agency: agency.clone(),
            procedure: "1.001193".parse().unwrap(),
            channel: Channel::Postal,
        },
        KpiCell::Officer { agency: agency.clone(), officer: "officer#of#hashes".to_owned() },
        KpiCell::TakenBack {
            ended: day("2026-03-09"),
            of: Box::new(KpiCell::Officer { agency, officer: "officer#of#hashes".to_owned() }),
        },
    ] {
        assert_eq!(cell.to_string().parse(), Ok(cell));
    }
    for text in [
        "",
        "work",
        "work#H20#1.001193#fax",
        "work#H20##online",
        "province#",
        "officer#x#y",
        "taken-back#2026-03-09#province",
        "taken-back#x#officer#H20#y",
        "taken-back#2026-03-09#taken-back#2026-03-09#officer#H20#y",
    ] {
        assert!(text.parse::<KpiCell>().is_err(), "{text}");
    }
}
