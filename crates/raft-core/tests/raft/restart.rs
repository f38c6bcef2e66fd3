//! What a server starts from: its members, its commit index, a state machine on disk.

use raft_core::{
    ConfigError, Input, Instant, LogIndex, Membership, MembershipChange, Node, NodeId, Payload,
    Recovered, RestartError, RoleKind,
};

use crate::builders::*;
use crate::cluster::Cluster;
use crate::server::Server;

fn list(ids: &[u64]) -> Membership {
    Membership::new(ids.iter().copied().map(NodeId))
}

/// Starts server 1 of three with this list in its configuration.
fn start_with(members: Membership, disk: &Recovered) -> Result<Node, RestartError> {
    let mut config = config(1, 3);
    config.membership = members;
    Node::new(config, disk.clone(), Instant(0))
}

/// A disk that server 1 of three has written to.
fn used() -> Recovered {
    let mut server = Server::of_three(Recovered::default());
    server.lead();
    server.disk
}

/// The members of the first start are on disk before anything that this server promises: they are
/// in the first write.
#[test]
fn the_first_write_carries_the_members_of_the_first_start() {
    let mut server = Server::of_three(Recovered::default());
    server.disk_is_slow = true;
    assert!(server.writes.is_empty(), "there is nothing to store before the first term");
    server.handle(Instant(0), Input::ForceElection);
    server.receive(2, 2, vote(false));
    let carried: Vec<_> = server.writes.iter().map(|write| write.bootstrap.as_deref()).collect();
    assert_eq!(carried, [Some(&membership(3)), None], "once");
    assert!(server.sent.is_empty(), "it has promised nothing yet");
    server.finish_writes(Instant(0));
    assert_eq!(server.disk.bootstrap, Some(membership(3)));
    server.restart(Instant(0));
    server.disk_is_slow = true;
    server.handle(Instant(0), Input::ForceElection);
    assert_eq!(server.writes[0].bootstrap, None, "never again");
}

/// A list that an operator edited would be a cluster of its own.
#[test]
fn another_list_is_refused() {
    let used = used();
    for edited in [list(&[1]), list(&[1, 2]), list(&[1, 2, 3, 4]), list(&[4, 5, 6])] {
        let refused = start_with(edited.clone(), &used).expect_err("the disk says otherwise");
        let stored = membership(3);
        assert_eq!(refused, RestartError::OtherBootstrap { configured: edited, stored });
    }
    assert_eq!(
        start_with(list(&[1]), &used).map(drop).map_err(|error| error.to_string()),
        Err("the configuration lists the members 1, but this server first started with the \
             members 1 2 3, as its disk says. Put that list back, or leave the list empty: a \
             change of the membership at the leader adds and removes members, this list does not"
            .to_owned())
    );
}

/// The list of the first start, in any order, and no list.
#[test]
fn the_same_list_and_no_list_are_accepted() {
    for configured in [list(&[3, 1, 2]), Membership::empty()] {
        let node = start_with(configured, &used()).expect("it contradicts nothing");
        assert_eq!(node.membership(), &membership(3));
    }
}

/// Operators restart with the file that they have: the list stays right whatever the membership
/// becomes, in the log and in a snapshot.
#[test]
fn the_old_list_stays_right_after_changes() {
    let mut cluster = Cluster::full(3);
    cluster.elect(1);
    cluster.change(1, MembershipChange::Remove(NodeId(3)));
    cluster.settle();
    let now = cluster.now;
    for has_snapshot in [false, true] {
        if has_snapshot {
            cluster.server_mut(1).take_snapshot(now);
        }
        let disk = &cluster.server(1).disk;
        assert_eq!(disk.snapshot.is_some(), has_snapshot);
        let node = start_with(membership(3), disk).expect("it is the list of the first start");
        assert_eq!(node.membership(), &list(&[1, 2]));
        let refused = start_with(list(&[1, 2]), disk);
        assert!(matches!(refused, Err(RestartError::OtherBootstrap { .. })), "{refused:?}");
    }
}

