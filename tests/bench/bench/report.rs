//! The figures as one table, as data, as a chart, and in `docs/figures.md` and the README.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::figure::{Figure, Target, said, shown};
use crate::programs::Side;

/// The columns of others, with their headings.
const OTHERS: [(Side, &str); 4] = [
    (Side::Floor, "floor"),
    (Side::Python, "Python"),
    (Side::PythonOther, "Python otherwise"),
    (Side::Node, "Node"),
];

/// The lines that the README quotes.
const QUOTED: [(&str, &str); 8] = [
    ("start → first poll", "submit-dossier"),
    ("start → first poll", "change-status"),
    ("start → first poll", "relay-changes"),
    ("processor time of a warm record", "submit"),
    ("processor time of a warm record", "change status"),
    ("processor time of a warm record", "relayed change, of 10"),
    ("most memory resident", "submit-dossier"),
    ("most memory resident", "change-status"),
];

/// What was measured, and on what.
pub struct Report {
    /// The figures, in the order of the table.
    pub figures: Vec<Figure>,
    /// The machine in a few words.
    pub machine: String,
    /// The day of the measurement.
    pub day: String,
    /// Calls of tables and queues of one invocation, by job and side.
    pub calls: Vec<(String, Vec<(Side, f64)>)>,
}

impl Report {
    /// The table, as Markdown, which reads as text too.
    pub fn table(&self) -> String {
        let mut text = String::new();
        for group in self.groups() {
            let _ = writeln!(text, "| {group} | ours | {} |", OTHERS.map(|o| o.1).join(" | "));
            let _ = writeln!(text, "|---|---|{}", "---|".repeat(OTHERS.len()));
            for figure in self.figures.iter().filter(|figure| figure.group == group) {
                let _ = writeln!(text, "{}", row(figure));
            }
            text.push('\n');
        }
        text
    }

