//! `window.helios`: the console and the controls for scripts and tests.
//!
//! - `exec(line)` carries out one line and returns a promise. For an operation, the promise
//!   resolves to the client's [answer](crate::AnswerView), else to `{ ok: true, words }`. It
//!   rejects with an `Error` if the line cannot be parsed or fails. In a paused lab, an operation
//!   gets no answer until time passes.
//! - `state()` returns plain values: `view`, the [moment](crate::View) that the page shows, and
//!   `lab`, the [lab](crate::LabView) around it.
//! - `moment()` is cheap, for scripts that ask often: `steps` and `now` of the moment that the page
//!   shows, the number of the live `branch`, whether the lab is `running`, whether another moment
//!   is being computed (`is_seeking`), and the number of `broken` properties.
//! - `memory()` returns the number of `checkpoints` from which the past is computed, an estimate of
//!   their `checkpoint_bytes`, and the `wasm_bytes` of the page's module, which only grow.
//! - `export()` returns the script that leads to this moment.
//! - `onEvent(fn)` calls `fn` with every [event](crate::EventView), soon after it happened, and
//!   returns a function that ends the subscription.
//! - `setSpeed(n)`, `setRunning(bool)`, `step()`, `cancel()`: the page's controls. These and the
//!   following functions return a promise, which resolves when `state()` shows what they did: a
//!   durable lab stores the disks first.
//! - `show(steps)` shows the moment after so many steps of the world, `stepBack()` the one before,
//!   `returnToLive()` the end. `state().lab.time` says which moment it is. A command in the past
//!   begins a branch; `undo()` begins one before the last order. `switchTo(n)` goes to another
//!   branch, `removeBranch(n)` removes one. `leaveOut(line)` begins a branch without a statement of
//!   `state().lab.statements`, and `showBefore(line)` shows the moment before it. `compare()` shows
//!   this branch beside the one that it left (`state().lab.comparison`), `stopComparing()` alone.
//! - `pin()` pins the moment: `state().lab.changes` tells what changed since then. `unpin()`: since
//!   the moment before again.
//! - `addBreakpoint(condition)` pauses when the condition comes to hold, and returns the number of
//!   the breakpoint. `setBreakpoint(n, bool)` switches it on or off, `removeBreakpoint(n)` removes
//!   it. Breakpoint 0, a broken property, is always there (`state().lab.breakpoints`).
//! - In a durable lab, `recall(run)` computes the branches of an earlier run of
//!   `state().lab.time.earlier` again, and `adopt()` stores the live branch in place of the one
//!   that is stored.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use js_sys::{Error, Function, Object, Promise, Reflect};
use raft_sim::Event;
use serde::Serialize;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};

use crate::{AnswerView, EventView, ExecResult, Lab, RealClock};

/// The lab that the page shows; [`Lab::replace`] replaces it.
pub type SharedLab = Rc<RefCell<Lab>>;

/// Called when a script has changed the lab, so that the page draws it.
pub type OnChange = Rc<dyn Fn()>;

/// The most events that wait for the listeners; later ones are dropped.
const MAX_WAITING_EVENTS: usize = 10_000;

