//! Quiet Transfer (dissertation §3.10): a leader that transfers its leadership takes no commands.
//!
//! If it did, a busy leader would never see the target's log complete.

use raft_core::{LogIndex, Node, NodeId, Payload, Term, Trace};
use raft_sim::{words};

use super::{Checker, Context};
use crate::property::{Property, Verdict};
use crate::shadows::node::LogChange;
use crate::shadows::per_node::PerNode;

pub(crate) static PROPERTY: Property = Property {
    name: "Quiet Transfer",
    section: "dissertation §3.10",
    meaning: "A leader that transfers its leadership appends no command until the transfer ends.",
};

#[derive(Clone, Default, Debug)]
pub(crate) struct QuietTransfer {
    nodes: PerNode<Transfer>,
}

#[derive(Clone, Copy, Default, Debug)]
struct Transfer {
    /// The target and the leader's term, since the end of an earlier step.
    to: Option<(NodeId, Term)>,
    /// In this step the leader began or ended a transfer: its commands may be from before or after.
    changes: bool,
}

impl Checker for QuietTransfer {
    fn traced(&mut self, node: NodeId, trace: &Trace, _: &mut Context<'_>) {
        if let Trace::Transfer(_) = trace {
            *self.nodes.of(node) = Transfer { to: None, changes: true };
        }
    }

    fn log_changed(&mut self, id: NodeId, core: &Node, change: LogChange, cx: &mut Context<'_>) {
        let Some((to, term)) = self.nodes.of(id).to else { return };
        if core.leader() != Some(id) || core.current_term() != term {
            return;
        }
        let is_command = |payload: &Payload| matches!(payload, Payload::Command(_));
        let new = core.log().iter_from(change.kept_through.next());
        let command = new.filter(|entry| entry.term == term).find(|it| is_command(&it.payload));
        if let Some(command) = command {
            cx.note(&PROPERTY, appended(Appended { leader: id, index: command.index, to }));
        }
    }

    fn node_touched(&mut self, id: NodeId, cx: &mut Context<'_>) {
        let transfer = self.nodes.of(id);
        if !transfer.changes && transfer.to.is_none() {
            return;
        }
        let core = cx.world.node(id).and_then(raft_sim::SimNode::core);
        let target = core.and_then(|core| Some((core.status().transfer_to?, core.current_term())));
        *transfer = Transfer { to: target, changes: false };
    }

    fn started(&mut self, node: NodeId, _: &Node, _: &mut Context<'_>) {
        *self.nodes.of(node) = Transfer::default();
    }
}

/// A leader appends a command.
#[derive(Clone, Copy, Debug)]
struct Appended {
    leader: NodeId,
    index: LogIndex,
    /// The target of the transfer that is under way.
    to: NodeId,
}

fn appended(Appended { leader, index, to }: Appended) -> Verdict {
    Err(words! {
        leader, " appends a command as ", index, " while it transfers its leadership to ", to
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{N1, N2, objects};
    use super::*;

    #[test]
    fn a_command_in_a_transfer() {
        let seen = Appended { leader: N1, index: LogIndex(7), to: N2 };
        objects(appended(seen), &["node 1 appends", "entry 7", "to node 2"]);
    }
}
