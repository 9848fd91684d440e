//! The page that a province prints: one file, nothing fetched from anywhere.

use askama::Template;
use domain::calendar::date_of;
use domain::kpi::report::{Dimension, Figures, Report};
use domain::kpi::{DueBasis, KpiRow, Period};
use jiff::Timestamp;
use jiff::civil::Date;
use platform::Failure;

use platform::gather::Gathered;

use crate::chart;

/// The columns of a table after its first.
const COLUMNS: [&str; 11] = [
    "Kỳ trước chuyển sang",
    "Tiếp nhận",
    "Trong đó trực tuyến",
    "Đã giải quyết",
    "Trước hạn",
    "Đúng hạn",
    "Quá hạn",
    "Tỷ lệ đúng hạn",
    "Đang giải quyết",
    "Đang quá hạn",
    "Chờ, tạm dừng",
];

#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    heading: String,
    told: String,
    complete: bool,
    headlines: Vec<Headline>,
    trend: String,
    trend_points: Vec<[String; 3]>,
    bars: (u64, String),
    columns: [&'static str; 11],
    tables: Vec<Table>,
    made: String,
}

struct Headline {
    name: &'static str,
    value: String,
    change: String,
}

struct Table {
    id: &'static str,
    caption: &'static str,
    first: &'static str,
    lines: Vec<TableLine>,
    total: TableLine,
}

struct TableLine {
    key: String,
    name: String,
    /// What is shown, and what is sorted by.
    cells: Vec<(String, u64)>,
}

