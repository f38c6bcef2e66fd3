//! Listening to events of the window.

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use yew::prelude::*;

use crate::app::panic;

/// Calls `on_event` for every event of this name of the window, while the component is mounted.
#[hook]
pub(crate) fn use_window_event(name: &'static str, on_event: Callback<Event>) {
    use_listener(name, false, on_event);
}

/// The same, before any other part of the page sees the event.
#[hook]
pub(crate) fn use_first_window_event(name: &'static str, on_event: Callback<Event>) {
    use_listener(name, true, on_event);
}

#[hook]
fn use_listener(name: &'static str, is_first: bool, on_event: Callback<Event>) {
    use_effect_with((name, is_first, on_event), |(name, is_first, on_event)| {
        let (name, is_first, on_event) = (*name, *is_first, on_event.clone());
        let listener: Closure<dyn Fn(Event)> = Closure::new(move |event| {
            if !panic::has_panicked() {
                on_event.emit(event);
            }
        });
        let window = web_sys::window().expect("the page has a window");
        let function = listener.as_ref().unchecked_ref();
        let added = window.add_event_listener_with_callback_and_bool(name, function, is_first);
        added.expect("a function may listen");
        move || {
            let function = listener.as_ref().unchecked_ref();
            // The listener was added, so it can be removed.
            let _ = window.remove_event_listener_with_callback_and_bool(name, function, is_first);
        }
    });
}
