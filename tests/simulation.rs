//! Ten thousand notices through faults and deaths at random points, and reports in any order,
//! twice, contradicting themselves and with wild prices: none lost, none sent twice but where
//! nobody could know, none after a confirmed delivery, each with an end and a reason, and no more
//! booked than the calls may cost.
//!
//! The handler is the deployed one; the stores hold to the same conditions as the tables, in
//! memory. All chance comes from one seed, and everything that happens has its place in one order,
//! so that a run can be played again.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::applicant::{IdNumber, Phone};
use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::dossier::{Action, Dossier};
use domain::id::{AgencyCode, DossierCode, SubjectCode};
use domain::notice::policy::Reach;
use domain::notice::pool::ProviderPool;
use domain::notice::price::{StatedPrice, bound_vnd};
use domain::notice::{
    DeliveryOutcome, DeliveryReport, MessageName, Notice, NoticeChannel, Provider, Wording,
    parse_message_id,
};
use domain::thread::{
    Attempt, AttemptOutcome, Charge, NoticeRecord, NoticeState, NoticeThread, Reported,
};
use jiff::{SignedDuration, Timestamp};
use notify_applicant::{Desk, Limits};
use platform::Failure;
use platform::gateway::Verdict;
use platform::message::CloudEvent;
use platform::port::{Advance, Contacts, DossierStore, MessageGateways, NoticeBook, Stored};

use crate::support::call::Call;
use crate::support::memory::Memory;
use crate::support::teller::{NobodyElse, no_feedback, with_speedsms};
use crate::support::world::{NOW, World, at};

/// How many dossiers the province of the simulation has; each changes five times.
const DOSSIERS: usize = 2_000;
/// Of how many applicants one has no telephone.
const NO_PHONE_ONE_IN: usize = 50;
const SEED: u64 = 20_261_123;
const CHANGES: [Action; 5] = [
    Action::Submit,
    Action::Receive,
    Action::RequestSupplement,
    Action::Supplement,
    Action::Finish,
];

/// What is going to happen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Happening {
    /// The queue delivers a message.
    Message(String),
    /// The time of a thread has come.
    Wake(SubjectCode),
    /// A gateway reports on the message of this name that it gave this name: whether it says that
    /// it arrived, and for how much.
    Report(Provider, String, String, bool, Option<u64>),
}

/// Everything that is there when a process dies.
struct Province {
    kept: Memory,
    /// What a phone received: the notice's name and by whom.
    phones: Mutex<BTreeMap<String, Vec<Provider>>>,
    /// The names that eSMS has seen, each for 24 hours.
    known: Mutex<BTreeMap<String, Timestamp>>,
    /// Names under which a message arrived though it was reported as failed: nobody could know.
    misreported: Mutex<BTreeSet<String>>,
    /// Notices of which a report has confirmed that they arrived.
    confirmed: Mutex<BTreeSet<(SubjectCode, u64)>>,
    /// What each lease was taken for, in đồng, by its holder.
    leases: Mutex<BTreeMap<String, u64>>,
    /// What was counted against the month before gateways were asked, in đồng.
    reserved_vnd: Mutex<u64>,
    /// What is going to happen, each with its place in the order of being planned.
    ahead: Mutex<BinaryHeap<Reverse<(Timestamp, usize, Happening)>>>,
    planned: Mutex<usize>,
    now: Mutex<Timestamp>,
    /// Whether the process at work has died.
    dead: AtomicBool,
}

fn roll(of: u32) -> u32 {
    fastrand::u32(0..of)
}

fn lost() -> Failure {
    Failure::unavailable("simulation", "the line to the tables breaks here")
}

fn dead() -> Failure {
    Failure::unavailable("simulation", "the process dies here")
}

impl Province {
    /// The process at work dies once in so many times. Nothing that it asks for afterwards happens.
    fn mortal(&self, of: u32) -> Result<(), Failure> {
        if roll(of) == 0 {
            self.dead.store(true, Ordering::Relaxed);
        }
        self.alive()
    }

    fn alive(&self) -> Result<(), Failure> {
        if self.dead.load(Ordering::Relaxed) { Err(dead()) } else { Ok(()) }
    }

    /// Another process goes to work.
    fn revive(&self) {
        self.dead.store(false, Ordering::Relaxed);
    }

    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    fn plan(&self, when: Timestamp, happening: Happening) {
        let mut planned = self.planned.lock().unwrap();
        *planned += 1;
        self.ahead.lock().unwrap().push(Reverse((when, *planned, happening)));
    }

