//! Owns the lab, lets time pass in it, and publishes its frames.
//!
//! One `requestAnimationFrame` loop ticks the lab within a budget and lets the painters draw the
//! new frame at once. A command, and progress of the browser's disk, tick it too. The loop
//! publishes the frame to Yew only when more than the clock changed, at most every 50 ms, and more
//! seldom if that takes the page long: time passes between. The browser stops the loop in a hidden
//! tab; virtual time stands still meanwhile, because the lab limits the real time that one frame
//! counts for.

mod commands;
mod publication;
mod tasks;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use raft_lab::{DiagramWindow, Frame, Lab};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use yew::Callback;

pub(crate) use self::publication::Part;
use self::publication::Publication;
use self::tasks::in_a_task;
use crate::app::panic;
use crate::lab::kept_run;

/// The most time that the lab may take of a frame's 16 ms; the rest is for drawing.
const BUDGET_MS: f64 = 8.0;
/// The least time that it is given: the browser's disk has made progress, or a frame is due.
const LEAST_BUDGET_MS: f64 = 1.0;
/// The time between two frames.
const FRAME_MS: f64 = 16.0;

/// Draws a frame without Yew. True if something moves in real time: then it is to be drawn again.
type Painter = Rc<dyn Fn(&Frame) -> bool>;

/// The callback of `requestAnimationFrame`; its argument is a time in milliseconds.
type FrameCallback = Closure<dyn FnMut(f64)>;

/// A handle to the one runner of the page; cheap to clone.
#[derive(Clone)]
pub(crate) struct Runner(Rc<Inner>);

struct Inner {
    lab: Rc<RefCell<Lab>>,
    painters: RefCell<Vec<(u64, Painter)>>,
    last_painter: Cell<u64>,
    /// The number of the frame that was painted last; `None`: paint the next one in any case.
    painted: Cell<Option<u64>>,
    publication: Publication,
    /// Whether a person or a script did something: then the next frame is published at once.
    is_changed: Cell<bool>,
    keeper: RunKeeper,
    /// The sequence diagram as it was when it was closed.
    left_diagram: RefCell<DiagramWindow>,
    last_frame_at: Cell<f64>,
    /// The time that the lab has taken since `budget_since`, and when it may take a budget again.
    spent: Cell<f64>,
    budget_since: Cell<f64>,
    /// Whether the lab will advance as soon as the present task is done.
    will_advance: Cell<bool>,
    /// Whether the lab will go on with a moment, or a diagram, that somebody wants to see.
    will_seek: Cell<bool>,
    on_frame: RefCell<Option<FrameCallback>>,
}

impl PartialEq for Runner {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Runner {
    /// Takes over a lab and starts the loop.
    pub(crate) fn start(lab: Lab) -> Self {
        let runner = Self(Rc::new(Inner {
            lab: Rc::new(RefCell::new(lab)),
            painters: RefCell::default(),
            last_painter: Cell::new(0),
            painted: Cell::new(None),
            publication: Publication::new(),
            is_changed: Cell::new(true),
            keeper: RunKeeper::default(),
            left_diagram: RefCell::default(),
            last_frame_at: Cell::new(now_ms()),
            spent: Cell::new(0.0),
            budget_since: Cell::new(f64::NEG_INFINITY),
            will_advance: Cell::new(false),
            will_seek: Cell::new(false),
            on_frame: RefCell::default(),
        }));
        runner.0.keeper.begin();
        runner.connect();
        let this = runner.clone();
        let closure = Closure::new(move |_| this.animation_frame());
        *runner.0.on_frame.borrow_mut() = Some(closure);
        runner.request_frame();
        runner
    }

    /// Connects the lab, and scripts that use `window.helios`, to the loop.
    fn connect(&self) {
        let this = self.clone();
        // The lab advances at once; drawing waits for the next frame.
        let wake = Rc::new(move || this.advance());
        self.0.lab.borrow_mut().on_progress(Some(wake));
        #[cfg(target_arch = "wasm32")]
        {
            let this = self.clone();
            let changed = Rc::new(move || this.changed());
            if raft_lab::install(self.0.lab.clone(), changed).is_err() {
                web_sys::console::warn_1(
                    &"window.helios is not available: the browser refused the property".into(),
                );
            }
        }
    }

