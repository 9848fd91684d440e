//! The systems that must have dossiers of ours, as the catalogue lists them
//! (`infra/data/systems.json`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::transfer::{HOURS_MAX, Offer, TransferTerms};
use super::{AuthorsToldBy, Delivery, FeedbackTerms, PER_MINUTE_MIN, PostTerms};
use crate::calendar::date_of;
use crate::data_file::data_file;
use crate::dated::{Dated, ValidFrom};
use crate::document::{URL_CHARACTERS_MAX, address};
use crate::dossier::{Action, Dossier, HistoryEntry};
use crate::id::{AgencyCode, ProcedureCode};
use crate::key_numbers::KeyNumbers;
use crate::provenance::Trust;
use crate::row::RowChecks;
use crate::{RuleName, Violation};

/// The most dossiers that one request carries.
const ITEMS_MAX: u32 = 50;

/// The highest rate that is taken, in requests a minute.
const PER_MINUTE_MAX: u32 = 60_000;

/// The permanent name of a system: `national-portal`. At most 24 characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", schemars(extend("pattern" = r"^[a-z][a-z0-9-]{0,23}$")))]
pub struct SystemId(String);

impl SystemId {
    /// The name as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SystemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<SystemId> for String {
    fn from(id: SystemId) -> Self {
        id.0
    }
}

impl TryFrom<String> for SystemId {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let begins = text.starts_with(|first: char| first.is_ascii_lowercase());
        if text.len() <= 24 && begins && text.bytes().all(plain) {
            return Ok(Self(text));
        }
        let detail = "must be 1 to 24 of a to z, 0 to 9 and -, a letter first";
        Err(Violation::new("system", RuleName::Format, detail))
    }
}

impl std::str::FromStr for SystemId {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        Self::try_from(text.to_owned())
    }
}

/// How a system is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// The national portal's adapter: sessions, named services, lists of items.
    Dvcqg,
    /// A service bus (LGSP) that takes the same items by their address.
    Lgsp,
    /// The public post (VNPost), which gets an order for each result that is wanted by post, and
    /// nothing else.
    Vnpost,
    /// A subscriber that takes the entries of histories from its queue of replies.
    Queue,
    /// A subscriber that takes them, each in a signed request, at an address of its own.
    Webhook,
}

impl Protocol {
    /// Whether it brings the entries of histories alone, by ids and codes, and no dossier.
    pub fn is_subscription(self) -> bool {
        match self {
            Self::Queue | Self::Webhook => true,
            Self::Dvcqg | Self::Lgsp | Self::Vnpost => false,
        }
    }

    /// Whether it is asked for a dossier before it gets anything of it, each time: what it was sent
    /// and did not acknowledge would otherwise be there twice.
    pub fn is_asked_first(self) -> bool {
        match self {
            Self::Vnpost => true,
            Self::Dvcqg | Self::Lgsp | Self::Queue | Self::Webhook => false,
        }
    }

    /// Whether it must have a change of this kind. The post fetches results.
    fn concerns(self, action: Action) -> bool {
        match self {
            Self::Vnpost => action == Action::Finish,
            Self::Dvcqg | Self::Lgsp | Self::Queue | Self::Webhook => true,
        }
    }

    /// Whether it must have anything of a dossier with this history. The post gets those whose result
    /// is wanted by post, or was.
    fn wants(self, history: &[HistoryEntry]) -> bool {
        match self {
            Self::Vnpost => history.iter().any(|entry| entry.by_post),
            Self::Dvcqg | Self::Lgsp | Self::Queue | Self::Webhook => true,
        }
    }

    /// The most items of a request: SQS takes ten messages a call, a webhook's answer is about one
    /// event, and the post's about one order.
    fn items_max(self) -> u32 {
        match self {
            Self::Dvcqg | Self::Lgsp => ITEMS_MAX,
            Self::Queue => 10,
            Self::Webhook | Self::Vnpost => 1,
        }
    }
}

/// Where a subscriber takes signed requests, and with which secrets they are signed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Webhook {
    /// The https address of at most 2,048 characters, with the public name of a host and the usual
    /// port.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^https://")))]
    pub url: String,
    /// The numbers of the secrets with which each request is signed, one or two.
    pub keys: KeyNumbers,
}

impl Webhook {
    /// The name of the host, in lower case; none of an address that no catalogue may have.
    pub fn host(&self) -> Option<String> {
        address(&self.url)?.host_str().map(str::to_owned)
    }
}

