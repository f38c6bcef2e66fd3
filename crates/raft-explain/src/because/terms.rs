//! The term, and the end of a role (§5.1).

use raft_core::{Bare, NodeId, StepDownReason, Term, TermTrace};
use raft_sim::{Event, ProcessEvent, Words, words};

use super::Decision;
use crate::chain::unheard;
use crate::explanation::{Cause, Finding};
use crate::said::{At, Took};
use crate::seen::{answered_round, election, passing, process};

impl<'a> Decision<'a> {
    pub(super) fn term(self, decision: &TermTrace) -> Finding {
        let node = self.node;
        match decision {
            TermTrace::SteppedDown { reason, .. } => self.stepped_down(*reason),
            TermTrace::Advanced { from, to, by } => Finding::new(words! {
                "Node ", Bare(node), " leaves ", from, ": a message of ", by, " is of ", to,
                ", and a server that hears of a later term must enter it"
            })
            .section("§5.1")
            .because_all(self.beginning_of(*to)),
            TermTrace::LeaderRecognized { .. }
            | TermTrace::LeaderForgotten { .. }
            | TermTrace::LeaderNotForgotten { .. } => self.in_its_own_words(),
        }
    }

    fn stepped_down(self, reason: StepDownReason) -> Finding {
        let steps_down = words!("Node ", Bare(self.node), " steps down: ");
        match reason {
            StepDownReason::LaterTerm(term) => Finding::new(words! {
                steps_down, "a message came from ", term, ", and a server that hears of a later \
                 term must enter it as a follower"
            })
            .section("§5.1")
            .because_all(self.beginning_of(term)),
            StepDownReason::QuorumLost => self.lost_its_quorum(steps_down),
            StepDownReason::Removed => Finding::new(words! {
                steps_down, "it is no longer a voter. A leader that is removed leads until the \
                 entry that removes it is committed, and does not count itself"
            })
            .section("§6"),
            StepDownReason::LeaderElected(_) | StepDownReason::LeaderHeard(_) => {
                self.in_its_own_words()
            }
        }
    }

    /// Too few answered for too long, by the leader's own clock.
    fn lost_its_quorum(self, steps_down: Words) -> Finding {
        let Self { run, event, node } = self;
        let longest = run.world.node(node).map(|node| node.settings().election_timeout_max);
        let within = Took(longest.unwrap_or_default());
        let others = run.core(node).map(|core| core.membership().members()).unwrap_or_default();
        let heard: Vec<(NodeId, &Event)> = others
            .into_iter()
            .filter(|other| *other != node)
            .filter_map(|other| Some((other, self.last_answer(other)?)))
            .collect();
        let times = heard.iter().map(|(other, last)| words!(other, " at ", At(last.at)));
        let last = match heard.is_empty() {
            true => Words::default(),
            false => words!(". It last heard ", Words::joined(times, ", ")),
        };
        let finding = Finding::new(words! {
            steps_down, "no quorum answered it within the longest election timeout, ", within,
            ", so another leader may have been elected", last
        })
        .section("dissertation §6.2")
        .because_all(run.led_by(self.clock_change()));
        heard.into_iter().fold(finding, |finding, (other, last)| {
            finding.because(unheard(&run, (other, node), last, event))
        })
    }

    /// The last answer of a node to the heartbeats.
    fn last_answer(self, of: NodeId) -> Option<&'a Event> {
        self.earlier(|event| {
            passing(event, of, self.node)
                .is_some_and(|it| it.is_delivered() && answered_round(it.message).is_some())
        })
    }

    /// The last change of the node's clock, if it was since its last timer was set.
    fn clock_change(self) -> Option<&'a Event> {
        let changed = self.earlier(|event| {
            matches!(process(event, self.node), Some(ProcessEvent::ClockChanged { .. }))
        })?;
        let longest = self.run.world.node(self.node)?.settings().election_timeout_max;
        (changed.at + longest >= self.event.at).then_some(changed)
    }

    /// The election that raised the term to this one.
    pub(super) fn beginning_of(self, term: Term) -> Vec<Vec<Cause>> {
        self.run.led_by(self.earlier(|event| election(event).is_some_and(|it| it.1 == term)))
    }
}
