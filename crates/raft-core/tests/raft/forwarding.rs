//! §8: "the first server will reject the client's request and supply information about the most
//! recent leader"; or, if it is set to, pass it on.

use std::time::Duration;

use raft_core::{
    Body, Bytes, ClientTrace, Config, Forward, ForwardId, ForwardReply, Input, Instant, LogIndex,
    LogPosition, NodeId, Outcome, ReadMode, Recovered, Refusal, RequestId, RoleKind, Term,
};

use crate::builders::*;
use crate::cluster::Cluster;
use crate::server::Server;

fn config_with_forwarding() -> Config {
    let mut config = full_config(1, 3);
    config.settings.forward_proposals = true;
    config
}

/// Server 1 follows server 2, leader of term 1, and has applied one entry.
fn follower() -> Server {
    follower_with(config_with_forwarding())
}

fn follower_with(config: Config) -> Server {
    let mut server = Server::start(config, Recovered::default(), Instant(0));
    server.receive(2, 1, append((0, 0), &[1], 1));
    server.sent.clear();
    server
}

/// Proposes, and says under which id the command was passed on.
fn pass_on(server: &mut Server, request: u64) -> ForwardId {
    server.sent.clear();
    server.propose(request, "x");
    let sent = server.take_reply();
    let Body::Forward(Forward { id, command }) = sent else { panic!("{sent:?} forwards nothing") };
    assert_eq!(*command, *b"x");
    id
}

fn reply(id: ForwardId, result: Result<LogPosition, Refusal>) -> Body {
    Body::ForwardReply(ForwardReply { id, result })
}

#[test]
fn a_command_proposed_anywhere_is_committed_and_its_client_is_told_after_it_is_applied() {
    let mut cluster = Cluster::joining(3, 0, |config| config.settings.forward_proposals = true);
    cluster.elect(1);
    let requests: Vec<(u64, u64)> =
        cluster.ids().map(|id| (id, cluster.propose(id, &format!("from {id}")))).collect();
    cluster.live(Duration::from_millis(200));
    for (id, request) in requests {
        let outcome = cluster.outcome(id, request);
        assert!(matches!(outcome, Some(Outcome::Committed(_))), "server {id}: {outcome:?}");
        assert!(cluster.server(1).state.contains(&format!("from {id}")));
    }
    cluster.assert_converged();
}

#[test]
fn without_the_setting_a_follower_names_its_leader() {
    let mut server = follower_with(full_config(1, 3));
    server.propose(1, "x");
    assert_eq!(server.outcome(1), Some(Outcome::NotLeader { leader: Some(NodeId(2)) }));
    assert_eq!(server.take_sent(), []);
}

#[test]
fn a_server_that_knows_no_leader_passes_nothing_on() {
    let mut server = Server::start(config_with_forwarding(), Recovered::default(), Instant(0));
    server.propose(1, "x");
    assert_eq!(server.outcome(1), Some(Outcome::NotLeader { leader: None }));
    let deadline = server.node.deadline();
    server.handle(deadline, Input::Timeout);
    assert_eq!(server.node.role(), RoleKind::PreCandidate);
    server.propose(2, "x");
    assert_eq!(server.outcome(2), Some(Outcome::NotLeader { leader: None }));
}

/// A message waits until its term is on disk, and the disk may be slower than a client's patience:
/// the client asks the leader itself.
#[test]
fn nothing_is_passed_on_in_a_term_that_is_not_on_disk() {
    let mut server = Server::start(config_with_forwarding(), Recovered::default(), Instant(0));
    server.disk_is_slow = true;
    server.receive(2, 1, append((0, 0), &[], 0));
    let read = |server: &mut Server, request| {
        let (request, mode) = (RequestId(request), ReadMode::Quorum);
        server.handle(Instant(0), Input::Read { request, mode });
    };
    server.propose(1, "x");
    read(&mut server, 2);
    let leader = Some(NodeId(2));
    for request in [1, 2] {
        assert_eq!(server.outcome(request), Some(Outcome::NotLeader { leader }));
    }
    assert!(server.traces.contains(&ClientTrace::ProposalRedirected { leader }.into()));
    server.finish_writes(Instant(0));
    let is_request = |body: &Body| matches!(body, Body::Forward(_) | Body::ReadIndex(_));
    assert!(server.take_sent().iter().all(|(_, message)| !is_request(&message.body)));
    pass_on(&mut server, 3);
    read(&mut server, 4);
    assert!(is_request(&server.take_reply()));
}

