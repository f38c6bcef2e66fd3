//! A value for each node.

use raft_core::NodeId;

/// A value for each node, the default one until it is set.
#[derive(Clone, Default, Debug)]
pub(crate) struct PerNode<T>(Vec<T>);

impl<T: Default> PerNode<T> {
    /// The value of a node, to change it.
    pub(crate) fn of(&mut self, node: NodeId) -> &mut T {
        let place = node.0 as usize;
        if self.0.len() <= place {
            self.0.resize_with(place + 1, T::default);
        }
        &mut self.0[place]
    }
}
