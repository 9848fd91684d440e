//! People who ask by SMS and Zalo, in a test.

use std::sync::Mutex;

use platform::keyed_hash::KeyedHash;
use platform::port::{
    AccountReplies, AccountUser, Asked, Contacts, Inquiries, Limits, Stored, TakenUp, Verdict,
};
use record_delivery::Answering;

use super::world::{Scripted, World, people};

/// The official account, which answers as told and remembers what it was asked to bring.
#[derive(Default)]
pub struct Account {
    verdict: Mutex<Option<Verdict>>,
    said: Mutex<Vec<(String, String)>>,
}

impl Account {
    /// One whose every reply ends so.
    pub fn that_ends(verdict: Verdict) -> Self {
        Self { verdict: Mutex::new(Some(verdict)), said: Mutex::default() }
    }

    /// To whom it brought what, in order.
    pub fn said(&self) -> Vec<(String, String)> {
        self.said.lock().unwrap().clone()
    }
}

impl AccountReplies for Account {
    async fn reply(&self, user: &AccountUser, text: &str) -> Verdict {
        self.said.lock().unwrap().push((user.reveal().to_owned(), text.to_owned()));
        let told = self.verdict.lock().unwrap().clone();
        told.unwrap_or(Verdict::Accepted { message: Some("a reply".to_owned()) })
    }
}

/// Everything that answering takes, with people hashed as in the world's dossiers.
pub struct Desk {
    pub people: KeyedHash,
    pub gateways: Scripted,
    pub account: Account,
}

impl Desk {
    /// One whose gateways take everything.
    pub fn new() -> Self {
        let taken = Verdict::Accepted { message: Some("an answer".to_owned()) };
        Self {
            people: people(),
            gateways: Scripted::pair([], [taken]),
            account: Account::default(),
        }
    }

    pub fn over<'a, B>(
        &'a self,
        world: &'a World,
        book: &'a B,
    ) -> Answering<'a, B, Scripted, Account> {
        let Self { people, gateways, account } = self;
        let feedback = &world.office.feedback;
        Answering { dossiers: &world.dossiers, people, book, gateways, account, feedback }
    }
}

/// Where a process ends that answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    BeforeTakingUp,
    AfterTakingUp,
    BeforeAsking,
    AfterAsking,
}

/// A contact book at which a process ends once.
pub struct Ending<'a, B> {
    pub inner: &'a B,
    pub at: Mutex<Option<Ends>>,
}

impl<B> Ending<'_, B> {
    fn ends(&self, here: Ends) -> Result<(), platform::Failure> {
        let mut at = self.at.lock().unwrap();
        if *at == Some(here) {
            *at = None;
            return Err(platform::Failure::unavailable("test", "the process ends here"));
        }
        Ok(())
    }
}

impl<B: Inquiries> Inquiries for Ending<'_, B> {
    async fn take_up(
        &self,
        asked: &Asked,
        limits: Limits,
        now: jiff::Timestamp,
    ) -> Result<TakenUp, platform::Failure> {
        self.ends(Ends::BeforeTakingUp)?;
        let taken = self.inner.take_up(asked, limits, now).await?;
        self.ends(Ends::AfterTakingUp)?;
        Ok(taken)
    }

    async fn asking(&self, asked: &Asked) -> Result<Stored, platform::Failure> {
        self.ends(Ends::BeforeAsking)?;
        let stored = self.inner.asking(asked).await?;
        self.ends(Ends::AfterAsking)?;
        Ok(stored)
    }

    async fn spent_vnd(&self, now: jiff::Timestamp) -> Result<u64, platform::Failure> {
        self.inner.spent_vnd(now).await
    }
}

impl<B: Contacts> Contacts for Ending<'_, B> {
    async fn reach(
        &self,
        phone: &domain::applicant::Phone,
        id_number: Option<&domain::applicant::IdNumber>,
        now: jiff::Timestamp,
    ) -> Result<domain::notice::policy::Reach, platform::Failure> {
        self.inner.reach(phone, id_number, now).await
    }

    async fn remember_unreachable(
        &self,
        phone: &domain::applicant::Phone,
        channel: domain::notice::NoticeChannel,
        until: jiff::Timestamp,
    ) -> Result<(), platform::Failure> {
        self.inner.remember_unreachable(phone, channel, until).await
    }

    async fn reserve(
        &self,
        agency: Option<&domain::id::AgencyCode>,
        price_vnd: u64,
        now: jiff::Timestamp,
    ) -> Result<Option<u32>, platform::Failure> {
        self.inner.reserve(agency, price_vnd, now).await
    }

    async fn agency_spent(
        &self,
        agency: &domain::id::AgencyCode,
        now: jiff::Timestamp,
    ) -> Result<u64, platform::Failure> {
        self.inner.agency_spent(agency, now).await
    }

    async fn count_agency(
        &self,
        agency: &domain::id::AgencyCode,
        vnd: u64,
        now: jiff::Timestamp,
    ) -> Result<(), platform::Failure> {
        self.inner.count_agency(agency, vnd, now).await
    }

    async fn give_back(&self, vnd: u64, now: jiff::Timestamp) -> Result<(), platform::Failure> {
        self.inner.give_back(vnd, now).await
    }

    async fn count(
        &self,
        phone: Option<&domain::applicant::Phone>,
        charge: domain::thread::Charge,
        now: jiff::Timestamp,
    ) -> Result<(), platform::Failure> {
        self.inner.count(phone, charge, now).await
    }
}
