//! The catalogue as it is in force: the latest edition that was published, else the files built
//! into the binary.
//!
//! Functions look for a newer edition once a minute and go on with the present one when it cannot
//! be read. One that starts begins with the newest that can be. Where the table does not answer, it
//! starts without one and looks again at each request: a process that ended instead would leave its
//! caller without an answer that says what to do.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use domain::catalogue::Catalogue;
use futures::future::try_join_all;
use jiff::{SignedDuration, Timestamp};

use crate::catalogue::{Edition, Texts, UndecidedYears, hash};
use crate::port::{CatalogueEditions, LastEdition};
use crate::{Failure, LogLine};

/// How many editions are tried before what is built in, so that a start stays short: one that was
/// published whole is read at once, and only a damaged table or another form of the files makes a
/// second one necessary.
const EDITIONS_TRIED_MAX: usize = 8;

/// How long a newer edition is looked for before the present one is gone on with: requests wait for
/// it.
const LOOKED_FOR: Duration = Duration::from_secs(2);

/// How long a request waits for an edition where the function has none yet. With one call to a
/// table after it, this is within the ten seconds of an HTTP function.
const FIRST_LOOKED_FOR: Duration = Duration::from_secs(3);

/// The newest edition that can be read and put together.
#[derive(Debug)]
pub struct Newest {
    /// The number of the latest edition, readable or not; 0 before the first.
    pub latest: u64,
    /// The number of the one that was read.
    pub edition: u64,
    /// The texts of the edition's files.
    pub texts: Texts,
    /// The catalogue made of the files.
    pub catalogue: Catalogue,
}

/// The newest edition that can be read and assembled, or else the built-in one. Each newer edition
/// that cannot is logged and raises an alarm. Fails if the table cannot be read, since it is then
/// unknown what is in force.
pub async fn newest(
    store: &impl CatalogueEditions,
    undecided: UndecidedYears,
) -> Result<Newest, Failure> {
    let last = store.last().await?;
    let latest = last.number;
    if let Some((edition, texts, catalogue)) = newest_above(0, last, store, undecided).await? {
        return Ok(Newest { latest, edition, texts, catalogue });
    }
    let texts = Texts::built_in();
    let catalogue = texts.assemble(undecided).map_err(Failure::CatalogueRefused)?;
    Ok(Newest { latest, edition: 0, texts, catalogue })
}

/// The newest edition from `last` down that can be read and put together, as long as it is newer
/// than `held`.
async fn newest_above(
    held: u64,
    last: LastEdition,
    store: &impl CatalogueEditions,
    undecided: UndecidedYears,
) -> Result<Option<(u64, Texts, Catalogue)>, Failure> {
    let mut known = last.edition;
    for number in (held + 1..=last.number).rev().take(EDITIONS_TRIED_MAX) {
        match put_together(store, number, known.take(), undecided).await {
            Ok(Some((texts, catalogue))) => return Ok(Some((number, texts, catalogue))),
            Ok(None) => {}
            Err(failure @ Failure::Unavailable { .. }) => return Err(failure),
            Err(failure) => unreadable(number, &failure),
        }
    }
    Ok(None)
}

/// Edition `number` as it was published, which may be `known` already; none where there is none.
async fn put_together(
    store: &impl CatalogueEditions,
    number: u64,
    known: Option<Edition>,
    undecided: UndecidedYears,
) -> Result<Option<(Texts, Catalogue)>, Failure> {
    let edition = match known {
        Some(edition) => edition,
        None => match store.edition(number).await? {
            Some(edition) => edition,
            None => return Ok(None),
        },
    };
    let texts = texts_of(store, &edition).await?;
    let catalogue = texts.assemble(undecided).map_err(Failure::CatalogueRefused)?;
    Ok(Some((texts, catalogue)))
}

fn unreadable(edition: u64, failure: &Failure) {
    tracing::error!(edition, cause = failure.chain(), "{}", LogLine::CatalogueUnreadable);
}