    fn groups(&self) -> Vec<&'static str> {
        let mut groups: Vec<&'static str> = Vec::new();
        for figure in &self.figures {
            if !groups.contains(&figure.group) {
                groups.push(figure.group);
            }
        }
        groups
    }

    /// How many targets there are, and how many are met.
    pub fn met(&self) -> (usize, usize) {
        let judged = self
            .figures
            .iter()
            .flat_map(|figure| figure.targets.iter().filter_map(|target| figure.is_met(*target)));
        let judged: Vec<bool> = judged.collect();
        (judged.len(), judged.iter().filter(|met| **met).count())
    }

    /// Everything as data.
    pub fn data(&self) -> Value {
        let calls = self.calls.iter().map(|(job, sides)| {
            let sides = sides.iter().map(|(side, count)| (side.name().to_owned(), json!(count)));
            (job.clone(), Value::Object(sides.collect()))
        });
        json!({
            "day": self.day,
            "machine": self.machine,
            "figures": self.figures.iter().map(Figure::data).collect::<Vec<Value>>(),
            "callsOfAnInvocation": Value::Object(calls.collect()),
        })
    }

    /// The ratios as bars on a logarithmic scale, with the targets as marks.
    pub fn chart(&self) -> String {
        let bars = self.figures.iter().flat_map(|figure| {
            OTHERS.iter().filter_map(move |(side, name)| {
                let ratio = figure.ratio(*side)?;
                let target = figure.targets.iter().find_map(|target| match target {
                    Target::TimesAtMost(of, bound) | Target::LessAtLeast(of, bound)
                        if of == side =>
                    {
                        Some((*bound, figure.is_met(*target) == Some(true)))
                    }
                    Target::AtMost(_) | Target::TimesAtMost(..) | Target::LessAtLeast(..) => None,
                });
                // Of what has no target, the table tells.
                let (bound, met) = target?;
                Some((format!("{} {} : {name}", figure.group, figure.name), ratio, bound, met))
            })
        });
        let bars: Vec<_> = bars.collect();
        let (left, width, line) = (430.0, 420.0, 18.0);
        let top = bars.iter().map(|bar| bar.1.max(bar.2)).fold(1.0, f64::max).ln().max(1.0);
        let x = |ratio: f64| left + width * (ratio.max(1.0).ln() / top);
        let height = line * (bars.len() as f64 + 2.0);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {height}\" \
             font-family=\"sans-serif\" font-size=\"11\">\n\
             <title>Ratios of make bench, {}: a bar each, its target as a line</title>\n",
            left + width + 80.0,
            self.day
        );
        for (place, (name, ratio, bound, met)) in bars.iter().enumerate() {
            let y = line * (place as f64 + 1.0);
            let colour = if *met { "#2e7d32" } else { "#c62828" };
            let _ = writeln!(
                svg,
                "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{name}</text>\
                 <rect x=\"{left}\" y=\"{y}\" width=\"{:.1}\" height=\"12\" fill=\"{colour}\"/>\
                 <line x1=\"{bx:.1}\" x2=\"{bx:.1}\" y1=\"{}\" y2=\"{}\" stroke=\"#000\"/>\
                 <text x=\"{:.1}\" y=\"{}\">{}</text>",
                left - 6.0,
                y + 10.0,
                (x(*ratio) - left).max(1.0),
                y - 2.0,
                y + 14.0,
                x(ratio.max(*bound)) + 5.0,
                y + 10.0,
                shown(*ratio),
                bx = x(*bound),
            );
        }
        svg.push_str("</svg>\n");
        svg
    }

    /// What the README quotes: the lines of what is done most.
    pub fn short(&self) -> String {
        let mut text = String::new();
        for group in self.groups() {
            let shown = self.figures.iter().filter(|figure| {
                figure.group == group
                    && QUOTED.iter().any(|(of, name)| *of == group && figure.name == *name)
            });
            let shown: Vec<String> = shown.map(row).collect();
            if !shown.is_empty() {
                let _ = writeln!(text, "| {group} | ours | {} |", OTHERS.map(|o| o.1).join(" | "));
                let _ = writeln!(text, "|---|---|{}", "---|".repeat(OTHERS.len()));
                let _ = writeln!(text, "{}\n", shown.join("\n"));
            }
        }
        text
    }

    /// The section of `docs/figures.md`.
    pub fn section(&self) -> String {
        let (all, met) = self.met();
        let mut text = format!(
            "Measured {} by `make bench` on {}; every figure is a median, and all\n\
             that stand in one line were measured in turns within one run. A ratio to the floor\n\
             says how many times as much ours needs, one to a peer how many times less. Of {all}\n\
             targets {met} are met; each stands behind its figure, with ✓ or ✗.\n\n{}",
            self.day,
            self.machine,
            self.table()
        );
        let _ = writeln!(
            text,
            "| calls of tables and queues in one invocation | ours | {} |",
            OTHERS.map(|other| other.1).join(" | ")
        );
        let _ = writeln!(text, "|---|---|{}", "---|".repeat(OTHERS.len()));
        for (job, sides) in &self.calls {
            let of = |side: Side| {
                let found = sides.iter().find(|(known, _)| *known == side);
                found.map_or_else(String::new, |(_, count)| format!("{count:.1}"))
            };
            let cells = OTHERS.map(|(side, _)| of(side)).join(" | ");
            let _ = writeln!(text, "| {job} | {} | {cells} |", of(Side::Ours));
        }
        text
    }
}

/// A line of the table.
pub fn row(figure: &Figure) -> String {
    let mut own = format!("{} {}", shown(figure.ours), figure.unit);
    for target in &figure.targets {
        if matches!(target, Target::AtMost(_)) {
            own.push_str(&judged(figure, *target));
        }
    }
    let cells = OTHERS.map(|(side, _)| {
        let (Some(value), Some(ratio)) = (figure.of(side), figure.ratio(side)) else {
            return String::new();
        };
        let mut cell = format!("{}: **{}**", shown(value), shown(ratio));
        for target in &figure.targets {
            if let Target::TimesAtMost(of, _) | Target::LessAtLeast(of, _) = target
                && *of == side
            {
                cell.push_str(&judged(figure, *target));
            }
        }
        cell
    });
    format!("| {} | {own} | {} |", figure.name, cells.join(" | "))
}

fn judged(figure: &Figure, target: Target) -> String {
    match figure.is_met(target) {
        Some(true) => format!(" ({} ✓)", said(target)),
        Some(false) => format!(" ({} ✗)", said(target)),
        None => String::new(),
    }
}
