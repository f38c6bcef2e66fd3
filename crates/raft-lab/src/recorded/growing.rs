//! A recorded run takes more events, and drops the oldest.

use std::rc::Rc;

use raft_core::{Instant, NodeId, RoleKind};
use raft_trace::{RecordedRun, TraceSource, TraceState, TraceStep};

use super::arrows::{Arrows, Place};
use super::known::Known;
use super::{EVERY, Recorded, TICK};
use crate::StretchView;

impl Recorded {
    /// A run to which events are still [added](Self::extend).
    pub fn growing(run: RecordedRun) -> Self {
        let mut recorded = Self::new(Rc::new(run));
        recorded.is_growing = true;
        recorded
    }

    /// The same before its first event.
    pub(super) fn before(run: Rc<RecordedRun>) -> Self {
        let mut known = Known::default();
        run.first.iter().for_each(|(node, facts)| known.hear(*node, facts, 0));
        let has_times = run.source == TraceSource::Helios;
        Self {
            first: 0,
            begins: Instant(0),
            has_times: has_times || run.steps.iter().any(|step| step.at_us.is_some()),
            is_growing: false,
            times: Vec::new(),
            states: Vec::new(),
            end: TraceState::beginning(&run),
            arrows: Arrows::default(),
            known,
            elections: Vec::new(),
            stretches: run.nodes.iter().map(|node| (*node, Vec::new())).collect(),
            run,
        }
    }

    /// Adds events. The work is proportional to their number.
    pub fn extend(&mut self, steps: Vec<TraceStep>) {
        let from = self.run.steps.len();
        Rc::make_mut(&mut self.run).steps.extend(steps);
        self.fold(from);
    }

    /// Drops the oldest events, in whole moments: at least as many as are needed that so many are
    /// left. The moments that are left stay what they are, but for the messages that were under way
    /// from before.
    pub fn keep_last(&mut self, events: usize) {
        let excess = self.run.steps.len().saturating_sub(events);
        let mut dropped = 0;
        while dropped < excess {
            dropped = self.run.moment(dropped).end;
        }
        if dropped == 0 {
            return;
        }
        let first = self.first + dropped;
        let (state, begins) = (self.state_after(first), self.time_after(first));
        self.states.retain(|(place, _)| *place > first);
        self.states.insert(0, (first, state));
        Rc::make_mut(&mut self.run).steps.drain(..dropped);
        self.times.drain(..dropped);
        (self.first, self.begins) = (first, begins);
        self.arrows.forget_before(first);
        self.elections.retain(|place| *place >= first);
        for (_, stretches) in &mut self.stretches {
            let begun = stretches.partition_point(|stretch| stretch.since <= begins);
            stretches.drain(..begun.saturating_sub(1));
        }
    }

    /// Takes the events from a place among those that are there.
    pub(super) fn fold(&mut self, from: usize) {
        let run = self.run.clone();
        for (place, step) in run.steps.iter().enumerate().skip(from) {
            self.take(self.first + place, step);
        }
        self.arrows.sort(self.run.source);
    }

    fn take(&mut self, place: usize, step: &TraceStep) {
        let before = self.times.last().copied().unwrap_or(self.begins);
        let told = if self.has_times { step.at_us } else { Some((place as u64 + 1) * TICK) };
        let now = before.max(Instant(told.unwrap_or_default()));
        self.times.push(now);
        if place.is_multiple_of(EVERY) {
            self.states.push((place, self.end.clone()));
        }
        self.take_messages(Place { number: place, at: now }, step);
        let leads = |state: &TraceState| {
            let node = step.node.and_then(|id| state.node(id));
            node.is_some_and(|node| node.role == Some(RoleKind::Leader))
        };
        // Some programs tell the role with every event.
        let led = leads(&self.end);
        self.end.take(step);
        if !led && leads(&self.end) {
            self.elections.push(place);
        }
        let Some(id) = step.node else { return };
        self.known.hear(id, &step.facts, place + 1);
        self.add_node(id);
        let Some(node) = self.end.node(id).filter(|_| self.known.role(id, place + 1)) else {
            return;
        };
        let (term, role) = (node.term, node.role);
        let of_node = self.stretches.iter_mut().find(|(other, _)| *other == id);
        if let Some((_, stretches)) = of_node
            && stretches.last().is_none_or(|last| (last.term, last.role) != (term, role))
        {
            stretches.push(StretchView { since: now, term, role, is_paused: false });
        }
    }

    fn take_messages(&mut self, at: Place, step: &TraceStep) {
        if self.run.source != TraceSource::ShiViz {
            self.arrows.take(at, step);
        } else if let Some(cause) = self.cause_of(at.number)
            && let Some(from) = self.event(cause).and_then(|step| step.node)
        {
            let sent = Place { number: cause, at: self.time_of(cause) };
            self.arrows.learn(at, step, (sent, from));
        }
    }

    /// A run that grows may name a node that its header does not.
    fn add_node(&mut self, node: NodeId) {
        let Err(place) = self.run.nodes.binary_search(&node) else { return };
        Rc::make_mut(&mut self.run).nodes.insert(place, node);
        self.stretches.insert(place, (node, Vec::new()));
    }
}
