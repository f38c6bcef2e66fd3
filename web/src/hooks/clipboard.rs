//! Copying to the clipboard.

use wasm_bindgen_futures::{JsFuture, spawn_local};

/// Copies a text, and tells in words whether that went well: `done`, or that it is not allowed.
pub(crate) fn copy_text(text: &str, done: &'static str, tell: impl FnOnce(&'static str) + 'static) {
    let Some(window) = web_sys::window() else { return };
    let written = window.navigator().clipboard().write_text(text);
    spawn_local(async move {
        tell(match JsFuture::from(written).await {
            Ok(_) => done,
            Err(_) => "The browser does not let the page write to the clipboard.",
        });
    });
}
