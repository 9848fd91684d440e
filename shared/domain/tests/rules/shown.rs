//! What `make deadline` shows to people.

#[path = "../../examples/deadline/table.rs"]
mod table;

use super::world::catalogue;

fn shown(words: &str) -> Result<String, String> {
    let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
    table::Question::read(&words)?.answer(catalogue())
}

// The example of the issue: the last minute before Tết.
#[test]
fn a_birth_registered_before_tet_is_due_on_the_first_day_after_it() {
    let expected = "\
1.001193 · Đăng ký khai sinh
received  Fri 13/02/2026 14:59
due       Mon 23/02/2026 17:00
rule      1 working-day · NĐ 118/2025/NĐ-CP, read as NĐ 61/2018/NĐ-CP Đ.17, Đ.18; BLDS 2015 Đ.147.2

Fri 13/02/2026  received
Sat 14/02/2026  weekend
Sun 15/02/2026  weekend
Mon 16/02/2026  holiday
Tue 17/02/2026  holiday
Wed 18/02/2026  holiday
Thu 19/02/2026  holiday
Fri 20/02/2026  holiday
Sat 21/02/2026  weekend
Sun 22/02/2026  weekend
Mon 23/02/2026  counted 1 of 1";
    assert_eq!(shown("1.001193 2026-02-13T14:59").as_deref(), Ok(expected));
}

#[test]
fn what_cannot_be_shown_is_refused_with_the_field_and_the_rule() {
    for (words, refusal) in [
        (
            "1.001193 2026-03-02T08:00 online H58.03",
            "AGENCY: did not take dossiers in on 2026-03-02; its successor is H20.03 (agency-in-force)",
        ),
        (
            "1.001193 2026-03-02T08:00 online H99",
            "AGENCY: is not an agency of this province (known-agency)",
        ),
        (
            "1.001193 2026-03-02T08:00 online ?",
            "AGENCY: must look like H20.12 or 000.00.15.H58 (agency-code)",
        ),
        (
            "1.001193 2026-03-02T08:00 pigeon",
            "CHANNEL: must be online, counter or postal (known-value)",
        ),
        ("1.001193 tomorrow", "RECEIVED: must look like 2026-02-13T14:59 (date-time)"),
        (
            "1.001193 2026-12-31T08:00",
            "RECEIVED: the working calendar has no data for 2027 (known-year)",
        ),
        ("1.001193 2018-12-31T08:00", "PROCEDURE: is not in force on 2018-12-31 (known-procedure)"),
        (
            "birth 2026-03-02T08:00",
            "PROCEDURE: must look like 1.005129 or 1.002835.000.00.00.H56 (procedure-code)",
        ),
    ] {
        assert_eq!(shown(words), Err(refusal.to_owned()), "{words}");
    }
    // While it existed it took dossiers in.
    assert!(
        shown("2.000004 2025-06-27T08:00 counter H58.03")
            .unwrap()
            .contains("H58.03 · Sở Công Thương")
    );
}
