//! Prompt Reply (§8): a server that knows the fate of a proposal, or that it will never hear of it,
//! replies at once.

use raft_core::{Bare, LogIndex, LogPosition, Node, NodeId, RoleKind};
use raft_sim::{words};

use super::{Checker, Context};
use crate::property::{Property, Verdict};
use crate::shadows::per_node::PerNode;

pub(crate) static PROPERTY: Property = Property {
    name: "Prompt Reply",
    section: "§8",
    meaning: "No proposal waits at a server that has applied an entry at its place or one of a \
              later term. None that is not committed waits at a server whose removal is committed.",
};

#[derive(Clone, Default, Debug)]
pub(crate) struct PromptReply {
    nodes: PerNode<Looked>,
}

/// The state of a node at the last look. A proposal is answered when it changes.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct Looked {
    applied: LogIndex,
    committed: LogIndex,
    role: Option<RoleKind>,
    proposals: usize,
}

impl Checker for PromptReply {
    fn node_touched(&mut self, id: NodeId, cx: &mut Context<'_>) {
        let Some(core) = cx.world.node(id).and_then(raft_sim::SimNode::core) else { return };
        let proposals = core.proposals();
        let looked = Looked {
            applied: core.last_applied(),
            committed: core.commit_index(),
            role: Some(core.role()),
            proposals: proposals.len(),
        };
        let last = self.nodes.of(id);
        if looked.proposals == 0 || looked == *last {
            *last = looked;
            return;
        }
        *last = looked;
        let known = Known {
            node: id,
            applied: LogPosition::new(
                looked.applied,
                core.log().term_at(looked.applied).unwrap_or_default(),
            ),
            committed: looked.committed,
            is_removed: is_removed(core),
        };
        for (_, position) in proposals {
            let verdict = waits(known, position);
            if verdict.is_err() {
                return cx.note(&PROPERTY, verdict);
            }
        }
    }

    fn started(&mut self, node: NodeId, _: &Node, _: &mut Context<'_>) {
        *self.nodes.of(node) = Looked::default();
    }
}

/// Whether an entry of its log removes the server, and that entry is committed. (A snapshot may be
/// older than the entry that adds the server again.)
fn is_removed(core: &Node) -> bool {
    let index = core.membership_index();
    !core.membership().contains(core.id())
        && index <= core.commit_index()
        && core.log().get(index).is_some()
        && core.role() != RoleKind::Leader
}

/// The knowledge of a server with a proposal that waits.
#[derive(Clone, Copy, Debug)]
struct Known {
    node: NodeId,
    /// The last entry that it applied.
    applied: LogPosition,
    committed: LogIndex,
    /// Whether its removal is committed, and it leads no more.
    is_removed: bool,
}

fn waits(known: Known, position: LogPosition) -> Verdict {
    let Known { node, applied, committed, is_removed } = known;
    if position.index <= applied.index || position.term < applied.term {
        return Err(words! {
            "a proposal at ", Bare(position), " waits at ", node, ", which has applied ", applied
        });
    }
    if is_removed && position.index > committed {
        return Err(words! {
            "a proposal at ", Bare(position), " waits at ", node,
            ", which was removed and hears of no entry after ", Bare(committed)
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{N1, at, objects};
    use super::*;

    #[test]
    fn a_proposal_that_waits_too_long() {
        let known =
            Known { node: N1, applied: at(5, 3), committed: LogIndex(6), is_removed: false };
        assert_eq!(waits(known, at(6, 3)), Ok(()));
        objects(waits(known, at(5, 3)), &["5@3 waits at node 1", "applied entry 5@3"]);
        objects(waits(known, at(9, 2)), &["9@2 waits at node 1", "applied entry 5@3"]);
        let removed = Known { is_removed: true, ..known };
        assert_eq!(waits(removed, at(6, 3)), Ok(()), "it is committed");
        objects(waits(removed, at(7, 3)), &["7@3 waits", "removed", "after 6"]);
    }
}