    fn in_seconds(&self, most: u32) -> Timestamp {
        self.now() + SignedDuration::from_secs(i64::from(roll(most)))
    }

    /// For three hours of the first morning Zalo takes nothing.
    fn zalo_is_down(&self) -> bool {
        let since = at(NOW).duration_until(self.now());
        (SignedDuration::from_hours(1)..SignedDuration::from_hours(4)).contains(&since)
    }

    /// Takes the message: it arrives, or is reported as failed; one report in twenty is lost,
    /// others come twice or thrice, and eSMS sometimes says first, or afterwards, that what arrived
    /// has failed. Prices are what they are.
    fn take(&self, provider: Provider, notice: &Notice) -> String {
        let message = format!("{}-{}", provider.name(), notice.id);
        let arrives = provider == Provider::Zalo || roll(30) > 0;
        if arrives {
            self.phones.lock().unwrap().entry(notice.id.clone()).or_default().push(provider);
        }
        if provider == Provider::Esms {
            self.known.lock().unwrap().insert(notice.id.clone(), self.now());
        }
        let copies = if !provider.reports() || roll(20) == 0 { 0 } else { 1 + roll(3) };
        for _ in 0..copies {
            self.plan_report(provider, notice, &message, arrives);
        }
        if provider == Provider::Esms && arrives && roll(10) == 0 {
            self.plan_report(provider, notice, &message, false);
        }
        message
    }

    fn plan_report(&self, provider: Provider, notice: &Notice, message: &str, arrived: bool) {
        let price = match roll(8) {
            0 => Some(u64::MAX),
            1 => Some(4_242_424),
            2 => Some(1_275),
            3 => Some(0),
            4 => Some(fastrand::u64(..)),
            5 => None,
            _ => Some(850),
        };
        let report =
            Happening::Report(provider, notice.id.clone(), message.to_owned(), arrived, price);
        self.plan(self.in_seconds(7_200), report);
    }

    /// Whether eSMS still knows a message of this name.
    fn knows(&self, name: &str) -> bool {
        let since = self.known.lock().unwrap().get(name).copied();
        since.is_some_and(|since| since.duration_until(self.now()) < SignedDuration::from_hours(24))
    }

    /// Notes what a lease in the thread was taken for; gives whether it is a new one.
    fn is_leased_anew(&self, thread: &NoticeThread) -> bool {
        thread.notices().iter().any(|notice| match &notice.state {
            NoticeState::Leased { holder, price_vnd, .. } => {
                self.leases.lock().unwrap().insert(holder.clone(), price_vnd.unwrap()).is_none()
            }
            NoticeState::Waiting { .. }
            | NoticeState::Sent { .. }
            | NoticeState::Unknown { .. }
            | NoticeState::Held { .. }
            | NoticeState::Delivered
            | NoticeState::Refused
            | NoticeState::Expired
            | NoticeState::Merged { .. }
            | NoticeState::ToldElsewhere => false,
        })
    }
}

impl DossierStore for Province {
    async fn dossier(&self, code: &DossierCode) -> Result<Option<Dossier>, Failure> {
        self.mortal(200)?;
        // As far as it has come by now.
        let kept = self.kept.dossier(code).await?;
        Ok(kept.map(|dossier| {
            let mut state = dossier.into_state();
            state.history.retain(|entry| entry.at <= self.now());
            let received = state.history.iter().find(|entry| entry.action == Action::Receive);
            state.received_at = received.map(|entry| entry.at);
            state.version = state.history.len().try_into().unwrap();
            state.try_into().unwrap()
        }))
    }

    async fn advance(&self, dossier: &Dossier) -> Result<Advance, Failure> {
        self.kept.advance(dossier).await
    }

    async fn assign(&self, dossier: &Dossier) -> Result<Stored, Failure> {
        self.kept.assign(dossier).await
    }
}

impl NoticeBook for Province {
    async fn thread(&self, code: &SubjectCode) -> Result<Option<NoticeThread>, Failure> {
        self.alive()?;
        self.kept.thread(code).await
    }

