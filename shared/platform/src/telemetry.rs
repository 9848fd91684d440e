//! Logs as JSON lines on standard output, where Lambda collects them. Fields name codes and
//! reasons, never people.

use tracing_subscriber::EnvFilter;

/// Starts logging; the level comes from `RUST_LOG`, `info` without it.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    // Lambda stamps each line itself, and colours are noise there.
    tracing_subscriber::fmt().json().with_env_filter(filter).without_time().with_ansi(false).init();
}
