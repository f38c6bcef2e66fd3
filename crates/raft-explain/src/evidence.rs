//! What explanations rest on.

use raft_core::Instant;
use raft_sim::{Event, EventNumber, World};

use crate::Record;

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
}
