use std::time::Duration;

use proptest::prelude::*;
use raft_core::{NodeId, RoleKind, Term};
use raft_explain::Question;
use raft_sim::{DelayRange, EventNumber, MessageId, Setup};

use super::*;
use crate::parse_line;

/// Carries out a line at the end of a branch, to its end. A refusal is no failure here.
fn exec(branches: &mut Branches, id: BranchId, line: &str) {
    let statement = parse_line(line).unwrap_or_else(|error| panic!("{error}")).unwrap();
    if let Ok(Started::Waiting) = branches.start(id, &statement) {
        while branches.step(id) == Stepped::Event {}
    }
}

fn started(setup: Setup, lines: &[&str]) -> (Branches, BranchId) {
    let mut branches = Branches::new(Session::new(setup).unwrap());
    let main = branches.first();
    lines.iter().for_each(|line| exec(&mut branches, main, line));
    (branches, main)
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
    /// Does something to a message that is under way, at a part of their list.
    Handle(&'static str, f64),
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
        "hold next AppendEntries leader -> any follower",
        "release next AppendEntries leader -> any follower",
    ]);
    let deeds = vec!["hold", "hold", "release", "deliver", "duplicate", "drop"];
    let deeds = prop::sample::select(deeds);
    prop_oneof![
        3 => (deeds, 0.0..1.0).prop_map(|(deed, part)| Doing::Handle(deed, part)),
        8 => lines.prop_map(Doing::Line),
        2 => (0..50_000_u32).prop_map(Doing::Clock),
        1 => (0.0..1.0).prop_map(Doing::Fork),
        1 => (0.0..1.0).prop_map(Doing::ForkWithout),
    ]
}

/// The messages that are under way, or those of them that are held.
fn ids_under_way(session: &Session, only_held: bool) -> Vec<MessageId> {
    let messages = session.world().in_flight();
    let wanted = messages.filter(|message| !only_held || message.held_since().is_some());
    wanted.map(|message| message.id).collect()
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
        let (mut branches, mut branch) = started(setup, &[]);
        // What each branch was when it ran.
        let mut seen: BTreeMap<(BranchId, Moment), _> = BTreeMap::new();
        for doing in doings {
            match doing {
                Doing::Line(line) => exec(&mut branches, branch, line),
                Doing::Handle(deed, part) => {
                    let ids: Vec<_> = ids_under_way(branches.head(branch), deed == "release");
                    if let Some(id) = ids.get((ids.len() as f64 * part) as usize) {
                        exec(&mut branches, branch, &format!("{deed} message {id}"));
                    }
                }
                Doing::Clock(micros) => {
                    let now = branches.head(branch).world().now();
                    branches.advance_clock(branch, now + Duration::from_micros(micros.into()));
                }
                Doing::Fork(part) => {
                    let moment = part_of(branches.head(branch), part);
                    branch = branches.fork(Place { branch, moment }, "fork").unwrap();
                }
                Doing::ForkWithout(part) => {
                    let lines = branches.head(branch).journal().len();
                    let line = (lines as f64 * part) as usize;
                    if line < lines {
                        branch = branches.fork_without(branch, line, "without").unwrap();
                        (0..300).for_each(|_| { branches.step(branch); });
                    }
                }
            }
            let head = branches.head(branch);
            seen.insert((branch, head.moment()), summary(head));
        }
        for ((branch, moment), summary_then) in seen {
            let again = branches.at(Place { branch, moment }).unwrap();
            prop_assert_eq!(summary(&again).0, summary_then.0, "{} {:?}", branch, moment);
            prop_assert_eq!(summary(&again).1, summary_then.1);
            prop_assert_eq!(summary(&again).3, summary_then.3, "the checks");
        }
        prop_assert_eq!(facts(&restored(branches.keep())), facts(&branches));
        // Moments in between: running on from there leads to the same end.
        for (id, branch) in branches.iter() {
            for part in &parts {
                let moment = part_of(branch.head(), *part);
                let place = Place { branch: id, moment };
                let mut there = branches.at(place).unwrap();
                prop_assert_eq!(there.moment(), moment);
                while there.moment() < branch.head().moment() {
                    prop_assert!(there.repeat(branch.head().journal()));
                }
                prop_assert_eq!(there.world().trace_hash(), branch.head().world().trace_hash());
            }
        }
    }
}

