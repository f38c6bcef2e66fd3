//! Commands that only a console has.

use super::branch_tests::with_a_crash;
use super::seeking_tests::{far, long_run};
use super::tests::{console, finish, scratch};
use super::*;

/// Gives a line, lets the lab come to rest, and returns what the console said after the line.
fn told(lab: &mut Lab, line: &str) -> String {
    let before = lab.console_after(0).last().map_or(0, |line| line.number);
    lab.exec(line);
    finish(lab);
    let lines = lab.console_after(before).skip(1).map(|line| line.words.to_string());
    lines.collect::<Vec<_>>().join("\n")
}

fn steps(lab: &Lab) -> u64 {
    lab.shown_session().moment().steps
}

fn branch(lab: &Lab) -> String {
    lab.branch_name(lab.live)
}

#[test]
fn back_and_step_go_from_moment_to_moment() {
    let mut lab = with_a_crash();
    let end = steps(&lab);
    let said = told(&mut lab, "back 3");
    assert_eq!(steps(&lab), end - 3);
    assert!(said.contains(&format!("ms, step {} of {end} in main", end - 3)), "{said}");
    assert!(said.contains("\n  #"), "the events have their numbers: {said}");
    told(&mut lab, "back");
    assert_eq!(steps(&lab), end - 4);
    // In the past, a step shows what happened, and begins no branch.
    told(&mut lab, "step 2");
    assert_eq!((steps(&lab), branch(&lab).as_str()), (end - 2, "main"));
    let said = told(&mut lab, "step 100");
    assert!(said.contains(&format!("step {end}, the end of main")), "{said}");
    assert!(lab.past.is_none());
    // A statement is a moment of its own.
    let crash = lab.session().journal().get(1).expect("the crash").steps;
    told(&mut lab, &format!("goto step {crash}"));
    let said = told(&mut lab, "back");
    assert_eq!(steps(&lab), crash, "{said}");
    assert!(lab.shown_session().world().leader().is_some());

    told(&mut lab, "back 1000000");
    assert_eq!(lab.shown_session().moment(), Moment::default());
    assert!(told(&mut lab, "back").contains("it is the start"));
}

#[test]
fn goto_shows_a_time_a_step_an_event_or_the_end() {
    let mut lab = with_a_crash();
    let end = lab.session().moment();
    told(&mut lab, "goto 300ms");
    let world = lab.shown_session().world();
    assert!(world.now() <= Instant(300_000) && world.next_step_at() > Some(Instant(300_000)));
    told(&mut lab, "goto step 20");
    assert_eq!(steps(&lab), 20);

    // The event is one of those that led to the moment, also if a statement made it.
    let crash = lab.session().journal().get(1).expect("the crash").events.start;
    for number in [1, 2, 50, 51, crash, lab.session().world().event_count()] {
        let said = told(&mut lab, &format!("goto event {number}"));
        assert!(said.contains(&format!("\n  #{number} ")), "{number}: {said}");
    }
    told(&mut lab, "goto end");
    assert_eq!(lab.shown_session().moment(), end);
    for line in ["goto 60m", "goto step 9999999", "goto event 9999999"] {
        assert!(told(&mut lab, line).contains("the branch ends "), "{line}");
        assert_eq!(lab.shown_session().moment(), end);
    }
}

/// At the end, too, a step tells the moment to which it led.
#[test]
fn a_step_at_the_end_tells_its_events() {
    let mut lab = scratch();
    let said = told(&mut lab, "step 3");
    assert!(said.contains("ms, step 3, the end of main\n  #"), "{said}");
}

/// A moment that is far from a checkpoint is shown when the call returns.
#[test]
fn a_far_moment_is_shown_at_once() {
    let mut lab = long_run();
    let time = far(&lab, 29_000_000);
    lab.show_at(time);
    assert!(lab.is_seeking(), "it is far");
    lab.return_to_live();
    lab.exec(&format!("goto {}us", time.0));
    assert!(!lab.is_seeking() && lab.past.is_some());
    lab.exec("back 3000");
    assert!(!lab.is_seeking());
}

#[test]
fn time_stands_still_in_a_new_branch() {
    let mut lab = scratch();
    lab.set_running(true);
    lab.exec("fork trial");
    assert!(!lab.pacing().running);
}

