//! The figures as CSV (RFC 4180) and as a workbook.

use domain::kpi::report::{Dimension, Figures, Line, Report};
use domain::period::Period;
use platform::Failure;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use crate::answer::percent;
use crate::page::{NOT_COUNTED, basis, heading};
use crate::survey::{NOT_SHOWN, Section, SectionLine, Told};
use platform::gather::Gathered;

/// A column: its Vietnamese name and its value.
type Column = (&'static str, fn(&Figures) -> u64);

const COLUMNS: [Column; 24] = [
    ("Kỳ trước chuyển sang", |figures| figures.row.carried_over),
    ("Tiếp nhận", |figures| figures.row.received),
    ("Trong đó trực tuyến", |figures| figures.received_online),
    ("Mở lại", |figures| figures.row.reopened),
    ("Kết quả bị trả lại", |figures| figures.row.sent_back),
    ("Đã giải quyết", |figures| figures.row.resolved),
    ("Trước hạn", |figures| figures.row.early),
    ("Đúng hạn", |figures| figures.row.on_time),
    ("Quá hạn", |figures| figures.row.late),
    ("Từ chối", |figures| figures.row.refused),
    ("Rút hồ sơ", |figures| figures.row.withdrawn),
    ("Đang giải quyết", |figures| figures.row.in_process),
    ("Đang quá hạn", |figures| figures.row.overdue),
    ("Quá hạn ở bước", |figures| figures.row.step_overdue),
    ("Chưa phân công", |figures| figures.row.unheld()),
    ("Chờ bổ sung", |figures| figures.row.supplement),
    ("Chờ nghĩa vụ tài chính", |figures| figures.row.payment),
    ("Tạm dừng", |figures| figures.row.suspended),
    ("Có giấy tờ điện tử", |figures| figures.row.digitised),
    ("Chờ tiếp nhận quá hạn", |figures| figures.row.waiting_late),
    ("Có kết quả điện tử", |figures| figures.row.results_electronic),
    ("Tiếp nhận trễ", |figures| figures.row.received_late),
    ("Yêu cầu bổ sung", |figures| figures.row.asked),
    ("Yêu cầu bổ sung quá thời hạn", |figures| figures.row.asked_late),
];

/// The size of paper in the numbers of the format (ECMA-376 Part 1 §18.3.1.63).
const A4: u8 = 9;

const SHARE: &str = "Tỷ lệ đúng hạn (%)";

/// What people said of results that were handed over, behind all other columns.
const ANSWER_COLUMNS: [&str; 4] =
    ["Kết quả đã trả", "Ý kiến trả lời", "Tỷ lệ trả lời (%)", "Hài lòng trở lên (%)"];

fn defect(error: impl std::fmt::Display) -> Failure {
    Failure::Defect(format!("a report cannot be written: {error}"))
}

/// All lines, the total last. If no day was counted, the total has a remark and no figures.
fn lines(
    period: &Period,
    gathered: &Gathered,
    report: &Report,
) -> impl Iterator<Item = (Line, bool)> {
    let counted = gathered.days > 0;
    let name = if counted {
        "Toàn tỉnh".to_owned()
    } else {
        format!("Toàn tỉnh: {}", basis(period, gathered))
    };
    let total = Line { key: String::new(), name, figures: report.total };
    report.lines.iter().cloned().chain([total]).map(move |line| (line, counted))
}

/// Whether a CSV begins with a byte order mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ByteOrderMark {
    /// For spreadsheets that take a file without one for another encoding.
    Written,
    /// For everything that reads UTF-8.
    LeftOut,
}

