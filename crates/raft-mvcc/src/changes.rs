//! The changes of keys by revision, for watches.

use std::iter;

use crate::MAX_CHANGES_READ;
use crate::error::Error;
use crate::range::{KeyRange, KeyValue};
use crate::record::Record;
use crate::store::Store;
use crate::versions::{FIRST_REVISION, Versions};

/// A put or a deletion of one key: etcd's event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Whether the key was put or deleted.
    pub kind: ChangeKind,
    /// The key-value after a put. After a deletion: the key, the revision of the deletion, and
    /// nothing else.
    pub kv: KeyValue,
    /// The key-value before the change, if it was asked for, existed and is not compacted.
    pub prev_kv: Option<KeyValue>,
}

/// The kind of a [`Change`]. The order is etcd's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// The key was given a value.
    Put,
    /// The key was deleted.
    Delete,
}

/// Which changes to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangesQuery {
    /// The first revision. Above the store's revision: there are no changes yet.
    pub from_revision: i64,
    /// The keys.
    pub range: KeyRange,
    /// Whether each change has the key-value before it.
    pub prev_kv: bool,
    /// The answer ends with the revision with which its keys and values have so many bytes; 0: no
    /// changes are read. A revision is never divided, so the answer may be larger by one revision.
    pub max_bytes: usize,
}

/// Changes of whole revisions, in the order in which they happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// The changes. There may be none although there are more at later revisions: each answer looks
    /// at a bounded number of changes.
    pub changes: Vec<Change>,
    /// Ask again from this revision. If it is above the store's revision, the answer has everything
    /// up to now.
    pub next_revision: i64,
}

impl Store {
    /// The changes in a range of keys from a revision on.
    ///
    /// Takes time in proportion to the number of changes (of any key) that it looks at, at most
    /// about [`MAX_CHANGES_READ`](crate::MAX_CHANGES_READ), and the logarithm of the store's size.
    ///
    /// From the compacted revision itself all changes are there, also deletions: nothing is lost
    /// in silence. Only `prev_kv` is absent at that revision, because the state before it is
    /// compacted.
    ///
    /// # Errors
    /// [`Error::Compacted`] if `from_revision` is below the compacted revision.
    pub fn changes(&self, query: &ChangesQuery) -> Result<Changes, Error> {
        let versions = &self.versions;
        if query.from_revision < versions.compacted {
            return Err(Error::Compacted { compact_revision: versions.compacted });
        }
        let mut changes = Vec::new();
        let mut bytes = 0;
        let mut looked_at = 0;
        let mut revision = query.from_revision.max(FIRST_REVISION);
        let mut history = versions.history.focus();
        let at = |revision| usize::try_from(revision - versions.swept).ok();
        while bytes < query.max_bytes
            && looked_at < MAX_CHANGES_READ
            && let Some(made) = at(revision).and_then(|at| history.get(at))
        {
            let made = made.changes();
            for record in made.iter().filter(|record| query.range.contains(record.key())) {
                let change = versions.change(record, query.prev_kv);
                bytes += change.bytes();
                changes.push(change);
            }
            looked_at += made.len();
            revision += 1;
        }
        Ok(Changes { changes, next_revision: revision })
    }
}

impl Versions {
    fn change(&self, record: &Record, with_previous: bool) -> Change {
        let kind = if record.is_deletion() { ChangeKind::Delete } else { ChangeKind::Put };
        let before = record.mod_revision() - 1;
        let previous = (with_previous && before >= self.compacted)
            .then(|| self.older_at(record.key(), before))
            .flatten()
            .filter(|version| !version.is_deletion());
        Change { kind, kv: record.key_value(), prev_kv: previous.map(Record::key_value) }
    }
}

impl Change {
    fn bytes(&self) -> usize {
        let previous = self.prev_kv.as_ref();
        iter::once(&self.kv).chain(previous).map(|kv| kv.key.len() + kv.value.len()).sum()
    }
}

#[cfg(test)]
mod tests;
