//! Days of a province from one seed: citizens who press twice and try again, officers who race,
//! integrators who send twice, schedules that miss a turn or come twice, streams that lose what they
//! held, clocks that differ; and any call of any function may fail in any way, or end its process.
//! Afterwards nothing is lost, nothing is done twice, everybody was told, and everybody else has it.
//!
//! The handlers are the deployed ones, over tables and queues in this process, on a clock that
//! jumps. `SEEDS`, `FIRST` and `DAYS` say how much is played.

mod books;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use domain::calendar::date_of;
use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::call::{AGENCY, Answer, CITIZEN, Call, SENDER, submit_event, transition_event};
use crate::support::call::{esms_event, zalo_event};
use crate::support::log::Log;
use crate::support::seam::Mode;
use crate::support::town::Town;
use crate::support::world::at;
use crate::sweep::{CATALOGUE, caught_up, played, waited};

/// The Monday on which the play begins, at eight in Viet Nam.
const BEGIN: &str = "2026-11-16T01:00:00Z";

/// What officers and applicants do, as far as the status allows it.
pub const MOVES: [&str; 11] = [
    "receive",
    "refuse",
    "request-supplement",
    "supplement",
    "process",
    "request-payment",
    "confirm-payment",
    "suspend",
    "resume",
    "finish",
    "return-result",
];

/// Of how many calls one fails, at most: some seeds have a calmer world.
const FAILS_ONE_IN: [u32; 4] = [12, 40, 120, 400];

/// What was asked for and answered: what the books have to agree with.
#[derive(Default)]
pub struct Asked {
    /// The code that each key of a submission was answered.
    submitted: BTreeMap<String, String>,
    /// The moves that were answered with success: of a dossier, the action by the version it made.
    moved: BTreeMap<String, BTreeMap<u64, String>>,
    /// Dossiers that the integrator has, with how many of its events were sent of each.
    brought: BTreeMap<String, u64>,
}

/// A province that is played.
pub struct Province {
    pub town: Town,
    pub asked: Asked,
    draw: Rng,
    one_in: u32,
    /// Everything that was done and answered, in its order.
    told: Sha256,
    /// How many calls failed.
    failed: Arc<AtomicU32>,
    keys: u32,
    reported: BTreeSet<String>,
    /// The time of the integrator's last event.
    brought_at: Timestamp,
    acts: u32,
}

impl Province {
    fn of(seed: u64) -> Self {
        let mut draw = Rng::with_seed(seed);
        let one_in = FAILS_ONE_IN[draw.usize(..FAILS_ONE_IN.len())];
        Self {
            town: Town::new(Arc::clone(&CATALOGUE), at(BEGIN)),
            asked: Asked::default(),
            draw,
            one_in,
            told: Sha256::new(),
            failed: Arc::default(),
            keys: 0,
            reported: BTreeSet::new(),
            brought_at: at(BEGIN),
            acts: 0,
        }
    }

    fn note(&mut self, what: &str) {
        self.acts += 1;
        self.told.update(what.as_bytes());
        self.told.update(self.town.now().to_string().as_bytes());
    }

    /// One time out of `count`.
    fn once_in(&mut self, count: u32) -> bool {
        self.draw.u32(..count) == 0
    }

    /// From now on any call may fail in any way that fits it.
    fn misfortune(&mut self) {
        let (mut luck, one_in) = (self.draw.fork(), self.one_in);
        let failed = Arc::clone(&self.failed);
        self.town.seam.obey(move |crossing| {
            if luck.u32(..one_in) > 0 {
                return Mode::Passes;
            }
            let fitting: Vec<Mode> =
                Mode::WRONG.into_iter().filter(|mode| mode.fits(crossing)).collect();
            failed.fetch_add(1, Ordering::Relaxed);
            luck.choice(fitting).unwrap_or(Mode::Passes)
        });
        *self.town.skew.lock().unwrap() = self.draw.i64(-60..=60);
    }

    /// As a client who wants to know: again, with the same key, while the answer is that something
    /// is broken; and sometimes once more for nothing.
    async fn insisting(&mut self, call: Call) -> Answer {
        let mut answer = self.town.answer(call.clone()).await;
        for _ in 0..40 {
            if answer.status < 500 {
                break;
            }
            self.town.pass(SignedDuration::from_secs(self.draw.i64(1..30)));
            answer = self.town.answer(call.clone()).await;
        }
        assert!(answer.status < 500, "it does not come to an end: {answer:?}");
        if self.once_in(6) {
            let again = self.town.answer(call).await;
            let is_same = again.status >= 500 || again.status == answer.status;
            assert!(is_same, "{answer:?} and then {again:?}");
        }
        answer
    }

