//! All links, found by their ends in constant time.

use raft_core::NodeId;

use crate::Link;

/// The links between all nodes in a square, with a row for each sender. Only nodes that exist have
/// links.
#[derive(Clone, Debug, Default)]
pub(crate) struct Links {
    /// The largest number of a node.
    side: usize,
    square: Vec<Option<Link>>,
}

impl Links {
    fn place(&self, from: NodeId, to: NodeId) -> Option<usize> {
        let (row, column) = (from.0.checked_sub(1)? as usize, to.0.checked_sub(1)? as usize);
        (row < self.side && column < self.side).then_some(row * self.side + column)
    }

    pub(crate) fn get(&self, from: NodeId, to: NodeId) -> Option<&Link> {
        self.square[self.place(from, to)?].as_ref()
    }

    pub(crate) fn get_mut(&mut self, from: NodeId, to: NodeId) -> Option<&mut Link> {
        let place = self.place(from, to)?;
        self.square[place].as_mut()
    }

    /// Lets each link draw from another seed from now on.
    pub(crate) fn reseed(&mut self, seed: u64) {
        let side = self.side;
        for (place, link) in self.square.iter_mut().enumerate() {
            let (from, to) = (place / side + 1, place % side + 1);
            if let Some(link) = link {
                link.reseed(seed, NodeId(from as u64), NodeId(to as u64));
            }
        }
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut Link> {
        self.square.iter_mut().flatten()
    }

    /// Links all of these nodes, ascending, in both directions. Existing links stay as they are.
    pub(crate) fn connect(
        &mut self,
        nodes: &[NodeId],
        mut new: impl FnMut(NodeId, NodeId) -> Link,
    ) {
        let side = nodes.last().map_or(0, |last| last.0 as usize).max(self.side);
        let mut grown = Self { side, square: vec![None; side * side] };
        for from in nodes {
            for to in nodes {
                let link = self.place(*from, *to).and_then(|place| self.square[place].take());
                if let Some(place) = grown.place(*from, *to) {
                    grown.square[place] = Some(link.unwrap_or_else(|| new(*from, *to)));
                }
            }
        }
        *self = grown;
    }
}
