//! The format of one record: a version, a checksum, and the content as postcard.
//!
//! ```text
//! byte 0      format version
//! bytes 1–4   CRC-32 (IEEE) of key, version and content, little-endian
//! from 5 on   content, postcard
//! ```
//!
//! The checksum covers the key, which is not in the record: a record that was written or read under
//! another key is damaged.

mod older;

use raft_core::{
    Bytes, Entry, HardState, LogIndex, LogPosition, Membership, Snapshot, SnapshotFile, Term,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Damage, RecordKey};

/// A record in its format on disk. Clones share the bytes.
pub type RecordBytes = Bytes;

/// The version of the format that this program writes. It reads [`OLDEST_VERSION`] too.
///
/// | version | new in it |
/// |--:|---|
/// | 2 | entries with a membership, learners, outgoing voters |
/// | 3 | the commit index, with the end of the log |
/// | 4 | entries before the end of the snapshot: the start of the log, with the snapshot's mark |
/// | 5 | contexts of members |
/// | 6 | snapshots whose data is in a file |
pub const FORMAT_VERSION: u8 = 6;

/// The oldest version that this program reads.
pub const OLDEST_VERSION: u8 = 2;

const HEADER: usize = 5;

/// The content of [`RecordKey::LogEnd`]: the last entry of the log. If the snapshot reaches
/// further, the log has no entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct LogEnd {
    pub(crate) last_index: LogIndex,
    /// `None` after a truncation: its request does not contain the term of the entry before it.
    pub(crate) last_term: Option<Term>,
    /// The commit index when it was written.
    pub(crate) commit_index: LogIndex,
}

/// The content of [`RecordKey::LogEnd`] in version 2.
#[derive(Serialize, Deserialize)]
pub(crate) struct OlderLogEnd {
    pub(crate) last_index: LogIndex,
    pub(crate) last_term: Option<Term>,
}

/// The content of [`RecordKey::SnapshotMark`]. Up to version 3, only its first field.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SnapshotMark {
    /// The end of the snapshot.
    pub last_included: LogPosition,
    /// The position before the first entry of the log, at most the end of the snapshot.
    pub log_start: LogPosition,
}

/// The record of a term and vote, for [`RecordKey::HardState`].
pub fn encode_hard_state(hard_state: &HardState) -> RecordBytes {
    encode(RecordKey::HardState, hard_state)
}

/// The record of a snapshot, for [`RecordKey::Snapshot`].
pub fn encode_snapshot(snapshot: &Snapshot) -> RecordBytes {
    encode(RecordKey::Snapshot, snapshot)
}

/// A file with the data of a snapshot: its description for the record of the snapshot, and its own
/// record, for [`RecordKey::SnapshotFile`] with its handle.
pub fn encode_file(handle: u64, data: &Bytes) -> (SnapshotFile, RecordBytes) {
    let (bytes, checksum) = (data.len() as u64, checksum_of_data(data));
    let record = encode(RecordKey::SnapshotFile(handle), data);
    (SnapshotFile { handle, bytes, checksum }, record)
}

/// The record of a file that is too long to be in memory: it is made from its data, piece by piece.
#[derive(Clone, Debug)]
pub struct FileRecord {
    handle: u64,
    bytes: u64,
    record: crc32fast::Hasher,
    data: crc32fast::Hasher,
}

impl FileRecord {
    /// A record of so many bytes of data.
    pub fn new(handle: u64, bytes: u64) -> Self {
        let mut record = crc32fast::Hasher::new();
        record.update(&RecordKey::SnapshotFile(handle).checksummed_bytes());
        record.update(&[FORMAT_VERSION]);
        record.update(&length(bytes));
        Self { handle, bytes, record, data: crc32fast::Hasher::new() }
    }

    /// What comes before the data, as long as the checksum is not known: of the same length as in
    /// the end.
    pub fn head(&self) -> Vec<u8> {
        let mut head = vec![FORMAT_VERSION, 0, 0, 0, 0];
        head.extend(length(self.bytes));
        head
    }

    /// The next bytes of the data.
    pub fn update(&mut self, data: &[u8]) {
        self.record.update(data);
        self.data.update(data);
    }

    /// What comes before the data, and the description of the file.
    pub fn finish(self) -> (Vec<u8>, SnapshotFile) {
        let mut head = self.head();
        head[1..HEADER].copy_from_slice(&self.record.finalize().to_le_bytes());
        let (handle, bytes) = (self.handle, self.bytes);
        (head, SnapshotFile { handle, bytes, checksum: self.data.finalize() })
    }
}

fn length(bytes: u64) -> Vec<u8> {
    postcard::to_allocvec(&bytes).expect("a number can be encoded")
}

/// The checksum in a [`SnapshotFile`]: a CRC-32 (IEEE) over the data.
pub(crate) fn checksum_of_data(data: &[u8]) -> u32 {
    crc32fast::hash(data)
}

/// The data in a [`RecordKey::SnapshotFile`] record.
pub(crate) fn decode_file(handle: u64, record: &[u8]) -> Result<Bytes, Damage> {
    decode(RecordKey::SnapshotFile(handle), record)
}

/// The record of an entry, for [`RecordKey::Entry`] with its index.
///
/// A log also needs its witness: for a whole disk, see `Records::from(&Recovered)`.
pub fn encode_entry(entry: &Entry) -> RecordBytes {
    encode(RecordKey::Entry(entry.index), entry)
}

