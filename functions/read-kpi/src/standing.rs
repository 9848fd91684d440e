//! How far each connected system is with what it must have, as the last night compared it.

use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::delivery::SystemId;
use domain::kpi::report::share;
use domain::period::Period;
use jiff::tz::{self, TimeZone};
use jiff::{Timestamp, ToSpan};
use platform::Failure;
use platform::dynamo::{Deliveries, SystemStanding};
use serde::Serialize;

use crate::answer::percent;
use crate::page::{number, percent_text};

/// One system in a report.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Standing {
    system: SystemId,
    /// What people call it.
    name: String,
    #[serde(flatten)]
    compared: SystemStanding,
    /// The share of the changed ones that it had; none where none had changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    in_step_percent: Option<String>,
}

/// The systems that a night of `period`, or the one after it, compared last, and that are still
/// connected, by name; none of a time of which only earlier or later nights speak.
pub(crate) async fn standings(
    period: &Period,
    ledger: &Deliveries,
    catalogue: &Catalogue,
) -> Result<Vec<Standing>, Failure> {
    let last = period.last().saturating_add(1.day());
    let known = ledger.standings().await?.into_iter().filter_map(|(system, compared)| {
        let day = date_of(compared.compared_at);
        let of_time = period.first() <= day && day <= last;
        let listed = catalogue.systems().system(&system, day).filter(|known| known.connected)?;
        of_time.then(|| Standing {
            name: listed.name.clone(),
            in_step_percent: share(compared.in_step, compared.changed).map(percent),
            system,
            compared,
        })
    });
    Ok(known.collect())
}

/// A time in Viet Nam, as a sentence has it.
fn time(at: Timestamp) -> String {
    at.to_zoned(TimeZone::fixed(tz::offset(7))).strftime("%H:%M ngày %d/%m/%Y").to_string()
}

impl Standing {
    /// The sentence of the page.
    pub(crate) fn sentence(&self) -> String {
        let SystemStanding { compared_at, changed, in_step, behind, behind_since, transfers } =
            &self.compared;
        let (name, at) = (&self.name, time(*compared_at));
        let has = match share(*in_step, *changed) {
            Some(share) => format!(
                "đã nhận đủ {}/{} hồ sơ có thay đổi trong 7 ngày ({})",
                number(*in_step),
                number(*changed),
                percent_text(share)
            ),
            None => "không có hồ sơ thay đổi trong 7 ngày".to_owned(),
        };
        let waits = match behind_since {
            Some(since) => {
                format!("{} hồ sơ đang chờ gửi, lâu nhất từ {}", number(*behind), time(*since))
            }
            None => "không còn hồ sơ chờ gửi".to_owned(),
        };
        let processes = transfers.map_or_else(String::new, |open| {
            format!(
                "; {} hồ sơ chuyển sang chưa được xác nhận, trong đó {} quá thời hạn; {} bị từ chối",
                number(open.offered),
                number(open.overdue),
                number(open.refused)
            )
        });
        format!("{name}: {has}; {waits}{processes} (đối soát lúc {at}).")
    }
}
