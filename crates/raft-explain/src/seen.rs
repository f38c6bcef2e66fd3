//! What an event or a message says, if it is of the kind that is looked for.

use raft_core::{
    AppendEntries, AppendEntriesReply, AppendRefusal, Body, CommitTrace, ElectionTrace,
    HeartbeatRound, LogIndex, LogPosition, MembershipTrace, Message, NodeId, PreVoteTrace,
    ReadTrace, ReplicationTrace, SnapshotTrace, Term, TermTrace, Trace, TransferTrace,
};
use raft_kv::{ClientId, Sequence};
use raft_sim::{
    ClientEvent, DiskChange, DiskEvent, Event, EventKind, LinkChange, MessageEvent, MessageId,
    NetworkEvent, ProcessEvent,
};

/// A decision, and the node that made it.
pub(crate) fn decided(event: &Event) -> Option<(NodeId, &Trace)> {
    let EventKind::Core { node, trace } = &event.kind else { return None };
    Some((*node, trace))
}

/// A decision of this node.
pub(crate) fn decision(event: &Event, of: NodeId) -> Option<&Trace> {
    decided(event).filter(|(node, _)| *node == of).map(|(_, trace)| trace)
}

/// What happened to the process of this node.
pub(crate) fn process(event: &Event, of: NodeId) -> Option<&ProcessEvent> {
    let EventKind::Process { node, event } = &event.kind else { return None };
    (*node == of).then_some(event)
}

/// Whether the process of this node stops.
pub(crate) fn stops(event: &Event, node: NodeId) -> bool {
    matches!(
        process(event, node),
        Some(ProcessEvent::Crashed | ProcessEvent::Paused | ProcessEvent::RestartRefused { .. })
    )
}

/// What happened to the disk of this node.
pub(crate) fn disk(event: &Event, of: NodeId) -> Option<&DiskEvent> {
    let EventKind::Disk { node, event } = &event.kind else { return None };
    (*node == of).then_some(event)
}

/// A setting of the disk of this node that was changed.
pub(crate) fn disk_change(event: &Event, of: NodeId) -> Option<&DiskChange> {
    let DiskEvent::Changed { change } = disk(event, of)? else { return None };
    Some(change)
}

/// A setting of the link between these ends that was changed.
pub(crate) fn link_change(event: &Event, sender: NodeId, receiver: NodeId) -> Option<&LinkChange> {
    let EventKind::Network(NetworkEvent::LinkChanged { from, to, change }) = &event.kind else {
        return None;
    };
    ((*from, *to) == (sender, receiver)).then_some(change)
}

/// An operation of a client, and what happened to it.
pub(crate) fn operation(event: &Event) -> Option<(ClientId, Sequence, &ClientEvent)> {
    let EventKind::Client { client, sequence, event } = &event.kind else { return None };
    Some((*client, *sequence, event))
}

/// What happened to an operation of this client.
pub(crate) fn of_client(event: &Event, of: ClientId) -> Option<&ClientEvent> {
    operation(event).filter(|(client, ..)| *client == of).map(|(.., event)| event)
}

/// A message on its way, and what happened to it.
#[derive(Clone, Copy)]
pub(crate) struct Passing<'a> {
    pub(crate) id: MessageId,
    pub(crate) from: NodeId,
    pub(crate) to: NodeId,
    pub(crate) message: &'a Message,
    pub(crate) event: &'a MessageEvent,
}

impl<'a> Passing<'a> {
    pub(crate) fn of(event: &'a Event) -> Option<Self> {
        let EventKind::Message { id, from, to, message, event } = &event.kind else { return None };
        Some(Self { id: *id, from: *from, to: *to, message, event })
    }

    pub(crate) fn is_sent(&self) -> bool {
        matches!(self.event, MessageEvent::Sent { .. })
    }

    pub(crate) fn is_delivered(&self) -> bool {
        matches!(self.event, MessageEvent::Delivered)
    }

