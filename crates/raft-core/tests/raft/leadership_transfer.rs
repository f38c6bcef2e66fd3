//! Leadership transfer (dissertation §3.10).

use std::time::Duration;

use raft_core::{
    Body, Bytes, Config, Forward, ForwardId, ForwardReply, Input, Instant, LogIndex, Membership,
    MembershipChange, NodeId, Outcome, ReadMode, Recovered, Refusal, RequestId, RoleKind, Term,
    Trace, TransferTrace,
};

use crate::builders::*;
use crate::cluster::{Cluster, Envelope};
use crate::server::Server;

const SECOND: Duration = Duration::from_secs(1);

/// Server 1, leader of three in term 1, whose no-op is on all disks.
fn leader_with(change: impl Fn(&mut Config)) -> Server {
    let mut config = full_config(1, 3);
    change(&mut config);
    let mut server = Server::start(config, Recovered::default(), Instant(0));
    server.lead();
    server.receive(2, 1, success_in(1, 1));
    server.receive(3, 1, success_in(1, 1));
    server.sent.clear();
    server
}

fn transfer(server: &mut Server, request: u64, to: u64) {
    let (request, to) = (RequestId(request), NodeId(to));
    server.handle(Instant(0), Input::TransferLeadership { request, to });
}

fn is_timeout_now(envelope: &Envelope) -> bool {
    envelope.message.body == Body::TimeoutNow
}

/// To whom TimeoutNow was sent since the last call.
fn told(server: &mut Server) -> Vec<u64> {
    let sent = server.take_sent().into_iter();
    sent.filter(|(_, message)| message.body == Body::TimeoutNow).map(|(to, _)| to).collect()
}

fn in_progress(to: u64) -> Option<Outcome> {
    Some(Outcome::Refused(Refusal::TransferInProgress { to: NodeId(to) }))
}

/// Nobody takes commands while a transfer waits for its target. A server that does not answer could
/// not take over in time.
#[test]
fn a_transfer_to_a_server_that_does_not_answer_is_refused() {
    let mut cluster = Cluster::full(3);
    cluster.elect(1);
    cluster.crash(3);
    cluster.live(Duration::from_millis(300));
    let request = cluster.transfer(1, 3);
    assert_eq!(cluster.outcome(1, request), None, "it answered 300 ms ago");
    cluster.live(SECOND);
    let request = cluster.transfer(1, 3);
    let refusal = Refusal::TargetNotHeard { to: NodeId(3) };
    assert_eq!(cluster.outcome(1, request), Some(Outcome::Refused(refusal)));
    cluster.restart(3);
    cluster.live(Duration::from_millis(100));
    let request = cluster.transfer(1, 3);
    cluster.settle();
    assert_eq!(cluster.outcome(1, request), Some(Outcome::Transferred { to: NodeId(3) }));
}

/// At once, in the next term, with pre-vote and stickiness on, although all hear the old leader.
#[test]
fn the_target_takes_over_at_once() {
    let mut cluster = Cluster::full(5);
    cluster.elect(1);
    let before = cluster.now;
    let request = cluster.transfer(1, 4);
    cluster.settle();
    assert_eq!((cluster.leader(), cluster.now), (Some(4), before));
    assert_eq!(cluster.node(4).current_term(), Term(2));
    assert_eq!(cluster.outcome(1, request), Some(Outcome::Transferred { to: NodeId(4) }));
    cluster.propose(4, "x");
    cluster.live(SECOND);
    cluster.assert_converged();
    assert_eq!(cluster.leader(), Some(4));
}

/// "The prior leader … brings the target server's log up to date" first.
#[test]
fn the_target_is_told_only_when_its_log_is_complete() {
    let mut server = leader_with(|_| {});
    server.propose(1, "x");
    server.receive(2, 1, success_in(1, 2));
    transfer(&mut server, 9, 3);
    assert_eq!(told(&mut server), []);
    server.receive(2, 1, success_in(1, 2));
    assert_eq!(told(&mut server), [], "server 3 is the target");
    server.receive(3, 1, success_in(1, 2));
    assert_eq!(told(&mut server), [3]);
}

/// A target that needs the snapshot first gets it.
#[test]
fn a_target_that_is_far_behind_is_brought_up_to_date() {
    let mut cluster = Cluster::joining(3, 0, |config| config.settings.snapshot_chunk_bytes = 4);
    cluster.elect(1);
    cluster.isolate(3);
    for command in ["alpha", "beta", "gamma"] {
        cluster.propose(1, command);
    }
    cluster.settle();
    cluster.take_snapshot(1);
    cluster.heal();
    cluster.transfer(1, 3);
    cluster.live(Duration::from_millis(250));
    assert_eq!(cluster.leader(), Some(3));
    assert_eq!(cluster.server(3).state, "alpha,beta,gamma");
}

