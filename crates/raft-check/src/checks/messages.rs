//! Messages leave their senders and arrive.

use raft_core::{AppendEntriesReply, Body, HeartbeatRound, Message, NodeId, Term};
use raft_sim::World;

use super::Checks;
use crate::properties::vote_durability::VoteSent;
use crate::properties::{Checker as _, MessageDelivered, MessageSent};

impl Checks {
    pub(super) fn follow_message(
        &mut self,
        world: &World,
        from: NodeId,
        to: NodeId,
        message: &Message,
    ) {
        let term = message.term;
        let Some(sender) = self.shadows.node_mut(from) else { return };
        sender.sent = sender.sent.max(term);
        let (properties, mut cx) = self.telling(world);
        properties.term_sent(from, term, &mut cx);
        match &message.body {
            // A candidate votes for itself (§5.2).
            Body::RequestVote(_) => self.follow_vote(world, from, from, term),
            Body::RequestVoteReply(reply) if reply.vote_granted => {
                self.follow_vote(world, from, to, term);
            }
            Body::AppendEntries(request) => self.follow_leader(world, from, term, request.round),
            Body::InstallSnapshot(request) => self.follow_leader(world, from, term, request.round),
            Body::TimeoutNow => self.tell_of_leader(world, from, term),
            Body::PreVote(_)
            | Body::PreVoteReply(_)
            | Body::RequestVoteReply(_)
            | Body::AppendEntriesReply(_)
            | Body::InstallSnapshotReply(_)
            | Body::ReadIndex(_)
            | Body::ReadIndexReply(_)
            | Body::Forward(_)
            | Body::ForwardReply(_) => {}
        }
        let (properties, mut cx) = self.telling(world);
        properties.message_sent(MessageSent { from, to, message }, &mut cx);
    }

    fn follow_vote(&mut self, world: &World, voter: NodeId, candidate: NodeId, term: Term) {
        let Some(node) = self.shadows.node(voter) else { return };
        let durable = node.disk.hard_state;
        let first = self.shadows.votes.record(term, voter, candidate);
        let (properties, mut cx) = self.telling(world);
        properties.vote_sent(VoteSent { voter, term, candidate, first, durable }, &mut cx);
    }

    /// A message that only a leader sends.
    fn follow_leader(&mut self, world: &World, leader: NodeId, term: Term, round: HeartbeatRound) {
        self.tell_of_leader(world, leader, term);
        if let Some(node) = self.shadows.node_mut(leader) {
            node.round_sent = node.round_sent.max((term, round));
        }
    }

    pub(super) fn tell_of_leader(&mut self, world: &World, leader: NodeId, term: Term) {
        let (properties, mut cx) = self.telling(world);
        properties.leader_seen(leader, term, &mut cx);
    }

    pub(super) fn follow_delivery(
        &mut self,
        world: &World,
        from: NodeId,
        to: NodeId,
        message: &Message,
    ) {
        let (properties, mut cx) = self.telling(world);
        properties.message_delivered(MessageDelivered { from, to, message }, &mut cx);
        let Body::AppendEntriesReply(AppendEntriesReply::Success { match_index, .. }) =
            &message.body
        else {
            return;
        };
        let leader = self.shadows.node_mut(to).filter(|node| node.leading == Some(message.term));
        if let Some(leader) = leader {
            leader.replies.hear(message.term, from, *match_index);
        }
    }
}
