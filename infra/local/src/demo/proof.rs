//! The last line: every figure as sources have it that do not know of each other.

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::civil::Date;
use reqwest::Method;
use serde_json::Value;

use super::count::Counts;
use super::error::DemoError;
use super::figures::{Figures, differences};
use super::fire::left;
use super::notices::{states, unfinished};
use super::player::Played;
use super::portal;
use super::scenario::Scenario;
use super::screen::{Screen, cut};
use super::stack::{Asker, Stack};
use super::story::Told;

/// Lines that say where to look, for each figure that differs.
const HINTS: usize = 8;

/// One figure as several sources have it that do not know of each other.
#[derive(Debug)]
pub(super) struct Claim {
    name: &'static str,
    /// A source without a name is a bound, and goes without saying.
    counted: Vec<(u64, &'static str)>,
    /// Where to look when the sources part.
    hints: Vec<String>,
}

impl Claim {
    fn new(name: &'static str, counted: &[(u64, &'static str)], hints: &[String]) -> Self {
        Self { name, counted: counted.to_vec(), hints: hints.to_vec() }
    }

    fn count(&self) -> u64 {
        self.counted.last().map_or(0, |(count, _)| *count)
    }

    fn holds(&self) -> bool {
        self.counted.iter().all(|(count, _)| *count == self.count())
    }

    fn shown(&self, joint: &str) -> String {
        let named = self.counted.iter().filter(|(_, source)| !source.is_empty());
        let shown: Vec<String> = named.map(|(count, source)| format!("{count} {source}")).collect();
        shown.join(joint)
    }
}

/// Asks every source but those of telling.
pub(super) async fn claims(
    stack: &Stack,
    scenario: &Scenario,
    played: &Played,
    found: &BTreeMap<Date, Figures>,
) -> Result<Vec<Claim>, DemoError> {
    let (dossiers, table) = (&scenario.dossiers, stack.dossiers().await?);
    let counted = Counts::sum(found.values().flat_map(BTreeMap::values));
    let foretold: Vec<(Date, Figures)> =
        found.keys().map(|day| (*day, scenario.figures(*day))).collect();
    let parted: Vec<String> = foretold
        .iter()
        .flat_map(|(day, expected)| differences(&found[day], expected, *day))
        .collect();
    let foretold = Counts::sum(foretold.iter().flat_map(|(_, figures)| figures.values()));
    let mut strayed = Vec::new();
    for dossier in dossiers {
        let code = played.codes.get(&dossier.reference).cloned().unwrap_or_default();
        let status = table.get(&code).and_then(|stored| stored.status);
        if status != Some(u64::from(dossier.status())) {
            let (reference, expected) = (&dossier.reference, dossier.status());
            strayed.push(format!("{reference} {code}: status {status:?}, {expected} foretold"));
        }
    }
    let mut reasons = Vec::new();
    let parked = stack.parked().await?;
    for (queue, _) in parked.iter().filter(|(_, count)| *count > 0) {
        let found = stack.reasons(queue).await?;
        reasons.extend(found.into_iter().map(|reason| format!("{queue}: {reason}")));
    }
    let parked = parked.iter().map(|(_, count)| count).sum();
    let all = dossiers.len() as u64;
    let changes = dossiers.iter().map(|dossier| dossier.history.len() as u64).sum();
    let recorded = table.values().map(|stored| stored.changes as u64).sum();
    let to_refuse = dossiers.iter().filter(|dossier| dossier.refused.is_some()).count() as u64;
    let listed = worklists(stack, scenario).await?;
    let out_of_step = portal::out_of_step(&table, &stack.portal().await?);
    let in_step = (table.len() - out_of_step.len()) as u64;
    let troubles = &played.troubles;
    Ok(vec![
        Claim::new(
            "dossiers",
            &[
                (all, "dossiers"),
                (played.submitted, "sent"),
                (table.len() as u64, "in the table"),
                (listed, "in the worklists"),
            ],
            troubles,
        ),
        Claim::new(
            "statuses",
            &[(all, "statuses"), (all - strayed.len() as u64, "as foretold")],
            &strayed,
        ),
        Claim::new(
            "received",
            &[(foretold.received(), "received"), (counted.received(), "in the roll-up")],
            &parted,
        ),
        Claim::new(
            "resolved",
            &[(foretold.of("resolved"), "resolved"), (counted.of("resolved"), "in the roll-up")],
            &parted,
        ),
        Claim::new("KPI figures", &[(parted.len() as u64, "KPI figures differ"), (0, "")], &parted),
        Claim::new(
            "changes",
            &[
                (changes, "changes"),
                (played.submitted + played.moved, "sent"),
                (recorded, "in the histories"),
            ],
            troubles,
        ),
        Claim::new(
            "refused commands",
            &[(to_refuse, "commands to refuse"), (played.refused, "refused")],
            troubles,
        ),
        Claim::new(
            "national portal",
            &[(all, "dossiers"), (in_step, "in step with the national portal")],
            &out_of_step,
        ),
        Claim::new("parked messages", &[(parked, "messages parked"), (0, "")], &reasons),
    ])
}

