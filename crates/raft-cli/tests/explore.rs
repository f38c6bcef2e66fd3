//! `helios explore`: the answer without a violation, and what is no moment to start from.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic like tests")]

mod common;

use common::{code, helios, helios_with_input, stdout};

/// A quiet moment: nothing is under way but heartbeats.
const QUIET: &str = "cluster nodes=3 seed=8 paper\nrun until leader\nset x=0\nrun 120ms\n";

/// What a command printed, and its exit code.
struct Run {
    code: i32,
    stdout: String,
    stderr: String,
}

fn explore(arguments: &[&str], script: &str) -> Run {
    let output = helios_with_input(arguments, script);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    Run { code: code(&output), stdout: stdout(&output).to_owned(), stderr }
}

#[test]
fn a_correct_cluster_is_explored_as_a_whole() {
    let output = explore(&["explore", "-", "--depth", "12"], QUIET);
    assert_eq!(output.code, 0, "{}", output.stderr);
    let is_bounded = output.stdout.starts_with("no violation within 12 steps; ");
    assert!(is_bounded && output.stdout.contains(" states, "), "{}", output.stdout);
    // Without crashes and elections, only the heartbeats under way can arrive.
    let output = explore(&["explore", "-", "--elections", "0", "--crashes", "0"], QUIET);
    assert!(output.stdout.starts_with("no violation; all that can happen"), "{}", output.stdout);
}

#[test]
fn without_a_file_there_is_help() {
    let output = helios(&["explore"]);
    assert_eq!(code(&output), 2);
}

#[test]
fn a_bound_on_the_states_is_said() {
    let output = explore(&["explore", "-", "--states", "100"], QUIET);
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert!(output.stdout.contains("not all was explored"), "{}", output.stdout);
}

#[test]
fn a_moment_that_cannot_be_explored_is_refused() {
    let down = format!("{QUIET}crash 3\n");
    for (script, arguments, words) in [
        (down.as_str(), &["explore", "-"][..], "node 3 is down"),
        ("cluster nodes=7\nrun 1s\n", &["explore", "-"], "1 to 5"),
        ("cluster nodes=3\nrun 1s\n", &["explore", "-", "--from", "2s"], "ends before"),
        ("no statement\n", &["explore", "-"], "line 1"),
    ] {
        let output = explore(arguments, script);
        assert_eq!(output.code, 2, "{}", output.stdout);
        assert!(output.stderr.contains(words), "{words}: {}", output.stderr);
    }
}

#[test]
fn a_condition_that_comes_to_hold_is_a_script_that_leads_to_it() {
    let found = explore(&["explore", "-", "leader 1 and term >= 2"], QUIET);
    assert_eq!(found.code, 1, "{}", found.stderr);
    let says = ["# it holds after ", "# leader 1 and term >= 2\n"];
    assert!(says.iter().all(|words| found.stdout.contains(words)), "{}", found.stdout);
    let script = format!("{}expect leader 1 and term >= 2\n", found.stdout);
    assert_eq!(explore(&["run", "-"], &script).code, 0, "{script}");
    let refused = explore(&["explore", "-", "committed x=1"], QUIET);
    assert_eq!(refused.code, 2, "{}", refused.stdout);
    assert!(refused.stderr.contains("cannot be looked for"), "{}", refused.stderr);
}

/// Each violation is found again by `helios run`, in the script that is printed.
#[cfg(feature = "bugs")]
#[test]
fn a_violation_is_a_script_that_breaks_the_same_property() {
    for (bug, property) in [
        ("vote-ignores-log", "Leader Completeness"),
        ("ack-not-durable", "Durable Promises"),
        ("commit-unsorted", "Commit Rule"),
        ("vote-forgotten", "Faithful Recovery"),
    ] {
        let script = format!("{QUIET}break {bug}\n");
        let found = explore(&["explore", "-", "--proposals", "1"], &script);
        assert_eq!(found.code, 1, "{bug}: {}", found.stderr);
        assert!(found.stdout.contains(&format!("# {property} (")), "{bug}: {}", found.stdout);
        let played = explore(&["run", "-"], &found.stdout);
        assert_eq!(played.code, 1, "{bug}: {}", played.stdout);
        assert!(played.stdout.contains(&format!("{property} (")), "{bug}: {}", played.stdout);
    }
}