/// What can be known of each branch.
fn facts(branches: &Branches) -> Vec<impl PartialEq + fmt::Debug + use<>> {
    let of = |(id, branch): (BranchId, &Branch)| {
        let marks: Vec<Mark> = branch.marks().cloned().collect();
        let operations: Vec<MarkedOperation> = branch.operations().cloned().collect();
        let planned: Vec<Journaled> = branch.planned().cloned().collect();
        let planned: Vec<_> =
            planned.into_iter().map(|line| (line.at, line.steps, line.statement)).collect();
        let (name, parent, began_at) = (branch.name.clone(), branch.parent, branch.began_at);
        let now = branch.head.world().now();
        ((id, name, parent, began_at), summary(&branch.head), now, marks, operations, planned)
    };
    branches.iter().map(of).collect()
}

fn restored(kept: Vec<KeptBranch>) -> Branches {
    let mut restoring = Restoring::new(kept).unwrap();
    while !restoring.advance(100).unwrap() {
        assert!(restoring.progress() < 1.001);
    }
    restoring.finish()
}

const FAILOVER: &[&str] =
    &["run until leader", "set a=1", "run 1s", "crash leader", "set b=2", "run 2s", "run 1s"];

#[test]
fn the_past_is_there_and_the_future_is_not() {
    let (branches, main) = started(Setup::default(), FAILOVER);
    let head = branches.head(main);
    let end = head.moment();
    assert!(end.steps > 500 && branches.get(main).unwrap().checkpoints() > 1, "{end:?}");
    // Before the crash there is the first leader, and its log has one command less.
    let crash = head.journal().get(1).unwrap().clone();
    let before = Place { branch: main, moment: Moment { steps: crash.steps, lines: 1 } };
    let session = branches.at(before).unwrap();
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
        let found = branches.at(Place { branch: main, moment: wrong }).map(drop);
        assert_eq!(found, Err(Unreachable::NoMoment(wrong)));
    }
}

#[test]
fn a_way_can_be_gone_bit_by_bit() {
    let (branches, main) = started(Setup::default(), FAILOVER);
    let moment = part_of(branches.head(main), 0.6);
    let mut seek = branches.seek(Place { branch: main, moment }).unwrap();
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
    let (mut branches, main) = started(Setup::default(), FAILOVER);
    let before = summary(branches.head(main));
    let moment = part_of(branches.head(main), 0.3);
    let fork = branches.fork(Place { branch: main, moment }, "other").unwrap();
    exec(&mut branches, fork, "crash all");
    exec(&mut branches, fork, "run 1s");
    assert_eq!(summary(branches.head(main)), before);
    let branch = branches.get(fork).unwrap();
    assert_eq!((branch.name(), branch.parent().unwrap().moment), ("other", moment));
    // It can be at the moments that it shares with the other branch, also if that one is gone.
    let early = part_of(branches.head(main), 0.1);
    let shared = summary(&branches.at(Place { branch: main, moment: early }).unwrap());
    branches.remove(main).unwrap();
    let again = branches.at(Place { branch: fork, moment: early }).unwrap();
    assert_eq!(summary(&again), shared);
    assert_eq!(branches.remove(fork), Err(Unreachable::OnlyBranch));
    assert_eq!(branches.get(main).map(drop), Err(Unreachable::NoBranch(main)));
}

#[test]
fn a_branch_without_a_statement_carries_out_the_later_ones() {
    let (mut branches, main) = started(Setup::default(), FAILOVER);
    let fork = branches.fork_without(main, 1, "no crash").unwrap();
    assert_eq!(branches.get(fork).unwrap().planned().len(), 1);
    let end = branches.head(main).world().now();
    while branches.head(fork).world().now() < end {
        branches.step(fork);
    }
    let head = branches.head(fork);
    let statements: Vec<_> = head.journal().iter().map(|l| l.statement.to_string()).collect();
    assert_eq!(statements, ["set a=1", "set b=2"]);
    assert_eq!(head.journal().get(1).unwrap().at, branches.head(main).journal().get(2).unwrap().at);
    let leads = |id| head.world().node(id).unwrap().core().unwrap().role() == RoleKind::Leader;
    assert_eq!((1..=5).map(NodeId).filter(|id| leads(*id)).count(), 1, "nobody crashed");

    let difference = branches.difference(main, fork).unwrap().unwrap();
    assert_eq!(difference.only_in_first, ["crash leader"]);
    assert!(difference.only_in_second.is_empty());
    assert_eq!(difference.common.lines, 1);
    let Differing { first, second } = difference.event.expect("the branches differ");
    assert_ne!(first.words, second.words);
    let after = |happened: &Happened| {
        assert!(happened.place.moment.steps >= difference.common.steps, "{happened:?}");
        branches.at(happened.place).unwrap()
    };
    // Each branch can be at its side of the difference.
    assert_eq!(after(&first).journal().len(), 3);
    assert_eq!(after(&second).journal().len(), 2);
    assert_eq!(branches.difference(main, main), Ok(None));
}

