//! Documents at the addresses of other systems. Which hosts are called is catalogue data; which
//! addresses are ones at all was judged when the dossier was handed in.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::{Client, StatusCode};

use crate::Failure;
use crate::gateway::http_client;
use crate::port::DocumentSources;

/// The name of such a host in failures.
const PART: &str = "the host of a document";

/// Fetches documents from the hosts that keep them.
#[derive(Debug)]
pub struct DocumentHosts {
    http: OnceLock<Client>,
    timeout: Duration,
}

/// The failure without its address, which may name people.
fn broken(error: reqwest::Error) -> Failure {
    Failure::unavailable(PART, error.without_url())
}

impl DocumentHosts {
    /// Calls each host for at most `timeout`, the whole exchange taken together.
    pub fn new(timeout: Duration) -> Self {
        Self { http: OnceLock::new(), timeout }
    }

    /// The same by this client, which follows no redirects: an address that is allowed must not
    /// lead to one that is not.
    pub fn over(client: Client, timeout: Duration) -> Self {
        Self { http: OnceLock::from(client), timeout }
    }

    /// Made when it is first needed: most dossiers name no such document.
    fn http(&self) -> Result<&Client, Failure> {
        if let Some(http) = self.http.get() {
            return Ok(http);
        }
        let made = http_client(self.timeout)?;
        Ok(self.http.get_or_init(|| made))
    }
}

impl DocumentSources for DocumentHosts {
    async fn fetch(&self, url: &str, bytes_max: u64) -> Result<Vec<u8>, Failure> {
        let mut response = self.http()?.get(url).send().await.map_err(broken)?;
        if response.status() != StatusCode::OK {
            let status = response.status().as_u16();
            return Err(Failure::unavailable(PART, format!("answered {status}")));
        }
        let mut content = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            content.extend_from_slice(&chunk);
            if u64::try_from(content.len()).is_ok_and(|length| length > bytes_max) {
                break;
            }
        }
        Ok(content)
    }
}
