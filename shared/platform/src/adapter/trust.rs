//! Whose certificates are believed: Amazon's roots for tables, queues and object storage, or the
//! bundle that a deployment names; the public roots for gateways. Nothing of the machine is read,
//! so that a start does not pay for the hundred and fifty roots of its list (ADR 63).

use std::sync::{Arc, OnceLock};

use rustls::crypto::{CryptoProvider, ring};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::Failure;
use crate::config::Setting;

/// Amazon's roots; `roots/amazon.md` says where they are from and how long they are valid.
const AMAZON: &str = include_str!("../../roots/amazon.pem");

/// What a certificate in PEM begins with.
const PEM: &str = "-----BEGIN CERTIFICATE-----";

/// The roots that vouch for tables, queues and object storage.
#[derive(Debug, Clone)]
pub struct Roots(Arc<RootCertStore>);

impl Roots {
    /// Those of the certificates in `pem`; `None` where there is none, or one is no root.
    pub fn of(pem: &str) -> Option<Self> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            roots.add(certificate.ok()?).ok()?;
        }
        (!roots.is_empty()).then(|| Self(Arc::new(roots)))
    }

    /// How to speak TLS with whom they vouch for.
    pub fn tls(&self) -> Result<ClientConfig, Failure> {
        tls(Arc::clone(&self.0))
    }
}

/// A bundle: certificates in PEM, or the path of a file of them, from the folder of the function's
/// package. Amazon's where it is absent.
impl Setting for Roots {
    fn read(text: Option<&str>) -> Option<Self> {
        match text {
            None => Self::of(AMAZON),
            Some(pem) if pem.contains(PEM) => Self::of(pem),
            Some(path) => Self::of(&std::fs::read_to_string(path).ok()?),
        }
    }
}

/// How to speak TLS with whom the public roots vouch for, which browsers believe. Made when it is
/// first needed.
pub fn public() -> Result<ClientConfig, Failure> {
    static PUBLIC: OnceLock<ClientConfig> = OnceLock::new();
    if let Some(made) = PUBLIC.get() {
        return Ok(made.clone());
    }
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let made = tls(Arc::new(roots))?;
    Ok(PUBLIC.get_or_init(|| made).clone())
}

fn tls(roots: Arc<RootCertStore>) -> Result<ClientConfig, Failure> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    let provider = PROVIDER.get_or_init(|| Arc::new(ring::default_provider()));
    let versions = ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::Defect(error.to_string()))?;
    Ok(versions.with_root_certificates(roots).with_no_client_auth())
}
