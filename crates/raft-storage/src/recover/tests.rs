//! Tests of recovery: the round trip, and each kind of damage.

mod files;

use proptest::prelude::*;
use raft_core::{Bytes, Membership, Payload, SnapshotData, SnapshotWrite, Term};

use super::*;
use crate::record::{LogEnd, OlderLogEnd, encode_into, encode_version_into};
use crate::strategies::{History, history};
use crate::{
    OLDEST_VERSION, RecordBytes, Write, WriteBatch, encode_entry, encode_hard_state,
    encode_snapshot,
};

const NODE: NodeId = NodeId(2);

fn entry(index: u64, term: u64) -> Entry {
    let payload = Payload::Command(Bytes::from(b"x"));
    Entry { index: LogIndex(index), term: Term(term), payload }
}

fn term(current_term: u64) -> HardState {
    HardState { current_term: Term(current_term), voted_for: Some(NodeId(3)) }
}

fn snapshot(index: u64) -> Snapshot {
    Snapshot {
        last_included_index: LogIndex(index),
        last_included_term: Term(1),
        membership: members(),
        data: Bytes::from(b"state").into(),
    }
}

fn at(index: u64, term: u64) -> LogPosition {
    LogPosition::new(LogIndex(index), Term(term))
}

fn members() -> Membership {
    Membership::new([1, 2, 3].map(NodeId))
}

/// Snapshot through 2, entries 3 to 5, term 2.
fn disk() -> Records {
    Records::from(&Recovered {
        bootstrap: Some(members()),
        hard_state: term(2),
        snapshot: Some(snapshot(2)),
        log_start: Some(at(2, 1)),
        entries: vec![entry(3, 1), entry(4, 2), entry(5, 2)],
        commit_index: LogIndex(4),
        ..Recovered::default()
    })
}

fn damage_of(records: &Records) -> (RecordKey, Damage) {
    let error = recover(NODE, records).unwrap_err();
    assert_eq!(error.node, NODE);
    (error.key, error.damage)
}

fn record(key: RecordKey, content: &impl serde::Serialize) -> RecordBytes {
    let mut bytes = Vec::new();
    encode_into(&mut bytes, key, content);
    bytes.into()
}

#[test]
fn an_empty_disk_is_a_first_start() {
    assert_eq!(recover(NODE, &Records::default()), Ok(Recovered::default()));
}

#[test]
fn each_missing_record_is_named_with_the_record_that_knows_of_it() {
    use RecordKey::*;
    let expected = [
        (HardState, HardState, HardStateCopy),
        (HardStateCopy, HardStateCopy, HardState),
        (SnapshotMark, SnapshotMark, Snapshot),
        (Snapshot, Snapshot, SnapshotMark),
        (LogEnd, LogEnd, Entry(LogIndex(5))),
        (Entry(LogIndex(3)), Entry(LogIndex(3)), Entry(LogIndex(4))),
        (Entry(LogIndex(5)), Entry(LogIndex(5)), LogEnd),
        (Bootstrap, Bootstrap, BootstrapCopy),
        (BootstrapCopy, BootstrapCopy, Bootstrap),
    ];
    for (removed, named, witness) in expected {
        let mut disk = disk();
        disk.remove(removed);
        assert_eq!(damage_of(&disk), (named, Damage::Missing { witness }));
    }
}

/// The purpose of the record of the log's end: the records of the other entries are intact and do
/// not show that one more was acknowledged.
#[test]
fn without_the_end_of_the_log_a_lost_tail_would_pass() {
    let mut records = disk();
    records.remove(RecordKey::Entry(LogIndex(5)));
    let unchecked = Disk { node: NODE, records: &records }.entries_after(LogIndex(2));
    assert_eq!(unchecked, Ok(vec![entry(3, 1), entry(4, 2)]));
    let missing = Damage::Missing { witness: RecordKey::LogEnd };
    assert_eq!(damage_of(&records), (RecordKey::Entry(LogIndex(5)), missing));
}

