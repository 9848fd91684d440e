//! The national portal of a replay: the stand-in on loopback, and what brings it our dossiers, on a
//! clock that the replay sets.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::delivery::SystemId;
use domain::dossier::Dossier;
use jiff::{SignedDuration, Timestamp};
use local::http::{listen, serve};
use local::portal::{Portal, PortalAccount};
use platform::Failure;
use platform::batch::Arrived;
use platform::gateway::{Address, http_client};
use platform::message::CloudEvent;
use platform::national::{DvcqgSettings, NationalSystems, Subscribers};
use platform::port::{DeliveryLedger, MessageSender};
use platform::wire;
use serde_json::Value;
use sync_national::{BATCH_TIMEOUT, Desk, PATIENCE};
use tokio::task::JoinHandle;

use crate::play::Stage;

/// Messages that the deployed queue hands over at a time.
pub const BATCH: usize = 50;

/// A call that is not answered for so long has no answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The secret of an account that is nobody's.
const PASSWORD: &str = "a secret of nobody";

/// A queue that keeps what it gets until it is taken.
#[derive(Debug, Default)]
pub struct Kept(Mutex<Vec<String>>);

impl Kept {
    /// Everything that was sent since the last time.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().expect("no thread panicked"))
    }
}

impl MessageSender for Kept {
    async fn send_all(&self, bodies: &[String]) -> Result<(), Failure> {
        self.0.lock().expect("no thread panicked").extend_from_slice(bodies);
        Ok(())
    }
}

/// The portal, and our way to it.
pub struct Bridge {
    /// The stand-in itself, to be asked what it has.
    pub portal: Arc<Portal>,
    systems: NationalSystems,
    server: JoinHandle<std::io::Result<()>>,
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// The portal's name in the catalogue.
pub fn portal_id() -> SystemId {
    "national-portal".parse().expect("a name")
}

impl Bridge {
    /// A portal that knows nothing yet, served by the runtime that this is called in.
    pub async fn new() -> Self {
        let portal = Arc::new(Portal::new(PortalAccount::local(PASSWORD)));
        let listener = listen(0).await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let account = DvcqgSettings {
            url: Address::try_from(url.as_str()).expect("an address"),
            auth_path: "/session".to_owned(),
            call_path: "call".to_owned(),
            user: "province".to_owned(),
            password: PASSWORD.to_owned(),
            unit: "000.00.00.H20".to_owned(),
            destination: Some("VN:GOV:000.00.00.G22:vpcpdvcprovider".to_owned()),
        };
        let client = http_client(TIMEOUT).expect("a client");
        Self {
            systems: NationalSystems::portal(client, account),
            server: tokio::spawn(serve(listener, Arc::clone(&portal))),
            portal,
        }
    }

    /// The same, with subscribers beside the portal.
    #[must_use]
    pub fn with(mut self, subscribers: Subscribers) -> Self {
        self.systems = std::mem::take(&mut self.systems).with(subscribers);
        self
    }

    /// Hands messages over as the national queue does; gives back those that have to come again.
    pub async fn bring(
        &self,
        stage: &Stage,
        bodies: Vec<String>,
        clock: impl Fn() -> Timestamp + Sync,
    ) -> Vec<String> {
        self.bring_over(stage, &stage.deliveries, bodies, clock).await
    }

    /// The same over any ledger.
    pub async fn bring_over(
        &self,
        stage: &Stage,
        ledger: &impl DeliveryLedger,
        bodies: Vec<String>,
        clock: impl Fn() -> Timestamp + Sync,
    ) -> Vec<String> {
        let lease = SignedDuration::try_from(BATCH_TIMEOUT).expect("a short time");
        let (dossiers, feedback) = (&stage.dossiers, &stage.feedback);
        let (systems, catalogue, patience) = (&self.systems, &stage.catalogue, PATIENCE);
        let desk = Desk { dossiers, feedback, ledger, systems, catalogue, lease, patience };
        let mut again = Vec::new();
        for batch in bodies.chunks(BATCH) {
            let messages: Vec<Arrived> = batch.iter().map(|body| arrived(body)).collect();
            let ends = sync_national::sync(&messages, &desk, &clock).await;
            let failed = batch.iter().zip(ends).filter(|(_, end)| end.is_err());
            again.extend(failed.map(|(body, _)| body.clone()));
        }
        again
    }

    /// What the schedule does every minute: what is due at `now` is woken, and brought.
    pub async fn minute(&self, stage: &Stage, now: Timestamp) {
        let (order, queue) = (wake_deliveries::Order::default(), Kept::default());
        let woken =
            wake_deliveries::wake(&order, &stage.deliveries, &queue, &stage.catalogue, now).await;
        woken.unwrap_or_else(|failure| panic!("the wake of {now}: {}", failure.chain()));
        let again = self.bring(stage, queue.take(), || now).await;
        assert!(again.is_empty(), "the tables were there: {again:?}");
    }

    /// Lets minutes pass after `now` until the portal is owed nothing; gives back how many. Fails
    /// after `most`.
    pub async fn caught_up(&self, stage: &Stage, now: Timestamp, most: i64) -> i64 {
        for minute in 0..=most {
            if minute > 0 {
                self.minute(stage, now + SignedDuration::from_mins(minute)).await;
            }
            if self.behind(stage).await == 0 {
                return minute;
            }
        }
        panic!("behind after {most} minutes: {:?}", self.portal.counts());
    }

    /// Dossiers of which the portal does not have everything.
    pub async fn behind(&self, stage: &Stage) -> u64 {
        let behind = stage.deliveries.behind(&portal_id()).await;
        behind.unwrap_or_else(|failure| panic!("the ledger: {}", failure.chain())).lines
    }

    /// Whether the portal has each step of the history, in its order and no other, and the last
    /// status.
    pub fn has(&self, dossier: &Dossier) -> bool {
        let Some(kept) = self.portal.dossier(dossier.code.as_str()) else { return false };
        let steps = kept["steps"].as_array().map_or(&[][..], Vec::as_slice);
        let there: Vec<String> = steps.iter().map(|step| text(&step["TrangThai"])).collect();
        let ours: Vec<String> =
            dossier.history.iter().map(|entry| entry.status.code().to_string()).collect();
        there == ours && Some(&text(&kept["item"]["TrangThaiHoSo"])) == ours.last()
    }
}

fn arrived(body: &str) -> Arrived {
    Arrived {
        body: body.to_owned(),
        sender: None,
        attributes: BTreeMap::new(),
        age: SignedDuration::ZERO,
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The message about each entry of a dossier's history that came after version `seen`.
pub fn messages(dossier: &Dossier, seen: u64) -> Vec<String> {
    let fresh = dossier.history.iter().filter(|entry| entry.version > seen);
    fresh
        .map(|entry| wire::json(&CloudEvent::changed(&dossier.code, entry)).expect("it is written"))
        .collect()
}
