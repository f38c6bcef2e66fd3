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
            disk.put(key, record.clone());
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
    copy.put(key, RecordBytes::from(vec![2]));
    assert!(records != copy && !records.is_same(&copy));
}

#[derive(Clone, Debug)]
enum Change {
    Put(u64),
    PutNext,
    PutOther(RecordKey),
    Remove(u64),
    Delete(u64, u64),
    DeleteFrom(u64),
}

fn change() -> impl Strategy<Value = Change> {
    let index = || prop_oneof![9 => 0_u64..120, 1 => u64::MAX - 2..=u64::MAX];
    let other = prop::sample::select(vec![
        RecordKey::LogEnd,
        RecordKey::InUse,
        RecordKey::BootstrapCopy,
        RecordKey::SnapshotFile(7),
    ]);
    prop_oneof![
        2 => index().prop_map(Change::Put),
        6 => Just(Change::PutNext),
        1 => other.prop_map(Change::PutOther),
        1 => index().prop_map(Change::Remove),
        1 => (index(), index()).prop_map(|(from, through)| Change::Delete(from, through)),
        1 => index().prop_map(Change::DeleteFrom),
    ]
}

type Model = std::collections::BTreeMap<RecordKey, RecordBytes>;

fn make(records: &mut Records, model: &mut Model, change: &Change, record: &RecordBytes) {
    let entry = |index| RecordKey::Entry(LogIndex(index));
    let delete = |records: &mut Records, model: &mut Model, from, through| {
        let (from, through) = (LogIndex(from), LogIndex(through));
        records.apply(&WriteBatch { writes: vec![Write::DeleteEntries { from, through }] });
        model
            .retain(|key, _| !matches!(key, RecordKey::Entry(at) if (from..=through).contains(at)));
    };
    let put = |records: &mut Records, model: &mut Model, key| {
        records.put(key, record.clone());
        model.insert(key, record.clone());
    };
    match *change {
        Change::Put(index) => put(records, model, entry(index)),
        Change::PutNext => {
            let last = model.keys().rev().find_map(|key| {
                let RecordKey::Entry(index) = key else { return None };
                (index.0 < u64::MAX).then_some(index.0)
            });
            put(records, model, entry(last.map_or(1, |last| last + 1)));
        }
        Change::PutOther(key) => put(records, model, key),
        Change::Remove(index) => {
            records.remove(entry(index));
            model.remove(&entry(index));
        }
        Change::Delete(from, through) => delete(records, model, from, through),
        Change::DeleteFrom(from) => delete(records, model, from, u64::MAX),
    }
}

fn assert_equal(records: &Records, model: &Model) {
    let all: Vec<(RecordKey, RecordBytes)> = records.iter().map(|(k, r)| (k, r.clone())).collect();
    let expected: Vec<_> = model.iter().map(|(key, record)| (*key, record.clone())).collect();
    assert_eq!(all, expected, "in order");
    let mut backward: Vec<RecordKey> = records.iter().rev().map(|(key, _)| key).collect();
    backward.reverse();
    assert!(backward.iter().eq(model.keys()), "backward");
    assert_eq!((records.len(), records.is_empty()), (model.len(), model.is_empty()));
    for index in (0..125).chain(u64::MAX - 3..=u64::MAX) {
        let key = RecordKey::Entry(LogIndex(index));
        assert_eq!(records.get(key), model.get(&key), "{key:?}");
    }
}

proptest! {
    /// Whatever is put and removed, in whatever order: an ordered map.
    #[test]
    fn records_are_a_map(changes in prop::collection::vec((change(), 0_u8..4), 1..200)) {
        let (mut records, mut model) = (Records::default(), Model::new());
        let mut kept = Vec::new();
        for (place, (change, byte)) in changes.iter().enumerate() {
            if place % 20 == 0 {
                kept.push((records.clone(), model.clone()));
            }
            make(&mut records, &mut model, change, &RecordBytes::from(vec![*byte]));
        }
        kept.push((records.clone(), model));
        kept.iter().for_each(|(records, model)| assert_equal(records, model));
        // The same content, written in another order, is equal.
        let mut again = Records::default();
        records.iter().rev().for_each(|(key, record)| again.put(key, record.clone()));
        prop_assert_eq!(&again, &records);
        for (earlier, model) in &kept {
            let mut sharing = earlier.clone();
            sharing.share(&records);
            assert_equal(&sharing, model);
            prop_assert_eq!(earlier == &records, earlier.iter().eq(records.iter()));
        }
    }
}

/// The entries of a log are in their shared parts, also after a fault and its repair.
#[test]
fn a_log_is_whole_again_when_a_hole_is_filled() {
    let put = |records: &mut Records, index: u64| {
        records.put(RecordKey::Entry(LogIndex(index)), RecordBytes::from(&index.to_le_bytes()));
    };
    let mut records = Records::default();
    (1..=200).for_each(|index| put(&mut records, index));
    records.remove(RecordKey::Entry(LogIndex(100)));
    assert_eq!((records.log.len(), records.others.len()), (99, 100));
    put(&mut records, 100);
    assert_eq!((records.log.len(), records.others.len()), (200, 0));
}
