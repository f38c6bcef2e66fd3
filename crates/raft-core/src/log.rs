//! The replicated log in memory: the entries behind the last snapshot.
//!
//! Entries live in shared chunks. Cloning a log shares them all, so a simulator can keep many
//! copies of a long log, and a frame of a user interface can hold one, at almost no cost.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::{Entry, LogIndex, LogPosition, Term};

/// Entries in a chunk. Changing a shared chunk copies it, so chunks are kept small.
const CHUNK: usize = 64;

/// The entries of a server's log that no snapshot replaces.
///
/// Invariant: entries are consecutive, and their terms never go down.
#[derive(Clone, Debug)]
pub struct Log {
    /// The position before the first entry that is still there: the end of the snapshot.
    base: LogPosition,
    /// The last entry, or `base` if there is none.
    last: LogPosition,
    /// Index of the first entry of `chunks[0]`; at most `base.index + 1`.
    chunk_start: LogIndex,
    /// Every chunk but the last holds `CHUNK` entries.
    chunks: Vec<Arc<Vec<Entry>>>,
}

impl Log {
    /// A log that starts behind `base`, without entries.
    pub fn new(base: LogPosition) -> Self {
        Self { base, last: base, chunk_start: base.index.next(), chunks: Vec::new() }
    }

    /// The position before the first entry; the origin if there never was a snapshot.
    pub fn base(&self) -> LogPosition {
        self.base
    }

    /// The last entry's position; `base` without entries.
    pub fn last(&self) -> LogPosition {
        self.last
    }

    /// The index of the first entry that is there, or would be.
    pub fn first_index(&self) -> LogIndex {
        self.base.index.next()
    }

    /// How many entries are there.
    pub fn len(&self) -> usize {
        (self.last.index.0 - self.base.index.0) as usize
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.last.index == self.base.index
    }

    /// The entry at `index`, if it is there.
    pub fn get(&self, index: LogIndex) -> Option<&Entry> {
        if index <= self.base.index || index > self.last.index {
            return None;
        }
        let offset = (index.0 - self.chunk_start.0) as usize;
        Some(&self.chunks[offset / CHUNK][offset % CHUNK])
    }

    /// The term of the entry at `index`. Known for `base` too; `None` for what a snapshot replaced
    /// and for what is not there: the two must never pass for term 0.
    pub fn term_at(&self, index: LogIndex) -> Option<Term> {
        if index == self.base.index {
            return Some(self.base.term);
        }
        self.get(index).map(|entry| entry.term)
    }

    /// The entries from `from` on, in order.
    pub fn iter_from(&self, from: LogIndex) -> impl Iterator<Item = &Entry> {
        let mut next = from.max(self.first_index());
        core::iter::from_fn(move || {
            let entry = self.get(next)?;
            next = next.next();
            Some(entry)
        })
    }

    /// Copies of the entries from `from` on: at most `max_entries`, and at most `max_bytes` of
    /// payload, but always one if there is one. Payloads are shared, not copied.
    pub fn batch(&self, from: LogIndex, max_entries: usize, max_bytes: usize) -> Vec<Entry> {
        let available = (self.last.index.0 + 1).saturating_sub(from.0) as usize;
        let mut entries = Vec::with_capacity(available.min(max_entries));
        let mut bytes = 0;
        for entry in self.iter_from(from).take(max_entries) {
            bytes += entry.payload.len();
            if bytes > max_bytes && !entries.is_empty() {
                break;
            }
            entries.push(entry.clone());
        }
        entries
    }

    /// The last position at or before `index` whose term does not exceed `term`: what two logs can
    /// still have in common. `None` if a snapshot replaced that part.
    pub fn last_with_term_at_most(&self, index: LogIndex, term: Term) -> Option<LogPosition> {
        if index < self.base.index || self.base.term > term {
            return None;
        }
        // Terms never go down, so a binary search finds the last entry that qualifies.
        let (mut low, mut high) = (self.base.index, index.min(self.last.index));
        while low < high {
            let middle = LogIndex(high.0 - (high.0 - low.0) / 2);
            if self.term_at(middle).is_some_and(|found| found <= term) {
                low = middle;
            } else {
                high = middle.previous();
            }
        }
        self.term_at(low).map(|found| LogPosition::new(low, found))
    }

    /// Adds an entry at the end.
    ///
    /// # Panics
    /// If it does not follow the last entry, or its term is older.
    pub fn append(&mut self, entry: Entry) {
        assert!(entry.index == self.last.index.next(), "append {entry:?} after {}", self.last);
        assert!(
            entry.term >= self.last.term,
            "append {entry:?} after the later term {}",
            self.last
        );
        self.last = entry.position();
        match self.chunks.last_mut() {
            Some(chunk) if chunk.len() < CHUNK => Arc::make_mut(chunk).push(entry),
            _ => {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.push(entry);
                self.chunks.push(Arc::new(chunk));
            }
        }
    }

    /// Removes the entries from `index` on.
    ///
    /// # Panics
    /// If a snapshot replaced the entry at `index`.
    pub fn truncate_from(&mut self, index: LogIndex) {
        assert!(index > self.base.index, "truncate from {index}, in the snapshot {}", self.base);
        if index > self.last.index {
            return;
        }
        let keep = (index.0 - self.chunk_start.0) as usize;
        self.chunks.truncate(keep.div_ceil(CHUNK));
        if let (Some(chunk), 1..) = (self.chunks.last_mut(), keep % CHUNK) {
            Arc::make_mut(chunk).truncate(keep % CHUNK);
        }
        let last = index.previous();
        let term = self.term_before_truncation(last);
        self.last = LogPosition::new(last, term);
    }

    /// The term at `index`, the new end of the log, while `last` is not yet updated.
    fn term_before_truncation(&self, index: LogIndex) -> Term {
        if index == self.base.index {
            return self.base.term;
        }
        let offset = (index.0 - self.chunk_start.0) as usize;
        self.chunks[offset / CHUNK][offset % CHUNK].term
    }

    /// Drops the entries up to and including `base`, which a snapshot now replaces. Entries behind
    /// it stay.
    ///
    /// # Panics
    /// If the log does not hold `base`.
    pub fn compact(&mut self, base: LogPosition) {
        assert!(self.term_at(base.index) == Some(base.term), "compact through {base}: not held");
        self.base = base;
        let unused = (base.index.0 + 1 - self.chunk_start.0) as usize / CHUNK;
        let unused = unused.min(self.chunks.len());
        self.chunks.drain(..unused);
        self.chunk_start = LogIndex(self.chunk_start.0 + (unused * CHUNK) as u64);
        if self.chunks.is_empty() {
            self.chunk_start = self.first_index();
        }
    }
}

#[cfg(test)]
mod tests;
