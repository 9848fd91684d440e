//! A subscriber's webhook in a test: a server of its own over TLS, whose certificate an authority
//! of the test has issued, and which keeps what it gets.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use platform::trust::Roots;
use platform::webhook::{Secret, Signed};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// The host of the webhook.
pub const HOST: &str = "events.example";

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Posted {
    /// The headers, with their names in lower case.
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Posted {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The event.
    pub fn event(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Whether this secret signed it, now.
    pub fn is_signed_by(&self, secret: Secret) -> bool {
        let signed = Signed::read(|name| self.header(name)).unwrap();
        let now = platform::clock::now();
        signed.prove([secret].into_iter(), self.body.as_bytes(), now).is_ok()
    }
}

/// What an event is answered: a status with further lines of the head, or nothing.
pub type Mood = dyn Fn(&Value) -> Option<&'static str> + Send + Sync;

/// The webhook.
pub struct Hook {
    posted: Arc<Mutex<Vec<Posted>>>,
    mood: Arc<Mutex<Box<Mood>>>,
    pub client: reqwest::Client,
    server: JoinHandle<()>,
}

impl Drop for Hook {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Hook {
    /// One that takes everything, each event by a connection of its own.
    pub async fn new() -> Self {
        Self::with(false).await
    }

    /// The same, with connections that last as long as it is not in a bad mood: where there are
    /// thousands of events, handshakes would be most of the work.
    pub async fn lasting() -> Self {
        Self::with(true).await
    }

    async fn with(lasts: bool) -> Self {
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let root = STANDARD.encode(authority.self_signed(&key).unwrap().der());
        let root = format!("-----BEGIN CERTIFICATE-----\n{root}\n-----END CERTIFICATE-----\n");
        let authority = Issuer::new(authority, key);
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![HOST.to_owned()]).unwrap();
        let certificate = certificate.signed_by(&key, &authority).unwrap();
        let chain = (vec![certificate.der().clone()], key.serialize_der().try_into().unwrap());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain.0, chain.1)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(Roots::of(&root).unwrap().tls().unwrap())
            .resolve(HOST, listener.local_addr().unwrap())
            .timeout(Duration::from_secs(2))
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(usize::from(lasts))
            .no_proxy()
            .build()
            .unwrap();
        let (posted, mood) = (Arc::default(), Arc::new(Mutex::new(taking())));
        let (kept, moods) = (Arc::clone(&posted), Arc::clone(&mood));
        let server = tokio::spawn(async move {
            let acceptor = TlsAcceptor::from(Arc::new(tls));
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                if lasts {
                    let (kept, moods) = (Arc::clone(&kept), Arc::clone(&moods));
                    tokio::spawn(async move {
                        while answer(&mut stream, &kept, &moods, "keep-alive").await {}
                    });
                } else {
                    answer(&mut stream, &kept, &moods, "close").await;
                    // Whoever has their answer may have hung up.
                    drop(stream.shutdown().await);
                }
            }
        });
        Self { posted, mood, client, server }
    }

    /// Everything that came, in its order, what was refused too.
    pub fn posted(&self) -> Vec<Posted> {
        self.posted.lock().unwrap().clone()
    }

    /// The ids of what came.
    pub fn ids(&self) -> Vec<String> {
        let id = |posted: &Posted| posted.header("webhook-id").unwrap().to_owned();
        self.posted().iter().map(id).collect()
    }

    /// From now on, events are answered as `mood` says.
    pub fn answers(&self, mood: impl Fn(&Value) -> Option<&'static str> + Send + Sync + 'static) {
        *self.mood.lock().unwrap() = Box::new(mood);
    }

    /// Back to taking everything, with nothing kept.
    pub fn mend(&self) {
        *self.mood.lock().unwrap() = taking();
        self.posted.lock().unwrap().clear();
    }
}

fn taking() -> Box<Mood> {
    Box::new(|_| Some("204 No Content"))
}

/// Reads one request, keeps it, and answers it as the mood is; says whether it was answered.
async fn answer(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    kept: &Mutex<Vec<Posted>>,
    mood: &Mutex<Box<Mood>>,
    then: &str,
) -> bool {
    let mut text = Vec::new();
    let posted = loop {
        let mut piece = [0; 4096];
        let Ok(read @ 1..) = stream.read(&mut piece).await else { return false };
        text.extend_from_slice(&piece[..read]);
        if let Some(posted) = whole(&String::from_utf8(text.clone()).unwrap()) {
            break posted;
        }
    };
    let said = mood.lock().unwrap()(&posted.event());
    kept.lock().unwrap().push(posted);
    let Some(said) = said else { return false };
    let head = format!("HTTP/1.1 {said}\r\ncontent-length: 0\r\nconnection: {then}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.is_ok()
}

/// The request, once all of it is there.
fn whole(text: &str) -> Option<Posted> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let headers: Vec<(String, String)> = head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let posted = Posted { headers, body: body.to_owned() };
    let length: usize = posted.header("content-length").unwrap_or("0").parse().unwrap();
    (body.len() >= length).then_some(posted)
}