    /// Calls `painter` with every new frame, until [`remove_painter`](Self::remove_painter).
    pub(crate) fn add_painter(&self, painter: Painter) -> u64 {
        let id = self.0.last_painter.get() + 1;
        self.0.last_painter.set(id);
        painter(&self.frame());
        self.0.painted.set(None);
        self.0.painters.borrow_mut().push((id, painter));
        id
    }

    pub(crate) fn remove_painter(&self, id: u64) {
        self.0.painters.borrow_mut().retain(|(other, _)| *other != id);
    }

    /// Calls `panels` with new frames from now on, in the turn of this part of the page.
    pub(crate) fn publish_to(&self, part: Part, panels: Callback<Frame>) {
        self.0.publication.connect(part, panels);
        self.changed();
    }

    /// Notes that a person or a script did something. Cheap: a script may do thousands of things
    /// before the next frame.
    fn changed(&self) {
        self.0.is_changed.set(true);
        self.advance_soon();
    }

    /// Has the lab advance when the present task is done: a command need not wait for the next
    /// frame. Scripts that always have a next command leave time for drawing.
    fn advance_soon(&self) {
        if self.budget_left() <= 0.0 || self.0.will_advance.replace(true) {
            return;
        }
        let this = self.clone();
        wasm_bindgen_futures::spawn_local(async move {
            this.0.will_advance.set(false);
            this.advance();
        });
    }

    /// The time in ms that the lab may still take before the next frame is due.
    fn budget_left(&self) -> f64 {
        let now = now_ms();
        if now - self.0.budget_since.get() >= FRAME_MS {
            self.0.budget_since.set(now);
            self.0.spent.set(0.0);
        }
        BUDGET_MS - self.0.spent.get()
    }

    fn animation_frame(&self) {
        if panic::has_panicked() {
            return;
        }
        self.advance();
        self.show();
        self.request_frame();
    }

    /// Lets virtual time pass for the real time since the last call.
    fn advance(&self) {
        if panic::has_panicked() {
            return;
        }
        let now = now_ms();
        let elapsed = (now - self.0.last_frame_at.replace(now)).max(0.0);
        // The browser's disk also wakes the loop in a hidden tab.
        if is_hidden() {
            return;
        }
        let elapsed = Duration::from_secs_f64(elapsed / 1000.0);
        let budget = self.budget_left().max(LEAST_BUDGET_MS);
        // A script may be in the middle of a call.
        let Ok(mut lab) = self.0.lab.try_borrow_mut() else { return };
        lab.tick(elapsed, Duration::from_secs_f64(budget / 1000.0));
        let (has_told, is_seeking) = (lab.has_told(), lab.is_seeking() || lab.is_drawing());
        drop(lab);
        self.0.spent.set(self.0.spent.get() + now_ms() - now);
        if has_told {
            self.advance_soon();
        }
        if is_seeking {
            self.seek_on();
        }
    }

    /// Has the lab go on with what somebody wants to see, in a task of its own: other tasks come
    /// between, and the next frame may be far.
    fn seek_on(&self) {
        if self.0.will_seek.replace(true) {
            return;
        }
        let this = self.clone();
        let seek = move || {
            this.0.will_seek.set(false);
            this.advance();
        };
        in_a_task(seek);
    }

    /// Paints the frame, and publishes it if that is due.
    fn show(&self) {
        let now = now_ms();
        let Ok(lab) = self.0.lab.try_borrow() else { return };
        // A lab that is storing or seeking does not show yet what was done.
        let is_late = lab.is_storing() || lab.is_seeking();
        let is_changed = !is_late && self.0.is_changed.take();
        if is_changed {
            self.0.keeper.note();
        }
        self.0.keeper.keep(&lab, now);
        let frame = lab.frame();
        drop(lab);
        panic::remember_time(frame.view.now);
        self.paint(&frame);
        self.publish(frame, is_changed, now);
    }

