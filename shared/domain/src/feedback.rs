//! Feedback (phản ánh, kiến nghị; NĐ 20/2008/NĐ-CP): what somebody tells the authorities without
//! asking for a result. It has a table of moves of its own, and shares with dossiers what ADR 100
//! names: agencies, calendar, accounts, uploads, one-time codes, records of reads.

mod command;
pub mod content;
mod gone;
mod moves;
mod news;
mod origin;
mod said;

use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

pub use crate::feedback_rule::{FeedbackCategory, FeedbackRule, FeedbackRules};
pub use crate::id::FeedbackCode;
pub use crate::satisfaction::Satisfaction;
pub use command::{FeedbackCommand, FeedbackDecision, FeedbackRefusal, Filing};
pub use content::{Author, FeedbackContent, Place, Remark};
pub use moves::{FeedbackAction, FeedbackStatus, Move, Mover};
pub use news::FeedbackNews;
pub use origin::{ForeignNumber, Given, Origin};
pub use said::{FeedbackChannel, Publication, Wishes};

use crate::agency::Matter;
use crate::calendar::{MissingYear, date_of};
use crate::deadline::{Term, TermUnit};
use crate::dossier::{Actor, ContentGone, Signature, moment};
use crate::id::{AgencyCode, CommandId};
use crate::law::Law;
use crate::{RuleName, Violation};
use content::{PHOTOS_MAX, TITLE_CHARACTERS_MAX, WORDS_CHARACTERS_MAX, written};

/// The most entries of one history. A feedback that goes to and fro more often is for a meeting.
pub const ENTRIES_MAX: usize = 100;

/// One entry of the history of a feedback. What was said lies with the content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedbackEntry {
    /// The version that the entry made, from 1.
    pub version: u64,
    /// The move; none of the first entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<FeedbackAction>,
    /// The status after the entry.
    pub status: FeedbackStatus,
    /// When the move was made.
    pub at: Timestamp,
    /// Who made the move, and as what.
    pub by: Signature,
    /// The id of the command, by which a repetition is known.
    pub command: CommandId,
    /// The agency that it was routed to, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<AgencyCode>,
}

/// A feedback, without what may tell of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Feedback {
    /// The code that its author has.
    pub code: FeedbackCode,
    /// The channel by which it came.
    pub channel: FeedbackChannel,
    /// The system where it was given, and its number there; none where that was here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// What it is about, by the catalogue of the day.
    pub category: String,
    /// How far it is.
    pub status: FeedbackStatus,
    /// How many entries there are.
    pub version: u64,
    /// Whether nobody has said who they are.
    pub anonymous: bool,
    /// Whether its author lets an answer be published.
    pub consent: bool,
    /// How its author wants to be told of it.
    #[serde(default, skip_serializing_if = "Wishes::are_none")]
    pub wishes: Wishes,
    /// The agency that classifies it.
    pub desk: AgencyCode,
    /// The agency that it was routed to; none while the desk has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<AgencyCode>,
    /// The account of the officer who works on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// When it was sent, or given at another system.
    pub filed_at: Timestamp,
    /// When it was received; none before its author was verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_at: Option<Timestamp>,
    /// By when the competent agency has to have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routing_due_at: Option<Timestamp>,
    /// When the competent agency had it, the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routed_at: Option<Timestamp>,
    /// By when it is to be answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// When it was answered, the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Timestamp>,
    /// When it ended; none before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Until when its words are kept; none before its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_until: Option<Timestamp>,
    /// Since when its words are gone by an order; none where none was carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_gone: Option<ContentGone>,
    /// How often it was opened again.
    #[serde(default)]
    pub reopened: u8,
    /// How satisfied its author is; none before they said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub satisfaction: Option<Satisfaction>,
    /// The feedback that is handled in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined_to: Option<FeedbackCode>,
    /// What everybody may read of it; none before it is published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Publication>,
    /// All entries, oldest first.
    pub history: Vec<FeedbackEntry>,
}

impl From<MissingYear> for FeedbackRefusal {
    fn from(missing: MissingYear) -> Self {
        Self::Missing(missing)
    }
}

fn invalid(field: &str, rule: RuleName, detail: &str) -> FeedbackRefusal {
    FeedbackRefusal::Invalid(vec![Violation::new(field, rule, detail)])
}