    /// One write in thirty fails: before it was done, after it, or its answer is lost and the
    /// repetition finds it done. One process in 180 dies before a write or after it, and one in
    /// forty between its lease and its call.
    async fn keep(&self, thread: &NoticeThread) -> Result<Stored, Failure> {
        self.mortal(360)?;
        let fault = roll(90);
        if fault == 0 {
            return Err(lost());
        }
        let stored = self.kept.keep(thread).await?;
        if let (Stored::Yes, Some(time)) = (stored, thread.wake_at()) {
            self.plan(time.max(self.now()), Happening::Wake(thread.code().clone()));
        }
        if stored == Stored::Yes && self.is_leased_anew(thread) {
            self.mortal(40)?;
        }
        self.mortal(360)?;
        match fault {
            1 => Err(lost()),
            2 => Ok(Stored::AnotherWasFirst),
            _ => Ok(stored),
        }
    }
}

impl Contacts for Province {
    async fn reach(
        &self,
        phone: &Phone,
        id_number: Option<&IdNumber>,
        now: Timestamp,
    ) -> Result<Reach, Failure> {
        self.mortal(100)?;
        self.kept.reach(phone, id_number, now).await
    }

    async fn remember_unreachable(
        &self,
        phone: &Phone,
        channel: NoticeChannel,
        until: Timestamp,
    ) -> Result<(), Failure> {
        self.mortal(50)?;
        self.kept.remember_unreachable(phone, channel, until).await
    }

    async fn count(
        &self,
        phone: Option<&Phone>,
        charge: Charge,
        now: Timestamp,
    ) -> Result<(), Failure> {
        self.mortal(50)?;
        self.kept.count(phone, charge, now).await
    }

    /// It is counted, and the process may die before it knows.
    async fn reserve(
        &self,
        agency: Option<&AgencyCode>,
        price_vnd: u64,
        now: Timestamp,
    ) -> Result<Option<u32>, Failure> {
        let place = self.kept.reserve(agency, price_vnd, now).await?;
        *self.reserved_vnd.lock().unwrap() += price_vnd;
        self.mortal(50)?;
        Ok(place)
    }

    async fn agency_spent(&self, agency: &AgencyCode, now: Timestamp) -> Result<u64, Failure> {
        self.mortal(50)?;
        self.kept.agency_spent(agency, now).await
    }

    async fn count_agency(
        &self,
        agency: &AgencyCode,
        vnd: u64,
        now: Timestamp,
    ) -> Result<(), Failure> {
        self.mortal(50)?;
        self.kept.count_agency(agency, vnd, now).await
    }

    async fn give_back(&self, vnd: u64, now: Timestamp) -> Result<(), Failure> {
        self.mortal(50)?;
        self.kept.give_back(vnd, now).await
    }
}

/// Whether the record says that the applicant has been told.
fn is_told(call: &Attempt) -> bool {
    matches!(call.outcome, AttemptOutcome::Accepted | AttemptOutcome::Delivered)
}

impl MessageGateways for Province {
    async fn send(&self, provider: Provider, notice: &Notice, _: &Phone) -> Verdict {
        let MessageName { subject: code, version, .. } = parse_message_id(&notice.id).unwrap();
        let stored = self.kept.told(&code);
        assert!(
            !self.confirmed.lock().unwrap().contains(&(code, version)),
            "{} is sent though it arrived",
            notice.id
        );
        let record = stored.notice(version).unwrap();
        assert!(
            !record.attempts.iter().any(is_told),
            "{} is sent though it was told: {record:?}",
            notice.id
        );
        if provider == Provider::Esms && self.knows(&notice.id) {
            return Verdict::Declined { code: 124 };
        }
        let not_taken = |instead: &str, seconds: Option<i64>| Verdict::NotTaken {
            instead: instead.to_owned(),
            retry_after: seconds.map(SignedDuration::from_secs),
        };
        let unknown = |instead: &str| Verdict::Unknown { instead: instead.to_owned() };
        let code = |code| Verdict::Declined { code };
        if provider == Provider::Zalo && self.zalo_is_down() {
            return not_taken("unreachable", None);
        }
        match (roll(100), provider) {
            (0..=2, _) => not_taken("unreachable", None),
            (3..=4, _) => not_taken("http-429", Some(90)),
            // It acts, and the answer is lost; or it hangs and does nothing. Nobody can tell which.
            (5..=7, _) => {
                self.take(provider, notice);
                unknown("broken-off")
            }
            (8..=9, _) => unknown("timed-out"),
            (10..=14, Provider::Zalo) => code(-118),
            (15, Provider::Zalo) => code(-133),
            (16, Provider::Zalo) => code(-144),
            (17, Provider::Zalo) => {
                self.take(provider, notice);
                code(-100)
            }
            (18, Provider::Zalo) => code(-100),
            (19, Provider::Zalo) => code(-124),
            (10, Provider::Esms) => code(160),
            (11, Provider::Esms) => code(99),
            (12..=16, Provider::Esms) => code(103),
            (10, Provider::Speedsms) => code(300),
            (11, Provider::Speedsms) => code(-1),
            _ => Verdict::Accepted { message: Some(self.take(provider, notice)) },
        }
    }

