//! The leanest clients of tables and queues that can be built: the environment's credentials, the
//! region and endpoint from it, one connector for both.

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore, rustls_provider::CryptoMode};

/// What a floor ends with, in the words of what went wrong.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// Clients of the tables and of the queues, which call nobody yet. Fails if the environment names
/// no credentials, no region or no endpoint.
pub fn clients() -> Result<(aws_sdk_dynamodb::Client, aws_sdk_sqs::Client), Error> {
    let value = |name: &str| std::env::var(name).map_err(|error| format!("{name}: {error}"));
    let credentials = Credentials::new(
        value("AWS_ACCESS_KEY_ID")?,
        value("AWS_SECRET_ACCESS_KEY")?,
        std::env::var("AWS_SESSION_TOKEN").ok(),
        None,
        "environment",
    );
    let region = Region::new(value("AWS_REGION")?);
    // The roots that the functions believe, and no others: as few as theirs.
    let roots = TrustStore::empty().with_pem_certificate(std::fs::read(value("TRUST_BUNDLE")?)?);
    let trust = TlsContext::builder().with_trust_store(roots).build()?;
    let connector = Builder::new()
        .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
        .tls_context(trust)
        .build_https();
    let tables = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(region.clone())
        .credentials_provider(credentials.clone())
        .endpoint_url(value("AWS_ENDPOINT_URL_DYNAMODB")?)
        .http_client(connector.clone())
        .build();
    let queues = aws_sdk_sqs::Config::builder()
        .behavior_version(aws_sdk_sqs::config::BehaviorVersion::latest())
        .region(region)
        .credentials_provider(credentials)
        .endpoint_url(value("AWS_ENDPOINT_URL_SQS")?)
        .http_client(connector)
        .build();
    Ok((aws_sdk_dynamodb::Client::from_conf(tables), aws_sdk_sqs::Client::from_conf(queues)))
}