#[test]
fn a_leader_says_where_it_appended_a_command() {
    let mut server = Server::start(full_config(1, 3), Recovered::default(), Instant(0));
    server.lead();
    let (id, command) = (ForwardId(7), Bytes::from(b"x"));
    server.receive(2, 1, Body::Forward(Forward { id, command }));
    assert_eq!(server.take_reply(), reply(ForwardId(7), Ok(at(2, 1))));
    assert_eq!(server.log_terms(), [1, 1]);
}

/// It is not passed on again, so that nothing goes round in circles.
#[test]
fn who_does_not_lead_refuses_what_is_passed_on_to_it() {
    let mut server = follower();
    let (id, command) = (ForwardId(7), Bytes::from(b"x"));
    server.receive(3, 1, Body::Forward(Forward { id, command: command.clone() }));
    assert_eq!(server.take_reply(), reply(id, Err(Refusal::NotLeader)));
    server.receive(3, 0, Body::Forward(Forward { id, command }));
    assert_eq!(server.take_reply(), reply(id, Err(Refusal::NotLeader)), "nor in an older term");
    assert_eq!(server.log_terms(), [1]);
}

#[test]
fn the_client_hears_of_a_refusal() {
    let mut server = follower();
    let first = pass_on(&mut server, 1);
    let second = pass_on(&mut server, 2);
    assert_ne!(first, second);
    let refusal = Refusal::TooMuchUncommitted { bytes: 9, limit: 8 };
    server.receive(2, 1, reply(second, Err(refusal)));
    server.receive(2, 1, reply(first, Err(Refusal::NotLeader)));
    assert_eq!(server.outcome(2), Some(Outcome::Refused(refusal)));
    let unknown = Some(Outcome::Unknown { position: None });
    assert_eq!(server.outcome(1), unknown, "it led, and may have appended another copy");
}

#[test]
fn the_answer_and_the_entries_may_come_in_any_order() {
    let mut server = follower();
    let first = pass_on(&mut server, 1);
    let second = pass_on(&mut server, 2);
    server.receive(2, 1, reply(first, Ok(at(2, 1))));
    server.receive(2, 1, append((1, 1), &[1, 1], 3));
    assert_eq!(server.outcome(1), Some(Outcome::Committed(at(2, 1))));
    server.receive(2, 1, reply(second, Ok(at(3, 1))));
    assert_eq!(server.outcome(2), Some(Outcome::Committed(at(3, 1))));
    server.receive(2, 1, reply(second, Ok(at(3, 1))));
}

/// The leader lost the entry with its leadership.
#[test]
fn the_client_hears_that_another_entry_took_the_place() {
    let mut server = follower();
    let id = pass_on(&mut server, 1);
    server.receive(2, 1, reply(id, Ok(at(2, 1))));
    server.receive(3, 2, append((1, 1), &[2], 2));
    assert_eq!(server.outcome(1), Some(Outcome::Superseded { position: at(2, 1) }));
}

/// The entries overtook the answer.
#[test]
fn another_entry_that_is_applied_already_is_not_taken_for_the_command() {
    let mut server = follower();
    server.receive(3, 2, append((1, 1), &[2], 2));
    let id = pass_on(&mut server, 1);
    server.receive(3, 2, reply(id, Ok(at(2, 1))));
    assert_eq!(server.outcome(1), Some(Outcome::Superseded { position: at(2, 1) }));
}

/// It may have been appended, and may yet be committed: the client must not take it for refused.
#[test]
fn a_command_that_is_not_answered_has_an_unknown_fate() {
    let unknown = Some(Outcome::Unknown { position: None });
    let mut server = follower();
    pass_on(&mut server, 1);
    server.receive_at(Instant(300_000), 2, 1, append((1, 1), &[], 1));
    assert_eq!(server.outcome(1), None);
    server.receive_at(Instant(300_001), 2, 1, append((1, 1), &[], 1));
    assert_eq!(server.outcome(1), unknown, "the leader lives, and does not answer");
    pass_on(&mut server, 2);
    server.receive(3, 2, append((1, 1), &[], 1));
    assert_eq!(server.outcome(2), unknown, "the leader changed");
    pass_on(&mut server, 3);
    let deadline = server.node.deadline();
    server.handle(deadline, Input::Timeout);
    assert_eq!(server.outcome(3), unknown, "the leader is silent");
}

