//! The same day while the processes of the functions are killed, and the books afterwards.
//!
//! Thirty clients play the scenario; a client whose request fails sends it again under its key, as
//! every client may. Nothing else helps while processes die. Afterwards the schedules run once, as
//! they do each minute and each night, and what was given up is sent back with the operator's
//! command. Then each dossier, each move, each message and each figure must be there once.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::error::DemoError;
use super::killer::Killer;
use super::notices::{outcome, states};
use super::player::Player;
use super::scenario::{Scenario, now_in_vietnam};
use super::screen::{Screen, Stage};
use super::stack::{Notices, Patience, Stack};
use super::{WorkingDays, actions, data, figures, introduce, portal, prepare, proof, read};

/// Between two looks of the schedules.
const WAKE_EVERY: Duration = Duration::from_secs(5);

/// One part of so many of the killing falls upon the integrators' events.
const EVENTS_SHARE: u64 = 3;

/// How long processes are killed, and by which dice.
#[derive(Debug, Clone, Copy)]
pub struct Fire {
    /// For how long, in seconds.
    pub seconds: u64,
    /// What the pauses and the choice among the processes begin with.
    pub seed: u64,
}

/// Plays the scenario in `file` against the stack in `settings` while its functions are killed;
/// true if the books balance afterwards.
///
/// # Errors
/// If the play cannot go on.
pub async fn run_under_fire(
    screen: &Screen,
    settings: &Path,
    file: &Path,
    fire: Fire,
) -> Result<bool, DemoError> {
    let stack = &Stack::with_patience(settings, Patience::UNDER_FIRE)?;
    super::wait_for_a_whole_day(screen).await;
    let calendar = [data("calendar.provisional.json")?, data("calendar.json")?];
    let scenario = Scenario::read(&read(file)?, &WorkingDays::read(&calendar)?, now_in_vietnam())?;
    let due = scenario.notices(&actions(&data("templates.json")?));
    introduce(screen, &scenario, due);
    prepare(stack, &scenario).await?;
    let (clients, Fire { seconds, seed }) = (stack.patience.at_once, fire);
    screen.line(&format!(
        "  {clients} clients at once; functions are killed for {seconds} s, seed {seed}"
    ));
    let mut killer = Killer::of(settings, seed)?;
    // Events, which wait minutes for the next attempt, and requests, which do not, get their share.
    let (events, requests) = (seconds / EVENTS_SHARE, seconds - seconds / EVENTS_SHARE);
    let player = Player::new(stack, screen, &scenario.dossiers);
    let (pushed, ()) =
        tokio::join!(player.play_earlier_days(), killer.kill_for(Duration::from_secs(events)));
    pushed?;
    tokio::join!(player.play_today(), killer.kill_for(Duration::from_secs(requests)));
    let (played, killed) = (player.played(), killer.killed());
    show_deaths(screen, &killed);
    mend(stack, screen, due).await?;
    portal::wait(stack, screen).await?;
    let found = figures::roll_up(stack, screen, &scenario).await?;
    let mut claims = proof::claims(stack, &scenario, &played, &found).await?;
    claims.extend(proof::of_telling_under_fire(stack, due).await?);
    let deaths = killed.values().sum();
    Ok(proof::conclude_under_fire(screen, &claims, deaths))
}

fn show_deaths(screen: &Screen, killed: &BTreeMap<String, u64>) {
    let named: Vec<String> =
        killed.iter().map(|(function, count)| format!("{function} {count}")).collect();
    let all: u64 = killed.values().sum();
    screen.line(&format!("  {all} deaths: {}", named.join(", ")));
}

/// Has the schedules do what they do each minute, and sends back what was given up, until each
/// change is told or known not to be.
async fn mend(stack: &Stack, screen: &Screen, due: u64) -> Result<(), DemoError> {
    let stage = Stage::begin(screen, "Each change told, merged, or unknown by a death", due);
    let minutely = ["WAKE_FUNCTION", "WAKE_DELIVERIES_FUNCTION"];
    let (mut last, mut moved_at) = (None, Instant::now());
    while moved_at.elapsed() < stack.patience.idle {
        let notices = stack.notices().await?;
        let done = ended(&notices);
        stage.reach(done);
        let parked: u64 = stack.parked().await?.iter().map(|(_, count)| count).sum();
        let queued = stack.waiting("NOTICES_QUEUE_URL").await?;
        if done == due && parked == 0 && queued == 0 {
            break;
        }
        let now = (done, parked, queued);
        if last != Some(now) {
            (last, moved_at) = (Some(now), Instant::now());
        }
        for function in minutely {
            stack.aws.invoke(stack.setting(function)?, &json!({})).await?;
        }
        if parked > 0 {
            send_back(stack).await?;
        }
        // What the stream gave up altogether: by night the histories are compared with it.
        if queued == 0 {
            stack.aws.invoke(stack.setting("REPAIR_FUNCTION")?, &json!({})).await?;
        }
        tokio::time::sleep(WAKE_EVERY).await;
    }
    Ok(())
}

/// With the operator's command (`make redrive QUEUE=… GO=1`), each queue that holds something.
async fn send_back(stack: &Stack) -> Result<(), DemoError> {
    let command = Path::new(env!("CARGO_MANIFEST_DIR")).join("../redrive.py");
    for (queue, _) in stack.parked().await?.into_iter().filter(|(_, count)| *count > 0) {
        let name = match queue {
            "INTEGRATOR_DLQ_URL" => "integrators-events",
            "NOTICES_DLQ_URL" => "notices",
            "NATIONAL_DLQ_URL" => "national",
            "COUNTS_DLQ_URL" => "counts",
            "RELAY_FAILURES_QUEUE_URL" => "relay-failures",
            other => return Err(DemoError::CannotGoOn(format!("{other} is sent back nowhere"))),
        };
        let done = Command::new("python").arg(&command).args([name, "--go"]).output()?;
        if !done.status.success() {
            let said = String::from_utf8_lossy(&done.stderr).into_owned();
            return Err(DemoError::CannotGoOn(format!("redrive of {name}: {said}")));
        }
    }
    Ok(())
}

/// How many notices have an end: one that is known, or that nobody can know.
fn ended(notices: &Notices) -> u64 {
    let counts = states(notices);
    let known: u64 = ["sent", "delivered", "merged"].map(|state| counts.of(state)).iter().sum();
    known + left(notices).count() as u64
}

/// The notices whose outcome nobody knows, and for which nothing is waited any more.
pub(super) fn left(notices: &Notices) -> impl Iterator<Item = (&String, &Value)> {
    let each = notices.iter().flat_map(|(code, thread)| thread.iter().map(move |n| (code, n)));
    each.filter(|(_, notice)| outcome(notice) == "left")
}
