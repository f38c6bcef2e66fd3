//! Counts what is rare, as it happens.

use std::collections::BTreeMap;

use raft_check::Checks;
use raft_core::{
    ClientTrace, CommitTrace, ElectionTrace, Entry, IgnoreReason, IgnoredMessage, LogIndex,
    MembershipTrace, Node, NodeId, Outcome, Payload, PreVoteTrace, ReadTrace, Refusal,
    ReplicationTrace, SnapshotTrace, StepDownReason, TermTrace, Trace, TransferTrace, VoteRefusal,
};
use raft_core::{ElectionReason, LogPosition};
use raft_kv::{ClientId, Command, Sequence};
use raft_sim::{
    ClientEvent, ClusterEvent, DiskEvent, EventKind, ProcessEvent, ReadPolicy, SimNode,
    StateMachineEvent, World,
};

use super::{RareEvent, RareEvents};
use crate::nemesis::is_ahead;

/// Follows a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watcher {
    counts: RareEvents,
    /// Who believes to lead.
    leaders: Vec<NodeId>,
    /// Whom a snapshot was sent to while it held uncommitted entries.
    uncommitted: Vec<NodeId>,
    /// Reads that a deposed leader was asked for.
    deposed_asked: Vec<(ClientId, Sequence, NodeId)>,
    /// The last entry that some node applied.
    applied: LogIndex,
    /// The last command of each session that is applied.
    sessions: BTreeMap<ClientId, Sequence>,
}

impl Watcher {
    pub(crate) fn counts(&self) -> &RareEvents {
        &self.counts
    }

    /// Looks at what happened in the last step.
    pub(crate) fn observe(&mut self, world: &World, checks: &Checks) {
        for event in world.events() {
            match &event.kind {
                EventKind::Core { node, trace } => self.decided(world, *node, trace),
                EventKind::StateMachine {
                    event: StateMachineEvent::Applied { entries }, ..
                } => entries.iter().for_each(|entry| self.applied(entry)),
                EventKind::Process { node, event: ProcessEvent::Crashed } => {
                    let led = self.leaders.contains(node);
                    self.leaders.retain(|leader| leader != node);
                    if led && is_half_replicated(world, checks) {
                        self.count(RareEvent::HalfReplicated);
                    }
                }
                EventKind::Process { event: ProcessEvent::RestartRefused { .. }, .. } => {
                    self.count(RareEvent::StartRefused);
                }
                EventKind::Disk { event: DiskEvent::WritesLost { .. }, .. } => {
                    self.count(RareEvent::WritesLost);
                }
                EventKind::Cluster(ClusterEvent::Administered {
                    outcome: Outcome::Transferred { .. },
                    ..
                }) => self.count(RareEvent::TransferDone),
                EventKind::Client { client, sequence, event } => {
                    self.client_did(world, (*client, *sequence), event);
                }
                EventKind::StateMachine { .. }
                | EventKind::Process { .. }
                | EventKind::Disk { .. }
                | EventKind::Cluster(_)
                | EventKind::Message { .. }
                | EventKind::Network(_) => {}
            }
        }
    }

    fn count(&mut self, event: RareEvent) {
        self.counts.add(event, 1);
    }

    fn client_did(&mut self, world: &World, name: (ClientId, Sequence), event: &ClientEvent) {
        let (client, sequence) = name;
        match event {
            ClientEvent::Asked { node, .. } => {
                let is_deposed =
                    self.leaders.contains(node) && world.leader().is_some_and(|l| l != *node);
                let pending = world.client(client).and_then(raft_sim::Client::pending);
                let asks_leader = pending.is_some_and(|pending| {
                    matches!(pending.read, ReadPolicy::Quorum | ReadPolicy::Lease)
                });
                if is_deposed && asks_leader {
                    self.deposed_asked.push((client, sequence, *node));
                }
            }
            ClientEvent::Redirected { node, .. } | ClientEvent::MustRetry { node, .. } => {
                let asked = (client, sequence, *node);
                if self.deposed_asked.contains(&asked) {
                    self.deposed_asked.retain(|other| *other != asked);
                    self.count(RareEvent::DeposedRefusesRead);
                }
            }
            ClientEvent::Answered { .. } => {
                self.deposed_asked.retain(|(other, _, _)| *other != client);
            }
            ClientEvent::GaveUp => {
                self.deposed_asked.retain(|(other, _, _)| *other != client);
                self.count(RareEvent::ClientGaveUp);
            }
            ClientEvent::Invoked { .. } | ClientEvent::TimedOut { .. } => {}
        }
    }

    /// The first node to apply an entry shows whether its command came before.
    fn applied(&mut self, entry: &Entry) {
        if entry.index <= self.applied {
            return;
        }
        self.applied = entry.index;
        let Payload::Command(command) = &entry.payload else { return };
        let Ok(Command { client, sequence, .. }) = Command::decode(command) else { return };
        let last = self.sessions.entry(client).or_insert(Sequence(0));
        if sequence <= *last {
            self.count(RareEvent::RetryDeduplicated);
        } else {
            *last = sequence;
        }
    }

