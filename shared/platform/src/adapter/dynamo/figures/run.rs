//! Counts under way, each with the agencies that it still waits for.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use domain::id::AgencyCode;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Consistency, Figures, RUNS};
use crate::Failure;
use crate::dynamo::{Item, read, text, unless_refused, write};
use crate::record::CountRun;

impl Figures {
    /// Runs whose first day is `since` or later.
    pub async fn runs(&self, since: Date) -> Result<Vec<CountRun>, Failure> {
        let found =
            self.between::<RunItem>(RUNS, &since.to_string(), "~", Consistency::Strong).await?;
        Ok(found.into_iter().map(CountRun::from).collect())
    }

    /// Begins a count: from now on its agencies can be reported.
    pub async fn begin(&self, run: &CountRun) -> Result<(), Failure> {
        let agencies = run.remaining.iter().map(ToString::to_string).collect();
        let mut item = write(&RunItem {
            cell: run.id.clone(),
            first: run.first,
            last: run.last,
            ..RunItem::default()
        })?;
        item.insert("day".to_owned(), text(RUNS));
        item.insert("remaining".to_owned(), AttributeValue::Ss(agencies));
        self.write(item).await
    }

    /// Records that `agency` was counted without the dossiers `unreadable`, and returns the run
    /// after that; `None` for an unknown run. Idempotent.
    pub async fn report(
        &self,
        run: &str,
        agency: &AgencyCode,
        unreadable: &BTreeSet<String>,
    ) -> Result<Option<CountRun>, Failure> {
        let mut update = "DELETE remaining :agency".to_owned();
        let mut values =
            Item::from([(":agency".to_owned(), AttributeValue::Ss(vec![agency.to_string()]))]);
        // No set is empty.
        if !unreadable.is_empty() {
            update.push_str(" ADD unreadable :unreadable");
            values.insert(
                ":unreadable".to_owned(),
                AttributeValue::Ss(unreadable.iter().cloned().collect()),
            );
        }
        let reported = self
            .update((RUNS, run))
            .update_expression(update)
            .condition_expression("attribute_exists(cell)")
            .set_expression_attribute_values(Some(values))
            .return_values(ReturnValue::AllNew);
        let updated = unless_refused(reported.send().await)?.and_then(|updated| updated.attributes);
        updated.map(|item| read::<RunItem>(item).map(CountRun::from)).transpose()
    }
}

/// A run as stored; empty sets are not stored.
#[derive(Debug, Default, Serialize, Deserialize)]
struct RunItem {
    cell: String,
    first: Date,
    last: Date,
    #[serde(default, skip_serializing)]
    remaining: BTreeSet<AgencyCode>,
    #[serde(default, skip_serializing)]
    unreadable: BTreeSet<String>,
}

impl From<RunItem> for CountRun {
    fn from(item: RunItem) -> Self {
        let RunItem { cell: id, first, last, remaining, unreadable } = item;
        Self { id, first, last, remaining, unreadable }
    }
}
