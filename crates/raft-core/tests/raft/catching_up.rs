//! New servers catch up in rounds (dissertation §4.2.1), and what ends that.

use std::time::Duration;

use raft_core::{
    Body, Bytes, Input, Instant, LogIndex, Membership, MembershipChange, NodeId, Outcome,
    ProgressKind, Recovered, Refusal, RequestId,
};

use crate::builders::*;
use crate::cluster::{Cluster, Envelope};
use crate::server::Server;

const SECOND: Duration = Duration::from_secs(1);
const MS: Duration = Duration::from_millis(1);

fn add(node: u64) -> MembershipChange {
    MembershipChange::AddVoter(NodeId(node))
}

fn refused(refusal: Refusal) -> Option<Outcome> {
    Some(Outcome::Refused(refusal))
}

fn is_committed(cluster: &Cluster, request: u64) -> bool {
    matches!(cluster.outcome(1, request), Some(Outcome::Committed(_)))
}

fn cancel(cluster: &mut Cluster) -> u64 {
    let request = 1_000_000;
    cluster.handle(1, Input::CancelChange { request: RequestId(request) });
    request
}

/// Server 1 leads servers 1 to 3, and server 4 knows of no cluster. A message has one entry.
fn led() -> Cluster {
    let mut cluster = Cluster::joining(3, 1, |config| config.settings.max_batch_entries = 1);
    cluster.elect(1);
    cluster
}

/// Lets the time pass in steps of 10 ms. Each brings `writes` new commands, and what is sent takes
/// `delay` steps to arrive at server 4 and back; it arrives elsewhere at once.
fn write_on(cluster: &mut Cluster, steps: u64, writes: u64, delay: usize) {
    let is_far = |envelope: &Envelope| envelope.to == 4;
    let mut on_the_way: Vec<Vec<Envelope>> = vec![Vec::new(); delay];
    for _ in 0..steps {
        for _ in 0..writes {
            cluster.propose(1, "x");
        }
        cluster.now = cluster.now + 10 * MS;
        for id in 1..=3 {
            if cluster.due(id) <= cluster.now {
                cluster.handle(id, Input::Timeout);
            }
        }
        for _ in 0..10 {
            cluster.deliver_where(|envelope| !is_far(envelope) && envelope.from != 4);
        }
        on_the_way.push(cluster.take(is_far));
        on_the_way.remove(0).into_iter().for_each(|envelope| cluster.deliver(envelope));
        cluster.deliver_where(|envelope| envelope.from == 4);
    }
}

/// The server follows a round trip behind, and lacks at each moment more entries than a message
/// takes: the shorter rounds show that its vote would not delay the cluster.
#[test]
fn a_server_that_follows_a_busy_leader_becomes_a_voter() {
    let mut cluster = led();
    let request = cluster.change(1, add(4));
    write_on(&mut cluster, 100, 5, 5);
    let lacks = cluster.node(1).log().last().index.0 - cluster.match_index(1, 4).0;
    assert!(lacks > 10, "it lacks {lacks} entries");
    assert!(is_committed(&cluster, request), "{:?}", cluster.outcome(1, request));
}

/// The same for a learner that is to be promoted.
#[test]
fn a_learner_that_follows_a_busy_leader_is_promoted() {
    let mut cluster = led();
    cluster.change(1, MembershipChange::AddLearner(NodeId(4)));
    write_on(&mut cluster, 100, 5, 5);
    let request = cluster.change(1, MembershipChange::Promote(NodeId(4)));
    write_on(&mut cluster, 10, 5, 5);
    assert!(is_committed(&cluster, request), "{:?}", cluster.outcome(1, request));
}

/// A learner that followed well, and does not any more.
#[test]
fn a_round_that_does_not_end_counts_as_long() {
    let mut cluster = led();
    cluster.change(1, MembershipChange::AddLearner(NodeId(4)));
    write_on(&mut cluster, 100, 5, 5);
    cluster.isolate(4);
    write_on(&mut cluster, 40, 5, 5);
    let request = cluster.change(1, MembershipChange::Promote(NodeId(4)));
    let outcome = cluster.outcome(1, request);
    let is_refusal = |outcome: &Option<Outcome>| {
        matches!(outcome, Some(Outcome::Refused(Refusal::NotCaughtUp { .. })))
    };
    assert!(is_refusal(&outcome), "{outcome:?}");
}

