//! Settings: what the template gives each function through its environment. Each function names its
//! own in one struct ([`settings!`](crate::settings)), which is read and checked once, at the cold
//! start.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::announcement::PublicUrl;
use jiff::SignedDuration;

/// Settings that are missing or unreadable; the function does not start. Names only: a value may be
/// a secret.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("settings are missing or unreadable: {}", .names.join(", "))]
pub struct BadSettings {
    /// The names of all of them, in the order of the struct.
    pub names: Vec<&'static str>,
}

/// What a reference to a secret begins with, anywhere in a value: `{secret:NAME}`.
const REFERENCE: &str = "{secret:";

/// The fewest characters of a secret of ours.
pub const SECRET_CHARACTERS_MIN: usize = 16;

/// A value that one environment variable holds.
pub trait Setting: Sized {
    /// Reads the value of a variable; `text` is `None` where the variable is absent or empty.
    /// Returns `None` for what is no such value.
    fn read(text: Option<&str>) -> Option<Self>;
}

/// A struct of settings, made by [`settings!`](crate::settings).
pub trait Settings: Sized {
    /// Reads every setting, so that `reader` knows all bad ones. Returns `None` if one is bad.
    fn read(reader: &mut Reader<'_>) -> Option<Self>;
}

/// Reads environment variables, and remembers their names.
pub struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    asked: Vec<&'static str>,
    bad: Vec<&'static str>,
}

impl<'a> Reader<'a> {
    fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { lookup, asked: Vec::new(), bad: Vec::new() }
    }

    fn text(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|value| !value.is_empty())
    }

    /// The setting in the variable `name`; `None`, and remembered as bad, if it is no `T`.
    pub fn one<T: Setting>(&mut self, name: &'static str) -> Option<T> {
        self.asked.push(name);
        let read = T::read(self.text(name).as_deref());
        if read.is_none() {
            self.bad.push(name);
        }
        read
    }
}

/// Reads the settings `T` from the environment, none of which refers to a secret. Fails with the
/// names of all that are missing or unreadable.
pub fn read<T: Settings>() -> Result<T, BadSettings> {
    read_with(&BTreeMap::new())
}

/// Reads the settings `T` from the environment, with `secrets` in the places of the references to
/// them. A value whose secret is not among them is absent.
pub fn read_with<T: Settings>(secrets: &BTreeMap<String, String>) -> Result<T, BadSettings> {
    read_by(&|name| with_secrets(&std::env::var(name).ok()?, secrets))
}

/// The names of the secrets that the environment refers to in the settings `T`, each once.
pub fn secrets_of<T: Settings>() -> Vec<String> {
    let values = names::<T>().into_iter().filter_map(|name| std::env::var(name).ok());
    let named: BTreeSet<String> = values
        .flat_map(|value| {
            let parts = value.split(REFERENCE).skip(1);
            parts.filter_map(|part| Some(part.split_once('}')?.0.to_owned())).collect::<Vec<_>>()
        })
        .collect();
    named.into_iter().collect()
}

/// The value with each reference replaced by its secret; `None` if one of them is not there.
fn with_secrets(value: &str, secrets: &BTreeMap<String, String>) -> Option<String> {
    let mut parts = value.split(REFERENCE);
    let mut whole = parts.next()?.to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}')?;
        whole.push_str(secrets.get(name)?);
        whole.push_str(rest);
    }
    Some(whole)
}

/// Reads the settings `T` by `lookup`, which returns the value of a variable.
fn read_by<T: Settings>(lookup: &dyn Fn(&str) -> Option<String>) -> Result<T, BadSettings> {
    let mut reader = Reader::new(lookup);
    T::read(&mut reader).ok_or(BadSettings { names: reader.bad })
}

/// The names of the variables that `T` is read from.
pub fn names<T: Settings>() -> Vec<&'static str> {
    let mut reader = Reader::new(&|_| None);
    // With nothing to read every name is asked for, and no value comes about.
    let _nothing = T::read(&mut reader);
    reader.asked
}

