//! The members of the cluster, and each node.

use raft_core::{Instant, LogIndex, LogPosition, NodeId, ProgressKind, RoleKind, Status, Term};
use raft_sim::{ClockChange, Disk, DiskChange, Fsync, NodeState, SimNode, Words};
use serde::{Deserialize, Serialize};

use crate::MemberRole;
use crate::members::Members;

/// The cluster's membership.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MembershipView {
    /// The voters; in a joint membership, the new ones.
    pub voters: Vec<NodeId>,
    /// In a joint membership, the old voters; else empty.
    pub outgoing: Vec<NodeId>,
    /// The learners, which have no vote.
    pub learners: Vec<NodeId>,
    /// The entry that it comes from; 0 for the configured membership.
    pub index: LogIndex,
    /// Whether the leader knows that this entry is committed.
    pub committed: bool,
}

/// One node.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NodeView {
    /// The node's id.
    pub id: NodeId,
    /// Whether it runs, is paused or is down.
    pub state: NodeState,
    /// The number of its starts.
    pub incarnation: u64,
    /// Why the node refuses to start; `None` if it does not.
    pub refusal: Option<Words>,
    /// The failed write that stopped the node; `None` if none did.
    pub stopped_by: Option<String>,
    /// Its role in the membership.
    pub member_role: MemberRole,
    /// The drift of its clock in words; `None`: it keeps time.
    pub clock: Option<String>,
    /// The time to handle one input; 0 unless the node was slowed.
    pub handling_micros: u64,
    /// The shortest election timeout of its settings.
    pub election_timeout_min_micros: u64,
    /// Whether it uses leases: a leader with one may answer reads at once.
    pub lease_reads: bool,
    /// Its disk.
    pub disk: DiskView,
    /// Its protocol state, which is in memory; `None` while the node is down, and of a recorded run
    /// that does not tell it.
    pub core: Option<CoreView>,
}

/// A node's disk.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct DiskView {
    /// The number of writes that it has not finished.
    pub unfinished_writes: usize,
    /// The least time of a write.
    pub latency_min_micros: u64,
    /// The greatest time of a write.
    pub latency_max_micros: u64,
    /// Whether it is full.
    pub is_full: bool,
    /// How its flushes fail, in words; `None` while they succeed.
    pub fault: Option<String>,
    /// No write ends before this time; often it is past.
    pub stalled_until: Instant,
}

/// A node's protocol state.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CoreView {
    /// Its role in its term.
    pub role: RoleKind,
    /// The latest term it has seen.
    pub current_term: Term,
    /// Its vote in that term.
    pub voted_for: Option<NodeId>,
    /// The leader that it knows in its term.
    pub leader: Option<NodeId>,
    /// The last entry that it knows to be committed.
    pub commit_index: LogIndex,
    /// The last entry that it has applied.
    pub last_applied: LogIndex,
    /// The last entry of its log.
    pub last_log: LogPosition,
    /// The number of entries of its log.
    pub log_length: usize,
    /// The last entry of its log that is on its disk.
    pub durable_index: LogIndex,
    /// The last entry that its snapshot covers; index 0 without a snapshot.
    pub snapshot: LogPosition,
    /// The membership in its log, in words; `None`: it knows none yet.
    pub membership: Option<String>,
    /// The entry with that membership; 0 for the configured one.
    pub membership_index: LogIndex,
    /// When its timer was started.
    pub timer_started: Instant,
    /// When its timer elapses: the election timeout, or a leader's next heartbeat.
    pub deadline: Instant,
    /// The voters of its membership with their answers to a candidate or pre-candidate; empty for
    /// other roles.
    pub votes: Vec<VoteView>,
    /// A leader's lease.
    pub lease: Option<LeaseView>,
    /// A leader's round: how often it asked all others whether they follow it.
    pub round: Option<u64>,
    /// The bytes of a leader's entries that are not committed, or not on its own disk.
    pub uncommitted_bytes: u64,
    /// The target of a leadership transfer under way.
    pub transfer_to: Option<NodeId>,
    /// A leader's replication state of the other nodes.
    pub peers: Vec<PeerView>,
}

/// A voter's answer to a candidate.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct VoteView {
    /// The voter.
    pub voter: NodeId,
    /// Whether it grants its vote; `None`: no answer yet.
    pub granted: Option<bool>,
}

/// A leader's lease.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LeaseView {
    /// Its end; it can be past.
    pub until: Instant,
    /// How long a lease lasts from the sending of the heartbeats that it rests on.
    pub duration_micros: u64,
}