/// Each round lasts longer than an election timeout: the log grows while the server receives it.
#[test]
fn a_server_that_is_slower_than_the_log_grows_is_given_up() {
    let mut cluster = led();
    let request = cluster.change(1, add(4));
    // A message takes 400 ms.
    write_on(&mut cluster, 500, 1, 40);
    let refusal = Refusal::CatchUpTooSlow { node: NodeId(4), rounds: 10 };
    assert_eq!(cluster.outcome(1, request), refused(refusal));
    let words = "node 4 receives the log more slowly than it grows: 10 rounds in a row took an \
                 election timeout or longer; it is a learner now";
    assert_eq!(refusal.to_string(), words);
    assert!(cluster.node(1).membership().is_learner(NodeId(4)), "as it says");
}

/// Server 1 leads servers 1 to 3 and learner 4, whose answers come from far away: entries take no
/// longer than heartbeats.
struct Rounds {
    leader: Server,
    now: Instant,
    /// The last entry that server 4 acknowledged.
    held: u64,
}

impl Rounds {
    fn new() -> Self {
        let mut config = config(1, 3);
        config.membership = membership(3).with_learners([NodeId(4)]);
        let mut leader = Server::start(config, Recovered::default(), Instant(0));
        leader.lead();
        leader.receive(2, 1, success(1));
        let mut rounds = Self { leader, now: Instant(1_000_000), held: 0 };
        rounds.append();
        rounds.acknowledge(1);
        rounds
    }

    fn append(&mut self) {
        let (request, command) = (RequestId(0), Bytes::from(b"x"));
        self.leader.handle(self.now, Input::Propose { request, command });
    }

    fn acknowledge(&mut self, round: u64) {
        self.held += 1;
        self.leader.receive_at(self.now, 4, 1, success_in(round, self.held));
    }

    /// A round of this length: server 4 stores one entry, and one more is appended meanwhile.
    fn round(&mut self, length: Duration) {
        self.append();
        self.now = self.now + length;
        self.acknowledge(0);
    }

    /// The leader's timer is due after this time.
    fn heartbeat(&mut self, after: Duration) {
        self.now = self.now + after;
        assert!(self.leader.node.deadline() <= self.now);
        self.leader.handle(self.now, Input::Timeout);
    }

    fn change(&mut self, change: MembershipChange) -> Option<Outcome> {
        let (request, contexts) = (RequestId(9), Vec::new());
        let input = Input::ChangeMembership { request, change, contexts, force: true };
        self.leader.handle(self.now, input);
        self.leader.outcome(9)
    }
}

/// "If the duration of the last round is less than an election timeout", the server has caught up,
/// though it lacks entries; but not if the present round takes as long.
#[test]
fn a_round_is_short_if_it_is_shorter_than_an_election_timeout() {
    let (begins, short, long) = (Duration::ZERO, Duration::from_micros(299_999), 300 * MS);
    for (last, present, is_short) in
        [(short, begins, true), (long, begins, false), (short, short, true), (short, long, false)]
    {
        let mut rounds = Rounds::new();
        rounds.round(last);
        rounds.now = rounds.now + present;
        let outcome = rounds.change(MembershipChange::Promote(NodeId(4)));
        let (match_index, last_index) = (LogIndex(2), rounds.leader.node.log().last().index);
        let refusal = Refusal::NotCaughtUp { node: NodeId(4), match_index, last: last_index };
        let expected = if is_short { None } else { refused(refusal) };
        assert_eq!(outcome, expected, "the last round took {last:?}, the present one {present:?}");
    }
}

/// The last round was long, and ended with the whole log. While the server lacks nothing, it is in
/// no round.
#[test]
fn a_server_that_lacks_nothing_is_in_no_round() {
    let mut rounds = Rounds::new();
    rounds.now = rounds.now + 300 * MS;
    rounds.acknowledge(0);
    assert_eq!(rounds.leader.node.log().last().index, LogIndex(rounds.held));
    rounds.heartbeat(50 * MS);
    rounds.append();
    let (match_index, last) = (LogIndex(2), LogIndex(3));
    let refusal = Refusal::NotCaughtUp { node: NodeId(4), match_index, last };
    assert_eq!(rounds.change(MembershipChange::Promote(NodeId(4))), refused(refusal));
}

