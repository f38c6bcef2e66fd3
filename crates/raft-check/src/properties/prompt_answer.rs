//! Prompt Answer (§5.3, dissertation §6.2): a follower answers each round of its leader at once,
//! however slow its disk is.
//!
//! A leader that hears no answer takes the follower for a silent one, sends the same entries again,
//! and steps down if a quorum is silent.

use raft_core::{AppendEntriesReply, Body, HeartbeatRound, Node, NodeId, Term, Trace};
use raft_sim::words;

use super::{Checker, Context, MessageDelivered, MessageSent};
use crate::property::{Property, Verdict};
use crate::shadows::per_node::PerNode;

pub(crate) static PROPERTY: Property = Property {
    name: "Prompt Answer",
    section: "§5.3, dissertation §6.2",
    meaning: "A server answers the first AppendEntries of each round of its leader at once, if its \
              term and vote are on its disk.",
};

#[derive(Clone, Default, Debug)]
pub(crate) struct PromptAnswer {
    nodes: PerNode<Answers>,
}

#[derive(Clone, Copy, Default, Debug)]
struct Answers {
    /// The last round that was answered, and its term.
    last: (Term, HeartbeatRound),
    /// The term and the vote at the last request, and the round in which they were new.
    held: (Term, Option<NodeId>, HeartbeatRound),
    /// Whether a later round was answered with them: then the server knows that they are stored.
    is_reported: bool,
    /// A request that arrived in this step and is not answered.
    open: Option<Question>,
}

/// The first request of a round arrived.
#[derive(Clone, Copy, Debug)]
struct Question {
    node: NodeId,
    leader: NodeId,
    term: Term,
    round: HeartbeatRound,
}

impl Checker for PromptAnswer {
    fn message_delivered(&mut self, delivered: MessageDelivered<'_>, cx: &mut Context<'_>) {
        let MessageDelivered { from, to, message } = delivered;
        let Body::AppendEntries(request) = &message.body else { return };
        let Some(prompt) = cx.prompt(to).filter(|prompt| prompt.has_heard(from, message)) else {
            return;
        };
        let answers = self.nodes.of(to);
        let (term, round) = (message.term, request.round);
        // Otherwise the answer waits for the term and the vote, and for the report that they are
        // stored. An answer to an earlier request may have left before the vote was given.
        let held = (prompt.core.current_term(), prompt.core.voted_for());
        if (answers.held.0, answers.held.1) != held {
            (answers.held, answers.is_reported) = ((held.0, held.1, round), false);
        }
        let is_reported = answers.is_reported || cx.world.setup().driver.report.is_zero();
        let is_stored = cx.shadows.node(to).is_some_and(|node| {
            let stored = node.disk.hard_state;
            is_reported && (stored.current_term, stored.voted_for) == held
        });
        let question = Question { node: to, leader: from, term, round };
        answers.open = (is_stored && (term, round) > answers.last).then_some(question);
    }

    fn message_sent(&mut self, sent: MessageSent<'_>, _: &mut Context<'_>) {
        let Body::AppendEntriesReply(reply) = &sent.message.body else { return };
        let round = match *reply {
            AppendEntriesReply::Success { round, .. }
            | AppendEntriesReply::Following { round }
            | AppendEntriesReply::Failure { round, .. } => round,
        };
        let answers = self.nodes.of(sent.from);
        let answered = (sent.message.term, round);
        answers.last = answers.last.max(answered);
        let (term, _, since) = answers.held;
        answers.is_reported |= answered.0 == term && answered.1 > since;
        answers.open = answers.open.filter(|open| (open.term, open.round) > answered);
    }

    fn traced(&mut self, node: NodeId, trace: &Trace, _: &mut Context<'_>) {
        // An impossible request has no answer.
        if let Trace::Ignored(_) = trace {
            self.nodes.of(node).open = None;
        }
    }

    fn node_touched(&mut self, id: NodeId, cx: &mut Context<'_>) {
        if let Some(question) = self.nodes.of(id).open.take()
            && cx.prompt(id).is_some()
        {
            cx.note(&PROPERTY, unanswered(question));
        }
    }

    fn started(&mut self, node: NodeId, _: &Node, _: &mut Context<'_>) {
        *self.nodes.of(node) = Answers::default();
    }
}

fn unanswered(Question { node, leader, term, round }: Question) -> Verdict {
    Err(
        words! {
            node, " does not answer round ", round.0, " of its leader, ", leader, ", in ", term
        },
    )
}

#[cfg(test)]
mod tests {
    use super::super::testing::{N1, N2, objects};
    use super::*;

    #[test]
    fn a_round_without_an_answer() {
        let (term, round) = (Term(3), HeartbeatRound(4));
        let question = Question { node: N1, leader: N2, term, round };
        objects(unanswered(question), &["node 1", "round 4", "node 2, in term 3"]);
    }
}
