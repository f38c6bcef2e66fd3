//! Ctrl-C ends long work and keeps its results. A second Ctrl-C ends the program.

use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Becomes true when Ctrl-C is pressed.
pub(crate) fn interrupted() -> &'static AtomicBool {
    // Without a handler, Ctrl-C ends the program at once.
    let _ = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    });
    &INTERRUPTED
}
