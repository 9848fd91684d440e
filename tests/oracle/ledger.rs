//! The log of events in SQL, and the figures of a day as SQL counts them.

use std::collections::BTreeMap;

use domain::kpi::{DossierFacts, DueBasis, KpiRows};
use jiff::civil::Date;
use rusqlite::{Connection, ToSql, named_params};

use crate::support::file;

/// Cell and figure, with the count; no line for nothing.
pub(super) type Lines = BTreeMap<(String, &'static str), u64>;

/// Every figure that is not zero.
pub(super) fn lines(rows: &KpiRows) -> Lines {
    let each = rows.iter().flat_map(|(cell, row)| {
        let told = row.figures().into_iter().filter(|(_, _, count)| *count > 0);
        told.map(move |(name, _, count)| ((cell.to_string(), name), count))
    });
    each.collect()
}

/// The raw log, in an embedded SQL engine.
pub(super) struct Ledger(Connection);

impl Ledger {
    /// Empty, with the calendar and the rules of reception as the data files say them.
    pub(super) fn new() -> Self {
        let engine = Connection::open_in_memory().unwrap();
        // A statement that defines a table takes no parameters: the files become literals.
        let literal = |path: &str| format!("'{}'", file(path).replace('\'', "''"));
        let schema = include_str!("ledger.sql")
            .replace(":calendar", &literal("infra/data/calendar.json"))
            .replace(":rules", &literal("infra/data/rules.json"));
        engine.execute_batch(&schema).unwrap();
        Self(engine)
    }

    /// The log of these dossiers, in the place of what was there.
    pub(super) fn enter<'a>(&mut self, dossiers: impl IntoIterator<Item = &'a DossierFacts>) {
        let entries = self.0.transaction().unwrap();
        entries.execute_batch("DELETE FROM event; DELETE FROM assignment").unwrap();
        let mut insert = entries
            .prepare_cached("INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)")
            .unwrap();
        let mut assign = entries
            .prepare_cached("INSERT INTO assignment VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
            .unwrap();
        for (number, dossier) in (1_i64..).zip(dossiers) {
            for entry in &dossier.history {
                let row = (
                    number,
                    dossier.agency.as_str(),
                    dossier.procedure.as_str(),
                    dossier.channel.name(),
                    i64::try_from(entry.version).unwrap(),
                    entry.action.name(),
                    entry.status.code(),
                    entry.at.as_second(),
                    entry.due_at.map(|due| due.as_second()),
                    entry.original_due_at.map(|due| due.as_second()),
                    entry.by.role.name(),
                    entry.by.id.as_str(),
                    i64::try_from(dossier.document_count).unwrap(),
                    entry.asked_late,
                    entry.step_due_at.map(|due| due.as_second()),
                    entry.result.map(|kind| kind.name()),
                );
                insert.execute(row).unwrap();
            }
            for made in &dossier.assignments {
                let step = made.step.as_ref();
                let row = (
                    number,
                    i64::try_from(made.number).unwrap(),
                    i64::try_from(made.version).unwrap(),
                    made.at.as_second(),
                    made.holder.as_deref(),
                    step.map(|step| step.code.as_str()),
                    step.and_then(|step| step.due_at).map(|due| due.as_second()),
                );
                assign.execute(row).unwrap();
            }
        }
        drop((insert, assign));
        entries.commit().unwrap();
    }

    /// The figures of a day.
    pub(super) fn count(&self, day: Date, basis: DueBasis) -> Lines {
        self.ask(
            include_str!("day.sql"),
            named_params! { ":day": day.to_string(), ":basis": word(basis) },
        )
    }

    /// What was settled from `first` to `last`, each dossier once, and what had been settled before
    /// and was sent back.
    pub(super) fn settled(&self, (first, last): (Date, Date), basis: DueBasis) -> Lines {
        let (first, last) = (first.to_string(), last.to_string());
        let asked = named_params! { ":first": first, ":last": last, ":basis": word(basis) };
        self.ask(include_str!("span.sql"), asked)
    }

    fn ask(&self, sql: &str, asked: &[(&str, &dyn ToSql)]) -> Lines {
        let names: BTreeMap<&str, &'static str> =
            names().into_iter().map(|name| (name, name)).collect();
        let mut query = self.0.prepare_cached(sql).unwrap();
        let found = query
            .query_map(asked, |row| {
                let (cell, figure, count): (String, String, i64) =
                    (row.get(0)?, row.get(1)?, row.get(2)?);
                Ok(((cell, names[figure.as_str()]), u64::try_from(count).unwrap()))
            })
            .unwrap();
        found.map(Result::unwrap).collect()
    }
}

fn word(basis: DueBasis) -> &'static str {
    match basis {
        DueBasis::Original => "original",
        DueBasis::Extended => "extended",
    }
}

/// The figures that there are.
pub(super) fn names() -> Vec<&'static str> {
    domain::kpi::KpiRow::default().figures().into_iter().map(|(name, _, _)| name).collect()
}