#[test]
fn breakpoints_are_set_listed_and_removed() {
    let mut lab = scratch();
    assert_eq!(told(&mut lab, "break leader"), "breakpoint 1: leader");
    assert!(told(&mut lab, "break no leader").contains("2: no leader (it holds now"));
    assert!(told(&mut lab, "run 5s").contains("Breakpoint 1 holds: leader"));
    assert!(lab.session().goal().is_some(), "the statement is held");
    assert_eq!(told(&mut lab, "break remove 2"), "breakpoint 2 is removed");
    let list = told(&mut lab, "break list");
    assert!(list.starts_with("breakpoint 0: a property is broken\nbreakpoint 1: "), "{list}");
    assert!(told(&mut lab, "break remove 0").ends_with("is broken (off)"));
    assert!(!lab.breakpoints.stops_at_violation());
    assert_eq!(told(&mut lab, "break violation"), "breakpoint 0: a property is broken");
    assert!(lab.breakpoints.stops_at_violation());
    assert!(told(&mut lab, "break remove 7").contains("no breakpoint 7"));
}

#[test]
fn what_a_breakpoint_holds_goes_on_by_steps_or_at_once() {
    let mut lab = scratch();
    assert!(told(&mut lab, "continue").contains("nothing waits"));
    for line in ["break leader", "run 5s"] {
        told(&mut lab, line);
    }
    let held = steps(&lab);
    let said = told(&mut lab, "step 3");
    assert_eq!(steps(&lab), held + 3);
    assert!(said.contains(&format!("step {}, the end of main\n  #", held + 3)), "{said}");
    assert!(told(&mut lab, "step 10001").contains("at most 10000 steps"));
    assert_eq!(told(&mut lab, "continue"), "it is 5000.000ms");
    assert!(lab.session().goal().is_none());
    // A new statement takes the place of one that is held.
    for line in ["crash leader", "run 7s"] {
        told(&mut lab, line);
    }
    assert!(lab.session().goal().is_some());
    let now = lab.session().world().now();
    told(&mut lab, "run 10ms");
    assert_eq!(lab.session().world().now(), now + Duration::from_millis(10));
}

/// A script that is held is not lost because somebody types.
#[test]
fn a_script_that_is_held_goes_on() {
    let mut lab = Lab::run_script("cluster seed=3\nrun 1s\nrun 1s\nset x=1\n").expect("a script");
    lab.set_running(false);
    assert!(lab.has_script());
    told(&mut lab, "step 5");
    assert!(lab.has_script() && steps(&lab) == 5);
    assert!(told(&mut lab, "run 1ms").is_empty() && lab.has_script());
    assert!(console(&lab).contains("run 1ms (waits for the statement before it; `continue`"));
    let said = told(&mut lab, "continue");
    assert!(said.contains("The script has ended."), "{said}");
    assert!(!lab.has_script());
}

#[test]
fn a_branch_is_begun_listed_named_and_left() {
    let mut lab = with_a_crash();
    let end = lab.session().moment();
    told(&mut lab, "back 100");
    let place = steps(&lab);
    let said = told(&mut lab, "fork trial");
    assert!(said.starts_with("Here begins trial. What came after is in main."), "{said}");
    assert_eq!((branch(&lab).as_str(), steps(&lab)), ("trial", place));
    told(&mut lab, "fork");
    assert_eq!(branch(&lab), "branch 3");
    let list = told(&mut lab, "branches");
    let lines: Vec<&str> = list.lines().collect();
    assert!(lines[0].starts_with("  1 main: from the start; it ends at "), "{list}");
    assert!(lines[1].starts_with("  2 trial: from main at "), "{list}");
    assert!(lines[2].starts_with("▸ 3 branch 3: from trial at "), "{list}");
    assert!(lines[2].ends_with(&format!("after step {place}")), "{list}");

    assert!(told(&mut lab, "switch 1").contains("This is main now."));
    assert_eq!(lab.shown_session().moment(), end);
    told(&mut lab, "switch trial");
    assert_eq!(branch(&lab), "trial");
    told(&mut lab, "switch \"branch 3\"");
    assert_eq!(branch(&lab), "branch 3");
    assert!(told(&mut lab, "switch nobody").contains("there is no branch nobody"));
    assert!(told(&mut lab, "switch 9").contains("there is no branch 9"));
    assert!(told(&mut lab, "fork trial").contains("there is a branch trial already"));
    assert!(told(&mut lab, "fork \" \"").contains("1 to 40 characters"));
    assert_eq!(lab.branches.iter().len(), 3);
}

