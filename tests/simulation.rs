//! Ten thousand notices through faults and deaths at random points: none lost, none sent twice but where nobody could know,
//! each with an end and a reason.
//!
//! The handler is the deployed one; the stores hold to the same conditions as the tables, in memory. All chance comes from one
//! seed, so that a run can be played again.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Mutex;

use domain::applicant::{Applicant, Phone};
use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::dossier::{Action, Dossier};
use domain::id::{AgencyCode, DossierCode};
use domain::notice::policy::Reach;
use domain::notice::pool::Pool;
use domain::notice::{DeliveryOutcome, DeliveryReport, Notice, NoticeChannel, Provider, parse_message_id};
use domain::thread::{AttemptOutcome, Charge, NoticeState, NoticeThread};
use jiff::{SignedDuration, Timestamp};
use notify_applicant::{Desk, Limits};
use platform::Failure;
use platform::gateway::Verdict;
use platform::message::CloudEvent;
use platform::port::{Carriers, Contacts, DossierStore, NoticeBook, Stored};

use crate::support::call::Call;
use crate::support::world::{NOW, World, at};

/// How many dossiers the province of the simulation has, and how many changes each.
const DOSSIERS: usize = 2_600;
const SEED: u64 = 20_261_123;

/// Everything that is there when a process dies.
struct Province {
    dossiers: HashMap<DossierCode, Dossier>,
    threads: Mutex<BTreeMap<DossierCode, NoticeThread>>,
    counts: Mutex<HashMap<String, u64>>,
    /// What a phone received: the notice's name, how often, and by whom.
    phones: Mutex<BTreeMap<String, Vec<Provider>>>,
    /// The names that eSMS has seen.
    known: Mutex<BTreeSet<String>>,
    /// Reports under way: when, of what, and what they say.
    reports: Mutex<Vec<(Timestamp, String, DeliveryReport)>>,
    chance: Mutex<fastrand::Rng>,
    now: Mutex<Timestamp>,
}

impl Province {
    fn roll(&self, of: u32) -> u32 {
        self.chance.lock().unwrap().u32(0..of)
    }

    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    /// One write in thirty fails, half of those after it was done.
    fn falters(&self) -> Option<bool> {
        (self.roll(30) == 0).then(|| self.roll(2) == 0)
    }

    fn dead() -> Failure {
        Failure::unavailable("simulation", "the process dies here")
    }
}

impl DossierStore for Province {
    async fn dossier(&self, code: &DossierCode) -> Result<Option<Dossier>, Failure> {
        if self.roll(200) == 0 {
            return Err(Self::dead());
        }
        // As far as it has come by now.
        let mut dossier = self.dossiers.get(code).cloned();
        if let Some(dossier) = &mut dossier {
            dossier.history.retain(|entry| entry.at <= self.now());
        }
        Ok(dossier)
    }

    async fn advance(&self, _: &Dossier) -> Result<Stored, Failure> {
        Err(Failure::Defect("nothing is moved here".to_owned()))
    }
}

impl NoticeBook for Province {
    async fn thread(&self, code: &DossierCode) -> Result<Option<NoticeThread>, Failure> {
        Ok(self.threads.lock().unwrap().get(code).cloned())
    }

    async fn keep(&self, thread: &NoticeThread) -> Result<Stored, Failure> {
        let falters = self.falters();
        if falters == Some(false) {
            return Err(Self::dead());
        }
        let mut threads = self.threads.lock().unwrap();
        let stored = threads.get(&thread.code).map_or(0, |stored| stored.version);
        if stored + 1 != thread.version {
            return Ok(Stored::AnotherWasFirst);
        }
        threads.insert(thread.code.clone(), thread.clone());
        if falters == Some(true) { Err(Self::dead()) } else { Ok(Stored::Yes) }
    }
}

