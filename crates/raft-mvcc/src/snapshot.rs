//! The whole store as bytes, for log compaction (Raft §7).
//!
//! One version byte; [`Head`] in postcard; the [records](Record), each after its length; leases,
//! sessions and alarms in postcard; a CRC-32 of all that. The records are the newest versions in
//! the order of their keys, the older ones in the order of keys and revisions, and those that only
//! the history has. The history itself is not written: each record has its revision and its place
//! in it.

use std::io;

use imbl::Vector;
use serde::{Deserialize, Serialize};

use crate::alarm::{AlarmMember, Alarms};
use crate::hash::Hashing;
use crate::lease::Leases;
use crate::record::{At, ByKey, ByVersion, Record};
use crate::session::{Sessions, StoredSession};
use crate::store::Store;
use crate::versions::{FIRST_REVISION, Revision, Versions};

/// The version of the format that this build writes, and the only one that it reads.
const VERSION: u8 = 1;

const CHECKSUM_BYTES: usize = 4;

/// The highest revision in a snapshot. No run reaches it, and counting on from it cannot overflow.
const MAX_REVISION: i64 = i64::MAX / 2;

/// What comes before the records.
#[derive(Serialize, Deserialize)]
struct Head {
    applied: u64,
    revision: i64,
    compacted: i64,
    swept: i64,
    swept_changes: u64,
    /// How many newest versions follow.
    newest: u64,
    /// How many older ones.
    older: u64,
    /// How many that only the history has.
    gone: u64,
}

/// What comes after the records.
#[derive(Serialize, Deserialize)]
struct Tail {
    /// Ids and times to live, in the order of the ids.
    leases: Vec<(i64, i64)>,
    sessions: Vec<StoredSession>,
    alarms: Vec<AlarmMember>,
}

impl Store {
    /// Writes the store; [`restore`](Self::restore) is the exact inverse. Equal stores give equal
    /// bytes. The bytes are written piece by piece, so the whole need not fit into memory twice; a
    /// buffered writer makes it faster.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_snapshot(&self, to: &mut impl io::Write) -> io::Result<()> {
        let mut hashing = Hashing { hash: crc32fast::Hasher::new(), to };
        self.write_contents(&mut hashing)?;
        let checksum = hashing.hash.finalize();
        hashing.to.write_all(&checksum.to_le_bytes())
    }

    /// The store as bytes ([`write_snapshot`](Self::write_snapshot)).
    pub fn snapshot(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write_snapshot(&mut bytes).expect("a growing buffer takes every snapshot");
        bytes
    }

    /// Everything but the checksum.
    pub(crate) fn write_contents(&self, to: &mut impl io::Write) -> io::Result<()> {
        let versions = &self.versions;
        let gone = versions.gone();
        let head = Head {
            applied: self.applied,
            revision: versions.revision(),
            compacted: versions.compacted,
            swept: versions.swept,
            swept_changes: versions.swept_changes as u64,
            newest: versions.newest.len() as u64,
            older: versions.older.len() as u64,
            gone: gone.len() as u64,
        };
        to.write_all(&[VERSION])?;
        write_part(&head, to)?;
        for version in &versions.newest {
            write_record(&version.0, to)?;
        }
        for version in &versions.older {
            write_record(&version.0, to)?;
        }
        for version in gone {
            write_record(version, to)?;
        }
        let tail = Tail {
            leases: self.leases.iter().collect(),
            sessions: self.sessions.stored(),
            alarms: self.alarms().collect(),
        };
        write_part(&tail, to)
    }

    /// Reads a snapshot.
    ///
    /// The bytes may come from a damaged disk or a faulty peer: no bytes make this panic, or use
    /// memory out of proportion to their length.
    ///
    /// # Errors
    /// [`RestoreError`] says what is wrong. Fetch another snapshot from the leader then.
    pub fn restore(bytes: &[u8]) -> Result<Self, RestoreError> {
        let &found = bytes.first().ok_or(RestoreError::Empty)?;
        if found != VERSION {
            return Err(RestoreError::UnknownVersion { found, supported: VERSION });
        }
        let (contents, checksum) = bytes
            .split_last_chunk::<CHECKSUM_BYTES>()
            .ok_or(RestoreError::Invalid { problem: "it is too short" })?;
        let stored = u32::from_le_bytes(*checksum);
        let computed = crc32fast::hash(contents);
        if stored != computed {
            return Err(RestoreError::ChecksumMismatch { stored, computed });
        }
        let body = contents.get(1..).unwrap_or_default();
        Self::from_contents(body).map_err(|problem| RestoreError::Invalid { problem })
    }

    fn from_contents(body: &[u8]) -> Result<Self, &'static str> {
        let malformed = |_| "it is cut short or was never a snapshot";
        let (head, mut body) = postcard::take_from_bytes::<Head>(body).map_err(malformed)?;
        let (versions, newest) = Versions::read_from(&head, &mut body)?;
        let (tail, rest) = postcard::take_from_bytes::<Tail>(body).map_err(malformed)?;
        if !rest.is_empty() {
            return Err("more bytes follow its end");
        }
        let mut leases = Leases::default();
        for (id, ttl) in tail.leases {
            if leases.grant(id, ttl) != Ok(ttl) {
                return Err("a lease is there twice, or has an impossible time to live");
            }
        }
        for version in newest.iter().filter(|version| version.lease() != 0) {
            if !leases.contains(version.lease()) {
                return Err("a key is attached to a lease that is not there");
            }
            leases.attach(version);
        }
        if tail.sessions.iter().any(|session| !leases.contains(session.id)) {
            return Err("a session has no lease");
        }
        let sessions = Sessions::from_stored(tail.sessions, head.applied)?;
        let alarms = Alarms(tail.alarms.into_iter().collect());
        Ok(Self { applied: head.applied, versions, leases, sessions, alarms })
    }
}

