//! §7: log compaction, and Figure 13, "InstallSnapshot RPC, receiver implementation".

use raft_core::{
    Bytes, Input, Instant, LogIndex, Membership, NodeId, Payload, Recovered, RoleKind,
    SnapshotRefusal, SnapshotTrace, Term, Trace,
};

use crate::builders::*;
use crate::server::Server;

fn applied_through(index: u64, terms: &[u64], threshold: u64) -> Server {
    let mut config = config(1, 3);
    config.settings.snapshot_threshold = threshold;
    let term = terms.last().copied().unwrap_or_default();
    let mut server = Server::start(config, disk(term, terms), Instant(0));
    server.receive(2, term, append((terms.len() as u64, term), &[], index));
    server.sent.clear();
    server
}

/// "Take a snapshot when the log reaches a fixed size."
#[test]
fn a_snapshot_is_asked_for_at_the_threshold_and_only_once() {
    let mut server = applied_through(3, &[1, 1, 1, 1, 1, 1], 4);
    assert!(server.snapshots_needed.is_empty());
    for committed in [4, 5, 6] {
        server.receive(2, 1, append((6, 1), &[], committed));
        assert_eq!(server.snapshots_needed, [LogIndex(4)], "until it is answered");
    }
    server.take_snapshot(Instant(0));
    assert_eq!(server.node.log().base(), at(6, 1));
    server.receive(2, 1, append((6, 1), &[1, 1, 1, 1], 10));
    assert_eq!(server.snapshots_needed, [LogIndex(4), LogIndex(10)]);
}

/// The driver still makes the one that was asked for.
#[test]
fn an_earlier_snapshot_is_no_answer() {
    let mut server = applied_through(4, &[1; 9], 4);
    assert_eq!(server.snapshots_needed, [LogIndex(4)]);
    let take = |server: &mut Server, through| {
        let (through, data) = (LogIndex(through), Bytes::from(b"state").into());
        server.handle(Instant(0), Input::SnapshotTaken { through, data });
    };
    take(&mut server, 3);
    server.receive(2, 1, append((9, 1), &[], 7));
    assert_eq!(server.snapshots_needed, [LogIndex(4)]);
    take(&mut server, 4);
    server.receive(2, 1, append((9, 1), &[], 8));
    assert_eq!(server.snapshots_needed, [LogIndex(4), LogIndex(8)]);
}

/// Dissertation §5.1.2: few entries may be many bytes. A snapshot that is larger than the setting
/// allows as many.
#[test]
fn a_snapshot_is_asked_for_when_the_entries_after_the_last_have_many_bytes() {
    let mut config = config(1, 3);
    // Each entry below counts 64 bytes and three of payload; those before the snapshot's end do
    // not count.
    (config.settings.snapshot_threshold_bytes, config.settings.trailing_entries) = (3 * 67, 100);
    let mut server = Server::start(config, disk(1, &[1; 9]), Instant(0));
    let asked_after = |server: &mut Server, committed| {
        server.receive(2, 1, append((9, 1), &[], committed));
        std::mem::take(&mut server.snapshots_needed)
    };
    assert_eq!(asked_after(&mut server, 2), []);
    assert_eq!(asked_after(&mut server, 3), [LogIndex(3)]);
    let take = |server: &mut Server, through, bytes| {
        let (through, data) = (LogIndex(through), Bytes::from(vec![0; bytes]).into());
        server.handle(Instant(0), Input::SnapshotTaken { through, data });
        std::mem::take(&mut server.snapshots_needed)
    };
    assert_eq!(take(&mut server, 3, 4 * 67), []);
    assert_eq!(asked_after(&mut server, 6), [], "201 bytes, and the snapshot has 268");
    assert_eq!(asked_after(&mut server, 7), [LogIndex(7)]);
    assert_eq!(take(&mut server, 7, 1), []);
    assert_eq!(asked_after(&mut server, 9), []);
    server.receive(2, 1, append((9, 1), &[1], 10));
    assert_eq!(server.snapshots_needed, [LogIndex(10)], "67 + 67 + 68 bytes");
}

