//! The decision because of which a message was sent.

use raft_core::{
    AppendEntriesReply, Body, CommitTrace, ElectionTrace, Message, NodeId, PreVoteTrace,
    ReplicationTrace, SnapshotTrace, Trace, TransferTrace,
};
use raft_sim::{Event, EventKind};

use super::Chains;
use crate::seen::{Passing, carries, decision};

impl<'a> Chains<'a> {
    /// The decision in the step of `event` because of which the node sent this message, or asked
    /// for a write before it.
    pub(super) fn decided(&self, event: &Event, sent: &Message) -> Option<&'a Event> {
        let node = acting(event)?;
        let mut decisions =
            self.run.record.step_of(event).filter(|other| other.cause == event.cause);
        decisions.find(|event| decision(event, node).is_some_and(|it| leads_to(it, sent)))
    }
}

/// The node that sends or writes.
fn acting(event: &Event) -> Option<NodeId> {
    if let EventKind::Disk { node, .. } = &event.kind {
        return Some(*node);
    }
    Passing::of(event).map(|passing| passing.from)
}

/// Whether such a decision sends such a message.
fn leads_to(trace: &Trace, sent: &Message) -> bool {
    match &sent.body {
        Body::RequestVote(_) => matches!(trace, Trace::Election(ElectionTrace::Started { .. })),
        Body::PreVote(_) => matches!(trace, Trace::PreVote(PreVoteTrace::Started { .. })),
        Body::RequestVoteReply(reply) => match reply.vote_granted {
            true => matches!(trace, Trace::Election(ElectionTrace::VoteGranted { .. })),
            false => matches!(trace, Trace::Election(ElectionTrace::VoteRefused { .. })),
        },
        Body::PreVoteReply(reply) => match reply.vote_granted {
            true => matches!(trace, Trace::PreVote(PreVoteTrace::Granted { .. })),
            false => matches!(trace, Trace::PreVote(PreVoteTrace::Refused { .. })),
        },
        Body::AppendEntries(_) => leads_to_append(trace, sent),
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

/// A leader sends an entry that it appends, and begins its term with a message to everybody.
fn leads_to_append(trace: &Trace, sent: &Message) -> bool {
    if let Trace::Replication(ReplicationTrace::Appended { position, .. }) = trace {
        return carries(sent, position.index);
    }
    matches!(trace, Trace::Election(ElectionTrace::BecameLeader { .. }))
}
