//! The store: the replicated state, and how commands change it.

use crate::alarm::{AlarmKind, AlarmMember};
use crate::command::Command;
use crate::error::Error;
use crate::range::{Range, RangeResult};
use crate::response::Response;

/// The replicated state: keys with their versions, leases, sessions, alarms, and the index of the
/// last applied entry.
///
/// Cloning takes constant time: clones share their contents and copy only the parts that change.
/// A clone is a view of the store at its moment, for reads on other threads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Store {
    applied: u64,
}

impl Store {
    /// Applies the log entry at `index`: decodes its payload and executes the command.
    ///
    /// Never panics, and gives the same answer on every node: a payload that is no command is
    /// answered with [`Error::Undecodable`]. The caller must pass each entry once, in log order;
    /// the store does not check `index`.
    pub fn apply(&mut self, _index: u64, _command: &[u8]) -> Response {
        todo!("commands")
    }

    /// Applies a command that is decoded already, as [`apply`](Self::apply) does.
    pub fn execute(&mut self, _index: u64, _command: &Command) -> Response {
        todo!("commands")
    }

    /// Counts the log entry at `index` as applied. For an entry without a command: a new leader's
    /// no-op, or a change of membership.
    pub fn skip(&mut self, index: u64) {
        self.applied = index;
    }

    /// The index of the last log entry applied or skipped; 0 before the first.
    pub fn applied(&self) -> u64 {
        self.applied
    }

    /// The revision of the last change of a key; 1 for a store without changes.
    pub fn revision(&self) -> i64 {
        todo!("revisions")
    }

    /// The revision up to which the past was compacted; -1 before the first compaction, as etcd
    /// reports it. Reads at this revision are possible, below it they are not.
    pub fn compacted_revision(&self) -> i64 {
        todo!("revisions")
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        todo!("keys")
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads keys, now or at an earlier revision.
    ///
    /// # Errors
    /// [`Error::EmptyKey`], [`Error::Compacted`] or [`Error::FutureRevision`].
    pub fn range(&self, _range: &Range) -> Result<RangeResult, Error> {
        todo!("reads")
    }

    /// The active alarms, in the order of members.
    pub fn alarms(&self) -> impl Iterator<Item = AlarmMember> {
        std::iter::empty()
    }

    /// Whether some member has this alarm.
    pub fn is_alarmed(&self, _alarm: AlarmKind) -> bool {
        todo!("alarms")
    }

    /// How many sessions are open.
    pub fn sessions(&self) -> usize {
        todo!("sessions")
    }

    /// How large the store is in memory, about.
    pub fn size(&self) -> Size {
        todo!("size")
    }

    /// A hash (CRC-32) of the keys at a revision: of the state at the compacted revision and of all
    /// changes from there on. Equal on all nodes that have the revision and the same compacted one.
    /// Takes time in proportion to the store.
    ///
    /// `revision` 0 or less: the newest.
    ///
    /// # Errors
    /// [`Error::Compacted`] or [`Error::FutureRevision`].
    pub fn hash_at(&self, _revision: i64) -> Result<u32, Error> {
        todo!("hashes")
    }

    /// A hash (CRC-32) of the whole store: also of leases, sessions, alarms and
    /// [`applied`](Self::applied). Equal on all nodes that applied the same entries. Takes time in
    /// proportion to the store.
    pub fn hash(&self) -> u32 {
        todo!("hashes")
    }
}

/// How large a store is, in bytes of keys and values with a constant for each version.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    /// All versions that are kept, and the remembered answers of sessions.
    pub total: u64,
    /// The newest version of each key: what would be left after a compaction now.
    pub in_use: u64,
}
