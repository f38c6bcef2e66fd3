//! The members of the cluster, and each node.

use std::collections::BTreeMap;

use raft_core::{PeerStatus, ProgressKind, RoleKind, Status};
use raft_sim::SimNode;
use serde::Serialize;

use super::{ids, text_of_pair};
use crate::Members;

/// The cluster's membership.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct MembershipView {
    /// The voters; in a joint membership, the new ones.
    pub voters: Vec<u64>,
    /// In a joint membership, the old voters; else empty.
    pub outgoing: Vec<u64>,
    /// The learners, which have no vote.
    pub learners: Vec<u64>,
    /// The entry that it comes from; 0 for the configured membership.
    pub index: u64,
    /// Whether the leader knows that this entry is committed.
    pub committed: bool,
}

/// One node. Values in memory are `null` or empty while the node is down.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct NodeView {
    /// The node's id.
    pub id: u64,
    /// `running`, `paused`, `crashed` or `refusing to start`.
    pub state: String,
    /// Why the node refuses to start; `null` if it does not.
    pub refusal: Option<String>,
    /// The failed write that stopped the node; `null` if none did.
    pub stopped_by: Option<String>,
    /// `follower`, `pre-candidate`, `candidate` or `leader`.
    pub role: Option<String>,
    /// `voter`, `outgoing`, `learner` or `non-member`.
    pub member_role: &'static str,
    /// The end of a leader's lease, by its clock; `null` without a lease.
    pub lease_until_micros: Option<u64>,
    /// The drift of the node's clock, in parts per million; positive: too fast.
    pub clock_drift_ppm: i32,
    /// The time to handle one input; 0 unless the node was slowed.
    pub handling_micros: u64,
    /// The target of a leadership transfer under way.
    pub transfer_to: Option<u64>,
    /// A leader's replication state of the other nodes.
    pub peers: Vec<PeerView>,
    /// The node's `current_term`.
    pub term: Option<u64>,
    /// The node's vote in that term.
    pub voted_for: Option<u64>,
    /// The leader that the node knows in its term.
    pub leader: Option<u64>,
    /// The index of the last entry of its log.
    pub last_log_index: Option<u64>,
    /// The number of log entries after the snapshot.
    pub log_length: Option<u64>,
    /// The last entry that the node knows to be committed.
    pub commit_index: Option<u64>,
    /// The last entry that the node has applied.
    pub last_applied: Option<u64>,
    /// The number of writes that its simulated disk has not finished.
    pub unfinished_writes: usize,
    /// The contents of the node's store.
    pub keys: BTreeMap<String, String>,
}

/// A leader's replication state of another node.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PeerView {
    /// The other node.
    pub id: u64,
    /// `probe`, `replicate` or `snapshot`.
    pub state: &'static str,
    /// The next entry to send to that node.
    pub next_index: u64,
    /// The last entry known to be on that node's disk.
    pub match_index: u64,
    /// The number of messages with entries that it has not answered yet.
    pub in_flight: usize,
    /// Their payload bytes.
    pub in_flight_bytes: u64,
}

impl From<&Members> for MembershipView {
    fn from(members: &Members) -> Self {
        let Members { membership, index, is_committed } = members;
        Self {
            voters: ids(membership.voters()),
            outgoing: ids(membership.outgoing()),
            learners: ids(membership.learners()),
            index: index.0,
            committed: *is_committed,
        }
    }
}

impl NodeView {
    pub(super) fn of(node: &SimNode, members: &Members) -> Self {
        let core = node.core();
        let status: Option<Status> = core.map(raft_core::Node::status);
        let peers = status.iter().flat_map(|status| &status.peers).map(PeerView::from);
        let role = core.map(|core| core.role());
        let pairs = node.store().into_iter().flat_map(|store| store.iter());
        Self {
            id: node.id().0,
            state: node.state().to_string(),
            refusal: node.refusal().map(str::to_owned),
            stopped_by: node.stopped_by().map(|failure| failure.to_string()),
            role: role.as_ref().map(RoleKind::to_string),
            member_role: members.role_of(node.id()).word(),
            lease_until_micros: node.lease_until().map(|at| at.0),
            clock_drift_ppm: node.clock().drift_ppm(),
            handling_micros: node.handling().as_micros() as u64,
            transfer_to: status.as_ref().and_then(|status| status.transfer_to).map(|id| id.0),
            peers: peers.collect(),
            term: core.map(|core| core.current_term().0),
            voted_for: core.and_then(|core| core.voted_for()).map(|id| id.0),
            leader: core.and_then(|core| core.leader()).map(|id| id.0),
            last_log_index: core.map(|core| core.log().last().index.0),
            log_length: core.map(|core| core.log().len() as u64),
            commit_index: core.map(|core| core.commit_index().0),
            last_applied: core.map(|core| core.last_applied().0),
            unfinished_writes: node.disk().pending().len(),
            keys: pairs.map(text_of_pair).collect(),
        }
    }
}

impl From<&PeerStatus> for PeerView {
    fn from(peer: &PeerStatus) -> Self {
        Self {
            id: peer.id.0,
            state: match peer.state {
                ProgressKind::Probe => "probe",
                ProgressKind::Replicate => "replicate",
                ProgressKind::Snapshot { .. } => "snapshot",
            },
            next_index: peer.next_index.0,
            match_index: peer.match_index.0,
            in_flight: peer.in_flight,
            in_flight_bytes: peer.in_flight_bytes,
        }
    }
}
