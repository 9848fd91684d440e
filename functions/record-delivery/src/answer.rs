//! Answers those who ask by SMS or Zalo how far a dossier or a feedback is (ADR 94, ADR 119).

use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::dossier::Completion;
use domain::feedback::FeedbackCode;
use domain::id::DossierCode;
use domain::inquiry::{Inquiry, Understood, understand};
use domain::notice::answer::{InquiryTerms, Reply, Written};
use domain::notice::{Notice, NoticeChannel, Provider};
use domain::satisfaction::Satisfaction;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use platform::dynamo::{Dossiers, FeedbackTable, Outline};
use platform::gateway::Verdict;
use platform::keyed_hash::KeyedHash;
use platform::port::{
    AccountReplies, Asked, Asker, Contacts, Inquiries, Limits, MessageGateways, Stored, TakenUp,
};
use platform::{Failure, LogLine};

/// What the name of an answer begins with at a gateway, which no notice's name does.
pub(crate) const ANSWER: &str = "ANSWER-";

/// For how long a message is ours alone before it is known whether a gateway was asked: longer than
/// an invocation lasts, and shorter than the hours for which gateways repeat.
const LEASE: SignedDuration = SignedDuration::from_secs(30);

/// After how long whoever is not understood is told again how to ask.
const HELP_AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// Everything that answering takes.
pub struct Answering<'a, B, G, A> {
    /// Dossiers, of which only the state is read.
    pub dossiers: &'a Dossiers,
    /// Hashes telephone numbers as dossiers have them.
    pub people: &'a KeyedHash,
    /// Messages that were answered, and the counts of what was sent.
    pub book: &'a B,
    /// The gateways that carry an SMS.
    pub gateways: &'a G,
    /// The official account, which answers those who wrote to it.
    pub account: &'a A,
    /// States of feedback; and where answers to the question after a result are counted.
    pub feedback: &'a FeedbackTable,
}

/// What became of an answer to the question after a result.
enum Heard {
    /// The dossier has its answer, now or since before.
    Counted,
    /// Answers do not count yet, or no more, or not by this way.
    NotOpen,
    /// It came from another number than the applicant's.
    Stranger,
}

/// By whom an answer goes, and what it costs in đồng.
#[derive(Clone, Copy)]
struct Way {
    provider: Provider,
    price_vnd: u64,
}

