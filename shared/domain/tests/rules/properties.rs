//! What holds for every dossier, every day and every term, not only for the examples.

use std::sync::LazyLock;

use domain::calendar::date_of;
use domain::deadline::{Pause, Reckoning, Run, Term, TermUnit};
use domain::dossier::{
    Action, Actor, CLOCK_SKEW_MAX, Command, Decision, Dossier, DossierState, DossierStatus,
    HistoryEntry, Refusal,
};
use domain::kpi::{DossierFacts, DueBasis, KpiCell, behind, end_of};
use domain::law::{Law, OnSupplement, PauseCounting};
use domain::procedure::Channel;
use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::kpi::{facts, tally, total};
use super::transitions::allowed;
use super::world::{
    AGENCY, HANDLER, OTHER_AGENCY, OWNER, STRANGER, after_under, at, calendar, citizen, day,
    handed_in, integrator, law, law_of, law_that_resumes_from, local, officer, portal,
};

/// One attempt on a dossier: what, by whom, how long after the one before.
#[derive(Debug, Clone)]
struct Attempt {
    /// Whether to choose among what is legal just now, so that long histories come about.
    legal: bool,
    /// Whether it may end the dossier: seldom, for the same reason.
    ends: bool,
    /// Whether it is a letter of apology, where one is legal: otherwise two in one history would be
    /// rare.
    apologises: bool,
    choice: Index,
    by: Actor,
    after: SignedDuration,
    /// How long ago it is claimed to have happened; none for an attempt that happens as it comes.
    ago: Option<SignedDuration>,
    expected: Option<u64>,
    reason: Option<String>,
    /// How many days after the due date an apology promises; none for one that names no day.
    extension: Option<i64>,
    /// To whom it is forwarded; none for one that names nobody.
    to: Option<&'static str>,
}

const ACTIONS: [Action; 20] = [
    Action::Submit,
    Action::Receive,
    Action::Refuse,
    Action::RequestSupplement,
    Action::Supplement,
    Action::RefuseExpired,
    Action::Process,
    Action::RequestPayment,
    Action::ConfirmPayment,
    Action::Suspend,
    Action::Resume,
    Action::Finish,
    Action::ReturnResult,
    Action::Recall,
    Action::SendBack,
    Action::Apologise,
    Action::Withdraw,
    Action::Forward,
    Action::HandBack,
    Action::Redate,
];

/// What ends the work on a dossier.
const ENDS: [Action; 4] = [Action::Refuse, Action::RefuseExpired, Action::Withdraw, Action::Finish];

fn attempt() -> impl Strategy<Value = Attempt> {
    let by = prop_oneof![
        6 => Just(officer(AGENCY)),
        3 => Just(officer(HANDLER)),
        1 => select(vec![officer(OTHER_AGENCY), integrator(&[AGENCY]), portal(), citizen(OWNER), citizen(STRANGER)]),
    ];
    let ago = prop_oneof![4 => Just(None), 1 => (-400_i64..7_200).prop_map(|s| Some(SignedDuration::from_secs(s)))];
    let expected = prop_oneof![8 => Just(None), 1 => (1_u64..8).prop_map(Some)];
    let reason = prop_oneof![8 => Just(Some("Thiếu giấy tờ".to_owned())), 1 => Just(None)];
    let extension = prop_oneof![8 => (-1_i64..12).prop_map(Some), 1 => Just(None)];
    let to = prop_oneof![6 => Just(Some(HANDLER)), 1 => select(vec![None, Some(AGENCY), Some(OTHER_AGENCY)])];
    let legal = (prop::bool::weighted(0.8), prop::bool::weighted(0.2), prop::bool::weighted(0.15));
    (any::<Index>(), legal, by, 0_i64..200_000, ago, expected, reason, (extension, to)).prop_map(
        |(
            choice,
            (legal, ends, apologises),
            by,
            seconds,
            ago,
            expected,
            reason,
            (extension, to),
        )| Attempt {
            legal,
            ends,
            apologises,
            choice,
            by,
            after: SignedDuration::from_secs(seconds),
            ago,
            expected,
            reason,
            extension,
            to,
        },
    )
}

/// The shipped law, and those that a province could choose: the time goes on after documents, and a
/// second letter is allowed.
static LAWS: LazyLock<Vec<Law>> = LazyLock::new(|| {
    let choices = [("restart", 1), ("restart", 2), ("resume", 1), ("resume", 2)];
    choices.map(|(supplement, letters)| law_of(supplement, letters)).into()
});

fn any_law() -> impl Strategy<Value = &'static Law> {
    (0..LAWS.len()).prop_map(|chosen| &LAWS[chosen])
}

