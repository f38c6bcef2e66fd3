//! A recorded run in the page: a run that only a file tells of. Any of its moments is a
//! [`View`](crate::View), so the picture and the logs draw it as they draw a lab.
//!
//! A file does not tell everything. What it does not tell is not shown: a node of which no role is
//! told has no [`CoreView`](crate::CoreView) although it runs, an entry of which only the place is
//! told is in no list of entries, and the table of [`RecordedNode`]s has gaps. Nothing can be done
//! to such a run.

mod arrows;
mod diagram;
mod growing;
mod known;
mod view;
mod watched;

use std::rc::Rc;

use raft_core::{Instant, NodeId};
use raft_trace::{PassedOver, RecordedRun, TraceSource, TraceState, TraceStep};

use self::arrows::Arrows;
use self::known::Known;
pub use self::known::RecordedNode;
pub use self::watched::{Missed, RunVerdict, Watched};
use crate::StretchView;

/// The state after each so many events is kept; those between are computed again.
const EVERY: usize = 256;
/// The time that an event takes where a file has no times, in µs: what counts is the order.
const TICK: u64 = 1_000;

/// A recorded run, with all of its moments. Events have places, counted from 0; that of an event
/// never changes.
pub struct Recorded {
    /// The run, with the events from the place `first` on.
    run: Rc<RecordedRun>,
    /// The number of events that were dropped, and the time of the last of them.
    first: usize,
    begins: Instant,
    has_times: bool,
    /// Whether more may come.
    is_growing: bool,
    /// The time of each event that is there. It never goes back.
    times: Vec<Instant>,
    /// The states before some events, with their places: before the first one, and before those at
    /// multiples of [`EVERY`].
    states: Vec<(usize, TraceState)>,
    /// The state after all events.
    end: TraceState,
    arrows: Arrows,
    known: Known,
    elections: Vec<usize>,
    /// The term and the role of each node over time, in the order of the nodes.
    stretches: Vec<(NodeId, Vec<StretchView>)>,
}

impl Recorded {
    /// A run that was read.
    pub fn new(run: Rc<RecordedRun>) -> Self {
        let mut recorded = Self::before(run);
        recorded.fold(0);
        recorded
    }

    /// The number of events so far, with those that were dropped.
    pub fn events(&self) -> usize {
        self.first + self.run.steps.len()
    }

    /// The number of events that were dropped: the first moment that is there is after them.
    pub fn first(&self) -> usize {
        self.first
    }

    /// An event, by its place. `None`: it is not there yet, or was dropped.
    pub fn event(&self, place: usize) -> Option<&TraceStep> {
        self.run.steps.get(place.checked_sub(self.first)?)
    }

    /// The place of the event that caused another one, if it is there.
    pub fn cause_of(&self, place: usize) -> Option<usize> {
        let cause = usize::try_from(self.event(place)?.cause?.checked_sub(1)?).ok()?;
        self.event(cause).map(|_| cause)
    }

    /// The number of nodes.
    pub fn nodes(&self) -> usize {
        self.run.nodes.len()
    }

    /// The form of its file.
    pub fn source(&self) -> TraceSource {
        self.run.source
    }

    /// The lines that are no event.
    pub fn passed_over(&self) -> PassedOver {
        self.run.passed_over
    }

    /// The name of a node in the file, if it has another one than its number.
    pub fn name_of(&self, node: NodeId) -> Option<&str> {
        let place = self.run.nodes.iter().position(|other| *other == node)?;
        self.run.names.get(place).map(String::as_str)
    }

    /// Whether the file has times.
    pub fn has_times(&self) -> bool {
        self.has_times
    }

    /// The time after so many events: that of the last of them. Of events that were dropped, the
    /// last one counts.
    pub fn time_after(&self, events: usize) -> Instant {
        match events.saturating_sub(self.first) {
            0 => self.begins,
            events => self.times.get(events - 1).copied().unwrap_or_default(),
        }
    }

    /// The time of an event that is there.
    fn time_of(&self, place: usize) -> Instant {
        let place = place.checked_sub(self.first);
        place.and_then(|place| self.times.get(place)).copied().unwrap_or_default()
    }

    /// The time, in µs, in which usually so many events happen; a half of the run at most.
    pub fn usual_span(&self, events: usize) -> u64 {
        let events = events.min(self.times.len() / 2).max(1);
        let ends = self.times.iter().skip(events);
        let mut spans: Vec<u64> = ends.zip(&self.times).map(|(end, from)| end.0 - from.0).collect();
        spans.sort_unstable();
        spans.get(spans.len() / 2).copied().unwrap_or_default()
    }

    /// The places of the events at which a node begins to lead.
    pub fn elections(&self) -> &[usize] {
        &self.elections
    }

    /// The state after so many events, or that of the nearest moment that is there.
    fn state_after(&self, events: usize) -> TraceState {
        if events >= self.events() {
            return self.end.clone();
        }
        let events = events.max(self.first);
        let kept = self.states.partition_point(|(place, _)| *place <= events);
        let Some((place, state)) = self.states[..kept].last() else { return self.end.clone() };
        let mut state = state.clone();
        let steps = &self.run.steps[place - self.first..events - self.first];
        steps.iter().for_each(|step| state.take(step));
        state
    }
}

#[cfg(test)]
mod tests;