    fn key(&mut self) -> String {
        self.keys += 1;
        format!("key-{}", self.keys)
    }

    /// Somebody hands a dossier in.
    async fn hand_in(&mut self) {
        let key = self.key();
        let answer = self.insisting(Call::submit(&key).citizen(CITIZEN)).await;
        self.note(&format!("{key} {}", answer.status));
        assert_eq!(answer.status, 201, "{answer:?}");
        let known = self.asked.submitted.insert(key, answer.code());
        assert!(known.is_none());
    }

    /// An integrator brings a dossier, or a change of one of its own.
    fn bring(&mut self) {
        let past = self.town.clock.now() - SignedDuration::from_secs(self.draw.i64(1..120));
        let minute =
            past.max(self.brought_at.saturating_add(SignedDuration::from_secs(1)).unwrap());
        self.brought_at = minute;
        let time = minute.to_string();
        // Later than what they sent before: what comes out of order waits, and what claims to have
        // come first is refused.
        let of_theirs: Vec<(String, u64)> =
            self.asked.brought.iter().map(|(code, events)| (code.clone(), *events)).collect();
        let open = self.draw.choice(of_theirs).filter(|(_, events)| *events < 3);
        let (code, event) = match open {
            Some((code, events)) if self.draw.bool() => {
                let action = if events == 1 { "receive" } else { "process" };
                let event = transition_event(&format!("{code}/{events}"), &time, &code, action);
                (code, event)
            }
            Some(_) | None => {
                let day = date_of(minute).strftime("%y%m%d");
                let code = format!("{AGENCY}-{day}-9{:03}", self.asked.brought.len() + 1);
                let mut event = submit_event(&format!("{code}/0"), &time, Some(&code));
                // One in four came to their counter, and has no telephone.
                if self.asked.brought.len() % 4 == 3 {
                    event["data"]["channel"] = "counter".into();
                    event["data"]["applicant"].as_object_mut().unwrap().remove("phone");
                }
                (code, event)
            }
        };
        *self.asked.brought.entry(code).or_default() += 1;
        for _ in 0..if self.once_in(4) { 2 } else { 1 } {
            self.town.queues.put("IntegratorsQueue", &event.to_string(), SENDER, json!({}));
        }
        self.note(&event.to_string());
    }

    /// An officer works on a dossier, or its applicant does; sometimes two at once.
    async fn work(&mut self) {
        let codes: Vec<String> = self.asked.submitted.values().cloned().collect();
        let Some(code) = self.draw.choice(codes) else { return };
        let case = Call::new("GET /v1/dossiers/{code}/case").code(&code);
        let case = self.insisting(case.officer(AGENCY)).await.body;
        let version = case["version"].as_u64().unwrap();
        let listed = case["allowed"].as_array().cloned().unwrap_or_default();
        let allowed = listed.iter().filter_map(Value::as_str);
        let mut open: Vec<&str> = allowed.filter(|action| MOVES.contains(action)).collect();
        // Most dossiers go on; few are refused.
        if open.len() > 1 && !self.once_in(8) {
            open.retain(|action| !["refuse", "suspend"].contains(action));
        }
        let times = if self.once_in(6) { 2 } else { 1 };
        let mut moved = 0;
        for _ in 0..times {
            let Some(action) = self.draw.choice(&open).copied() else { return };
            let key = self.key();
            let call = Call::transition(&code, action, version).header("idempotency-key", &key);
            let answer = self.insisting(call).await;
            self.note(&format!("{code} {action} {version} {}", answer.status));
            if answer.status == 200 {
                moved += 1;
                let version = answer.body["version"].as_u64().unwrap();
                let moves = self.asked.moved.entry(code.clone()).or_default();
                let known = moves.insert(version, action.to_owned());
                assert!(known.is_none(), "two moves made version {version} of {code}");
            } else {
                assert!([409, 422].contains(&answer.status), "{action} of {case}: {answer:?}");
            }
        }
        assert!(moved <= 1, "two who saw the same version both moved {code}");
    }

    /// A gateway reports on something that a phone got.
    async fn report(&mut self) {
        let sent = self.town.peers.have().phones.into_iter();
        let open: Vec<_> = sent.filter(|one| !self.reported.contains(&one.name)).collect();
        let Some(one) = self.draw.choice(open) else { return };
        let report = match one.provider.name() {
            "zalo" => zalo_event(&one.name, &one.message, self.town.now()),
            _ => esms_event(&one.name, &one.message, "5", "1"),
        };
        let answer = self.insisting(report).await;
        self.note(&format!("{} {}", one.name, answer.status));
        self.reported.insert(one.name);
    }

