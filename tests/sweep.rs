//! Every call that leaves a function, in everything that a function is asked to do, fails once in
//! every way, and the books are as if nothing had.

mod operations;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, LazyLock};

use domain::catalogue::Catalogue;
use domain::id::FeedbackCode;
use futures::FutureExt;
use jiff::{SignedDuration, Timestamp};
use platform::catalogue::UndecidedYears;
use serde_json::{Value, json};

use crate::support::call::{AGENCY, Answer, CITIZEN, Call, SOURCE, esms_event, zalo_event};
use crate::support::days::few_texts;
use crate::support::file;
use crate::support::log::Log;
use crate::support::seam::{Crossing, Mode};
use crate::support::town::{CONSUMED, State, Town, routes, scheduled, worked_off};
use crate::support::world::{NOW, at};
use crate::wiring::every_call;
use operations::{Act, OPERATIONS, TRANSFERRED, prepared};

/// A handful of agencies, one of which classifies feedback, a leader who gets a report, and a host
/// whose documents are copied.
pub static CATALOGUE: LazyLock<Arc<Catalogue>> = LazyLock::new(|| assembled([]));

/// The same, in which the national portal has to process every dossier, and is an integrator.
static PROCESSED: LazyLock<Arc<Catalogue>> = LazyLock::new(|| {
    let mut systems: Value = serde_json::from_str(&file("infra/data/systems.json")).unwrap();
    systems["systems"][0]["transfer"] =
        json!({ "integrator": SOURCE, "acknowledgeWithinHours": 24 });
    assembled([("systems.json".to_owned(), systems.to_string())])
});

/// That catalogue with `more` files changed.
fn assembled(more: impl IntoIterator<Item = (String, String)>) -> Arc<Catalogue> {
    let mut intake: Value = serde_json::from_str(&file("infra/data/intake.json")).unwrap();
    for host in intake["documentHosts"].as_array_mut().unwrap() {
        host["copied"] = (host["host"] == "files.example").into();
    }
    intake["feedback"][0]["desk"] = AGENCY.into();
    let leader = json!({
        "key": "chairman", "office": "Văn phòng", "agency": "H20", "phone": "0912345671",
        "report": "day", "validFrom": "2026-01-01", "validTo": null,
    });
    let leaders = json!({ "schemaVersion": 1, "leaders": [leader] });
    let mut systems: Value = serde_json::from_str(&file("infra/data/systems.json")).unwrap();
    systems["systems"][0]["feedback"]["integrator"] = SOURCE.into();
    let changed = [
        ("systems.json".to_owned(), systems.to_string()),
        ("intake.json".to_owned(), intake.to_string()),
        ("leaders.json".to_owned(), leaders.to_string()),
    ];
    let changed = changed.into_iter().chain(more).collect();
    let texts = few_texts().with(changed).unwrap();
    Arc::new(texts.assemble(UndecidedYears::Refused).unwrap())
}

/// What is planted of a person: their name, number and telephone, however they are written.
const PLANTED: [&str; 4] = ["Trần Thị Mẫu", "Tran Thi Mau", CITIZEN, "912345678"];

/// Everything of these queues that is not due yet becomes due, and whatever goes on by itself does.
pub async fn caught_up(town: &Town) {
    for _ in 0..60 {
        town.quiet().await;
        let of_functions = |queue: &str| CONSUMED.iter().any(|(name, ..)| *name == queue);
        let held = town.queues.held();
        let next = held.iter().filter(|one| of_functions(&one.queue)).map(|one| one.visible).min();
        match next {
            Some(next) => town.clock.set(next.max(town.clock.now())),
            None => return,
        }
    }
    panic!("messages are left: {:?}", town.queues.held());
}

/// What the schedules of every few minutes do for some hours, and what follows from it.
pub async fn waited(town: &Town) {
    caught_up(town).await;
    for minutes in [15, 120] {
        town.pass(SignedDuration::from_mins(minutes));
        let tables = town.tables.contents();
        for (function, works_on) in [
            ("wake-notices", "NoticesTable"),
            ("wake-deliveries", "DeliveriesTable"),
            ("settle-payments", "PaymentsTable"),
            ("refresh-token", "AccountsTable"),
        ] {
            let is_idle = tables[works_on].is_empty();
            assert!(is_idle || town.run(function).await, "{function}");
        }
        caught_up(town).await;
    }
}

