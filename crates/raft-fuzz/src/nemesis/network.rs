//! Faults of the network.

use std::time::Duration;

use raft_core::{Body, NodeId};
use raft_sim::{
    Action, DelayRange, LinkChange, MAX_QUEUE, NetworkAction, NodeAction, Random, Unsynced,
};

use super::{Injection, Targets, any, is_ahead, leads};
use crate::plan::{pick, shuffle, sorted};

impl Targets<'_> {
    /// Two halves; one node or the leader alone; the leader in a minority; a bridge, which is in
    /// both groups; a ring, in which each node reaches a different majority; or one direction alone
    /// is cut.
    pub(super) fn partition(&self, random: &mut Random) -> Injection {
        let mut nodes = self.ids();
        shuffle(random, &mut nodes);
        if random.up_to(1) == 0 {
            // The leader comes first, so that it is in the first group.
            let leading = self.nodes(leads);
            nodes.sort_by_key(|node| !leading.contains(node));
        }
        let Some(action) = draw_partition(random, &nodes) else { return Injection::default() };
        Injection::for_a_while(action, self.fault_duration(random), NetworkAction::Heal.into())
    }

    /// A node with uncommitted entries is cut off, alone or with one other. If another node is the
    /// leader, that one loses power. So logs diverge (paper, Figure 7).
    pub(super) fn isolate_uncommitted(&self, random: &mut Random) -> Injection {
        let ahead = self.nodes(is_ahead);
        let Some(node) = any(random, &ahead) else { return Injection::default() };
        let mut others: Vec<NodeId> = self.ids().into_iter().filter(|id| *id != node).collect();
        shuffle(random, &mut others);
        let company = if others.len() > 3 { pick(random, &[0, 0, 1]) } else { 0 };
        let alone: Vec<NodeId> = [node].into_iter().chain(others.drain(..company)).collect();
        if others.is_empty() {
            return Injection::default();
        }
        let lasts = self.fault_duration(random);
        let parted =
            NetworkAction::Partition { groups: vec![sorted(&alone), sorted(&others)] }.into();
        let mut injection = Injection::for_a_while(parted, lasts, NetworkAction::Heal.into());
        let unsynced = pick(random, &[Unsynced::Drawn, Unsynced::Lost, Unsynced::Kept]);
        for node in self.nodes(leads).into_iter().filter(|leader| *leader != node) {
            injection.now.push(NodeAction::Crash { unsynced }.on(node));
            injection.later.push((self.fault_duration(random), NodeAction::Restart.on(node)));
        }
        injection
    }

    /// One link in one or both directions, all links from or to a node, or all links.
    pub(super) fn link(&self, random: &mut Random) -> Injection {
        let ids = self.ids();
        let pairs = pairs(random, &ids);
        let (change, repair) = self.draw_link_change(random);
        let lasts = self.fault_duration(random);
        let set = |change| move |(from, to)| Action::Link { from, to, change };
        let mut injection = Injection::now(pairs.iter().copied().map(set(change)).collect());
        let repairs = pairs.into_iter().map(set(repair));
        injection.later.extend(repairs.map(|action| (lasts, action)));
        injection
    }

    /// A change of a link, and the change that repairs it.
    fn draw_link_change(&self, random: &mut Random) -> (LinkChange, LinkChange) {
        let setup = self.world.setup();
        let strength = random.up_to(99) as u32 + 1;
        let millis = setup.settings.election_timeout_max.as_millis() as u64;
        match random.up_to(8) {
            0 => (LinkChange::Cut, LinkChange::Restore),
            1 | 2 => {
                let slowest = (millis * u64::from(strength) / 50).max(1);
                let slow = DelayRange::millis(1 + slowest / 4, 1 + slowest);
                (LinkChange::Latency(slow), LinkChange::Latency(setup.link_latency))
            }
            3 => {
                let per_million = strength * 5_000;
                (LinkChange::Loss { per_million }, LinkChange::Loss { per_million: 0 })
            }
            4 => {
                let per_million = strength * 5_000;
                (
                    LinkChange::Duplication { per_million },
                    LinkChange::Duplication { per_million: 0 },
                )
            }
            5 => {
                let clogged = Duration::from_millis(1 + millis * u64::from(strength) / 50);
                (LinkChange::Clog(clogged), LinkChange::Clog(Duration::ZERO))
            }
            6 => {
                let bytes_a_second = u64::from(strength) * 100;
                (LinkChange::Bandwidth(Some(bytes_a_second)), LinkChange::Bandwidth(None))
            }
            7 => (LinkChange::QueueLimit(strength / 10), LinkChange::QueueLimit(MAX_QUEUE)),
            _ => (LinkChange::Reordering(true), LinkChange::Reordering(false)),
        }
    }

    /// Up to six messages that were delivered before arrive again. Heartbeats do not.
    pub(super) fn replay(&self, random: &mut Random) -> Injection {
        let ids = self.ids();
        let mut kept = Vec::new();
        for (from, to) in ids.iter().flat_map(|from| ids.iter().map(move |to| (*from, *to))) {
            let Some(link) = self.world.link(from, to) else { continue };
            let count = link.carried().len() as u32;
            for (place, message) in (0..).zip(link.carried()) {
                // The last message is 1 back.
                let back = count - place;
                if !message.body.is_heartbeat() {
                    kept.push(NetworkAction::Replay { from, to, back }.into());
                }
            }
        }
        let count = if kept.is_empty() { 0 } else { 1 + random.up_to(5) };
        Injection::now((0..count).map(|_| pick(random, &kept)).collect())
    }

    /// One to five messages of one kind are lost: votes, acknowledgements, snapshots, or any.
    pub(super) fn message_loss(&self, random: &mut Random) -> Injection {
        let kind = random.up_to(3);
        let most = 1 + random.up_to(4) as usize;
        let is_wanted = |body: &Body| match kind {
            0 => matches!(body, Body::RequestVote(_) | Body::RequestVoteReply(_)),
            1 => matches!(body, Body::AppendEntriesReply(_)),
            2 => matches!(body, Body::InstallSnapshot(_) | Body::InstallSnapshotReply(_)),
            _ => true,
        };
        let wanted = self.world.in_flight().filter(|message| is_wanted(&message.message.body));
        Injection::now(
            wanted
                .take(most)
                .map(|message| NetworkAction::DropMessage { id: message.id }.into())
                .collect(),
        )
    }
}