/// "The prior leader stops accepting new client requests." Nor does it begin another change.
#[test]
fn meanwhile_the_leader_takes_no_commands() {
    let mut server = leader_with(|_| {});
    server.propose(1, "x");
    transfer(&mut server, 9, 3);
    server.propose(2, "y");
    assert_eq!(server.outcome(2), in_progress(3));
    transfer(&mut server, 3, 3);
    assert_eq!(server.outcome(3), in_progress(3));
    let (request, change) = (RequestId(4), MembershipChange::Remove(NodeId(2)));
    server.handle(
        Instant(0),
        Input::ChangeMembership { request, change, contexts: Vec::new(), force: false },
    );
    assert_eq!(server.outcome(4), in_progress(3));
    server.sent.clear();
    let (id, command) = (ForwardId(5), Bytes::from(b"z"));
    server.receive(2, 1, Body::Forward(Forward { id, command }));
    let result = Err(Refusal::TransferInProgress { to: NodeId(3) });
    assert_eq!(server.take_reply(), Body::ForwardReply(ForwardReply { id, result }));
    assert_eq!(server.log_terms(), [1, 1], "what was taken before stays");
    assert_eq!(server.node.status().transfer_to, Some(NodeId(3)));
}

/// "If leadership transfer does not complete after about an election timeout, the prior leader
/// aborts the transfer and resumes accepting client requests."
#[test]
fn a_transfer_that_takes_too_long_is_given_up() {
    let mut cluster = Cluster::full(3);
    cluster.elect(1);
    cluster.crash(3);
    let request = cluster.transfer(1, 3);
    let refused = cluster.propose(1, "early");
    assert_eq!(cluster.outcome(1, refused), in_progress(3));
    cluster.live(Duration::from_millis(360));
    let refusal = Refusal::TransferTimedOut { to: NodeId(3) };
    assert_eq!(cluster.outcome(1, request), Some(Outcome::Refused(refusal)));
    let taken = cluster.propose(1, "late");
    cluster.live(SECOND);
    assert!(matches!(cluster.outcome(1, taken), Some(Outcome::Committed(_))));
    assert_eq!((cluster.leader(), cluster.node(1).current_term()), (Some(1), Term(1)));
}

/// The network may lose it: it is sent again with each heartbeat, not more often.
#[test]
fn a_lost_timeout_now_is_repeated_with_the_heartbeat() {
    let mut cluster = Cluster::full(3);
    cluster.elect(1);
    cluster.transfer(1, 2);
    assert_eq!(cluster.take(is_timeout_now).len(), 1);
    cluster.settle();
    assert_eq!(cluster.leader(), Some(1));
    cluster.time_out(1);
    assert_eq!(cluster.network.iter().filter(|envelope| is_timeout_now(envelope)).count(), 1);
    cluster.settle();
    assert_eq!(cluster.leader(), Some(2));
}

#[test]
fn only_another_voter_can_be_the_target() {
    let members = membership(2).with_learners([NodeId(3)]);
    let mut server = leader_with(|config| config.membership = members.clone());
    for (request, node) in [(1, 3), (2, 1), (3, 99)] {
        transfer(&mut server, request, node);
        let refusal = Refusal::NotAVoter { node: NodeId(node) };
        assert_eq!(server.outcome(request), Some(Outcome::Refused(refusal)), "server {node}");
    }
    assert_eq!(server.node.status().transfer_to, None);
    transfer(&mut server, 4, 2);
    assert_eq!(told(&mut server), [2]);
}

#[test]
fn only_a_leader_can_hand_over() {
    let mut server = Server::start(full_config(1, 3), Recovered::default(), Instant(0));
    server.receive(2, 1, append((0, 0), &[], 0));
    transfer(&mut server, 1, 3);
    let leader = Some(NodeId(2));
    assert_eq!(server.outcome(1), Some(Outcome::NotLeader { leader }));
}

/// From another server, or from a leader that is deposed, it means nothing.
#[test]
fn only_its_leader_can_tell_a_server_to_stand() {
    let mut server = Server::start(full_config(1, 3), Recovered::default(), Instant(0));
    server.receive(2, 3, append((0, 0), &[], 0));
    for (from, term) in [(3, 3), (2, 2), (3, 4)] {
        server.receive(from, term, Body::TimeoutNow);
        assert_eq!(server.node.role(), RoleKind::Follower);
    }
    server.receive(3, 5, append((0, 0), &[], 0));
    server.receive(3, 5, Body::TimeoutNow);
    assert_eq!((server.node.role(), server.node.current_term()), (RoleKind::Candidate, Term(6)));
}

