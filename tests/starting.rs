//! How a process of a function starts, and what its one thread bears.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use aws_lambda_events::sqs::SqsEvent;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use platform::batch::{self, Plan, SHORT_PATIENCE};
use platform::cloud::{Cloud, CloudSettings};
use platform::config::{Setting, names};
use platform::entry;
use platform::trust::Roots;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::support::file;
use crate::support::world::{Kept, NOW, at, cloud};

#[test]
fn ten_messages_at_a_time_share_one_thread_and_the_three_that_block_hang_and_panic_fail_alone() {
    static GATE: Barrier = Barrier::new(2);
    let records: Vec<Value> = (0..10)
        .map(|place| {
            json!({
                "messageId": format!("m{place}"), "body": place.to_string(), "awsRegion": "x",
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": at(NOW).as_millisecond().to_string(),
                },
            })
        })
        .collect();
    let event: SqsEvent = serde_json::from_value(json!({ "Records": records })).unwrap();
    let plan = Plan {
        width: 10,
        record_timeout: Duration::from_secs(1),
        receives_max: 11,
        patience: SHORT_PATIENCE,
    };
    let begun = AtomicUsize::new(0);
    let (queue, ours) = (Kept::default(), std::thread::current().id());
    let mut failed = Vec::new();
    entry::on_one_thread(async || {
        let work = async |message: batch::Arrived| {
            begun.fetch_add(1, Ordering::SeqCst);
            // No one goes on before each has begun.
            while begun.load(Ordering::SeqCst) < 10 {
                tokio::task::yield_now().await;
            }
            match message.body.as_str() {
                "2" => panic!("as the test wants"),
                "5" => std::future::pending().await,
                "7" => {
                    let blocked = tokio::task::spawn_blocking(|| GATE.wait().is_leader());
                    blocked.await.map(drop).map_err(|_| platform::Failure::Malformed)
                }
                _ => {
                    tokio::task::spawn(async {}).await.unwrap();
                    assert_eq!(std::thread::current().id(), ours);
                    Ok(())
                }
            }
        };
        let answer = batch::run(event.clone(), plan, &queue, at(NOW), work).await;
        failed
            .extend(answer.batch_item_failures.into_iter().map(|failure| failure.item_identifier));
        Ok(())
    })
    .unwrap();
    failed.sort();
    assert_eq!(failed, ["m2", "m5", "m7"], "to be delivered again");
    assert_eq!(queue.hidden.lock().unwrap().len(), 0, "they have no receipt to be hidden by");
    // The thread that blocked was left behind, and ends now.
    GATE.wait();
}

#[test]
fn what_a_function_ends_with_ends_its_process() {
    let failed = entry::on_one_thread(async || Err("no catalogue".into()));
    assert_eq!(failed.unwrap_err().to_string(), "no catalogue");
    let at_once = entry::on_one_thread(async || {
        tokio::time::timeout(Duration::ZERO, std::future::pending::<()>()).await.unwrap_err();
        Ok(())
    });
    at_once.unwrap();
}

/// Reads a call of a table and answers that there is nothing.
async fn answer_nothing(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let mut asked = [0; 8 * 1024];
    if stream.read(&mut asked).await.is_ok_and(|read| read > 0) {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\n";
        let answer = format!("{head}content-length: 2\r\nconnection: close\r\n\r\n{{}}");
        stream.write_all(answer.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
    }
}

/// An engine of a data centre of one's own, whose certificate is issued by an authority that nobody
/// else knows: its address, and the authority's certificate.
async fn own_engine() -> (String, String) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let root = STANDARD.encode(authority.self_signed(&key).unwrap().der());
    let root = format!("-----BEGIN CERTIFICATE-----\n{root}\n-----END CERTIFICATE-----\n");
    let authority = Issuer::new(authority, key);
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = certificate.signed_by(&key, &authority).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key.serialize_der().try_into().unwrap())
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // A caller that does not believe the certificate hangs up.
                if let Ok(stream) = acceptor.accept(stream).await {
                    answer_nothing(stream).await;
                }
            });
        }
    });
    (format!("https://localhost:{port}"), root)
}

/// Whether a table at `endpoint` is read by a function that believes `roots`.
async fn is_read(endpoint: &str, roots: Roots) -> bool {
    let settings = CloudSettings { roots, ..cloud(Some(endpoint)) };
    let tables = Cloud::of(settings).unwrap().tables();
    let key = aws_sdk_dynamodb::types::AttributeValue::S("a".to_owned());
    tables.get_item().table_name("DossiersTable").key("code", key).send().await.is_ok()
}