/// The gateways report that everything arrived.
async fn reported(town: &Town) {
    for sent in town.peers.have().phones {
        let report = match sent.provider.name() {
            "zalo" => zalo_event(&sent.name, &sent.message, town.now()),
            _ => esms_event(&sent.name, &sent.message, "5", "1"),
        };
        assert!(town.insisting(report).await.status < 300, "{}", sent.name);
    }
    caught_up(town).await;
}

/// Asks once; whether it went well.
async fn attempted(town: &Town, act: &Act) -> Option<Answer> {
    match act {
        Act::Asks(call) => Some(town.answer(call.clone()).await).filter(|one| one.status < 500),
        Act::Runs(function) => town.run(function).await.then_some(nothing()),
        Act::Delivers(queue) => town.deliver(queue).await.then_some(nothing()),
        Act::Relays => town.relay().await.then_some(nothing()),
    }
}

fn nothing() -> Answer {
    Answer { status: 200, body: Value::Null }
}

/// Asks, with what was struck, and then as the platform and clients do: again until it is done.
async fn finished(town: &Town, act: &Act) -> Answer {
    let mut end = attempted(town, act).await;
    town.seam.rest();
    for _ in 0..5 {
        match end {
            Some(answer) => return answer,
            None => end = attempted(town, act).await,
        }
    }
    panic!("it does not come to an end: {}", act.door())
}

/// Tables whose rows say when something was tried: a repetition may put that off.
const TIMED: [&str; 9] = [
    "AccountsTable",
    "DeliveriesTable",
    "DocumentsTable",
    "EventsTable",
    "FeedbackTable",
    "IntakeTable",
    "KpiTable",
    "NoticesTable",
    "PaymentsTable",
];

/// Tables that count what was sent or tried, so that nobody is sent too much. A process that ends
/// between a call and its count leaves one too few, and a command that is repeated one too many.
// And live figures, which may be missed and which the night mends: `live::` asks that of them.
const LIMITS: [&str; 3] = ["ContactsTable", "LiveTable", "ProofsTable"];

/// What such rows count of tries, of writes, and of times since their first: in the rows of notices
/// by one letter (ADR 61). Numbers may have gaps (ADR 2).
const COUNTED: [&str; 14] = [
    "last",
    "version",
    "tries",
    "used",
    "failures",
    "perMinute",
    "t",
    "d",
    "f",
    "since",
    "upto",
    "void",
    "claimed",
    "committed",
];

/// Whether a text is a time, or a name that a process drew.
fn is_of_the_moment(text: &str) -> bool {
    let is_drawn =
        text.len() >= 16 && text.len() < 40 && text.chars().all(|c| c.is_ascii_hexdigit());
    text.parse::<Timestamp>().is_ok() || is_drawn
}

/// An item without what a repetition may put off.
fn kept(table: &str, item: &Value) -> Value {
    let is_timed = TIMED.contains(&table);
    match item {
        Value::Object(fields) => {
            let kept = |(name, value): (&String, &Value)| match (name.as_str(), value.as_str()) {
                ("N", Some(digits)) if is_timed && digits.len() >= 8 => (name.clone(), json!("#")),
                ("S", Some(text)) if is_timed && is_of_the_moment(text) => {
                    (name.clone(), json!("#"))
                }
                // A name that a process drew, as eight bytes in twelve characters (ADR 117).
                ("B", Some(bytes)) if is_timed && bytes.len() == 12 => (name.clone(), json!("#")),
                _ => (name.clone(), kept(table, value)),
            };
            let mut kept: serde_json::Map<String, Value> = fields.iter().map(kept).collect();
            if is_timed {
                COUNTED.iter().for_each(|name| {
                    kept.remove(*name);
                });
            }
            kept.into()
        }
        Value::Array(items) => items.iter().map(|one| kept(table, one)).collect(),
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => item.clone(),
    }
}

