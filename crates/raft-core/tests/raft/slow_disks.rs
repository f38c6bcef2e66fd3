//! §5.6: disks that need longer for a vote than an election timeout.

use std::collections::VecDeque;
use std::time::Duration;

use raft_core::{
    AppendEntriesReply, Body, Config, ElectionRefusal, ElectionTrace, HeartbeatRound, Input,
    Instant, LogIndex, MembershipChange, NodeId, Outcome, Refusal, RoleKind, Term, Trace,
};

use crate::builders::*;
use crate::cluster::{Cluster, Envelope};
use crate::server::Server;

const LATENCY: Duration = Duration::from_millis(2);

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A cluster in which messages and flushes take time.
struct Timed {
    cluster: Cluster,
    /// Messages on their way, and when they arrive.
    arrivals: VecDeque<(Instant, Envelope)>,
    /// How long a flush of each server's disk takes, in the order of the servers.
    disks: Vec<Duration>,
    /// For each server, the end of the flush under way, and how many writes it covers.
    flushes: Vec<Option<(Instant, usize)>>,
}

impl Timed {
    fn new(disks: &[u64], change: impl Fn(&mut Config)) -> Self {
        Self::joining(disks, 0, change)
    }

    /// The last servers belong to no cluster yet.
    fn joining(disks: &[u64], non_members: u64, change: impl Fn(&mut Config)) -> Self {
        let members = disks.len() as u64 - non_members;
        let mut cluster = Cluster::joining(members, non_members, change);
        for id in cluster.ids() {
            cluster.server_mut(id).disk_is_slow = true;
        }
        Self {
            cluster,
            arrivals: VecDeque::new(),
            disks: disks.iter().map(|disk| millis(*disk)).collect(),
            flushes: vec![None; disks.len()],
        }
    }

    /// Puts messages on their way, and starts a flush where writes wait and none is under way.
    fn collect(&mut self) {
        let now = self.cluster.now;
        for envelope in self.cluster.network.drain(..) {
            self.arrivals.push_back((now + LATENCY, envelope));
        }
        for (place, flush) in self.flushes.iter_mut().enumerate() {
            let writes = self.cluster.servers[place].writes.len();
            if flush.is_none() && writes > 0 {
                *flush = Some((now + self.disks[place], writes));
            }
        }
    }

    /// One step: the first thing that is due. False if nothing is before `end`.
    fn step(&mut self, end: Instant) -> bool {
        self.collect();
        let arrival = self.arrivals.front().map(|(at, _)| *at);
        let flush = (1..).zip(&self.flushes).filter_map(|(id, flush)| Some(((*flush)?, id)));
        let flush = flush.min();
        let timer = self.cluster.next_due().map(|id| (self.cluster.due(id), id));
        let flush_at = flush.map(|((at, _), _)| at);
        let first = [arrival, flush_at, timer.map(|(at, _)| at)].into_iter().flatten().min();
        let Some(first) = first.filter(|first| *first <= end) else {
            self.cluster.now = end;
            return false;
        };
        self.cluster.now = self.cluster.now.max(first);
        if arrival == Some(first) {
            let (_, envelope) = self.arrivals.pop_front().expect("it is there");
            self.cluster.deliver(envelope);
        } else if let Some(((at, writes), id)) = flush.filter(|((at, _), _)| *at == first) {
            assert_eq!(at, first);
            self.flushes[id as usize - 1] = None;
            self.cluster.finish_together(id, writes);
        } else if let Some((_, id)) = timer {
            self.cluster.time_out(id);
        }
        true
    }

    fn run(&mut self, time: Duration) {
        let end = self.cluster.now + time;
        while self.step(end) {}
    }

    /// Runs until `holds`, at most for `time`. Whether it holds.
    fn run_until(&mut self, time: Duration, holds: impl Fn(&Cluster) -> bool) -> bool {
        let end = self.cluster.now + time;
        while !holds(&self.cluster) {
            if !self.step(end) {
                return false;
            }
        }
        true
    }

    fn term(&self) -> u64 {
        let terms = self.cluster.ids().map(|id| self.cluster.node(id).current_term().0);
        terms.max().unwrap_or_default()
    }
}