#[test]
fn undo_takes_the_last_order_back() {
    let mut lab = with_a_crash();
    let said = told(&mut lab, "undo");
    assert!(said.contains("“crash leader” is taken back."), "{said}");
    assert!(lab.session().world().leader().is_some());
    let mut lab = scratch();
    assert!(told(&mut lab, "undo").contains("nothing to take back"));
}

#[test]
fn diff_tells_where_branches_part_and_how_they_differ_now() {
    let mut lab = with_a_crash();
    assert!(told(&mut lab, "diff").contains("left no other one"));
    for line in ["undo", "run 2s"] {
        told(&mut lab, line);
    }
    let said = told(&mut lab, "diff");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], "only in main: crash leader");
    assert_eq!(lines[1], "the first event that differs:");
    assert!(lines[2].starts_with("  branch 2, step ") && lines[2].contains("ms "), "{said}");
    assert!(lines[3].starts_with("  main, step "), "{said}");
    assert!(lines[4].starts_with("at ") && lines[4].ends_with("ms, branch 2 | main:"), "{said}");
    assert!(lines[5].starts_with("  leader: node ") && lines[5].contains(" | "), "{said}");
    // The panel shows the same.
    lab.compare().expect("they differ");
    lab.exec("goto end");
    let frame = lab.frame();
    let panel = frame.lab.comparison.clone().expect("it is shown");
    let rows = panel.rows.iter().map(|row| format!("  {}: {} | {}", row.what, row.here, row.there));
    assert_eq!(lines[5..].join("\n"), rows.collect::<Vec<_>>().join("\n"));

    let other = told(&mut lab, "diff 1 2");
    assert!(other.contains("ms, main | branch 2:"), "{other}");
    // Before they part, nothing differs.
    told(&mut lab, "goto step 20");
    let said = told(&mut lab, "diff");
    assert!(said.contains("nothing differs"), "{said}");
    assert!(told(&mut lab, "diff 1 9").contains("there is no branch 9"));
    assert!(told(&mut lab, "diff 1 1").contains("do not differ"));
}

#[test]
fn logs_are_a_table_of_the_last_entries() {
    let mut lab = with_a_crash();
    let table = told(&mut lab, "logs");
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 7, "{table}");
    assert_eq!(lines[0].split_whitespace().collect::<Vec<_>>(), ["index", "1", "2", "3"]);
    let crashed = lines.iter().find(|line| line.contains(" crashed ")).expect(&table);
    assert!(crashed.ends_with("1 no-op ✓  1 x=1"), "{table}");
    assert!(lines.iter().any(|line| line.contains(" leader ") && line.contains("x=1 ✓")));
    // The columns are aligned.
    let column = |line: &str| line.find("1 x=1").map(|at| line[..at].chars().count());
    let columns: Vec<_> = lines[1..6].iter().map(|line| column(line)).collect();
    assert!(columns[0].is_some() && columns.iter().all(|place| *place == columns[0]), "{table}");

    let some = told(&mut lab, "logs 2 3");
    assert_eq!(some.lines().count(), 4, "{some}");
    assert!(told(&mut lab, "logs 9").contains("there is no node 9"));
    // They are those of the moment that is shown.
    told(&mut lab, "goto step 0");
    let first = told(&mut lab, "logs 1");
    assert!(first.starts_with("index\nnode 1 follower\n"), "{first}");
    // A long log: the last eight.
    told(&mut lab, "goto end");
    told(&mut lab, "load 100/s for=1s");
    told(&mut lab, "run 2s");
    let long = told(&mut lab, "logs 1");
    assert_eq!(long.lines().next().unwrap().split_whitespace().count(), 9, "{long}");
}

#[test]
fn an_entry_that_is_not_on_disk_yet_is_marked() {
    let mut lab = scratch();
    for line in ["run until leader", "run 200ms", "disk all latency=500ms", "set x=1", "run 60ms"] {
        told(&mut lab, line);
    }
    let table = told(&mut lab, "logs");
    assert!(table.contains("x=1 ~") && !table.contains("x=1 ✓"), "{table}");
}

#[test]
fn help_tells_the_forms() {
    let mut lab = scratch();
    let all = told(&mut lab, "help");
    assert!(all.contains("goto event 812") && all.contains("Statements: add, "), "{all}");
    let run = told(&mut lab, "help run");
    assert!(run.starts_with("run 2s ") && run.lines().count() == 3, "{run}");
    assert!(told(&mut lab, "help back").starts_with("back [3] "));
    assert!(told(&mut lab, "help frob").contains("a word with which a command begins"));
}

