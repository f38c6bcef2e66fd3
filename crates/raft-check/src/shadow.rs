//! A log in the eyes of the checks: for every entry its term and the hash of the prefix that ends
//! with it.

use raft_core::{Entry, LogIndex, LogPosition, Term};

use crate::chunks::Chunks;
use crate::hash;

/// What the checks remember of a log entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    /// The entry's term.
    pub term: Term,
    /// The hash of the log up to and including the entry.
    pub hash: u64,
}

/// The marks of one log. Cloning it is cheap.
#[derive(Clone, Debug)]
pub(crate) struct Shadow {
    /// The index before the first entry: the end of the snapshot.
    base: LogIndex,
    base_mark: Mark,
    marks: Chunks<Mark>,
}

impl Mark {
    /// What stands before the first entry of all.
    pub(crate) const EMPTY: Self = Self { term: Term(0), hash: hash::EMPTY };

    /// The mark of an entry that follows this one.
    pub(crate) fn then(self, entry: &Entry) -> Self {
        Self { term: entry.term, hash: hash::chain(self.hash, entry) }
    }
}

impl Shadow {
    /// A log without entries that starts behind `base`.
    pub(crate) fn new(base: LogIndex, base_mark: Mark) -> Self {
        Self { base, base_mark, marks: Chunks::default() }
    }

    /// A log without entries that starts behind a snapshot: with the hash of what that replaced, if
    /// anyone ever held it.
    pub(crate) fn behind(base: LogPosition, known: Option<u64>) -> Self {
        let hash = known.unwrap_or_else(|| hash::unknown_prefix(base));
        Self::new(base.index, Mark { term: base.term, hash })
    }

    pub(crate) fn base(&self) -> LogIndex {
        self.base
    }

    pub(crate) fn base_position(&self) -> LogPosition {
        LogPosition::new(self.base, self.base_mark.term)
    }

    pub(crate) fn last_index(&self) -> LogIndex {
        LogIndex(self.base.0 + self.marks.len() as u64)
    }

    pub(crate) fn last_mark(&self) -> Mark {
        self.marks.last().unwrap_or(self.base_mark)
    }

    pub(crate) fn last(&self) -> LogPosition {
        LogPosition::new(self.last_index(), self.last_mark().term)
    }

    /// The mark at `index`; known for the base too.
    pub(crate) fn get(&self, index: LogIndex) -> Option<Mark> {
        match index.0.checked_sub(self.base.0)? {
            0 => Some(self.base_mark),
            offset => self.marks.get(offset as usize - 1),
        }
    }

    pub(crate) fn term_at(&self, index: LogIndex) -> Option<Term> {
        self.get(index).map(|mark| mark.term)
    }

    /// Adds an entry at the end.
    pub(crate) fn append(&mut self, entry: &Entry) -> Mark {
        let mark = self.last_mark().then(entry);
        self.marks.push(mark);
        mark
    }

    /// Removes what stands behind `last`; never the base.
    pub(crate) fn truncate_after(&mut self, last: LogIndex) {
        self.marks.truncate(last.0.saturating_sub(self.base.0) as usize);
    }

    /// Moves the base forward to an entry that the log holds. False if it does not hold it.
    pub(crate) fn compact(&mut self, base: LogPosition) -> bool {
        match self.get(base.index) {
            Some(mark) if mark.term == base.term => {
                self.marks.skip((base.index.0 - self.base.0) as usize);
                (self.base, self.base_mark) = (base.index, mark);
                true
            }
            _ => false,
        }
    }

    /// The last index in `low..=high` up to which `agrees`, given that it does at `low`, and that
    /// what agrees somewhere agrees everywhere before.
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
