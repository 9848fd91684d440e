//! Arguments of a program: `--name value`, in any order.

use std::collections::BTreeMap;
use std::str::FromStr;

/// Why a program cannot start: what is wrong with its arguments.
#[derive(Debug, thiserror::Error)]
pub enum ArgumentError {
    /// An argument that the program does not have.
    #[error("unknown argument {0}")]
    Unknown(String),
    /// An argument without its value.
    #[error("{0} has no value")]
    NoValue(String),
    /// An argument that the program needs and was not given.
    #[error("--{0} is missing")]
    Missing(&'static str),
    /// A value that cannot be read.
    #[error("--{name}: {reason}")]
    Unreadable {
        /// The argument, without its dashes.
        name: &'static str,
        /// What is wrong with the value.
        reason: String,
    },
}

/// The arguments of this process.
#[derive(Debug)]
pub struct Arguments(BTreeMap<String, String>);

impl Arguments {
    /// Reads `given`, the program's own name left out; `known` are the names without their dashes.
    ///
    /// # Errors
    /// If one is unknown or has no value.
    pub fn read(
        given: impl IntoIterator<Item = String>,
        known: &[&str],
    ) -> Result<Self, ArgumentError> {
        let (mut found, mut given) = (BTreeMap::new(), given.into_iter());
        while let Some(argument) = given.next() {
            let Some(name) = argument.strip_prefix("--").filter(|name| known.contains(name)) else {
                return Err(ArgumentError::Unknown(argument));
            };
            let value = given.next().ok_or_else(|| ArgumentError::NoValue(argument.clone()))?;
            found.insert(name.to_owned(), value);
        }
        Ok(Self(found))
    }

    /// The value of `--name`, if it was given.
    ///
    /// # Errors
    /// If the value cannot be read.
    pub fn optional<T: FromStr<Err: ToString>>(
        &self,
        name: &'static str,
    ) -> Result<Option<T>, ArgumentError> {
        let unreadable =
            |error: T::Err| ArgumentError::Unreadable { name, reason: error.to_string() };
        self.0.get(name).map(|value| value.parse().map_err(unreadable)).transpose()
    }

    /// The value of `--name`.
    ///
    /// # Errors
    /// If it is missing or cannot be read.
    pub fn owed<T: FromStr<Err: ToString>>(&self, name: &'static str) -> Result<T, ArgumentError> {
        self.optional(name)?.ok_or(ArgumentError::Missing(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(given: &[&str]) -> Result<Arguments, ArgumentError> {
        Arguments::read(given.iter().map(|&word| word.to_owned()), &["port", "memory"])
    }

    #[test]
    fn arguments_are_read_by_name_in_any_order() {
        let found = read(&["--memory", "a file", "--port", "80"]).unwrap();
        assert_eq!(found.owed::<u16>("port").unwrap(), 80);
        assert_eq!(found.optional::<String>("memory").unwrap().as_deref(), Some("a file"));
    }

    #[test]
    fn an_argument_that_cannot_be_meant_is_refused() {
        assert!(matches!(read(&["--prot", "80"]), Err(ArgumentError::Unknown(_))));
        assert!(matches!(read(&["--port"]), Err(ArgumentError::NoValue(_))));
        let found = read(&["--port", "eighty"]).unwrap();
        assert!(matches!(found.owed::<u16>("port"), Err(ArgumentError::Unreadable { .. })));
        assert!(matches!(read(&[]).unwrap().owed::<u16>("port"), Err(ArgumentError::Missing(_))));
    }
}
