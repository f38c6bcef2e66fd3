//! The Commit Rule (§5.3, §5.4.2), worked out from the disks instead of the leader's match indexes.

use raft_core::{Bare, LogIndex, LogPosition, Membership, Node, NodeId, Term};
use raft_sim::{words};

use super::{Checker, Context};
use crate::property::{Property, Verdict};
use crate::shadows::log::PrefixHash;
use crate::shadows::node::CommitClaim;
use crate::shadows::quorum::{NodeSet, is_quorum};

pub(crate) static PROPERTY: Property = Property {
    name: "Commit Rule",
    section: "§5.3, §5.4.2, §6",
    meaning: "A leader commits an entry of its own term, and all entries before it, once a quorum \
              of disks hold it; other servers learn only of entries that a leader committed, up to \
              the end of what they compared with the leader's log.",
};

#[derive(Clone, Default, Debug)]
pub(crate) struct CommitRule;

impl Checker for CommitRule {
    fn commit_seen(&mut self, id: NodeId, core: &Node, has_counted: bool, cx: &mut Context<'_>) {
        let Some(node) = cx.shadows.node(id) else { return };
        let (before, index) = (node.state.commit_index, core.commit_index());
        if index <= before {
            return;
        }
        let ledger = &cx.shadows.ledger;
        let compared = node.claims.compared.filter(|_| !has_counted);
        if index > ledger.base() {
            let (held, committed) = (cx.shadows.held_by(id, index), ledger.get(index));
            let seen = CommitBelieved { node: id, index, held, committed };
            cx.note(&PROPERTY, commit_believed(seen));
        }
        if let Some(compared) = compared {
            let installed = core.snapshot().map(|snapshot| snapshot.last_included_index);
            let compared = compared.max(installed.unwrap_or_default());
            cx.note(&PROPERTY, commit_learned(CommitLearned { node: id, index, compared }));
        }
    }
}

impl CommitRule {
    /// A leader advanced its commit index by counting. Whether the ledger may follow: only if the
    /// commit keeps the rule.
    pub(crate) fn may_commit(
        &self,
        leader: NodeId,
        claim: &CommitClaim,
        cx: &mut Context<'_>,
    ) -> bool {
        let CommitClaim { index, term, membership } = claim;
        let (index, term, shadows) = (*index, *term, cx.shadows);
        let held = shadows.held_by(leader, index);
        let holders = held.map_or(NodeSet::default(), |prefix| {
            let has_it = |disk: &crate::shadows::disk::DiskShadow| {
                disk.holds(index, prefix, &shadows.ledger)
            };
            shadows.nodes.iter().filter(|n| has_it(&n.disk)).map(|node| node.id).collect()
        });
        let seen = LeaderCommitted { leader, term, index, held, holders, membership };
        let verdict = leader_committed(seen);
        let is_right = verdict.is_ok();
        cx.note(&PROPERTY, verdict);
        is_right
    }
}

/// A leader advanced its commit index by counting.
#[derive(Clone, Copy, Debug)]
pub struct LeaderCommitted<'a> {
    /// The leader.
    pub leader: NodeId,
    /// The term.
    pub term: Term,
    /// The index of the entry.
    pub index: LogIndex,
    /// What the leader's log holds there.
    pub held: Option<PrefixHash>,
    /// The nodes whose disks hold the leader's log up to there.
    pub holders: NodeSet,
    /// In force in the leader's log when it committed.
    pub membership: &'a Membership,
}

pub(crate) fn leader_committed(seen: LeaderCommitted<'_>) -> Verdict {
    let LeaderCommitted { leader, term, index, held, holders, membership } = seen;
    let Some(held) = held else {
        return Err(words! { leader, " committed ", index, ", which its log does not hold" });
    };
    let entry = LogPosition::new(index, held.term);
    // Raft §5.4.2: counting replicas of an older term proves nothing (Figure 8).
    if held.term != term {
        return Err(words! {
            leader, ", leader of ", term, ", committed ", entry,
            " of an older term by counting replicas"
        });
    }
    if !is_quorum(membership, holders) {
        return Err(words! {
            leader, " committed ", entry, " while only the disks of ", holders,
            " hold it: no quorum of ", membership
        });
    }
    Ok(())
}

/// A node that does not lead advanced its commit index.
#[derive(Clone, Copy, Debug)]
struct CommitLearned {
    node: NodeId,
    index: LogIndex,
    /// The last entry up to which a leader's message showed that the logs are the same.
    compared: LogIndex,
}

/// Figure 2, AppendEntries step 5: entries after the last new one may be any.
fn commit_learned(seen: CommitLearned) -> Verdict {
    let CommitLearned { node, index, compared } = seen;
    if index <= compared {
        return Ok(());
    }
    Err(words! {
        node, " takes ", index, " for committed, but its log was compared with the leader's only \
         up to ", compared
    })
}

/// A node takes an entry for committed.
#[derive(Clone, Copy, Debug)]
pub struct CommitBelieved {
    /// The node.
    pub node: NodeId,
    /// The index of the entry.
    pub index: LogIndex,
    /// What the node's log holds there.
    pub held: Option<PrefixHash>,
    /// What is committed there.
    pub committed: Option<PrefixHash>,
}

pub(crate) fn commit_believed(seen: CommitBelieved) -> Verdict {
    let CommitBelieved { node, index, held, committed } = seen;
    let Some(committed) = committed else {
        return Err(words! {
            node, " takes ", index, " for committed, but no leader has committed it"
        });
    };
    match held {
        Some(held) if held == committed => Ok(()),
        Some(held) => Err(words! {
            node, " takes its ", LogPosition::new(index, held.term),
            " for committed, but its log up to there is not the committed one, which has ",
            Bare(LogPosition::new(index, committed.term))
        }),
        None => Err(words! { node, " takes ", index, " for committed without holding it" }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{N1, N2, nodes, objects, prefix, voters};
    use super::*;

    #[test]
    fn a_commit_against_the_rule() {
        let commit = |held, holders: &[u64]| {
            let (leader, term, index) = (N1, Term(4), LogIndex(6));
            let membership = &voters(1..=5);
            let holders = nodes(holders);
            leader_committed(LeaderCommitted { leader, term, index, held, holders, membership })
        };
        let held = Some(prefix(4, 1));
        assert_eq!(commit(held, &[1, 4, 5]), Ok(()));
        objects(commit(held, &[1, 2, 6, 7]), &["6@4", "nodes 1, 2, 6 and 7", "1 2 3 4 5"]);
        // Figure 8: all five disks hold it, and that proves nothing.
        let older = commit(Some(prefix(2, 1)), &[1, 2, 3, 4, 5]);
        objects(older, &["leader of term 4", "6@2 of an older term"]);
        objects(commit(None, &[]), &["does not hold"]);

        let believe = |held, committed| {
            commit_believed(CommitBelieved { node: N2, index: LogIndex(6), held, committed })
        };
        assert_eq!(believe(held, held), Ok(()));
        objects(believe(held, None), &["no leader has committed it"]);
        objects(believe(Some(prefix(3, 2)), held), &["6@3", "6@4"]);
        objects(believe(None, held), &["without holding it"]);
    }

    #[test]
    fn a_follower_that_commits_what_was_not_compared() {
        let learn = |index| {
            let (index, compared) = (LogIndex(index), LogIndex(5));
            commit_learned(CommitLearned { node: N2, index, compared })
        };
        assert_eq!(learn(5), Ok(()));
        objects(learn(6), &["node 2", "entry 6", "only up to entry 5"]);
    }
}
