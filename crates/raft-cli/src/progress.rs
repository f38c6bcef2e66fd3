//! One line on standard error that shows how far a command is. Nothing is drawn where standard
//! error is no terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The progress of one command. The line goes away when it is dropped.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// A line of words.
    pub(crate) fn words() -> Self {
        Self::new("{wide_msg}", None)
    }

    /// A bar that is full at `length`, and words.
    pub(crate) fn bar(length: u64) -> Self {
        Self::new("{bar:24.} {wide_msg}", Some(length))
    }

    fn new(template: &str, length: Option<u64>) -> Self {
        let style = ProgressStyle::with_template(template).expect("a template of this module");
        let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
        Self(bar.with_style(style.progress_chars("█░")))
    }

    /// Fills the bar up to `position`.
    pub(crate) fn set_position(&self, position: u64) {
        self.0.set_position(position);
    }

    /// Shows other words. They are made only where they are drawn.
    pub(crate) fn set_words(&self, words: impl FnOnce() -> String) {
        if !self.0.is_hidden() {
            self.0.set_message(words());
        }
    }

    /// Takes the line away while `print` prints.
    #[cfg(feature = "bugs")]
    pub(crate) fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        self.0.suspend(print)
    }
}
