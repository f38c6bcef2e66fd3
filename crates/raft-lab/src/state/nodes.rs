//! The members of the cluster, and each node.

use std::collections::BTreeMap;

use raft_core::{PeerStatus, ProgressKind, RoleKind, Status};
use raft_sim::SimNode;
use serde::Serialize;

use super::{ids, text_of_pair};
use crate::Members;

/// Who belongs to the cluster.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct MembershipView {
    /// Those who vote; in a joint membership, the new ones.
    pub voters: Vec<u64>,
    /// In a joint membership, the voters of the old one.
    pub outgoing: Vec<u64>,
    /// Those who receive the log and count nowhere.
    pub learners: Vec<u64>,
    /// The entry that put it in force; 0 for the first one.
    pub index: u64,
    /// Whether that entry is known to be committed.
    pub committed: bool,
}

/// One node. What a node that is down has forgotten is `null`, or empty.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct NodeView {
    /// Its name.
    pub id: u64,
    /// `running`, `paused`, `crashed` or `refusing to start`.
    pub state: String,
    /// Why it refuses to start.
    pub refusal: Option<String>,
    /// What stopped it, if a write that failed did.
    pub stopped_by: Option<String>,
    /// `follower`, `pre-candidate`, `candidate` or `leader`.
    pub role: Option<String>,
    /// `voter`, `leaving`, `learner` or `non-member`.
    pub member_role: &'static str,
    /// Until when a leader's lease lasts.
    pub lease_until_micros: Option<u64>,
    /// How many millionths its clock runs too fast, or too slow if negative.
    pub clock_drift_ppm: i32,
    /// How long it takes to handle anything: zero unless it was made slow.
    pub handling_micros: u64,
    /// To whom a leader is handing over.
    pub transfer_to: Option<u64>,
    /// A leader's view of the others.
    pub peers: Vec<PeerView>,
    /// Its term.
    pub term: Option<u64>,
    /// Who got its vote in that term.
    pub voted_for: Option<u64>,
    /// Whom it believes to lead.
    pub leader: Option<u64>,
    /// The last entry of its log.
    pub last_log_index: Option<u64>,
    /// How many entries its log holds behind its snapshot.
    pub log_length: Option<u64>,
    /// The last entry it knows to be committed.
    pub commit_index: Option<u64>,
    /// The last entry it applied.
    pub last_applied: Option<u64>,
    /// Writes that its simulated disk has not finished.
    pub unfinished_writes: usize,
    /// Its copy of the store.
    pub keys: BTreeMap<String, String>,
}

/// A leader's view of another node.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PeerView {
    /// The other node.
    pub id: u64,
    /// `probe`, `replicate` or `snapshot`.
    pub state: &'static str,
    /// The next entry to send to it.
    pub next_index: u64,
    /// The last entry known to be on its disk.
    pub match_index: u64,
    /// Messages with entries that it has not answered yet.
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
