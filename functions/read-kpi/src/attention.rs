//! What a leader looks at first: whether the target is met, and which agencies need help.

use domain::kpi::report::{Figures, Report};

use crate::page::{number, percent_text};
use crate::table::late_first;

/// How many agencies are named.
const AGENCIES_MAX: usize = 3;

/// The part of the page that comes first.
pub(crate) struct Attention {
    /// How far the province is from its target; none without a target or without results.
    pub target: Option<String>,
    /// The agencies with most overdue dossiers, in that order.
    pub agencies: Vec<Needy>,
}

/// An agency that needs help.
pub(crate) struct Needy {
    pub name: String,
    /// What it has that is late, and its share of results in time.
    pub why: String,
}

impl Attention {
    /// Of the agencies' `report`; `target` is in hundredths of a percent.
    pub(crate) fn of(report: &Report, target: Option<u16>) -> Self {
        let target = target.zip(report.total.on_time_share());
        let is_late = |figures: &Figures| figures.row.overdue + figures.row.late > 0;
        let needy = late_first(&report.lines).into_iter().filter(|line| is_late(&line.figures));
        let needy = needy
            .take(AGENCIES_MAX)
            .map(|line| Needy { name: line.name.clone(), why: why(&line.figures) });
        Self {
            target: target.map(|(target, share)| sentence(u64::from(target), share)),
            agencies: needy.collect(),
        }
    }
}

fn sentence(target: u64, share: u64) -> String {
    let (aim, is) = (percent_text(target), percent_text(share));
    if share >= target {
        format!("Đạt chỉ tiêu {aim}: đúng và trước hạn {is}.")
    } else {
        let points = percent_text(target - share).replace('%', "");
        format!("Chưa đạt chỉ tiêu {aim}: đúng và trước hạn {is}, còn thiếu {points} điểm.")
    }
}

fn why(figures: &Figures) -> String {
    let row = &figures.row;
    let mut parts = Vec::new();
    if row.overdue > 0 {
        parts.push(format!("{} hồ sơ đang quá hạn", number(row.overdue)));
    }
    if row.late > 0 {
        parts.push(format!("{} hồ sơ giải quyết quá hạn", number(row.late)));
    }
    parts.extend(figures.on_time_share().map(|share| format!("đúng hạn {}", percent_text(share))));
    parts.join("; ")
}
