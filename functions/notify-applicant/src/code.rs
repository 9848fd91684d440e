//! Sends a one-time code that somebody asked for: at once, at any hour, at most once. Who waits in
//! vain asks for another; so nothing is repeated, and no thread of notices remembers it (ADR 89).

use domain::applicant::{IdNumber, Phone};
use domain::calendar::date_of;
use domain::feedback::FeedbackCode;
use domain::limit::LimitName;
use domain::notice::policy::{NoticePolicy, Reach};
use domain::notice::{Notice, NoticeChannel, Provider};
use jiff::{SignedDuration, Timestamp};
use platform::Failure;
use platform::dynamo::{CountTable, ProofTable};
use platform::gateway::Verdict;
use platform::message::{CloudEvent, PROOF_ASKED, ProofAsked, read_data};
use platform::port::{
    Acknowledgements, Contacts, Counts, DossierStore, MessageGateways, NoticeBook,
};
use platform::proof::{CODE_COUNTS, ProofKey, ProofRecord};
use platform::request::read_json;
use serde_json::Value;

use crate::{Desk, tell};

/// What sending codes takes besides a desk.
pub struct Codes<'a> {
    /// The codes that were asked for.
    pub proofs: &'a ProofTable,
    /// How many of them a number has had.
    pub counts: &'a CountTable,
    /// The key that makes the codes.
    pub key: &'a ProofKey,
}

/// Handles one message of the queue, whatever it is about. Fails, so that the message is repeated,
/// if a store or queue does.
pub async fn work<D, B, C, G, L>(
    message: &str,
    desk: &Desk<'_, D, B, C, G, L>,
    codes: &Codes<'_>,
    clock: impl Fn() -> Timestamp + Sync,
) -> Result<(), Failure>
where
    D: DossierStore,
    B: NoticeBook,
    C: Contacts,
    G: MessageGateways,
    L: Acknowledgements,
{
    let event: CloudEvent<Value> = read_json(message.as_bytes())?;
    if event.kind != PROOF_ASKED {
        return tell(message, desk, clock).await;
    }
    let asked: ProofAsked = read_data(&event.data)?;
    let now = clock();
    let Some(proof) = codes.proofs.proof(&asked.proof).await? else { return Ok(()) };
    if proof.expires_at <= now.as_second() {
        tracing::warn!(proof = %proof.proof, "a one-time code was asked for too long ago");
        return Ok(());
    }
    desk.send_code(&proof, codes, now).await
}

