//! A log as the hashes of its prefixes: two logs are equal up to an entry if their hashes are.

use raft_check::judges::PrefixHash;
use raft_core::{Bytes, Entry, LogIndex, LogPosition, Node, Recovered, Snapshot, Term};

use crate::server::bytes_of;

/// The prefixes of a log that end with each of its entries, and the one before the first.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Prefixes {
    base: LogIndex,
    /// The first is the log up to `base`.
    list: Vec<PrefixHash>,
}

impl Default for Prefixes {
    /// The empty log.
    fn default() -> Self {
        Self { base: LogIndex(0), list: vec![PrefixHash::EMPTY] }
    }
}

impl Prefixes {
    pub(crate) fn new(base: LogIndex, prefix: PrefixHash) -> Self {
        Self { base, list: vec![prefix] }
    }

    /// The log of a node. The parts that are compacted are found in what is known.
    pub(crate) fn of_node(node: &Node, known: &Self) -> Self {
        let log = node.log();
        let entries = log.iter_from(log.first_index());
        Self::of(log.base(), node.snapshot(), known).with(entries)
    }

    /// The log on a disk.
    pub(crate) fn of_disk(disk: &Recovered, known: &Self) -> Self {
        let snapshot = disk.snapshot.as_ref();
        let end = snapshot.map_or(LogPosition::ORIGIN, Snapshot::position);
        let base = disk.log_start.unwrap_or(end);
        Self::of(base, snapshot, known).with(disk.entries.iter())
    }

    fn of(base: LogPosition, snapshot: Option<&Snapshot>, known: &Self) -> Self {
        let found = known.get(base.index).filter(|prefix| prefix.term == base.term);
        let at_base = |snapshot: &&Snapshot| snapshot.position() == base;
        let prefix = found.or_else(|| snapshot.filter(at_base).and_then(decode));
        let unknown = PrefixHash { term: base.term, hash: 0 };
        Self::new(base.index, prefix.unwrap_or(unknown))
    }

    fn with<'a>(mut self, entries: impl Iterator<Item = &'a Entry>) -> Self {
        for entry in entries {
            let last = self.list[self.list.len() - 1];
            self.list.push(last.then(entry));
        }
        self
    }

    /// These prefixes, and before and after them those of another log.
    pub(crate) fn or(self, other: &Self) -> Self {
        if self.base <= other.base && self.last().index >= other.last().index {
            return self;
        }
        let base = self.base.min(other.base);
        let last = self.last().index.max(other.last().index);
        let list = (base.0..=last.0).map(LogIndex).map(|index| {
            let found = self.get(index).or(other.get(index));
            found.unwrap_or(PrefixHash { term: Term(u64::MAX), hash: 0 })
        });
        Self { base, list: list.collect() }
    }

    pub(crate) fn push(&mut self, prefix: PrefixHash) {
        self.list.push(prefix);
    }

    pub(crate) fn base(&self) -> LogIndex {
        self.base
    }

    pub(crate) fn base_prefix(&self) -> PrefixHash {
        self.list[0]
    }

    /// The log up to an entry; `None` if that is compacted or not there.
    pub(crate) fn get(&self, index: LogIndex) -> Option<PrefixHash> {
        let place = index.0.checked_sub(self.base.0)?;
        self.list.get(place as usize).copied()
    }

    pub(crate) fn last(&self) -> LogPosition {
        let last = self.list.len() - 1;
        LogPosition::new(LogIndex(self.base.0 + last as u64), self.list[last].term)
    }

    /// The last entry up to which the two logs are the same, as far as both are known.
    pub(crate) fn common(&self, other: &Self) -> LogIndex {
        let base = self.base.max(other.base);
        let mut index = self.last().index.min(other.last().index);
        while index > base && self.get(index) != other.get(index) {
            index = index.previous();
        }
        index
    }

    /// The entry at which the two logs contradict each other: both hold it, and they are not the
    /// same up to it.
    pub(crate) fn contradiction(&self, other: &Self) -> Option<(LogIndex, PrefixHash)> {
        let base = self.base.max(other.base);
        let mut index = self.last().index.min(other.last().index);
        while index > base {
            let (own, others) = (self.get(index)?, other.get(index)?);
            if own.term == others.term {
                return (own.hash != others.hash).then_some((index, own));
            }
            index = index.previous();
        }
        None
    }
}

/// The state machine of the explorer is the hash of the log that it applied: this is its snapshot.
pub(crate) fn encode(prefix: PrefixHash) -> Bytes {
    let mut bytes = prefix.term.0.to_le_bytes().to_vec();
    bytes.extend(prefix.hash.to_le_bytes());
    Bytes::from(bytes)
}

/// The log that such a snapshot replaces.
pub(crate) fn decode(snapshot: &Snapshot) -> Option<PrefixHash> {
    let bytes: [u8; 16] = bytes_of(snapshot)?.try_into().ok()?;
    let [term, hash] = [&bytes[..8], &bytes[8..]]
        .map(|half| u64::from_le_bytes(half.try_into().expect("a half has eight bytes")));
    Some(PrefixHash { term: Term(term), hash })
}