/// The same for the whole log, and for the snapshot of a log without entries.
#[test]
fn without_witnesses_a_lost_store_would_pass() {
    let mut records = Records::from(&Recovered {
        hard_state: term(2),
        entries: vec![entry(1, 1), entry(2, 1)],
        ..Recovered::default()
    });
    records.apply(&WriteBatch {
        writes: vec![Write::DeleteEntries { from: LogIndex(0), through: LogIndex(u64::MAX) }],
    });
    let missing = Damage::Missing { witness: RecordKey::LogEnd };
    assert_eq!(damage_of(&records), (RecordKey::Entry(LogIndex(1)), missing));

    let mut records = Records::from(&Recovered {
        hard_state: term(2),
        snapshot: Some(snapshot(9)),
        ..Recovered::default()
    });
    records.remove(RecordKey::Snapshot);
    let missing = Damage::Missing { witness: RecordKey::SnapshotMark };
    assert_eq!(damage_of(&records), (RecordKey::Snapshot, missing));
}

#[test]
fn entries_that_should_be_gone_are_refused() {
    let mut past_end = disk();
    past_end.put(RecordKey::Entry(LogIndex(6)), encode_entry(&entry(6, 2)));
    let damage = Damage::PastEnd { last: LogIndex(5) };
    assert_eq!(damage_of(&past_end), (RecordKey::Entry(LogIndex(6)), damage));

    let mut replaced = disk();
    replaced.put(RecordKey::Entry(LogIndex(2)), encode_entry(&entry(2, 1)));
    let damage = Damage::Replaced { log_start: LogIndex(2) };
    assert_eq!(damage_of(&replaced), (RecordKey::Entry(LogIndex(2)), damage));
}

#[test]
fn an_older_record_in_place_of_a_newer_one_contradicts_its_witness() {
    let expected = [
        (RecordKey::HardState, encode_hard_state(&term(1)), RecordKey::HardStateCopy),
        (RecordKey::Snapshot, encode_snapshot(&snapshot(1)), RecordKey::SnapshotMark),
        (RecordKey::Entry(LogIndex(5)), encode_entry(&entry(5, 1)), RecordKey::LogEnd),
    ];
    for (key, older, other) in expected {
        let mut disk = disk();
        disk.put(key, older);
        assert_eq!(damage_of(&disk), (key, Damage::Contradicts { other }));
    }
    let mut disk = disk();
    disk.put(RecordKey::BootstrapCopy, record(RecordKey::BootstrapCopy, &Membership::empty()));
    let damage = Damage::Contradicts { other: RecordKey::BootstrapCopy };
    assert_eq!(damage_of(&disk), (RecordKey::Bootstrap, damage));
}

/// Programs before this one did not store the members of the first start.
#[test]
fn a_disk_without_the_first_members_is_read() {
    let mut older = disk();
    older.remove(RecordKey::Bootstrap);
    older.remove(RecordKey::BootstrapCopy);
    let expected = Recovered { bootstrap: None, ..recover(NODE, &disk()).unwrap() };
    assert_eq!(recover(NODE, &older), Ok(expected));
}

/// The commit index comes back with the log; the end of a snapshot is committed in any case.
#[test]
fn the_commit_index_is_read_back() {
    assert_eq!(recover(NODE, &disk()).unwrap().commit_index, LogIndex(4));
    let none_stored = Recovered { commit_index: LogIndex(0), ..recover(NODE, &disk()).unwrap() };
    let recovered = recover(NODE, &Records::from(&none_stored)).unwrap();
    assert_eq!(recovered.commit_index, LogIndex(2));
    let only_snapshot = Recovered { entries: Vec::new(), commit_index: LogIndex(2), ..none_stored };
    assert_eq!(recover(NODE, &Records::from(&only_snapshot)), Ok(only_snapshot));
}

/// No program writes a commit index after the end of its log.
#[test]
fn a_commit_index_after_the_end_of_the_log_is_refused() {
    let mut records = disk();
    let (last_index, last_term) = (LogIndex(5), Some(Term(2)));
    let end = LogEnd { last_index, last_term, commit_index: LogIndex(6) };
    records.put(RecordKey::LogEnd, record(RecordKey::LogEnd, &end));
    assert_eq!(damage_of(&records), (RecordKey::LogEnd, Damage::Undecodable));
}

/// A snapshot through 4, and the entries 2 to 5.
fn disk_with_trailing_entries() -> Recovered {
    Recovered {
        hard_state: term(2),
        snapshot: Some(snapshot(4)),
        log_start: Some(at(1, 1)),
        entries: vec![entry(2, 1), entry(3, 1), entry(4, 1), entry(5, 2)],
        commit_index: LogIndex(4),
        ..Recovered::default()
    }
}

