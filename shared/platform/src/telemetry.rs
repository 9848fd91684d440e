//! Logs as JSON lines on standard output, where Lambda collects them. Fields name codes and
//! reasons, never people.

use std::sync::Once;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::SubscriberBuilder;
use tracing_subscriber::fmt::format::{Format, Json, JsonFields};

/// Starts logging, once for each process; the level comes from `RUST_LOG`, `info` without it or for
/// another word. A level for each module would need regular expressions in every function.
pub fn start() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        let level = std::env::var("RUST_LOG").ok().and_then(|level| level.parse().ok());
        lines().with_max_level(level.unwrap_or(LevelFilter::INFO)).init();
    });
}

/// How each line is written. Lambda stamps it itself, and colours are noise there.
pub fn lines() -> SubscriberBuilder<JsonFields, Format<Json, ()>> {
    tracing_subscriber::fmt().json().without_time().with_ansi(false)
}
