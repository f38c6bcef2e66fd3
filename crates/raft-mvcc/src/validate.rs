//! The rules that an operation must keep whatever the contents of the store.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use bytes::Bytes;

use crate::command::Operation;
use crate::error::Error;
use crate::lease::validate_grant;
use crate::txn::{DeleteRange, Put, Txn, TxnOperation};
use crate::{MAX_REVOKED_LEASES, MAX_TXN_OPERATIONS};

/// Checks what does not depend on the contents of a store: empty keys, the number of operations
/// and duplicate keys of a transaction, limits of leases.
///
/// [`Store::apply`](crate::Store::apply) refuses the same operations with the same error. A check
/// before the proposal saves the log an entry that can only fail.
///
/// # Errors
/// The [`Error`] that the command would be answered with.
pub fn validate(operation: &Operation) -> Result<(), Error> {
    match operation {
        Operation::Put(put) => validate_put(put),
        Operation::DeleteRange(range) => validate_delete(range),
        Operation::Txn(txn) => {
            validate_txn(txn, MAX_TXN_OPERATIONS)?;
            Touched::by(&txn.success)?;
            Touched::by(&txn.failure)?;
            Ok(())
        }
        Operation::LeaseGrant { id, ttl } | Operation::OpenSession { id, ttl } => {
            validate_grant(*id, *ttl)
        }
        Operation::RevokeExpired { ids } if ids.len() > MAX_REVOKED_LEASES => {
            Err(Error::TooManyOperations)
        }
        Operation::RevokeExpired { .. }
        | Operation::Compact { .. }
        | Operation::LeaseRevoke { .. }
        | Operation::Alarm { .. } => Ok(()),
    }
}

fn validate_put(put: &Put) -> Result<(), Error> {
    validate_key(&put.key)?;
    if put.ignore_value && !put.value.is_empty() {
        return Err(Error::ValueProvided);
    }
    if put.ignore_lease && put.lease != 0 {
        return Err(Error::LeaseProvided);
    }
    Ok(())
}

fn validate_delete(range: &DeleteRange) -> Result<(), Error> {
    validate_key(&range.key)
}

fn validate_key(key: &Bytes) -> Result<(), Error> {
    if key.is_empty() { Err(Error::EmptyKey) } else { Ok(()) }
}

/// Checks a transaction, whose lists may have `most` elements. The longest list counts, and leaves
/// the rest to the transactions in it.
fn validate_txn(txn: &Txn, most: usize) -> Result<(), Error> {
    let Txn { compare, success, failure } = txn;
    let longest = compare.len().max(success.len()).max(failure.len());
    let rest = most.checked_sub(longest).ok_or(Error::TooManyOperations)?;
    compare.iter().try_for_each(|compare| validate_key(&compare.key))?;
    success.iter().chain(failure).try_for_each(|operation| match operation {
        TxnOperation::Range(range) => range.validate(),
        TxnOperation::Put(put) => validate_put(put),
        TxnOperation::DeleteRange(range) => validate_delete(range),
        TxnOperation::Txn(txn) => validate_txn(txn, rest),
    })
}

/// The keys that a list of operations may change. No key is changed twice at one revision: a put
/// meets no other put of its key, and no deletion of it, in the same run of the transaction.
#[derive(Default)]
struct Touched {
    puts: BTreeSet<Bytes>,
    deletions: Deletions,
}

impl Touched {
    /// The keys that a list of operations may change.
    ///
    /// # Errors
    /// [`Error::DuplicateKey`].
    fn by(operations: &[TxnOperation]) -> Result<Self, Error> {
        let mut touched = Self::default();
        for operation in operations {
            match operation {
                TxnOperation::Range(_) => {}
                TxnOperation::Put(put) => {
                    let mut single = Self::default();
                    single.puts.insert(put.key.clone());
                    touched.meets(&single)?;
                    touched.add(single);
                }
                TxnOperation::DeleteRange(range) => {
                    let mut single = Self::default();
                    single.deletions.add(&range.key, End::of(range));
                    touched.meets(&single)?;
                    touched.add(single);
                }
                TxnOperation::Txn(txn) => {
                    // Only one of the two lists is done, so they may touch the same keys.
                    let success = Self::by(&txn.success)?;
                    let failure = Self::by(&txn.failure)?;
                    touched.meets(&success)?;
                    touched.meets(&failure)?;
                    touched.add(success);
                    touched.add(failure);
                }
            }
        }
        Ok(touched)
    }

    /// Whether a key of `other`, which is done too, may be changed twice.
    fn meets(&self, other: &Self) -> Result<(), Error> {
        let is_met = other.puts.iter().any(|key| self.puts.contains(key))
            || other.puts.iter().any(|key| self.deletions.contains(key))
            || other.deletions.iter().any(|(key, end)| end.has_one_of(&self.puts, key));
        if is_met { Err(Error::DuplicateKey) } else { Ok(()) }
    }

    fn add(&mut self, other: Self) {
        self.puts.extend(other.puts);
        for (key, end) in other.deletions.0 {
            self.deletions.add(&key, end);
        }
    }
}

/// Ranges of keys that do not touch each other: where each starts, and where it ends.
#[derive(Default)]
struct Deletions(BTreeMap<Bytes, End>);

/// Where a range ends. The order is that of the ends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    /// Before this key.
    Before(Bytes),
    /// After all keys.
    Never,
}

impl End {
    fn of(range: &DeleteRange) -> Self {
        match &range.range_end[..] {
            // The next key after a single one.
            [] => Self::Before([&range.key[..], &[0]].concat().into()),
            [0] => Self::Never,
            _ => Self::Before(range.range_end.clone()),
        }
    }

    fn is_after(&self, key: &[u8]) -> bool {
        match self {
            Self::Before(end) => &end[..] > key,
            Self::Never => true,
        }
    }

    /// Whether one of the keys is in the range that starts at `key` and ends here.
    fn has_one_of(&self, keys: &BTreeSet<Bytes>, key: &[u8]) -> bool {
        let mut from = keys.range::<[u8], _>((Bound::Included(key), Bound::Unbounded));
        from.next().is_some_and(|first| self.is_after(first))
    }
}

impl Deletions {
    /// Adds a range, and joins it with those that it touches.
    fn add(&mut self, key: &Bytes, mut end: End) {
        if !end.is_after(key) {
            return;
        }
        let mut start = key.clone();
        let reaches = |from: &Bytes, end: &End| *end >= End::Before(from.clone());
        while let Some((other, other_end)) = self.last_up_to(&end)
            && reaches(&start, &other_end)
        {
            self.0.remove(&other);
            start = start.min(other);
            end = end.max(other_end);
        }
        self.0.insert(start, end);
    }

    /// The last range that starts before or at an end.
    fn last_up_to(&self, end: &End) -> Option<(Bytes, End)> {
        let upper = match end {
            End::Before(end) => Bound::Included(&end[..]),
            End::Never => Bound::Unbounded,
        };
        let last = self.0.range::<[u8], _>((Bound::Unbounded, upper)).next_back()?;
        Some((last.0.clone(), last.1.clone()))
    }

    fn contains(&self, key: &[u8]) -> bool {
        let upper = Bound::Included(key);
        let last = self.0.range::<[u8], _>((Bound::Unbounded, upper)).next_back();
        last.is_some_and(|(_, end)| end.is_after(key))
    }

    fn iter(&self) -> impl Iterator<Item = (&Bytes, &End)> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests;
