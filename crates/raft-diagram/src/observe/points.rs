//! Points: what happens on one lane at one moment, its topic, and whether it is noise.

use raft_core::{
    CommitTrace, DiskTrace, ElectionTrace, LifecycleTrace, NodeId, PreVoteTrace, ReplicationTrace,
    SnapshotTrace, TermTrace, Trace,
};
use raft_sim::{AdminRequest, Event, ProcessEvent};

use crate::diagram::Diagram;
use crate::item::{ItemKind, LanePoint, PointTopic};
use crate::lane::LaneId;

impl Diagram {
    pub(super) fn point(&mut self, event: &Event, lane: LaneId, topic: PointTopic, is_noise: bool) {
        // A reply may end with the same event, which keeps its first item.
        let ended = self.events.get(event.number).and_then(|row| row.item);
        let point = LanePoint { lane, topic, what: event.kind.clone() };
        let place = self.begin(event, is_noise, ItemKind::Point(point));
        self.end(place, event, |_| {});
        if let Some(first) = ended {
            self.belongs_to(event.number, first);
        }
    }

    pub(super) fn decide(&mut self, event: &Event, node: NodeId, trace: &Trace) {
        let (topic, is_noise) = topic_of(trace);
        self.point(event, LaneId::Node(node), topic, is_noise);
    }

    pub(super) fn process(&mut self, event: &Event, node: NodeId, what: &ProcessEvent) {
        let lane = LaneId::Node(node);
        match what {
            ProcessEvent::Crashed => {
                self.crash_ends_writes(event, node);
                self.turn(event, node, |edge| (edge.role, edge.is_paused) = (None, false));
            }
            ProcessEvent::Paused => self.turn(event, node, |edge| edge.is_paused = true),
            ProcessEvent::Resumed => self.turn(event, node, |edge| edge.is_paused = false),
            ProcessEvent::TimerElapsed { .. } => {
                return self.point(event, lane, PointTopic::Timer, true);
            }
            ProcessEvent::Started
            | ProcessEvent::Restarted
            | ProcessEvent::ConfiguredAlone
            | ProcessEvent::Reconfigured { .. }
            | ProcessEvent::RestartRefused { .. }
            | ProcessEvent::TimeoutsSet { .. }
            | ProcessEvent::Slowed { .. }
            | ProcessEvent::ClockChanged { .. } => {}
        }
        self.point(event, lane, PointTopic::Process, false);
    }

    pub(super) fn server_is_there(&mut self, event: &Event, node: NodeId) {
        self.point(event, LaneId::Node(node), PointTopic::Process, false);
    }

    pub(super) fn administered(&mut self, event: &Event, node: NodeId, request: &AdminRequest) {
        let topic = match request {
            AdminRequest::TransferLeadership { .. } => PointTopic::Transfer,
            AdminRequest::ChangeMembership { .. } | AdminRequest::CancelChange => {
                PointTopic::Membership
            }
        };
        self.point(event, LaneId::Node(node), topic, false);
    }
}

/// The topic of a decision, and whether it is noise. Noise is what another item shows already: the
/// message that was counted, the entries that arrived, what was applied.
fn topic_of(trace: &Trace) -> (PointTopic, bool) {
    match trace {
        Trace::Lifecycle(decision) => {
            (PointTopic::Process, matches!(decision, LifecycleTrace::Started { .. }))
        }
        Trace::Term(decision) => {
            (PointTopic::Term, matches!(decision, TermTrace::LeaderRecognized { .. }))
        }
        Trace::PreVote(decision) => match decision {
            PreVoteTrace::Started { .. } => (PointTopic::Election, false),
            PreVoteTrace::Granted { .. } | PreVoteTrace::Refused { .. } => {
                (PointTopic::Vote, false)
            }
            PreVoteTrace::Counted { .. } => (PointTopic::Vote, true),
        },
        Trace::Election(decision) => match decision {
            ElectionTrace::NotStarted { .. }
            | ElectionTrace::Started { .. }
            | ElectionTrace::BecameLeader { .. } => (PointTopic::Election, false),
            ElectionTrace::VoteGranted { .. } | ElectionTrace::VoteRefused { .. } => {
                (PointTopic::Vote, false)
            }
            ElectionTrace::VoteCounted { .. } => (PointTopic::Vote, true),
        },
        Trace::Replication(decision) => match decision {
            ReplicationTrace::Appended { .. }
            | ReplicationTrace::EntriesRefused { .. }
            | ReplicationTrace::Truncated { .. } => (PointTopic::Log, false),
            ReplicationTrace::EntriesAccepted { .. } | ReplicationTrace::Backtracked { .. } => {
                (PointTopic::Log, true)
            }
        },
        Trace::Commit(decision) => {
            (PointTopic::Commit, matches!(decision, CommitTrace::Learned { .. }))
        }
        Trace::Client(_) => (PointTopic::Client, false),
        Trace::Read(_) => (PointTopic::Read, false),
        Trace::Transfer(_) => (PointTopic::Transfer, false),
        Trace::Membership(_) => (PointTopic::Membership, false),
        Trace::Snapshot(decision) => {
            let is_noise =
                matches!(decision, SnapshotTrace::ChunkStored { .. } | SnapshotTrace::Asked { .. });
            (PointTopic::Snapshot, is_noise)
        }
        Trace::Disk(decision) => {
            (PointTopic::Disk, matches!(decision, DiskTrace::PersistedUnknown { .. }))
        }
        Trace::Ignored(_) => (PointTopic::Ignored, false),
    }
}
