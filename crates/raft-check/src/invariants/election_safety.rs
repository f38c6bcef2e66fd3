//! Election Safety (§5.2): at most one leader in a term, over the whole run.

use imbl::OrdMap;
use raft_core::{NodeId, Term};

use crate::property::{Property, Verdict};

pub(crate) static PROPERTY: Property = Property {
    name: "Election Safety",
    section: "§5.2",
    meaning: "At most one leader can be elected in a given term.",
};

/// A node acts as leader: its role says so, or it sent what only a leader sends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LeaderSeen {
    pub(crate) term: Term,
    pub(crate) node: NodeId,
}

/// The leader of every term so far.
#[derive(Clone, Default, Debug)]
pub(crate) struct ElectionSafety {
    leaders: OrdMap<Term, NodeId>,
}

impl ElectionSafety {
    pub(crate) fn leader_seen(&mut self, LeaderSeen { term, node }: LeaderSeen) -> Verdict {
        match self.leaders.get(&term) {
            Some(leader) if *leader == node => Ok(()),
            Some(leader) => {
                Err(format!("node {node} leads in term {term}, and so did node {leader}"))
            }
            None => {
                self.leaders.insert(term, node);
                Ok(())
            }
        }
    }
}