#[test]
fn commands_and_branches_are_completed() {
    let mut lab = with_a_crash();
    told(&mut lab, "fork trial");
    let texts = |text: &str| -> Vec<String> {
        lab.complete(text).into_iter().map(|offer| offer.text).collect()
    };
    assert_eq!(texts("b"), ["back", "branches", "break"]);
    assert!(texts("sw").contains(&"switch".to_owned()));
    assert_eq!(texts("switch "), ["1", "2"]);
    assert_eq!(texts("diff 1 "), ["1", "2"]);
    assert_eq!(texts("goto e"), ["end", "event"]);
    assert!(texts("break no l").contains(&"leader".to_owned()));
    assert!(texts("logs ").contains(&"3".to_owned()));
    assert!(texts("help go").contains(&"goto".to_owned()));
    assert!(!lab.complete_condition("").iter().any(|offer| offer.text == "back"));
}

/// A program that gives the line hears the answer.
#[test]
fn a_listener_hears_the_answer() {
    let mut lab = with_a_crash();
    let heard = Rc::new(RefCell::new(None));
    let listener = heard.clone();
    lab.exec_then("branches", move |result| *listener.borrow_mut() = Some(result));
    let Some(ExecResult::Done(words)) = heard.take() else { panic!("an answer") };
    assert!(words.contains("▸ 1 main: from the start"), "{words}");
    let listener = heard.clone();
    lab.exec_then("switch 5", move |result| *listener.borrow_mut() = Some(result));
    assert!(matches!(heard.take(), Some(ExecResult::Failed(_))));
}

/// The rows of a diagram as text: their times in microseconds, and the rows.
fn rows(said: &str) -> Vec<(u64, &str)> {
    let timed = |row| {
        let (time, _) = str::split_once(str::trim_start(row), "ms").expect("a row has its time");
        (time.replace('.', "").parse().expect("a time"), row)
    };
    said.lines().skip(1).map(timed).collect()
}

/// A leader, and a write that it commits; the time of the election.
fn with_a_write() -> (Lab, u64) {
    let mut lab = scratch();
    told(&mut lab, "run until leader");
    let elected = lab.session().world().now().0;
    for line in ["set x=1 via=leader", "run 80ms"] {
        told(&mut lab, line);
    }
    (lab, elected)
}

#[test]
fn a_diagram_is_drawn_of_the_time_before_the_shown_moment() {
    let (mut lab, elected) = with_a_write();
    let (end, now) = (lab.session().moment(), lab.session().world().now().0);
    let said = told(&mut lab, "diagram");
    assert!(said.trim_start().starts_with("node 1      node 2"), "{said}");
    assert!(said.contains("set x=1 → "), "{said}");
    assert!(rows(&said).iter().all(|(at, _)| (now - 100_000..=now).contains(at)), "{said}");
    assert_eq!(lab.shown_session().moment(), end);

    told(&mut lab, &format!("goto {elected}us"));
    let shown = lab.shown_session().moment();
    let all = told(&mut lab, "diagram from 0s");
    assert!(all.contains("#1 starts") && all.contains("becomes leader"), "{all}");
    assert!(rows(&all).iter().all(|(at, _)| *at <= elected), "{all}");
    // What is later than the shown moment is not drawn.
    assert_eq!(told(&mut lab, "diagram from 0s to 5s"), all);
    assert_eq!(told(&mut lab, "diagram to 5s"), told(&mut lab, "diagram"));
    let before = elected - 1000;
    let part = told(&mut lab, &format!("diagram to {before}us"));
    assert!(!rows(&part).is_empty());
    assert!(rows(&part).iter().all(|(at, _)| (before - 100_000..=before).contains(at)), "{part}");
    // Nothing is done.
    assert_eq!(lab.shown_session().moment(), shown);
    assert_eq!(lab.frame().lab.time.branches.len(), 1);
}

