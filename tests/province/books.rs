//! What must be true of a province's books, whatever befell it.

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::date_of;
use domain::dossier::Dossier;
use jiff::civil::Date;
use platform::port::DossierStore;

use super::{MOVES, Province};
use crate::support::call::CITIZEN;
use crate::support::days;
use crate::support::log::Log;
use crate::support::town::CONSUMED;

/// What is planted of a person, however it is written.
const PLANTED: [&str; 4] = ["Trần Thị Mẫu", "Tran Thi Mau", CITIZEN, "912345678"];

/// What of the books is wrong, each as a sentence.
pub(super) async fn wrong(province: &Province) -> Vec<String> {
    let state = province.town.state();
    let mut wrong = Vec::new();
    let stored = state.tables["DossiersTable"].values();
    let stored = stored.filter(|item| item.get("history").is_some());
    let codes = stored.filter_map(|item| Some(item["code"]["S"].as_str()?.to_owned()));
    let mut dossiers = BTreeMap::new();
    for code in codes {
        let found = province.town.world.dossiers.dossier(&code.parse().unwrap()).await.unwrap();
        dossiers.insert(code, found.unwrap());
    }
    let asked = &province.asked;
    let answered: BTreeSet<&String> =
        asked.submitted.values().chain(asked.brought.keys()).collect();
    if answered.len() != asked.submitted.len() + asked.brought.len() {
        wrong.push("two submissions were answered one code".to_owned());
    }
    let stored: BTreeSet<&String> = dossiers.keys().collect();
    for code in answered.symmetric_difference(&stored) {
        wrong.push(format!("{code} is answered, or stored, and not both"));
    }
    for (code, dossier) in &dossiers {
        let actions = dossier.history.iter().map(|entry| entry.action.name());
        // What the system does by itself, such as a letter of apology, nobody asked for.
        let actions: Vec<&str> =
            actions.filter(|action| *action == "submit" || MOVES.contains(action)).collect();
        if let Some(events) = asked.brought.get(code) {
            if u64::try_from(actions.len()).unwrap() != *events {
                wrong.push(format!("{code} has {actions:?} of {events} events"));
            }
        } else {
            let moved = asked.moved.get(code).cloned().unwrap_or_default();
            let moved = moved.values().map(String::as_str);
            let expected: Vec<&str> = std::iter::once("submit").chain(moved).collect();
            if actions != expected {
                wrong.push(format!("{code} has {actions:?}, and {expected:?} were answered"));
            }
        }
        let all: Vec<u64> = (1..).take(dossier.history.len()).collect();
        let mut known = state.outside.portal.get(code).cloned().unwrap_or_default();
        known.sort_unstable();
        if known != all {
            wrong.push(format!("the portal has {known:?} of {code}, which has {}", all.len()));
        }
    }
    figures(province, &dossiers, &mut wrong).await;
    queues(province, &mut wrong);
    notices(province, &dossiers, &mut wrong);
    wrong
}

/// The figures of each day are what the histories say of it, counted here once more.
async fn figures(
    province: &Province,
    dossiers: &BTreeMap<String, Dossier>,
    wrong: &mut Vec<String>,
) {
    let mut tally: BTreeMap<Date, [u64; 3]> = BTreeMap::new();
    for dossier in dossiers.values() {
        for entry in &dossier.history {
            let of_day = tally.entry(date_of(entry.at)).or_default();
            for (count, action) in of_day.iter_mut().zip(["submit", "receive", "finish"]) {
                *count += u64::from(entry.action.name() == action);
            }
        }
    }
    for (day, counted) in tally {
        let row = days::province(&province.town.world, &day.to_string()).await;
        let published = [row.submitted, row.received, row.resolved];
        if published != counted {
            wrong.push(format!("{day} has {published:?}, and its histories {counted:?}"));
        }
    }
}

/// Nothing is left to work off, and nothing was given up.
fn queues(province: &Province, wrong: &mut Vec<String>) {
    for message in province.town.queues.held() {
        let is_worked_off = CONSUMED.iter().any(|(queue, ..)| *queue == message.queue);
        if is_worked_off || message.queue.contains("DeadLetters") {
            wrong.push(format!("{} holds {}", message.queue, message.body));
        }
    }
    let left = province.town.is_streaming();
    if left {
        wrong.push("a change was never relayed".to_owned());
    }
}

/// Each notice came to an end, and no phone got one twice unless nobody could know.
fn notices(province: &Province, dossiers: &BTreeMap<String, Dossier>, wrong: &mut Vec<String>) {
    let state = province.town.state();
    let threads: BTreeMap<String, String> = state.tables["NoticesTable"]
        .values()
        .filter_map(|item| Some((item["code"]["S"].as_str()?.to_owned(), item.to_string())))
        .collect();
    for (code, dossier) in dossiers {
        if !threads.contains_key(code) {
            wrong.push(format!("nobody was told of {code}"));
        }
        let has_phone = dossier.applicant.as_ref().is_some_and(|who| who.phone.is_some());
        let sent = state.outside.phones.iter().any(|sent| sent.name.contains(code.as_str()));
        if sent && !has_phone {
            wrong.push(format!("somebody was told of {code}, whose applicant has no telephone"));
        }
    }
    for item in state.tables["NoticesTable"].values() {
        if item.get("wakeAt").is_some() && item.to_string().contains("waiting") {
            wrong.push(format!("a notice still waits: {item}"));
        }
    }
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for sent in &state.outside.phones {
        *times.entry(&sent.name).or_default() += 1;
    }
    for (name, times) in times.into_iter().filter(|(_, times)| *times > 1) {
        if !state.outside.unsure.contains(name) {
            wrong.push(format!("{name} was sent {times} times, and it was known"));
        }
    }
}

/// Nothing of a person is in what is sent or logged. What integrators send holds applicants (ADR 5).
pub(super) fn nobody_is_named(province: &Province, log: &Log, wrong: &mut Vec<String>) {
    let sent = province.town.queues.ever().into_iter();
    let sent = sent.filter(|(queue, _)| !queue.starts_with("Integrators"));
    let lines = log.lines().into_iter().map(|line| ("the log".to_owned(), line.to_string()));
    for (place, text) in sent.chain(lines) {
        for planted in PLANTED.iter().filter(|planted| text.contains(**planted)) {
            wrong.push(format!("{planted} stands in {place}"));
        }
    }
}
