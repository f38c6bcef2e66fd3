use std::time::Duration;

use proptest::prelude::*;
use raft_core::{NodeId, RoleKind};
use raft_sim::{DelayRange, Setup};

use super::*;
use crate::parse_line;

/// Carries out a line at the end of a branch, to its end. A refusal is no failure here.
fn exec(history: &mut History, id: BranchId, line: &str) {
    let statement = parse_line(line).unwrap_or_else(|error| panic!("{error}")).unwrap();
    if let Ok(Started::Waiting) = history.start(id, &statement) {
        while history.step(id) == Stepped::Event {}
    }
}

fn started(setup: Setup, lines: &[&str]) -> (History, BranchId) {
    let mut history = History::new(Session::new(setup).unwrap());
    let main = history.first();
    lines.iter().for_each(|line| exec(&mut history, main, line));
    (history, main)
}

/// What can be known of a session, in short.
fn summary(session: &Session) -> (u64, Moment, String, String) {
    let checks: Vec<_> = session.checks().results().collect();
    let (hash, text) = (session.world().trace_hash(), session.export());
    (hash, session.moment(), text, format!("{checks:?}"))
}

/// What a person may do.
#[derive(Clone, Debug)]
enum Doing {
    Line(&'static str),
    /// Moves the clock only, as the page does between events.
    Clock(u32),
    /// Begins a branch at a part of the way of the present one, and goes on there.
    Fork(f64),
    /// The same, without a statement.
    ForkWithout(f64),
}

fn doing() -> impl Strategy<Value = Doing> {
    let lines = prop::sample::select(vec![
        "set x=1",
        "append x y client=2",
        "load 200/s for=200ms",
        "crash leader",
        "restart all",
        "pause any follower",
        "resume all",
        "partition leader | others",
        "heal",
        "link all latency=10ms loss=5% duplicate=5%",
        "get x read=lease",
        "transfer any follower",
        "add 6",
        "remove any follower",
        "snapshot all",
        "disk any follower stall=100ms",
        "mark here",
        "run 50ms",
        "run 700ms",
        "run until leader within 2s",
        "expect safe",
        "step 30",
    ]);
    prop_oneof![
        8 => lines.prop_map(Doing::Line),
        2 => (0..50_000_u32).prop_map(Doing::Clock),
        1 => (0.0..1.0).prop_map(Doing::Fork),
        1 => (0.0..1.0).prop_map(Doing::ForkWithout),
    ]
}

/// A moment of the branch at this part of its steps.
fn part_of(session: &Session, part: f64) -> Moment {
    let steps = (session.moment().steps as f64 * part) as u64;
    session.journal().last_moment(steps)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// The same hash whether a moment is reached by running or by seeking, on every branch.
    #[test]
    fn a_moment_is_the_same_however_it_is_reached(
        seed in any::<u64>(),
        exact in any::<bool>(),
        doings in prop::collection::vec(doing(), 5..30),
        parts in prop::collection::vec(0.0..1.0_f64, 5),
    ) {
        // Equal delays make many things due at the same moment.
        let delay = if exact { DelayRange::millis(5, 5) } else { DelayRange::millis(1, 9) };
        let setup = Setup { seed, link_latency: delay, disk_latency: delay, ..Setup::default() };
        let (mut history, mut branch) = started(setup, &[]);
        // What each branch was when it ran.
        let mut seen: BTreeMap<(BranchId, Moment), _> = BTreeMap::new();
        for doing in doings {
            match doing {
                Doing::Line(line) => exec(&mut history, branch, line),
                Doing::Clock(micros) => {
                    let now = history.head(branch).world().now();
                    history.advance_clock(branch, now + Duration::from_micros(micros.into()));
                }
                Doing::Fork(part) => {
                    let moment = part_of(history.head(branch), part);
                    branch = history.fork(Place { branch, moment }, "fork").unwrap();
                }
                Doing::ForkWithout(part) => {
                    let lines = history.head(branch).journal().len();
                    let line = (lines as f64 * part) as usize;
                    if line < lines {
                        branch = history.fork_without(branch, line, "without").unwrap();
                        (0..300).for_each(|_| { history.step(branch); });
                    }
                }
            }
            let head = history.head(branch);
            seen.insert((branch, head.moment()), summary(head));
        }
        for ((branch, moment), summary_then) in seen {
            let again = history.at(Place { branch, moment }).unwrap();
            prop_assert_eq!(summary(&again).0, summary_then.0, "the hash of {} {:?}", branch, moment);
            prop_assert_eq!(summary(&again).1, summary_then.1);
            prop_assert_eq!(summary(&again).3, summary_then.3, "the checks");
        }
        // Moments in between: running on from there leads to the same end.
        for (id, branch) in history.branches() {
            for part in &parts {
                let moment = part_of(branch.head(), *part);
                let place = Place { branch: id, moment };
                let mut there = history.at(place).unwrap();
                prop_assert_eq!(there.moment(), moment);
                while there.moment() < branch.head().moment() {
                    prop_assert!(there.repeat(branch.head().journal()));
                }
                prop_assert_eq!(there.world().trace_hash(), branch.head().world().trace_hash());
            }
        }
    }
}

const FAILOVER: &[&str] =
    &["run until leader", "set a=1", "run 1s", "crash leader", "set b=2", "run 2s", "run 1s"];

#[test]
fn the_past_is_there_and_the_future_is_not() {
    let (history, main) = started(Setup::default(), FAILOVER);
    let head = history.head(main);
    let end = head.moment();
    assert!(end.steps > 500 && history.branch(main).unwrap().checkpoints() > 1, "{end:?}");
    // Before the crash there is the first leader, and its log has one command less.
    let crash = head.journal().get(1).unwrap().clone();
    let before = Place { branch: main, moment: Moment { steps: crash.steps, lines: 1 } };
    let session = history.at(before).unwrap();
    assert_eq!(session.world().now(), crash.at);
    assert_ne!(session.world().leader(), head.world().leader());
    assert_eq!(session.journal().len(), 1);
    for wrong in [
        Moment { steps: end.steps + 1, ..end },
        Moment { lines: end.lines + 1, ..end },
        // The statements before a step are part of its past.
        Moment { lines: 0, ..end },
        Moment { lines: 3, steps: crash.steps - 1 },
    ] {
        let found = history.at(Place { branch: main, moment: wrong }).map(drop);
        assert_eq!(found, Err(Unreachable::NoMoment(wrong)));
    }
}

#[test]
fn a_way_can_be_gone_bit_by_bit() {
    let (history, main) = started(Setup::default(), FAILOVER);
    let moment = part_of(history.head(main), 0.9);
    let mut seek = history.seek(Place { branch: main, moment }).unwrap();
    let mut bits = 0;
    while !seek.advance(50).unwrap() {
        bits += 1;
        assert!(seek.steps_left() > 0);
    }
    assert!(bits > 2, "{bits}");
    assert_eq!(seek.finish().unwrap().moment(), moment);
}

/// Looking and forking do not change the branch that was there before.
#[test]
fn what_happens_in_a_branch_stays_in_it() {
    let (mut history, main) = started(Setup::default(), FAILOVER);
    let before = summary(history.head(main));
    let moment = part_of(history.head(main), 0.3);
    let fork = history.fork(Place { branch: main, moment }, "other").unwrap();
    exec(&mut history, fork, "crash all");
    exec(&mut history, fork, "run 1s");
    assert_eq!(summary(history.head(main)), before);
    let branch = history.branch(fork).unwrap();
    assert_eq!((branch.name(), branch.parent().unwrap().moment), ("other", moment));
    // It can be at the moments that it shares with the other branch, also if that one is gone.
    let early = part_of(history.head(main), 0.1);
    let shared = summary(&history.at(Place { branch: main, moment: early }).unwrap());
    history.remove(main).unwrap();
    let again = history.at(Place { branch: fork, moment: early }).unwrap();
    assert_eq!(summary(&again), shared);
    assert_eq!(history.remove(fork), Err(Unreachable::OnlyBranch));
    assert_eq!(history.branch(main).map(drop), Err(Unreachable::NoBranch(main)));
}

#[test]
fn a_branch_without_a_statement_carries_out_the_later_ones() {
    let (mut history, main) = started(Setup::default(), FAILOVER);
    let fork = history.fork_without(main, 1, "no crash").unwrap();
    assert_eq!(history.branch(fork).unwrap().planned().len(), 1);
    let end = history.head(main).world().now();
    while history.head(fork).world().now() < end {
        history.step(fork);
    }
    let head = history.head(fork);
    let statements: Vec<_> = head.journal().iter().map(|l| l.statement.to_string()).collect();
    assert_eq!(statements, ["set a=1", "set b=2"]);
    assert_eq!(head.journal().get(1).unwrap().at, history.head(main).journal().get(2).unwrap().at);
    let leads = |id| head.world().node(id).unwrap().core().unwrap().role() == RoleKind::Leader;
    assert_eq!((1..=5).map(NodeId).filter(|id| leads(*id)).count(), 1, "nobody crashed");

    let difference = history.difference(main, fork).unwrap().unwrap();
    assert_eq!(difference.only_in_first, ["crash leader"]);
    assert!(difference.only_in_second.is_empty());
    assert_eq!(difference.common.lines, 1);
    let Differing { first, second } = difference.event.expect("the branches differ");
    assert_ne!(first.words, second.words);
    let after = |happened: &Happened| {
        assert!(happened.place.moment.steps >= difference.common.steps, "{happened:?}");
        history.at(happened.place).unwrap()
    };
    // Each branch can be at its side of the difference.
    assert_eq!(after(&first).journal().len(), 3);
    assert_eq!(after(&second).journal().len(), 2);
    assert_eq!(history.difference(main, main), Ok(None));
}

#[test]
fn a_command_of_a_person_ends_the_repetition() {
    let (mut history, main) = started(Setup::default(), FAILOVER);
    let fork = history.fork_without(main, 1, "no crash").unwrap();
    exec(&mut history, fork, "set c=3");
    exec(&mut history, fork, "run 3s");
    let head = history.head(fork);
    let statements: Vec<_> = head.journal().iter().map(|l| l.statement.to_string()).collect();
    assert_eq!(statements, ["set a=1", "set c=3"]);
}

/// The number of checkpoints is bounded, and the first one stays.
#[test]
fn checkpoints_thin_out() {
    let (mut history, main) = started(Setup::default(), &["run until leader"]);
    let most = u64::try_from(History::MAX_CHECKPOINTS).unwrap();
    exec(&mut history, main, &format!("step {}", most * 500 + 5_000));
    let branch = history.branch(main).unwrap();
    let count = branch.checkpoints();
    assert!(count > History::MAX_CHECKPOINTS / 2 && count < History::MAX_CHECKPOINTS, "{count}");
    let first = Place { branch: main, moment: Moment::default() };
    assert_eq!(history.at(first).unwrap().moment(), Moment::default());
}

#[test]
fn an_event_knows_its_moment() {
    let (history, main) = started(Setup::default(), FAILOVER);
    let head = history.head(main);
    let crash = head.journal().get(1).unwrap();
    let after_crash = history
        .at(Place { branch: main, moment: Moment { steps: crash.steps, lines: 2 } })
        .unwrap();
    for event in after_crash.events() {
        assert_eq!(head.journal().moment_of(event.number, event.step), after_crash.moment());
    }
    let moment = part_of(head, 0.7);
    let session = history.at(Place { branch: main, moment }).unwrap();
    for event in session.events() {
        assert_eq!(head.journal().moment_of(event.number, event.step), moment);
    }
}
