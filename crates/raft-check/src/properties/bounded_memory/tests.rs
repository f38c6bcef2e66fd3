use raft_core::{
    Bytes, Entries, HeartbeatRound, InstallSnapshot, Instant, PieceNumber, SnapshotFile, Term,
};

use super::super::testing::{N1, N2, objects, voters};
use super::*;

fn settings() -> Settings {
    Settings {
        max_batch_entries: 3,
        max_batch_bytes: 10,
        max_in_flight: 2,
        max_in_flight_bytes: 20,
        max_pending_requests: 5,
        snapshot_threshold: 10,
        snapshot_threshold_bytes: 40,
        trailing_entries: 4,
        snapshot_chunk_bytes: 8,
        max_snapshot_bytes: 30,
        ..Settings::default()
    }
}

fn command(index: u64, bytes: usize) -> Entry {
    let payload = Payload::Command(Bytes::from(vec![b'x'; bytes]));
    Entry { index: LogIndex(index), term: Term(1), payload }
}

#[test]
fn a_message_that_is_too_large() {
    let send = |sizes: &[usize]| {
        let entries: Entries = (1..).zip(sizes).map(|(i, bytes)| command(i, *bytes)).collect();
        let body = Body::AppendEntries(AppendEntries {
            prev_log_index: LogIndex(0),
            prev_log_term: Term(0),
            entries,
            leader_commit: LogIndex(0),
            round: HeartbeatRound(1),
        });
        message_fits(N1, &Message { term: Term(1), body }, &settings())
    };
    assert_eq!(send(&[4, 3, 3]), Ok(()));
    assert_eq!(send(&[400]), Ok(()), "one entry always goes");
    objects(send(&[1, 1, 1, 1]), &["entries of one message of node 1: 4, more than 3"]);
    objects(send(&[4, 7]), &["payload bytes of one message of node 1: 11, more than 10"]);
}

#[test]
fn a_piece_of_a_snapshot_that_is_too_large() {
    let send = |bytes| {
        let body = Body::InstallSnapshot(InstallSnapshot {
            last_included_index: LogIndex(5),
            last_included_term: Term(1),
            membership: voters(1..=3),
            offset: 0,
            data: Bytes::from(vec![0; bytes]),
            done: false,
            round: HeartbeatRound(1),
            number: PieceNumber(1),
        });
        message_fits(N1, &Message { term: Term(1), body }, &settings())
    };
    assert_eq!(send(8), Ok(()));
    objects(send(9), &["snapshot bytes of one message of node 1: 9, more than 8"]);
}

#[test]
fn a_server_that_holds_too_much() {
    let hold = |usage| usage_fits(N1, usage, &settings());
    let none = MemoryUsage::default();
    assert_eq!(hold(MemoryUsage { withheld: 55, reads: 10, forwarded: 5, ..none }), Ok(()));
    objects(hold(MemoryUsage { withheld: 56, ..none }), &["withheld outputs of node 1: 56"]);
    objects(hold(MemoryUsage { reads: 11, ..none }), &["waiting reads", "more than 10"]);
    objects(hold(MemoryUsage { forwarded: 6, ..none }), &["forwarded requests"]);
    objects(hold(MemoryUsage { command_results: 33_793, ..none }), &["results of forwarded"]);
    objects(hold(MemoryUsage { votes: 37, ..none }), &["votes"]);
    objects(hold(MemoryUsage { rounds: 257, ..none }), &["rounds"]);
    objects(hold(MemoryUsage { incoming_snapshot_bytes: 51, ..none }), &["incoming snapshot"]);
    assert_eq!(hold(MemoryUsage { early_bytes: 20, ..none }), Ok(()));
    objects(hold(MemoryUsage { early_bytes: 21, ..none }), &["entries after a gap", "21"]);
    objects(hold(MemoryUsage { memberships: 2, ..none }), &["memberships"]);
}

#[test]
fn pieces_of_a_snapshot_that_is_never_installed() {
    let keep = |term, commit_index| {
        let now = (Term(term), LogIndex(commit_index));
        pieces_are_of_use(Pieces { node: N1, kept: 32, term: Term(3), end: LogIndex(9), now })
    };
    assert_eq!(keep(3, 8), Ok(()));
    objects(keep(4, 8), &["node 1, in term 4", "32 bytes", "term 3 through entry 9"]);
    objects(keep(3, 9), &["committed up to 9"]);
}

