//! An authority of the benchmark's own, beside those that the machine trusts.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

/// The bundle of a Debian or Amazon Linux machine, which programs read that trust what it trusts.
const MACHINE: [&str; 2] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];

/// The authority, and the server's certificate that it signed.
pub struct Trust {
    config: Arc<ServerConfig>,
    /// The machine's authorities and ours: so that a program which loads the machine's does so here.
    pub machine: PathBuf,
    /// Ours alone, for programs that are told which one to trust.
    pub own: PathBuf,
}

impl Trust {
    /// New keys, with their certificates in the folder `scratch`.
    pub fn new(scratch: &Path) -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = authority.self_signed(&key).expect("a certificate");
        let pem = pem(certificate.der());
        let issuer = Issuer::new(authority, key);
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let server_key = KeyPair::generate().expect("a key");
        let server = CertificateParams::new(names).expect("names");
        let server = server.signed_by(&server_key, &issuer).expect("a certificate");
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(server_key.serialize_der()));
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![server.der().clone()], private)
            .expect("a server");
        let (machine, own) = (scratch.join("machine.pem"), scratch.join("own.pem"));
        let theirs = MACHINE.iter().find_map(|path| std::fs::read_to_string(path).ok());
        let theirs = theirs.expect("the machine has a bundle of authorities");
        std::fs::write(&machine, format!("{theirs}\n{pem}")).expect("the scratch folder");
        std::fs::write(&own, pem).expect("the scratch folder");
        Self { config: Arc::new(config), machine, own }
    }

    /// What ends TLS on a port.
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }
}

/// A certificate as a bundle holds it.
fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).expect("base64 is ASCII"))
        .collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}
