//! Which nodes recover after the fault phase, and how long they have to make progress.
//!
//! # A fair quorum
//! At the end of the fault phase some nodes recover, and all others stay down. Raft guarantees
//! progress only if the recovered nodes have a quorum of every membership that may be in force.
//! These are:
//! - the committed one;
//! - the latest one in the log of each node, or on its disk if it is down, unless the committed one
//!   is later: a node uses the latest membership of its log, and may be elected. A joint one needs
//!   both majorities;
//! - one in a message that is in flight, or that a paused or slow node has not handled yet;
//! - the target of a change that a leader has begun: the leader may append that entry at any
//!   moment.
//!
//! A node whose disk is damaged does not start, so it is never chosen. A node that is in none of
//! these memberships is chosen only if it is the leader: it has to notice that it was removed.
//! Learners may recover too. They do not count for a quorum, but have to catch up. If there is no
//! fair quorum, no progress is demanded.
//!
//! # A bridge
//! With pre-vote and check-quorum, a node outside of the quorum cannot prevent progress
//! (dissertation §6.2, §9.6). Where both are on, one more node may recover, preferably the leader,
//! that only one node of the quorum reaches. The partition heals after the quorum has committed a
//! new write, because then all nodes have to agree.
//!
//! # Removed servers
//! A change that completes in the recovery may remove servers that recovered, and they may not hear
//! of it. Without check-quorum no server disregards their requests for votes, so they depose the
//! leader again and again (§6: "resulting in poor availability"; dissertation §4.2.3). The leader
//! still answers between two elections. So progress is demanded in such a run too, but the new
//! client asks again when its patience is over.
//!
//! # The bound
//! See [`bound`].

use std::time::Duration;

use raft_check::Checks;
use raft_core::{Body, Entry, Instant, LogIndex, Membership, Message, NodeId, Payload};
use raft_sim::{Client, InFlightMessage, NodeState, PendingWrite, Random, SimNode, World};

use crate::nemesis::leads;
use crate::plan::{pick, shuffle, smallest_piece, sorted};

/// The nodes that recover.
#[derive(Debug)]
pub(crate) struct Recovery {
    /// A fair quorum and perhaps some more, ascending.
    pub(crate) nodes: Vec<NodeId>,
    /// The groups of a partition: the quorum; and the node outside of it, with the one that reaches
    /// it.
    pub(crate) bridge: Option<[Vec<NodeId>; 2]>,
}

/// Chooses the nodes that recover; `None` if there is no fair quorum. `targets` are the targets of
/// changes that leaders have begun. The `avoided` node is chosen only if the others do not suffice.
pub(crate) fn choose(
    random: &mut Random,
    (world, checks): (&World, &Checks),
    targets: &[(NodeId, Membership)],
    avoided: Option<NodeId>,
) -> Option<Recovery> {
    let required = memberships(world, checks, targets);
    let can_start = |node: &&SimNode| match node.state() {
        NodeState::Running | NodeState::Paused => true,
        NodeState::Crashed | NodeState::Refused => node.recovered().is_ok(),
    };
    let mut candidates: Vec<NodeId> = world.nodes().filter(can_start).map(SimNode::id).collect();
    // A leader that was removed has to notice it.
    let leads = |node: NodeId| world.leader() == Some(node);
    let belongs = |node: &NodeId| required.iter().any(|membership| membership.contains(*node));
    candidates.retain(|node| belongs(node) || leads(*node));
    shuffle(random, &mut candidates);
    let is_bridged = bears_bridges(world) && random.up_to(2) == 0;
    candidates.sort_by_key(|node| (Some(*node) == avoided, is_bridged && leads(*node)));
    let mut chosen = first_quorum(&required, &candidates)?;
    let further = pick(random, &[0, 0, 1, candidates.len()]);
    let mut rest: Vec<NodeId> =
        candidates.into_iter().filter(|node| !chosen.contains(node)).collect();
    rest.sort_by_key(|node| !leads(*node));
    let mut rest = rest.into_iter();
    let outside = if is_bridged { rest.next() } else { None };
    chosen.extend(rest.take(further));
    chosen.sort_unstable();
    let bridge = outside.map(|outside| {
        let pair = sorted(&[pick(random, &chosen), outside]);
        [chosen.clone(), pair]
    });
    chosen.extend(outside);
    chosen.sort_unstable();
    Some(Recovery { nodes: chosen, bridge })
}

