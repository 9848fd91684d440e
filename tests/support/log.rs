//! What is logged, as the functions write it: one JSON object a line.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tracing::subscriber::DefaultGuard;

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
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&lines);
        let writer = move || Sink(Arc::clone(&sink));
        let logger = tracing_subscriber::fmt().json().without_time().with_ansi(false).with_writer(writer).finish();
        Self { lines, _guard: tracing::subscriber::set_default(logger) }
    }

    /// Everything, as it was written.
    pub fn everything(&self) -> String {
        String::from_utf8(self.lines.lock().unwrap().clone()).unwrap()
    }

    /// The fields of every line of level `ERROR`.
    pub fn errors(&self) -> Vec<Value> {
        let text = self.everything();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["level"] == "ERROR").map(|line| line["fields"].clone()).collect()
    }
}
