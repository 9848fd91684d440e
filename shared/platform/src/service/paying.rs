//! Paying a demand through the payment platform: an attempt is stored before the platform hears of
//! it, and nothing that anybody says counts before the platform was asked.
//!
//! A process may die between any two calls: what it began is in the payments table with a time, and
//! is asked after by `settle-payments`.

use domain::catalogue::Catalogue;
use domain::dossier::{Action, Actor, Command, Correction, Decision, Dossier};
use domain::id::DossierCode;
use domain::payment::online::{AttemptState, Came, Heard, OnlinePayment};
use domain::payment::{FeesPaid, PaidHow};
use domain::{RuleName, Violation};
use jiff::Timestamp;

use crate::Failure;
use crate::fingerprint::command_id;
use crate::port::{DossierStore, PaymentBook, PaymentGateway, PaymentOrder, Stored, Trouble};

/// The most attempts to store something when other writers are faster.
const DECIDED_MAX: u32 = 5;

/// Under what name the platform's answers move a dossier: it is the portal's.
const SIGNATURE: &str = "payment-platform";

/// The part of the system that the platform is, in failures.
pub const PLATFORM: &str = "the payment platform";

/// Everything that paying needs.
#[derive(Debug)]
pub struct Till<'a, B, S, G> {
    /// The payments that were begun.
    pub book: &'a B,
    /// The dossiers that pay.
    pub store: &'a S,
    /// The platform that is asked.
    pub gateway: &'a G,
    /// The rules in force.
    pub catalogue: &'a Catalogue,
}

/// Where a payer goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// The name of the attempt.
    pub reference: String,
    /// What is owed, in whole đồng.
    pub amount_vnd: u64,
    /// The page of the platform.
    pub address: String,
}

/// What the trouble with the platform is to whoever waits for it.
fn away(trouble: Trouble) -> Failure {
    match trouble {
        Trouble::Unavailable { code, .. } | Trouble::Refused { code } | Trouble::Gone { code } => {
            Failure::unavailable(PLATFORM, code)
        }
    }
}