/// Whole numbers as Vietnamese writes them: `258.000`.
pub(crate) fn number(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

/// Hundredths of a percent as Vietnamese writes them: `94,12%`.
pub(crate) fn percent_text(share: u64) -> String {
    format!("{},{:02}%", share / 100, share % 100)
}

fn long(day: Date) -> String {
    day.strftime("%d/%m/%Y").to_string()
}

/// What the report is about.
pub(crate) fn heading(period: &Period) -> String {
    let (first, last, name) = (period.first(), period.last(), period.to_string());
    let year = first.year();
    let part = name.split_once('-').map_or("", |(_, part)| part);
    let time = match part.get(..1) {
        _ if name.contains("..") => format!("từ ngày {} đến ngày {}", long(first), long(last)),
        None => format!("năm {year}"),
        Some("Q") => {
            let quarter = ["I", "II", "III", "IV"].get(usize::from(first.month().unsigned_abs() - 1) / 3);
            format!("quý {} năm {year}", quarter.copied().unwrap_or_default())
        }
        Some("H") => format!("6 tháng {} năm {year}", if first.month() == 1 { "đầu" } else { "cuối" }),
        Some("W") => format!("tuần {} ({} – {})", part.trim_start_matches('W'), long(first), long(last)),
        Some(_) if first == last => format!("ngày {}", long(first)),
        Some(_) => format!("tháng {} năm {year}", first.month()),
    };
    format!("Kết quả tiếp nhận, giải quyết thủ tục hành chính {time}")
}

/// As of when, of how many days, against which dates.
pub(crate) fn told_days(period: &Period, gathered: &Gathered) -> String {
    let days = (period.last() - period.first()).get_days() + 1;
    let Some(last) = gathered.last else {
        return "Chưa có số liệu của kỳ này.".to_owned();
    };
    let basis = match gathered.due_basis {
        Some(DueBasis::Original) => "; so với ngày hẹn trả ban đầu, kể cả khi đã có thư xin lỗi",
        Some(DueBasis::Extended) => "; so với ngày hẹn trả lại trong thư xin lỗi, nếu có",
        None => "; ngày hẹn trả dùng để so sánh thay đổi trong kỳ",
    };
    format!("Số liệu đến hết ngày {}, tổng hợp {}/{days} ngày của kỳ{basis}.", long(last), gathered.days)
}

/// The change from the time before, with its sign: `+12`, `−3`, `không đổi`.
fn change(now: u64, before: u64) -> String {
    match now.cmp(&before) {
        std::cmp::Ordering::Equal => "không đổi so với kỳ trước".to_owned(),
        std::cmp::Ordering::Greater => format!("+{} so với kỳ trước", number(now - before)),
        std::cmp::Ordering::Less => format!("−{} so với kỳ trước", number(before - now)),
    }
}

fn headlines(now: &Figures, before: &Figures) -> Vec<Headline> {
    let count = |name, figure: fn(&KpiRow) -> u64| Headline {
        name,
        value: number(figure(&now.row)),
        change: change(figure(&now.row), figure(&before.row)),
    };
    let points = match (now.on_time_share(), before.on_time_share()) {
        (Some(now), Some(before)) if now >= before => format!("+{} điểm so với kỳ trước", percent_text(now - before)),
        (Some(now), Some(before)) => format!("−{} điểm so với kỳ trước", percent_text(before - now)),
        _ => "kỳ trước chưa có số liệu".to_owned(),
    };
    vec![
        count("Tiếp nhận", |row| row.received),
        count("Đã giải quyết", |row| row.resolved),
        Headline {
            name: "Đúng và trước hạn",
            value: now.on_time_share().map_or_else(|| "–".to_owned(), percent_text),
            change: points.replace('%', ""),
        },
        count("Giải quyết quá hạn", |row| row.late),
        count("Đang giải quyết", KpiRow::open),
        count("Đang quá hạn", |row| row.overdue),
    ]
}

fn table_line(key: String, name: String, figures: &Figures) -> TableLine {
    let row = &figures.row;
    let counts =
        [row.carried_over, row.received, figures.received_online, row.resolved, row.early, row.on_time, row.late];
    let share = figures.on_time_share();
    let stocks = [row.in_process, row.overdue, row.supplement + row.payment + row.suspended];
    let cell = |count: u64| (number(count), count);
    let cells = counts
        .into_iter()
        .map(cell)
        .chain([(share.map_or_else(|| "–".to_owned(), percent_text), share.unwrap_or_default())])
        .chain(stocks.into_iter().map(cell));
    TableLine { key, name, cells: cells.collect() }
}

fn table(id: &'static str, caption: &'static str, first: &'static str, report: &Report) -> Table {
    let lines = report.lines.iter().map(|line| table_line(line.key.clone(), line.name.clone(), &line.figures));
    let total = table_line(String::new(), "Toàn tỉnh".to_owned(), &report.total);
    Table { id, caption, first, lines: lines.collect(), total }
}

/// The page of a period; `by` puts its figures together, `before` has those of the period before.
pub(crate) fn page(
    period: &Period,
    gathered: &Gathered,
    by: &dyn Fn(Dimension) -> Report,
    before: &Report,
    trend: &[(Period, KpiRow)],
    now: Timestamp,
) -> Result<String, Failure> {
    let agencies = by(Dimension::Agency);
    let point = |(point, row): &(Period, KpiRow)| [point.to_string(), number(row.received), number(row.resolved)];
    let page = Page {
        heading: heading(period),
        told: told_days(period, gathered),
        complete: gathered.last == Some(period.last()),
        headlines: headlines(&agencies.total, &before.total),
        trend: chart::trend(trend),
        trend_points: trend.iter().map(point).collect(),
        bars: chart::on_time(&agencies.lines),
        tables: vec![
            table("agencies", "Theo cơ quan", "Cơ quan", &agencies),
            table("fields", "Theo lĩnh vực", "Lĩnh vực", &by(Dimension::Field)),
            table("channels", "Theo hình thức nộp", "Hình thức", &by(Dimension::Channel)),
        ],
        columns: COLUMNS,
        made: long(date_of(now)),
    };
    page.render().map_err(|error| Failure::Defect(format!("the page cannot be written: {error}")))
}
