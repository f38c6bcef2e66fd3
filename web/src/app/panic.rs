//! The overlay after a panic of the page's own code.
//!
//! In wasm a panic aborts: borrows are never returned and no destructor runs. Nothing here touches
//! the lab or Yew. The overlay is in `index.html`, hidden; the hook fills in the message and the
//! script that leads there, which the runner stores here after each command.

use std::cell::{Cell, RefCell};

use raft_lab::Instant;
use web_sys::Element;

use crate::words::milliseconds;

thread_local! {
    static PANICKED: Cell<bool> = const { Cell::new(false) };
    static SCRIPT: RefCell<String> = const { RefCell::new(String::new()) };
    static NOW: Cell<u64> = const { Cell::new(0) };
}

/// Whether the page has failed. To be checked first in callbacks of timers and animation frames.
pub(crate) fn has_panicked() -> bool {
    PANICKED.get()
}

/// Stores the script of the session for the overlay.
pub(crate) fn remember_script(script: String) {
    SCRIPT.with(|kept| {
        if let Ok(mut kept) = kept.try_borrow_mut() {
            *kept = script;
        }
    });
}

/// Stores the virtual time for the overlay.
pub(crate) fn remember_time(now: Instant) {
    NOW.set(now.0);
}

/// Shows the overlay when anything panics. To be called before Yew renders.
pub(crate) fn install_hook() {
    yew::set_custom_panic_hook(Box::new(|info| {
        PANICKED.set(true);
        web_sys::console::error_1(&info.to_string().into());
        show(&info.to_string());
    }));
}

fn show(message: &str) {
    let Some(overlay) = element("panic") else { return };
    let script = SCRIPT.with(|kept| kept.try_borrow().map(|kept| kept.clone()).unwrap_or_default());
    let stopped = format!("# the page stopped at about {} ms", milliseconds(Instant(NOW.get())));
    if let Some(place) = element("panic-message") {
        place.set_text_content(Some(message));
    }
    if let Some(place) = element("panic-script") {
        place.set_text_content(Some(&format!("{}\n{stopped}\n", script.trim_end())));
    }
    // If this fails, the message is still in the browser's console.
    let _ = overlay.remove_attribute("hidden");
}

/// The element that the application is mounted into.
pub(crate) fn mount_point() -> Option<Element> {
    element("app")
}

fn element(id: &str) -> Option<Element> {
    web_sys::window()?.document()?.get_element_by_id(id)
}