/// Runs an election, and a proposal. The latest term.
fn elect_and_commit(disks: &[u64], pre_vote: bool, seed: u64) -> u64 {
    let case = format!("disks {disks:?}, pre-vote {pre_vote}, seed {seed}");
    let mut timed = Timed::new(disks, |config| {
        config.settings.pre_vote = pre_vote;
        config.seed = seed * 10 + config.id.0;
    });
    let leads = |cluster: &Cluster| {
        let leader = cluster.leader();
        leader.is_some_and(|leader| cluster.node(leader).commit_index() > LogIndex(0))
    };
    assert!(timed.run_until(Duration::from_secs(30), leads), "{case}: nobody leads");
    let leader = timed.cluster.leader().expect("it leads");
    let term = timed.term();
    let request = timed.cluster.propose(leader, "a");
    timed.run(Duration::from_secs(5));
    let outcome = timed.cluster.outcome(leader, request);
    assert!(matches!(outcome, Some(Outcome::Committed(_))), "{case}: {outcome:?}");
    assert_eq!(timed.term(), term, "{case}: the leader stays");
    term
}

#[test]
fn disks_slower_than_the_election_timeout_elect_in_a_few_terms() {
    for disk in [100, 200, 400] {
        for size in [3, 5] {
            for pre_vote in [true, false] {
                let disks = vec![disk; size];
                let terms = (0..12).map(|seed| elect_and_commit(&disks, pre_vote, seed));
                let terms: Vec<u64> = terms.collect();
                assert!(terms.iter().all(|term| *term <= 10), "{disks:?}, {pre_vote}: {terms:?}");
            }
        }
    }
}

/// With pre-votes, no disk need be as slow as another.
#[test]
fn disks_of_different_speeds_elect_in_a_few_terms() {
    let (two_fast, three_fast) = ([1, 1, 400, 400, 400], [1, 1, 1, 400, 400]);
    for disks in [&[1, 400, 400][..], &[1, 1, 400], &[100, 200, 400], &two_fast, &three_fast] {
        let terms: Vec<u64> = (0..12).map(|seed| elect_and_commit(disks, true, seed)).collect();
        assert!(terms.iter().all(|term| *term <= 5), "{disks:?}: {terms:?}");
    }
}

/// Server 1 of three, whose disk completes nothing, after its election timeout.
fn candidate(change: impl Fn(&mut Config)) -> Server {
    let mut config = config(1, 3);
    change(&mut config);
    let mut server = Server::start(config, disk(1, &[1]), Instant(0));
    server.disk_is_slow = true;
    server.handle(server.node.deadline(), Input::Timeout);
    server
}

/// "A candidate continues in this state until …" (§5.2), and nobody has heard of its vote.
#[test]
fn a_candidate_waits_for_its_own_vote() {
    let mut server = candidate(|_| {});
    for _ in 0..20 {
        let now = server.node.deadline();
        server.handle(now, Input::Timeout);
        assert!(server.node.deadline() >= now + millis(150), "the timer starts anew");
    }
    assert_eq!((server.node.role(), server.node.current_term()), (RoleKind::Candidate, Term(2)));
    assert!(server.sent.is_empty() && server.writes.len() == 1, "{:?}", server.sent);
    let reason = ElectionRefusal::VoteNotStored;
    let trace = Trace::Election(ElectionTrace::NotStarted { reason });
    assert!(server.traces.contains(&trace));
}

/// A disk that is faster than the shortest timeout: the time counts from the start of the election.
#[test]
fn a_fast_disk_changes_no_timer() {
    for took in [millis(1), millis(100), millis(150)] {
        let mut server = candidate(|_| {});
        let before = (server.node.status().timer_started, server.node.deadline());
        server.finish_write(before.0 + took);
        assert_eq!(server.take_sent().len(), 2, "the requests leave");
        let after = (server.node.status().timer_started, server.node.deadline());
        assert_eq!(after, before);
    }
}

