//! A due date explains itself day by day.

use super::*;

/// Every day of a term as a citizen reads it, the due instant last.
fn told(length: &str, received: &str) -> Vec<String> {
    let explained = term(length).unwrap().explained(law(), at(received)).unwrap();
    let days =
        explained.days.iter().map(|line| format!("{} {line}", line.date.strftime("%a %d/%m")));
    days.chain([format!("due {}", local(explained.due))]).collect()
}

#[test]
fn a_due_date_explains_itself_day_by_day() {
    for (length, received, expected) in [
        (
            "2 working-day",
            "2026-02-13T14:59",
            &[
                "Fri 13/02 received",
                "Sat 14/02 weekend",
                "Sun 15/02 weekend",
                "Mon 16/02 holiday",
                "Tue 17/02 holiday",
                "Wed 18/02 holiday",
                "Thu 19/02 holiday",
                "Fri 20/02 holiday",
                "Sat 21/02 weekend",
                "Sun 22/02 weekend",
                "Mon 23/02 counted 1 of 2",
                "Tue 24/02 counted 2 of 2",
                "due 2026-02-24T17:00:00",
            ][..],
        ),
        (
            "1 working-day",
            "2026-03-02T15:01",
            &[
                "Mon 02/03 came after the hand-over hour",
                "Tue 03/03 received",
                "Wed 04/03 counted 1 of 1",
                "due 2026-03-04T17:00:00",
            ],
        ),
        (
            "1 working-day",
            "2026-03-06T16:00",
            &[
                "Fri 06/03 came after the hand-over hour",
                "Sat 07/03 weekend",
                "Sun 08/03 weekend",
                "Mon 09/03 received",
                "Tue 10/03 counted 1 of 1",
                "due 2026-03-10T17:00:00",
            ],
        ),
        (
            "1 working-day",
            "2026-03-07T10:00",
            &[
                "Sat 07/03 weekend",
                "Sun 08/03 weekend",
                "Mon 09/03 received",
                "Tue 10/03 counted 1 of 1",
                "due 2026-03-10T17:00:00",
            ],
        ),
        (
            "2 working-day",
            "2026-01-09T08:00",
            &[
                "Fri 09/01 received",
                "Sat 10/01 counted 1 of 2, a made-up Saturday",
                "Sun 11/01 weekend",
                "Mon 12/01 counted 2 of 2",
                "due 2026-01-12T17:00:00",
            ],
        ),
        (
            "1 working-day",
            "2026-01-10T08:00",
            &[
                "Sat 10/01 received, a made-up Saturday",
                "Sun 11/01 weekend",
                "Mon 12/01 counted 1 of 1",
                "due 2026-01-12T17:00:00",
            ],
        ),
        // NQ 28/2026/QH16: 24 November.
        (
            "1 working-day",
            "2026-11-23T08:00",
            &[
                "Mon 23/11 received",
                "Tue 24/11 holiday",
                "Wed 25/11 counted 1 of 1",
                "due 2026-11-25T17:00:00",
            ],
        ),
        (
            "5 calendar-day",
            "2026-03-02T08:00",
            &[
                "Mon 02/03 received",
                "Tue 03/03 counted 1 of 5",
                "Wed 04/03 counted 2 of 5",
                "Thu 05/03 counted 3 of 5",
                "Fri 06/03 counted 4 of 5",
                "Sat 07/03 counted 5 of 5, a weekend",
                "Sun 08/03 weekend",
                "Mon 09/03 due, as the term ended on a day off",
                "due 2026-03-09T17:00:00",
            ],
        ),
        (
            "1 calendar-day",
            "2024-02-28T08:00",
            &["Wed 28/02 received", "Thu 29/02 counted 1 of 1", "due 2024-02-29T17:00:00"],
        ),
        (
            "4 working-hour",
            "2026-03-02T08:00",
            &[
                "Mon 02/03 08:00–11:30, counted 3 h 30 min of 4 h",
                "Mon 02/03 13:30–14:00, counted 4 h of 4 h",
                "due 2026-03-02T14:00:00",
            ],
        ),
        (
            "4 working-hour",
            "2026-03-06T16:00",
            &[
                "Fri 06/03 16:00–17:00, counted 1 h of 4 h",
                "Sat 07/03 weekend",
                "Sun 08/03 weekend",
                "Mon 09/03 07:00–10:00, counted 4 h of 4 h",
                "due 2026-03-09T10:00:00",
            ],
        ),
        (
            "1 working-hour",
            "2026-01-09T17:00",
            &[
                "Fri 09/01 came after closing",
                "Sat 10/01 07:00–08:00, counted 1 h of 1 h, a made-up Saturday",
                "due 2026-01-10T08:00:00",
            ],
        ),
        (
            "1 working-hour",
            "2026-03-02T11:29:15",
            &[
                "Mon 02/03 11:29–11:30, counted 45 s of 1 h",
                "Mon 02/03 13:30–14:29, counted 1 h of 1 h",
                "due 2026-03-02T14:29:15",
            ],
        ),
    ] {
        assert_eq!(told(length, received), expected, "{length} from {received}");
    }
}

#[test]
fn an_explanation_names_the_term_and_the_articles_of_its_unit_on_that_day() {
    for (length, received, amount, source) in [
        ("4 working-hour", "2024-03-04T08:00", 4, "NĐ 61/2018/NĐ-CP Đ.17"),
        ("5 working-day", "2024-03-04T08:00", 5, "NĐ 61/2018/NĐ-CP Đ.17, Đ.18; BLDS 2015 Đ.147.2"),
        (
            "7 calendar-day",
            "2024-03-04T08:00",
            7,
            "NĐ 61/2018/NĐ-CP Đ.17, Đ.18; BLDS 2015 Đ.147.2, Đ.148.5",
        ),
        (
            "4 working-hour",
            "2026-03-02T08:00",
            4,
            "NĐ 118/2025/NĐ-CP, read as NĐ 61/2018/NĐ-CP Đ.17",
        ),
    ] {
        let term = term(length).unwrap();
        let rule = term.explained(law(), at(received)).unwrap().rule;
        assert_eq!(
            (rule.amount, rule.unit, rule.source.as_str()),
            (amount, term.unit(), source),
            "{length}"
        );
    }
}

#[test]
fn an_explanation_that_needs_a_year_without_a_calendar_names_the_year() {
    let missing = term("5 working-day").unwrap().explained(law(), at("2026-12-28T08:00"));
    assert_eq!(missing, Err(MissingYear { year: 2027 }));
}