#[test]
fn entries_before_the_end_of_the_snapshot_come_back() {
    let stored = disk_with_trailing_entries();
    assert_eq!(recover(NODE, &Records::from(&stored)), Ok(stored));
}

/// The mark of the snapshot knows where the log starts.
#[test]
fn a_lost_entry_before_the_end_of_the_snapshot_is_named() {
    let full = Records::from(&disk_with_trailing_entries());
    for lost in 2..=4 {
        let mut disk = full.clone();
        disk.remove(RecordKey::Entry(LogIndex(lost)));
        let witness = RecordKey::Entry(LogIndex(lost + 1));
        let named = RecordKey::Entry(LogIndex(lost));
        assert_eq!(damage_of(&disk), (named, Damage::Missing { witness }));
    }
    for first_lost in 2..=4 {
        let mut disk = full.clone();
        (first_lost..=5).for_each(|index| disk.remove(RecordKey::Entry(LogIndex(index))));
        let witness = RecordKey::SnapshotMark;
        let named = RecordKey::Entry(LogIndex(first_lost));
        assert_eq!(damage_of(&disk), (named, Damage::Missing { witness }));
    }
    let mut disk = full;
    disk.put(RecordKey::Entry(LogIndex(1)), encode_entry(&entry(1, 1)));
    let damage = Damage::Replaced { log_start: LogIndex(1) };
    assert_eq!(damage_of(&disk), (RecordKey::Entry(LogIndex(1)), damage));
}

#[test]
fn a_log_that_does_not_meet_its_snapshot_is_refused() {
    let stored = disk_with_trailing_entries();
    let mut other = Records::from(&stored);
    other.put(RecordKey::Entry(LogIndex(4)), encode_entry(&entry(4, 2)));
    let damage = Damage::Contradicts { other: RecordKey::SnapshotMark };
    assert_eq!(damage_of(&other), (RecordKey::Entry(LogIndex(4)), damage));
    for log_start in [at(5, 1), at(4, 2), at(1, 2)] {
        let mut disk = Records::from(&stored);
        let mark = SnapshotMark { last_included: at(4, 1), log_start };
        disk.put(RecordKey::SnapshotMark, record(RecordKey::SnapshotMark, &mark));
        assert_eq!(damage_of(&disk), (RecordKey::SnapshotMark, Damage::Undecodable));
    }
}

/// Version 2 had no commit index, and up to version 3 the log started at the end of the snapshot.
/// Records of all versions may be on one disk.
#[test]
fn a_disk_of_the_versions_before_is_read() {
    let mut older = disk();
    let mut put = |key, content: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = Vec::new();
        content(&mut bytes);
        older.put(key, bytes.into());
    };
    let end = OlderLogEnd { last_index: LogIndex(5), last_term: Some(Term(2)) };
    put(RecordKey::LogEnd, &|bytes| {
        encode_version_into(bytes, OLDEST_VERSION, RecordKey::LogEnd, &end);
    });
    put(RecordKey::HardState, &|bytes| {
        encode_version_into(bytes, OLDEST_VERSION, RecordKey::HardState, &term(2));
    });
    // The log started at the end of the snapshot.
    put(RecordKey::SnapshotMark, &|bytes| {
        encode_version_into(bytes, 3, RecordKey::SnapshotMark, &at(2, 1));
    });
    // Members had no contexts.
    let servers = (vec![1_u64, 2, 3], Vec::<u64>::new(), Vec::<u64>::new());
    for key in [RecordKey::Bootstrap, RecordKey::BootstrapCopy] {
        put(key, &|bytes| encode_version_into(bytes, 3, key, &servers));
    }
    put(RecordKey::Snapshot, &|bytes| {
        let content = (2_u64, 1_u64, &servers, Bytes::from(b"state"));
        encode_version_into(bytes, 4, RecordKey::Snapshot, &content);
    });
    // The end of the snapshot is all that is known to be committed.
    let expected = Recovered { commit_index: LogIndex(2), ..recover(NODE, &disk()).unwrap() };
    assert_eq!(recover(NODE, &older), Ok(expected));
}

/// It had no members: that is not the same as no record of them.
#[test]
fn a_server_that_was_to_join_stores_that_it_knew_nobody() {
    let joined = Recovered { bootstrap: Some(Membership::empty()), ..Recovered::default() };
    assert_eq!(recover(NODE, &Records::from(&joined)), Ok(joined));
}

