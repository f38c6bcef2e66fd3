//! Election Safety (§5.2): at most one leader in a term, over the whole run.

use imbl::OrdMap;
use raft_core::{NodeId, Term};
use raft_sim::{words};

use super::{Checker, Context};
use crate::property::{Property, Verdict};

pub(crate) static PROPERTY: Property = Property {
    name: "Election Safety",
    section: "§5.2",
    meaning: "At most one leader can be elected in a given term.",
};

/// The leader of every term so far.
#[derive(Clone, Default, Debug)]
pub(crate) struct ElectionSafety {
    leaders: OrdMap<Term, NodeId>,
}

impl Checker for ElectionSafety {
    fn leader_seen(&mut self, leader: NodeId, term: Term, cx: &mut Context<'_>) {
        cx.note(&PROPERTY, self.judge(leader, term));
    }
}

impl ElectionSafety {
    pub(crate) fn judge(&mut self, node: NodeId, term: Term) -> Verdict {
        let first = *self.leaders.entry(term).or_insert(node);
        leader_seen(LeaderSeen { node, term, first })
    }
}

/// A node leads.
#[derive(Clone, Copy, Debug)]
pub struct LeaderSeen {
    /// The node.
    pub node: NodeId,
    /// The term.
    pub term: Term,
    /// The first node that led in the term, over the whole run.
    pub first: NodeId,
}

pub(crate) fn leader_seen(LeaderSeen { node, term, first }: LeaderSeen) -> Verdict {
    if node == first {
        return Ok(());
    }
    Err(words! { node, " leads in ", term, ", and so did ", first })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{N1, N2, objects};
    use super::*;

    #[test]
    fn two_leaders_in_one_term() {
        let mut checker = ElectionSafety::default();
        let mut leader = |term, node| checker.judge(node, Term(term));
        assert_eq!(leader(1, N1), Ok(()));
        assert_eq!(leader(1, N1), Ok(()));
        assert_eq!(leader(3, N2), Ok(()));
        // However much later.
        objects(leader(1, N2), &["node 2 leads in term 1", "node 1"]);
    }
}
