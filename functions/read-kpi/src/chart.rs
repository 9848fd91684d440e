//! Charts as SVG: positions in whole pixels, texts for screen readers, and no information by colour
//! alone.

use std::fmt::Write;

use domain::kpi::KpiRow;
use domain::kpi::report::Line;
use domain::period::Period;

use crate::page::{number, percent_text};

const WIDTH: u64 = 720;
const HEIGHT: u64 = 220;
/// Room for the axis on the left and below.
const LEFT: u64 = 56;
const BELOW: u64 = 28;
const ABOVE: u64 = 12;
/// Grid lines of the axis.
const STEPS: u64 = 4;
/// The most agencies that a chart shows.
const BARS_MAX: usize = 20;
/// The most agencies below each other in one part of the chart.
const PART: usize = 10;
/// The chart of agencies is narrow, so that a telephone shows its words in a size that can be read:
/// a name, and below it its bar.
const NARROW: u64 = 400;
const BAR: u64 = 38;
/// Room for the share behind a bar.
const SHARE: u64 = 64;

/// The next number of 1, 2 or 5 with zeros that four steps reach `most` by.
fn step(most: u64) -> u64 {
    let mut unit = 1;
    loop {
        for factor in [1, 2, 5] {
            if factor * unit * STEPS >= most {
                return factor * unit;
            }
        }
        unit *= 10;
    }
}

/// The label under a point: the distinguishing part of its period's name.
pub(crate) fn short(point: &Period) -> String {
    let day = point.first();
    if point.first() == point.last() {
        day.strftime("%d/%m").to_string()
    } else {
        day.strftime("%m/%Y").to_string()
    }
}

/// Received and resolved, side by side for each point; a gap where nothing was counted.
pub(crate) fn trend(points: &[(Period, Option<KpiRow>)]) -> String {
    let counted = points.iter().filter_map(|(_, row)| row.as_ref());
    let most = counted.map(|row| row.received.max(row.resolved)).max().unwrap_or_default();
    if most == 0 {
        return String::new();
    }
    let (step, room) = (step(most), HEIGHT - ABOVE - BELOW);
    let height = |count: u64| count * room / (step * STEPS);
    let base = HEIGHT - BELOW;
    let slot = (WIDTH - LEFT) / u64::try_from(points.len()).unwrap_or(1).max(1);
    let bar = (slot * 2 / 5).max(1);
    let mut svg = String::new();
    let mut draw = |text: String| svg.push_str(&text);
    for line in 0..=STEPS {
        let y = base - height(line * step);
        draw(format!("<line x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{y}\" y2=\"{y}\" class=\"grid\"/>"));
        let (x, y, text) = (LEFT - 6, y + 4, number(line * step));
        draw(format!("<text x=\"{x}\" y=\"{y}\" class=\"axis end\">{text}</text>"));
    }
    // Names where there is room for them.
    let every = (points.len() * 46 / usize::try_from(WIDTH - LEFT).unwrap_or(1)) + 1;
    for (place, (point, row)) in points.iter().enumerate() {
        let x = LEFT + slot * u64::try_from(place).unwrap_or_default() + slot / 10;
        let both = row.map(|row| [(0, "received", row.received), (bar, "resolved", row.resolved)]);
        for (offset, class, count) in both.into_iter().flatten() {
            let (x, height) = (x + offset, height(count));
            let y = base - height;
            draw(format!(
                "<rect x=\"{x}\" y=\"{y}\" width=\"{bar}\" height=\"{height}\" class=\"{class}\"/>"
            ));
        }
        if place.is_multiple_of(every) {
            let (x, y) = (x + bar, HEIGHT - 8);
            draw(format!(
                "<text x=\"{x}\" y=\"{y}\" class=\"axis middle\">{}</text>",
                short(point)
            ));
        }
    }
    svg
}

/// Each agency's share of results in time, as charts with their heights, to be shown next to each
/// other where there is room; agencies with the most results come first.
pub(crate) fn on_time(lines: &[Line]) -> Vec<(u64, String)> {
    let mut shown: Vec<&Line> = lines.iter().filter(|line| line.figures.row.resolved > 0).collect();
    shown.sort_by_key(|line| std::cmp::Reverse(line.figures.row.resolved));
    shown.truncate(BARS_MAX);
    shown.chunks(PART).map(bars).collect()
}

fn bars(lines: &[&Line]) -> (u64, String) {
    let (mut svg, mut y) = (String::new(), 0);
    for line in lines {
        let share = line.figures.on_time_share().unwrap_or_default();
        let width = share * (NARROW - SHARE) / 10_000;
        let (text, bar) = (y + 13, y + 18);
        let name = escaped(&cut(&line.name, 52));
        let (end, under) = (width + 6, y + 30);
        // Writing to a text does not fail.
        let _ = write!(
            svg,
            "<text x=\"0\" y=\"{text}\" class=\"axis\">{name}</text>\
             <rect x=\"0\" y=\"{bar}\" width=\"{width}\" height=\"14\" class=\"resolved\"/>\
             <text x=\"{end}\" y=\"{under}\" class=\"axis\">{}</text>",
            percent_text(share),
        );
        y += BAR;
    }
    (y, svg)
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    format!("{}…", text.chars().take(most - 1).collect::<String>().trim_end())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