#[test]
fn a_command_of_a_person_ends_the_repetition() {
    let (mut branches, main) = started(Setup::default(), FAILOVER);
    let fork = branches.fork_without(main, 1, "no crash").unwrap();
    exec(&mut branches, fork, "set c=3");
    exec(&mut branches, fork, "run 3s");
    let head = branches.head(fork);
    let statements: Vec<_> = head.journal().iter().map(|l| l.statement.to_string()).collect();
    assert_eq!(statements, ["set a=1", "set c=3"]);
}

/// A crash, and a command 203 ms later.
const SPACED: &[&str] =
    &["run until leader", "set a=1", "run 300ms", "crash leader", "run 203ms", "set b=2", "run 2s"];

/// Waiting is no command, and ends in time.
#[test]
fn the_repetition_goes_on_while_a_person_waits() {
    let (mut branches, main) = started(Setup::default(), SPACED);
    let planned = branches.head(main).journal().get(2).unwrap().at;
    // Nothing else is due shortly before it.
    for early in [1, 200, 1_000, 2_000].map(|micros| planned.0 - micros) {
        let fork = branches.fork_without(main, 1, "no crash").unwrap();
        exec(&mut branches, fork, &format!("run until {early}us"));
        assert_eq!(branches.head(fork).world().now().0, early);
        assert_eq!(branches.get(fork).unwrap().planned().len(), 1);
        branches.remove(fork).unwrap();
    }
    let fork = branches.fork_without(main, 1, "no crash").unwrap();
    let end = branches.head(main).world().now();
    exec(&mut branches, fork, &format!("run until {}us", end.0));
    let head = branches.head(fork);
    let statements: Vec<_> = head.journal().iter().map(|l| l.statement.to_string()).collect();
    assert_eq!(statements, ["set a=1", "set b=2"]);
    assert_eq!(head.journal().get(1).unwrap().at, planned);
    assert_eq!(head.world().now(), end);
}

/// Nothing that was due is left out, and nothing later is done.
#[test]
fn a_time_is_a_moment_too() {
    let (branches, main) = started(Setup::default(), SPACED);
    let journal = branches.head(main).journal();
    let end = branches.head(main).world().now();
    let written = journal.get(2).unwrap().at;
    for time in [Instant(0), Instant(1), Instant(150_000), written, Instant(written.0 - 1), end] {
        let session = branches.at_time(main, time).unwrap();
        assert!(session.world().now() <= time);
        assert!(session.next_repeated_at(journal).is_none_or(|next| next > time), "{time}");
    }
    let late = branches.at_time(main, Instant(end.0 + 1)).unwrap();
    assert_eq!(late.moment(), branches.head(main).moment());
    assert_eq!(branches.at_time(main, written).unwrap().journal().len(), 3);
    assert_eq!(branches.at_time(main, Instant(written.0 - 1)).unwrap().journal().len(), 2);
}

/// The number of checkpoints is bounded, and the first one stays.
#[test]
fn checkpoints_thin_out() {
    let (mut branches, main) = started(Setup::default(), &["run until leader"]);
    let most = u64::try_from(Branches::MAX_CHECKPOINTS).unwrap();
    exec(&mut branches, main, &format!("step {}", (most + 10) * checkpoints::FIRST_GAP));
    let branch = branches.get(main).unwrap();
    let count = branch.checkpoints();
    assert!(count > Branches::MAX_CHECKPOINTS / 2 && count < Branches::MAX_CHECKPOINTS, "{count}");
    let first = Place { branch: main, moment: Moment::default() };
    assert_eq!(branches.at(first).unwrap().moment(), Moment::default());
}

