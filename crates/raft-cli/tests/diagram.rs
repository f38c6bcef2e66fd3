//! `helios diagram` as a person meets it.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic like tests")]

mod common;

use std::process::Output;

use common::{code, helios, helios_with_input, stdout};

const PASSING: &str =
    "cluster nodes=3 seed=1\nrun until leader\nset x=1 via=leader\nrun until idle\n";
const FAILING: &str = "cluster nodes=3 seed=1\nrun until leader\nexpect committed x=1\nset y=2\n";

fn diagram(arguments: &[&str], input: &str) -> Output {
    helios_with_input(&[&["diagram", "-"], arguments].concat(), input)
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

#[test]
fn each_format_is_printed() {
    for (format, beginning) in [
        ("svg", "<svg xmlns="),
        ("mermaid", "sequenceDiagram\n"),
        ("plantuml", "@startuml\n"),
        ("txt", "                 node 1"),
    ] {
        let output = diagram(&["--format", format], PASSING);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        assert!(stdout(&output).starts_with(beginning), "{format}: {}", stdout(&output));
        assert!(stdout(&output).contains("set x=1"), "{format}");
    }
    assert!(stdout(&diagram(&[], PASSING)).starts_with("<svg "), "the default");
}

#[test]
fn the_diagram_of_a_script_that_fails_ends_there() {
    let output = diagram(&["--format", "txt"], FAILING);
    assert_eq!(code(&output), 1);
    let text = stdout(&output);
    let last = text.lines().last().unwrap();
    assert!(last.contains("✗ line 3: expected committed x=1, found: "), "{last}");
    assert!(
        stderr(&output).starts_with("-: line 3: expected committed x=1"),
        "{}",
        stderr(&output)
    );
    let earlier = diagram(&["--format", "txt", "--to", "100ms"], FAILING);
    assert_eq!(code(&earlier), 1);
    assert!(!stdout(&earlier).contains("expected"), "the failure is later: {}", stdout(&earlier));
}

#[test]
fn a_part_of_the_time_is_drawn() {
    let all = diagram(&["--format", "txt"], PASSING);
    let part = diagram(&["--format", "txt", "--from", "200ms", "--to", "0.25s"], PASSING);
    assert_eq!(code(&part), 0);
    let rows: Vec<&str> = stdout(&part).lines().skip(1).collect();
    assert!(rows.len() > 5 && rows.len() < stdout(&all).lines().count() - 5);
    for row in rows {
        let time: f64 = row.trim_start().split("ms").next().unwrap().parse().unwrap();
        assert!((200.0..=250.0).contains(&time), "{row}");
        assert!(stdout(&all).contains(row) || row.contains("under way"), "{row}");
    }
}

#[test]
fn only_a_part_of_the_events_is_drawn() {
    let text = |arguments: &[&str]| {
        let output = diagram(&[&["--format", "txt"], arguments].concat(), PASSING);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        stdout(&output).to_owned()
    };
    let all = text(&[]);
    assert!(!text(&["--only", "messages=AppendEntries"]).contains("RequestVote term"));
    let nodes = text(&["--only", "nodes=1,2"]);
    assert!(nodes.contains("node 2") && !nodes.contains("node 3   "), "{nodes}");
    assert!(text(&["--noise"]).lines().count() > all.lines().count());
    // The event at which the client wants something, and the one at which it has its answer.
    let number = |words: &str| {
        let line = all.lines().find(|line| line.ends_with(words)).unwrap();
        let (_, rest) = line.split_once('#').unwrap();
        rest.split(' ').next().unwrap().to_owned()
    };
    let operation = text(&["--only", &format!("operation={}", number("set x=1"))]);
    for part in ["1 entry after 1@1", "commits entry 2", "applies entry 2", "set x=1 → done"] {
        assert!(operation.contains(part), "{part} is missing: {operation}");
    }
    assert!(!operation.contains("PreVote"), "{operation}");
    let caused = text(&["--only", &format!("caused-by={}", number("set x=1"))]);
    assert!(caused.contains("request, sent") && !caused.contains("PreVote"), "{caused}");
    let led = text(&["--only", &format!("led-to={}", number("set x=1 → done"))]);
    assert!(led.contains("reply: done"), "{led}");
    assert!(led.lines().count() < all.lines().count() / 2, "one chain: {led}");
}

#[test]
fn what_cannot_be_drawn_exits_with_2_and_says_what_to_do() {
    for (arguments, input, words) in [
        (&[][..], "run util leader\n", "line 1"),
        (&["--from", "1h"][..], PASSING, "a time such as 1.5s or 200ms"),
        (&["--from", "90s"][..], PASSING, "nothing that is selected happens in that time"),
        (&["--only", "led-to=99999"][..], PASSING, "there is no event 99999"),
        (&["--only", "operation=1"][..], PASSING, "event 1 begins no operation"),
        (&["--only", "messages=Vote"][..], PASSING, "is no kind of message"),
        (&["--format", "mermaid", "--noise"][..], "run 60s\n", "choose a shorter time"),
    ] {
        let output = diagram(arguments, input);
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
        assert!(stdout(&output).is_empty(), "{arguments:?}");
    }
    let output = helios(&["diagram", "no/such/file.helios"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("cannot be read"), "{}", stderr(&output));
}
