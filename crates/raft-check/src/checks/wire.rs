//! Messages leave: what they promise must be on disk, and what they claim must be possible.

use raft_core::{
    AppendEntriesReply, Body, InstallSnapshotReply, LogIndex, LogPosition, Message, NodeId, Term,
};

use super::Checks;
use crate::invariants::durable_promises::{self, LogAcknowledged, LogAdvertised, TermSent};
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
            Body::AppendEntries(_) | Body::InstallSnapshot(_) => {
                self.leader_seen(LeaderSeen { term, node: from });
            }
            Body::AppendEntriesReply(AppendEntriesReply::Success { match_index, .. })
            | Body::InstallSnapshotReply(InstallSnapshotReply::Installed { match_index, .. }) => {
                self.log_acknowledged(from, to, *match_index, term);
            }
            _ => {}
        }
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
