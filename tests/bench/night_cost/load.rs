//! A province in an embedded DynamoDB on disk: dossiers that the domain decided, stored in the form
//! in which the functions store them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use aws_sdk_dynamodb::types::AttributeValue as Sdk;
use domain::catalogue::Catalogue;
use domain::dossier::{Action, Actor, Command, Correction, Decision, Dossier, Duty};
use domain::id::AgencyCode;
use domain::outcome::{GivenResult, Handover, HandoverWay};
use domain::procedure::Channel;
use domain::submission::{DocumentsKeptBy, Submission};
use dynoxide::types::AttributeValue;
use dynoxide::{Database, ImportOptions};
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use platform::record::DossierRecord;
use serde_json::json;

/// The last day of both provinces, and the first of the week that a night counts.
const LAST: Date = date(2026, 11, 17);
const WEEK: Date = date(2026, 11, 11);

/// The day on which the patterns of dossiers were handed in.
const PATTERN: Date = date(2026, 11, 2);

/// Dossiers open at the end of the last day.
const OPEN: usize = 4_000;

/// Dossiers settled in the last week.
const SETTLED: usize = 5_000;

/// Items put into the table at a time.
const CHUNK: usize = 5_000;

/// A folder that goes away with the benchmark.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new(root: &Path) -> Self {
        let folder = root.join("target/bench").join(std::process::id().to_string());
        std::fs::create_dir_all(&folder).expect("a folder for the tables");
        Self(folder)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Tables of the template with so many dossiers: open ones, those of the last week, and the rest
