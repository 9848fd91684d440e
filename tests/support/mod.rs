//! What the tests stand on: an embedded world for components, the deployed stack for journeys.

pub mod asker;
pub mod browser;
pub mod bytes;
pub mod call;
pub mod cut;
pub mod days;
pub mod desk;
pub mod eform;
pub mod engines;
pub mod judge;
pub mod log;
pub mod memory;
pub mod meter;
pub mod national;
pub mod policy;
pub mod seam;
pub mod shelf;
pub mod signing;
pub mod site;
pub mod stack;
pub mod teller;
pub mod template;
pub mod town;
pub mod world;

use std::collections::BTreeSet;
use std::path::PathBuf;

pub use replay::hook;

/// A file of the repository, by its path from the top.
pub fn file(path: &str) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The top of the repository.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Names in a folder of the repository.
pub fn names_in(folder: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(root().join(folder)).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
