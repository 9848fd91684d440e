//! An authority of the benchmark's own, beside those that the machine trusts.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

/// Where the authorities stand that functions believe where no bundle is named: Amazon's roots, or
/// those of the machine.
const BELIEVED: [&str; 3] = [
    "shared/platform/roots/amazon.pem",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
];

/// The authority, and the server's certificate that it signed.
pub struct Trust {
    config: Arc<ServerConfig>,
    /// The authorities that functions believe, and ours: so that a program which loads them does so
    /// here.
    pub bundle: PathBuf,
    /// Ours alone, for programs that are told which one to trust.
    pub own: PathBuf,
}

impl Trust {
    /// New keys, with their certificates in the folder `scratch`.
    pub fn new(root: &Path, scratch: &Path) -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut authority = CertificateParams::default();
        // Names of their own: OpenSSL takes two equal ones for a certificate that signed itself.
        authority.distinguished_name.push(DnType::CommonName, "authority of the benchmark");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = authority.self_signed(&key).expect("a certificate");
        let pem = pem(certificate.der());
        let issuer = Issuer::new(authority, key);
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let server_key = KeyPair::generate().expect("a key");
        let mut server = CertificateParams::new(names).expect("names");
        server.distinguished_name.push(DnType::CommonName, "engines of the benchmark");
        let server = server.signed_by(&server_key, &issuer).expect("a certificate");
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(server_key.serialize_der()));
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![server.der().clone()], private)
            .expect("a server");
        let (bundle, own) = (scratch.join("bundle.pem"), scratch.join("own.pem"));
        let theirs = BELIEVED.iter().find_map(|path| std::fs::read_to_string(root.join(path)).ok());
        let theirs = theirs.expect("there are authorities to believe");
        std::fs::write(&bundle, format!("{theirs}\n{pem}")).expect("the scratch folder");
        std::fs::write(&own, pem).expect("the scratch folder");
        Self { config: Arc::new(config), bundle, own }
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
