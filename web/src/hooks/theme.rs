//! The theme for canvases: they must read the colours again when it changes.

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use yew::prelude::*;

use crate::app::panic;
use crate::state::Theme;

/// The chosen theme, and the number of the system's changes. A canvas whose colours are from
/// another value must read them again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ThemeContext {
    pub(crate) chosen: Theme,
    pub(crate) system_changes: u32,
}

/// The number of times that the system has changed between light and dark.
#[hook]
pub(crate) fn use_system_theme() -> u32 {
    let changes = use_state(|| 0);
    let handle = changes.clone();
    use_effect_with(*changes, move |count| {
        let next = count + 1;
        let listener: Closure<dyn Fn()> = Closure::new(move || {
            if !panic::has_panicked() {
                handle.set(next);
            }
        });
        let query = web_sys::window()
            .and_then(|window| window.match_media("(prefers-color-scheme: dark)").ok().flatten());
        if let Some(query) = &query {
            query.set_onchange(Some(listener.as_ref().unchecked_ref()));
        }
        move || {
            if let Some(query) = query {
                query.set_onchange(None);
            }
            drop(listener);
        }
    });
    *changes
}
