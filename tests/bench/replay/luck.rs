//! Hours in which everything goes wrong in any order, by seeds: messages are lost, doubled and
//! shuffled, processes die, and the portal and a subscriber have their moods. At their end both
//! have every step in order, and the ledger is what it would be had nothing gone wrong.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use domain::catalogue::Catalogue;
use domain::delivery::{Delivery, Pace, SystemId};
use domain::dossier::Action;
use domain::id::DossierCode;
use domain::procedure::Channel;
use jiff::{SignedDuration, Timestamp};
use platform::Failure;
use platform::config::Setting;
use platform::national::{SubscriberSettings, Subscribers, WebhookHosts};
use platform::port::{DeliveryLedger, Stored};
use platform::seal::SealKey;
use platform::sqs::Replies;
use serde_json::{Value, json};

use crate::edition;
use crate::hook::{HOST, Hook};
use crate::model::Replayed;
use crate::plan::{Life, Step};
use crate::play::{Stage, send};
use crate::portal::{Bridge, messages, portal_id};

/// So many seeds in one world, three hours each, all within a year whose holidays are decided: a
/// world is a good part of the time of one.
pub const OF_A_WORLD: u64 = 40;

/// When the first hours of a world begin: a Tuesday morning.
const BEGUN: &str = "2022-03-15T01:00:00Z";

/// What happens to a dossier after it was handed in.
const LIFE: [Action; 8] = [
    Action::Receive,
    Action::Process,
    Action::Suspend,
    Action::Resume,
    Action::RequestPayment,
    Action::ConfirmPayment,
    Action::Finish,
    Action::ReturnResult,
];

/// Minutes that it may take until both have everything, once they are in a good mood.
const MINUTES_MAX: i64 = 120;

/// What can go wrong at the portal.
fn bad_luck(draw: u32) -> Option<Value> {
    Some(match draw {
        0 => json!({ "mode": "outage", "times": 1 }),
        1 => json!({ "mode": "http-500", "times": 2 }),
        2 => json!({ "mode": "drop-after", "times": 1 }),
        3 => json!({ "mode": "duplicate", "times": 2 }),
        4 => json!({ "mode": "expire", "times": 1 }),
        5 => json!({ "mode": "wrong-code", "times": 1 }),
        6 => json!({ "mode": "refuse-item", "times": 1 }),
        7 => json!({ "mode": "strangers", "service": "DongBoHoSoMC", "times": 1 }),
        8 => json!({ "mode": "http-429", "times": 1, "retryAfter": "30" }),
        _ => return None,
    })
}

/// What a subscriber in a bad mood answers; it takes what it answers nothing to.
fn mood(draw: u32) -> Option<&'static str> {
    match draw {
        0 => Some("503 Service Unavailable"),
        1 => Some("500 Internal Server Error"),
        2 => Some("422 Unprocessable Content"),
        3 => None,
        4 => Some("429 Too Many Requests\r\nretry-after: 30"),
        _ => Some("200 OK"),
    }
}

fn hook_id() -> SystemId {
    "hook".parse().unwrap()
}

/// A province with the portal, and a subscriber beside it.
pub fn catalogue() -> Catalogue {
    let hook = json!({
        "id": "hook", "name": "Hệ thống nhận", "protocol": "webhook",
        "webhook": { "url": format!("https://{HOST}/changes"), "keys": [1] },
        "requestsPerMinute": 600, "itemsPerRequest": 1, "connected": true,
        "validFrom": "2020-01-01", "trust": "unverified", "source": "a test",
    });
    let place = Replayed::named("tien-giang").expect("the place is there");
    edition::catalogue_with(&place, vec![hook])
}