#[test]
fn a_log_that_keeps_too_much_before_the_end_of_its_snapshot() {
    let trailing = |is_sending, (entries, bytes, state)| {
        trailing_fits(Trailing { node: N1, entries, bytes, state, is_sending }, &settings())
    };
    let keep = |entries, bytes, state| trailing(false, (entries, bytes, state));
    assert_eq!(trailing(true, (5, 300, 300)), Ok(()), "for the receiver of a snapshot");
    let most = settings().snapshot_threshold_bytes;
    objects(trailing(true, (5, 2 * most.max(300) + 1, 300)), &["bytes of entries"]);
    assert_eq!(keep(4, 300, 300), Ok(()));
    assert_eq!(keep(1, 8, 3), Ok(()), "a small state counts as one piece");
    objects(keep(5, 300, 300), &["before the end of the snapshot of node 1: 5, more than 4"]);
    objects(keep(4, 301, 300), &["bytes of entries", "301, more than 300"]);
    objects(keep(1, 9, 3), &["bytes of entries", "9, more than 8"]);
}

#[test]
fn a_log_that_is_not_compacted() {
    let (known, unknown) = (voters(1..=3), Membership::empty());
    let log = |applied: u64, membership, making| LogLength {
        node: N1,
        state_bytes: 30,
        applied_bytes: 0,
        snapshot: LogIndex(20),
        last_applied: LogIndex(20 + applied),
        applied_at_start: LogIndex(0),
        making,
        membership,
    };
    let see = |applied, membership, making| {
        log_is_compacted(log(applied, membership, making), &settings())
    };
    let look = |applied, membership| see(applied, membership, SnapshotMaking::default());
    assert_eq!(look(9, &known), Ok(()));
    assert_eq!(look(12, &unknown), Ok(()), "it does not know the membership yet");
    objects(look(10, &known), &["node 1 has applied 10 entries", "after 10 entries"]);
    let heavy = |applied_bytes, state_bytes| {
        let log = log(2, &known, SnapshotMaking::default());
        log_is_compacted(LogLength { applied_bytes, state_bytes, ..log }, &settings())
    };
    assert_eq!(heavy(39, 30), Ok(()));
    assert_eq!(heavy(40, 41), Ok(()), "no more bytes than its state");
    objects(heavy(40, 30), &["(40 bytes)", "or 40 bytes"]);
    objects(heavy(41, 41), &["(41 bytes)", "or 41 bytes"]);

    // Its driver makes a snapshot, or failed to make one.
    let asked = SnapshotMaking { is_asked: true, again_at: LogIndex(0) };
    assert_eq!(see(14, &known, asked), Ok(()));
    let failed = SnapshotMaking { is_asked: false, again_at: LogIndex(36) };
    assert_eq!(see(15, &known, failed), Ok(()));
    objects(see(16, &known, failed), &["16 entries"]);
}

#[test]
fn an_entry_counts_more_than_its_payload() {
    let mut log = Log::new(LogPosition::ORIGIN);
    log.append(Entries::from(vec![command(1, 3), command(2, 0)]));
    assert_eq!((log_bytes(&log), log.iter_from(LogIndex(1)).map(bytes_of).sum()), (131, 131));
}

#[test]
fn a_state_in_a_file_counts_as_no_more_than_a_heavy_log() {
    let file = |bytes| SnapshotFile { handle: 1, bytes, checksum: 0 };
    let count = |data| state_bytes(&data, &settings());
    assert_eq!([39, 41, 1 << 40].map(|bytes| count(file(bytes).into())), [39, 40, 40]);
    assert_eq!(count(Bytes::from(vec![0; 41]).into()), 41);
}

#[test]
fn a_window_that_is_too_full() {
    let peer = PeerStatus {
        id: N2,
        next_index: LogIndex(8),
        match_index: LogIndex(5),
        state: ProgressKind::Replicate,
        in_flight: 2,
        in_flight_bytes: 24,
        last_contact: Instant(0),
    };
    let see = |peer| window_fits(Window { leader: N1, peer, largest_message: 4 }, &settings());
    assert_eq!(see(peer), Ok(()));
    objects(see(PeerStatus { in_flight: 3, ..peer }), &["messages in flight", "3, more than 2"]);
    objects(see(PeerStatus { in_flight_bytes: 25, ..peer }), &["bytes in flight", "25"]);
    let words = ["node 1, which leads", "node 2 holds entry 8 and needs entry 8"];
    objects(see(PeerStatus { match_index: LogIndex(8), ..peer }), &words);
}

#[test]
fn a_leader_that_accepts_too_much() {
    let accept = |sizes: &[usize], first_new| {
        let entries: Vec<Entry> = (1..).zip(sizes).map(|(i, bytes)| command(i, *bytes)).collect();
        let first_new = LogIndex(first_new);
        accepted(Accepted { leader: N1, first_new, limit: 200 }, entries.iter())
    };
    assert_eq!(accept(&[1, 1, 6], 2), Ok(()));
    assert_eq!(accept(&[900], 1), Ok(()), "one entry is always accepted");
    assert_eq!(accept(&[100, 100], 3), Ok(()), "they were there before");
    objects(accept(&[1, 1, 7], 2), &["node 1 accepts entry 3", "201 bytes", "more than 200"]);
    objects(accept(&[900, 1], 2), &["entry 2"]);
}