impl Versions {
    /// The versions that only the history has, in its order: those that are swept and still kept
    /// for a watch that starts at the compacted revision.
    fn gone(&self) -> Vec<&Record> {
        let swept = self.changes_of(self.swept).into_iter();
        let half_swept = self.changes_of(self.swept + 1).into_iter();
        swept.chain(half_swept).flat_map(Revision::changes).filter(|it| !self.has(it)).collect()
    }

    fn has(&self, record: &Record) -> bool {
        let at = At { key: record.key(), revision: record.mod_revision() };
        self.get(at.key).is_some_and(|newest| newest.mod_revision() == at.revision)
            || self.older.contains(&at)
    }

    /// Reads the versions of a snapshot. Gives the newest ones too, in the order of their keys.
    fn read_from(head: &Head, body: &mut &[u8]) -> Result<(Self, Vec<Record>), &'static str> {
        if !(FIRST_REVISION..=MAX_REVISION).contains(&head.swept) || head.revision > MAX_REVISION {
            return Err("its revisions are impossible");
        }
        let newest = read_records(head.newest, body)?;
        let older = read_records(head.older, body)?;
        let gone = read_records(head.gone, body)?;
        if newest.iter().any(Record::is_deletion) || !newest.is_sorted_by(|a, b| a.key() < b.key())
        {
            return Err("the newest versions are not in the order of their keys");
        }
        let older: Vec<_> = older.into_iter().map(ByVersion).collect();
        if !older.is_sorted_by(|a, b| a < b) {
            return Err("the older versions are not in order");
        }
        let newest_bytes = newest.iter().map(Record::cost).sum();
        let older_bytes: u64 = older.iter().map(|version| version.0.cost()).sum();
        let all = newest.iter().chain(older.iter().map(|version| &version.0)).chain(&gone);
        let kept = all.filter(|version| version.mod_revision() >= head.swept);
        let mut made: Vec<Record> = kept.cloned().collect();
        made.sort_unstable_by_key(place);
        let versions = Self {
            newest: newest.iter().cloned().map(ByKey).collect(),
            older: older.into_iter().collect(),
            history: history(head, &made)?,
            swept: head.swept,
            swept_changes: usize::try_from(head.swept_changes).unwrap_or(usize::MAX),
            compacted: head.compacted,
            total_bytes: newest_bytes + older_bytes,
            newest_bytes,
        };
        versions.check_sweep()?;
        Ok((versions, newest))
    }

    /// Checks that the sweep is where a compaction can have brought it.
    fn check_sweep(&self) -> Result<(), &'static str> {
        let ends_at = self.compacted.max(FIRST_REVISION);
        let is_possible = if self.swept == ends_at {
            self.swept_changes == 0
        } else {
            let next = self.changes_of(self.swept + 1).map_or(0, |next| next.changes().len());
            self.swept < ends_at && (self.swept_changes == 0 || self.swept_changes < next)
        };
        if is_possible && self.compacted <= self.revision() {
            Ok(())
        } else {
            Err("its compaction is impossible")
        }
    }
}