/// The copy is written second. If it is the older one, the newer one is right in every case.
#[test]
fn a_batch_torn_between_term_and_copy_is_no_loss() {
    let voted =
        |of: u64, candidate: u64| HardState { voted_for: Some(NodeId(candidate)), ..term(of) };
    let not_voted = |of: u64| HardState { voted_for: None, ..term(of) };
    for (newer, copy) in
        [(term(9), term(2)), (voted(2, 3), not_voted(2)), (voted(9, 1), voted(2, 3))]
    {
        let mut disk = disk();
        disk.put(RecordKey::HardState, encode_hard_state(&newer));
        disk.put(RecordKey::HardStateCopy, record(RecordKey::HardStateCopy, &copy));
        assert_eq!(recover(NODE, &disk).unwrap().hard_state, newer);
    }
    // No server changes its vote in a term or takes it back.
    for (first, copy) in
        [(voted(2, 1), voted(2, 3)), (not_voted(2), voted(2, 3)), (term(2), term(9))]
    {
        let mut disk = disk();
        disk.put(RecordKey::HardState, encode_hard_state(&first));
        disk.put(RecordKey::HardStateCopy, record(RecordKey::HardStateCopy, &copy));
        let damage = Damage::Contradicts { other: RecordKey::HardStateCopy };
        assert_eq!(damage_of(&disk), (RecordKey::HardState, damage));
    }
}

/// Only the note of use is a sign of that.
#[test]
fn a_disk_with_one_record_was_not_wiped() {
    let mut disk = Records::default();
    disk.put(RecordKey::HardState, record(RecordKey::HardState, &term(1)));
    assert!(!disk.is_empty());
    assert_ne!(damage_of(&disk), (RecordKey::InUse, Damage::Wiped));
}

#[test]
fn a_wiped_disk_is_no_first_start() {
    let mut disk = disk();
    disk.apply(&WriteBatch::wipe());
    assert_eq!(damage_of(&disk), (RecordKey::InUse, Damage::Wiped));
    assert_eq!(
        recover(NODE, &disk).unwrap_err().to_string(),
        "node 2: note that the node was in use is all that is left: the disk was emptied. Do \
         not start this node from this disk, and never start it empty: wipe it and add it to the \
         cluster as a new node."
    );
    disk.apply(&WriteBatch::erase());
    assert!(disk.is_empty());
}

#[test]
fn a_snapshot_past_the_end_of_the_log_replaces_all_of_it() {
    let mut disk = disk();
    let write = SnapshotWrite { snapshot: snapshot(9), log_start: snapshot(9).position() };
    let persist = raft_core::Persist { snapshot: Some(write.into()), ..Default::default() };
    disk.apply(&WriteBatch::from_persist(&persist));
    let recovered = recover(NODE, &disk).unwrap();
    assert_eq!((recovered.snapshot, recovered.entries), (Some(snapshot(9)), Vec::new()));
}

#[test]
fn a_made_up_disk_cannot_smuggle_in_what_the_core_does_not_expect() {
    let key = RecordKey::Entry(LogIndex(5));
    let mut wrong_index = disk();
    wrong_index.put(key, record(key, &entry(u64::MAX, 2)));
    assert_eq!(damage_of(&wrong_index), (key, Damage::Undecodable));

    for (voters, outgoing, learners) in [
        (1..1, 1..1, 1..1),
        (1..11, 1..1, 1..1),
        (1..4, 1..11, 1..1),
        (1..4, 1..1, 4..14),
        (0..3, 1..1, 1..1),
        (1..4, 1..1, 3..5),
    ] {
        let membership = Membership::new(voters.map(NodeId))
            .with_outgoing(outgoing.map(NodeId))
            .with_learners(learners.map(NodeId));
        let mut in_snapshot = disk();
        let made_up = Snapshot { membership: membership.clone(), ..snapshot(2) };
        in_snapshot.put(RecordKey::Snapshot, encode_snapshot(&made_up));
        assert_eq!(
            damage_of(&in_snapshot),
            (RecordKey::Snapshot, Damage::Undecodable),
            "{membership}"
        );

        let mut in_list = disk();
        for key in [RecordKey::Bootstrap, RecordKey::BootstrapCopy] {
            in_list.put(key, record(key, &membership));
        }
        if !membership.is_empty() {
            assert_eq!(damage_of(&in_list), (RecordKey::Bootstrap, Damage::Undecodable));
        }

        let mut in_entry = disk();
        let made_up = Entry { payload: Payload::Membership(membership.clone()), ..entry(5, 2) };
        in_entry.put(key, encode_entry(&made_up));
        assert_eq!(damage_of(&in_entry), (key, Damage::Undecodable), "{membership}");
    }
}

