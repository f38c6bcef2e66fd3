//! Tasks of their own, one after the other. A timer would do, but a browser waits 4 ms before a
//! timer that a timer set; a message to oneself comes at once, and other tasks come between too.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageChannel, MessagePort};

type Task = Box<dyn FnOnce()>;

/// The tasks that wait, in order.
struct Tasks {
    waiting: Rc<RefCell<VecDeque<Task>>>,
    /// Sends a message for each of them.
    port: MessagePort,
    /// It lives as long as the page.
    _on_message: Closure<dyn FnMut()>,
}

thread_local! {
    static TASKS: Option<Tasks> = Tasks::new();
}

impl Tasks {
    fn new() -> Option<Self> {
        let channel = MessageChannel::new().ok()?;
        let waiting = Rc::new(RefCell::new(VecDeque::<Task>::new()));
        let queue = waiting.clone();
        let on_message: Closure<dyn FnMut()> = Closure::new(move || {
            let next = queue.borrow_mut().pop_front();
            if let Some(task) = next {
                task();
            }
        });
        channel.port1().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        Some(Self { waiting, port: channel.port2(), _on_message: on_message })
    }
}

/// Runs `task` in a task of its own, after those that wait already.
pub(super) fn in_a_task(task: impl FnOnce() + 'static) {
    TASKS.with(|tasks| match tasks {
        Some(Tasks { waiting, port, .. }) => {
            waiting.borrow_mut().push_back(Box::new(task));
            // A page that cannot send itself a message is going away.
            let _ = port.post_message(&JsValue::NULL);
        }
        None => {
            gloo_timers::callback::Timeout::new(0, task).forget();
        }
    });
}
