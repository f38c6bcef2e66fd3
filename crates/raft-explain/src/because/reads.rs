//! Reads without log entries (dissertation §6.4).

use raft_core::{Bare, Body, HeartbeatRound, Instant, NodeId, ReadTrace, Trace};
use raft_sim::{ClientEvent, Event, ReadPolicy, Words, words};

use super::Decision;
use crate::evidence::Evidence;
use crate::explanation::Finding;
use crate::facts::rules_off;
use crate::said::{At, Took};
use crate::seen::{Passing, answered_round, decision, elected, operation, passing};

impl Evidence<'_> {
    /// Why a read was answered that asked no quorum although it should: the decision of that step.
    pub(super) fn unasked(&self, served: &Event, node: NodeId) -> Option<Finding> {
        let mut earlier =
            self.record.step_of(served).rev().filter(|event| event.number < served.number);
        let event = earlier.find(|event| {
            matches!(decision(event, node), Some(Trace::Read(ReadTrace::ByLease { .. })))
        })?;
        Decision { run: *self, event, node }.no_quorum_was_asked()
    }
}

impl Decision<'_> {
    pub(super) fn read(self, decision: &ReadTrace) -> Finding {
        let special = match decision {
            ReadTrace::Waits { .. } => self.lease_is_over(),
            ReadTrace::ByLease { .. } => self.no_quorum_was_asked(),
            ReadTrace::Confirmed { .. } | ReadTrace::Refused { .. } => None,
        };
        special.unwrap_or_else(|| self.in_its_own_words())
    }

    /// A lease read asks a quorum if there is no lease.
    fn lease_is_over(self) -> Option<Finding> {
        let Self { run, node, .. } = self;
        if self.read_policy()? != ReadPolicy::Lease {
            return None;
        }
        let (round, began) = self.last_confirmed_round()?;
        let shortest = Took(run.world.node(node)?.settings().election_timeout_min);
        let lasts = run.core(node)?.status().lease_duration;
        let until = At(began + lasts);
        let finding = Finding::new(words! {
            "The lease of ", node, " is over. It runs from the start of the last round that a \
             majority answered, round ", round.0, " at ", At(began), ", for ", Took(lasts),
            " (the shortest election timeout, ", shortest,
            ", less the drift of both clocks), so until ", until
        })
        .section("dissertation §6.4.1");
        let lost = self.earlier(|event| {
            Passing::of(event).is_some_and(|passing| passing.from == node && passing.is_lost())
        });
        let Some(lost) = lost else { return Some(finding) };
        let said = words!("no majority answered a later round: ", Words::of(&lost.kind));
        Some(finding.because_all(run.led_by_as(lost, said)))
    }

    /// A read that was to ask a quorum was answered without one: only without the rule.
    fn no_quorum_was_asked(self) -> Option<Finding> {
        let Self { run, node, .. } = self;
        let rules = rules_off(&run, self.event)?;
        if self.read_policy()? != ReadPolicy::Quorum {
            return None;
        }
        let term = run.core(node)?.current_term();
        let asked = words! {
            "Raft does not allow it, a rule is switched off ({rules}). Node ", Bare(node),
            " was asked for a quorum read and asked no quorum. It leads ", term
        };
        let later = self.earlier(|event| elected(event).is_some_and(|(_, of)| of > term));
        let Some(later) = later else {
            return Some(Finding::new(asked).section("dissertation §6.4"));
        };
        let (other, term) = elected(later)?;
        let words = words! {
            asked, ", and does not know of ", term, ", which ", other, " has led since ",
            At(later.at)
        };
        Some(Finding::new(words).section("dissertation §6.4").because_all(run.led_by(later)))
    }

    /// How the client wants the read to be served that the node handles in this event.
    fn read_policy(self) -> Option<ReadPolicy> {
        let (client, sequence, arrived) = operation(self.run.cause(self.event)?)?;
        let ClientEvent::Arrived { .. } = arrived else { return None };
        self.run.record.before(self.event.number).find_map(|event| {
            let (of, number, invoked) = operation(event)?;
            let ClientEvent::Invoked { read, .. } = invoked else { return None };
            ((of, number) == (client, sequence)).then_some(*read)
        })
    }

    /// The last round of the leader that a majority answered, and when it began.
    fn last_confirmed_round(self) -> Option<(HeartbeatRound, Instant)> {
        let core = self.run.core(self.node)?;
        let last = core.status().round?.0;
        let round = (1..=last).rev().map(HeartbeatRound).find(|round| {
            core.membership()
                .is_quorum(|voter| voter == self.node || self.has_answered(voter, *round))
        })?;
        let began = self.run.record.iter().find(|event| {
            Passing::of(event).is_some_and(|passing| {
                let Body::AppendEntries(append) = &passing.message.body else { return false };
                passing.from == self.node
                    && passing.is_sent()
                    && passing.message.term == core.current_term()
                    && append.round == round
            })
        })?;
        Some((round, began.at))
    }

    /// Whether the answer of a voter to a round had reached the leader.
    fn has_answered(self, voter: NodeId, round: HeartbeatRound) -> bool {
        self.run.record.before(self.event.number).any(|event| {
            passing(event, voter, self.node).is_some_and(|passing| {
                passing.is_delivered() && answered_round(passing.message) == Some(round)
            })
        })
    }
}
