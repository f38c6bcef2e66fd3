//! Ranges of keys, and reads of them.

use std::cmp::Ordering;
use std::ops::Bound;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::record::Record;
use crate::store::Store;
use crate::versions::Versions;

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

/// The two ends of a range of keys.
type Bounds<'a> = (Bound<&'a [u8]>, Bound<&'a [u8]>);

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

    /// The range as bounds; `None`: no key is in it. A single key is a range too.
    pub(crate) fn bounds(&self) -> Option<Bounds<'_>> {
        let first = Bound::Included(&self.key[..]);
        match &self.range_end[..] {
            [] => Some((first, first)),
            [0] => Some((first, Bound::Unbounded)),
            end => (end > &self.key[..]).then_some((first, Bound::Excluded(end))),
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

impl Range {
    /// The keys that are read.
    pub fn keys(&self) -> KeyRange {
        KeyRange { key: self.key.clone(), range_end: self.range_end.clone() }
    }

    /// Checks what does not depend on the contents of a store.
    ///
    /// # Errors
    /// [`Error::EmptyKey`].
    pub fn validate(&self) -> Result<(), Error> {
        if self.key.is_empty() { Err(Error::EmptyKey) } else { Ok(()) }
    }

    /// Whether the answer is in the order of the keys, and has all of them up to the limit.
    fn is_plain(&self) -> bool {
        self.ordering().is_none()
            && self.min_mod_revision == 0
            && self.max_mod_revision == 0
            && self.min_create_revision == 0
            && self.max_create_revision == 0
    }

    /// How to sort the answer; `None`: it is in the order of the keys.
    fn ordering(&self) -> Option<(SortTarget, SortOrder)> {
        match (self.sort_target, self.sort_order) {
            (SortTarget::Key, SortOrder::None | SortOrder::Ascend) => None,
            (target, SortOrder::None) => Some((target, SortOrder::Ascend)),
            (target, order) => Some((target, order)),
        }
    }

    /// The most keys in the answer.
    fn most(&self) -> usize {
        let limit = usize::try_from(self.limit).unwrap_or(0);
        if limit == 0 { usize::MAX } else { limit }
    }

    /// Whether the bounds of revisions let a version through.
    fn admits(&self, version: &Record) -> bool {
        let within = |value: i64, min: i64, max: i64| {
            (min == 0 || value >= min) && (max == 0 || value <= max)
        };
        let header = version.header();
        within(header.mod_revision, self.min_mod_revision, self.max_mod_revision)
            && within(header.create_revision, self.min_create_revision, self.max_create_revision)
    }

    /// The answer from the versions of the keys, which are in order.
    fn answer<'a>(&self, mut versions: impl Iterator<Item = &'a Record>) -> RangeResult {
        if self.count_only {
            return RangeResult { count: versions.count() as i64, ..RangeResult::default() };
        }
        let most = self.most();
        let in_full = |version: &Record| version.key_value();
        let key_only = |version: &Record| version.key_only();
        let form = if self.keys_only { key_only } else { in_full };
        if self.is_plain() {
            let kvs: Vec<_> = versions.by_ref().take(most).map(form).collect();
            let left_out = versions.count();
            let count = (kvs.len() + left_out) as i64;
            return RangeResult { kvs, more: left_out > 0, count };
        }
        let mut count = 0;
        let counted = versions.inspect(|_| count += 1);
        let mut chosen: Vec<_> = counted.filter(|version| self.admits(version)).collect();
        if let Some((target, order)) = self.ordering() {
            chosen.sort_by(|a, b| {
                let ascending = target.compare(a, b);
                if order == SortOrder::Descend { ascending.reverse() } else { ascending }
            });
        }
        let more = chosen.len() > most;
        chosen.truncate(most);
        RangeResult { kvs: chosen.into_iter().map(form).collect(), more, count }
    }
}

impl SortTarget {
    fn compare(self, a: &Record, b: &Record) -> Ordering {
        match self {
            Self::Key => a.key().cmp(b.key()),
            Self::Version => a.header().version.cmp(&b.header().version),
            Self::CreateRevision => a.header().create_revision.cmp(&b.header().create_revision),
            Self::ModRevision => a.mod_revision().cmp(&b.mod_revision()),
            Self::Value => a.value().cmp(b.value()),
        }
    }
}

impl Versions {
    /// Whether a revision can be read.
    pub(crate) fn check_revision(&self, revision: i64) -> Result<(), Error> {
        if revision > self.revision() {
            return Err(Error::FutureRevision);
        }
        if revision > 0 && revision < self.compacted {
            return Err(Error::Compacted { compact_revision: self.compacted });
        }
        Ok(())
    }

    /// Reads keys at a revision that was [checked](Self::check_revision); `None`: as they are now,
    /// with the changes of a command under way.
    pub(crate) fn read(&self, range: &Range, revision: Option<i64>) -> RangeResult {
        let keys = range.keys();
        if let Some(revision) = revision {
            range.answer(self.live_at(&keys, revision))
        } else if range.count_only && keys == KeyRange::all() {
            RangeResult { count: self.newest.len() as i64, ..RangeResult::default() }
        } else {
            range.answer(self.live(&keys))
        }
    }
}

impl Store {
    /// Reads keys, now or at an earlier revision.
    ///
    /// Takes time in proportion to the number of keys in the range, because the answer counts them
    /// all, as etcd's does; a key that the limit leaves out takes about 30 ns.
    ///
    /// # Errors
    /// [`Error::EmptyKey`], [`Error::Compacted`] or [`Error::FutureRevision`].
    pub fn range(&self, range: &Range) -> Result<RangeResult, Error> {
        range.validate()?;
        self.versions.check_revision(range.revision)?;
        let is_past = range.revision > 0 && range.revision < self.revision();
        Ok(self.versions.read(range, is_past.then_some(range.revision)))
    }
}
