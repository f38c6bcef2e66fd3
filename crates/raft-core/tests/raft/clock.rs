//! A driver's clock that goes back, which it should not: what was promised for a time is kept, and
//! time goes on.

use std::time::Duration;

use raft_core::{
    Input, Instant, LifecycleTrace, Outcome, ReadMode, Recovered, RequestId, RoleKind, Trace,
};

use crate::builders::*;
use crate::cluster::Cluster;
use crate::server::Server;

/// An hour after the origin of the clock.
const HOUR: Instant = Instant(3_600_000_000);

fn millis(after: Instant, millis: u64) -> Instant {
    after + Duration::from_millis(millis)
}

fn went_back(server: &Server) -> usize {
    let is_it =
        |trace: &&Trace| matches!(trace, Trace::Lifecycle(LifecycleTrace::ClockWentBack { .. }));
    server.traces.iter().filter(is_it).count()
}

fn read_by_lease(server: &mut Server, now: Instant, request: u64) -> Option<Outcome> {
    let request = RequestId(request);
    server.handle(now, Input::Read { request, mode: ReadMode::Lease });
    server.outcome(request.0)
}

/// A server of three that leads, with a lease from now on.
fn leader_at(now: Instant) -> Server {
    let mut server = Server::start(full_config(1, 3), Recovered::default(), now);
    server.handle(now, Input::ForceElection);
    server.receive_at(now, 2, 0, pre_vote_reply(true));
    server.receive_at(now, 2, 1, vote(true));
    server.receive_at(now, 2, 1, success_in(1, 1));
    assert_eq!(server.node.status().lease_until, Some(now + server.node.status().lease_duration));
    server.sent.clear();
    server
}

/// If the clock goes back by an hour, the time until it shows the end of the lease is an hour
/// longer, and another leader may be elected long before (dissertation §6.4.1).
#[test]
fn a_lease_does_not_last_longer_because_the_clock_went_back() {
    for back in [Instant(1), Instant(0), Instant(HOUR.0 - 1)] {
        let mut leader = leader_at(HOUR);
        assert!(read_by_lease(&mut leader, HOUR, 1).is_some(), "the lease answers at once");
        for (request, after) in [(2, 0), (3, 100), (4, 3_600_000)] {
            let outcome = read_by_lease(&mut leader, millis(back, after), request);
            assert_eq!(outcome, None, "{after} ms after the clock went back to {back}");
        }
        assert_eq!(leader.node.status().lease_until, None);
    }
}

/// A round of heartbeats that begins after it is as good as ever. Late answers to earlier ones are
/// not.
#[test]
fn a_lease_begins_with_the_next_round() {
    let mut leader = leader_at(HOUR);
    let now = Instant(1_000);
    assert_eq!(read_by_lease(&mut leader, now, 1), None);
    let round = leader.node.status().round.expect("it leads").0;
    assert_eq!(round, 2, "the read began it");
    leader.receive_at(now, 3, 1, success_in(1, 1));
    assert_eq!(leader.node.status().lease_until, None);
    leader.receive_at(millis(now, 1), 3, 1, success_in(2, 1));
    let until = now + leader.node.status().lease_duration;
    assert_eq!(leader.node.status().lease_until, Some(until));
    assert!(read_by_lease(&mut leader, millis(now, 2), 2).is_some());
}

/// The vote of a follower that heard a leader would break its lease.
#[test]
fn a_follower_keeps_its_promise_to_the_leader() {
    let mut server = Server::start(full_config(1, 3), Recovered::default(), HOUR);
    server.receive_at(HOUR, 2, 1, append((0, 0), &[1], 0));
    server.sent.clear();
    // However often the clock goes back and ahead again, no time passes by that.
    for after in [100, 0, 100, 0, 100, 0] {
        server.receive_at(millis(HOUR, after), 3, 2, request_vote(1, 1));
        assert_eq!(server.take_reply(), vote(false));
        assert_eq!(server.node.current_term().0, 1);
    }
    server.receive_at(millis(HOUR, 151), 3, 2, request_vote(1, 1));
    assert_eq!(server.take_reply(), vote(true));
}

/// Timers go on from the moment before: the server does not wait until the clock is where it was.
#[test]
fn timers_go_on_after_the_clock_went_back() {
    let mut server = Server::start(full_config(1, 3), Recovered::default(), HOUR);
    let left = server.node.deadline() - HOUR;
    server.handle(Instant(5), Input::Timeout);
    assert_eq!(server.node.deadline(), Instant(5) + left, "in the time of the driver");
    server.handle(server.node.deadline(), Input::Timeout);
    assert_eq!(server.node.role(), RoleKind::PreCandidate);
    let status = server.node.status();
    assert_eq!(status.timer_started, Instant(5) + left);
    assert_eq!(status.deadline, server.node.deadline());
}

