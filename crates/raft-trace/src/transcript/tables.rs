//! The tables in a transcript: the state of all nodes at one time.

use std::fmt::Write as _;

use raft_core::{Membership, ProgressKind, RoleKind};
use raft_script::Session;
use raft_sim::{NodeState, SimNode, World};

/// State of every node, one a line.
pub(super) fn nodes(world: &World) -> String {
    let first = Membership::new(world.setup().voter_ids());
    let mut output = String::new();
    for node in world.nodes() {
        let Some(core) = node.core() else {
            let _ = writeln!(output, "node {}: {}", node.id(), node.state());
            continue;
        };
        let vote = core.voted_for().map_or("none".to_owned(), |id| id.to_string());
        let _ = write!(
            output,
            "node {}: {} term={} voted_for={vote} last_log={} commit_index={} last_applied={}",
            node.id(),
            role(node, core),
            core.current_term(),
            core.log().last(),
            core.commit_index(),
            core.last_applied(),
        );
        let _ = match core.membership() {
            membership if membership.has_same_servers_as(&first) => writeln!(output),
            membership if membership.is_empty() => writeln!(output, " members=(none known)"),
            membership => writeln!(output, " members=({membership})"),
        };
    }
    output
}

/// The role of a node, as the node itself sees it.
fn role(node: &SimNode, core: &raft_core::Node) -> String {
    let follower = match core.membership().is_learner(node.id()) {
        true if !core.membership().is_voter(node.id()) => "learner",
        _ => "follower",
    };
    match (core.role(), core.leader()) {
        _ if node.state() == NodeState::Paused => "paused".to_owned(),
        (RoleKind::Follower, Some(leader)) => format!("{follower} of {leader}"),
        (RoleKind::Follower, None) => follower.to_owned(),
        (role, _) => role.to_string(),
    }
}

/// The leader's progress about each peer.
pub(super) fn progress(world: &World) -> String {
    let Some(core) = world.leader().and_then(|leader| world.node(leader)?.core()) else {
        return "no node leads".to_owned();
    };
    let mut output = String::new();
    for peer in core.status().peers {
        let state = match peer.state {
            ProgressKind::Probe => "probe".to_owned(),
            ProgressKind::Replicate => "replicate".to_owned(),
            ProgressKind::Snapshot { received, total } => {
                format!("snapshot received={received} of {total}")
            }
        };
        let _ = writeln!(
            output,
            "node {} about node {}: {state} match_index={} next_index={} in_flight={}",
            core.id(),
            peer.id,
            peer.match_index,
            peer.next_index,
            peer.in_flight,
        );
    }
    output
}

/// The terms of each log, committed entries before the bar.
pub(super) fn logs(world: &World) -> String {
    let mut output = String::new();
    for node in world.nodes() {
        let Some(core) = node.core() else {
            let _ = writeln!(output, "node {}: {}", node.id(), node.state());
            continue;
        };
        let log = core.log();
        let _ = write!(output, "node {}:", node.id());
        if let Some(snapshot) = core.snapshot() {
            let _ = write!(output, " [snapshot through {}]", snapshot.position());
            if log.base() != snapshot.position() {
                let _ = write!(output, " [entries from {}]", log.first_index());
            }
        }
        for entry in log.iter_from(log.first_index()) {
            if entry.index == core.commit_index().next() {
                output.push_str(" |");
            }
            let _ = write!(output, " {}", entry.term);
        }
        output.push('\n');
    }
    output
}

/// The keys and values of every node.
pub(super) fn stores(world: &World) -> String {
    let mut output = String::new();
    for node in world.nodes() {
        let _ = write!(output, "node {}:", node.id());
        for (key, value) in node.store().into_iter().flat_map(|store| store.iter()) {
            let _ = write!(output, " {key}={value}");
        }
        output.push('\n');
    }
    output
}

/// The suspended properties, and why.
pub(super) fn suspended(session: &Session) -> String {
    let mut output = String::new();
    for result in session.checks().results() {
        if let Some(suspension) = &result.suspension {
            let _ = writeln!(output, "{}: {suspension}", result.property.name);
        }
    }
    if output.is_empty() { "none".to_owned() } else { output }
}
