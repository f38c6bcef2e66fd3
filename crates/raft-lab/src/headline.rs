//! The state of the cluster in one or two sentences.

use raft_check::Violation;
use raft_core::{Node, NodeId, RoleKind};
use raft_sim::{NodeState, SimNode, World};

use crate::MemberRole;
use crate::members::Members;

/// A broken property, else the partition and the leadership.
pub(crate) fn headline(world: &World, members: &Members, violation: Option<&Violation>) -> String {
    if let Some(violation) = violation {
        return format!("{} is broken: {}", violation.property.name, violation.description);
    }
    let leadership = match world.leader() {
        Some(leader) => with_leader(world, members, leader),
        None => without_leader(world, members),
    };
    match world.partition() {
        Some(partition) if partition.is_one_way() => {
            let groups: Vec<String> = partition.groups().iter().map(|group| nodes(group)).collect();
            let [heard, unheard] = groups.as_slice() else { return leadership };
            format!("Partitioned one way: no message gets from {unheard} to {heard}. {leadership}")
        }
        Some(partition) => {
            let groups = groups_in_words(world, partition.groups());
            format!("Partitioned: {groups}. {leadership}")
        }
        None => leadership,
    }
}

fn with_leader(world: &World, members: &Members, leader: NodeId) -> String {
    let Some(core) = world.node(leader).and_then(SimNode::core) else { return String::new() };
    let term = core.current_term();
    let mut followers = Vec::new();
    let mut learners = Vec::new();
    let mut cut_off = Vec::new();
    let mut not_following = Vec::new();
    for node in world.nodes().filter(|node| node.id() != leader) {
        let (id, member_role) = (node.id(), members.role_of(node.id()));
        if member_role == MemberRole::NonMember {
            continue;
        }
        match node.core().filter(|_| node.state() == NodeState::Running) {
            Some(core) if core.leader() == Some(leader) && core.current_term() == term => {
                match world.is_reachable(leader, id) && world.is_reachable(id, leader) {
                    true if member_role == MemberRole::Learner => learners.push(id),
                    true => followers.push(id),
                    false => cut_off.push(id),
                }
            }
            // Told below.
            Some(core) if core.role() == RoleKind::Leader => {}
            Some(_) => not_following.push(id),
            // Not in service, which is told last.
            None => {}
        }
    }
    let mut words = format!("Node {leader} leads term {term}");
    words += &clause(&followers, "follows it", "follow it");
    words += &clause(&learners, "learns from it", "learn from it");
    words += &clause(&cut_off, "is cut off from it", "are cut off from it");
    words += &clause(&not_following, "does not follow it yet", "do not follow it yet");
    for deposed in cores(world).filter(|core| core.id() != leader) {
        if deposed.role() == RoleKind::Leader {
            let (id, term) = (deposed.id(), deposed.current_term());
            words += &format!("; node {id} still believes that it leads term {term}");
        }
    }
    if let Some(to) = core.status().transfer_to {
        words += &format!("; it transfers leadership to node {to}");
    }
    words + &out_of_service(world) + "."
}

/// `; node 1 follows it`, `; nodes 1 and 2 follow it`, or nothing.
fn clause(ids: &[NodeId], one: &str, several: &str) -> String {
    match ids {
        [] => String::new(),
        [_] => format!("; {} {one}", nodes(ids)),
        _ => format!("; {} {several}", nodes(ids)),
    }
}

fn without_leader(world: &World, members: &Members) -> String {
    let runs = |id: NodeId| world.node(id).is_some_and(|node| node.state() == NodeState::Running);
    if !members.membership.is_quorum(runs) {
        return format!("No leader, and none can be elected: {}.", too_few(world, members, runs));
    }
    let words = match asking(world, RoleKind::Candidate).as_slice() {
        [] => match asking(world, RoleKind::PreCandidate).as_slice() {
            [] => "the nodes wait for an election timeout".to_owned(),
            [one] => {
                let next = one.current_term().next();
                format!("node {} asks for pre-votes for term {next}", one.id())
            }
            several => format!("{} ask for pre-votes", of_cores(several)),
        },
        [one] => format!("node {} asks for votes in term {}", one.id(), one.current_term()),
        several => format!("{} ask for votes", of_cores(several)),
    };
    format!("No leader: {words}{}.", out_of_service(world))
}

/// Why no majority of the voters runs.
fn too_few(world: &World, members: &Members, runs: impl Fn(NodeId) -> bool) -> String {
    let membership = &members.membership;
    if membership.is_joint() {
        return format!(
            "too few voters run for a majority of the old and one of the new ones ({membership}){}",
            out_of_service(world)
        );
    }
    let voters = membership.voters();
    let running = voters.iter().filter(|voter| runs(**voter)).count();
    let verb = if running == 1 { "runs" } else { "run" };
    let needed = membership.majority();
    let be = if needed == 1 { "is" } else { "are" };
    format!(
        "{running} of {} voters {verb}, {needed} {be} needed{}",
        voters.len(),
        out_of_service(world)
    )
}

fn asking(world: &World, role: RoleKind) -> Vec<&Node> {
    cores(world).filter(|core| core.role() == role).collect()
}

fn of_cores(cores: &[&Node]) -> String {
    nodes(&cores.iter().map(|core| core.id()).collect::<Vec<_>>())
}

/// The nodes that do not run, by the reason.
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

/// The groups of a partition, with the group of the nodes that no other names: `1 2 | 3 4 5`.
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
