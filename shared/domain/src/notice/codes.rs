//! What each gateway's codes ask of us. The codes are the vendors', the treatment is ours; both are
//! data (`infra/data/codes.json`), so that a new code is an entry and not a release.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Provider;
use crate::data_file::data_file;
use crate::provenance::Trust;
use crate::{RuleName, Violation};

/// What to do after a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Treatment {
    /// Ask the same gateway again later: it has not taken the message.
    Retry,
    /// It may have taken the message: read like an answer that never came.
    Doubtful,
    /// Our token has run out or is not known there: ask once more with another, else the next
    /// channel.
    RefreshToken,
    /// Ask again when the gateway opens in the morning.
    UntilMorning,
    /// Ask again tomorrow, when the day's quota is filled up; what the law wants goes by the next
    /// channel.
    UntilTomorrow,
    /// Send by the next channel.
    NextChannel,
    /// The same, and an operator has to look: something of ours is wrong.
    AlarmAndNextChannel,
    /// Another provider of the channel may carry it.
    NextProvider,
    /// The same, and an operator has to look.
    AlarmAndNextProvider,
    /// It was accepted before under the same request id.
    AcceptedBefore,
}

impl Treatment {
    /// Whether an operator has to look.
    pub fn alarms(self) -> bool {
        matches!(self, Self::RefreshToken | Self::AlarmAndNextChannel | Self::AlarmAndNextProvider)
    }
}

/// For how many days it can be remembered that a channel does not reach a number: ten years at
/// most, by when the number is another person's.
const REMEMBERED_DAYS: std::ops::RangeInclusive<u16> = 1..=3_650;

/// What is known of one code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ruling {
    /// Our treatment of the codes.
    pub treatment: Treatment,
    /// For how many days it is remembered that the channel does not reach the number.
    pub remember_days: Option<u16>,
}

#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Entry {
    #[cfg_attr(feature = "schema", schemars(length(min = 1), extend("uniqueItems" = true)))]
    codes: Vec<i32>,
    #[serde(rename = "meaning")]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    _meaning: String,
    treatment: Treatment,
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(range(min = *REMEMBERED_DAYS.start(), max = *REMEMBERED_DAYS.end())))]
    remember_days: Option<u16>,
}

#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Gateway {
    provider: Provider,
    entries: Vec<Entry>,
    /// What an unlisted code asks of us.
    otherwise: Treatment,
    #[serde(rename = "trust")]
    _trust: Trust,
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    source: String,
}

data_file! {
    /// The data file `codes.json`: how each gateway's codes are treated.
    CodesFile {
        #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
        gateways: Vec<Gateway>,
    }
}

/// The codes of all gateways.
#[derive(Debug)]
pub struct Codes {
    known: BTreeMap<(Provider, i32), Ruling>,
    otherwise: BTreeMap<Provider, Treatment>,
}

impl Codes {
    /// Joins the tables. Fails with all rules that they break: a repeated provider or code, a
    /// missing provider, or something to remember without another channel to ask.
    pub fn assemble(file: CodesFile) -> Result<Self, Vec<Violation>> {
        let mut found = Vec::new();
        let (mut known, mut otherwise) = (BTreeMap::new(), BTreeMap::new());
        for (place, gateway) in file.gateways.into_iter().enumerate() {
            let name = gateway.provider.name();
            let at = |field: &str| format!("gateways[{place}].{field}");
            if gateway.source.trim().is_empty() {
                found.push(Violation::new(at("source"), RuleName::Source, "a source is left out"));
            }
            if otherwise.insert(gateway.provider, gateway.otherwise).is_some() {
                found.push(Violation::new(
                    at("provider"),
                    RuleName::UniqueProvider,
                    format!("{name} stands twice"),
                ));
            }
            for (nth, entry) in gateway.entries.into_iter().enumerate() {
                if entry.remember_days.is_some_and(|days| {
                    !REMEMBERED_DAYS.contains(&days) || entry.treatment != Treatment::NextChannel
                }) {
                    let detail = format!(
                        "{:?}: days are remembered with next-channel alone, 1 to 3650",
                        entry.codes
                    );
                    found.push(Violation::new(
                        at(&format!("entries[{nth}].rememberDays")),
                        RuleName::RememberDays,
                        detail,
                    ));
                }
                let ruling =
                    Ruling { treatment: entry.treatment, remember_days: entry.remember_days };
                for (which, code) in entry.codes.into_iter().enumerate() {
                    if known.insert((gateway.provider, code), ruling).is_some() {
                        let field = at(&format!("entries[{nth}].codes[{which}]"));
                        found.push(Violation::new(
                            field,
                            RuleName::UniqueCode,
                            format!("{name}: {code} stands twice"),
                        ));
                    }
                }
            }
        }
        for missing in
            Provider::ALL.into_iter().filter(|provider| !otherwise.contains_key(provider))
        {
            found.push(Violation::new(
                "gateways",
                RuleName::EveryProvider,
                format!("{} has no codes", missing.name()),
            ));
        }
        if found.is_empty() { Ok(Self { known, otherwise }) } else { Err(found) }
    }

    /// What `code` of `provider` asks of us. A vendor refines a code by a further digit (-1241 is a
    /// kind of -124): what is not listed itself is read as the code that it refines.
    pub fn ruling(&self, provider: Provider, code: i32) -> Ruling {
        let listed = |code: i32| self.known.get(&(provider, code)).copied();
        let refined = || if code.unsigned_abs() > 999 { listed(code / 10) } else { None };
        listed(code).or_else(refined).unwrap_or_else(|| {
            let treatment =
                self.otherwise.get(&provider).copied().unwrap_or(Treatment::AlarmAndNextChannel);
            Ruling { treatment, remember_days: None }
        })
    }

    /// All listed codes with their treatments.
    pub fn listed(&self) -> impl Iterator<Item = (Provider, i32, Ruling)> {
        self.known.iter().map(|((provider, code), ruling)| (*provider, *code, *ruling))
    }
}
