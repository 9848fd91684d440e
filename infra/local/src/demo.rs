//! Plays one working day of a province against the running local stack, and proves that nothing was
//! lost.
//!
//! What happened on earlier days arrives as the integrators' events, which carry the time of the
//! happening; what happens today goes through the HTTP doors, which use the clock. Then every citizen
//! must have been told, and the nightly roll-up, started by its own trigger, must count what the
//! scenario foretells. Every figure of the last line is compared between sources that do not know of
//! each other; if one differs, the line names it and the exit code is 1.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::ToSpan;
use reqwest::Method;
use serde_json::{Value, json};

mod aws;
mod calendar;
mod compact;
mod count;
mod error;
mod figures;
mod fire;
mod killer;
mod notices;
mod player;
mod portal;
mod proof;
mod saved;
mod scenario;
mod screen;
mod stack;
mod story;

pub use calendar::WorkingDays;
pub use error::DemoError;
pub use fire::{Fire, run_under_fire};
pub use killer::Killer;
pub use scenario::Scenario;
pub use screen::Screen;
pub use stack::Stack;

/// How often is looked at what is left.
const LOOK: Duration = Duration::from_millis(300);

/// Closer to midnight than this the day of play might end before the play does.
const MINUTES_BEFORE_MIDNIGHT: i64 = 10;

/// Plays the scenario in `file` against the stack in `settings`; true if everything is proved.
///
/// # Errors
/// If the play cannot go on.
pub async fn run(screen: &Screen, settings: &Path, file: &Path) -> Result<bool, DemoError> {
    let stack = Stack::read(settings)?;
    wait_for_a_whole_day(screen).await;
    let calendar = [data("calendar.provisional.json")?, data("calendar.json")?];
    let days = WorkingDays::read(&calendar)?;
    let scenario = Scenario::read(&read(file)?, &days, scenario::now_in_vietnam())?;
    let folder = settings.with_file_name("shown");
    play(&stack, screen, &scenario, &folder).await
}

fn read(file: &Path) -> Result<Value, DemoError> {
    Ok(serde_json::from_slice(&std::fs::read(file)?)?)
}

/// A file of the shipped catalogue.
pub(crate) fn data(name: &str) -> Result<Value, DemoError> {
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../data").join(name))
}

/// Each entry of a list in a document.
fn list<'a>(document: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    document[name].as_array().into_iter().flatten()
}

/// The HTTP doors use the clock, and what is played today is counted for today.
async fn wait_for_a_whole_day(screen: &Screen) {
    let now = scenario::now_in_vietnam();
    let Ok(midnight) = now.date().tomorrow().map(|day| day.at(0, 0, 0, 0)) else { return };
    let is_close = now.checked_add(MINUTES_BEFORE_MIDNIGHT.minutes()).is_ok_and(|t| t > midnight);
    if is_close {
        screen.line(&format!(
            "  it is {} in Viet Nam; waiting for midnight, so that the play falls on one day",
            now.strftime("%H:%M")
        ));
        let left = now.duration_until(midnight).unsigned_abs();
        tokio::time::sleep(left + Duration::from_secs(1)).await;
    }
}