    fn has(&self, provider: Provider) -> bool {
        provider != Provider::Vnpt
    }
}

/// Dossiers of different people with a history of some changes in a morning and a day, after the
/// model of a real one.
fn dossiers(model: &Dossier) -> Vec<Dossier> {
    let agencies = ["H20.03", "H20.09", "H20.12", "H20.101"];
    let dossier = |number: usize| {
        let agency = agencies[fastrand::usize(0..agencies.len())];
        let mut dossier = Memory::copy(model, agency, number).into_state();
        if number.is_multiple_of(NO_PHONE_ONE_IN) {
            dossier.applicant.as_mut().unwrap().phone = None;
        }
        let mut at = at(NOW);
        let first = dossier.history[0].clone();
        dossier.history.clear();
        for (version, action) in (1..).zip(CHANGES) {
            dossier.history.push(domain::dossier::HistoryEntry {
                version,
                action,
                at,
                recorded_at: at,
                ..first.clone()
            });
            at += SignedDuration::from_mins(i64::from(roll(300)));
        }
        dossier.submitted_at = dossier.history[0].at;
        dossier.received_at = Some(dossier.history[1].at);
        dossier.version = 5;
        dossier.try_into().unwrap()
    };
    (1..=DOSSIERS).map(dossier).collect()
}

/// What three in ten of them prefer.
fn preferences(dossiers: &[Dossier]) -> BTreeMap<String, Reach> {
    let mut chosen = BTreeMap::new();
    for dossier in dossiers {
        let preferred = match roll(10) {
            0 => Reach { preferred: vec![NoticeChannel::Sms], ..Reach::default() },
            1 => Reach { preferred: vec![NoticeChannel::Zalo], ..Reach::default() },
            2 => Reach { legal_only: true, ..Reach::default() },
            _ => continue,
        };
        let Some(phone) = &dossier.applicant.as_ref().unwrap().phone else { continue };
        chosen.insert(phone.zalo().to_owned(), preferred);
    }
    chosen
}

impl Province {
    /// Every message is delivered once or twice, in any order, and one in twenty is lost for good:
    /// the next makes up for it.
    fn announce(&self) {
        for dossier in self.kept.dossiers.values() {
            for entry in &dossier.history {
                let last = entry.version == dossier.version;
                let copies = if roll(20) == 0 && !last { 0 } else { 1 + roll(2) };
                for _ in 0..copies {
                    let late = SignedDuration::from_secs(i64::from(roll(120)));
                    let message =
                        serde_json::to_string(&CloudEvent::changed(&dossier.code, entry)).unwrap();
                    self.plan(entry.at + late, Happening::Message(message));
                }
            }
        }
    }

    /// Lets everything happen in its order; gives how many messages went to the operators.
    async fn play(&self, catalogue: &Catalogue) -> usize {
        let pool: Mutex<ProviderPool> =
            Mutex::new(catalogue.providers().pool(NoticeChannel::Sms, date_of(self.now())));
        let lease = SignedDuration::from_mins(1);
        let (dossiers, book, contacts, gateways, pool) = (self, self, self, self, &pool);
        let desk = &Desk {
            dossiers,
            feedback: &no_feedback(),
            book,
            contacts,
            gateways,
            ledger: &NobodyElse,
            catalogue,
            pool,
            lease,
            limits: Limits::Kept,
            questions: None,
        };
        let mut parked = 0;
        loop {
            let next = self.ahead.lock().unwrap().pop();
            let Some(Reverse((time, _, happening))) = next else {
                return parked;
            };
            let now = time.max(self.now());
            *self.now.lock().unwrap() = now;
            let (message, again) = match &happening {
                Happening::Message(message) => (message.clone(), 60),
                Happening::Wake(code)
                    if self.kept.told(code).wake_at().is_some_and(|time| time <= now) =>
                {
                    (serde_json::to_string(&CloudEvent::wake(code, now)).unwrap(), 300)
                }
                Happening::Wake(_) => continue,
                Happening::Report(provider, name, message, arrived, price) => {
                    self.report((*provider, *arrived, *price), name, message, catalogue).await;
                    continue;
                }
            };
            self.revive();
            match notify_applicant::tell(&message, desk, || now).await {
                Ok(()) => {}
                Err(failure) if failure.slug() == "given-up" => parked += 1,
                // The queue delivers it again, also what a minute has sent to wake somebody.
                Err(_) => {
                    let again = now + SignedDuration::from_secs(again);
                    self.plan(again, Happening::Message(message));
                }
            }
        }
    }