/// The requests leave when the vote is on disk. The voters have the timeout, and as long as this
/// disk needed.
#[test]
fn the_timer_of_a_candidate_with_a_slow_disk_starts_when_its_requests_leave() {
    for took in [millis(151), millis(300), millis(1200), millis(60_000)] {
        let mut server = candidate(|_| {});
        let stored = server.node.status().timer_started + took;
        while server.node.deadline() < stored {
            server.handle(server.node.deadline(), Input::Timeout);
        }
        server.finish_write(stored);
        assert_eq!(server.take_sent().len(), 2, "the requests leave");
        let timeout = server.node.deadline() - stored;
        // Four of the longest timeouts count at most.
        let counts = took.min(millis(1200));
        let (min, max) = (millis(150) + counts, millis(300) + 3 * counts);
        assert!(timeout >= min && timeout <= max, "{timeout:?} after {took:?}");
        assert_eq!(server.node.status().timer_started, stored);
        server.handle(server.node.deadline(), Input::Timeout);
        assert_eq!(server.node.current_term(), Term(3), "then the vote is split");
    }
}

/// The timeouts that candidates draw differ by less than a slow disk needs for a vote. Their waits
/// differ by more, so that one candidate can win before the next begins.
#[test]
fn candidates_with_slow_disks_wait_for_different_times() {
    let took = millis(400);
    let waits = (0..20).map(|seed| {
        let mut server = candidate(|config| config.seed = seed);
        let stored = server.node.status().timer_started + took;
        server.finish_write(stored);
        server.node.deadline() - stored
    });
    let waits: Vec<Duration> = waits.collect();
    let (shortest, longest) = (waits.iter().min().unwrap(), waits.iter().max().unwrap());
    assert!(*longest - *shortest > took, "{waits:?}");
}

/// Its candidate does not have the vote yet, and a request of this server would wait for the same
/// write.
#[test]
fn a_voter_waits_until_its_vote_is_stored() {
    let mut server = Server::of_three(disk(1, &[1]));
    server.disk_is_slow = true;
    server.receive(2, 2, request_vote(1, 1));
    for _ in 0..20 {
        server.handle(server.node.deadline(), Input::Timeout);
    }
    assert_eq!(
        (server.node.role(), server.node.voted_for()),
        (RoleKind::Follower, Some(NodeId(2)))
    );
    let stored = server.node.status().timer_started + millis(140);
    server.finish_write(stored);
    assert_eq!(server.take_reply(), vote(true));
    assert!(server.node.deadline() >= stored + millis(150), "it grants its vote now");
    server.handle(server.node.deadline(), Input::Timeout);
    assert_eq!((server.node.role(), server.node.current_term()), (RoleKind::Candidate, Term(3)));
}

/// The leader is gone, and this server cannot ask for votes: its clients must not wait for it.
#[test]
fn a_voter_whose_vote_is_not_stored_forgets_a_silent_leader() {
    let mut server = Server::of_three(disk(1, &[1]));
    server.disk_is_slow = true;
    server.receive(2, 2, request_vote(1, 1));
    server.receive(2, 2, append((1, 1), &[], 0));
    let deadline = server.node.deadline();
    assert_eq!(server.node.leader(), Some(NodeId(2)));
    server.finish_write(Instant(1000));
    assert_eq!(server.node.deadline(), deadline, "the timer counts from the leader's message");
    let mut server = Server::of_three(disk(1, &[1]));
    server.disk_is_slow = true;
    server.receive(2, 2, request_vote(1, 1));
    server.receive(2, 2, append((1, 1), &[], 0));
    server.handle(server.node.deadline(), Input::Timeout);
    assert_eq!((server.node.role(), server.node.leader()), (RoleKind::Follower, None));
}

/// Server 1 asked for votes in term 2, and asks for pre-votes again.
fn pre_candidate_of_its_term() -> Server {
    let mut server = candidate(|config| config.settings.pre_vote = true);
    server.receive_at(server.node.deadline(), 2, 1, pre_vote_reply(true));
    server.finish_writes(server.node.deadline());
    server.handle(server.node.deadline(), Input::Timeout);
    assert_eq!(server.node.role(), RoleKind::PreCandidate);
    assert_eq!((server.node.current_term(), server.node.voted_for()), (Term(2), Some(NodeId(1))));
    server.sent.clear();
    server
}

