//! The term, and the end of a role (§5.1).

use raft_core::{Bare, StepDownReason, Term, TermTrace};
use raft_sim::words;

use super::Decision;
use crate::explanation::{Cause, Finding};
use crate::said::Took;
use crate::seen::{Passing, election};

impl Decision<'_> {
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
            StepDownReason::QuorumLost => {
                let node = self.run.world.node(self.node);
                let longest = node.map(|node| node.settings().election_timeout_max);
                let within = Took(longest.unwrap_or_default());
                Finding::new(words! {
                    steps_down, "no quorum answered it within the longest election timeout, ",
                    within, ", so another leader may have been elected"
                })
                .section("dissertation §6.2")
                .because_all(self.last_loss())
            }
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

    /// The last message between a leader and a follower that was lost before.
    fn last_loss(self) -> Vec<Vec<Cause>> {
        let lost = self.earlier(|event| {
            Passing::of(event).is_some_and(|passing| {
                passing.is_lost() && [passing.from, passing.to].contains(&self.node)
            })
        });
        self.run.led_by(lost)
    }

    /// The election that raised the term to this one.
    fn beginning_of(self, term: Term) -> Vec<Vec<Cause>> {
        self.run.led_by(self.earlier(|event| election(event).is_some_and(|it| it.1 == term)))
    }
}