impl<B: Inquiries + Contacts, G: MessageGateways, A: AccountReplies> Answering<'_, B, G, A> {
    /// Answers one message; `false` where nothing goes out, since it was answered before, its sender
    /// had enough, or the province answers nobody. What it says about a result is counted first, and
    /// whatever becomes of the reply. Fails if a table does, before a gateway is asked.
    pub(crate) async fn answer(
        &self,
        asked: &Asked,
        catalogue: &Catalogue,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        let (day, channel) = (date_of(now), asked.from.channel().name());
        let providers = catalogue.providers();
        let Some((terms, texts)) = providers.inquiries(day).zip(catalogue.templates().answers())
        else {
            return Ok(false);
        };
        if asked.to.as_ref().is_some_and(|to| *to != terms.short_code) {
            tracing::warn!(channel, "a message was sent to a short code that is none of ours");
            return Ok(false);
        }
        if let Asker::Phone(phone) = &asked.from
            && catalogue.telephones().unreachable(Some(phone), day).is_some()
        {
            return Ok(false);
        }
        let agencies = catalogue.agencies().map(|agency| &agency.code);
        let rule = catalogue.feedback().on(day);
        let of_feedback = rule.and_then(|rule| FeedbackCode::counted_under(&rule.desk).ok());
        let agencies = agencies.chain(of_feedback.as_ref());
        let Understood { inquiry, language } = understand(&asked.text, &terms.prefix, agencies);
        let code = match &inquiry {
            Inquiry::Dossier(code) | Inquiry::Answer(code, _) => Some(code),
            Inquiry::NoCode | Inquiry::Nothing => None,
        };
        let feedback = code.and_then(FeedbackCode::of);
        let (found, given) = match (code, &feedback) {
            (_, Some(feedback)) => (None, self.feedback.feedback(feedback, now).await?),
            (Some(code), None) => (self.dossiers.outline(code).await?, None),
            (None, None) => (None, None),
        };
        let (reply, only_after) = match (&inquiry, &found, &given) {
            (_, _, Some(feedback)) => (Reply::Feedback(feedback), None),
            (Inquiry::Dossier(_), Some(outline), None) => {
                (Reply::Dossier(&outline.progress, self.due(outline, &asked.from)), None)
            }
            (Inquiry::Answer(code, said), Some(outline), None) => {
                let reply = match self.heard((code, *said), &asked.from, catalogue, now).await? {
                    Heard::Counted => Reply::Thanks(code),
                    Heard::NotOpen => {
                        Reply::Dossier(&outline.progress, self.due(outline, &asked.from))
                    }
                    Heard::Stranger => Reply::Unknown,
                };
                (reply, None)
            }
            (Inquiry::Dossier(_) | Inquiry::Answer(..), None, None)
            | (Inquiry::NoCode, _, None) => (Reply::Unknown, None),
            (Inquiry::Nothing, _, None) => (Reply::Help, Some(HELP_AGAIN)),
        };
        let Some(written) = texts.compose(reply, terms, language) else { return Ok(false) };
        let limits = Limits { a_day: terms.answers_a_day, only_after, lease: LEASE };
        let Some(way) = self.way(&asked.from, &written, terms, catalogue, now) else {
            tracing::warn!(channel, "nobody carries answers at a price that is known");
            return Ok(false);
        };
        if catalogue.notice_policy(day).budget_is_spent(self.book.spent_vnd(now).await?) {
            tracing::warn!(channel, "an answer is not sent: {}", LogLine::BudgetUsedUp);
            return Ok(false);
        }
        let name = match self.book.take_up(asked, limits, now).await? {
            TakenUp::Ours(name) => name,
            TakenUp::Known => {
                tracing::info!(channel, "a message came again");
                return Ok(false);
            }
            TakenUp::Enough => {
                tracing::info!(channel, "a sender has had enough answers");
                return Ok(false);
            }
        };
        self.send(asked, (&name, &written), way, now).await
    }

    /// Counts what was said by SMS about the result of a dossier, if it came from the applicant's own
    /// number. A reply by Zalo has no number that we know: it is read as a look-up.
    async fn heard(
        &self,
        (code, said): (&DossierCode, Satisfaction),
        from: &Asker,
        catalogue: &Catalogue,
        now: Timestamp,
    ) -> Result<Heard, Failure> {
        let Asker::Phone(phone) = from else { return Ok(Heard::NotOpen) };
        let dossier = self.dossiers.surveyed(code).await?;
        let Some(dossier) = dossier.filter(|dossier| dossier.is_of_phone(self.people, phone))
        else {
            return Ok(Heard::Stranger);
        };
        let Ok(open) = catalogue.survey().open(dossier.returned(), now) else {
            return Ok(Heard::NotOpen);
        };
        // Whether it was the first one is not said: it may be the gateway that repeats itself.
        self.feedback.say(&dossier, open, said).await?;
        tracing::info!(dossier = %code, "an answer to the question came by SMS");
        Ok(Heard::Counted)
    }

    /// The day on which the result is due, for the applicant alone: what goes to their number only
    /// they read. The public is told the degree of completion (TT 01/2018/TT-VPCP Đ.16.2.d).
    fn due(&self, outline: &Outline, from: &Asker) -> Option<Date> {
        let Completion { closed, .. } = outline.progress.completion;
        match from {
            Asker::Phone(phone) if !closed && outline.is_of(self.people, phone) => {
                outline.due_at.map(date_of)
            }
            Asker::Phone(_) | Asker::User(_) => None,
        }
    }

    /// By whom the answer goes; none where nobody has a price.
    fn way(
        &self,
        from: &Asker,
        written: &Written,
        terms: &InquiryTerms,
        catalogue: &Catalogue,
        now: Timestamp,
    ) -> Option<Way> {
        let day = date_of(now);
        match from {
            Asker::User(_) => {
                Some(Way { provider: Provider::Zalo, price_vnd: terms.zalo_price_vnd? })
            }
            Asker::Phone(_) => {
                let notice = short("", written);
                let price = |provider| catalogue.providers().price(provider, &notice, day);
                let may =
                    |provider: Provider| self.gateways.has(provider) && price(provider).is_some();
                let pool = catalogue.providers().pool(NoticeChannel::Sms, day);
                let provider = pool.choose(may, fastrand::u32(..), now)?;
                Some(Way { provider, price_vnd: price(provider)? })
            }
        }
    }

    /// Sends what was taken up under `name`: once, whatever becomes of it.
    async fn send(
        &self,
        asked: &Asked,
        (name, written): (&str, &Written),
        Way { provider, price_vnd }: Way,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        self.book.reserve(None, price_vnd, now).await?;
        if self.book.asking(asked).await? == Stored::AnotherWasFirst {
            self.book.give_back(price_vnd, now).await?;
            return Ok(false);
        }
        let verdict = match &asked.from {
            Asker::Phone(phone) => self.gateways.send(provider, &short(name, written), phone).await,
            Asker::User(user) => self.account.reply(user, &written.zalo).await,
        };
        let provider = provider.name();
        let (outcome, is_paid) = match &verdict {
            Verdict::Accepted { .. } => ("accepted".to_owned(), true),
            Verdict::Unknown { instead } => (instead.clone(), true),
            Verdict::Declined { code } => (code.to_string(), false),
            Verdict::NotTaken { instead, .. } => (instead.clone(), false),
        };
        if !is_paid {
            self.book.give_back(price_vnd, now).await?;
        }
        tracing::info!(provider, outcome, price_vnd, "somebody who asked was answered");
        Ok(matches!(verdict, Verdict::Accepted { .. }))
    }
}

/// The answer as the gateways for SMS take it.
fn short(name: &str, written: &Written) -> Notice {
    Notice {
        id: format!("{ANSWER}{name}"),
        zalo_template_id: String::new(),
        fields: std::collections::BTreeMap::new(),
        sms: written.sms.clone(),
        encoding: written.encoding,
    }
}
