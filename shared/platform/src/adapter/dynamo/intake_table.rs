//! Where dossiers are admitted: numbers and receipts in the intake table, stored together with the
//! dossier.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnValue, TransactWriteItem};
use domain::document::uploads_of;
use domain::dossier::{Dossier, Standing};
use domain::id::{AgencyCode, CommandId, DossierCode};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::uploads::claims;
use super::{
    Cancelled, DossierItems, DossierTables, Item, contents, down, number, people, read, text, write,
};
use crate::Failure;
use crate::keyed_hash::KeyedHash;
use crate::port::{Admission, Intake};
use crate::record::SubmissionReceipt;

/// How often a transaction is tried again that met another one on the same item.
const CONFLICT_TRIES_MAX: u32 = 8;

/// Base of the pause between such tries, in milliseconds.
const CONFLICT_PAUSE_MS: u64 = 20;

/// Where dossiers are admitted: numbers and receipts, beside the dossiers table.
#[derive(Debug, Clone)]
pub struct IntakeTable {
    client: Client,
    dossiers: DossierTables,
    intake: String,
    uploads: Option<String>,
    people: KeyedHash,
}

impl IntakeTable {
    /// Over the tables of dossiers and the one named `intake`; `people` hashes the numbers by which a
    /// dossier's applicant is found.
    pub fn new(client: Client, dossiers: DossierTables, intake: String, people: KeyedHash) -> Self {
        Self { client, dossiers, intake, uploads: None, people }
    }

    /// The same, where dossiers claim uploaded documents in the table named `uploads`.
    #[must_use]
    pub fn claiming(self, uploads: String) -> Self {
        Self { uploads: Some(uploads), ..self }
    }
}

/// How long it is kept after the last of them that events about a dossier wait.
const WAITING_KEPT: SignedDuration = SignedDuration::from_hours(24);

/// An event that waits is seen again within this time: what is waited for comes at any time
/// (`batch::WAITING_SECONDS`). One that is not was given up.
const SEEN_WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// How the name of a waiting event begins: a field of its dossier's item.
const EVENT: &str = "event#";

/// The same for one of a sender to whom the dossier may still be forwarded.
const GUEST: &str = "guest#";

fn waiting_key(code: &DossierCode) -> AttributeValue {
    text(format!("waiting#{code}"))
}

fn event_name(key: &CommandId) -> String {
    format!("{EVENT}{key}")
}

fn guest_name(key: &CommandId) -> String {
    format!("{GUEST}{key}")
}

fn receipt_key(key: &CommandId) -> AttributeValue {
    text(format!("receipt#{key}"))
}

impl Intake for IntakeTable {
    async fn receipt(&self, key: &CommandId) -> Result<Option<SubmissionReceipt>, Failure> {
        let found = self
            .client
            .get_item()
            .table_name(&self.intake)
            .key("key", receipt_key(key))
            .consistent_read(true)
            .send()
            .await
            .map_err(down)?;
        found.item.map(read).transpose()
    }

    async fn next_sequence(
        &self,
        agency: &AgencyCode,
        day: Date,
        step: u32,
    ) -> Result<u32, Failure> {
        let counted = self
            .client
            .update_item()
            .table_name(&self.intake)
            .key("key", text(format!("sequence#{agency}#{day}")))
            .update_expression("ADD #last :step")
            .expression_attribute_names("#last", "last")
            .expression_attribute_values(":step", number(step))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await
            .map_err(down)?;
        let last = counted.attributes.and_then(|mut attributes| attributes.remove("last"));
        last.and_then(|last| last.as_n().ok()?.parse().ok())
            .ok_or_else(|| Failure::Defect("a counter does not count".to_owned()))
    }

