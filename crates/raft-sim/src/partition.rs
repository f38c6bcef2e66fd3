//! A partition of the network: which node reaches which.

use raft_core::NodeId;

use crate::MAX_NODES;

/// A partition of the network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Partition {
    groups: Vec<Vec<NodeId>>,
    is_one_way: bool,
    /// For each sender, by number: a bit for each receiver that it reaches.
    reached: [u32; MAX_NODES as usize + 1],
}

impl Partition {
    /// Two nodes reach each other if they share a group. Nodes that are in none, and nodes that are
    /// added later, form one more group.
    pub(crate) fn of(groups: &[Vec<NodeId>]) -> Self {
        let mut reached = [0; MAX_NODES as usize + 1];
        let rest: Vec<NodeId> = (1..=MAX_NODES)
            .map(NodeId)
            .filter(|node| !groups.iter().any(|group| group.contains(node)))
            .collect();
        for group in groups.iter().chain([&rest]) {
            for node in group {
                reached[node.0 as usize] |= bits(group);
            }
        }
        Self { groups: groups.to_vec(), is_one_way: false, reached }
    }

    /// Messages from `unheard` to `heard` are lost; all others pass.
    pub(crate) fn one_way(heard: &[NodeId], unheard: &[NodeId]) -> Self {
        let mut reached = [u32::MAX; MAX_NODES as usize + 1];
        for node in unheard {
            reached[node.0 as usize] &= !bits(heard);
        }
        Self { groups: vec![heard.to_vec(), unheard.to_vec()], is_one_way: true, reached }
    }

    /// The groups; they may overlap. Nodes that are in none form one more, unless the partition is
    /// [one-way](Self::is_one_way).
    pub fn groups(&self) -> &[Vec<NodeId>] {
        &self.groups
    }

    /// Whether there are two groups, and only messages from the second to the first are lost. Nodes
    /// that are in neither are not affected.
    pub fn is_one_way(&self) -> bool {
        self.is_one_way
    }

    /// Whether messages from one node to the other pass.
    pub fn lets_pass(&self, from: NodeId, to: NodeId) -> bool {
        let reached = self.reached.get(from.0 as usize).copied().unwrap_or_default();
        to.0 <= MAX_NODES && reached & (1 << to.0) != 0
    }
}

fn bits(nodes: &[NodeId]) -> u32 {
    nodes.iter().fold(0, |bits, node| bits | 1 << node.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(of: &[&[u64]]) -> Vec<Vec<NodeId>> {
        of.iter().map(|group| group.iter().copied().map(NodeId).collect()).collect()
    }

    /// For each sender, the nodes of 1 to 5 that it reaches.
    fn reached(partition: &Partition) -> Vec<Vec<u64>> {
        let reached =
            |from| (1..=5).filter(move |to| partition.lets_pass(NodeId(from), NodeId(*to)));
        (1..=5).map(|from| reached(from).filter(|to| *to != from).collect()).collect()
    }

    #[test]
    fn a_bridge_reaches_both_sides() {
        let bridge = Partition::of(&groups(&[&[1, 2, 3], &[3, 4, 5]]));
        let expected = [vec![2, 3], vec![1, 3], vec![1, 2, 4, 5], vec![3, 5], vec![3, 4]];
        assert_eq!(reached(&bridge), expected);
    }

    /// Every node sees a majority, and no two nodes see the same one.
    #[test]
    fn in_a_ring_of_majorities_every_node_lacks_nobody_or_others() {
        let ring = groups(&[&[1, 2, 3], &[2, 3, 4], &[3, 4, 5], &[4, 5, 1], &[5, 1, 2]]);
        let all = Partition::of(&ring);
        assert!(reached(&all).iter().all(|reached| reached.len() == 4));
        // Each group alone: a node in the middle has its neighbours, and no others.
        let pairs = Partition::of(&groups(&[&[1, 2], &[2, 3], &[3, 4], &[4, 5], &[5, 1]]));
        assert_eq!(reached(&pairs), [vec![2, 5], vec![1, 3], vec![2, 4], vec![3, 5], vec![1, 4]]);
    }

    #[test]
    fn those_in_no_group_form_one_and_later_nodes_with_them() {
        let partition = Partition::of(&groups(&[&[1, 2]]));
        assert_eq!(reached(&partition), [vec![2], vec![1], vec![4, 5], vec![3, 5], vec![3, 4]]);
        assert!(partition.lets_pass(NodeId(3), NodeId(MAX_NODES)));
        assert!(!partition.lets_pass(NodeId(1), NodeId(MAX_NODES)));
    }

    #[test]
    fn one_way_only_the_answers_are_lost() {
        let one_way = Partition::one_way(&[NodeId(1), NodeId(2)], &[NodeId(3), NodeId(4)]);
        let expected =
            [vec![2, 3, 4, 5], vec![1, 3, 4, 5], vec![4, 5], vec![3, 5], vec![1, 2, 3, 4]];
        assert_eq!(reached(&one_way), expected);
    }
}
