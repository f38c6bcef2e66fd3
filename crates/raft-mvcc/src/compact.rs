//! Compaction: what was overwritten or deleted long ago is forgotten, in steps.
//!
//! A compaction takes effect at once: from then on, earlier revisions cannot be read. The memory
//! becomes free in steps, a few changes with each later command, so that no command waits for a
//! million of them. Each step takes the next change of the history and frees the version that it
//! replaced; a deletion is freed itself. The steps depend on the log only, so all nodes do the same
//! ones, and no answer depends on how far they are.

use crate::error::Error;
use crate::record::At;
use crate::versions::Versions;

/// The changes that a compaction sweeps at once. A small one is then complete. In tests few, so
/// that sweeps under way are common.
pub(crate) const SWEPT_BY_COMPACTION: usize = if cfg!(test) { 3 } else { 4096 };

/// The changes that each command sweeps.
pub(crate) const SWEPT_BY_COMMAND: usize = if cfg!(test) { 1 } else { 4 };

/// The changes that a command sweeps for each change that it makes. More than one, so that a sweep
/// ends however many changes there are meanwhile.
pub(crate) const SWEPT_BY_CHANGE: usize = if cfg!(test) { 1 } else { 2 };

impl Versions {
    /// Makes earlier revisions unreadable.
    pub(crate) fn compact(&mut self, revision: i64) -> Result<(), Error> {
        if revision <= self.compacted {
            return Err(Error::Compacted { compact_revision: self.compacted });
        }
        if revision > self.revision() {
            return Err(Error::FutureRevision);
        }
        self.compacted = revision;
        Ok(())
    }

    /// Frees what so many changes up to the compacted revision replaced.
    pub(crate) fn sweep(&mut self, most: usize) {
        let mut left = most;
        while left > 0 && self.swept < self.compacted {
            let next = self.changes_of(self.swept + 1).expect("the revision is not swept").clone();
            let changes = &next.changes()[self.swept_changes..];
            for change in changes.iter().take(left) {
                self.free(At { key: change.key(), revision: change.mod_revision() - 1 });
                if change.is_deletion() {
                    self.free(At { key: change.key(), revision: change.mod_revision() });
                }
            }
            if changes.len() > left {
                self.swept_changes += left;
                return;
            }
            left -= changes.len();
            // The compacted revision itself stays: a watch may start there.
            self.history.pop_front();
            self.swept += 1;
            self.swept_changes = 0;
        }
    }

    /// Frees the last older version of a key up to a revision, if there is one.
    fn free(&mut self, at: At<'_>) {
        if let Some(version) = self.older_at(at.key, at.revision) {
            let found = At { key: at.key, revision: version.mod_revision() };
            let cost = version.cost();
            self.older.remove(&found);
            self.total_bytes -= cost;
        }
    }
}

#[cfg(test)]
mod tests;
