//! Rare decisions of nodes. A new decision within a topic that is not rare needs no change here.

use raft_core::{
    ClientTrace, CommitTrace, ElectionReason, ElectionTrace, IgnoreReason, LogIndex, LogPosition,
    Membership, MembershipTrace, Node, NodeId, PreVoteTrace, ReadTrace, Refusal, ReplicationTrace,
    RoleKind, SnapshotTrace, StepDownReason, TermTrace, Trace, TransferTrace, VoteRefusal,
};
use raft_sim::{SimNode, World};

use super::{RareEvent, RareWatcher};
use crate::checks::Checks;

impl RareWatcher {
    pub(super) fn decision(&mut self, world: &World, checks: &Checks, id: NodeId, trace: &Trace) {
        let core = world.node(id).and_then(SimNode::core);
        match trace {
            Trace::Term(decision) => self.term(id, decision),
            Trace::PreVote(decision) => {
                if let PreVoteTrace::Refused { reason, .. } = decision {
                    self.vote_refused(world, id, *reason);
                }
            }
            Trace::Election(decision) => self.election(world, id, decision),
            Trace::Replication(decision) => {
                if let ReplicationTrace::Truncated { from, .. } = decision {
                    self.count(RareEvent::LogTruncated);
                    self.removed(checks, id, *from);
                }
            }
            Trace::Commit(decision) => self.commit(core, decision),
            Trace::Client(decision) => {
                if let ClientTrace::ProposalRefused { reason } = decision {
                    self.count(RareEvent::ProposalRefused);
                    if matches!(reason, Refusal::TransferInProgress { .. }) {
                        self.count(RareEvent::ProposalInTransfer);
                    }
                }
            }
            Trace::Read(decision) => {
                if matches!(decision, ReadTrace::ByLease { .. }) && world.partition().is_some() {
                    self.count(RareEvent::LeaseReadPartitioned);
                }
            }
            Trace::Transfer(decision) => self.transfer(core, decision),
            Trace::Membership(decision) => self.membership(decision),
            Trace::Snapshot(decision) => self.snapshot(world, id, decision),
            Trace::Ignored(message) => self.ignored(message.reason),
            Trace::Lifecycle(_) | Trace::Disk(_) => {}
        }
    }

    fn term(&mut self, id: NodeId, decision: &TermTrace) {
        let TermTrace::SteppedDown { reason, .. } = decision else { return };
        self.leaders.retain(|leader| *leader != id);
        match reason {
            StepDownReason::QuorumLost => self.count(RareEvent::QuorumLost),
            StepDownReason::Removed => self.count(RareEvent::LeaderRemoved),
            StepDownReason::LeaderElected(_) => self.count(RareEvent::CandidateYields),
            StepDownReason::LaterTerm(_) | StepDownReason::LeaderHeard(_) => {}
        }
    }

    fn election(&mut self, world: &World, id: NodeId, decision: &ElectionTrace) {
        let core = world.node(id).and_then(SimNode::core);
        let is_joint = core.is_some_and(|core| core.membership().is_joint());
        if let ElectionTrace::Started { reason, .. } = decision {
            if *reason == ElectionReason::SplitVote {
                self.count(RareEvent::SplitVote);
            }
            let cores = self.leaders.iter().filter_map(|leader| world.node(*leader)?.core());
            let mut leading = cores.filter(|core| core.role() == RoleKind::Leader);
            if *reason == ElectionReason::Transfer
                && leading.any(|leader| leader.status().transfer_to != Some(id))
            {
                self.count(RareEvent::LateSuccessor);
            }
            if is_joint {
                self.count(RareEvent::ElectionInJoint);
                if core.is_some_and(|core| is_halved(world, core.membership())) {
                    self.count(RareEvent::JointHalved);
                }
            }
            if core.is_some_and(|core| core.membership().is_learner(id)) {
                self.count(RareEvent::LearnerNeeded);
            }
        } else if let ElectionTrace::BecameLeader { .. } = decision {
            if is_joint {
                self.count(RareEvent::LeaderInJoint);
            }
            if self.leaders.iter().any(|leader| *leader != id) {
                self.count(RareEvent::TwoLeaders);
            }
            let drift =
                |node: &NodeId| world.node(*node).map_or(0, |node| node.clock().drift_ppm());
            if drift(&id) > 0 && self.leaders.iter().any(|leader| drift(leader) < 0) {
                self.count(RareEvent::ClocksAtTheBound);
            }
            self.leaders.push(id);
        } else if let ElectionTrace::VoteRefused { reason, .. } = decision {
            self.vote_refused(world, id, *reason);
        }
    }

    fn vote_refused(&mut self, world: &World, id: NodeId, reason: VoteRefusal) {
        if reason == (VoteRefusal::LeaderIsAlive { leader: None }) {
            let has_lease = |node: &SimNode| {
                node.id() != id && node.lease_until().is_some_and(|until| until > world.now())
            };
            let is_back = world.node(id).is_some_and(|node| node.incarnation() > 1);
            if is_back && world.nodes().any(has_lease) {
                self.count(RareEvent::ForgetfulVoter);
            }
        }
        self.count(match reason {
            VoteRefusal::LogBehind { .. } => RareEvent::VoteRefusedLogBehind,
            VoteRefusal::AlreadyVoted { .. } => RareEvent::VoteRefusedSecond,
            VoteRefusal::LeaderIsAlive { .. } => RareEvent::DisruptionRefused,
            VoteRefusal::StaleTerm { .. } => RareEvent::OldMessageRefused,
        });
    }