    async fn report(
        &self,
        (provider, arrived, price): (Provider, bool, Option<u64>),
        name: &str,
        message: &str,
        catalogue: &Catalogue,
    ) {
        let MessageName { subject, version, wording } = parse_message_id(name).unwrap();
        let now = self.now();
        let outcome = match arrived {
            true => DeliveryOutcome::Delivered,
            false => DeliveryOutcome::Failed { code: "status-5".to_owned() },
        };
        let price = price.map(StatedPrice::Vnd);
        let report =
            DeliveryReport { provider, message: message.to_owned(), outcome, at: now, price };
        self.revive();
        let mut thread = self.kept.told(&subject);
        let heard =
            thread.report((version, wording), &report, &catalogue.notice_policy(date_of(now)), now);
        thread.advance();
        // Whether it was stored, and not what the reporter hears of that.
        let _heard = self.keep(&thread).await;
        if self.kept.told(&subject) != thread {
            return;
        }
        if arrived && heard.reported != Reported::Stranger {
            self.confirmed.lock().unwrap().insert((subject, version));
        } else if !arrived && heard.reported == Reported::Applied && self.received_as(name) > 0 {
            self.misreported.lock().unwrap().insert(name.to_owned());
        }
    }

    fn received_as(&self, name: &str) -> usize {
        self.phones.lock().unwrap().get(name).map_or(0, Vec::len)
    }

    /// How often the applicant was told of it, in its first wording and in that of a repetition.
    fn received(&self, name: &str) -> [usize; 2] {
        [name.to_owned(), format!("{name}/r")].map(|name| self.received_as(&name))
    }

    /// How often it may have been told under this name: once, and once more where a gateway said
    /// that it had not arrived.
    fn excused(&self, name: &str) -> usize {
        1 + usize::from(self.misreported.lock().unwrap().contains(name))
    }

    /// Who has no telephone is told nothing, nobody is asked to, and nobody else ends like this.
    fn check_reachable(&self, thread: &NoticeThread, (name, notice): (&str, &NoticeRecord)) {
        let SubjectCode::Dossier(code) = thread.code() else { panic!("{name} is no dossier's") };
        let applicant = self.kept.dossiers[code].applicant.as_ref().unwrap();
        let ends_so = notice.reason.as_ref().is_some_and(|reason| reason.name() == "no-phone");
        let merged = matches!(notice.state, NoticeState::Merged { .. });
        assert!(ends_so == applicant.phone.is_none() || merged, "{name}: {:?}", notice.reason);
        assert!(!ends_so || notice.attempts.is_empty(), "{name}: {:?}", notice.attempts);
    }

    /// What holds of every notice at its end.
    fn check(&self, name: &str, notice: &NoticeRecord) {
        assert!(notice.state.is_end(), "{name}: {:?}", notice.state);
        assert!(notice.reason.is_some(), "{name}: an end without a reason");
        let [first, repeated] = self.received(name);
        assert!(
            first <= self.excused(name) && repeated <= self.excused(&format!("{name}/r")),
            "{name} reached the phone {first} + {repeated} times: {:?}",
            notice.attempts
        );
        assert!(
            repeated == 0 || notice.wording == Wording::Repetition,
            "{name} was repeated and is not marked so"
        );
        let is_unknown = |call: &Attempt| call.outcome == AttemptOutcome::Unknown;
        match notice.state {
            NoticeState::Merged { .. } if self.excused(name) == 1 => {
                assert_eq!(first + repeated, 0, "{name} was merged and told");
            }
            NoticeState::Refused | NoticeState::Expired if self.excused(name) == 1 => {
                assert_eq!(
                    first + repeated,
                    0,
                    "{name} was told and ends as if not: {:?}",
                    notice.attempts
                );
            }
            NoticeState::Delivered => {
                assert!(first + repeated > 0, "{name} is said to have arrived and has not")
            }
            NoticeState::Sent { .. } => {
                let failed =
                    notice.attempts.iter().any(|call| call.outcome == AttemptOutcome::Accepted);
                assert!(failed, "{name} is said to be sent and was not");
            }
            NoticeState::Unknown { .. } => {
                assert!(notice.attempts.iter().any(is_unknown), "{name}: nothing is unknown")
            }
            NoticeState::ToldElsewhere => {
                assert_eq!(first + repeated, 0, "{name} was left to another system and told");
            }
            NoticeState::Merged { .. } | NoticeState::Refused | NoticeState::Expired => {}
            NoticeState::Waiting { .. } | NoticeState::Leased { .. } | NoticeState::Held { .. } => {
            }
        }
    }
}

