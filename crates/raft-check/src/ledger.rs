//! The ledger: what is committed, in order, and what the state machine makes of it.

use raft_core::{Entry, LogIndex, LogPosition, Payload, Term};
use raft_kv::Store;

use crate::chunks::Chunks;
use crate::shadow::Mark;

/// What is committed. Only a leader's legitimate commit extends it; nothing ever leaves it.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// What was committed before the checks began: a snapshot's end, or the origin.
    base: LogIndex,
    base_line: Line,
    lines: Chunks<Line>,
    store: Store,
}

#[derive(Clone, Copy, Debug)]
struct Line {
    mark: Mark,
    /// The store's digest after the entry.
    digest: u64,
    /// The term whose leader committed it.
    committed_in: Term,
}

impl Ledger {
    /// A ledger that begins behind `base`, with the state machine as it is there.
    pub(crate) fn new(base: LogIndex, mark: Mark, store: Store) -> Self {
        let base_line = Line { mark, digest: store.digest(), committed_in: mark.term };
        Self { base, base_line, lines: Chunks::default(), store }
    }

    /// The last committed entry.
    pub fn commit_index(&self) -> LogIndex {
        LogIndex(self.base.0 + self.lines.len() as u64)
    }

    /// The index behind which the ledger begins: the snapshot that the cluster was started from, or 0.
    pub fn base(&self) -> LogIndex {
        self.base
    }

    /// The committed entry at `index`: its term, and the hash of the log that ends with it. `None`
    /// for what is not committed, and for what stands before the ledger's [`base`](Self::base).
    pub fn get(&self, index: LogIndex) -> Option<Mark> {
        self.line(index).map(|line| line.mark)
    }

    /// The last committed entry's index and term.
    pub fn last(&self) -> LogPosition {
        LogPosition::new(self.commit_index(), self.last_line().mark.term)
    }

    /// The key-value store after all committed entries, and no others.
    pub fn committed_store(&self) -> &Store {
        &self.store
    }

    /// The [digest](Store::digest) of the store after the committed entries up to `index`.
    pub fn store_digest(&self, index: LogIndex) -> Option<u64> {
        self.line(index).map(|line| line.digest)
    }

    /// The last entry that a leader of a term before `term` committed.
    pub(crate) fn last_committed_before(&self, term: Term) -> (LogIndex, Mark) {
        // Terms in which entries are committed never go down along the log.
        let (mut low, mut high) = (0, self.lines.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let before = self.lines.get(middle).is_some_and(|line| line.committed_in < term);
            if before { low = middle + 1 } else { high = middle }
        }
        let index = LogIndex(self.base.0 + low as u64);
        (index, self.get(index).unwrap_or(self.base_line.mark))
    }

    /// Adds the next committed entry.
    pub(crate) fn extend(&mut self, entry: &Entry, mark: Mark, committed_in: Term) {
        match &entry.payload {
            Payload::Command(command) => {
                self.store.apply(entry.index.0, command);
            }
            _ => self.store.skip(entry.index.0),
        }
        self.lines.push(Line { mark, digest: self.store.digest(), committed_in });
    }

    fn line(&self, index: LogIndex) -> Option<Line> {
        match index.0.checked_sub(self.base.0)? {
            0 => Some(self.base_line),
            offset => self.lines.get(offset as usize - 1),
        }
    }

    fn last_line(&self) -> Line {
        self.lines.last().unwrap_or(self.base_line)
    }
}

#[cfg(test)]
mod tests;
