//! `GET /v1/kpi/live`: how the day goes, from counts that the relay keeps.

use std::collections::BTreeMap;

use domain::agency::AgencyLevel;
use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::delivery::SystemId;
use domain::dossier::Actor;
use domain::id::AgencyCode;
use domain::kpi::LiveFigures;
use jiff::Timestamp;
use platform::Failure;
use platform::dynamo::{
    Deliveries, LiveCounts, LiveDifference, LiveTable, Notices, SystemStanding,
};
use serde::Serialize;

/// The most threads that are due whose unsent notices are looked at: those that wait longest.
const LOOKED_AT_MAX: usize = 100;

/// Whether `agency` is the province itself, whose officers look at all agencies.
fn is_province(agency: &AgencyCode, catalogue: &Catalogue) -> bool {
    catalogue.agency(agency).is_some_and(|known| known.level == AgencyLevel::Province)
}

/// The body of the answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Live<'a> {
    /// The time that the figures are of.
    at: Timestamp,
    total: LiveFigures,
    agencies: Vec<LiveAgency<'a>>,
    /// Since when the oldest notice waits that could be sent, of the whole province.
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest_unsent_notice_since: Option<Timestamp>,
    /// How far other systems were when the last night compared them.
    in_step: BTreeMap<SystemId, SystemStanding>,
}

/// The figures of one agency, with what the last night found.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LiveAgency<'a> {
    agency: AgencyCode,
    /// What people call it; none where the catalogue does not list it any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(flatten)]
    figures: LiveFigures,
    /// What the last night found; none before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    compared: Option<LiveDifference>,
}

impl<'a> Live<'a> {
    /// The figures at `now` that `actor` may see: an officer those of their agency, the portal and
    /// officers of the province itself those of all.
    pub(crate) async fn of(
        actor: &Actor,
        (live, notices, ledger): (&LiveTable, &Notices, &Deliveries),
        catalogue: &'a Catalogue,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let counts = match actor {
            Actor::Portal { .. } => live.all().await?,
            Actor::Officer { agency, .. } if is_province(agency, catalogue) => live.all().await?,
            Actor::Officer { agency, .. } => {
                let own = live.of(agency).await?.unwrap_or_default();
                BTreeMap::from([(agency.clone(), own)])
            }
            Actor::Citizen { .. }
            | Actor::Proven { .. }
            | Actor::Integrator { .. }
            | Actor::System { .. } => return Err(Failure::Forbidden),
        };
        let due = notices.due_threads(now, LOOKED_AT_MAX).await?;
        let oldest = due.iter().filter_map(|thread| thread.unsent_since).min();
        let basis = catalogue.law().rule_on(date_of(now)).kpi_due;
        let mut total = LiveFigures::default();
        let agencies = counts.into_iter().map(|(agency, LiveCounts { counts, compared, .. })| {
            let figures = LiveFigures::of(&counts, basis, now);
            total.add(&figures);
            let name = catalogue.agency(&agency).map(|known| known.name_on(date_of(now)));
            LiveAgency { agency, name, figures, compared }
        });
        Ok(Self {
            at: now,
            agencies: agencies.collect(),
            total,
            oldest_unsent_notice_since: oldest
                .and_then(|since| Timestamp::from_millisecond(since).ok()),
            in_step: ledger.standings().await?,
        })
    }
}
