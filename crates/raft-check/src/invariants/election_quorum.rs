//! Election Quorum (§5.2, §6): a leader has the votes of a quorum of the membership that it went by.

use raft_core::{Membership, NodeId, Term};

use crate::property::{Property, Verdict};
use crate::quorum::{NodeSet, is_quorum};

pub(crate) static PROPERTY: Property = Property {
    name: "Election Quorum",
    section: "§5.2, §6",
    meaning: "A server leads only with the votes of a majority of the voters in its log's latest \
              membership; in a joint one, of the old voters and of the new.",
};

/// A node began to lead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Elected<'a> {
    pub(crate) leader: NodeId,
    pub(crate) term: Term,
    /// Who told it that it has their vote, and itself if its own vote is on its disk.
    pub(crate) voters: NodeSet,
    /// In force in its log when it was elected.
    pub(crate) membership: &'a Membership,
}

pub(crate) fn elected(Elected { leader, term, voters, membership }: Elected<'_>) -> Verdict {
    if is_quorum(membership, voters) {
        return Ok(());
    }
    Err(format!(
        "node {leader} leads in term {term} with the votes of {voters}, which are no quorum of \
         {membership}"
    ))
}
