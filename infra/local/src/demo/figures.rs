//! Has every day counted, compares the figures with the scenario's, and shows them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::count::{Cell, Counts};
use super::drain;
use super::error::DemoError;
use super::scenario::{AT_LEAST, Scenario};
use super::screen::{Screen, Stage, columns, cut, left, right};
use super::stack::Stack;

/// The figures of a day by agency and procedure.
pub(super) type Figures = BTreeMap<Cell, Counts>;

/// Compared figure by figure; the others are compared from below, because the scenario foretells
/// only some due dates.
const EXACT: [&str; 9] = [
    "receivedOnline",
    "receivedCounter",
    "receivedPostal",
    "resolved",
    "refused",
    "withdrawn",
    "inProcess",
    "supplement",
    "paused",
];

/// Every day on which something happened, ordered through the scheduler with the nightly schedule's
/// own target.
pub(super) async fn roll_up(
    stack: &Stack,
    screen: &Screen,
    scenario: &Scenario,
) -> Result<BTreeMap<Date, Figures>, DemoError> {
    let days = scenario.days();
    let expected: BTreeMap<Date, Figures> =
        days.iter().map(|day| (*day, scenario.figures(*day))).collect();
    let mut found: BTreeMap<Date, Figures> =
        days.iter().map(|day| (*day, Figures::new())).collect();
    order(stack, &days).await?;
    let total = days.len() as u64;
    let stage = Stage::begin(screen, "Roll-up of every day, started by the scheduler", total);
    drain(stack, async || {
        let mut agreed = 0;
        for (day, expected) in &expected {
            let Some(found) = found.get_mut(day) else { continue };
            if !differences(found, expected, *day).is_empty() {
                *found = stack.figures(*day).await?;
            }
            agreed += u64::from(differences(found, expected, *day).is_empty());
        }
        stage.reach(agreed);
        Ok(total - agreed)
    })
    .await?;
    drop(stage);
    Ok(found)
}

/// One order for all of them, by a one-off schedule; the emulator's scheduler looks every ten seconds
/// and reads `at()` as UTC.
async fn order(stack: &Stack, days: &BTreeSet<Date>) -> Result<(), DemoError> {
    let nightly = stack.aws.schedule(stack.setting("ROLLUP_SCHEDULE")?).await?;
    let due = (Timestamp::now() + SignedDuration::from_secs(2)).strftime("%Y-%m-%dT%H:%M:%S");
    let order = json!({ "first": days.first(), "last": days.last() });
    let mut target = nightly["Target"].clone();
    target["Input"] = order.to_string().into();
    let schedule = json!({
        "GroupName": nightly["GroupName"],
        "ScheduleExpression": format!("at({due})"),
        "FlexibleTimeWindow": { "Mode": "OFF" },
        "ActionAfterCompletion": "DELETE",
        "Target": target,
    });
    let name = format!("demo-rollup-{:08x}", fastrand::u32(..));
    stack.aws.put_schedule(&name, &schedule).await
}

/// Where the table's figures of a day and the scenario's count part.
pub(super) fn differences(found: &Figures, expected: &Figures, day: Date) -> Vec<String> {
    let mut parted = Vec::new();
    let cells: BTreeSet<&Cell> = found.keys().chain(expected.keys()).collect();
    let nothing = Counts::default();
    for cell in cells {
        let row = found.get(cell).unwrap_or(&nothing);
        let wanted = expected.get(cell).unwrap_or(&nothing);
        let place = format!("{day} {} {}", cell.0, cell.1);
        let exact = EXACT.into_iter().filter(|name| row.of(name) != wanted.of(name));
        let below = AT_LEAST.into_iter().filter(|name| row.of(name) < wanted.of(name));
        parted.extend(exact.chain(below).map(|name| {
            let (counted, foretold) = (row.of(name), wanted.of(name));
            format!("{place} {name}: {counted} in the roll-up, {foretold} in the scenario")
        }));
        if row.of("early") + row.of("onTime") + row.of("late") != row.of("resolved") {
            parted.push(format!("{place}: early + on time + late is not resolved"));
        }
    }
    parted
}

/// What is shown where there is nothing.
const NOTHING: &str = "·";

/// A column of the table.
struct Column {
    english: &'static str,
    vietnamese: &'static str,
    show: fn(&Counts) -> String,
    /// Left out where it is empty or the terminal too narrow.
    is_optional: bool,
}

impl Column {
    fn width(&self) -> usize {
        columns(self.english).max(columns(self.vietnamese))
    }
}

fn shown(count: u64) -> String {
    if count == 0 { NOTHING.to_owned() } else { count.to_string() }
}

/// (early + on time) / resolved, in whole per cent.
fn on_time_rate(figures: &Counts) -> String {
    let (kept, resolved) = (figures.of("early") + figures.of("onTime"), figures.of("resolved"));
    if resolved == 0 {
        return NOTHING.to_owned();
    }
    format!("{}%", (200 * kept + resolved) / (2 * resolved))
}

