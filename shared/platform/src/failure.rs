//! Why something could not be done, and whether doing it again can help.

use std::collections::BTreeSet;

use domain::dossier::{Action, DossierStatus, Refusal};
use domain::feedback::{FeedbackAction, FeedbackRefusal, FeedbackStatus};
use domain::language::Language;
use domain::limit::Exceeded;
use domain::upload::UploadId;
use domain::{RuleName, Violation};
use jiff::SignedDuration;

use crate::catalogue_error::CatalogueError;

/// The one failure type of every function. What a client reads is made in [`crate::problem`]; what
/// a log reads is `Display` and the source; neither holds personal data.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The body is not JSON.
    #[error("the body is not JSON")]
    Malformed,
    /// Fields that break rules.
    #[error("{} field(s) break rules: {}", .0.len(), broken_rules(.0))]
    Invalid(Vec<Violation>),
    /// A request that must carry an idempotency key carries none.
    #[error("no Idempotency-Key")]
    MissingIdempotencyKey,
    /// The caller is not signed in, or not as an identifiable account: the text names the claim for
    /// the log.
    #[error("no proven identity: {0}")]
    Unauthorized(&'static str),
    /// This account may not do this.
    #[error("not allowed for this account")]
    Forbidden,
    /// The event's source is an integrator's, and nothing proves that it comes from that one.
    #[error("the sender is not proven to be the source that the event names")]
    SenderNotProven,
    /// This account may not do this, unless the dossier is still to be forwarded to its agency.
    #[error("not allowed for this account, unless the dossier is still to be forwarded to it")]
    NotForwarded,
    /// There is no such dossier, or not yet.
    #[error("no such dossier")]
    DossierNotFound,
    /// There is no such uploaded document, or none of this caller.
    #[error("no such document")]
    DocumentNotFound,
    /// There is no such event, or none of this sender.
    #[error("no such event")]
    EventNotFound,
    /// A one-time code is wrong, was used, or its time is over; which of them is not said.
    #[error("the one-time code does not count")]
    ProofRefused,
    /// The same was asked for too often: which limit says so, and when it may be asked for again.
    #[error("asked for too often ({}): again in {} s", .0.limit.name(), .0.again_in_seconds)]
    TooOften(Exceeded),
    /// Documents that the request names are not inspected yet: a matter of seconds.
    #[error("{} document(s) under inspection", .0.len())]
    UnderInspection(BTreeSet<UploadId>),
    /// There is no such feedback, or none that this caller may see.
    #[error("no such feedback")]
    FeedbackNotFound,
    /// The command names another version of a feedback than the current one.
    #[error("stale: the feedback has version {current}")]
    StaleFeedback {
        /// The current version, from 1.
        current: u64,
    },
    /// The status of a feedback does not allow it.
    #[error("{} is illegal in status {}", action.name(), status.name())]
    IllegalMove {
        /// The action that was asked for.
        action: FeedbackAction,
        /// The status that it has now.
        status: FeedbackStatus,
        /// What this caller may do instead.
        allowed: Vec<FeedbackAction>,
    },
    /// There is no such form, it has no occasion yet, or no layout of it is in force.
    #[error("no such form to print")]
    FormNotFound,
    /// There is no such procedure, or none in force.
    #[error("no such procedure")]
    ProcedureNotFound,
    /// The route does not exist.
    #[error("no such route")]
    RouteNotFound,
    /// The command names another version than the current one.
    #[error("stale: the dossier has version {current}")]
    Stale {
        /// The current version, from 1.
        current: u64,
        /// The current status, 1 to 10.
        status: DossierStatus,
    },
    /// The request names another assignment than the last.
    #[error("stale: the dossier has assignment {current}")]
    StaleAssignment {
        /// The number of the last assignment, from 1.
        current: u64,
    },
    /// The status does not allow it.
    #[error("{} is illegal in status {}", action.name(), status.code())]
    Illegal {
        /// The action that was asked for.
        action: Action,
        /// The current status, 1 to 10.
        status: DossierStatus,
        /// The actions that are allowed instead.
        allowed: Vec<Action>,
    },
    /// It happened before something already in the history.
    #[error("the history already reaches beyond the time of this event")]
    OutOfOrder,
    /// The body is larger than any honest one.
    #[error("the body is too large")]
    TooLarge,
    /// The body is not declared as JSON.
    #[error("the content type is not application/json")]
    UnsupportedMediaType,
    /// The same key came with another request.
    #[error("the idempotency key was used for another request")]
    IdempotencyKeyReused,
    /// Files of a catalogue break rules; nothing was put into force.
    #[error("the catalogue breaks rules in {} place(s)", .0.len())]
    CatalogueRefused(Vec<CatalogueError>),
    /// The sender saw another edition of the catalogue.
    #[error("stale: the catalogue has edition {current}")]
    StaleEdition {
        /// The number of the current edition.
        current: u64,
    },
    /// A due date is in a year without a calendar: not the sender's fault, and not over soon.
    #[error("the working calendar has no data for {year}")]
    CalendarMissing {
        /// The year without a calendar.
        year: i16,
    },
    /// A store, queue or gateway did not answer, or asked for patience.
    #[error("{part} is not available")]
    Unavailable {
        /// The part of the system that failed.
        part: &'static str,
        /// The cause, for the log.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Another process holds what this one needs; it will be free soon.
    #[error("{0} is held by another process")]
    Held(&'static str),
    /// Nothing is wrong, and for so long something else goes first: what was sent with an
    /// integrator's event, or the process that is sending a notice of the same dossier.
    #[error("held back for a while: something else goes first")]
    HeldBack(SignedDuration),
    /// A notice was tried for as long as it was of use; an operator decides.
    #[error("the notice was given up: {0}")]
    GivenUp(String),
    /// A defect or a missing piece of configuration of ours: a person has to look.
    #[error("{0}")]
    Defect(String),
}

/// When doing it again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Never: the request itself is wrong, or it waits for something that only a deployment brings.
    Never,
    /// Perhaps soon: something else has to happen first, such as an earlier event still on its way.
    PerhapsSoon,
    /// Yes: nothing is wrong with the request.
    Yes,
    /// Yes, after this time.
    In(SignedDuration),
}

impl Failure {
    /// The name of [`Failure::UnderInspection`].
    pub(crate) const UNDER_INSPECTION: &str = "documents-under-inspection";

    /// Whether to try again. No wildcard: a new kind of failure has to be thought about here.
    pub fn retryable(&self) -> Retry {
        match self {
            Self::Malformed
            | Self::Invalid(_)
            | Self::MissingIdempotencyKey
            | Self::Unauthorized(_)
            | Self::Forbidden
            | Self::SenderNotProven
            | Self::ProofRefused
            | Self::DocumentNotFound
            | Self::EventNotFound
            | Self::FeedbackNotFound
            | Self::StaleFeedback { .. }
            | Self::IllegalMove { .. }
            | Self::FormNotFound
            | Self::ProcedureNotFound
            | Self::RouteNotFound
            | Self::OutOfOrder
            | Self::TooLarge
            | Self::UnsupportedMediaType
            | Self::IdempotencyKeyReused
            | Self::CatalogueRefused(_)
            | Self::StaleEdition { .. }
            | Self::StaleAssignment { .. } => Retry::Never,
            // A calendar takes days, a queue retries for hours: the message waits where an alarm
            // shows it, and is sent back to the queue when the calendar is deployed.
            Self::CalendarMissing { .. } | Self::GivenUp(_) => Retry::Never,
            Self::DossierNotFound
            | Self::UnderInspection(_)
            | Self::NotForwarded
            | Self::Stale { .. }
            | Self::Illegal { .. } => Retry::PerhapsSoon,
            Self::HeldBack(wait) => Retry::In(*wait),
            Self::TooOften(exceeded) => {
                Retry::In(SignedDuration::from_secs(i64::from(exceeded.again_in_seconds)))
            }
            Self::Unavailable { .. } | Self::Held(_) | Self::Defect(_) => Retry::Yes,
        }
    }

    /// The stable name of this kind of failure: the last part of a problem type, the `reason` of a
    /// parked message.
    pub fn slug(&self) -> &'static str {
        match self {
            Self::Malformed => "malformed-body",
            Self::Invalid(_) => "invalid-request",
            Self::MissingIdempotencyKey => "missing-idempotency-key",
            Self::Unauthorized(_) => "unauthorized",
            Self::SenderNotProven => "sender-not-proven",
            Self::Forbidden | Self::NotForwarded => "forbidden",
            Self::DossierNotFound => "dossier-not-found",
            Self::DocumentNotFound => "document-not-found",
            Self::EventNotFound => "event-not-found",
            Self::FeedbackNotFound => "feedback-not-found",
            Self::ProofRefused => "proof-refused",
            Self::TooOften(_) => "too-many-requests",
            Self::UnderInspection(_) => Self::UNDER_INSPECTION,
            Self::FormNotFound => "form-not-found",
            Self::ProcedureNotFound => "procedure-not-found",
            Self::RouteNotFound => "route-not-found",
            Self::Stale { .. } | Self::StaleFeedback { .. } => "stale-version",
            Self::StaleAssignment { .. } => "stale-assignment",
            Self::Illegal { .. } => "illegal-transition",
            Self::IllegalMove { .. } => "illegal-feedback-move",
            Self::OutOfOrder => "out-of-order",
            Self::TooLarge => "body-too-large",
            Self::UnsupportedMediaType => "unsupported-media-type",
            Self::IdempotencyKeyReused => "idempotency-key-reused",
            Self::CatalogueRefused(_) => "catalogue-refused",
            Self::StaleEdition { .. } => "stale-edition",
            Self::CalendarMissing { .. } => "calendar-missing",
            Self::GivenUp(_) => "given-up",
            Self::Unavailable { .. } | Self::Held(_) | Self::HeldBack(_) => "unavailable",
            Self::Defect(_) => "internal",
        }
    }

    /// A failure of `part` with its cause.
    pub fn unavailable(
        part: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Unavailable { part, source: source.into() }
    }

    /// That a run failed for none of its dossiers; else the failure by which it is repeated.
    pub fn none_failed(failed: u64) -> Result<(), Self> {
        match failed {
            0 => Ok(()),
            failed => Err(Self::Defect(format!("{failed} dossier(s) failed"))),
        }
    }

    /// The same failure, with every field named from one level further out.
    #[must_use]
    pub fn within(self, outer: &str) -> Self {
        if let Self::Invalid(found) = self {
            return Self::Invalid(
                found.into_iter().map(|violation| violation.within(outer)).collect(),
            );
        }
        self
    }

    /// The chain of causes in one line, for the log.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}

/// Longest field name that is repeated in a log, in bytes. Ours are shorter; an unknown one is a
/// client's text.
const FIELD_BYTES_MAX: usize = 60;

/// The most fields that one line of a log names.
const FIELDS_LOGGED_MAX: usize = 10;

/// Each broken rule with its field, where that is one of ours: what we do not know, or what stands
/// twice, may be anything that somebody wrote.
fn broken_rules(violations: &[Violation]) -> String {
    let ours = |field: &str| {
        field.len() <= FIELD_BYTES_MAX
            && field
                .bytes()
                .all(|byte| byte.is_ascii_alphabetic() || b".[]-0123456789".contains(&byte))
    };
    let named = violations.iter().take(FIELDS_LOGGED_MAX).map(|broken| {
        let unknown = [RuleName::UnknownField, RuleName::DuplicateField].contains(&broken.rule)
            || !ours(&broken.field);
        let facts = broken.facts.iter().map(|fact| fact.text(Language::En));
        match facts.collect::<Vec<_>>().join(", ") {
            _ if !unknown => format!("{} ({})", broken.field, broken.rule),
            known if known.is_empty() => format!("? ({})", broken.rule),
            // Whoever wrote it can see which it is.
            known => format!("? ({}: {known})", broken.rule),
        }
    });
    let more = if violations.len() > FIELDS_LOGGED_MAX { ", …" } else { "" };
    named.collect::<Vec<_>>().join(", ") + more
}

impl From<Violation> for Failure {
    fn from(violation: Violation) -> Self {
        Self::Invalid(vec![violation])
    }
}

impl From<Exceeded> for Failure {
    fn from(exceeded: Exceeded) -> Self {
        Self::TooOften(exceeded)
    }
}

impl From<FeedbackRefusal> for Failure {
    fn from(refusal: FeedbackRefusal) -> Self {
        match refusal {
            FeedbackRefusal::NotAllowed => Self::Forbidden,
            FeedbackRefusal::Stale { current } => Self::StaleFeedback { current },
            FeedbackRefusal::Illegal { action, status, allowed } => {
                Self::IllegalMove { action, status, allowed }
            }
            FeedbackRefusal::Invalid(broken) => Self::Invalid(broken),
            FeedbackRefusal::Missing(missing) => Self::CalendarMissing { year: missing.year },
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotAllowed => Self::Forbidden,
            Refusal::Stale { current, status } => Self::Stale { current, status },
            Refusal::Reassigned { current } => Self::StaleAssignment { current },
            Refusal::Illegal { action, status, allowed } => {
                Self::Illegal { action, status, allowed }
            }
            Refusal::Invalid(broken) => Self::Invalid(broken),
            Refusal::CommandIdReused => Self::IdempotencyKeyReused,
            Refusal::OutOfOrder => Self::OutOfOrder,
            Refusal::Calendar(missing) => Self::CalendarMissing { year: missing.year },
        }
    }
}
