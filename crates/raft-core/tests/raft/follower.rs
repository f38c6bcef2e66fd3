//! §5.3 and Figure 2, "AppendEntries RPC, receiver implementation".

use raft_core::{
    AppendEntries, Body, HeartbeatRound, IgnoreReason, IgnoredMessage, Instant, LogIndex, Term,
    Trace,
};

use crate::builders::*;
use crate::server::Server;

/// Figure 2, rule 2: "Reply false if log doesn't contain an entry at prevLogIndex whose term
/// matches prevLogTerm."
#[test]
fn a_follower_refuses_entries_if_it_lacks_the_one_before() {
    // The follower's log, what the request says comes before, and the hint in the refusal.
    let cases: [(Terms, Place, Place); 5] = [
        (&[], (1, 1), (0, 0)),
        (&[1, 2], (3, 2), (2, 2)),
        (&[1, 2], (2, 1), (1, 1)),
        (&[1, 1], (2, 2), (2, 1)),
        (&[1, 3, 3, 3], (4, 2), (1, 1)),
    ];
    for (terms, prev, hint) in cases {
        let mut server = Server::of_three(disk(3, terms));
        server.receive(2, 3, append(prev, &[3], 0));
        assert_eq!(server.take_reply(), failure(prev.0, hint), "{terms:?} {prev:?}");
        assert_eq!(server.log_terms(), terms, "a refused request changes nothing");
    }
}

/// "If the follower's log contains the entry, it accepts."
#[test]
fn a_follower_appends_entries_behind_the_one_before() {
    for (prev, terms, log) in [
        ((0, 0), &[1][..], &[1][..]),
        ((1, 1), &[2, 2], &[1, 2, 2]),
        ((2, 2), &[2, 3], &[1, 2, 2, 3]),
    ] {
        let before = &log[..prev.0 as usize];
        let mut server = Server::of_three(disk(3, before));
        server.receive(2, 3, append(prev, terms, 0));
        assert_eq!(server.take_reply(), success(log.len() as u64));
        assert_eq!(server.log_terms(), log);
        assert_eq!(server.disk.entries, entries(log));
    }
}

/// Figure 2, rule 3: "If an existing entry conflicts with a new one (same index but different
/// terms), delete the existing entry and all that follow it."
#[test]
fn a_conflicting_entry_and_all_that_follow_it_are_deleted() {
    let cases: [(Terms, Place, Terms, Terms); 4] = [
        (&[1, 1, 1], (1, 1), &[2], &[1, 2]),
        (&[1, 1, 1], (0, 0), &[2, 2], &[2, 2]),
        (&[1, 1, 2, 2], (1, 1), &[1, 3], &[1, 1, 3]),
        (&[1, 2, 2], (2, 2), &[3, 3, 3], &[1, 2, 3, 3, 3]),
    ];
    for (before, prev, terms, after) in cases {
        let mut server = Server::of_three(disk(3, before));
        server.receive(2, 3, append(prev, terms, 0));
        assert_eq!(server.log_terms(), after);
        assert_eq!(server.disk.entries, entries(after), "the disk holds what the log holds");
        assert_eq!(server.take_reply(), success(prev.0 + terms.len() as u64));
    }
}

/// … and only then. A request that arrives late or twice holds a part of what is already there; to
/// cut the log behind it would remove entries that were acknowledged.
#[test]
fn a_late_repeated_or_overlapping_request_removes_nothing() {
    let log: &[u64] = &[1, 1, 2, 2, 3];
    let requests: [(Place, Terms); 8] = [
        ((0, 0), &[]),
        ((2, 1), &[]),
        ((0, 0), &[1]),
        ((0, 0), &[1, 1, 2]),
        ((1, 1), &[1, 2]),
        ((4, 2), &[3]),
        ((5, 3), &[]),
        ((0, 0), log),
    ];
    for (prev, terms) in requests {
        let mut server = Server::of_three(disk(3, log));
        server.receive(2, 3, append(prev, terms, 0));
        assert_eq!(server.log_terms(), log, "{prev:?} {terms:?}");
        assert_eq!(server.disk.entries, entries(log));
        assert_eq!(server.take_reply(), success(prev.0 + terms.len() as u64));
    }
}

