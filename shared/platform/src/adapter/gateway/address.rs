//! Where a gateway is reached.

use std::fmt;

use reqwest::Url;

use crate::config::Setting;

/// The address of a gateway, complete or as a base, without a slash at its end. Requests carry our
/// tokens, so it is encrypted or on the loopback interface, where the stand-ins of the local stack
/// are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(String);

/// An address to which no token of ours goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a gateway is reached by https, without a user, a query or a fragment; by http on this machine alone"
)]
pub struct BadAddress;

impl TryFrom<&str> for Address {
    type Error = BadAddress;

    fn try_from(text: &str) -> Result<Self, BadAddress> {
        let url = Url::parse(text).map_err(|_| BadAddress)?;
        let here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        let encrypted = url.scheme() == "https" || (url.scheme() == "http" && here);
        let bare = url.username().is_empty() && url.password().is_none();
        if encrypted && url.has_host() && bare && url.query().is_none() && url.fragment().is_none()
        {
            Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
        } else {
            Err(BadAddress)
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Setting for Address {
    fn read(text: Option<&str>) -> Option<Self> {
        Self::try_from(text?).ok()
    }
}
