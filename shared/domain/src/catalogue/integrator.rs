//! Line-of-business systems that may push events: as whom each is known, and for whom it acts.

use std::fmt;

use serde::Deserialize;

use crate::id::AgencyCode;
use crate::key_numbers::KeyNumbers;

/// A line-of-business system that may push events, and for whom.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Integrator {
    /// The `source` of the integrator's CloudEvents.
    #[cfg_attr(
        feature = "schema",
        schemars(regex(pattern = r"^urn:motcua:integrator:[a-z][a-z-]*$"))
    )]
    pub source: String,
    /// The name that is displayed.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    pub name: String,
    /// The agencies for which the integrator may act.
    #[cfg_attr(feature = "schema", schemars(length(min = 1), extend("uniqueItems" = true)))]
    pub agencies: Vec<AgencyCode>,
    /// The principals that send its messages to the queue; none sends any where it is left out.
    #[serde(default)]
    pub senders: Vec<SenderId>,
    /// The secrets by which its signed requests are known; none is taken where it is left out.
    #[serde(default)]
    pub keys: KeyNumbers,
    /// How many days after it happened an event may be reported, at most ten years; 90 where it is
    /// left out.
    #[serde(default)]
    pub back_days: BackDays,
    /// What goes to its queue of replies; refusals where it is left out.
    #[serde(default)]
    pub replies: Replies,
    /// Of a portal at which people file for us, and of nobody else: under whose codes its dossiers are
    /// kept here. Whoever has none may not send dossiers in the portal's form.
    #[serde(default)]
    pub portal_codes: Option<PortalCodes>,
    /// Whether its events are judged and change nothing: of a system that is being connected.
    #[serde(default)]
    pub test: bool,
}

/// What is reported to an integrator of its events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Replies {
    /// What was refused: it has to do something.
    #[default]
    Refusals,
    /// Also what was applied, with dossier and version.
    All,
}

/// Under whose codes the dossiers of a portal are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum PortalCodes {
    /// Each gets a code of ours, which the portal is told.
    Ours,
    /// Each keeps the portal's own, which has to be one of the numbers that are not issued here.
    Theirs,
}

/// How the source of an integrator begins; its name follows.
const SOURCES: &str = "urn:motcua:integrator:";

impl Integrator {
    /// The last part of `source`, by which its queue of replies is named; none of what is no
    /// integrator's source.
    pub fn name_in(source: &str) -> Option<&str> {
        let name = source.strip_prefix(SOURCES)?;
        let is_letter = |byte: u8| byte.is_ascii_lowercase();
        let begins = name.bytes().next().is_some_and(is_letter);
        (begins && name.bytes().all(|byte| is_letter(byte) || byte == b'-')).then_some(name)
    }

    /// The source of the integrator with this name.
    pub fn source_of(name: &str) -> String {
        format!("{SOURCES}{name}")
    }

    /// Whether `sender` may write the integrator's source on an event.
    pub fn is_proven_by(&self, sender: &Sender) -> bool {
        match sender {
            Sender::Principal(id) => self.senders.iter().any(|known| known.is_of(id)),
            Sender::Signed(source) => *source == self.source,
        }
    }
}

/// The unique id that AWS gives a principal and no other ever again: of a user (`AIDA…`) or a role
/// (`AROA…`). The account `000000000000`, which AWS never gives, stands for everybody on the local
/// engine.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String")]
#[cfg_attr(feature = "schema", schemars(extend("pattern" = r"^((AIDA|AROA)[A-Z0-9]{16,124}|0{12})$")))]
pub struct SenderId(String);

/// How many days after it happened an event may be reported. The default is ours: as long as a
/// repeated submission is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "u16")]
#[cfg_attr(
    feature = "schema",
    schemars(with = "u16", extend("minimum" = 1, "maximum" = BACK_DAYS_MAX))
)]
pub struct BackDays(u16);

/// The most days after it happened that an event may be reported: ten years.
const BACK_DAYS_MAX: u16 = 3_650;

impl BackDays {
    /// The number of days, from 1.
    pub fn days(self) -> u16 {
        self.0
    }
}

impl Default for BackDays {
    fn default() -> Self {
        Self(90)
    }
}

impl TryFrom<u16> for BackDays {
    type Error = &'static str;

    fn try_from(days: u16) -> Result<Self, &'static str> {
        if (1..=BACK_DAYS_MAX).contains(&days) {
            Ok(Self(days))
        } else {
            Err("must be 1 to 3650 days")
        }
    }
}

/// The account that the local engine names as the sender of every message.
const LOCAL_ACCOUNT: &str = "000000000000";

impl SenderId {
    /// Whether a message is from this principal of which the queue says that `sender` sent it: of a
    /// role the queue names the session too, behind a colon, which whoever assumes it may choose.
    pub fn is_of(&self, sender: &str) -> bool {
        sender.split(':').next() == Some(self.0.as_str())
    }
}

impl TryFrom<String> for SenderId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        let rest = ["AIDA", "AROA"].into_iter().find_map(|kind| text.strip_prefix(kind));
        let is_unique = |rest: &str| {
            (16..=124).contains(&rest.len())
                && rest.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        };
        if rest.is_some_and(is_unique) || text == LOCAL_ACCOUNT {
            return Ok(Self(text));
        }
        Err("must be the unique id of a user or role: AIDA… or AROA…")
    }
}

/// Who sent a message, as it was proved to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sender {
    /// A principal of AWS, by the queue that took the message: `SenderId`.
    Principal(String),
    /// The integrator with this source, by the signature of its request.
    Signed(String),
}

/// Begins the text of a sender that signed.
const SIGNED: &str = "signed:";

/// Begins the text of a sender that the queue named.
const PRINCIPAL: &str = "principal:";

impl Sender {
    /// The sender that was written as this text; none where it is no such text.
    pub fn of_text(text: &str) -> Option<Self> {
        let signed = text.strip_prefix(SIGNED).map(|source| Self::Signed(source.to_owned()));
        signed.or_else(|| Some(Self::Principal(text.strip_prefix(PRINCIPAL)?.to_owned())))
    }
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Principal(id) => write!(f, "{PRINCIPAL}{id}"),
            Self::Signed(source) => write!(f, "{SIGNED}{source}"),
        }
    }
}