fn any_term() -> impl Strategy<Value = Option<Term>> {
    let unit = select(vec![TermUnit::WorkingDay, TermUnit::CalendarDay, TermUnit::WorkingHour]);
    prop_oneof![1 => Just(None), 4 => (1_u16..40, unit).prop_map(|(amount, unit)| Term::new(amount, unit).ok())]
}

/// An instant of 2024 or 2025, so that no term here reaches a year without a calendar.
fn any_instant() -> impl Strategy<Value = Timestamp> {
    (0_i64..2 * 365 * 86_400)
        .prop_map(|seconds| at("2024-01-01T00:00") + SignedDuration::from_secs(seconds))
}

type Order = (Command, Actor, Timestamp);
type Tried = (Order, Result<Decision, Refusal>);

/// Everything that was tried on one dossier, in order, with the answer to each.
fn play(law: &Law, mut dossier: Dossier, attempts: &[Attempt]) -> (Dossier, Vec<Tried>) {
    let mut now = dossier.submitted_at;
    let mut tried = Vec::new();
    for (number, attempt) in attempts.iter().enumerate() {
        now += attempt.after;
        let mut legal = allowed(dossier.status, dossier.handler.is_some());
        if !attempt.ends && !legal.iter().all(|action| ENDS.contains(action)) {
            legal.retain(|action| !ENDS.contains(action));
        }
        // The schedule's alone, and only where a calendar was changed.
        legal.retain(|action| *action != Action::Redate);
        if attempt.apologises && legal.contains(&Action::Apologise) {
            legal = vec![Action::Apologise];
        }
        let choices = if attempt.legal && !legal.is_empty() { legal.as_slice() } else { &ACTIONS };
        let action = *attempt.choice.get(choices);
        let due = dossier.due_at.map_or(now, |due| due.max(now));
        let command = Command {
            id: format!("attempt-{number}").parse().unwrap(),
            action,
            expected_version: attempt.expected,
            reason: attempt.reason.clone(),
            note: None,
            at: attempt.ago.map(|ago| now - ago),
            new_due_on: attempt
                .extension
                .filter(|_| action == Action::Apologise)
                .map(|days| date_of(due) + days.days()),
            to_agency: attempt
                .to
                .filter(|_| action == Action::Forward)
                .map(|agency| agency.parse().unwrap()),
            asked_for: Vec::new(),
            documents: Vec::new(),
        };
        let answer = dossier.decide(command.clone(), &attempt.by, law, now);
        if let Ok(Decision::Moved(next)) = &answer {
            dossier = (**next).clone();
        }
        tried.push(((command, attempt.by.clone(), now), answer));
    }
    (dossier, tried)
}

fn new_dossier(term: Option<Term>, channel: Channel, when: Timestamp) -> Dossier {
    DossierState { term, ..handed_in("none", channel, when).into_state() }.try_into().unwrap()
}

fn any_channel() -> impl Strategy<Value = Channel> {
    select(vec![Channel::Online, Channel::Counter, Channel::Postal])
}