#[test]
fn an_event_knows_its_moment() {
    let (branches, main) = started(Setup::default(), FAILOVER);
    let head = branches.head(main);
    let crash = head.journal().get(1).unwrap();
    let after_crash = branches
        .at(Place { branch: main, moment: Moment { steps: crash.steps, lines: 2 } })
        .unwrap();
    for event in after_crash.events() {
        assert_eq!(head.journal().moment_of(event.number, event.step), after_crash.moment());
    }
    let moment = part_of(head, 0.7);
    let session = branches.at(Place { branch: main, moment }).unwrap();
    for event in session.events() {
        assert_eq!(head.journal().moment_of(event.number, event.step), moment);
    }
}

#[test]
fn marks_say_who_led_and_what_was_broken() {
    let (mut branches, main) = started(Setup::default(), FAILOVER);
    let kinds = |branches: &Branches, id| {
        let kinds = branches.get(id).unwrap().marks().map(|mark| mark.kind.clone());
        kinds.filter(|kind| !matches!(kind, MarkKind::AsksForVotes { .. })).collect::<Vec<_>>()
    };
    let of_main = kinds(&branches, main);
    let [MarkKind::Leads { node, .. }, rest @ ..] = &of_main[..] else { panic!("{of_main:?}") };
    let [MarkKind::LeadsNoMore(first), MarkKind::Down(down), MarkKind::Leads { .. }] = rest else {
        panic!("{rest:?}");
    };
    assert_eq!((node, node), (first, down));
    // Each mark is of its moment: before it, that was not so.
    let is_crash = |mark: &&Mark| matches!(mark.kind, MarkKind::Down(_));
    let crash = branches.get(main).unwrap().marks().find(is_crash).unwrap().moment;
    let is_up = |branches: &Branches, moment| {
        let session = branches.at(Place { branch: main, moment }).unwrap();
        session.world().node(*node).unwrap().core().is_some()
    };
    assert!(!is_up(&branches, crash));
    let before = Moment { lines: crash.lines - 1, ..crash };
    assert!(is_up(&branches, before));
    // A branch that begins before the crash has no mark of it, though the steps are the same.
    let fork = branches.fork(Place { branch: main, moment: before }, "no crash").unwrap();
    assert_eq!(kinds(&branches, fork), of_main[..1]);
    exec(&mut branches, fork, "cut 1 -> 2");
    exec(&mut branches, fork, "crash leader");
    let of_fork = kinds(&branches, fork);
    assert!(matches!(&of_fork[1], MarkKind::LinkChanged(words) if words.contains("from node 1")));
    assert_eq!(of_fork[2..], rest[..2]);
}

/// Also with servers whose parent was removed, and while statements are still to be repeated.
#[test]
fn branches_are_computed_again_from_their_statements() {
    let (mut branches, main) = started(Setup::default(), FAILOVER);
    let moment = part_of(branches.head(main), 0.5);
    let middle = branches.fork(Place { branch: main, moment }, "middle").unwrap();
    exec(&mut branches, middle, "set c=3");
    let last = branches.fork_without(middle, 0, "without a").unwrap();
    branches.remove(middle).unwrap();
    let kept = branches.keep();
    assert_eq!(kept.iter().map(|branch| branch.number).collect::<Vec<_>>(), [1, 3]);
    assert!(!branches.get(last).unwrap().planned.is_empty());
    let mut again = restored(kept.clone());
    assert_eq!(facts(&again), facts(&branches));
    // Each goes on as the other one does, and branches that begin later have later numbers.
    for branches in [&mut branches, &mut again] {
        exec(branches, last, "run 2s");
        let moment = branches.head(last).moment();
        assert_eq!(branches.fork(Place { branch: last, moment }, "next").unwrap().number(), 4);
    }
    assert_eq!(facts(&again), facts(&branches));
    assert_eq!(again.difference(main, last), branches.difference(main, last));
    assert_ne!(kept, branches.keep());
}