    fn commit(&mut self, core: Option<&Node>, decision: &CommitTrace) {
        if let CommitTrace::Committed { from, .. } = decision {
            let is_old = |core: &Node| {
                let first = core.log().term_at(LogIndex(from.0 + 1));
                first.is_some_and(|term| term < core.current_term())
            };
            if core.is_some_and(is_old) {
                self.count(RareEvent::OldTermCommitted);
            }
        } else if let CommitTrace::OldTermNotCounted { .. } = decision {
            self.count(RareEvent::OldTermNotCounted);
        }
    }

    fn transfer(&mut self, core: Option<&Node>, decision: &TransferTrace) {
        if let TransferTrace::Started { .. } = decision {
            if core.is_some_and(is_changing) {
                self.count(RareEvent::TransferInChange);
            }
        } else if let TransferTrace::TimedOut { .. } = decision {
            self.count(RareEvent::TransferTimedOut);
        } else if let TransferTrace::DiskHangs { .. } = decision {
            self.count(RareEvent::HandedOver);
        }
    }

    fn membership(&mut self, decision: &MembershipTrace) {
        if let MembershipTrace::RolledBack { .. } = decision {
            self.count(RareEvent::MembershipRolledBack);
        } else if let MembershipTrace::ChangeRefused { reason, .. } = decision {
            if matches!(reason, Refusal::TermNotCommitted) {
                self.count(RareEvent::ChangeBeforeTerm);
            } else if matches!(reason, Refusal::VotersNotHeard { .. }) {
                self.count(RareEvent::VotersNotHeard);
            }
        } else if let MembershipTrace::ChangeGivenUp { reason } = decision {
            if matches!(reason, Refusal::CatchUpStalled { .. }) {
                self.count(RareEvent::CatchUpStalled);
            } else if matches!(reason, Refusal::VotersNotHeard { .. }) {
                self.count(RareEvent::VotersNotHeard);
            }
        }
    }

    /// A node removes an entry from its log, and all that follow it. They are still on its disk. A
    /// snapshot is never the first that removes an entry from a majority: it holds what another
    /// majority has.
    fn removed(&mut self, checks: &Checks, id: NodeId, first: LogPosition) {
        if self.removed != Some(first) && checks.is_on_majority(id, first) {
            self.removed = Some(first);
            self.count(RareEvent::MajorityEntryRemoved);
        }
    }

    fn snapshot(&mut self, world: &World, id: NodeId, decision: &SnapshotTrace) {
        if let SnapshotTrace::Sent { peer, .. } = decision {
            self.count(RareEvent::SnapshotSent);
            let core = world.node(*peer).and_then(SimNode::core);
            let is_ahead = core.is_some_and(|core| core.log().last().index > core.commit_index());
            if is_ahead && !self.uncommitted.contains(peer) {
                self.uncommitted.push(*peer);
            }
        } else if let SnapshotTrace::Installed { kept_entries, .. } = decision {
            if self.uncommitted.contains(&id) {
                self.uncommitted.retain(|node| *node != id);
                self.count(RareEvent::SnapshotOverUncommitted);
            }
            if *kept_entries > 0 {
                self.count(RareEvent::SnapshotKeepsSuffix);
            }
        } else if let SnapshotTrace::Compacted { .. } = decision {
            let Some(core) = world.node(id).and_then(SimNode::core) else { return };
            if is_changing(core) {
                self.count(RareEvent::SnapshotInChange);
            }
            let end = core.snapshot().map_or(LogIndex(0), |taken| taken.last_included_index);
            let since = core.last_applied().0.saturating_sub(end.0);
            if since >= world.setup().settings.snapshot_threshold {
                self.count(RareEvent::SnapshotMadeLate);
            }
        } else if let SnapshotTrace::Failed { .. } = decision {
            self.count(RareEvent::SnapshotFailed);
        } else if let SnapshotTrace::Abandoned { .. } = decision {
            self.count(RareEvent::SnapshotAbandoned);
        }
    }

    fn ignored(&mut self, reason: IgnoreReason) {
        if let IgnoreReason::StaleTerm { .. } = reason {
            self.count(RareEvent::OldMessageRefused);
        } else if let IgnoreReason::AlreadyKnown | IgnoreReason::NotExpected = reason {
            self.count(RareEvent::MessageRepeated);
        }
    }
}

/// Whether a partition leaves no group with both majorities of a joint membership, and some group
/// with one.
fn is_halved(world: &World, membership: &Membership) -> bool {
    let Some(partition) = world.partition() else { return false };
    let old = Membership::new(membership.outgoing().iter().copied());
    let new = Membership::new(membership.voters().iter().copied());
    let has = |group: &Vec<NodeId>, half: &Membership| half.is_quorum(|node| group.contains(&node));
    let groups = partition.groups();
    groups.iter().any(|group| has(group, &old) || has(group, &new))
        && !groups.iter().any(|group| has(group, &old) && has(group, &new))
}

/// Whether the membership is joint, or not committed yet.
fn is_changing(core: &Node) -> bool {
    core.membership().is_joint() || core.membership_index() > core.commit_index()
}
