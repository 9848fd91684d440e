//! What is logged, as the functions write it: one JSON object a line.

use std::io::Write;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use platform::LogLine;
use serde_json::Value;
use tracing::Dispatch;
use tracing::subscriber::DefaultGuard;

/// Where there is one logger alone, a line that another test's thread comes to first is taken for
/// one that nobody wants, on this thread too. With a second one, both are asked.
static SECOND: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(tracing_subscriber::registry()));

/// Keeps what this thread logs while it lives.
pub struct Log {
    lines: Arc<Mutex<Vec<u8>>>,
    _guard: DefaultGuard,
}

struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Begins. The test must run on one thread, as `#[tokio::test]` does.
    pub fn kept() -> Self {
        LazyLock::force(&SECOND);
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&lines);
        let writer = move || Sink(Arc::clone(&sink));
        let logger = platform::telemetry::lines().with_writer(writer).finish();
        Self { lines, _guard: tracing::subscriber::set_default(logger) }
    }

    /// How many bytes were logged so far.
    pub fn bytes(&self) -> u64 {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).len() as u64
    }

    /// Every line.
    pub fn lines(&self) -> Vec<Value> {
        let text = String::from_utf8(self.lines.lock().unwrap().clone()).unwrap();
        let line = |line: &str| {
            let value: Value = serde_json::from_str(line).unwrap();
            // What stands twice is read once, and then the line is shorter.
            assert_eq!(value.to_string().len(), line.len(), "a key stands twice in {line}");
            value
        };
        text.lines().map(line).collect()
    }

    /// The fields of each time that `line` was logged.
    pub fn of(&self, line: LogLine) -> Vec<Value> {
        let lines = self.lines().into_iter().map(|line| line["fields"].clone());
        lines.filter(|fields| fields["message"] == line.text()).collect()
    }

    /// The fields of every line of level `ERROR`.
    pub fn errors(&self) -> Vec<Value> {
        self.lines()
            .iter()
            .filter(|line| line["level"] == "ERROR")
            .map(|line| line["fields"].clone())
            .collect()
    }
}