    /// Schedules, of which each misses a turn now and then, or comes twice, and is tried again by
    /// the platform where it fails.
    async fn scheduled(&mut self, functions: &[&str]) {
        for function in functions {
            let turns = [1, 1, 1, 1, 1, 1, 0, 2][self.draw.usize(..8)];
            for _ in 0..turns {
                for _ in 0..3 {
                    if self.town.run(function).await {
                        break;
                    }
                }
            }
            self.note(function);
        }
    }

    /// A working day, and the night after it.
    async fn day(&mut self) {
        for _ in 0..self.draw.u32(8..16) {
            self.misfortune();
            match self.draw.u32(..10) {
                0..3 => self.hand_in().await,
                3 => self.bring(),
                4 => self.report().await,
                _ => self.work().await,
            }
            if self.once_in(30) {
                self.town.forget_changes();
                self.note("the stream loses what it held");
            }
            if self.once_in(3) {
                self.scheduled(&["wake-notices", "wake-deliveries"]).await;
            }
            self.town.quiet().await;
            self.town.pass(SignedDuration::from_mins(self.draw.i64(1..60)));
        }
        let today = date_of(self.town.clock.now());
        self.night(today.tomorrow().unwrap().to_string().as_str()).await;
    }

    /// What the night of `day` does, and the morning.
    async fn night(&mut self, day: &str) {
        let midnight: Timestamp = format!("{day}T00:10:00+07:00").parse().unwrap();
        self.town.clock.set(midnight.max(self.town.clock.now()));
        self.misfortune();
        self.scheduled(&["repair-relay", "reconcile-deliveries", "rollup-kpi"]).await;
        self.town.quiet().await;
        self.scheduled(&["wake-notices", "wake-deliveries", "expire-content"]).await;
        self.town.quiet().await;
        let morning: Timestamp = format!("{day}T08:00:00+07:00").parse().unwrap();
        self.town.clock.set(morning.max(self.town.clock.now()));
        self.scheduled(&["wake-notices", "wake-deliveries", "remind-deadline"]).await;
        self.town.quiet().await;
    }

    /// The misfortune ends, and everything that is still on its way arrives.
    async fn ends(&mut self) {
        self.town.seam.rest();
        *self.town.skew.lock().unwrap() = 0;
        caught_up(&self.town).await;
        for _ in 0..2 {
            for function in ["repair-relay", "reconcile-deliveries", "rollup-kpi"] {
                assert!(self.town.run(function).await, "{function}");
                caught_up(&self.town).await;
            }
            waited(&self.town).await;
            self.town.pass(SignedDuration::from_hours(24));
        }
    }
}

/// How much was played, and what was told of it.
struct Played {
    hash: String,
    acts: u32,
    dossiers: usize,
    /// Calls that failed.
    failed: u32,
    /// How much faster than the clock.
    ratio: u64,
}

/// Plays `days` of the province of `seed`, and looks at its books.
async fn play(seed: u64, days: u32) -> Played {
    let (began, log) = (Instant::now(), Log::kept());
    let mut province = Province::of(seed);
    for _ in 0..days {
        province.day().await;
    }
    province.ends().await;
    let mut wrong = books::wrong(&province).await;
    books::nobody_is_named(&province, &log, &mut wrong);
    assert!(wrong.is_empty(), "seed {seed}, {days} days:\n{}", wrong.join("\n"));
    let simulated = province.town.clock.now().duration_since(at(BEGIN)).as_millis().unsigned_abs();
    let took = began.elapsed().as_millis().max(1);
    Played {
        hash: platform::wire::hex(province.told.finalize()),
        acts: province.acts,
        failed: province.failed.load(Ordering::Relaxed),
        dossiers: province.asked.submitted.len() + province.asked.brought.len(),
        ratio: u64::try_from(simulated / took).unwrap(),
    }
}

fn number<T: std::str::FromStr>(name: &str, usual: T) -> T {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

#[test]
fn whatever_befalls_a_province_nothing_is_lost_nothing_is_doubled_and_everybody_knows() {
    played(async || {
        let (seeds, first): (u64, u64) = (number("SEEDS", 3), number("FIRST", 0));
        let days = number("DAYS", 3);
        for seed in first..first + seeds {
            let played = play(seed, days).await;
            println!(
                "seed {seed}: {days} days, {} acts, {} dossiers, {} calls failed, {} x real time, {}",
                played.acts,
                played.dossiers,
                played.failed,
                played.ratio,
                &played.hash[..12]
            );
        }
    });
}

#[test]
fn one_seed_is_one_course_of_events() {
    played(async || {
        let (one, other) = (play(7, 1).await, play(7, 1).await);
        assert_eq!(one.hash, other.hash);
        assert_ne!(one.hash, play(8, 1).await.hash);
    });
}
