//! The page that a province prints: one file, nothing fetched from anywhere.

use askama::Template;
use domain::agency::AgencyLevel;
use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::kpi::report::{Dimension, EndedAgencies, Figures, Report, Selection};
use domain::kpi::{Behind, Cause, DueBasis, KpiRow};
use domain::period::Period;
use jiff::Timestamp;
use jiff::civil::Date;
use platform::Failure;

use platform::gather::Gathered;

use crate::attention::Attention;
use crate::chart;
use crate::late::{LateList, LateOfAgency};
use crate::published::Navigation;
use crate::standing::Standing;
use crate::survey::Section;
use crate::table::{self, Breakdown, COLUMNS, Table};
use crate::told::{Telling, Told};

/// The source of the page, with its only script and style.
pub(crate) const TEMPLATE: &str = include_str!("../templates/report.html");

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    /// The name of the reporting body.
    body: String,
    heading: String,
    /// As of when, of how many days, against which dates.
    basis: String,
    complete: bool,
    /// That the figures are being corrected, if they are.
    doubts: Option<String>,
    /// With what it is compared; nothing where nothing was counted.
    compared: String,
    headlines: Vec<Headline>,
    trend: String,
    trend_points: Vec<[String; 3]>,
    /// Parts of the chart of agencies, each with its height.
    bars: Vec<(u64, String)>,
    columns: [&'static str; 17],
    tables: Vec<Table>,
    attention: Attention,
    navigation: Navigation<'a>,
    late: Option<Late>,
    /// How far each connected system is, a sentence each; none where no night compared.
    in_step: Vec<String>,
    /// Who told applicants; none where no night counted.
    told: Option<Told>,
    /// How satisfied people are; none where nobody was asked.
    satisfaction: Option<Section>,
    /// The name of the period in addresses.
    period: &'a Period,
    /// What the addresses of the other formats carry behind their names.
    query: &'static str,
    made: String,
}

struct Late {
    /// Which dossiers are listed.
    basis: String,
    /// Whether the list says why they are late.
    has_causes: bool,
    /// How many columns it has.
    width: usize,
    agencies: Vec<LateAgency>,
}

struct LateAgency {
    key: String,
    name: String,
    more: String,
    lines: Vec<LateLine>,
}

struct LateLine {
    code: String,
    due: String,
    settled: String,
    days: String,
    causes: String,
}