/// The snapshot covers the index, so this server does not know the fate of the command.
#[test]
fn a_command_behind_a_snapshot_has_an_unknown_fate() {
    let mut server = follower();
    server.disk_is_slow = true;
    let id = pass_on(&mut server, 1);
    server.receive(2, 1, install(&snapshot(3, 1, 3, "state"), 0, 5));
    server.receive(2, 1, reply(id, Ok(at(3, 1))));
    let position = Some(at(3, 1));
    assert_eq!(server.outcome(1), Some(Outcome::Unknown { position }));
}

#[test]
fn no_more_is_passed_on_than_the_limit_allows() {
    let mut config = config_with_forwarding();
    config.settings.max_pending_requests = 2;
    let mut server = follower_with(config);
    let id = pass_on(&mut server, 1);
    pass_on(&mut server, 2);
    server.propose(3, "x");
    let refused = Some(Outcome::Refused(Refusal::TooManyPending { limit: 2 }));
    assert_eq!(server.outcome(3), refused);
    server.receive(2, 1, reply(id, Ok(at(2, 1))));
    server.propose(4, "x");
    assert_eq!(server.outcome(4), refused, "one waits to be committed");
    server.receive(2, 1, append((1, 1), &[1], 2));
    pass_on(&mut server, 5);
}

/// Two lives of a server do not use the same ids: an answer to the one is nothing to the other.
#[test]
fn another_life_uses_other_ids() {
    let mut server = follower();
    let before = pass_on(&mut server, 1);
    server.crash();
    server.restart(Instant(1));
    server.receive(2, 1, append((1, 1), &[], 1));
    server.sent.clear();
    let after = pass_on(&mut server, 2);
    assert_ne!(before, after);
    server.receive(2, 1, reply(before, Ok(at(2, 1))));
    assert_eq!(server.outcome(2), None);
    let request = RequestId(2);
    assert!(!server.replies.iter().any(|(id, _)| *id == request));
}

/// Server 1 leads term 1, with this limit of bytes that are not committed.
fn leader(max_uncommitted_bytes: u64) -> Server {
    let mut config = full_config(1, 3);
    config.settings.max_uncommitted_bytes = max_uncommitted_bytes;
    let mut server = Server::start(config, Recovered::default(), Instant(0));
    server.lead();
    server
}

/// Server `from` forwards the command with this id. The result.
fn forward(server: &mut Server, from: u64, id: u64) -> Result<LogPosition, Refusal> {
    let (id, command) = (ForwardId(id), Bytes::from(b"x"));
    server.sent.clear();
    server.receive(from, 1, Body::Forward(Forward { id, command }));
    let (_, answer) = server.take_sent().remove(0);
    let Body::ForwardReply(answer) = answer.body else { panic!("{answer:?} is no reply") };
    assert_eq!(answer.id, id);
    answer.result
}

#[test]
fn a_copy_of_a_forwarded_command_is_not_appended_again() {
    let mut server = leader(64 << 20);
    assert_eq!(forward(&mut server, 2, 7), Ok(at(2, 1)));
    assert_eq!(forward(&mut server, 2, 8), Ok(at(3, 1)));
    for _ in 0..3 {
        assert_eq!(forward(&mut server, 2, 7), Ok(at(2, 1)));
        assert_eq!(forward(&mut server, 2, 8), Ok(at(3, 1)));
    }
    assert_eq!(forward(&mut server, 2, 6), Ok(at(4, 1)), "it was overtaken");
    assert_eq!(forward(&mut server, 3, 7), Ok(at(5, 1)), "of another server");
    assert_eq!(server.log_terms(), [1; 5]);
}

/// The first copy is refused, and its client is told so.
#[test]
fn a_copy_of_a_refused_command_is_refused() {
    let mut server = leader(150);
    assert_eq!(forward(&mut server, 2, 1), Ok(at(2, 1)));
    let refused = forward(&mut server, 2, 2);
    assert!(matches!(refused, Err(Refusal::TooMuchUncommitted { .. })), "{refused:?}");
    server.receive(2, 1, success_in(1, 2));
    server.receive(2, 1, success_in(1, 2));
    assert_eq!(server.commit_index(), 2);
    assert_eq!(forward(&mut server, 2, 2), refused);
    assert_eq!(forward(&mut server, 2, 3), Ok(at(3, 1)));
}