impl Contacts for Province {
    async fn reach(&self, _: &Applicant, _: Timestamp) -> Result<Reach, Failure> {
        if self.roll(100) == 0 { Err(Self::dead()) } else { Ok(Reach::default()) }
    }

    async fn remember_unreachable(&self, _: &Phone, _: NoticeChannel, _: Timestamp) -> Result<(), Failure> {
        if self.roll(50) == 0 { Err(Self::dead()) } else { Ok(()) }
    }

    async fn count(&self, _: &Phone, _: Charge, _: Timestamp) -> Result<(), Failure> {
        if self.roll(50) == 0 { Err(Self::dead()) } else { Ok(()) }
    }

    async fn place(&self, agency: &AgencyCode, now: Timestamp) -> Result<u32, Failure> {
        let mut counts = self.counts.lock().unwrap();
        let count = counts.entry(format!("{agency}#{}", now.as_second() / 60)).or_default();
        *count += 1;
        Ok(u32::try_from(*count).unwrap())
    }
}

impl Carriers for Province {
    async fn send(&self, provider: Provider, notice: &Notice, _: &Phone) -> Verdict {
        let arrive = || {
            self.phones.lock().unwrap().entry(notice.id.clone()).or_default().push(provider);
            let message = format!("{}-{}", provider.name(), notice.id);
            let lost = self.roll(20) == 0;
            let copies = 1 + self.roll(2);
            for _ in 0..if lost { 0 } else { copies } {
                let later = SignedDuration::from_secs(i64::from(self.roll(7_200)));
                let failed = provider == Provider::Esms && self.roll(30) == 0;
                let outcome = if failed {
                    DeliveryOutcome::Failed { code: "status-5".to_owned() }
                } else {
                    DeliveryOutcome::Delivered
                };
                let report =
                    DeliveryReport { provider, message: message.clone(), outcome, at: self.now(), price_vnd: None };
                self.reports.lock().unwrap().push((self.now() + later, notice.id.clone(), report));
            }
            message
        };
        if provider == Provider::Esms && self.known.lock().unwrap().contains(&notice.id) {
            return Verdict::Declined { code: 124 };
        }
        let code = |code| Verdict::Declined { code };
        let takes = || {
            if provider == Provider::Esms {
                self.known.lock().unwrap().insert(notice.id.clone());
            }
            arrive()
        };
        match (self.roll(100), provider) {
            (0..=2, _) => Verdict::NotTaken { instead: "unreachable".to_owned(), retry_after: None },
            (3..=4, _) => {
                Verdict::NotTaken { instead: "http-429".to_owned(), retry_after: Some(SignedDuration::from_secs(90)) }
            }
            // It acts, and the answer is lost; or it hangs and does nothing. Nobody can tell which.
            (5..=7, _) => {
                takes();
                Verdict::Unknown { instead: "broken-off".to_owned() }
            }
            (8..=9, _) => Verdict::Unknown { instead: "timed-out".to_owned() },
            (10..=14, Provider::Zalo) => code(-118),
            (15, Provider::Zalo) => code(-133),
            (16, Provider::Zalo) => code(-144),
            (17, Provider::Zalo) => code(-100),
            (18, Provider::Zalo) => code(-124),
            (10, _) => code(160),
            (11, _) => code(99),
            (12, _) => code(103),
            _ => Verdict::Accepted { message: takes() },
        }
    }

    fn has(&self, provider: Provider) -> bool {
        matches!(provider, Provider::Zalo | Provider::Esms)
    }
}

