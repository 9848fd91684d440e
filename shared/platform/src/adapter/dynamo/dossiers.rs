//! The dossiers table: read one, move one, list an agency's.

mod outline;
mod reading;

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use domain::dossier::{Action, Dossier, DossierStatus, Progress};
use domain::id::{AgencyCode, DossierCode};
use domain::outcome::Handover;
use domain::upload::{UploadId, UploadedDocument};
use futures::future::try_join_all;
use jiff::civil::Date;

use super::change::Change;
use super::contents::{CONTENT_VERSION, DEMANDS, GONE, HANDOVERS, POST, RECEIPTS};
use super::pages::{self, Cut, HISTORY, PAGED};
use super::uploads::claims;
use super::{
    Cancelled, DossierItems, Item, contents, down, number, people, read, rows, stored, text,
};
use crate::Failure;
use crate::keyed_hash::KeyedHash;
use crate::port::{Advance, DossierStore, PostBook, Stored};
use crate::record::{Work, WorklistItem, holder_key, work_key};

/// The key of a row.
const KEY: &[&str] = &["code"];

pub use outline::Outline;

/// Reads and writes the dossiers table.
#[derive(Debug, Clone)]
pub struct Dossiers {
    pub(super) client: Client,
    pub(super) tables: DossierTables,
    uploads: Option<String>,
    people: Option<KeyedHash>,
}

crate::settings! {
    /// The names of the tables that hold dossiers.
    #[derive(Debug, Clone)]
    pub struct DossierTables {
        /// Of their states, with history and indexes.
        states: String = "DOSSIERS_TABLE",
        /// Of their contents: who applies, documents and forms.
        contents: String = "CONTENTS_TABLE",
    }
}

impl Dossiers {
    /// Those in these tables.
    pub fn new(client: Client, tables: DossierTables) -> Self {
        Self { client, tables, uploads: None, people: None }
    }

    /// Those of which only the states in the table of this name are read, and no single dossier.
    pub fn states(client: Client, states: String) -> Self {
        Self::new(client, DossierTables { states, contents: String::new() })
    }

    /// The same, where dossiers claim uploaded documents in the table named `uploads`.
    #[must_use]
    pub fn claiming(self, uploads: String) -> Self {
        Self { uploads: Some(uploads), ..self }
    }

    /// The same, where corrected dossiers are found by the numbers of `people` that hold now.
    #[must_use]
    pub fn finding(self, people: KeyedHash) -> Self {
        Self { people: Some(people), ..self }
    }

    /// One page of a desk's dossiers: those in `status` by due date, or all that are open by status
    /// and due date; at most `limit`, after `after` (the page's [`WorklistPage::next`]). Due dates
    /// can be asked for in one status alone. What cannot be read is left out and named in the log.
    pub async fn worklist(
        &self,
        desk: Desk<'_>,
        status: Option<DossierStatus>,
        due_before: Option<Date>,
        limit: u32,
        after: Option<&Line>,
    ) -> Result<WorklistPage, Failure> {
        let (index, key, value) = match desk {
            Desk::Owner(agency) => {
                ("by-work", "work", work_key(agency, status.map_or(Work::Open, Work::from)))
            }
            Desk::Handler(agency) => ("by-handler", "handler", agency.to_string()),
            Desk::Holder(agency, account) => ("by-holder", "heldBy", holder_key(agency, account)),
        };
        let start = after.and_then(|(status, line)| {
            let code = line.split_once('#')?.1;
            Some(HashMap::from([
                (key.to_owned(), text(&value)),
                ("workDue".to_owned(), text(format!("{:02}#{line}", status.code()))),
                ("code".to_owned(), text(code)),
            ]))
        });
        // A bare date sorts before that date with a code behind it, and '~' after every date and
        // every status.
        let first =
            status.map_or_else(|| "0".to_owned(), |status| format!("{:02}#", status.code()));
        let end = match (status, due_before) {
            (Some(_), Some(day)) => format!("{first}{day}"),
            (Some(_), None) => format!("{first}~"),
            (None, _) => "~".to_owned(),
        };
        let query = self
            .client
            .query()
            .table_name(&self.tables.states)
            .index_name(index)
            .key_condition_expression("#key = :key AND workDue BETWEEN :first AND :end")
            .projection_expression(
                "code, workDue, #agency, #handler, #status, #procedure, ward, version, submittedAt, dueAt, assignment, heldBy, step",
            )
            .expression_attribute_names("#key", key)
            .expression_attribute_names("#agency", "agency")
            .expression_attribute_names("#handler", "handler")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#procedure", "procedure")
            .expression_attribute_values(":key", text(&value))
            .expression_attribute_values(":first", text(first))
            .expression_attribute_values(":end", text(end))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let (mut items, mut places) = (Vec::new(), Vec::new());
        let mut start = start;
        loop {
            let page = query.clone().set_exclusive_start_key(start).send().await.map_err(down)?;
            let mut next = None;
            for item in page.items.unwrap_or_default() {
                let line = line_of(&item);
                if let Some(row) = rows::readable(item, KEY) {
                    items.push(row);
                    next.clone_from(&line);
                    places.push(line);
                }
            }
            // The next page goes on after the last line that could be read: no cursor can name
            // another. Where there was none, it begins here.
            start = page.last_evaluated_key;
            if start.is_none() || next.is_some() {
                let next = next.filter(|_| start.is_some());
                return Ok(WorklistPage { items, next, places });
            }
        }
    }

