//! The last events of a run.

use std::collections::VecDeque;

use raft_sim::{Event, EventNumber};

/// The last events of a run up to a moment, without gaps.
#[derive(Clone, Debug, Default)]
pub struct Record {
    events: VecDeque<Event>,
}

impl Record {
    /// The most events that are kept: the last ones.
    pub const MOST: usize = 200_000;

    /// Adds the events that came next.
    pub fn observe(&mut self, events: &[Event]) {
        self.events.extend(events.iter().cloned());
        let surplus = self.events.len().saturating_sub(Self::MOST);
        self.events.drain(..surplus);
    }

    /// The event with this number; `None`: it is older than the record, or has not happened.
    pub fn get(&self, number: EventNumber) -> Option<&Event> {
        let first = self.events.front()?.number.get();
        self.events.get(usize::try_from(number.get().checked_sub(first)?).ok()?)
    }

    /// All events, the oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Event> + ExactSizeIterator {
        self.events.iter()
    }

    /// The events of the step of this one, the oldest first.
    pub(crate) fn step_of(
        &self,
        event: &Event,
    ) -> impl DoubleEndedIterator<Item = &Event> + use<'_> {
        let begin = self.events.partition_point(|other| other.step < event.step);
        let end = self.events.partition_point(|other| other.step <= event.step);
        self.events.range(begin..end)
    }

    /// The events before this one, the newest first.
    pub(crate) fn before(&self, number: EventNumber) -> impl Iterator<Item = &Event> {
        let first = self.events.front().map_or(0, |event| event.number.get());
        let end = number.get().saturating_sub(first).min(self.events.len() as u64);
        self.events.range(..usize::try_from(end).unwrap_or(0)).rev()
    }

    /// The events after this one, the oldest first.
    pub(crate) fn after(&self, number: EventNumber) -> impl DoubleEndedIterator<Item = &Event> {
        let first = self.events.front().map_or(0, |event| event.number.get());
        let begin = (number.get() + 1).saturating_sub(first).min(self.events.len() as u64);
        self.events.range(usize::try_from(begin).unwrap_or(0)..)
    }
}
