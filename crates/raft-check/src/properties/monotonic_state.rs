//! Monotonic State (§5.1, Figure 2): term, commit index and last applied never go back in one
//! incarnation of a server, its term is never lower than that of a message it sent, and a leader's
//! match index of a follower never goes back.

use raft_core::{Bare, LogIndex, Node, NodeId, Term};
use raft_sim::{words};

use super::{Checker, Context};
use crate::property::{Property, Verdict};
use crate::shadows::node::ServerState;

pub(crate) static PROPERTY: Property = Property {
    name: "Monotonic State",
    section: "§5.1, Figure 2",
    meaning: "Term, commit index and last applied of a server only increase, and so do a leader's \
              match indexes; after a restart, the term is not lower than that of any message that \
              the server sent.",
};

#[derive(Clone, Default, Debug)]
pub(crate) struct MonotonicState;

impl Checker for MonotonicState {
    fn state_changed(
        &mut self,
        node: NodeId,
        before: ServerState,
        now: ServerState,
        cx: &mut Context<'_>,
    ) {
        cx.note(&PROPERTY, state_changed(StateChanged { node, before, now }));
    }

    fn started(&mut self, id: NodeId, core: &Node, cx: &mut Context<'_>) {
        let Some(node) = cx.shadows.node(id) else { return };
        let seen = TermRecovered { node: id, term: core.current_term(), sent: node.sent };
        cx.note(&PROPERTY, term_recovered(seen));
    }

    fn late_reply(&mut self, reply: LateReply, cx: &mut Context<'_>) {
        cx.note(&PROPERTY, late_reply(reply));
    }
}

/// Two states of a node in one incarnation, the earlier one first.
#[derive(Clone, Copy, Debug)]
pub struct StateChanged {
    /// The node.
    pub node: NodeId,
    /// The state before.
    pub before: ServerState,
    /// The state now.
    pub now: ServerState,
}

pub(crate) fn state_changed(StateChanged { node, before, now }: StateChanged) -> Verdict {
    not_lower(node, "term", before.hard_state.current_term, now.hard_state.current_term)?;
    not_lower(node, "commit index", before.commit_index, now.commit_index)?;
    not_lower(node, "last applied entry", before.last_applied, now.last_applied)
}

fn not_lower<T: Ord + std::fmt::Display>(node: NodeId, what: &str, from: T, to: T) -> Verdict {
    if to >= from {
        return Ok(());
    }
    Err(words! { "the {what} of ", node, " went back from {from} to {to}" })
}

/// A node started that had sent messages in earlier incarnations.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TermRecovered {
    pub(crate) node: NodeId,
    pub(crate) term: Term,
    /// The latest term of its messages.
    pub(crate) sent: Term,
}

pub(crate) fn term_recovered(TermRecovered { node, term, sent }: TermRecovered) -> Verdict {
    if term >= sent {
        return Ok(());
    }
    Err(words! { node, " restarted in ", term, " after it had sent messages of ", sent })
}

/// A leader handled a reply that says less than an earlier one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LateReply {
    pub(crate) leader: NodeId,
    pub(crate) peer: NodeId,
    /// The highest match index that the peer has told the leader in its term.
    pub(crate) highest: LogIndex,
    /// The leader's match index of the peer now.
    pub(crate) match_index: LogIndex,
}

fn late_reply(LateReply { leader, peer, highest, match_index }: LateReply) -> Verdict {
    if match_index >= highest {
        return Ok(());
    }
    Err(words! {
        "on ", leader, ", which leads, the match index of ", peer, " is ", Bare(match_index),
        ", after ", peer, " had acknowledged entries up to ", Bare(highest)
    })
}

#[cfg(test)]
mod tests {
    use raft_core::HardState;

    use super::super::testing::{N1, N2, objects};
    use super::*;

    #[test]
    fn a_state_that_goes_back() {
        let state = |term, commit, applied| ServerState {
            hard_state: HardState { current_term: Term(term), voted_for: None },
            commit_index: LogIndex(commit),
            last_applied: LogIndex(applied),
        };
        let seen = |now| state_changed(StateChanged { node: N1, before: state(3, 7, 6), now });
        assert_eq!(seen(state(3, 7, 7)), Ok(()));
        objects(seen(state(2, 7, 6)), &["term of node 1", "from 3 to 2"]);
        objects(seen(state(3, 6, 6)), &["commit index", "from 7 to 6"]);
        objects(seen(state(4, 8, 5)), &["last applied entry", "from 6 to 5"]);

        let recovered =
            |term| term_recovered(TermRecovered { node: N1, term: Term(term), sent: Term(3) });
        assert_eq!(recovered(3), Ok(()));
        objects(recovered(2), &["in term 2", "of term 3"]);
    }

    #[test]
    fn a_match_index_that_goes_back() {
        let see = |match_index| {
            let (highest, match_index) = (LogIndex(5), LogIndex(match_index));
            late_reply(LateReply { leader: N1, peer: N2, highest, match_index })
        };
        assert_eq!(see(5), Ok(()));
        assert_eq!(see(6), Ok(()), "a snapshot was installed as well");
        objects(see(4), &["node 1", "node 2 is 4", "up to 5"]);
    }
}