const COLUMNS: [Column; 15] = {
    const fn column(
        english: &'static str,
        vietnamese: &'static str,
        show: fn(&Counts) -> String,
    ) -> Column {
        Column { english, vietnamese, show, is_optional: false }
    }
    const fn optional(
        english: &'static str,
        vietnamese: &'static str,
        show: fn(&Counts) -> String,
    ) -> Column {
        Column { english, vietnamese, show, is_optional: true }
    }
    [
        column("Received", "Tiếp nhận", |figures| shown(figures.received())),
        optional("online", "mạng", |figures| shown(figures.of("receivedOnline"))),
        optional("counter", "quầy", |figures| shown(figures.of("receivedCounter"))),
        optional("post", "bưu", |figures| shown(figures.of("receivedPostal"))),
        column("Resolved", "Đã xong", |figures| shown(figures.of("resolved"))),
        column("early", "sớm", |figures| shown(figures.of("early"))),
        column("on time", "đúng hạn", |figures| shown(figures.of("onTime"))),
        column("late", "trễ", |figures| shown(figures.of("late"))),
        column("rate", "tỷ lệ", on_time_rate),
        column("Open", "Đang làm", |figures| shown(figures.of("inProcess"))),
        column("overdue", "quá hạn", |figures| shown(figures.of("overdue"))),
        optional("Documents", "bổ sung", |figures| shown(figures.of("supplement"))),
        optional("Paused", "dừng", |figures| shown(figures.of("paused"))),
        optional("Refused", "từ chối", |figures| shown(figures.of("refused"))),
        optional("Withdrawn", "rút", |figures| shown(figures.of("withdrawn"))),
    ]
};

/// The width of a label, in columns.
const LABEL: std::ops::RangeInclusive<usize> = 16..=56;

/// The figures of one day, in columns that fit the screen.
pub(super) struct FiguresTable<'a> {
    screen: &'a Screen,
    figures: &'a Figures,
    names: &'a HashMap<String, String>,
    whole: Counts,
    columns: Vec<Column>,
}

impl<'a> FiguresTable<'a> {
    pub(super) fn new(
        screen: &'a Screen,
        figures: &'a Figures,
        names: &'a HashMap<String, String>,
    ) -> Self {
        let whole = Counts::sum(figures.values());
        let is_shown = |column: &Column| !column.is_optional || (column.show)(&whole) != NOTHING;
        let columns = COLUMNS.into_iter().filter(is_shown).collect();
        let mut table = Self { screen, figures, names, whole, columns };
        while table.room() < *LABEL.start()
            && let Some(last) = table.columns.iter().rposition(|column| column.is_optional)
        {
            table.columns.remove(last);
        }
        table
    }

    pub(super) fn show(&self, heading: &str, by_procedure: bool) {
        let screen = self.screen;
        screen.title(heading);
        let heads = |head: fn(&Column) -> &str| self.columns.iter().map(head).map(str::to_owned);
        let english = self.line("By agency (cơ quan)", heads(|column| column.english));
        screen.line(&screen.bold(&english));
        screen.line(&screen.dim(&self.line("", heads(|column| column.vietnamese))));
        self.show_group(|cell| &cell.0);
        let province = self.line("The province (toàn tỉnh)", self.cells(&self.whole));
        screen.line(&screen.bold(&province));
        if by_procedure {
            screen.line(&screen.bold("  By procedure (thủ tục)"));
            self.show_group(|cell| &cell.1);
        }
    }

    fn show_group(&self, of: fn(&Cell) -> &String) {
        let mut groups: BTreeMap<&String, Counts> = BTreeMap::new();
        for (cell, counts) in self.figures {
            groups.entry(of(cell)).or_default().add_all(counts);
        }
        for (code, counts) in groups {
            let name = self.names.get(code).map_or("", String::as_str);
            self.screen.line(&self.line(&format!("{code:<9} {name}"), self.cells(&counts)));
        }
    }

    fn cells<'b>(&'b self, counts: &'b Counts) -> impl Iterator<Item = String> + 'b {
        self.columns.iter().map(|column| (column.show)(counts))
    }

    fn line(&self, label: &str, cells: impl Iterator<Item = String>) -> String {
        let room = self.room().min(*LABEL.end());
        let cells = cells.zip(&self.columns);
        let shown: String =
            cells.map(|(cell, column)| format!(" {}", right(&cell, column.width()))).collect();
        format!("  {}{shown}", left(&cut(label, room), room))
    }

    fn room(&self) -> usize {
        let taken = self.columns.iter().map(|column| column.width() + 1).sum::<usize>();
        self.screen.width().saturating_sub(3 + taken)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn figures(counts: &[(&str, u64)]) -> Figures {
        let mut all = Counts::default();
        counts.iter().for_each(|(name, count)| all.add(name, *count));
        [(("H20.03".to_owned(), "1.000382".to_owned()), all)].into()
    }

    fn parted(found: &[(&str, u64)], expected: &[(&str, u64)]) -> Vec<String> {
        differences(&figures(found), &figures(expected), date(2026, 11, 26))
    }

    #[test]
    fn a_figure_that_differs_is_named_with_its_day_and_cell() {
        assert_eq!(
            parted(&[("resolved", 1), ("late", 1)], &[("resolved", 2), ("late", 1)]),
            ["2026-11-26 H20.03 1.000382 resolved: 1 in the roll-up, 2 in the scenario"]
        );
    }

    #[test]
    fn what_the_scenario_foretells_from_below_may_be_more_and_not_less() {
        let resolved = [("resolved", 2), ("late", 2)];
        assert!(parted(&resolved, &[("resolved", 2), ("late", 1)]).is_empty());
        assert_eq!(parted(&[("overdue", 1)], &[("overdue", 2)]).len(), 1);
    }

    #[test]
    fn what_was_resolved_was_early_on_time_or_late() {
        let parted = parted(&[("resolved", 2), ("early", 1)], &[("resolved", 2)]);
        let expected = "2026-11-26 H20.03 1.000382: early + on time + late is not resolved";
        assert_eq!(parted, [expected]);
    }

    #[test]
    fn a_rate_is_shown_in_whole_per_cent() {
        let rate = |kept, resolved| {
            let mut counts = Counts::default();
            counts.add("onTime", kept);
            counts.add("resolved", resolved);
            on_time_rate(&counts)
        };
        assert_eq!([rate(2, 3), rate(1, 3), rate(0, 4), rate(0, 0)], ["67%", "33%", "0%", "·"]);
    }
}
