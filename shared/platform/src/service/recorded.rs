//! Which dossiers something was recorded of lately, for those who compare histories with what was
//! made of them.

use domain::calendar::date_of;
use domain::id::AgencyCode;
use domain::kpi::DossierFacts;
use jiff::{Timestamp, ToSpan};

use crate::Failure;
use crate::dynamo::{Dossiers, Histories};

pub use crate::record::UNDER_WAY;

/// How many days before the first moment looked at a dossier may have ended of which something was
/// recorded since: integrators report days late.
const REPORTED_LATE_DAYS: i64 = 31;

/// Dossiers of `agency` of which something was recorded since `since`. A dossier may be there twice,
/// once with a shorter history: indexes lag.
pub async fn recorded(
    dossiers: &Dossiers,
    agency: &AgencyCode,
    since: Timestamp,
    now: Timestamp,
) -> Result<Vec<DossierFacts>, Failure> {
    let found = at_hand(dossiers, agency, since, now).await?;
    Ok(found.facts.into_iter().filter(|facts| is_recorded_since(facts, since)).collect())
}

/// Whether something was recorded of the dossier since that time.
pub fn is_recorded_since(facts: &DossierFacts, since: Timestamp) -> bool {
    facts.history.iter().any(|entry| since <= entry.recorded_at)
}

/// Dossiers of `agency` that are open, or of which something may have been recorded since `since`. A
/// dossier may be there twice, once with a shorter history: indexes lag.
pub async fn at_hand(
    dossiers: &Dossiers,
    agency: &AgencyCode,
    since: Timestamp,
    now: Timestamp,
) -> Result<Histories, Failure> {
    let first = date_of(since).saturating_sub(REPORTED_LATE_DAYS.days());
    let (mut open, ended) =
        (dossiers.open(agency).await?, dossiers.ended(agency, first, date_of(now)).await?);
    open.facts.extend(ended.facts);
    open.unreadable.extend(ended.unreadable);
    Ok(open)
}
