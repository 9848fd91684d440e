//! The emulator's JSON protocols, asked without an SDK: three services and a handful of operations.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use reqwest::{Client, Method};
use serde_json::{Map, Value};

use super::error::DemoError;

/// Whom the stack's key belongs to, and where it opens.
#[derive(Debug)]
pub(super) struct Aws {
    http: Client,
    endpoint: String,
    region: String,
    credentials: Credentials,
}

impl Aws {
    pub(super) fn new(
        endpoint: &str,
        region: &str,
        (key, secret): (&str, &str),
    ) -> Result<Self, DemoError> {
        Ok(Self {
            http: crate::http::client(Duration::from_secs(60))?,
            endpoint: endpoint.to_owned(),
            region: region.to_owned(),
            credentials: Credentials::new(key, secret, None, None, "stack"),
        })
    }

    /// One operation of a table.
    pub(super) async fn dynamodb(
        &self,
        operation: &str,
        input: &Value,
    ) -> Result<Value, DemoError> {
        self.ask("dynamodb", &format!("DynamoDB_20120810.{operation}"), input).await
    }

    /// Every item of a scan or a query, page by page, as plain JSON.
    pub(super) async fn items(
        &self,
        operation: &str,
        mut input: Value,
    ) -> Result<Vec<Map<String, Value>>, DemoError> {
        let mut items = Vec::new();
        loop {
            let mut page = self.dynamodb(operation, &input).await?;
            for item in page["Items"].as_array_mut().map(std::mem::take).unwrap_or_default() {
                let item = item.as_object().cloned().unwrap_or_default();
                items.push(item.into_iter().map(|(name, value)| (name, plain(value))).collect());
            }
            if page["LastEvaluatedKey"].is_null() {
                return Ok(items);
            }
            input["ExclusiveStartKey"] = page["LastEvaluatedKey"].take();
        }
    }

    /// One operation of a queue.
    pub(super) async fn sqs(&self, operation: &str, input: &Value) -> Result<Value, DemoError> {
        self.ask("sqs", &format!("AmazonSQS.{operation}"), input).await
    }

    /// A schedule, as the scheduler shows it.
    pub(super) async fn schedule(&self, name: &str) -> Result<Value, DemoError> {
        let path = format!("/schedules/{name}");
        self.exchange("scheduler", Method::GET, &path, &[], String::new()).await
    }

    /// Puts a schedule under this name.
    pub(super) async fn put_schedule(&self, name: &str, schedule: &Value) -> Result<(), DemoError> {
        let (path, json) = (format!("/schedules/{name}"), [("content-type", "application/json")]);
        self.exchange("scheduler", Method::POST, &path, &json, schedule.to_string()).await?;
        Ok(())
    }

    /// Has a function do its work, and waits for its answer.
    pub(super) async fn invoke(&self, function: &str, order: &Value) -> Result<Value, DemoError> {
        let path = format!("/2015-03-31/functions/{function}/invocations");
        let json = [("content-type", "application/json")];
        self.exchange("lambda", Method::POST, &path, &json, order.to_string()).await
    }

    async fn ask(&self, service: &str, target: &str, input: &Value) -> Result<Value, DemoError> {
        let headers = [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", target)];
        self.exchange(service, Method::POST, "/", &headers, input.to_string()).await
    }

    async fn exchange(
        &self,
        service: &str,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Result<Value, DemoError> {
        let url = format!("{}{path}", self.endpoint);
        let unsigned = |error: &dyn ToString| {
            DemoError::CannotGoOn(format!(
                "a request to {service} was not signed: {}",
                error.to_string()
            ))
        };
        let identity = self.credentials.clone().into();
        let parameters = SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(service)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| unsigned(&error))?;
        let signed = SignableRequest::new(
            method.as_str(),
            &url,
            headers.iter().copied(),
            SignableBody::Bytes(body.as_bytes()),
        )
        .and_then(|request| sign(request, &parameters.into()))
        .map_err(|error| unsigned(&error))?;
        let (signature, _) = signed.into_parts();
        let mut request = self.http.request(method, &url);
        for (name, value) in headers.iter().copied().chain(signature.headers()) {
            request = request.header(name, value);
        }
        let answer = request.body(body).send().await?;
        let status = answer.status().as_u16();
        let document = serde_json::from_str(&answer.text().await?).unwrap_or(Value::Null);
        if status >= 300 {
            return Err(DemoError::Problem { status, document });
        }
        Ok(document)
    }
}

/// A value of an item as ordinary JSON: `{"N": "1"}` is 1.
fn plain(value: Value) -> Value {
    let Value::Object(typed) = value else { return value };
    let Some((kind, content)) = typed.into_iter().next() else { return Value::Null };
    match (kind.as_str(), content) {
        ("N", Value::String(number)) => serde_json::from_str(&number).unwrap_or(Value::Null),
        ("L", Value::Array(list)) => list.into_iter().map(plain).collect(),
        ("M", Value::Object(map)) => {
            map.into_iter().map(|(name, value)| (name, plain(value))).collect()
        }
        ("NULL", _) => Value::Null,
        (_, content) => content,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_item_is_read_as_ordinary_json() {
        let item = json!({ "M": {
            "code": { "S": "H20.03" }, "version": { "N": "3" }, "none": { "NULL": true },
            "notices": { "L": [{ "M": { "sent": { "BOOL": true } } }] },
        } });
        let expected =
            json!({ "code": "H20.03", "version": 3, "none": null, "notices": [{ "sent": true }] });
        assert_eq!(plain(item), expected);
    }
}
