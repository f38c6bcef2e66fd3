//! Messages leave: what they promise must be on disk, and what they claim must be possible.

use raft_core::{
    AppendEntriesReply, Body, HeartbeatRound, InstallSnapshotReply, LogIndex, LogPosition, Message,
    NodeId, Term,
};

use super::Checks;
use crate::invariants::durable_promises::{
    self, LogAcknowledged, LogAdvertised, RoundAnswered, TermSent,
};
use crate::invariants::election_safety::LeaderSeen;
use crate::invariants::vote_durability::{self, VoteSent};

impl Checks {
    pub(super) fn follow_message(&mut self, from: NodeId, to: NodeId, message: &Message) {
        let term = message.term;
        let Some(sender) = self.node_mut(from) else { return };
        sender.sent = sender.sent.max(term);
        let durable_term = sender.disk.hard_state.current_term;
        let verdict = durable_promises::term_sent(TermSent { node: from, term, durable_term });
        self.board.note(&durable_promises::PROPERTY, verdict);
        match &message.body {
            // A candidate votes for itself (§5.2).
            Body::RequestVote(request) => {
                self.vote_sent(from, from, term);
                self.log_advertised(from, request.last_log());
            }
            Body::RequestVoteReply(reply) if reply.vote_granted => self.vote_sent(from, to, term),
            Body::RequestVoteReply(_) => {}
            // Only a leader sends these.
            Body::AppendEntries(request) => self.leader_sent(from, term, request.round),
            Body::InstallSnapshot(request) => {
                self.leader_sent(from, term, request.round);
                self.membership_in_snapshot(from, request.last_included(), &request.membership);
            }
            Body::TimeoutNow => self.leader_seen(LeaderSeen { term, node: from }),
            Body::AppendEntriesReply(reply) => self.answered(from, to, term, reply),
            Body::InstallSnapshotReply(reply) => match *reply {
                InstallSnapshotReply::Installed { match_index, round } => {
                    self.round_answered(from, to, term, round);
                    self.log_acknowledged(from, to, match_index, term);
                }
                InstallSnapshotReply::Continue { round, .. } => {
                    self.round_answered(from, to, term, round);
                }
            },
            // Answers to pre-votes promise nothing (dissertation §9.6).
            _ => {}
        }
    }

    fn leader_sent(&mut self, leader: NodeId, term: Term, round: HeartbeatRound) {
        self.leader_seen(LeaderSeen { term, node: leader });
        if let Some(node) = self.node_mut(leader) {
            node.round_sent = node.round_sent.max((term, round));
        }
    }

    fn answered(&mut self, from: NodeId, to: NodeId, term: Term, reply: &AppendEntriesReply) {
        match *reply {
            AppendEntriesReply::Success { match_index, round } => {
                self.round_answered(from, to, term, round);
                self.log_acknowledged(from, to, match_index, term);
            }
            AppendEntriesReply::Failure { round, .. } | AppendEntriesReply::Following { round } => {
                self.round_answered(from, to, term, round)
            }
        }
    }

    /// What a leader of the answer's term would take for an answer to a round of its own.
    fn round_answered(&mut self, node: NodeId, leader: NodeId, term: Term, round: HeartbeatRound) {
        let Some(asker) = self.node(leader) else { return };
        let begun = match asker.round_sent {
            (of, begun) if of == term => begun,
            // It has sent nothing in that term, or it leads, if at all, in a later one.
            (of, _) if of < term => HeartbeatRound(0),
            _ => return,
        };
        let seen = RoundAnswered { node, leader, term, round, begun };
        self.board.note(&durable_promises::PROPERTY, durable_promises::round_answered(seen));
    }

    fn vote_sent(&mut self, voter: NodeId, candidate: NodeId, term: Term) {
        let Some(node) = self.node(voter) else { return };
        let seen = VoteSent { voter, term, candidate, durable: node.disk.hard_state };
        let verdict = self.vote_durability.vote_sent(seen);
        self.board.note(&vote_durability::PROPERTY, verdict);
    }

    fn log_advertised(&mut self, id: NodeId, last_log: LogPosition) {
        let Some(node) = self.node(id) else { return };
        let seen = LogAdvertised { node: id, last_log, best_durable: node.disk.best };
        self.board.note(&durable_promises::PROPERTY, durable_promises::log_advertised(seen));
    }

    fn log_acknowledged(
        &mut self,
        from: NodeId,
        leader: NodeId,
        match_index: LogIndex,
        term: Term,
    ) {
        let Some(node) = self.node(from) else { return };
        // With a later term on disk the message is a late one: what it promised was there once, and
        // the leader of the later term may have replaced it.
        if node.disk.hard_state.current_term != term || match_index < node.disk.log.base() {
            return;
        }
        let leading = self.node(leader).filter(|node| node.leading == Some(term));
        let seen = LogAcknowledged {
            node: from,
            leader,
            match_index,
            durable: node.disk.log.get(match_index),
            durable_last: node.disk.log.last(),
            leaders: leading.and_then(|node| node.holds(match_index)),
        };
        self.board.note(&durable_promises::PROPERTY, durable_promises::log_acknowledged(seen));
    }
}