impl<D, B, C, G, L> Desk<'_, D, B, C, G, L>
where
    D: DossierStore,
    C: Contacts,
    G: MessageGateways,
{
    async fn send_code(
        &self,
        proof: &ProofRecord,
        codes: &Codes<'_>,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let unsent = |why: &'static str| {
            tracing::info!(proof = %proof.proof, why, "a one-time code is not sent");
            Ok(())
        };
        if proof.sent_to.is_some() {
            return unsent("it was sent before");
        }
        let day = date_of(now);
        let Some((phone, id_number)) = self.addressee(proof, now).await? else {
            return unsent("nobody is there to get it");
        };
        let phone = &phone;
        if self.catalogue.telephones().unreachable(Some(phone), day).is_some() {
            return unsent("no message arrives at the number");
        }
        let policy = self.policy(day);
        let reach = self.contacts.reach(phone, id_number.as_ref(), now).await?;
        if policy.budget_is_spent(reach.spent_vnd) {
            tracing::error!(proof = %proof.proof, "the budget leaves nothing for one-time codes");
            return Ok(());
        }
        let template = self.catalogue.templates().proof();
        let digits = codes.key.digits(&proof.proof);
        let counts = (digits.as_str(), CODE_COUNTS.as_mins());
        let notice =
            template.and_then(|template| template.compose(&named(proof), counts, reach.language));
        let Some(notice) = notice else {
            tracing::error!(proof = %proof.proof, "the catalogue has no text for one-time codes");
            return Ok(());
        };
        let number = format!("{}#{day}", codes.key.hidden("number", phone.zalo()));
        let end = now.saturating_add(SignedDuration::from_hours(48)).unwrap_or(now);
        let most = self.catalogue.limits().on(LimitName::CodesOfTelephone, day).most;
        let id = proof.proof.to_string();
        // What is repeated counts once.
        if !codes.counts.enter(&number, &id, most, end).await? {
            return unsent("the number has had too many");
        }
        let (sender, mut begun) = (format!("{:016x}", fastrand::u64(..)), false);
        for (channel, provider) in self.ways(&policy, &reach, now) {
            let price_vnd = self.catalogue.providers().price(provider, &notice, day);
            let Some(price_vnd) = price_vnd else { continue };
            self.contacts.reserve(None, price_vnd, now).await?;
            // The last before the first call: what fails earlier is repeated, and what fails later
            // is not.
            if !begun && !codes.proofs.begin(&proof.proof, &phone.masked(), &sender).await? {
                self.contacts.give_back(price_vnd, now).await?;
                return unsent("it was sent before");
            }
            begun = true;
            if self.has_sent(provider, (&notice, phone), price_vnd, now).await? {
                let (channel, provider) = (channel.name(), provider.name());
                tracing::info!(proof = %proof.proof, channel, provider, price_vnd, "one-time code sent");
                return Ok(());
            }
        }
        tracing::error!(proof = %proof.proof, "no gateway took a one-time code");
        Ok(())
    }

    /// Whose telephone a proof is about: of the dossier's applicant, or of a feedback's author; none
    /// where they have none.
    async fn addressee(
        &self,
        proof: &ProofRecord,
        now: Timestamp,
    ) -> Result<Option<(Phone, Option<IdNumber>)>, Failure> {
        if let Some(feedback) = FeedbackCode::of(&proof.code) {
            let phone = self.feedback.phone(&feedback, now).await?;
            return Ok(phone.map(|phone| (phone, None)));
        }
        let dossier = self.dossiers.dossier(&proof.code).await?;
        let applicant = dossier.and_then(|dossier| dossier.applicant.clone());
        Ok(applicant.and_then(|applicant| Some((applicant.phone?, Some(applicant.id_number)))))
    }

    /// Every provider that may be asked, those of the channels that the applicant wants first.
    fn ways(
        &self,
        policy: &NoticePolicy,
        reach: &Reach,
        now: Timestamp,
    ) -> Vec<(NoticeChannel, Provider)> {
        let mut channels = reach.preferred.clone();
        channels.extend(policy.channels().iter().filter(|other| !reach.preferred.contains(other)));
        let reaches = |channel: &NoticeChannel| {
            !reach.unreachable.iter().any(|(other, until)| other == channel && now < *until)
        };
        let each = channels.into_iter().filter(reaches).flat_map(|channel| {
            policy.providers_of(channel).map(move |provider| (channel, provider))
        });
        each.collect()
    }

    /// Asks `provider` once, for a price that is reserved; whether it has the message, or may have it.
    async fn has_sent(
        &self,
        provider: Provider,
        (notice, phone): (&Notice, &Phone),
        price_vnd: u64,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        match self.gateways.send(provider, notice, phone).await {
            // A second one by another way would have the same digits, and cost as much again.
            Verdict::Accepted { .. } | Verdict::Unknown { .. } => Ok(true),
            Verdict::Declined { code } => {
                let provider = provider.name();
                tracing::warn!(provider, code, "a gateway declined a one-time code");
                self.contacts.give_back(price_vnd, now).await?;
                Ok(false)
            }
            Verdict::NotTaken { instead, .. } => {
                let provider = provider.name();
                tracing::warn!(provider, instead, "a gateway did not take a one-time code");
                self.contacts.give_back(price_vnd, now).await?;
                Ok(false)
            }
        }
    }
}

/// Under which name gateways know the message; no dossier's code and no report's begins like this.
fn named(proof: &ProofRecord) -> String {
    format!("PROOF-{}", proof.proof)
}
