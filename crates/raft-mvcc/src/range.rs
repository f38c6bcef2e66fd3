//! Ranges of keys, and reads of them.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// A key with its value, at one revision. The fields are etcd's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyValue {
    /// The key, at least one byte.
    pub key: Bytes,
    /// The revision of the put that created the key; 0 for a key that was deleted.
    pub create_revision: i64,
    /// The revision of the last change of the key.
    pub mod_revision: i64,
    /// How many puts there were since the key was created, with that one; 0 for a key that was
    /// deleted.
    pub version: i64,
    /// The value.
    pub value: Bytes,
    /// The lease that the key is attached to; 0 for none.
    pub lease: i64,
}

/// Some keys that follow each other, in etcd's form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRange {
    /// The first key.
    pub key: Bytes,
    /// Empty: the range is the one key. One zero byte: the range has all keys from `key` on.
    /// Otherwise the first key after the range.
    pub range_end: Bytes,
}

impl KeyRange {
    /// The range from `key` to `range_end`, which is not in it. The fields say what an empty
    /// `range_end` and a zero byte mean.
    pub fn new(key: impl Into<Bytes>, range_end: impl Into<Bytes>) -> Self {
        Self { key: key.into(), range_end: range_end.into() }
    }

    /// All keys.
    pub fn all() -> Self {
        Self::new(&b"\0"[..], &b"\0"[..])
    }

    /// The keys that start with `prefix`; an empty prefix: all keys.
    pub fn prefix(prefix: impl Into<Bytes>) -> Self {
        let prefix = prefix.into();
        let Some(last) = prefix.iter().rposition(|byte| *byte < u8::MAX) else {
            let key = if prefix.is_empty() { Bytes::from_static(b"\0") } else { prefix };
            return Self::new(key, &b"\0"[..]);
        };
        let mut range_end = prefix[..=last].to_vec();
        range_end[last] += 1;
        Self::new(prefix, range_end)
    }

    /// Whether the key is in the range.
    pub fn contains(&self, key: &[u8]) -> bool {
        match &self.range_end[..] {
            [] => *key == self.key,
            [0] => *key >= self.key,
            end => *key >= self.key && key < end,
        }
    }
}

/// A read of the keys in a range. The fields are etcd's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// The first key ([`KeyRange::key`]).
    pub key: Bytes,
    /// The end of the range ([`KeyRange::range_end`]).
    pub range_end: Bytes,
    /// The most keys in the answer; 0 or less: all.
    pub limit: i64,
    /// The revision of which to read the state; 0 or less: the newest.
    pub revision: i64,
    /// The order of the answer. With [`SortOrder::None`] and a target other than the key, the order
    /// is ascending, as in etcd.
    pub sort_order: SortOrder,
    /// The field by which the answer is ordered. Equal ones are in the order of their keys.
    pub sort_target: SortTarget,
    /// The answer has no values.
    pub keys_only: bool,
    /// The answer has no keys, only their count.
    pub count_only: bool,
    /// Leave out keys with a smaller `mod_revision`; 0: none.
    pub min_mod_revision: i64,
    /// Leave out keys with a larger `mod_revision`; 0: none.
    pub max_mod_revision: i64,
    /// Leave out keys with a smaller `create_revision`; 0: none.
    pub min_create_revision: i64,
    /// Leave out keys with a larger `create_revision`; 0: none.
    pub max_create_revision: i64,
}

/// The order of an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SortOrder {
    /// The order of the keys.
    #[default]
    None,
    /// The smallest first.
    Ascend,
    /// The largest first.
    Descend,
}

/// The field by which an answer is ordered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SortTarget {
    /// The key.
    #[default]
    Key,
    /// The number of puts.
    Version,
    /// The revision of the creation.
    CreateRevision,
    /// The revision of the last change.
    ModRevision,
    /// The value.
    Value,
}

/// The answer to a [`Range`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RangeResult {
    /// The keys with their values, in the order that was asked for.
    pub kvs: Vec<KeyValue>,
    /// Whether the limit left out keys.
    pub more: bool,
    /// How many keys are in the range, whatever the limit and the bounds of revisions leave out.
    pub count: i64,
}