/// A voter's disk may be slower than the election timeout of the candidate.
#[test]
fn a_pre_candidate_counts_late_votes_of_its_term() {
    for again in 0..3 {
        let mut server = pre_candidate_of_its_term();
        for _ in 0..again {
            server.handle(server.node.deadline(), Input::Timeout);
        }
        server.receive_at(server.node.deadline(), 3, 2, vote(false));
        assert_eq!(server.node.role(), RoleKind::PreCandidate);
        assert_eq!(server.node.memory_usage().votes, 3, "one pre-vote, and two votes");
        server.receive_at(server.node.deadline(), 2, 2, vote(true));
        assert_eq!((server.node.role(), server.node.current_term()), (RoleKind::Leader, Term(2)));
    }
}

/// It may have led the term, and must not lead it again with other entries.
#[test]
fn after_a_restart_late_votes_do_not_count() {
    let mut server = pre_candidate_of_its_term();
    server.crash();
    server.restart(Instant(0));
    server.handle(server.node.deadline(), Input::Timeout);
    assert_eq!((server.node.role(), server.node.current_term()), (RoleKind::PreCandidate, Term(2)));
    for voter in [2, 3] {
        server.receive_at(server.node.deadline(), voter, 2, vote(true));
    }
    assert_eq!(server.node.role(), RoleKind::PreCandidate);
}

#[test]
fn a_deposed_leader_does_not_lead_its_term_again_by_late_votes() {
    let mut cluster = Cluster::full(5);
    cluster.elect(1);
    let term = cluster.node(1).current_term();
    cluster.isolate(1);
    while cluster.node(1).role() != RoleKind::PreCandidate {
        cluster.time_out(1);
    }
    for voter in [2, 3, 4, 5] {
        let (from, message) = (NodeId(voter), message(term.0, vote(true)));
        cluster.handle(1, Input::Message { from, message });
    }
    assert_eq!(
        (cluster.node(1).role(), cluster.node(1).current_term()),
        (RoleKind::PreCandidate, term)
    );
}

/// The answer would leave after the vote, and its candidate may lead by then.
#[test]
fn a_pre_vote_is_not_answered_before_the_vote_is_stored() {
    let mut server = Server::of_three(disk(1, &[1]));
    server.disk_is_slow = true;
    server.receive(2, 2, request_vote(1, 1));
    server.receive(3, 2, pre_vote(1, 1));
    server.finish_write(Instant(0));
    assert_eq!(server.take_sent(), [(2, message(2, vote(true)))]);
    server.receive(3, 2, pre_vote(1, 1));
    assert_eq!(server.take_reply(), pre_vote_reply(true));
}

/// The disk of the only other server needs long for the leader's snapshot.
#[test]
fn a_snapshot_that_is_being_stored_does_not_depose_the_leader() {
    let mut cluster = Cluster::joining(3, 0, |config| config.settings.trailing_entries = 0);
    cluster.elect(1);
    cluster.isolate(2);
    cluster.propose(1, "a");
    cluster.live(millis(100));
    cluster.take_snapshot(1);
    cluster.crash(3);
    cluster.rejoin(2);
    cluster.server_mut(2).disk_is_slow = true;
    let term = cluster.node(1).current_term();
    cluster.live(Duration::from_secs(5));
    assert_eq!((cluster.leader(), cluster.node(1).current_term()), (Some(1), term));
    assert!(cluster.server(2).restored.is_empty(), "its disk is not done");
    let now = cluster.clock(2);
    cluster.server_mut(2).finish_writes(now);
    cluster.live(millis(100));
    assert_eq!(cluster.server(2).state, "a");
}

/// The disk of a follower needs long for the leader's snapshot. Meanwhile the log is compacted
/// again: the entries that the follower needs next are kept for it as long as it answers.
#[test]
fn the_log_is_kept_while_a_snapshot_is_being_stored() {
    for (answers, base) in [(true, 3), (false, 4)] {
        let mut cluster = Cluster::joining(3, 0, |config| config.settings.trailing_entries = 0);
        cluster.elect(1);
        cluster.isolate(3);
        cluster.propose(1, "a");
        cluster.propose(1, "b");
        cluster.live(millis(100));
        cluster.take_snapshot(1);
        cluster.rejoin(3);
        cluster.server_mut(3).disk_is_slow = true;
        cluster.live(Duration::from_secs(5));
        if !answers {
            cluster.isolate(3);
            cluster.live(millis(400));
        }
        cluster.propose(1, "c");
        cluster.settle();
        cluster.take_snapshot(1);
        assert!(cluster.server(3).restored.is_empty(), "its disk is not done");
        assert_eq!(cluster.node(1).log().base().index, LogIndex(base));
    }
}

