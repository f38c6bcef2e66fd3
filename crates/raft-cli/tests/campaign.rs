//! The scripts of `docs/campaigns`, as a machine of a campaign runs them. Some tests need GNU
//! parallel; without it, they say so and do nothing.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests panic like tests")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{code, helios, stdout};
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A folder of its own that is not there yet. Its name has a space, as folders of people may.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("campaign {name}"));
    let _ = fs::remove_dir_all(&path);
    path
}

/// A script of `docs/campaigns`, with this program.
fn script(name: &str) -> Command {
    let mut command = Command::new("sh");
    command.arg(root().join("docs/campaigns").join(name));
    command.env("HELIOS", env!("CARGO_BIN_EXE_helios"));
    command
}

/// Whether GNU parallel is installed. Another program has the same name.
fn has_parallel() -> bool {
    let output = Command::new("parallel").arg("--version").output();
    let is_there = output.is_ok_and(|output| stdout(&output).starts_with("GNU parallel"));
    if !is_there {
        eprintln!("not tested: GNU parallel is not installed");
    }
    is_there
}

fn play_in_parallel(out: &Path, arguments: &[&str]) -> Output {
    script("parallel.sh").arg(out).args(arguments).output().unwrap()
}

/// The result of one share.
fn share(out: &Path, number: u32) -> String {
    fs::read_to_string(out.join(format!("shares/{number}.json"))).unwrap()
}

fn hash(json: &str) -> String {
    let report: Value = serde_json::from_str(json).unwrap();
    report["hash"].as_str().unwrap().to_owned()
}

/// The hash of a campaign that one process plays.
fn hash_of_whole(arguments: &[&str]) -> String {
    let output = helios(&[&["fuzz", "--json"], arguments].concat());
    assert_eq!(code(&output), 0);
    hash(stdout(&output))
}

/// The hash of three shares together.
fn hash_of_shares(out: &Path) -> String {
    let files: Vec<_> = (1..=3).map(|number| out.join(format!("shares/{number}.json"))).collect();
    let names: Vec<&str> = files.iter().map(|file| file.to_str().unwrap()).collect();
    let output = helios(&[&["merge", "--json"], &names[..]].concat());
    assert_eq!(code(&output), 0);
    hash(stdout(&output))
}

#[test]
fn gnu_parallel_plays_every_seed_once() {
    if !has_parallel() {
        return;
    }
    let out = folder("whole");
    let arguments = ["1..41", "3", "--profile", "wan"];
    let output = play_in_parallel(&out, &arguments);
    assert_eq!(code(&output), 0, "{output:?}");
    assert!(stdout(&output).starts_with("wan: 40 seeds, "), "{}", stdout(&output));
    assert!(stdout(&output).ends_with("no seed failed\n"), "{}", stdout(&output));
    let whole = hash_of_whole(&["--seeds", "1..41", "--profile", "wan"]);
    assert_eq!(hash_of_shares(&out), whole);
}

#[test]
fn a_campaign_that_begins_again_plays_what_is_missing() {
    if !has_parallel() {
        return;
    }
    let out = folder("again");
    let arguments = ["1..41", "3", "--profile", "calm"];
    assert_eq!(code(&play_in_parallel(&out, &arguments)), 0);
    // A share says how long it took, so a share that was played again has another text.
    let before = [share(&out, 1), share(&out, 3)];
    fs::remove_file(out.join("shares/2.json")).unwrap();
    assert_eq!(code(&play_in_parallel(&out, &arguments)), 0);
    assert_eq!([share(&out, 1), share(&out, 3)], before);
    let whole = hash_of_whole(&["--seeds", "1..41", "--profile", "calm"]);
    assert_eq!(hash_of_shares(&out), whole);
}

#[test]
fn shares_that_do_not_end_leave_no_result() {
    if !has_parallel() {
        return;
    }
    let out = folder("wrong");
    let output = play_in_parallel(&out, &["1..41", "3", "--profile", "nice"]);
    assert_eq!(code(&output), 2, "{output:?}");
    assert!(!out.join("shares/1.json").exists());
}

#[test]
fn a_job_of_an_array_plays_its_share() {
    let out = folder("array");
    for number in 1..=3 {
        let mut job = script("slurm.sh");
        job.env("SLURM_SUBMIT_DIR", root()).env("SLURM_ARRAY_TASK_ID", number.to_string());
        job.env("OUT", &out).env("SEEDS", "1..41").env("SHARES", "3").env("OPTIONS", "--nodes 3");
        let output = job.output().unwrap();
        assert_eq!(code(&output), 0, "{output:?}");
        assert_eq!(stdout(&output), share(&out, number));
    }
    let whole = hash_of_whole(&["--seeds", "1..41", "--nodes", "3"]);
    assert_eq!(hash_of_shares(&out), whole);
}

/// An interrupted `helios fuzz` exits with 0 and prints the seeds that it played.
#[test]
fn a_share_that_is_interrupted_leaves_no_result() {
    let out = folder("interrupted");
    let fake = Path::new(env!("CARGO_TARGET_TMPDIR")).join("interrupted-helios.sh");
    fs::write(&fake, "#!/bin/sh\nkill -TERM $PPID\necho '{}'\n").unwrap();
    let chmod = Command::new("chmod").arg("+x").arg(&fake).status().unwrap();
    assert!(chmod.success());
    let mut command = script("share.sh");
    command.arg("1").env("HELIOS", fake).env("OUT", &out).env("SEEDS", "1..9").env("SHARES", "1");
    let output = command.output().unwrap();
    assert_eq!(code(&output), 130, "{output:?}");
    assert!(!out.join("shares/1.json").exists());
}

#[cfg(feature = "bugs")]
#[test]
fn a_failure_keeps_its_script_and_its_exit_code() {
    if !has_parallel() {
        return;
    }
    let out = folder("bug");
    let arguments = ["1..200", "3", "--bugs", "vote-ignores-log"];
    for time in ["first", "again"] {
        let output = play_in_parallel(&out, &arguments);
        assert_eq!(code(&output), 1, "{time}: {output:?}");
        assert!(stdout(&output).contains("swarm: 199 seeds, "), "{}", stdout(&output));
    }
    let mut statuses = (1..=3).map(|number| {
        fs::read_to_string(out.join(format!("shares/{number}.status"))).unwrap().trim().to_owned()
    });
    assert!(statuses.any(|status| status == "1"));
    let scripts = fs::read_dir(out.join("scripts")).unwrap();
    let scripts: Vec<PathBuf> = scripts.map(|entry| entry.unwrap().path()).collect();
    assert!(!scripts.is_empty());
    for found in scripts {
        assert_eq!(code(&helios(&["run", found.to_str().unwrap()])), 1, "{found:?}");
    }
}
