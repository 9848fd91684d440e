//! The platform's store of secrets (AWS Secrets Manager). One call reads all that a function needs;
//! it is signed by the crate that the clients of tables and queues carry anyway, since a client of
//! this service would be half a megabyte for one call (ADR 113).

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::cloud::Cloud;
use crate::gateway::http_client_over;

/// How long one try may take. Three fit into the ten seconds of a start.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// How often the store is asked before a start fails.
const TRIES: u32 = 3;

/// The most names that one call may have, by the service's own rule. A function has nine at most.
pub const NAMES_MAX: usize = 20;

/// The name of the store in failures.
const PART: &str = "the secret store";

const OPERATION: &str = "secretsmanager.BatchGetSecretValue";
const MEDIA_TYPE: &str = "application/x-amz-json-1.1";

/// Secrets by name. It has no `Debug`.
pub type Secrets = BTreeMap<String, String>;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Call<'a> {
    secret_id_list: &'a [String],
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    secret_values: Vec<Secret>,
    #[serde(default)]
    errors: Vec<Missed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Secret {
    name: String,
    secret_string: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Missed {
    secret_id: String,
    error_code: String,
}

/// The store, as the role of the function may read it.
pub struct SecretStore {
    cloud: Cloud,
    http: reqwest::Client,
}

impl SecretStore {
    /// The store that `cloud` names. Fails where no client can be made.
    pub fn open(cloud: Cloud) -> Result<Self, Failure> {
        let http = http_client_over(cloud.tls().clone(), ANSWER_WITHIN)?;
        Ok(Self { cloud, http })
    }

    /// The secrets of these names, at most [`NAMES_MAX`], as they are in force at `now`. One that
    /// the store does not have is left out: a deployment need not have every account. Fails where
    /// the store does not answer, or where it refuses one of them.
    pub async fn read(&self, names: &[String], now: Timestamp) -> Result<Secrets, Failure> {
        let mut tried = 1;
        loop {
            match self.read_once(names, now).await {
                Err(Failure::Unavailable { .. }) if tried < TRIES => tried += 1,
                read => return read,
            }
        }
    }

    async fn read_once(&self, names: &[String], now: Timestamp) -> Result<Secrets, Failure> {
        let body = serde_json::to_vec(&Call { secret_id_list: names })
            .map_err(|error| Failure::Defect(error.to_string()))?;
        let address = self.cloud.secrets();
        let mut request = self
            .http
            .post(&address)
            .header("content-type", MEDIA_TYPE)
            .header("x-amz-target", OPERATION);
        for (name, value) in self.signature(&address, &body, now)? {
            request = request.header(name, value);
        }
        let broken = |error: reqwest::Error| Failure::unavailable(PART, error.without_url());
        let response = request.body(body).send().await.map_err(broken)?;
        let status = response.status();
        if !status.is_success() {
            return Err(Failure::unavailable(PART, format!("answered {}", status.as_u16())));
        }
        read_answer(&response.bytes().await.map_err(broken)?)
    }

    /// The headers that prove who asks (AWS Signature Version 4).
    fn signature(
        &self,
        address: &str,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Vec<(String, String)>, Failure> {
        let defect = |error: &dyn std::error::Error| Failure::Defect(error.to_string());
        let identity = self.cloud.credentials().clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.cloud.region())
            .name("secretsmanager")
            .time(now.into())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| defect(&error))?
            .into();
        let headers = [("content-type", MEDIA_TYPE), ("x-amz-target", OPERATION)];
        let bytes = SignableBody::Bytes(body);
        let request = SignableRequest::new("POST", address, headers.into_iter(), bytes)
            .map_err(|error| defect(&error))?;
        let (signed, _) = sign(request, &parameters).map_err(|error| defect(&error))?.into_parts();
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Ok(signed.headers().map(owned).collect())
    }
}

/// What the store has of what it was asked for. Its own words are not repeated: they may quote.
fn read_answer(answer: &[u8]) -> Result<Secrets, Failure> {
    let answer: Answer = serde_json::from_slice(answer)
        .map_err(|_| Failure::unavailable(PART, "answered in another form"))?;
    let refused = answer.errors.iter().find(|missed| !missed.is_absent());
    if let Some(Missed { secret_id, error_code }) = refused {
        return Err(Failure::Defect(format!("{PART} refuses {secret_id}: {error_code}")));
    }
    let text = |secret: Secret| Some((secret.name, secret.secret_string?));
    Ok(answer.secret_values.into_iter().filter_map(text).collect())
}

impl Missed {
    fn is_absent(&self) -> bool {
        self.error_code.starts_with("ResourceNotFound")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(answer: &str) -> Result<Vec<(String, String)>, String> {
        let read = read_answer(answer.as_bytes());
        read.map(|found| found.into_iter().collect()).map_err(|failure| failure.to_string())
    }

    #[test]
    fn a_secret_that_the_store_does_not_have_is_left_out_and_one_that_it_refuses_is_a_failure() {
        let found = r#"{"SecretValues": [{"Name": "a", "SecretString": "1", "ARN": "x"}],
            "Errors": [{"SecretId": "b", "ErrorCode": "ResourceNotFoundException"}]}"#;
        assert_eq!(read(found), Ok(vec![("a".to_owned(), "1".to_owned())]));
        let refused = r#"{"SecretValues": [],
            "Errors": [{"SecretId": "b", "ErrorCode": "AccessDeniedException", "Message": "m"}]}"#;
        let told = read(refused).unwrap_err();
        assert!(told.contains("refuses b: AccessDeniedException"), "{told}");
        assert!(!read("{").unwrap_err().is_empty());
    }
}