/// What tells the webhook, and no queue.
fn subscribers(hook: &Hook) -> Subscribers {
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("ap-southeast-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .build();
    let prefix = "http://localhost/replies-".to_owned();
    let replies = Replies::new(aws_sdk_sqs::Client::from_conf(config), prefix.clone());
    let settings = SubscriberSettings {
        replies_url_prefix: prefix,
        key: SealKey::new("a key for senders in tests".to_owned()),
        hosts: WebhookHosts::read(Some(HOST)).expect("a host"),
        timeout: Duration::from_secs(2),
    };
    Subscribers::new(replies, settings, platform::clock::now).over(hook.client.clone())
}

/// A dossier at its beginning.
fn begun(stage: &Stage, line: u32, now: Timestamp) -> Life {
    let day = domain::calendar::date_of(now);
    let format = stage.catalogue.law().rule_on(day).dossier_code;
    let agency = "H58.03";
    let code = DossierCode::issue(format, &agency.parse().unwrap(), day, line).unwrap();
    let step = Step { at: now, action: Action::Submit, new_due_on: None, to_agency: None };
    Life {
        code: code.to_string(),
        agency: agency.to_owned(),
        procedure: "1.000382".to_owned(),
        channel: Channel::Online,
        steps: vec![step],
    }
}

/// The hours of one seed, which come after those of the seeds before it in the same world. Panics
/// with the seed where something is missing, doubled or out of order at their end.
pub async fn hours_of_bad_luck(stage: &Stage, hook: &Hook, seed: u64) {
    let mut luck = fastrand::Rng::with_seed(seed);
    let bridge = Bridge::new().await.with(subscribers(hook));
    hook.mend();
    let nth = seed % OF_A_WORLD;
    let hours = 3 * i64::try_from(nth).unwrap();
    let mut now = BEGUN.parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hours);
    let (mut lives, mut waiting) = (Vec::new(), Vec::new());
    for place in 0..luck.u32(2..4) {
        // No two dossiers of a world have one line of a day.
        let line = 10 * u32::try_from(nth).unwrap() + place + 1;
        let life = begun(stage, line, now);
        send(stage, &life, 0).await;
        waiting.extend(messages(&stage.dossier(&life.code).await, 0));
        lives.push(life);
    }
    for _ in 0..luck.u32(6..14) {
        now += SignedDuration::from_secs(luck.i64(1..90));
        let life = luck.choice(&mut lives).unwrap();
        let seen = life.steps.len();
        if let Some(action) = LIFE.get(seen - 1) {
            let step = Step { at: now, action: *action, new_due_on: None, to_agency: None };
            life.steps.push(step);
            send(stage, life, seen).await;
            let seen = u64::try_from(seen).unwrap();
            waiting.extend(messages(&stage.dossier(&life.code).await, seen));
        }
        if let Some(fault) = bad_luck(luck.u32(..14)) {
            bridge.portal.fault(&fault).unwrap();
        }
        let draw = luck.u32(..12);
        hook.answers(move |_| mood(draw));
        luck.shuffle(&mut waiting);
        let mut batch = waiting.split_off(waiting.len() / 2);
        if luck.u8(..3) == 0 {
            batch.extend(batch.clone());
        }
        // The queue delivers again what failed.
        if luck.u8(..4) == 0 {
            let ledger = Mortal::new(&stage.deliveries, luck.bool());
            waiting.extend(bridge.bring_over(stage, &ledger, batch, || now).await);
        } else {
            let again = bridge.bring(stage, batch, || now).await;
            assert!(again.is_empty(), "seed {seed}: {again:?}");
        }
        if luck.bool() {
            bridge.minute(stage, now).await;
        }
    }
    let again = bridge.bring(stage, waiting, || now).await;
    assert!(again.is_empty(), "seed {seed}: {again:?}");
    bridge.portal.mend();
    hook.answers(|_| Some("204 No Content"));
    let end = now + SignedDuration::from_mins(MINUTES_MAX);
    while let Some(due) = next_due(stage, &lives).await {
        // Minutes in which nothing is due, and nobody asks, wake nobody.
        now = due.max(now + SignedDuration::from_mins(1));
        assert!(now < end, "seed {seed}: {:?}", bridge.portal.counts());
        bridge.minute(stage, now).await;
    }
    judge(stage, &bridge, &hook.ids(), &lives, seed).await;
}

/// When the first line of these dossiers that is behind may go; none where both have everything.
async fn next_due(stage: &Stage, lives: &[Life]) -> Option<Timestamp> {
    let mut first: Option<Timestamp> = None;
    for system in [portal_id(), hook_id()] {
        let resting = stage.deliveries.pace(&system).await.unwrap().resting_until();
        for life in lives {
            let code = life.code.parse().unwrap();
            let line = stage.deliveries.line(&code, &system).await.unwrap().unwrap();
            if line.is_behind() {
                let due = line.due_at().max(resting).unwrap();
                first = Some(first.map_or(due, |first| first.min(due)));
            }
        }
    }
    first
}

/// What everybody has is what they would have had nothing gone wrong.
async fn judge(stage: &Stage, bridge: &Bridge, told: &[String], lives: &[Life], seed: u64) {
    for Life { code, steps, .. } in lives {
        let dossier = stage.dossier(code).await;
        let version = dossier.version;
        assert_eq!(version, u64::try_from(steps.len()).unwrap(), "seed {seed}: {code}");
        for system in [portal_id(), hook_id()] {
            let line = stage.deliveries.line(&dossier.code, &system).await.unwrap().unwrap();
            let stands = (line.owed(), line.acknowledged(), line.is_behind());
            assert_eq!(stands, (version, version, false), "seed {seed}: {code} at {system}");
        }
        assert!(bridge.has(&dossier), "seed {seed}: {code} at the portal");
        // Who drops what they have had gets each entry once, in the order of the history.
        let (mut known, mut once) = (BTreeSet::new(), Vec::new());
        let beginning = format!("{code}/");
        for id in told.iter().filter(|id| id.starts_with(&beginning)) {
            if known.insert(id) {
                once.push(id.clone());
            }
        }
        let all: Vec<String> = (1..=version).map(|nth| format!("{code}/{nth}")).collect();
        assert_eq!(once, all, "seed {seed}: {code}");
    }
    assert_eq!(bridge.portal.counts().disorders, 0, "seed {seed}");
}

/// A ledger of whose process the write after the call is lost: before it, or its answer.
pub struct Mortal<'a, L> {
    inner: &'a L,
    dies: Mutex<Option<bool>>,
}

impl<'a, L> Mortal<'a, L> {
    pub fn new(inner: &'a L, after_the_write: bool) -> Self {
        Self { inner, dies: Mutex::new(Some(after_the_write)) }
    }
}

fn dead() -> Failure {
    Failure::unavailable("test", "the process dies here")
}

impl<L: DeliveryLedger> DeliveryLedger for Mortal<'_, L> {
    async fn line(
        &self,
        code: &DossierCode,
        system: &SystemId,
    ) -> Result<Option<Delivery>, Failure> {
        self.inner.line(code, system).await
    }

    async fn keep(&self, line: &Delivery) -> Result<Stored, Failure> {
        // The lease before the call is not what death takes, but the record after it.
        if line.leased_until(Timestamp::MIN).is_some() {
            return self.inner.keep(line).await;
        }
        let dies = self.dies.lock().unwrap().take();
        match dies {
            None => self.inner.keep(line).await,
            Some(false) => Err(dead()),
            Some(true) => {
                self.inner.keep(line).await?;
                Err(dead())
            }
        }
    }

    async fn pace(&self, system: &SystemId) -> Result<Pace, Failure> {
        self.inner.pace(system).await
    }

    async fn keep_pace(&self, system: &SystemId, pace: &Pace) -> Result<Stored, Failure> {
        self.inner.keep_pace(system, pace).await
    }
}