/// The lines as CSV, the total last; `answers` are what people said, where they were asked.
pub(crate) fn csv(
    period: &Period,
    gathered: &Gathered,
    report: &Report,
    (answers, doubts): (Option<&Section>, Option<String>),
    mark: ByteOrderMark,
) -> Result<String, Failure> {
    let names = COLUMNS.iter().map(|(name, _)| *name);
    let names = ["Mã", "Tên"].into_iter().chain(names).chain([SHARE]).chain(ANSWER_COLUMNS);
    let names: Vec<String> = names.map(str::to_owned).collect();
    let doubts = doubts.map(|doubts| remark(doubts, names.len()));
    let answered = |key: &str| {
        let of = answers.map(|section| (section, section.lines.iter().find(|one| one.key == key)));
        match of {
            Some((section, _)) if key.is_empty() => section.total.told,
            Some((_, Some(line))) => line.told,
            // It handed nothing over, and nobody has said anything of it.
            Some((_, None)) => [Told::Count(0), Told::Count(0), Told::Nothing, Told::Nothing],
            None => [Told::Nothing; 4],
        }
    };
    let record = |(line, counted): (Line, bool)| {
        let shown = |figure: String| if counted { figure } else { NOT_COUNTED.to_owned() };
        let figures = COLUMNS.iter().map(|(_, figure)| shown(figure(&line.figures).to_string()));
        let share = shown(line.figures.on_time_share().map(percent).unwrap_or_default());
        let answered = answered(&line.key).map(|told| shown(told.in_csv()));
        [harmless(line.key), harmless(line.name)]
            .into_iter()
            .chain(figures)
            .chain([share])
            .chain(answered)
            .collect()
    };
    let report = with_answered(report, answers);
    csv_of(names, lines(period, gathered, &report).map(record).chain(doubts), mark)
}

/// The report with a line for each agency, too, of which only answers are known yet.
fn with_answered(report: &Report, answers: Option<&Section>) -> Report {
    let mut report = report.clone();
    for SectionLine { key, name, .. } in answers.iter().flat_map(|section| &section.lines) {
        if !report.lines.iter().any(|line| line.key == *key) {
            let (key, name) = (key.clone(), name.clone());
            report.lines.push(Line { key, name, figures: Figures::default() });
        }
    }
    report.lines.sort_by(|one, other| one.key.cmp(&other.key));
    report
}

impl Told {
    /// As CSV has it: a number as programs read it, and nothing for what there is not.
    fn in_csv(self) -> String {
        match self {
            Self::Count(count) => count.to_string(),
            Self::Share(share) => percent(share),
            Self::Nothing => String::new(),
            Self::TooFew => NOT_SHOWN.to_owned(),
        }
    }
}

/// A remark as the last record: as many fields as the others, only that of the name filled.
pub(crate) fn remark(text: String, fields: usize) -> Vec<String> {
    let mut record = vec![String::new(); fields];
    if let Some(name) = record.get_mut(1) {
        *name = harmless(text);
    }
    record
}

/// Records as CSV (RFC 4180).
pub(crate) fn csv_of(
    names: Vec<String>,
    records: impl Iterator<Item = Vec<String>>,
    mark: ByteOrderMark,
) -> Result<String, Failure> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for record in [names].into_iter().chain(records) {
        writer.write_record(record).map_err(defect)?;
    }
    let text = String::from_utf8(writer.into_inner().map_err(defect)?).map_err(defect)?;
    Ok(match mark {
        ByteOrderMark::Written => format!("\u{feff}{text}"),
        ByteOrderMark::LeftOut => text,
    })
}

/// A name that a spreadsheet would take for a formula is made a text.
pub(crate) fn harmless(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text }
}

/// A workbook with a sheet for each way of putting the figures together, and one for what people
/// said, where they were asked.
pub(crate) fn xlsx(
    period: &Period,
    gathered: &Gathered,
    (answers, doubts): (Option<&Section>, Option<&str>),
    reports: &[(Dimension, Report)],
) -> Result<Vec<u8>, Failure> {
    let mut workbook = Workbook::new();
    // The time of making would give the same figures another tag each time.
    let day = gathered.last.unwrap_or_else(|| period.last());
    let (year, month, day) = (day.year(), day.month(), day.day());
    let made =
        ExcelDateTime::from_ymd(year.unsigned_abs(), month.unsigned_abs(), day.unsigned_abs());
    // A sheet knows no day before 1900.
    let made = made.or_else(|_| ExcelDateTime::from_ymd(1900, 1, 1));
    let made = DocProperties::new().set_creation_datetime(&made.map_err(defect)?);
    workbook.set_properties(&made);
    for (dimension, report) in reports {
        fill(workbook.add_worksheet(), period, gathered, *dimension, report).map_err(defect)?;
    }
    if let Some(section) = answers {
        fill_answers(workbook.add_worksheet(), period, gathered, section).map_err(defect)?;
    }
    for sheet in workbook.worksheets_mut() {
        if let Some(doubts) = doubts {
            // The row between what the figures are of and the names of the columns.
            sheet.write_with_format(2, 0, doubts, &Format::new().set_bold()).map_err(defect)?;
        }
    }
    workbook.save_to_buffer().map_err(defect)
}

