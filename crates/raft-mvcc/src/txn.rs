//! The operations on keys: put, delete, and transactions of them.

use std::cmp::Ordering;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::range::{KeyRange, KeyValue, Range, RangeResult};
use crate::record::{Header, Record};
use crate::txn_form::{TxnForm, TxnResultForm};
use crate::writing::Writing;

/// Give a key a value. The fields are etcd's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Put {
    /// The key, at least one byte.
    pub key: Bytes,
    /// Its new value.
    pub value: Bytes,
    /// The lease to attach the key to; 0: none. It must exist.
    pub lease: i64,
    /// The answer has the key-value before the put.
    pub prev_kv: bool,
    /// Keep the value. The key must exist, and `value` must be empty.
    pub ignore_value: bool,
    /// Keep the lease. The key must exist, and `lease` must be 0.
    pub ignore_lease: bool,
}

/// The answer to a [`Put`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutResult {
    /// The key-value before the put, if it was asked for and existed.
    pub prev_kv: Option<KeyValue>,
}

/// Delete the keys of a range. The fields are etcd's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteRange {
    /// The first key ([`KeyRange::key`](crate::KeyRange::key)).
    pub key: Bytes,
    /// The end of the range ([`KeyRange::range_end`](crate::KeyRange::range_end)).
    pub range_end: Bytes,
    /// The answer has the deleted key-values.
    pub prev_kv: bool,
}

/// The answer to a [`DeleteRange`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteRangeResult {
    /// How many keys were deleted.
    pub deleted: i64,
    /// The deleted key-values in the order of the keys, if they were asked for.
    pub prev_kvs: Vec<KeyValue>,
}

/// Compare, then do one of two lists of operations: all of it at one revision.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "TxnForm", try_from = "TxnForm")]
pub struct Txn {
    /// The comparisons. None: they hold.
    pub compare: Vec<Compare>,
    /// The operations if all comparisons hold, in this order. Each sees the effects of those before
    /// it.
    pub success: Vec<TxnOperation>,
    /// The operations otherwise.
    pub failure: Vec<TxnOperation>,
}

/// One operation of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TxnOperation {
    /// A read.
    Range(Range),
    /// A put.
    Put(Put),
    /// A deletion.
    DeleteRange(DeleteRange),
    /// A transaction in the transaction.
    Txn(Txn),
}

/// A comparison of a field of one key, or of each key in a range, with an expected one.
///
/// A single key that does not exist is compared as one with revisions, version and lease 0; a
/// comparison of its value does not hold. A range with no keys is treated the same way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compare {
    /// The first key ([`KeyRange::key`](crate::KeyRange::key)).
    pub key: Bytes,
    /// The end of the range ([`KeyRange::range_end`](crate::KeyRange::range_end)).
    pub range_end: Bytes,
    /// The relation that must hold from the key's field to the expected one.
    pub relation: CompareRelation,
    /// The field, and what it is compared with.
    pub target: CompareTarget,
}

/// A relation of a [`Compare`]. The order of the variants is etcd's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CompareRelation {
    /// The field is equal to the expected one.
    Equal,
    /// The field is larger.
    Greater,
    /// The field is smaller.
    Less,
    /// The field differs.
    NotEqual,
}

/// A field of a key, and what it is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CompareTarget {
    /// The number of puts.
    Version(i64),
    /// The revision of the creation.
    CreateRevision(i64),
    /// The revision of the last change.
    ModRevision(i64),
    /// The value.
    Value(Bytes),
    /// The lease.
    Lease(i64),
}

/// The answer to a [`Txn`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "TxnResultForm", try_from = "TxnResultForm")]
pub struct TxnResult {
    /// Whether the comparisons held.
    pub succeeded: bool,
    /// One answer for each operation that was done.
    pub responses: Vec<TxnAnswer>,
}

/// The answer to one operation of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TxnAnswer {
    /// The answer to a read.
    Range(RangeResult),
    /// The answer to a put.
    Put(PutResult),
    /// The answer to a deletion.
    DeleteRange(DeleteRangeResult),
    /// The answer to a transaction in the transaction.
    Txn(TxnResult),
}