/// Where a change is in the history.
fn place(change: &Record) -> (i64, u32) {
    (change.mod_revision(), change.header().place)
}

/// Builds the history from its changes in order.
fn history(head: &Head, made: &[Record]) -> Result<Vector<Revision>, &'static str> {
    let mut history = Vector::new();
    let mut next = head.swept;
    let mut by_revision = made.chunk_by(|a, b| a.mod_revision() == b.mod_revision()).peekable();
    if head.swept == FIRST_REVISION {
        history.push_back(Revision::from(Vec::new()));
        next += 1;
    }
    for changes in by_revision.by_ref() {
        let is_next = changes[0].mod_revision() == next;
        let mut places = changes.iter().map(|change| change.header().place).zip(0..);
        if !is_next || places.any(|(found, wanted)| found != wanted) {
            return Err("a revision or a change of it is missing, or there twice");
        }
        history.push_back(Revision::from(changes.to_vec()));
        next += 1;
    }
    if history.is_empty() || next != head.revision.saturating_add(1) {
        return Err("its last revision is not that of its last change");
    }
    Ok(history)
}

fn write_part(part: &impl Serialize, to: &mut impl io::Write) -> io::Result<()> {
    to.write_all(&postcard::to_allocvec(part).expect("a growing buffer takes every part"))
}

fn write_record(record: &Record, to: &mut impl io::Write) -> io::Result<()> {
    let bytes = record.as_bytes();
    let length = u32::try_from(bytes.len()).expect("a version is smaller than 4 GiB");
    to.write_all(&length.to_le_bytes())?;
    to.write_all(bytes)
}

fn read_records(count: u64, body: &mut &[u8]) -> Result<Vec<Record>, &'static str> {
    let mut records = Vec::new();
    for _ in 0..count {
        let cut_short = "its versions of keys are cut short";
        let (length, rest) = body.split_first_chunk::<4>().ok_or(cut_short)?;
        let length = u32::from_le_bytes(*length) as usize;
        let (record, rest) = rest.split_at_checked(length).ok_or(cut_short)?;
        records.push(Record::from_bytes(record)?);
        *body = rest;
    }
    Ok(records)
}

/// Why bytes are not a snapshot. In every case: do not start from them, fetch another snapshot from
/// the leader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// There are no bytes.
    #[error("the snapshot is empty; fetch another from the leader")]
    Empty,
    /// The format has another version. Run the version of this program that wrote the snapshot, or
    /// fetch one from a node of this version.
    #[error("the snapshot's format is version {found} and this program reads version {supported}")]
    UnknownVersion {
        /// The version in the snapshot.
        found: u8,
        /// The version that this build reads.
        supported: u8,
    },
    /// The contents are not those that were written.
    #[error(
        "the snapshot is damaged or cut short: its checksum is {stored:08x} and its contents give \
         {computed:08x}; fetch another from the leader"
    )]
    ChecksumMismatch {
        /// The checksum in the snapshot.
        stored: u32,
        /// The checksum of the contents.
        computed: u32,
    },
    /// No run of the store leads to these contents.
    #[error("the snapshot is of no store: {problem}; fetch another from the leader")]
    Invalid {
        /// The fault in words.
        problem: &'static str,
    },
}

#[cfg(test)]
mod tests;
