//! One version of a key in one allocation, and the two orders in which versions are kept.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use equivalent::{Comparable, Equivalent};

use crate::range::KeyValue;

/// The bytes before the key: its length, and the place in the revision.
const KEY_AT: usize = 8;

/// The bytes between the key and the value: four revisions and counts.
const NUMBERS_BYTES: usize = 32;

/// What a version costs beside its bytes: the counters of its allocation, and its places in the
/// index of keys and in the list of changes. About; measured in `benches/memory.rs`.
const OVERHEAD_BYTES: u64 = 88;

/// One version of a key: what a put stored, or that the key was deleted.
///
/// A million of them are kept, so a record is one allocation, which the indexes share. Its layout
/// is also its form in a snapshot. The key is near the start, where the counters of the allocation
/// are too, so that a step through an index touches one line of the cache.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Record(Arc<[u8]>);

/// The numbers of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) create_revision: i64,
    pub(crate) mod_revision: i64,
    /// 0: the key was deleted.
    pub(crate) version: i64,
    pub(crate) lease: i64,
    /// How many changes of the same revision came before this one.
    pub(crate) place: u32,
}

impl Record {
    pub(crate) fn new(header: Header, key: &[u8], value: &[u8]) -> Self {
        let key_bytes = u32::try_from(key.len()).expect("a key is smaller than 4 GiB");
        let mut bytes = Vec::with_capacity(KEY_AT + key.len() + NUMBERS_BYTES + value.len());
        bytes.extend_from_slice(&key_bytes.to_le_bytes());
        bytes.extend_from_slice(&header.place.to_le_bytes());
        bytes.extend_from_slice(key);
        bytes.extend_from_slice(&header.create_revision.to_le_bytes());
        bytes.extend_from_slice(&header.mod_revision.to_le_bytes());
        bytes.extend_from_slice(&header.version.to_le_bytes());
        bytes.extend_from_slice(&header.lease.to_le_bytes());
        bytes.extend_from_slice(value);
        Self(bytes.into())
    }

    /// Reads a record of a snapshot.
    ///
    /// # Errors
    /// The fault in words, if the bytes are no record.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, &'static str> {
        if bytes.len() < KEY_AT + NUMBERS_BYTES {
            return Err("a version of a key is too short");
        }
        let record = Self(bytes.into());
        if record.key_bytes() == 0 || record.key_bytes() > bytes.len() - KEY_AT - NUMBERS_BYTES {
            return Err("a key is longer than its record, or empty");
        }
        let header = record.header();
        let is_put = header.version > 0
            && header.create_revision > 1
            && header.version - 1 <= header.mod_revision.saturating_sub(header.create_revision);
        let is_deletion = header.version == 0
            && header.create_revision == 0
            && header.lease == 0
            && record.value().is_empty();
        if !is_put && !is_deletion {
            return Err("a version of a key is neither a put nor a deletion");
        }
        Ok(record)
    }

    /// The record as it is in a snapshot.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn header(&self) -> Header {
        Header {
            create_revision: self.number(0),
            mod_revision: self.mod_revision(),
            version: self.number(16),
            lease: self.lease(),
            place: self.small_number(4),
        }
    }

    pub(crate) fn mod_revision(&self) -> i64 {
        self.number(8)
    }

    pub(crate) fn lease(&self) -> i64 {
        self.number(24)
    }

    pub(crate) fn is_deletion(&self) -> bool {
        self.number(16) == 0
    }

    pub(crate) fn key(&self) -> &[u8] {
        &self.0[KEY_AT..KEY_AT + self.key_bytes()]
    }

    pub(crate) fn value(&self) -> &[u8] {
        &self.0[self.value_at()..]
    }

    /// What the record costs in memory, in bytes, about.
    pub(crate) fn cost(&self) -> u64 {
        self.0.len() as u64 + OVERHEAD_BYTES
    }

    /// The key, which shares the record's memory.
    pub(crate) fn shared_key(&self) -> Bytes {
        self.shared().slice(KEY_AT..KEY_AT + self.key_bytes())
    }

    /// The key-value for an answer, which shares the record's memory.
    pub(crate) fn key_value(&self) -> KeyValue {
        let all = self.shared();
        let value = all.slice(self.value_at()..);
        self.with_value(all.slice(KEY_AT..KEY_AT + self.key_bytes()), value)
    }

    /// Like [`key_value`](Self::key_value), without the value.
    pub(crate) fn key_only(&self) -> KeyValue {
        self.with_value(self.shared_key(), Bytes::new())
    }

    fn with_value(&self, key: Bytes, value: Bytes) -> KeyValue {
        let Header { create_revision, mod_revision, version, lease, .. } = self.header();
        KeyValue { key, create_revision, mod_revision, version, value, lease }
    }

    fn shared(&self) -> Bytes {
        Bytes::from_owner(Arc::clone(&self.0))
    }

    fn key_bytes(&self) -> usize {
        self.small_number(0) as usize
    }

    fn value_at(&self) -> usize {
        KEY_AT + self.key_bytes() + NUMBERS_BYTES
    }

    /// One of the numbers after the key.
    fn number(&self, at: usize) -> i64 {
        let at = KEY_AT + self.key_bytes() + at;
        let bytes = self.0[at..at + 8].try_into().expect("the slice has 8 bytes");
        i64::from_le_bytes(bytes)
    }

    /// One of the numbers before the key.
    fn small_number(&self, at: usize) -> u32 {
        let bytes = self.0[at..at + 4].try_into().expect("the slice has 4 bytes");
        u32::from_le_bytes(bytes)
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key().escape_ascii();
        let value = self.value().escape_ascii();
        write!(f, "{key}={value} {:?}", self.header())
    }
}

/// A record in the order of keys. Two are equal if their keys are: a set has one version of a key.
#[derive(Debug, Clone)]
pub(crate) struct ByKey(pub(crate) Record);

impl Borrow<[u8]> for ByKey {
    fn borrow(&self) -> &[u8] {
        self.0.key()
    }
}

impl PartialEq for ByKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.key() == other.0.key()
    }
}

impl Eq for ByKey {}

impl PartialOrd for ByKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ByKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.key().cmp(other.0.key())
    }
}

/// A record in the order of keys, and the versions of a key in the order of their revisions.
#[derive(Debug, Clone)]
pub(crate) struct ByVersion(pub(crate) Record);

impl ByVersion {
    pub(crate) fn at(&self) -> At<'_> {
        At { key: self.0.key(), revision: self.0.mod_revision() }
    }
}

impl PartialEq for ByVersion {
    fn eq(&self, other: &Self) -> bool {
        self.at() == other.at()
    }
}

impl Eq for ByVersion {}

impl PartialOrd for ByVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ByVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        self.at().cmp(&other.at())
    }
}

/// A place in the order of [`ByVersion`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct At<'a> {
    pub(crate) key: &'a [u8],
    pub(crate) revision: i64,
}

impl Equivalent<ByVersion> for At<'_> {
    fn equivalent(&self, version: &ByVersion) -> bool {
        *self == version.at()
    }
}

impl Comparable<ByVersion> for At<'_> {
    fn compare(&self, version: &ByVersion) -> Ordering {
        self.cmp(&version.at())
    }
}
