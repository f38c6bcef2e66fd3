//! Effects outside Yew: listeners, sizes, painters, the clipboard, files.

mod clipboard;
mod listen;
mod painter;
mod save;
mod shortcuts;
mod size;
mod theme;

pub(crate) use clipboard::copy_text;
pub(crate) use listen::use_window_event;
pub(crate) use painter::use_painter;
pub(crate) use save::save_file;
pub(crate) use shortcuts::{SHORTCUTS, focus_soon, use_shortcuts, use_time_keys};
pub(crate) use size::use_size;
pub(crate) use theme::{ThemeContext, use_system_theme};
