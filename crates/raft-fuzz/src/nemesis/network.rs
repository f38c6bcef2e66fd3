//! What the network does wrong.

use std::time::Duration;

use raft_core::{Body, NodeId};
use raft_sim::{
    Action, DelayRange, LinkChange, MAX_QUEUE, NetworkAction, NodeAction, Random, Unsynced,
};

use super::{Injection, Targets, any, is_ahead, leads};
use crate::plan::{pick, shuffle, sorted};

impl Targets<'_> {
    /// Halves, one node alone, the leader alone or with a minority; a node that hears both sides; a ring
    /// in which each majority lacks others; a direction in which nothing passes.
    pub(super) fn partition(&self, random: &mut Random) -> Injection {
        let mut nodes = self.ids();
        shuffle(random, &mut nodes);
        if random.up_to(1) == 0 {
            // The leader stands first, so that it is in the first group.
            let leading = self.nodes(leads);
            nodes.sort_by_key(|node| !leading.contains(node));
        }
        let Some(action) = draw_partition(random, &nodes) else { return Injection::default() };
        Injection::for_a_while(action, self.fault_duration(random), NetworkAction::Heal.into())
    }

    /// A node whose log is ahead of what is committed, alone or with another one, apart from all others;
    /// if it does not lead itself, the leader loses power.
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

    /// One link, or all from or to a node, or all.
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

    /// A change, and what undoes it.
    fn draw_link_change(&self, random: &mut Random) -> (LinkChange, LinkChange) {
        let setup = self.world.setup();
        let strength = random.up_to(99) as u32 + 1;
        let millis = setup.election_timeout_max.as_millis() as u64;
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

    /// Messages that arrived already arrive again, those that are no heartbeats before others.
    pub(super) fn replay(&self, random: &mut Random) -> Injection {
        let ids = self.ids();
        let mut kept = Vec::new();
        for (from, to) in ids.iter().flat_map(|from| ids.iter().map(move |to| (*from, *to))) {
            let Some(link) = self.world.link(from, to) else { continue };
            let count = link.carried().len() as u32;
            for (place, message) in (0..).zip(link.carried()) {
                // The last one to arrive is number 1.
                let back = count - place;
                if !message.body.is_heartbeat() {
                    kept.push(NetworkAction::Replay { from, to, back }.into());
                }
            }
        }
        let count = if kept.is_empty() { 0 } else { 1 + random.up_to(5) };
        Injection::now((0..count).map(|_| pick(random, &kept)).collect())
    }

    /// Some messages of one kind get lost: votes, answers, snapshots.
    pub(super) fn message(&self, random: &mut Random) -> Injection {
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

/// How the nodes, in this order, come apart.
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
        // A ring: each node hears its neighbours, which make a majority with it, and nobody else.
        6 if count > 3 => ring(nodes),
        7 => {
            let (heard, unheard) = (sorted(left), sorted(right));
            return Some(NetworkAction::PartitionOneWay { heard, unheard }.into());
        }
        _ => vec![sorted(left), sorted(right)],
    };
    Some(NetworkAction::Partition { groups }.into())
}

/// Each node hears as many neighbours on either side as a majority takes, and no more.
fn ring(nodes: &[NodeId]) -> Vec<Vec<NodeId>> {
    let count = nodes.len();
    let on_a_side = (count / 2).div_ceil(2);
    let group = |start: usize| {
        let members = nodes.iter().cycle().skip(start).take(on_a_side + 1);
        sorted(&members.copied().collect::<Vec<_>>())
    };
    (0..count).map(group).collect()
}

/// Which links are meant.
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