    /// The dossiers with these codes, in this order, as of the last completed write. What is gone is
    /// left out, and so is what cannot be read, which is named in the log.
    pub async fn each(&self, codes: &[DossierCode]) -> Result<Vec<Dossier>, Failure> {
        let items = try_join_all(codes.iter().map(|code| self.item(code))).await?;
        Ok(items.into_iter().flatten().filter_map(|item| rows::readable(item, KEY)).collect())
    }

    /// How far the dossier with this code is, as of the last completed write: from its state, without
    /// its content.
    pub async fn progress(&self, code: &DossierCode) -> Result<Option<Progress>, Failure> {
        let get = self.client.get_item().table_name(&self.tables.states);
        // A state of before contents lay apart holds more, which is none of everybody's business.
        let get = get
            .projection_expression(format!("code, version, #status, {HISTORY}, {PAGED}"))
            .expression_attribute_names("#status", "status")
            .key("code", text(code.as_str()))
            .consistent_read(true);
        let Some(mut state) = get.send().await.map_err(down)?.item else { return Ok(None) };
        self.add_pages_to(&mut state).await?;
        read(state).map(Some)
    }
}

/// The worklist line of a row of an index.
fn line_of(row: &Item) -> Option<Line> {
    let (status, line) = row.get("workDue")?.as_s().ok()?.split_once('#')?;
    Some((DossierStatus::try_from(status.parse::<u8>().ok()?).ok()?, line.to_owned()))
}