/// What ties the parts of a dossier together, whatever happened to it.
fn assert_consistent(dossier: &Dossier, law: &Law) {
    let last = dossier.history.last().unwrap();
    assert_eq!(usize::try_from(dossier.version).unwrap(), dossier.history.len());
    assert_eq!(
        (dossier.status, dossier.due_at, dossier.version),
        (last.status, last.due_at, last.version)
    );
    assert_eq!(dossier.original_due_at, last.original_due_at);
    let rule = law.rule_on(day("2024-01-01"));
    assert!(
        dossier.apologies() <= usize::from(rule.extensions_max),
        "a new date is given so often and no more"
    );
    let parted = dossier.original_due_at.zip(dossier.due_at);
    assert!(
        parted.is_none_or(|(original, due)| original < due),
        "an apology and late documents give time"
    );
    let late = dossier.history.iter().any(|entry| entry.asked_late);
    let may_part = dossier.apologies() > 0 || late;
    assert!(
        dossier.original_due_at.is_none() || may_part,
        "only an apology and late documents part the two dates"
    );
    assert!(
        dossier.due_at.is_none() || original(dossier) == dossier.original_due_at.or(dossier.due_at),
        "the term alone gives the original date"
    );
    for (entry, version) in dossier.history.iter().zip(1..) {
        assert_eq!(entry.version, version);
        assert!(entry.at <= entry.recorded_at, "nothing happens after we learned of it");
        let apart = entry.claimed_at.map(|claimed| claimed.duration_until(entry.at).abs());
        assert!(
            apart.is_none_or(|apart| apart <= CLOCK_SKEW_MAX && !apart.is_zero()),
            "a clock is set right by little"
        );
    }
    let mut handler = None;
    for pair in dossier.history.windows(2) {
        assert!(pair[0].at <= pair[1].at, "time does not run backwards");
        let legal = allowed(pair[0].status, handler.is_some());
        assert!(legal.contains(&pair[1].action), "the table allows each move");
        assert_eq!(pair[1].handler.is_some(), pair[1].action == Action::Forward);
        let ends = [
            Action::HandBack,
            Action::Recall,
            Action::Finish,
            Action::Withdraw,
            Action::RefuseExpired,
        ];
        handler = pair[1].handler.as_ref().or(handler.filter(|_| !ends.contains(&pair[1].action)));
    }
    assert_eq!(dossier.handler.as_ref(), handler, "the history tells where it lies");
    assert!(handler.is_none() || !dossier.status.is_closed(), "what is ended lies with its owner");
    assert_ne!(handler, Some(&dossier.agency));
    let receipt =
        dossier.history.iter().find(|entry| entry.action == Action::Receive).map(|entry| entry.at);
    assert_eq!(dossier.received_at, receipt);
    assert_eq!(
        dossier.status_before.is_some(),
        dossier.status == DossierStatus::SupplementRequested
    );
    let waits =
        matches!(dossier.status, DossierStatus::PaymentRequested | DossierStatus::Suspended);
    let goes_on = rule.supplement == OnSupplement::Resume && dossier.due_at.is_some();
    let waits_for_documents = goes_on && dossier.status == DossierStatus::SupplementRequested;
    assert_eq!(dossier.paused_at.is_some(), waits || waits_for_documents);
    assert_eq!(dossier.closed_at.is_some(), dossier.status.is_closed());
    let asked = |entry: &HistoryEntry| entry.status == DossierStatus::SupplementRequested;
    let before_the_end = dossier.history.iter().rfind(|entry| {
        !matches!(entry.action, Action::Withdraw | Action::RefuseExpired | Action::Refuse)
    });
    let given_up = rule.supplement == OnSupplement::Restart && before_the_end.is_some_and(asked);
    assert_eq!(dossier.due_at.is_some(), dossier.term.is_some() && receipt.is_some() && !given_up);
}

/// What the term alone gives: counted from the last entry that names its rule, before documents
/// were asked for late if they were, with every pause since that has ended.
fn original(dossier: &Dossier) -> Option<Timestamp> {
    let term = dossier.term.filter(|_| dossier.due_at.is_some())?;
    let (mut begun, mut asked_late) = (None, false);
    for (place, entry) in dossier.history.iter().enumerate() {
        asked_late |= entry.asked_late && begun.is_some();
        if entry.due_rule.is_some() && !asked_late {
            begun = Some(place);
        }
    }
    let begun = begun?;
    let mut run = Run::from(dossier.history[begun].at);
    let stands = [Action::RequestPayment, Action::Suspend, Action::RequestSupplement];
    for pair in dossier.history[begun..].windows(2) {
        if stands.contains(&pair[0].action) && !pair[0].asked_late && !pair[1].status.is_closed() {
            run.pauses.push(Pause {
                from: pair[0].at,
                to: pair[1].at,
                by: PauseCounting::Closings,
            });
        }
    }
    term.due_of(calendar(), &run).ok()
}

