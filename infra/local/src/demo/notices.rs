//! Waits until every citizen has been notified, and shows what they were sent.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::count::Counts;
use super::drain;
use super::error::DemoError;
use super::scenario::clock;
use super::screen::{Screen, Stage, cut, grouped};
use super::stack::{Notices, Stack};

/// How many messages are shown.
const SAMPLE_SIZE: usize = 12;

/// The outcomes of a notice, in the order of its life; what is being asked for is waiting.
const OUTCOMES: [&str; 9] =
    ["delivered", "sent", "unknown", "left", "refused", "expired", "held", "merged", "waiting"];

/// Every notice of every dossier.
fn each(notices: &Notices) -> impl Iterator<Item = &Value> {
    notices.values().flatten()
}

fn state(notice: &Value) -> &str {
    notice["state"]["is"].as_str().unwrap_or_default()
}

/// How many notices are in each state.
pub(super) fn states(notices: &Notices) -> Counts {
    let mut counts = Counts::default();
    each(notices).for_each(|notice| counts.add(state(notice), 1));
    counts
}

/// What is still on its way, and why.
pub(super) fn unfinished(notices: &Notices) -> Vec<String> {
    let line = |(code, notice): (&String, &Value)| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (reason, not_before) = (text(&notice["reason"]), text(&notice["state"]["notBefore"]));
        format!("{code}/{} {} {reason} {not_before}", notice["version"], state(notice))
    };
    let all = notices.iter().flat_map(|(code, thread)| thread.iter().map(move |n| (code, n)));
    let open = all.filter(|(_, n)| ["waiting", "leased", "held", "unknown"].contains(&state(n)));
    open.map(line).collect()
}

/// Bounded, and silent about what is missing: the proof names it.
pub(super) async fn wait(stack: &Stack, screen: &Screen, expected: u64) -> Result<(), DemoError> {
    {
        let stage = Stage::begin(screen, "Citizens notified by Zalo or SMS", expected);
        drain(stack, async || {
            let counts = states(&stack.notices().await?);
            let ended = ["sent", "delivered", "merged", "refused", "unknown", "expired", "held"];
            let done = ended.map(|state| counts.of(state)).iter().sum::<u64>();
            stage.reach(done);
            let queued = stack.waiting("NOTICES_QUEUE_URL").await?;
            Ok(expected.saturating_sub(done) + counts.of("waiting") + counts.of("leased") + queued)
        })
        .await?;
    }
    // Each report is a call of its own by the gateway, and most of what this stage takes is the
    // emulator's.
    let taken = states(&stack.notices().await?);
    let taken = taken.of("sent") + taken.of("delivered");
    let stage = Stage::begin(screen, "Gateways report what arrived", taken);
    drain(stack, async || {
        let counts = states(&stack.notices().await?);
        stage.reach(counts.of("delivered"));
        Ok(counts.of("sent"))
    })
    .await?;
    Ok(())
}

/// The channel of a provider, as people call it.
fn channel(provider: &str) -> &'static str {
    if provider == "zalo" { "Zalo" } else { "SMS" }
}