/// The part of the dossiers that a worklist shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Desk<'a> {
    /// Those that belong to the agency.
    Owner(&'a AgencyCode),
    /// Those of other agencies that are forwarded to the agency. None of them is closed.
    Handler(&'a AgencyCode),
    /// Those that the agency has custody of and that this account of its officers holds. None of
    /// them is closed.
    Holder(&'a AgencyCode, &'a str),
}

/// A line of a desk: the status, and due date and code in the form in which they are ordered.
pub type Line = (DossierStatus, String);

/// A page of a worklist.
#[derive(Debug)]
pub struct WorklistPage {
    /// The lines of the page.
    pub items: Vec<WorklistItem>,
    /// The line after which the next page begins, if there may be one.
    pub next: Option<Line>,
    /// The line of each item.
    places: Vec<Option<Line>>,
}

impl WorklistPage {
    /// The page as if no more than its first `lines` had been asked for, at least one.
    #[must_use]
    pub fn shortened_to(mut self, lines: usize) -> Self {
        if self.items.len() > lines {
            self.items.truncate(lines);
            self.next = self.places.into_iter().take(lines).next_back().flatten();
            self.places = Vec::new();
        }
        self
    }
}

impl DossierStore for Dossiers {
    async fn dossier(&self, code: &DossierCode) -> Result<Option<Dossier>, Failure> {
        self.item(code).await?.map(read).transpose()
    }

    async fn recent_dossier(
        &self,
        code: &DossierCode,
        least: u64,
    ) -> Result<Option<Dossier>, Failure> {
        self.recent_item(code, least).await?.map(read).transpose()
    }

    async fn advance(&self, dossier: &Dossier) -> Result<Advance, Failure> {
        self.advance_with(dossier, Vec::new()).await
    }

    async fn assign(&self, dossier: &Dossier) -> Result<Stored, Failure> {
        let mut fields = DossierItems::of(dossier)?.state;
        let Some(AttributeValue::L(mut assignments)) = fields.remove("assignments") else {
            return Err(Failure::Defect("a dossier has no assignments".to_owned()));
        };
        let newest = assignments.pop().into_iter().collect();
        let mut values = HashMap::from([
            (":newest".to_owned(), AttributeValue::L(newest)),
            (":none".to_owned(), AttributeValue::L(Vec::new())),
            (":number".to_owned(), number(dossier.assignment())),
            (":version".to_owned(), number(dossier.version)),
        ]);
        let as_before = assigned_as_before(dossier.assignment() - 1, &mut values);
        let held = match fields.remove("heldBy") {
            Some(holder) => {
                values.insert(":holder".to_owned(), holder);
                ", heldBy = :holder"
            }
            None => " REMOVE heldBy",
        };
        let step = match fields.remove("step") {
            Some(step) => {
                values.insert(":step".to_owned(), step);
                ", step = :step"
            }
            // A step goes on with each assignment; it ends with a move alone.
            None => "",
        };
        let list = "assignments = list_append(if_not_exists(assignments, :none), :newest)";
        let outcome = self
            .client
            .update_item()
            .table_name(&self.tables.states)
            .key("code", text(dossier.code.as_str()))
            .update_expression(format!("SET {list}, assignment = :number{step}{held}"))
            .condition_expression(format!("#version = :version AND {as_before}"))
            .expression_attribute_names("#version", "version")
            .set_expression_attribute_values(Some(values))
            .send()
            .await;
        stored(outcome)
    }
}

impl Dossiers {
    /// Stores the next version of `dossier` with what stands `beside` it in other tables: all or
    /// nothing.
    pub(super) async fn advance_with(
        &self,
        dossier: &Dossier,
        beside: Vec<TransactWriteItem>,
    ) -> Result<Advance, Failure> {
        let DossierItems { state: mut fields, content } = DossierItems::of(dossier)?;
        let Some(AttributeValue::L(history)) = fields.remove(HISTORY) else {
            return Err(Failure::Defect("a dossier has no history".to_owned()));
        };
        let (table, code) = (&self.tables.states, &dossier.code);
        let (mut set, mut remove) = (Vec::new(), Vec::new());
        let mut names = HashMap::new();
        let mut values = HashMap::from([(":before".to_owned(), number(dossier.version - 1))]);
        let mut others = Vec::new();
        let paged = if pages::may_be_due(&history) {
            pages::paged(&self.client, table, code).await?
        } else {
            Vec::new()
        };
        let Cut { page, mut hot } = Cut::of(history, &paged);
        if page.is_empty() {
            let newest = hot.pop().into_iter().collect();
            set.push("history = list_append(history, :newest)".to_owned());
            values.insert(":newest".to_owned(), AttributeValue::L(newest));
        } else {
            // The oldest entries leave the state in the transaction that stores them apart: they are
            // at every time in one of the two.
            let counts = paged.iter().chain([&page.len()]).map(number).collect();
            set.push(format!("history = :hot, {PAGED} = :paged"));
            values.insert(":hot".to_owned(), AttributeValue::L(hot));
            values.insert(":paged".to_owned(), AttributeValue::L(counts));
            let place = paged.len() + 1;
            others.push(pages::write(table, code, place, page, true)?);
        }
        // Who holds the dossier is written anew, so that nobody may have assigned it meanwhile.
        let untouched = assigned_as_before(dossier.assignment(), &mut values);
        // Content goes without a version: a move that was decided before is decided again.
        let kept = if dossier.content_gone.is_some() {
            "attribute_exists"
        } else {
            "attribute_not_exists"
        };
        let condition = format!("#version = :before AND {untouched} AND {kept}({GONE})");
        let last = dossier.history.last();
        let uploads = last.map_or_else(Vec::new, |entry| dossier.uploads_of(entry));
        let uploaded = uploads.iter().map(|uploaded| (&uploaded.upload, uploaded)).collect();
        let brought = contents::brought(dossier, content);
        if !brought.is_empty() {
            let version = dossier.version;
            others.push(contents::append(&self.tables.contents, code, version, brought)?);
            set.push(format!("{CONTENT_VERSION} = :contentVersion"));
            values.insert(":contentVersion".to_owned(), number(version));
        }
        if last.is_some_and(|entry| entry.action == Action::Correct) {
            for (name, hash) in self.person_keys_of(dossier)? {
                match hash {
                    Some(hash) => {
                        set.push(format!("{name} = :{name}"));
                        values.insert(format!(":{name}"), hash);
                    }
                    None => remove.push(name.to_owned()),
                }
            }
        }
        // Added and not written anew: an earlier release has put some into the content.
        let is_newest = |handover: &&Handover| {
            handover.version == dossier.version && !handover.names_somebody()
        };
        if dossier.handovers.last().filter(is_newest).is_some()
            && let Some(AttributeValue::L(mut handovers)) = fields.remove(HANDOVERS)
        {
            let newest = handovers.pop().into_iter().collect();
            set.push(format!(
                "{HANDOVERS} = list_append(if_not_exists({HANDOVERS}, :none), :handover)"
            ));
            values.insert(":handover".to_owned(), AttributeValue::L(newest));
            values.insert(":none".to_owned(), AttributeValue::L(Vec::new()));
        }
        // Only what a command can change is written: the content stays as it was handed in.
        for name in MOVED {
            names.insert(format!("#{name}"), (*name).to_owned());
            match fields.remove(*name) {
                Some(value) => {
                    set.push(format!("#{name} = :{name}"));
                    values.insert(format!(":{name}"), value);
                }
                None => remove.push(format!("#{name}")),
            }
        }
        let mut update = format!("SET {}", set.join(", "));
        if !remove.is_empty() {
            update.push_str(&format!(" REMOVE {}", remove.join(", ")));
        }
        let change = Change { table, code, update, condition, names, values };
        if others.is_empty() && beside.is_empty() {
            return Ok(match change.alone(&self.client).await? {
                Stored::Yes => Advance::Stored,
                Stored::AnotherWasFirst => Advance::AnotherWasFirst,
            });
        }
        self.change_with(change, (others, beside), &uploaded).await
    }
}

impl Dossiers {
    /// The attributes by which `dossier` is found by its applicant, as [`people::keys_of`]. Fails where
    /// this is not the place to correct one.
    fn person_keys_of(
        &self,
        dossier: &Dossier,
    ) -> Result<[(&'static str, Option<AttributeValue>); 2], Failure> {
        let keys = self.people.as_ref().zip(dossier.applicant.as_ref());
        let keys = keys.map(|(people, applicant)| people::keys_of(people, applicant));
        keys.ok_or_else(|| {
            Failure::Defect("a dossier is corrected where nobody is found".to_owned())
        })
    }
}

impl PostBook for Dossiers {
    async fn keep_post(&self, dossier: &Dossier) -> Result<Stored, Failure> {
        let post = DossierItems::of(dossier)?.content.remove(POST);
        let post = post.ok_or_else(|| Failure::Defect("a dossier has no post".to_owned()))?;
        let outcome = self
            .client
            .update_item()
            .table_name(&self.tables.contents)
            .key("code", text(dossier.code.as_str()))
            .update_expression("SET post = :post")
            .condition_expression("attribute_not_exists(post) OR post.#version = :before")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":post", post)
            .expression_attribute_values(":before", number(dossier.post.version - 1))
            .send()
            .await;
        stored(outcome)
    }
}

/// The condition that a stored dossier has had `assignments` so far.
fn assigned_as_before(
    assignments: u64,
    values: &mut HashMap<String, AttributeValue>,
) -> &'static str {
    if assignments == 0 {
        return "attribute_not_exists(assignment)";
    }
    values.insert(":assignment".to_owned(), number(assignments));
    "assignment = :assignment"
}