/// A driver that fails is asked again after more entries or more bytes, whichever comes first.
#[test]
fn after_a_failure_many_bytes_are_enough_too() {
    let mut config = config(1, 3);
    config.settings.snapshot_threshold_bytes = 5 * 67 + 1;
    config.settings.snapshot_threshold = u64::MAX;
    let mut server = Server::start(config, disk(1, &[1; 9]), Instant(0));
    // Each of these entries counts 67 bytes.
    let asked_after = |server: &mut Server, committed| {
        server.receive(2, 1, append((9, 1), &[], committed));
        let asked = std::mem::take(&mut server.snapshots_needed);
        for through in &asked {
            server.handle(Instant(0), Input::SnapshotFailed { through: *through });
        }
        asked
    };
    let asked: Vec<_> = (1..=9).flat_map(|index| asked_after(&mut server, index)).collect();
    assert_eq!(asked, [6, 7, 9].map(LogIndex), "402 bytes, 42 more, 84 more");
}

/// A driver takes long to make a snapshot. Meanwhile so many entries are applied that the next one
/// is due, and no further entry may come for a long time.
#[test]
fn after_a_late_snapshot_the_next_one_is_asked_for_if_it_is_due() {
    let mut server = applied_through(4, &[1; 12], 4);
    let late = |server: &mut Server, through| {
        let through = LogIndex(through);
        let data = Bytes::from(Vec::new());
        server.handle(Instant(0), Input::SnapshotTaken { through, data: data.into() });
        std::mem::take(&mut server.snapshots_needed)
    };
    server.receive(2, 1, append((12, 1), &[], 7));
    assert_eq!(late(&mut server, 4), [LogIndex(4)], "three entries are not enough");
    for committed in [8, 12] {
        server.receive(2, 1, append((12, 1), &[], committed));
    }
    assert_eq!(server.snapshots_needed, [LogIndex(8)]);
    assert_eq!(late(&mut server, 8), [LogIndex(8), LogIndex(12)]);
    assert_eq!(late(&mut server, 12), []);
}

/// The driver still made a snapshot when the leader's was installed. Its report changes nothing,
/// the next snapshot is asked for once.
#[test]
fn a_snapshot_that_a_leaders_overtook_is_of_no_use() {
    for fails in [false, true] {
        let mut server = applied_through(4, &[1; 4], 4);
        assert_eq!(std::mem::take(&mut server.snapshots_needed), [LogIndex(4)]);
        server.receive(2, 1, install(&snapshot(10, 1, 3, "state"), 0, 5));
        server.receive(2, 1, append((10, 1), &[1; 8], 14));
        assert_eq!(std::mem::take(&mut server.snapshots_needed), [LogIndex(14)]);
        let through = LogIndex(4);
        let data = Bytes::from(Vec::new()).into();
        server.handle(
            Instant(0),
            match fails {
                true => Input::SnapshotFailed { through },
                false => Input::SnapshotTaken { through, data },
            },
        );
        server.receive(2, 1, append((18, 1), &[], 18));
        assert_eq!(server.snapshots_needed, [], "the driver makes that of entry 14 still");
        let position = |server: &Server| server.node.snapshot().unwrap().last_included_index;
        assert_eq!(position(&server), LogIndex(10));
        let through = LogIndex(14);
        let data = Bytes::from(Vec::new()).into();
        server.handle(Instant(0), Input::SnapshotTaken { through, data });
        assert_eq!(
            (position(&server), &server.snapshots_needed[..]),
            (through, &[LogIndex(18)][..])
        );
    }
}

/// A driver that cannot make a snapshot says so. It is asked again after an eighth of the
/// threshold, then after twice as many entries, and at most the threshold.
#[test]
fn after_a_failure_the_driver_is_asked_again_later_and_later() {
    let mut server = applied_through(1, &[1; 200], 16);
    let fail = |server: &mut Server, through| {
        let through = LogIndex(through);
        server.handle(Instant(0), Input::SnapshotFailed { through });
        server.traces.last().cloned()
    };
    let mut asked = Vec::new();
    for committed in 2..=100 {
        server.receive(2, 1, append((200, 1), &[], committed));
        if let Some(through) = server.snapshots_needed.pop() {
            asked.push(through.0);
            fail(&mut server, through.0);
        }
    }
    assert_eq!(asked, [16, 18, 22, 30, 46, 62, 78, 94]);
    // The log is whole; a failure that nobody waits for changes nothing.
    assert_eq!(server.node.log().base().index, LogIndex(0));
    let (through, reason) = (LogIndex(94), SnapshotRefusal::NotRequested);
    let refused = Trace::Snapshot(SnapshotTrace::Ignored { through, reason });
    assert_eq!(fail(&mut server, 94), Some(refused));
    // After a success the first failure waits for an eighth again.
    server.take_snapshot(Instant(0));
    asked.clear();
    for committed in 101..=120 {
        server.receive(2, 1, append((200, 1), &[], committed));
        if let Some(through) = server.snapshots_needed.pop() {
            asked.push(through.0);
            fail(&mut server, through.0);
        }
    }
    assert_eq!(asked, [116, 118]);
}

