//! Entries that each hold from a day on, until the next one's day.

use std::collections::BTreeMap;

use jiff::civil::Date;

/// Something that holds from a day on.
pub trait ValidFrom {
    /// The first day on which it holds.
    fn valid_from(&self) -> Date;
}

/// The one of `entries`, in whatever order, that holds on `day`: that with the latest first day not
/// after it.
pub fn in_force<T: ValidFrom>(entries: &[T], day: Date) -> Option<&T> {
    entries.iter().filter(|entry| entry.valid_from() <= day).max_by_key(|entry| entry.valid_from())
}

/// The versions of one thing, at least one, oldest first.
#[derive(Debug, Clone)]
pub struct Dated<T> {
    first: T,
    later: Vec<T>,
}

impl<T: ValidFrom> Dated<T> {
    /// Puts entries in the order of their days; none where there is no entry. Of two from one day
    /// the later in the list holds.
    pub fn new(mut entries: Vec<T>) -> Option<Self> {
        entries.sort_by_key(ValidFrom::valid_from);
        let mut entries = entries.into_iter();
        Some(Self { first: entries.next()?, later: entries.collect() })
    }

    /// The versions of each of several things, which `key` tells apart.
    pub fn grouped<K: Ord>(entries: Vec<T>, key: impl Fn(&T) -> K) -> BTreeMap<K, Self> {
        let mut groups: BTreeMap<K, Vec<T>> = BTreeMap::new();
        for entry in entries {
            groups.entry(key(&entry)).or_default().push(entry);
        }
        let dated = groups.into_iter().map(|(key, entries)| Some((key, Self::new(entries)?)));
        dated.flatten().collect()
    }

    /// The one in force on `day`; none before the first.
    pub fn on(&self, day: Date) -> Option<&T> {
        Some(self.on_or_first(day)).filter(|entry| entry.valid_from() <= day)
    }

    /// The one in force on `day`; before the first, the first.
    pub fn on_or_first(&self, day: Date) -> &T {
        in_force(&self.later, day).unwrap_or(&self.first)
    }

    /// Whether there is one in force on `day`.
    pub fn covers(&self, day: Date) -> bool {
        self.first.valid_from() <= day
    }

    /// Every entry, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        std::iter::once(&self.first).chain(&self.later)
    }
}
