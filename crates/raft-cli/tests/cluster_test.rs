//! `helios cluster test`: a short trial.
#![allow(clippy::unwrap_used, reason = "helpers of tests panic like tests")]

mod common;

use common::{code, helios, stdout};

#[test]
fn a_short_trial_keeps_every_promise_and_leaves_a_history_that_check_reads() {
    let directory =
        std::env::temp_dir().join(format!("helios-cli-cluster-test-{}", std::process::id()));
    let data = directory.display().to_string();
    let arguments = ["cluster", "test", "--nodes", "3", "--seconds", "12", "--seed", "3", "--tls"];
    let ended = helios(&[&arguments[..], &["--port", "21600", "--data", &data]].concat());
    let text = stdout(&ended);
    assert_eq!(code(&ended), 0, "{text}{}", String::from_utf8_lossy(&ended.stderr));
    assert!(text.contains("every promise was kept"), "{text}");

    // It was in danger.
    let count = |words: &str| {
        let line = text.lines().find(|line| line.contains(words)).unwrap_or_default();
        line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
    };
    assert!(count("operations, ") > 100, "{text}");
    assert!(count("kills of the leader while writes waited") > 0, "{text}");
    assert!(count("times a client asked again") > 0, "{text}");
    assert!(count("replacements of all certificates") > 0, "{text}");

    let checked = helios(&["check", &format!("{data}/history.txt")]);
    assert_eq!(code(&checked), 0, "{}", stdout(&checked));
    let again = helios(&["cluster", "test", "--seconds", "1", "--port", "21600", "--data", &data]);
    assert_eq!(code(&again), 2, "its directory is not empty");
    std::fs::remove_dir_all(directory).expect("it is there");
}