#[test]
fn a_context_that_is_too_long_is_no_content() {
    let context = |bytes| members().with_context(NodeId(2), vec![b'x'; bytes]);
    let recovered = |membership| {
        let mut disk = disk();
        let made_up = Snapshot { membership, ..snapshot(2) };
        disk.put(RecordKey::Snapshot, encode_snapshot(&made_up));
        recover(NODE, &disk).map(|found| found.snapshot.map(|snapshot| snapshot.membership))
    };
    let longest = context(Membership::MAX_CONTEXT_BYTES);
    assert_eq!(recovered(longest.clone()), Ok(Some(longest)));
    let error = recovered(context(Membership::MAX_CONTEXT_BYTES + 1)).unwrap_err();
    assert_eq!((error.key, error.damage), (RecordKey::Snapshot, Damage::Undecodable));
}

/// The sets of a membership as another program might write them.
#[test]
fn members_that_are_out_of_order_are_put_in_order() {
    let (voters, outgoing, learners) = (vec![3_u64, 1, 2, 1], vec![4_u64, 1], vec![9_u64, 5]);
    let contexts = [(4_u64, b"x"), (1, b"y"), (7, b"z"), (4, b"w")];
    let contexts: Vec<_> = contexts.map(|(node, byte)| (node, Bytes::from(byte))).into();
    let members = (voters, outgoing, learners, contexts);
    let made_up = (2_u64, 1_u64, members, SnapshotData::from(Bytes::from(b"state")));
    let mut disk = disk();
    disk.put(RecordKey::Snapshot, record(RecordKey::Snapshot, &made_up));
    let recovered = recover(NODE, &disk).unwrap().snapshot.unwrap();
    let membership = Membership::new([1, 2, 3].map(NodeId));
    let membership = membership.with_outgoing([1, 4].map(NodeId));
    let membership = membership.with_learners([5, 9].map(NodeId));
    // A server that is no member has no context, and the first of two counts.
    let membership = membership.with_context(NodeId(1), b"y").with_context(NodeId(4), b"x");
    assert_eq!(recovered.membership, membership);
}

#[test]
fn a_record_of_the_first_format_is_named_as_such() {
    let mut disk = disk();
    let mut record = Vec::new();
    encode_version_into(&mut record, 1, RecordKey::Snapshot, &snapshot(5));
    disk.put(RecordKey::Snapshot, record.into());
    assert_eq!(damage_of(&disk), (RecordKey::Snapshot, Damage::UnknownVersion { found: 1 }));
}

#[test]
fn an_error_says_whose_disk_what_record_what_is_wrong_and_what_to_do() {
    let mut disk = disk();
    disk.put(RecordKey::Snapshot, Bytes::from(b"\x02ab"));
    assert_eq!(
        recover(NODE, &disk).unwrap_err().to_string(),
        "node 2: snapshot is cut off after 3 bytes. Do not start this node from this disk, and \
         never start it empty: wipe it and add it to the cluster as a new node."
    );
}

/// A fault of a disk.
#[derive(Clone, Debug)]
enum Fault {
    Flip {
        record: usize,
        byte: usize,
        bit: u8,
    },
    Truncate {
        record: usize,
        len: usize,
    },
    Extend {
        record: usize,
        byte: u8,
    },
    Remove {
        record: usize,
    },
    /// The last entries, and the snapshot before them if they are few. Not their witnesses.
    RemoveTail {
        records: usize,
    },
    Swap {
        record: usize,
        other: usize,
    },
}

