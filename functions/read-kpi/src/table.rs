//! The tables of the page: what is late stands first, in lines and in columns.

use std::cmp::Reverse;

use domain::kpi::report::{Dimension, Figures, Line, Report};
use platform::gather::Gathered;

use crate::page::{NOT_COUNTED, number, percent_text};

/// The columns of a table after its first. A telephone shows the first two of them beside the names.
/// What was carried over, received and opened again is what was settled, refused or withdrawn and
/// what is open still; that is what is worked on and what waits.
pub(crate) const COLUMNS: [&str; 17] = [
    "Tỷ lệ đúng hạn",
    "Đang quá hạn",
    "Quá hạn",
    "Kỳ trước chuyển sang",
    "Tiếp nhận",
    "Trong đó trực tuyến",
    "Mở lại",
    "Đã giải quyết",
    "Trước hạn",
    "Đúng hạn",
    "Từ chối, rút hồ sơ",
    "Chưa giải quyết xong",
    "Đang giải quyết",
    "Quá hạn ở bước",
    "Chưa phân công",
    "Chờ, tạm dừng",
    "Yêu cầu bổ sung quá thời hạn",
];

/// The most procedures that the page names; a province has some two thousand, and the workbook has
/// all of them.
const PROCEDURES_MAX: usize = 50;

pub(crate) struct Table {
    pub id: &'static str,
    pub caption: &'static str,
    pub first: &'static str,
    /// Whether its keys are codes that people know.
    pub coded: bool,
    pub lines: Vec<TableLine>,
    /// How many further lines only the workbook has; empty where it has no more.
    pub more: String,
    pub total: TableLine,
}

pub(crate) struct TableLine {
    pub key: String,
    pub name: String,
    /// What is shown, and what is sorted by.
    pub cells: Vec<(String, u64)>,
}

fn table_line(key: String, name: String, figures: &Figures) -> TableLine {
    let row = &figures.row;
    let counts = [
        row.overdue,
        row.late,
        row.carried_over,
        row.received,
        figures.received_online,
        row.reopened,
        row.resolved,
        row.early,
        row.on_time,
        row.refused + row.withdrawn,
        row.open(),
        row.in_process,
        row.step_overdue,
        row.unheld(),
        row.supplement + row.payment + row.suspended,
        row.asked_late,
    ];
    let share = figures.on_time_share();
    let share =
        (share.map_or_else(|| NOT_COUNTED.to_owned(), percent_text), share.unwrap_or_default());
    let cells = [share].into_iter().chain(counts.map(|count| (number(count), count)));
    TableLine { key, name, cells: cells.collect() }
}

/// By what a table of the page breaks the figures down.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Breakdown {
    Agencies,
    Procedures,
    Fields,
    Channels,
}

impl Breakdown {
    /// The tables, in the order of the page.
    pub(crate) const ALL: [Self; 4] =
        [Self::Agencies, Self::Procedures, Self::Fields, Self::Channels];

    pub(crate) fn dimension(self) -> Dimension {
        match self {
            Self::Agencies => Dimension::Agency,
            Self::Procedures => Dimension::Procedure,
            Self::Fields => Dimension::Field,
            Self::Channels => Dimension::Channel,
        }
    }

    fn id(self) -> &'static str {
        match self {
            Self::Agencies => "agencies",
            Self::Procedures => "procedures",
            Self::Fields => "fields",
            Self::Channels => "channels",
        }
    }

    fn caption(self) -> &'static str {
        match self {
            Self::Agencies => "Theo cơ quan",
            Self::Procedures => "Theo thủ tục",
            Self::Fields => "Theo lĩnh vực",
            Self::Channels => "Theo hình thức nộp",
        }
    }

    /// The heading of the first column.
    fn first(self) -> &'static str {
        match self {
            Self::Agencies => "Cơ quan",
            Self::Procedures => "Thủ tục",
            Self::Fields => "Lĩnh vực",
            Self::Channels => "Hình thức",
        }
    }

    /// Whether its keys are codes that people know.
    fn is_coded(self) -> bool {
        match self {
            Self::Agencies | Self::Procedures | Self::Fields => true,
            Self::Channels => false,
        }
    }

    /// The most lines that are shown.
    fn lines_max(self) -> usize {
        match self {
            Self::Procedures => PROCEDURES_MAX,
            Self::Agencies | Self::Fields | Self::Channels => usize::MAX,
        }
    }
}

/// The lines, those with most overdue dossiers first, then those with most late results.
pub(crate) fn late_first(lines: &[Line]) -> Vec<&Line> {
    let mut lines: Vec<&Line> = lines.iter().collect();
    lines.sort_by_key(|line| Reverse((line.figures.row.overdue, line.figures.row.late)));
    lines
}

pub(crate) fn table(by: Breakdown, report: &Report, gathered: &Gathered) -> Table {
    let sorted = late_first(&report.lines);
    let more = sorted.len().saturating_sub(by.lines_max());
    let lines = sorted
        .into_iter()
        .take(by.lines_max())
        .map(|line| table_line(line.key.clone(), line.name.clone(), &line.figures));
    let mut total = table_line(String::new(), "Toàn tỉnh".to_owned(), &report.total);
    if gathered.days == 0 {
        total.cells.fill((NOT_COUNTED.to_owned(), 0));
    }
    Table {
        id: by.id(),
        caption: by.caption(),
        first: by.first(),
        coded: by.is_coded(),
        lines: lines.collect(),
        more: if more == 0 {
            String::new()
        } else {
            number(u64::try_from(more).unwrap_or(u64::MAX))
        },
        total,
    }
}
