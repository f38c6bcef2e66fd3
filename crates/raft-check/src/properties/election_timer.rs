//! Election Timer (§5.2): only the leader, a vote that is granted, or an election of its own
//! restart a server's election timer.
//!
//! If a refused candidate could restart the timer of a server that could win, a candidate that can
//! never win would keep the cluster without a leader.

use raft_core::{Body, Instant, Message, Node, NodeId, RoleKind};
use raft_sim::{words};

use super::{Checker, Context, MessageDelivered, Prompt};
use crate::property::{Property, Verdict};
use crate::shadows::per_node::PerNode;

pub(crate) static PROPERTY: Property = Property {
    name: "Election Timer",
    section: "§5.2",
    meaning: "A message restarts the election timer of a server only if it is from the leader of \
              the server's term, if the server grants its vote, or if the server starts an \
              election.",
};

#[derive(Clone, Default, Debug)]
pub(crate) struct ElectionTimer {
    /// The timers of the nodes that have handled all that arrived and do not lead.
    nodes: PerNode<Option<Instant>>,
}

impl Checker for ElectionTimer {
    fn message_delivered(&mut self, delivered: MessageDelivered<'_>, cx: &mut Context<'_>) {
        let MessageDelivered { from, to, message } = delivered;
        let (Some(before), Some(prompt)) = (*self.nodes.of(to), cx.prompt(to)) else { return };
        let after = prompt.core.deadline();
        // A timer that has elapsed may be restarted by an election before the message is handled.
        if before == after || before <= prompt.now || may_restart(&prompt, from, message) {
            return;
        }
        let name = message.name();
        cx.note(&PROPERTY, restarted(Restarted { node: to, from, name, before, after }));
    }

    fn node_touched(&mut self, id: NodeId, cx: &mut Context<'_>) {
        let waiting = cx.prompt(id).filter(|prompt| prompt.core.role() != RoleKind::Leader);
        *self.nodes.of(id) = waiting.map(|prompt| prompt.core.deadline());
    }

    fn started(&mut self, node: NodeId, _: &Node, _: &mut Context<'_>) {
        *self.nodes.of(node) = None;
    }
}

/// Whether a node that has handled this message may have restarted its timer for it.
fn may_restart(prompt: &Prompt<'_>, from: NodeId, message: &Message) -> bool {
    let core = prompt.core;
    let is_candidate = core.role() == RoleKind::Candidate;
    match &message.body {
        Body::AppendEntries(_) | Body::InstallSnapshot(_) => core.leader() == Some(from),
        Body::RequestVote(_) => {
            (core.current_term(), core.voted_for()) == (message.term, Some(from))
        }
        Body::TimeoutNow => true,
        // The pre-votes of a quorum start its election.
        Body::PreVoteReply(_) => is_candidate,
        // It leads now, and its timer is that of its heartbeats.
        Body::RequestVoteReply(_) => core.role() == RoleKind::Leader,
        Body::PreVote(_)
        | Body::AppendEntriesReply(_)
        | Body::InstallSnapshotReply(_)
        | Body::ReadIndex(_)
        | Body::ReadIndexReply(_)
        | Body::Forward(_)
        | Body::ForwardReply(_) => false,
    }
}

/// A message that must not do it restarted a node's election timer.
#[derive(Clone, Copy, Debug)]
struct Restarted {
    node: NodeId,
    from: NodeId,
    /// The kind of the message.
    name: &'static str,
    /// When the timer was to elapse, by the node's clock.
    before: Instant,
    after: Instant,
}

fn restarted(Restarted { node, from, name, before, after }: Restarted) -> Verdict {
    Err(words! {
        "the {name} of ", from, " moved the election timer of ", node,
        " from {before} to {after}, although the node neither follows ", from, " nor voted for it"
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{N1, N2, objects};
    use super::*;

    #[test]
    fn a_refused_candidate_that_restarts_the_timer() {
        let (before, after) = (Instant(5_000), Instant(9_000));
        let seen = Restarted { node: N1, from: N2, name: "RequestVote", before, after };
        objects(restarted(seen), &["RequestVote of node 2", "of node 1 from 5.000ms to 9.000ms"]);
    }
}
