//! The addresses of a running stack, as `stack.py` leaves them.

use std::collections::HashMap;
use std::io;
use std::path::Path;

/// A dotenv file: a name and a value in each line.
#[derive(Debug, Clone)]
pub struct Settings(HashMap<String, String>);

impl Settings {
    /// Reads the file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read(file: &Path) -> io::Result<Self> {
        let text = std::fs::read_to_string(file)?;
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let pairs = lines.filter_map(|line| line.trim().split_once('='));
        let unquoted = |value: &str| value.trim_matches(['"', '\'']).to_owned();
        Ok(Self(pairs.map(|(name, value)| (name.to_owned(), unquoted(value))).collect()))
    }

    /// One setting, if the file has it.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}