#[tokio::test]
async fn ten_thousand_notices_survive_faults_and_deaths_at_random_points() {
    let world = World::new().await;
    let code = Call::submit("k").at_submit(&world.intake, &world, at(NOW)).await.code();
    let model = world.dossier(&code).await;
    // The handler draws from the same chance as the world around it.
    fastrand::seed(SEED);
    let dossiers = dossiers(&model);
    let preferences = preferences(&dossiers);
    let province = Province {
        kept: Memory::of(dossiers, preferences),
        phones: Mutex::default(),
        known: Mutex::default(),
        misreported: Mutex::default(),
        confirmed: Mutex::default(),
        leases: Mutex::default(),
        reserved_vnd: Mutex::default(),
        ahead: Mutex::default(),
        planned: Mutex::default(),
        now: Mutex::new(at(NOW)),
        dead: AtomicBool::default(),
    };
    province.announce();
    let catalogue = with_speedsms();
    let parked = province.play(&catalogue).await;

    // As whoever looks sees them once no report can come any more: nothing wakes a thread for that.
    let much_later = province.now() + SignedDuration::from_hours(24 * 7);
    let mut threads = province.kept.threads.lock().unwrap();
    for thread in threads.values_mut() {
        thread.settle(&catalogue.notice_policy(date_of(much_later)), much_later);
    }
    assert_eq!(threads.len(), DOSSIERS, "a dossier was forgotten");
    let mut ends: BTreeMap<&str, usize> = BTreeMap::new();
    let mut carriers: BTreeSet<Provider> = BTreeSet::new();
    for thread in threads.values() {
        let told: Vec<u64> = thread.notices().iter().map(|notice| notice.version).collect();
        assert_eq!(told, [1, 2, 3, 4, 5], "{}: a change was forgotten", thread.code());
        for notice in thread.notices() {
            let name = format!("{}/{}", thread.code(), notice.version);
            province.check(&name, notice);
            province.check_reachable(thread, (&name, notice));
            *ends.entry(notice.state.name()).or_default() += 1;
            carriers.extend(
                notice.attempts.iter().filter(|call| is_told(call)).map(|call| call.provider),
            );
        }
    }
    assert!(ends.values().sum::<usize>() >= 10_000, "{ends:?}");
    assert_eq!(carriers.len(), 3, "{carriers:?}");
    // The faults were there, and each kind of end came about.
    for end in ["delivered", "sent", "merged", "unknown", "refused"] {
        assert!(
            ends.get(end).is_some_and(|count| *count > 0),
            "no notice ended as {end}: {ends:?}, {parked} parked"
        );
    }
    // What was asked for is booked, by the price list, and nothing else is; what a report states is
    // believed within its bound, and no further.
    let leased: u64 = province.leases.lock().unwrap().values().sum();
    let reserved = *province.reserved_vnd.lock().unwrap();
    let cost = threads
        .values()
        .flat_map(|thread| thread.notices())
        .fold(0_u64, |sum, notice| sum.checked_add(notice.cost_vnd()).unwrap());
    let (spent, charged) = (
        province.kept.spent_vnd(),
        threads.values().fold(0, |sum, thread| sum + thread.charge().vnd),
    );
    assert!(
        (charged..=reserved).contains(&spent),
        "{spent} đ booked, {charged} đ charged, {reserved} đ reserved"
    );
    assert!(cost <= bound_vnd(leased, 150), "{cost} đ, {leased} đ asked for");
    let attempts =
        || threads.values().flat_map(|thread| thread.notices()).flat_map(|notice| &notice.attempts);
    assert!(attempts().any(|call| call.implausible_price.is_some()), "no wild price came");
    assert!(attempts().any(|call| call.code == "abandoned"), "nobody died between lease and call");
    assert!(!province.misreported.lock().unwrap().is_empty(), "no report contradicted another");
}
