//! Addresses that the catalogue names are called on the open network alone: a name that leads to a
//! machine of ours, or to the metadata of a cloud, leads nowhere.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::Client;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;

use crate::Failure;
use crate::trust;

/// Resolves names to public addresses alone. It is asked for each connection, so that a name which
/// changes after it was looked at gains nothing.
#[derive(Debug)]
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let open: Vec<SocketAddr> = found.filter(|place| is_public(place.ip())).collect();
            if open.is_empty() {
                return Err("the name has no public address".into());
            }
            let open: Addrs = Box::new(open.into_iter());
            Ok(open)
        })
    }
}

/// A client for addresses of the catalogue: only public addresses, no redirects, no proxy of the
/// environment, `timeout` for the whole exchange.
pub fn client(timeout: Duration) -> Result<Client, Failure> {
    Client::builder()
        .tls_backend_preconfigured(trust::public()?)
        .dns_resolver(Arc::new(PublicOnly))
        .timeout(timeout)
        .connect_timeout(timeout / 3)
        .pool_max_idle_per_host(0)
        .redirect(Policy::none())
        .no_proxy()
        .referer(false)
        .https_only(true)
        .build()
        .map_err(|error| Failure::Defect(error.to_string()))
}

/// Whether an address belongs to a machine on the open network: none of a private net, of this
/// machine, of a cloud's metadata, and none in which another one is wrapped.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    let ours = address.is_private() || address.is_loopback() || address.is_link_local();
    // Shared by providers (100.64/10), protocols (192.0.0/24), benchmarks (198.18/15).
    let special = (first == 100 && second & 0xc0 == 64)
        || (first, second, third) == (192, 0, 0)
        || (first == 198 && second & 0xfe == 18)
        || address.is_documentation();
    !(ours || special || first == 0 || first >= 224)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    // What is assigned so far is 2000::/3; Teredo, 6to4 and documentation lie in it.
    let special = (first == 0x2001 && (second < 0x200 || second == 0xdb8)) || first == 0x2002;
    first & 0xe000 == 0x2000 && !special
}