/// Waits until nothing is left, or nothing has moved for a long time; returns what is left.
async fn drain(
    stack: &Stack,
    mut left: impl AsyncFnMut() -> Result<u64, DemoError>,
) -> Result<u64, DemoError> {
    let (mut last, mut moved_at, mut empty) = (None, Instant::now(), 0);
    while moved_at.elapsed() < stack.patience.idle {
        let now = left().await?;
        // Twice: between two batches a queue is empty for a moment while a message is handed back.
        empty = if now == 0 { empty + 1 } else { 0 };
        if empty == 2 {
            return Ok(0);
        }
        if last != Some(now) {
            (last, moved_at) = (Some(now), Instant::now());
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(last.unwrap_or(0))
}

async fn play(
    stack: &Stack,
    screen: &Screen,
    scenario: &Scenario,
    folder: &Path,
) -> Result<bool, DemoError> {
    let templates = data("templates.json")?;
    let due = scenario.notices(&actions(&templates));
    introduce(screen, scenario, due);
    prepare(stack, scenario).await?;
    let played = player::Player::new(stack, screen, &scenario.dossiers).play().await?;
    notices::wait(stack, screen, due).await?;
    portal::wait(stack, screen).await?;
    let found = figures::roll_up(stack, screen, scenario).await?;
    let texts: HashMap<String, String> = list(&templates, "templates")
        .filter_map(|template| {
            let name = template["zalo"]["vi"].as_str()?.to_owned();
            Some((name, template["sms"]["vi"]["text"].as_str()?.to_owned()))
        })
        .collect();
    notices::show_sample(screen, &stack.accepted().await?, &texts);
    let names = names()?;
    for (name, day) in
        [("the working day before", scenario.day_before), ("the day of play", scenario.play_day)]
    {
        let none = figures::Figures::new();
        let table = figures::FiguresTable::new(screen, found.get(&day).unwrap_or(&none), &names);
        let heading = format!("KPI of {name} · {}", day.strftime("%A %d %B %Y"));
        table.show(&heading, day == scenario.play_day);
    }
    notices::show(screen, &stack.notices().await?);
    let mut claims = proof::claims(stack, scenario, &played, &found).await?;
    claims.extend(proof::of_telling(stack, due).await?);
    let told = story::tell(stack, screen).await?;
    claims.extend(proof::of_story(&told));
    let (day, officer) = (scenario.day_before, story::officer());
    let shown = saved::Shown { day, code: &told.code, officer, texts: &texts };
    saved::save(stack, screen, folder, &shown).await?;
    Ok(proof::conclude(screen, &claims, found.len()))
}

/// The actions of which the applicant is told.
fn actions(templates: &Value) -> BTreeSet<String> {
    list(templates, "templates")
        .filter_map(|template| Some(template["action"].as_str()?.to_owned()))
        .collect()
}

/// What agencies and procedures are called, by their codes.
fn names() -> Result<HashMap<String, String>, DemoError> {
    let mut names = HashMap::new();
    for file in ["agencies", "procedures"] {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let document = data(&format!("{file}.json"))?;
        names.extend(list(&document, file).map(|e| (text(&e["code"]), text(&e["name"]))));
    }
    Ok(names)
}

fn introduce(screen: &Screen, scenario: &Scenario, due: u64) {
    let dossiers = &scenario.dossiers;
    let agencies: BTreeSet<&str> = dossiers.iter().map(|dossier| dossier.agency()).collect();
    let procedures: BTreeSet<&str> = dossiers.iter().map(|d| d.cell.1.as_str()).collect();
    let all = dossiers.iter().flat_map(|dossier| &dossier.history);
    let events = all.filter(|happening| !happening.by_http).count();
    let day = scenario.play_day.strftime("%A %d %B %Y");
    screen.title(&format!("One working day of a province · {day}"));
    screen.line(&format!(
        "  {} dossiers, {} agencies, {} procedures, {events} happenings of {} earlier days, {due} \
         messages to citizens",
        dossiers.len(),
        agencies.len(),
        procedures.len(),
        scenario.days().len() - 1,
    ));
    screen.line("");
}

/// An empty stack, and gateways that know who has no Zalo account (-118).
async fn prepare(stack: &Stack, scenario: &Scenario) -> Result<(), DemoError> {
    let held = stack.dossiers().await?.len();
    if held > 0 {
        return Err(DemoError::CannotGoOn(format!(
            "the stack already holds {held} dossiers, and the proof counts all of them: start a \
             fresh one"
        )));
    }
    stack.gateways(Method::DELETE, "/messages", None).await?;
    stack.gateways(Method::DELETE, "/behaviour", None).await?;
    stack.report_here().await?;
    let without = scenario.dossiers.iter().filter(|dossier| !dossier.on_zalo);
    let phones: BTreeSet<&str> = without.map(|dossier| dossier.phone.as_str()).collect();
    for phone in phones {
        let rule = json!({ "gateway": "zalo", "phone": phone, "code": -118 });
        stack.gateways(Method::PUT, "/behaviour", Some(&rule)).await?;
    }
    Ok(())
}