/// Its votes say that the leader permits it; a second attempt of its own does not.
#[test]
fn only_the_election_that_the_leader_asked_for_says_so() {
    let mut server = Server::start(full_config(1, 3), Recovered::default(), Instant(0));
    server.receive(2, 1, append((0, 0), &[], 0));
    server.sent.clear();
    server.receive(2, 1, Body::TimeoutNow);
    let asks = [2, 3].map(|to| (to, message(2, request_vote_by_transfer(0, 0))));
    assert_eq!(server.take_sent(), asks);
    let deadline = server.node.deadline();
    server.handle(deadline, Input::Timeout);
    assert_eq!(server.take_sent(), [2, 3].map(|to| (to, message(2, pre_vote(0, 0)))));
}

/// The leader was deposed by another server before the target was told: it started no election.
#[test]
fn a_leader_that_is_deposed_before_it_told_the_target_does_not_say_it_did() {
    let mut server = leader_with(|_| {});
    server.propose(1, "x");
    transfer(&mut server, 9, 3);
    server.receive(2, 2, append((0, 0), &[], 0));
    assert!(
        matches!(server.outcome(9), Some(Outcome::NotLeader { .. })),
        "{:?}",
        server.outcome(9)
    );
}

/// The target was told and removed meanwhile, or does not live: others are not held up for long.
#[test]
fn a_target_that_dies_does_not_stop_the_cluster() {
    let mut cluster = Cluster::full(3);
    cluster.elect(1);
    cluster.transfer(1, 2);
    cluster.deliver_where(is_timeout_now);
    cluster.crash(2);
    cluster.live(2 * SECOND);
    let leader = cluster.leader().expect("two of three are well");
    let request = cluster.propose(leader, "x");
    cluster.settle();
    assert!(matches!(cluster.outcome(leader, request), Some(Outcome::Committed(_))));
}

/// Commands taken before are not lost, and reads are answered meanwhile.
#[test]
fn the_transfer_loses_nothing() {
    let mut cluster = Cluster::full(3);
    cluster.elect(1);
    let request = cluster.propose(1, "x");
    let transfer = cluster.transfer(1, 3);
    let read = cluster.read(1, ReadMode::Quorum);
    cluster.live(Duration::from_millis(400));
    assert!(matches!(cluster.outcome(1, request), Some(Outcome::Committed(_))));
    assert!(matches!(cluster.outcome(1, transfer), Some(Outcome::Transferred { .. })));
    let read = cluster.outcome(1, read);
    assert!(matches!(read, Some(Outcome::Readable { .. } | Outcome::NotLeader { .. })), "{read:?}");
    assert_eq!(cluster.server(3).state, "x");
}

/// A leader that leaves transfers leadership by itself: no server waits for a timer.
#[test]
fn a_leader_that_is_removed_names_its_successor() {
    let mut cluster = Cluster::full(3);
    cluster.elect(1);
    let before = cluster.now;
    let request = cluster.change(1, MembershipChange::Remove(NodeId(1)));
    cluster.settle();
    assert!(matches!(cluster.outcome(1, request), Some(Outcome::Committed(_))));
    assert!(cluster.leader().is_some_and(|leader| leader != 1));
    assert_eq!(cluster.now, before);
    let told =
        |trace: &Trace| matches!(trace, Trace::Transfer(TransferTrace::TimeoutNowSent { .. }));
    assert!(cluster.server(1).traces.iter().any(told));
    let expected = Membership::new([NodeId(2), NodeId(3)]);
    assert_eq!(*cluster.node(2).membership(), expected);
    assert_eq!(cluster.node(1).commit_index(), LogIndex(2));
}

/// Server 1 is replaced by server 4 and is to transfer leadership to it. But the other servers
/// commit the last step before server 4 has its entry, and so server 1 tells one of them to start
/// an election: the target was not told.
#[test]
fn a_leader_that_leaves_says_which_server_it_told() {
    let mut cluster = Cluster::joining(3, 1, |_| {});
    cluster.elect(1);
    cluster.change(1, MembershipChange::AddLearner(NodeId(4)));
    cluster.live(Duration::from_millis(200));
    cluster.change(1, MembershipChange::Replace { old: NodeId(1), new: NodeId(4) });
    let request = cluster.transfer(1, 4);
    for _ in 0..4 {
        cluster.deliver_where(|envelope| [2, 3].contains(&envelope.to));
        cluster.deliver_where(|envelope| envelope.to == 1);
    }
    assert_eq!(cluster.node(1).role(), RoleKind::Follower);
    let told = |trace: &Trace| {
        let Trace::Transfer(TransferTrace::TimeoutNowSent { to }) = trace else { return None };
        Some(*to)
    };
    let successor = cluster.server(1).traces.iter().filter_map(told).next_back();
    assert!(successor.is_some_and(|successor| successor != NodeId(4)));
    let refusal = Refusal::LeaderRemoved { successor };
    assert_eq!(cluster.outcome(1, request), Some(Outcome::Refused(refusal)));
}

