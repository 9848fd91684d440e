//! The calls of a function without the function: what its invocations asked tables and queues for,
//! one call after the other, on one thread.
//!
//! The argument is a file with one invocation a line, each a list of `[operation, parameters]` as
//! they went over the wire. Each number that comes on standard input makes it carry out so many
//! invocations; it answers with the processor time and the time that they took, in nanoseconds.
//! Everything is read and built before the clock starts.

use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::time::Instant;

use aws_sdk_dynamodb as dynamodb;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, KeysAndAttributes, Put, TransactWriteItem, Update,
};
use aws_sdk_sqs as sqs;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use floor::{Error, clients};
use serde_json::Value;

type Item = HashMap<String, AttributeValue>;

/// One call, built.
enum Call {
    Get(dynamodb::operation::get_item::builders::GetItemFluentBuilder),
    Put(dynamodb::operation::put_item::builders::PutItemFluentBuilder),
    Update(dynamodb::operation::update_item::builders::UpdateItemFluentBuilder),
    Query(dynamodb::operation::query::builders::QueryFluentBuilder),
    Batch(dynamodb::operation::batch_get_item::builders::BatchGetItemFluentBuilder),
    Transact(dynamodb::operation::transact_write_items::builders::TransactWriteItemsFluentBuilder),
    Send(sqs::operation::send_message::builders::SendMessageFluentBuilder),
    SendBatch(sqs::operation::send_message_batch::builders::SendMessageBatchFluentBuilder),
}

impl Call {
    async fn carry_out(self) -> Result<(), Error> {
        match self {
            Self::Get(call) => drop(call.send().await?),
            Self::Put(call) => drop(call.send().await?),
            Self::Update(call) => drop(call.send().await?),
            Self::Query(call) => drop(call.send().await?),
            Self::Batch(call) => drop(call.send().await?),
            Self::Transact(call) => drop(call.send().await?),
            Self::Send(call) => drop(call.send().await?),
            Self::SendBatch(call) => drop(call.send().await?),
        }
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (tables, queues) = clients()?;
    let path = std::env::args().nth(1).ok_or("which file of invocations?")?;
    let file = std::fs::read_to_string(path)?;
    let mut invocations = Vec::new();
    for line in file.lines() {
        let calls: Vec<(String, Value)> = serde_json::from_str(line)?;
        let calls = calls.iter().map(|(name, asked)| built(&tables, &queues, name, asked));
        invocations.push(calls.collect::<Result<Vec<Call>, Error>>()?);
    }
    let mut invocations = invocations.into_iter();
    for line in std::io::stdin().lock().lines() {
        let chunk: Vec<Vec<Call>> = invocations.by_ref().take(line?.trim().parse()?).collect();
        let (cpu, began) = (used()?, Instant::now());
        for call in chunk.into_iter().flatten() {
            call.carry_out().await?;
        }
        let (took, cpu) = (began.elapsed().as_nanos(), used()? - cpu);
        writeln!(std::io::stdout(), "{cpu} {took}")?;
    }
    Ok(())
}

/// Processor time of this thread, which is the only one, in nanoseconds.
fn used() -> Result<u64, Error> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(text.split(' ').next().unwrap_or_default().parse()?)
}

fn built(
    tables: &dynamodb::Client,
    queues: &sqs::Client,
    name: &str,
    asked: &Value,
) -> Result<Call, Error> {
    let (_, operation) = name.rsplit_once('.').ok_or("an operation without a service")?;
    Ok(match operation {
        "GetItem" => Call::Get(
            tables
                .get_item()
                .set_table_name(text(&asked["TableName"]))
                .set_key(item(&asked["Key"])?)
                .set_consistent_read(asked["ConsistentRead"].as_bool())
                .set_projection_expression(text(&asked["ProjectionExpression"]))
                .set_expression_attribute_names(names(&asked["ExpressionAttributeNames"])),
        ),
        "PutItem" => Call::Put(
            tables
                .put_item()
                .set_table_name(text(&asked["TableName"]))
                .set_item(item(&asked["Item"])?)
                .set_condition_expression(text(&asked["ConditionExpression"]))
                .set_expression_attribute_names(names(&asked["ExpressionAttributeNames"]))
                .set_expression_attribute_values(item(&asked["ExpressionAttributeValues"])?),
        ),
        "UpdateItem" => Call::Update(
            tables
                .update_item()
                .set_table_name(text(&asked["TableName"]))
                .set_key(item(&asked["Key"])?)
                .set_update_expression(text(&asked["UpdateExpression"]))
                .set_condition_expression(text(&asked["ConditionExpression"]))
                .set_expression_attribute_names(names(&asked["ExpressionAttributeNames"]))
                .set_expression_attribute_values(item(&asked["ExpressionAttributeValues"])?)
                .set_return_values(
                    asked["ReturnValues"].as_str().map(dynamodb::types::ReturnValue::from),
                ),
        ),
        "Query" => Call::Query(
            tables
                .query()
                .set_table_name(text(&asked["TableName"]))
                .set_index_name(text(&asked["IndexName"]))
                .set_consistent_read(asked["ConsistentRead"].as_bool())
                .set_key_condition_expression(text(&asked["KeyConditionExpression"]))
                .set_projection_expression(text(&asked["ProjectionExpression"]))
                .set_expression_attribute_names(names(&asked["ExpressionAttributeNames"]))
                .set_expression_attribute_values(item(&asked["ExpressionAttributeValues"])?)
                .set_limit(asked["Limit"].as_i64().and_then(|limit| i32::try_from(limit).ok()))
                .set_scan_index_forward(asked["ScanIndexForward"].as_bool()),
        ),
        "BatchGetItem" => {
            let mut call = tables.batch_get_item();
            for (table, keys) in asked["RequestItems"].as_object().into_iter().flatten() {
                let each = keys["Keys"].as_array().into_iter().flatten();
                let each: Result<Vec<Item>, Error> =
                    each.map(|key| Ok(item(key)?.unwrap_or_default())).collect();
                let keys = KeysAndAttributes::builder()
                    .set_keys(Some(each?))
                    .set_consistent_read(keys["ConsistentRead"].as_bool())
                    .set_projection_expression(text(&keys["ProjectionExpression"]))
                    .set_expression_attribute_names(names(&keys["ExpressionAttributeNames"]))
                    .build()?;
                call = call.request_items(table, keys);
            }
            Call::Batch(call)
        }
        "TransactWriteItems" => {
            let writes = asked["TransactItems"].as_array().into_iter().flatten();
            let writes: Result<Vec<TransactWriteItem>, Error> = writes.map(transacted).collect();
            Call::Transact(
                tables
                    .transact_write_items()
                    .set_transact_items(Some(writes?))
                    .set_client_request_token(text(&asked["ClientRequestToken"])),
            )
        }
        "SendMessage" => Call::Send(
            queues
                .send_message()
                .set_queue_url(text(&asked["QueueUrl"]))
                .set_message_body(text(&asked["MessageBody"])),
        ),
        "SendMessageBatch" => {
            let mut call = queues.send_message_batch().set_queue_url(text(&asked["QueueUrl"]));
            for entry in asked["Entries"].as_array().into_iter().flatten() {
                let entry = SendMessageBatchRequestEntry::builder()
                    .set_id(text(&entry["Id"]))
                    .set_message_body(text(&entry["MessageBody"]))
                    .build()?;
                call = call.entries(entry);
            }
            Call::SendBatch(call)
        }
        _ => return Err(format!("{name} is no call that a floor knows").into()),
    })
}

