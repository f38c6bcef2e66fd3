//! What is committed comes back: whole, in order, flushed.

use raft_core::{Membership, Snapshot, SnapshotWrite};
use raft_storage::{Damage, RecordKey, StorageError, Write};
use raft_storage_idb::IdbError;
use wasm_bindgen_test::wasm_bindgen_test;

use super::*;

#[wasm_bindgen_test]
async fn what_is_committed_comes_back() {
    let database = begun("round-trip").await;
    let snapshot = Snapshot {
        last_included_index: LogIndex(2),
        last_included_term: Term(1),
        membership: Membership::new([1, 2].map(NodeId)),
        data: Bytes::from(vec![7; 300_000]).into(),
    };
    let write = SnapshotWrite { log_start: snapshot.position(), snapshot };
    let compact = Persist { snapshot: Some(write.into()), ..Persist::default() };
    let batches = vec![
        (NodeId(2), WriteBatch::from_persist(&beginning())),
        (NodeId(1), WriteBatch::from_persist(&compact)),
        (NodeId(2), append(4)),
    ];
    let mut expected = [Records::default(), Records::default()];
    expected[0].apply(&WriteBatch::from_persist(&beginning()));
    for (node, batch) in &batches {
        expected[node.0 as usize - 1].apply(batch);
    }
    let infos = vec![("scenario".to_owned(), b"cluster nodes=2".to_vec())];
    database.commit(batches, infos).await.unwrap();

    let [first, second] = expected;
    assert_eq!(database.load().await.unwrap(), [(NodeId(1), first), (NodeId(2), second)]);
    let scenario = database.info("scenario").await.unwrap();
    assert_eq!(scenario.as_deref(), Some(b"cluster nodes=2".as_slice()));
    assert_eq!(database.info("other").await.unwrap(), None);
}

#[wasm_bindgen_test]
async fn truncating_appending_and_the_term_are_one_step() {
    let database = begun("one-step").await;
    let change = Persist {
        hard_state: Some(hard_state(2)),
        truncate_from: Some(LogIndex(2)),
        entries: vec![entry(2, 2)].into(),
        ..Persist::default()
    };
    let batch = WriteBatch::from_persist(&change);
    database.commit(vec![(NodeId(1), batch)], Vec::new()).await.unwrap();
    let expected = Recovered {
        bootstrap: Some(members()),
        hard_state: hard_state(2),
        entries: vec![entry(1, 1), entry(2, 2)],
        ..Recovered::default()
    };
    assert_eq!(stored("one-step", NodeId(1)).await, expected);
}

#[wasm_bindgen_test]
async fn what_a_crash_lost_can_be_taken_back() {
    let database = begun("undo").await;
    let mut before = Records::default();
    before.apply(&WriteBatch::from_persist(&beginning()));
    let lost = append(4);
    let first = WriteBatch::from_persist(&beginning());
    let batches = vec![
        (NodeId(1), lost.clone()),
        (NodeId(1), before.undo(&lost)),
        (NodeId(2), first.clone()),
        (NodeId(2), Records::default().undo(&first)),
    ];
    database.commit(batches, Vec::new()).await.unwrap();
    assert_eq!(database.load().await.unwrap(), [(NodeId(1), before)]);
}

#[wasm_bindgen_test]
async fn a_node_can_be_erased() {
    let database = begun("erase").await;
    let second = WriteBatch::from_persist(&beginning());
    database.commit(vec![(NodeId(2), second)], Vec::new()).await.unwrap();
    database.commit(vec![(NodeId(1), WriteBatch::erase())], Vec::new()).await.unwrap();
    let nodes: Vec<NodeId> = database.load().await.unwrap().into_iter().map(|(n, _)| n).collect();
    assert_eq!(nodes, [NodeId(2)]);
}

