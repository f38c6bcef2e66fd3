//! Requests that a follower forwards to its leader: reads, and proposals if it is set to.
//!
//! The network may lose the request or the reply. A request without a reply is given up after the
//! longest election timeout, or when the leader changes, and the client is told. The network may
//! also repeat a request. The leader appends a command once in its term (`forwarded_commands`). A
//! read needs no memory: each copy is confirmed by itself, and a read changes nothing.

use super::fingerprint::NO_LIMIT;
use super::forwarded_commands::{CommandResult, Copied};
use super::{Leader, Node, Role};
use crate::fingerprint::{Fingerprint, Prints};
use crate::{
    Body, Bytes, ClientTrace, Forward, ForwardId, ForwardReply, IgnoreReason, Instant, LogPosition,
    Message, NodeId, Outcome, Refusal, RequestId,
};

/// A request that was forwarded and has no reply yet.
#[derive(Clone, Debug)]
pub(super) struct ForwardedRequest {
    id: ForwardId,
    request: RequestId,
    kind: ForwardedKind,
    sent_at: Instant,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
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
        let Some(leader) = self.forwards_to() else {
            let leader = self.leader_hint();
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
        let led = self.as_leader(|node, leader| node.append_forwarded(leader, from, request));
        self.answer_forward(from, request.id, led.unwrap_or(Err(Refusal::NotLeader)));
    }

    /// Appends a command that a follower forwarded, unless it is a copy.
    fn append_forwarded(
        &mut self,
        leader: &mut Leader,
        from: NodeId,
        request: &Forward,
    ) -> CommandResult {
        leader.commands.make_room(|id| self.membership().contains(id));
        match rule!(self.is_copied(leader, from, request)) {
            Copied::Yes(result) => result,
            // Its sender learns only that the command may be in the log.
            Copied::Perhaps => Err(Refusal::NotLeader),
            Copied::No => {
                let result = self.append_command_as_leader(leader, request.command.clone());
                leader.commands.keep(from, request, result);
                if let Err(reason) = result {
                    self.trace(|| ClientTrace::ProposalRefused { reason });
                }
                result
            }
        }
    }

    /// Whether a command is a copy of one that arrived before in this term.
    pub(super) fn is_copied(&self, leader: &Leader, from: NodeId, request: &Forward) -> Copied {
        leader.commands.look_up(from, request)
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
                rule!(self.lose_proposals_if_removed());
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
            // It led the term of the request, because this server followed it. Before it stopped,
            // it may have appended another copy.
            Err(Refusal::NotLeader) => self.reply(request, Outcome::Unknown { position: None }),
            Err(refusal) => self.reply(request, Outcome::Refused(refusal)),
        }
    }

    /// Whether a follower passes on a proposal or a read to this leader.
    pub(super) fn is_forwarded(&self, message: &Message) -> bool {
        matches!(message.body, Body::ReadIndex(_) | Body::Forward(_))
            && message.term == self.current_term
            && matches!(self.role, Role::Leader(_))
    }

    /// Whether this server forwards proposals now.
    pub(super) fn forwards_proposals(&self) -> bool {
        self.config.settings.forward_proposals && self.forwards_to().is_some()
    }

    /// The leader to which this server forwards requests now.
    ///
    /// A message waits until its term is on disk, and a slow disk may take longer than a request is
    /// worth. Until then, clients ask the leader themselves.
    fn forwards_to(&self) -> Option<NodeId> {
        match self.role {
            Role::Follower { leader } => leader.filter(|_| self.durability.is_hard_state_durable()),
            Role::PreCandidate { .. } | Role::Candidate { .. } | Role::Leader(_) => None,
        }
    }
}

impl Fingerprint for ForwardedRequest {
    fn print(&self, out: &mut Prints<'_>) {
        let Self { id, request, kind, sent_at } = self;
        out.plain(&(id, request, kind));
        out.since(Some(*sent_at), NO_LIMIT);
    }
}
