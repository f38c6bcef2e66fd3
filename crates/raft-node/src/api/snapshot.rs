//! The file that `etcdctl snapshot save` writes: a store in bytes, in a frame of our own.
//!
//! | bytes | content |
//! |---|---|
//! | 16 | `helios snapshot` and a version, 1 |
//! | 8 | the length of the store's bytes, little-endian |
//! | so many | the store's bytes (`Store::write_snapshot`) |
//! | up to 511 | zeros, until the length is a multiple of 512 |
//! | 32 | the SHA-256 of all bytes before |
//!
//! The end is as etcd's: `etcdctl` refuses a file that has not 32 bytes after a multiple of 512.
//! The file is no database of etcd, and neither reads the other's.

use std::io::{self, Write};

use raft_mvcc::Store;
use sha2::{Digest, Sha256};

const MAGIC: &[u8; 16] = b"helios snapshot\x01";
const BLOCK: usize = 512;
const DIGEST: usize = 32;

/// Why a file is no snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SnapshotFileError {
    /// It begins otherwise.
    #[error("it is no snapshot of Helios")]
    Unknown,
    /// Its checksum is not that of its bytes.
    #[error("the snapshot is damaged or cut short: save it again")]
    Damaged,
}

/// Writes a store as such a file. `length` is that of its bytes ([`length`]).
///
/// # Errors
/// Those of the writer.
pub(super) fn write(store: &Store, length: u64, to: impl Write) -> io::Result<()> {
    let mut to = Hashing { to, digest: Sha256::new() };
    to.write_all(MAGIC)?;
    to.write_all(&length.to_le_bytes())?;
    store.write_snapshot(&mut to)?;
    to.write_all(&[0; BLOCK][..padding(content_length(length))])?;
    let digest = to.digest.finalize();
    to.to.write_all(&digest)?;
    to.to.flush()
}

/// The length of a store's bytes. It takes the time of writing them, and no memory.
pub(super) fn length(store: &Store) -> u64 {
    let mut counting = Counting { to: io::sink(), written: 0 };
    store.write_snapshot(&mut counting).expect("a sink takes everything");
    counting.written
}

/// The length of the file that has so many bytes of a store.
pub(super) fn file_length(length: u64) -> u64 {
    let content = content_length(length);
    content + padding(content) as u64 + DIGEST as u64
}

fn content_length(length: u64) -> u64 {
    (MAGIC.len() + size_of::<u64>()) as u64 + length
}

/// The store's bytes in such a file.
///
/// # Errors
/// [`SnapshotFileError`] says why it is none.
pub fn store_in_snapshot(file: &[u8]) -> Result<&[u8], SnapshotFileError> {
    let rest = file.strip_prefix(MAGIC).ok_or(SnapshotFileError::Unknown)?;
    let (content, digest) = file.split_last_chunk::<DIGEST>().ok_or(SnapshotFileError::Damaged)?;
    if Sha256::digest(content)[..] != digest[..] {
        return Err(SnapshotFileError::Damaged);
    }
    let (length, rest) = rest.split_first_chunk().ok_or(SnapshotFileError::Damaged)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok();
    length.and_then(|length| rest.get(..length)).ok_or(SnapshotFileError::Damaged)
}

fn padding(written: u64) -> usize {
    (BLOCK - (written % BLOCK as u64) as usize) % BLOCK
}

/// Counts what it is given, and hands it on.
struct Counting<W> {
    to: W,
    written: u64,
}

impl<W: Write> Write for Counting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.to.write(bytes)?;
        self.written += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Hands on what it is given, and digests it.
struct Hashing<W> {
    to: W,
    digest: Sha256,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.to.write(bytes)?;
        self.digest.update(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests;
