//! Without the feature, an optimized program contains none of the switches.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use raft_core::Bug;

/// Builds the example `three_nodes` in release mode, which can print every decision of a node. That it
/// started with rules switched off is one of them, so with the feature the names are in the program;
/// without the feature nothing of it may be.
#[test]
fn an_optimized_program_contains_no_switch() {
    let names = || Bug::ALL.iter().map(|bug| bug.name()).chain(["rules switched off"]);
    let with = build(&["--features", "bugs"]);
    assert_eq!(names().find(|name| !contains(&with, name)), None, "it is not found where it is");
    let without = build(&[]);
    assert!(contains(&without, "stands for election in term"), "the words of decisions are there");
    assert_eq!(names().find(|name| contains(&without, name)), None, "it is in an ordinary program");
}

/// The bytes of the program, built with these arguments, apart from other builds.
fn build(args: &[&str]) -> Vec<u8> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("absence");
    // Only what other tests need, and quicker to build so.
    let dependencies = "profile.release.package.'*'.opt-level=0";
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["build", "--release", "--quiet", "--example", "three_nodes", "--target-dir"])
        .arg(&target)
        .args(["--config", dependencies])
        .args(args);
    assert!(cargo.status().expect("cargo runs").success(), "the example is built with {args:?}");
    let program: PathBuf = target.join("release/examples/three_nodes");
    fs::read(program.with_extension(env::consts::EXE_EXTENSION)).expect("it was built")
}

fn contains(program: &[u8], text: &str) -> bool {
    program.windows(text.len()).any(|part| part == text.as_bytes())
}
