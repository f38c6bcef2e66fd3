//! One line on a terminal that says how far something is.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::time::{Duration, Instant};

/// The line. Where standard error is no terminal it is never shown.
pub(crate) struct Status {
    is_shown: bool,
    shown: Option<Instant>,
}

/// How often it changes.
const PAUSE: Duration = Duration::from_millis(100);

impl Status {
    pub(crate) fn new() -> Self {
        Self { is_shown: stderr().is_terminal(), shown: None }
    }

    /// Shows what `line` says, unless another one was shown a moment ago.
    pub(crate) fn show(&mut self, line: impl FnOnce() -> String) {
        let now = Instant::now();
        if !self.is_shown || self.shown.is_some_and(|shown| now < shown + PAUSE) {
            return;
        }
        self.shown = Some(now);
        // A terminal that is gone is no reason to stop.
        let _ = write!(stderr(), "\r\x1b[2K{}", line());
        let _ = stderr().flush();
    }

    /// Takes the line away.
    pub(crate) fn clear(&mut self) {
        if self.shown.take().is_some() {
            let _ = write!(stderr(), "\r\x1b[2K");
        }
    }
}