/// No division names a procedure or ward of a feedback.
const MATTER: Matter<'static> = Matter { procedure: None, ward: None };

/// Whether the time between `done` and `due` was kept; none while nothing was done.
fn kept(done: Option<Timestamp>, due: Option<Timestamp>) -> Option<bool> {
    done.zip(due).map(|(done, due)| done <= due)
}

fn due(law: &Law, of: &AgencyCode, days: u16, from: Timestamp) -> Result<Timestamp, MissingYear> {
    // Assembled rules have 1 to 90 days; of what never was assembled the shortest term holds.
    let days = Term::new(days, TermUnit::WorkingDay).or(Term::new(1, TermUnit::WorkingDay));
    days.map_or(Ok(from), |term| term.due(law.calendar_of(of), from))
}

impl Feedback {
    /// A feedback that `by` sends at `now` under `code`. What an officer writes down, what another
    /// system brings and what may come without a name is received at once; everybody else proves
    /// their telephone first. Fails with every field that breaks a rule.
    pub fn filed(
        filing: Filing,
        code: FeedbackCode,
        by: Signature,
        (rule, law): (&FeedbackRule, &Law),
        now: Timestamp,
    ) -> Result<(Self, FeedbackContent), FeedbackRefusal> {
        let now = moment(now);
        let Some(category) = rule.category(&filing.category) else {
            return Err(invalid("category", RuleName::KnownValue, "is no category"));
        };
        let anonymous = filing.content.author.is_none();
        // Who has given it at another system is that system's to know.
        if anonymous && filing.given.is_none() && !category.anonymous {
            let detail = "is required: the law asks for name, address and telephone";
            return Err(invalid("author", RuleName::Required, detail));
        }
        let at_once = filing.channel.is_by_officer() || filing.given.is_some();
        let status = if anonymous || at_once {
            FeedbackStatus::Received
        } else {
            FeedbackStatus::Unverified
        };
        let entry = FeedbackEntry {
            version: 1,
            action: None,
            status,
            at: now,
            by,
            command: filing.command,
            agency: None,
        };
        let filed_at = filing.given.as_ref().map_or(now, |given| moment(given.at).min(now));
        let mut filed = Self {
            code,
            channel: filing.channel,
            origin: filing.given.map(|given| given.origin),
            category: filing.category,
            status,
            version: 1,
            anonymous,
            consent: filing.consent,
            wishes: filing.wishes,
            desk: rule.desk.clone(),
            agency: None,
            holder: None,
            filed_at,
            received_at: None,
            routing_due_at: None,
            routed_at: None,
            due_at: None,
            answered_at: None,
            ended_at: None,
            content_until: None,
            content_gone: None,
            reopened: 0,
            satisfaction: None,
            joined_to: None,
            published: None,
            history: vec![entry],
        };
        if status == FeedbackStatus::Received {
            filed.receive(rule, law, now)?;
        }
        Ok((filed, filing.content))
    }

    fn receive(
        &mut self,
        rule: &FeedbackRule,
        law: &Law,
        now: Timestamp,
    ) -> Result<(), MissingYear> {
        self.received_at = Some(now);
        self.routing_due_at = Some(due(law, &self.desk, rule.routing_working_days, now)?);
        self.due_at = Some(self.handled_by(rule, law, now)?);
        Ok(())
    }

    /// By when it is to be answered, counted from `from`. A category that the catalogue has no more
    /// keeps the date that there is.
    fn handled_by(
        &self,
        rule: &FeedbackRule,
        law: &Law,
        from: Timestamp,
    ) -> Result<Timestamp, MissingYear> {
        let Some(category) = rule.category(&self.category) else {
            return Ok(self.due_at.unwrap_or(from));
        };
        let whose = self.agency.as_ref().unwrap_or(&self.desk);
        due(law, whose, category.handling_working_days, from)
    }

    /// Whether the actor makes moves of `mover` here.
    fn is(&self, mover: Mover, by: &Actor) -> bool {
        let desk = || by.speaks_for(&self.desk, MATTER);
        let handler = || self.agency.as_ref().is_some_and(|agency| by.speaks_for(agency, MATTER));
        let officer = match by {
            Actor::Officer { .. } => true,
            Actor::Integrator { .. }
            | Actor::Portal { .. }
            | Actor::Citizen { .. }
            | Actor::Proven { .. }
            | Actor::System { .. } => false,
        };
        match mover {
            Mover::Desk => officer && desk(),
            Mover::Handler => officer && handler(),
            Mover::Either => officer && (desk() || handler()),
            Mover::Author => self.is_authors(by),
        }
    }

