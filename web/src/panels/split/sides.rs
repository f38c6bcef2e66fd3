//! The two sides of a draft, and the statements that split the network.

use std::collections::BTreeSet;

use raft_lab::{NodeId, View};

/// The sides of a draft; one may be empty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Sides {
    pub(super) chosen: Vec<NodeId>,
    others: Vec<NodeId>,
}

impl Sides {
    pub(super) fn of(all: &[NodeId], chosen: &BTreeSet<NodeId>) -> Self {
        let (chosen, others) = all.iter().partition(|node| chosen.contains(node));
        Self { chosen, others }
    }

    /// The statement; `None` while a side is empty.
    pub(super) fn statement(&self) -> Option<String> {
        let is_split = !self.chosen.is_empty() && !self.others.is_empty();
        is_split.then(|| format!("partition {} | {}", listed(&self.chosen), listed(&self.others)))
    }

    pub(super) fn in_words(&self) -> String {
        let side = |nodes: &[NodeId]| match nodes {
            [] => "nobody".to_owned(),
            _ => listed(nodes),
        };
        format!("{} | {}", side(&self.chosen), side(&self.others))
    }

    /// For each node, in order: whether the next one on the ring is on the other side.
    pub(super) fn gaps(&self, all: &[NodeId]) -> Vec<bool> {
        let is_chosen = |node: &NodeId| self.chosen.contains(node);
        let next = all.iter().cycle().skip(1);
        all.iter().zip(next).map(|(one, next)| is_chosen(one) != is_chosen(next)).collect()
    }
}

/// The statement that isolates a node. Where the network is split already, the other sides stay.
pub(super) fn isolation(view: &View, node: NodeId) -> String {
    let Some(partition) = view.partition.as_deref().filter(|partition| !partition.one_way) else {
        return format!("partition {node} | others");
    };
    let is_in_none = |id: &NodeId| !partition.groups.iter().any(|group| group.contains(id));
    let rest: Vec<NodeId> = view.node_ids().filter(is_in_none).collect();
    let mut line = format!("partition {node}");
    for group in partition.groups.iter().chain([&rest]) {
        let others: Vec<NodeId> = group.iter().copied().filter(|id| *id != node).collect();
        if !others.is_empty() {
            line.push_str(&format!(" | {}", listed(&others)));
        }
    }
    line
}

fn listed(nodes: &[NodeId]) -> String {
    nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use raft_lab::{ExecStatus, Lab, Setup};

    use super::*;

    fn all() -> Vec<NodeId> {
        (1..=5).map(NodeId).collect()
    }

    #[test]
    fn a_draft_is_a_statement_once_both_sides_have_nodes() {
        let sides =
            |chosen: &[u64]| Sides::of(&all(), &chosen.iter().copied().map(NodeId).collect());
        assert_eq!(sides(&[]).statement(), None);
        assert_eq!(sides(&[]).in_words(), "nobody | 1 2 3 4 5");
        assert_eq!(sides(&[1, 2, 3, 4, 5]).statement(), None);
        assert_eq!(sides(&[4, 1]).statement().as_deref(), Some("partition 1 4 | 2 3 5"));
        assert_eq!(sides(&[1, 2]).gaps(&all()), [false, true, false, false, true]);
    }

    #[test]
    fn an_isolated_node_leaves_the_other_sides_as_they_are() {
        let mut lab = Lab::scratch(Setup::default()).expect("a lab");
        let mut after = |line: &str, node| {
            assert!(!matches!(lab.exec(line), ExecStatus::Failed(_)), "{line}");
            let isolating = isolation(&lab.frame().view, NodeId(node));
            assert!(!matches!(lab.exec(&isolating), ExecStatus::Failed(_)), "{isolating}");
            isolating
        };
        assert_eq!(after("heal", 3), "partition 3 | others");
        assert_eq!(after("partition 1 2 | 3 4 5", 4), "partition 4 | 1 2 | 3 5");
        assert_eq!(after("partition 1 2 | 3 4", 1), "partition 1 | 2 | 3 4 | 5");
        assert_eq!(after("partition 1 2 -> 3 4 5", 1), "partition 1 | others");
    }
}