/// The members of a [`RecordKey::Bootstrap`] record.
///
/// # Errors
/// The fault of the record.
pub fn decode_bootstrap(record: &[u8]) -> Result<Membership, Damage> {
    decode_members(RecordKey::Bootstrap, record)
}

/// The members of a [`RecordKey::Bootstrap`] record, or of its copy.
pub(crate) fn decode_members(key: RecordKey, record: &[u8]) -> Result<Membership, Damage> {
    match older::has_contexts(record) {
        true => decode(key, record),
        false => decode::<older::Membership>(key, record).map(Into::into),
    }
}

/// The snapshot of a [`RecordKey::Snapshot`] record.
pub(crate) fn decode_snapshot(record: &[u8]) -> Result<Snapshot, Damage> {
    let key = RecordKey::Snapshot;
    match (older::has_files(record), older::has_contexts(record)) {
        (true, _) => decode(key, record),
        (false, true) => decode::<older::Snapshot<Membership>>(key, record).map(Into::into),
        (false, false) => decode::<older::Snapshot<older::Membership>>(key, record).map(Into::into),
    }
}

/// The term and vote of a [`RecordKey::HardState`] record.
///
/// # Errors
/// The fault of the record.
pub fn decode_hard_state(record: &[u8]) -> Result<HardState, Damage> {
    decode(RecordKey::HardState, record)
}

/// The commit index in a [`RecordKey::LogEnd`] record; 0 in one of version 2.
///
/// # Errors
/// The fault of the record.
pub fn decode_commit_index(record: &[u8]) -> Result<LogIndex, Damage> {
    decode_log_end(record).map(|end| end.commit_index)
}

pub(crate) fn decode_log_end(record: &[u8]) -> Result<LogEnd, Damage> {
    if record.first() != Some(&OLDEST_VERSION) {
        return decode(RecordKey::LogEnd, record);
    }
    let OlderLogEnd { last_index, last_term } = decode(RecordKey::LogEnd, record)?;
    Ok(LogEnd { last_index, last_term, commit_index: LogIndex(0) })
}

/// The content of a [`RecordKey::SnapshotMark`] record. In one of version 2 or 3 the log starts at
/// the end of the snapshot.
///
/// # Errors
/// The fault of the record.
pub fn decode_snapshot_mark(record: &[u8]) -> Result<SnapshotMark, Damage> {
    if !matches!(record.first(), Some(OLDEST_VERSION..=3)) {
        return decode(RecordKey::SnapshotMark, record);
    }
    let last_included: LogPosition = decode(RecordKey::SnapshotMark, record)?;
    Ok(SnapshotMark { last_included, log_start: last_included })
}

/// The entry of a [`RecordKey::Entry`] record.
///
/// # Errors
/// The fault of the record.
pub fn decode_entry(index: LogIndex, record: &[u8]) -> Result<Entry, Damage> {
    match older::has_contexts(record) {
        true => decode(RecordKey::Entry(index), record),
        false => decode::<older::Entry>(RecordKey::Entry(index), record).map(Into::into),
    }
}

pub(crate) fn encode(key: RecordKey, content: &impl Serialize) -> RecordBytes {
    let mut bytes = Vec::new();
    encode_into(&mut bytes, key, content);
    bytes.into()
}

/// Appends a record to `bytes`.
pub(crate) fn encode_into(bytes: &mut Vec<u8>, key: RecordKey, content: &impl Serialize) {
    encode_version_into(bytes, FORMAT_VERSION, key, content);
}

/// Appends a record of a version to `bytes`. Only tests write older ones.
pub(crate) fn encode_version_into(
    bytes: &mut Vec<u8>,
    version: u8,
    key: RecordKey,
    content: &impl Serialize,
) {
    let start = bytes.len();
    bytes.extend_from_slice(&[version, 0, 0, 0, 0]);
    *bytes = postcard::to_extend(content, core::mem::take(bytes))
        .expect("the contents of records serialise, and a vector takes any number of bytes");
    let checksum = checksum(key, version, &bytes[start + HEADER..]);
    bytes[start + 1..start + HEADER].copy_from_slice(&checksum.to_le_bytes());
}

/// The content of a record.
pub(crate) fn decode<T: DeserializeOwned>(key: RecordKey, record: &[u8]) -> Result<T, Damage> {
    let Some((&[version, c0, c1, c2, c3], content)) = record.split_first_chunk() else {
        return Err(Damage::Truncated { bytes: record.len() });
    };
    let (stored, computed) =
        (u32::from_le_bytes([c0, c1, c2, c3]), checksum(key, version, content));
    // It covers the version, so a flipped bit there is not taken for another program's record.
    if stored != computed {
        return Err(Damage::Checksum { stored, computed });
    }
    if !(OLDEST_VERSION..=FORMAT_VERSION).contains(&version) {
        return Err(Damage::UnknownVersion { found: version });
    }
    let Ok((value, [])) = postcard::take_from_bytes(content) else {
        return Err(Damage::Undecodable);
    };
    Ok(value)
}

fn checksum(key: RecordKey, version: u8, content: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&key.checksummed_bytes());
    hasher.update(&[version]);
    hasher.update(content);
    hasher.finalize()
}

#[cfg(test)]
mod tests;