/// The last round was short, and then nothing was appended for a while.
#[test]
fn a_quiet_time_is_no_long_round() {
    let mut rounds = Rounds::new();
    rounds.acknowledge(0);
    rounds.now = rounds.now + SECOND;
    rounds.leader.receive_at(rounds.now, 4, 1, success_in(0, rounds.held));
    rounds.append();
    assert_eq!(rounds.change(MembershipChange::Promote(NodeId(4))), None);
}

/// A new server has twenty of the longest election timeouts for any progress.
#[test]
fn a_silent_server_is_given_up_after_its_time_and_not_before() {
    let mut rounds = Rounds::new();
    rounds.now = rounds.now + MS;
    assert_eq!(rounds.change(add(4)), None);
    rounds.heartbeat(Duration::ZERO);
    rounds.heartbeat(6 * SECOND);
    assert_eq!(rounds.leader.outcome(9), None);
    rounds.heartbeat(50 * MS);
    let refusal = Refusal::CatchUpStalled { node: NodeId(4) };
    assert_eq!(rounds.leader.outcome(9), refused(refusal));
}

/// Ten rounds in a row, none shorter than an election timeout.
#[test]
fn a_server_is_given_up_after_ten_long_rounds() {
    let mut rounds = Rounds::new();
    rounds.round(300 * MS);
    assert_eq!(rounds.change(add(4)), None);
    for count in 1..=10 {
        assert_eq!(rounds.leader.outcome(9), None, "after {} rounds", count - 1);
        rounds.round(300 * MS);
        rounds.heartbeat(Duration::ZERO);
    }
    let refusal = Refusal::CatchUpTooSlow { node: NodeId(4), rounds: 10 };
    assert_eq!(rounds.leader.outcome(9), refused(refusal));
}

/// Its log has no step of the change yet.
#[test]
fn a_leader_that_is_deposed_before_the_first_step_names_no_entry() {
    let mut rounds = Rounds::new();
    assert_eq!(rounds.change(add(4)), None);
    rounds.leader.receive_at(rounds.now, 3, 2, append((0, 0), &[], 0));
    assert_eq!(rounds.leader.outcome(9), Some(Outcome::Unknown { position: None }));
}

/// Nine learners are possible, and a new voter is a learner first.
#[test]
fn a_new_voter_may_be_the_ninth_learner() {
    let mut cluster = Cluster::joining(3, 9, |config| {
        if config.id < NodeId(12) {
            config.membership = membership(3).with_learners((4..=11).map(NodeId));
        }
    });
    cluster.elect(1);
    let request = cluster.change(1, add(12));
    cluster.live(SECOND);
    assert!(is_committed(&cluster, request), "{:?}", cluster.outcome(1, request));
}

/// Server 5 is down. Server 4 follows the log, and lacks a part of it now and then. The time of
/// server 5 does not begin anew.
#[test]
fn a_new_server_that_is_down_is_given_up_beside_one_that_is_well() {
    for are_breaks_long in [false, true] {
        let mut cluster = Cluster::joining(3, 2, |config| config.settings.max_batch_entries = 1);
        cluster.elect(1);
        cluster.isolate(5);
        let voters = (1..=5).map(NodeId).collect();
        let request = cluster.change(1, MembershipChange::SetVoters(voters));
        write_on(&mut cluster, 200, 1, 5);
        for _ in 0..4 {
            assert_eq!(cluster.outcome(1, request), None);
            cluster.isolate(4);
            write_on(&mut cluster, if are_breaks_long { 50 } else { 1 }, 1, 5);
            cluster.rejoin(4);
            write_on(&mut cluster, 50, 1, 5);
        }
        write_on(&mut cluster, 210, 1, 5);
        let refusal = Refusal::CatchUpStalled { node: NodeId(5) };
        assert_eq!(cluster.outcome(1, request), refused(refusal), "{are_breaks_long}");
    }
}

/// Server 4 is down, and is being caught up.
fn catching_up() -> (Cluster, u64) {
    let mut cluster = Cluster::joining(3, 2, |_| {});
    cluster.elect(1);
    cluster.crash(4);
    let request = cluster.change(1, add(4));
    cluster.settle();
    (cluster, request)
}

