//! The pointer hides while nobody moves it.

use gloo_timers::callback::Timeout;
use yew::prelude::*;

use crate::hooks::use_window_event;

/// After so many milliseconds.
const IDLE_MS: u32 = 2_000;
/// The attribute of the root of the page.
const ATTRIBUTE: &str = "data-pointer";

/// Hides the pointer 2 s after its last move, while the component is mounted.
#[hook]
pub(super) fn use_hiding_pointer() {
    let waiting = use_mut_ref(|| None::<Timeout>);
    let on_move = use_callback((), {
        let waiting = waiting.clone();
        move |_: Event, ()| {
            set_hidden(false);
            *waiting.borrow_mut() = Some(Timeout::new(IDLE_MS, || set_hidden(true)));
        }
    });
    use_window_event("pointermove", on_move.clone());
    use_window_event("pointerdown", on_move);
    use_effect_with((), move |()| {
        *waiting.borrow_mut() = Some(Timeout::new(IDLE_MS, || set_hidden(true)));
        move || {
            waiting.borrow_mut().take();
            set_hidden(false);
        }
    });
}

fn set_hidden(is_hidden: bool) {
    let root = web_sys::window().and_then(|window| window.document()?.document_element());
    if let Some(root) = root {
        // A plain name is always accepted.
        let _ = match is_hidden {
            true => root.set_attribute(ATTRIBUTE, "hidden"),
            false => root.remove_attribute(ATTRIBUTE),
        };
    }
}
