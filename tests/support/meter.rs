//! What calls of the tables consume, as the tables themselves report it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use serde_json::Value;

/// Units are counted in hundredths: a read of the last but one write costs half a unit.
pub const UNIT: u64 = 100;

/// Units of one table or index.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Units {
    /// Of reads, in hundredths.
    pub read: u64,
    /// Of writes, in hundredths.
    pub written: u64,
}

impl std::ops::AddAssign for Units {
    fn add_assign(&mut self, other: Self) {
        self.read += other.read;
        self.written += other.written;
    }
}

/// What was consumed since the meter was last read.
#[derive(Debug, Clone, Default)]
pub struct Consumed {
    /// By table, and by `table/index`.
    pub by_place: BTreeMap<String, Units>,
    /// Calls of the tables.
    pub calls: u64,
}

impl Consumed {
    /// Of all places together.
    pub fn units(&self) -> Units {
        self.by_place.values().fold(Units::default(), |mut sum, units| {
            sum += *units;
            sum
        })
    }
}

/// Asks with every call for what it consumes, and adds it up.
#[derive(Debug, Clone, Default)]
pub struct Meter(Arc<Mutex<Consumed>>);

impl Meter {
    /// A client of the same tables as `client`, whose calls this meter counts.
    pub fn on(&self, client: &Client) -> Client {
        Client::from_conf(client.config().to_builder().interceptor(self.clone()).build())
    }

    /// What was consumed since this was asked last.
    pub fn read(&self) -> Consumed {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    fn add(&self, operation: &str, capacity: &Value) {
        let mut consumed = self.0.lock().unwrap();
        // Transactions answer a list, one for each table.
        let tables = capacity.as_array().map_or(std::slice::from_ref(capacity), Vec::as_slice);
        for table in tables.iter().filter(|table| !table.is_null()) {
            let name = table["TableName"].as_str().unwrap();
            let of_table = (name.to_owned(), &table["Table"]["CapacityUnits"]);
            let indexes = table["GlobalSecondaryIndexes"].as_object();
            let indexes = indexes
                .into_iter()
                .flatten()
                .map(|(index, units)| (format!("{name}/{index}"), &units["CapacityUnits"]));
            for (place, units) in std::iter::once(of_table).chain(indexes) {
                let hundredths = (units.as_f64().unwrap_or(0.0) * UNIT as f64).round() as u64;
                let units = if is_read(operation) {
                    Units { read: hundredths, written: 0 }
                } else {
                    Units { read: 0, written: hundredths }
                };
                *consumed.by_place.entry(place).or_default() += units;
            }
        }
        consumed.calls += 1;
    }
}

fn is_read(operation: &str) -> bool {
    ["GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"].contains(&operation)
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Meter {
    fn name(&self) -> &'static str {
        "a meter of the tables"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let mut body: Value = serde_json::from_slice(request.body().bytes().unwrap_or_default())?;
        body["ReturnConsumedCapacity"] = "INDEXES".into();
        let body = body.to_string();
        request.headers_mut().insert("content-length", body.len().to_string());
        *request.body_mut() = body.into();
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = bag.load::<Metadata>().map_or("", Metadata::name);
        let body = context.response().body().bytes().ok_or("an answer that is not read")?;
        let answer: Value = serde_json::from_slice(body)?;
        self.add(operation, &answer["ConsumedCapacity"]);
        Ok(())
    }
}
