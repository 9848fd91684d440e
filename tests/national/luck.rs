//! Whatever goes wrong and in whatever order: the portal and a subscriber end with every step, and
//! the ledger with what it would be had nothing gone wrong. `make prove SEEDS=5000` goes on for long.

use super::*;
use crate::subscribers::{beside, hook_id, with_hook};
use crate::support::hook::Hook;
use crate::support::national::Mortal;

/// How many times, where the environment does not say (`SEEDS`).
const SEEDS: u64 = 40;

/// So many times in one world, three hours each, all within the year whose holidays are decided: a
/// world is most of the time of one.
const OF_A_WORLD: u64 = 40;

/// What can go wrong, in hours of bad luck.
fn bad_luck(draw: u32) -> Option<Value> {
    Some(match draw {
        0 => json!({ "mode": "outage", "times": 1 }),
        1 => json!({ "mode": "http-500", "times": 2 }),
        2 => json!({ "mode": "drop-after", "times": 1 }),
        3 => json!({ "mode": "duplicate", "times": 2 }),
        4 => json!({ "mode": "expire", "times": 1 }),
        5 => json!({ "mode": "wrong-code", "times": 1 }),
        6 => json!({ "mode": "refuse-item", "times": 1 }),
        7 => json!({ "mode": "strangers", "service": "DongBoHoSoMC", "times": 1 }),
        8 => json!({ "mode": "http-429", "times": 1, "retryAfter": "30" }),
        _ => return None,
    })
}

/// What a subscriber in a bad mood answers; it takes what it answers nothing to.
fn mood(draw: u32) -> Option<&'static str> {
    match draw {
        0 => Some("503 Service Unavailable"),
        1 => Some("500 Internal Server Error"),
        2 => Some("422 Unprocessable Content"),
        3 => None,
        4 => Some("429 Too Many Requests\r\nretry-after: 30"),
        _ => Some("200 OK"),
    }
}

/// Dossiers that move while messages are lost, doubled and shuffled, processes die, and the portal
/// and the subscriber have their moods.
async fn hours_of_bad_luck(world: &World, hook: &Hook, seed: u64) {
    let mut luck = fastrand::Rng::with_seed(seed);
    let mut national = National::new(world).await;
    national.catalogue = with_hook();
    national.systems = std::mem::take(&mut national.systems).with(beside(hook));
    hook.mend();
    // Each comes after the others of its world.
    let hours = 3 * i64::try_from(seed % OF_A_WORLD).unwrap();
    let mut now = at(NOW) + SignedDuration::from_hours(hours);
    let (mut codes, mut waiting) = (Vec::new(), Vec::new());
    for place in 0..luck.u32(2..4) {
        codes.push(handed_in(world, &format!("{seed}/{place}"), now).await);
    }
    for code in &codes {
        waiting.extend(messages(world, code).await);
    }
    for _ in 0..luck.u32(6..14) {
        now += SignedDuration::from_secs(luck.i64(1..90));
        let code = codes[luck.usize(..codes.len())].clone();
        let before = world.dossier(&code).await.version;
        moves_on(world, &code, now).await;
        if world.dossier(&code).await.version > before {
            waiting.push(changed(world, &code, usize::try_from(before + 1).unwrap()).await);
        }
        if let Some(fault) = bad_luck(luck.u32(..14)) {
            national.portal.fault(&fault).unwrap();
        }
        let draw = luck.u32(..12);
        hook.answers(move |_| mood(draw));
        luck.shuffle(&mut waiting);
        let mut batch = waiting.split_off(waiting.len() / 2);
        if luck.u8(..3) == 0 {
            batch.extend(batch.clone());
        }
        if luck.u8(..4) == 0 {
            let ledger = Mortal::new(&national.ledger, luck.bool());
            let ends = national.sync_over(&world.dossiers, &ledger, &batch, now).await;
            // The queue delivers again what failed.
            let failed = batch.into_iter().zip(ends).filter(|(_, end)| end.is_err());
            waiting.extend(failed.map(|(message, _)| message));
        } else {
            taken(&national, &batch, now).await;
        }
        if luck.bool() {
            national.minute(now).await;
        }
    }
    taken(&national, &waiting, now).await;
    national.portal.mend();
    hook.answers(|_| Some("204 No Content"));
    let mut minutes = 0;
    let behind = async || {
        let of = async |system| national.ledger.behind(&system).await.unwrap().lines;
        of(portal_id()).await + of(hook_id()).await
    };
    while behind().await > 0 {
        minutes += 1;
        assert!(minutes < 120, "seed {seed}: {:?}", national.portal.counts());
        now += SignedDuration::from_mins(1);
        national.minute(now).await;
    }
    let told = hook.ids();
    for code in &codes {
        let version = world.dossier(code).await.version;
        for system in [portal_id(), hook_id()] {
            let line = national.line_of(code, &system).await;
            let stands = (line.owed(), line.acknowledged(), line.is_behind());
            assert_eq!(stands, (version, version, false), "seed {seed}: {code} at {system}");
        }
        assert_eq!(national.statuses(code), history(world, code).await, "seed {seed}: {code}");
        let last = history(world, code).await.pop().unwrap();
        assert_eq!(national.field(code, "TrangThaiHoSo"), last, "seed {seed}: {code}");
        // Who drops what they have had gets each entry once, in the order of the history.
        let mut once: Vec<&String> = Vec::new();
        let of_one = told.iter().filter(|id| id.starts_with(&format!("{code}/")));
        of_one.for_each(|id| {
            if !once.contains(&id) {
                once.push(id);
            }
        });
        let all: Vec<String> = (1..=version).map(|nth| format!("{code}/{nth}")).collect();
        assert_eq!(once, all.iter().collect::<Vec<_>>(), "seed {seed}: {code}");
    }
    assert_eq!(national.portal.counts().disorders, 0, "seed {seed}");
}

#[tokio::test]
async fn whatever_the_luck_of_the_hours_portal_and_subscriber_end_with_every_step_in_order() {
    let asked = std::env::var("SEEDS").ok();
    let seeds = asked.map_or(SEEDS, |seeds| seeds.parse().expect("SEEDS is a number"));
    let hook = Hook::new().await;
    for first in (0..seeds).step_by(usize::try_from(OF_A_WORLD).unwrap()) {
        let world = World::new().await;
        for seed in first..seeds.min(first + OF_A_WORLD) {
            hours_of_bad_luck(&world, &hook, seed).await;
        }
        println!("{} of {seeds} seeds hold", seeds.min(first + OF_A_WORLD));
    }
}