/// Of the servers with the longest log it tells the target.
#[test]
fn a_leader_that_leaves_prefers_the_target_of_its_transfer() {
    for target in [2, 3] {
        let mut cluster = Cluster::full(3);
        cluster.elect(1);
        cluster.change(1, MembershipChange::Remove(NodeId(1)));
        let request = cluster.transfer(1, target);
        cluster.settle();
        let to = NodeId(target);
        assert_eq!(cluster.outcome(1, request), Some(Outcome::Transferred { to }));
        assert_eq!(cluster.leader(), Some(target));
    }
}

/// A server that answered nothing for an election timeout is probably down, whatever its log holds.
#[test]
fn a_leader_that_leaves_names_a_server_that_answers() {
    let mut cluster = Cluster::new(5);
    cluster.elect(1);
    cluster.change(1, MembershipChange::Remove(NodeId(1)));
    cluster.deliver_where(|envelope| envelope.to == 5);
    cluster.deliver_where(|envelope| envelope.from == 5);
    cluster.take(|_| true);
    cluster.crash(5);
    let before = cluster.now;
    while cluster.now < before + SECOND {
        cluster.time_out(1);
        cluster.take(|_| true);
    }
    cluster.heartbeats(1, 1);
    let told = cluster.server(1).traces.iter().find_map(|trace| {
        let Trace::Transfer(TransferTrace::TimeoutNowSent { to }) = trace else { return None };
        Some(to.0)
    });
    assert!(matches!(told, Some(2..=4)), "{told:?}: server 5 holds as much, and is down");
}

/// The next leader may commit them: the removed one hears no more of that.
#[test]
fn a_removed_leader_answers_the_proposals_after_its_removal() {
    let mut cluster = Cluster::full(3);
    cluster.elect(1);
    cluster.change(1, MembershipChange::Remove(NodeId(1)));
    let early = cluster.propose(1, "early");
    cluster.deliver_where(|envelope| envelope.to == 2);
    cluster.deliver_where(|envelope| envelope.to == 3);
    let late = cluster.propose(1, "late");
    cluster.settle();
    let unknown = |index| Some(Outcome::Unknown { position: Some(at(index, 1)) });
    assert_eq!(cluster.outcome(1, early), unknown(3));
    assert_eq!(cluster.outcome(1, late), unknown(4));
    cluster.live(SECOND);
    let answers = |request| {
        let replies = &cluster.server(1).replies;
        replies.iter().filter(|(id, _)| *id == RequestId(request)).count()
    };
    assert_eq!((answers(early), answers(late)), (1, 1));
}

/// A leader that becomes a learner goes on hearing, and answers when it knows.
#[test]
fn a_demoted_leader_answers_when_the_next_one_commits() {
    let mut cluster = Cluster::full(3);
    cluster.elect(1);
    cluster.change(1, MembershipChange::Demote(NodeId(1)));
    let proposal = cluster.propose(1, "x");
    cluster.live(SECOND);
    assert_eq!(cluster.outcome(1, proposal), Some(Outcome::Committed(at(3, 1))));
}

/// It hears from no leader any more, but it knows which server it told to start an election.
#[test]
fn a_removed_leader_names_its_successor_to_those_who_ask_it() {
    let mut cluster = Cluster::full(3);
    cluster.elect(1);
    cluster.change(1, MembershipChange::Remove(NodeId(1)));
    cluster.settle();
    let leader = cluster.leader().map(NodeId);
    assert!(leader.is_some_and(|leader| leader != NodeId(1)));
    let asked = [
        cluster.propose(1, "x"),
        cluster.read(1, ReadMode::Quorum),
        cluster.change(1, MembershipChange::Remove(NodeId(2))),
        cluster.transfer(1, 3),
    ];
    for request in asked {
        assert_eq!(cluster.outcome(1, request), Some(Outcome::NotLeader { leader }));
    }
    assert_eq!(cluster.node(1).leader(), None, "it follows no server");
}