/// A report that is of no use does not show that the driver makes snapshots again.
#[test]
fn after_a_failure_a_refused_snapshot_does_not_ask_earlier() {
    // It is of entry 0, which is not newer, or of one that is not applied.
    for refused in [0, 60] {
        let mut server = applied_through(1, &[1; 60], 16);
        let mut asked = Vec::new();
        for committed in 2..60 {
            server.receive(2, 1, append((60, 1), &[], committed));
            if let Some(through) = server.snapshots_needed.pop() {
                asked.push(through.0);
                server.handle(Instant(0), Input::SnapshotFailed { through });
                let (through, data) = (LogIndex(refused), Bytes::from(b"x").into());
                server.handle(Instant(0), Input::SnapshotTaken { through, data });
            }
        }
        assert_eq!(asked, [16, 18, 22, 30, 46], "of entry {refused}");
    }
}

/// A request that is not answered is not repeated, and neither is one whose snapshot failed before
/// the entries are applied.
#[test]
fn a_failure_does_not_ask_again_at_once() {
    let mut server = applied_through(4, &[1; 9], 4);
    assert_eq!(server.snapshots_needed, [LogIndex(4)]);
    server.handle(Instant(0), Input::SnapshotFailed { through: LogIndex(4) });
    server.receive(2, 1, append((9, 1), &[], 4));
    assert_eq!(server.snapshots_needed, [LogIndex(4)]);
    server.receive(2, 1, append((9, 1), &[], 5));
    assert_eq!(server.snapshots_needed, [LogIndex(4), LogIndex(5)]);
}

/// "Once a server completes writing a snapshot, it may delete all log entries up through the last
/// included index, as well as any prior snapshot." What lies behind stays.
#[test]
fn a_snapshot_replaces_the_log_up_to_its_last_included_index() {
    let mut server = applied_through(3, &[1, 1, 2, 2, 2], 100);
    server.take_snapshot(Instant(0));
    assert_eq!(server.node.log().base(), at(3, 2));
    assert_eq!(server.log_terms(), [2, 2]);
    assert_eq!(server.disk.entries, entries_after(3, &[2, 2]));
    let stored = server.disk.snapshot.as_ref().expect("it is on disk");
    assert_eq!((stored.position(), &stored.data), (at(3, 2), &Bytes::from(b"1@1,2@1,3@2").into()));
    assert_eq!(stored.membership, membership(3));
}

/// "Raft also includes … the last included index and last included term … to support the
/// AppendEntries consistency check for the first log entry following the snapshot."
#[test]
fn the_consistency_check_works_at_the_end_of_a_snapshot() {
    let compacted = || {
        let mut server = applied_through(3, &[1, 1, 2], 100);
        server.take_snapshot(Instant(0));
        server
    };
    let mut server = compacted();
    server.receive(2, 2, append((3, 2), &[2], 0));
    assert_eq!(server.take_reply(), success(4));
    // The wrong term at the snapshot's end, and a gap behind it.
    let mut server = compacted();
    server.receive(3, 3, append((3, 1), &[3], 0));
    assert_eq!(server.take_reply(), failure(3, (3, 2)));
    server.receive(3, 3, append((4, 2), &[3], 0));
    assert_eq!(server.take_reply(), failure(4, (3, 2)));
    assert!(server.log_terms().is_empty());
}

/// A late request that reaches back into the snapshot is fine: what is there is committed.
#[test]
fn a_request_that_reaches_into_the_snapshot_is_accepted() {
    let mut server = applied_through(3, &[1, 1, 2], 100);
    server.take_snapshot(Instant(0));
    server.receive(2, 2, append((1, 1), &[1], 0));
    assert_eq!(server.take_reply(), success(2));
    server.receive(2, 2, append((1, 1), &[1, 2, 2], 4));
    assert_eq!(server.take_reply(), success(4));
    assert_eq!(server.log_terms(), [2]);
    assert_eq!(server.state, "1@1,2@1,3@2,4@2");
}

