//! Configuration: what the template gives each function through its environment. Read once, at the
//! cold start.

use std::time::Duration;

use crate::gateway::Address;

/// A missing or unreadable setting; the function does not start.
#[derive(Debug, thiserror::Error)]
#[error("the setting {name} is missing or unreadable")]
pub struct BadSetting {
    /// The name of the environment variable.
    pub name: &'static str,
}

/// Reads a setting as text. Fails if it is missing or empty.
pub fn text(name: &'static str) -> Result<String, BadSetting> {
    std::env::var(name).ok().filter(|value| !value.is_empty()).ok_or(BadSetting { name })
}

/// A setting that a deployment may leave empty: an account that it does not have, a default that it
/// keeps.
pub fn account(name: &'static str) -> Option<String> {
    text(name).ok()
}

/// A setting as the address of a gateway.
pub fn address(name: &'static str) -> Result<Address, BadSetting> {
    Address::try_from(text(name)?.as_str()).map_err(|_| BadSetting { name })
}

/// A setting as a whole number.
pub fn number(name: &'static str) -> Result<u32, BadSetting> {
    text(name)?.parse().map_err(|_| BadSetting { name })
}

/// Reads a setting in milliseconds.
pub fn millis(name: &'static str) -> Result<Duration, BadSetting> {
    Ok(Duration::from_millis(u64::from(number(name)?)))
}