/// from the years before.
pub fn province(scratch: &Scratch, dossiers: usize, catalogue: &Catalogue) -> Database {
    let file = scratch.0.join(format!("{dossiers}.sqlite"));
    let database =
        Database::new(file.to_str().expect("a path in UTF-8")).expect("a database on disk");
    for (name, definition) in replay::tables::declared() {
        let definition = serde_json::from_value(definition).expect("a table of the template");
        database.create_table(definition).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    database.enable_bulk_loading().expect("bulk loading");
    let agencies: Vec<AgencyCode> = catalogue
        .agencies()
        .filter(|agency| agency.exists_on(PATTERN))
        .map(|agency| agency.code.clone())
        .collect();
    let patterns = Patterns::decided(catalogue);
    let old = dossiers - OPEN - SETTLED;
    let began = Instant::now();
    let numbers: Vec<usize> = (0..dossiers).collect();
    for chunk in numbers.chunks(CHUNK) {
        let items = chunk.iter().map(|number| {
            // Day of the last event, counted from the pattern's own.
            let (pattern, last) = match *number {
                place if place < OPEN => (&patterns.open, LAST.saturating_sub(days(place % 30))),
                place if place < OPEN + SETTLED => {
                    (&patterns.settled, LAST.saturating_sub(days(place % 7)))
                }
                // Evenly over the seven years before the week.
                place => {
                    let back = 1 + (place - OPEN - SETTLED) * 2_500 / old;
                    (&patterns.settled, WEEK.saturating_sub(days(back)))
                }
            };
            item(pattern, *number, &agencies[number % agencies.len()], last)
        });
        let imported =
            database.import_items("DossiersTable", items.collect(), ImportOptions::default());
        imported.expect("the items are taken");
        let done = chunk.last().map_or(0, |last| last + 1);
        let rate =
            u128::try_from(done).unwrap_or_default() * 1_000 / began.elapsed().as_millis().max(1);
        let left = (dossiers - done) as u128 / rate.max(1);
        eprint!("\r{done:>9} of {dossiers} dossiers, {rate} a second, {left} s left    ");
    }
    eprintln!();
    database.disable_bulk_loading().expect("the end of bulk loading");
    database
}

/// Takes away every figure that was counted.
pub fn forget_figures(database: &Database) {
    const TABLE: &str = "KpiTable";
    let named = serde_json::from_value(json!({ "TableName": TABLE })).expect("a request");
    database.delete_table(named).expect("the table goes");
    let (_, definition) =
        replay::tables::declared().into_iter().find(|(name, _)| name == TABLE).expect("the table");
    database
        .create_table(serde_json::from_value(definition).expect("a table"))
        .expect("the table is made");
}

fn days(count: usize) -> jiff::Span {
    jiff::ToSpan::days(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Dossiers as the domain decides them; the others are these on other days.
struct Patterns {
    open: Dossier,
    settled: Dossier,
}

impl Patterns {
    fn decided(catalogue: &Catalogue) -> Self {
        let agency: AgencyCode = "H20.03".parse().expect("an agency");
        let officer = Actor::Officer {
            id: "officer-7".to_owned(),
            agency: agency.clone(),
            predecessors: Vec::new(),
            duty: Duty::Desk,
        };
        let portal = Actor::Portal { id: "portal".to_owned() };
        let applicant = json!({
            "kind": "citizen", "fullName": "Trần Thị Mẫu", "idNumber": "087199012345", "phone": "0912345678",
        });
        let submission = Submission {
            procedure: "1.000382".parse().expect("a procedure"),
            agency,
            channel: Channel::Online,
            ward: None,
            applicant: serde_json::from_value(applicant).expect("an applicant"),
            documents: Vec::new(),
            form: None,
            result_to: None,
            kept_by: DocumentsKeptBy::Us,
        };
        let at = |hour: i64| -> Timestamp {
            let morning: Timestamp = format!("{PATTERN}T01:00:00Z").parse().expect("a time");
            morning + SignedDuration::from_hours(hour)
        };
        let code = "H20.03-261102-0001".parse().expect("a code");
        let mut dossier = submission.into_dossier(
            code,
            "0".parse().expect("a name"),
            &portal,
            at(0).into(),
            catalogue,
        );
        let mut act = |action: Action, hour: i64| {
            let command = Command {
                id: format!("command-{hour}").parse().expect("a name"),
                action,
                expected_version: None,
                reason: None,
                note: Some(
                    "Đã kiểm tra thành phần hồ sơ, chuyển phòng chuyên môn xử lý theo quy trình."
                        .to_owned(),
                ),
                at: Some(at(hour)),
                new_due_on: None,
                to_agency: None,
                asked_for: Vec::new(),
                documents: Vec::new(),
                result: (action == Action::Finish).then_some(GivenResult::Paper),
                handover: (action == Action::ReturnResult).then_some(Handover {
                    version: 1,
                    how: HandoverWay::InPerson,
                    to: None,
                }),
                fees: None,
                payment: None,
                form: None,
                correction: Correction::default(),
            };
            let Ok(Decision::Moved(moved)) =
                dossier.decide(command, &officer, catalogue.law(), at(hour))
            else {
                panic!("the pattern is not legal");
            };
            dossier = *moved;
            dossier.clone()
        };
        act(Action::Receive, 1);
        let open = act(Action::Process, 2);
        let settled = act(Action::Finish, 3);
        Self { open, settled }
    }
}

/// The pattern with another number, at another agency, on the day `last`.
fn item(
    pattern: &Dossier,
    number: usize,
    agency: &AgencyCode,
    last: Date,
) -> HashMap<String, AttributeValue> {
    let shift = SignedDuration::from_hours(24 * i64::from((last - PATTERN).get_days()));
    let mut dossier = pattern.clone().into_state();
    dossier.agency = agency.clone();
    dossier.code =
        format!("{agency}-{}-{:07}", last.strftime("%y%m%d"), number).parse().expect("a code");
    let moved = |time: Timestamp| time + shift;
    dossier.submitted_at = moved(dossier.submitted_at);
    for time in [&mut dossier.received_at, &mut dossier.due_at, &mut dossier.closed_at] {
        *time = time.map(moved);
    }
    for entry in &mut dossier.history {
        (entry.at, entry.recorded_at, entry.due_at) =
            (moved(entry.at), moved(entry.recorded_at), entry.due_at.map(moved));
    }
    let dossier = Dossier::try_from(dossier).expect("a dossier");
    let record: HashMap<String, Sdk> =
        serde_dynamo::to_item(DossierRecord::from(&dossier)).expect("a record");
    record.into_iter().map(|(name, value)| (name, embedded(value))).collect()
}

/// A value of the SDK as the embedded engine has it.
fn embedded(value: Sdk) -> AttributeValue {
    match value {
        Sdk::S(text) => AttributeValue::S(text),
        Sdk::N(number) => AttributeValue::N(number),
        Sdk::B(blob) => AttributeValue::B(blob.into_inner()),
        Sdk::Bool(bool) => AttributeValue::BOOL(bool),
        Sdk::Null(null) => AttributeValue::NULL(null),
        Sdk::L(list) => AttributeValue::L(list.into_iter().map(embedded).collect()),
        Sdk::M(map) => AttributeValue::M(
            map.into_iter().map(|(name, value)| (name, embedded(value))).collect(),
        ),
        other => panic!("a dossier holds no {other:?}"),
    }
}
