//! Reading one dossier: state, content and pages, which are items of their own.

use domain::id::DossierCode;
use futures::future::try_join_all;

use super::super::{Item, contents, down, pages, text};
use super::Dossiers;
use crate::Failure;

/// How often a dossier is read of which state and content are not of one version: another write
/// came between.
const READS_MAX: u32 = 5;

impl Dossiers {
    /// State, content and pages of a dossier in one: the first two side by side, then what the state
    /// has in pages.
    pub(super) async fn item(&self, code: &DossierCode) -> Result<Option<Item>, Failure> {
        let (states, contents) = (&self.tables.states, &self.tables.contents);
        for _ in 0..READS_MAX {
            let (state, content) = tokio::try_join!(
                self.got(states, code.as_str(), true),
                self.got(contents, code.as_str(), true)
            )?;
            let Some(state) = state else { return Ok(None) };
            if let Some(mut whole) = contents::joined(state, content) {
                self.add_pages_to(&mut whole).await?;
                return Ok(Some(whole));
            }
        }
        Err(Failure::Held("the content of a dossier"))
    }

    /// The same by reads that may lag behind, where they find a whole dossier of version `least`.
    pub(super) async fn recent_item(
        &self,
        code: &DossierCode,
        least: u64,
    ) -> Result<Option<Item>, Failure> {
        let (state, content) = tokio::try_join!(
            self.got(&self.tables.states, code.as_str(), false),
            self.got(&self.tables.contents, code.as_str(), false)
        )?;
        let state = state.filter(|state| version_of(state) >= Some(least));
        let Some(mut whole) = state.and_then(|state| contents::joined(state, content)) else {
            return self.item(code).await;
        };
        self.add_pages_to(&mut whole).await?;
        Ok(Some(whole))
    }

    /// Puts before the entries of `state` those that it has in pages, which stay what they are
    /// whatever is written after it.
    pub(super) async fn add_pages_to(&self, state: &mut Item) -> Result<(), Failure> {
        let keys = pages::keys_of(state);
        let found = keys.iter().map(|key| self.got(&self.tables.states, key, true));
        pages::join(state, try_join_all(found).await?.into_iter().flatten().collect())
    }

    async fn got(&self, table: &str, key: &str, consistent: bool) -> Result<Option<Item>, Failure> {
        let get = self.client.get_item().table_name(table).key("code", text(key));
        get.consistent_read(consistent).send().await.map(|found| found.item).map_err(down)
    }
}

/// The version of a state.
fn version_of(state: &Item) -> Option<u64> {
    state.get("version")?.as_n().ok()?.parse().ok()
}