// Random cases differ from run to run; a failing one is printed whole, so no file of past failures
// is kept.
pub(super) fn cases(count: u32) -> ProptestConfig {
    ProptestConfig { cases: count, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn whatever_is_tried_a_dossier_stays_in_the_table_and_loses_nothing(
        law in any_law(),
        term in any_term(),
        channel in any_channel(),
        start in any_instant(),
        attempts in prop::collection::vec(attempt(), 0..40),
    ) {
        let mut before = new_dossier(term, channel, start);
        for (_, answer) in play(law, before.clone(), &attempts).1 {
            let Ok(decision) = answer else { continue };
            let Decision::Moved(next) = decision else { panic!("every command has a name of its own") };
            assert_consistent(&next, law);
            prop_assert_eq!(&next.history[..before.history.len()], &before.history[..], "the past is kept as it was");
            prop_assert_eq!(next.history.len(), before.history.len() + 1);
            before = *next;
        }
    }

    // NĐ 61/2018 Đ.19.4 restarts the term; a province that has missed the date does not get it back
    // so.
    #[test]
    fn what_was_overdue_is_never_settled_early_or_on_time_whatever_is_asked_for(
        law in any_law(),
        term in any_term(),
        start in any_instant(),
        attempts in prop::collection::vec(attempt(), 0..40),
    ) {
        let mut overdue = false;
        for (_, answer) in play(law, new_dossier(term, Channel::Online, start), &attempts).1 {
            let Ok(Decision::Moved(next)) = answer else { continue };
            let entry = next.history.last().unwrap();
            let due = entry.original_due_at.or(entry.due_at).map(date_of);
            let runs = matches!(entry.status, DossierStatus::Received | DossierStatus::Processing | DossierStatus::Finished);
            // Work may stand still after the date was missed; what is given back then never reaches
            // the day itself.
            prop_assert!(!overdue || !runs || due.is_none_or(|due| due <= date_of(entry.at)), "{due:?} {entry:?}");
            overdue |= runs && due.is_some_and(|due| due < date_of(entry.at));
        }
    }

    #[test]
    fn the_same_commands_give_the_same_dossier(
        law in any_law(),
        term in any_term(),
        start in any_instant(),
        attempts in prop::collection::vec(attempt(), 0..40),
    ) {
        let first = new_dossier(term, Channel::Online, start);
        let (reached, tried) = play(law, first.clone(), &attempts);
        let mut again = first;
        for ((command, by, now), answer) in tried {
            let replayed = again.decide(command, &by, law, now);
            prop_assert_eq!(&replayed, &answer);
            if let Ok(Decision::Moved(next)) = replayed {
                again = *next;
            }
        }
        prop_assert_eq!(again, reached);
    }

    #[test]
    fn whatever_decisions_lead_to_is_read_from_its_stored_form_and_is_the_same(
        law in any_law(), term in any_term(), channel in any_channel(), start in any_instant(),
        attempts in prop::collection::vec(attempt(), 0..40),
    ) {
        let (reached, _) = play(law, new_dossier(term, channel, start), &attempts);
        let read = serde_json::from_value::<Dossier>(serde_json::to_value(&reached).unwrap());
        prop_assert_eq!(read.map_err(|error| error.to_string()), Ok(reached));
    }

    #[test]
    fn a_dossier_can_be_rebuilt_from_its_history(
        law in any_law(),
        term in any_term(),
        start in any_instant(),
        attempts in prop::collection::vec(attempt(), 0..40),
    ) {
        let first = new_dossier(term, Channel::Online, start);
        let (reached, tried) = play(law, first.clone(), &attempts);
        let mut rebuilt = first;
        for entry in &reached.history[1..] {
            let command = Command {
                id: entry.command.clone(),
                action: entry.action,
                expected_version: Some(entry.version - 1),
                reason: entry.reason.clone(),
                note: entry.note.clone(),
                at: Some(entry.claimed_at.unwrap_or(entry.at)),
                new_due_on: entry.new_due_on(),
                to_agency: entry.handler.clone(),
                asked_for: Vec::new(),
                documents: Vec::new(),
            };
            let by = &tried.iter().find(|((tried, ..), _)| tried.id == entry.command).unwrap().0.1;
            rebuilt = super::world::moved(rebuilt.decide(command, by, law, entry.recorded_at));
        }
        prop_assert_eq!(rebuilt, reached);
    }

    #[test]
    fn every_command_repeated_at_any_later_time_changes_nothing(
        law in any_law(),
        term in any_term(),
        start in any_instant(),
        attempts in prop::collection::vec(attempt(), 1..30),
    ) {
        let (reached, tried) = play(law, new_dossier(term, Channel::Online, start), &attempts);
        for ((command, by, _), answer) in tried {
            let Ok(Decision::Moved(then)) = answer else { continue };
            let again = reached.decide(command, &by, law, Timestamp::MAX);
            prop_assert_eq!(again, Ok(Decision::Repeated(Box::new(then.history.last().unwrap().clone()))));
        }
    }

    #[test]
    fn a_longer_term_is_never_due_earlier(
        amount in 1_u16..200,
        more in 1_u16..20,
        unit in select(vec![TermUnit::WorkingDay, TermUnit::CalendarDay, TermUnit::WorkingHour]),
        received in any_instant(),
    ) {
        let due = |amount| Term::new(amount, unit).unwrap().due(calendar(), received).unwrap();
        prop_assert!(due(amount) <= due(amount + more));
    }

    #[test]
    fn a_later_receipt_is_never_due_earlier(
        amount in 1_u16..100,
        unit in select(vec![TermUnit::WorkingDay, TermUnit::CalendarDay, TermUnit::WorkingHour]),
        received in any_instant(),
        later in 0_i64..1_000_000,
    ) {
        let due = |received| Term::new(amount, unit).unwrap().due(calendar(), received).unwrap();
        prop_assert!(due(received) <= due(received + SignedDuration::from_secs(later)));
    }

    #[test]
    fn a_dossier_is_due_after_it_came_and_when_offices_are_open(
        amount in 1_u16..100,
        unit in select(vec![TermUnit::WorkingDay, TermUnit::CalendarDay, TermUnit::WorkingHour]),
        received in any_instant(),
    ) {
        let due = Term::new(amount, unit).unwrap().due(calendar(), received).unwrap();
        prop_assert!(received < due);
        prop_assert!(calendar().kind(date_of(due)).unwrap().is_working());
        let (hour, whole_days) = (clock(due), unit != TermUnit::WorkingHour);
        let open = |from: &str, to: &str| from.parse::<Time>().unwrap() < hour && hour <= to.parse::<Time>().unwrap();
        prop_assert!(open("07:00", "11:30") || open("13:30", "17:00"), "{hour}");
        prop_assert!(!whole_days || hour == "17:00".parse::<Time>().unwrap(), "{hour}");
    }

    #[test]
    fn between_receipt_and_due_date_lie_as_many_working_days_as_the_term_has(
        amount in 1_u16..200,
        received in any_instant(),
    ) {
        let due = Term::new(amount, TermUnit::WorkingDay).unwrap().due(calendar(), received).unwrap();
        prop_assert_eq!(working_days(counted_from(received), date_of(due)), usize::from(amount));
        prop_assert_eq!(calendar().working_days_between(counted_from(received), date_of(due)), Ok(i64::from(amount)));
    }

    #[test]
    fn between_receipt_and_due_instant_offices_are_open_for_as_long_as_the_term_says(
        amount in 1_u16..60,
        received in any_instant(),
    ) {
        let due = Term::new(amount, TermUnit::WorkingHour).unwrap().due(calendar(), received).unwrap();
        prop_assert_eq!(open_seconds(received, due), i64::from(amount) * 3_600);
    }

    // The explanation is the computation with its list: it names every day from receipt to the due
    // date, each once for a term in days, and counts the term out.
    #[test]
    fn an_explanation_gives_the_due_date_and_names_every_day_up_to_it(
        amount in 1_u16..60,
        unit in select(vec![TermUnit::WorkingDay, TermUnit::CalendarDay, TermUnit::WorkingHour]),
        received in any_instant(),
    ) {
        let term = Term::new(amount, unit).unwrap();
        let explained = term.explained(law(), received).unwrap();
        prop_assert_eq!(explained.due, term.due(calendar(), received).unwrap());
        let mut days: Vec<Date> = explained.days.iter().map(|line| line.date).collect();
        if unit == TermUnit::WorkingHour {
            days.dedup();
        }
        let all = date_of(received).series(1.day()).take_while(|day| *day <= date_of(explained.due));
        prop_assert_eq!(days, all.collect::<Vec<_>>());
        let numbers = explained.days.iter().filter_map(|line| {
            if let Reckoning::Counted { number, of } = line.reckoning { Some((number, of)) } else { None }
        });
        let term_in_days = if unit == TermUnit::WorkingHour { 0 } else { amount };
        prop_assert_eq!(numbers.collect::<Vec<_>>(), (1..=term_in_days).map(|n| (n, amount)).collect::<Vec<_>>());
    }

    #[test]
    fn a_term_in_calendar_days_is_overrun_only_by_days_off(amount in 1_i64..200, received in any_instant()) {
        let term = Term::new(amount.try_into().unwrap(), TermUnit::CalendarDay).unwrap();
        let due = date_of(term.due(calendar(), received).unwrap());
        let last = counted_from(received) + amount.days();
        prop_assert!(last <= due);
        prop_assert_eq!(working_days(last - 1.day(), due), 1);
    }

    #[test]
    fn a_pause_never_shortens_and_a_longer_one_never_gives_back_less(
        amount in 1_u16..40,
        unit in select(vec![TermUnit::WorkingDay, TermUnit::CalendarDay, TermUnit::WorkingHour]),
        received in any_instant(),
        before in 0_i64..500_000,
        pause in 0_i64..3_000_000,
        longer in 0_i64..500_000,
        by in any_counting(),
    ) {
        let term = Term::new(amount, unit).unwrap();
        let due = term.due(calendar(), received).unwrap();
        let resumed = |pause| term.due_of(calendar(), &paused(received, &[(before, pause)], by)).unwrap();
        prop_assert_eq!(resumed(0), due);
        prop_assert!(due <= resumed(pause));
        prop_assert!(resumed(pause) <= resumed(pause + longer));
    }

    // Said once for each unit, by counting and not by moving a date: what lies between receipt and
    // due date is the term and what stood still.
    #[test]
    fn pauses_give_back_what_passed_in_the_unit_of_the_term_and_nothing_else(
        amount in 1_u16..40,
        received in any_instant(),
        stretches in prop::collection::vec((0_i64..300_000, 0_i64..900_000), 0..4),
        by in any_counting(),
    ) {
        let run = paused(received, &stretches, by);
        let due = |unit| Term::new(amount, unit).unwrap().due_of(calendar(), &run).unwrap();
        let first = counted_from(received);
        let lost = |count: &dyn Fn(Date, Date) -> usize| -> usize {
            let days = run.pauses.iter().map(|pause| match by {
                PauseCounting::Dates => count(date_of(pause.from).max(first), date_of(pause.to)),
                // From one closing to another: the day whose closing has not come is the day
                // before.
                PauseCounting::Closings => count(closed_by(pause.from).max(first), closed_by(pause.to)),
            });
            days.sum()
        };
        let days = usize::from(amount) + lost(&working_days);
        prop_assert_eq!(working_days(first, date_of(due(TermUnit::WorkingDay))), days);

        let days = usize::from(amount) + lost(&all_days);
        let last = first + i64::try_from(days).unwrap().days();
        let end = date_of(due(TermUnit::CalendarDay));
        if run.pauses.iter().all(|pause| date_of(pause.from) <= first + i64::from(amount).days()) {
            prop_assert!(last <= end);
            prop_assert_eq!(working_days(last - 1.day(), end), 1, "moved to the next working day, once");
        } else {
            // What was missed stays missed: fewer days, where the next working day had not come.
            prop_assert!(working_days(last - 1.day(), end) <= 1);
        }

        let seconds: i64 = run.pauses.iter().map(|pause| open_seconds(pause.from, pause.to)).sum();
        prop_assert_eq!(open_seconds(received, due(TermUnit::WorkingHour)), i64::from(amount) * 3_600 + seconds);
    }

    // Real office time, told by a model of its own: a working day counts where the clock runs as
    // offices close, and the day on which the last one counts is the due date.
    #[test]
    fn a_term_in_working_days_ends_on_the_last_of_the_days_at_whose_closing_the_clock_ran(
        amount in 1_usize..40,
        received in any_instant(),
        stretches in prop::collection::vec((0_i64..300_000, 0_i64..900_000), 0..6),
    ) {
        let run = paused(received, &stretches, PauseCounting::Closings);
        let stands = |closing: Timestamp| run.pauses.iter().any(|pause| pause.from < closing && closing <= pause.to);
        let days = (counted_from(received) + 1.day()).series(1.day());
        let ran = days.filter(|day| is_working(*day) && !stands(at(&format!("{day}T17:00"))));
        let last = ran.take(amount).last().unwrap();
        // What stands still after the date was missed moves it too, and is another sentence.
        prop_assume!(run.pauses.iter().all(|pause| pause.from < at(&format!("{last}T17:00"))));
        let term = Term::new(u16::try_from(amount).unwrap(), TermUnit::WorkingDay).unwrap();
        prop_assert_eq!(local(term.due_of(calendar(), &run).unwrap()), format!("{last}T17:00:00"));
    }

    // A term in days and one in hours agree on what is no office time.
    #[test]
    fn where_offices_are_closed_all_the_time_a_pause_gives_nothing_back(
        amount in 1_u16..40,
        unit in select(vec![TermUnit::WorkingDay, TermUnit::WorkingHour]),
        received in any_instant(),
        before in 0_i64..500_000,
        pause in 0_i64..3_000_000,
    ) {
        let run = paused(received, &[(before, pause)], PauseCounting::Closings);
        let Pause { from, to, .. } = run.pauses[0];
        let term = Term::new(amount, unit).unwrap();
        let moved = term.due_of(calendar(), &run).unwrap() != term.due(calendar(), received).unwrap();
        prop_assert!(!moved || open_seconds(from, to) > 0);
    }

    #[test]
    fn an_explanation_with_pauses_comes_to_the_same_date_and_names_every_day_up_to_it(
        amount in 1_u16..40,
        unit in select(vec![TermUnit::WorkingDay, TermUnit::CalendarDay, TermUnit::WorkingHour]),
        received in any_instant(),
        stretches in prop::collection::vec((0_i64..300_000, 0_i64..900_000), 0..4),
        by in any_counting(),
    ) {
        let (term, run) = (Term::new(amount, unit).unwrap(), paused(received, &stretches, by));
        let explained = term.explained_of(law(), &AGENCY.parse().unwrap(), &run).unwrap();
        prop_assert_eq!(explained.due, term.due_of(calendar(), &run).unwrap());
        let mut days: Vec<Date> = explained.days.iter().map(|line| line.date).collect();
        if unit == TermUnit::WorkingHour {
            days.dedup();
        }
        let all = date_of(received).series(1.day()).take_while(|day| *day <= date_of(explained.due));
        prop_assert_eq!(days, all.collect::<Vec<_>>());
    }

    #[test]
    fn where_the_time_goes_on_waiting_for_documents_costs_what_a_suspension_costs(
        term in any_term(),
        start in any_instant(),
        before in 0_i64..500_000,
        pause in 0_i64..3_000_000,
    ) {
        let law = law_that_resumes_from("2019-01-01");
        let received = after_under(&law, &new_dossier(term, Channel::Online, start), Action::Receive, start);
        let working = after_under(&law, &received, Action::Process, start);
        let (from, to) = (start + SignedDuration::from_secs(before), start + SignedDuration::from_secs(before + pause));
        let through = |stop, go| after_under(&law, &after_under(&law, &working, stop, from), go, to).due_at;
        prop_assert_eq!(
            through(Action::RequestSupplement, Action::Supplement),
            through(Action::Suspend, Action::Resume)
        );
    }
}

proptest! {
    #![proptest_config(cases(60))]

    // What lies there at the end of a day is what lay there at the end of the day before, plus what
    // came, less what went:
    //
    //   stock(d) = stock(d-1) + received(d) + reopened(d) - resolved(d) - refused(d) - withdrawn(d)
    //
    // with stock = in process + supplement + paused, and of the refused and withdrawn only those
    // received before: what is refused or taken back unreceived is counted as a flow but was never
    // in stock. Reopened is what was settled at the end of the day before and sent back on this
    // one, whatever became of it by the evening; what is finished and sent back within one day was
    // never seen as settled and is no flow at all.
    #[test]
    fn each_evening_s_stock_is_the_evening_before_plus_what_came_less_what_went(dossiers in dossiers()) {
        let mut stock = 0;
        for today in days_of(&dossiers) {
            let row = total(&dossiers, today);
            let figure = |name: &str| row.get(name).copied().unwrap_or_default();
            let received = figure("receivedOnline") + figure("receivedCounter") + figure("receivedPostal");
            let unreceived = |status| count(&dossiers, |history| closed_unreceived(history, status, today));
            let came = received + count(&dossiers, |history| reopened(history, today));
            let went = figure("resolved") + figure("refused") - unreceived(DossierStatus::Refused)
                + figure("withdrawn") - unreceived(DossierStatus::Withdrawn);
            let evening = figure("inProcess") + figure("supplement") + figure("paused");
            prop_assert_eq!(evening + went, stock + came, "{}", today);
            stock = evening;
        }
    }

    #[test]
    fn the_figures_of_a_day_agree_with_each_other(dossiers in dossiers()) {
        for today in days_of(&dossiers) {
            for row in tally(&dossiers, today, DueBasis::Original).values() {
                prop_assert_eq!(row.early + row.on_time + row.late, row.resolved);
                prop_assert!(row.overdue <= row.in_process);
            }
        }
    }

    #[test]
    fn the_dossiers_that_are_listed_as_behind_are_those_that_the_figures_count(dossiers in dossiers()) {
        for today in days_of(&dossiers) {
            for basis in [DueBasis::Original, DueBasis::Extended] {
                let rows = tally(&dossiers, today, basis);
                let row = rows.get(&KpiCell::Province).copied().unwrap_or_default();
                let listed = dossiers.iter().filter_map(|dossier| behind(dossier, today, today, |_| basis));
                let (settled, open): (Vec<_>, Vec<_>) = listed.partition(|behind| behind.settled.is_some());
                prop_assert_eq!((settled.len() as u64, open.len() as u64), (row.late, row.overdue));
            }
        }
    }

    #[test]
    fn every_dossier_is_received_once_and_by_its_own_channel(dossiers in dossiers()) {
        let mut sums = [0; 3];
        for today in days_of(&dossiers) {
            let row = total(&dossiers, today);
            for (sum, name) in sums.iter_mut().zip(["receivedOnline", "receivedCounter", "receivedPostal"]) {
                *sum += row.get(name).copied().unwrap_or_default();
            }
        }
        let by = |channel| {
            let received = |dossier: &&DossierFacts| {
                dossier.channel == channel && dossier.history.iter().any(|entry| entry.action == Action::Receive)
            };
            dossiers.iter().filter(received).count() as u64
        };
        prop_assert_eq!(sums, [by(Channel::Online), by(Channel::Counter), by(Channel::Postal)]);
    }

    #[test]
    fn the_order_of_dossiers_and_what_happens_later_do_not_change_a_day(dossiers in dossiers(), turn in any::<Index>()) {
        for today in days_of(&dossiers) {
            let mut others = dossiers.clone();
            others.rotate_left(turn.index(dossiers.len()));
            for dossier in &mut others {
                dossier.history.retain(|entry| entry.at <= end_of(today));
            }
            others.retain(|dossier| !dossier.history.is_empty());
            for basis in [DueBasis::Original, DueBasis::Extended] {
                prop_assert_eq!(tally(&others, today, basis), tally(&dossiers, today, basis));
            }
        }
    }
}

/// Dossiers of one week's submissions, each with what became of it over some weeks.
pub(super) fn dossiers() -> impl Strategy<Value = Vec<DossierFacts>> {
    let first = at("2026-03-02T00:00");
    let one =
        (any_term(), any_channel(), 0_i64..7 * 86_400, prop::collection::vec(attempt(), 0..15))
            .prop_map(move |(term, channel, second, attempts)| {
                let start = first + SignedDuration::from_secs(second);
                facts(&play(law(), new_dossier(term, channel, start), &attempts).0)
            });
    prop::collection::vec(one, 1..12)
}

/// From the day before anything was handed in to the day on which the last thing happened.
pub(super) fn days_of(dossiers: &[DossierFacts]) -> Vec<Date> {
    let last = dossiers
        .iter()
        .flat_map(|dossier| &dossier.history)
        .map(|entry| date_of(entry.at))
        .max()
        .unwrap();
    day("2026-03-01").series(1.day()).take_while(|day| *day <= last).collect()
}

fn count(dossiers: &[DossierFacts], wanted: impl Fn(&[HistoryEntry]) -> bool) -> u64 {
    dossiers.iter().filter(|dossier| wanted(&dossier.history)).count() as u64
}

/// Whether it came to `status`, which is an end, on `today` without having been received.
fn closed_unreceived(history: &[HistoryEntry], status: DossierStatus, today: Date) -> bool {
    let end = history.last().unwrap();
    end.status == status
        && date_of(end.at) == today
        && !history.iter().any(|entry| entry.action == Action::Receive)
}

/// Whether it was settled at the end of the day before `today` and sent back on it.
fn reopened(history: &[HistoryEntry], today: Date) -> bool {
    let settled = history.iter().rfind(|entry| date_of(entry.at) < today).map(|entry| entry.status)
        == Some(DossierStatus::Finished);
    settled
        && history
            .iter()
            .any(|entry| date_of(entry.at) == today && entry.action == Action::SendBack)
}

fn clock(instant: Timestamp) -> Time {
    jiff::tz::offset(7).to_datetime(instant).time()
}

fn is_working(day: Date) -> bool {
    calendar().kind(day).unwrap().is_working()
}

/// NĐ 61/2018 Đ.18 once more, as a sentence: the day itself if offices are open and it is not after
/// 15:00, else the first working day after it.
fn counted_from(received: Timestamp) -> Date {
    let today = date_of(received);
    if is_working(today) && clock(received) <= "15:00".parse::<Time>().unwrap() {
        return today;
    }
    (today + 1.day()).series(1.day()).find(|day| is_working(*day)).unwrap()
}

/// Working days after `from`, up to and with `to`.
fn working_days(from: Date, to: Date) -> usize {
    (from + 1.day())
        .series(1.day())
        .take_while(|day| *day <= to)
        .filter(|day| is_working(*day))
        .count()
}

/// Days after `from`, up to and with `to`.
fn all_days(from: Date, to: Date) -> usize {
    (from + 1.day()).series(1.day()).take_while(|day| *day <= to).count()
}

/// The last day whose closing has come at `at`.
fn closed_by(at: Timestamp) -> Date {
    if clock(at) >= "17:00".parse::<Time>().unwrap() { date_of(at) } else { date_of(at) - 1.day() }
}

fn any_counting() -> impl Strategy<Value = PauseCounting> {
    select(vec![PauseCounting::Dates, PauseCounting::Closings])
}

/// A clock that stood still: for each stretch, how long it ran before, and for how long, in
/// seconds.
fn paused(received: Timestamp, stretches: &[(i64, i64)], by: PauseCounting) -> Run {
    let mut run = Run::from(received);
    let mut now = received;
    for (before, length) in stretches {
        let from = now + SignedDuration::from_secs(*before);
        now = from + SignedDuration::from_secs(*length);
        run.pauses.push(Pause { from, to: now, by });
    }
    run
}

/// For how many seconds offices are open between two instants.
fn open_seconds(from: Timestamp, to: Timestamp) -> i64 {
    let mut seconds = 0;
    for day in date_of(from)
        .series(1.day())
        .take_while(|day| *day <= date_of(to))
        .filter(|day| is_working(*day))
    {
        for (open, close) in [("07:00", "11:30"), ("13:30", "17:00")] {
            let (open, close) = (at(&format!("{day}T{open}")), at(&format!("{day}T{close}")));
            seconds += (close.min(to).as_second() - open.max(from).as_second()).max(0);
        }
    }
    seconds
}