#[test]
fn a_change_is_cancelled_while_its_servers_catch_up() {
    let (mut cluster, request) = catching_up();
    let order = cancel(&mut cluster);
    assert_eq!(cluster.outcome(1, order), Some(Outcome::Cancelled));
    assert_eq!(cluster.outcome(1, request), refused(Refusal::ChangeCancelled));
    let members = membership(3).with_learners([NodeId(4)]);
    assert_eq!(*cluster.node(1).membership(), members, "it stays a learner");
    let next = cluster.change(1, add(5));
    cluster.live(SECOND);
    assert!(is_committed(&cluster, next), "and the next change may begin");
}

#[test]
fn removing_a_server_that_is_caught_up_ends_the_change() {
    let (mut cluster, request) = catching_up();
    let other = cluster.change(1, MembershipChange::Remove(NodeId(3)));
    assert_eq!(cluster.outcome(1, other), refused(Refusal::ChangeInProgress), "not any other");
    let removal = cluster.change(1, MembershipChange::Remove(NodeId(4)));
    cluster.settle();
    assert_eq!(cluster.outcome(1, request), refused(Refusal::ChangeCancelled));
    assert!(is_committed(&cluster, removal));
    assert_eq!(*cluster.node(1).membership(), membership(3));
}

/// Another server may lead next, and complete the change: only another change can undo it.
#[test]
fn a_change_whose_entry_is_in_the_log_is_not_cancelled() {
    let mut cluster = Cluster::full(3);
    cluster.elect(1);
    let order = cancel(&mut cluster);
    assert_eq!(cluster.outcome(1, order), refused(Refusal::NoChange));
    for change in
        [MembershipChange::Remove(NodeId(3)), MembershipChange::SetVoters(vec![NodeId(1)])]
    {
        let mut cluster = Cluster::full(3);
        cluster.elect(1);
        let request = cluster.change(1, change);
        let order = cancel(&mut cluster);
        let refusal = Refusal::TooLateToCancel { index: LogIndex(2) };
        assert_eq!(cluster.outcome(1, order), refused(refusal));
        cluster.settle();
        assert!(is_committed(&cluster, request), "it is completed");
    }
    let leader = Some(NodeId(1));
    cluster.handle(2, Input::CancelChange { request: RequestId(7) });
    assert_eq!(cluster.outcome(2, 7), Some(Outcome::NotLeader { leader }));
    let _: &Membership = cluster.node(1).membership();
}

/// The last entry of a change is committed: there is nothing to cancel.
#[test]
fn a_change_that_is_complete_is_not_cancelled() {
    let mut cluster = Cluster::full(3);
    cluster.elect(1);
    let request = cluster.change(1, MembershipChange::Remove(NodeId(3)));
    cluster.settle();
    assert!(is_committed(&cluster, request));
    let order = cancel(&mut cluster);
    assert_eq!(cluster.outcome(1, order), refused(Refusal::NoChange));
}

/// Server 4 answers, and its disk needs long for the leader's snapshot. It is given a minute, and
/// an eighth of a second more for a snapshot of 2 MiB.
#[test]
fn a_new_server_that_stores_a_snapshot_is_given_time() {
    const LARGE: usize = 2 << 20;
    for (bytes, millis, is_given_up) in [
        (1, 7_000, false),
        (1, 59_900, false),
        (1, 60_150, true),
        (LARGE, 60_100, false),
        (LARGE, 60_300, true),
    ] {
        // The log has no entry that the snapshot includes: the server needs the snapshot.
        let mut cluster = Cluster::joining(3, 1, |config| {
            config.settings.trailing_entries = 0;
            config.settings.max_command_bytes = LARGE;
        });
        cluster.elect(1);
        cluster.propose(1, &"a".repeat(bytes));
        cluster.live(100 * MS);
        cluster.take_snapshot(1);
        let request = cluster.change(1, add(4));
        cluster.deliver_where(|envelope| envelope.to == 4);
        cluster.server_mut(4).disk_is_slow = true;
        cluster.live(millis * MS);
        assert!(cluster.server(4).restored.is_empty(), "its disk is not done");
        let refusal = Refusal::CatchUpStalled { node: NodeId(4) };
        let expected = if is_given_up { refused(refusal) } else { None };
        assert_eq!(cluster.outcome(1, request), expected, "{bytes} bytes, after {millis} ms");
        let now = cluster.clock(4);
        cluster.server_mut(4).disk_is_slow = false;
        cluster.server_mut(4).finish_writes(now);
        cluster.live(SECOND);
        assert_eq!(is_committed(&cluster, request), !is_given_up);
    }
}