/// What telling proves: each change once, and each message reported.
pub(super) async fn of_telling(stack: &Stack, due: u64) -> Result<[Claim; 3], DemoError> {
    let (notices, accepted) = (stack.notices().await?, stack.accepted().await?);
    let told = states(&notices);
    let by_state = by_state(&told);
    let late = [by_state.as_slice(), &unfinished(&notices)].concat();
    let sent = accepted.len() as u64;
    Ok([
        Claim::new(
            "notices",
            &[(due, "notices due"), (sent + told.of("merged"), "sent or merged into a later one")],
            &late,
        ),
        sent_twice(&accepted),
        Claim::new(
            "delivered",
            &[(sent, "messages"), (told.of("delivered"), "reported as delivered")],
            &by_state,
        ),
    ])
}

/// What telling proves where processes died: a message that may have gone out is not sent again, so
/// that some changes stay unknown. Of every other the table and the gateways agree.
pub(super) async fn of_telling_under_fire(
    stack: &Stack,
    due: u64,
) -> Result<[Claim; 3], DemoError> {
    let (notices, accepted) = (stack.notices().await?, stack.accepted().await?);
    let told = states(&notices);
    let unknown: BTreeSet<String> =
        left(&notices).map(|(code, notice)| format!("{code}/{}", notice["version"])).collect();
    let known = told.of("sent") + told.of("delivered");
    let tracked = accepted.iter().filter_map(|message| message["tracking"].as_str());
    let at_gateways = tracked.filter(|tracking| !unknown.contains(*tracking)).count() as u64;
    let ended = known + told.of("merged") + unknown.len() as u64;
    let late = [by_state(&told), unfinished(&notices)].concat();
    Ok([
        Claim::new(
            "notices",
            &[(due, "notices due"), (ended, "sent, merged, or unknown by a death")],
            &late,
        ),
        sent_twice(&accepted),
        Claim::new(
            "known",
            &[(known, "known as sent"), (at_gateways, "at the gateways")],
            &[format!("{} unknown", unknown.len())],
        ),
    ])
}

fn by_state(told: &Counts) -> Vec<String> {
    told.each().map(|(state, count)| format!("{state}: {count}")).collect()
}

fn sent_twice(accepted: &[Value]) -> Claim {
    let different: BTreeSet<&str> =
        accepted.iter().filter_map(|message| message["tracking"].as_str()).collect();
    let twice = (accepted.len() - different.len()) as u64;
    Claim::new("sent twice", &[(twice, "messages sent twice"), (0, "")], &[])
}

/// What the one case proves: the result is the officer's file, what was asked for is what was paid
/// and what the receipt says, the post is to bring the result once, and every read is recorded.
pub(super) fn of_story(told: &Told) -> [Claim; 4] {
    let same = u64::from(told.signed == told.fetched);
    let hashes = [format!("signed {}, fetched {}", told.signed, told.fetched)];
    [
        Claim::new("result", &[(1, "result signed"), (same, "fetched unchanged")], &hashes),
        Claim::new(
            "fee",
            &[
                (told.owed, "đồng asked for"),
                (told.paid, "at the platform"),
                (told.receipt, "on the receipt"),
            ],
            &[],
        ),
        Claim::new("post", &[(1, "result wanted by post"), (told.ordered, "ordered there")], &[]),
        Claim::new("reads", &[(told.read, "reads of it"), (told.recorded, "recorded")], &[]),
    ]
}

/// How many dossiers the officers of all agencies see, page by page, in every status.
async fn worklists(stack: &Stack, scenario: &Scenario) -> Result<u64, DemoError> {
    let agencies: BTreeSet<&str> =
        scenario.dossiers.iter().map(|dossier| dossier.agency()).collect();
    let lists = agencies.iter().flat_map(|agency| (1..=10).map(move |status| (*agency, status)));
    let lengths = stream::iter(lists.map(|(agency, status)| worklist(stack, agency, status)));
    let lengths: Vec<u64> = lengths.buffer_unordered(stack.patience.at_once).try_collect().await?;
    Ok(lengths.iter().sum())
}

