//! A disk's shadow is what recovery would find.

use raft_core::{Bytes, Membership, NodeId, Payload, Persist, Snapshot, SnapshotWrite, Term};
use raft_kv::Store;
use raft_storage::{Records, recover};

use super::*;

fn entry(index: u64, term: u64) -> Entry {
    Entry { index: LogIndex(index), term: Term(term), payload: Payload::Noop }
}

fn hard_state(term: u64) -> Option<HardState> {
    Some(HardState { current_term: Term(term), voted_for: Some(NodeId(term)) })
}

fn snapshot(index: u64, term: u64) -> Option<Box<SnapshotWrite>> {
    let snapshot = Snapshot {
        last_included_index: LogIndex(index),
        last_included_term: Term(term),
        membership: Membership::new([NodeId(1)]),
        data: Bytes::from(Store::default().snapshot()).into(),
    };
    let log_start = snapshot.position();
    Some(SnapshotWrite { snapshot, log_start }.into())
}

/// Writes of every kind, in order.
fn writes() -> Vec<Persist> {
    vec![
        Persist { hard_state: hard_state(1), ..Persist::default() },
        Persist { entries: (1..=5).map(|i| entry(i, 1)).collect(), ..Persist::default() },
        Persist {
            hard_state: hard_state(2),
            truncate_from: Some(LogIndex(4)),
            entries: vec![entry(4, 2)].into(),
            ..Persist::default()
        },
        Persist { truncate_from: Some(LogIndex(4)), ..Persist::default() },
        Persist { snapshot: snapshot(2, 1), ..Persist::default() },
        Persist { entries: vec![entry(4, 2), entry(5, 2)].into(), ..Persist::default() },
        Persist {
            hard_state: hard_state(3),
            snapshot: snapshot(9, 3),
            truncate_from: Some(LogIndex(3)),
            ..Persist::default()
        },
        Persist { entries: vec![entry(10, 3)].into(), ..Persist::default() },
    ]
}

fn empty() -> DiskShadow {
    DiskShadow::new(&Recovered::default(), &PrefixRegistry::default(), true)
}

fn found(records: &Records) -> PersistentState {
    let recovered = recover(NodeId(1), records).unwrap();
    DiskShadow::new(&recovered, &PrefixRegistry::default(), true).state()
}

#[test]
fn every_write_leaves_what_recovery_finds() {
    let (mut records, mut disk) = (Records::default(), empty());
    for (place, persist) in writes().iter().enumerate() {
        let batch = Arc::new(WriteBatch::from_persist(persist));
        let id = PersistId(place as u64 + 1);
        let before = disk.state();
        disk.issue(id, batch.clone());
        assert_eq!(disk.state(), before, "what is on its way is not there");
        records.apply(&batch);
        disk.complete(id, &PrefixRegistry::default());
        assert_eq!(disk.state(), found(&records), "after write {}", id.0);
    }
    assert_eq!(disk.best, LogPosition::new(LogIndex(10), Term(3)));
}

#[test]
fn a_crash_takes_the_last_writes_and_leaves_the_first() {
    let all = writes();
    for lost in 0..=all.len() {
        let (mut records, mut disk) = (Records::default(), empty());
        for (place, persist) in all.iter().enumerate() {
            let batch = Arc::new(WriteBatch::from_persist(persist));
            disk.issue(PersistId(place as u64 + 1), batch.clone());
            if place < all.len() - lost {
                records.apply(&batch);
            }
        }
        disk.crash(lost, &PrefixRegistry::default());
        assert_eq!(disk.state(), found(&records), "lost {lost}");
    }
}

#[test]
fn what_is_committed_and_gone_is_missed() {
    let mut ledger = Ledger::new(LogIndex(0), PrefixHash::EMPTY, Store::default());
    let mut disk = empty();
    for index in 1..=4 {
        disk.apply(DiskEffect::Entry(entry(index, 1)), &PrefixRegistry::default());
        let prefix = disk.log.last_prefix();
        ledger.extend(&entry(index, 1), prefix, Term(1));
    }
    assert!(!disk.recount(&ledger));
    assert_eq!(disk.agreed, LogIndex(4));
    let prefix = ledger.get(LogIndex(3)).unwrap();
    assert!(disk.holds(LogIndex(3), prefix, &ledger));

    disk.apply(DiskEffect::TruncateFrom(LogIndex(3)), &PrefixRegistry::default());
    disk.apply(DiskEffect::Entry(entry(3, 2)), &PrefixRegistry::default());
    disk.apply(DiskEffect::Entry(entry(4, 2)), &PrefixRegistry::default());
    assert!(disk.recount(&ledger), "it holds less than before");
    assert_eq!(disk.agreed, LogIndex(2));
    assert!(!disk.holds(LogIndex(3), prefix, &ledger));
}

#[test]
fn nothing_counts_behind_a_gap() {
    let mut disk = empty();
    for index in [1, 2, 4, 5] {
        disk.apply(DiskEffect::Entry(entry(index, 1)), &PrefixRegistry::default());
    }
    assert_eq!(disk.log.last_index(), LogIndex(2));
}
