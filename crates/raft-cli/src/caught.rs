//! Panics as errors. An assertion of the core that fails under a planted bug is a finding, and must
//! not end the program.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// The message of the last panic on this thread.
    static SAID: RefCell<Option<String>> = const { RefCell::new(None) };
    static CATCHES: RefCell<bool> = const { RefCell::new(false) };
}

/// The result of `work`, or the message of its panic. Nothing is printed.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let default = take_hook();
        set_hook(Box::new(move |panic| {
            if CATCHES.with_borrow(|catches| *catches) {
                SAID.set(Some(words(panic)));
            } else {
                default(panic);
            }
        }));
    });
    CATCHES.set(true);
    // After a panic the caller only reads the journal.
    let result = catch_unwind(AssertUnwindSafe(work));
    CATCHES.set(false);
    result.map_err(|_| SAID.take().unwrap_or_else(|| "it said nothing".to_owned()))
}

fn words(panic: &PanicHookInfo<'_>) -> String {
    let message = panic.payload_as_str().unwrap_or("no message");
    match panic.location() {
        // The path in this repository, without the folder of the build.
        Some(place) => {
            let file = place.file().rsplit("crates/").next().unwrap_or_default();
            format!("{message} ({file}:{})", place.line())
        }
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_that_says_what_and_where() {
        assert_eq!(caught(|| 7), Ok(7));
        let said = caught(|| panic!("term {} goes back", 3)).unwrap_err();
        assert!(said.starts_with("term 3 goes back (raft-cli/src/caught.rs:"), "{said}");
        assert_eq!(caught(|| 7), Ok(7), "it can be done again");
    }
}
