//! A linked moment: the script of a link is played up to it, and the run is compared with the link.

use raft_core::Instant;

use super::{Lab, LabError};
use crate::ConsoleKind;
use crate::link::{LinkedPage, MomentLink};

/// The moment of a link, while its script is played.
pub(super) struct Arrival {
    steps: u64,
    at: Instant,
    trace_hash: u64,
}

impl Lab {
    /// A lab in memory that plays the script of a link, as [`run_script`](Self::run_script), up to
    /// the moment of the link. Breakpoints and broken properties on the way do not pause it. If the
    /// run there is another one than that of the link, the [frame](crate::LabView::other_run) and
    /// the console say so.
    ///
    /// # Errors
    /// With the line and the place, when the text is no script, or its cluster cannot be made.
    pub fn open_link(link: &MomentLink) -> Result<Self, LabError> {
        let mut lab = Self::run_script(&link.script)?;
        let MomentLink { steps, at, trace_hash, .. } = *link;
        lab.arrival = Some(Arrival { steps, at, trace_hash });
        Ok(lab)
    }

    /// The link to the moment that the page shows.
    pub fn link(&self, title: &str, page: LinkedPage) -> MomentLink {
        MomentLink::of(self.shown_session(), title, page)
    }

    /// Compares the run with the link, once the script has been played.
    pub(super) fn arrive(&mut self) {
        if self.is_waiting() {
            return;
        }
        let Some(Arrival { steps, at, trace_hash }) = self.arrival.take() else { return };
        let world = self.session().world();
        let words = if (world.steps(), world.now()) != (steps, at) {
            format!(
                "This is not the moment of the link, {at} after {steps} steps: here the run of \
                 the link ends at {} after {} steps. Either its script stopped, and the console \
                 says why, or another version of Helios made the link.",
                world.now(),
                world.steps()
            )
        } else if world.trace_hash() != trace_hash {
            "This is not the run of the link: the time is the same, and other things happened \
             before. Another version of Helios made the link."
                .to_owned()
        } else {
            return;
        };
        self.other_run = Some(words.as_str().into());
        self.say(ConsoleKind::Error, words);
    }
}