/// Its candidate does not have the vote yet.
#[test]
fn a_pre_candidate_that_votes_for_another_waits_too() {
    let mut config = config(1, 3);
    config.settings.pre_vote = true;
    let mut server = Server::start(config, disk(1, &[1]), Instant(0));
    let now = server.node.deadline();
    server.handle(now, Input::Timeout);
    server.disk_is_slow = true;
    server.receive_at(now, 2, 1, request_vote(1, 1));
    server.receive_at(now, 3, 1, pre_vote_reply(true));
    assert_eq!((server.node.role(), server.node.current_term()), (RoleKind::PreCandidate, Term(1)));
    let stored = now + millis(400);
    server.finish_write(stored);
    assert!(server.node.deadline() >= stored + millis(150), "it grants its vote now");
}

/// Each leader counts its rounds from the beginning. An answer of an earlier term says nothing.
#[test]
fn a_round_is_answered_at_once_although_an_earlier_term_had_later_ones() {
    let mut server = Server::of_three(disk(1, &[]));
    server.disk_is_slow = true;
    let request = |round, prev, terms: &[u64]| {
        let Body::AppendEntries(mut request) = append(prev, terms, 0) else { panic!() };
        request.round = HeartbeatRound(round);
        Body::AppendEntries(request)
    };
    let following = |round| {
        let round = HeartbeatRound(round);
        Body::AppendEntriesReply(AppendEntriesReply::Following { round })
    };
    server.receive(2, 1, request(9, (0, 0), &[1]));
    assert_eq!(server.take_reply(), following(9));
    server.receive(3, 2, request(1, (0, 0), &[]));
    server.finish_writes(Instant(0));
    server.sent.clear();
    server.receive(3, 2, request(2, (0, 0), &[2]));
    assert_eq!(server.take_reply(), following(2));
}

/// Three servers, the last with a slow disk. The first leads, and transfers leadership to the last
/// while a client proposes. The outcome, the term after it, and the longest time in which the
/// cluster committed nothing.
fn transfer_to_a_slow_disk(disk: u64, seed: u64) -> (Option<Outcome>, u64, Duration) {
    let mut timed = Timed::new(&[1, 1, disk], |config| config.seed = seed * 10 + config.id.0);
    timed.cluster.handle(1, Input::ForceElection);
    timed.run(Duration::from_secs(5));
    assert_eq!(timed.cluster.leader(), Some(1));
    let request = timed.cluster.transfer(1, 3);
    let (mut committed, mut longest, mut since) = (0, Duration::ZERO, timed.cluster.now);
    for step in 0..500 {
        if step % 5 == 0
            && let Some(leader) = timed.cluster.leader()
        {
            timed.cluster.propose(leader, "a");
        }
        timed.run(millis(10));
        let ids = timed.cluster.ids();
        let now = ids.map(|id| timed.cluster.node(id).commit_index().0).max().unwrap_or_default();
        if now > committed {
            (committed, since) = (now, timed.cluster.now);
        }
        longest = longest.max(timed.cluster.now - since);
    }
    (timed.cluster.outcome(1, request), timed.term(), longest)
}

/// The target's requests leave when its vote is stored, and depose the leader however late that is.
#[test]
fn a_transfer_waits_until_the_target_has_stored_its_vote() {
    for disk in [1, 140, 200, 400, 1000, 1200] {
        for seed in 0..8 {
            let (outcome, term, pause) = transfer_to_a_slow_disk(disk, seed);
            let case = format!("disk {disk}, seed {seed}: {outcome:?}, term {term}, {pause:?}");
            assert_eq!(outcome, Some(Outcome::Transferred { to: NodeId(3) }), "{case}");
            assert!(term == 2 && pause <= millis(disk + 90), "{case}");
        }
    }
}

