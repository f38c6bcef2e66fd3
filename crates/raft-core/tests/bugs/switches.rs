//! With the feature, every switch has one place where it works, and a node says which are on.
//! Without it, an optimized program contains none of them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use raft_core::{Bug, Bugs, Instant, Recovered};

use crate::builders::config;
use crate::server::Server;

/// Builds the example `three_nodes` in release mode, which can print every decision of a node. That
/// it started with rules switched off is one of them, so with the feature the names are in the
/// program; without the feature nothing of it may be.
#[test]
fn an_optimized_program_contains_no_switch() {
    let names = || Bug::ALL.iter().map(|bug| bug.name()).chain(["rules switched off"]);
    let with = build(&["--features", "bugs"]);
    assert_eq!(names().find(|name| !contains(&with, name)), None, "it is not found where it is");
    let without = build(&[]);
    assert!(contains(&without, "starts an election for "), "the words of decisions are there");
    assert_eq!(names().find(|name| contains(&without, name)), None, "it is in an ordinary program");
}

/// Each switch is asked for once, in one file of `mutants`; a rule asks for none.
#[test]
fn every_switch_has_one_place_outside_of_the_rules() {
    let mut sites = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let calls = text.split("has(Bug::").skip(1).filter_map(|rest| rest.split_once(')'));
            let names: Vec<String> = calls.map(|(name, _)| name.to_owned()).collect();
            let is_apart = path.components().any(|part| part.as_os_str() == "mutants");
            assert!(names.is_empty() || is_apart, "{} asks for {names:?}", path.display());
            sites.extend(names);
        }
    }
    let mut switches: Vec<String> = Bug::ALL.iter().map(|bug| format!("{bug:?}")).collect();
    sites.sort();
    switches.sort();
    assert_eq!(sites, switches);
}

#[test]
fn a_node_says_which_rules_are_switched_off() {
    let words = |bugs: Bugs| -> Vec<String> {
        let mut config = config(1, 3);
        config.bugs = bugs;
        let server = Server::start(config, Recovered::default(), Instant(0));
        server.traces.iter().skip(1).map(ToString::to_string).collect()
    };
    let bugs = Bugs::NONE.with(Bug::AckOwnTail).with(Bug::StaleVotes);
    assert_eq!(words(bugs), ["starts with rules switched off: stale-votes, ack-own-tail"]);
    assert!(words(Bugs::NONE).is_empty());
}

/// The bytes of the program, built with these arguments, apart from other builds.
fn build(args: &[&str]) -> Vec<u8> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("switches");
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
