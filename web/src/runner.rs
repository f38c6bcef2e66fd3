//! Owns the lab, lets time pass in it, and publishes what it looks like.
//!
//! One `requestAnimationFrame` loop: it ticks the lab within a budget, has the painters draw the new
//! frame at once, and publishes it to Yew only when something but the clock has changed, and not more
//! often than eyes need. The browser stops the loop in a hidden tab; the lab limits what one frame may
//! count for, so virtual time stands still meanwhile.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use raft_lab::{ConsoleKind, Frame, Lab};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use yew::Callback;

use crate::panic;

/// How long the lab may work in one frame; the rest of its 16 ms is for drawing.
const BUDGET: Duration = Duration::from_millis(8);
/// Publishing more often than this costs more than it shows.
const PUBLISH_EVERY_MS: f64 = 50.0;

/// Draws on its own, outside Yew.
type Painter = Rc<dyn Fn(&Frame)>;

/// What `requestAnimationFrame` calls, with its time in milliseconds.
type FrameCallback = Closure<dyn FnMut(f64)>;

/// A handle to the one runner of the page; cheap to clone.
#[derive(Clone)]
pub(crate) struct Runner(Rc<Inner>);

struct Inner {
    lab: Rc<RefCell<Lab>>,
    painters: RefCell<Vec<(u64, Painter)>>,
    last_painter: Cell<u64>,
    publish: RefCell<Callback<Frame>>,
    published: RefCell<Option<Signature>>,
    published_at: Cell<f64>,
    last_frame_at: Cell<f64>,
    on_frame: RefCell<Option<FrameCallback>>,
}