/// The first copy is appended, and the leader takes no commands when the second one comes.
#[test]
fn a_copy_of_an_appended_command_is_not_refused() {
    let mut server = leader(64 << 20);
    assert_eq!(forward(&mut server, 2, 1), Ok(at(2, 1)));
    let (request, to) = (RequestId(9), NodeId(3));
    server.handle(Instant(0), Input::TransferLeadership { request, to });
    assert_eq!(forward(&mut server, 2, 1), Ok(at(2, 1)));
    let refused = forward(&mut server, 2, 2);
    assert!(matches!(refused, Err(Refusal::TransferInProgress { .. })), "{refused:?}");
}

/// Results that are not kept any more: what may be a copy is not appended, and nothing is promised.
#[test]
fn a_command_that_may_be_a_copy_is_not_appended() {
    let mut server = leader(64 << 20);
    for id in 1..=1025 {
        assert_eq!(forward(&mut server, 2, id), Ok(at(id + 1, 1)));
    }
    assert_eq!(forward(&mut server, 2, 1), Err(Refusal::NotLeader));
    assert_eq!(forward(&mut server, 2, 0), Err(Refusal::NotLeader));
    assert_eq!(forward(&mut server, 2, 2), Ok(at(3, 1)));
    assert_eq!(server.node.memory_usage().command_results, 1024);
    let next_life = 5 << 32;
    assert_eq!(forward(&mut server, 2, next_life), Ok(at(1027, 1)));
    assert_eq!(forward(&mut server, 2, 2), Err(Refusal::NotLeader), "of the earlier life");
    assert_eq!(forward(&mut server, 2, 1025), Ok(at(1026, 1)), "its result is kept");
    assert_eq!(forward(&mut server, 2, next_life), Ok(at(1027, 1)));
    for from in 10..40 {
        assert!(forward(&mut server, from, 1).is_ok());
    }
    assert_eq!(forward(&mut server, 9, 40), Ok(at(1058, 1)));
}

/// A command of an earlier life is late, and the first one of that life to arrive. It does not make
/// the present life an earlier one.
#[test]
fn a_late_command_of_an_earlier_life_stops_no_other() {
    let mut server = leader(64 << 20);
    let (earlier, present) = (1 << 32, 2 << 32);
    assert_eq!(forward(&mut server, 2, present), Ok(at(2, 1)));
    assert_eq!(forward(&mut server, 2, earlier), Ok(at(3, 1)));
    for id in 1..5 {
        assert_eq!(forward(&mut server, 2, present + id), Ok(at(3 + id, 1)), "{id}");
    }
    assert_eq!(forward(&mut server, 2, earlier), Ok(at(3, 1)), "it is a copy");
    assert_eq!(forward(&mut server, 2, present), Ok(at(2, 1)));
}

/// Of sixteen lives it is known that results were dropped.
#[test]
fn a_copy_of_an_earlier_life_is_not_appended() {
    let mut server = leader(64 << 20);
    for life in 1..=16_u64 {
        assert_eq!(forward(&mut server, 2, life << 32), Ok(at(life + 1, 1)));
    }
    let present = 99 << 32;
    for id in 0..1024 {
        assert_eq!(forward(&mut server, 2, present + id), Ok(at(18 + id, 1)));
    }
    for life in 1..=16_u64 {
        assert_eq!(forward(&mut server, 2, life << 32), Err(Refusal::NotLeader), "life {life}");
    }
    assert_eq!(server.node.memory_usage().command_results, 1024);
}

/// Results of one life were dropped. Other commands of that life, and those of other lives, are no
/// copies: ids of one life begin with the same bits, and its commands have ascending ids.
#[test]
fn a_command_that_cannot_be_a_copy_is_appended() {
    let mut server = leader(64 << 20);
    let (earlier, present, later) = (1 << 32, 2 << 32, 3 << 32);
    for id in 0..1025 {
        assert_eq!(forward(&mut server, 2, present + id), Ok(at(id + 2, 1)));
    }
    assert_eq!(forward(&mut server, 2, present), Err(Refusal::NotLeader), "it may be one");
    for (id, index) in [(present + 1025, 1027), (earlier, 1028), (later, 1029)] {
        assert_eq!(forward(&mut server, 2, id), Ok(at(index, 1)), "{id:#x}");
    }
}