impl<B: PaymentBook, S: DossierStore, G: PaymentGateway> Till<'_, B, S, G> {
    async fn dossier(&self, code: &DossierCode) -> Result<Dossier, Failure> {
        self.store.dossier(code).await?.ok_or(Failure::DossierNotFound)
    }

    /// Begins an attempt to pay what `dossier` owes, or goes on with the one that is open. What was
    /// begun before is asked after first, so that nobody pays again what is paid.
    pub async fn begin(&self, dossier: Dossier, now: Timestamp) -> Result<Begun, Failure> {
        let nothing = || {
            let detail = "nothing is to be paid for this dossier now";
            Failure::from(Violation::new("code", RuleName::NothingOwed, detail))
        };
        let demand = dossier.owed().ok_or_else(nothing)?;
        // Before an attempt is opened, which nobody could ever ask after.
        if !self.gateway.is_offered() {
            let detail = "on-line payment is not offered; the fee is paid at the counter";
            return Err(Violation::new("code", RuleName::OnlinePayment, detail).into());
        }
        let (code, version, amount_vnd) = (&dossier.code, demand.version, demand.amount_vnd());
        for _ in 0..DECIDED_MAX {
            let found = self.book.payment(code, version).await?;
            let mut payment =
                found.unwrap_or_else(|| OnlinePayment::of(code.clone(), version, amount_vnd));
            if let Some(open) = payment.open(now)
                && let Some(address) = &open.address
            {
                let reference = open.reference.clone();
                return Ok(Begun { reference, amount_vnd, address: address.clone() });
            }
            let mut settled = false;
            for attempt in payment.attempts.clone() {
                if attempt.state == AttemptState::Pending {
                    settled |=
                        self.ask(code, version, &attempt.reference, now).await? != Came::Nothing;
                }
            }
            if settled || !payment.attempts.is_empty() {
                if self.dossier(code).await?.owed().is_none_or(|owed| owed.version != version) {
                    return Err(nothing());
                }
                payment = self.book.payment(code, version).await?.unwrap_or(payment);
            }
            let before = payment.version;
            let reference = payment.begin(now)?;
            match self.book.keep(&payment, before, Some(&reference)).await? {
                Stored::AnotherWasFirst => continue,
                Stored::Yes => {}
            }
            let catalogue = self.catalogue;
            let order =
                PaymentOrder { reference: &reference, dossier: &dossier, demand, catalogue, now };
            let answer = self.gateway.start(order).await;
            return match answer {
                Ok(address) => {
                    self.note(code, version, |payment| {
                        payment.may_pay_at(&reference, address.clone());
                    })
                    .await?;
                    tracing::info!(dossier = %code, reference, "a payment is begun");
                    Ok(Begun { reference, amount_vnd, address })
                }
                Err(Trouble::Refused { code: said }) => {
                    tracing::warn!(dossier = %code, reference, code = said, "a payment is refused");
                    self.note(code, version, |payment| payment.was_refused(&reference)).await?;
                    Err(Failure::unavailable(PLATFORM, said))
                }
                // Whether it has begun is not known: it is asked after.
                Err(trouble @ (Trouble::Unavailable { .. } | Trouble::Gone { .. })) => {
                    Err(away(trouble))
                }
            };
        }
        Err(Failure::Held("the payment"))
    }

    /// Changes the payment by `change`, whoever else does meanwhile.
    async fn note(
        &self,
        code: &DossierCode,
        demand: u64,
        change: impl Fn(&mut OnlinePayment),
    ) -> Result<(), Failure> {
        for _ in 0..DECIDED_MAX {
            let Some(mut payment) = self.book.payment(code, demand).await? else {
                return Err(Failure::Defect("a payment is gone".to_owned()));
            };
            let before = payment.version;
            change(&mut payment);
            match self.book.keep(&payment, before, None).await? {
                Stored::Yes => return Ok(()),
                Stored::AnotherWasFirst => {}
            }
        }
        Err(Failure::Held("the payment"))
    }

    /// Asks the platform what became of an attempt, and stores what it says.
    pub async fn ask(
        &self,
        code: &DossierCode,
        demand: u64,
        reference: &str,
        now: Timestamp,
    ) -> Result<Came, Failure> {
        let heard = match self.gateway.query(reference, now).await {
            Ok(heard) => heard,
            // It does not know the attempt, or not yet.
            Err(Trouble::Refused { code: said }) => {
                tracing::info!(dossier = %code, reference, code = said, "a payment is not known");
                Heard::Nothing
            }
            Err(trouble @ (Trouble::Unavailable { .. } | Trouble::Gone { .. })) => {
                return Err(away(trouble));
            }
        };
        self.hear(code, demand, (reference, heard), now).await
    }

    /// Stores what the platform says of an attempt. What counts moves the dossier in the same write.
    async fn hear(
        &self,
        code: &DossierCode,
        demand: u64,
        (reference, heard): (&str, Heard),
        now: Timestamp,
    ) -> Result<Came, Failure> {
        for _ in 0..DECIDED_MAX {
            let Some(mut payment) = self.book.payment(code, demand).await? else {
                return Ok(Came::Nothing);
            };
            let dossier = self.dossier(code).await?;
            let is_owed = dossier.owed().is_some_and(|owed| owed.version == demand);
            let before = payment.version;
            let came = payment.hear(reference, heard, is_owed, now);
            let stored = if came == Came::Counts {
                let next = self.confirmed(&dossier, reference, payment.amount_vnd, now)?;
                self.book.settle(&payment, before, &next).await?
            } else if payment.version == before {
                // Nothing of it is ours.
                return Ok(came);
            } else {
                self.book.keep(&payment, before, None).await?
            };
            match stored {
                Stored::Yes => {
                    report(code, &payment, reference, came);
                    return Ok(came);
                }
                Stored::AnotherWasFirst => {}
            }
        }
        Err(Failure::Held("the payment"))
    }

    /// The dossier after its payment, not yet stored.
    fn confirmed(
        &self,
        dossier: &Dossier,
        reference: &str,
        amount_vnd: u64,
        now: Timestamp,
    ) -> Result<Dossier, Failure> {
        let how = PaidHow::Online;
        let command = Command {
            id: command_id(&["payment", reference])?,
            action: Action::ConfirmPayment,
            expected_version: Some(dossier.version),
            reason: None,
            note: None,
            at: None,
            new_due_on: None,
            to_agency: None,
            asked_for: Vec::new(),
            documents: Vec::new(),
            result: None,
            handover: None,
            fees: None,
            payment: Some(FeesPaid { reference: reference.to_owned(), amount_vnd, how }),
            form: None,
            correction: Correction::default(),
        };
        let by = Actor::Portal { id: SIGNATURE.to_owned() };
        match dossier.decide(command, &by, self.catalogue.law(), now)? {
            Decision::Moved(next) => Ok(*next),
            Decision::Repeated(_) => Err(Failure::Defect("a payment counted before".to_owned())),
        }
    }

    /// Asks for what is owed back of one attempt to be given back. Which attempt is stored before
    /// the platform hears of it; asked again, it is the same refund.
    pub async fn give_back(
        &self,
        code: &DossierCode,
        demand: u64,
        reference: &str,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let Some(mut payment) = self.book.payment(code, demand).await? else { return Ok(()) };
        let before = payment.version;
        if payment.refund(reference).is_some() {
            match self.book.keep(&payment, before, None).await? {
                // Whoever was faster asks for it, or the next night does.
                Stored::AnotherWasFirst => return Ok(()),
                Stored::Yes => {}
            }
        }
        let attempt = payment.attempt(reference);
        let Some(attempt) = attempt.filter(|it| it.state == AttemptState::Refunding) else {
            return Ok(());
        };
        self.gateway.refund(reference, attempt.paid_vnd, now).await.map_err(away)
    }
}

/// Says what came of an attempt: codes and states, and no sum beside a dossier.
fn report(code: &DossierCode, payment: &OnlinePayment, reference: &str, came: Came) {
    match came {
        Came::Nothing => {}
        Came::Counts => tracing::info!(dossier = %code, reference, "a payment counts"),
        Came::State(AttemptState::OwedBack) => {
            tracing::error!(dossier = %code, reference, "a payment is owed back");
        }
        Came::State(_) => {
            let state = payment.attempt(reference).map_or("", |attempt| attempt.state.name());
            tracing::info!(dossier = %code, reference, state, "an attempt to pay went on");
        }
        Came::Differs => {
            tracing::error!(dossier = %code, reference, "the platform says something else of a payment");
        }
    }
}