fn attempts(notice: &Value) -> &[Value] {
    notice["attempts"].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// What a call costs, in đồng: as reported, where the report is believed; else by the price list.
fn price(attempt: &Value) -> u64 {
    attempt["reportedVnd"].as_u64().or_else(|| attempt["priceVnd"].as_u64()).unwrap_or(0)
}

fn cost(notice: &Value) -> u64 {
    attempts(notice).iter().map(price).sum()
}

pub(super) fn outcome(notice: &Value) -> &str {
    match state(notice) {
        "unknown" if notice["state"]["settleAt"].is_null() => "left",
        "leased" => "waiting",
        state => state,
    }
}

/// By channel and outcome, with what they cost; then the life of one citizen's.
pub(super) fn show(screen: &Screen, notices: &Notices) {
    let mut table: BTreeMap<&str, Counts> = BTreeMap::new();
    for notice in each(notices) {
        let last = attempts(notice).last();
        let provider = last.and_then(|attempt| attempt["provider"].as_str());
        let counts = table.entry(provider.map_or("none", channel)).or_default();
        counts.add(outcome(notice), 1);
        let times = |attempt: &Value| attempt["times"].as_u64().unwrap_or(0);
        counts.add("calls", attempts(notice).iter().map(times).sum());
        counts.add("đồng", cost(notice));
    }
    let shown = || OUTCOMES.into_iter().chain(["calls", "đồng"]);
    screen.title("Notices by channel and outcome");
    let head: String = shown().map(|name| format!("{name:>10}")).collect();
    screen.line(&screen.bold(&format!("  {:<8}{head}", "channel")));
    let line = |channel: &str, counts: &Counts| {
        let cell = |name| match counts.of(name) {
            0 => "–".to_owned(),
            count => grouped(count),
        };
        let cells: String = shown().map(|name| format!("{:>10}", cell(name))).collect();
        format!("  {channel:<8}{cells}")
    };
    for (channel, counts) in ["Zalo", "SMS", "none"].iter().filter_map(|c| Some((c, table.get(c)?)))
    {
        screen.line(&line(channel, counts));
    }
    screen.line(&screen.bold(&line("all", &Counts::sum(table.values()))));
    screen.line(&screen.dim(
        "  merged: said by the next message of the same dossier, because several changes came at \
         once",
    ));
    screen.line(&screen.dim(
        "  left: ended unknown, because a process died or a gateway did not answer; a delivery \
         report still settles it",
    ));
    let calls =
        |thread: &[Value]| thread.iter().map(|notice| attempts(notice).len()).sum::<usize>();
    if let Some((code, thread)) = notices.iter().max_by_key(|(_, thread)| calls(thread)) {
        show_timeline(screen, code, thread);
    }
}

/// What one citizen was told: each notice with when its change came to us, and each call with its
/// hour and its price.
fn show_timeline(screen: &Screen, code: &str, thread: &[Value]) {
    let total = grouped(thread.iter().map(cost).sum());
    let heading = "One citizen's notices";
    screen.title(&format!("{heading} · {code} · GET /v1/dossiers/{code}/notices · {total} đ"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for notice in thread {
        screen.line(&format!(
            "  {}  {:>2}  {:<19} {:<12} {} {}",
            clock(&text(&notice["changedAt"])),
            notice["version"],
            text(&notice["action"]),
            text(&notice["class"]),
            screen.bold(state(notice)),
            screen.dim(&text(&notice["reason"])),
        ));
        for call in attempts(notice) {
            let (code, outcome) = (text(&call["code"]), text(&call["outcome"]));
            let answer = if code == outcome { outcome } else { format!("{outcome} {code}") };
            let times = match call["times"].as_u64() {
                Some(times) if times > 1 => format!(" ×{times}"),
                Some(_) | None => String::new(),
            };
            let price = match price(call) {
                0 => "–".to_owned(),
                price => format!("{} đ", grouped(price)),
            };
            let (at, provider) = (clock(&text(&call["at"])), text(&call["provider"]));
            screen.line(&format!(
                "  {at}      {provider:<9}{:<24}{price:>8}",
                format!("{answer}{times}")
            ));
        }
    }
}

/// A few of the messages as citizens see them; `texts` are those of Zalo's templates, by name.
pub(super) fn show_sample(screen: &Screen, messages: &[Value], texts: &HashMap<String, String>) {
    let of = |gateway: &str| messages.iter().filter(|m| m["gateway"] == gateway).count();
    let sample = varied(messages, SAMPLE_SIZE);
    screen.title(&format!(
        "What citizens received: {} by Zalo, {} by SMS; {} of them",
        of("zalo"),
        of("esms"),
        sample.len()
    ));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for message in sample {
        let via = if message["gateway"] == "zalo" { "Zalo" } else { "SMS " };
        let shown = text_of(&message["request"], texts);
        let shown = cut(&shown, screen.width().saturating_sub(33).max(60));
        let (at, phone) = (clock(&text(&message["receivedAt"])), masked(&text(&message["phone"])));
        screen.line(&format!(
            "  {}  {}  {phone}  {shown}",
            screen.dim(&at),
            screen.paint(via, "36")
        ));
    }
}

/// A few of every kind rather than the first that came, in the order of time.
pub(super) fn varied(messages: &[Value], size: usize) -> Vec<&Value> {
    let mut kinds: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for message in messages {
        let request = &message["request"];
        // An SMS begins with a text of its own and continues with the code: the words around the
        // code are its kind.
        let wording = request["Content"].as_str().unwrap_or_default().split_whitespace();
        let words: Vec<&str> =
            wording.filter(|word| word.chars().all(char::is_alphabetic)).collect();
        let template = request["template_id"].as_str().unwrap_or_default();
        let kind = format!("{} {template} {}", message["gateway"], words.join(" "));
        kinds.entry(kind).or_default().push(message);
    }
    let mut kinds: Vec<Vec<&Value>> = kinds.into_values().collect();
    kinds.iter_mut().for_each(|kind| fastrand::shuffle(kind));
    let mut chosen = Vec::new();
    while chosen.len() < size && kinds.iter().any(|kind| !kind.is_empty()) {
        let mut turn: Vec<&Value> = kinds.iter_mut().filter_map(Vec::pop).collect();
        fastrand::shuffle(&mut turn);
        chosen.extend(turn);
    }
    chosen.truncate(size);
    chosen.sort_by_key(|message| message["seq"].as_u64());
    chosen
}

/// What the phone shows: an SMS as sent, a Zalo message as its template in our catalogue, filled in.
pub(super) fn text_of(request: &Value, texts: &HashMap<String, String>) -> String {
    if let Some(content) = request["Content"].as_str() {
        return content.to_owned();
    }
    let template = request["template_id"].as_str().unwrap_or_default();
    let mut filled = texts.get(template).cloned().unwrap_or_default();
    for (name, value) in request["template_data"].as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        filled = filled.replace(&format!("{{{name}}}"), &value);
    }
    filled
}

/// When the gateway took the message, in Viet Nam.
pub(super) fn clock_of(message: &Value) -> String {
    clock(message["receivedAt"].as_str().unwrap_or_default())
}

/// 84912345678 → 09*****678, as nobody could call it.
pub(super) fn masked(phone: &str) -> String {
    let first = phone.get(2..3).unwrap_or_default();
    let last = phone.get(phone.len().saturating_sub(3)..).unwrap_or_default();
    format!("0{first}*****{last}")
}