/// Snapshots cover "just committed entries", which were applied.
#[test]
fn a_snapshot_of_what_was_not_applied_or_of_less_than_before_is_refused() {
    let mut server = applied_through(3, &[1, 1, 1, 1], 100);
    let mut offer = |through: u64| {
        let data = Bytes::from(b"x");
        server.handle(
            Instant(0),
            Input::SnapshotTaken { through: LogIndex(through), data: data.into() },
        );
        (server.node.log().base().index.0, server.traces.last().cloned())
    };
    let refused = |through: u64, reason| {
        Some(Trace::Snapshot(SnapshotTrace::Ignored { through: LogIndex(through), reason }))
    };
    let last_applied = LogIndex(3);
    for through in [4, 5, u64::MAX] {
        let reason = SnapshotRefusal::NotApplied { last_applied };
        assert_eq!(offer(through), (0, refused(through, reason)));
    }
    assert_eq!(offer(2).0, 2);
    for through in [0, 1, 2] {
        let reason = SnapshotRefusal::NotNewer { current: LogIndex(2) };
        assert_eq!(offer(through), (2, refused(through, reason)));
    }
}

/// No follower would accept it, so the log is kept, and the driver is asked again later.
#[test]
fn a_snapshot_that_no_follower_accepts_is_not_used() {
    let mut config = config(1, 3);
    (config.settings.snapshot_threshold, config.settings.max_snapshot_bytes) = (16, 3);
    let mut server = Server::start(config, disk(1, &[1; 40]), Instant(0));
    let mut offer = |committed, data: &[u8]| {
        server.receive(2, 1, append((40, 1), &[], committed));
        let through = server.snapshots_needed.pop()?;
        let data = Bytes::from(data);
        server.handle(Instant(0), Input::SnapshotTaken { through, data: data.into() });
        Some((through.0, server.node.log().base().index.0))
    };
    assert_eq!(offer(16, b"1234"), Some((16, 0)), "the log is whole");
    assert_eq!(offer(17, b"1234"), None, "that would be the same again");
    assert_eq!(offer(18, b"123"), Some((18, 18)));
}

/// Restarting from a snapshot is to restore it, and then to apply what follows.
#[test]
fn a_restart_restores_the_snapshot_before_it_applies_anything() {
    let mut server = applied_through(3, &[1, 1, 1, 1, 1], 100);
    server.take_snapshot(Instant(0));
    server.crash();
    server.restart(Instant(0));
    assert_eq!(server.restored.len(), 1);
    assert_eq!(server.commit_index(), 3, "what a snapshot covers is committed");
    assert_eq!(server.state, "1@1,2@1,3@1");
    server.receive(2, 1, append((5, 1), &[], 5));
    assert_eq!(server.state, "1@1,2@1,3@1,4@1,5@1");
    assert_eq!(server.applied, entries_after(3, &[1, 1]));
}

/// "Usually the snapshot will contain new information not already in the recipient's log. In this
/// case, the follower discards its entire log; it is all superseded by the snapshot and may
/// possibly have uncommitted entries that conflict with the snapshot." Figure 13, rule 7.
#[test]
fn a_snapshot_with_new_information_replaces_the_whole_log() {
    for log in [&[][..], &[1, 1], &[1, 1, 1, 1, 1, 1, 1], &[1, 1, 2, 2, 2, 2]] {
        let mut server = Server::of_three(disk(3, log));
        server.receive(2, 3, install(&snapshot(5, 3, 3, "state"), 0, 5));
        assert_eq!(server.take_reply(), installed(5));
        assert!(server.log_terms().is_empty() && server.disk.entries.is_empty(), "{log:?}");
        assert_eq!(server.node.log().base(), at(5, 3));
        assert_eq!((server.commit_index(), server.node.last_applied()), (5, LogIndex(5)));
        assert_eq!(server.state, "state");
    }
}

/// "If instead the follower receives a snapshot that describes a prefix of its log …, then log
/// entries covered by the snapshot are deleted but entries following the snapshot are still valid
/// and must be retained." Figure 13, rule 6.
#[test]
fn entries_following_a_snapshot_of_a_prefix_are_kept() {
    let mut server = Server::of_three(disk(3, &[1, 2, 2, 3, 3]));
    server.receive(2, 3, install(&snapshot(3, 2, 3, "state"), 0, 5));
    assert_eq!(server.take_reply(), installed(3));
    assert_eq!(server.log_terms(), [3, 3]);
    assert_eq!(server.disk.entries, entries_after(3, &[3, 3]));
    server.receive(2, 3, append((5, 3), &[], 5));
    assert_eq!(server.state, "state,4@3,5@3");
}