fn fault() -> impl Strategy<Value = Fault> {
    let n = any::<usize>;
    prop_oneof![
        (n(), n(), 0..8_u8).prop_map(|(record, byte, bit)| Fault::Flip { record, byte, bit }),
        (n(), n()).prop_map(|(record, len)| Fault::Truncate { record, len }),
        (n(), any::<u8>()).prop_map(|(record, byte)| Fault::Extend { record, byte }),
        n().prop_map(|record| Fault::Remove { record }),
        (1..5_usize).prop_map(|records| Fault::RemoveTail { records }),
        (n(), n()).prop_map(|(record, other)| Fault::Swap { record, other }),
    ]
}

fn inflict(disk: &mut Records, fault: &Fault) {
    let keys: Vec<RecordKey> = disk.iter().map(|(key, _)| key).collect();
    if keys.is_empty() {
        return;
    }
    let key = |record: usize| keys[record % keys.len()];
    let bytes = |disk: &Records, record| disk.get(key(record)).map_or(Vec::new(), |r| r.to_vec());
    match *fault {
        Fault::Flip { record, byte, bit } => {
            let mut changed = bytes(disk, record);
            let at = byte % changed.len().max(1);
            if let Some(byte) = changed.get_mut(at) {
                *byte ^= 1 << bit;
            }
            disk.put(key(record), changed.into());
        }
        Fault::Truncate { record, len } => {
            let mut changed = bytes(disk, record);
            changed.truncate(len % changed.len().max(1));
            disk.put(key(record), changed.into());
        }
        Fault::Extend { record, byte } => {
            let mut changed = bytes(disk, record);
            changed.push(byte);
            disk.put(key(record), changed.into());
        }
        Fault::Remove { record } => disk.remove(key(record)),
        Fault::RemoveTail { records } => {
            let stored = keys.iter().rev().filter(|key| **key >= RecordKey::Snapshot);
            stored.take(records).for_each(|key| disk.remove(*key));
        }
        Fault::Swap { record, other } => {
            let (a, b) = (bytes(disk, record), bytes(disk, other));
            disk.put(key(record), b.into());
            disk.put(key(other), a.into());
        }
    }
}

/// Recovery returns exactly what was written last, or an error. Only the loss of all records is not
/// noticed: it looks like a first start.
fn check_nothing_is_lost(history: &History, disk: &Records) -> Result<(), TestCaseError> {
    match recover(NODE, disk) {
        Ok(recovered) if disk.len() > disk.files().count() => {
            let end = history.end();
            // An older commit index is a lower bound too.
            prop_assert_eq!(Recovered { commit_index: end.commit_index, ..recovered }, end)
        }
        Ok(recovered) => prop_assert_eq!(recovered, Recovered::default()),
        Err(error) => prop_assert!(error.to_string().starts_with("node 2: "), "{error}"),
    }
    Ok(())
}

proptest! {
    #[test]
    fn what_was_written_comes_back_after_every_request(history in history(25)) {
        let mut disk = history.files();
        for (persist, state) in history.persists.iter().zip(&history.states) {
            disk.apply(&WriteBatch::from_persist(persist));
            prop_assert_eq!(&recover(NODE, &disk), &Ok(state.clone()));
        }
    }

    #[test]
    fn one_fault_anywhere_loses_nothing_in_silence(history in history(15), fault in fault()) {
        let mut disk = history.disk();
        inflict(&mut disk, &fault);
        check_nothing_is_lost(&history, &disk)?;
    }

    /// Any number of damaged bytes is found. The removal of a record together with its witness is
    /// not: it leaves a disk that was once right.
    #[test]
    fn many_faults_never_panic(
        history in history(15),
        faults in proptest::collection::vec(fault(), 1..9),
    ) {
        let mut disk = history.disk();
        for fault in &faults {
            inflict(&mut disk, fault);
        }
        let _ = recover(NODE, &disk);
    }

    /// A lost write in the middle of a history leaves an older intact record or none. The disk then
    /// lacks a record or contradicts itself.
    #[test]
    fn one_lost_record_of_the_last_batch_is_noticed(
        history in history(15),
        lost in any::<usize>(),
    ) {
        let (last, earlier) = history.persists.split_last().expect("a history has a request");
        let mut disk = history.files();
        for persist in earlier {
            disk.apply(&WriteBatch::from_persist(persist));
        }
        let mut batch = WriteBatch::from_persist(last);
        if !batch.is_empty() {
            batch.writes.remove(lost % batch.writes.len());
        }
        disk.apply(&batch);
        check_nothing_is_lost(&history, &disk)?;
    }
}
