//! Elements of the page by their id: clicks, the focus, and what is written there.

use std::time::Duration;

use gloo_timers::future::sleep;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Event, EventInit, HtmlElement, HtmlInputElement};

/// Clicks the button with this id; false if it is not there.
pub(crate) fn press(id: &str) -> bool {
    element(id).inspect(HtmlElement::click).is_some()
}

/// Gives the focus to an element that is there.
pub(crate) fn focus_now(id: &str) {
    if let Some(element) = element(id) {
        // Without the focus, the keys work all the same.
        let _ = element.focus();
    }
}

/// Gives the focus to an element, once a dialog that is being closed has given it back, and once
/// the element is there: its part of the program may be loading.
pub(crate) fn focus_soon(id: impl Into<String>) {
    let id = id.into();
    spawn_local(async move {
        if let Some(element) = appeared(&id).await {
            // Without the focus, the keys work all the same.
            let _ = element.focus();
        }
    });
}

/// Writes a text into a field, as if a person had typed it, and selects the part from `from` on.
pub(crate) fn write_soon(id: &'static str, text: String, from: usize) {
    spawn_local(async move {
        let field = appeared(id).await.and_then(|it| it.dyn_into::<HtmlInputElement>().ok());
        let Some(field) = field else { return };
        field.set_value(&text);
        let options = EventInit::new();
        options.set_bubbles(true);
        if let Ok(event) = Event::new_with_event_init_dict("input", &options) {
            // Nobody cancels it.
            let _ = field.dispatch_event(&event);
        }
        // Without the focus or the selection, the text is there all the same.
        let _ = field.focus();
        let _ = field.set_selection_range(from as u32, text.len() as u32);
    });
}

async fn appeared(id: &str) -> Option<HtmlElement> {
    const PAUSE: Duration = Duration::from_millis(20);
    const TRIES: u32 = 100;
    sleep(Duration::ZERO).await;
    for _ in 0..TRIES {
        let found = element(id);
        if found.is_some() {
            return found;
        }
        sleep(PAUSE).await;
    }
    None
}

fn element(id: &str) -> Option<HtmlElement> {
    let document = web_sys::window().and_then(|window| window.document());
    let found = document.and_then(|document| document.get_element_by_id(id));
    found.and_then(|found| found.dyn_into().ok())
}
