//! A recorded run in the page: a run that only a file tells of. Any of its moments is a
//! [`View`](crate::View), so the picture and the logs draw it as they draw a lab.
//!
//! A file does not tell everything. What it does not tell is not shown: a node of which no role is
//! told has no [`CoreView`](crate::CoreView) although it runs, an entry of which only the place is
//! told is in no list of entries, and the table of [`RecordedNode`]s has gaps. Nothing can be done
//! to such a run.

mod arrows;
mod diagram;
mod known;
mod view;

use std::rc::Rc;

use raft_core::{Instant, NodeId, RoleKind};
use raft_trace::{RecordedRun, TraceSource, TraceState, TraceStep};

use self::arrows::{Arrow, arrows};
use self::known::Known;
pub use self::known::RecordedNode;
use crate::StretchView;

/// The state after each so many events is kept; those between are computed again.
const EVERY: usize = 256;
/// The time that an event takes where a file has no times, in µs: what counts is the order.
const TICK: u64 = 1_000;

/// A recorded run, with all of its moments.
pub struct Recorded {
    run: Rc<RecordedRun>,
    /// The time of each event, by its place. It never goes back.
    times: Vec<Instant>,
    /// The states before the events at multiples of [`EVERY`].
    states: Vec<TraceState>,
    /// The messages, in the order in which they were sent.
    arrows: Vec<Arrow>,
    known: Known,
    elections: Vec<usize>,
    /// The term and the role of each node over time, in the order of the nodes.
    stretches: Vec<(NodeId, Vec<StretchView>)>,
}

impl Recorded {
    /// A run that was read.
    pub fn new(run: Rc<RecordedRun>) -> Self {
        let times = times(&run);
        let (arrows, known) = (arrows(&run), Known::of(&run));
        let (states, elections, stretches) = (Vec::new(), Vec::new(), Vec::new());
        let mut recorded = Self { run, times, states, arrows, known, elections, stretches };
        recorded.fold();
        recorded
    }

    /// Computes the states and the stretches.
    fn fold(&mut self) {
        let mut state = TraceState::beginning(&self.run);
        let mut stretches: Vec<(NodeId, Vec<StretchView>)> =
            self.run.nodes.iter().map(|node| (*node, Vec::new())).collect();
        for (place, step) in self.run.steps.iter().enumerate() {
            if place % EVERY == 0 {
                self.states.push(state.clone());
            }
            let leads = |state: &TraceState| {
                let node = step.node.and_then(|id| state.node(id));
                node.is_some_and(|node| node.role == Some(RoleKind::Leader))
            };
            // Some programs tell the role with every event.
            let led = leads(&state);
            state.take(step);
            if !led && leads(&state) {
                self.elections.push(place);
            }
            let node = step.node.and_then(|id| Some((id, state.node(id)?)));
            let Some((id, node)) = node.filter(|(id, _)| self.known.role(*id, place + 1)) else {
                continue;
            };
            let (since, term, role) = (self.times[place], node.term, node.role);
            let next = StretchView { since, term, role, is_paused: false };
            let of_node = stretches.iter_mut().find(|(other, _)| *other == id);
            if let Some((_, stretches)) = of_node
                && stretches.last().is_none_or(|last| (last.term, last.role) != (term, role))
            {
                stretches.push(next);
            }
        }
        self.stretches = stretches;
    }

    /// The number of events.
    pub fn events(&self) -> usize {
        self.run.steps.len()
    }

    /// An event, by its place from 0.
    pub fn event(&self, place: usize) -> Option<&TraceStep> {
        self.run.steps.get(place)
    }

    /// The form of its file.
    pub fn source(&self) -> TraceSource {
        self.run.source
    }

    /// The name of a node in the file, if it has another one than its number.
    pub fn name_of(&self, node: NodeId) -> Option<&str> {
        let place = self.run.nodes.iter().position(|other| *other == node)?;
        self.run.names.get(place).map(String::as_str)
    }

    /// Whether the file has times.
    pub fn has_times(&self) -> bool {
        self.run.steps.iter().any(|step| step.at_us.is_some())
    }

    /// The time after so many events: that of the last of them.
    pub fn time_after(&self, events: usize) -> Instant {
        events.checked_sub(1).and_then(|place| self.times.get(place)).copied().unwrap_or_default()
    }

    /// The time, in µs, in which usually so many events happen; a half of the run at most.
    pub fn usual_span(&self, events: usize) -> u64 {
        let events = events.min(self.events() / 2).max(1);
        let ends = self.times.iter().skip(events);
        let mut spans: Vec<u64> = ends.zip(&self.times).map(|(end, from)| end.0 - from.0).collect();
        spans.sort_unstable();
        spans.get(spans.len() / 2).copied().unwrap_or_default()
    }

    /// The places of the events at which a node begins to lead.
    pub fn elections(&self) -> &[usize] {
        &self.elections
    }

    /// The state after so many events.
    fn state_after(&self, events: usize) -> TraceState {
        let events = events.min(self.events());
        let kept = (events / EVERY).min(self.states.len().saturating_sub(1));
        let mut state = self.states.get(kept).cloned().unwrap_or_default();
        self.run.steps[kept * EVERY..events].iter().for_each(|step| state.take(step));
        state
    }
}

fn times(run: &RecordedRun) -> Vec<Instant> {
    let has_times = run.steps.iter().any(|step| step.at_us.is_some());
    let mut now = Instant(0);
    let time = |(place, step): (usize, &TraceStep)| {
        let told = if has_times { step.at_us } else { Some((place as u64 + 1) * TICK) };
        now = now.max(Instant(told.unwrap_or_default()));
        now
    };
    run.steps.iter().enumerate().map(time).collect()
}

#[cfg(test)]
mod tests;
