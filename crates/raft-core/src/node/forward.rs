//! Requests that a follower forwards to its leader: reads, and proposals if it is set to.
//!
//! The network may lose the request or the reply. A request without a reply is given up after the
//! longest election timeout, or when the leader changes, and the client is told. If the network
//! repeats a forwarded command, it is appended twice: only the state machine can tell (§8).

use super::{Node, Role};
use crate::{
    Body, Bytes, ClientTrace, Forward, ForwardId, ForwardReply, IgnoreReason, Instant, LogPosition,
    NodeId, Outcome, Refusal, RequestId,
};

/// A request that was forwarded and has no reply yet.
#[derive(Clone, Debug)]
pub(super) struct ForwardedRequest {
    id: ForwardId,
    request: RequestId,
    kind: ForwardedKind,
    sent_at: Instant,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ForwardedKind {
    Read,
    Command,
}

impl Node {
    /// Raft §8: forwards a request to the leader, and remembers it until the reply.
    pub(super) fn forward_request(
        &mut self,
        request: RequestId,
        kind: ForwardedKind,
        question: impl FnOnce(ForwardId) -> Body,
    ) {
        let Some(leader) = self.leader() else {
            let leader = self.successor;
            return self.reply(request, Outcome::NotLeader { leader });
        };
        let limit = self.config.settings.max_pending_requests;
        if self.forwarded.len() + self.readable.len() + self.proposals.len() >= limit {
            let refusal = Refusal::TooManyPending { limit: limit as u64 };
            return self.reply(request, Outcome::Refused(refusal));
        }
        self.last_forward = ForwardId(self.last_forward.0.wrapping_add(1));
        let (id, sent_at) = (self.last_forward, self.now);
        self.forwarded.push_back(ForwardedRequest { id, request, kind, sent_at });
        self.trace(|| ClientTrace::RequestForwarded { leader });
        self.send(leader, question(id));
    }

    pub(super) fn forward_proposal(&mut self, request: RequestId, command: Bytes) {
        let question = |id| Body::Forward(Forward { id, command });
        self.forward_request(request, ForwardedKind::Command, question);
    }

    /// The client's request that this reply answers.
    pub(super) fn take_forwarded(
        &mut self,
        id: ForwardId,
        kind: ForwardedKind,
    ) -> Option<RequestId> {
        let place = self.forwarded.iter().position(|f| f.id == id && f.kind == kind)?;
        self.forwarded.remove(place).map(|forwarded| forwarded.request)
    }

    /// The leader changed: the old one sends no reply any more.
    pub(super) fn give_up_forwarded(&mut self) {
        while let Some(forwarded) = self.forwarded.pop_front() {
            self.answer_unanswered(&forwarded);
        }
    }

    /// The leader lives, but sends no reply: the request or the reply was lost.
    pub(super) fn give_up_overdue(&mut self) {
        let (now, patience) = (self.now, self.config.settings.election_timeout_max);
        let is_overdue = |forwarded: &mut ForwardedRequest| now - forwarded.sent_at > patience;
        while let Some(forwarded) = self.forwarded.pop_front_if(is_overdue) {
            self.answer_unanswered(&forwarded);
        }
    }

    fn answer_unanswered(&mut self, forwarded: &ForwardedRequest) {
        let outcome = match forwarded.kind {
            ForwardedKind::Read => Outcome::NotLeader { leader: self.leader_hint() },
            // The leader may have appended it, and it may be committed.
            ForwardedKind::Command => Outcome::Unknown { position: None },
        };
        self.reply(forwarded.request, outcome);
    }

    pub(super) fn receive_forward(&mut self, from: NodeId, request: &Forward) {
        let result = match self.append_command(request.command.clone()) {
            Ok(position) => Ok(position),
            Err(refusal) => {
                self.trace(|| ClientTrace::ProposalRefused { reason: refusal });
                Err(refusal)
            }
        };
        self.answer_forward(from, request.id, result);
    }

    pub(super) fn answer_forward(
        &mut self,
        to: NodeId,
        id: ForwardId,
        result: Result<LogPosition, Refusal>,
    ) {
        // The reply only says where the leader appended the command, so it need not wait for the
        // leader's disk.
        self.send(to, Body::ForwardReply(ForwardReply { id, result }));
    }

    pub(super) fn receive_forward_reply(&mut self, from: NodeId, reply: &ForwardReply) {
        let Some(request) = self.take_forwarded(reply.id, ForwardedKind::Command) else {
            return self.ignore(from, "ForwardReply", IgnoreReason::NotExpected);
        };
        match reply.result {
            Ok(position) if position.index > self.last_applied => {
                self.await_commit(request, position);
                self.lose_proposals_if_removed();
            }
            // The entries overtook the reply.
            Ok(position) => {
                let outcome = match self.log.get(position.index).map(|entry| entry.term) {
                    Some(term) if term == position.term => Outcome::Committed(position),
                    Some(_) => Outcome::Superseded { position },
                    None => Outcome::Unknown { position: Some(position) },
                };
                self.reply(request, outcome);
            }
            Err(Refusal::NotLeader) => {
                let leader = self.leader().filter(|leader| *leader != from);
                self.reply(request, Outcome::NotLeader { leader });
            }
            Err(refusal) => self.reply(request, Outcome::Refused(refusal)),
        }
    }

    /// Whether this server forwards proposals now.
    pub(super) fn forwards_requests(&self) -> bool {
        self.config.settings.forward_proposals
            && matches!(self.role, Role::Follower { leader: Some(_) })
    }
}
