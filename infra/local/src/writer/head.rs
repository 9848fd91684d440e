//! The head of the file: what it is, and what a player can count against.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use serde::Serialize;
use serde_json::ser::Formatter;

use super::row::{Path, Row};
use super::{FIRST_DAY, LAST_DAY, WriteError};

const NOTE: &str = "Day D is chosen at play time. daysBefore counts calendar days back from D; a day that is \
    not a working day becomes the working day before it; the order also holds for a player \
    that counts working days. path event: submission and steps are integrators' events with \
    their own time, and come first, in order of time; steps marked http follow today over \
    HTTP. path http: submitted and moved over HTTP today, by the clock. by: who acts where \
    it is not an officer of the agency. msisdn: the phone after normalisation; zalo false: \
    no Zalo account, so the gateway answers -118 and SMS is used. refusedCommand: one more \
    HTTP command by an officer, after all steps, which must be refused in the way it says. \
    expect.version also counts the notices. All people and businesses are invented.";

/// What a player can count against.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Totals {
    dossiers: usize,
    by_path: BTreeMap<&'static str, usize>,
    by_agency: BTreeMap<&'static str, usize>,
    by_channel: BTreeMap<&'static str, usize>,
    procedures: usize,
    event_steps: usize,
    http_steps: usize,
    refused_commands: usize,
    history_entries: usize,
    by_final_status: BTreeMap<u8, usize>,
    received_today: BTreeMap<String, usize>,
    resolved_today: BTreeMap<&'static str, usize>,
    without_zalo: usize,
}

fn counted<K: Ord>(keys: impl Iterator<Item = K>) -> BTreeMap<K, usize> {
    let mut counts = BTreeMap::new();
    keys.for_each(|key| *counts.entry(key).or_default() += 1);
    counts
}

impl Totals {
    fn of(rows: &[Row]) -> Self {
        let steps = || rows.iter().flat_map(|row| row.steps.iter().map(move |step| (row, step)));
        let http = steps().filter(|(row, step)| row.is_http(step)).count();
        let received = rows.iter().filter(|row| row.expect.received_today);
        let resolved = rows.iter().filter(|row| row.expect.resolved_today);
        let path = |row: &Row| match row.path {
            Path::Event => "event",
            Path::Http => "http",
        };
        Self {
            dossiers: rows.len(),
            by_path: counted(rows.iter().map(path)),
            by_agency: counted(rows.iter().map(|row| row.agency)),
            by_channel: counted(rows.iter().map(|row| row.channel)),
            procedures: rows.iter().map(|row| row.procedure).collect::<BTreeSet<_>>().len(),
            event_steps: steps().count() - http,
            http_steps: http,
            refused_commands: rows.iter().filter(|row| row.refused_command.is_some()).count(),
            history_entries: rows.iter().map(|row| row.expect.version).sum(),
            by_final_status: counted(rows.iter().map(|row| row.expect.status)),
            received_today: counted(received.map(|row| format!("{}/{}", row.agency, row.channel))),
            resolved_today: counted(resolved.map(|row| row.agency)),
            without_zalo: rows.iter().filter(|row| !row.who.zalo).count(),
        }
    }
}

/// The members of the head, each as it is written.
pub(super) fn head(rows: &[Row]) -> Result<Vec<(&'static str, String)>, WriteError> {
    Ok(vec![
        ("schemaVersion", "1".to_owned()),
        ("note", serde_json::to_string(NOTE)?),
        ("firstDay", serde_json::to_string(&FIRST_DAY)?),
        ("lastDay", serde_json::to_string(&LAST_DAY)?),
        ("totals", spaced(&Totals::of(rows))?),
    ])
}

/// JSON with a space behind commas and colons, in one line.
fn spaced(value: &impl Serialize) -> Result<String, WriteError> {
    let mut written = Vec::new();
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut written, Spaced))?;
    Ok(String::from_utf8_lossy(&written).into_owned())
}

struct Spaced;

impl Formatter for Spaced {
    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        is_first: bool,
    ) -> io::Result<()> {
        if is_first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}
