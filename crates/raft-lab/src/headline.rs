//! One plain sentence on the state of the cluster.

use raft_check::Violation;
use raft_core::{Node, NodeId, RoleKind};
use raft_sim::{NodeState, SimNode, World};

/// What is going on, in a sentence or two.
pub(crate) fn headline(world: &World, violation: Option<&Violation>) -> String {
    if let Some(violation) = violation {
        return format!("{} is broken: {}", violation.property.name, violation.description);
    }
    let leadership = match world.leader() {
        Some(leader) => with_leader(world, leader),
        None => without_leader(world),
    };
    match world.partition() {
        Some(groups) => format!("Partitioned: {}. {leadership}", groups_in_words(world, groups)),
        None => leadership,
    }
}

fn with_leader(world: &World, leader: NodeId) -> String {
    let Some(core) = world.node(leader).and_then(SimNode::core) else { return String::new() };
    let term = core.current_term();
    let mut followers = Vec::new();
    let mut cut_off = Vec::new();
    let mut strangers = Vec::new();
    for node in world.nodes().filter(|node| node.id() != leader) {
        match node.core().filter(|_| node.state() == NodeState::Running) {
            Some(core) if core.leader() == Some(leader) && core.current_term() == term => {
                if world.is_reachable(leader, node.id()) && world.is_reachable(node.id(), leader) {
                    followers.push(node.id());
                } else {
                    cut_off.push(node.id());
                }
            }
            Some(core) if core.role() != RoleKind::Leader => strangers.push(node.id()),
            _ => {}
        }
    }
    let mut words = format!("Node {leader} leads term {term}");
    if !followers.is_empty() {
        let verb = if followers.len() == 1 { "follows" } else { "follow" };
        words += &format!("; {} {verb} it", nodes(&followers));
    }
    if !cut_off.is_empty() {
        let verb = if cut_off.len() == 1 { "is" } else { "are" };
        words += &format!("; {} {verb} cut off from it", nodes(&cut_off));
    }
    if !strangers.is_empty() {
        let verb = if strangers.len() == 1 { "does" } else { "do" };
        words += &format!("; {} {verb} not follow it yet", nodes(&strangers));
    }
    for deposed in cores(world).filter(|core| core.id() != leader) {
        if deposed.role() == RoleKind::Leader {
            let (id, term) = (deposed.id(), deposed.current_term());
            words += &format!("; node {id} still believes that it leads term {term}");
        }
    }
    words + &out_of_service(world) + "."
}

fn without_leader(world: &World) -> String {
    let running = cores(world).count();
    let needed = world.nodes().len() / 2 + 1;
    if running < needed {
        let verb = if running == 1 { "runs" } else { "run" };
        return format!(
            "No leader, and none can be elected: {running} of {} nodes {verb}, {needed} are \
             needed{}.",
            world.nodes().len(),
            out_of_service(world)
        );
    }
    let candidates: Vec<&Node> =
        cores(world).filter(|core| core.role() == RoleKind::Candidate).collect();
    let words = match candidates.as_slice() {
        [] => "the nodes wait for one until an election timeout elapses".to_owned(),
        [one] => format!("node {} asks for votes in term {}", one.id(), one.current_term()),
        several => {
            let ids: Vec<NodeId> = several.iter().map(|core| core.id()).collect();
            format!("{} ask for votes", nodes(&ids))
        }
    };
    format!("No leader: {words}{}.", out_of_service(world))
}

/// The nodes that take no part, each kind with its own word.
fn out_of_service(world: &World) -> String {
    let kinds = [
        (NodeState::Crashed, "is down", "are down"),
        (NodeState::Paused, "is paused", "are paused"),
        (NodeState::Refused, "refuses to start", "refuse to start"),
    ];
    let mut words = String::new();
    for (state, one, several) in kinds {
        let ids: Vec<NodeId> =
            world.nodes().filter(|node| node.state() == state).map(SimNode::id).collect();
        if !ids.is_empty() {
            let verb = if ids.len() == 1 { one } else { several };
            words += &format!("; {} {verb}", nodes(&ids));
        }
    }
    words
}

fn cores(world: &World) -> impl Iterator<Item = &Node> {
    world.nodes().filter(|node| node.state() == NodeState::Running).filter_map(SimNode::core)
}

/// The groups, with the one of the nodes that no group names.
fn groups_in_words(world: &World, groups: &[Vec<NodeId>]) -> String {
    let named = |id: &NodeId| groups.iter().any(|group| group.contains(id));
    let rest: Vec<NodeId> = world.node_ids().filter(|id| !named(id)).collect();
    let all = groups.iter().chain((!rest.is_empty()).then_some(&rest));
    let words: Vec<String> = all
        .map(|group| group.iter().map(NodeId::to_string).collect::<Vec<_>>().join(" "))
        .collect();
    words.join(" | ")
}

/// `node 1`, `nodes 1 and 2`, `nodes 1, 2 and 3`.
pub(crate) fn nodes(ids: &[NodeId]) -> String {
    match ids {
        [] => "no nodes".to_owned(),
        [one] => format!("node {one}"),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(NodeId::to_string).collect();
            format!("nodes {} and {last}", first.join(", "))
        }
    }
}

#[cfg(test)]
mod tests;
