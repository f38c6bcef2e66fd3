//! Frames on their way to the panels, part by part.
//!
//! To render all panels at once can take longer than a frame lasts. So the panels are parts that
//! are rendered in tasks of their own, one after the other: as many as fit before the browser draws
//! a frame, the others for the next ones. A panel is always of one moment; two panels may be of
//! different ones for some frames.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use raft_lab::Frame;
use strum::EnumCount;
use yew::Callback;

use super::tasks::in_a_task;
use super::{BUDGET_MS, now_ms};

/// The least time between two publications, unless a person did something.
const LEAST_PAUSE_MS: f64 = 50.0;
/// The most of that time.
const MOST_PAUSE_MS: f64 = 600.0;
/// The least pause, in durations of the last publication, if that took more than the budget of a
/// frame: nineteen of twenty frames shall be smooth.
const REST: f64 = 24.0;
/// No further part is rendered for a frame for which they took longer than this.
const PARTS_MS: f64 = 40.0;

/// The parts of the page, in the order in which they are rendered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, EnumCount)]
pub(crate) enum Part {
    /// The bar, the sentence and the ring; everything that is in no other part.
    Main,
    Logs,
    /// The keys and values, and what is selected.
    Details,
    /// The panels that are lists.
    Lists,
    /// The tape and the console.
    Foot,
}

#[derive(Clone)]
pub(super) struct Publication(Rc<Inner>);

struct Inner {
    panels: RefCell<[Callback<Frame>; Part::COUNT]>,
    /// The last frame that was published.
    frame: RefCell<Option<Frame>>,
    /// The part that is rendered next.
    next: Cell<usize>,
    /// The number of parts that do not show the frame yet.
    left: Cell<usize>,
    /// Whether parts are being rendered for the present frame.
    is_rendering: Cell<bool>,
    began_at: Cell<f64>,
    /// What the browser needed for it so far, in ms.
    took: Cell<f64>,
    /// The least time between the beginning of this publication and the next one.
    pause: Cell<f64>,
}

impl Publication {
    pub(super) fn new() -> Self {
        Self(Rc::new(Inner {
            panels: RefCell::default(),
            frame: RefCell::default(),
            next: Cell::new(0),
            left: Cell::new(0),
            is_rendering: Cell::new(false),
            began_at: Cell::new(f64::NEG_INFINITY),
            took: Cell::new(0.0),
            pause: Cell::new(LEAST_PAUSE_MS),
        }))
    }

    /// Calls `panels` with new frames from now on, in the turn of this part.
    pub(super) fn connect(&self, part: Part, panels: Callback<Frame>) {
        self.0.panels.borrow_mut()[part as usize] = panels;
    }

    /// The last frame that was published.
    pub(super) fn frame(&self) -> Option<Frame> {
        self.0.frame.borrow().clone()
    }

    /// Whether parts of the page do not show the last frame yet.
    pub(super) fn is_busy(&self) -> bool {
        self.0.left.get() > 0
    }

    /// Whether it is too early for the next frame that nobody asked for, while time passes.
    pub(super) fn is_resting(&self, now: f64) -> bool {
        self.is_busy() || now - self.0.began_at.get() < self.0.pause.get()
    }

    /// Has all parts show a new frame. Parts that still waited for the one before have their turn
    /// first.
    pub(super) fn begin(&self, frame: Frame) {
        *self.0.frame.borrow_mut() = Some(frame);
        self.0.left.set(Part::COUNT);
        self.0.began_at.set(now_ms());
        self.0.took.set(0.0);
    }

    /// Renders the parts that fit into this frame, each in a task of its own.
    pub(super) fn go_on(&self) {
        if self.0.left.get() > 0 && !self.0.is_rendering.replace(true) {
            self.render_from(now_ms());
        }
    }

    /// Renders the next part of a frame that began at `begin`.
    fn render_from(&self, begin: f64) {
        self.render_next();
        let this = self.clone();
        let go_on = move || {
            if this.0.left.get() > 0 && now_ms() - begin < PARTS_MS {
                this.render_from(begin);
            } else {
                this.note_drawn(begin);
            }
        };
        in_a_task(go_on);
    }

    fn render_next(&self) {
        let part = self.0.next.get();
        self.0.next.set((part + 1) % Part::COUNT);
        self.0.left.set(self.0.left.get() - 1);
        let panels = self.0.panels.borrow()[part].clone();
        if let Some(frame) = self.frame() {
            panels.emit(frame);
        }
    }

    /// Notes how long the browser needed for the parts that were rendered since `begin`.
    fn note_drawn(&self, begin: f64) {
        self.0.is_rendering.set(false);
        let took = self.0.took.get() + (now_ms() - begin);
        self.0.took.set(took);
        self.0.pause.set(match took <= BUDGET_MS {
            true => LEAST_PAUSE_MS,
            false => (took * REST).clamp(LEAST_PAUSE_MS, MOST_PAUSE_MS),
        });
    }
}
