//! How often something may be asked for: windows and their edges, and how what is left of the month's
//! budget is divided.

use std::collections::BTreeMap;

use domain::calendar::date_of;
use domain::limit::{Limit, LimitName};
use domain::notice::policy::{NoticePolicies, NoticePolicy, PoliciesFile};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::world::{at, catalogue, catalogue_with, day};

fn shipped(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn limit(name: LimitName) -> Limit {
    catalogue().limits().on(name, day("2026-11-17"))
}

#[test]
fn each_limit_that_ships_says_how_often_in_which_time() {
    for (name, most, minutes) in [
        (LimitName::LookUpsOfAddress, 300, 10),
        (LimitName::MissesOfAddress, 60, 10),
        (LimitName::SubmissionsOfAccount, 30, 1_440),
        (LimitName::SubmissionsOfTelephone, 50, 1_440),
        (LimitName::UploadsOfAccount, 100, 1_440),
        (LimitName::SearchesOfAccount, 300, 1_440),
        (LimitName::FeedbackOfAddress, 20, 60),
        (LimitName::FeedbackOfTelephone, 10, 1_440),
        (LimitName::CodesOfAddress, 20, 60),
        (LimitName::CodesOfDossier, 5, 1_440),
        (LimitName::CodesInARow, 1, 1),
        (LimitName::CodesOfTelephone, 10, 1_440),
        (LimitName::GuessesOfAddress, 60, 60),
    ] {
        let limit = limit(name);
        assert_eq!((limit.name, limit.most, limit.minutes), (name, most, minutes));
    }
}

#[test]
fn a_limit_is_widened_for_a_province_that_is_played_and_never_narrowed() {
    let limit = limit(LimitName::MissesOfAddress);
    for (times, most) in [(0, 60), (1, 60), (100, 6_000), (u32::MAX, u32::MAX)] {
        assert_eq!(limit.widened(times), Limit { most, ..limit }, "{times}");
    }
}

#[test]
fn a_day_s_limit_ends_at_midnight_in_viet_nam_also_on_the_eve_of_tet() {
    let limit = limit(LimitName::SubmissionsOfAccount);
    // 23:59 on 16 February 2026; Tết is the 17th.
    let eve = at("2026-02-16T23:59");
    let reached = limit.judge(31, eve).unwrap_err();
    assert_eq!((reached.until, reached.again_in_seconds), (at("2026-02-17T00:00"), 60));
    assert_eq!(limit.judge(30, eve), Ok(()));
    assert_ne!(limit.window(eve), limit.window(at("2026-02-17T00:00")));
    assert_eq!(limit.window(at("2026-02-16T00:00")), limit.window(eve));
}

#[test]
fn a_row_holds_from_its_day_and_what_no_row_names_has_the_limit_that_this_release_knows() {
    let named = |rows: Value| {
        let mut intake: Value = shipped(include_str!("../../../../infra/data/intake.json"));
        intake["limits"] = rows;
        catalogue_with(|files| files.intake = serde_json::from_value(intake).unwrap())
    };
    let row = |most: u32, minutes: u32, from: &str| {
        json!({ "limit": "uploads-of-account", "most": most, "minutes": minutes, "validFrom": from,
                "source": "thử", "trust": "unverified" })
    };
    let both = named(json!([row(7, 60, "2026-12-01"), row(5, 1_440, "2026-01-01")])).unwrap();
    let on = |name, date| both.limits().on(name, day(date));
    let uploads = |date| {
        let limit = on(LimitName::UploadsOfAccount, date);
        (limit.most, limit.minutes)
    };
    assert_eq!(uploads("2025-12-31"), (100, 1_440));
    assert_eq!(uploads("2026-11-30"), (5, 1_440));
    assert_eq!(uploads("2026-12-01"), (7, 60));
    assert_eq!(on(LimitName::MissesOfAddress, "2026-12-01").most, 60);
    for (rows, broken) in [
        (json!([row(0, 60, "2026-01-01")]), "limits[0].most"),
        (json!([row(100_001, 60, "2026-01-01")]), "limits[0].most"),
        (json!([row(1, 0, "2026-01-01")]), "limits[0].minutes"),
        (json!([row(1, 7, "2026-01-01")]), "limits[0].minutes"),
        (json!([row(1, 2_880, "2026-01-01")]), "limits[0].minutes"),
        (json!([row(1, 60, "2026-01-01"), row(2, 60, "2026-01-01")]), "limits[1].validFrom"),
    ] {
        let found = named(rows).unwrap_err();
        assert!(found.iter().any(|one| one.field.ends_with(broken)), "{broken}: {found:?}");
    }
}

proptest! {
    /// In no stretch as long as a window more passes than twice the limit, and in no window more than
    /// the limit, whenever requests come.
    #[test]
    fn whoever_asks_around_the_edge_of_a_window_gets_twice_the_limit_at_most(
        gaps in prop::collection::vec(0_i64..200, 1..300),
        minutes in prop::sample::select(vec![1_u32, 10, 60, 1_440]),
        most in 1_u32..20,
    ) {
        let limit = Limit { name: LimitName::MissesOfAddress, most, minutes };
        let (mut now, mut counts) = (at("2026-02-16T23:50"), BTreeMap::<i64, u64>::new());
        let mut passed: Vec<Timestamp> = Vec::new();
        for gap in gaps {
            now = now.saturating_add(SignedDuration::from_secs(gap)).unwrap();
            let count = counts.entry(limit.window(now)).or_default();
            *count += 1;
            match limit.judge(*count, now) {
                Ok(()) => passed.push(now),
                Err(reached) => {
                    // It says the truth: then, and not before, it begins anew.
                    prop_assert_ne!(limit.window(reached.until), limit.window(now));
                    let before = reached.until - SignedDuration::from_secs(1);
                    prop_assert_eq!(limit.window(before), limit.window(now));
                    let left = reached.until.as_second() - now.as_second();
                    prop_assert_eq!(i64::from(reached.again_in_seconds), left);
                }
            }
        }
        let length = SignedDuration::from_mins(i64::from(minutes));
        for first in &passed {
            let within = passed.iter().filter(|one| *first <= **one && **one < *first + length);
            prop_assert!(within.count() <= 2 * most as usize);
        }
    }
}

// ---------------------------------------------------------------------------------- the month's budget

fn policy(budget: u64, shared_from: u32, share: u32) -> NoticePolicy {
    let mut file = shipped(include_str!("../../../../infra/data/notices.json"));
    let row = &mut file["policies"][0];
    row["monthlyBudgetVnd"] = budget.into();
    row["budgetSharedFromPercent"] = shared_from.into();
    row["agencySharePercent"] = share.into();
    let file: PoliciesFile = serde_json::from_value(file).unwrap();
    NoticePolicies::assemble(file).unwrap().on(date_of(at("2026-11-17T09:00"))).clone()
}

#[test]
fn the_budget_warns_from_its_percentage_on_until_it_is_spent() {
    let mut file = shipped(include_str!("../../../../infra/data/notices.json"));
    let row = &mut file["policies"][0];
    (row["monthlyBudgetVnd"], row["budgetWarningPercent"]) = (json!(1_000), json!(80));
    let file: PoliciesFile = serde_json::from_value(file).unwrap();
    let policy = NoticePolicies::assemble(file).unwrap().on(day("2026-11-17")).clone();
    for (spent, warns, is_spent) in [
        (0, false, false),
        (799, false, false),
        (800, true, false),
        (999, true, false),
        (1_000, false, true),
    ] {
        assert_eq!((policy.budget_warns(spent), policy.budget_is_spent(spent)), (warns, is_spent));
    }
}

/// A month as it is spent: by agency, and since the budget is divided.
#[derive(Default)]
struct Month {
    spent: u64,
    of: BTreeMap<usize, u64>,
    divided: BTreeMap<usize, u64>,
}

impl Month {
    /// Whether `agency` still has a notice that the law does not require, for `price`.
    fn sends(&mut self, policy: &NoticePolicy, agency: usize, price: u64) -> bool {
        let shared = policy.budget_is_shared(self.spent);
        let had = self.divided.get(&agency).copied().unwrap_or_default();
        if policy.budget_is_spent(self.spent) || shared && policy.share_is_spent(had) {
            return false;
        }
        self.spent += price;
        *self.of.entry(agency).or_default() += price;
        if shared {
            *self.divided.entry(agency).or_default() += price;
        }
        true
    }
}

#[test]
fn a_flood_at_one_agency_leaves_the_others_their_messages() {
    let policy = policy(1_000_000, 70, 10);
    let mut month = Month::default();
    let flooded = (0..100_000).filter(|_| month.sends(&policy, 0, 200)).count();
    // Seven tenths that nobody had asked for, and a tenth of the rest.
    assert_eq!((flooded, month.spent), (3_650, 730_000));
    let others =
        (1..=9).map(|agency| (0..1_000).filter(|_| month.sends(&policy, agency, 200)).count());
    assert!(others.into_iter().all(|sent| sent == 150), "a tenth of three tenths each");
    assert_eq!(month.spent, 1_000_000);
}

proptest! {
    #[test]
    fn one_agency_can_never_drain_the_budget_and_a_quiet_one_always_has_its_share(
        budget in 1_000_u64..50_000,
        shared_from in 1_u32..=100,
        share in 1_u32..=100,
        flood in prop::collection::vec((0_usize..8, 1_u64..90), 0..800),
    ) {
        const DEAREST: u64 = 90;
        let policy = policy(budget, shared_from, share);
        let mut month = Month::default();
        for (agency, price) in &flood {
            month.sends(&policy, *agency, *price);
        }
        let free = budget * u64::from(shared_from) / 100;
        let part = (budget - free) * u64::from(share) / 100;
        for (agency, spent) in &month.of {
            prop_assert!(*spent <= free + part + DEAREST, "{agency} has had {spent}");
        }
        for had in month.divided.values() {
            prop_assert!(*had < part + DEAREST);
        }
        prop_assert!(month.spent < budget + DEAREST);
        // As long as fewer agencies flood than there are shares, another still has its own.
        let floods = month.divided.len() as u64;
        if (floods + 1) * u64::from(share) <= 100 {
            let mut quiet = 0;
            while quiet < part && month.sends(&policy, 99, 1) {
                quiet += 1;
            }
            // But for the last message of each, which may go beyond its share.
            prop_assert!(quiet + (floods + 1) * DEAREST >= part, "{quiet} of {part}");
        }
    }
}
