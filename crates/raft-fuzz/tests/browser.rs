//! In a real browser: the same runs as natively, and how fast they are.
#![cfg(target_arch = "wasm32")]

mod sample;

use std::time::Duration;

use raft_fuzz::Profile;
use raft_fuzz::bench::campaign;
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn the_runs_are_the_ones_that_native_programs_make() {
    sample::check();
}

/// Prints a figure and judges nothing: `cargo xtask bench` runs it optimized.
#[wasm_bindgen_test]
fn speed_of_the_swarm() {
    let now = || Duration::from_micros((js_sys::Date::now() * 1000.0) as u64);
    let speed = campaign(Profile::Swarm, 5, 60, &now);
    assert!(speed.events > 100_000, "a campaign happens");
    console_log!(
        "swarm, 5 nodes, wasm: {} virtual s/s, {} events/s",
        speed.virtual_per_real(),
        speed.events_per_second()
    );
}
