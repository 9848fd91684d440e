//! What a vendor does not forget when its process is started anew: in a file, or in this process.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

/// What is remembered. Times are in seconds since 1970.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct Tables {
    /// Until when each of Zalo's access tokens opens.
    pub(super) zalo_access_tokens: BTreeMap<String, i64>,
    /// Zalo's refresh tokens: whether each is still good, or was used.
    pub(super) zalo_refresh_tokens: BTreeMap<String, bool>,
    /// When each of eSMS's RequestIds came.
    pub(super) esms_request_ids: BTreeMap<String, i64>,
}

/// The tables, shared by the vendors that remember.
#[derive(Debug, Clone)]
pub(super) struct Memory {
    path: Option<PathBuf>,
    tables: Arc<Mutex<Tables>>,
}

impl Memory {
    /// A memory in the file `path`, read if there is one; in this process without a path.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub(super) fn open(path: Option<PathBuf>) -> io::Result<Self> {
        let kept = match &path {
            Some(path) if path.exists() => serde_json::from_slice(&std::fs::read(path)?)?,
            Some(_) | None => Tables::default(),
        };
        Ok(Self { path, tables: Arc::new(Mutex::new(kept)) })
    }

    /// The tables, to read.
    pub(super) fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the tables and keeps them: whole or not at all, so that whoever is killed while
    /// writing leaves the file of before.
    ///
    /// # Panics
    /// If the file cannot be written: a vendor that forgets would prove nothing.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Tables) -> T) -> T {
        let mut tables = self.tables();
        let changed = change(&mut tables);
        if let Err(error) = self.keep(&tables) {
            panic!("the memory cannot be kept: {error}");
        }
        changed
    }

    fn keep(&self, tables: &Tables) -> io::Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        let unfinished = path.with_extension("new");
        let mut options = OpenOptions::new();
        let mut file =
            options.write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
        file.write_all(&serde_json::to_vec(tables)?)?;
        std::fs::rename(unfinished, path)
    }
}
