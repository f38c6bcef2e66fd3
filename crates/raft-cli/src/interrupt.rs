//! Ctrl-C ends long work with what it knows; pressed again, it ends the program.

use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Becomes true when Ctrl-C is pressed.
pub(crate) fn interrupted() -> &'static AtomicBool {
    // A second handler cannot be set by this program, and without one Ctrl-C ends it at once.
    let _ = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    });
    &INTERRUPTED
}
