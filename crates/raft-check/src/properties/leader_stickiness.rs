//! Leader Stickiness (dissertation §4.2.3, §9.6): a server that hears its leader deposes it for no
//! other.
//!
//! Only messages that a node handles at once count: one that is paused or slow handles them later.

use std::time::Duration;

use raft_core::{Body, Instant, Node, NodeId, Term, TermTrace, Trace};
use raft_sim::{words};

use super::{Checker, Context, MessageDelivered, MessageSent};
use crate::property::{Property, Verdict};
use crate::shadows::per_node::PerNode;

pub(crate) static PROPERTY: Property = Property {
    name: "Leader Stickiness",
    section: "dissertation §4.2.3, §9.6",
    meaning: "A server that heard from its leader less than the shortest election timeout ago \
              grants no other server a pre-vote, and with check-quorum no vote, unless the leader \
              transfers its leadership.",
};

#[derive(Clone, Default, Debug)]
pub(crate) struct LeaderStickiness {
    nodes: PerNode<Loyalty>,
}

#[derive(Clone, Copy, Default, Debug)]
struct Loyalty {
    /// The leader heard last, and when, by the node's own clock.
    heard: Option<(NodeId, Instant)>,
    /// In this step another server asked for a vote or pre-vote that must be refused.
    asked: Option<Asked>,
}

/// A request for a vote or a pre-vote of a node that heard from its leader a moment ago.
#[derive(Clone, Copy, Debug)]
struct Asked {
    voter: NodeId,
    candidate: NodeId,
    vote: &'static str,
    leader: NodeId,
    /// How long ago the leader was heard.
    ago: Duration,
}

impl Checker for LeaderStickiness {
    fn message_delivered(&mut self, delivered: MessageDelivered<'_>, cx: &mut Context<'_>) {
        let MessageDelivered { from, to, message } = delivered;
        let Some(prompt) = cx.prompt(to) else { return };
        let loyalty = self.nodes.of(to);
        if prompt.has_heard(from, message) {
            loyalty.heard = Some((from, prompt.now));
            return;
        }
        let Some(settings) = cx.settings(to) else { return };
        let (vote, is_sticky) = if let Body::PreVote(_) = &message.body {
            ("pre-vote", settings.pre_vote || settings.check_quorum)
        } else if let Body::RequestVote(request) = &message.body {
            ("vote", settings.check_quorum && !request.leadership_transfer)
        } else {
            return;
        };
        // A leader that asks for votes leads no more.
        let heard = loyalty.heard.filter(|(leader, _)| is_sticky && *leader != from);
        let Some((leader, at)) = heard else { return };
        let ago = prompt.now - at;
        if ago >= settings.election_timeout_min {
            return;
        }
        let asked = Asked { voter: to, candidate: from, vote, leader, ago };
        loyalty.asked = Some(asked);
        // The vote leaves when it is on disk.
        let votes = |state: (Term, Option<NodeId>)| state == (message.term, Some(from));
        let now = (prompt.core.current_term(), prompt.core.voted_for());
        let before = cx.shadows.node(to).map(|node| node.state.hard_state);
        let had_voted = before.is_some_and(|it| votes((it.current_term, it.voted_for)));
        if vote == "vote" && votes(now) && !had_voted {
            cx.note(&PROPERTY, granted(asked));
        }
    }

    fn message_sent(&mut self, sent: MessageSent<'_>, cx: &mut Context<'_>) {
        let (Body::PreVoteReply(reply) | Body::RequestVoteReply(reply)) = &sent.message.body else {
            return;
        };
        let asked = self.nodes.of(sent.from).asked;
        let asked = asked.filter(|asked| reply.vote_granted && asked.candidate == sent.to);
        if let Some(asked) = asked {
            cx.note(&PROPERTY, granted(asked));
        }
    }

    fn node_touched(&mut self, id: NodeId, _: &mut Context<'_>) {
        self.nodes.of(id).asked = None;
    }

    fn leader_seen(&mut self, leader: NodeId, _: Term, _: &mut Context<'_>) {
        *self.nodes.of(leader) = Loyalty::default();
    }

    fn traced(&mut self, node: NodeId, trace: &Trace, _: &mut Context<'_>) {
        let loyalty = self.nodes.of(node);
        let Trace::Term(trace) = trace else { return };
        match trace {
            TermTrace::LeaderForgotten { .. } => *loyalty = Loyalty::default(),
            // A slow node may have handled the first message of another leader later.
            TermTrace::LeaderRecognized { leader, .. } => {
                loyalty.heard = loyalty.heard.filter(|(heard, _)| heard == leader);
            }
            TermTrace::Advanced { .. }
            | TermTrace::SteppedDown { .. }
            | TermTrace::LeaderNotForgotten { .. } => {}
        }
    }

    fn started(&mut self, node: NodeId, _: &Node, _: &mut Context<'_>) {
        *self.nodes.of(node) = Loyalty::default();
    }
}

/// A node granted what it was asked for.
fn granted(Asked { voter, candidate, vote, leader, ago }: Asked) -> Verdict {
    Err(words! {
        voter, " grants ", candidate, " its {vote}, ", ago.as_micros(), " µs after it heard from ",
        leader, ", its leader"
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{N1, N2, N3, objects};
    use super::*;

    #[test]
    fn a_vote_that_deposes_a_leader_that_is_heard() {
        let ago = Duration::from_micros(7);
        let asked = Asked { voter: N1, candidate: N2, vote: "pre-vote", leader: N3, ago };
        let words = ["node 1 grants node 2 its pre-vote", "7 µs after", "node 3, its leader"];
        objects(granted(asked), &words);
    }
}