/// Server 4 joins, and needs a snapshot in pieces of so many bytes, one under way at a time.
fn needs_a_snapshot(piece: usize) -> (Cluster, u64) {
    let mut cluster = Cluster::joining(3, 1, |config| {
        config.settings.trailing_entries = 0;
        config.settings.snapshot_chunk_bytes = piece;
        config.settings.max_in_flight_bytes = 1;
    });
    cluster.elect(1);
    cluster.propose(1, "a state of several pieces");
    cluster.live(100 * MS);
    cluster.take_snapshot(1);
    let request = cluster.change(1, add(4));
    (cluster, request)
}

/// Whether leader 1 knows of bytes of its snapshot that server 4 holds.
fn holds_a_part(cluster: &Cluster) -> bool {
    let state = cluster.peer(1, 4).state;
    matches!(state, ProgressKind::Snapshot { received, .. } if received > 0)
}

/// Each time that server 4 holds a part of the snapshot it crashes, and starts over.
#[test]
fn a_new_server_that_starts_over_again_and_again_is_given_up() {
    let (mut cluster, request) = needs_a_snapshot(4);
    for crashes in 0..11 {
        let refusal = Refusal::CatchUpStalled { node: NodeId(4) };
        let expected = if crashes < 10 { None } else { refused(refusal) };
        assert_eq!(cluster.outcome(1, request), expected, "after {crashes} crashes");
        for holds in [true, false] {
            while holds_a_part(&cluster) != holds {
                match cluster.network.is_empty() {
                    true => cluster.time_out(1),
                    false => cluster.deliver_next(),
                }
            }
            cluster.network.clear();
            cluster.time_out(1);
            if holds {
                cluster.crash(4);
                cluster.restart(4);
            }
        }
    }
}

/// Whether a message has bytes of a snapshot.
fn is_piece(envelope: &Envelope) -> bool {
    matches!(&envelope.message.body, Body::InstallSnapshot(piece) if !piece.data.is_empty())
}

/// A snapshot that arrives slowly is progress: a piece each second. The last of 13 comes long after
/// a server without progress would be given up.
#[test]
fn a_new_server_that_comes_along_slowly_is_waited_for() {
    let (mut cluster, request) = needs_a_snapshot(2);
    for _ in 0..20 {
        let mut pieces = Vec::new();
        let end = cluster.now + SECOND;
        while cluster.now < end {
            cluster.time_out(1);
            while !cluster.network.is_empty() {
                pieces.extend(cluster.take(is_piece));
                cluster.deliver_where(|_| true);
            }
        }
        pieces.into_iter().last().into_iter().for_each(|piece| cluster.deliver(piece));
    }
    cluster.settle();
    assert!(is_committed(&cluster, request), "{:?}", cluster.outcome(1, request));
}

/// The only piece is lost, however often it is sent. Server 4 answers the leader's questions, and
/// has nothing to store.
#[test]
fn a_new_server_that_receives_nothing_is_given_no_more_time() {
    let (mut cluster, request) = needs_a_snapshot(1_000);
    let end = cluster.now + 7 * SECOND;
    while cluster.now < end {
        cluster.time_out(1);
        while !cluster.network.is_empty() {
            cluster.take(is_piece);
            cluster.deliver_where(|_| true);
        }
    }
    let refusal = Refusal::CatchUpStalled { node: NodeId(4) };
    assert_eq!(cluster.outcome(1, request), refused(refusal));
}

/// The same for entries.
#[test]
fn a_new_server_that_stores_entries_is_given_time() {
    let mut cluster = led();
    cluster.change(1, MembershipChange::AddLearner(NodeId(4)));
    cluster.live(SECOND);
    cluster.server_mut(4).disk_is_slow = true;
    cluster.propose(1, "a");
    cluster.live(SECOND);
    let request = cluster.change(1, add(4));
    cluster.live(10 * SECOND);
    // A moment without an answer is not the end of it.
    cluster.isolate(4);
    cluster.live(400 * MS);
    cluster.rejoin(4);
    cluster.live(40 * SECOND);
    assert_eq!(cluster.outcome(1, request), None);
    cluster.isolate(4);
    cluster.live(8 * SECOND);
    let refusal = Refusal::CatchUpStalled { node: NodeId(4) };
    assert_eq!(cluster.outcome(1, request), refused(refusal), "it does not answer any more");
}