/// The target lacks an entry when the transfer begins: its disk stores that one, and then its vote.
/// The leader waits for each of the two.
#[test]
fn a_transfer_waits_for_the_entries_and_for_the_vote() {
    for disk in [280, 400, 1000] {
        let mut timed = Timed::new(&[1, 1, disk], |_| {});
        timed.cluster.handle(1, Input::ForceElection);
        timed.run(Duration::from_secs(5));
        assert_eq!(timed.cluster.leader(), Some(1));
        timed.cluster.propose(1, "a");
        let request = timed.cluster.transfer(1, 3);
        timed.run(Duration::from_secs(5));
        let outcome = timed.cluster.outcome(1, request);
        assert_eq!(outcome, Some(Outcome::Transferred { to: NodeId(3) }), "{disk} ms");
        assert_eq!((timed.cluster.leader(), timed.term()), (Some(3), 2));
    }
}

/// The target's disk was slow, and the target does not answer any more: before it is told to start
/// an election, there is nothing to wait for.
#[test]
fn a_transfer_does_not_wait_for_the_entries_of_a_silent_target() {
    let mut timed = Timed::new(&[1, 1, 1000], |_| {});
    timed.cluster.handle(1, Input::ForceElection);
    timed.run(Duration::from_secs(5));
    timed.cluster.propose(1, "a");
    let request = timed.cluster.transfer(1, 3);
    timed.cluster.crash(3);
    timed.run(millis(700));
    let refusal = Refusal::TransferTimedOut { to: NodeId(3) };
    assert_eq!(timed.cluster.outcome(1, request), Some(Outcome::Refused(refusal)));
}

/// The answers of a follower with a fast disk are lost for a second: its late acknowledgement of an
/// entry does not make its disk a slow one.
#[test]
fn a_silence_does_not_make_a_disk_slow() {
    let mut timed = Timed::new(&[1, 1, 1], |_| {});
    timed.cluster.handle(1, Input::ForceElection);
    timed.run(Duration::from_secs(1));
    timed.cluster.cut_one_way(3, 1);
    timed.cluster.propose(1, "a");
    timed.run(Duration::from_secs(1));
    timed.cluster.heal();
    let index = timed.cluster.node(1).log().last().index;
    let knows = |cluster: &Cluster| cluster.match_index(1, 3) == index;
    assert!(timed.run_until(Duration::from_secs(1), knows));
    let request = timed.cluster.transfer(1, 3);
    timed.cluster.crash(3);
    timed.run(millis(400));
    let refusal = Refusal::TransferTimedOut { to: NodeId(3) };
    assert_eq!(timed.cluster.outcome(1, request), Some(Outcome::Refused(refusal)));
}

/// The target's disk needed 10 s for an entry, and then it dies.
#[test]
fn a_transfer_does_not_wait_for_a_dead_target_for_ever() {
    let mut timed = Timed::new(&[1, 1, 10_000], |_| {});
    timed.cluster.handle(1, Input::ForceElection);
    timed.run(Duration::from_secs(21));
    let request = timed.cluster.transfer(1, 3);
    timed.cluster.crash(3);
    timed.run(millis(1400));
    assert_eq!(timed.cluster.outcome(1, request), None);
    timed.run(millis(200));
    let refusal = Refusal::TransferTimedOut { to: NodeId(3) };
    assert_eq!(timed.cluster.outcome(1, request), Some(Outcome::Refused(refusal)));
}

/// A disk needs its time for any round, however few entries the log has.
#[test]
fn a_new_server_with_a_slow_disk_catches_up() {
    for (disk, is_voter) in [(1, true), (200, true), (400, true), (2000, false)] {
        let mut timed = Timed::joining(&[1, 1, 1, disk], 1, |_| {});
        timed.cluster.handle(1, Input::ForceElection);
        timed.run(millis(100));
        let change = MembershipChange::AddVoter(NodeId(4));
        let request = timed.cluster.change(1, change);
        for _ in 0..150 {
            timed.cluster.propose(1, "a");
            timed.run(millis(200));
        }
        let outcome = timed.cluster.outcome(1, request);
        let too_slow = Refusal::CatchUpTooSlow { node: NodeId(4), rounds: 10 };
        match is_voter {
            true => assert!(matches!(outcome, Some(Outcome::Committed(_))), "{disk}: {outcome:?}"),
            false => assert_eq!(outcome, Some(Outcome::Refused(too_slow)), "{disk}"),
        }
    }
}