/// A server that joins a cluster starts without a list, and keeps none.
#[test]
fn a_server_that_joined_has_no_list() {
    let mut cluster = Cluster::joining(3, 1, |_| {});
    cluster.elect(1);
    cluster.change(1, MembershipChange::AddLearner(NodeId(4)));
    cluster.settle();
    let disk = &cluster.server(4).disk;
    assert_eq!(disk.bootstrap, Some(Membership::empty()));
    let start = |members: &[u64]| {
        let mut config = full_config(4, 3);
        config.membership = list(members);
        Node::new(config, disk.clone(), Instant(0))
    };
    let joined = membership(3).with_learners([NodeId(4)]);
    assert_eq!(start(&[]).map(|node| node.membership().clone()), Ok(joined));
    let words = start(&[4]).map(drop).map_err(|error| error.to_string());
    assert!(
        words.as_ref().is_err_and(|words| {
            words.contains("lists the members 4, but this server first started without members")
        }),
        "{words:?}"
    );
}

/// A disk from before the members were stored: the configuration counts once more, and then never
/// again.
#[test]
fn an_older_disk_takes_its_members_from_the_configuration() {
    let older = Recovered { bootstrap: None, ..used() };
    let mut server = Server::start(config(1, 3), older, Instant(0));
    assert_eq!(server.node.membership(), &membership(3));
    server.handle(Instant(0), Input::ForceElection);
    assert_eq!(server.disk.bootstrap, Some(membership(3)));
    assert!(start_with(list(&[1]), &server.disk).is_err());
}

/// If the power fails before the first write is done, the next start is the first.
#[test]
fn an_empty_disk_is_a_first_start_whatever_was_configured_before() {
    let mut server = Server::start(config(1, 3), Recovered::default(), Instant(0));
    server.disk_is_slow = true;
    server.handle(Instant(0), Input::ForceElection);
    server.crash();
    assert_eq!(server.disk, Recovered::default());
    let mut alone = config(1, 1);
    alone.membership = list(&[1]);
    let mut server = Server::start(alone, server.disk, Instant(0));
    server.campaign();
    assert_eq!(server.node.role(), RoleKind::Leader);
}

#[test]
fn stored_members_that_make_no_sense_are_refused() {
    let bootstrap = Some(membership(10));
    let refused = start_with(membership(3), &Recovered { bootstrap, ..disk(1, &[]) });
    assert_eq!(refused.err(), Some(RestartError::Config(ConfigError::VoterCount(10))));
}

/// Server 1 of three leads, and has committed the entries of its log up to `commit_index`.
fn with_commits(commit_index: u64) -> Server {
    let mut server = Server::of_three(Recovered::default());
    server.lead();
    for index in 1..=commit_index {
        server.receive(2, 1, success(index));
        server.propose(index, &index.to_string());
    }
    server
}

/// A start needs no leader to know what was committed before: reads of its state machine do not go
/// back in time, but for the entries that were committed after its last write.
#[test]
fn a_restart_keeps_the_commit_index_of_the_last_write() {
    let mut server = with_commits(3);
    assert_eq!((server.commit_index(), server.disk.commit_index), (3, LogIndex(3)));
    let shown = server.state.clone();
    server.crash();
    server.restart(Instant(0));
    assert_eq!((server.commit_index(), server.node.last_applied()), (3, LogIndex(3)));
    assert_eq!(server.state, shown, "at once, without a leader");
    // Entry 4 is not known to be committed.
    assert_eq!(server.node.log().last(), at(4, 1));
}

/// The commit index on disk is never beyond the log on the same disk, at whatever write the power
/// fails.
#[test]
fn the_stored_commit_index_is_never_beyond_the_stored_log() {
    let mut server = Server::of_three(Recovered::default());
    server.disk_is_slow = true;
    server.receive(2, 1, append((0, 0), &[1, 1], 2));
    server.receive(2, 1, append((2, 1), &[1], 3));
    // Committed is what was compared with the leader's log, not all that the leader has.
    server.receive(2, 1, append((3, 1), &[1], 9));
    let last = |disk: &Recovered| disk.entries.last().map_or(LogIndex(0), |entry| entry.index);
    let mut seen = Vec::new();
    while server.finish_write(Instant(0)) {
        assert!(server.disk.commit_index <= last(&server.disk), "{:?}", server.disk);
        Node::new(config(1, 3), server.disk.clone(), Instant(0)).expect("the disk is sound");
        seen.push(server.disk.commit_index.0);
    }
    assert_eq!(seen, [2, 3, 4]);
}

