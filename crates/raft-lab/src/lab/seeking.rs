//! A moment that is shown is computed from a checkpoint; if that is far, bit by bit, so that the
//! page answers meanwhile.

use std::collections::VecDeque;
use std::time::Duration;

use raft_core::Instant;
use raft_script::{Place, Seek, Session, Unreachable};

use super::Lab;
use super::branches::{Past, SHOWN_STEPS};
use crate::ConsoleKind;

/// The steps that are played without a look at the clock: some milliseconds in a browser.
pub(super) const SLICE: u64 = 250;
/// The slices that are played at once: a moment that is so near is shown in the same call.
const FIRST_SLICES: usize = 2;
/// The time that a tick takes for it at least: nothing else happens meanwhile, and a browser waits
/// some milliseconds before the next one.
const LEAST_BUDGET: Duration = Duration::from_millis(28);

/// The moment that somebody wants to see.
pub(super) struct Wish {
    seek: Seek,
    /// The sessions before the last slices: the events before the moment are computed from there.
    trail: VecDeque<Session>,
    /// Whether time passed when somebody began to look at the past.
    pub(super) was_running: bool,
    /// For how long the moment has been shown, if the run is shown backward.
    pub(super) backward: Option<Duration>,
}

impl Lab {
    /// Shows the live branch as it was at a time: after all that was done then. If that takes long,
    /// ticks compute it, and the page shows what it showed before. A later wish replaces it.
    pub fn show_at(&mut self, time: Instant) {
        if time >= self.session().world().now() {
            return self.return_to_live();
        }
        self.go_along(self.branches.seek_time(self.live, time), None);
    }

    /// Shows the moment at the end of a way, as [`show_at`](Self::show_at).
    pub(super) fn go_along(&mut self, way: Result<Seek, Unreachable>, backward: Option<Duration>) {
        match way {
            Ok(seek) => {
                let was_running = self.was_running();
                self.pacer.set_running(false, self.is_waiting());
                self.stop_backward();
                self.wish = Some(Wish { seek, trail: VecDeque::new(), was_running, backward });
                (0..FIRST_SLICES).for_each(|_| self.seek_on());
            }
            Err(error) => self.say(ConsoleKind::Error, error.to_string()),
        }
        self.changed();
    }

    /// Whether a moment is being computed.
    pub fn is_seeking(&self) -> bool {
        self.wish.is_some()
    }

    /// Shows the moment that somebody wants to see, however long that takes.
    pub fn finish_seeking(&mut self) {
        while self.is_seeking() {
            self.seek_on();
        }
    }

    /// Goes on for so long, or a little longer.
    pub(super) fn seek_for(&mut self, budget: Duration) {
        let out_of_time = (self.clock)() + budget.max(LEAST_BUDGET);
        while self.is_seeking() {
            self.seek_on();
            if (self.clock)() >= out_of_time {
                break;
            }
        }
        // Until then, nothing that is shown differs.
        if !self.is_seeking() {
            self.changed();
        }
    }

    /// Plays one slice.
    fn seek_on(&mut self) {
        let Some(mut wish) = self.wish.take() else { return };
        match self.advanced(&mut wish) {
            Ok(Some(mut past)) => {
                past.was_running = wish.was_running;
                let is_start = self.session().journal().before(past.moment()).is_none();
                past.backward = wish.backward.filter(|_| !is_start);
                self.past = Some(past);
                self.bring_diagram();
            }
            Ok(None) => self.wish = Some(wish),
            Err(error) => self.say(ConsoleKind::Error, error.to_string()),
        }
    }

    /// The moment, once it is reached.
    fn advanced(&mut self, wish: &mut Wish) -> Result<Option<Past>, Unreachable> {
        let Wish { seek, trail, .. } = wish;
        trail.push_back(seek.session().clone());
        if trail.len() as u64 > SHOWN_STEPS / SLICE + 2 {
            trail.pop_front();
        }
        let is_there = seek.advance(SLICE)?;
        self.branches.remember(self.live, seek);
        if !is_there {
            return Ok(None);
        }
        let moment = seek.session().moment();
        let is_earlier = |session: &Session| session.moment().steps + SHOWN_STEPS <= moment.steps;
        match trail.iter().rfind(|session| is_earlier(session)) {
            Some(earlier) => {
                let place = Place { branch: self.live, moment };
                self.recomputed_by(self.branches.seek_from(earlier.clone(), place)?).map(Some)
            }
            // It is near to a checkpoint.
            None => self.recomputed(moment).map(Some),
        }
    }
}
