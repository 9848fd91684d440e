//! Kills the processes of functions at random, as a machine that fails does: without a word, and in
//! the middle of whatever they do.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::error::DemoError;

/// What the platform calls the program of a function.
const PROGRAM: &str = "bootstrap";

/// Between two kills, in milliseconds.
const PAUSES_MS: std::ops::Range<u64> = 200..1_800;

/// Somebody who kills.
#[derive(Debug)]
pub struct Killer {
    /// The process group of the platform, whose functions' processes are in it.
    group: String,
    random: fastrand::Rng,
    /// How many processes of each function were killed.
    killed: BTreeMap<String, u64>,
}

/// A process of a function.
#[derive(Debug)]
struct Victim {
    process: String,
    function: String,
}

impl Killer {
    /// Of the stack whose settings are in `settings`: the platform's record lies beside them.
    ///
    /// # Errors
    /// If there is no record.
    pub fn of(settings: &Path, seed: u64) -> Result<Self, DemoError> {
        let record = settings.with_file_name("run").join("ministack.pid");
        let record = std::fs::read_to_string(record)?;
        let group = record.split_whitespace().next().unwrap_or_default().to_owned();
        let random = fastrand::Rng::with_seed(seed);
        Ok(Self { group, random, killed: BTreeMap::new() })
    }

    /// Kills one after the other for `length`; which processes there are is the engine's affair, so
    /// that a seed gives the same pauses and not the same deaths.
    pub(super) async fn kill_for(&mut self, length: Duration) {
        let began = Instant::now();
        while began.elapsed() < length {
            let pause = self.random.u64(PAUSES_MS);
            tokio::time::sleep(Duration::from_millis(pause)).await;
            let mut victims = self.victims();
            if victims.is_empty() {
                continue;
            }
            let victim = victims.swap_remove(self.random.usize(..victims.len()));
            self.kill(victim);
        }
    }

    /// Kills every process of the functions whose name ends with `function`; how many there were.
    pub fn kill_all(&mut self, function: &str) -> u64 {
        let victims = self.victims();
        let of_it = victims.into_iter().filter(|victim| victim.function.ends_with(function));
        of_it.map(|victim| u64::from(self.kill(victim))).sum()
    }

    /// Whether there was anybody to kill: one that has ended by itself meanwhile is nobody's victim.
    fn kill(&mut self, victim: Victim) -> bool {
        let sent = Command::new("kill").args(["-KILL", &victim.process]).status();
        let is_dead = sent.is_ok_and(|status| status.success());
        if is_dead {
            *self.killed.entry(victim.function).or_default() += 1;
        }
        is_dead
    }

    /// How many processes of each function were killed.
    pub(super) fn killed(self) -> BTreeMap<String, u64> {
        self.killed
    }

    fn victims(&self) -> Vec<Victim> {
        let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        processes.filter_map(|entry| self.victim(entry.path())).collect()
    }

    /// What ends while it is looked at is no victim either.
    fn victim(&self, directory: PathBuf) -> Option<Victim> {
        let process = directory.file_name()?.to_str()?.to_owned();
        let stat = std::fs::read_to_string(directory.join("stat")).ok()?;
        let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
        let group = rest.split_whitespace().nth(2)?;
        if name != PROGRAM || group != self.group {
            return None;
        }
        let environment = std::fs::read(directory.join("environ")).ok()?;
        let named = environment.split(|byte| *byte == 0).find_map(|setting| {
            std::str::from_utf8(setting).ok()?.strip_prefix("AWS_LAMBDA_FUNCTION_NAME=")
        });
        Some(Victim { process, function: named.unwrap_or(PROGRAM).to_owned() })
    }
}