    /// Whether the actor has proved the telephone of this feedback.
    pub fn is_authors(&self, by: &Actor) -> bool {
        match by {
            Actor::Proven { code, .. } => *code == *self.code.shared() && !self.anonymous,
            Actor::Officer { .. }
            | Actor::Integrator { .. }
            | Actor::Portal { .. }
            | Actor::Citizen { .. }
            | Actor::System { .. } => false,
        }
    }

    /// Whether the actor may read what was written and by whom: desk, competent agency, author.
    pub fn may_read(&self, by: &Actor) -> bool {
        let officers = self.status != FeedbackStatus::Unverified && self.is(Mover::Either, by);
        officers || self.is_authors(by)
    }

    /// What `by` may do now, in the order of the table.
    pub fn allowed_to(&self, by: &Actor) -> Vec<FeedbackAction> {
        let legal = |action: &FeedbackAction| {
            let rule = action.rule();
            let spent = match action {
                FeedbackAction::Publish => self.published.is_some() || !self.consent,
                FeedbackAction::Rate => self.satisfaction.is_some(),
                FeedbackAction::Verify
                | FeedbackAction::Route
                | FeedbackAction::Refuse
                | FeedbackAction::Join
                | FeedbackAction::Return
                | FeedbackAction::TakeUp
                | FeedbackAction::Answer
                | FeedbackAction::Close
                | FeedbackAction::Reopen
                | FeedbackAction::AddPhotos
                | FeedbackAction::Withdraw => false,
            };
            rule.from.contains(&self.status) && self.is(rule.by, by) && !spent
        };
        FeedbackAction::ALL.into_iter().filter(legal).collect()
    }

    /// Decides on `command` of `by` at `now`. Nothing changes but what is returned.
    pub fn decide(
        &self,
        content: &FeedbackContent,
        command: FeedbackCommand,
        by: &Actor,
        (rule, law): (&FeedbackRule, &Law),
        now: Timestamp,
    ) -> Result<FeedbackDecision, FeedbackRefusal> {
        let row = command.action.rule();
        if !self.is(row.by, by) {
            return Err(FeedbackRefusal::NotAllowed);
        }
        if self.history.iter().any(|entry| entry.command == command.command) {
            return Ok(FeedbackDecision::Repeated);
        }
        if command.expected.is_some_and(|expected| expected != self.version) {
            return Err(FeedbackRefusal::Stale { current: self.version });
        }
        let illegal = || FeedbackRefusal::Illegal {
            action: command.action,
            status: self.status,
            allowed: self.allowed_to(by),
        };
        if !self.allowed_to(by).contains(&command.action) || self.history.len() >= ENTRIES_MAX {
            return Err(illegal());
        }
        // No entry is before the one that it follows, whosever clock runs behind.
        let last = self.history.last().map_or(Timestamp::MIN, |entry| entry.at);
        let now = moment(now).max(last);
        let (mut next, mut content) = (self.clone(), content.clone());
        next.version += 1;
        next.status = row.to.unwrap_or(self.status);
        let words = command.words.as_deref();
        let owes_words = row.reason || command.action == FeedbackAction::Answer;
        if owes_words && words.is_none() {
            return Err(FeedbackRefusal::Invalid(vec![Violation::required("words")]));
        }
        if let Some(words) = words {
            let words = written("words", words, WORDS_CHARACTERS_MAX);
            let words = words.map_err(|broken| FeedbackRefusal::Invalid(vec![broken]))?;
            content.remarks.push(Remark { version: next.version, words });
        }
        let routed_to = command.agency.clone();
        next.apply(command.clone(), &mut content, by, (rule, law), now)?;
        if next.status.is_ended() && next.ended_at.is_none() {
            next.ended_at = Some(now);
            let last = date_of(now).saturating_add(i64::from(rule.keep_years).years());
            next.content_until =
                Some(crate::calendar::instant(last, jiff::civil::Time::midnight()));
        }
        next.history.push(FeedbackEntry {
            version: next.version,
            action: Some(command.action),
            status: next.status,
            at: now,
            by: by.signature(),
            command: command.command,
            agency: routed_to.filter(|_| command.action == FeedbackAction::Route),
        });
        Ok(FeedbackDecision::Moved(Box::new((next, content))))
    }

