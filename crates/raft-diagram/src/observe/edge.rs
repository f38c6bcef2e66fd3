//! The edge of a node's lane: its term and its role, as its decisions say.

use raft_core::{
    ElectionTrace, LifecycleTrace, NodeId, PreVoteTrace, RoleKind, Term, TermTrace, Trace,
};
use raft_sim::Event;

use crate::diagram::Diagram;
use crate::lane::{AxisPoint, EdgeStretch, LaneId};

impl Diagram {
    /// Begins a stretch of the edge, if the decision changed the term or the role.
    pub(super) fn turn_edge(&mut self, event: &Event, node: NodeId, trace: &Trace) {
        match trace {
            Trace::Lifecycle(decision) => {
                if let LifecycleTrace::Started { term, last_log, .. } = decision {
                    self.began_with_data |= event.step == 0 && last_log.index.0 > 0;
                    self.becomes(event, node, *term, RoleKind::Follower);
                }
            }
            Trace::Term(decision) => match decision {
                TermTrace::Advanced { to: term, .. }
                | TermTrace::LeaderRecognized { term, .. }
                | TermTrace::SteppedDown { term, .. } => {
                    self.becomes(event, node, *term, RoleKind::Follower);
                }
                TermTrace::LeaderForgotten { .. } | TermTrace::LeaderNotForgotten { .. } => {}
            },
            Trace::PreVote(decision) => match decision {
                PreVoteTrace::Started { .. } => {
                    self.turn(event, node, |edge| edge.role = Some(RoleKind::PreCandidate));
                }
                PreVoteTrace::Granted { .. }
                | PreVoteTrace::Refused { .. }
                | PreVoteTrace::Counted { .. } => {}
            },
            Trace::Election(decision) => match decision {
                ElectionTrace::Started { term, .. } => {
                    self.becomes(event, node, *term, RoleKind::Candidate);
                }
                ElectionTrace::BecameLeader { term, .. } => {
                    self.becomes(event, node, *term, RoleKind::Leader);
                }
                ElectionTrace::NotStarted { .. }
                | ElectionTrace::VoteGranted { .. }
                | ElectionTrace::VoteRefused { .. }
                | ElectionTrace::VoteCounted { .. } => {}
            },
            Trace::Replication(_)
            | Trace::Commit(_)
            | Trace::Client(_)
            | Trace::Read(_)
            | Trace::Transfer(_)
            | Trace::Membership(_)
            | Trace::Snapshot(_)
            | Trace::Disk(_)
            | Trace::Ignored(_) => {}
        }
    }

    fn becomes(&mut self, event: &Event, node: NodeId, term: Term, role: RoleKind) {
        self.turn(event, node, |edge| (edge.term, edge.role) = (term, Some(role)));
    }

    pub(super) fn turn(
        &mut self,
        event: &Event,
        node: NodeId,
        change: impl FnOnce(&mut EdgeStretch),
    ) {
        let since = AxisPoint { event: event.number, at: event.at };
        self.lane(LaneId::Node(node), since).turn(since, change);
    }
}