/// The decisions of a transaction, which are made before its first change: which list is done, and
/// the decisions of the transactions in it, in their order.
struct Path<'a> {
    succeeded: bool,
    operations: &'a [TxnOperation],
    nested: Vec<Self>,
}

impl Writing<'_> {
    /// Does a transaction, or refuses it before its first change.
    ///
    /// As in etcd, all comparisons and checks are about the state before the transaction, also
    /// those of transactions in it.
    pub(crate) fn txn(&mut self, txn: &Txn) -> Result<TxnResult, Error> {
        let path = self.path(txn);
        self.check(&path)?;
        Ok(self.follow(&path))
    }

    fn path<'a>(&self, txn: &'a Txn) -> Path<'a> {
        let succeeded = txn.compare.iter().all(|compare| self.holds(compare));
        let operations = if succeeded { &txn.success } else { &txn.failure };
        let nested = operations.iter().filter_map(|operation| match operation {
            TxnOperation::Txn(txn) => Some(self.path(txn)),
            TxnOperation::Range(_) | TxnOperation::Put(_) | TxnOperation::DeleteRange(_) => None,
        });
        Path { succeeded, operations, nested: nested.collect() }
    }

    fn check(&self, path: &Path<'_>) -> Result<(), Error> {
        let mut nested = path.nested.iter();
        path.operations.iter().try_for_each(|operation| match operation {
            TxnOperation::Range(range) => self.check_range(range),
            TxnOperation::Put(put) => self.check_put(put),
            TxnOperation::DeleteRange(_) => Ok(()),
            TxnOperation::Txn(_) => nested.next().map_or(Ok(()), |path| self.check(path)),
        })
    }

    fn follow(&mut self, path: &Path<'_>) -> TxnResult {
        let mut nested = path.nested.iter();
        let mut responses = Vec::with_capacity(path.operations.len());
        for operation in path.operations {
            responses.push(match operation {
                TxnOperation::Range(range) => TxnAnswer::Range(self.range(range)),
                TxnOperation::Put(put) => TxnAnswer::Put(self.put(put)),
                TxnOperation::DeleteRange(range) => {
                    TxnAnswer::DeleteRange(self.delete_range(range))
                }
                TxnOperation::Txn(_) => {
                    let path = nested.next().expect("each transaction has a path");
                    TxnAnswer::Txn(self.follow(path))
                }
            });
        }
        TxnResult { succeeded: path.succeeded, responses }
    }

    fn holds(&self, compare: &Compare) -> bool {
        let range = KeyRange::new(compare.key.clone(), compare.range_end.clone());
        let mut versions = self.live(&range).peekable();
        if versions.peek().is_none() {
            return compare.holds_for(None);
        }
        versions.all(|version| compare.holds_for(Some(version)))
    }
}

impl Compare {
    /// Whether it holds for a version of a key, or for a key that does not exist.
    fn holds_for(&self, version: Option<&Record>) -> bool {
        let header = version.map(Record::header);
        let number =
            |field: fn(Header) -> i64, expected: &i64| header.map_or(0, field).cmp(expected);
        let ordering = match &self.target {
            CompareTarget::Version(expected) => number(|header| header.version, expected),
            CompareTarget::CreateRevision(expected) => {
                number(|header| header.create_revision, expected)
            }
            CompareTarget::ModRevision(expected) => number(|header| header.mod_revision, expected),
            CompareTarget::Lease(expected) => number(|header| header.lease, expected),
            CompareTarget::Value(expected) => match version {
                Some(version) => version.value().cmp(expected),
                None => return false,
            },
        };
        match self.relation {
            CompareRelation::Equal => ordering == Ordering::Equal,
            CompareRelation::Greater => ordering == Ordering::Greater,
            CompareRelation::Less => ordering == Ordering::Less,
            CompareRelation::NotEqual => ordering != Ordering::Equal,
        }
    }
}

#[cfg(test)]
mod tests;