/// A system that must have dossiers of ours, from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct System {
    /// Its permanent name in ledger and messages.
    pub id: SystemId,
    /// What people call it, in Vietnamese.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    pub name: String,
    /// How it is spoken to.
    pub protocol: Protocol,
    /// Of a queue, and of nothing else: the source of the integrator whose queue of replies it is.
    #[serde(default)]
    pub integrator: Option<String>,
    /// Of a webhook, and of nothing else: where it is.
    #[serde(default)]
    pub webhook: Option<Webhook>,
    /// The owners whose dossiers it must have; all where the file says nothing.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(length(min = 1), extend("uniqueItems" = true)))]
    pub agencies: Option<Vec<AgencyCode>>,
    /// The procedures; all where the file says nothing.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(length(min = 1), extend("uniqueItems" = true)))]
    pub procedures: Option<Vec<ProcedureCode>>,
    /// The changes that it must have; all where the file says nothing.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(length(min = 1), extend("uniqueItems" = true)))]
    pub actions: Option<Vec<Action>>,
    /// How many requests a minute it is asked at most.
    #[cfg_attr(feature = "schema", schemars(range(min = PER_MINUTE_MIN, max = PER_MINUTE_MAX)))]
    pub requests_per_minute: u32,
    /// How many dossiers, or entries of histories, one request carries at most: 10 to a queue, 1 to
    /// a webhook and to the post.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = ITEMS_MAX)))]
    pub items_per_request: u32,
    /// Of a system that has to process these dossiers, and not only to know of them: what is agreed
    /// about their transfer.
    #[serde(default)]
    pub transfer: Option<TransferTerms>,
    /// Of a system at which people give feedback, too: what is agreed about that.
    #[serde(default)]
    pub feedback: Option<FeedbackTerms>,
    /// Of the post, and of nothing else: what is agreed with it.
    #[serde(default)]
    pub post: Option<PostTerms>,
    /// Whether anything is owed to it.
    pub connected: bool,
    /// Dossiers that were handed in before this day are not owed; all are where the file says
    /// nothing.
    #[serde(default)]
    pub since: Option<Date>,
    /// The first day on which the entry is in force.
    pub valid_from: Date,
    /// How well the entry is vouched for.
    pub trust: Trust,
    /// Where it is from.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    pub source: String,
}

impl ValidFrom for System {
    fn valid_from(&self) -> Date {
        self.valid_from
    }
}

impl System {
    /// Whether it takes this change at all.
    pub fn takes(&self, action: Action) -> bool {
        let wanted = self.actions.as_ref().is_none_or(|actions| actions.contains(&action));
        wanted && self.protocol.concerns(action)
    }

    /// Checks that where it is goes with how it is spoken to.
    fn check_place(&self, row: &mut RowChecks<'_>, integrator: impl Fn(&str) -> bool) {
        let (of_queue, of_webhook) = match self.protocol {
            Protocol::Dvcqg | Protocol::Lgsp | Protocol::Vnpost => (false, false),
            Protocol::Queue => (true, false),
            Protocol::Webhook => (false, true),
        };
        // What is missing is nowhere in the file: the line is that of the protocol which asks for it.
        let at = |field: &'static str, asked: bool| if asked { "protocol" } else { field };
        let (named, placed) = (self.integrator.is_some(), self.webhook.is_some());
        let detail = "a queue names its integrator, and nothing else does";
        row.check(at("integrator", of_queue), RuleName::Present, named == of_queue, detail);
        let detail = "a webhook has an address and keys, and nothing else has";
        row.check(at("webhook", of_webhook), RuleName::Present, placed == of_webhook, detail);
        let known = self.integrator.as_deref().is_none_or(integrator);
        row.check("integrator", RuleName::KnownSource, known, "is no integrator's source");
        if let Some(webhook) = &self.webhook {
            let short = webhook.url.chars().count() <= URL_CHARACTERS_MAX;
            let open = short && webhook.host().is_some();
            let detail = "must be an https address that names a host, no account and no port";
            row.check("webhook.url", RuleName::HttpsUrl, open, detail);
            let keyed = !webhook.keys.numbers().is_empty();
            row.check("webhook.keys", RuleName::Present, keyed, "one is needed");
        }
    }

    /// Checks what is agreed with the post.
    fn check_post(&self, row: &mut RowChecks<'_>) {
        let of_post = self.protocol == Protocol::Vnpost;
        let at = if of_post { "protocol" } else { "post" };
        let detail = "the post has terms, and nothing else has";
        row.check(at, RuleName::Present, self.post.is_some() == of_post, detail);
        let processes = of_post && self.transfer.is_some();
        row.check("transfer", RuleName::Present, !processes, "the post processes no dossiers");
        if let Some(terms) = &self.post {
            terms.check(row);
        }
    }