/// A dossier with a history of some changes in a morning, taken from a real one.
async fn dossiers(chance: &mut fastrand::Rng) -> HashMap<DossierCode, Dossier> {
    let world = World::new().await;
    let code = Call::submit("k").at_submit(&world.reception, &world, at(NOW)).await.code();
    let model = world.dossier(&code).await;
    let agencies = ["H20.03", "H20.09", "H20.12", "H20.101"];
    let actions = [Action::Submit, Action::Receive, Action::RequestSupplement, Action::Supplement, Action::Finish];
    (0..DOSSIERS)
        .map(|number| {
            let agency = agencies[chance.usize(0..agencies.len())];
            let code: DossierCode = format!("{agency}-261117-{:05}", number + 1).parse().unwrap();
            let mut at = at(NOW);
            let mut dossier = Dossier { code: code.clone(), agency: agency.parse().unwrap(), ..model.clone() };
            let first = dossier.history[0].clone();
            dossier.history.clear();
            for (place, action) in actions.into_iter().enumerate() {
                let version = u64::try_from(place).unwrap() + 1;
                dossier.history.push(domain::dossier::HistoryEntry {
                    version,
                    action,
                    at,
                    recorded_at: at,
                    ..first.clone()
                });
                at += SignedDuration::from_mins(i64::from(chance.u32(0..300)));
            }
            dossier.version = 5;
            (code, dossier)
        })
        .collect()
}

/// How often each name may have reached a phone, beyond once, judged by what the record says: a call of which the record does
/// not know the end.
fn excuses(thread: &NoticeThread, version: u64) -> usize {
    let notice = thread.notice(version).unwrap();
    notice.attempts.iter().filter(|attempt| attempt.outcome != AttemptOutcome::Accepted).count()
}

