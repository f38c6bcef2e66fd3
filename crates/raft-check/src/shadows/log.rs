//! The shadow of a log: for every entry its term and the hash of the prefix that ends with it.

use std::hash::{Hash, Hasher};

use raft_core::{Entry, LogIndex, LogPosition, Term};
use raft_sim::Fingerprint;
use raft_storage::PerEntry;

/// A log up to an entry. Equal for equal logs, so one comparison is enough for a whole log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PrefixHash {
    /// The term of the entry.
    pub term: Term,
    /// The hash of the log up to and including the entry.
    pub hash: u64,
}

/// All prefixes of one log. Cloning it is cheap.
#[derive(Clone, Debug)]
pub(crate) struct LogShadow {
    /// The index before the first entry: the end of the snapshot, or before it.
    base: LogIndex,
    base_prefix: PrefixHash,
    prefixes: PerEntry<PrefixHash>,
}

impl PrefixHash {
    /// The empty log.
    pub const EMPTY: Self = Self { term: Term(0), hash: 0 };

    /// This log with one more entry.
    #[must_use]
    pub fn then(self, entry: &Entry) -> Self {
        Self { term: entry.term, hash: fingerprint((self.hash, entry)) }
    }
}

fn fingerprint(value: impl Hash) -> u64 {
    let mut hash = Fingerprint::default();
    value.hash(&mut hash);
    hash.finish()
}

impl LogShadow {
    /// A log without entries that starts after `base`.
    pub(crate) fn new(base: LogIndex, base_prefix: PrefixHash) -> Self {
        Self { base, base_prefix, prefixes: PerEntry::starting_at(base.next()) }
    }

    /// A log without entries that starts after `base`. `known` is the hash of the entries up to
    /// there, if any log ever held them.
    pub(crate) fn after(base: LogPosition, known: Option<u64>) -> Self {
        if base == LogPosition::ORIGIN {
            return Self::new(base.index, PrefixHash::EMPTY);
        }
        let hash = known.unwrap_or_else(|| fingerprint(base));
        Self::new(base.index, PrefixHash { term: base.term, hash })
    }

    pub(crate) fn base(&self) -> LogIndex {
        self.base
    }

    pub(crate) fn base_position(&self) -> LogPosition {
        LogPosition::new(self.base, self.base_prefix.term)
    }

    pub(crate) fn last_index(&self) -> LogIndex {
        self.prefixes.end().previous()
    }

    pub(crate) fn last_prefix(&self) -> PrefixHash {
        self.prefixes.last().copied().unwrap_or(self.base_prefix)
    }

    pub(crate) fn last(&self) -> LogPosition {
        LogPosition::new(self.last_index(), self.last_prefix().term)
    }

    /// The log up to `index`, from the base on.
    pub(crate) fn get(&self, index: LogIndex) -> Option<PrefixHash> {
        match index == self.base {
            true => Some(self.base_prefix),
            false => self.prefixes.get(index).copied(),
        }
    }

    pub(crate) fn term_at(&self, index: LogIndex) -> Option<Term> {
        self.get(index).map(|prefix| prefix.term)
    }

    /// Adds an entry at the end.
    pub(crate) fn append(&mut self, entry: &Entry) -> PrefixHash {
        let prefix = self.last_prefix().then(entry);
        self.prefixes.push(prefix);
        prefix
    }

    /// Adds an entry at the end of which only the position counts, as of a base that no log holds.
    pub(crate) fn append_position(&mut self, position: LogPosition) {
        let hash = fingerprint(position);
        self.prefixes.push(PrefixHash { term: position.term, hash });
    }

    /// Removes the entries after `last`; never the base.
    pub(crate) fn truncate_after(&mut self, last: LogIndex) {
        self.prefixes.truncate(last.next());
    }

    /// Moves the base forward to an entry of the log. False if the log does not hold it.
    pub(crate) fn compact(&mut self, base: LogPosition) -> bool {
        match self.get(base.index) {
            Some(prefix) if prefix.term == base.term => {
                self.prefixes.skip_to(base.index.next());
                (self.base, self.base_prefix) = (base.index, prefix);
                true
            }
            Some(_) | None => false,
        }
    }

    /// Takes the memory of equal parts of another log in place of its own.
    pub(crate) fn share(&mut self, other: &Self) {
        self.prefixes.share(&other.prefixes);
    }

    #[cfg(test)]
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.prefixes.is_same(&other.prefixes)
    }

    /// The last index in `low..=high` where `agrees` is true, given that it is true at `low` and,
    /// where it is true, at all indexes before.
    pub(crate) fn last_agreement(
        low: LogIndex,
        high: LogIndex,
        agrees: impl Fn(LogIndex) -> bool,
    ) -> LogIndex {
        if high <= low || agrees(high) {
            return high.max(low);
        }
        let (mut low, mut high) = (low.0, high.0);
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            if agrees(LogIndex(middle)) { low = middle } else { high = middle }
        }
        LogIndex(low)
    }
}

#[cfg(test)]
mod tests;