/// Each time the clock goes back is traced, and no input after it is.
#[test]
fn a_clock_that_goes_back_is_traced_once() {
    let mut server = Server::start(full_config(1, 3), Recovered::default(), HOUR);
    for now in [HOUR, Instant(7), Instant(7), Instant(8), HOUR, Instant(9)] {
        server.handle(now, Input::Timeout);
    }
    assert_eq!(went_back(&server), 2);
    let words = server.traces.iter().map(ToString::to_string).find(|w| w.contains("before"));
    assert_eq!(
        words.as_deref(),
        Some(
            "is given a time 3599.999993s before the last one, as if no time had passed \
             (dissertation §6.4.1)"
        )
    );
}

/// Its vote for itself would break a lease too.
#[test]
fn a_follower_starts_no_election_within_a_lease() {
    let hour = Instant(3_600_000_000);
    let mut server = Server::start(full_config(1, 3), Recovered::default(), hour);
    server.receive_at(hour, 2, 1, append((0, 0), &[1], 0));
    let deadline = server.node.deadline();
    // The clock runs ahead by almost a timeout, and is set back by as much.
    server.handle(Instant(deadline.0 - 1_000), Input::Timeout);
    server.handle(hour, Input::Timeout);
    // In real time, no time has passed since the leader was heard: its lease may last for 150 ms.
    let now = Instant(hour.0 + 100_000);
    server.handle(now, Input::Timeout);
    server.receive_at(now, 3, 1, pre_vote_reply(true));
    server.receive_at(now, 3, 2, vote(true));
    let role = server.node.role();
    assert_eq!(role, RoleKind::Follower, "100 ms after the leader was heard it had its own vote");
}

/// One wrong time is followed by right ones.
#[test]
fn one_absurd_time_is_survived() {
    let mut server = Server::start(full_config(1, 3), Recovered::default(), Instant(10));
    server.handle(Instant(0u64.wrapping_sub(5)), Input::Timeout);
    // The next message comes at the right time.
    let mut now = Instant(20);
    server.handle(now, Input::Timeout);
    let mut steps = 0;
    // A second of a driver that hands in a timeout when it is due, 100 µs after it.
    while now < Instant(1_000_000) {
        now = now.max(server.node.deadline()) + Duration::from_micros(100);
        server.handle(now, Input::Timeout);
        steps += 1;
    }
    assert!(steps < 100, "{steps} timeouts in a second");
}

/// The timer elapsed by the wrong time already: only the pre-votes are still to come.
#[test]
fn a_pre_candidate_starts_no_election_within_a_lease() {
    let mut server = Server::start(full_config(1, 3), Recovered::default(), HOUR);
    server.receive_at(HOUR, 2, 1, append((0, 0), &[1], 0));
    // The clock runs ahead by a timeout, and is set back by as much.
    let deadline = server.node.deadline();
    server.handle(deadline, Input::Timeout);
    assert_eq!(server.node.role(), RoleKind::PreCandidate);
    server.handle(HOUR, Input::Timeout);
    // In real time, 1 ms has passed since the leader was heard.
    server.receive_at(millis(HOUR, 1), 3, 1, pre_vote_reply(true));
    assert_eq!(server.node.voted_for(), None, "its own vote breaks the lease");
}

/// The same, as a client sees it. The harness compares the read with all that is committed.
#[test]
fn no_lease_read_is_stale_because_the_clock_of_a_pre_candidate_went_back() {
    let mut cluster = Cluster::full(3);
    cluster.elect(1);
    cluster.live(Duration::from_millis(100));
    cluster.cut(1, 3);
    cluster.live(Duration::from_secs(1));
    cluster.heartbeats(1, 1);
    assert_eq!(cluster.leader(), Some(1));
    let ahead = cluster.node(2).deadline();
    cluster.server_mut(2).handle(ahead, Input::Timeout);
    cluster.handle(2, Input::Timeout);
    cluster.cut(1, 2);
    cluster.network.retain(|envelope| envelope.to != 1);
    cluster.settle();
    if let Some(leader) = cluster.leader() {
        cluster.propose(leader, "new");
        cluster.settle();
    }
    cluster.read(1, ReadMode::Lease);
}