    fn decided(&mut self, world: &World, id: NodeId, trace: &Trace) {
        let core = || world.node(id).and_then(SimNode::core);
        let is_joint = || core().is_some_and(|core| core.membership().is_joint());
        match trace {
            Trace::Election(ElectionTrace::Started { reason, .. }) => {
                if *reason == ElectionReason::SplitVote {
                    self.count(RareEvent::SplitVote);
                }
                if is_joint() {
                    self.count(RareEvent::ElectionInJoint);
                }
            }
            Trace::Election(ElectionTrace::BecameLeader { .. }) => {
                if is_joint() {
                    self.count(RareEvent::LeaderInJoint);
                }
                if self.leaders.iter().any(|leader| *leader != id) {
                    self.count(RareEvent::TwoLeaders);
                }
                self.leaders.push(id);
            }
            Trace::Term(TermTrace::SteppedDown { reason, .. }) => {
                self.leaders.retain(|leader| *leader != id);
                match reason {
                    StepDownReason::QuorumLost => self.count(RareEvent::QuorumLost),
                    StepDownReason::Removed => self.count(RareEvent::LeaderRemoved),
                    StepDownReason::LeaderElected(_) => self.count(RareEvent::CandidateYields),
                    _ => {}
                }
            }
            Trace::Commit(CommitTrace::Committed { from, .. }) => {
                let is_old = |core: &Node| {
                    let first = core.log().term_at(LogIndex(from.0 + 1));
                    first.is_some_and(|term| term < core.current_term())
                };
                if core().is_some_and(is_old) {
                    self.count(RareEvent::OldTermCommitted);
                }
            }
            Trace::Transfer(TransferTrace::Started { .. }) if core().is_some_and(is_changing) => {
                self.count(RareEvent::TransferInChange);
            }
            Trace::Snapshot(SnapshotTrace::Compacted { .. }) if core().is_some_and(is_changing) => {
                self.count(RareEvent::SnapshotInChange);
            }
            Trace::Read(ReadTrace::ByLease { .. }) if world.partition().is_some() => {
                self.count(RareEvent::LeaseReadPartitioned);
            }
            other => self.decided_about_a_snapshot(world, id, other),
        }
    }

    fn decided_about_a_snapshot(&mut self, world: &World, id: NodeId, trace: &Trace) {
        match trace {
            Trace::Snapshot(SnapshotTrace::Sent { peer, .. }) => {
                self.count(RareEvent::SnapshotSent);
                let is_ahead = world.node(*peer).is_some_and(is_ahead);
                if is_ahead && !self.uncommitted.contains(peer) {
                    self.uncommitted.push(*peer);
                }
            }
            Trace::Snapshot(SnapshotTrace::Installed { kept_entries, .. }) => {
                if self.uncommitted.contains(&id) {
                    self.uncommitted.retain(|node| *node != id);
                    self.count(RareEvent::SnapshotOverUncommitted);
                }
                if *kept_entries > 0 {
                    self.count(RareEvent::SnapshotKeepsSuffix);
                }
            }
            other => self.counts_alone(other),
        }
    }

    /// What is rare in itself.
    fn counts_alone(&mut self, trace: &Trace) {
        let event = match trace {
            Trace::Election(ElectionTrace::VoteRefused { reason, .. })
            | Trace::PreVote(PreVoteTrace::Refused { reason, .. }) => match reason {
                VoteRefusal::LogBehind { .. } => RareEvent::VoteRefusedLogBehind,
                VoteRefusal::AlreadyVoted { .. } => RareEvent::VoteRefusedSecond,
                VoteRefusal::LeaderIsAlive { .. } => RareEvent::DisruptionRefused,
                VoteRefusal::StaleTerm { .. } => RareEvent::OldMessageRefused,
            },
            Trace::Replication(ReplicationTrace::Truncated { .. }) => RareEvent::LogTruncated,
            Trace::Commit(CommitTrace::Withheld { .. }) => RareEvent::CommitWithheld,
            Trace::Membership(MembershipTrace::RolledBack { .. }) => {
                RareEvent::MembershipRolledBack
            }
            Trace::Membership(MembershipTrace::ChangeRefused {
                reason: Refusal::TermNotCommitted,
                ..
            }) => RareEvent::ChangeBeforeTerm,
            Trace::Membership(MembershipTrace::CatchUpStalled { .. }) => RareEvent::CatchUpStalled,
            Trace::Transfer(TransferTrace::TimedOut { .. }) => RareEvent::TransferTimedOut,
            Trace::Client(ClientTrace::ProposalRefused { .. }) => RareEvent::ProposalRefused,
            Trace::Snapshot(SnapshotTrace::Abandoned { .. }) => RareEvent::SnapshotAbandoned,
            Trace::Ignored(IgnoredMessage { reason, .. }) => match reason {
                IgnoreReason::StaleTerm { .. } => RareEvent::OldMessageRefused,
                IgnoreReason::AlreadyKnown | IgnoreReason::NotExpected => {
                    RareEvent::MessageRepeated
                }
                _ => return,
            },
            _ => return,
        };
        self.count(event);
    }
}

/// Its membership is joint, or not committed.
fn is_changing(core: &Node) -> bool {
    core.membership().is_joint() || core.membership_index() > core.commit_index()
}

/// Some of those who are up hold entries that are not committed, and others do not.
fn is_half_replicated(world: &World, checks: &Checks) -> bool {
    let committed = checks.ledger().commit_index();
    let ends = || world.nodes().filter_map(SimNode::core).map(|core| core.log().last());
    let most = ends().map(|last: LogPosition| last.index).max().unwrap_or_default();
    let least = ends().map(|last| last.index).min().unwrap_or_default();
    most > committed && least < most
}
