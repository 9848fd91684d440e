//! From process start to the first poll of the Lambda Runtime API, of each function as built for
//! AWS.
//!
//! The peer is the cheapest process there is: `/bin/true`, started the same way in the same run.
//! Memory is what is resident at the first poll. The start includes the look for a published
//! catalogue, in an embedded DynamoDB on loopback; on AWS the network comes on top. Run it with
//! `make bench`.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_yaml_ng::Value;

/// Starts of each process; the median is told.
const STARTS: usize = 21;

fn main() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = root.join("target/release");
    let mut names: Vec<String> = std::fs::read_dir(root.join("functions"))
        .expect("functions/ is there")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let settings = settings(&root, &serve_catalogue());
    let peer = median((0..STARTS).map(|_| bare_start()).collect());
    println!("peer: /bin/true starts and ends in {:.1} ms (median of {STARTS})", millis(peer));
    println!(
        "{:<18} {:>12} {:>12} {:>10} {:>10}",
        "function", "first poll", "x peer", "resident", "binary"
    );
    for name in names {
        let program = folder.join(&name);
        let size = std::fs::metadata(&program)
            .unwrap_or_else(|_| panic!("{name} is not built: make release"))
            .len();
        let (times, memory): (Vec<Duration>, Vec<u64>) =
            (0..STARTS).map(|_| first_poll(&program, &settings)).unzip();
        let time = median(times);
        println!(
            "{name:<18} {:>9.1} ms {:>12.1} {:>7} MB {:>7.1} MB",
            millis(time),
            time.as_secs_f64() / peer.as_secs_f64(),
            memory.iter().max().expect("at least one start") / 1024,
            bytes_to_megabytes(size),
        );
    }
}

fn bare_start() -> Duration {
    let start = Instant::now();
    Command::new("/bin/true").status().expect("/bin/true runs");
    start.elapsed()
}

/// Time to the first poll, and resident memory in KiB at that moment.
fn first_poll(program: &Path, settings: &Settings) -> (Duration, u64) {
    let runtime = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = runtime.local_addr().expect("an address").to_string();
    let start = Instant::now();
    let mut function = Function(spawn(program, &address, settings));
    let mut poll = accepted(&runtime, &mut function.0);
    let mut head = [0; 64];
    let read = poll.read(&mut head).expect("the poll is readable");
    let time = start.elapsed();
    assert!(
        head[..read].starts_with(b"GET /2018-06-01/runtime/invocation/next"),
        "the first call is a poll"
    );
    let status = std::fs::read_to_string(format!("/proc/{}/status", function.0.id()))
        .expect("the process lives");
    let memory =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("resident memory");
    let memory = memory.trim().trim_end_matches(" kB").parse().expect("a number");
    poll.flush().expect("the poll stays open");
    function.0.kill().expect("the function ends");
    (time, memory)
}

/// The function's first connection; a function that ends instead is told of.
fn accepted(runtime: &TcpListener, function: &mut Child) -> TcpStream {
    runtime.set_nonblocking(true).expect("a listener that does not block");
    loop {
        if let Ok((poll, _)) = runtime.accept() {
            poll.set_nonblocking(false).expect("a stream that blocks");
            return poll;
        }
        assert!(function.try_wait().expect("a child").is_none(), "the function ended at its start");
        std::thread::sleep(Duration::from_micros(100));
    }
}

/// A process that does not outlive its measurement.
struct Function(Child);

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn spawn(program: &Path, runtime: &str, settings: &Settings) -> Child {
    let mut command = Command::new(program);
    command.env_clear().envs(settings).stdout(Stdio::null()).stderr(Stdio::null());
    let lambda = [
        ("AWS_REGION", "ap-southeast-1"),
        ("AWS_ACCESS_KEY_ID", "bench"),
        ("AWS_SECRET_ACCESS_KEY", "bench"),
        ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "bench"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
        ("AWS_LAMBDA_RUNTIME_API", runtime),
    ];
    command.envs(lambda).spawn().expect("the function starts")
}

/// What the functions read when they start: every setting of the template, and where the tables
/// are.
type Settings = BTreeMap<String, String>;

fn settings(root: &Path, tables: &str) -> Settings {
    let template =
        std::fs::read_to_string(root.join("infra/template.yaml")).expect("the template is there");
    let template: Value = serde_yaml_ng::from_str(&template).expect("the template is YAML");
    let resources = template["Resources"].as_mapping().expect("resources");
    let mut settings = Settings::new();
    for (_, resource) in
        resources.iter().filter(|(_, resource)| resource["Type"] == "AWS::Serverless::Function")
    {
        let variables = resource["Properties"]["Environment"]["Variables"].as_mapping();
        for (name, value) in variables.into_iter().flatten() {
            let name = name.as_str().expect("a name").to_owned();
            let counts = ["_MS", "_S", "_COUNT"].iter().any(|ending| name.ends_with(ending));
            // A reference has a tag, and is no text of its own.
            let value = match value {
                Value::String(literal) => literal.clone(),
                _ => if counts { "1000" } else { "http://localhost" }.to_owned(),
            };
            settings.insert(name, value);
        }
    }
    for (name, value) in [
        ("AWS_ENDPOINT_URL", tables),
        ("CATALOGUE_TABLE", CATALOGUE_TABLE),
        ("LIMITS", "kept"),
        ("RUST_LOG", "info"),
        ("UNDECIDED_YEARS", "refused"),
    ] {
        settings.insert(name.to_owned(), value.to_owned());
    }
    settings
}

const CATALOGUE_TABLE: &str = "catalogue";

/// The catalogue's table, empty, in an embedded DynamoDB on loopback: each function looks there
/// when it starts.
fn serve_catalogue() -> String {
    let database = dynoxide::Database::memory().expect("an embedded database");
    let key = |name: &str| serde_json::json!({ "AttributeName": name, "AttributeType": "S" });
    let part =
        |name: &str, kind: &str| serde_json::json!({ "AttributeName": name, "KeyType": kind });
    let table = serde_json::json!({
        "TableName": CATALOGUE_TABLE,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [key("part"), key("name")],
        "KeySchema": [part("part", "HASH"), part("name", "RANGE")],
    });
    database
        .create_table(serde_json::from_value(table).expect("a table"))
        .expect("the table is made");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || runtime.block_on(dynoxide::server::serve_on(listener, database)));
    format!("http://{address}")
}

fn median<T: Ord + Copy>(mut values: Vec<T>) -> T {
    values.sort();
    values[values.len() / 2]
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn bytes_to_megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
