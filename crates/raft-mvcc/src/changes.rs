//! The changes of keys by revision, for watches.

use crate::error::Error;
use crate::range::{KeyRange, KeyValue};
use crate::store::Store;

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
    /// The answer ends with the first revision at which its keys and values have so many bytes.
    /// A revision is never divided, so the answer may be larger by one revision.
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
    pub fn changes(&self, _query: &ChangesQuery) -> Result<Changes, Error> {
        todo!("changes by revision")
    }
}
