//! The commit index (§5.3, §5.4.2).

use raft_core::{Bare, CommitTrace, NodeId};
use raft_sim::{Event, Words, words};

use crate::evidence::Evidence;
use crate::explanation::Finding;
use crate::facts::{Nodes, Span};

pub(super) fn why(
    run: &Evidence<'_>,
    event: &Event,
    node: NodeId,
    decision: &CommitTrace,
) -> Finding {
    match decision {
        CommitTrace::Committed { from, to, quorum } => {
            if let Some(finding) = by_a_rule_that_is_off(run, event, node, decision) {
                return finding;
            }
            Finding::new(words!(
                "Node ",
                Bare(node),
                " commits ",
                Span(from.next(), *to),
                ": the disks of ",
                Nodes(quorum),
                " hold it, a majority, and it is of the leader's own term"
            ))
            .section("§5.3, §5.4.2")
        }
        CommitTrace::OldTermNotCounted { position, term } => Finding::new(words!(
            "Node ",
            Bare(node),
            " does not commit ",
            Bare(position),
            ", though a majority holds \
             it: it leads ",
            term,
            ", and counting replicas commits only entries of the leader's \
             own term"
        ))
        .section("§5.4.2, Figure 8"),
        CommitTrace::Learned { .. } => Finding::new(Words::of(&event.kind)),
    }
}

/// A commit of an older term: only a leader without the rule makes it.
fn by_a_rule_that_is_off(
    run: &Evidence<'_>,
    event: &Event,
    node: NodeId,
    decision: &CommitTrace,
) -> Option<Finding> {
    let CommitTrace::Committed { to, quorum, .. } = decision else { return None };
    let rules = crate::facts::rules_off(run)?;
    let led = run.last_before(event.number, |event| {
        matches!(
            crate::facts::decision(event, node),
            Some(raft_core::Trace::Election(raft_core::ElectionTrace::BecameLeader { .. }))
        )
    })?;
    let raft_core::Trace::Election(raft_core::ElectionTrace::BecameLeader { term, .. }) =
        crate::facts::decision(led, node)?
    else {
        return None;
    };
    let of = run.world.node(node)?.core()?.log().term_at(*to)?;
    (of < *term).then(|| {
        Finding::new(words!(
            "Raft does not allow it, a rule is switched off ({rules}): ",
            to,
            " is of ",
            of,
            " and on the disks of ",
            Nodes(quorum),
            ", but ",
            node,
            " leads ",
            term,
            ", and counting replicas proves nothing for an older term"
        ))
        .section("§5.4.2")
    })
}
