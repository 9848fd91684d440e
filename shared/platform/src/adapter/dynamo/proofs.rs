//! The proofs table: one row for each one-time code that was asked for. All of them go by
//! themselves.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValue;
use domain::id::{CommandId, DossierCode};
use jiff::Timestamp;
use serde::Deserialize;

use super::{down, number, read, text, unless_refused};
use crate::Failure;
use crate::proof::{ProofId, ProofRecord, TRIES_MAX};

/// What a code says that was used.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Used {
    used_at: Timestamp,
}

/// Reads and writes the proofs table.
#[derive(Debug, Clone)]
pub struct ProofTable {
    client: Client,
    table: String,
}

impl ProofTable {
    /// The table named `table`.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    fn update(&self, key: &str) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.table).key("proof", text(key))
    }

    /// Stores a proof that was asked for, unless it is stored: until when it counts.
    pub async fn open(&self, record: &ProofRecord) -> Result<Timestamp, Failure> {
        let opened = self
            .update(&record.proof.to_string())
            .update_expression(
                "SET code = if_not_exists(code, :code), expiresAt = if_not_exists(expiresAt, :end)",
            )
            .expression_attribute_values(":code", text(record.code.as_str()))
            .expression_attribute_values(":end", number(record.expires_at))
            .return_values(ReturnValue::AllNew);
        let row = opened.send().await.map_err(down)?.attributes.unwrap_or_default();
        let stored: ProofRecord = read(row)?;
        let end = Timestamp::from_second(stored.expires_at);
        end.map_err(|_| Failure::Defect("a proof counts until no time".to_owned()))
    }

    /// The proof with this name, as of the last write; none once it is forgotten.
    pub async fn proof(&self, id: &ProofId) -> Result<Option<ProofRecord>, Failure> {
        let got = self.client.get_item().table_name(&self.table);
        let got = got.key("proof", text(id.to_string())).consistent_read(true);
        got.send().await.map_err(down)?.item.map(read).transpose()
    }

    /// Marks that the code of the proof is sent to this masked number by `sender`, which is another
    /// name each time; `false` where another one has begun to before. It is sent at most once: who
    /// waits in vain asks for another.
    pub async fn begin(&self, id: &ProofId, sent_to: &str, sender: &str) -> Result<bool, Failure> {
        let begun = self
            .update(&id.to_string())
            .update_expression("SET sentTo = :to, sentBy = :by")
            .condition_expression(
                "attribute_exists(proof) AND (attribute_not_exists(sentTo) OR sentBy = :by)",
            )
            .expression_attribute_values(":by", text(sender))
            .expression_attribute_values(":to", text(sent_to));
        Ok(unless_refused(begun.send().await)?.is_some())
    }

    /// Counts a guess of the code before it is compared, and gives the proof; none where it is of
    /// another dossier, was not sent, was used by another command than `by`, is over, or was guessed
    /// too often.
    pub async fn guess(
        &self,
        id: &ProofId,
        (code, by): (&DossierCode, &CommandId),
        now: Timestamp,
    ) -> Result<Option<ProofRecord>, Failure> {
        let guessed = self
            .update(&id.to_string())
            .update_expression("ADD tries :one")
            .condition_expression(
                "code = :code AND expiresAt > :now AND attribute_exists(sentTo) \
                 AND (attribute_not_exists(usedAt) OR usedBy = :by) \
                 AND (attribute_not_exists(tries) OR tries < :most)",
            )
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":code", text(code.as_str()))
            .expression_attribute_values(":by", text(by.as_str()))
            .expression_attribute_values(":now", number(now.as_second()))
            .expression_attribute_values(":most", number(TRIES_MAX))
            .return_values(ReturnValue::AllNew);
        let Some(answer) = unless_refused(guessed.send().await)? else { return Ok(None) };
        answer.attributes.map(read).transpose()
    }

    /// Marks the code as used by the command `by`: when that was; none where another one has used
    /// it before.
    pub async fn used(
        &self,
        id: &ProofId,
        by: &CommandId,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Failure> {
        let used = self
            .update(&id.to_string())
            .update_expression("SET usedAt = if_not_exists(usedAt, :now), usedBy = :by")
            .condition_expression(
                "attribute_exists(proof) AND (attribute_not_exists(usedAt) OR usedBy = :by)",
            )
            .expression_attribute_values(":by", text(by.as_str()))
            .expression_attribute_values(":now", text(now.to_string()))
            .return_values(ReturnValue::AllNew);
        let Some(answer) = unless_refused(used.send().await)? else { return Ok(None) };
        let row: Used = read(answer.attributes.unwrap_or_default())?;
        Ok(Some(row.used_at))
    }
}
