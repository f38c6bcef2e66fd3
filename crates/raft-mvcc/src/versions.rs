//! All versions of all keys: the newest ones, the older ones, and the changes by revision.

use std::sync::Arc;

use imbl::{OrdSet, Vector};

use crate::range::KeyRange;
use crate::record::{At, ByKey, ByVersion, Record};

/// The revision of a store without changes.
pub(crate) const FIRST_REVISION: i64 = 1;

/// All versions of all keys.
///
/// A version is in `newest` or in `older` until it is compacted, and in `history` under its
/// revision. All three share one record.
///
/// Invariants: a key has at most one change at a revision. The front of `history` is the revision
/// `swept`, so the list is never empty; every revision after it has at least one change.
#[derive(Debug, Clone)]
pub(crate) struct Versions {
    /// The version of each key that exists.
    pub(crate) newest: OrdSet<ByKey>,
    /// What was overwritten, and deletions.
    pub(crate) older: OrdSet<ByVersion>,
    /// The changes of each revision from `swept` on.
    pub(crate) history: Vector<Revision>,
    /// The revision up to which the memory of compacted versions is free.
    pub(crate) swept: i64,
    /// How many changes of the next revision are swept too.
    pub(crate) swept_changes: usize,
    /// The last compacted revision; -1: none.
    pub(crate) compacted: i64,
    /// The cost of `newest` and `older`.
    pub(crate) total_bytes: u64,
    /// The cost of `newest`.
    pub(crate) newest_bytes: u64,
}

impl Default for Versions {
    fn default() -> Self {
        Self {
            newest: OrdSet::new(),
            older: OrdSet::new(),
            history: Vector::unit(Revision::from(Vec::new())),
            swept: FIRST_REVISION,
            swept_changes: 0,
            compacted: -1,
            total_bytes: 0,
            newest_bytes: 0,
        }
    }
}

/// The changes of one revision, in the order in which they were made.
#[derive(Debug, Clone)]
pub(crate) enum Revision {
    /// One change, as most revisions have it: without an allocation.
    One(Record),
    /// Any other number.
    Many(Arc<[Record]>),
}

impl From<Vec<Record>> for Revision {
    fn from(mut changes: Vec<Record>) -> Self {
        match changes.pop() {
            Some(change) if changes.is_empty() => Self::One(change),
            Some(change) => {
                changes.push(change);
                Self::Many(changes.into())
            }
            None => Self::Many(Arc::new([])),
        }
    }
}

impl Revision {
    pub(crate) fn changes(&self) -> &[Record] {
        match self {
            Self::One(change) => std::slice::from_ref(change),
            Self::Many(changes) => changes,
        }
    }
}

impl Versions {
    /// The revision of the last change.
    pub(crate) fn revision(&self) -> i64 {
        self.swept + self.history.len() as i64 - 1
    }

    /// The version of a key now.
    pub(crate) fn get(&self, key: &[u8]) -> Option<&Record> {
        self.newest.get(key).map(|version| &version.0)
    }

    /// The last version in `older` of a key up to a revision, also a deletion.
    pub(crate) fn older_at(&self, key: &[u8], revision: i64) -> Option<&Record> {
        let version = self.older.get_prev(&At { key, revision })?;
        (version.0.key() == key).then_some(&version.0)
    }

    /// The keys of a range with their versions now, in order.
    pub(crate) fn live(&self, range: &KeyRange) -> impl Iterator<Item = &Record> {
        let bounds = range.bounds();
        bounds
            .into_iter()
            .flat_map(|bounds| self.newest.range::<_, [u8]>(bounds))
            .map(|version| &version.0)
    }

    /// The keys of a range with their versions at a revision, in order. The revision is not
    /// compacted.
    ///
    /// Takes logarithmic time for each key of the range that has older versions.
    pub(crate) fn live_at(&self, range: &KeyRange, revision: i64) -> impl Iterator<Item = &Record> {
        let mut newest = self.live(range).peekable();
        let mut older = self.older_key(At { key: &range.key, revision: 0 }, range);
        std::iter::from_fn(move || {
            loop {
                let key = match (newest.peek().map(|version| version.key()), older) {
                    (Some(newest), Some(older)) => newest.min(older),
                    (newest, older) => newest.or(older)?,
                };
                let version = newest.next_if(|version| version.key() == key);
                if older == Some(key) {
                    older = self.older_key(At { key, revision: i64::MAX }, range);
                }
                let version = version
                    .filter(|version| version.mod_revision() <= revision)
                    .or_else(|| self.older_at(key, revision));
                if let Some(version) = version.filter(|version| !version.is_deletion()) {
                    return Some(version);
                }
            }
        })
    }

    /// The first key from a place on that has a version in `older`, if it is in the range.
    fn older_key(&self, from: At<'_>, range: &KeyRange) -> Option<&[u8]> {
        let key = self.older.get_next(&from)?.0.key();
        range.contains(key).then_some(key)
    }

    /// Makes a version the newest one of its key. Gives the one before it.
    pub(crate) fn put(&mut self, record: Record) -> Option<Record> {
        self.total_bytes += record.cost();
        self.newest_bytes += record.cost();
        let before = self.newest.insert(ByKey(record))?.0;
        self.newest_bytes -= before.cost();
        self.older.insert(ByVersion(before.clone()));
        Some(before)
    }

    /// Deletes the key of a deletion.
    pub(crate) fn delete(&mut self, deletion: Record) {
        self.total_bytes += deletion.cost();
        if let Some(before) = self.newest.remove(deletion.key()) {
            self.newest_bytes -= before.0.cost();
            self.older.insert(ByVersion(before.0));
        }
        self.older.insert(ByVersion(deletion));
    }

    /// The changes of a revision; `None`: it is swept, or there is none yet.
    pub(crate) fn changes_of(&self, revision: i64) -> Option<&Revision> {
        self.history.get(usize::try_from(revision - self.swept).ok()?)
    }
}
