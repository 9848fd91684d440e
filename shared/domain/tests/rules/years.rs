//! The days off and the worked Saturdays of each year, date by date, as the domain note lists them
//! (§3.6).

use domain::calendar::DayKind;
use jiff::ToSpan;
use jiff::civil::{Date, date};

use super::world::{calendar, day};

/// Year, weekdays off, Saturdays worked; `4-8/2` is from the 4th to the 8th of February.
const YEARS: [(i16, &str, &str); 8] = [
    (2019, "1/1 4-8/2 15/4 29/4 30/4 1/5 2/9", "5/1 4/5"),
    (2020, "1/1 23-24/1 27-29/1 2/4 30/4 1/5 2/9", ""),
    (2021, "1/1 10-12/2 15-16/2 21/4 30/4 3/5 2-3/9", ""),
    (2022, "3/1 31/1 1-4/2 11/4 2-3/5 1-2/9", ""),
    (2023, "2/1 20/1 23-26/1 1-3/5 1/9 4/9", ""),
    (2024, "1/1 8-9/2 12-14/2 18/4 29-30/4 1/5 2-3/9", "4/5"),
    (2025, "1/1 27-31/1 7/4 30/4 1-2/5 1-2/9", "26/4"),
    (2026, "1-2/1 16-20/2 27/4 30/4 1/5 31/8 1-2/9 24/11", "10/1 22/8"),
];

fn days(year: i16, text: &str) -> Vec<Date> {
    let stretch = |word: &str| {
        let (days, month) = word.split_once('/').expect("a day and a month");
        let (first, last) = days.split_once('-').unwrap_or((days, days));
        let [first, last]: [i8; 2] = [first, last].map(|number| number.parse().unwrap());
        let month = month.parse().unwrap();
        (first..=last).map(move |number| date(year, month, number))
    };
    text.split_whitespace().flat_map(stretch).collect()
}

#[test]
fn each_year_is_off_and_worked_on_the_listed_days_and_on_no_other() {
    for (year, off, worked) in YEARS {
        let all = date(year, 1, 1).series(1.day()).take_while(|day| day.year() == year);
        let (mut found_off, mut found_worked) = (Vec::new(), Vec::new());
        for day in all {
            match calendar().kind(day).unwrap() {
                DayKind::Holiday => found_off.push(day),
                DayKind::MadeUp => found_worked.push(day),
                DayKind::Working | DayKind::Weekend => {}
            }
        }
        assert_eq!((found_off, found_worked), (days(year, off), days(year, worked)), "{year}");
    }
    let known: Vec<i16> = calendar().years().collect();
    assert_eq!(known, YEARS.map(|(year, ..)| year));
}

// Two developers' tables put Mùng 1 of 2026 on 18 February; 9441/TB-BNV says the 17th.
#[test]
fn the_first_day_of_the_lunar_year_is_off_in_every_year() {
    for mung_1 in [
        "2019-02-05",
        "2021-02-12",
        "2022-02-01",
        "2023-01-22",
        "2024-02-10",
        "2025-01-29",
        "2026-02-17",
    ] {
        assert!(!calendar().kind(day(mung_1)).unwrap().is_working(), "{mung_1}");
    }
}
