//! What notices are told from, in memory: the same conditions as the tables, for tests of thousands
//! of notices.

use std::collections::BTreeMap;
use std::sync::Mutex;

use domain::applicant::{IdNumber, Phone};
use domain::dossier::Dossier;
use domain::id::{AgencyCode, DossierCode, SubjectCode};
use domain::notice::NoticeChannel;
use domain::notice::policy::Reach;
use domain::thread::{Charge, NoticeThread};
use jiff::Timestamp;
use platform::Failure;
use platform::port::{Advance, Contacts, DossierStore, NoticeBook, Stored};

/// Dossiers that nobody moves, and what is told of them.
#[derive(Default)]
pub struct Memory {
    pub dossiers: BTreeMap<DossierCode, Dossier>,
    pub threads: Mutex<BTreeMap<SubjectCode, NoticeThread>>,
    preferences: BTreeMap<String, Reach>,
    unreachable: Mutex<BTreeMap<String, BTreeMap<NoticeChannel, Timestamp>>>,
    places: Mutex<BTreeMap<(String, i64), u32>>,
    spent_vnd: Mutex<u64>,
    /// What each agency has had of the divided budget.
    shares: Mutex<BTreeMap<AgencyCode, u64>>,
}

impl Memory {
    /// With these dossiers, and what their applicants prefer by their number.
    pub fn of(
        dossiers: impl IntoIterator<Item = Dossier>,
        preferences: BTreeMap<String, Reach>,
    ) -> Self {
        let dossiers =
            dossiers.into_iter().map(|dossier| (dossier.code.clone(), dossier)).collect();
        Self { dossiers, preferences, ..Self::default() }
    }

    /// A copy of `model` as the dossier number `number` of its agency's day, of an applicant with a
    /// number of their own.
    pub fn copy(model: &Dossier, agency: &str, number: usize) -> Dossier {
        let mut dossier = model.clone().into_state();
        dossier.code = format!("{agency}-261117-{number:05}").parse().unwrap();
        dossier.agency = agency.parse().unwrap();
        dossier.applicant.as_mut().unwrap().phone =
            Some(Phone::try_from(format!("091{number:07}")).unwrap());
        dossier.try_into().unwrap()
    }

    /// What the month has cost.
    pub fn spent_vnd(&self) -> u64 {
        *self.spent_vnd.lock().unwrap()
    }

    /// The thread of a dossier, or a report, of which something was told.
    pub fn told(&self, code: &SubjectCode) -> NoticeThread {
        self.threads.lock().unwrap()[code].clone()
    }
}

impl DossierStore for Memory {
    async fn dossier(&self, code: &DossierCode) -> Result<Option<Dossier>, Failure> {
        Ok(self.dossiers.get(code).cloned())
    }

    async fn advance(&self, _: &Dossier) -> Result<Advance, Failure> {
        Err(Failure::Defect("nothing is moved here".to_owned()))
    }

    async fn assign(&self, _: &Dossier) -> Result<Stored, Failure> {
        Err(Failure::Defect("nobody is given anything here".to_owned()))
    }
}

impl NoticeBook for Memory {
    async fn thread(&self, code: &SubjectCode) -> Result<Option<NoticeThread>, Failure> {
        Ok(self.threads.lock().unwrap().get(code).cloned())
    }

    async fn keep(&self, thread: &NoticeThread) -> Result<Stored, Failure> {
        let mut threads = self.threads.lock().unwrap();
        let stored = threads.get(thread.code()).map_or(0, NoticeThread::version);
        if stored + 1 != thread.version() {
            return Ok(Stored::AnotherWasFirst);
        }
        threads.insert(thread.code().clone(), thread.clone());
        Ok(Stored::Yes)
    }
}

impl Contacts for Memory {
    async fn reach(
        &self,
        phone: &Phone,
        id_number: Option<&IdNumber>,
        _: Timestamp,
    ) -> Result<Reach, Failure> {
        let phone = phone.zalo();
        let preferred =
            id_number.and_then(|_| self.preferences.get(phone)).cloned().unwrap_or_default();
        let remembered = self.unreachable.lock().unwrap().get(phone).cloned().unwrap_or_default();
        Ok(Reach {
            unreachable: remembered.into_iter().collect(),
            spent_vnd: *self.spent_vnd.lock().unwrap(),
            ..preferred
        })
    }

    async fn remember_unreachable(
        &self,
        phone: &Phone,
        channel: NoticeChannel,
        until: Timestamp,
    ) -> Result<(), Failure> {
        let mut unreachable = self.unreachable.lock().unwrap();
        unreachable.entry(phone.zalo().to_owned()).or_default().insert(channel, until);
        Ok(())
    }

    async fn count(&self, _: Option<&Phone>, charge: Charge, _: Timestamp) -> Result<(), Failure> {
        let mut spent = self.spent_vnd.lock().unwrap();
        *spent = spent.saturating_add(charge.vnd);
        Ok(())
    }

    async fn reserve(
        &self,
        agency: Option<&AgencyCode>,
        price_vnd: u64,
        now: Timestamp,
    ) -> Result<Option<u32>, Failure> {
        let mut spent = self.spent_vnd.lock().unwrap();
        *spent = spent.saturating_add(price_vnd);
        let mut places = self.places.lock().unwrap();
        Ok(agency.map(|agency| {
            let place = places.entry((agency.to_string(), now.as_second() / 60)).or_default();
            *place += 1;
            *place
        }))
    }

    async fn agency_spent(&self, agency: &AgencyCode, _: Timestamp) -> Result<u64, Failure> {
        Ok(self.shares.lock().unwrap().get(agency).copied().unwrap_or_default())
    }

    async fn count_agency(
        &self,
        agency: &AgencyCode,
        vnd: u64,
        _: Timestamp,
    ) -> Result<(), Failure> {
        *self.shares.lock().unwrap().entry(agency.clone()).or_default() += vnd;
        Ok(())
    }

    async fn give_back(&self, vnd: u64, _: Timestamp) -> Result<(), Failure> {
        let mut spent = self.spent_vnd.lock().unwrap();
        *spent = spent.saturating_sub(vnd);
        Ok(())
    }
}
