//! What each provider costs and how much of the work it gets, from a day on
//! (`infra/data/providers.json`).

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Deserialize;

use super::answer::InquiryTerms;
use super::pool::{Failover, ProviderPool};
use super::text::parts;
use super::{Notice, NoticeChannel, Provider};
use crate::data_file::data_file;
use crate::dated::{Dated, ValidFrom};
use crate::provenance::Trust;
use crate::{RuleName, Violation};

/// The highest price that is taken for one, in đồng a message or part: some hundred times what
/// messages cost.
const PRICE_MAX_VND: u64 = 100_000;

/// A provider's terms from one day on.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ProviderTerms {
    provider: Provider,
    valid_from: Date,
    /// The provider's share of its channel's messages, relative to the other weights; 0 means in
    /// reserve.
    #[cfg_attr(feature = "schema", schemars(range(max = 1_000)))]
    weight: u32,
    /// Đồng a message, or a part of an SMS; none where it is not known, and then nothing is sent.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(range(max = PRICE_MAX_VND)))]
    price_vnd: Option<u64>,
    #[serde(rename = "trust")]
    _trust: Trust,
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    source: String,
}

impl ValidFrom for ProviderTerms {
    fn valid_from(&self) -> Date {
        self.valid_from
    }
}

data_file! {
    /// The data file `providers.json`: what each provider costs and how much of the work it gets, each
    /// entry from a day on.
    ProvidersFile {
        failover: Failover,
        #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
        providers: Vec<ProviderTerms>,
        /// How those are answered who ask by SMS and Zalo; nobody is before the first entry.
        #[serde(default)]
        inquiries: Vec<InquiryTerms>,
    }
}

/// The terms of all providers.
#[derive(Debug)]
pub struct Providers {
    failover: Failover,
    terms: BTreeMap<Provider, Dated<ProviderTerms>>,
    inquiries: Option<Dated<InquiryTerms>>,
}

impl Providers {
    /// Puts them in order; refused whole, with every reason, if a number is out of range or two
    /// terms of a provider begin on one day.
    pub fn assemble(file: ProvidersFile) -> Result<Self, Vec<Violation>> {
        let mut found = Vec::new();
        let mut starts = BTreeSet::new();
        for (place, terms) in file.providers.iter().enumerate() {
            let at = |field: &str| format!("providers[{place}].{field}");
            if !starts.insert((terms.provider, terms.valid_from)) {
                let detail = format!(
                    "two entries of {} begin on {}",
                    terms.provider.name(),
                    terms.valid_from
                );
                found.push(Violation::new(at("validFrom"), RuleName::UniqueStart, detail));
            }
            if terms.weight > 1_000 {
                found.push(Violation::new(
                    at("weight"),
                    RuleName::Range,
                    "weight must be 0 to 1000",
                ));
            }
            if terms.price_vnd.is_some_and(|price| price > PRICE_MAX_VND) {
                found.push(Violation::new(
                    at("priceVnd"),
                    RuleName::Range,
                    format!("priceVnd must be 0 to {PRICE_MAX_VND}"),
                ));
            }
            if terms.source.trim().is_empty() {
                found.push(Violation::new(at("source"), RuleName::Source, "a source is left out"));
            }
        }
        let failover = &file.failover;
        let steps = &failover.steps_percent;
        for (field, holds) in [
            ("windowCalls", (1..=1_000).contains(&failover.window_calls)),
            ("leastCalls", (1..=failover.window_calls).contains(&failover.least_calls)),
            ("failuresPercent", (1..=100).contains(&failover.failures_percent)),
            ("restSeconds", (1..=86_400).contains(&failover.rest_seconds)),
            ("slowMs", failover.slow_ms > 0),
            ("stepCalls", failover.step_calls > 0),
            (
                "stepsPercent",
                !steps.is_empty() && steps.iter().all(|percent| (1..=100).contains(percent)),
            ),
        ] {
            if !holds {
                found.push(Violation::new(
                    format!("failover.{field}"),
                    RuleName::Range,
                    "a number is out of its range",
                ));
            }
        }
        let mut starts = BTreeSet::new();
        for (place, terms) in file.inquiries.iter().enumerate() {
            found.extend(terms.violations(place));
            if !starts.insert(terms.valid_from()) {
                let detail = format!("two entries begin on {}", terms.valid_from());
                let field = format!("inquiries[{place}].validFrom");
                found.push(Violation::new(field, RuleName::UniqueStart, detail));
            }
        }
        if !found.is_empty() {
            return Err(found);
        }
        let terms = Dated::grouped(file.providers, |terms| terms.provider);
        Ok(Self { failover: file.failover, terms, inquiries: Dated::new(file.inquiries) })
    }

    fn of(&self, provider: Provider, day: Date) -> Option<&ProviderTerms> {
        self.terms.get(&provider)?.on(day)
    }

    /// Those that may be asked on `day`: with a price.
    pub fn on(&self, day: Date) -> impl Iterator<Item = Provider> {
        let may = move |provider: &Provider| {
            self.of(*provider, day).is_some_and(|terms| terms.price_vnd.is_some())
        };
        Provider::ALL.into_iter().filter(may)
    }

    /// The pool of `channel` on `day`, everybody well.
    pub fn pool(&self, channel: NoticeChannel, day: Date) -> ProviderPool {
        let members = self.on(day).filter(|provider| provider.channel() == channel);
        let weights =
            members.filter_map(|provider| Some((provider, self.of(provider, day)?.weight)));
        ProviderPool::new(self.failover.clone(), weights)
    }

    /// How those are answered who ask on `day`; none where nobody is.
    pub fn inquiries(&self, day: Date) -> Option<&InquiryTerms> {
        self.inquiries.as_ref()?.on(day)
    }

    /// What `notice` costs by `provider` on `day`, in đồng; none where the price is not known.
    pub fn price(&self, provider: Provider, notice: &Notice, day: Date) -> Option<u64> {
        let each = self.of(provider, day)?.price_vnd?;
        let parts = match provider.channel() {
            NoticeChannel::Zalo => 1,
            NoticeChannel::Sms => {
                u64::try_from(parts(&notice.sms, notice.encoding)).unwrap_or(u64::MAX)
            }
        };
        Some(each.saturating_mul(parts))
    }
}
