//! Who told applicants of changes: each change counts once, whoever counted it.

use std::collections::BTreeMap;

use domain::thread::{Told, ToldCount};

#[test]
fn each_change_counts_once_for_whoever_told_it_or_for_the_reason_why_nobody_did() {
    let mut count = ToldCount::default();
    let nobody = |why: &str| Told::Nobody(why.to_owned());
    for told in [
        Told::Us,
        Told::Us,
        Told::Us,
        Told::Them,
        Told::Them,
        Told::Both,
        Told::Unsure,
        nobody("unreachable"),
        nobody("unreachable"),
        Told::by_nobody_yet(),
    ] {
        count.count(told);
    }
    let reasons = [("not-looked-at".to_owned(), 1), ("unreachable".to_owned(), 2)];
    let expected =
        ToldCount { us: 3, them: 2, both: 1, unsure: 1, nobody: BTreeMap::from(reasons) };
    assert_eq!(count, expected);
    assert_eq!((count.untold(), count.changes()), (3, 10));
}

#[test]
fn what_two_agencies_counted_is_their_sum_reason_by_reason() {
    let count = |us, reasons: &[(&str, u64)]| {
        let nobody = reasons.iter().map(|(why, count)| ((*why).to_owned(), *count)).collect();
        ToldCount { us, them: us * 2, both: us * 3, unsure: us * 5, nobody }
    };
    let mut sum = count(10, &[("unreachable", 4), ("expired", 1)]);
    sum.add(&count(7, &[("unreachable", 3), ("budget", 9)]));
    assert_eq!(sum, count(17, &[("unreachable", 7), ("expired", 1), ("budget", 9)]));
    assert_eq!((sum.untold(), sum.changes()), (17, 17 * 12));
}