impl Dossiers {
    /// The change with others, the writes of its content and of a page, with what stands beside it
    /// elsewhere, and the claims on what was uploaded.
    async fn change_with(
        &self,
        change: Change<'_>,
        (others, beside): (Vec<TransactWriteItem>, Vec<TransactWriteItem>),
        uploaded: &BTreeMap<&UploadId, &UploadedDocument>,
    ) -> Result<Advance, Failure> {
        let code = change.code;
        let mut writes = vec![change.with_others()?];
        writes.extend(others);
        let others_to = writes.len();
        writes.extend(beside);
        let beside = others_to..writes.len();
        let first_claim = writes.len();
        writes.extend(claims(self.uploads.as_deref(), code, uploaded.values().copied())?);
        let transaction = self.client.transact_write_items().set_transact_items(Some(writes));
        let Err(error) = transaction.send().await else {
            return Ok(Advance::Stored);
        };
        let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
            error.as_service_error()
        else {
            return Err(down(error));
        };
        let cancelled = Cancelled::of(cancelled);
        let taken = cancelled.taken(first_claim, uploaded.keys().copied());
        if !cancelled.is_refused(0) && !taken.is_empty() {
            return Ok(Advance::UploadsTaken(taken));
        }
        // Decided again, from what is stored by then.
        let refused = |place: usize| cancelled.is_refused(place);
        if refused(0) || beside.into_iter().any(refused) || cancelled.is_conflict() {
            return Ok(Advance::AnotherWasFirst);
        }
        Err(down(error))
    }
}

/// What a command can change, besides adding to the history.
const MOVED: &[&str] = &[
    "version",
    "status",
    "receivedAt",
    "dueAt",
    "originalDueAt",
    "closedAt",
    "pausedAt",
    "statusBefore",
    "work",
    "workDue",
    "endedOn",
    "contentOf",
    "handler",
    "heldBy",
    "step",
    DEMANDS,
    RECEIPTS,
];