#[wasm_bindgen_test]
async fn a_damaged_record_is_named_by_recovery() {
    let database = begun("damaged").await;
    let key = RecordKey::Entry(LogIndex(2));
    let mut disk = Records::default();
    disk.apply(&WriteBatch::from_persist(&beginning()));
    let mut record = disk.get(key).unwrap().to_vec();
    *record.last_mut().unwrap() ^= 1;
    let batch = WriteBatch { writes: vec![Write::Put { key, record: record.into() }] };
    database.commit(vec![(NodeId(1), batch)], Vec::new()).await.unwrap();
    let disks = database.load().await.unwrap();
    let error = recover(NodeId(1), &disks[0].1).unwrap_err();
    assert_eq!((error.node, error.key), (NodeId(1), key));
    assert!(matches!(error.damage, Damage::Checksum { .. }), "{error}");

    // Somebody else's value in a record's place is damage, too.
    js("const open = indexedDB.open('damaged');
        await new Promise(done => open.onsuccess = done);
        const tx = open.result.transaction('log', 'readwrite');
        tx.objectStore('log').put('not bytes', [1, 2]);
        await new Promise(done => tx.oncomplete = done);
        open.result.close();")
    .await;
    let disks = database.load().await.unwrap();
    let damage = Damage::Truncated { bytes: 0 };
    let error = StorageError { node: NodeId(1), key, damage };
    assert_eq!(recover(NodeId(1), &disks[0].1), Err(error));
}

#[wasm_bindgen_test]
async fn a_key_of_somebody_else_is_reported() {
    let database = begun("foreign").await;
    js("const open = indexedDB.open('foreign');
        await new Promise(done => open.onsuccess = done);
        const tx = open.result.transaction('meta', 'readwrite');
        tx.objectStore('meta').put('?', 'not ours');
        await new Promise(done => tx.oncomplete = done);
        open.result.close();")
    .await;
    let result = database.load().await;
    assert!(matches!(result, Err(IdbError::Foreign { store: "meta", .. })), "{result:?}");
}

#[wasm_bindgen_test]
async fn every_write_is_strict_and_what_waits_shares_a_transaction() {
    let database = begun("grouped").await;
    js("self.seen = [];
        self.puts = 0;
        self.originalPut = IDBObjectStore.prototype.put;
        IDBObjectStore.prototype.put = function (...args) {
            self.puts += 1;
            return self.originalPut.apply(this, args);
        };
        self.original = IDBDatabase.prototype.transaction;
        IDBDatabase.prototype.transaction = function (...args) {
            const tx = self.original.apply(this, args);
            if (tx.mode == 'readwrite') self.seen.push(tx.durability);
            return tx;
        };")
    .await;
    let commits: Vec<_> = (4..=13)
        .map(|index| database.commit(vec![(NodeId(1), append(index))], Vec::new()))
        .collect();
    for commit in commits {
        commit.await.unwrap();
    }
    let seen = js("IDBDatabase.prototype.transaction = self.original;
        IDBObjectStore.prototype.put = self.originalPut;
        return `${self.seen.join()} ${self.puts}`")
    .await;
    // One entry and the end of the log; then nine entries and the last of nine ends.
    assert_eq!(seen.as_string().as_deref(), Some("strict,strict 12"));
    assert_eq!(stored("grouped", NodeId(1)).await.entries.len(), 13);
}

#[wasm_bindgen_test]
async fn a_commit_goes_on_when_nobody_waits_for_it() {
    let database = begun("unattended").await;
    for index in 4..=6 {
        drop(database.commit(vec![(NodeId(1), append(index))], Vec::new()));
    }
    drop(database);
    // Reading waits for transactions under way, but not for those that have not begun.
    let mut rounds = 0;
    while stored("unattended", NodeId(1)).await.entries.len() < 6 {
        rounds += 1;
        assert!(rounds < 50, "the writes never arrived");
    }
}

/// Numbers that look random, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn write(&mut self) -> Write {
        let index = |n: &mut Self| LogIndex(n.below(6));
        let key = match self.below(4) {
            0 => RecordKey::HardState,
            1 => RecordKey::Snapshot,
            2 => RecordKey::LogEnd,
            _ => RecordKey::Entry(index(self)),
        };
        match self.below(5) {
            0 => Write::DeleteEntries { from: index(self), through: index(self) },
            1 => Write::Delete { key },
            _ => Write::Put { key, record: Bytes::from(vec![self.below(256) as u8]) },
        }
    }
}

/// Leaving out what a transaction overwrites itself must not be seen from outside.
#[wasm_bindgen_test]
async fn any_mixture_of_writes_in_a_transaction_has_the_effect_of_its_order() {
    Database::wipe("mixture").await.unwrap();
    let database = Database::open("mixture").await.unwrap();
    let mut numbers = Numbers(1);
    let mut expected = [Records::default(), Records::default()];
    for round in 0..100 {
        let batch = |n: &mut Numbers| {
            let writes = (0..n.below(8)).map(|_| n.write()).collect();
            (NodeId(1 + n.below(2)), WriteBatch { writes })
        };
        let batches: Vec<_> = (0..3).map(|_| batch(&mut numbers)).collect();
        for (node, batch) in &batches {
            expected[node.0 as usize - 1].apply(batch);
        }
        database.commit(batches, Vec::new()).await.unwrap();
        let mut disks = database.load().await.unwrap().into_iter();
        for (node, disk) in (1..).map(NodeId).zip(&expected).filter(|(_, disk)| !disk.is_empty()) {
            assert_eq!(disks.next(), Some((node, disk.clone())), "round {round}");
        }
        assert_eq!(disks.next(), None);
    }
}