    /// Checks what is agreed about transfers.
    fn check_transfer(&self, row: &mut RowChecks<'_>, integrator: impl Fn(&str) -> bool) {
        let Some(terms) = &self.transfer else { return };
        let known = integrator(&terms.integrator);
        row.check("transfer.integrator", RuleName::KnownSource, known, "is no integrator's source");
        let own = self.integrator.as_ref().is_none_or(|queue| *queue == terms.integrator);
        let own = own || !known;
        let detail = "must be the integrator whose queue it is";
        row.check("transfer.integrator", RuleName::KnownSource, own, detail);
        let hours = (1..=HOURS_MAX).contains(&terms.acknowledge_within_hours);
        let detail = format!("must be 1 to {HOURS_MAX}");
        row.check("transfer.acknowledgeWithinHours", RuleName::Range, hours, &detail);
        // Who processes a dossier has to know of its withdrawal, too.
        let detail = "a system that processes dossiers gets every change of them";
        row.check("actions", RuleName::Present, self.actions.is_none(), detail);
        let answers = match self.protocol {
            Protocol::Queue => false,
            Protocol::Webhook | Protocol::Dvcqg | Protocol::Lgsp | Protocol::Vnpost => true,
        };
        let fits = answers || !terms.is_acknowledged_by_answer();
        row.check("transfer.acknowledgedBy", RuleName::Present, fits, "a queue answers nothing");
    }

    /// Checks what is agreed about feedback.
    fn check_feedback(&self, row: &mut RowChecks<'_>, integrator: impl Fn(&str) -> bool) {
        let Some(terms) = &self.feedback else { return };
        let known = integrator(&terms.integrator);
        row.check("feedback.integrator", RuleName::KnownSource, known, "is no integrator's source");
        for (field, name) in terms.services() {
            let detail = "must be 1 to 64 letters and digits, a letter first";
            row.check(field, RuleName::Format, FeedbackTerms::is_service(name), detail);
        }
        let speaks = match self.protocol {
            Protocol::Dvcqg => true,
            Protocol::Lgsp | Protocol::Vnpost | Protocol::Queue | Protocol::Webhook => false,
        };
        let detail = "a system without named services is told nothing of feedback";
        row.check("protocol", RuleName::Present, speaks, detail);
    }

    /// Whether it is a system of `agency`.
    fn is_of(&self, agency: &AgencyCode) -> bool {
        self.agencies.as_ref().is_none_or(|all| all.contains(agency))
    }

    /// What is agreed about transfers to it, as long as anything is owed to it.
    pub fn processes(&self) -> Option<&TransferTerms> {
        self.transfer.as_ref().filter(|_| self.connected)
    }

    /// Since when it has to process a dossier with this owner, procedure and history, from its first
    /// entry on; none where it does not, or no longer.
    pub fn offer_of(
        &self,
        (agency, procedure): (&AgencyCode, &ProcedureCode),
        history: &[HistoryEntry],
    ) -> Option<Offer> {
        if self.transfer.is_none() || self.owed_of((agency, procedure), history) == 0 {
            return None;
        }
        Offer::of(agency, history, |holder| self.is_of(holder))
    }

    /// Raises in `line` what it must have of `dossier`, and begins or ends the transfer of a dossier
    /// that it has to process. A copy of the dossier that is older than what others have read decides
    /// nothing. Returns whether anything has changed.
    pub fn owe(&self, line: &mut Delivery, dossier: &Dossier, now: Timestamp) -> bool {
        let raised = line.owe(self.owed(dossier), now);
        if line.owed() > dossier.version {
            return raised;
        }
        let offer = self.offer_of((&dossier.agency, &dossier.procedure), &dossier.history);
        let moved = match (&self.transfer, offer) {
            (Some(terms), Some(offer)) => line.offer(&offer, terms.within(), now),
            (Some(_) | None, _) => line.end_transfer(now),
        };
        raised | moved
    }

    /// The last version of `dossier` that it must have; 0 where it must have none.
    pub fn owed(&self, dossier: &Dossier) -> u64 {
        self.owed_of((&dossier.agency, &dossier.procedure), &dossier.history)
    }

    /// The same of a dossier with this owner, procedure and history, from its first entry on.
    pub fn owed_of(
        &self,
        (agency, procedure): (&AgencyCode, &ProcedureCode),
        history: &[HistoryEntry],
    ) -> u64 {
        let Some(first) = history.first() else { return 0 };
        // Who processes dossiers also processes those that are forwarded to its agency.
        let forwarded = || history.iter().filter_map(|entry| entry.handler.as_ref());
        let of_agency = self.is_of(agency)
            || (self.transfer.is_some() && forwarded().any(|handler| self.is_of(handler)));
        let of_procedure = self.procedures.as_ref().is_none_or(|all| all.contains(procedure));
        let handed_in = self.since.is_none_or(|since| since <= date_of(first.at));
        let wanted = self.protocol.wants(history);
        if !self.connected || !of_agency || !of_procedure || !handed_in || !wanted {
            return 0;
        }
        let wanted = history.iter().rfind(|entry| self.takes(entry.action));
        wanted.map_or(0, |entry| entry.version)
    }
}