/// A transfer to another server takes the place of the present one. Of the first target it says
/// whether it was told: then it may still become leader.
#[test]
fn a_transfer_is_replaced_by_one_to_another_server() {
    for told in [false, true] {
        let mut server = leader_with(|_| {});
        server.propose(1, "x");
        if told {
            server.receive(3, 1, success_in(1, 2));
        }
        transfer(&mut server, 8, 3);
        transfer(&mut server, 9, 2);
        let refusal = Refusal::TransferReplaced { by: NodeId(2), told };
        assert_eq!(server.outcome(8), Some(Outcome::Refused(refusal)));
        assert_eq!(server.node.status().transfer_to, Some(NodeId(2)));
        server.sent.clear();
        server.receive(2, 1, success_in(1, 2));
        assert_eq!(self::told(&mut server), [2]);
        server.receive(2, 2, request_vote_by_transfer(2, 1));
        assert_eq!(server.outcome(9), Some(Outcome::Transferred { to: NodeId(2) }));
    }
}

#[test]
fn a_transfer_to_the_leader_itself_cancels_the_present_one() {
    let mut server = leader_with(|_| {});
    server.propose(1, "x");
    transfer(&mut server, 8, 3);
    transfer(&mut server, 9, 1);
    let refusal = Refusal::TransferCancelled { to: NodeId(3), told: false };
    assert_eq!(server.outcome(8), Some(Outcome::Refused(refusal)));
    assert_eq!(server.outcome(9), Some(Outcome::Cancelled));
    server.propose(2, "y");
    server.receive(2, 1, success_in(1, 3));
    assert!(matches!(server.outcome(2), Some(Outcome::Committed(_))), "it takes commands again");
}

/// A change that is held up by the transfer goes on.
#[test]
fn a_cancelled_transfer_holds_no_change_up() {
    let mut cluster = Cluster::joining(3, 1, |_| {});
    cluster.elect(1);
    cluster.isolate(2);
    let request = cluster.change(1, MembershipChange::AddVoter(NodeId(4)));
    cluster.transfer(1, 2);
    cluster.settle();
    cluster.heartbeats(1, 2);
    cluster.transfer(1, 1);
    cluster.settle();
    assert!(matches!(cluster.outcome(1, request), Some(Outcome::Committed(_))));
}

#[test]
fn a_transfer_ends_when_its_target_is_to_leave() {
    let mut server = leader_with(|_| {});
    server.propose(1, "x");
    transfer(&mut server, 8, 3);
    let change = |request, node| {
        let change = MembershipChange::Remove(NodeId(node));
        Input::ChangeMembership {
            request: RequestId(request),
            change,
            contexts: Vec::new(),
            force: false,
        }
    };
    server.handle(Instant(0), change(9, 2));
    assert_eq!(server.outcome(9), in_progress(3), "no other change begins");
    server.handle(Instant(0), change(10, 3));
    let refusal = Refusal::NotAVoter { node: NodeId(3) };
    assert_eq!(server.outcome(8), Some(Outcome::Refused(refusal)));
    assert_eq!(server.node.status().transfer_to, None);
    assert_eq!(*server.node.membership(), membership(2));
}

/// The last step of a change would make the log of the target incomplete (dissertation §3.10).
#[test]
fn the_last_step_of_a_change_waits_for_a_target_that_was_told() {
    let mut cluster = Cluster::joining(3, 2, |config| {
        config.membership = membership(3).with_learners([4, 5].map(NodeId));
    });
    cluster.elect(1);
    cluster.heartbeats(1, 2);
    let change = MembershipChange::SetVoters([1, 4, 5].map(NodeId).to_vec());
    cluster.change(1, change);
    assert!(cluster.node(1).membership().is_joint());
    // Server 4 answers first.
    cluster.deliver_where(|e| e.to == 4);
    cluster.deliver_where(|e| e.from == 4);
    assert!(cluster.node(1).membership().is_joint());
    cluster.transfer(1, 4);
    assert!(cluster.network.iter().any(|e| e.message.body == Body::TimeoutNow), "told");
    let last = cluster.node(1).log().last();
    // The acknowledgements of the others were on their way to the leader already.
    cluster.deliver_where(|e| e.from == 1 && e.to != 4);
    cluster.deliver_where(|e| e.to == 1);
    assert_eq!(cluster.node(1).log().last(), last, "the last step waits");
    cluster.deliver_where(|e| e.from == 1 && e.to != 4);
    // All the rest, in the order of sending, and no timer elapses.
    cluster.settle();
    assert_eq!(cluster.leader(), Some(4));
}