fn fill(
    sheet: &mut Worksheet,
    period: &Period,
    gathered: &Gathered,
    dimension: Dimension,
    report: &Report,
) -> Result<(), XlsxError> {
    let last_column = u16::try_from(COLUMNS.len() + 2).unwrap_or(u16::MAX);
    let share = Format::new().set_num_format("0.00");
    sheet.set_name(match dimension {
        Dimension::Agency => "Cơ quan",
        Dimension::Level => "Cấp",
        Dimension::Field => "Lĩnh vực",
        Dimension::Procedure => "Thủ tục",
        Dimension::Channel => "Hình thức",
        Dimension::Officer => "Cán bộ",
    })?;
    let names = COLUMNS.iter().map(|(name, _)| *name).chain([SHARE]);
    frame(sheet, period, gathered, (names, 7.5))?;
    for (row, (line, counted)) in (4_u32..).zip(lines(period, gathered, report)) {
        sheet.write_string(row, 0, &line.key)?;
        sheet.write_string(row, 1, &line.name)?;
        for (column, (_, figure)) in (2_u16..).zip(COLUMNS) {
            if counted {
                sheet.write(row, column, figure(&line.figures))?;
            } else {
                sheet.write(row, column, NOT_COUNTED)?;
            }
        }
        if let Some(hundredths) = line.figures.on_time_share() {
            let percent: f64 = percent(hundredths).parse().unwrap_or_default();
            sheet.write_with_format(row, last_column, percent, &share)?;
        }
    }
    Ok(())
}

/// The sheet of what people said of results that were handed over.
fn fill_answers(
    sheet: &mut Worksheet,
    period: &Period,
    gathered: &Gathered,
    section: &Section,
) -> Result<(), XlsxError> {
    let percents = Format::new().set_num_format("0.00");
    sheet.set_name("Hài lòng")?;
    frame(sheet, period, gathered, (ANSWER_COLUMNS.into_iter(), 14.0))?;
    let province = SectionLine { name: "Toàn tỉnh".to_owned(), ..section.total.clone() };
    for (row, line) in (4_u32..).zip(section.lines.iter().chain([&province])) {
        sheet.write_string(row, 0, &line.key)?;
        sheet.write_string(row, 1, &line.name)?;
        for (column, told) in (2_u16..).zip(line.told) {
            match told {
                Told::Count(count) => {
                    sheet.write(row, column, count)?;
                }
                Told::Share(share) => {
                    let percent: f64 = percent(share).parse().unwrap_or_default();
                    sheet.write_with_format(row, column, percent, &percents)?;
                }
                Told::Nothing => {}
                Told::TooFew => {
                    sheet.write(row, column, NOT_SHOWN)?;
                }
            }
        }
    }
    Ok(())
}

/// What every sheet has: what it is about, the names of its columns, each of `width`, and how it is
/// printed.
fn frame<'a>(
    sheet: &mut Worksheet,
    period: &Period,
    gathered: &Gathered,
    (names, width): (impl Iterator<Item = &'a str>, f64),
) -> Result<(), XlsxError> {
    let (bold, head) = (Format::new().set_bold(), Format::new().set_bold().set_text_wrap());
    sheet.write_with_format(0, 0, heading(period), &bold)?;
    sheet.write(1, 0, basis(period, gathered))?;
    sheet.set_column_width(0, 11)?;
    sheet.set_column_width(1, 40)?;
    for (column, name) in (0_u16..).zip(["Mã", "Tên"].into_iter().chain(names)) {
        sheet.write_with_format(3, column, name, &head)?;
        if column > 1 {
            sheet.set_column_width(column, width)?;
        }
    }
    sheet.set_freeze_panes(4, 2)?;
    // On A4 landscape as wide as the sheet, the names of the columns on every sheet.
    sheet.set_landscape().set_paper_size(A4).set_print_fit_to_pages(1, 0);
    sheet.set_margins(0.4, 0.4, 0.5, 0.5, 0.3, 0.3).set_footer("&C&P/&N");
    sheet.set_repeat_rows(3, 3)?;
    Ok(())
}
