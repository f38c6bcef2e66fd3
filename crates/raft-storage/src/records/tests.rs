//! Tests of the disk in memory.

use proptest::prelude::*;
use raft_core::{NodeId, Term};

use super::*;
use crate::recover;
use crate::strategies::history;

proptest! {
    /// `undo` takes back the writes that a crash loses, one write or several in one batch.
    #[test]
    fn undo_takes_a_batch_back(
        history in history(12),
        lost in 0..12_usize,
        deletes_files in any::<bool>(),
    ) {
        let kept = history.persists.len().saturating_sub(lost);
        let mut before = history.files();
        for persist in &history.persists[..kept] {
            before.apply(&WriteBatch::from_persist(persist));
        }
        let mut lost = WriteBatch::default();
        for persist in &history.persists[kept..] {
            lost.writes.extend(WriteBatch::from_persist(persist).writes);
        }
        lost.writes.extend(deletes_files.then_some(Write::DeleteFiles));
        let mut mirror = before.clone();
        mirror.apply(&lost);
        mirror.apply(&before.undo(&lost));
        prop_assert_eq!(mirror, before);
    }

    #[test]
    fn erasing_leaves_an_empty_disk(history in history(12)) {
        let mut disk = history.disk();
        disk.apply(&WriteBatch::erase());
        prop_assert!(disk.is_empty());
    }

    #[test]
    fn a_made_up_disk_recovers_to_what_it_was_made_from(history in history(12)) {
        let state = history.end();
        let mut disk = Records::from(&state);
        for (key, record) in history.files().iter() {
            disk.put(*key, record.clone());
        }
        prop_assert_eq!(recover(NodeId(1), &disk), Ok(state));
    }
}

#[test]
fn undo_says_no_more_than_it_must() {
    let term = |term| raft_core::HardState { current_term: Term(term), voted_for: None };
    let entry = |index| raft_core::Entry {
        index: LogIndex(index),
        term: Term(1),
        payload: raft_core::Payload::Noop,
    };
    let entries: Vec<_> = (1..=5).map(entry).collect();
    let recovered = Recovered { hard_state: term(1), entries, ..Recovered::default() };
    let disk = Records::from(&recovered);
    let first = WriteBatch::from_persist(&Persist {
        hard_state: Some(term(1)),
        entries: recovered.entries.clone().into(),
        ..Persist::default()
    });
    let undo = Records::default().undo(&first);
    let expected = [
        Write::Delete { key: RecordKey::HardState },
        Write::Delete { key: RecordKey::HardStateCopy },
        Write::Delete { key: RecordKey::LogEnd },
        Write::DeleteEntries { from: LogIndex(1), through: LogIndex(5) },
    ];
    assert_eq!(undo.writes, expected);
    // The same record again changes nothing: there is nothing to take back.
    assert!(disk.undo(&first).is_empty());
}

#[test]
fn undo_leaves_alone_what_lies_between() {
    let put = |index, record| Write::Put { key: RecordKey::Entry(LogIndex(index)), record };
    let mut before = Records::default();
    before.put(RecordKey::Entry(LogIndex(2)), RecordBytes::from(b"2"));
    let batch = WriteBatch {
        writes: vec![put(1, RecordBytes::from(b"1")), put(3, RecordBytes::from(b"3"))],
    };
    let mut after = before.clone();
    after.apply(&batch);
    after.apply(&before.undo(&batch));
    assert_eq!(after, before);
}

#[test]
fn a_range_without_entries_is_nothing() {
    let mut disk = Records::from(&Recovered::default());
    let before = disk.clone();
    for (from, through) in [(5, 4), (1, u64::MAX), (u64::MAX, 0)] {
        let (from, through) = (LogIndex(from), LogIndex(through));
        disk.apply(&WriteBatch { writes: vec![Write::DeleteEntries { from, through }] });
    }
    assert_eq!(disk, before);
}

#[test]
fn clones_share_their_memory_until_one_is_written() {
    let key = RecordKey::Entry(LogIndex(1));
    let mut records = Records::default();
    records.put(key, RecordBytes::from(vec![1]));
    let mut copy = records.clone();
    assert!(records.is_same(&copy));
    copy.put(key, RecordBytes::from(vec![1]));
    assert!(records == copy && !records.is_same(&copy));
}
