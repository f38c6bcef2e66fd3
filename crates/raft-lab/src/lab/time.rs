//! Virtual time passes in the lab, in frames and in single steps.

use std::time::Duration;

use raft_core::Instant;
use raft_script::Stepped;

use super::Lab;
use crate::pacing::TimeTarget;

/// In µs.
const SECOND: u64 = 1_000_000;

impl Lab {
    /// Runs or pauses. A lab whose [storage failed](crate::DurableState::Durable) stays paused.
    pub fn set_running(&mut self, running: bool) {
        if running && (self.past.is_some() || self.wish.is_some()) {
            self.forget_past();
            self.bring_diagram();
        }
        if let Some(wish) = &mut self.wish {
            wish.was_running = false;
        }
        if let Some(past) = &mut self.past {
            past.pause();
        }
        let running = running && self.failure().is_none();
        self.pacer.set_running(running, self.is_waiting());
        self.changed();
    }

    /// Sets the virtual seconds per real second, at least [`MIN_SPEED`](crate::MIN_SPEED);
    /// `f64::INFINITY` is as fast as the machine allows.
    pub fn set_speed(&mut self, speed: f64) {
        self.pacer.set_speed(speed);
        self.changed();
    }

    /// Lets one event happen, also when paused. In the past it shows the next moment.
    pub fn step(&mut self) {
        self.finish_seeking();
        if let Some(past) = &self.past {
            let next = self.session().journal().after(past.moment());
            return self.show_moment(next);
        }
        let (key_moment, was_running) = (self.key_moment_at(), self.pacer.is_running());
        self.begin_queued();
        if !was_running {
            // A statement that began does not start the clock.
            self.pacer.set_running(false, self.is_waiting());
        }
        // One who steps shall see the key moment of a scenario, too.
        if self.key_moment_at() == key_moment {
            self.remember_moment();
            self.single_step();
        }
        self.changed();
    }

    /// Lets the events happen that are due after `elapsed` real time: at least one if any is due,
    /// and no more than fit into the budget. While a durable lab [is storing](Self::is_storing),
    /// none happens, and a later tick makes up for it. At full speed, a tick ends when it
    /// [has told](Self::has_told) a listener something, in a durable lab when nobody waits for an
    /// operation any more: one transaction is for all of them. While a moment or a diagram is
    /// computed, no time passes. True if anything changed.
    pub fn tick(&mut self, elapsed: Duration, budget: Duration) -> bool {
        let before = self.number;
        self.has_told = false;
        self.note_storing();
        self.tell_failure();
        self.release();
        if self.recalling.is_some() {
            self.go_on_recalling(budget);
            return true;
        }
        if self.is_seeking() {
            self.seek_for(budget);
            self.release();
            return true;
        }
        if self.is_drawing() {
            self.draw_for(budget);
            return true;
        }
        if !self.pacer.is_running() {
            self.pass_backward(elapsed);
        } else if self.is_storing() {
            self.pacer.miss(elapsed);
        } else {
            self.let_time_pass(elapsed, budget);
        }
        self.note_storing();
        if self.frame_state() != self.shown || self.judges_again() {
            self.changed();
        }
        self.number != before
    }

    /// Whether the last tick called a listener: its owner may have more to say before time goes on.
    pub fn has_told(&self) -> bool {
        self.has_told
    }

    fn single_step(&mut self) {
        self.step_once();
        self.settle();
    }

    fn let_time_pass(&mut self, elapsed: Duration, budget: Duration) {
        let target = self.pacer.target(self.session().world().now(), elapsed);
        if self.has_told && target == TimeTarget::Unbounded {
            return;
        }
        let out_of_time = (self.clock)() + budget;
        self.begin_queued();
        while self.may_go_on() {
            if let TimeTarget::Until(until) = target
                && self.branches.next_step_at(self.live).is_none_or(|next| next > until)
            {
                self.branches.advance_clock(self.live, until);
                break;
            }
            // A breakpoint may have paused: then no statement begins.
            if !self.step_once() || self.tell_limit() || !self.pacer.is_running() {
                break;
            }
            self.begin_queued();
            let is_heard = self.has_told
                && target == TimeTarget::Unbounded
                && (self.held.is_empty() || self.operation_listeners.is_empty());
            if is_heard || (self.clock)() >= out_of_time {
                break;
            }
        }
        self.settle();
    }

    /// Lets the next event happen. False if there is none, or the database has failed.
    fn step_once(&mut self) -> bool {
        if self.failure().is_some() {
            return false;
        }
        let stepped = self.branches.step(self.live);
        self.take_events();
        match stepped {
            Stepped::Event => {}
            Stepped::Finished(result) => {
                let waiting = self.waiting.take();
                self.finish_statement(waiting, result.map_err(|error| error.to_string()));
            }
            Stepped::Nothing => return false,
        }
        self.check_breakpoints();
        true
    }

    /// To be called after anything that may have changed the world.
    pub(super) fn settle(&mut self) {
        self.tell_violation();
        self.flush();
        // A back end may finish at once.
        self.release();
        self.tell_failure();
        self.may_go_on();
        self.follow_lesson();
        self.look_back();
        self.arrive();
    }

    /// Shows the moment a second before a broken property, once, if somebody wants to see how it
    /// comes.
    fn look_back(&mut self) {
        if !self.looks_back || self.pacer.is_running() {
            return;
        }
        self.looks_back = false;
        if let Some(violation) = self.session().checks().violation() {
            self.show_at(Instant(violation.at.0.saturating_sub(SECOND)));
        }
    }

    /// Whether the next event may happen: the lab runs, and no violation waits to be told that
    /// pauses. Pauses a lab that ran only for a statement that is over.
    fn may_go_on(&mut self) -> bool {
        if !self.is_waiting() {
            self.pacer.all_done();
        }
        let is_newly_broken = self.broken == 0 && self.session().checks().violation().is_some();
        if is_newly_broken && !self.stops_at_violation() {
            // At its time, not at the end of the frame.
            self.tell_violation();
            return self.pacer.is_running();
        }
        self.pacer.is_running() && !is_newly_broken
    }

    /// Whether a statement waits for time to pass, or for its turn.
    pub(super) fn is_waiting(&self) -> bool {
        self.session().goal().is_some() || !self.queue.is_empty()
    }
}
