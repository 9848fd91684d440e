//! A Lambda Runtime API that gives one process its invocations.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

use crate::wire::message;

/// How long a process may take to say anything.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the platform tells every function.
const PLATFORM: [(&str, &str); 10] = [
    ("AWS_REGION", "ap-southeast-1"),
    ("AWS_DEFAULT_REGION", "ap-southeast-1"),
    ("AWS_ACCESS_KEY_ID", "bench"),
    ("AWS_SECRET_ACCESS_KEY", "bench"),
    ("AWS_SESSION_TOKEN", "bench"),
    ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "bench"),
    ("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
];

/// What is started, and with which settings.
#[derive(Clone)]
pub struct Program {
    /// What it is called in messages.
    pub name: String,
    /// The program.
    pub path: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Its environment besides the platform's.
    pub settings: BTreeMap<String, String>,
}

/// A request of the process, and where its answer goes.
struct Asked {
    head: String,
    body: Vec<u8>,
    answer: oneshot::Sender<Vec<u8>>,
}

/// What an invocation came to.
pub struct Answer {
    /// What was answered, or the error.
    pub body: Vec<u8>,
    /// From the event to the answer.
    pub took: Duration,
    /// Whether the invocation failed.
    pub failed: bool,
}

/// A running process.
pub struct Worker {
    name: String,
    process: Child,
    asked: mpsc::Receiver<Asked>,
    poll: Asked,
    invocations: u64,
    /// From the start of the process to its first poll.
    pub start: Duration,
}

impl Worker {
    /// Starts `program`, and waits for its first poll.
    pub async fn start(program: &Program) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let (ask, mut asked) = mpsc::channel(4);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = stream.set_nodelay(true);
                tokio::spawn(listen(stream, ask.clone()));
            }
        });
        let mut command = Command::new(&program.path);
        command.args(&program.arguments).env_clear().envs(PLATFORM);
        command.envs(&program.settings).env("AWS_LAMBDA_RUNTIME_API", &address);
        // BENCH_LOG=1 shows what the functions log.
        if std::env::var_os("BENCH_LOG").is_none() {
            command.stdout(Stdio::null()).stderr(Stdio::null());
        }
        let name = program.name.clone();
        let began = Instant::now();
        let process = command.spawn().unwrap_or_else(|error| panic!("{name}: {error}"));
        let poll = heard(&name, &mut asked).await;
        let start = began.elapsed();
        assert!(poll.head.starts_with("GET"), "{name} did not start: {}", text(&poll.body));
        Self { name, process, asked, poll, invocations: 0, start }
    }

    /// Gives the process one event, until it asks for the next.
    pub async fn invoke(&mut self, event: &[u8]) -> Answer {
        self.invocations += 1;
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
             lambda-runtime-aws-request-id: {:08}-0000-4000-8000-000000000000\r\n\
             lambda-runtime-deadline-ms: 4102444800000\r\n\
             lambda-runtime-invoked-function-arn: arn:aws:lambda:ap-southeast-1:1:function:bench\
             \r\n\r\n",
            event.len(),
            self.invocations
        );
        let given = [head.as_bytes(), event].concat();
        let next = heard(&self.name, &mut self.asked);
        let began = Instant::now();
        let asked = std::mem::replace(&mut self.poll.answer, oneshot::channel().0);
        asked.send(given).unwrap_or_else(|_| panic!("{} listens no more", self.name));
        let done = next.await;
        let took = began.elapsed();
        assert!(done.head.starts_with("POST"), "{}: {}", self.name, done.head);
        let failed = !done.head.lines().next().unwrap_or_default().contains("/response");
        let accepted =
            b"HTTP/1.1 202 Accepted\r\ncontent-type: application/json\r\ncontent-length: 15\r\n\r\n\
              {\"status\":\"OK\"}";
        done.answer
            .send(accepted.to_vec())
            .unwrap_or_else(|_| panic!("{} listens no more", self.name));
        self.poll = heard(&self.name, &mut self.asked).await;
        Answer { body: done.body, took, failed }
    }

    /// Processor time that the threads of the process have used, in nanoseconds.
    pub fn cpu_ns(&self) -> u64 {
        let folder = format!("/proc/{}/task", self.process.id());
        let threads = std::fs::read_dir(folder).expect("the process lives");
        let used = threads.filter_map(|thread| {
            let path = thread.ok()?.path().join("schedstat");
            // A thread may end between the listing and the look.
            std::fs::read_to_string(path).ok()?.split(' ').next()?.parse::<u64>().ok()
        });
        used.sum()
    }

    /// The most memory that was resident at any time, in KiB.
    pub fn memory_kib_max(&self) -> u64 {
        let path = format!("/proc/{}/status", self.process.id());
        let status = std::fs::read_to_string(path).expect("the process lives");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let line = line.expect("the high-water mark");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn heard(name: &str, asked: &mut mpsc::Receiver<Asked>) -> Asked {
    match tokio::time::timeout(PATIENCE, asked.recv()).await {
        Ok(Some(asked)) => asked,
        Ok(None) => panic!("{name}: nobody listens"),
        Err(_) => panic!("{name} says nothing; with BENCH_LOG=1 its log is shown"),
    }
}

/// Bytes as text, for messages.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Hands on what comes on one of the process's connections, and the answers back.
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
