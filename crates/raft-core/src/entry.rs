//! Log entries, and the two other things a server keeps on disk: its term and vote, and a snapshot.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Deref;

use crate::{Bytes, LogIndex, LogPosition, Membership, NodeId, SnapshotData, Term};

/// One entry of the replicated log (§5.3).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Entry {
    /// The entry's place in the log.
    pub index: LogIndex,
    /// The term of the leader that created it.
    pub term: Term,
    /// The content.
    pub payload: Payload,
}

/// The content of an entry.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Payload {
    /// Nothing: a leader starts its term with it, so that it soon has an entry of its own term to
    /// commit (§8, and the commit rule of §5.4.2).
    Noop,
    /// A command for the state machine. The core never looks inside.
    Command(Bytes),
    /// The membership from this entry on, committed or not (§6).
    Membership(Membership),
}

/// Entries that follow each other, shared by reference counting.
///
/// A log, the messages to all peers, the write to disk and the output to apply share the same
/// entries: cloning and slicing copy none of them.
#[derive(Clone)]
pub struct Entries {
    /// `None` for no entries, so that a heartbeat allocates nothing.
    shared: Option<Arc<[Entry]>>,
    start: u32,
    end: u32,
}

/// The state that must survive a crash besides the log: Figure 2's `currentTerm` and `votedFor`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct HardState {
    /// The latest term this server has seen.
    pub current_term: Term,
    /// The candidate that has this server's vote in that term.
    pub voted_for: Option<NodeId>,
}

/// The state machine as it was after an entry, in place of the log up to there (§7).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Snapshot {
    /// The snapshot replaces all entries up through and including this index.
    pub last_included_index: LogIndex,
    /// The term of that last entry.
    pub last_included_term: Term,
    /// The latest membership in the part of the log that the snapshot replaces.
    pub membership: Membership,
    /// The state machine, in its own encoding: the bytes, or the file that has them.
    pub data: SnapshotData,
}

impl Entry {
    /// The entry's index and term.
    pub fn position(&self) -> LogPosition {
        LogPosition::new(self.index, self.term)
    }
}

impl Payload {
    /// The number of bytes that count against the limits on sizes: a command's.
    pub fn len(&self) -> usize {
        match self {
            Self::Noop | Self::Membership(_) => 0,
            Self::Command(bytes) => bytes.len(),
        }
    }

    /// Whether there are no such bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Entries {
    /// No entries.
    pub const EMPTY: Self = Self { shared: None, start: 0, end: 0 };

    /// The entries from place `start` up to, not including, place `end`, sharing this value's
    /// memory.
    ///
    /// # Panics
    /// If `start > end` or `end` lies past the end.
    #[must_use]
    pub fn slice(&self, start: usize, end: usize) -> Self {
        assert!(
            start <= end && end <= self.len(),
            "slice {start}..{end} of {} entries",
            self.len()
        );
        if start == end {
            return Self::EMPTY;
        }
        let (start, end) = (self.start + start as u32, self.start + end as u32);
        Self { shared: self.shared.clone(), start, end }
    }

    /// Whether both are the same part of the same memory: then they are equal.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let is_shared = match (&self.shared, &other.shared) {
            (Some(own), Some(other)) => Arc::ptr_eq(own, other),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        is_shared && (self.start, self.end) == (other.start, other.end)
    }

    /// The bytes of all payloads.
    pub(crate) fn payload_bytes(&self) -> usize {
        self.iter().map(|entry| entry.payload.len()).sum()
    }
}

impl Default for Entries {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl Deref for Entries {
    type Target = [Entry];

    fn deref(&self) -> &[Entry] {
        match &self.shared {
            Some(shared) => &shared[self.start as usize..self.end as usize],
            None => &[],
        }
    }
}

impl FromIterator<Entry> for Entries {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        let shared: Arc<[Entry]> = entries.into_iter().collect();
        let end = u32::try_from(shared.len()).expect("fewer than 2^32 entries at once");
        Self { shared: (end > 0).then_some(shared), start: 0, end }
    }
}

impl From<Vec<Entry>> for Entries {
    fn from(entries: Vec<Entry>) -> Self {
        entries.into_iter().collect()
    }
}

impl<'a> IntoIterator for &'a Entries {
    type Item = &'a Entry;
    type IntoIter = core::slice::Iter<'a, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl PartialEq for Entries {
    fn eq(&self, other: &Self) -> bool {
        self[..] == other[..]
    }
}

impl Eq for Entries {}

impl core::hash::Hash for Entries {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self[..].hash(state);
    }
}

impl fmt::Debug for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Entries {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Entries {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<Entry>::deserialize(deserializer).map(Self::from)
    }
}

impl Snapshot {
    /// The position of the last entry that the snapshot replaces.
    pub fn position(&self) -> LogPosition {
        LogPosition::new(self.last_included_index, self.last_included_term)
    }
}