#[tokio::test]
async fn an_engine_of_ones_own_is_believed_by_the_bundle_that_a_deployment_names_and_by_no_other() {
    let (endpoint, authority) = own_engine().await;
    let folder = std::env::temp_dir().join(format!("roots-{}", std::process::id()));
    std::fs::write(&folder, &authority).unwrap();
    for bundle in [authority.as_str(), folder.to_str().unwrap()] {
        assert!(is_read(&endpoint, Roots::read(Some(bundle)).unwrap()).await, "{bundle}");
    }
    std::fs::remove_file(&folder).unwrap();
    assert!(!is_read(&endpoint, Roots::read(None).unwrap()).await, "Amazon does not vouch for it");
    for bundle in ["no-such-file.pem", "-----BEGIN CERTIFICATE-----\nAAAA"] {
        assert!(Roots::read(Some(bundle)).is_none(), "{bundle}");
    }
}

#[tokio::test]
async fn a_call_whose_connection_breaks_is_made_again_on_another() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let engine = tokio::spawn(async move {
        let (first, _) = listener.accept().await.unwrap();
        drop(first);
        let (mut second, _) = listener.accept().await.unwrap();
        let _read = second.read(&mut [0; 8]).await.unwrap();
        drop(second);
        answer_nothing(listener.accept().await.unwrap().0).await;
    });
    assert!(is_read(&endpoint, Roots::read(None).unwrap()).await);
    engine.await.unwrap();
}

#[tokio::test]
async fn the_first_message_goes_over_the_connection_that_was_made_at_the_start() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let cloud = Cloud::of(cloud(Some(&endpoint))).unwrap();
    let queues = cloud.queues_at_hand().await;
    let (mut made, _) = listener.accept().await.unwrap();
    let engine = tokio::spawn(async move {
        let mut asked = vec![0; 8 * 1024];
        let read = made.read(&mut asked).await.unwrap();
        let answer = r#"{"MessageId":"m","MD5OfMessageBody":"x"}"#;
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", answer.len());
        made.write_all(format!("{head}{answer}").as_bytes()).await.unwrap();
        read
    });
    let send = queues.send_message().queue_url(format!("{endpoint}/q")).message_body("a");
    send.send().await.unwrap();
    assert!(engine.await.unwrap() > 0, "over the first connection");
}

#[tokio::test]
async fn a_start_does_not_fail_where_the_queues_do_not_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let queues = Cloud::of(cloud(Some(&endpoint))).unwrap().queues_at_hand().await;
    let send = queues.send_message().queue_url(format!("{endpoint}/q")).message_body("a");
    assert!(send.send().await.is_err(), "the first call says so");
}

#[test]
fn amazons_roots_are_those_of_its_repository() {
    let mut store = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(file("shared/platform/roots/amazon.pem").as_bytes())
    {
        store.add(root.unwrap()).unwrap();
    }
    let keys = store.roots.iter().map(|root| {
        let key = root.subject_public_key_info.as_ref();
        // The key without the head of its sequence, of which the repository's hash is one too.
        let length = u16::try_from(key.len()).unwrap().to_be_bytes();
        let head = match length {
            [0, short @ ..128] => vec![0x30, short],
            [0, long] => vec![0x30, 0x81, long],
            [high, low] => vec![0x30, 0x82, high, low],
        };
        let digest = Sha256::new().chain_update(head).chain_update(key).finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    });
    let table = file("shared/platform/roots/amazon.md");
    let rows = table.lines().filter_map(|row| row.rsplit('|').nth(1)?.trim().strip_prefix('`'));
    let rows: Vec<&str> = rows.map(|hash| hash.trim_end_matches('`')).collect();
    assert_eq!(keys.collect::<Vec<_>>(), rows);
    assert_eq!(rows.len(), 5);
}

#[test]
fn every_function_reads_the_platforms_settings_and_no_other_source_of_credentials() {
    let expected = [
        "AWS_REGION",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_DYNAMODB",
        "AWS_ENDPOINT_URL_SQS",
        "AWS_ENDPOINT_URL_SECRETS_MANAGER",
        "TRUST_BUNDLE",
    ];
    assert_eq!(names::<CloudSettings>(), expected);
    for manifest in ["Cargo.toml", "tests/Cargo.toml"] {
        assert!(file(manifest).contains("aws-config"), "{manifest}");
    }
    for passed_over in ["aws-config", "aws-smithy-http-client", "env-filter"] {
        assert!(!file("shared/platform/Cargo.toml").contains(passed_over), "{passed_over}");
    }
}
