//! Faithful Recovery (Figure 2): a server starts with exactly what its disk holds.

use raft_core::{Node, NodeId};
use raft_sim::{Words, words};

use super::{Checker, Context};
use crate::property::{Property, Verdict};
use crate::shadows::disk::PersistentState;

pub(crate) static PROPERTY: Property = Property {
    name: "Faithful Recovery",
    section: "Figure 2",
    meaning: "A server that restarts has the term, vote, snapshot, log and commit index that its \
              disk held; from a damaged disk, or with a configuration that contradicts its \
              disk, it does not start.",
};

#[derive(Clone, Default, Debug)]
pub(crate) struct FaithfulRecovery;

impl Checker for FaithfulRecovery {
    fn started(&mut self, id: NodeId, core: &Node, cx: &mut Context<'_>) {
        let Some(node) = cx.shadows.node(id) else { return };
        let started_with = PersistentState::of_core(core);
        let seen = Restarted { node: id, disk: node.disk.state(), started_with };
        cx.note(&PROPERTY, restarted(seen));
    }

    fn start_refused(&mut self, id: NodeId, reason: &Words, cx: &mut Context<'_>) {
        let is_intact = cx.shadows.node(id).is_some_and(|node| node.disk.is_intact);
        let is_configured = cx.shadows.misconfigured != Some(id);
        let seen = StartRefused { node: id, reason, is_intact, is_configured };
        cx.note(&PROPERTY, start_refused(seen));
    }
}

/// A node started.
#[derive(Clone, Copy, Debug)]
pub struct Restarted {
    /// The node.
    pub node: NodeId,
    /// The state on the disk.
    pub disk: PersistentState,
    /// The state of the node.
    pub started_with: PersistentState,
}

pub(crate) fn restarted(Restarted { node, disk, started_with }: Restarted) -> Verdict {
    if disk == started_with {
        return Ok(());
    }
    Err(words! { node, " started with ", started_with, " while its disk holds ", disk })
}

/// A node refused to start.
#[derive(Clone, Copy, Debug)]
struct StartRefused<'a> {
    node: NodeId,
    reason: &'a Words,
    /// Whether only the node itself has written to its disk, and no write was torn.
    is_intact: bool,
    /// Whether its configuration is the one of its first start.
    is_configured: bool,
}

/// A node refused to start from a disk that only it has written to.
pub(crate) fn sound_disk_refused(node: NodeId, reason: &Words) -> Verdict {
    start_refused(StartRefused { node, reason, is_intact: true, is_configured: true })
}

/// A node is right to refuse a damaged disk, and a configuration that contradicts its disk. It must
/// be able to read what it wrote itself.
fn start_refused(seen: StartRefused<'_>) -> Verdict {
    let StartRefused { node, reason, is_intact, is_configured } = seen;
    if !is_intact || !is_configured {
        return Ok(());
    }
    Err(words! { node, " refuses to start from a disk that only it has written to: ", reason })
}

#[cfg(test)]
mod tests {
    use raft_core::{HardState, LogIndex, Term};

    use super::super::testing::{N1, N2, at, objects};
    use super::*;

    #[test]
    fn a_node_that_starts_with_something_else() {
        let state = |term, voted_for, last_log| {
            let hard_state = HardState { current_term: Term(term), voted_for };
            let commit_index = LogIndex(4);
            PersistentState {
                hard_state,
                snapshot: at(0, 0),
                log_start: at(0, 0),
                last_log,
                commit_index,
            }
        };
        let disk = state(3, Some(N2), at(5, 3));
        let start = |started_with| restarted(Restarted { node: N1, disk, started_with });
        assert_eq!(start(disk), Ok(()));
        objects(start(state(3, None, at(5, 3))), &["node 1", "no vote", "a vote for node 2"]);
        objects(start(state(2, Some(N2), at(5, 3))), &["started with term 2"]);
        objects(start(state(3, Some(N2), at(4, 3))), &["ends with 4@3", "ends with 5@3"]);
        let later = PersistentState { commit_index: LogIndex(5), ..disk };
        objects(start(later), &["the commit index 5 while", "the commit index 4"]);

        let refuse = |is_intact, is_configured| {
            let (node, reason) = (N1, &words! { LogIndex(7), " is missing" });
            start_refused(StartRefused { node, reason, is_intact, is_configured })
        };
        assert_eq!(refuse(false, true), Ok(()));
        assert_eq!(refuse(true, false), Ok(()));
        objects(refuse(true, true), &["node 1", "entry 7 is missing"]);
    }
}
