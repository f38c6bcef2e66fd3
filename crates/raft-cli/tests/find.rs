//! `helios find` as a person meets it: exit codes and output.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic like tests")]

mod common;

use std::path::Path;

use common::{code, helios, helios_with_input, stdout};

const LOSSY: &str = "cluster nodes=3 seed=5\nrun until leader\nrun 300ms\nlink all loss=60%\n";

#[test]
fn a_run_that_is_found_exits_with_0_and_is_a_script_that_holds() {
    let output = helios(&["find", "happened split-vote", "--seeds", "20"]);
    assert_eq!(code(&output), 0);
    let text = stdout(&output);
    assert!(text.starts_with("# Found by helios find "), "{text}");
    assert!(text.contains("\n# happened split-vote: found; "), "{text}");
    assert!(text.contains("\n# seed "), "{text}");
    assert!(text.ends_with("\nexpect happened split-vote\n"), "{text}");
    let played = helios_with_input(&["run", "-"], text);
    assert_eq!(code(&played), 0, "{}", stdout(&played));
    assert!(output.stderr.is_empty(), "no progress where there is no terminal");
}

#[test]
fn the_result_does_not_depend_on_the_number_of_threads() {
    let found = |jobs| {
        let arguments = ["find", "happened two-leaders", "--seeds", "1..60", "--nodes", "3"];
        stdout(&helios(&[&arguments[..], &["--jobs", jobs]].concat())).to_owned()
    };
    assert_eq!(found("1"), found("4"));
}

#[test]
fn what_is_not_found_exits_with_1_and_says_how_many_seeds_were_tried() {
    let arguments = ["find", "term >= 1000000", "--seeds", "12", "--profile", "calm"];
    let output = helios(&arguments);
    assert_eq!(code(&output), 1);
    let text = stdout(&output);
    assert!(text.starts_with("term >= 1000000: not found; 12 seeds tried, "), "{text}");
    assert_eq!(text.lines().count(), 1);
}

#[test]
fn the_futures_of_a_script_have_a_share_in_which_it_happens() {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("found.helios");
    let out = out.to_str().unwrap();
    let arguments =
        ["find", "leader 1", "--from", "-", "--for", "2s", "--seeds", "60", "--out", out];
    let output = helios_with_input(&arguments, LOSSY);
    assert_eq!(code(&output), 0);
    let text = stdout(&output);
    assert!(text.starts_with("leader 1: in ") && text.contains(" of 60 runs ("), "{text}");
    assert!(text.contains(" %) within 2s; "), "{text}");
    assert!(text.ends_with(&format!("replay: helios run {out}\nopen:   helios open {out}\n")));
    assert_eq!(stdout(&helios_with_input(&arguments, LOSSY)), text);
    assert_eq!(code(&helios(&["run", out])), 0);
    let script = std::fs::read_to_string(out).unwrap();
    assert!(script.contains(" reseed ") && script.ends_with("\nexpect leader 1\n"), "{script}");

    let holds = ["find", "leader", "--from", "-", "--seeds", "9"];
    let output = helios_with_input(&holds, LOSSY);
    assert!(stdout(&output).contains("leader: in 9 of 9 runs (100 %) within 10s; "));
}

#[test]
fn wrong_arguments_exit_with_2() {
    let said = |arguments: &[&str], input: &str| {
        let output = helios_with_input(arguments, input);
        assert_eq!(code(&output), 2, "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(said(&["find", "leader among"], "").contains("helios find: this is no condition: "));
    assert!(said(&["find", "leader", "--from", "no/such.helios"], "").contains("cannot be read"));
    let failing = said(&["find", "leader", "--from", "-"], "expect leader\n");
    assert!(failing.contains("helios find: -: line 1: expect leader: "), "{failing}");
    said(&["find", "leader", "--for", "2s"], "");
    said(&["find", "leader", "--from", "-", "--nodes", "3"], "run 1s\n");
    let nowhere = said(&["find", "leader", "--out", "no/such/folder/x"], "");
    assert!(nowhere.contains("cannot write to no/such/folder/x"), "{nowhere}");
}