/// Figure 2, rule 4: "Append any new entries not already in the log."
#[test]
fn only_entries_not_already_in_the_log_are_written() {
    let mut server = Server::of_three(disk(3, &[1, 1, 2]));
    server.disk_is_slow = true;
    server.receive(2, 3, append((0, 0), &[1, 1, 2, 3, 3], 0));
    let write = server.writes.back().expect("new entries are written");
    assert_eq!(write.entries, entries_after(3, &[3, 3]).into());
    assert_eq!(write.truncate_from, None);
}

/// An acknowledgement names the last entry that was compared with the leader's log. The entries
/// after it may be those of a deposed leader.
#[test]
fn an_acknowledgement_reports_only_what_the_request_proved() {
    let mut server = Server::of_three(disk(3, &[1, 1, 2, 2]));
    server.receive(2, 3, append((1, 1), &[], 0));
    assert_eq!(server.take_reply(), success(1));
    server.receive(2, 3, append((1, 1), &[1], 0));
    assert_eq!(server.take_reply(), success(2));
}

/// "A log entry is committed once the leader that created the entry has replicated it on a majority
/// of the servers": on their disks, or a crash could undo it.
#[test]
fn an_acknowledgement_leaves_only_when_the_entries_are_on_disk() {
    let mut server = Server::of_three(disk(1, &[]));
    server.disk_is_slow = true;
    server.receive(2, 1, append((0, 0), &[1], 0));
    assert!(server.sent.is_empty());
    server.finish_write(Instant(0));
    assert_eq!(server.take_reply(), success(1));
}

/// A repeated request finds the entries in the log, but not yet on the disk.
#[test]
fn a_repeated_request_is_not_acknowledged_before_the_first_is_on_disk() {
    let mut server = Server::of_three(disk(1, &[]));
    server.disk_is_slow = true;
    for _ in 0..2 {
        server.receive(2, 1, append((0, 0), &[1], 0));
        server.receive(2, 1, append((1, 1), &[], 0));
    }
    assert_eq!(server.writes.len(), 1);
    assert!(server.sent.is_empty());
    server.finish_write(Instant(0));
    assert_eq!(server.take_reply(), success(1), "one answer to all four");
}

/// The term of a new leader waits for the disk, and the leader repeats a request that cannot fit.
#[test]
fn repeated_refusals_that_wait_for_the_disk_are_one() {
    let mut server = Server::of_three(disk(1, &[1]));
    server.disk_is_slow = true;
    for _ in 0..3 {
        server.receive(2, 2, append((4, 2), &[], 0));
    }
    server.receive(2, 2, append((3, 2), &[], 0));
    server.finish_write(Instant(0));
    let refusals: Vec<_> = server.sent.drain(..).map(|(_, message)| message.body).collect();
    assert_eq!(refusals, [failure(4, (1, 1)), failure(3, (1, 1))], "each question has its answer");
}

/// The completion of a write that was overtaken by a truncation proves nothing about the new
/// entries.
#[test]
fn entries_that_replace_others_are_durable_only_by_their_own_write() {
    let mut server = Server::of_three(disk(1, &[]));
    server.disk_is_slow = true;
    server.receive(2, 1, append((0, 0), &[1, 1, 1], 0));
    server.receive(3, 2, append((1, 1), &[2, 2], 3));
    assert_eq!(server.node.status().durable_index, LogIndex(0));
    server.finish_write(Instant(0));
    assert_eq!(server.node.status().durable_index, LogIndex(1));
    assert_eq!(server.applied, entries(&[1]), "of what is committed, what is on disk");
    server.finish_write(Instant(0));
    assert_eq!(server.node.status().durable_index, LogIndex(3));
    assert_eq!(server.applied, entries(&[1, 2, 2]));
    assert_eq!(server.disk.entries, entries(&[1, 2, 2]));
}

/// What a crash takes was never acknowledged.
#[test]
fn entries_that_a_crash_lost_were_not_acknowledged() {
    let mut server = Server::of_three(disk(1, &[]));
    server.receive(2, 1, append((0, 0), &[1], 0));
    assert_eq!(server.take_reply(), success(1));
    server.disk_is_slow = true;
    server.receive(2, 1, append((1, 1), &[1], 0));
    server.crash();
    server.restart(Instant(0));
    assert_eq!(server.log_terms(), [1]);
    server.receive(2, 1, append((2, 1), &[], 0));
    assert_eq!(server.take_reply(), failure(2, (1, 1)));
}