/// A leader's replication state of another node.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PeerView {
    /// The other node.
    pub id: NodeId,
    /// How entries are being sent to it.
    pub state: ProgressKind,
    /// The next entry to send to it.
    pub next_index: LogIndex,
    /// The last entry known to be on its disk.
    pub match_index: LogIndex,
    /// The number of messages with entries that it has not answered yet.
    pub in_flight: usize,
    /// Their payload bytes, or bytes of a snapshot in flight.
    pub in_flight_bytes: u64,
    /// When it last answered.
    pub last_contact: Instant,
}

impl MembershipView {
    /// Whether the voters are changing: a majority of the old and one of the new ones is needed.
    pub fn is_joint(&self) -> bool {
        !self.outgoing.is_empty()
    }
}

impl From<&Members> for MembershipView {
    fn from(members: &Members) -> Self {
        let Members { membership, index, is_committed } = members;
        Self {
            voters: membership.voters().to_vec(),
            outgoing: membership.outgoing().to_vec(),
            learners: membership.learners().to_vec(),
            index: *index,
            committed: *is_committed,
        }
    }
}

impl NodeView {
    pub(super) fn of(node: &SimNode, members: &Members) -> Self {
        let drift = node.clock().drift_ppm();
        Self {
            id: node.id(),
            state: node.state(),
            incarnation: node.incarnation(),
            refusal: node.refusal().cloned(),
            stopped_by: node.stopped_by().map(|failure| failure.to_string()),
            member_role: members.role_of(node.id()),
            clock: (drift != 0).then(|| ClockChange::Drift { ppm: drift }.to_string()),
            handling_micros: node.handling().as_micros() as u64,
            election_timeout_min_micros: node.settings().election_timeout_min.as_micros() as u64,
            lease_reads: node.settings().lease_reads,
            disk: DiskView::from(node.disk()),
            core: node.core().map(|core| CoreView::of(node, core)),
        }
    }

    /// Whether it is down.
    pub fn is_down(&self) -> bool {
        self.core.is_none() && !self.is_unknown()
    }

    /// Whether nobody can say what it does: a recorded run does not tell it.
    pub fn is_unknown(&self) -> bool {
        self.core.is_none() && self.state == NodeState::Running
    }
}

impl From<&Disk> for DiskView {
    fn from(disk: &Disk) -> Self {
        let fsync = disk.fsync();
        Self {
            unfinished_writes: disk.pending().len(),
            latency_min_micros: disk.latency().min.as_micros() as u64,
            latency_max_micros: disk.latency().max.as_micros() as u64,
            is_full: disk.is_full(),
            fault: (fsync != Fsync::Works).then(|| DiskChange::Fsync(fsync).to_string()),
            stalled_until: disk.stalled_until(),
        }
    }
}

impl CoreView {
    fn of(node: &SimNode, core: &raft_core::Node) -> Self {
        let status = core.status();
        // The core's times are times of the node's clock.
        let by_world = |time: Instant| node.clock().when_it_shows(time);
        let lease = status.lease_until.map(|until| LeaseView {
            until: by_world(until),
            duration_micros: status.lease_duration.as_micros() as u64,
        });
        let peers = status.peers.iter().map(|peer| PeerView {
            id: peer.id,
            state: peer.state,
            next_index: peer.next_index,
            match_index: peer.match_index,
            in_flight: peer.in_flight,
            in_flight_bytes: peer.in_flight_bytes,
            last_contact: by_world(peer.last_contact),
        });
        let membership = &status.membership;
        Self {
            role: status.role,
            current_term: status.current_term,
            voted_for: status.voted_for,
            leader: status.leader,
            commit_index: status.commit_index,
            last_applied: status.last_applied,
            last_log: status.last_log,
            log_length: core.log().len(),
            durable_index: status.durable_index,
            snapshot: status.snapshot,
            membership: (!membership.is_empty()).then(|| membership.to_string()),
            membership_index: status.membership_index,
            timer_started: by_world(status.timer_started),
            deadline: by_world(status.deadline),
            votes: votes(&status),
            lease,
            round: status.round.map(|round| round.0),
            uncommitted_bytes: status.uncommitted_bytes,
            transfer_to: status.transfer_to,
            peers: peers.collect(),
        }
    }
}

fn votes(status: &Status) -> Vec<VoteView> {
    if !matches!(status.role, RoleKind::Candidate | RoleKind::PreCandidate) {
        return Vec::new();
    }
    let answer = |voter: NodeId| {
        let answer = status.votes.iter().find(|(from, _)| *from == voter);
        VoteView { voter, granted: answer.map(|(_, granted)| *granted) }
    };
    let members = status.membership.members();
    let voters = members.iter().filter(|node| status.membership.is_voter(**node));
    voters.map(|voter| answer(*voter)).collect()
}
