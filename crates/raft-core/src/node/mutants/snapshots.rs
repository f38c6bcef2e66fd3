//! Bugs of snapshots.

use crate::node::progress::ProgressState;
use crate::node::{Leader, Node};
use crate::{Bug, LogIndex, LogPosition, Membership, Snapshot};

/// [`Bug::OldSnapshotInstalled`]
pub(in crate::node) fn is_snapshot_newer(node: &Node, _: LogPosition) -> Option<bool> {
    node.has(Bug::OldSnapshotInstalled).then_some(true)
}

/// [`Bug::SnapshotLowersTerm`]
pub(in crate::node) fn install_snapshot(node: &mut Node, snapshot: &Snapshot) -> Option<()> {
    node.has(Bug::SnapshotLowersTerm).then(|| {
        node.install_snapshot(snapshot);
        node.current_term = snapshot.last_included_term;
    })
}

/// [`Bug::MembershipSurvivesSnapshot`]
pub(in crate::node) fn install_membership(
    node: &mut Node,
    _: LogIndex,
    _: &Membership,
) -> Option<()> {
    node.has(Bug::MembershipSurvivesSnapshot).then_some(())
}

/// [`Bug::SnapshotLosesJoint`]
pub(in crate::node) fn store_snapshot(node: &mut Node, snapshot: &Snapshot) -> Option<()> {
    node.has(Bug::SnapshotLosesJoint).then(|| {
        let membership = snapshot.membership.without_outgoing();
        node.store_snapshot(&Snapshot { membership, ..snapshot.clone() });
    })
}

/// [`Bug::SnapshotFlood`]
pub(in crate::node) fn ask_after_silence(
    node: &mut Node,
    leader: &mut Leader,
    position: usize,
) -> Option<()> {
    node.has(Bug::SnapshotFlood).then(|| {
        if let ProgressState::Snapshot(outgoing) = &mut leader.peers[position].state {
            outgoing.give_up_when_silent();
        }
    })
}

/// [`Bug::SnapshotPiecesKept`]
pub(in crate::node) fn abandon_incoming_snapshot(node: &mut Node) -> Option<()> {
    node.has(Bug::SnapshotPiecesKept).then_some(())
}

/// [`Bug::SnapshotAskedOnce`]
pub(in crate::node) fn snapshot_failed(node: &mut Node, _: LogIndex) -> Option<()> {
    node.has(Bug::SnapshotAskedOnce).then_some(())
}

/// [`Bug::LogNeverCompacted`]
pub(in crate::node) fn request_snapshot_if_due(node: &mut Node) -> Option<()> {
    node.has(Bug::LogNeverCompacted).then_some(())
}
