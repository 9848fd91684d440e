//! The national portal in a test: our functions over the embedded tables, the stand-in over
//! loopback, on a clock that stands.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::catalogue::Catalogue;
use domain::delivery::{Delivery, SystemId};
use jiff::{SignedDuration, Timestamp};
use local::http::{listen, serve};
use local::portal::{Portal, PortalAccount};
use local::post::{Post, PostAccount};
use platform::Failure;
use platform::batch::Arrived;
use platform::dynamo::{Deliveries, Dossiers, FeedbackTable};
use platform::gateway::{Address, http_client};
use platform::national::{
    DvcqgSettings, LgspSettings, NationalSettings, NationalSystems, VnpostSettings,
};
use platform::port::{DeliveryLedger, DossierStore};
use serde_json::Value;
use sync_national::{Desk, PATIENCE};
use tokio::task::JoinHandle;
use wake_deliveries::Outcome;

pub use replay::luck::Mortal;

use super::world::{Kept, World};

/// How long a line of the tests is leased.
pub const LEASE: SignedDuration = SignedDuration::from_secs(100);

/// A call that is not answered for so long has no answer.
const TIMEOUT: Duration = Duration::from_millis(2_000);

/// The portal, and what brings it our dossiers.
pub struct National {
    pub portal: Arc<Portal>,
    pub ledger: Deliveries,
    pub systems: NationalSystems,
    dossiers: Dossiers,
    feedback: FeedbackTable,
    pub catalogue: Arc<Catalogue>,
    /// How long one subscriber may take in a round.
    pub patience: SignedDuration,
    pub url: String,
    servers: Vec<JoinHandle<std::io::Result<()>>>,
}

impl Drop for National {
    fn drop(&mut self) {
        self.servers.iter().for_each(JoinHandle::abort);
    }
}

/// The account with a portal at `url`, as the settings of the function have it.
pub fn account(url: &str) -> DvcqgSettings {
    DvcqgSettings {
        url: Address::try_from(url).unwrap(),
        auth_path: "/session".to_owned(),
        call_path: "call".to_owned(),
        user: "province".to_owned(),
        password: "a secret of nobody".to_owned(),
        unit: "000.00.00.H20".to_owned(),
        destination: Some("VN:GOV:000.00.00.G22:vpcpdvcprovider".to_owned()),
    }
}

/// The name of the portal in the catalogue.
pub fn portal_id() -> SystemId {
    "national-portal".parse().unwrap()
}

/// A stand-in on a port of its own, with its address and its server.
pub async fn portal() -> (Arc<Portal>, String, JoinHandle<std::io::Result<()>>) {
    let portal = Arc::new(Portal::new(PortalAccount::local("a secret of nobody")));
    let listener = listen(0).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(serve(listener, Arc::clone(&portal)));
    (portal, url, server)
}

impl National {
    /// A portal that knows nothing, for the dossiers of `world`.
    pub async fn new(world: &World) -> Self {
        let (portal, url, server) = portal().await;
        Self {
            portal,
            ledger: world.deliveries.clone(),
            systems: NationalSystems::portal(http_client(TIMEOUT).unwrap(), account(&url)),
            dossiers: world.dossiers.clone(),
            feedback: world.office.feedback.clone(),
            catalogue: Arc::clone(&world.catalogue),
            patience: PATIENCE,
            url,
            servers: vec![server],
        }
    }

    /// Connects a post of its own beside the portal, and gives it.
    pub async fn connect_post(&mut self) -> Arc<Post> {
        let post = Arc::new(Post::new(PostAccount::local("a secret of nobody")));
        let listener = listen(0).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        self.servers.push(tokio::spawn(serve(listener, Arc::clone(&post))));
        let account = VnpostSettings {
            url: Address::try_from(url.as_str()).unwrap(),
            customer: "DT0087".to_owned(),
            user: "province".to_owned(),
            secret: "a secret of nobody".to_owned(),
        };
        self.systems = NationalSystems::open(NationalSettings {
            timeout: TIMEOUT,
            dvcqg: Some(self::account(&self.url)),
            lgsp: None,
            vnpost: Some(account),
        })
        .unwrap();
        post
    }

    /// Connects a service bus at `url` beside the portal.
    pub fn connect_bus(&mut self, url: &str) {
        let unit = "000.00.00.H20".to_owned();
        let bus = LgspSettings { url: Address::try_from(url).unwrap(), unit };
        self.systems = NationalSystems::open(NationalSettings {
            timeout: TIMEOUT,
            dvcqg: Some(account(&self.url)),
            lgsp: Some(bus),
            vnpost: None,
        })
        .unwrap();
    }

    /// Works messages off together at `now`.
    pub async fn sync(&self, bodies: &[String], now: Timestamp) -> Vec<Result<(), Failure>> {
        self.sync_over(&self.dossiers, &self.ledger, bodies, now).await
    }

    /// The same over any stores.
    pub async fn sync_over(
        &self,
        dossiers: &impl DossierStore,
        ledger: &impl DeliveryLedger,
        bodies: &[String],
        now: Timestamp,
    ) -> Vec<Result<(), Failure>> {
        let (systems, catalogue) = (&self.systems, &*self.catalogue);
        let patience = self.patience;
        let (feedback, lease) = (&self.feedback, LEASE);
        let desk = Desk { dossiers, feedback, ledger, systems, catalogue, lease, patience };
        let messages: Vec<Arrived> = bodies
            .iter()
            .map(|body| Arrived {
                body: body.clone(),
                sender: None,
                attributes: BTreeMap::new(),
                age: SignedDuration::ZERO,
            })
            .collect();
        sync_national::sync(&messages, &desk, || now).await
    }

    /// Wakes what is due at `now`, and brings it.
    pub async fn minute(&self, now: Timestamp) -> Outcome {
        let (order, queue) = (wake_deliveries::Order::default(), Kept::default());
        let woken = wake_deliveries::wake(&order, &self.ledger, &queue, &self.catalogue, now);
        let outcome = woken.await.unwrap();
        let sent: Vec<String> =
            queue.sent.lock().unwrap().iter().map(ToString::to_string).collect();
        for batch in sent.chunks(50) {
            for end in self.sync(batch, now).await {
                end.unwrap();
            }
        }
        outcome
    }

    /// The portal's line of a dossier.
    pub async fn line(&self, code: &str) -> Delivery {
        self.line_of(code, &portal_id()).await
    }

    /// The line of a dossier and any system.
    pub async fn line_of(&self, code: &str, system: &SystemId) -> Delivery {
        let line = self.ledger.line(&code.parse().unwrap(), system).await.unwrap();
        line.expect("nothing was ever owed")
    }

    /// The statuses of a dossier's steps, in the order in which the portal got them.
    pub fn statuses(&self, code: &str) -> Vec<String> {
        let kept = self.portal.dossier(code).unwrap_or_default();
        let steps = kept["steps"].as_array().cloned().unwrap_or_default();
        steps.iter().map(|step| text(&step["TrangThai"])).collect()
    }

    /// A field of a dossier as the portal has it.
    pub fn field(&self, code: &str, name: &str) -> String {
        text(&self.portal.dossier(code).unwrap_or_default()["item"][name])
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
