//! Effects outside Yew: listeners, sizes, painters, the clipboard, files.

mod actions;
mod clipboard;
mod elements;
mod listen;
mod painter;
mod save;
mod shortcuts;
mod size;
mod theme;

pub(crate) use actions::Action;
pub(crate) use clipboard::copy_text;
pub(crate) use elements::{focus_soon, press, write_soon};
pub(crate) use listen::{use_first_window_event, use_window_event};
pub(crate) use painter::use_painter;
pub(crate) use save::{save_file, save_png};
pub(crate) use shortcuts::{KEYS_OF_THINGS, use_shortcuts, use_time_keys};
pub(crate) use size::use_size;
pub(crate) use theme::{ThemeContext, use_system_theme};