/// The first candidates that together have a quorum of each membership.
fn first_quorum(required: &[Membership], candidates: &[NodeId]) -> Option<Vec<NodeId>> {
    let mut chosen: Vec<NodeId> = Vec::new();
    let has_quorum = |membership: &Membership, chosen: &[NodeId]| {
        membership.is_quorum(|id| chosen.contains(&id))
    };
    for node in candidates {
        let lacks = |membership: &Membership| {
            let votes = membership.voters().contains(node) || membership.outgoing().contains(node);
            votes && !has_quorum(membership, &chosen)
        };
        if required.iter().any(lacks) {
            chosen.push(*node);
        }
    }
    required.iter().all(|membership| has_quorum(membership, &chosen)).then_some(chosen)
}

/// Whether a node outside of the quorum cannot prevent progress.
fn bears_bridges(world: &World) -> bool {
    world.setup().settings.pre_vote && world.setup().settings.check_quorum
}

/// Whether the running nodes have a quorum of every membership that may be in force. In a
/// partition, one group must have it. A shrunk script may demand progress where there is none.
pub(crate) fn is_fair(world: &World, checks: &Checks) -> bool {
    let runs = |id: NodeId| world.node(id).is_some_and(|n| n.state() == NodeState::Running);
    let memberships = memberships(world, checks, &[]);
    let is_quorum = |is_in: &dyn Fn(NodeId) -> bool| {
        memberships.iter().all(|membership| membership.is_quorum(|id| runs(id) && is_in(id)))
    };
    match world.partition() {
        None => is_quorum(&|_| true),
        Some(_) if !bears_bridges(world) => false,
        Some(parted) => parted.groups().iter().any(|group| is_quorum(&|id| group.contains(&id))),
    }
}

/// The memberships of which the recovered nodes need a quorum.
pub(crate) fn memberships(
    world: &World,
    checks: &Checks,
    targets: &[(NodeId, Membership)],
) -> Vec<Membership> {
    let (committed_at, committed) = checks.committed_membership();
    let mut all = vec![committed.clone()];
    let held = world.nodes().filter_map(latest_membership);
    let sent = world.in_flight().map(|message: &InFlightMessage| &*message.message);
    let sent = sent.chain(world.nodes().flat_map(SimNode::unhandled)).flat_map(memberships_in);
    let known = held.chain(sent).filter(|(at, _)| *at > committed_at);
    all.extend(known.map(|(_, membership)| membership));
    let still_leads = |node: NodeId| world.node(node).is_some_and(leads);
    let targets = targets.iter().filter(|(node, _)| still_leads(*node));
    all.extend(targets.map(|(_, target)| target.clone()));
    all.dedup();
    all
}

/// The latest membership in the log of a node, with its index; `None` if the log has none.
fn latest_membership(node: &SimNode) -> Option<(LogIndex, Membership)> {
    if let Some(core) = node.core() {
        return Some((core.membership_index(), core.membership().clone()));
    }
    let recovered = node.recovered().ok()?;
    let in_log = recovered.entries.iter().rev().find_map(membership_in);
    let in_snapshot =
        || recovered.snapshot.map(|snapshot| (snapshot.last_included_index, snapshot.membership));
    in_log.or_else(in_snapshot)
}

/// The memberships among the entries of a message, with their indexes.
fn memberships_in(message: &Message) -> impl Iterator<Item = (LogIndex, Membership)> {
    let entries =
        if let Body::AppendEntries(append) = &message.body { Some(&append.entries) } else { None };
    entries.into_iter().flatten().filter_map(membership_in)
}

fn membership_in(entry: &Entry) -> Option<(LogIndex, Membership)> {
    let Payload::Membership(membership) = &entry.payload else { return None };
    Some((entry.index, membership.clone()))
}

/// So many elections may fail before one succeeds. The range of timeouts is at least half as wide
/// as the shortest one and lasts several round trips, so that two of five candidates collide in
/// less than every second election (paper, Figure 16). All of these collide with a probability
/// below 10^-15. A removed server that has not heard of its removal may disturb each election (§6).
const ELECTIONS: u32 = 64;

