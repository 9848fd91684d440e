//! What was published of a place and a time, and the model that fills it with dossiers
//! (`hai-duong-2019.json`, `tay-ninh-2023.json`, `tien-giang-2022.json`).

use std::collections::BTreeMap;

use domain::deadline::Term;
use domain::procedure::Channel;
use jiff::civil::Date;
use serde::Deserialize;

/// A place and a time.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Replayed {
    /// What is known and what is assumed.
    pub note: String,
    /// What people call the place.
    pub place: String,
    /// The people's committee above its agencies.
    pub province: Province,
    /// The first day.
    pub first: Date,
    /// The last.
    pub last: Date,
    /// What was published, as it was.
    pub published: Published,
    /// What the figures are made of.
    pub model: Model,
    /// Who takes dossiers in.
    pub agencies: Vec<Desk>,
    /// What is asked for.
    pub procedures: Vec<Asked>,
}

/// The people's committee.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Province {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// Figures in the words of whoever published them.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Published {
    /// Where and when.
    pub source: String,
    /// Dossiers received.
    pub received: String,
    /// Settled.
    pub resolved: String,
    /// Of these, not late.
    pub on_time: String,
    /// Open at the end.
    pub open: String,
    /// Received on a working day.
    pub per_working_day: String,
    /// Dossiers all of whose statuses the national portal has; absent where nobody connected it.
    #[serde(default)]
    pub synchronised: Option<String>,
}

/// What the published figures are made of. Weights are shares of their sum.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Model {
    /// The same seed gives the same dossiers.
    pub seed: u64,
    /// Dossiers received, at scale 1.
    pub received: u64,
    /// Of these, settled by the last day.
    pub resolved: u64,
    /// Of a thousand settled, those not late.
    pub on_time_per_mille: u64,
    /// Of a thousand settled, those before the due date.
    pub early_per_mille: u64,
    /// Of a hundred that stay open, those past their due date.
    pub open_overdue_percent: u64,
    /// For a thousand received, those refused without having been received.
    pub refused_unreceived_per_mille: u64,
    /// Weights of the months.
    pub months: Vec<u64>,
    /// Weights of Monday to Friday.
    pub weekdays: [u64; 5],
    /// Weight of a Saturday worked for another day.
    pub made_up_saturday: u64,
    /// Weights of the hours at which dossiers are received.
    pub hours: BTreeMap<i8, u64>,
    /// Weights of the channels.
    pub channels: Channels,
    /// Weights of what becomes of a dossier's clock.
    pub ways: Ways,
    /// Weights of one, two and more working days behind the due date.
    pub late_by_working_days: Vec<u64>,
    /// Of a hundred, those with a move to "being worked on" of their own.
    pub processed_percent: u64,
    /// Of a hundred late ones, those whose applicant got a letter of apology.
    pub apologised_percent: u64,
    /// Of a hundred settled, those whose result is fetched.
    pub returned_percent: u64,
    /// Of a hundred that came on-line, those that lie for days before they are received.
    pub received_slowly_percent: u64,
}

/// Weights of the channels.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channels {
    counter: u64,
    online: u64,
    postal: u64,
}

impl Channels {
    /// Each with its weight; on-line only where the procedure is.
    pub fn weights(&self) -> [(Channel, u64); 3] {
        [
            (Channel::Counter, self.counter),
            (Channel::Online, self.online),
            (Channel::Postal, self.postal),
        ]
    }
}

/// What becomes of a dossier's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It runs from receipt to the end.
    Straight,
    /// It runs on while another agency does its part.
    Forwarded,
    /// It starts again when missing documents have come.
    Supplement,
    /// It stands still until a fee is paid.
    Payment,
    /// It stands still while something else has to be found out.
    Suspension,
}

/// Weights of the ways.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ways {
    straight: u64,
    forwarded: u64,
    supplement: u64,
    payment: u64,
    suspension: u64,
}

