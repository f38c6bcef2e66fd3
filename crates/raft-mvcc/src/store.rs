//! The store: the replicated state, and how commands change it.

use std::fmt;

use crate::alarm::{AlarmMember, Alarms};
use crate::command::{Command, Operation};
use crate::compact::{SWEPT_BY_CHANGE, SWEPT_BY_COMMAND, SWEPT_BY_COMPACTION};
use crate::error::Error;
use crate::lease::Leases;
use crate::response::{Applied, Response};
use crate::session::{Admission, Sessions};
use crate::validate::validate;
use crate::versions::Versions;
use crate::writing::Writing;

/// The replicated state: keys with their versions, leases, sessions, alarms, and the index of the
/// last applied entry.
///
/// Cloning takes constant time: clones share their contents and copy only the parts that change.
/// A clone is a view of the store at its moment, for reads on other threads.
#[derive(Clone, Default)]
pub struct Store {
    pub(crate) applied: u64,
    pub(crate) versions: Versions,
    pub(crate) leases: Leases,
    pub(crate) sessions: Sessions,
    pub(crate) alarms: Alarms,
}

impl Store {
    /// Applies the log entry at `index`: decodes its payload and executes the command.
    ///
    /// Never panics, and gives the same answer on every node: a payload that is no command is
    /// answered with [`Error::Undecodable`]. The caller must pass each entry once, in log order,
    /// and the indexes increase.
    pub fn apply(&mut self, index: u64, command: &[u8]) -> Response {
        match Command::decode(command) {
            Ok(command) => self.execute(index, &command),
            Err(error) => {
                self.skip(index);
                self.response(Err(Error::Undecodable(error)))
            }
        }
    }

    /// Applies a command that is decoded already, as [`apply`](Self::apply) does.
    pub fn execute(&mut self, index: u64, command: &Command) -> Response {
        self.applied = index;
        let Some(tag) = command.session else {
            let result = self.perform(&command.operation);
            return self.response(result);
        };
        match self.sessions.admit(tag, index) {
            Admission::New => {
                let result = self.perform(&command.operation);
                let response = self.response(result);
                self.sessions.record(tag, &response);
                response
            }
            Admission::Retry(response) => response,
            Admission::Refused(error) => self.response(Err(error)),
        }
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
        self.versions.revision()
    }

    /// The revision up to which the past was compacted; -1 before the first compaction, as etcd
    /// reports it. Reads at this revision are possible, below it they are not.
    pub fn compacted_revision(&self) -> i64 {
        self.versions.compacted
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.versions.newest.len()
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.versions.newest.is_empty()
    }

    /// How many sessions are open.
    pub fn sessions(&self) -> usize {
        self.sessions.len()
    }

    /// How large the store is in memory, about.
    pub fn size(&self) -> Size {
        Size {
            total: self.versions.total_bytes + self.sessions.bytes(),
            in_use: self.versions.newest_bytes,
        }
    }

    fn response(&self, result: Result<Applied, Error>) -> Response {
        Response { revision: self.revision(), result, repeated: false }
    }

    /// Executes an operation, or refuses it and changes nothing that can be read.
    fn perform(&mut self, operation: &Operation) -> Result<Applied, Error> {
        validate(operation)?;
        self.alarms.check(operation)?;
        self.versions.sweep(SWEPT_BY_COMMAND);
        match operation {
            Operation::Put(put) => self.write(|writing| {
                writing.check_put(put)?;
                Ok(Applied::Put(writing.put(put)))
            }),
            Operation::DeleteRange(request) => {
                self.write(|writing| Ok(Applied::DeleteRange(writing.delete_range(request))))
            }
            Operation::Txn(txn) => self.write(|writing| writing.txn(txn).map(Applied::Txn)),
            Operation::Compact { revision } => {
                self.versions.compact(*revision)?;
                self.versions.sweep(SWEPT_BY_COMPACTION);
                Ok(Applied::Compact)
            }
            Operation::LeaseGrant { id, ttl } => {
                let ttl = self.leases.grant(*id, *ttl)?;
                Ok(Applied::LeaseGrant { id: *id, ttl })
            }
            Operation::LeaseRevoke { id } => self.revoke(*id).map(|()| Applied::LeaseRevoke),
            Operation::RevokeExpired { ids } => {
                let ended = ids.iter().copied().filter(|id| self.revoke(*id).is_ok());
                Ok(Applied::RevokeExpired { ids: ended.collect() })
            }
            Operation::Alarm { activate, member, alarm } => {
                let alarm = AlarmMember { member: *member, alarm: *alarm };
                Ok(Applied::Alarm(self.alarms.change(*activate, alarm)))
            }
            Operation::OpenSession { id, ttl } => {
                let ttl = self.leases.grant(*id, *ttl)?;
                self.sessions.open(*id, self.applied);
                Ok(Applied::OpenSession { id: *id, ttl })
            }
        }
    }

    /// Makes the changes of `write` one revision.
    fn write<T>(
        &mut self,
        write: impl FnOnce(&mut Writing<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut writing = Writing::new(&mut self.versions, &mut self.leases);
        let result = write(&mut writing)?;
        let changes = writing.finish();
        self.versions.sweep(SWEPT_BY_CHANGE * changes);
        Ok(result)
    }

    fn revoke(&mut self, id: i64) -> Result<(), Error> {
        self.write(|writing| writing.revoke(id))?;
        self.sessions.close(id);
        Ok(())
    }
}

/// How large a store is, in bytes: keys, values, and about what else a version costs in memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    /// All versions that are kept, and the remembered answers of sessions.
    pub total: u64,
    /// The newest version of each key: about what is left after a compaction at the newest
    /// revision.
    pub in_use: u64,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("applied", &self.applied)
            .field("revision", &self.revision())
            .field("compacted_revision", &self.compacted_revision())
            .field("keys", &self.len())
            .finish_non_exhaustive()
    }
}