/// Creates `window.helios` for this lab. To be called once a page.
///
/// # Errors
/// When there is no window, or it refuses the property.
pub fn install(lab: SharedLab, changed: OnChange) -> Result<(), JsValue> {
    let helios = Object::new();
    let api = Rc::new(JsApi { lab, changed, listeners: Rc::default() });
    let set = |name: &str, function: JsValue| Reflect::set(&helios, &name.into(), &function);

    let this = api.clone();
    set("exec", function(move |line| Ok(this.exec(&line).into())))?;
    let this = api.clone();
    set("state", function(move |_| this.state()))?;
    let this = api.clone();
    set("moment", function(move |_| this.moment()))?;
    let this = api.clone();
    set("memory", function(move |_| this.memory()))?;
    let this = api.clone();
    set("export", function(move |_| Ok(this.lab()?.export_shown().into())))?;
    let this = api.clone();
    set("onEvent", function(move |listener| this.on_event(&listener)))?;
    let this = api.clone();
    set("setSpeed", function(move |speed| this.set_speed(&speed)))?;
    let this = api.clone();
    set("setRunning", function(move |on| this.control(|lab| lab.set_running(on.is_truthy()))))?;
    let this = api.clone();
    set("step", function(move |_| this.control(Lab::step)))?;
    let this = api.clone();
    set("stepBack", function(move |_| this.control(Lab::step_back)))?;
    let this = api.clone();
    set("undo", function(move |_| this.attempt(Lab::undo)))?;
    let this = api.clone();
    set("compare", function(move |_| this.attempt(Lab::compare)))?;
    let this = api.clone();
    set("stopComparing", function(move |_| this.control(Lab::stop_comparing)))?;
    let this = api.clone();
    set("pin", function(move |_| this.control(Lab::pin)))?;
    let this = api.clone();
    set("unpin", function(move |_| this.control(Lab::unpin)))?;
    let this = api.clone();
    let leave_out = |lab: &mut Lab, line| lab.leave_out(line_number(line));
    set("leaveOut", function(move |line| this.with_number(&line, "leaveOut", leave_out)))?;
    let this = api.clone();
    let before = |lab: &mut Lab, line| lab.show_before(line_number(line));
    set("showBefore", function(move |line| this.with_number(&line, "showBefore", before)))?;
    let this = api.clone();
    set("returnToLive", function(move |_| this.control(Lab::return_to_live)))?;
    let this = api.clone();
    let show = |lab: &mut Lab, steps| {
        lab.show(steps);
        Ok(())
    };
    set("show", function(move |steps| this.with_number(&steps, "show", show)))?;
    let this = api.clone();
    let switch = |lab: &mut Lab, number| lab.switch_to(short(number));
    set("switchTo", function(move |number| this.with_number(&number, "switchTo", switch)))?;
    let this = api.clone();
    let remove = |lab: &mut Lab, number| lab.remove_branch(short(number));
    set("removeBranch", function(move |number| this.with_number(&number, "removeBranch", remove)))?;
    install_breakpoints(&api, &set)?;
    let this = api.clone();
    let recall = |lab: &mut Lab, run| lab.recall(run);
    set("recall", function(move |run| this.with_number(&run, "recall", recall)))?;
    let this = api.clone();
    set("adopt", function(move |_| this.attempt(Lab::adopt)))?;
    set("cancel", function(move |_| api.control(Lab::cancel)))?;

    let window = web_sys::window().ok_or_else(|| error("this page has no window"))?;
    Reflect::set(&window, &"helios".into(), &helios)?;
    Ok(())
}

fn install_breakpoints(
    api: &Rc<JsApi>,
    set: &impl Fn(&str, JsValue) -> Result<bool, JsValue>,
) -> Result<(), JsValue> {
    let this = api.clone();
    set("addBreakpoint", function(move |text| this.add_breakpoint(&text)))?;
    let this = api.clone();
    let act = move |id: JsValue, on: JsValue| {
        let act = |lab: &mut Lab, id| lab.set_breakpoint(short(id), on.is_truthy());
        this.with_number(&id, "setBreakpoint", act)
    };
    let act = Closure::<dyn FnMut(JsValue, JsValue) -> Result<JsValue, JsValue>>::new(act);
    set("setBreakpoint", act.into_js_value())?;
    let this = api.clone();
    let remove = |lab: &mut Lab, id| lab.remove_breakpoint(short(id));
    set("removeBreakpoint", function(move |id| this.with_number(&id, "removeBreakpoint", remove)))?;
    Ok(())
}