    /// Paints a frame, unless it is on the canvases already and nothing moves there.
    fn paint(&self, frame: &Frame) {
        if self.0.painted.get() == Some(frame.number) {
            return;
        }
        let painters: Vec<Painter> =
            self.0.painters.borrow().iter().map(|(_, painter)| painter.clone()).collect();
        self.0.painted.set(Some(frame.number));
        for painter in painters {
            if painter(frame) {
                self.0.painted.set(None);
            }
        }
    }

    /// Has the panels show the frame if that is due, and goes on with those that wait.
    fn publish(&self, frame: Frame, is_changed: bool, now: f64) {
        let publication = &self.0.publication;
        let published = publication.frame();
        // Time does not pass in the past: somebody wants to see this moment.
        let is_sought = frame.lab.time.is_past
            && published.as_ref().is_none_or(|before| before.view.steps != frame.view.steps);
        let is_same = || {
            published.is_some_and(|before| {
                before.lab == frame.lab && before.view.is_same_but_for_time(&frame.view)
            })
        };
        // Time that stands still leaves time for the panels: the moment is to be seen at once.
        let is_early = match frame.lab.pacing.running {
            true => publication.is_resting(now),
            false => publication.is_busy(),
        };
        if is_changed || is_sought || (!is_early && !is_same()) {
            publication.begin(frame);
        }
        publication.go_on();
    }

    fn request_frame(&self) {
        if let (Some(window), Some(closure)) = (web_sys::window(), &*self.0.on_frame.borrow()) {
            // It fails only when the page is going away.
            let _ = window.request_animation_frame(closure.as_ref().unchecked_ref());
        }
    }
}

/// Keeps the run: its script for the overlay after a panic, its branches for the next visit.
#[derive(Default)]
struct RunKeeper {
    is_script_due: Cell<bool>,
    /// The number of steps of the run that was kept; `None`: somebody did something since.
    steps: Cell<Option<u64>>,
    /// The run is kept again at this time at the earliest.
    keep_at: Cell<f64>,
    /// The time of the next export, at the earliest: long scripts must not slow the page down.
    not_before: Cell<f64>,
}

impl RunKeeper {
    /// The least time between two exports, in durations of the first.
    const REST: f64 = 50.0;
    /// The least time between two times that the run is kept, and the time in addition for each
    /// MiB: in a durable lab, each is a transaction beside those of the nodes.
    const EVERY_MS: f64 = 1_000.0;
    const MORE_MS_A_MIB: f64 = 4_000.0;

    /// Another lab is on the page. It is kept once the page has proved to be alive with it.
    fn begin(&self) {
        self.keep_at.set(now_ms() + Self::EVERY_MS);
    }

    fn note(&self) {
        self.is_script_due.set(true);
        self.steps.set(None);
    }

    fn keep(&self, lab: &Lab, now: f64) {
        if now < self.not_before.get() {
            return;
        }
        let steps = Some(lab.frame().lab.time.end_steps);
        let is_run_due = steps != self.steps.get() && now >= self.keep_at.get();
        if self.is_script_due.take() {
            panic::remember_script(lab.export());
        } else if !is_run_due {
            return;
        }
        if is_run_due {
            let mebibytes = kept_run::keep(lab) as f64 / f64::from(1 << 20);
            self.steps.set(steps);
            self.keep_at.set(now + Self::EVERY_MS + Self::MORE_MS_A_MIB * mebibytes);
        }
        self.not_before.set(now + (now_ms() - now) * Self::REST);
    }
}

/// Milliseconds of real time since the page was opened.
pub(crate) fn now_ms() -> f64 {
    web_sys::window().and_then(|window| window.performance()).map_or(0.0, |clock| clock.now())
}

/// Whether the page is in a tab that is not shown.
fn is_hidden() -> bool {
    web_sys::window().and_then(|window| window.document()).is_some_and(|page| page.hidden())
}