struct Headline {
    name: &'static str,
    value: String,
    change: String,
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

pub(crate) fn long(day: Date) -> String {
    day.strftime("%d/%m/%Y").to_string()
}

/// Ties numbers to the word before them, so that no line ends between the two: `tháng 11`, `ngày
/// 18/11/2026`, `quý IV`.
pub(crate) fn tied(text: &str) -> String {
    let mut tied = String::new();
    let mut ties = false;
    for word in text.split(' ') {
        let number = word.starts_with(|first: char| first.is_ascii_digit())
            || ["I", "II", "III", "IV"].contains(&word);
        if !tied.is_empty() {
            tied.push(if ties && number { '\u{a0}' } else { ' ' });
        }
        tied.push_str(word);
        ties =
            ["ngày", "tuần", "tháng", "quý", "năm", "hợp"].contains(&word.to_lowercase().as_str());
    }
    tied
}

/// The heading of the report.
pub(crate) fn heading(period: &Period) -> String {
    format!("Kết quả tiếp nhận, giải quyết thủ tục hành chính {}", time(period))
}

/// What people call the period: `tháng 11 năm 2026`.
pub(crate) fn time(period: &Period) -> String {
    let (first, last, name) = (period.first(), period.last(), period.to_string());
    let year = first.year();
    let part = name.split_once('-').map_or("", |(_, part)| part);
    match part.get(..1) {
        _ if name.contains("..") => format!("từ ngày {} đến ngày {}", long(first), long(last)),
        None => format!("năm {year}"),
        Some("Q") => {
            let quarter =
                ["I", "II", "III", "IV"].get(usize::from(first.month().unsigned_abs() - 1) / 3);
            format!("quý {} năm {year}", quarter.copied().unwrap_or_default())
        }
        Some("H") => {
            format!("6 tháng {} năm {year}", if first.month() == 1 { "đầu" } else { "cuối" })
        }
        Some("W") => {
            format!("tuần {} ({} – {})", part.trim_start_matches('W'), long(first), long(last))
        }
        Some(_) if first == last => format!("ngày {}", long(first)),
        Some(_) => format!("tháng {} năm {year}", first.month()),
    }
}

/// As of when, of how many days, against which dates.
pub(crate) fn basis(period: &Period, gathered: &Gathered) -> String {
    let days = (period.last() - period.first()).get_days() + 1;
    let Some(last) = gathered.last else {
        return "Chưa có số liệu của kỳ này.".to_owned();
    };
    let basis = match gathered.due_basis {
        Some(DueBasis::Original) => "; so với ngày hẹn trả ban đầu, kể cả khi đã có thư xin lỗi",
        Some(DueBasis::Extended) => "; so với ngày hẹn trả lại trong thư xin lỗi, nếu có",
        None => "; ngày hẹn trả dùng để so sánh thay đổi trong kỳ",
    };
    format!(
        "Số liệu đến hết ngày {}, tổng hợp {}/{days} ngày của kỳ{basis}.",
        long(last),
        gathered.days
    )
}

/// A remark that figures are known to be wrong, with the agencies that could not be counted; `None`
/// if none are.
pub(crate) fn doubts(gathered: &Gathered, catalogue: &Catalogue) -> Option<String> {
    if !gathered.doubts.being_corrected() {
        return None;
    }
    let uncounted = gathered.doubts.uncounted.iter().map(|(agency, trouble)| {
        let known = catalogue.agency(agency);
        known.map_or_else(|| agency.to_string(), |known| known.name_on(trouble.last).to_owned())
    });
    let uncounted: Vec<String> = uncounted.collect();
    let named = match uncounted.as_slice() {
        [] => String::new(),
        names => format!(" Chưa tổng hợp được số liệu của: {}.", names.join("; ")),
    };
    Some(format!(
        "Số liệu của kỳ này đang được đính chính; dưới đây là số liệu đã chốt gần nhất.{named}"
    ))
}

/// What of a time is compared with what of the time before.
fn comparison(compared: Option<&Compared>) -> String {
    let Some(Compared { period, working_days: (its, ours), .. }) = compared else {
        return "Không so sánh với kỳ trước: chưa có kỳ trước được tổng hợp đủ với cùng số ngày làm việc.".to_owned();
    };
    let (first, last) = (long(period.first()), long(period.last()));
    let time = if first == last {
        format!("ngày {first}")
    } else {
        format!("từ ngày {first} đến ngày {last}")
    };
    let days = if its == ours {
        format!("cùng {ours} ngày làm việc")
    } else {
        format!("{its} ngày làm việc; kỳ này {ours} ngày làm việc")
    };
    format!("So với kỳ trước: {time} ({days}).")
}

/// The change from the time before, with its sign: `+12`, `−3`, `không đổi`.
fn change(now: u64, before: u64) -> String {
    match now.cmp(&before) {
        std::cmp::Ordering::Equal => "không đổi so với kỳ trước".to_owned(),
        std::cmp::Ordering::Greater => format!("+{} so với kỳ trước", number(now - before)),
        std::cmp::Ordering::Less => format!("−{} so với kỳ trước", number(before - now)),
    }
}

/// The text shown where nothing was counted, which is not zero.
pub(crate) const NOT_COUNTED: &str = "–";

/// The headlines: empty without figures, and without a comparison where the comparable period has
/// none.
fn headlines(now: Option<&Figures>, before: Option<&Figures>) -> Vec<Headline> {
    let unknown = || if now.is_some() { String::new() } else { "chưa có số liệu".to_owned() };
    let count = |name, figure: fn(&KpiRow) -> u64| Headline {
        name,
        value: now.map_or_else(|| NOT_COUNTED.to_owned(), |now| number(figure(&now.row))),
        change: now
            .zip(before)
            .map_or_else(unknown, |(now, before)| change(figure(&now.row), figure(&before.row))),
    };
    let share = now.and_then(Figures::on_time_share);
    let points = match (share, before.and_then(Figures::on_time_share)) {
        (Some(now), Some(before)) if now >= before => {
            format!("+{} điểm so với kỳ trước", percent_text(now - before))
        }
        (Some(now), Some(before)) => {
            format!("−{} điểm so với kỳ trước", percent_text(before - now))
        }
        _ => unknown(),
    };
    vec![
        count("Tiếp nhận", |row| row.received),
        count("Đã giải quyết", |row| row.resolved),
        Headline {
            name: "Đúng và trước hạn",
            value: share.map_or_else(|| NOT_COUNTED.to_owned(), percent_text),
            change: points.replace('%', ""),
        },
        count("Giải quyết quá hạn", |row| row.late),
        count("Chưa giải quyết xong", KpiRow::open),
        count("Đang quá hạn", |row| row.overdue),
    ]
}

fn cause(cause: &Cause) -> &'static str {
    match cause {
        Cause::NotBegun => "chưa bắt đầu giải quyết",
        Cause::Supplement => "đã yêu cầu bổ sung giấy tờ",
        Cause::Payment => "đã yêu cầu nghĩa vụ tài chính",
        Cause::Suspended => "đã có lúc dừng xử lý",
        Cause::Forwarded => "đã chuyển cơ quan phối hợp",
        Cause::SentBack => "bị trả lại để xử lý tiếp",
        Cause::Apologised => "đã xin lỗi, hẹn lại ngày trả",
    }
}

