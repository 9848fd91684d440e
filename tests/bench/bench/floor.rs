//! The calls that ours makes, carried out by the SDK alone.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::Bench;
use crate::engine::{Call, Endpoints};
use crate::programs::Job;

/// A process that carries out the calls of one job.
pub struct Floor {
    process: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Floor {
    /// Of these invocations' calls, with tables and queues at `at`.
    pub fn start(bench: &Bench, job: Job, invocations: &[Vec<Call>], at: &Endpoints) -> Self {
        let mut lines = String::new();
        for calls in invocations {
            let calls: Vec<Value> =
                calls.iter().map(|call| json!([call.target, addressed(&call.body, at)])).collect();
            let _ = writeln!(lines, "{}", Value::Array(calls));
        }
        let path = bench.scratch.join(format!("calls-{}.jsonl", job.name().replace(' ', "-")));
        std::fs::write(&path, lines).expect("the scratch folder");
        let program = bench.programs.floor("floor-calls", at, &bench.trust);
        let mut command = Command::new(&program.path);
        command.arg(&path).env_clear().envs(&program.settings);
        command.envs([
            ("AWS_REGION", "ap-southeast-1"),
            ("AWS_ACCESS_KEY_ID", "bench"),
            ("AWS_SECRET_ACCESS_KEY", "bench"),
            ("AWS_SESSION_TOKEN", "bench"),
        ]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("floor-calls is built");
        let ask = process.stdin.take().expect("a pipe");
        let answers = BufReader::new(process.stdout.take().expect("a pipe"));
        Self { process, ask, answers }
    }

    /// Carries out the calls of so many more invocations; the processor time in nanoseconds.
    pub fn carry_out(&mut self, invocations: usize) -> f64 {
        writeln!(self.ask, "{invocations}").expect("the floor listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the floor answers");
        let cpu = line.split(' ').next().and_then(|text| text.parse().ok());
        cpu.unwrap_or_else(|| panic!("the floor failed: {line}"))
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The same call, with the queue where it is now.
fn addressed(asked: &Value, at: &Endpoints) -> Value {
    let mut asked = asked.clone();
    let path = asked["QueueUrl"].as_str().map(|url| {
        let parts: Vec<&str> = url.rsplitn(3, '/').collect();
        format!("{}/{}/{}", at.queues, parts[1], parts[0])
    });
    if let Some(path) = path {
        asked["QueueUrl"] = json!(path);
    }
    asked
}
