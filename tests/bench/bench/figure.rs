//! A measured figure, what it is compared with, and what it should come to.

use serde_json::{Value, json};

use crate::programs::Side;

/// What a figure should come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    /// At most so much of its unit.
    AtMost(f64),
    /// At most so many times as much as this side.
    TimesAtMost(Side, f64),
    /// At least so many times less than this side.
    LessAtLeast(Side, f64),
}

/// A figure.
#[derive(Debug, Clone)]
pub struct Figure {
    /// The group that it stands in.
    pub group: &'static str,
    /// What was measured.
    pub name: String,
    /// Its unit.
    pub unit: &'static str,
    /// What ours came to.
    pub ours: f64,
    /// What the others came to.
    pub others: Vec<(Side, f64)>,
    /// What it should come to.
    pub targets: Vec<Target>,
}

impl Figure {
    /// What a side came to.
    pub fn of(&self, side: Side) -> Option<f64> {
        let other = self.others.iter().find(|(other, _)| *other == side);
        other.map(|(_, value)| *value)
    }

    /// How ours compares with a side: for the floor how many times as much ours needs, for a peer
    /// how many times less.
    pub fn ratio(&self, side: Side) -> Option<f64> {
        let other = self.of(side)?;
        Some(match side {
            Side::Floor => self.ours / other,
            Side::Ours | Side::Python | Side::PythonOther | Side::Node => other / self.ours,
        })
    }

    /// Whether a target is met; none where what it is compared with was not measured.
    pub fn is_met(&self, target: Target) -> Option<bool> {
        match target {
            Target::AtMost(most) => Some(self.ours <= most),
            Target::TimesAtMost(side, most) => Some(self.ratio(side)? <= most),
            Target::LessAtLeast(side, least) => Some(self.ratio(side)? >= least),
        }
    }

    /// The figure as data.
    pub fn data(&self) -> Value {
        let others: serde_json::Map<String, Value> = self
            .others
            .iter()
            .map(|(side, value)| {
                let ratio = self.ratio(*side).map(rounded);
                (side.name().to_owned(), json!({ "value": rounded(*value), "ratio": ratio }))
            })
            .collect();
        let targets: Vec<Value> = self
            .targets
            .iter()
            .map(|target| json!({ "is": said(*target), "met": self.is_met(*target) }))
            .collect();
        json!({
            "group": self.group, "name": self.name, "unit": self.unit,
            "ours": rounded(self.ours), "others": others, "targets": targets,
        })
    }
}

/// A target in words.
pub fn said(target: Target) -> String {
    match target {
        Target::AtMost(most) => format!("≤ {most}"),
        Target::TimesAtMost(_, most) => format!("≤ {most} ×"),
        Target::LessAtLeast(_, least) => format!("≥ {least} ×"),
    }
}

/// A number with as many digits as it has meaning.
pub fn shown(value: f64) -> String {
    match value {
        value if value >= 1_000.0 => {
            let whole = format!("{value:.0}");
            let (thousands, rest) = whole.split_at(whole.len() - 3);
            format!("{thousands},{rest}")
        }
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

/// The middle one of some values.
pub fn median(mut values: Vec<f64>) -> f64 {
    assert!(!values.is_empty(), "a median of nothing");
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
