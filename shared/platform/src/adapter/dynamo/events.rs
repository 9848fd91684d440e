//! The events table: how far each event of an integrator has come, for 30 days.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValue;
use jiff::Timestamp;

use super::{down, number, read, stored, text, write};
use crate::Failure;
use crate::port::{EventRecords, Stored};
use crate::record::standing::{EVENT_KEPT, EventName, EventRecord, EventState};

/// What is recorded once, when the event is first read; the names are those of [`EventRecord`].
const ONCE: &str = "#source = if_not_exists(#source, :source), \
     #receivedAt = if_not_exists(#receivedAt, :now), \
     #expiresAt = if_not_exists(#expiresAt, :end)";

/// The fields that one state has and another has not.
const OF_STATES: [&str; 5] = ["waitsFor", "dossier", "version", "problem", "errors"];

/// Reads and writes the events table.
#[derive(Debug, Clone)]
pub struct EventTable {
    client: Client,
    table: String,
}

impl EventTable {
    /// The table named `table`.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    fn update(&self, name: &EventName, now: Timestamp) -> UpdateItemFluentBuilder {
        let end = now.saturating_add(EVENT_KEPT).unwrap_or(now);
        self.client
            .update_item()
            .table_name(&self.table)
            .key("event", text(name.key.as_str()))
            .expression_attribute_names("#source", "source")
            .expression_attribute_names("#receivedAt", "receivedAt")
            .expression_attribute_names("#expiresAt", "expiresAt")
            .expression_attribute_names("#since", "since")
            .expression_attribute_values(":source", text(&name.source))
            .expression_attribute_values(":now", text(now.to_string()))
            .expression_attribute_values(":end", number(end.as_second()))
    }
}

impl EventRecords for EventTable {
    async fn event(&self, name: &EventName) -> Result<Option<EventRecord>, Failure> {
        let got = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("event", text(name.key.as_str()))
            .consistent_read(true);
        got.send().await.map_err(down)?.item.map(read).transpose()
    }

    async fn open(
        &self,
        name: &EventName,
        body: &str,
        now: Timestamp,
    ) -> Result<EventRecord, Failure> {
        let opened = self
            .update(name, now)
            .update_expression(format!(
                "SET {ONCE}, #body = if_not_exists(#body, :body), \
                 #since = if_not_exists(#since, :now), #state = if_not_exists(#state, :received)"
            ))
            .expression_attribute_names("#body", "body")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":body", text(body))
            .expression_attribute_values(":received", text("received"))
            .return_values(ReturnValue::AllNew)
            .send()
            .await
            .map_err(down)?;
        read(opened.attributes.unwrap_or_default())
    }

    async fn reopen(&self, name: &EventName, body: &str, now: Timestamp) -> Result<(), Failure> {
        let mut update = self.update(name, now);
        let mut gone = Vec::new();
        for field in OF_STATES {
            gone.push(format!("#{field}"));
            update = update.expression_attribute_names(format!("#{field}"), field);
        }
        let reopened = update
            .update_expression(format!(
                "SET {ONCE}, #body = :body, #since = :now, #state = :received REMOVE {}",
                gone.join(", ")
            ))
            .condition_expression("#state = :refused")
            .expression_attribute_names("#body", "body")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":body", text(body))
            .expression_attribute_values(":received", text("received"))
            .expression_attribute_values(":refused", text("refused"));
        match stored(reopened.send().await)? {
            // Another delivery has opened it, or has had its effect.
            Stored::Yes | Stored::AnotherWasFirst => Ok(()),
        }
    }

    async fn settle(
        &self,
        name: &EventName,
        state: &EventState,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let fields = write(state)?;
        let mut update = self.update(name, now);
        let (mut sets, mut gone) = (vec![ONCE.to_owned(), "#since = :now".to_owned()], Vec::new());
        for field in OF_STATES.into_iter().filter(|field| !fields.contains_key(*field)) {
            gone.push(format!("#{field}"));
            update = update.expression_attribute_names(format!("#{field}"), field);
        }
        for (field, value) in fields {
            sets.push(format!("#{field} = :{field}"));
            update = update
                .expression_attribute_names(format!("#{field}"), &field)
                .expression_attribute_values(format!(":{field}"), value);
        }
        let expression = format!("SET {} REMOVE {}", sets.join(", "), gone.join(", "));
        let settled = update
            .update_expression(expression)
            .condition_expression("attribute_not_exists(#state) OR #state <> :applied")
            .expression_attribute_values(":applied", text("applied"));
        match stored(settled.send().await)? {
            // What was applied is known already, by a delivery of the same event.
            Stored::Yes | Stored::AnotherWasFirst => Ok(()),
        }
    }
}
