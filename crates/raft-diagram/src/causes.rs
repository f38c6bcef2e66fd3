//! What led to an event, and what it caused.

use std::num::NonZeroU64;

use raft_core::Instant;
use raft_sim::EventNumber;

/// The first event of a run.
const FIRST: EventNumber = EventNumber::new(1).expect("1 is not 0");

/// Counts all items of a diagram from 1, also those that it has forgotten.
pub(crate) type ItemNumber = NonZeroU64;

/// A set of events of a diagram.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventSet {
    /// The number of the first event of the diagram.
    first: u64,
    is_in: Vec<bool>,
}

impl EventSet {
    /// Whether the event is in the set.
    pub fn contains(&self, event: EventNumber) -> bool {
        let place = event.get().checked_sub(self.first).and_then(|at| usize::try_from(at).ok());
        place.and_then(|at| self.is_in.get(at)).copied().unwrap_or_default()
    }

    /// The number of events in the set.
    pub fn len(&self) -> usize {
        self.is_in.iter().filter(|is_in| **is_in).count()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The events, in order.
    pub fn iter(&self) -> impl Iterator<Item = EventNumber> + '_ {
        let numbered = (self.first..).zip(&self.is_in).filter(|(_, is_in)| **is_in);
        numbered.filter_map(|(number, _)| EventNumber::new(number))
    }

    /// Adds an event of the diagram.
    pub(crate) fn insert(&mut self, event: EventNumber) {
        let place = event.get().checked_sub(self.first).and_then(|at| usize::try_from(at).ok());
        if let Some(is_in) = place.and_then(|at| self.is_in.get_mut(at)) {
            *is_in = true;
        }
    }

    /// The events of either set, of one diagram.
    #[must_use]
    pub fn union(mut self, other: &Self) -> Self {
        self.is_in.resize(self.is_in.len().max(other.is_in.len()), false);
        self.is_in.iter_mut().zip(&other.is_in).for_each(|(is_in, more)| *is_in |= more);
        self
    }
}

/// The events of a diagram: the time, the cause and the item of each.
#[derive(Clone, Debug, Default)]
pub(crate) struct EventTable {
    /// The number of the first event; 0 before there is one.
    first: u64,
    rows: Vec<EventRow>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct EventRow {
    pub(crate) at: Instant,
    pub(crate) cause: Option<EventNumber>,
    /// The number of the world's steps, with the one that made the event.
    pub(crate) step: u64,
    /// The number of the item that the event began or ended.
    pub(crate) item: Option<ItemNumber>,
}

impl EventTable {
    /// Adds the next event.
    ///
    /// # Panics
    /// If it is not the next one.
    pub(crate) fn push(&mut self, event: EventNumber, row: EventRow) {
        if self.rows.is_empty() {
            self.first = event.get();
        }
        let next = self.first + self.rows.len() as u64;
        assert_eq!(event.get(), next, "a diagram needs every event, in order");
        self.rows.push(row);
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Forgets the oldest so many events.
    pub(crate) fn forget(&mut self, count: usize) {
        self.rows.drain(..count);
        self.first += count as u64;
    }

    /// Whether the table begins with the first event of a run.
    pub(crate) fn is_whole(&self) -> bool {
        self.first <= 1
    }

    fn place(&self, event: EventNumber) -> Option<usize> {
        usize::try_from(event.get().checked_sub(self.first)?).ok()
    }

    pub(crate) fn get(&self, event: EventNumber) -> Option<&EventRow> {
        self.rows.get(self.place(event)?)
    }

    pub(crate) fn get_mut(&mut self, event: EventNumber) -> Option<&mut EventRow> {
        let place = self.place(event)?;
        self.rows.get_mut(place)
    }

    /// The first and the last event.
    pub(crate) fn ends(&self) -> Option<(EventNumber, EventNumber)> {
        let last = self.first + (self.rows.len() as u64).checked_sub(1)?;
        Some((EventNumber::new(self.first)?, EventNumber::new(last)?))
    }

    /// The first event at a time or after it, and the last one at another time or before it: with
    /// no event between the two times, the second is before the first. `None` without such a last
    /// one.
    pub(crate) fn around(
        &self,
        from: Instant,
        until: Instant,
    ) -> Option<(EventNumber, EventNumber)> {
        let first = self.rows.partition_point(|row| row.at < from) as u64;
        let after = self.rows.partition_point(|row| row.at <= until) as u64;
        let last = self.first + after.checked_sub(1)?;
        Some((EventNumber::new(self.first + first)?, EventNumber::new(last)?))
    }

    /// The set without events.
    pub(crate) fn none(&self) -> EventSet {
        EventSet { first: self.first, is_in: vec![false; self.rows.len()] }
    }

    /// The event, its cause, the cause of that, and so on.
    pub(crate) fn past(&self, event: EventNumber) -> EventSet {
        self.past_from(event, FIRST)
    }

    /// The same without what is before `first`.
    pub(crate) fn past_from(&self, event: EventNumber, first: EventNumber) -> EventSet {
        let mut set = self.none();
        let mut next = Some(event);
        while let Some(row) = next.filter(|event| *event >= first).and_then(|e| self.get(e)) {
            next.into_iter().for_each(|event| set.insert(event));
            next = row.cause;
        }
        set
    }

    /// The event, what it caused, what that caused, and so on. A cause is before its effects, so
    /// one pass finds them all.
    pub(crate) fn future(&self, event: EventNumber) -> EventSet {
        let mut set = self.none();
        let Some(start) = self.place(event) else { return set };
        set.insert(event);
        for (place, row) in self.rows.iter().enumerate().skip(start + 1) {
            set.is_in[place] = row.cause.is_some_and(|cause| set.contains(cause));
        }
        set
    }
}
