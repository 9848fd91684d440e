//! Who told applicants of the changes of the days looked at: we, the system by which a dossier came
//! in, both, or nobody and why. A day is counted from the records alone and stored as a whole, so
//! that it comes out the same however often it is counted.

use std::collections::BTreeMap;

use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::delivery::SystemId;
use domain::id::AgencyCode;
use domain::kpi::DossierFacts;
use domain::thread::{NoticeThread, Told, ToldCount};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use platform::Failure;
use platform::dynamo::{Deliveries, ToldOf};
use platform::port::{Acknowledgements, Stored};

/// What is counted, by day and owner.
#[derive(Debug)]
pub(crate) struct Telling(BTreeMap<Date, BTreeMap<AgencyCode, ToldCount>>);

impl Telling {
    /// Nothing yet, of each day that began after `since` and is over.
    pub(crate) fn since(since: Timestamp, now: Timestamp) -> Self {
        let (first, today) = (date_of(since).saturating_add(1.day()), date_of(now));
        let days = first.series(1.day()).take_while(|day| *day < today);
        Self(days.map(|day| (day, BTreeMap::new())).collect())
    }

    /// Counts each change of a dossier that was recorded on one of the days.
    pub(crate) fn count(&mut self, facts: &DossierFacts, told: Vec<(Date, Told)>) {
        for (day, told) in told {
            if let Some(of_day) = self.0.get_mut(&day) {
                of_day.entry(facts.agency.clone()).or_default().count(told);
            }
        }
    }

    /// Stores each day, and gives the sums of the province.
    pub(crate) async fn publish(
        self,
        ledger: &Deliveries,
        now: Timestamp,
    ) -> Result<BTreeMap<Date, ToldCount>, Failure> {
        let mut sums = BTreeMap::new();
        for (day, cells) in self.0 {
            let mut sum = ToldCount::default();
            cells.values().for_each(|told| sum.add(told));
            let (changes, untold) = (sum.changes(), sum.untold());
            let cells = cells.into_iter().map(|(agency, told)| ToldOf { agency, told });
            match ledger.publish_told(day, cells.collect(), now).await? {
                Stored::Yes => tracing::info!(%day, changes, untold, "counted who told applicants"),
                Stored::AnotherWasFirst => {
                    tracing::info!(%day, "a later count of who told is there")
                }
            }
            sums.insert(day, sum);
        }
        Ok(sums)
    }
}

/// Who told of each change of `facts` that a notice is about, with the day of its recording.
pub(crate) async fn told(
    facts: &DossierFacts,
    (noted, thread): (u64, Option<&NoticeThread>),
    (ledger, catalogue): (&Deliveries, &Catalogue),
    since: Timestamp,
) -> Result<Vec<(Date, Told)>, Failure> {
    let mut found = Vec::new();
    // A dossier has one system that tells, and that is asked for once.
    let mut known: BTreeMap<SystemId, u64> = BTreeMap::new();
    for entry in facts.history.iter().filter(|entry| since <= entry.recorded_at) {
        let day = date_of(entry.recorded_at);
        let policy = catalogue.notice_policy(day);
        let rule = policy.teller_for(facts.channel, &facts.history);
        let theirs = match rule.and_then(|rule| rule.telling_system()) {
            None => false,
            Some(system) => {
                let acknowledged = match known.get(system) {
                    Some(acknowledged) => *acknowledged,
                    None => ledger.acknowledged(&facts.code, system).await?,
                };
                known.insert(system.clone(), acknowledged);
                entry.version <= acknowledged
            }
        };
        let told = match thread.and_then(|thread| thread.told(entry.version, theirs)) {
            Some(told) => Some(told),
            None if entry.version <= noted => None,
            None => {
                let wanted = catalogue.templates().after(entry.action).is_some();
                let told = if theirs { Told::Them } else { Told::by_nobody_yet() };
                wanted.then_some(told)
            }
        };
        found.extend(told.map(|told| (day, told)));
    }
    Ok(found)
}
