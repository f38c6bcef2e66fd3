//! Ctrl-C ends long work and keeps its results. A second Ctrl-C ends the program, and so does one
//! while there is no work.

use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static IDLE: AtomicBool = AtomicBool::new(false);

/// Becomes true when Ctrl-C is pressed.
pub(crate) fn interrupted() -> &'static AtomicBool {
    // Without a handler, Ctrl-C ends the program at once.
    let _ = ctrlc::set_handler(|| {
        if IDLE.load(Ordering::SeqCst) || INTERRUPTED.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    });
    &INTERRUPTED
}

/// Says whether there is work to interrupt. At first there is.
pub(crate) fn set_idle(idle: bool) {
    IDLE.store(idle, Ordering::SeqCst);
}