fn transacted(write: &Value) -> Result<TransactWriteItem, Error> {
    let kinds = write.as_object().and_then(|kinds| kinds.iter().next());
    let (kind, asked) = kinds.ok_or("a transaction writes nothing")?;
    let (table, condition) = (text(&asked["TableName"]), text(&asked["ConditionExpression"]));
    let known = names(&asked["ExpressionAttributeNames"]);
    let values = item(&asked["ExpressionAttributeValues"])?;
    let write = TransactWriteItem::builder();
    Ok(match kind.as_str() {
        "Put" => write.put(
            Put::builder()
                .set_table_name(table)
                .set_item(item(&asked["Item"])?)
                .set_condition_expression(condition)
                .set_expression_attribute_names(known)
                .set_expression_attribute_values(values)
                .build()?,
        ),
        "Update" => write.update(
            Update::builder()
                .set_table_name(table)
                .set_key(item(&asked["Key"])?)
                .set_update_expression(text(&asked["UpdateExpression"]))
                .set_condition_expression(condition)
                .set_expression_attribute_names(known)
                .set_expression_attribute_values(values)
                .build()?,
        ),
        "Delete" => write.delete(
            Delete::builder()
                .set_table_name(table)
                .set_key(item(&asked["Key"])?)
                .set_condition_expression(condition)
                .set_expression_attribute_names(known)
                .set_expression_attribute_values(values)
                .build()?,
        ),
        "ConditionCheck" => write.condition_check(
            ConditionCheck::builder()
                .set_table_name(table)
                .set_key(item(&asked["Key"])?)
                .set_condition_expression(condition)
                .set_expression_attribute_names(known)
                .set_expression_attribute_values(values)
                .build()?,
        ),
        _ => return Err(format!("{kind} is no write of a transaction").into()),
    }
    .build())
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn names(value: &Value) -> Option<HashMap<String, String>> {
    let names = value.as_object()?.iter();
    Some(names.filter_map(|(name, value)| Some((name.clone(), text(value)?))).collect())
}

/// Attributes as they go over the wire; none where there are none.
fn item(value: &Value) -> Result<Option<Item>, Error> {
    let Some(fields) = value.as_object() else { return Ok(None) };
    let fields = fields.iter().map(|(name, value)| Ok((name.clone(), attribute(value)?)));
    fields.collect::<Result<Item, Error>>().map(Some)
}

fn attribute(value: &Value) -> Result<AttributeValue, Error> {
    let kinds = value.as_object().and_then(|kinds| kinds.iter().next());
    let (kind, value) = kinds.ok_or("an attribute without a type")?;
    let texts = || value.as_array().into_iter().flatten().filter_map(text).collect();
    Ok(match kind.as_str() {
        "S" => AttributeValue::S(text(value).unwrap_or_default()),
        "N" => AttributeValue::N(text(value).unwrap_or_default()),
        "B" => AttributeValue::B(Blob::new(STANDARD.decode(value.as_str().unwrap_or_default())?)),
        "BOOL" => AttributeValue::Bool(value.as_bool().unwrap_or_default()),
        "NULL" => AttributeValue::Null(true),
        "SS" => AttributeValue::Ss(texts()),
        "NS" => AttributeValue::Ns(texts()),
        "M" => AttributeValue::M(item(value)?.unwrap_or_default()),
        "L" => {
            let each = value.as_array().into_iter().flatten().map(attribute);
            AttributeValue::L(each.collect::<Result<Vec<AttributeValue>, Error>>()?)
        }
        _ => return Err(format!("{kind} is no type that a floor knows").into()),
    })
}