/// An older snapshot, late or repeated, must not undo what was applied since.
#[test]
fn an_older_snapshot_is_ignored() {
    let log: &[u64] = &[1, 1, 1, 1, 1];
    for index in 1..=4 {
        let mut server = applied_through(4, log, 100);
        server.receive(2, 1, install(&snapshot(index, 1, 3, "old"), 0, 3));
        assert_eq!(server.take_reply(), installed(index), "so that the leader goes on");
        assert_eq!(server.log_terms(), log);
        assert_eq!(server.state, "1@1,2@1,3@1,4@1");
        assert!(server.restored.is_empty() && server.disk.snapshot.is_none());
        assert_eq!((server.commit_index(), server.node.last_applied()), (4, LogIndex(4)));
    }
}

/// The same, with a snapshot of its own in place.
#[test]
fn a_snapshot_older_than_the_own_one_is_ignored() {
    let mut server = applied_through(4, &[1, 1, 1, 1], 100);
    server.take_snapshot(Instant(0));
    server.receive(2, 1, install(&snapshot(2, 1, 3, "old"), 0, 3));
    assert_eq!(server.node.log().base(), at(4, 1));
    assert_eq!(server.disk.snapshot.as_ref().map(|s| s.last_included_index), Some(LogIndex(4)));
}

/// Another leader may encode the state in other bytes, so the pieces are of no use: those from the
/// start, and those after a gap.
#[test]
fn the_pieces_of_a_deposed_leaders_snapshot_are_discarded() {
    let mut server = Server::of_three(disk(1, &[]));
    let state = snapshot(3, 1, 3, "state");
    server.receive(2, 1, install(&state, 0, 2));
    server.receive(2, 1, install(&state, 3, 4));
    assert_eq!(server.node.memory_usage().incoming_snapshot_bytes, 3);
    server.receive(3, 2, append((0, 0), &[], 0));
    assert_eq!(server.node.memory_usage().incoming_snapshot_bytes, 0);
    let discarded = SnapshotTrace::Abandoned { last_included: at(3, 1), received: 3 };
    assert!(server.traces.contains(&Trace::Snapshot(discarded)));
}

/// Figure 13, rule 1: "Reply immediately if term < currentTerm."
#[test]
fn a_snapshot_of_a_deposed_leader_is_refused() {
    let mut server = Server::of_three(disk(4, &[1]));
    let state = snapshot(9, 3, 3, "state");
    for (offset, end) in [(0, 2), (2, 5), (0, 5)] {
        server.receive(2, 3, install(&state, offset, end));
        assert_eq!(server.take_sent(), [(2, message(4, resume_in(0, 9, 0, None)))]);
    }
    assert_eq!(server.log_terms(), [1]);
    assert!(server.restored.is_empty());
    assert_eq!(server.node.leader(), None);
}

/// An install is acknowledged, and the state machine replaced, when the snapshot is on disk.
#[test]
fn a_snapshot_takes_effect_only_when_it_is_on_disk() {
    let mut server = Server::of_three(disk(3, &[1]));
    server.disk_is_slow = true;
    server.receive(2, 3, install(&snapshot(5, 3, 3, "state"), 0, 5));
    server.receive(2, 3, append((5, 3), &[3], 6));
    assert!(server.sent.is_empty() && server.restored.is_empty());
    server.finish_write(Instant(0));
    assert_eq!(server.take_reply(), installed(5));
    assert_eq!(server.state, "state");
    server.finish_write(Instant(0));
    assert_eq!(server.take_reply(), success(6));
    assert_eq!(server.state, "state,6@3", "restored first, then applied");
}

/// A suffix that was kept is on disk already, but must not be applied before the snapshot is.
#[test]
fn nothing_is_applied_before_the_snapshot_under_it_is_restored() {
    let mut server = Server::of_three(disk(3, &[1, 2, 3, 3]));
    server.disk_is_slow = true;
    server.receive(2, 3, install(&snapshot(2, 2, 3, "state"), 0, 5));
    server.receive(2, 3, append((4, 3), &[], 4));
    assert!(server.applied.is_empty() && server.restored.is_empty());
    server.finish_write(Instant(0));
    assert_eq!(server.state, "state,3@3,4@3");
    assert_eq!(server.applied, entries_after(2, &[3, 3]));
}

