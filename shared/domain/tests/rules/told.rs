//! Who told applicants of changes: each change counts once, whoever counted it.

use std::collections::BTreeMap;

use domain::notice::{NoticeClass, Provider};
use domain::thread::{Told, ToldCount};

use super::routes::{Telling, accepted, price, silent};

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

#[test]
fn a_change_is_told_by_whoever_has_it_and_by_nobody_while_it_only_waits() {
    let told = |telling: &Telling| [false, true].map(|theirs| telling.thread.told(1, theirs));
    let waiting = Telling::new(NoticeClass::Legal);
    let reason = Told::Nobody("waiting".to_owned());
    assert_eq!(told(&waiting), [Some(reason), Some(Told::Them)]);
    let mut sent = Telling::new(NoticeClass::Legal);
    sent.call(Provider::Esms, &accepted(Provider::Esms));
    assert_eq!(told(&sent), [Some(Told::Us), Some(Told::Both)]);
    let mut lost = Telling::new(NoticeClass::Legal);
    lost.call(Provider::Vnpt, &silent(Provider::Vnpt));
    assert_eq!(told(&lost), [Some(Told::Unsure), Some(Told::Them)]);
    assert_eq!(lost.thread.told(2, true), None, "no notice is about it");
}

#[test]
fn a_notice_is_whose_call_it_is_until_that_is_concluded_and_costs_what_it_was_listed_at() {
    let mut telling = Telling::new(NoticeClass::Legal);
    assert_eq!(telling.thread.charge_of(1).vnd, 0);
    let holder = telling.lease(Provider::Esms);
    let of = |telling: &Telling, version, holder: &str| {
        let thread = &telling.thread;
        (thread.is_leased_to(version, holder), thread.is_concluded_by(version, holder))
    };
    assert_eq!(of(&telling, 1, &holder), (true, false));
    assert_eq!(of(&telling, 1, "another"), (false, false));
    assert_eq!(of(&telling, 2, &holder), (false, false));
    telling.conclude(&holder, Provider::Esms, &accepted(Provider::Esms));
    assert_eq!(of(&telling, 1, &holder), (false, true));
    assert_eq!(of(&telling, 1, "another"), (false, false));
    let notice = telling.thread.notice(1).unwrap();
    assert_eq!(notice.accepted_at(), Some(telling.now));
    let charge = telling.thread.charge_of(1);
    assert_eq!(charge.vnd, price(Provider::Esms));
    assert_eq!(telling.thread.charge_of(2).vnd, 0);
    assert_eq!(charge.with(7).since(charge).vnd, 7);
}