fn late_line(code: &str, behind: &Behind) -> LateLine {
    let causes: Vec<&str> = behind.causes.iter().map(cause).collect();
    LateLine {
        code: code.to_owned(),
        due: long(behind.due),
        settled: behind.settled.map_or_else(|| "chưa xong".to_owned(), long),
        days: number(behind.days),
        causes: if causes.is_empty() {
            "hồ sơ không ghi lý do".to_owned()
        } else {
            causes.join("; ")
        },
    }
}

fn late(list: &LateList) -> Late {
    let basis = format!(
        "Hồ sơ giải quyết quá hạn từ ngày {} đến ngày {}, và hồ sơ còn quá hạn lúc hết ngày {}. Mỗi cơ quan nêu nhiều nhất 50 hồ sơ trễ lâu nhất, chỉ nêu mã hồ sơ.",
        long(list.first),
        long(list.last),
        long(list.last)
    );
    let agency = |agency: &LateOfAgency| LateAgency {
        key: agency.code.to_string(),
        name: agency.name.clone(),
        more: if agency.more == 0 {
            String::new()
        } else {
            number(u64::try_from(agency.more).unwrap_or(u64::MAX))
        },
        lines: agency.lines.iter().map(|(code, behind)| late_line(code.as_str(), behind)).collect(),
    };
    let agencies = list.agencies.iter().map(agency).collect();
    let (has_causes, width) = (list.has_causes, 4 + usize::from(list.has_causes));
    Late { basis: tied(&basis), has_causes, width, agencies }
}

/// What a page shows besides the figures of its period.
pub(crate) struct PageParts<'a> {
    /// Groups the figures by a dimension.
    pub by: &'a dyn Fn(Dimension) -> Report,
    /// The time before, if it is like this one.
    pub compared: Option<&'a Compared>,
    /// The points of the trend; one that was not counted has no figures.
    pub trend: &'a [(Period, Option<KpiRow>)],
    /// Late dossiers, if they are listed.
    pub late: Option<&'a LateList>,
    /// How far each connected system is, and who told applicants of the changes of the period.
    pub others: (&'a [Standing], &'a Telling),
    /// How satisfied people are, if they were asked.
    pub satisfaction: Option<Section>,
    /// The times around this one that are published.
    pub navigation: Navigation<'a>,
}

/// The period with which a report is compared.
pub(crate) struct Compared {
    /// The period that is compared.
    pub period: Period,
    /// Its total under the same selection.
    pub total: Figures,
    /// The working days of that period, and the counted working days of the report's own.
    pub working_days: (i64, i64),
}

/// The name of the reporting body: the province that exists on `day`.
pub(crate) fn body(catalogue: &Catalogue, day: Date) -> String {
    let mut provinces = catalogue.agencies().filter(|agency| agency.level == AgencyLevel::Province);
    provinces
        .find(|agency| agency.exists_on(day))
        .map(|agency| agency.name_on(day).to_owned())
        .unwrap_or_default()
}

/// The report of a period as one HTML page.
pub(crate) fn page(
    period: &Period,
    gathered: &Gathered,
    parts: PageParts<'_>,
    (catalogue, selection): (&Catalogue, &Selection),
    now: Timestamp,
) -> Result<String, Failure> {
    let agencies = (parts.by)(Dimension::Agency);
    let counted = gathered.days > 0;
    let point = |(point, row): &(Period, Option<KpiRow>)| {
        let shown = |figure: fn(&KpiRow) -> u64| {
            row.as_ref().map_or_else(|| NOT_COUNTED.to_owned(), |row| number(figure(row)))
        };
        [chart::short(point), shown(|row| row.received), shown(|row| row.resolved)]
    };
    let compared = parts.compared.map(|compared| &compared.total);
    let target = catalogue.law().rule_on(gathered.last.unwrap_or(period.last())).on_time_target;
    let page = Page {
        body: body(catalogue, period.last()),
        heading: tied(&heading(period)),
        basis: tied(&basis(period, gathered)),
        doubts: doubts(gathered, catalogue),
        complete: gathered.is_complete(period, date_of(now)),
        compared: if counted { tied(&comparison(parts.compared)) } else { String::new() },
        headlines: headlines(counted.then_some(&agencies.total), compared),
        trend: chart::trend(parts.trend),
        trend_points: parts.trend.iter().map(point).collect(),
        bars: chart::on_time(&agencies.lines),
        tables: Breakdown::ALL
            .map(|by| table::table(by, &(parts.by)(by.dimension()), gathered))
            .into(),
        attention: Attention::of(&agencies, target),
        navigation: parts.navigation.clone(),
        period,
        late: parts.late.map(late),
        in_step: parts.others.0.iter().map(|standing| tied(&standing.sentence())).collect(),
        told: parts.others.1.shown(),
        satisfaction: parts.satisfaction,
        query: match selection.ended {
            EndedAgencies::AsCounted => "",
            EndedAgencies::Merged => "?agencies=merged",
        },
        columns: COLUMNS,
        made: tied(&format!("Lập ngày {}.", long(date_of(now)))),
    };
    page.render().map_err(|error| Failure::Defect(format!("the page cannot be written: {error}")))
}