/// A crash before the snapshot is on disk leaves the old state.
#[test]
fn a_snapshot_that_a_crash_lost_was_not_acknowledged() {
    let mut server = Server::of_three(disk(3, &[1, 1]));
    server.disk_is_slow = true;
    server.receive(2, 3, install(&snapshot(5, 3, 3, "state"), 0, 5));
    server.crash();
    assert!(server.sent.is_empty());
    server.restart(Instant(0));
    assert_eq!(server.log_terms(), [1, 1]);
    assert_eq!(server.commit_index(), 0);
}

/// A snapshot comes from a leader, and keeps the follower from campaigning.
#[test]
fn a_piece_of_a_snapshot_is_a_sign_of_life_of_the_leader() {
    let mut server = Server::of_three(disk(3, &[]));
    let now = Instant(100_000);
    server.receive_at(now, 2, 3, install(&snapshot(5, 3, 3, "state"), 0, 2));
    assert_eq!(server.node.leader(), Some(NodeId(2)));
    assert!(server.node.deadline() >= now + core::time::Duration::from_millis(150));
}

/// An empty state machine has an empty snapshot.
#[test]
fn an_empty_snapshot_is_installed() {
    let mut server = Server::of_three(disk(3, &[]));
    server.receive(2, 3, install(&snapshot(5, 3, 3, ""), 0, 0));
    assert_eq!(server.take_reply(), installed(5));
    assert_eq!(server.restored.len(), 1);
}

/// The membership in a snapshot becomes the server's own: one that makes no sense would leave it
/// without peers for ever.
#[test]
fn a_snapshot_with_an_impossible_membership_is_ignored() {
    let empty = Membership::new([]);
    let too_many = membership(10);
    let with_zero = Membership::new([NodeId(0), NodeId(1)]);
    for membership in [empty, too_many, with_zero] {
        let state = raft_core::Snapshot { membership, ..snapshot(5, 3, 3, "state") };
        let mut server = Server::of_three(disk(3, &[1]));
        server.receive(2, 3, install(&state, 0, 5));
        assert!(server.sent.is_empty() && server.restored.is_empty());
        assert_eq!(server.node.status().membership, crate::builders::membership(3));
    }
}

/// The membership of an installed snapshot decides who counts.
#[test]
fn the_membership_of_an_installed_snapshot_is_used() {
    let mut server = Server::of_three(Recovered::default());
    server.receive(2, 3, install(&snapshot(5, 3, 5, "state"), 0, 5));
    server.sent.clear();
    server.campaign();
    let asked: Vec<u64> = server.take_sent().iter().map(|(to, _)| *to).collect();
    assert_eq!(asked, [2, 3, 4, 5]);
    server.receive(2, 4, vote(true));
    assert_eq!(server.node.role(), RoleKind::Candidate, "two of five");
    assert_eq!(server.node.current_term(), Term(4));
    server.crash();
    server.restart(Instant(0));
    assert_eq!(server.node.status().membership, membership(5));
}

/// The log has another membership at the end of the snapshot, in an entry of another term.
#[test]
fn a_membership_that_contradicts_an_installed_snapshot_is_not_in_force() {
    let mut stored = disk(1, &[1, 1, 1]);
    stored.entries[2].payload = Payload::Membership(membership(2));
    let mut server = Server::of_three(stored);
    assert_eq!(*server.node.membership(), membership(2));
    server.receive(2, 2, install(&snapshot(3, 2, 3, "state"), 0, 5));
    assert_eq!((server.node.membership(), server.state.as_str()), (&membership(3), "state"));
}

/// A snapshot that waits for a slow disk while a newer one arrives is never restored: only the
/// newer is.
#[test]
fn of_two_snapshots_that_wait_for_the_disk_only_the_newer_is_restored() {
    let mut server = Server::of_three(disk(3, &[]));
    server.disk_is_slow = true;
    let (older, newer) = (snapshot(5, 3, 3, "older"), snapshot(8, 3, 3, "newer"));
    server.receive(2, 3, install(&older, 0, 5));
    server.receive(2, 3, install(&newer, 0, 5));
    assert_eq!(server.node.memory_usage().withheld, 3, "two answers and one snapshot");
    server.finish_writes(Instant(0));
    assert_eq!(server.restored.len(), 1);
    assert_eq!((server.state.as_str(), server.node.last_applied()), ("newer", LogIndex(8)));
}
