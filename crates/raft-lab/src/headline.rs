//! The state of the cluster in one or two sentences.

use std::fmt;

use raft_check::Violation;

use raft_core::{Bare, List, Node, NodeId, RoleKind, Say, Speaker, print_as_said, say};
use raft_sim::{Mention, NodeState, SimNode, Words, World, words};

use crate::MemberRole;
use crate::members::Members;

/// A broken property, else the partition and the leadership.
pub(crate) fn headline(world: &World, members: &Members, violation: Option<&Violation>) -> Words {
    if let Some(violation) = violation {
        let Violation { property, description, .. } = violation;
        return words! { property.name, " is broken: ", description };
    }
    let leadership = match world.leader() {
        Some(leader) => with_leader(world, members, leader),
        None => without_leader(world, members),
    };
    match world.partition() {
        Some(partition) if partition.is_one_way() => {
            let [heard, unheard] = partition.groups() else { return leadership };
            words! {
                "Partitioned one way: no message gets from ", Nodes(unheard), " to ",
                Nodes(heard), ". ", leadership
            }
        }
        Some(partition) => {
            let groups = groups_in_words(world, partition.groups());
            words! { "Partitioned: ", groups, ". ", leadership }
        }
        None => leadership,
    }
}

fn with_leader(world: &World, members: &Members, leader: NodeId) -> Words {
    let Some(core) = world.node(leader).and_then(SimNode::core) else {
        return Words::default();
    };
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
    let deposed = cores(world).filter(|core| core.id() != leader);
    let deposed: Vec<&Node> = deposed.filter(|core| core.role() == RoleKind::Leader).collect();
    Words::told(|out| {
        out.name(Mention::Node(leader), format_args!("Node {leader}"))?;
        say!(
            out; " leads ", term, Clause(&followers, "follows it", "follow it"),
            Clause(&learners, "learns from it", "learn from it"),
            Clause(&cut_off, "is cut off from it", "are cut off from it"),
            Clause(&not_following, "does not follow it yet", "do not follow it yet")
        )?;
        for core in deposed {
            let (id, term) = (core.id(), core.current_term());
            say!(out; "; ", id, " still believes that it leads ", term)?;
        }
        if let Some(to) = core.status().transfer_to {
            say!(out; "; it transfers leadership to ", to)?;
        }
        say!(out; OutOfService(world), ".")
    })
}

/// `; node 1 follows it`, `; nodes 1 and 2 follow it`, or nothing: the nodes, and the verb for one
/// and for several.
struct Clause<'a>(&'a [NodeId], &'static str, &'static str);

impl Say<Mention> for Clause<'_> {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        match self {
            Self([], ..) => Ok(()),
            Self(ids @ [_], one, _) => say!(out; "; ", Nodes(ids), " {one}"),
            Self(ids, _, several) => say!(out; "; ", Nodes(ids), " {several}"),
        }
    }
}

fn without_leader(world: &World, members: &Members) -> Words {
    let runs = |id: NodeId| world.node(id).is_some_and(|node| node.state() == NodeState::Running);
    if !members.membership.is_quorum(runs) {
        let too_few = too_few(world, members, runs);
        return words! { "No leader, and none can be elected: ", too_few, "." };
    }
    let asking = match asking(world, RoleKind::Candidate).as_slice() {
        [] => match asking(world, RoleKind::PreCandidate).as_slice() {
            [] => Words::of("the nodes wait for an election timeout"),
            [one] => {
                words! { one.id(), " asks for pre-votes for ", one.current_term().next() }
            }
            several => words! { Nodes(&ids(several)), " ask for pre-votes" },
        },
        [one] => words! { one.id(), " asks for votes in ", one.current_term() },
        several => words! { Nodes(&ids(several)), " ask for votes" },
    };
    words! { "No leader: ", asking, OutOfService(world), "." }
}

/// Why no majority of the voters runs.
fn too_few(world: &World, members: &Members, runs: impl Fn(NodeId) -> bool) -> Words {
    let membership = &members.membership;
    if membership.is_joint() {
        return words! {
            "too few voters run for a majority of the old and one of the new ones (", membership,
            ")", OutOfService(world)
        };
    }
    let voters = membership.voters();
    let running = voters.iter().filter(|voter| runs(**voter)).count();
    let verb = if running == 1 { "runs" } else { "run" };
    let needed = membership.majority();
    let be = if needed == 1 { "is" } else { "are" };
    words! {
        "{running} of ", voters.len(), " voters {verb}, {needed} {be} needed", OutOfService(world)
    }
}

fn asking(world: &World, role: RoleKind) -> Vec<&Node> {
    cores(world).filter(|core| core.role() == role).collect()
}

fn ids(cores: &[&Node]) -> Vec<NodeId> {
    cores.iter().map(|core| core.id()).collect()
}

/// The nodes that do not run, by the reason.
struct OutOfService<'a>(&'a World);

impl Say<Mention> for OutOfService<'_> {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        let kinds = [
            (NodeState::Crashed, "is down", "are down"),
            (NodeState::Paused, "is paused", "are paused"),
            (NodeState::Refused, "refuses to start", "refuse to start"),
        ];
        for (state, one, several) in kinds {
            let ids = self.0.nodes().filter(|node| node.state() == state).map(SimNode::id);
            let ids: Vec<NodeId> = ids.collect();
            say!(out; Clause(&ids, one, several))?;
        }
        Ok(())
    }
}

fn cores(world: &World) -> impl Iterator<Item = &Node> {
    world.nodes().filter(|node| node.state() == NodeState::Running).filter_map(SimNode::core)
}

/// The groups of a partition, with the group of the nodes that no other names: `1 2 | 3 4 5`.
fn groups_in_words(world: &World, groups: &[Vec<NodeId>]) -> Words {
    let named = |id: &NodeId| groups.iter().any(|group| group.contains(id));
    let rest: Vec<NodeId> = world.node_ids().filter(|id| !named(id)).collect();
    let all = groups.iter().chain((!rest.is_empty()).then_some(&rest));
    Words::told(|out| {
        for (place, group) in all.enumerate() {
            let bar = if place == 0 { "" } else { " | " };
            say!(out; bar, List(group, " "))?;
        }
        Ok(())
    })
}

/// `node 1`, `nodes 1 and 2`, `nodes 1, 2 and 3`.
pub(crate) struct Nodes<'a>(pub(crate) &'a [NodeId]);

impl Say<Mention> for Nodes<'_> {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        match self.0 {
            [] => say!(out; "no nodes"),
            [one] => say!(out; one),
            [first @ .., last] => {
                say!(out; "nodes ", List(first, ", "), " and ", Bare(last))
            }
        }
    }
}

print_as_said!(Mention: Nodes<'_>);

#[cfg(test)]
mod tests;
