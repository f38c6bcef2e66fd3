//! Runs as Rust tests. Those of the scripts in `exported` are tests of `raft-core`.
//! `UPDATE_GOLDENFILES=1` writes them again.

use std::fs;
use std::io;
use std::path::PathBuf;

use raft_script::Session;
use raft_trace::RunForm;

fn run(text: &str) -> Session {
    let script = raft_script::parse(text).expect("a script");
    let report = raft_script::run(&script, &mut |_| {});
    assert_eq!(report.failure, None);
    report.session.expect("the cluster can be made")
}

fn test_of(session: &Session) -> io::Result<String> {
    let mut bytes = Vec::new();
    RunForm::Test.write(session, &mut bytes)?;
    Ok(String::from_utf8(bytes).expect("a test is text"))
}

fn refusal(text: &str) -> String {
    let mut bytes = Vec::new();
    let error = RunForm::Test.write(&run(text), &mut bytes).expect_err("there is no such test");
    assert_eq!(error.kind(), io::ErrorKind::Unsupported);
    assert!(bytes.is_empty(), "nothing is written before it is refused");
    error.to_string()
}

/// The test that is in the repository compiles and passes with the tests of the core.
fn is_kept(name: &str) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let script = root.join("tests/exported").join(name).with_extension("helios");
    let script = fs::read_to_string(script).expect("it is in the repository");
    let text = test_of(&run(&script)).expect("there is a test of it");
    let path = root.join("../raft-core/tests/exported").join(name).with_extension("rs");
    if std::env::var_os("UPDATE_GOLDENFILES").is_some() {
        fs::write(path, text).expect("it can be written");
    } else {
        let kept = fs::read_to_string(path).expect("it is in the repository");
        assert!(kept == text, "UPDATE_GOLDENFILES=1 cargo test -p raft-trace --test rust_test");
    }
}

#[test]
fn the_test_of_a_crash_is_that_of_the_core() {
    is_kept("leader_crash");
}

#[test]
fn the_test_of_a_new_member_is_that_of_the_core() {
    is_kept("new_member");
}

#[test]
fn the_same_run_has_the_same_test() {
    let session = run("cluster nodes=3 seed=4\nset x=1\nrun until idle\ncrash leader\nrun 500ms");
    let text = test_of(&session).expect("there is a test of it");
    let again = test_of(&run(&session.export())).expect("there is a test of it");
    let calls = |text: &str| {
        let calls = text.lines().filter(|line| line.starts_with("    run."));
        calls.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(calls(&text), calls(&again));
}

/// Nothing that a person wrote gets out of its comment or its literal.
#[test]
fn names_and_values_are_no_code() {
    let session = run("cluster nodes=1 seed=1\nset \"a\\nb\\\"c\"=\"*/\\n}\"\nrun until idle");
    let text = test_of(&session).expect("there is a test of it");
    let schedule = text.split_once("fn the_run_is_the_same").expect("the test").1;
    let schedule = schedule.split_once("\n}\n").expect("its end").0;
    let is_known = |line: &str| {
        let line = line.trim_start();
        line.is_empty() || line.starts_with("run.") || line.starts_with("// ")
    };
    let unknown: Vec<_> = schedule.lines().skip(2).filter(|line| !is_known(line)).collect();
    assert_eq!(unknown, [""; 0]);
}

#[test]
fn a_long_command_is_so_many_zeros() {
    let value = "v".repeat(1000);
    let session = run(&format!("cluster nodes=1 seed=1\nset key={value}\nrun until idle"));
    let text = test_of(&session).expect("there is a test of it");
    assert!(text.contains("&[0; 1_010]); // client 1 #1: set key=vvv"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100));
}

#[test]
fn what_no_test_says_is_refused_in_words() {
    let disk = "there is no test of this run: the disk of node 1 is not what its writes made: it \
                was damaged, wiped or restored, or it is from an earlier run";
    let log = "cluster nodes=1 seed=1\nset x=1\nrun until idle\n";
    assert_eq!(refusal("cluster nodes=1 seed=1\ndisk 1 terms=1,1 snapshot=1\nrun 1ms"), disk);
    let restored = format!("{log}disk 1 backup\nset x=2\nrun until idle\ncrash 1\ndisk 1 restore");
    assert_eq!(refusal(&format!("{restored}\nrestart 1")), disk);
    assert_eq!(refusal(&restored), disk, "also if it does not start again");
    assert_eq!(refusal(&format!("{log}crash 1\ndisk 1 wipe")), disk);
    let files = format!("{log}run 1ms").replacen("seed=1", "seed=1 snapshot-files=on", 1);
    assert_eq!(refusal(&files), "there is no test of this run: snapshots are in files");
    let long = "cluster nodes=5 seed=1\nrun 3m";
    let words = "there is no test of this run: it has more than 20000 steps of nodes";
    assert_eq!(refusal(long), words);
}

#[cfg(feature = "bugs")]
#[test]
fn a_run_without_a_rule_is_refused() {
    let words = "there is no test of this run: rules of the core are switched off";
    assert_eq!(refusal("cluster nodes=3 seed=1 bugs=vote-ignores-log\nrun 1ms"), words);
    assert_eq!(refusal("cluster nodes=3 seed=1\nbreak vote-ignores-log\nmend all"), words);
}
