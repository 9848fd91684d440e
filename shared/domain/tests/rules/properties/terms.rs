//! Terms, due dates and pauses, whatever the day.

use super::*;

proptest! {
    #![proptest_config(cases(200))]

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