impl Ways {
    /// Each with its weight.
    pub fn weights(&self) -> [(Way, u64); 5] {
        [
            (Way::Straight, self.straight),
            (Way::Forwarded, self.forwarded),
            (Way::Supplement, self.supplement),
            (Way::Payment, self.payment),
            (Way::Suspension, self.suspension),
        ]
    }
}

/// An agency.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Desk {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its tier.
    pub level: String,
    /// Its share of what agencies of its tier do.
    pub weight: u64,
}

/// A procedure.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Asked {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its field.
    pub field: serde_json::Value,
    /// How long it may take.
    pub term: Term,
    /// How far it goes on-line.
    pub online: String,
    /// By which agencies, or by those of which tier.
    pub at: Vec<String>,
    /// Its share of all dossiers.
    pub weight: u64,
    /// How much likelier it is late than the most punctual one.
    pub late_weight: u64,
}

impl Replayed {
    /// The tier whose agencies settle a procedure.
    pub fn level_of<'a>(&'a self, asked: &'a Asked) -> &'a str {
        let at = &asked.at[0];
        self.agencies
            .iter()
            .find(|desk| desk.code == *at)
            .map_or(at.as_str(), |desk| desk.level.as_str())
    }

    /// The place with this name on the command line.
    pub fn named(place: &str) -> Option<Self> {
        let text = match place {
            "hai-duong" => include_str!("hai-duong-2019.json"),
            "tay-ninh" => include_str!("tay-ninh-2023.json"),
            "tien-giang" => include_str!("tien-giang-2022.json"),
            _ => return None,
        };
        Some(serde_json::from_str(text).unwrap_or_else(|error| panic!("{place}: {error}")))
    }
}

/// How much of the whole is played, in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale(u64);

/// One, in millionths.
const WHOLE: u64 = 1_000_000;

impl std::str::FromStr for Scale {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("SCALE is {text}, and must be a number like 0.02, above 0 and at most 1");
        let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if rest.len() > 6 || !digits(whole) || !digits(rest) || text.is_empty() {
            return Err(wrong());
        }
        let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| wrong())? };
        let rest: u64 = format!("{rest:0<6}").parse().map_err(|_| wrong())?;
        match whole.saturating_mul(WHOLE) + rest {
            millionths @ 1..=WHOLE => Ok(Self(millionths)),
            _ => Err(wrong()),
        }
    }
}

impl std::fmt::Display for Scale {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = format!("{}.{:06}", self.0 / WHOLE, self.0 % WHOLE);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// A part of `whole`, rounded half up.
fn part(whole: u64, share: u64, of: u64) -> u64 {
    (whole * share * 2 + of) / (of * 2)
}

/// How many dossiers of each outcome there are to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    /// Received.
    pub received: u64,
    /// Settled before the due date.
    pub early: u64,
    /// Settled on it.
    pub on_time: u64,
    /// Settled after it.
    pub late: u64,
    /// Open at the end.
    pub open: u64,
    /// Of these, past the due date.
    pub open_overdue: u64,
    /// Refused without having been received.
    pub refused: u64,
}

impl Quotas {
    /// Those of a model at a scale.
    pub fn of(model: &Model, scale: Scale) -> Self {
        let received = part(model.received, scale.0, WHOLE);
        let resolved = part(model.resolved, scale.0, WHOLE);
        let not_late = part(resolved, model.on_time_per_mille, 1_000);
        let early = part(resolved, model.early_per_mille, 1_000);
        let open = received - resolved;
        Self {
            received,
            early,
            on_time: not_late - early,
            late: resolved - not_late,
            open,
            open_overdue: part(open, model.open_overdue_percent, 100),
            refused: part(received, model.refused_unreceived_per_mille, 1_000),
        }
    }

    /// Settled.
    pub fn resolved(&self) -> u64 {
        self.early + self.on_time + self.late
    }
}
