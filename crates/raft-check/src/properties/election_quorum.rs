//! Election Quorum (§5.2, §6): a leader has the votes of a quorum of the membership in its log.

use raft_core::{HardState, Membership, NodeId, Term};
use raft_sim::{words};

use super::{Checker, Context};
use crate::property::{Property, Verdict};
use crate::shadows::quorum::{NodeSet, is_quorum};

pub(crate) static PROPERTY: Property = Property {
    name: "Election Quorum",
    section: "§5.2, §6",
    meaning: "A server leads only with the votes of a majority of the voters in its log's latest \
              membership; in a joint one, of the old voters and of the new.",
};

#[derive(Clone, Default, Debug)]
pub(crate) struct ElectionQuorum;

impl Checker for ElectionQuorum {
    fn elected(&mut self, leader: NodeId, term: Term, cx: &mut Context<'_>) {
        let Some(node) = cx.shadows.node(leader) else { return };
        let mut voters = cx.shadows.votes.voters_for(term, leader);
        // A vote for oneself need not be sent.
        let own = HardState { current_term: term, voted_for: Some(leader) };
        if node.disk.hard_state == own {
            voters.insert(leader);
        }
        let membership = node.memberships.at(node.seen_through);
        cx.note(&PROPERTY, elected(Elected { leader, term, voters, membership }));
    }
}

/// A node began to lead.
#[derive(Clone, Copy, Debug)]
pub struct Elected<'a> {
    /// The node.
    pub leader: NodeId,
    /// The term.
    pub term: Term,
    /// The nodes that sent it their vote, and the leader itself if its own vote is on its disk.
    pub voters: NodeSet,
    /// In force in its log when it was elected.
    pub membership: &'a Membership,
}

pub(crate) fn elected(Elected { leader, term, voters, membership }: Elected<'_>) -> Verdict {
    if is_quorum(membership, voters) {
        return Ok(());
    }
    Err(words! {
        leader, " leads in ", term, " with the votes of ", voters, ", which are no quorum of ",
        membership
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{N1, N2, N3, nodes, objects, voters};
    use super::*;

    #[test]
    fn a_leader_without_the_votes_of_a_quorum() {
        let elect = |voted: &[u64], membership: &Membership| {
            elected(Elected { leader: N1, term: Term(4), voters: nodes(voted), membership })
        };
        let learning = voters(1..=3).with_learners([NodeId(4)]);
        assert_eq!(elect(&[1, 3], &learning), Ok(()));
        let words = ["node 1", "term 4", "nodes 1 and 4", "1 2 3 + learner 4"];
        objects(elect(&[1, 4], &learning), &words);
        let joint = voters([1, 4, 5]).with_outgoing([N1, N2, N3]);
        assert_eq!(elect(&[1, 2, 4], &joint), Ok(()));
        // A majority of the union, and of one half.
        objects(elect(&[1, 2, 3], &joint), &["1 2 3 → 1 4 5"]);
        objects(elect(&[], &Membership::empty()), &["no node"]);
    }
}
