//! The run is shown backward, slowly.

use std::time::Duration;

use raft_core::Instant;
use raft_script::Place;

use super::Lab;
use crate::pacing::MAX_FRAME;
use crate::tape::PLACES;

/// The real time for which each moment is shown.
const BEAT: Duration = Duration::from_millis(250);

impl Lab {
    /// Shows the run backward from this moment on: four moments a second, each at least one place
    /// of the tape before the last one. It ends at the start of the run, and when a person shows
    /// another moment, runs, pauses or gives a command.
    pub fn play_backward(&mut self, plays: bool) {
        match plays {
            true => self.go_backward(Duration::ZERO),
            false => self.stop_backward(),
        }
        self.changed();
    }

    /// Whether the run is shown backward.
    pub(super) fn plays_backward(&self) -> bool {
        let past = self.past.as_ref().and_then(|past| past.backward);
        past.or(self.wish.as_ref().and_then(|wish| wish.backward)).is_some()
    }

    pub(super) fn stop_backward(&mut self) {
        if let Some(past) = &mut self.past {
            past.backward = None;
        }
        if let Some(wish) = &mut self.wish {
            wish.backward = None;
        }
    }

    /// Real time passes.
    pub(super) fn pass_backward(&mut self, elapsed: Duration) {
        let Some(past) = &mut self.past else { return };
        let Some(shown) = &mut past.backward else { return };
        *shown += elapsed.min(MAX_FRAME);
        if let Some(rest) = shown.checked_sub(BEAT) {
            self.go_backward(rest);
        }
    }

    /// Shows an earlier moment, which has been shown for so long already.
    fn go_backward(&mut self, shown: Duration) {
        let from = self.shown_session();
        let (now, journal) = (from.world().now(), self.session().journal());
        let Some(before) = journal.before(from.moment()) else { return self.stop_backward() };
        let window = self.window.tape.clone().unwrap_or(0..self.session().world().now().0);
        let place = window.end.saturating_sub(window.start) / PLACES;
        let earlier = Instant(now.0.saturating_sub(place));
        let way = match earlier < now {
            true => self.branches.seek_time(self.live, earlier).map(|way| way.at_most(before)),
            false => self.branches.seek(Place { branch: self.live, moment: before }),
        };
        self.go_along(way, Some(shown));
    }
}
