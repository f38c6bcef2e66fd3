//! The content of one record, for somebody who looks at a disk.

use raft_core::{Entry, HardState, LogIndex, Membership, Snapshot, Term};

use crate::record::{
    LogEnd, SnapshotMark, decode, decode_entry, decode_file, decode_log_end, decode_members,
    decode_snapshot, decode_snapshot_mark,
};
use crate::{Damage, RecordKey};

/// The content of a record that is whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RecordContent {
    /// The term and the vote; the copy has the same content.
    HardState(HardState),
    /// The position of the snapshot, and where the log starts.
    SnapshotMark(SnapshotMark),
    /// The end of the log.
    LogEnd {
        /// The last entry of the log when the record was written.
        last_index: LogIndex,
        /// Its term; `None` after a truncation.
        last_term: Option<Term>,
        /// The commit index when the record was written.
        commit_index: LogIndex,
    },
    /// The snapshot.
    Snapshot(Snapshot),
    /// An entry of the log.
    Entry(Entry),
    /// The note that a wiped disk was in use.
    InUse,
    /// The members that the node first started with; the copy has the same content.
    Members(Membership),
    /// The data of a snapshot.
    File {
        /// Its length in bytes.
        bytes: usize,
    },
}

impl RecordContent {
    /// Reads one record by itself. Only [`recover`](crate::recover) compares it with the others.
    ///
    /// # Errors
    /// The fault of the record.
    pub fn read(key: RecordKey, record: &[u8]) -> Result<Self, Damage> {
        Ok(match key {
            RecordKey::HardState | RecordKey::HardStateCopy => {
                Self::HardState(decode(key, record)?)
            }
            RecordKey::SnapshotMark => Self::SnapshotMark(decode_snapshot_mark(record)?),
            RecordKey::LogEnd => {
                let LogEnd { last_index, last_term, commit_index } = decode_log_end(record)?;
                Self::LogEnd { last_index, last_term, commit_index }
            }
            RecordKey::Snapshot => Self::Snapshot(decode_snapshot(record)?),
            RecordKey::Entry(index) => Self::Entry(decode_entry(index, record)?),
            RecordKey::InUse => {
                decode::<()>(key, record)?;
                Self::InUse
            }
            RecordKey::Bootstrap | RecordKey::BootstrapCopy => {
                Self::Members(decode_members(key, record)?)
            }
            RecordKey::SnapshotFile(handle) => {
                Self::File { bytes: decode_file(handle, record)?.len() }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use raft_core::{LogPosition, NodeId, Payload, Persist, Recovered, SnapshotWrite};

    use super::*;
    use crate::{Records, WriteBatch};

    fn full_disk() -> Records {
        let at = |index, term| LogPosition::new(LogIndex(index), Term(term));
        let entry = Entry { index: LogIndex(3), term: Term(2), payload: Payload::Noop };
        let snapshot = Snapshot {
            last_included_index: LogIndex(2),
            last_included_term: Term(1),
            membership: Membership::new([NodeId(1)]),
            data: raft_core::Bytes::from(vec![7; 20]).into(),
        };
        let persist = Persist {
            bootstrap: Some(Membership::new([NodeId(1)]).into()),
            hard_state: Some(HardState { current_term: Term(2), voted_for: Some(NodeId(1)) }),
            snapshot: Some(SnapshotWrite { snapshot, log_start: at(2, 1) }.into()),
            entries: vec![entry].into(),
            commit_index: LogIndex(2),
            ..Persist::default()
        };
        let mut disk = Records::default();
        disk.apply(&WriteBatch::from_persist(&persist));
        let (_, file) = crate::encode_file(4, &raft_core::Bytes::from(vec![1; 9]));
        disk.put(RecordKey::SnapshotFile(4), file);
        disk
    }

    #[test]
    fn every_record_of_a_disk_is_read_by_its_key() {
        let disk = full_disk();
        let recovered: Recovered = crate::recover(NodeId(1), &disk).expect("the disk is whole");
        assert_eq!(disk.len(), 9);
        for (key, record) in disk.iter() {
            let content = RecordContent::read(key, record).expect("it is whole");
            let is_right = match content {
                RecordContent::HardState(state) => state == recovered.hard_state,
                RecordContent::SnapshotMark(mark) => mark.last_included.index == LogIndex(2),
                RecordContent::LogEnd { last_index, last_term, commit_index } => {
                    (last_index, last_term, commit_index)
                        == (LogIndex(3), Some(Term(2)), LogIndex(2))
                }
                RecordContent::Snapshot(snapshot) => Some(snapshot) == recovered.snapshot,
                RecordContent::Entry(entry) => entry == recovered.entries[0],
                RecordContent::Members(members) => Some(members) == recovered.bootstrap,
                RecordContent::File { bytes } => bytes == 9,
                RecordContent::InUse => false,
            };
            assert!(is_right, "{key}");
        }
    }

    #[test]
    fn a_record_under_another_key_is_damaged() {
        for (key, record) in full_disk().iter() {
            for other in full_disk().iter().map(|(other, _)| other).filter(|other| *other != key) {
                let read = RecordContent::read(other, record);
                assert!(matches!(read, Err(Damage::Checksum { .. })), "{key} as {other}: {read:?}");
            }
        }
    }

    #[test]
    fn the_note_of_a_wiped_disk_is_read() {
        let mut disk = full_disk();
        disk.apply(&WriteBatch::wipe());
        let (key, record) = disk.iter().next().expect("the note is left");
        assert_eq!(RecordContent::read(key, record), Ok(RecordContent::InUse));
    }
}
