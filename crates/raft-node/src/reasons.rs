//! What keeps a node from working as it should, in words.

use std::time::Duration;

use raft_core::{Instant, NodeId, PeerStatus, ProgressKind, RoleKind, Status};

/// A peer that did not answer for so long is told.
const SILENT: Duration = Duration::from_secs(1);

/// A peer that lacks so many entries is told. A busy cluster has some thousands under way.
const BEHIND: u64 = 10_000;

/// The reasons, the one that decides first. None: nothing is wrong, as far as the node knows.
pub(crate) fn reasons(
    status: &Status,
    now: Instant,
    is_connected: impl Fn(NodeId) -> bool,
) -> Vec<String> {
    let mut reasons = Vec::new();
    if status.leader.is_none() {
        reasons.push(no_leader(status, &is_connected));
    }
    reasons.extend(status.peers.iter().filter_map(|peer| behind(status, peer, now, &is_connected)));
    if status.membership.is_joint() {
        let (old, new) = (list(status.membership.outgoing()), list(status.membership.voters()));
        reasons.push(format!(
            "the members change from {old} to {new}: a majority of both must agree meanwhile"
        ));
    }
    reasons
}

fn no_leader(status: &Status, is_connected: &impl Fn(NodeId) -> bool) -> String {
    let what = match status.role {
        RoleKind::PreCandidate => "asks whether others would vote for it",
        RoleKind::Candidate => "asks for votes",
        RoleKind::Follower | RoleKind::Leader => {
            return match status.membership.is_voter(status.id) {
                true => "no leader: it hears of none, and waits for its election timeout",
                false => "no leader: it hears of none, and cannot be elected itself",
            }
            .to_owned();
        }
    };
    let votes = &status.votes;
    let told = |is_granted: bool| -> Vec<NodeId> {
        votes.iter().filter(|(_, vote)| *vote == is_granted).map(|(node, _)| *node).collect()
    };
    let answered = |node: &NodeId| votes.iter().any(|(voter, _)| voter == node);
    let silent: Vec<NodeId> = status
        .membership
        .members()
        .into_iter()
        .filter(|node| status.membership.is_voter(*node) && !answered(node))
        .collect();
    let mut words = format!(
        "no leader: it {what}, as of term {}; for it: {}",
        status.current_term,
        list(&told(true))
    );
    if !told(false).is_empty() {
        words.push_str(&format!("; against it: {}", list(&told(false))));
    }
    let (reached, unreached): (Vec<_>, Vec<_>) =
        silent.into_iter().partition(|it| is_connected(*it));
    if !reached.is_empty() {
        words.push_str(&format!("; no answer yet: {}", list(&reached)));
    }
    if !unreached.is_empty() {
        words.push_str(&format!("; not reached: {}", list(&unreached)));
    }
    words
}

/// Why a peer of this leader is not where the leader is.
fn behind(
    status: &Status,
    peer: &PeerStatus,
    now: Instant,
    is_connected: &impl Fn(NodeId) -> bool,
) -> Option<String> {
    let lacks = status.last_log.index.0.saturating_sub(peer.match_index.0);
    let silence = Duration::from_micros(now.0.saturating_sub(peer.last_contact.0));
    let why = if !is_connected(peer.id) {
        "it is not reached".to_owned()
    } else if silence >= SILENT {
        format!("it last answered {:.1} s ago", silence.as_secs_f64())
    } else {
        match peer.state {
            ProgressKind::Snapshot { received, total } => {
                format!("it gets a snapshot, and has {} of {} KiB", received >> 10, total >> 10)
            }
            ProgressKind::Probe if lacks > 0 => {
                "it is asked where its log agrees with the leader's".to_owned()
            }
            ProgressKind::Replicate if lacks >= BEHIND => "it is slower than the leader".to_owned(),
            ProgressKind::Probe | ProgressKind::Replicate => return None,
        }
    };
    Some(format!("node {} lacks {lacks} entries: {why}", peer.id))
}

fn list(nodes: &[NodeId]) -> String {
    let names: Vec<String> = nodes.iter().map(NodeId::to_string).collect();
    if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
}
