//! How tables, queues and object storage are reached: as whom, where, and on whose word. All of it
//! comes from the environment, in which the platform puts the credentials of a function's role: no
//! other source of credentials is asked, and none is compiled in (ADR 63).

mod line;

use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Credentials, IdentityCache, Region, StalledStreamProtectionConfig,
};
use rustls::ClientConfig;

use super::trust::Roots;
use crate::{Failure, config};
use line::Line;

/// How long a connection may take, TLS included.
const CONNECTED_WITHIN: Duration = Duration::from_secs(1);

crate::settings! {
    /// What the platform tells every function: its region, its role's credentials, and where the
    /// engines are if not at Amazon.
    pub struct CloudSettings {
        /// The region that requests are signed for.
        region: String = "AWS_REGION",
        /// The name of the role's key.
        key_id: String = "AWS_ACCESS_KEY_ID",
        /// The role's key, a secret.
        key: String = "AWS_SECRET_ACCESS_KEY",
        /// The token of the role's session; absent for a key of its own.
        session: Option<String> = "AWS_SESSION_TOKEN",
        /// The address of all engines; absent at Amazon.
        endpoint: Option<String> = "AWS_ENDPOINT_URL",
        /// The address of the tables, if another.
        tables: Option<String> = "AWS_ENDPOINT_URL_DYNAMODB",
        /// The address of the queues, if another.
        queues: Option<String> = "AWS_ENDPOINT_URL_SQS",
        /// The address of the secret store, if another.
        secrets: Option<String> = "AWS_ENDPOINT_URL_SECRETS_MANAGER",
        /// The roots that vouch for all of these.
        roots: Roots = "TRUST_BUNDLE",
    }
}

/// The engines that a function uses, and as whom.
#[derive(Debug, Clone)]
pub struct Cloud {
    region: String,
    credentials: Credentials,
    tables: Option<String>,
    queues: Option<String>,
    secrets: Option<String>,
    tls: ClientConfig,
    line: Line,
}

/// The parts of a client's configuration, which has a type of its own for each service.
macro_rules! configured {
    ($service:ident, $cloud:expr, $endpoint:expr) => {{
        let config = $service::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new($cloud.region.clone()))
            .credentials_provider($cloud.credentials.clone())
            // They are those of the process as long as it lives.
            .identity_cache(IdentityCache::no_cache())
            .retry_config(RetryConfig::standard())
            .timeout_config(timeouts())
            // An answer that stalls runs out of the time of its attempt.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .http_client($cloud.line.clone());
        let config = match $endpoint {
            Some(endpoint) => config.endpoint_url(endpoint),
            None => config,
        };
        $service::Client::from_conf(config.build())
    }};
}

impl Cloud {
    /// The engines that the environment names. Fails with the names of all settings that are
    /// missing or unreadable.
    pub fn open() -> Result<Self, Failure> {
        let settings = config::read().map_err(|bad| Failure::Defect(bad.to_string()))?;
        Self::of(settings)
    }

    /// The engines that `settings` name.
    pub fn of(settings: CloudSettings) -> Result<Self, Failure> {
        let CloudSettings { region, key_id, key, session, roots, .. } = settings;
        let CloudSettings { endpoint, tables, queues, secrets, .. } = settings;
        let tls = roots.tls()?;
        Ok(Self {
            region,
            credentials: Credentials::new(key_id, key, session, None, "environment"),
            tables: tables.or_else(|| endpoint.clone()),
            queues: queues.or_else(|| endpoint.clone()),
            secrets: secrets.or(endpoint),
            line: Line::new(tls.clone()),
            tls,
        })
    }

    /// A client of the tables.
    pub fn tables(&self) -> aws_sdk_dynamodb::Client {
        configured!(aws_sdk_dynamodb, self, &self.tables)
    }

    /// A client of the queues.
    pub fn queues(&self) -> aws_sdk_sqs::Client {
        configured!(aws_sdk_sqs, self, &self.queues)
    }

    /// A client of the queues whose first call finds its connection made, so that the first message
    /// does not wait for TLS. Where the queues do not answer, that is logged, and the first call
    /// tries again: a start never fails for it.
    pub async fn queues_at_hand(&self) -> aws_sdk_sqs::Client {
        let address = match &self.queues {
            Some(endpoint) => endpoint.clone(),
            None => format!("https://sqs.{}.amazonaws.com", self.region),
        };
        if let Err(error) = self.line.prepare(&address).await {
            tracing::warn!(cause = %error, "no connection to the queues at the start");
        }
        self.queues()
    }

    /// The address of the secret store.
    pub fn secrets(&self) -> String {
        match &self.secrets {
            Some(endpoint) => endpoint.clone(),
            None => format!("https://secretsmanager.{}.amazonaws.com", self.region),
        }
    }

    /// As whom requests are signed.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// The region that requests are signed for.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// How to speak TLS with the engines.
    pub fn tls(&self) -> &ClientConfig {
        &self.tls
    }
}

/// The time-outs of every call to a table or queue, in one place. A call that is tried again ends
/// within seven seconds: within the ten of an HTTP function after a look for a newer catalogue, and
/// far within a sixth of any queue's visibility.
pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECTED_WITHIN)
        .read_timeout(Duration::from_secs(3))
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(7))
        .build()
}