async fn worklist(stack: &Stack, agency: &str, status: u8) -> Result<u64, DemoError> {
    let (mut seen, mut cursor) = (0, String::new());
    loop {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("status", &status.to_string()).append_pair("limit", "50");
        if !cursor.is_empty() {
            query.append_pair("cursor", &cursor);
        }
        let path = format!("/v1/dossiers?{}", query.finish());
        let officer = Asker::Officer(agency.to_owned());
        let page = stack.api(Method::GET, &path, officer, None, None).await?;
        seen += page["items"].as_array().map_or(0, Vec::len) as u64;
        match page["nextCursor"].as_str() {
            Some(next) if !next.is_empty() => cursor = next.to_owned(),
            Some(_) | None => return Ok(seen),
        }
    }
}

/// The last line; whether everything holds.
pub(super) fn conclude(screen: &Screen, found: &[Claim], days: usize) -> bool {
    if !all_hold(screen, found) {
        return false;
    }
    let refused = claim_of(found, "refused commands").map_or(0, Claim::count);
    prove(
        screen,
        &[
            equal(found, "dossiers"),
            equal(found, "received"),
            format!("{} of {days} days, cell by cell", equal(found, "resolved")),
            equal(found, "changes"),
            equal(found, "notices"),
            equal(found, "national portal"),
            format!("{}, none twice", equal(found, "delivered")),
            format!("{refused} commands refused as expected"),
            equal(found, "result"),
            equal(found, "fee"),
            equal(found, "post"),
            equal(found, "reads"),
            "nothing parked".to_owned(),
        ],
    );
    true
}

/// The last line of a day under fire; whether the books balance.
pub(super) fn conclude_under_fire(screen: &Screen, found: &[Claim], deaths: u64) -> bool {
    if !all_hold(screen, found) {
        return false;
    }
    let same = ["dossiers", "received", "resolved", "changes", "notices", "national portal"];
    let balanced = same.map(|name| equal(found, name));
    let rest = [
        format!("{}, none twice", equal(found, "known")),
        "nothing parked".to_owned(),
        format!("after {deaths} deaths"),
    ];
    prove(screen, &[balanced.as_slice(), &rest].concat());
    true
}

fn claim_of<'a>(found: &'a [Claim], name: &str) -> Option<&'a Claim> {
    found.iter().find(|claim| claim.name == name)
}

fn equal(found: &[Claim], name: &str) -> String {
    claim_of(found, name).map(|claim| claim.shown(" = ")).unwrap_or_default()
}

fn prove(screen: &Screen, sentence: &[String]) {
    let proved = screen.paint("PROVED: ", "1;32");
    screen.line(&format!("{proved}{}", sentence.join("; ")));
}

/// Whether each claim holds; those that do not are shown.
fn all_hold(screen: &Screen, found: &[Claim]) -> bool {
    screen.line("");
    let failed: Vec<&Claim> = found.iter().filter(|claim| !claim.holds()).collect();
    for claim in &failed {
        let mark = screen.paint("✗", "31");
        screen.line(&format!("  {mark} {}: {}", claim.name, claim.shown(" ≠ ")));
        for hint in claim.hints.iter().take(HINTS) {
            let room = screen.width().saturating_sub(7);
            screen.line(&screen.dim(&format!("      {}", cut(hint, room))));
        }
    }
    if !failed.is_empty() {
        let shown: Vec<String> = failed.iter().map(|claim| claim.shown(" ≠ ")).collect();
        screen.line(&screen.paint(&format!("NOT PROVED: {}", shown.join("; ")), "1;31"));
        return false;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(counts: &[u64]) -> Claim {
        let counted: Vec<(u64, &'static str)> =
            counts.iter().copied().zip(["sent", "in the table", ""]).collect();
        Claim::new("dossiers", &counted, &[])
    }

    #[test]
    fn a_claim_holds_where_all_its_sources_agree() {
        assert!(claim(&[256, 256, 256]).holds());
        assert!(!claim(&[256, 255, 256]).holds() && !claim(&[255, 256, 256]).holds());
    }

    #[test]
    fn a_claim_names_its_sources_and_leaves_a_bound_out() {
        assert_eq!(claim(&[3, 2, 0]).shown(" ≠ "), "3 sent ≠ 2 in the table");
    }

    #[test]
    fn one_figure_that_differs_is_enough_for_nothing_to_be_proved() {
        let screen = Screen::new();
        assert!(conclude(&screen, &[claim(&[1, 1, 1])], 1));
        assert!(!conclude(&screen, &[claim(&[1, 1, 1]), claim(&[1, 2, 1])], 1));
    }
}
