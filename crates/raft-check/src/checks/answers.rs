//! Answers reach a leader: what it knows of a follower never gets less.

use raft_core::{AppendEntriesReply, Body, Message, Node, NodeId};

use super::Checks;
use crate::invariants::monotonic_state::{self, MatchSeen};

impl Checks {
    pub(super) fn answer_delivered(&mut self, from: NodeId, to: NodeId, message: &Message) {
        let Body::AppendEntriesReply(AppendEntriesReply::Success { match_index, .. }) =
            &message.body
        else {
            return;
        };
        if let Some(node) = self.node_mut(to).filter(|node| node.leading == Some(message.term)) {
            node.answers.hear(message.term, from, *match_index);
        }
    }

    /// Looks into a leader's books when an answer came that is older than another one.
    pub(super) fn follow_answers(&mut self, id: NodeId, core: &Node, has_seen_all: bool) {
        let Some(node) = self.node_mut(id) else { return };
        let membership = node.memberships.last().0;
        node.answers.go_by(membership);
        let Some(peer) = node.answers.late.take() else { return };
        let most = node.answers.most(peer);
        let is_up_to_date = has_seen_all && node.leading.is_some();
        let status = core.status();
        let known = status.peers.iter().find(|found| found.id == peer).filter(|_| is_up_to_date);
        if let Some(known) = known {
            let seen = MatchSeen { leader: id, peer, most, known: known.match_index };
            self.board.note(&monotonic_state::PROPERTY, monotonic_state::match_seen(seen));
        }
    }
}
