//! The ledger: what is committed, in order, and what the state machine makes of it.

use imbl::OrdMap;
use raft_core::{Entry, LogIndex, LogPosition, Payload, Term};
use raft_kv::{ClientId, Command, Response, Sequence, Store};

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
    /// The store as it was after earlier entries, as far back as somebody may still ask for.
    earlier: OrdMap<LogIndex, Store>,
    /// Whether anybody may.
    keeps_stores: bool,
}

/// What a committed command did.
#[derive(Clone, Debug)]
pub(crate) struct Executed {
    pub(crate) client: ClientId,
    pub(crate) sequence: Sequence,
    pub(crate) response: Response,
}

#[derive(Clone, Copy, Debug)]
struct Line {
    mark: Mark,
    /// The store's digest after the entry.
    digest: u64,
    /// The digest of its keys and values alone.
    contents: u64,
    /// The term whose leader committed it.
    committed_in: Term,
}

impl Ledger {
    /// A ledger that begins behind `base`, with the state machine as it is there.
    pub(crate) fn new(base: LogIndex, mark: Mark, store: Store) -> Self {
        let base_line = Line::new(mark, mark.term, &store);
        Self {
            base,
            base_line,
            lines: Chunks::default(),
            store,
            earlier: OrdMap::new(),
            keeps_stores: false,
        }
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

    /// The [digest](Store::contents_digest) of the keys and values after the committed entries up to
    /// `index`.
    pub(crate) fn contents_digest(&self, index: LogIndex) -> Option<u64> {
        self.line(index).map(|line| line.contents)
    }

    /// The store after the committed entries up to `index`, if it was to be [kept](Self::keep_stores).
    pub(crate) fn store_at(&self, index: LogIndex) -> Option<&Store> {
        if index == self.commit_index() { Some(&self.store) } else { self.earlier.get(&index) }
    }

    /// Keeps the store as it is after each entry, from this one on, which may not lie before what is
    /// kept; or none but the latest. A store shares with the next one what did not change.
    pub(crate) fn keep_stores(&mut self, from: Option<LogIndex>) {
        self.keeps_stores = from.is_some();
        let from = from.unwrap_or(self.commit_index());
        while let Some((index, _)) = self.earlier.get_min().filter(|(index, _)| *index < from) {
            let index = *index;
            self.earlier.remove(&index);
        }
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

    /// Adds the next committed entry. If it holds a command: what became of it.
    pub(crate) fn extend(
        &mut self,
        entry: &Entry,
        mark: Mark,
        committed_in: Term,
    ) -> Option<Executed> {
        if self.keeps_stores {
            self.earlier.insert(self.commit_index(), self.store.clone());
        }
        self.store.skip(entry.index.0);
        let executed = match &entry.payload {
            Payload::Command(command) => self.execute(command),
            _ => None,
        };
        self.lines.push(Line::new(mark, committed_in, &self.store));
        executed
    }

    /// What is no command changes nothing.
    fn execute(&mut self, payload: &[u8]) -> Option<Executed> {
        let command = Command::decode(payload).ok()?;
        let response = self.store.execute(&command);
        Some(Executed { client: command.client, sequence: command.sequence, response })
    }

    /// As if no client had ever opened a session.
    #[cfg(test)]
    pub(crate) fn forget_sessions(&mut self) {
        self.store = Store::default();
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

impl Line {
    fn new(mark: Mark, committed_in: Term, store: &Store) -> Self {
        Self { mark, digest: store.digest(), contents: store.contents_digest(), committed_in }
    }
}

#[cfg(test)]
mod tests;