/// A partition of the nodes, of which the first are in the first group.
fn draw_partition(random: &mut Random, nodes: &[NodeId]) -> Option<Action> {
    let count = nodes.len();
    let shape = random.up_to(7);
    let first = match shape {
        0 | 1 => 1,
        2 | 3 => count / 2,
        _ => (count.saturating_sub(1) / 2).max(1),
    };
    if first == 0 || first >= count {
        return None;
    }
    let (left, right) = nodes.split_at(first);
    let groups = match shape {
        // One node is in both groups.
        5 if right.len() > 1 => {
            let bridge: Vec<NodeId> = left.iter().chain(right.first()).copied().collect();
            vec![sorted(&bridge), sorted(right)]
        }
        6 if count > 3 => ring(nodes),
        7 => {
            let (heard, unheard) = (sorted(left), sorted(right));
            return Some(NetworkAction::PartitionOneWay { heard, unheard }.into());
        }
        _ => vec![sorted(left), sorted(right)],
    };
    Some(NetworkAction::Partition { groups }.into())
}

/// Groups of neighbours in a ring. Each node reaches a majority, and no node reaches all.
fn ring(nodes: &[NodeId]) -> Vec<Vec<NodeId>> {
    let count = nodes.len();
    let on_a_side = (count / 2).div_ceil(2);
    let group = |start: usize| {
        let members = nodes.iter().cycle().skip(start).take(on_a_side + 1);
        sorted(&members.copied().collect::<Vec<_>>())
    };
    (0..count).map(group).collect()
}

/// The links of the fault, as (from, to).
fn pairs(random: &mut Random, ids: &[NodeId]) -> Vec<(NodeId, NodeId)> {
    let (one, other) = (pick(random, ids), pick(random, ids));
    let all = ids.iter().flat_map(|from| ids.iter().map(move |to| (*from, *to)));
    let shape = random.up_to(5);
    let is_meant = |(from, to): &(NodeId, NodeId)| {
        from != to
            && match shape {
                0 => true,
                1 => *from == one,
                2 => *to == one,
                3 => *from == one && *to == other,
                _ => (*from == one && *to == other) || (*from == other && *to == one),
            }
    };
    all.filter(is_meant).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn in_a_ring_all_hear_a_majority_and_none_hears_all() {
        for count in 4..=9 {
            let nodes: Vec<NodeId> = (1..=count).map(NodeId).collect();
            let groups = ring(&nodes);
            for node in &nodes {
                let heard = groups.iter().filter(|group| group.contains(node)).flatten();
                let heard: BTreeSet<&NodeId> = heard.collect();
                assert!((nodes.len() / 2 + 1..nodes.len()).contains(&heard.len()), "{heard:?}");
            }
        }
        let five = [[1, 2], [2, 3], [3, 4], [4, 5], [1, 5]].map(|pair| pair.map(NodeId).to_vec());
        assert_eq!(ring(&[1, 2, 3, 4, 5].map(NodeId)), five);
    }
}
