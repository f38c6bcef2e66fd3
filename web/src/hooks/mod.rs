//! Hooks with effects outside Yew: listeners, sizes, painters.

mod clipboard;
mod listen;
mod painter;
mod shortcuts;
mod size;
mod theme;

pub(crate) use clipboard::copy_text;
pub(crate) use listen::use_window_event;
pub(crate) use painter::use_painter;
pub(crate) use shortcuts::{SHORTCUTS, focus_soon, use_shortcuts};
pub(crate) use size::use_size;
pub(crate) use theme::{ThemeContext, use_system_theme};
