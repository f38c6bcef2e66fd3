//! Prompt Transfer (dissertation §3.10): a server that is told to take over starts an election
//! without a pre-vote.

use raft_core::{ElectionReason, NodeId, PreVoteTrace, Term, Trace};
use raft_sim::{words};

use super::{Checker, Context};
use crate::property::{Property, Verdict};

pub(crate) static PROPERTY: Property = Property {
    name: "Prompt Transfer",
    section: "dissertation §3.10",
    meaning: "A server whose leader transfers leadership to it starts an election at once: in a \
              pre-vote all others would refuse, because they hear from a leader.",
};

#[derive(Clone, Default, Debug)]
pub(crate) struct PromptTransfer;

impl Checker for PromptTransfer {
    fn traced(&mut self, node: NodeId, trace: &Trace, cx: &mut Context<'_>) {
        if let Trace::PreVote(PreVoteTrace::Started { term, reason, .. }) = *trace {
            cx.note(&PROPERTY, pre_vote_started(PreVoteStarted { node, term, reason }));
        }
    }
}

/// A server asks for pre-votes.
#[derive(Clone, Copy, Debug)]
struct PreVoteStarted {
    node: NodeId,
    /// The term of the election that would follow.
    term: Term,
    reason: ElectionReason,
}

fn pre_vote_started(PreVoteStarted { node, term, reason }: PreVoteStarted) -> Verdict {
    if reason != ElectionReason::Transfer {
        return Ok(());
    }
    Err(words! {
        node, " was told by its leader to start an election, and asks for pre-votes for ", term
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{N2, objects};
    use super::*;

    #[test]
    fn a_successor_that_asks_first() {
        let ask = |reason| {
            pre_vote_started(PreVoteStarted { node: N2, term: Term(4), reason })
        };
        assert_eq!(ask(ElectionReason::LeaderSilent), Ok(()));
        objects(ask(ElectionReason::Transfer), &["node 2", "told by its leader", "term 4"]);
    }
}