/// The time within which the recovered nodes must answer a new request, and then again to agree on
/// every committed entry. It is the sum of:
/// - the time until the last message in flight arrives and the last write ends;
/// - [`ELECTIONS`] times an election timeout with the round trips of a pre-vote and a vote, and
///   their writes;
/// - a round trip with a write for each entry of the longest log, for each chunk of the largest
///   snapshot and for each operation that a client waits for, as if nothing were sent together;
/// - for each node two time-outs of a client, which may have to ask all nodes.
///
/// It is generous: a cluster that makes progress needs a small part of it, and one that does not
/// fails with any bound.
pub(crate) fn bound(world: &World) -> Duration {
    let setup = world.setup();
    // Both ends gather inputs, and one hears late of its write.
    let driver = setup.driver.gather * 3 + setup.driver.report;
    // A piece of a snapshot may be read from a file first.
    let accesses = 1 + u32::from(setup.driver.snapshot_files);
    let exchange = setup.link_latency.max * 2 + setup.disk_latency.max * accesses + driver;
    let election = setup.settings.election_timeout_max + exchange * 2 + setup.disk_latency.max;
    let logs = world.nodes().filter_map(SimNode::core).map(|core| core.log().last().index.0);
    let longest = logs.max().unwrap_or_default().min(1_000_000);
    let snapshots = world.nodes().filter_map(SimNode::core).filter_map(raft_core::Node::snapshot);
    let largest = snapshots.map(|snapshot| snapshot.data.len()).max().unwrap_or_default();
    let pieces = largest / smallest_piece(setup) as u64 + 1;
    let waiting: usize = world.clients().map(Client::queued).sum();
    let exchanges = longest + pieces + waiting as u64 + 16;
    let asking = setup.client_timeout * 2 * world.node_ids().len() as u32;
    let time = until_settled(world)
        + election * ELECTIONS
        + exchange * u32::try_from(exchanges).unwrap_or(u32::MAX)
        + asking;
    // Whole seconds are easier to read.
    Duration::from_secs(time.as_secs() + 1)
}

/// The time until the last message in flight has arrived and the last write has ended.
fn until_settled(world: &World) -> Duration {
    let arrivals = world.in_flight().map(|message: &InFlightMessage| message.arrives_at);
    let writes =
        world.nodes().flat_map(|node| node.disk().pending().map(|w: &PendingWrite| w.done_at));
    let files = world.nodes().flat_map(|node| node.disk().file_writes().map(|w| w.done_at));
    let last: Instant =
        arrivals.chain(writes).chain(files).max().unwrap_or_default().max(world.now());
    let driver = world.setup().driver;
    last - world.now() + driver.gather + driver.report
}

#[cfg(test)]
mod tests {
    use raft_core::MembershipChange;
    use raft_sim::{AdminRequest, NodeAction, Setup, Unsynced};

    use super::*;

    /// A leader sends its last entry to a paused node. The node will use the membership in it.
    #[test]
    fn a_membership_that_only_a_sleeping_node_was_sent_counts() {
        let mut world = World::new(Setup { nodes: 3, ..Setup::default() }).unwrap();
        let mut checks = Checks::new(&world);
        let mut run = |world: &mut World, millis: u64| {
            let end = world.now() + Duration::from_millis(millis);
            while world.next_step_at().is_some_and(|next| next <= end) {
                world.step();
                checks.observe(world, world.events());
            }
            world.advance_clock(end);
        };
        run(&mut world, 2_000);
        let node = world.leader().unwrap();
        let others: Vec<NodeId> = world.node_ids().filter(|id| *id != node).collect();
        let change = MembershipChange::Remove(node);
        for action in [
            NodeAction::Pause.on(others[0]),
            NodeAction::Crash { unsynced: Unsynced::Lost }.on(others[1]),
            AdminRequest::change_membership(change).on(node),
        ] {
            world.apply(action).unwrap();
        }
        let all = |world: &World| {
            memberships(world, &checks, &[]).contains(&Membership::new(others.clone()))
        };
        assert!(all(&world), "the leader uses it");
        world.apply(NodeAction::Crash { unsynced: Unsynced::Lost }.on(node)).unwrap();
        assert!(all(&world), "it is in a message in flight");
        let mut later = world.clone();
        while later.next_step_at().is_some_and(|next| next <= world.now() + Duration::from_secs(1))
        {
            later.step();
        }
        assert_eq!(later.in_flight().count(), 0);
        assert!(all(&later), "it is in a message that waits");
    }
}
