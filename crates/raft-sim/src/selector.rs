//! How a node is named: by number, or by a role that it has at the moment.

use std::fmt;

use raft_core::{NodeId, RoleKind};

use crate::{NodeState, SimNode, World};

/// One node, by number or by role.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Selector {
    /// `3`
    Node(NodeId),
    /// `leader`: the running leader with the highest term.
    Leader,
    /// `any follower`: the running follower with the lowest number.
    AnyFollower,
}

impl World {
    /// The node that is named, at present; `None` if the world has no such node, or no running node
    /// has the role.
    pub fn select(&self, selector: Selector) -> Option<NodeId> {
        match selector {
            Selector::Node(node) => self.node(node).map(SimNode::id),
            Selector::Leader => self.leader(),
            Selector::AnyFollower => {
                let is_follower = |node: &&SimNode| {
                    node.state() == NodeState::Running
                        && node.core().is_some_and(|core| core.role() == RoleKind::Follower)
                };
                self.nodes().find(is_follower).map(SimNode::id)
            }
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(node) => node.fmt(f),
            Self::Leader => f.write_str("leader"),
            Self::AnyFollower => f.write_str("any follower"),
        }
    }
}