/// The texts of an edition: those that are built in are not read again, the others side by side.
async fn texts_of(store: &impl CatalogueEditions, edition: &Edition) -> Result<Texts, Failure> {
    // A file that came after the edition is taken as built in.
    let mut texts = Texts::built_in();
    let built_in = texts.hashes();
    let changed = edition.files.iter().filter(|(name, hash)| built_in.get(*name) != Some(*hash));
    let reads = changed.map(async |(name, expected)| {
        let text = store.text(name, expected).await?;
        let text = text.filter(|text| hash(text) == *expected).ok_or_else(|| {
            Failure::Defect(format!(
                "{name} of edition {} is not what was published",
                edition.edition
            ))
        })?;
        Ok::<_, Failure>((name.clone(), text))
    });
    texts.0.extend(try_join_all(reads).await?);
    Ok(texts)
}

/// The catalogue in force, renewed while the function runs.
#[derive(Debug)]
pub struct LiveCatalogue<S> {
    store: S,
    undecided: UndecidedYears,
    max_age: SignedDuration,
    /// None where no edition could be read yet.
    held: RwLock<Option<Held>>,
}

#[derive(Debug, Clone)]
struct Held {
    catalogue: Arc<Catalogue>,
    edition: u64,
    looked_at: Timestamp,
}

impl Held {
    fn of(newest: Newest, now: Timestamp) -> Self {
        let Newest { edition, catalogue, .. } = newest;
        Self { catalogue: Arc::new(catalogue), edition, looked_at: now }
    }
}

impl<S: CatalogueEditions> LiveCatalogue<S> {
    /// The newest edition that can be read as of `now`; a newer one is looked for when it is older
    /// than `max_age`. Where the table does not answer, that is logged, and the first one is looked
    /// for at the next request. Fails if no edition can be put together.
    pub async fn open(
        store: S,
        undecided: UndecidedYears,
        max_age: SignedDuration,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let held = match newest(&store, undecided).await {
            Ok(newest) => Some(Held::of(newest, now)),
            Err(failure @ Failure::Unavailable { .. }) => {
                unreadable(0, &failure);
                None
            }
            Err(failure) => return Err(failure),
        };
        Ok(Self { store, undecided, max_age, held: RwLock::new(held) })
    }

    /// The catalogue in force at `now`. If a newer edition cannot be read, the present one stays in
    /// force and the failure is logged. Fails if there is none yet and none can be read. Two
    /// concurrent requests may both load an edition, with the same result.
    pub async fn current(&self, now: Timestamp) -> Result<Arc<Catalogue>, Failure> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner).clone();
        let next = match held {
            Some(held) if held.looked_at.duration_until(now) < self.max_age => {
                return Ok(held.catalogue);
            }
            Some(held) => self.renewed(held, now).await,
            None => {
                let first = newest(&self.store, self.undecided);
                let first = tokio::time::timeout(FIRST_LOOKED_FOR, first).await;
                Held::of(first.map_err(|_| Failure::Held("the catalogue"))??, now)
            }
        };
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some(next.clone());
        Ok(next.catalogue)
    }

    /// The latest edition and no other, for what the next one cannot mend. Fails where it cannot be
    /// read, whatever else is in force then.
    pub async fn latest(&self) -> Result<Catalogue, Failure> {
        let Newest { latest, edition, catalogue, .. } = newest(&self.store, self.undecided).await?;
        if edition != latest {
            let detail = format!("edition {latest} of the catalogue cannot be read");
            return Err(Failure::Defect(detail));
        }
        Ok(catalogue)
    }

    async fn renewed(&self, held: Held, now: Timestamp) -> Held {
        match self.newer_than(held.edition).await {
            Ok(Some((edition, catalogue))) => {
                tracing::info!(edition, "catalogue renewed");
                Held { catalogue: Arc::new(catalogue), edition, looked_at: now }
            }
            Ok(None) => Held { looked_at: now, ..held },
            Err(failure) => {
                unreadable(held.edition, &failure);
                Held { looked_at: now, ..held }
            }
        }
    }

    async fn newer_than(&self, edition: u64) -> Result<Option<(u64, Catalogue)>, Failure> {
        let look = async {
            newest_above(edition, self.store.last().await?, &self.store, self.undecided).await
        };
        let newer = tokio::time::timeout(LOOKED_FOR, look)
            .await
            .map_err(|_| Failure::Held("the catalogue"))??;
        Ok(newer.map(|(edition, _, catalogue)| (edition, catalogue)))
    }
}