#[tokio::test]
async fn ten_thousand_notices_survive_faults_and_deaths_at_random_points() {
    let mut chance = fastrand::Rng::with_seed(SEED);
    let catalogue: Catalogue =
        platform::catalogue::load(platform::catalogue::UndecidedYears::Refused).expect("the shipped catalogue");
    let dossiers = dossiers(&mut chance).await;
    let changes = dossiers.values().map(|dossier| dossier.history.len()).sum::<usize>();
    assert!(changes >= 10_000);
    // Every message is delivered once or twice, in any order, and one in twenty is lost for good: the next one makes up for it.
    let mut messages: Vec<(Timestamp, String)> = Vec::new();
    for dossier in dossiers.values() {
        for entry in &dossier.history {
            let last = entry.version == 5;
            let copies = if chance.u32(0..20) == 0 && !last { 0 } else { 1 + chance.u32(0..2) };
            for _ in 0..copies {
                let late = SignedDuration::from_secs(i64::from(chance.u32(0..120)));
                let message = serde_json::to_string(&CloudEvent::changed(&dossier.code, entry)).unwrap();
                messages.push((entry.at + late, message));
            }
        }
    }
    messages.sort();
    let province = Province {
        dossiers,
        threads: Mutex::default(),
        counts: Mutex::default(),
        phones: Mutex::default(),
        known: Mutex::default(),
        reports: Mutex::default(),
        chance: Mutex::new(chance),
        now: Mutex::new(at(NOW)),
    };
    let pool: Mutex<Pool> = Mutex::new(catalogue.providers().pool(NoticeChannel::Sms, date_of(at(NOW))));
    let desk = &Desk {
        dossiers: &province,
        book: &province,
        contacts: &province,
        carriers: &province,
        catalogue: &catalogue,
        pool: &pool,
        lease: SignedDuration::from_mins(1),
        limits: Limits::Kept,
    };
    let end = at(NOW) + SignedDuration::from_hours(24 * 20);
    let mut queue: Vec<(Timestamp, String, u32)> =
        messages.into_iter().map(|(time, message)| (time, message, 1)).collect();
    let mut parked = 0;
    while province.now() < end {
        let now = province.now();
        // What has arrived by now, and what time itself wakes.
        let mut due: Vec<(String, u32)> = Vec::new();
        queue.retain(|(time, message, receives)| {
            let arrived = *time <= now;
            if arrived {
                due.push((message.clone(), *receives));
            }
            !arrived
        });
        let asleep: Vec<DossierCode> = {
            let threads = province.threads.lock().unwrap();
            threads.values().filter(|t| t.wake_at().is_some_and(|at| at <= now)).map(|t| t.code.clone()).collect()
        };
        due.extend(asleep.iter().map(|code| (serde_json::to_string(&CloudEvent::wake(code, now)).unwrap(), 1)));
        for (message, receives) in due {
            match notify_applicant::tell(&message, desk, || now).await {
                Ok(()) => {}
                Err(failure) if failure.slug() == "given-up" => parked += 1,
                // The queue delivers it again.
                Err(_) => queue.push((now + SignedDuration::from_secs(60), message, receives + 1)),
            }
        }
        let arrived: Vec<(Timestamp, String, DeliveryReport)> = {
            let mut reports = province.reports.lock().unwrap();
            let (arrived, later) = std::mem::take(&mut *reports).into_iter().partition(|(time, ..)| *time <= now);
            *reports = later;
            arrived
        };
        for (_, name, report) in arrived {
            let (code, version) = parse_message_id(&name).unwrap();
            let policy = catalogue.notice_policy(date_of(now));
            let mut thread = province.thread(&code).await.unwrap().unwrap();
            thread.report(version, &report, &policy, now);
            thread.version += 1;
            let _dies = province.keep(&thread).await;
        }
        // Every minute while something happens, else straight to what happens next.
        let next = {
            let threads = province.threads.lock().unwrap();
            let wakes = threads.values().filter_map(NoticeThread::wake_at);
            let messages = queue.iter().map(|(time, ..)| *time);
            let reports = province.reports.lock().unwrap();
            let reports: Vec<Timestamp> = reports.iter().map(|(time, ..)| *time).collect();
            wakes.chain(messages).chain(reports).min()
        };
        let Some(next) = next else {
            break;
        };
        *province.now.lock().unwrap() = next.max(now + SignedDuration::from_mins(1));
    }

    let threads = province.threads.lock().unwrap();
    let phones = province.phones.lock().unwrap();
    let mut ends: BTreeMap<&str, usize> = BTreeMap::new();
    assert_eq!(threads.len(), DOSSIERS, "a dossier was forgotten");
    for thread in threads.values() {
        let told: Vec<u64> = thread.notices.iter().map(|notice| notice.version).collect();
        assert_eq!(told, [1, 2, 3, 4, 5], "{}: a change was forgotten", thread.code);
        for notice in &thread.notices {
            assert!(notice.state.is_end(), "{} {}: {:?}", thread.code, notice.version, notice.state);
            assert!(notice.reason.is_some(), "{} {}: an end without a reason", thread.code, notice.version);
            *ends.entry(notice.state.name()).or_default() += 1;
            let name = format!("{}/{}", thread.code, notice.version);
            let names = [name.clone(), format!("{name}/r")];
            let received: usize = names.iter().filter_map(|name| phones.get(name)).map(Vec::len).sum();
            let doubted = notice.attempts.iter().any(|attempt| {
                matches!(attempt.outcome, AttemptOutcome::Unknown | AttemptOutcome::Failed)
                    || attempt.code == "abandoned"
                    || attempt.code == "delivered"
            });
            if received > 1 {
                assert!(
                    doubted && received <= 1 + excuses(thread, notice.version),
                    "{name} reached the phone {received} times: {:?}",
                    notice.attempts
                );
            }
            if matches!(notice.state, NoticeState::Merged { .. }) {
                assert_eq!(received, 0, "{name} was merged and told");
            }
            if matches!(notice.state, NoticeState::Sent { .. } | NoticeState::Delivered) {
                assert!(received > 0, "{name} is said to be sent and was not");
            }
        }
    }
    // The faults were there, and each kind of end came about.
    for end in ["delivered", "sent", "merged", "unknown", "refused"] {
        assert!(ends.get(end).is_some_and(|count| *count > 0), "no notice ended as {end}: {ends:?}, {parked} parked");
    }
}