data_file! {
    /// The data file `systems.json`: systems that must have dossiers of ours, each entry from a day
    /// on.
    SystemsFile {
        systems: Vec<System>,
    }
}

impl SystemsFile {
    /// Whether an entry is about `system`.
    pub(crate) fn has(&self, system: &SystemId) -> bool {
        self.systems.iter().any(|entry| entry.id == *system)
    }
}

/// The systems that must have dossiers, or had to.
#[derive(Debug, Default)]
pub struct Systems(BTreeMap<SystemId, Dated<System>>);

impl Systems {
    /// Puts them together; refused whole, with every reason: an agency, a procedure or an
    /// integrator that is not known, a number out of its range, an address that is none, two entries
    /// of a system from one day.
    pub fn assemble(
        file: SystemsFile,
        agency: impl Fn(&AgencyCode) -> bool,
        procedure: impl Fn(&ProcedureCode) -> bool,
        integrator: impl Fn(&str) -> bool,
    ) -> Result<Self, Vec<Violation>> {
        let mut found = Vec::new();
        let mut starts = BTreeSet::new();
        for (place, system) in file.systems.iter().enumerate() {
            let at = format!("systems[{place}]");
            let mut row = RowChecks::of(&at, system.id.as_str());
            let named = !system.name.trim().is_empty();
            row.check("name", RuleName::Name, named, "has no name");
            let first = starts.insert((system.id.clone(), system.valid_from));
            row.check("validFrom", RuleName::UniqueStart, first, "two entries begin on one day");
            let rate = (PER_MINUTE_MIN..=PER_MINUTE_MAX).contains(&system.requests_per_minute);
            let detail = format!("must be {PER_MINUTE_MIN} to {PER_MINUTE_MAX}");
            row.check("requestsPerMinute", RuleName::Range, rate, &detail);
            let items_max = system.protocol.items_max();
            let items = (1..=items_max).contains(&system.items_per_request);
            let detail = format!("must be 1 to {items_max}");
            row.check("itemsPerRequest", RuleName::Range, items, &detail);
            for (nth, code) in system.agencies.iter().flatten().enumerate() {
                let detail = format!("{code} is not listed");
                let field = format!("agencies[{nth}]");
                row.check(&field, RuleName::KnownAgency, agency(code), &detail);
            }
            for (nth, code) in system.procedures.iter().flatten().enumerate() {
                let detail = format!("{code} is not listed");
                let field = format!("procedures[{nth}]");
                row.check(&field, RuleName::KnownProcedure, procedure(code), &detail);
            }
            system.check_place(&mut row, &integrator);
            system.check_transfer(&mut row, &integrator);
            system.check_feedback(&mut row, &integrator);
            system.check_post(&mut row);
            row.sourced(&system.source);
            found.extend(row.found());
        }
        let systems = Dated::grouped(file.systems, |system| system.id.clone());
        if found.is_empty() { Ok(Self(systems)) } else { Err(found) }
    }

    /// Those to which something is owed on `day`, by name.
    pub fn on(&self, day: Date) -> impl Iterator<Item = &System> {
        let systems = self.0.values().filter_map(move |entries| entries.on(day));
        systems.filter(|system| system.connected)
    }

    /// Those that have to process dossiers on `day` and are the integrator with this source, by name.
    pub fn processed_by(&self, source: &str, day: Date) -> impl Iterator<Item = &System> {
        self.on(day).filter(move |system| {
            system.transfer.as_ref().is_some_and(|terms| terms.integrator == source)
        })
    }

    /// Those at which the integrator with this source brings feedback on `day`, by name.
    pub fn giving(&self, source: &str, day: Date) -> impl Iterator<Item = &System> {
        self.on(day).filter(move |system| system.feedback_of(source).is_some())
    }

    /// Whether authors of feedback that was given under `source` are told by another system.
    pub fn tells_authors(&self, source: &str, day: Date) -> bool {
        let mut terms = self.on(day).filter_map(|system| system.feedback_of(source));
        terms.any(|terms| terms.authors_told_by == AuthorsToldBy::Them)
    }

    /// The one with this name on `day`, whether or not anything is owed to it.
    pub fn system(&self, id: &SystemId, day: Date) -> Option<&System> {
        self.0.get(id)?.on(day)
    }
}