    /// What a move does besides the status.
    fn apply(
        &mut self,
        command: FeedbackCommand,
        content: &mut FeedbackContent,
        by: &Actor,
        (rule, law): (&FeedbackRule, &Law),
        now: Timestamp,
    ) -> Result<(), FeedbackRefusal> {
        let owed = |field: &str| FeedbackRefusal::Invalid(vec![Violation::required(field)]);
        match command.action {
            FeedbackAction::Verify => self.receive(rule, law, now)?,
            FeedbackAction::Route => {
                self.agency = Some(command.agency.ok_or_else(|| owed("agency"))?);
                if let Some(category) = command.category {
                    if rule.category(&category).is_none() {
                        return Err(invalid("category", RuleName::KnownValue, "is no category"));
                    }
                    self.category = category;
                }
                self.routed_at = self.routed_at.or(Some(now));
                // The author's date is counted from the receipt, whoever had it meanwhile.
                self.due_at = Some(self.handled_by(rule, law, self.received_at.unwrap_or(now))?);
            }
            FeedbackAction::Join => {
                let with = command.with.ok_or_else(|| owed("with"))?;
                let others = match with.status {
                    FeedbackStatus::Received
                    | FeedbackStatus::Routed
                    | FeedbackStatus::InHandling
                    | FeedbackStatus::Answered
                    | FeedbackStatus::Closed => with.code != self.code,
                    FeedbackStatus::Unverified
                    | FeedbackStatus::Refused
                    | FeedbackStatus::Joined
                    | FeedbackStatus::Withdrawn => false,
                };
                if !others {
                    let detail = "must be another feedback that is or was handled";
                    return Err(invalid("with", RuleName::KnownValue, detail));
                }
                self.joined_to = Some(with.code);
            }
            FeedbackAction::Return => (self.agency, self.holder) = (None, None),
            FeedbackAction::TakeUp => self.holder = Some(by.signature().id),
            FeedbackAction::Answer => self.answered_at = Some(now),
            FeedbackAction::Publish => {
                let given = command.publication.ok_or_else(|| owed("publication"))?;
                let mut found = Vec::new();
                let mut clean = |field: &str, text: &str, most| {
                    let cleaned = written(field, text, most);
                    cleaned.map_err(|broken| found.push(broken)).unwrap_or_default()
                };
                let title = clean("publication.title", &given.title, TITLE_CHARACTERS_MAX);
                let answer = clean("publication.answer", &given.answer, WORDS_CHARACTERS_MAX);
                if !found.is_empty() {
                    return Err(FeedbackRefusal::Invalid(found));
                }
                self.published = Some(Publication { title, answer });
            }
            FeedbackAction::Rate => {
                self.satisfaction = Some(command.satisfaction.ok_or_else(|| owed("satisfaction"))?);
            }
            FeedbackAction::Reopen => {
                if self.reopened >= rule.reopens_max {
                    let detail = "was opened again as often as it may be";
                    return Err(invalid("action", RuleName::ItemCount, detail));
                }
                self.reopened += 1;
                self.answered_at = None;
                self.due_at = Some(self.handled_by(rule, law, now)?);
            }
            FeedbackAction::AddPhotos => {
                if command.photos.is_empty() {
                    return Err(owed("photos"));
                }
                content.photos.extend(command.photos);
                if content.photos.len() > PHOTOS_MAX {
                    let detail = "a feedback has at most 5 photographs";
                    return Err(invalid("photos", RuleName::DocumentsMax, detail));
                }
            }
            FeedbackAction::Refuse | FeedbackAction::Close | FeedbackAction::Withdraw => {}
        }
        Ok(())
    }

    /// Whether the competent agency had it in time; none before it had it.
    pub fn routed_in_time(&self) -> Option<bool> {
        kept(self.routed_at, self.routing_due_at)
    }

    /// Whether it was answered in time; none before it was answered.
    pub fn answered_in_time(&self) -> Option<bool> {
        kept(self.answered_at, self.due_at)
    }
}