/// A removed server hears from nobody that it is removed. It knows that, and stays silent, also
/// after a restart.
#[test]
fn a_removed_server_that_restarts_stays_silent() {
    let mut cluster = Cluster::full(3);
    cluster.elect(1);
    cluster.change(1, MembershipChange::Remove(NodeId(1)));
    cluster.settle();
    assert_eq!(cluster.node(1).role(), RoleKind::Follower, "its removal is committed");
    cluster.crash(1);
    cluster.restart(1);
    for _ in 0..20 {
        cluster.time_out(1);
        assert!(cluster.server(1).sent.is_empty(), "{:?}", cluster.server(1).sent);
        assert_eq!(cluster.node(1).role(), RoleKind::Follower);
    }
}

/// The commit index goes to disk with other writes. Only a server that learns that it is removed
/// asks for one because of it.
#[test]
fn a_commit_is_no_reason_for_a_write() {
    // The last voters in the log, and how many writes the commits up to each entry ask for.
    for (voters, writes) in [(&[1, 2, 3, 4][..], [0, 0, 0, 0]), (&[2, 3], [0, 0, 1, 0])] {
        let mut stored = disk(1, &[1, 1, 1, 1]);
        stored.entries[2].payload = Payload::Membership(list(voters));
        let mut server = Server::of_three(stored);
        server.disk_is_slow = true;
        let asked = [1, 2, 3, 4].map(|committed| {
            server.receive(2, 1, append((4, 1), &[], committed));
            std::mem::take(&mut server.writes).len()
        });
        assert_eq!((asked, server.commit_index()), (writes, 4), "{voters:?}");
    }
}

#[test]
fn a_log_that_lost_committed_entries_is_refused() {
    let disk = Recovered { commit_index: LogIndex(3), ..disk(1, &[1, 1]) };
    let error = start_with(membership(3), &disk).expect_err("entry 3 was committed");
    let (commit_index, last_log) = (LogIndex(3), at(2, 1));
    assert_eq!(error, RestartError::CommitBeyondLog { commit_index, last_log });
    assert_eq!(
        error.to_string(),
        "the stored log is damaged: entries up to 3 were committed, but it ends at 2@1"
    );
}

/// A commit index that the snapshot implies is not said twice.
#[test]
fn the_trace_of_a_start_says_what_was_on_disk() {
    let stored = Recovered { commit_index: LogIndex(2), ..disk(1, &[1, 1, 1]) };
    let with_snapshot = Recovered { snapshot: Some(snapshot(4, 1, 3, "four")), ..disk(1, &[]) };
    for (disk, words) in [
        (Recovered::default(), "starts in term 0, with an empty log"),
        (stored, "starts in term 1, its log ending at 3@1, committed up to 2"),
        (with_snapshot, "starts in term 1, with a snapshot through 4@1, its log ending at 4@1"),
    ] {
        assert_eq!(Server::of_three(disk).traces[0].to_string(), words);
    }
}

/// Numbers up to half of what 64 bits hold are possible, so adding one never overflows.
#[test]
fn a_disk_with_an_absurdly_large_number_is_refused() {
    let largest = u64::MAX / 2;
    for (term, index, is_sound) in [
        (largest, 1, true),
        (largest + 1, 1, false),
        (largest, largest, true),
        (largest, largest + 1, false),
    ] {
        let snapshot = Some(snapshot(index, 1, 3, "state"));
        let started = start_with(membership(3), &Recovered { snapshot, ..disk(term, &[]) });
        let expected = if is_sound { None } else { Some(RestartError::NumberTooLarge) };
        assert_eq!(started.err(), expected, "term {term}, index {index}");
    }
}

