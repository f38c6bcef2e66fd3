//! Rules are switched off, and on again, in the middle of a run: the run can be exported, played
//! again and forked, and its past has the rules of then.
#![cfg(feature = "bugs")]

use raft_script::{Branches, Place, Session, Started, Stepped, parse, parse_line, run};
use raft_sim::{Setup, Switches};

const LINES: &[&str] = &[
    "timeout 1",
    "run 300ms",
    "break vote-ignores-log",
    "set x=1",
    "break fsync-failure-ignored",
    "crash 2",
    "run 200ms",
    "restart 2",
    "add 4 as learner",
    "run 300ms",
    "mend vote-ignores-log",
    "crash leader",
    "run 1s",
    "mend all",
    "run 100ms",
];

fn played(lines: &[&str]) -> Branches {
    let setup = Setup { nodes: 3, seed: 7, ..Setup::default() };
    let mut branches = Branches::new(Session::new(setup).expect("a cluster"));
    let main = branches.first();
    for line in lines {
        let statement = parse_line(line).expect("a line").expect("a statement");
        if let Started::Waiting = branches.start(main, &statement).expect("it can be done") {
            while branches.step(main) == Stepped::Event {}
        }
    }
    branches
}

fn off(session: &Session) -> Switches {
    session.world().rules_off()
}

fn named(names: &[&str]) -> Switches {
    names.iter().map(|name| raft_sim::Switch::named(name).expect("a rule")).collect()
}

#[test]
fn a_run_with_bugs_that_come_and_go_replays_to_the_same_hash() {
    let branches = played(LINES);
    let head = branches.head(branches.first());
    let text = head.export();
    for line in LINES.iter().filter(|line| line.starts_with("break") || line.starts_with("mend")) {
        assert!(text.contains(line), "{line}: {text}");
    }
    let report = run(&parse(&text).expect("a script"), &mut |_| {});
    assert_eq!(report.failure, None);
    assert_eq!(report.trace_hash, head.world().trace_hash(), "{text}");

    let without = text.replace("break vote-ignores-log", "mark here");
    let without = without.replace("mend vote-ignores-log", "mark there");
    let report = run(&parse(&without).expect("a script"), &mut |_| {});
    assert_ne!(report.trace_hash, head.world().trace_hash(), "a rule is part of the run");
}

#[test]
fn the_past_and_a_branch_have_the_bugs_of_then() {
    let mut branches = played(LINES);
    let main = branches.first();
    let head = branches.head(main).clone();
    let mut expected = vec![];
    let mut found = vec![];
    for (place, line) in head.journal().iter().enumerate() {
        let moment = raft_script::Moment { steps: line.steps, lines: place + 1 };
        let session = branches.at(Place { branch: main, moment }).expect("a moment");
        found.push((line.statement.to_string(), off(&session)));
        let rules: &[&str] = match place {
            0 => &[],
            1 | 2 => &["vote-ignores-log"],
            3..=6 => &["vote-ignores-log", "fsync-failure-ignored"],
            7 | 8 => &["fsync-failure-ignored"],
            _ => &[],
        };
        expected.push((line.statement.to_string(), named(rules)));
    }
    assert_eq!(found, expected);

    // A branch that begins while rules are off goes on as the run did.
    let line = head.journal().get(5).expect("a line");
    let moment = raft_script::Moment { steps: line.steps, lines: 5 };
    let fork = branches.fork(Place { branch: main, moment }, "again").expect("a branch");
    let left = &branches.at(Place { branch: main, moment }).expect("a moment");
    assert_eq!(off(branches.head(fork)), off(left));
    // Without the statement, the rule is on, and what follows is carried out.
    let without = branches.fork_without(main, 1, "with the rule").expect("a branch");
    while branches.head(without).journal().len() < 4 {
        assert_eq!(branches.step(without), Stepped::Event);
    }
    assert_eq!(off(branches.head(without)), named(&["fsync-failure-ignored"]));
}
