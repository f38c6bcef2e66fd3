//! Actions as statements: how the run of a world that no script made becomes a script.

use std::convert::Infallible;

use raft_core::NodeId;
use raft_sim::Action;

use crate::statement::{Ends, Nodes, Order, Selector, Statement};

/// The statement that does the action, if the world has the nodes that it names.
impl From<&Action> for Statement {
    fn from(action: &Action) -> Self {
        Self::Order(order(action).unwrap_or_else(|never| match never {}))
    }
}

fn order(action: &Action) -> Result<Order, Infallible> {
    let node = |node| Ok::<_, Infallible>(Selector::Node(node));
    Ok(match action.clone() {
        Action::Node { node, action } => Order::Node { nodes: these(&[node]), action },
        Action::Reconfigure { node, changes } => {
            Order::Reconfigure { nodes: these(&[node]), changes }
        }
        Action::Disk { node, action } => Order::Disk { nodes: these(&[node]), action },
        Action::Link { from, to, change } => {
            let (from, to) = (these(&[from]), these(&[to]));
            let ends = Ends::Between { from, to, both_ways: false };
            Order::Link { ends, changes: vec![change] }
        }
        Action::Network(action) => Order::Network(action.try_map(node, |group| Ok(these(&group)))?),
        Action::Administer { node: asked, request } => {
            let (request, via) = (request.try_map(node)?, Some(Selector::Node(asked)));
            Order::Administer { request, via }
        }
        Action::Recover { nodes } => Order::Recover(these(&nodes)),
        Action::Request(request) => Order::Request(request),
        Action::Load(load) => Order::Load(load),
        Action::Rule(action) => Order::Rule(action),
        Action::Reseed(seed) => Order::Reseed(seed),
    })
}

fn these(nodes: &[NodeId]) -> Nodes {
    Nodes::These(nodes.iter().copied().map(Selector::Node).collect())
}

#[cfg(test)]
mod tests;