/// The books: what must be the same whatever happened on the way.
fn books(town: &Town) -> Value {
    let State { tables, outside, shelved, .. } = town.state();
    let tables: Value = tables
        .iter()
        .filter(|(table, _)| !LIMITS.contains(&table.as_str()))
        .map(|(table, items)| {
            let items: Vec<Value> = items.values().map(|item| kept(table, item)).collect();
            (table.clone(), Value::from(items))
        })
        .collect::<serde_json::Map<_, _>>()
        .into();
    // One-time codes are named anew whenever they are asked for.
    let named = |name: &String| match name.starts_with("PROOF") {
        true => "a code".to_owned(),
        false => name.clone(),
    };
    let phones: BTreeSet<String> = outside.phones.iter().map(|sent| named(&sent.name)).collect();
    let of_functions = |queue: &str| CONSUMED.iter().any(|(name, ..)| *name == queue);
    let queues: BTreeSet<(String, String)> = town
        .queues
        .held()
        .into_iter()
        .filter(|one| !of_functions(&one.queue))
        .map(|one| (one.queue, timeless(&serde_json::from_str(&one.body).unwrap()).to_string()))
        .collect();
    let books = json!({
        "tables": tables, "phones": phones, "portal": outside.portal, "answers": outside.answers,
        "attempts": outside.attempts.keys().collect::<Vec<_>>(), "queues": queues,
        "objects": shelved.0.keys().collect::<Vec<_>>(), "kept": shelved.1,
    });
    // Numbers may have gaps (ADR 2): what counts is that there is one of each.
    let mut text = books.to_string();
    let codes: BTreeSet<String> =
        shelf_of_codes(&books["tables"]["DossiersTable"]).into_iter().collect();
    for (place, code) in (1..).zip(codes) {
        text = text.replace(&code, &format!("dossier {place}"));
    }
    let feedback = shelf_of_codes(&books["tables"]["FeedbackTable"]);
    let feedback = feedback.into_iter().filter(|code| code.parse::<FeedbackCode>().is_ok());
    for (place, code) in (1..).zip(feedback.collect::<BTreeSet<_>>()) {
        text = text.replace(&code, &format!("feedback {place}"));
    }
    serde_json::from_str(&text).unwrap()
}

/// The id of a reply to an integrator without the time at which the event was read.
fn named_after_its_event(id: &str) -> Option<String> {
    let (event, read_at) = id.split_once('@')?;
    read_at.parse::<i64>().is_ok().then(|| format!("{event}@#"))
}

/// A message without its times.
fn timeless(body: &Value) -> Value {
    match body {
        Value::Object(fields) => {
            let kept = |(name, value): (&String, &Value)| {
                let id = value.as_str().filter(|_| name == "id").and_then(named_after_its_event);
                (name.clone(), id.map_or_else(|| timeless(value), Value::from))
            };
            fields.iter().map(kept).collect()
        }
        Value::Array(items) => items.iter().map(timeless).collect(),
        Value::String(text) if is_of_the_moment(text) => json!("#"),
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => body.clone(),
    }
}

/// The codes of a table's rows.
fn shelf_of_codes(items: &Value) -> Vec<String> {
    let codes = items.as_array().into_iter().flatten().filter_map(|it| it["code"]["S"].as_str());
    codes.map(str::to_owned).collect()
}

/// Whether a path of the books leads to a table as a whole.
fn is_table(path: &str) -> bool {
    path.strip_prefix(".tables.").is_some_and(|rest| !rest.contains(['.', '[']))
}

/// Rows of a table that only one of two books has, compared with each other: their keys may be
/// drawn, and so their order.
fn unlike_rows(path: &str, left: &[Value], right: &[Value], found: &mut Vec<String>) {
    let mut more: Vec<&Value> = right.iter().collect();
    let mut less = Vec::new();
    for (place, row) in left.iter().enumerate() {
        match more.iter().position(|other| *other == row) {
            Some(same) => drop(more.remove(same)),
            None => less.push((place, row)),
        }
    }
    let mut more = more.into_iter();
    for (place, row) in less {
        differences(&format!("{path}[{place}]"), row, more.next().unwrap_or(&Value::Null), found);
    }
    for (place, row) in (left.len()..).zip(more) {
        differences(&format!("{path}[{place}]"), &Value::Null, row, found);
    }
}

