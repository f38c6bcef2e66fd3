//! The commit index (§5.3, §5.4.2).

use raft_core::{Bare, CommitTrace, LogIndex, NodeId};
use raft_sim::words;

use super::Decision;
use crate::explanation::Finding;
use crate::facts::rules_off;
use crate::said::{Nodes, Span};
use crate::seen::elected;

impl Decision<'_> {
    pub(super) fn commit(self, decision: &CommitTrace) -> Finding {
        let node = self.node;
        match decision {
            CommitTrace::Committed { from, to, quorum } => {
                if let Some(finding) = self.commits_by_a_rule_that_is_off(*to, quorum) {
                    return finding;
                }
                let what = Span(from.next(), *to);
                Finding::new(words! {
                    "Node ", Bare(node), " commits ", what, ": the disks of ", Nodes(quorum),
                    " hold it, a majority, and it is of the leader's own term"
                })
                .section("§5.3, §5.4.2")
            }
            CommitTrace::OldTermNotCounted { position, term } => Finding::new(words! {
                "Node ", Bare(node), " does not commit ", Bare(position),
                ", though a majority holds it: it leads ", term, ", and counting replicas commits \
                 only entries of the leader's own term"
            })
            .section("§5.4.2, Figure 8"),
            CommitTrace::Learned { .. } => self.in_its_own_words(),
        }
    }

    /// A commit of an older term: only a leader without the rule makes it.
    fn commits_by_a_rule_that_is_off(self, to: LogIndex, quorum: &[NodeId]) -> Option<Finding> {
        let rules = rules_off(&self.run, self.event)?;
        let led = self.earlier(|event| elected(event).is_some_and(|it| it.0 == self.node))?;
        let (node, term) = elected(led)?;
        let of = self.run.core(node)?.log().term_at(to)?;
        let words = words! {
            "Raft does not allow it, a rule is switched off ({rules}): ", to, " is of ", of,
            " and on the disks of ", Nodes(quorum), ", but ", node, " leads ", term,
            ", and counting replicas proves nothing for an older term"
        };
        (of < term).then(|| Finding::new(words).section("§5.4.2"))
    }
}
