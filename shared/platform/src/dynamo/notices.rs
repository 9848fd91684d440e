//! The notices table: who is sending what, and how it ended.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::Timestamp;

use super::{down, text};
use crate::Failure;
use crate::port::{Attempt, Ending, Lease, NoticeLedger};

/// The notices table.
#[derive(Debug, Clone)]
pub struct Notices {
    client: Client,
    table: String,
}

impl Notices {
    /// Over `table`.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }
}

impl NoticeLedger for Notices {
    async fn lease(&self, notice: &str, holder: &str, now: Timestamp, until: Timestamp) -> Result<Lease, Failure> {
        let outcome = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("notice", text(notice))
            .update_expression("SET #state = :leased, leaseUntil = :until, leaseHolder = :holder")
            // The third: a lease of ours whose answer was lost on the way, asked for again.
            .condition_expression(
                "attribute_not_exists(#state) OR #state = :waiting OR (#state = :leased AND leaseHolder = :holder)",
            )
            .expression_attribute_values(":holder", text(holder))
            .return_values(ReturnValue::AllNew)
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":leased", text("leased"))
            .expression_attribute_values(":waiting", text("waiting"))
            .expression_attribute_values(":until", text(until.to_string()))
            .send()
            .await;
        match outcome {
            Ok(leased) => {
                let first_channel_done = leased.attributes.is_some_and(|item| item.contains_key("firstChannelDone"));
                return Ok(Lease::Ours { first_channel_done });
            }
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {}
            Err(error) => return Err(down(error)),
        }
        let found = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("notice", text(notice))
            .consistent_read(true)
            .send()
            .await
            .map_err(down)?;
        let item = found.item.unwrap_or_default();
        let field = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
        if field("state").map(String::as_str) != Some("leased") {
            return Ok(Lease::Settled);
        }
        let held_until = field("leaseUntil").and_then(|until| until.parse::<Timestamp>().ok());
        if held_until.is_some_and(|held_until| now < held_until) {
            return Ok(Lease::HeldByAnother);
        }
        // One process alone may conclude that another died: the condition names the very lease that ran out.
        let left = held_until.map_or_else(String::new, |until| until.to_string());
        let outcome = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("notice", text(notice))
            .update_expression("SET #state = :unknown")
            .condition_expression("#state = :leased AND leaseUntil = :left")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":unknown", text("unknown"))
            .expression_attribute_values(":leased", text("leased"))
            .expression_attribute_values(":left", text(left))
            .send()
            .await;
        match outcome {
            Ok(_) => Ok(Lease::Abandoned),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
                Ok(Lease::HeldByAnother)
            }
            Err(error) => Err(down(error)),
        }
    }

    async fn settle(&self, notice: &str, holder: &str, ending: &Ending, attempts: &[Attempt]) -> Result<(), Failure> {
        let attempts = attempts
            .iter()
            .map(|attempt| {
                AttributeValue::M(HashMap::from([
                    ("channel".to_owned(), text(attempt.channel)),
                    ("code".to_owned(), text(&attempt.code)),
                    ("at".to_owned(), text(attempt.at.to_string())),
                ]))
            })
            .collect();
        let mut update =
            "SET #state = :state, attempts = list_append(if_not_exists(attempts, :none), :attempts)".to_owned();
        let mut values = HashMap::from([
            (":leased".to_owned(), text("leased")),
            (":holder".to_owned(), text(holder)),
            (":none".to_owned(), AttributeValue::L(Vec::new())),
            (":attempts".to_owned(), AttributeValue::L(attempts)),
        ]);
        let state = match ending {
            Ending::Sent { channel, message } => {
                update.push_str(", channel = :channel, message = :message");
                values.insert(":channel".to_owned(), text(*channel));
                values.insert(":message".to_owned(), text(message));
                "sent"
            }
            Ending::Refused => "refused",
            Ending::Unknown => "unknown",
            Ending::NotYet { first_channel_done } => {
                if *first_channel_done {
                    update.push_str(", firstChannelDone = :done");
                    values.insert(":done".to_owned(), AttributeValue::Bool(true));
                }
                "waiting"
            }
        };
        values.insert(":state".to_owned(), text(state));
        self.client
            .update_item()
            .table_name(&self.table)
            .key("notice", text(notice))
            .update_expression(update)
            .condition_expression("#state = :leased AND leaseHolder = :holder")
            .expression_attribute_names("#state", "state")
            .set_expression_attribute_values(Some(values))
            .send()
            .await
            .map_err(down)?;
        Ok(())
    }
}
