//! What a person has chosen on this page, and the contexts that hand it down.

mod controls;
pub(crate) mod embed;
pub(crate) mod progress;
mod selection;
mod side;
pub(crate) mod speed;
pub(crate) mod theme;

use web_sys::Storage;

pub(crate) use controls::{
    Controls, Dialog, MenuAt, Presentation, Selected, use_controls, use_frame, use_selected,
};
pub(crate) use selection::Selection;
pub(crate) use side::{LogWish, Side, use_changes, use_side};
pub(crate) use theme::Theme;

/// What the browser keeps of the page from visit to visit; `None` if it keeps nothing, and in an
/// embed.
pub(crate) fn storage() -> Option<Storage> {
    if embed::is_embedded() {
        return None;
    }
    web_sys::window()?.local_storage().ok().flatten()
}