#[test]
fn data_that_are_no_branches_are_refused_in_words() {
    let (branches, _) = started(Setup::default(), FAILOVER);
    let kept = branches.keep();
    let error = |change: &dyn Fn(&mut KeptBranch)| {
        let mut wrong = kept.clone();
        change(&mut wrong[0]);
        let mut restoring = match Restoring::new(wrong) {
            Ok(restoring) => restoring,
            Err(error) => return error,
        };
        loop {
            match restoring.advance(1_000) {
                Ok(is_done) => assert!(!is_done, "it is refused"),
                Err(error) => return error,
            }
        }
    };
    assert_eq!(Restoring::new(Vec::new()).unwrap_err(), "it has no branch");
    let twice = [kept.clone(), kept.clone()].concat();
    assert_eq!(Restoring::new(twice).unwrap_err(), "branch 1 comes after branch 1");
    assert!(error(&|branch| branch.end.steps = u64::MAX).contains("are possible"));
    assert_eq!(error(&|branch| branch.opening.clear()), "no statement makes its world");
    assert!(error(&|branch| branch.opening.push("set a=1".into())).contains("makes no world"));
    assert!(error(&|branch| branch.opening[0].push_str(" nods=3")).contains("nods"));
    assert!(error(&|branch| branch.lines[0].text = "crush 1".into()).contains("crush"));
    assert!(error(&|branch| branch.lines[0].text = "set a=1\nset b=1".into()).contains("one"));
    assert!(error(&|branch| branch.lines[0].text = "crash 9".into()).contains("no moment"));
    assert!(error(&|branch| branch.lines[1].at += 1).contains("no moment"));
    assert!(error(&|branch| branch.end.lines += 1).contains("no moment"));
    assert!(error(&|branch| branch.end_at += 1_000_000).contains("another run"));
    assert!(error(&|branch| branch.trace_hash += 1).contains("another run"));
    // The same steps at the same times with another value.
    assert!(error(&|branch| branch.lines[0].text = "set a=7".into()).contains("another run"));
}

#[test]
fn the_branches_of_another_run_get_the_next_numbers() {
    let (mut branches, main) = started(Setup::default(), FAILOVER);
    let (mut other, first) = started(Setup { seed: 7, ..Setup::default() }, &["run 1s"]);
    let moment = part_of(other.head(first), 0.5);
    let second = other.fork(Place { branch: first, moment }, "second").unwrap();
    let ids = branches.take_over(other.clone());
    assert_eq!((ids[&first].number(), ids[&second].number()), (2, 3));
    assert_eq!(summary(branches.head(ids[&first])), summary(other.head(first)));
    assert_eq!(branches.get(ids[&second]).unwrap().parent.unwrap().branch, ids[&first]);
    assert_eq!(facts(&restored(branches.keep())), facts(&branches));
    let moment = branches.head(main).moment();
    assert_eq!(branches.fork(Place { branch: main, moment }, "next").unwrap().number(), 4);
}

/// Each sending and each arrival at a node, found one after the other in both directions.
#[test]
fn events_are_found_in_both_directions() {
    let (branches, main) = started(Setup::default(), FAILOVER);
    let of_node_three = |event: &raft_sim::Event| {
        matches!(event.kind, raft_sim::EventKind::Message { from, to, .. }
            if from == NodeId(3) || to == NodeId(3))
    };
    let head = branches.head(main).moment();
    let walk = |from: Moment, forward: bool| {
        let mut moments = vec![from];
        while let Some(next) =
            branches.find(main, *moments.last().unwrap(), forward, of_node_three).unwrap()
        {
            moments.push(next);
        }
        moments.split_off(1)
    };
    let forward = walk(Moment::default(), true);
    assert!(forward.len() > 100 && forward.is_sorted(), "{}", forward.len());
    for moment in &forward {
        let session = branches.at(Place { branch: main, moment: *moment }).unwrap();
        assert!(session.events().iter().any(of_node_three));
    }
    let mut backward = walk(head, false);
    backward.reverse();
    let before_the_end: Vec<Moment> = forward.into_iter().filter(|found| *found < head).collect();
    assert_eq!(backward, before_the_end);
    assert_eq!(branches.find(main, head, true, of_node_three), Ok(None));
}

