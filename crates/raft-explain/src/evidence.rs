//! What explanations rest on.

use raft_core::{Instant, Node, NodeId};
use raft_sim::{Event, EventNumber, Words, World};

use crate::Record;
use crate::chain::Chains;
use crate::explanation::Cause;

/// A run at a moment: what happened, and the state.
#[derive(Clone, Copy)]
pub struct Evidence<'a> {
    /// The world at that moment.
    pub world: &'a World,
    /// What happened before it.
    pub record: &'a Record,
    /// The statements that were carried out.
    pub statements: &'a dyn Statements,
}

/// Tells which statement an event belongs to.
pub trait Statements {
    /// The statement that made this event, if one did at once.
    fn of(&self, event: EventNumber) -> Option<Given>;
}

/// A statement that was carried out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Given {
    /// Its line in the journal, from 0.
    pub line: usize,
    /// Its time.
    pub at: Instant,
    /// It, as text.
    pub text: String,
}

impl<'a> Evidence<'a> {
    pub(crate) fn now(&self) -> Instant {
        self.world.now()
    }

    pub(crate) fn event(&self, number: EventNumber) -> Option<&'a Event> {
        self.record.get(number)
    }

    pub(crate) fn cause(&self, event: &Event) -> Option<&'a Event> {
        self.event(event.cause?)
    }

    /// The last event that fits, before this one.
    pub(crate) fn last_before(
        &self,
        number: EventNumber,
        fits: impl Fn(&Event) -> bool,
    ) -> Option<&'a Event> {
        self.record.before(number).find(|event| fits(event))
    }

    /// The last event that fits.
    pub(crate) fn last(&self, fits: impl Fn(&Event) -> bool) -> Option<&'a Event> {
        self.record.iter().rev().find(|event| fits(event))
    }

    /// The core of a node; `None`: its process does not run.
    pub(crate) fn core(&self, node: NodeId) -> Option<&'a Node> {
        self.world.node(node)?.core()
    }

    /// The leader of the latest term, and its core.
    pub(crate) fn leader(&self) -> Option<(NodeId, &'a Node)> {
        let leader = self.world.leader()?;
        Some((leader, self.core(leader)?))
    }

    /// The events in the same step after this one.
    pub(crate) fn rest_of_step(&self, event: &Event) -> impl Iterator<Item = &'a Event> + use<'a> {
        let number = event.number;
        self.record.step_of(event).filter(move |other| other.number > number)
    }

    /// The causes of an event, as chains without the event itself.
    pub(crate) fn causes(&self, event: impl Into<Option<&'a Event>>) -> Vec<Vec<Cause>> {
        event.into().map(|event| Chains::new(*self).of(event).finish()).unwrap_or_default()
    }

    /// An event in its own words, and its causes; nothing if there is no such event.
    pub(crate) fn led_by(&self, event: impl Into<Option<&'a Event>>) -> Vec<Vec<Cause>> {
        let event = event.into();
        event.map(|event| self.led_by_as(event, Words::of(&event.kind))).unwrap_or_default()
    }

    /// An event in these words, and its causes.
    pub(crate) fn led_by_as(&self, event: &'a Event, words: Words) -> Vec<Vec<Cause>> {
        Chains::new(*self).from(event, words).finish()
    }
}