/// What must differ between two frames for Yew to render again. The clock is not in it.
#[derive(Clone, PartialEq)]
struct Signature {
    steps: u64,
    trace_hash: u64,
    console: u64,
    pacing: raft_lab::Pacing,
    durable: raft_lab::DurableState,
    goal: Option<String>,
    headline: String,
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
            publish: RefCell::default(),
            published: RefCell::default(),
            published_at: Cell::new(f64::NEG_INFINITY),
            last_frame_at: Cell::new(now_ms()),
            on_frame: RefCell::default(),
        }));
        runner.connect();
        let this = runner.clone();
        let closure = Closure::new(move |_| this.animation_frame());
        *runner.0.on_frame.borrow_mut() = Some(closure);
        runner.request_frame();
        runner
    }

    /// Has the lab, and scripts through `window.helios`, wake the loop.
    fn connect(&self) {
        let this = self.clone();
        let wake = Rc::new(move || this.advance());
        self.0.lab.borrow_mut().on_progress(Some(wake));
        #[cfg(target_arch = "wasm32")]
        {
            let this = self.clone();
            let changed = Rc::new(move || this.script_changed());
            if raft_lab::install(self.0.lab.clone(), changed).is_err() {
                web_sys::console::warn_1(&"window.helios could not be installed".into());
            }
        }
    }

    /// The lab's present frame.
    pub(crate) fn frame(&self) -> Frame {
        self.0.lab.borrow().frame()
    }

    /// Carries out one line of the language, as if typed.
    pub(crate) fn exec(&self, line: &str) {
        self.with(|lab| lab.exec(line));
        self.script_changed();
    }

    /// Runs or pauses.
    pub(crate) fn set_running(&self, running: bool) {
        self.with(|lab| lab.set_running(running));
    }

    /// Sets how fast virtual time passes.
    pub(crate) fn set_speed(&self, speed: f64) {
        self.with(|lab| lab.set_speed(speed));
    }

    /// Pauses, and lets one thing happen.
    pub(crate) fn step(&self) {
        self.with(|lab| {
            lab.set_running(false);
            lab.step();
        });
    }

    /// Gives up what a statement waits for.
    pub(crate) fn cancel(&self) {
        self.with(Lab::cancel);
    }

    /// Says something in the console.
    pub(crate) fn say(&self, text: &str) {
        self.with(|lab| lab.say(ConsoleKind::Info, text));
    }

    /// Puts another lab into the place of this one.
    pub(crate) fn replace(&self, lab: Lab) {
        self.with(|current| current.replace(lab));
        self.script_changed();
    }

    /// Goes on without the browser's storage.
    pub(crate) fn continue_as_scratch(&self) {
        self.with(Lab::continue_as_scratch);
    }

    /// The script that led here.
    pub(crate) fn export(&self) -> String {
        self.0.lab.borrow().export()
    }

    /// What may come next in a line that is being typed.
    pub(crate) fn complete(&self, text: &str) -> Vec<raft_script::Completion> {
        raft_script::complete(text, text.len(), Some(self.0.lab.borrow().session()))
    }

    /// Changes the lab and shows it at once.
    fn with<T>(&self, change: impl FnOnce(&mut Lab) -> T) {
        change(&mut self.0.lab.borrow_mut());
        self.show(true);
    }

    /// A command was given: leave the script where a panic finds it.
    fn script_changed(&self) {
        if panic::has_panicked() {
            return;
        }
        if let Ok(lab) = self.0.lab.try_borrow() {
            panic::remember_script(lab.export());
        }
        self.show(true);
    }

    /// Has `painter` draw every frame, until [`remove_painter`](Self::remove_painter).
    pub(crate) fn add_painter(&self, painter: Painter) -> u64 {
        let id = self.0.last_painter.get() + 1;
        self.0.last_painter.set(id);
        painter(&self.frame());
        self.0.painters.borrow_mut().push((id, painter));
        id
    }

    pub(crate) fn remove_painter(&self, id: u64) {
        self.0.painters.borrow_mut().retain(|(other, _)| *other != id);
    }

    /// Who hears of new frames from now on.
    pub(crate) fn publish_to(&self, publish: Callback<Frame>) {
        *self.0.publish.borrow_mut() = publish;
        self.show(true);
    }

    fn animation_frame(&self) {
        if panic::has_panicked() {
            return;
        }
        self.advance();
        self.request_frame();
    }

    /// Lets virtual time pass as real time did.
    fn advance(&self) {
        if panic::has_panicked() {
            return;
        }
        let now = now_ms();
        let elapsed = (now - self.0.last_frame_at.replace(now)).max(0.0);
        let elapsed = Duration::from_secs_f64(elapsed / 1000.0);
        // A script of the page may be in the middle of a call.
        if let Ok(mut lab) = self.0.lab.try_borrow_mut() {
            lab.tick(elapsed, BUDGET);
        }
        self.show(false);
    }

    /// Paints, and publishes if that is due or `at_once`.
    fn show(&self, at_once: bool) {
        let Ok(lab) = self.0.lab.try_borrow() else { return };
        let frame = lab.frame();
        drop(lab);
        panic::remember_time(frame.world.now());
        let painters: Vec<Painter> =
            self.0.painters.borrow().iter().map(|(_, painter)| painter.clone()).collect();
        for painter in painters {
            painter(&frame);
        }
        let now = now_ms();
        if !at_once && now - self.0.published_at.get() < PUBLISH_EVERY_MS {
            return;
        }
        let signature = Signature::of(&frame);
        if self.0.published.borrow().as_ref() != Some(&signature) || at_once {
            *self.0.published.borrow_mut() = Some(signature);
            self.0.published_at.set(now);
            let publish = self.0.publish.borrow().clone();
            publish.emit(frame);
        }
    }

    fn request_frame(&self) {
        if let (Some(window), Some(closure)) = (web_sys::window(), &*self.0.on_frame.borrow()) {
            // It fails only when the page is going away.
            let _ = window.request_animation_frame(closure.as_ref().unchecked_ref());
        }
    }
}

impl Signature {
    fn of(frame: &Frame) -> Self {
        Self {
            steps: frame.world.steps(),
            trace_hash: frame.world.trace_hash(),
            console: frame.console.last().map_or(0, |line| line.number),
            pacing: frame.pacing,
            durable: frame.durable.clone(),
            goal: frame.goal.clone(),
            headline: frame.headline.clone(),
        }
    }
}

/// Milliseconds of real time since the page was opened.
pub(crate) fn now_ms() -> f64 {
    web_sys::window().and_then(|window| window.performance()).map_or(0.0, |clock| clock.now())
}
