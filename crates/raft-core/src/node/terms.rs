//! The checks that every message passes: whether it can be true, and the rule about terms (§5.1).

use super::{LARGEST_NUMBER, Node, follower};
use crate::{
    AppendEntriesReply, AppendRefusal, Body, HeartbeatRound, IgnoreReason, InstallSnapshotReply,
    LogIndex, LogPosition, Message, NodeId, Refusal, ReplicationTrace, Term, VoteRefusal,
};

/// The answer to a request of an older term carries this in place of the request's round. The
/// sender of the request may lead the answer's term by now, and would take the old round for one of
/// its own.
const NO_ROUND: HeartbeatRound = HeartbeatRound(0);

impl Node {
    /// Every message passes here, and the rule about terms is here only (§5.1). A `PreVote` carries
    /// its sender's current term, not the next one, and can raise the receiver's like any message.
    pub(super) fn receive(&mut self, from: NodeId, message: &mut Message) {
        if let Err(reason) = self.check_message(from, message) {
            return self.ignore(from, message.name(), reason);
        }
        if message.term < self.current_term {
            return rule!(self.refuse_stale(from, message));
        }
        // Before the term is looked at: the term of a server that disturbs a live leader must not
        // enter the cluster either (dissertation §4.2.3).
        if let Err(refusal) = rule!(self.check_leader_stickiness(from, message)) {
            return self.refuse_to_disturb(from, message, refusal);
        }
        if message.term > self.current_term {
            self.enter_term(message.term, from);
        }
        match &mut message.body {
            Body::PreVote(request) => self.receive_pre_vote(from, *request),
            Body::PreVoteReply(reply) => self.receive_pre_vote_reply(from, *reply),
            Body::RequestVote(request) => self.receive_request_vote(from, *request),
            Body::RequestVoteReply(reply) => self.receive_vote(from, *reply),
            Body::AppendEntries(request) => self.receive_append_entries(from, request),
            Body::AppendEntriesReply(reply) => self.receive_append_entries_reply(from, *reply),
            Body::InstallSnapshot(request) => self.receive_install_snapshot(from, request),
            Body::InstallSnapshotReply(reply) => self.receive_install_snapshot_reply(from, *reply),
            Body::TimeoutNow => self.receive_timeout_now(from),
            Body::ReadIndex(request) => self.receive_read_index(from, *request),
            Body::ReadIndexReply(reply) => self.receive_read_index_reply(from, reply),
            Body::Forward(request) => self.receive_forward(from, request),
            Body::ForwardReply(reply) => self.receive_forward_reply(from, reply),
        }
    }

    /// Refuses what no correct server sends, before it can touch anything, the term included.
    ///
    /// The sender need not be a member: this server's membership may be an old one (§6).
    fn check_message(&self, from: NodeId, message: &Message) -> Result<(), IgnoreReason> {
        if from == self.config.id || from.0 == 0 {
            return Err(IgnoreReason::UnknownSender);
        }
        let (last_index, last_term) = match &message.body {
            Body::PreVote(request) => (request.last_log_index, request.last_log_term),
            Body::RequestVote(request) => (request.last_log_index, request.last_log_term),
            Body::AppendEntries(request) => follower::check_entries(request)?,
            Body::AppendEntriesReply(AppendEntriesReply::Success { match_index, .. }) => {
                (*match_index, Term(0))
            }
            Body::AppendEntriesReply(AppendEntriesReply::Following { .. }) => {
                (LogIndex(0), Term(0))
            }
            Body::AppendEntriesReply(AppendEntriesReply::Failure {
                prev_log_index, hint, ..
            }) => (hint.index.max(*prev_log_index), hint.term),
            Body::InstallSnapshot(request) => {
                // It becomes this server's own: without peers the server would stay deaf.
                request.membership.validate().map_err(|_| IgnoreReason::Malformed)?;
                (request.last_included_index, request.last_included_term)
            }
            Body::InstallSnapshotReply(InstallSnapshotReply::Continue {
                last_included_index,
                ..
            }) => (*last_included_index, Term(0)),
            Body::InstallSnapshotReply(InstallSnapshotReply::Installed { match_index, .. }) => {
                (*match_index, Term(0))
            }
            Body::ReadIndexReply(reply) => (reply.result.unwrap_or_default(), Term(0)),
            Body::ForwardReply(reply) => {
                let position = reply.result.unwrap_or_default();
                (position.index, position.term)
            }
            Body::PreVoteReply(_)
            | Body::RequestVoteReply(_)
            | Body::TimeoutNow
            | Body::ReadIndex(_)
            | Body::Forward(_) => (LogIndex(0), Term(0)),
        };
        let in_range = message.term.0 <= LARGEST_NUMBER && last_index.0 <= LARGEST_NUMBER;
        // No log entry is of a later term than its holder's current one.
        if !in_range || last_term > message.term {
            return Err(IgnoreReason::Malformed);
        }
        Ok(())
    }

    /// Raft §5.1: a request with a stale term is rejected; the answer carries the current term.
    pub(super) fn refuse_stale(&mut self, from: NodeId, message: &Message) {
        let current = self.current_term;
        let reason = VoteRefusal::StaleTerm { current };
        match &message.body {
            // The answer brings the sender's term up to date: else two servers could go on asking
            // in terms that the other has left, and neither could ever win.
            Body::PreVote(_) => self.refuse_pre_vote(from, message.term.next(), reason),
            Body::RequestVote(_) => self.refuse_vote(from, message.term, reason),
            Body::AppendEntries(request) => {
                let reason = AppendRefusal::StaleTerm { current };
                let prev_log = request.prev_log();
                self.trace(|| ReplicationTrace::EntriesRefused { leader: from, prev_log, reason });
                let (prev, hint) = (request.prev_log_index, LogPosition::ORIGIN);
                self.send_append_failure(from, prev, hint, NO_ROUND);
            }
            Body::InstallSnapshot(request) => {
                self.ignore(from, message.name(), IgnoreReason::StaleTerm { current });
                let index = request.last_included_index;
                self.send_snapshot_continue(from, index, (0, None), NO_ROUND);
            }
            Body::ReadIndex(request) => {
                self.answer_read_index(from, request.id, Err(Refusal::NotLeader))
            }
            Body::Forward(request) => {
                self.answer_forward(from, request.id, Err(Refusal::NotLeader))
            }
            Body::PreVoteReply(_)
            | Body::RequestVoteReply(_)
            | Body::AppendEntriesReply(_)
            | Body::InstallSnapshotReply(_)
            | Body::TimeoutNow
            | Body::ReadIndexReply(_)
            | Body::ForwardReply(_) => {
                self.ignore(from, message.name(), IgnoreReason::StaleTerm { current });
            }
        }
    }
}
