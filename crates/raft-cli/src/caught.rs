//! The core stops at an assertion when it comes upon what it holds for impossible. Under a planted bug
//! that is a way of being caught, and no reason for this program to end.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// What the panic said, on a thread that catches it.
    static SAID: RefCell<Option<String>> = const { RefCell::new(None) };
    static CATCHES: RefCell<bool> = const { RefCell::new(false) };
}

/// What `work` returns, or what the panic that ended it said. Nothing is printed.
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
    // Whoever goes on after a panic only reads what the journal says.
    let result = catch_unwind(AssertUnwindSafe(work));
    CATCHES.set(false);
    result.map_err(|_| SAID.take().unwrap_or_else(|| "it said nothing".to_owned()))
}

fn words(panic: &PanicHookInfo<'_>) -> String {
    let message = panic.payload_as_str().unwrap_or("no message");
    match panic.location() {
        // Where it stands in this repository, whatever folder that was built in.
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