#[test]
fn operations_have_their_time_in_the_branch() {
    let (mut branches, main) = started(Setup::default(), FAILOVER);
    let of = |branches: &Branches, id| -> Vec<MarkedOperation> {
        branches.get(id).unwrap().operations().cloned().collect()
    };
    let operations = of(&branches, main);
    let words: Vec<_> = operations.iter().map(|operation| &*operation.words).collect();
    assert_eq!(words, ["set a=1", "set b=2"]);
    let (end, _, is_answered) = operations[0].ends.expect("it is answered");
    assert!(is_answered && end > operations[0].begins.0);
    let commits: Vec<Moment> = branches.get(main).unwrap().commits().map(|(at, _)| at).collect();
    assert!(commits.is_sorted() && commits.len() >= 4, "two no-ops, two commands: {commits:?}");

    // In a branch that begins before the answer, the client waits.
    let moment = operations[0].begins.0;
    let fork = branches.fork(Place { branch: main, moment }, "earlier").unwrap();
    let earlier = of(&branches, fork);
    assert_eq!((earlier.len(), earlier[0].ends), (1, None));
    exec(&mut branches, fork, "run 1s");
    assert_eq!(of(&branches, fork), operations[..1]);
}

#[test]
fn checkpoints_stay_below_their_bytes_over_a_long_run() {
    let (mut branches, main) = started(Setup::default(), &["load 200/s for=60s clients=4"]);
    let (_, bytes_of_one) = branches.checkpoint_bytes();
    branches.budget = 60 * bytes_of_one;
    let (mut most, mut seen) = (0, Vec::new());
    while branches.head(main).world().now() < Instant(60_000_000) {
        branches.step(main);
        let (count, bytes) = branches.checkpoint_bytes();
        assert!(bytes <= branches.budget, "{count} checkpoints have {bytes} bytes");
        most = most.max(count);
        let head = branches.head(main);
        if head.moment().steps.is_multiple_of(10_000) {
            seen.push((head.moment(), head.world().trace_hash()));
        }
    }
    let (count, _) = branches.checkpoint_bytes();
    assert!(most >= 8 && count >= 4, "{most}, then {count} checkpoints");
    // A branch has the same checkpoints: they count once.
    let before = branches.checkpoint_bytes();
    let moment = branches.head(main).moment();
    branches.fork(Place { branch: main, moment }, "copy").expect("its end");
    assert_eq!(branches.checkpoint_bytes(), before);
    for (moment, hash) in seen {
        let at = branches.at(Place { branch: main, moment }).expect("a moment of it");
        assert_eq!(at.world().trace_hash(), hash, "{moment:?}");
    }
}

/// A question is answered from a checkpoint. What happened before the first one is not known,
/// although the session could play its run again from the beginning.
#[test]
fn a_question_is_answered_from_a_checkpoint() {
    let (earlier, main) = started(Setup::default(), &["run until leader"]);
    let mut branches = Branches::new(earlier.head(main).clone());
    let main = branches.first();
    exec(&mut branches, main, "run 300ms");
    let head = branches.head(main).clone();
    for (number, is_known) in [(1, false), (head.world().event_count(), true)] {
        let question = Question::Event(EventNumber::new(number).unwrap());
        let why = Statement::Why(question.clone());
        assert!(head.clone().start(&why).is_ok());
        let explained = branches.explain(main, &head, &question);
        assert_eq!(explained.is_ok(), is_known);
        let explained = explained.map(|explanation| Started::Done(Reply::from(&explanation)));
        let explained = explained.map_err(|error| StatementError::Unanswerable(error).into());
        assert_eq!(branches.start(main, &why), explained);
    }
}

#[test]
fn what_happened_long_ago_is_explained_as_by_the_whole_run() {
    let setup = Setup { nodes: 3, ..Setup::default() };
    let (mut branches, main) = started(setup, &["run until leader", "crash any follower"]);
    let down = branches.head(main).world().nodes().find(|node| node.core().is_none()).unwrap();
    let stopped = Question::Stopped(down.id());
    exec(&mut branches, main, "run 100s");
    let shown = branches.head(main).clone();
    assert!(shown.world().steps() > 3 * 2_000, "{}", shown.world().steps());
    for question in [Question::Term(Term(1)), stopped] {
        let found = branches.explain(main, &shown, &question).expect("an answer");
        assert_eq!(found, shown.explain(&question).expect("an answer"), "{question:?}");
        assert!(!found.findings[0].chains.is_empty(), "{question:?}");
    }
}
