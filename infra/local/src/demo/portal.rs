//! Waits until the national portal has every dossier, and says which it has not.

use std::collections::BTreeMap;

use serde_json::json;

use super::drain;
use super::error::DemoError;
use super::screen::{Screen, Stage};
use super::stack::{Stack, Stored};

/// Dossiers of which the portal has another status, or other steps, than the table.
pub(super) fn out_of_step(
    table: &BTreeMap<String, Stored>,
    portal: &BTreeMap<String, Stored>,
) -> Vec<String> {
    let other = table.iter().filter(|(code, stored)| portal.get(*code) != Some(stored));
    let said = other.map(|(code, stored)| format!("{code}: {stored:?}, {:?}", portal.get(code)));
    said.collect()
}

/// Bounded, and silent about what is missing: the proof names it. The schedules of the local stack
/// are off, so that what the portal's rate left over is woken here.
pub(super) async fn wait(stack: &Stack, screen: &Screen) -> Result<(), DemoError> {
    let table = stack.dossiers().await?;
    let stage = Stage::begin(screen, "National portal has each dossier", table.len() as u64);
    let wake = stack.setting("WAKE_DELIVERIES_FUNCTION")?;
    drain(stack, async || {
        let left = out_of_step(&table, &stack.portal().await?).len() as u64;
        stage.reach(table.len() as u64 - left);
        if left > 0 {
            stack.aws.invoke(wake, &json!({})).await?;
        }
        Ok(left)
    })
    .await?;
    Ok(())
}
