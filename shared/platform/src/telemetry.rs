//! Logs as JSON lines on standard output, where Lambda collects them. Fields name codes and
//! reasons, never people.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::SubscriberBuilder;
use tracing_subscriber::fmt::format::{Format, Json, JsonFields};

/// Starts logging; the level comes from `RUST_LOG`, `info` without it.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    lines().with_env_filter(filter).init();
}

/// How each line is written. Lambda stamps it itself, and colours are noise there.
pub fn lines() -> SubscriberBuilder<JsonFields, Format<Json, ()>> {
    tracing_subscriber::fmt().json().without_time().with_ansi(false)
}