/// However long the log is: a driver that restarts has other things to do first.
#[test]
fn a_start_asks_for_no_snapshot_and_the_next_entry_does() {
    let stored = Recovered { commit_index: LogIndex(4), ..disk(1, &[1, 1, 1, 1]) };
    let mut config = config(1, 3);
    config.settings.snapshot_threshold = 2;
    let mut server = Server::start(config, stored, Instant(0));
    assert_eq!((server.node.last_applied(), &server.snapshots_needed[..]), (LogIndex(4), &[][..]));
    server.receive(2, 1, append((4, 1), &[1], 5));
    assert_eq!(server.snapshots_needed, [LogIndex(5)]);
}

/// Nor does one whose entries have many bytes, if its state machine has applied them.
#[test]
fn a_start_with_nothing_to_apply_asks_for_no_snapshot() {
    let (commit_index, applied) = (LogIndex(4), LogIndex(4));
    let stored = Recovered { commit_index, applied, ..disk(1, &[1, 1, 1, 1]) };
    let mut config = config(1, 3);
    config.settings.snapshot_threshold_bytes = 2 * 67;
    let mut server = Server::start(config, stored, Instant(0));
    assert_eq!(server.snapshots_needed, []);
    server.receive(2, 1, append((4, 1), &[1], 5));
    assert_eq!(server.snapshots_needed, [LogIndex(5)]);
}

/// A state machine that is on disk has some entries already: it gets the others, once.
#[test]
fn entries_that_are_applied_are_not_applied_again() {
    let stored = Recovered { commit_index: LogIndex(3), ..disk(1, &[1, 1, 1, 1]) };
    for (applied, commit_index, handed_over) in
        [(0, 3, vec![1, 2, 3]), (2, 3, vec![3]), (3, 3, vec![]), (4, 4, vec![])]
    {
        let disk = Recovered { applied: LogIndex(applied), ..stored.clone() };
        let mut server = Server::of_three(disk);
        let indexes = |server: &Server| -> Vec<u64> {
            server.applied.iter().map(|entry| entry.index.0).collect()
        };
        assert_eq!(indexes(&server), handed_over, "applied up to {applied}");
        assert_eq!(server.commit_index(), commit_index);
        // It goes on with the next entry.
        server.receive(2, 1, append((4, 1), &[1], 5));
        assert_eq!(indexes(&server).last(), Some(&5));
        assert_eq!(indexes(&server).len(), (5 - applied.min(5)) as usize);
    }
}

/// The snapshot is restored only into a state machine that is older.
#[test]
fn a_snapshot_is_restored_into_an_older_state_machine_only() {
    let stored = Recovered {
        snapshot: Some(snapshot(5, 1, 3, "five")),
        entries: entries_after(5, &[1, 1]),
        commit_index: LogIndex(6),
        ..disk(1, &[])
    };
    for (applied, restores, last_applied) in
        [(0, true, 6), (4, true, 6), (5, false, 6), (6, false, 6), (7, false, 7)]
    {
        let disk = Recovered { applied: LogIndex(applied), ..stored.clone() };
        let server = Server::of_three(disk);
        assert_eq!(!server.restored.is_empty(), restores, "applied up to {applied}");
        assert_eq!(server.node.last_applied(), LogIndex(last_applied));
    }
}

#[test]
fn a_state_machine_ahead_of_the_log_is_refused() {
    let disk = Recovered { applied: LogIndex(3), ..disk(1, &[1, 1]) };
    let error = start_with(membership(3), &disk).expect_err("the log lacks entry 3");
    let (applied, last_log) = (LogIndex(3), at(2, 1));
    assert_eq!(error, RestartError::AppliedBeyondLog { applied, last_log });
    assert_eq!(
        error.to_string(),
        "the state machine has applied entries up to 3, but the stored log ends at 2@1: the log \
         lost entries, or belongs to another server"
    );
}

#[test]
fn an_absurd_start_of_the_log_is_damage() {
    let recovered = Recovered {
        log_start: Some(at(u64::MAX, 0)),
        hard_state: raft_core::HardState { current_term: raft_core::Term(1), voted_for: None },
        entries: vec![entry(1, 1)],
        ..Recovered::default()
    };
    assert!(Node::new(full_config(1, 3), recovered, Instant(0)).is_err());
}
