//! A Lambda Runtime API that gives one function its messages.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

use crate::proxy::message;

/// A request of the function, and where its answer goes.
struct Asked {
    head: String,
    body: Vec<u8>,
    answer: oneshot::Sender<Vec<u8>>,
}

/// The function's program and what it asks.
pub struct Function {
    process: Child,
    asked: mpsc::Receiver<Asked>,
    invocations: u32,
}

impl Function {
    /// Starts `count-agency` with its tables at `endpoint`.
    pub async fn start(root: &Path, endpoint: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let program = root.join("target/release/count-agency");
        assert!(program.exists(), "count-agency is not built: make bench-night");
        let mut command = Command::new(&program);
        command.env_clear().stdout(Stdio::null()).stderr(Stdio::null());
        let address = listener.local_addr().expect("an address").to_string();
        command.envs([
            ("AWS_ACCESS_KEY_ID", "bench"),
            ("AWS_ENDPOINT_URL", endpoint),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "bench"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
            ("AWS_LAMBDA_RUNTIME_API", &address),
            ("AWS_REGION", "ap-southeast-1"),
            ("AWS_SECRET_ACCESS_KEY", "bench"),
            ("CATALOGUE_MAX_AGE_S", "3600"),
            ("CATALOGUE_TABLE", "CatalogueTable"),
            ("DLQ_URL", "http://localhost/dlq"),
            ("DOSSIERS_TABLE", "DossiersTable"),
            ("KPI_TABLE", "KpiTable"),
            ("MAX_RECEIVE_COUNT", "7"),
            ("QUEUE_URL", "http://localhost/queue"),
            ("RECORD_TIMEOUT_MS", "60000"),
            ("RUST_LOG", "error"),
            ("UNDECIDED_YEARS", "refused"),
        ]);
        let process = command.spawn().expect("the function starts");
        let (ask, asked) = mpsc::channel(4);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(listen(stream, ask.clone()));
            }
        });
        Self { process, asked, invocations: 0 }
    }

    /// Gives the function one batch, and the time until it has answered.
    pub async fn work_off(&mut self, bodies: &[String]) -> Duration {
        let poll = self.asked.recv().await.expect("the function asks for work");
        assert!(poll.head.starts_with("GET"), "the function could not start: {}", poll.head);
        self.invocations += 1;
        let records: Vec<Value> =
            bodies.iter().enumerate().map(|(place, body)| record(place, body)).collect();
        let event = json!({ "Records": records }).to_string();
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
             lambda-runtime-aws-request-id: {}\r\nlambda-runtime-deadline-ms: 4102444800000\r\n\
             lambda-runtime-invoked-function-arn: arn\r\n\r\n{event}",
            event.len(),
            self.invocations
        );
        let began = Instant::now();
        poll.answer.send(answer.into_bytes()).expect("the function listens");
        let done = self.asked.recv().await.expect("the function answers");
        let time = began.elapsed();
        let failures: Value = serde_json::from_slice(&done.body).unwrap_or_default();
        assert_eq!(
            failures,
            json!({ "batchItemFailures": [] }),
            "the function could not count: {}",
            done.head
        );
        let accepted = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n".to_vec();
        done.answer.send(accepted).expect("the function listens");
        time
    }

    /// The most memory that was resident at any time.
    pub fn memory_kib_max(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))
            .expect("the process lives");
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .expect("the high-water mark");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Hands on what comes on one of the function's connections, and its answers back.
async fn listen(mut stream: TcpStream, ask: mpsc::Sender<Asked>) {
    while let Some((head, body)) = message(&mut stream).await {
        let (answer, answered) = oneshot::channel();
        if ask.send(Asked { head, body, answer }).await.is_err() {
            return;
        }
        let Ok(bytes) = answered.await else { return };
        if stream.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

fn record(place: usize, body: &str) -> Value {
    json!({
        "messageId": format!("message-{place}"),
        "receiptHandle": format!("receipt-{place}"),
        "body": body,
        "attributes": { "ApproximateReceiveCount": "1" },
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:ap-southeast-1:123456789012:motcua-counts",
        "awsRegion": "ap-southeast-1",
    })
}
