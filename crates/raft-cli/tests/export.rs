//! `helios export` as a person meets it.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic like tests")]

mod common;

use common::{code, helios, helios_with_input, stdout};

const SCRIPT: &str = "cluster nodes=3 seed=4\nrun until leader\nset x=1\nrun until idle\n";

fn export(form: &str, script: &str) -> std::process::Output {
    helios_with_input(&["export", "-", "--as", form], script)
}

#[test]
fn a_script_is_exported_as_a_script_of_the_same_run() {
    let exported = export("script", SCRIPT);
    assert_eq!(code(&exported), 0);
    let trace = export("trace", SCRIPT);
    assert_eq!(stdout(&export("trace", stdout(&exported))), stdout(&trace));
    assert!(stdout(&trace).starts_with("{\"form\":\"helios-trace\",\"version\":1,"));
}

#[test]
fn a_script_that_fails_is_exported_up_to_there() {
    let failing = format!("{SCRIPT}expect committed x=2\nset y=3\n");
    let output = export("trace", &failing);
    assert_eq!(code(&output), 1);
    assert_eq!(stdout(&output), stdout(&export("trace", SCRIPT)));
    assert!(std::str::from_utf8(&output.stderr).unwrap().contains("line 5: "));
}

#[test]
fn a_run_is_exported_as_a_rust_test() {
    let exported = export("test", SCRIPT);
    assert_eq!(code(&exported), 0);
    assert!(stdout(&exported).contains("\n#[test]\n"));
    assert!(stdout(&exported).contains(", RoleKind::Leader, 1);\n"));
}

#[test]
fn a_run_without_a_test_is_refused() {
    let script = format!("{SCRIPT}crash 1\ndisk 1 wipe\n");
    let refused = export("test", &script);
    assert_eq!((code(&refused), stdout(&refused)), (2, ""));
    let words = std::str::from_utf8(&refused.stderr).unwrap();
    assert!(words.starts_with("-: there is no test of this run: the disk of node 1"), "{words}");
}

#[test]
fn what_cannot_be_exported_is_said() {
    assert_eq!(code(&export("trace", "crash seven")), 2);
    assert_eq!(code(&export("poem", SCRIPT)), 2);
    assert_eq!(code(&helios(&["export", "no such file", "--as", "trace"])), 2);
}
