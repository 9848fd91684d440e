//! What a gateway's answer means for a notice, and what is kept of it besides.

use domain::applicant::Phone;
use domain::id::SubjectCode;
use domain::notice::codes::Treatment;
use domain::notice::policy::NoticePolicy;
use domain::notice::{NoticeClass, Provider};
use domain::thread::{Answer, NoticeRecord};
use jiff::{SignedDuration, Timestamp};
use platform::Failure;
use platform::gateway::Verdict;
use platform::port::{Carriers, Contacts};

use crate::Desk;

/// A gateway's answer, read.
pub(crate) struct Read {
    /// What it asks of the notice.
    pub(crate) answer: Answer,
    /// Its code, or what came instead of one.
    pub(crate) code: String,
    /// For how long it is remembered that the channel does not reach the number.
    remember: Option<SignedDuration>,
}

impl<D, B, C: Contacts, G: Carriers> Desk<'_, D, B, C, G> {
    /// Reads what `provider` answered at `now`.
    pub(crate) fn read(
        &self,
        provider: Provider,
        verdict: &Verdict,
        class: NoticeClass,
        policy: &NoticePolicy,
        (now, draw): (Timestamp, u32),
    ) -> Read {
        let plain = |answer, code: &str| Read { answer, code: code.to_owned(), remember: None };
        let code = match verdict {
            Verdict::Accepted { message } => {
                return plain(Answer::Accepted { message: Some(message.clone()) }, "accepted");
            }
            Verdict::NotTaken { instead, retry_after } => {
                return plain(Answer::Again { not_taken: true, after: *retry_after }, instead);
            }
            Verdict::Unknown { instead } if provider.recognises_repetition() => {
                return plain(Answer::Again { not_taken: false, after: None }, instead);
            }
            Verdict::Unknown { instead } => return plain(Answer::Unknown, instead),
            Verdict::Declined { code } => *code,
        };
        let channel = provider.channel();
        let ruling = self.catalogue.codes().ruling(provider, code);
        if ruling.treatment.alarms() {
            tracing::error!(gateway = provider.name(), code, "the gateway refuses us; an operator has to look");
        }
        let answer = match ruling.treatment {
            Treatment::Retry => Answer::Again { not_taken: true, after: None },
            // Another token was tried before, where there was one.
            Treatment::RefreshToken | Treatment::NextChannel | Treatment::AlarmAndNextChannel => Answer::NextChannel,
            Treatment::UntilMorning => Answer::From(policy.opening(channel, class, now, draw)),
            Treatment::UntilTomorrow => match class {
                NoticeClass::Legal => Answer::NextChannel,
                NoticeClass::Information => Answer::From(policy.tomorrow(channel, class, now, draw)),
            },
            Treatment::NextProvider | Treatment::AlarmAndNextProvider => Answer::NextProvider,
            Treatment::AcceptedBefore => Answer::Accepted { message: None },
        };
        let remember = ruling.remember_days.map(|days| SignedDuration::from_hours(i64::from(days) * 24));
        Read { answer, code: code.to_string(), remember }
    }

    /// Keeps what the answer says about the number and the money, and says aloud how the notice stands.
    pub(crate) async fn book_keep(
        &self,
        notice: &NoticeRecord,
        provider: Provider,
        read: &Read,
        price_vnd: u64,
        (code, phone): (&SubjectCode, &Phone),
        now: Timestamp,
    ) -> Result<(), Failure> {
        if let Some(length) = read.remember {
            let until = now.saturating_add(length).unwrap_or(now);
            self.contacts.remember_unreachable(phone, provider.channel(), until).await?;
        }
        let (dossier, version) = (&code.to_string(), notice.version);
        let (provider, class, code) = (provider.name(), notice.class.name(), read.code.as_str());
        match &read.answer {
            Answer::Accepted { .. } => {
                self.contacts.count(phone, notice.class, price_vnd, now).await?;
                // Seconds since the change; the template makes metrics of these fields.
                let seconds = notice.changed_at.duration_until(now).as_secs();
                tracing::info!(dossier, version, provider, class, seconds, price_vnd, "notice accepted");
            }
            Answer::Unknown => {
                // Charged as long as nobody says that it was not.
                self.contacts.count(phone, notice.class, price_vnd, now).await?;
                tracing::error!(dossier, version, provider, class, code, "whether the applicant was told is unknown");
            }
            Answer::Again { .. } | Answer::From(_) | Answer::NextProvider | Answer::NextChannel => {
                tracing::warn!(dossier, version, provider, class, code, "notice not taken");
            }
        }
        Ok(())
    }
}
