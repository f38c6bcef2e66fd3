//! Rules of replication (§5.3): what followers store and acknowledge, and how leaders send.

use raft_core::{Body, Bugs, Entries, LogIndex, Outcome, Term};

use crate::builders::disk;
use crate::cluster::Cluster;
use crate::moves::{empty, logs, start};

/// Server 2 acknowledges an entry that its slow disk does not hold.
pub(crate) fn acknowledged_log_is_lost(bugs: Bugs) {
    let mut cluster = empty(bugs, 3);
    cluster.let_promises_be_broken();
    cluster.elect(1);
    cluster.isolate(3);
    cluster.server_mut(2).disk_is_slow = true;
    cluster.propose(1, "a");
    cluster.settle();
}

/// The request with "a" arrives again at server 2 when "b" is committed too.
pub(crate) fn late_append(bugs: Bugs) {
    let mut cluster = empty(bugs, 3);
    cluster.elect(1);
    cluster.isolate(3);
    cluster.propose(1, "a");
    let late = cluster.repeat(1, 2);
    cluster.settle();
    cluster.propose(1, "b");
    cluster.settle();
    cluster.arrive(late);
}

/// Server 2 has an entry of term 1 where the others committed one of term 2. A heartbeat proves the
/// log up to the entry before. Alone the switch does no harm: this leader never sends a server
/// whose log it does not know a request without entries, which other leaders, the paper's too, do.
pub(crate) fn empty_heartbeat(bugs: Bugs) {
    let mut cluster = logs(bugs, 2, &[&[1, 2], &[1, 1], &[1, 2]]);
    cluster.isolate(2);
    cluster.elect(1);
    cluster.rejoin(2);
    cluster.time_out(1);
    let mut heartbeat = cluster.delay(1, 2).remove(0);
    if let Body::AppendEntries(request) = &mut heartbeat.message.body {
        (request.prev_log_index, request.prev_log_term) = (LogIndex(1), Term(1));
        request.entries = Entries::EMPTY;
    }
    cluster.arrive(vec![heartbeat]);
    cluster.settle();
}

/// The leader's first request, which follows nothing, arrives again at server 2 when a snapshot has
/// replaced the beginning of its log.
pub(crate) fn late_first_append(bugs: Bugs) {
    let mut cluster = empty(bugs, 3);
    cluster.isolate(3);
    cluster.start_election(1);
    cluster.ask(1, 2);
    let late = cluster.repeat(1, 2);
    cluster.settle();
    cluster.heartbeats(1, 1);
    cluster.take_snapshot(2);
    cluster.propose(1, "a");
    cluster.settle();
    cluster.arrive(late);
}

/// Server 2's log is empty. The leader, whose snapshot replaced the beginning of its own, asks
/// about a place there that neither has, and gets an acknowledgement.
pub(crate) fn probe_of_a_compacted_place(bugs: Bugs) {
    let mut cluster = empty(bugs, 3);
    cluster.compact_without(2);
    cluster.crash(1);
    cluster.restart(1);
    cluster.elect(1);
    cluster.rejoin(2);
    cluster.heartbeats(1, 3);
    cluster.assert_comes_along(2);
}

/// A heartbeat arrives at server 2 after a later one that said more.
pub(crate) fn late_heartbeat(bugs: Bugs) {
    let mut cluster = empty(bugs, 3);
    cluster.elect(1);
    cluster.time_out(1);
    let late = cluster.repeat(1, 2);
    cluster.settle();
    cluster.propose(1, "a");
    cluster.settle();
    cluster.heartbeats(1, 1);
    cluster.arrive(late);
}

/// One small request after the other, each acknowledged at once.
pub(crate) fn window_opens_again(bugs: Bugs) {
    let mut cluster = empty_with_window(bugs, 10);
    cluster.elect(1);
    for _ in 0..5 {
        cluster.propose(1, "six by");
        cluster.settle();
    }
    cluster.heartbeats(1, 5);
    cluster.assert_comes_along(2);
}

/// Server 2 needs the leader's snapshot, and then the entries behind it.
pub(crate) fn entries_behind_a_snapshot(bugs: Bugs) {
    let mut cluster = empty(bugs, 3);
    cluster.compact_without(2);
    cluster.rejoin(2);
    cluster.propose(1, "b");
    cluster.heartbeats(1, 5);
    cluster.assert_comes_along(2);
}

/// Server 2's log disagrees with the leader's from the first entry on.
pub(crate) fn divergent_log(bugs: Bugs) {
    let mut cluster = logs(bugs, 2, &[&[2, 2], &[1, 1], &[]]);
    cluster.elect(1);
    cluster.assert_comes_along(2);
}

/// Server 5, elected without servers 1 and 2, removes server 1's entry and crashes. Server 2, which
/// holds the entry, leads next and commits it.
pub(crate) fn removed_and_committed(bugs: Bugs) {
    let mut cluster = empty(bugs, 5);
    cluster.elect(1);
    let request = cluster.propose(1, "a");
    cluster.carry(1, 2);
    cluster.isolate(2);
    cluster.isolate(1);
    cluster.start_election(5);
    cluster.ask(5, 3);
    cluster.ask(5, 4);
    assert!(cluster.leads(5));
    cluster.lose_all();
    cluster.rejoin(1);
    cluster.time_out(5);
    cluster.ask(5, 1);
    cluster.carry(5, 1);
    cluster.crash(5);
    cluster.lose_all();
    cluster.rejoin(2);
    // The others have voted in term 2.
    cluster.start_election(2);
    cluster.settle();
    cluster.elect(2);
    cluster.heartbeats(2, 2);
    let outcome = cluster.outcome(1, request);
    let is_wrong = matches!(outcome, Some(Outcome::Superseded { .. }));
    assert!(cluster.node(2).commit_index() >= LogIndex(2));
    assert!(!is_wrong, "the entry is committed, and its client was told that it never will be");
}

fn empty_with_window(bugs: Bugs, bytes: usize) -> Cluster {
    start(bugs, vec![disk(0, &[]); 3], |config| config.settings.max_in_flight_bytes = bytes)
}

impl Cluster {
    fn assert_comes_along(&self, id: u64) {
        let (last, end) = (self.node(id).log().last(), self.node(1).log().last());
        assert!(last == end, "server {id} does not catch up: it holds {last}, the leader {end}");
    }
}
