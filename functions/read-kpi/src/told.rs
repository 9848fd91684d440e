//! Who told applicants of the changes of a time, as the nights counted it.

use std::collections::BTreeMap;

use domain::catalogue::Catalogue;
use domain::id::AgencyCode;
use domain::kpi::report::EndedAgencies;
use domain::period::Period;
use domain::thread::ToldCount;
use platform::Failure;
use platform::dynamo::Deliveries;
use serde::Serialize;

use crate::page::{number, tied};

/// Who told, of the whole province and of each agency.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Telling {
    /// Days of the time that were counted.
    days: usize,
    #[serde(flatten)]
    total: ToldCount,
    agencies: Vec<OfAgency>,
}

#[derive(Debug, Serialize)]
struct OfAgency {
    agency: AgencyCode,
    name: String,
    #[serde(flatten)]
    told: ToldCount,
}

impl Telling {
    /// Reads what was counted of `period`.
    pub(crate) async fn of(
        period: &Period,
        ended: EndedAgencies,
        (ledger, catalogue): (&Deliveries, &Catalogue),
    ) -> Result<Self, Failure> {
        let counted = ledger.told(period.first(), period.last()).await?;
        let days = counted.len();
        let (mut total, mut agencies) = (ToldCount::default(), BTreeMap::new());
        for cell in counted.into_values().flatten() {
            total.add(&cell.told);
            let shown = match ended {
                EndedAgencies::AsCounted => cell.agency,
                EndedAgencies::Merged => {
                    catalogue.register().shown_under(&cell.agency, None, period.last())
                }
            };
            agencies.entry(shown).or_insert_with(ToldCount::default).add(&cell.told);
        }
        let of_agency = |(agency, told): (AgencyCode, ToldCount)| {
            let known = catalogue.agency(&agency);
            let name = known.map_or_else(
                || agency.to_string(),
                |known| known.name_on(period.last()).to_owned(),
            );
            OfAgency { agency, name, told }
        };
        Ok(Self { days, total, agencies: agencies.into_iter().map(of_agency).collect() })
    }

    /// What the page shows; none where no day was counted.
    pub(crate) fn shown(&self) -> Option<Told> {
        let line = |of: &OfAgency| ToldLine {
            key: of.agency.to_string(),
            name: of.name.clone(),
            cells: [of.told.us, of.told.them, of.told.both, of.told.unsure, of.told.untold()]
                .map(number),
        };
        (self.days > 0).then(|| Told {
            sentence: tied(&self.sentence()),
            lines: self.agencies.iter().map(line).collect(),
        })
    }

    fn sentence(&self) -> String {
        let ToldCount { us, them, both, unsure, nobody } = &self.total;
        let reasons =
            nobody.iter().map(|(why, count)| format!("{} {}", reason(why), number(*count)));
        let reasons = reasons.collect::<Vec<_>>().join("; ");
        let reasons = if reasons.is_empty() { reasons } else { format!(" ({reasons})") };
        format!(
            "{} ngày đã tổng hợp, {} thay đổi phải báo: tỉnh báo {}, Cổng hoặc hệ thống khác báo {}, cả hai cùng báo {}, chưa rõ đã đến {}, chưa ai báo {}{reasons}.",
            number(u64::try_from(self.days).unwrap_or(u64::MAX)),
            number(self.total.changes()),
            number(*us),
            number(*them),
            number(*both),
            number(*unsure),
            number(self.total.untold()),
        )
    }
}

/// What the page says of who told.
pub(crate) struct Told {
    /// The sums of the province, in a sentence.
    pub sentence: String,
    /// The figures of each agency that has any.
    pub lines: Vec<ToldLine>,
}

/// A line of the page's table.
pub(crate) struct ToldLine {
    /// The code of the agency.
    pub key: String,
    /// The name of the agency.
    pub name: String,
    /// Told by us, by another system, by both, unsure, by nobody.
    pub cells: [String; 5],
}

/// Why nobody told, in words; a word that is not known here as it is.
fn reason(why: &str) -> &str {
    match why {
        "not-looked-at" => "chưa xử lý thông báo",
        "opted-out" => "người nộp không nhận tin",
        "no-channel" => "không còn kênh gửi",
        "budget" => "hết kinh phí tháng",
        "budget-share" => "hết phần kinh phí của cơ quan",
        "not-listed" => "không còn thông tin liên hệ",
        "land-line" => "số cố định",
        "no-mobile-range" => "không phải số di động",
        "foreign-number" => "số nước ngoài",
        "no-phone" => "không có điện thoại",
        "no-provider" => "chưa có nhà cung cấp",
        "given-up" => "quá thời hạn gửi",
        "quiet-hours" => "chờ hết giờ nghỉ",
        "number-cap" => "số đã nhận đủ tin trong ngày",
        "agency-share" => "chờ đến lượt cơ quan",
        "coalescing" => "chờ gộp tin",
        "system-may-tell" => "chờ hệ thống khác báo",
        "gateway" => "nhà cung cấp từ chối",
        "waiting" | "leased" => "đang gửi",
        other => other,
    }
}