/// Figure 2, rule 5: "If leaderCommit > commitIndex, set commitIndex = min(leaderCommit, index of
/// last new entry)."
#[test]
fn the_commit_index_becomes_the_lesser_of_leader_commit_and_the_last_new_entry() {
    // The log, what comes before, the entries, leader_commit, and the commit index after.
    let cases: [(Terms, Place, Terms, u64, u64); 7] = [
        (&[1, 1, 1], (3, 1), &[], 2, 2),
        (&[1, 1, 1], (3, 1), &[1], 9, 4),
        // The log's tail was not compared with the leader's log and may be another's.
        (&[1, 1, 1], (1, 1), &[], 3, 1),
        (&[1, 1, 1], (0, 0), &[], 3, 0),
        (&[1, 1, 1], (0, 0), &[1, 1], 3, 2),
        (&[1, 1, 1], (1, 1), &[2], 3, 2),
        (&[], (0, 0), &[1, 2], u64::MAX, 2),
    ];
    for (log, prev, terms, leader_commit, expected) in cases {
        let mut server = Server::of_three(disk(3, log));
        server.receive(2, 3, append(prev, terms, leader_commit));
        assert_eq!(server.commit_index(), expected, "{log:?} {prev:?} {terms:?} {leader_commit}");
        assert_eq!(server.applied.len() as u64, expected);
    }
}

/// Figure 2: `commitIndex` "increases monotonically".
#[test]
fn a_followers_commit_index_never_goes_back() {
    let mut server = Server::of_three(disk(1, &[1, 1, 1]));
    server.receive(2, 1, append((3, 1), &[], 3));
    server.receive(2, 1, append((3, 1), &[], 1));
    server.receive(2, 1, append((0, 0), &[], 0));
    assert_eq!(server.commit_index(), 3);
    server.receive(3, 2, append((3, 1), &[], 0));
    assert_eq!(server.commit_index(), 3);
}

/// "Once a follower learns that a log entry is committed, it applies the entry to its local state
/// machine (in log order)": once, and only from its disk.
#[test]
fn a_follower_applies_committed_entries_in_order_once_they_are_on_disk() {
    let mut server = Server::of_three(disk(1, &[]));
    server.disk_is_slow = true;
    server.receive(2, 1, append((0, 0), &[1, 1], 1));
    server.receive(2, 1, append((2, 1), &[1], 3));
    assert_eq!(server.commit_index(), 3);
    assert!(server.applied.is_empty());
    server.finish_write(Instant(0));
    assert_eq!(server.applied, entries(&[1, 1]));
    server.finish_write(Instant(0));
    server.receive(2, 1, append((0, 0), &[1, 1, 1], 3));
    assert_eq!(server.applied, entries(&[1, 1, 1]));
}

/// Committed entries are in every later leader's log (§5.4.3). Who says otherwise is broken, and
/// must not be obeyed.
#[test]
fn entries_that_contradict_committed_ones_are_refused() {
    let mut server = Server::of_three(disk(1, &[1, 1, 1]));
    server.receive(2, 1, append((3, 1), &[], 2));
    server.sent.clear();
    server.receive(3, 2, append((1, 1), &[2], 3));
    assert_eq!(server.log_terms(), [1, 1, 1]);
    assert!(server.sent.is_empty());
    let reason =
        IgnoreReason::ConflictsWithCommitted { at: LogIndex(2), commit_index: LogIndex(2) };
    assert!(server.traces.iter().any(|trace| matches!(
        trace,
        Trace::Ignored(IgnoredMessage { reason: found, .. }) if *found == reason
    )));
}

/// Entries with a gap, terms that go down, or terms later than the leader's own make no sense.
#[test]
fn entries_that_make_no_sense_are_ignored() {
    let gap = vec![entry(1, 1), entry(3, 1)];
    let elsewhere = vec![entry(2, 1)];
    let decreasing = vec![entry(1, 2), entry(2, 1)];
    let too_late = vec![entry(1, 9)];
    let termless = vec![entry(1, 0)];
    for entries in [gap, elsewhere, decreasing, too_late, termless] {
        let mut server = Server::of_three(disk(3, &[]));
        let request = AppendEntries {
            prev_log_index: LogIndex(0),
            prev_log_term: Term(0),
            entries: entries.into(),
            leader_commit: LogIndex(0),
            round: HeartbeatRound(0),
        };
        server.receive(2, 4, Body::AppendEntries(request));
        assert!(server.log_terms().is_empty() && server.sent.is_empty());
        assert_eq!(server.node.current_term(), Term(3), "not even its term is believed");
    }
}
