//! The colours of `styles/tokens.css`, resolved for a canvas.

use wasm_bindgen::JsCast;
use web_sys::{HtmlCanvasElement, HtmlElement};

/// The colours that the canvas draws with.
pub(crate) struct Palette {
    pub(super) vote: String,
    pub(super) append: String,
    pub(super) heartbeat: String,
    pub(super) snapshot: String,
    pub(super) client: String,
    pub(super) surface: String,
    pub(super) ink: String,
    pub(super) focus: String,
    pub(super) track: String,
    pub(super) leader: String,
    pub(super) candidate: String,
    pub(super) follower: String,
    pub(super) lease: String,
}

impl Palette {
    /// Reads the colours at the canvas's place in the document.
    pub(super) fn read(canvas: &HtmlCanvasElement) -> Self {
        let read = |token| resolve(canvas, token).unwrap_or_else(|| "gray".to_owned());
        Self {
            vote: read("--message-vote"),
            append: read("--message-append"),
            heartbeat: read("--message-heartbeat"),
            snapshot: read("--message-snapshot"),
            client: read("--message-client"),
            surface: read("--surface"),
            ink: read("--ink"),
            focus: read("--focus"),
            track: read("--line"),
            leader: read("--leader"),
            candidate: read("--candidate"),
            follower: read("--follower"),
            lease: read("--lease"),
        }
    }

    /// The colour behind a token's name.
    pub(super) fn of(&self, token: &str) -> &str {
        match token {
            "--message-vote" => &self.vote,
            "--message-append" => &self.append,
            "--message-heartbeat" => &self.heartbeat,
            "--message-snapshot" => &self.snapshot,
            "--message-client" => &self.client,
            _ => &self.ink,
        }
    }
}

/// A custom property may hold a function of others; only a real property has a computed colour.
pub(super) fn resolve(canvas: &HtmlCanvasElement, token: &str) -> Option<String> {
    let canvas: &HtmlElement = canvas.unchecked_ref();
    canvas.style().set_property("color", &format!("var({token})")).ok()?;
    let style = web_sys::window()?.get_computed_style(canvas).ok()??;
    let colour = style.get_property_value("color").ok()?;
    canvas.style().remove_property("color").ok()?;
    Some(colour)
}
