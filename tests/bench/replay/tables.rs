//! The tables of `infra/template.yaml` in an embedded DynamoDB.

use std::path::Path;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_http_client::Builder;
use platform::dynamo::DossierTables;
use serde_json::Value;

/// A client of new, empty tables, made as the template declares them, each under its logical name.
/// They live as long as the runtime.
pub async fn embedded() -> Client {
    let database = dynoxide::Database::memory().unwrap();
    for (name, definition) in declared() {
        database
            .create_table(serde_json::from_value(definition).unwrap())
            .unwrap_or_else(|e| panic!("{name}: {e}"));
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(dynoxide::server::serve_on(listener, database));
    client(&endpoint)
}

/// The tables that hold dossiers.
pub fn dossiers() -> DossierTables {
    DossierTables { states: "DossiersTable".to_owned(), contents: "ContentsTable".to_owned() }
}

/// A client of the tables at `endpoint`.
pub fn client(endpoint: &str) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("ap-southeast-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(endpoint)
        .http_client(Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

/// The tables of the template, as `CreateTable` takes them, each under its logical name.
pub fn declared() -> Vec<(String, Value)> {
    super::declared::declared(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
}