#[test]
fn a_diagram_has_each_format_and_its_limits() {
    let (mut lab, _) = with_a_write();
    for (format, begins) in
        [("svg", "<svg"), ("mermaid", "sequenceDiagram"), ("plantuml", "@startuml")]
    {
        let said = told(&mut lab, &format!("diagram {format}"));
        assert!(said.starts_with(begins), "{format}: {said}");
    }
    let said = told(&mut lab, "diagram from 60m");
    assert!(said.contains("nothing that is selected happens in that time"), "{said}");
    let value = "v".repeat(5000);
    for line in [&format!("set x={value}"), "run 10ms"] {
        told(&mut lab, line);
    }
    let said = told(&mut lab, "diagram");
    assert!(said.contains("is longer than the 4000 characters"), "{said}");
    for line in ["load 500/s for=1s", "run 2s"] {
        told(&mut lab, line);
    }
    let said = told(&mut lab, "diagram from 1s");
    assert!(said.contains("the console shows at most 400: choose a shorter time"), "{said}");
}

/// Only a part of a long run is computed again: the drawn time, and some steps before it.
#[test]
fn the_diagram_of_a_long_run_needs_only_a_part_of_it() {
    let mut lab = long_run();
    let said = told(&mut lab, "diagram from 1s");
    assert!(said.contains("steps, and the diagram of a long run has at most 100000"), "{said}");
    for time in (29_500..29_900).step_by(20) {
        let from = Instant(time * 1000);
        let diagram = lab.observed(from, Instant(29_950_000)).expect("a diagram");
        let (first, _) = diagram.event_range().expect("events");
        let first = diagram.step_of(first).expect("its step");
        let drawn = lab.branches.at_time(lab.live, from).expect("a time").moment().steps;
        assert!((1_900..10_000).contains(&(drawn - first)), "{} steps before", drawn - first);
    }
}

/// In a run that is not long, the operations can be judged.
#[test]
fn a_diagram_begins_with_the_run_if_it_is_not_long() {
    let lab = long_run();
    let observed = |from, until| lab.observed(Instant(from), Instant(until)).expect("a diagram");
    assert!(observed(14_900_000, 15_000_000).is_whole());
    assert!(!observed(29_900_000, 30_000_000).is_whole());
}

/// A rule is switched off at any moment, and the page shows the rules that were off at its moment.
#[cfg(feature = "bugs")]
#[test]
fn bugs_are_shown_that_were_there_then() {
    let mut lab = scratch();
    let off = |lab: &Lab| lab.frame().lab.rules_off.clone();
    let named = |lab: &Lab| off(lab).iter().map(|rule| rule.name).collect::<Vec<_>>();
    told(&mut lab, "run 100ms");
    let said = told(&mut lab, "break vote-ignores-log");
    assert!(said.contains("the rule vote-ignores-log (§5.4.1) is off: A server votes"), "{said}");
    let before = off(&lab);
    told(&mut lab, "run 100ms");
    assert!(Rc::ptr_eq(&before, &off(&lab)), "what did not change is the same memory");
    let said = told(&mut lab, "break vote-ignores-log");
    assert!(said.contains("is off already"), "{said}");
    told(&mut lab, "mend all");
    assert_eq!(named(&lab), [""; 0]);
    told(&mut lab, "goto 150ms");
    assert_eq!(named(&lab), ["vote-ignores-log"]);
    told(&mut lab, "goto 50ms");
    assert_eq!(named(&lab), [""; 0]);
    told(&mut lab, "goto end");
    let drawn = told(&mut lab, "diagram from 0ms");
    assert!(drawn.contains("the rule vote-ignores-log (§5.4.1) is off"), "{drawn}");
    assert!(drawn.contains("the rule vote-ignores-log is on again"), "{drawn}");
    // In the past it begins a branch, like every order.
    told(&mut lab, "goto 50ms");
    told(&mut lab, "break commit-old-term");
    assert_eq!((named(&lab), lab.branches.iter().count()), (vec!["commit-old-term"], 2));
}

#[cfg(feature = "bugs")]
#[test]
fn the_table_of_bugs_has_every_column() {
    let rules = crate::rules();
    assert!(rules.len() > 80);
    for rule in rules {
        assert!(rule.rule.ends_with('.') && rule.rule.len() > 20, "{rule:?}");
        assert!(!rule.breaks.is_empty() && !rule.seen_in.is_empty(), "{rule:?}");
        let is_named = |section: &str| section.contains('§') || section.starts_with("Figure ");
        assert!(rule.section.is_none_or(is_named), "{rule:?}");
        let script = format!("{}/../../{}", env!("CARGO_MANIFEST_DIR"), rule.script);
        assert!(std::path::Path::new(&script).exists(), "{script}");
    }
}
