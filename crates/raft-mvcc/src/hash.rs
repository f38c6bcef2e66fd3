//! Hashes of a store, by which nodes find out that theirs differ.

use std::io;

use crate::error::Error;
use crate::range::KeyRange;
use crate::store::Store;

impl Store {
    /// A hash (CRC-32) of the keys at a revision: of the state at the compacted revision and of all
    /// changes from there on. Equal on all nodes that have the revision and the same compacted one.
    /// Takes time in proportion to the store.
    ///
    /// `revision` 0 or less: the newest.
    ///
    /// # Errors
    /// [`Error::Compacted`] or [`Error::FutureRevision`].
    pub fn hash_at(&self, revision: i64) -> Result<u32, Error> {
        self.versions.check_revision(revision)?;
        let newest = if revision > 0 { revision } else { self.revision() };
        let compacted = self.compacted_revision().max(1);
        let mut hash = crc32fast::Hasher::new();
        for version in self.versions.live_at(&KeyRange::all(), compacted) {
            hash.update(version.as_bytes());
        }
        for revision in compacted + 1..=newest {
            let changes = self.versions.changes_of(revision);
            for change in changes.into_iter().flat_map(|revision| revision.changes()) {
                hash.update(change.as_bytes());
            }
        }
        Ok(hash.finalize())
    }

    /// A hash (CRC-32) of the whole store: also of leases, sessions, alarms and
    /// [`applied`](Self::applied). Equal on all nodes that applied the same entries. Takes time in
    /// proportion to the store.
    pub fn hash(&self) -> u32 {
        let mut hash = Hashing { hash: crc32fast::Hasher::new(), to: io::sink() };
        self.write_contents(&mut hash).expect("nothing is written");
        hash.hash.finalize()
    }
}

/// A writer that hashes what passes through it.
pub(crate) struct Hashing<W> {
    pub(crate) hash: crc32fast::Hasher,
    pub(crate) to: W,
}

impl<W: io::Write> io::Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests;
