//! The runs of seeded scenarios are the same here as in a browser (see `browser.rs`).
#![cfg(not(target_arch = "wasm32"))]

mod common;

#[test]
fn the_trace_hashes_are_the_ones_that_browsers_get() {
    common::check_trace_hashes();
}