    async fn wait(
        &self,
        code: &DossierCode,
        key: &CommandId,
        (standing, claimed): (Standing, Timestamp),
        now: Timestamp,
    ) -> Result<bool, Failure> {
        let (own, behind): (String, &[&str]) = match standing {
            Standing::Owner => (event_name(key), &[EVENT]),
            Standing::Handler => (event_name(key), &[EVENT, GUEST]),
            Standing::MayBeForwardedTo => (guest_name(key), &[]),
            Standing::Nobody => return Ok(false),
        };
        let forgotten = now.saturating_add(WAITING_KEPT).unwrap_or(now);
        let noted = self
            .client
            .update_item()
            .table_name(&self.intake)
            .key("key", waiting_key(code))
            .update_expression("SET #event = :claimed, expiresAt = :forgotten")
            .expression_attribute_names("#event", &own)
            .expression_attribute_values(
                ":claimed",
                text(format!("{} {}", claimed.as_millisecond(), now.as_second())),
            )
            .expression_attribute_values(":forgotten", number(forgotten.as_second()))
            .return_values(ReturnValue::AllNew)
            .send()
            .await
            .map_err(down)?;
        let others = noted
            .attributes
            .unwrap_or_default()
            .into_iter()
            .filter(|(name, _)| behind.iter().any(|known| name.starts_with(known)));
        let mut others = others.filter_map(|(_, value)| {
            let (claimed, seen) = value.as_s().ok()?.split_once(' ')?;
            Some((claimed.parse::<i64>().ok()?, seen.parse::<i64>().ok()?))
        });
        let alive = now.as_second() - SEEN_WITHIN.as_secs();
        Ok(others.any(|(other, seen)| other < claimed.as_millisecond() && seen > alive))
    }

    async fn waited(&self, code: &DossierCode, key: &CommandId) -> Result<(), Failure> {
        let forgotten =
            self.client.update_item().table_name(&self.intake).key("key", waiting_key(code));
        let forgotten = forgotten.update_expression("REMOVE #event, #guest");
        forgotten
            .expression_attribute_names("#event", event_name(key))
            .expression_attribute_names("#guest", guest_name(key))
            .send()
            .await
            .map_err(down)?;
        Ok(())
    }

    async fn admit(
        &self,
        dossier: &Dossier,
        key: &CommandId,
        receipt: &SubmissionReceipt,
    ) -> Result<Admission, Failure> {
        let mut kept = write(receipt)?;
        kept.insert("key".to_owned(), receipt_key(key));
        let put = |table: &str, item: Item, absent: &str| -> Result<TransactWriteItem, Failure> {
            let put = Put::builder()
                .table_name(table)
                .set_item(Some(item))
                .condition_expression("attribute_not_exists(#key)")
                .expression_attribute_names("#key", absent)
                .build()
                .map_err(|error| Failure::Defect(error.to_string()))?;
            Ok(TransactWriteItem::builder().put(put).build())
        };
        let DossierItems { mut state, content } = DossierItems::of(dossier)?;
        let applicant = dossier.applicant.as_ref();
        let keys = applicant.map(|applicant| people::keys_of(&self.people, applicant));
        let keys = keys.into_iter().flatten();
        state.extend(keys.filter_map(|(name, hash)| Some((name.to_owned(), hash?))));
        let uploaded = uploads_of(&dossier.documents);
        let mut writes = vec![
            put(&self.dossiers.states, state, "code")?,
            put(&self.intake, kept, "key")?,
            contents::put(&self.dossiers.contents, content)?,
        ];
        let first_claim = writes.len();
        writes.extend(claims(self.uploads.as_deref(), &dossier.code, uploaded.values().copied())?);
        for attempt in 1..=CONFLICT_TRIES_MAX {
            let outcome = self
                .client
                .transact_write_items()
                .set_transact_items(Some(writes.clone()))
                .send()
                .await;
            let error = match outcome {
                Ok(_) => return Ok(Admission::Admitted),
                Err(error) => error,
            };
            let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
                error.as_service_error()
            else {
                return Err(down(error));
            };
            let cancelled = Cancelled::of(cancelled);
            // The key is looked at first: where both exist, this very request was admitted before.
            if cancelled.is_refused(1) {
                return Ok(Admission::KeyTaken);
            }
            if cancelled.is_refused(0) {
                return Ok(Admission::CodeTaken);
            }
            let taken = cancelled.taken(first_claim, uploaded.keys().copied());
            if !taken.is_empty() {
                return Ok(Admission::UploadsTaken(taken));
            }
            if !cancelled.is_conflict() {
                return Err(down(error));
            }
            let pause = CONFLICT_PAUSE_MS * u64::from(attempt);
            tokio::time::sleep(std::time::Duration::from_millis(pause + fastrand::u64(0..=pause)))
                .await;
        }
        Err(Failure::Held("the receipt"))
    }
}
