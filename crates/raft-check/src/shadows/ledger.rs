//! The ledger: the committed entries, in order, and the state that they make.

use imbl::OrdMap;
use raft_core::{Entry, LogIndex, LogPosition, Payload, Term};
use raft_kv::{ClientId, Command, Response, Sequence, Store};
use raft_storage::PerEntry;

use super::log::PrefixHash;

/// The committed entries. Only a leader's commit that keeps the Commit Rule extends it, and nothing
/// ever leaves it.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// The last entry that was committed before the checks began: the end of a snapshot, or the
    /// origin.
    base: LogIndex,
    base_entry: CommittedEntry,
    entries: PerEntry<CommittedEntry>,
    store: Store,
    /// The store after earlier entries, as far back as [`Self::keep_stores`] says.
    earlier: OrdMap<LogIndex, Store>,
    keeps_stores: bool,
}

/// A committed command with its response.
#[derive(Clone, Debug)]
pub(crate) struct Executed {
    pub(crate) client: ClientId,
    pub(crate) sequence: Sequence,
    pub(crate) response: Response,
}

#[derive(Clone, Copy, Debug)]
struct CommittedEntry {
    /// The log up to the entry.
    prefix: PrefixHash,
    /// The digest of the store after the entry.
    digest: u64,
    /// The digest of the keys and values alone.
    contents: u64,
    /// The term of the leader that committed it.
    committed_in: Term,
}

impl Ledger {
    /// A ledger that begins after `base`, with the store of that entry.
    pub(crate) fn new(base: LogIndex, prefix: PrefixHash, store: Store) -> Self {
        let base_entry = CommittedEntry::new(prefix, prefix.term, &store);
        Self {
            base,
            base_entry,
            entries: PerEntry::starting_at(base.next()),
            store,
            earlier: OrdMap::new(),
            keeps_stores: false,
        }
    }

    /// The last committed entry.
    pub fn commit_index(&self) -> LogIndex {
        self.entries.end().previous()
    }

    /// The index after which the ledger begins: the end of the snapshot that the cluster was
    /// started from, or 0.
    pub fn base(&self) -> LogIndex {
        self.base
    }

    /// The committed log up to `index`. `None` if the entry is not committed, or before the
    /// [`base`](Self::base).
    pub fn get(&self, index: LogIndex) -> Option<PrefixHash> {
        self.entry(index).map(|entry| entry.prefix)
    }

    /// The position of the last committed entry.
    pub fn last(&self) -> LogPosition {
        LogPosition::new(self.commit_index(), self.last_entry().prefix.term)
    }

    /// The key-value store after all committed entries, and no others.
    pub fn committed_store(&self) -> &Store {
        &self.store
    }

    /// The [digest](Store::digest) of the store after the committed entries up to `index`.
    pub fn store_digest(&self, index: LogIndex) -> Option<u64> {
        self.entry(index).map(|entry| entry.digest)
    }

    /// The [digest](Store::contents_digest) of the keys and values after the committed entries up
    /// to `index`.
    pub(crate) fn contents_digest(&self, index: LogIndex) -> Option<u64> {
        self.entry(index).map(|entry| entry.contents)
    }

    /// The store after the committed entries up to `index`, if it was [kept](Self::keep_stores).
    pub(crate) fn store_at(&self, index: LogIndex) -> Option<&Store> {
        if index == self.commit_index() { Some(&self.store) } else { self.earlier.get(&index) }
    }

    /// Keeps the store after each entry from this one on, or only the latest. An index before those
    /// that are kept brings none back. A store shares with the next one what did not change.
    pub(crate) fn keep_stores(&mut self, from: Option<LogIndex>) {
        self.keeps_stores = from.is_some();
        let from = from.unwrap_or(self.commit_index());
        while let Some((index, _)) = self.earlier.get_min().filter(|(index, _)| *index < from) {
            let index = *index;
            self.earlier.remove(&index);
        }
    }

    /// The last entry that a leader of an earlier term than `term` committed.
    pub(crate) fn last_committed_before(&self, term: Term) -> (LogIndex, PrefixHash) {
        // Along the log, the terms in which entries were committed never decrease.
        let (mut low, mut high) = (self.base.0, self.commit_index().0);
        while low < high {
            let middle = low + (high - low) / 2 + 1;
            let entry = self.entries.get(LogIndex(middle));
            let before = entry.is_some_and(|entry| entry.committed_in < term);
            if before { low = middle } else { high = middle - 1 }
        }
        let index = LogIndex(low);
        (index, self.get(index).unwrap_or(self.base_entry.prefix))
    }

    /// Adds the next committed entry. If it holds a command: that, with its response.
    pub(crate) fn extend(
        &mut self,
        entry: &Entry,
        prefix: PrefixHash,
        committed_in: Term,
    ) -> Option<Executed> {
        if self.keeps_stores {
            self.earlier.insert(self.commit_index(), self.store.clone());
        }
        self.store.skip(entry.index.0);
        let executed = match &entry.payload {
            Payload::Command(command) => self.execute(command),
            Payload::Noop | Payload::Membership(_) => None,
        };
        self.entries.push(CommittedEntry::new(prefix, committed_in, &self.store));
        executed
    }

    /// A payload that is not a command changes nothing.
    fn execute(&mut self, payload: &[u8]) -> Option<Executed> {
        let command = Command::decode(payload).ok()?;
        let response = self.store.execute(&command);
        Some(Executed { client: command.client, sequence: command.sequence, response })
    }

    /// Removes the sessions of all clients.
    #[cfg(test)]
    pub(crate) fn forget_sessions(&mut self) {
        self.store = Store::default();
    }

    fn entry(&self, index: LogIndex) -> Option<CommittedEntry> {
        match index == self.base {
            true => Some(self.base_entry),
            false => self.entries.get(index).copied(),
        }
    }

    fn last_entry(&self) -> CommittedEntry {
        self.entries.last().copied().unwrap_or(self.base_entry)
    }
}

impl CommittedEntry {
    fn new(prefix: PrefixHash, committed_in: Term, store: &Store) -> Self {
        Self { prefix, digest: store.digest(), contents: store.contents_digest(), committed_in }
    }
}

#[cfg(test)]
mod tests;