/// Where two books differ.
fn differences(path: &str, one: &Value, other: &Value, found: &mut Vec<String>) {
    match (one, other) {
        (Value::Object(left), Value::Object(right)) => {
            let names: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            for name in names {
                let at = |side: &serde_json::Map<_, _>| side.get(name).cloned().unwrap_or_default();
                differences(&format!("{path}.{name}"), &at(left), &at(right), found);
            }
        }
        (Value::Array(left), Value::Array(right)) if is_table(path) => {
            unlike_rows(path, left, right, found);
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (place, (left, right)) in left.iter().zip(right).enumerate() {
                differences(&format!("{path}[{place}]"), left, right, found);
            }
        }
        _ if one == other => {}
        _ => {
            let short = |it: &Value| it.to_string().chars().take(300).collect::<String>();
            found.push(format!("{path}: {} and not {}", short(other), short(one)));
        }
    }
}

/// Plays on a clock that jumps where everybody waits, with room for everything of a province in one
/// future.
pub fn played(work: impl AsyncFnOnce() + Send + 'static) {
    let play = move || {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().start_paused(true).build().unwrap();
        runtime.block_on(work());
    };
    let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(play).unwrap();
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

/// Of how many combinations `make test` runs one.
const STRIDE: u32 = 30;

/// What a sweep has seen.
#[derive(Default)]
struct Seen {
    doors: BTreeSet<String>,
    combinations: usize,
    runs: usize,
    wrong: Vec<String>,
    calls: BTreeSet<(String, String)>,
}

impl Seen {
    fn of_calls(&mut self, crossings: &[Crossing]) {
        let calls = crossings.iter().map(|one| (one.function.clone(), one.called.clone()));
        self.calls.extend(calls);
    }
}

/// Fails where a person stands in what is sent or logged. What integrators send holds applicants
/// (ADR 5).
fn nobody_is_named(town: &Town, log: &Log, when: &str, wrong: &mut Vec<String>) {
    let sent =
        town.queues.ever().into_iter().filter(|(queue, _)| !queue.starts_with("Integrators"));
    let lines = log.lines().into_iter().map(|line| ("log".to_owned(), line.to_string()));
    for (place, text) in sent.chain(lines) {
        for planted in PLANTED {
            if text.contains(planted) {
                wrong.push(format!("{when}: {planted} stands in {place}"));
            }
        }
    }
}

/// One operation swept; where it comes to no end, the others are swept all the same.
async fn guarded(name: &str, stride: u32, seen: &mut Seen) {
    let (combinations, runs, wrong) = (seen.combinations, seen.runs, seen.wrong.len());
    let guarded = AssertUnwindSafe(swept(name, stride, seen)).catch_unwind().await;
    if let Err(panic) = guarded {
        let said = panic.downcast_ref::<String>().cloned().unwrap_or_default();
        seen.wrong.push(format!("{name}: it ended with {said}"));
    }
    let (combinations, runs) = (seen.combinations - combinations, seen.runs - runs);
    println!(
        "{name}: {runs} of {combinations} combinations, {} places differ",
        seen.wrong.len() - wrong
    );
}

/// Whether one combination is in the share that is run: the same whatever else is called.
fn is_chosen(when: &str, stride: u32) -> bool {
    let sum = when
        .bytes()
        .fold(0x811c_9dc5_u32, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    (sum >> 7).is_multiple_of(stride)
}

/// Lets each call of one operation fail in each mode, one in `stride` of these alone.
async fn swept(name: &str, stride: u32, seen: &mut Seen) {
    let log = Log::kept();
    let catalogue = if TRANSFERRED.contains(&name) { &PROCESSED } else { &CATALOGUE };
    let town = Town::new(Arc::clone(catalogue), at(NOW));
    let act = prepared(&town, name).await;
    seen.doors.insert(act.door());
    seen.of_calls(&town.crossings());
    let state = town.state();
    // Once before: what a process remembers of it (the minute of the places) decides how many calls
    // it makes, and a call is struck by its number.
    finished(&town, &act).await;
    waited(&town).await;
    town.restore(&state);
    town.crossings();
    let wanted = finished(&town, &act).await;
    assert!(wanted.status < 400 || name.starts_with("GET "), "{name}: {wanted:?}");
    let crossings = town.crossings();
    let reads_alone = crossings.iter().all(|crossing| !crossing.writes);
    if !reads_alone {
        waited(&town).await;
        reported(&town).await;
    }
    seen.of_calls(&crossings);
    seen.of_calls(&town.crossings());
    let expected = books(&town);
    for (nth, crossing) in crossings.iter().enumerate() {
        for mode in Mode::WRONG.into_iter().filter(|mode| mode.fits(crossing)) {
            let when = format!("{name}, {} ({nth}), {mode:?}", crossing.called);
            let is_chosen = is_chosen(&when, stride);
            seen.combinations += 1;
            if !is_chosen {
                continue;
            }
            seen.runs += 1;
            town.restore(&state);
            town.strike(nth, mode);
            let answer = finished(&town, &act).await;
            if answer.status != wanted.status {
                seen.wrong.push(format!("{when}: {answer:?}"));
            }
            if !reads_alone {
                waited(&town).await;
                reported(&town).await;
            }
            seen.of_calls(&town.crossings());
            told_once(&town, crossing, &when, &mut seen.wrong);
            let mut found = Vec::new();
            differences("", &expected, &books(&town), &mut found);
            found.retain(|found| !is_owed(name, &crossings[..=nth], mode, found));
            seen.wrong.extend(found.into_iter().map(|one| format!("{when}: {one}")));
        }
    }
    nobody_is_named(&town, &log, name, &mut seen.wrong);
}

/// Whether books may differ so where the last of these calls fares so: where nobody could know, or
/// where something is done later.
fn is_owed(name: &str, crossings: &[Crossing], mode: Mode, found: &str) -> bool {
    let [before @ .., crossing] = crossings else { return false };
    let within = |paths: &[&str]| paths.iter().any(|path| found.starts_with(path));
    let is_unknown = match mode {
        Mode::LostAfter | Mode::KilledBefore | Mode::KilledAfter => true,
        Mode::Passes | Mode::LostBefore | Mode::Repeated | Mode::TurnedAway | Mode::InPart => false,
    };
    match crossing.function.as_str() {
        // A process ended around a call to a gateway: the notice is *unknown*, and a code is asked
        // for again (ADR 89).
        "notify-applicant" if is_unknown => within(&[".phones", ".tables.NoticesTable"]),
        // A try that came to nothing is recorded, and another one follows; or a report settles a
        // notice before the answer of its call is stored, with who made it.
        "notify-applicant" => {
            let notice = found.strip_prefix(".tables.NoticesTable[0].n.L[");
            let field = notice.and_then(|rest| rest.split_once("].M.")).map(|(_, field)| field);
            field.is_some_and(|field| field.starts_with("q.") || field.starts_with("b: "))
        }
        // When an event was read (`r`) is later where a try before came to nothing.
        "ingest-event" => is_later(found, (".tables.DossiersTable[0].history.L[", "].M.r.N")),
        // Zalo has answered and nothing of it is stored: a person signs in (ADR 15).
        "refresh-token" => {
            let is_answered = match crossing.called.as_str() {
                "token issuer" => is_unknown && mode != Mode::KilledBefore,
                _ => {
                    mode == Mode::KilledBefore
                        && before.iter().any(|one| one.called == "token issuer")
                }
            };
            let lost = [".access.M.token.S", ".refresh.S", ".refusedAt"];
            let field = found.strip_prefix(".tables.AccountsTable[0]").unwrap_or_default();
            is_answered && lost.iter().any(|lost| field.starts_with(&format!("{lost}:")))
        }
        // Whoever has no reply writes again; what they said of a result is counted all the same
        // (ADR 94, 105).
        "record-delivery" => within(&[".phones"]),
        // An upload that was asked for twice has two rows, of which one expires.
        "upload-document" if is_unknown => within(&[".tables.DocumentsTable"]),
        // The next run counts the payment, and the term goes on from then.
        "settle-payments" => {
            within(&[".tables.DossiersTable[0].dueAt", ".tables.DossiersTable[0].history"])
        }
        "take-payment" if name == "a payer comes back" => {
            within(&[".tables.DossiersTable[0].dueAt", ".tables.DossiersTable[0].history"])
        }
        // Whose address was lost cannot go on with the first attempt; both are asked after
        // (ADR 86).
        "take-payment" if name == "a payment is begun" => {
            within(&[".attempts", ".tables.PaymentsTable"])
        }
        _ => false,
    }
}

/// Whether a number under a place of a list, between these two parts of its path, is higher than
/// undisturbed and nothing else is.
fn is_later(found: &str, (start, end): (&str, &str)) -> bool {
    let number = |text: &str| text.trim_matches('"').parse::<i64>().ok();
    let read = || {
        let (path, values) = found.split_once(": ")?;
        let place = path.strip_prefix(start)?.strip_suffix(end)?;
        let (now, undisturbed) = values.split_once(" and not ")?;
        place.parse::<usize>().ok()?;
        Some(number(now)? > number(undisturbed)?)
    };
    read().unwrap_or(false)
}

/// Each notice is brought once; twice only where nobody could know that it was.
fn told_once(town: &Town, crossing: &Crossing, when: &str, wrong: &mut Vec<String>) {
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for sent in town.peers.have().phones {
        *times.entry(sent.name).or_default() += 1;
    }
    let nobody_could_know = crossing.called.starts_with("gateway");
    for (name, times) in times.into_iter().filter(|(_, times)| *times > 1) {
        if !nobody_could_know {
            wrong.push(format!("{when}: {name} was sent {times} times"));
        }
    }
}

/// A call as the policies name it: who, on what, which; nothing for calls of stand-ins.
fn authorised(function: &str, called: &str) -> Vec<(String, String, String)> {
    let Some((operation, on)) = called.split_once(' ') else { return Vec::new() };
    let row = |on: &str, call: String| (function.to_owned(), on.to_owned(), call);
    match operation {
        "TransactWriteItems" => on
            .split('+')
            .filter_map(|part| part.split_once(':'))
            .map(|(kind, table)| row(table, format!("dynamodb:{kind}Item")))
            .collect(),
        "GetItem" | "PutItem" | "UpdateItem" | "DeleteItem" | "Query" | "BatchGetItem" => {
            vec![row(on, format!("dynamodb:{operation}"))]
        }
        "SendMessage" | "SendMessageBatch" if !on.starts_with("replies-") => {
            vec![row(on, "sqs:SendMessage".to_owned())]
        }
        _ => Vec::new(),
    }
}

#[test]
fn whatever_is_asked_ends_as_if_nothing_had_failed_whichever_call_fails_and_however() {
    played(async || {
        let stride = std::env::var("STRIDE").map_or(STRIDE, |text| text.parse().unwrap());
        let only = std::env::var("ONLY").unwrap_or_default();
        let mut seen = Seen::default();
        for name in OPERATIONS.into_iter().filter(|name| name.contains(&only)) {
            guarded(name, stride, &mut seen).await;
        }
        for route in routes().keys().filter(|route| route.contains(&only)) {
            if !seen.doors.contains(route) {
                guarded(route, stride, &mut seen).await;
            }
        }
        let (runs, combinations, differ) = (seen.runs, seen.combinations, seen.wrong.len());
        println!("{runs} of {combinations} combinations, {differ} places differ");
        if only.is_empty() {
            let doors = scheduled().into_iter().chain(worked_off()).chain(routes().keys().cloned());
            let left: Vec<String> = doors.filter(|door| !seen.doors.contains(door)).collect();
            assert!(left.is_empty(), "nothing asks these: {left:?}");
        }
        let allowed = every_call();
        for (function, called) in seen.calls.iter().filter(|(function, _)| !function.is_empty()) {
            for call in authorised(function, called) {
                assert!(allowed.contains(&call), "no policy allows {call:?}");
            }
        }
        let (count, wrong) = (seen.wrong.len(), seen.wrong.join("\n"));
        assert!(count == 0, "{count}\n{wrong}");
    });
}
