//! `window.helios`: what the console does, for scripts and tests.
//!
//! - `exec(line)` carries out one line. A promise of what came of it in the end: for an operation the
//!   client's [answer](crate::AnswerView), else `{ ok: true, words }`. It rejects with an `Error` when
//!   the line makes no sense or fails. In a paused lab an operation has no end until time passes.
//! - `state()` is the lab now, as [plain values](crate::StateView).
//! - `export()` is the script that led here.
//! - `onEvent(fn)` has `fn` called with every [event](crate::EventView), soon after it happened;
//!   returns a function that ends this.
//! - `setSpeed(n)`, `setRunning(bool)`, `step()`, `cancel()`: the page's controls.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use js_sys::{Error, Function, Object, Promise, Reflect};
use raft_sim::Event;
use serde::Serialize;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};

use crate::{AnswerView, EventView, ExecResult, Lab, RealClock, StateView};

/// The lab that the page shows; [`Lab::replace`] puts another one into its place.
pub type SharedLab = Rc<RefCell<Lab>>;

/// Called when a script has changed the lab: the page should draw it.
pub type OnChange = Rc<dyn Fn()>;

/// The most events that wait for their listeners; what comes after them is left out.
const MAX_WAITING_EVENTS: usize = 10_000;

/// Makes `window.helios` for this lab. Call it once in the life of a page.
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
    set("export", function(move |_| Ok(this.lab()?.export().into())))?;
    let this = api.clone();
    set("onEvent", function(move |listener| this.on_event(&listener)))?;
    let this = api.clone();
    set("setSpeed", function(move |speed| this.set_speed(&speed)))?;
    let this = api.clone();
    set("setRunning", function(move |on| this.control(|lab| lab.set_running(on.is_truthy()))))?;
    let this = api.clone();
    set("step", function(move |_| this.control(Lab::step)))?;
    set("cancel", function(move |_| api.control(Lab::cancel)))?;

    let window = web_sys::window().ok_or_else(|| error("there is no window"))?;
    Reflect::set(&window, &"helios".into(), &helios)?;
    Ok(())
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
        // After a panic it stays borrowed for good.
        self.lab.try_borrow_mut().map_err(|_| error("the lab is busy, or was stopped by an error"))
    }

    fn exec(&self, line: &JsValue) -> Promise {
        let line = line.as_string();
        Promise::new(&mut |resolve, reject| {
            let Some(line) = &line else {
                return call(&reject, &error("exec takes a line of text"));
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
        plain(&StateView::from(&frame))
    }

    fn control(&self, act: impl FnOnce(&mut Lab)) -> Result<JsValue, JsValue> {
        act(&mut *self.lab()?);
        (self.changed)();
        Ok(JsValue::UNDEFINED)
    }

    fn set_speed(&self, speed: &JsValue) -> Result<JsValue, JsValue> {
        match speed.as_f64() {
            Some(speed) if speed > 0.0 => self.control(|lab| lab.set_speed(speed)),
            _ => Err(error(
                "setSpeed takes virtual seconds per real second: a number above 0, or Infinity",
            )),
        }
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

/// The functions that want events. Events reach them in a task of their own, when the lab is free
/// again, so that a listener may call `helios`.
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

/// What the promise of a line becomes.
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

/// Objects, lists, numbers, strings, booleans and null.
fn plain(value: &impl Serialize) -> Result<JsValue, JsValue> {
    Ok(value.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
}

/// A JavaScript function of one argument. It lives as long as the page.
fn function(act: impl FnMut(JsValue) -> Result<JsValue, JsValue> + 'static) -> JsValue {
    Closure::<dyn FnMut(JsValue) -> Result<JsValue, JsValue>>::new(act).into_js_value()
}

/// Calls a function of JavaScript. What it throws goes to the page's error handlers as any uncaught
/// error does.
fn call(function: &Function, argument: &JsValue) {
    if let Err(thrown) = function.call1(&JsValue::UNDEFINED, argument) {
        drop(Promise::reject(&thrown));
    }
}

fn error(words: &str) -> JsValue {
    Error::new(words).into()
}
