//! What a follower passes on to its leader: reads, and proposals if it is set to.
//!
//! The network may lose the question or the answer. What stays unanswered for the longest election
//! timeout, or until the leader changes, is given up, and the client hears of it. If the network
//! repeats a forwarded command, it is appended twice: only the state machine can tell (§8).

use super::durability::Needs;
use super::{Node, Role};
use crate::{
    Body, Bytes, ClientTrace, Forward, ForwardId, ForwardReply, IgnoreReason, Instant, LogPosition,
    NodeId, Outcome, Refusal, RequestId,
};

/// A request that was passed on.
#[derive(Clone, Debug)]
pub(super) struct Forwarded {
    id: ForwardId,
    request: RequestId,
    what: Passed,
    sent_at: Instant,
}

/// What was passed on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Passed {
    Read,
    Command,
}

impl Node {
    /// Asks the leader, and remembers who wants to know.
    pub(super) fn pass_on(
        &mut self,
        request: RequestId,
        what: Passed,
        question: impl FnOnce(ForwardId) -> Body,
    ) {
        let Some(leader) = self.leader() else {
            return self.reply(request, Outcome::NotLeader { leader: None });
        };
        let limit = self.config.settings.max_pending_requests;
        if self.forwarded.len() + self.readable.len() + self.proposals.len() >= limit {
            let refusal = Refusal::TooManyPending { limit: limit as u64 };
            return self.reply(request, Outcome::Refused(refusal));
        }
        self.last_forward = ForwardId(self.last_forward.0.wrapping_add(1));
        let (id, sent_at) = (self.last_forward, self.now);
        self.forwarded.push_back(Forwarded { id, request, what, sent_at });
        self.trace(|| ClientTrace::RequestForwarded { leader });
        self.send(leader, question(id), Needs::HardState);
    }

    pub(super) fn forward_proposal(&mut self, request: RequestId, command: Bytes) {
        self.pass_on(request, Passed::Command, |id| Body::Forward(Forward { id, command }));
    }

    /// Who asked what has now been answered.
    pub(super) fn take_forwarded(&mut self, id: ForwardId, what: Passed) -> Option<RequestId> {
        let place = self.forwarded.iter().position(|f| f.id == id && f.what == what)?;
        self.forwarded.remove(place).map(|forwarded| forwarded.request)
    }

    /// The leader changed: it will not answer any more.
    pub(super) fn give_up_forwarded(&mut self) {
        while let Some(forwarded) = self.forwarded.pop_front() {
            self.answer_unanswered(&forwarded);
        }
    }

    /// The leader lives, but does not answer: the question or the answer was lost.
    pub(super) fn give_up_overdue(&mut self) {
        let (now, patience) = (self.now, self.config.settings.election_timeout_max);
        let is_overdue = |forwarded: &mut Forwarded| now - forwarded.sent_at > patience;
        while let Some(forwarded) = self.forwarded.pop_front_if(is_overdue) {
            self.answer_unanswered(&forwarded);
        }
    }

    fn answer_unanswered(&mut self, forwarded: &Forwarded) {
        let outcome = match forwarded.what {
            Passed::Read => Outcome::NotLeader { leader: self.leader() },
            // The leader may have appended it, and it may be committed.
            Passed::Command => Outcome::Unknown { position: None },
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
        // It says where the leader appended the command, and the leader's log need not be on disk for
        // that: nobody counts on it.
        self.send(to, Body::ForwardReply(ForwardReply { id, result }), Needs::HardState);
    }

    pub(super) fn receive_forward_reply(&mut self, from: NodeId, reply: &ForwardReply) {
        let Some(request) = self.take_forwarded(reply.id, Passed::Command) else {
            return self.ignore(from, "ForwardReply", IgnoreReason::NotExpected);
        };
        match reply.result {
            Ok(position) if position.index > self.last_applied => {
                self.await_commit(request, position)
            }
            // The entries overtook the answer.
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

    /// Whether this server passes proposals on now.
    pub(super) fn passes_on(&self) -> bool {
        self.config.settings.forward_proposals
            && matches!(self.role, Role::Follower { leader: Some(_) })
    }
}
