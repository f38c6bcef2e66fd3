//! `helios open` as a person meets it.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic like tests")]

mod common;

use std::process::Output;

use common::{code, helios, helios_with_input, stdout};
use raft_lab::{Lab, MomentLink};

const PASSING: &str =
    "cluster nodes=3 seed=1\nrun until leader\nset x=1 via=leader\nrun until idle\n";
const FAILING: &str = "cluster nodes=3 seed=1\nrun until leader\nexpect committed x=1\nset y=2\n";

fn open(arguments: &[&str], input: &str) -> Output {
    helios_with_input(&[&["open", "-"], arguments].concat(), input)
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// The link that was printed.
fn link(output: &Output) -> MomentLink {
    let line = stdout(output).strip_suffix('\n').expect("one line");
    let fragment = line.strip_prefix("http://127.0.0.1:8080/#").expect("the page of xtask");
    MomentLink::from_fragment(fragment).expect("it was just printed")
}

/// The steps, the time and the trace hash at the end of the link's script.
fn played(link: &MomentLink) -> (u64, u64, u64) {
    let report = raft_script::run(&raft_script::parse(&link.script).unwrap(), &mut |_| {});
    assert_eq!(report.failure, None);
    (report.steps, report.at.0, report.trace_hash)
}

#[test]
fn the_link_leads_to_the_end_of_the_run() {
    let output = open(&[], PASSING);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stderr(&output).is_empty());
    let link = link(&output);
    assert_eq!(played(&link), (link.steps, link.at.0, link.trace_hash));
    let run = helios_with_input(&["run", "-"], PASSING);
    assert!(stdout(&run).contains(&format!("trace {:016x}", link.trace_hash)), "{}", stdout(&run));
    assert_eq!(link.title, "A script");
    assert!(Lab::open_link(&link).is_ok());
}

#[test]
fn an_earlier_moment_has_its_time_or_its_steps() {
    let end = link(&open(&[], PASSING));
    let at_time = link(&open(&["--at", "150ms"], PASSING));
    assert!(at_time.at.0 <= 150_000 && at_time.steps < end.steps);
    assert_eq!(played(&at_time), (at_time.steps, at_time.at.0, at_time.trace_hash));
    let after_steps = link(&open(&["--at", "12"], PASSING));
    assert_eq!(after_steps.steps, 12);
    assert_eq!(played(&after_steps), (12, after_steps.at.0, after_steps.trace_hash));
    let at_end = link(&open(&["--at", &end.steps.to_string()], PASSING));
    assert_eq!((at_end.at, at_end.trace_hash), (end.at, end.trace_hash));
}

#[test]
fn a_script_that_fails_has_a_link_to_where_it_does() {
    let output = open(&[], FAILING);
    assert_eq!(code(&output), 1);
    assert!(
        stderr(&output).starts_with("-: line 3: expected committed x=1"),
        "{}",
        stderr(&output)
    );
    let link = link(&output);
    assert_eq!(played(&link), (link.steps, link.at.0, link.trace_hash));
    assert!(!link.script.contains("set y=2"));
}

#[test]
fn the_page_can_be_another_one() {
    let output = open(&["--page", "https://raft.example/lab/"], PASSING);
    assert!(
        stdout(&output).starts_with("https://raft.example/lab/#moment="),
        "{}",
        stdout(&output)
    );
}

#[test]
fn what_has_no_link_exits_with_2_and_says_what_to_do() {
    let long: String =
        (0..20_000).map(|n: u32| format!("set k{n}={}\n", n.wrapping_mul(n))).collect();
    let long = format!("cluster nodes=3 seed=1\nrun until leader\n{long}");
    for (arguments, input, words) in [
        (&[][..], "run util leader\n", "line 1"),
        (&[][..], "cluster nodes=3 election=1s..1ms\n", "line 1"),
        (&["--at", "soon"][..], PASSING, "a time such as 1.5s, or a number of steps"),
        (&["--at", "3600s"][..], PASSING, "the run ends at "),
        (&["--at", "999999"][..], PASSING, "steps: --at is later"),
        (&["--page", "http://x/#y"][..], PASSING, "an address without `#`"),
        (&[][..], &long, "a link has at most 32768 characters"),
    ] {
        let output = open(arguments, input);
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
        assert!(stdout(&output).is_empty(), "{arguments:?}");
    }
    let output = helios(&["open", "no/such/file.helios"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("cannot be read"), "{}", stderr(&output));
}