    pub(crate) fn is_lost(&self) -> bool {
        matches!(self.event, MessageEvent::Dropped { .. })
    }
}

/// A message of these ends.
pub(crate) fn passing(event: &Event, from: NodeId, to: NodeId) -> Option<Passing<'_>> {
    Passing::of(event).filter(|passing| (passing.from, passing.to) == (from, to))
}

/// A message of these ends that is lost.
pub(crate) fn lost(event: &Event, from: NodeId, to: NodeId) -> Option<&Message> {
    passing(event, from, to).filter(Passing::is_lost).map(|passing| passing.message)
}

/// Whether a message is lost.
pub(crate) fn is_lost(event: &Event) -> bool {
    Passing::of(event).is_some_and(|passing| passing.is_lost())
}

/// A message that is lost between these nodes, in one direction or the other.
pub(crate) fn lost_between(event: &Event, one: NodeId, other: NodeId) -> Option<&Message> {
    lost(event, one, other).or_else(|| lost(event, other, one))
}

/// Whether a message of a leader reaches this node.
pub(crate) fn hears_leader(event: &Event, node: NodeId) -> bool {
    Passing::of(event).is_some_and(|passing| {
        passing.to == node && passing.is_delivered() && is_of_leader(passing.message)
    })
}

/// A node won the election of a term.
pub(crate) fn elected(event: &Event) -> Option<(NodeId, Term)> {
    let (node, trace) = decided(event)?;
    let Trace::Election(ElectionTrace::BecameLeader { term, .. }) = trace else { return None };
    Some((node, *term))
}

/// A node started the election of a term.
pub(crate) fn election(event: &Event) -> Option<(NodeId, Term)> {
    let (node, trace) = decided(event)?;
    let Trace::Election(ElectionTrace::Started { term, .. }) = trace else { return None };
    Some((node, *term))
}

/// Whether this node asks for votes or pre-votes.
pub(crate) fn asks_for_votes(event: &Event, node: NodeId) -> bool {
    matches!(
        decision(event, node),
        Some(
            Trace::Election(ElectionTrace::Started { .. })
                | Trace::PreVote(PreVoteTrace::Started { .. })
        )
    )
}

/// The candidate that gets the vote of this node, and the term.
pub(crate) fn vote(event: &Event, of: NodeId) -> Option<(NodeId, Term)> {
    let Trace::Election(ElectionTrace::VoteGranted { candidate, term }) = decision(event, of)?
    else {
        return None;
    };
    Some((*candidate, *term))
}

/// The later term that a node enters because it hears of it.
pub(crate) fn entered(event: &Event) -> Option<(NodeId, Term)> {
    let (node, trace) = decided(event)?;
    let Trace::Term(TermTrace::Advanced { to, .. }) = trace else { return None };
    Some((node, *to))
}

/// Whether this node stops to be pre-candidate, candidate or leader.
pub(crate) fn steps_down(event: &Event, node: NodeId) -> bool {
    matches!(decision(event, node), Some(Trace::Term(TermTrace::SteppedDown { .. })))
}

/// The entry that a leader appends, and whether it is a no-op.
pub(crate) fn appended(event: &Event) -> Option<(LogPosition, bool)> {
    let (_, trace) = decided(event)?;
    let Trace::Replication(ReplicationTrace::Appended { position, noop }) = trace else {
        return None;
    };
    Some((*position, *noop))
}

/// The first and the last entry that this node removes because of a conflict.
pub(crate) fn truncated(event: &Event, of: NodeId) -> Option<(LogPosition, LogPosition)> {
    let Trace::Replication(ReplicationTrace::Truncated { from, to, .. }) = decision(event, of)?
    else {
        return None;
    };
    Some((*from, *to))
}

/// The entries that this node refuses: what comes before them, and the reason.
pub(crate) fn entries_refused(event: &Event, of: NodeId) -> Option<(LogPosition, &AppendRefusal)> {
    let Trace::Replication(ReplicationTrace::EntriesRefused { prev_log, reason, .. }) =
        decision(event, of)?
    else {
        return None;
    };
    Some((*prev_log, reason))
}

