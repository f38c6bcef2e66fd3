//! A durable lab tells nothing that a loss of the page could undo.
//!
//! While the database is behind, no time passes, the page shows the moment before, and results and
//! events are held. So the world may run through many writes, of all nodes, in one transaction.

use std::ops::Range;
use std::time::Duration;

use raft_sim::Event;

use super::Lab;
use super::exec::{ExecResult, Listener};
use super::news::STOPPED;
use crate::Frame;
use crate::frame::LabView;
use crate::mirror::{BatchNumber, Mirror};

/// After so much real time, the page says that it waits for the browser's disk.
const LONG: Duration = Duration::from_millis(250);

/// What is held until the database holds this change, in order.
pub(super) type Held = (BatchNumber, News);

/// What is not shown after the database has failed.
pub(super) struct NotStored {
    /// The last frame of a moment that the database holds.
    frame: Frame,
    /// The lines of the console that were said after it, and before the failure.
    lines: Range<u64>,
}

/// What a lab tells others.
pub(super) enum News {
    /// To all subscribers.
    Event(Event),
    /// To the one that gave the statement.
    Result(Listener, ExecResult),
    /// To one that waits for the frame.
    Shown(Box<dyn FnOnce()>),
}

impl Lab {
    /// Whether the database is behind the live branch. Until it is not, no time passes, and the
    /// [frame](Self::frame) shows the moment before.
    pub fn is_storing(&self) -> bool {
        self.live_mirror().is_some_and(|mirror| mirror.unsaved() > 0 && mirror.failure().is_none())
    }

    /// Calls `listener` as soon as the frame shows all that was done so far. It must not call the
    /// lab.
    pub fn when_shown(&mut self, listener: impl FnOnce() + 'static) {
        self.hold(News::Shown(Box::new(listener)));
    }

    /// Tells the result of a statement.
    pub(super) fn tell(&mut self, listener: Option<Listener>, result: ExecResult) {
        if let Some(listener) = listener {
            self.has_told = true;
            self.hold(News::Result(listener, result));
        }
    }

    /// Tells this when the database holds what led there: at once, if it is not behind.
    pub(super) fn hold(&mut self, news: News) {
        let after = self.mirror.as_ref().map_or(0, Mirror::issued);
        self.held.push_back((after, news));
        self.release();
    }

    /// Tells what is held no longer. When the database has failed, that is all, and no result is
    /// certain.
    pub(super) fn release(&mut self) {
        let stored = self.mirror.as_ref().map_or(BatchNumber::MAX, Mirror::stored);
        let failure = self.mirror.as_ref().and_then(Mirror::failure);
        let is_seeking = self.is_seeking();
        let is_due = |(after, news): &Held| match news {
            News::Shown(_) if is_seeking => false,
            News::Shown(_) | News::Event(_) | News::Result(..) => {
                *after <= stored || failure.is_some()
            }
        };
        while let Some((after, news)) = self.held.pop_front_if(|held| is_due(held)) {
            match (news, &failure) {
                (News::Shown(listener), _) => listener(),
                (News::Event(event), _) => {
                    self.subscribers.values_mut().for_each(|subscriber| subscriber(&event));
                }
                (News::Result(listener, _), Some(failure)) if after > stored => {
                    listener(ExecResult::Failed(format!("{STOPPED}: {failure}")));
                }
                (News::Result(listener, result), _) => {
                    self.has_told = true;
                    listener(result);
                }
            }
        }
    }

    /// Tells that no result is certain, and no events.
    pub(super) fn give_up_results(&mut self, why: &str) {
        for (_, news) in std::mem::take(&mut self.held) {
            match news {
                News::Event(_) => {}
                News::Shown(listener) => listener(),
                News::Result(listener, _) => listener(ExecResult::Failed(why.to_owned())),
            }
        }
    }

    /// Notes for how long the database has been behind.
    pub(super) fn note_storing(&mut self) {
        if self.is_storing() {
            let now = (self.clock)();
            let since = *self.storing_since.get_or_insert(now);
            self.stalled = now.saturating_sub(since) >= LONG;
        } else {
            self.storing_since = None;
            self.stalled = false;
            if self.failure().is_none() {
                self.stored_until = self.session().world().now();
            }
        }
    }

    /// The last frame again, if it has the moment that the page is to show: the database is behind
    /// the live branch. After a failure it stays behind, until somebody goes on in memory.
    pub(super) fn held_frame(&self, last: &Frame) -> Option<Frame> {
        if self.is_storing() {
            let mut lab = last.lab.clone();
            if lab.pacing != self.pacing() {
                lab = LabView { pacing: self.pacing(), ..LabView::clone(&lab) }.into();
            }
            return Some(Frame { number: self.number, view: last.view.clone(), lab });
        }
        let NotStored { frame, lines } =
            self.not_stored.as_ref().filter(|_| self.past.is_none())?;
        let lab = LabView {
            pacing: self.pacing(),
            durable: self.durable(),
            console: self.console.without(lines),
            diagram: frame.lab.diagram.clone().filter(|_| self.window.diagram.is_some()),
            ..LabView::clone(&frame.lab)
        };
        Some(Frame { number: self.number, view: frame.view.clone(), lab: lab.into() })
    }

    /// To be called when the database has failed. What it does not hold is not shown: the frame
    /// that stays is the last one that somebody asked for while the database held everything.
    pub(super) fn hide_not_stored(&mut self) {
        let frame = self.frame.borrow().clone();
        let is_behind = self.live_mirror().is_some_and(|mirror| mirror.unsaved() > 0);
        self.not_stored = frame.filter(|_| is_behind).map(|frame| {
            let shown = frame.lab.console.last().map_or(0, |line| line.number);
            NotStored { lines: shown + 1..self.console.count() + 1, frame }
        });
    }
}
