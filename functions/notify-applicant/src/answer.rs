//! What a gateway's answer means for a notice, and what is kept of it besides.

use domain::applicant::Phone;
use domain::id::SubjectCode;
use domain::notice::codes::Treatment;
use domain::notice::policy::NoticePolicy;
use domain::notice::{NoticeClass, Provider};
use domain::thread::{Answer, NoticeRecord};
use jiff::{SignedDuration, Timestamp};
use platform::gateway::Verdict;
use platform::port::{Contacts, MessageGateways};
use platform::{Failure, LogLine};

use crate::Desk;

/// A gateway's answer, classified.
pub(crate) struct Read {
    /// What it asks of the notice.
    pub(crate) answer: Answer,
    /// Its code, or what came instead of one.
    pub(crate) code: String,
    /// For how long it is remembered that the channel does not reach the number.
    remember: Option<SignedDuration>,
    /// What the answer is about.
    pub(crate) fault: Fault,
}

/// What a gateway's answer is about. Alarms count the gateway's faults and ours; a citizen without
/// Zalo is neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The gateway, or our account with it.
    Gateway,
    /// The addressee, or the carrier of their number.
    Number,
    /// The time of day, or a quota.
    Hours,
    /// Nothing is wrong: the message was accepted.
    Nobody,
}

impl Fault {
    fn of(treatment: Treatment) -> Self {
        match treatment {
            Treatment::Retry
            | Treatment::Doubtful
            | Treatment::RefreshToken
            | Treatment::AlarmAndNextChannel
            | Treatment::AlarmAndNextProvider => Self::Gateway,
            Treatment::NextChannel | Treatment::NextProvider => Self::Number,
            Treatment::AcceptedBefore => Self::Nobody,
            Treatment::UntilMorning | Treatment::UntilTomorrow => Self::Hours,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Number => "number",
            Self::Hours => "hours",
            Self::Nobody => "nobody",
        }
    }
}

impl<D, B, C: Contacts, G: MessageGateways, L> Desk<'_, D, B, C, G, L> {
    /// Reads what `provider` answered at `now`.
    pub(crate) fn read(
        &self,
        provider: Provider,
        verdict: &Verdict,
        class: NoticeClass,
        policy: &NoticePolicy,
        (now, draw): (Timestamp, u32),
    ) -> Read {
        let plain = |answer, code: &str| Read {
            answer,
            code: code.to_owned(),
            remember: None,
            fault: Fault::Gateway,
        };
        let in_doubt = || match provider.recognises_repetition() {
            true => Answer::Again { not_taken: false, after: None },
            false => Answer::Unknown,
        };
        let code = match verdict {
            Verdict::Accepted { message } => {
                let answer = Answer::Accepted { message: message.clone() };
                return Read { fault: Fault::Nobody, ..plain(answer, "accepted") };
            }
            Verdict::NotTaken { instead, retry_after } => {
                return plain(Answer::Again { not_taken: true, after: *retry_after }, instead);
            }
            Verdict::Unknown { instead } => return plain(in_doubt(), instead),
            Verdict::Declined { code } => *code,
        };
        let channel = provider.channel();
        let ruling = self.catalogue.codes().ruling(provider, code);
        if ruling.treatment.alarms() {
            tracing::error!(
                gateway = provider.name(),
                code,
                "the gateway refuses us; an operator has to look"
            );
        }
        let answer = match ruling.treatment {
            Treatment::Retry => Answer::Again { not_taken: true, after: None },
            Treatment::Doubtful => in_doubt(),
            // Another token was tried before, where there was one.
            Treatment::RefreshToken | Treatment::NextChannel | Treatment::AlarmAndNextChannel => {
                Answer::NextChannel
            }
            Treatment::UntilMorning => Answer::From(policy.opening(channel, class, now, draw)),
            Treatment::UntilTomorrow => match class {
                NoticeClass::Legal => Answer::NextChannel,
                NoticeClass::Information => {
                    Answer::From(policy.tomorrow(channel, class, now, draw))
                }
            },
            Treatment::NextProvider | Treatment::AlarmAndNextProvider => Answer::NextProvider,
            Treatment::AcceptedBefore => Answer::Accepted { message: None },
        };
        let remember =
            ruling.remember_days.map(|days| SignedDuration::from_hours(i64::from(days) * 24));
        Read { answer, code: code.to_string(), remember, fault: Fault::of(ruling.treatment) }
    }

    /// Stores what the answer tells about the number, and logs the state of the notice.
    pub(crate) async fn make_known(
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
        let fault = read.fault.name();
        match &read.answer {
            Answer::Accepted { .. } => {
                // Seconds since the change; the template makes metrics of these fields.
                let seconds = notice.changed_at.duration_until(now).as_secs();
                let deferred = notice.deferred_until.is_some();
                tracing::info!(
                    dossier,
                    version,
                    provider,
                    class,
                    seconds,
                    deferred,
                    price_vnd,
                    "{}",
                    LogLine::NoticeAccepted
                );
            }
            Answer::Unknown => {
                tracing::error!(
                    dossier,
                    version,
                    provider,
                    class,
                    code,
                    fault,
                    "whether the applicant was notified is unknown"
                );
            }
            Answer::Again { .. } | Answer::From(_) | Answer::NextProvider | Answer::NextChannel => {
                tracing::warn!(
                    dossier,
                    version,
                    provider,
                    class,
                    code,
                    fault,
                    "{}",
                    LogLine::NoticeNotTaken
                );
            }
        }
        Ok(())
    }
}