/// A leader that commits: its commit index before and after.
pub(crate) fn committed(event: &Event) -> Option<(NodeId, LogIndex, LogIndex)> {
    let (node, trace) = decided(event)?;
    let Trace::Commit(CommitTrace::Committed { from, to, .. }) = trace else { return None };
    Some((node, *from, *to))
}

/// A decision of this node about a read.
pub(crate) fn read(event: &Event, of: NodeId) -> Option<&ReadTrace> {
    let Trace::Read(read) = decision(event, of)? else { return None };
    Some(read)
}

/// A decision of this node about a transfer.
pub(crate) fn transfer(event: &Event, of: NodeId) -> Option<&TransferTrace> {
    let Trace::Transfer(transfer) = decision(event, of)? else { return None };
    Some(transfer)
}

/// The target of a transfer that this node begins.
pub(crate) fn transfer_begun(event: &Event, of: NodeId) -> Option<NodeId> {
    let TransferTrace::Started { to } = transfer(event, of)? else { return None };
    Some(*to)
}

/// A decision about the membership.
pub(crate) fn membership(event: &Event) -> Option<&MembershipTrace> {
    let (_, Trace::Membership(membership)) = decided(event)? else { return None };
    Some(membership)
}

/// A decision of this node about the membership.
pub(crate) fn membership_at(event: &Event, of: NodeId) -> Option<&MembershipTrace> {
    decision(event, of).and_then(|_| membership(event))
}

/// The entry by which a membership comes into force.
pub(crate) fn adopted(event: &Event) -> Option<LogIndex> {
    let MembershipTrace::Adopted { index, .. } = membership(event)? else { return None };
    Some(*index)
}

/// A decision of this node about a snapshot.
pub(crate) fn snapshot(event: &Event, of: NodeId) -> Option<&SnapshotTrace> {
    let Trace::Snapshot(snapshot) = decision(event, of)? else { return None };
    Some(snapshot)
}

/// The first entry that a message carries.
pub(crate) fn first_of(append: &AppendEntries) -> LogIndex {
    append.prev_log_index.next()
}

/// The last entry that a message carries.
pub(crate) fn last_of(append: &AppendEntries) -> LogIndex {
    LogIndex(append.prev_log_index.0 + append.entries.len() as u64)
}

/// Whether the message carries the entry at this index.
pub(crate) fn carries(message: &Message, index: LogIndex) -> bool {
    let Body::AppendEntries(append) = &message.body else { return false };
    first_of(append) <= index && index <= last_of(append)
}

/// Whether only a leader sends such a message to its followers.
pub(crate) fn is_of_leader(message: &Message) -> bool {
    matches!(message.body, Body::AppendEntries(_) | Body::InstallSnapshot(_))
}

/// Whether such a message asks for a vote or a pre-vote, or answers.
pub(crate) fn is_of_election(message: &Message) -> bool {
    matches!(
        message.body,
        Body::PreVote(_) | Body::PreVoteReply(_) | Body::RequestVote(_) | Body::RequestVoteReply(_)
    )
}

/// The last entry that the sender says to have on its disk.
pub(crate) fn acknowledged(message: &Message) -> Option<LogIndex> {
    let Body::AppendEntriesReply(AppendEntriesReply::Success { match_index, .. }) = message.body
    else {
        return None;
    };
    Some(match_index)
}

/// The round of heartbeats that a message answers.
pub(crate) fn answered_round(message: &Message) -> Option<HeartbeatRound> {
    let Body::AppendEntriesReply(reply) = &message.body else { return None };
    Some(match reply {
        AppendEntriesReply::Success { round, .. }
        | AppendEntriesReply::Following { round }
        | AppendEntriesReply::Failure { round, .. } => *round,
    })
}