/// Defines a struct of settings. A field with `= "NAME"` is read from that variable as its type's
/// [`Setting`]; a field without is a struct of [`Settings`] itself. It has no `Debug`: some values
/// are secrets.
#[macro_export]
macro_rules! settings {
    (
        $(#[$doc:meta])*
        $vis:vis struct $name:ident {
            $($(#[$field_doc:meta])* $field:ident: $kind:ty $(= $variable:literal)?,)+
        }
    ) => {
        $(#[$doc])*
        $vis struct $name {
            $($(#[$field_doc])* $vis $field: $kind,)+
        }

        impl $crate::config::Settings for $name {
            fn read(reader: &mut $crate::config::Reader<'_>) -> Option<Self> {
                $(let $field = $crate::settings!(@field reader, $kind $(, $variable)?);)+
                Some(Self { $($field: $field?,)+ })
            }
        }
    };
    (@field $reader:ident, $kind:ty, $variable:literal) => { $reader.one::<$kind>($variable) };
    (@field $reader:ident, $kind:ty) => { <$kind as $crate::config::Settings>::read($reader) };
}

/// Settings of something that a deployment may not have: absent where the first of them is.
impl<T: Settings> Settings for Option<T> {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let (asked, bad) = (reader.asked.len(), reader.bad.len());
        let read = T::read(reader);
        let first = reader.asked.get(asked).copied();
        if first.is_some_and(|first| reader.text(first).is_some()) {
            return read.map(Some);
        }
        reader.bad.truncate(bad);
        Some(None)
    }
}

/// A setting that a deployment may leave empty.
impl<T: Setting> Setting for Option<T> {
    fn read(text: Option<&str>) -> Option<Self> {
        match text {
            None => Some(None),
            Some(_) => T::read(text).map(Some),
        }
    }
}

impl Setting for String {
    fn read(text: Option<&str>) -> Option<Self> {
        text.map(str::to_owned)
    }
}

/// A secret that is a part of an address: letters, digits, `_` and `-`.
pub struct AddressSecret(
    /// The secret as the address has it.
    pub String,
);

impl Setting for AddressSecret {
    fn read(text: Option<&str>) -> Option<Self> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let text = text.filter(|text| text.len() >= SECRET_CHARACTERS_MIN)?;
        text.bytes().all(fits).then(|| Self(text.to_owned()))
    }
}

impl Setting for u32 {
    fn read(text: Option<&str>) -> Option<Self> {
        text?.parse().ok()
    }
}

/// A timeout: a whole number of milliseconds, in variables whose names end in `_MS`.
impl Setting for Duration {
    fn read(text: Option<&str>) -> Option<Self> {
        Some(Self::from_millis(u64::from(u32::read(text)?)))
    }
}

/// A time span: a whole number of seconds, in variables whose names end in `_S`.
impl Setting for SignedDuration {
    fn read(text: Option<&str>) -> Option<Self> {
        Some(Self::from_secs(i64::from(u32::read(text)?)))
    }
}

impl Setting for PublicUrl {
    fn read(text: Option<&str>) -> Option<Self> {
        Self::try_from(text?.to_owned()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    settings! {
        /// An account that a deployment may not have.
        struct Account {
            /// The key of the sample.
            key: String = "KEY",
            /// The sender of the sample.
            sender: String = "SENDER",
        }
    }

    settings! {
        /// What a function is told.
        struct Example {
            /// The table of the sample.
            table: String = "TABLE",
            /// The time of a call.
            timeout: Duration = "TIMEOUT_MS",
            /// The account of the sample.
            account: Option<Account>,
            /// The address of the sample's sender.
            callback: Option<String> = "CALLBACK",
        }
    }

    fn read_from(pairs: &[(&str, &str)]) -> Result<Example, Vec<&'static str>> {
        let value = |name: &str| {
            pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        read_by(&value).map_err(|bad| bad.names)
    }

    #[test]
    fn every_missing_or_unreadable_setting_is_named_at_once() {
        assert_eq!(read_from(&[]).err(), Some(vec!["TABLE", "TIMEOUT_MS"]));
        assert_eq!(
            read_from(&[("TABLE", ""), ("TIMEOUT_MS", "3s")]).err(),
            Some(vec!["TABLE", "TIMEOUT_MS"])
        );
    }

    #[test]
    fn an_account_is_absent_where_its_first_setting_is_and_whole_where_it_is_not() {
        let base = [("TABLE", "t"), ("TIMEOUT_MS", "250")];
        let none = read_from(&base).unwrap_or_else(|bad| panic!("{bad:?}"));
        assert!(none.account.is_none() && none.callback.is_none());
        assert_eq!((none.table.as_str(), none.timeout), ("t", Duration::from_millis(250)));
        let half = [&base[..], &[("KEY", "k")]].concat();
        assert_eq!(read_from(&half).err(), Some(vec!["SENDER"]));
        let whole = [&half[..], &[("SENDER", "s"), ("CALLBACK", "c")]].concat();
        let whole = read_from(&whole).unwrap_or_else(|bad| panic!("{bad:?}"));
        let account = whole.account.map(|account| (account.key, account.sender));
        assert_eq!(account, Some(("k".to_owned(), "s".to_owned())));
        assert_eq!(whole.callback.as_deref(), Some("c"));
    }

    #[test]
    fn a_reference_is_replaced_by_its_secret_and_a_value_without_its_secret_is_absent() {
        let secrets = BTreeMap::from([("motcua/A".to_owned(), "{secret:motcua/B}".to_owned())]);
        let read = |value| with_secrets(value, &secrets);
        assert_eq!(read("plain").as_deref(), Some("plain"));
        // A secret is taken as it is, whatever it looks like.
        assert_eq!(read("{secret:motcua/A}").as_deref(), Some("{secret:motcua/B}"));
        let whole = "https://x/{secret:motcua/A}/y";
        assert_eq!(read(whole).as_deref(), Some("https://x/{secret:motcua/B}/y"));
        assert_eq!(read("{secret:motcua/A}{secret:motcua/C}"), None);
        assert_eq!(read("{secret:motcua/A"), None);
    }

    #[test]
    fn a_secret_in_an_address_is_long_and_changes_nothing_of_the_address() {
        for refused in ["", "short", "with/a/stroke/in/it", "with a blank in it"] {
            assert!(AddressSecret::read(Some(refused)).is_none(), "{refused}");
        }
        assert!(AddressSecret::read(Some("sixteen_letters-")).is_some());
    }

    #[test]
    fn the_names_of_all_settings_are_known_those_of_an_absent_account_too() {
        let all = ["TABLE", "TIMEOUT_MS", "KEY", "SENDER", "CALLBACK"];
        assert_eq!(names::<Example>(), all);
    }
}
