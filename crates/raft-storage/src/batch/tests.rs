//! Tests of the writes for each request.

use raft_core::{
    Bytes, Entry, HardState, LogPosition, Membership, NodeId, Payload, PersistId, Snapshot,
    SnapshotWrite, Term,
};

use super::*;
use crate::record::decode;

fn entry(index: u64, term: u64) -> Entry {
    Entry { index: LogIndex(index), term: Term(term), payload: Payload::Noop }
}

fn snapshot(index: u64) -> Snapshot {
    Snapshot {
        last_included_index: LogIndex(index),
        last_included_term: Term(1),
        membership: Membership::new([NodeId(1)]),
        data: Bytes::from(b"state").into(),
    }
}

fn summary(batch: &WriteBatch) -> Vec<String> {
    let line = |write: &Write| match write {
        Write::Put { key, .. } => format!("put {key}"),
        Write::DeleteEntries { from, through: LogIndex(u64::MAX) } => format!("delete {from}.."),
        Write::DeleteEntries { from, through } => format!("delete {from}..={through}"),
        Write::DeleteFiles => "delete files".to_owned(),
        Write::Delete { key } => format!("delete {key}"),
    };
    batch.writes.iter().map(line).collect()
}

#[test]
fn a_request_is_carried_out_in_its_documented_order_with_all_witnesses() {
    let log_start = LogPosition::new(LogIndex(3), Term(1));
    let batch = WriteBatch::from_persist(&Persist {
        id: PersistId(1),
        bootstrap: Some(Membership::new([NodeId(1)]).into()),
        hard_state: Some(HardState::default()),
        snapshot: Some(SnapshotWrite { snapshot: snapshot(5), log_start }.into()),
        truncate_from: Some(LogIndex(8)),
        entries: vec![entry(8, 2), entry(9, 2)].into(),
        commit_index: LogIndex(7),
    });
    let expected = [
        "put list of the first members",
        "put copy of the list of the first members",
        "put term and vote",
        "put copy of term and vote",
        "put mark of the snapshot",
        "put snapshot",
        "delete 0..=3",
        "delete 8..",
        "put entry 8",
        "put entry 9",
        "put end of the log",
    ];
    assert_eq!(summary(&batch), expected);
}

#[test]
fn a_term_alone_does_not_touch_the_log() {
    let persist = Persist { hard_state: Some(HardState::default()), ..Persist::default() };
    let batch = WriteBatch::from_persist(&persist);
    assert_eq!(summary(&batch), ["put term and vote", "put copy of term and vote"]);
}

#[test]
fn a_truncation_moves_the_end_of_the_log() {
    let (truncate_from, commit_index) = (Some(LogIndex(4)), LogIndex(2));
    let persist = Persist { truncate_from, commit_index, ..Persist::default() };
    let batch = WriteBatch::from_persist(&persist);
    assert_eq!(summary(&batch), ["delete 4..", "put end of the log"]);
    let Write::Put { record, .. } = &batch.writes[1] else { unreachable!() };
    let end: LogEnd = decode(RecordKey::LogEnd, record).unwrap();
    assert_eq!(end, LogEnd { last_index: LogIndex(3), last_term: None, commit_index });
}

#[test]
fn sizes_count_records() {
    assert!(WriteBatch::default().is_empty());
    let persist = Persist { entries: vec![entry(1, 1)].into(), ..Persist::default() };
    let batch = WriteBatch::from_persist(&persist);
    assert!(!batch.is_empty());
    // 5 bytes of header each; the entry has 3 bytes, the end of the log has 4.
    assert_eq!(batch.byte_len(), 17);
}
