//! Wrong clocks and slow nodes.

use std::time::Duration;

use raft_core::NodeId;
use raft_server::ReplicaInput;

use super::World;
use super::process::Share;
use super::queue::ScheduledKind;
use super::recording::CoreCall;
use crate::node::{Arrival, ArrivalKind, SetTimer};
use crate::{ActionError, ClockChange, DelayRange, MAX_HANDLING, ProcessEvent, TimeoutChoice};

impl World {
    /// Whether the leases of a node, and its promises to leaders, cannot be relied on: its clock
    /// drifts by more than the smallest `max_clock_drift_ppm` of any node's settings, or drifted
    /// more or jumped during a lease that still lasts.
    pub fn clock_out_of_bound(&self, node: NodeId) -> bool {
        let (bound, _) = self.clock_bounds();
        self.node(node).is_some_and(|node| node.clock.is_wrong(self.now, bound))
    }

    pub(super) fn set_clock(&mut self, id: NodeId, change: ClockChange) -> Result<(), ActionError> {
        self.state_of(id)?;
        if !change.is_valid() {
            return Err(ActionError::Clock(change));
        }
        self.change_clock(id, change);
        self.emit_process(id, ProcessEvent::ClockChanged { change });
        Ok(())
    }

    pub(super) fn change_clock(&mut self, id: NodeId, change: ClockChange) {
        let (window, now) = (self.clock_bounds(), self.now);
        self.node_mut(id).clock.change(now, change, window);
    }

    /// The drift that every node allows for, and the longest of all leases, measured by a clock
    /// within that bound.
    fn clock_bounds(&self) -> (u32, Duration) {
        let settings = || self.nodes.iter().map(crate::SimNode::settings);
        let drift = settings().map(|its| its.max_clock_drift_ppm).min();
        let lease = settings().map(|its| its.election_timeout_min).max();
        (drift.unwrap_or(0), lease.unwrap_or(Duration::ZERO))
    }

    pub(super) fn set_timeouts(
        &mut self,
        id: NodeId,
        choice: TimeoutChoice,
    ) -> Result<(), ActionError> {
        self.require_running(id)?;
        let (place, last) = (self.node_place(id).unwrap_or(0) as u32, self.nodes.len() as u32 - 1);
        let node = self.node_mut(id);
        let settings = node.settings();
        let (min, max) = (settings.election_timeout_min, settings.election_timeout_max);
        let timeout = match choice {
            TimeoutChoice::Drawn => DelayRange { min, max },
            TimeoutChoice::Equal => DelayRange { min, max: min },
            TimeoutChoice::Spread => {
                let own = min + (max - min) * place / last.max(1);
                DelayRange { min: own, max: own }
            }
        };
        if let Some(live) = node.live_mut() {
            live.replica.draw_timeouts_from(timeout.min, timeout.max);
        }
        self.record(id, || CoreCall::DrawTimeouts(timeout));
        self.emit_process(id, ProcessEvent::TimeoutsSet { timeout });
        Ok(())
    }

    pub(super) fn set_slow(&mut self, id: NodeId, handling: Duration) -> Result<(), ActionError> {
        self.state_of(id)?;
        if handling > MAX_HANDLING {
            return Err(ActionError::Handling(handling));
        }
        self.node_mut(id).handling = handling;
        self.emit_process(id, ProcessEvent::Slowed { handling });
        if handling.is_zero() {
            self.catch_up(id);
        }
        Ok(())
    }

    /// A node that is no longer slow handles its backlog at once.
    pub(super) fn catch_up(&mut self, id: NodeId) {
        let Some(live) = self.node_mut(id).live_mut() else { return };
        live.has_timed_out = false;
        for arrival in std::mem::take(&mut live.backlog) {
            self.deliver_late(id, arrival);
        }
    }

    /// A step: a node's timer elapses. A slow node handles it later, and so does a driver that
    /// gathers.
    pub(super) fn time_out(&mut self, id: NodeId) {
        let waits = self.lets_wait(id);
        let Some(live) = self.node_mut(id).live_mut() else { return };
        live.has_timed_out = waits;
        let SetTimer { set_at, set_by, .. } = live.timer;
        self.cause = set_by;
        let elapsed = self.emit_process(id, ProcessEvent::TimerElapsed { set_at });
        self.cause = Some(elapsed);
        if waits {
            let kind = ArrivalKind::Input(ReplicaInput::Timeout);
            self.wait_for_turn(id, Arrival { kind, cause: self.cause });
        } else {
            self.feed(id, ReplicaInput::Timeout);
        }
    }

    /// Whether what arrives at a node waits, because it is slow or its driver gathers.
    pub(super) fn lets_wait(&self, id: NodeId) -> bool {
        self.node(id).is_some_and(|node| !node.handles_at_once(&self.setup))
    }

    /// Adds an arrival to the backlog of a slow node, which handles one after the other, or of a
    /// node whose driver gathers.
    pub(super) fn wait_for_turn(&mut self, id: NodeId, arrival: Arrival) {
        let Some(live) = self.node_mut(id).live_mut() else { return };
        live.backlog.push_back(arrival);
        if live.backlog.len() == 1 {
            self.begin_next(id);
        }
    }

    fn begin_next(&mut self, id: NodeId) {
        let now = self.now;
        let gather = DelayRange { min: Duration::ZERO, max: self.setup.driver.gather };
        let node = self.node_mut(id);
        node.turn += 1;
        let (turn, mut done_at) = (node.turn, now + node.handling);
        if let Some(live) = node.live_mut().filter(|_| !gather.max.is_zero()) {
            done_at = done_at + live.random.delay(gather);
        }
        self.schedule(done_at, ScheduledKind::HandlingEnds { node: id, turn });
    }

    /// A slow node has handled the first arrival of its backlog; a driver that gathers hands over
    /// all of it, and then drains.
    pub(super) fn handled(&mut self, id: NodeId) {
        let gathers = self.setup.driver.gathers();
        let Some(live) = self.node_mut(id).live_mut() else { return };
        let count = if gathers { live.backlog.len() } else { 1.min(live.backlog.len()) };
        let arrivals: Vec<Arrival> = live.backlog.drain(..count).collect();
        live.has_timed_out &= !arrivals.iter().any(Arrival::is_timeout);
        let is_more = !live.backlog.is_empty();
        let mut shares = Vec::with_capacity(count);
        for Arrival { kind, cause } in arrivals {
            self.because(cause, |world| {
                world.handle(id, kind);
                world.note_timer(id);
            });
            let live = self.node_mut(id).live_mut();
            let through = live.map_or(0, |live| live.replica.queued_outputs());
            shares.push(Share { through, cause });
        }
        self.because(None, |world| world.drain_shared(id, &shares));
        // It may have crashed.
        let goes_on = self.node_mut(id).live_mut().is_some_and(|live| !live.backlog.is_empty());
        if is_more && goes_on {
            self.begin_next(id);
        }
    }
}
