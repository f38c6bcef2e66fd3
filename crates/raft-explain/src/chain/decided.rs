//! The decision because of which a message was sent.

use raft_core::{
    AppendEntriesReply, Body, CommitTrace, ElectionTrace, Message, PreVoteTrace, ReplicationTrace,
    SnapshotTrace, Trace, TransferTrace,
};
use raft_sim::{Event, EventKind};

use super::Chains;
use crate::facts::carries;

impl<'a> Chains<'a> {
    /// The decision in the step of `event` because of which the node sent this message, or asked
    /// for a write before it.
    pub(super) fn decided(&self, event: &Event, sent: &Message) -> Option<&'a Event> {
        let node = match &event.kind {
            EventKind::Disk { node, .. } => *node,
            EventKind::Message { from, .. } => *from,
            _ => return None,
        };
        let same_step = |other: &&Event| other.step == event.step && other.cause == event.cause;
        let before = self.run.record.before(event.number).take_while(|e| e.step == event.step);
        let after = self.run.record.after(event.number).take_while(|e| e.step == event.step);
        let mut all: Vec<&'a Event> = before.chain(after).filter(same_step).collect();
        all.sort_by_key(|event| event.number);
        all.into_iter().find(|other| match &other.kind {
            EventKind::Core { node: of, trace } => *of == node && leads_to(trace, sent),
            _ => false,
        })
    }
}

/// Whether such a decision sends such a message.
fn leads_to(trace: &Trace, sent: &Message) -> bool {
    match &sent.body {
        Body::RequestVote(_) => matches!(trace, Trace::Election(ElectionTrace::Started { .. })),
        Body::PreVote(_) => matches!(trace, Trace::PreVote(PreVoteTrace::Started { .. })),
        Body::RequestVoteReply(reply) => match trace {
            Trace::Election(ElectionTrace::VoteGranted { .. }) => reply.vote_granted,
            Trace::Election(ElectionTrace::VoteRefused { .. }) => !reply.vote_granted,
            _ => false,
        },
        Body::PreVoteReply(reply) => match trace {
            Trace::PreVote(PreVoteTrace::Granted { .. }) => reply.vote_granted,
            Trace::PreVote(PreVoteTrace::Refused { .. }) => !reply.vote_granted,
            _ => false,
        },
        Body::AppendEntries(_) => match trace {
            Trace::Replication(ReplicationTrace::Appended { position, .. }) => {
                carries(sent, position.index)
            }
            Trace::Election(ElectionTrace::BecameLeader { .. }) => true,
            _ => false,
        },
        Body::AppendEntriesReply(AppendEntriesReply::Failure { .. }) => {
            matches!(trace, Trace::Replication(ReplicationTrace::EntriesRefused { .. }))
        }
        Body::InstallSnapshot(_) => matches!(trace, Trace::Snapshot(SnapshotTrace::Sent { .. })),
        Body::TimeoutNow => matches!(trace, Trace::Transfer(TransferTrace::TimeoutNowSent { .. })),
        Body::ForwardReply(_) => matches!(trace, Trace::Commit(CommitTrace::Committed { .. })),
        Body::AppendEntriesReply(
            AppendEntriesReply::Success { .. } | AppendEntriesReply::Following { .. },
        )
        | Body::InstallSnapshotReply(_)
        | Body::ReadIndex(_)
        | Body::ReadIndexReply(_)
        | Body::Forward(_) => false,
    }
}
