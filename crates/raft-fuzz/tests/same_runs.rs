//! The runs of a sample of seeds are the same here as in a browser (see `browser.rs`).
#![cfg(not(target_arch = "wasm32"))]

mod sample;

#[test]
fn the_runs_are_the_ones_that_browsers_make() {
    sample::check();
}
