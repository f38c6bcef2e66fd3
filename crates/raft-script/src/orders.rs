//! Requests about leadership and membership, and their outcomes.

use std::fmt;

use raft_core::{NodeId, Outcome, Refusal};
use raft_sim::{ClusterEvent, Event, EventKind, OutcomeWords, World};

use crate::condition::OrderState;

/// A request about leadership or membership that a node was asked.
#[derive(Clone, PartialEq, Debug)]
pub struct GivenOrder {
    /// The statement, in its canonical form.
    pub statement: String,
    /// The node that was asked.
    pub node: NodeId,
    /// The incarnation of that node then.
    incarnation: u64,
    /// Its answer; `None`: it has not answered, or has crashed before.
    pub outcome: Option<Outcome>,
    /// The answer in words.
    words: String,
    /// Whether a statement of the script has named its state.
    is_judged: bool,
}

/// An order of a script that was not carried out, and that no `expect` is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnfulfilledOrder {
    /// Its line, from 1.
    pub line: usize,
    /// The statement, in its canonical form.
    pub statement: String,
    /// Its state at the end of the run, in words.
    pub words: String,
}

/// The requests of a run, in the order in which they were made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Orders {
    given: Vec<GivenOrder>,
}

impl GivenOrder {
    /// Its state at present.
    pub fn state(&self, world: &World) -> OrderState {
        match &self.outcome {
            Some(outcome) => state_of(outcome),
            None => {
                let node = world.node(self.node);
                let is_up = |node: &raft_sim::SimNode| {
                    node.incarnation() == self.incarnation && node.core().is_some()
                };
                if node.is_some_and(is_up) { OrderState::Open } else { OrderState::Lost }
            }
        }
    }

    /// Its state at present, in words.
    pub(crate) fn in_words(&self, world: &World) -> String {
        match self.state(world) {
            OrderState::Open => format!("node {} has not answered", self.node),
            OrderState::Lost => format!("node {} crashed before it answered", self.node),
            OrderState::Done
            | OrderState::Refused
            | OrderState::GivenUp
            | OrderState::NotLeader
            | OrderState::Superseded
            | OrderState::Unknown => self.words.clone(),
        }
    }
}

impl Orders {
    /// Adds the request that the world has just been given, with the answer if there is one.
    pub(crate) fn give(&mut self, statement: &impl fmt::Display, node: NodeId, world: &World) {
        self.given.push(GivenOrder {
            statement: statement.to_string(),
            node,
            incarnation: world.node(node).map_or(0, raft_sim::SimNode::incarnation),
            outcome: None,
            words: String::new(),
            is_judged: false,
        });
        world.events().iter().for_each(|event| self.observe(event));
    }

    /// Keeps the answer in an event, if it has one.
    pub(crate) fn observe(&mut self, event: &Event) {
        let EventKind::Cluster(ClusterEvent::Administered { number, outcome, .. }) = &event.kind
        else {
            return;
        };
        let place = (*number as usize).checked_sub(1);
        if let Some(given) = place.and_then(|place| self.given.get_mut(place)) {
            given.outcome = Some(*outcome);
            given.words = format!("node {} answered: {}", given.node, OutcomeWords(outcome));
        }
    }

    /// The one with this number, from 1; `None`: the last.
    pub(crate) fn get(&self, number: Option<u64>) -> Option<&GivenOrder> {
        self.given.get(self.place(number)?)
    }

    fn place(&self, number: Option<u64>) -> Option<usize> {
        let number = number.map_or(self.given.len(), |number| number as usize);
        number.checked_sub(1)
    }

    /// Notes that a statement is about it.
    pub(crate) fn judge(&mut self, number: Option<u64>) {
        let place = self.place(number);
        if let Some(given) = place.and_then(|place| self.given.get_mut(place)) {
            given.is_judged = true;
        }
    }

    /// All of them, in the order in which they were given.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &GivenOrder> {
        self.given.iter()
    }

    /// Those that were not carried out, or not yet, and that no statement is about. `lines` has the
    /// line of each order.
    pub(crate) fn unfulfilled(&self, world: &World, lines: &[usize]) -> Vec<UnfulfilledOrder> {
        let not_done =
            |given: &GivenOrder| !given.is_judged && given.state(world) != OrderState::Done;
        let orders = self.given.iter().zip(lines).filter(|(given, _)| not_done(given));
        let orders = orders.map(|(given, line)| UnfulfilledOrder {
            line: *line,
            statement: given.statement.clone(),
            words: given.in_words(world),
        });
        orders.collect()
    }
}

fn state_of(outcome: &Outcome) -> OrderState {
    match outcome {
        Outcome::Committed(_)
        | Outcome::Readable { .. }
        | Outcome::Transferred { .. }
        | Outcome::Cancelled => OrderState::Done,
        Outcome::NotLeader { .. } => OrderState::NotLeader,
        Outcome::Superseded { .. } => OrderState::Superseded,
        Outcome::Unknown { .. } => OrderState::Unknown,
        Outcome::Refused(refusal) => match refusal {
            Refusal::NotLeader => OrderState::NotLeader,
            Refusal::CatchUpStalled { .. }
            | Refusal::CatchUpTooSlow { .. }
            | Refusal::ChangeCancelled
            | Refusal::TransferTimedOut { .. }
            | Refusal::TransferCancelled { .. }
            | Refusal::TransferReplaced { .. }
            | Refusal::LeaderRemoved { .. } => OrderState::GivenUp,
            Refusal::TooMuchUncommitted { .. }
            | Refusal::TooManyPending { .. }
            | Refusal::CommandTooLong { .. }
            | Refusal::TransferInProgress { .. }
            | Refusal::TermNotCommitted
            | Refusal::NotApplied { .. }
            | Refusal::ChangeInProgress
            | Refusal::Change(_)
            | Refusal::NotCaughtUp { .. }
            | Refusal::VotersNotHeard { .. }
            | Refusal::NoChange
            | Refusal::TooLateToCancel { .. }
            | Refusal::TargetNotHeard { .. }
            | Refusal::NotAVoter { .. } => OrderState::Refused,
        },
    }
}