/// Members come and go in a long term. A server that left makes room; a late copy of its commands
/// is not appended again.
#[test]
fn a_new_member_is_never_one_server_too_many() {
    let mut server = leader(64 << 20);
    assert_eq!(forward(&mut server, 2, 1), Ok(at(2, 1)));
    for from in 10..200 {
        assert!(forward(&mut server, from, 1).is_ok(), "server {from}");
    }
    // The results of 32 servers, and the ids of the 159 that left.
    assert_eq!(server.node.memory_usage().command_results, 191);
    let entries = server.log_terms().len();
    assert_eq!(forward(&mut server, 10, 1), Err(Refusal::NotLeader), "it may be a copy");
    assert_eq!(forward(&mut server, 2, 1), Ok(at(2, 1)), "of a member");
    assert_eq!(server.log_terms().len(), entries);
}

/// A server left, made room, and came back, all in one term.
#[test]
fn a_server_that_comes_back_is_heard_again() {
    let mut server = leader(64 << 20);
    for from in 10..50 {
        assert!(forward(&mut server, from, 2).is_ok(), "server {from}");
    }
    let held = server.node.memory_usage().command_results;
    let next = LogIndex(server.log_terms().len() as u64 + 1);
    let appended = Ok(LogPosition::new(next, Term(1)));
    assert_eq!(forward(&mut server, 10, 2), Err(Refusal::NotLeader), "it may be a copy");
    assert_eq!(forward(&mut server, 10, 1), Err(Refusal::NotLeader), "it may be one too");
    assert_eq!(forward(&mut server, 10, 3), appended);
    assert_eq!(forward(&mut server, 10, 3), appended, "its result is kept");
    assert_eq!(forward(&mut server, 10, 2), Err(Refusal::NotLeader), "it may still be a copy");
    assert!(forward(&mut server, 10, 5 << 32).is_ok(), "of another life");
    // Its results take the place of its id.
    assert_eq!(server.node.memory_usage().command_results, held + 1);
}

/// There is room for others, so the results of a server that left are kept.
#[test]
fn a_copy_of_a_server_that_left_has_its_result() {
    let mut server = leader(64 << 20);
    for (from, index) in [(10, 2), (11, 3), (10, 2), (11, 3)] {
        assert_eq!(forward(&mut server, from, 1), Ok(at(index, 1)), "server {from}");
    }
}

/// More former members than can be remembered: what may be a copy is not appended.
#[test]
fn a_leader_remembers_a_limited_number_of_former_members() {
    let mut server = leader(64 << 20);
    // 1024 servers that left, and the results of 32.
    for from in 10..10 + 1024 + 32 {
        assert!(forward(&mut server, from, 1).is_ok(), "server {from}");
    }
    assert_eq!(server.node.memory_usage().command_results, 1024 + 32);
    assert_eq!(forward(&mut server, 5000, 1), Err(Refusal::NotLeader));
    assert_eq!(server.node.memory_usage().command_results, 1024 + 32);
}

#[test]
fn a_forwarded_command_is_valid_in_its_term_only() {
    let mut server = leader(64 << 20);
    assert_eq!(forward(&mut server, 2, 1), Ok(at(2, 1)));
    server.receive(3, 2, append((0, 0), &[], 0));
    server.sent.clear();
    assert_eq!(forward(&mut server, 2, 1), Err(Refusal::NotLeader));
    assert_eq!(server.log_terms(), [1, 1]);
}

/// Two lives with the same seed use the same ids. The new command gets no result of the old one.
#[test]
fn another_command_with_a_known_id_gets_no_result() {
    let mut server = leader(64 << 20);
    assert_eq!(forward(&mut server, 2, 1), Ok(at(2, 1)));
    for other in 0..=u8::MAX {
        let (id, command) = (ForwardId(1), Bytes::from(vec![other]));
        let result = if other == b'x' { Ok(at(2, 1)) } else { Err(Refusal::NotLeader) };
        server.receive(2, 1, Body::Forward(Forward { id, command }));
        assert_eq!(server.take_sent().pop().map(|sent| sent.1.body), Some(reply(id, result)));
    }
    assert_eq!(server.log_terms(), [1, 1]);
}