/// The number of a line. No line has the largest one.
fn line_number(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The number of a branch or a breakpoint. None has the largest one.
fn short(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A clock that counts from the opening of the page.
pub(crate) fn page_clock() -> RealClock {
    // Fetched once: the lab looks at its clock after every event.
    let performance = web_sys::window().and_then(|window| window.performance());
    Rc::new(move || {
        let millis = performance.as_ref().map_or(0.0, web_sys::Performance::now);
        Duration::from_secs_f64(millis.max(0.0) / 1000.0)
    })
}

struct JsApi {
    lab: SharedLab,
    changed: OnChange,
    listeners: Rc<Listeners>,
}

impl JsApi {
    fn lab(&self) -> Result<std::cell::RefMut<'_, Lab>, JsValue> {
        // After a panic, the lab stays borrowed.
        self.lab
            .try_borrow_mut()
            .map_err(|_| error("the lab is busy, or the page has stopped after an error"))
    }

    fn exec(&self, line: &JsValue) -> Promise {
        let line = line.as_string();
        Promise::new(&mut |resolve, reject| {
            let Some(line) = &line else {
                return call(&reject, &error("exec takes one line of text"));
            };
            let refuse = reject.clone();
            let listener = move |result| match settled(result) {
                Ok(value) => call(&resolve, &value),
                Err(value) => call(&reject, &value),
            };
            match self.lab() {
                Ok(mut lab) => drop(lab.exec_then(line, listener)),
                Err(error) => call(&refuse, &error),
            }
            (self.changed)();
        })
    }

    fn state(&self) -> Result<JsValue, JsValue> {
        let frame = self.lab()?.frame();
        plain(&frame)
    }

    fn moment(&self) -> Result<JsValue, JsValue> {
        #[derive(Serialize)]
        struct Shown {
            steps: u64,
            now: u64,
            branch: u32,
            running: bool,
            is_seeking: bool,
            broken: usize,
        }
        let lab = self.lab()?;
        let (frame, running) = (lab.frame(), lab.pacing().running);
        let properties = frame.view.properties.iter();
        plain(&Shown {
            broken: properties.filter(|property| property.broken.is_some()).count(),
            steps: frame.view.steps,
            now: frame.view.now.0,
            branch: frame.lab.time.branch,
            running,
            is_seeking: lab.is_seeking(),
        })
    }

    fn memory(&self) -> Result<JsValue, JsValue> {
        #[derive(Serialize)]
        struct Memory {
            wasm_bytes: u64,
            checkpoints: usize,
            checkpoint_bytes: u64,
        }
        const PAGE: u64 = 64 << 10;
        let pages = core::arch::wasm32::memory_size::<0>() as u64;
        let (checkpoints, checkpoint_bytes) = self.lab()?.checkpoint_bytes();
        plain(&Memory { wasm_bytes: pages * PAGE, checkpoints, checkpoint_bytes })
    }

    fn control(&self, act: impl FnOnce(&mut Lab)) -> Result<JsValue, JsValue> {
        self.attempt(|lab| {
            act(lab);
            Ok(())
        })
    }

    fn set_speed(&self, speed: &JsValue) -> Result<JsValue, JsValue> {
        match speed.as_f64() {
            Some(speed) if speed > 0.0 => self.control(|lab| lab.set_speed(speed)),
            _ => Err(error(
                "setSpeed takes virtual seconds per real second: a number above 0, or Infinity",
            )),
        }
    }

    /// Calls `act` with a whole number from 0.
    fn with_number(
        &self,
        number: &JsValue,
        name: &str,
        act: impl FnOnce(&mut Lab, u64) -> Result<(), String>,
    ) -> Result<JsValue, JsValue> {
        let number = number.as_f64().filter(|number| *number >= 0.0 && number.fract() == 0.0);
        let number = number.ok_or_else(|| error(&format!("{name} takes a whole number from 0")))?;
        // Larger numbers become the largest one.
        self.attempt(|lab| act(lab, number as u64))
    }

    fn attempt(
        &self,
        act: impl FnOnce(&mut Lab) -> Result<(), String>,
    ) -> Result<JsValue, JsValue> {
        let done = act(&mut *self.lab()?);
        (self.changed)();
        done.map_err(|words| error(&words))?;
        Ok(self.when_shown().into())
    }

    /// A promise that resolves when the frame shows what was done.
    fn when_shown(&self) -> Promise {
        Promise::new(&mut |resolve, _| match self.lab() {
            Ok(mut lab) => lab.when_shown(move || call(&resolve, &JsValue::UNDEFINED)),
            Err(_) => call(&resolve, &JsValue::UNDEFINED),
        })
    }

    fn add_breakpoint(&self, text: &JsValue) -> Result<JsValue, JsValue> {
        let text = text.as_string().ok_or_else(|| error("addBreakpoint takes a condition"))?;
        let added = self.lab()?.add_breakpoint(&text);
        (self.changed)();
        added.map(JsValue::from).map_err(|words| error(&words))
    }

    fn on_event(&self, listener: &JsValue) -> Result<JsValue, JsValue> {
        let listener: &Function =
            listener.dyn_ref().ok_or_else(|| error("onEvent takes a function"))?;
        if !self.listeners.subscribed.replace(true) {
            let listeners = self.listeners.clone();
            self.lab()?.subscribe(Box::new(move |event| listeners.take(event)));
        }
        let name = self.listeners.add(listener.clone());
        let listeners = self.listeners.clone();
        Ok(function(move |_| {
            listeners.functions.borrow_mut().remove(&name);
            Ok(JsValue::UNDEFINED)
        }))
    }
}

/// The functions given to `onEvent`. A task of its own calls them when the lab is not borrowed, so
/// that a listener may call `helios`.
#[derive(Default)]
struct Listeners {
    functions: RefCell<BTreeMap<u64, Function>>,
    last: Cell<u64>,
    subscribed: Cell<bool>,
    waiting: RefCell<Vec<EventView>>,
    scheduled: Cell<bool>,
}

impl Listeners {
    fn add(&self, function: Function) -> u64 {
        let name = self.last.get() + 1;
        self.last.set(name);
        self.functions.borrow_mut().insert(name, function);
        name
    }

    fn take(self: &Rc<Self>, event: &Event) {
        if self.functions.borrow().is_empty() {
            return;
        }
        let mut waiting = self.waiting.borrow_mut();
        if waiting.len() < MAX_WAITING_EVENTS {
            waiting.push(EventView::from(event));
        }
        if !self.scheduled.replace(true) {
            let this = self.clone();
            wasm_bindgen_futures::spawn_local(async move { this.deliver() });
        }
    }

    fn deliver(&self) {
        self.scheduled.set(false);
        for event in self.waiting.take() {
            let Ok(value) = plain(&event) else { continue };
            // A listener may add and remove listeners.
            let functions: Vec<(u64, Function)> =
                self.functions.borrow().iter().map(|(name, f)| (*name, f.clone())).collect();
            for (name, function) in functions {
                if self.functions.borrow().contains_key(&name) {
                    call(&function, &value);
                }
            }
        }
    }
}

/// The value or error of a line's promise.
fn settled(result: ExecResult) -> Result<JsValue, JsValue> {
    #[derive(Serialize)]
    struct Done {
        ok: bool,
        words: String,
    }
    match result {
        ExecResult::Done(words) => plain(&Done { ok: true, words }),
        ExecResult::Answered(answer) => plain(&AnswerView::from(&*answer)),
        ExecResult::Failed(words) => Err(error(&words)),
    }
}

/// Converts to objects, lists, numbers, strings, booleans and null.
fn plain(value: &impl Serialize) -> Result<JsValue, JsValue> {
    Ok(value.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
}

/// A JavaScript function of one argument. It lives as long as the page.
fn function(act: impl FnMut(JsValue) -> Result<JsValue, JsValue> + 'static) -> JsValue {
    Closure::<dyn FnMut(JsValue) -> Result<JsValue, JsValue>>::new(act).into_js_value()
}

/// Calls a function of JavaScript. An exception goes to the page's handlers of uncaught errors.
fn call(function: &Function, argument: &JsValue) {
    if let Err(thrown) = function.call1(&JsValue::UNDEFINED, argument) {
        drop(Promise::reject(&thrown));
    }
}

fn error(words: &str) -> JsValue {
    Error::new(words).into()
}
