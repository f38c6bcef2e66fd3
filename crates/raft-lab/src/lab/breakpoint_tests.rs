//! Breakpoints of a lab: when they pause, and when not.

#[cfg(feature = "bugs")]
use super::tests::ended;
use super::tests::{console, finish, scratch};
use super::*;
use crate::BreakpointView;

/// How often the console has told that a breakpoint holds.
fn fired(lab: &Lab) -> usize {
    console(lab).matches("Breakpoint ").count()
}

fn row(lab: &Lab, id: u32) -> BreakpointView {
    let rows = lab.frame().lab.breakpoints.clone();
    rows.iter().find(|row| row.id == id).expect("it is there").clone()
}

/// A lab that runs as fast as the machine allows until it pauses itself.
fn run(lab: &mut Lab) {
    lab.set_running(true);
    finish(lab);
}

#[test]
fn time_pauses_when_a_condition_comes_to_hold() {
    let mut lab = scratch();
    assert_eq!(lab.add_breakpoint("leader"), Ok(1));
    assert!(!row(&lab, 1).holds);
    run(&mut lab);
    let leader = lab.session().world().leader().expect("it is the first moment with a leader");
    assert!(row(&lab, 1).holds);
    let frame = lab.frame();
    let line = frame.lab.console.last().expect("it was told");
    assert_eq!(line.words.to_string(), "Breakpoint 1 holds: leader");
    assert_eq!(line.at, lab.session().world().now());
    let steps = lab.session().world().steps();
    lab.show(steps - 1);
    assert_eq!(lab.shown_session().world().leader(), None, "it pauses after that step at once");
    lab.return_to_live();
    assert_eq!(fired(&lab), 1, "looking at the past is no event");
    // It does not fire again while it holds.
    lab.exec("run 5s");
    finish(&mut lab);
    assert_eq!((fired(&lab), lab.session().world().leader()), (1, Some(leader)));
    // It fires when it comes to hold again.
    lab.exec("crash leader");
    assert!(!row(&lab, 1).holds);
    run(&mut lab);
    assert_eq!(fired(&lab), 2);
    assert_ne!(lab.session().world().leader(), Some(leader));
}

#[test]
fn time_pauses_when_something_rare_has_happened() {
    let mut lab = scratch();
    lab.exec("run until leader");
    finish(&mut lab);
    assert_eq!(lab.add_breakpoint("happened two-leaders and term >= 2"), Ok(1));
    lab.exec("partition leader | others");
    run(&mut lab);
    let leaders = lab.session().world().nodes().filter_map(|node| node.core());
    let leading = leaders.filter(|core| core.role() == raft_core::RoleKind::Leader);
    assert_eq!((fired(&lab), leading.count()), (1, 2), "it pauses after that step at once");
}

#[cfg(feature = "bugs")]
#[test]
fn time_pauses_when_this_property_is_broken() {
    let lab = Lab::run_script("cluster nodes=2 seed=5 bugs=ack-not-durable").unwrap();
    let mut lab = ended(lab);
    lab.set_breakpoint(0, false).unwrap();
    assert_eq!(lab.add_breakpoint("broken durable-promises"), Ok(1));
    assert_eq!(lab.add_breakpoint("broken election-safety"), Ok(2));
    run(&mut lab);
    assert!(lab.session().checks().violation().is_some());
    assert_eq!((row(&lab, 1).holds, row(&lab, 2).holds, fired(&lab)), (true, false, 1));
}

#[test]
fn a_breakpoint_that_holds_when_it_is_added_waits_until_it_holds_again() {
    let mut lab = scratch();
    assert_eq!(lab.add_breakpoint("no leader"), Ok(1));
    assert!(row(&lab, 1).holds);
    lab.exec("run until leader");
    finish(&mut lab);
    assert_eq!((fired(&lab), row(&lab, 1).holds), (0, false));
    // A statement can make it hold, without a step.
    lab.exec("crash leader");
    assert_eq!((fired(&lab), row(&lab, 1).holds), (1, true));
}

#[test]
fn a_breakpoint_can_be_off_and_be_removed() {
    let mut lab = scratch();
    lab.add_breakpoint("leader").unwrap();
    lab.set_breakpoint(1, false).unwrap();
    assert!(!row(&lab, 1).is_on);
    lab.exec("run 2s");
    finish(&mut lab);
    assert!(lab.session().world().leader().is_some());
    assert_eq!((fired(&lab), row(&lab, 1).holds), (0, false));
    // It is on, and holds already: it does not fire.
    lab.set_breakpoint(1, true).unwrap();
    assert!(row(&lab, 1).holds);
    lab.exec("run 1s");
    finish(&mut lab);
    assert_eq!(fired(&lab), 0);
    lab.remove_breakpoint(1).unwrap();
    assert_eq!(lab.frame().lab.breakpoints.len(), 1);
    lab.exec("crash leader");
    lab.exec("run 2s");
    finish(&mut lab);
    assert!(lab.session().world().leader().is_some());
    assert_eq!(fired(&lab), 0);
    assert_eq!(lab.add_breakpoint("leader"), Ok(2), "a number is not used again");
    for id in [1, 7] {
        let words = Err(format!("there is no breakpoint {id}"));
        assert_eq!(lab.set_breakpoint(id, true), words);
        assert_eq!(lab.remove_breakpoint(id), words);
    }
}

#[test]
fn a_statement_that_waits_goes_on_after_the_pause() {
    let mut lab = scratch();
    lab.add_breakpoint("leader").unwrap();
    lab.exec("run 3s");
    lab.exec("run 1s");
    finish(&mut lab);
    assert_eq!(fired(&lab), 1);
    assert!(lab.frame().view.goal.is_some());
    assert!(lab.session().world().now() < Instant(3_000_000));
    run(&mut lab);
    assert_eq!((lab.session().world().now(), fired(&lab)), (Instant(4_000_000), 1));
    assert!(!lab.is_waiting());
}

/// A breakpoint that holds after a statement of a script: the statements after it wait.
#[test]
fn a_script_pauses_between_two_statements() {
    let text = "cluster nodes=3 seed=1\nrun until leader\ncrash leader\nrun 20s\nset x=1";
    for is_in_a_hurry in [false, true] {
        let made = if is_in_a_hurry { Lab::run_script(text) } else { Lab::play(text) };
        let mut lab = made.expect("a script");
        lab.add_breakpoint("no leader").unwrap();
        finish(&mut lab);
        assert_eq!(fired(&lab), 1);
        assert_eq!(lab.session().world().leader(), None);
        assert_eq!(lab.queue.len(), 2);
        assert!(lab.session().world().now() < Instant(10_000_000));
        run(&mut lab);
        assert!(lab.queue.is_empty() && !lab.is_waiting());
        assert_eq!(fired(&lab), 1);
        assert!(console(&lab).contains("The script has ended."));
    }
}

/// A breakpoint that holds after the step that ends a statement.
#[test]
fn the_statement_after_one_that_has_just_ended_waits() {
    let text = "cluster nodes=3 seed=1\nrun until leader\ncrash leader";
    let mut lab = Lab::play(text).expect("a script");
    lab.add_breakpoint("leader").unwrap();
    finish(&mut lab);
    assert_eq!((fired(&lab), lab.queue.len()), (1, 1));
    assert!(lab.session().world().leader().is_some());
}

#[test]
fn another_branch_and_another_lab_do_not_fire_one() {
    let mut lab = scratch();
    lab.exec("run until leader");
    finish(&mut lab);
    let steps = lab.session().world().steps();
    lab.exec("crash leader");
    lab.add_breakpoint("leader").unwrap();
    // Branch 2 begins when a node led.
    lab.show(steps - 1);
    lab.step();
    lab.show(steps);
    lab.undo().unwrap();
    assert!(lab.session().world().leader().is_some());
    assert!(row(&lab, 1).holds);
    lab.exec("run 1s");
    finish(&mut lab);
    assert_eq!(fired(&lab), 0);
    lab.switch_to(1).unwrap();
    assert!(!row(&lab, 1).holds);
    lab.switch_to(2).unwrap();
    assert!(row(&lab, 1).holds);
    lab.step();
    assert_eq!(fired(&lab), 0);
    // The breakpoints are there in the next lab too, and pause there.
    lab.load_script("cluster nodes=3 seed=1\nrun 5s").unwrap();
    assert!(!row(&lab, 1).holds);
    finish(&mut lab);
    assert_eq!(fired(&lab), 1);
    assert!(lab.session().goal().is_some());
}

#[test]
fn texts_and_numbers_are_bounded() {
    let mut lab = scratch();
    for (text, words) in [
        ("", "column 1: expected a condition"),
        ("leader 3 within 1s", "column 10: expected the end of the line, found `within`"),
        ("leader x", "column 8: expected the end of the line, found `x`"),
        ("term 3 = x", "column 10: expected"),
    ] {
        let error = lab.add_breakpoint(text).unwrap_err();
        assert!(error.starts_with(words), "{text}: {error}");
    }
    let long = |bytes: usize| format!("{:bytes$}", "leader 3 4");
    assert_eq!(
        lab.add_breakpoint(&long(1000)).unwrap_err(),
        "column 10: expected the end of the line, found `4`"
    );
    assert_eq!(lab.add_breakpoint(&long(1001)).unwrap_err(), "a condition has at most 1000 bytes");
    for id in 1..=32 {
        assert_eq!(lab.add_breakpoint("  not  leader 3"), Ok(id));
    }
    let words = "there are 32 breakpoints: remove one first".to_owned();
    assert_eq!(lab.add_breakpoint("leader"), Err(words));
    assert_eq!(&*row(&lab, 32).text, "not leader 3");
    assert_eq!(lab.frame().lab.breakpoints.len(), 33);
    let offers = |text| -> Vec<String> {
        lab.complete_condition(text).into_iter().map(|offer| offer.text).collect()
    };
    assert!(offers("").contains(&"no leader".to_owned()));
    assert_eq!(offers("leader 2 "), ["and"]);
}

/// See `a_broken_property_stops_time`: two leaders of one term.
fn broken_soon() -> Lab {
    let made_up = raft_script::parse("cluster nodes=3\ndisk 1 terms=1,2").expect("a script");
    let (session, _) = Session::open(&made_up).expect("a sound one");
    let image = &raft_script::opening_statements(session.world().setup())[1];
    let disks = format!("{image}\ndisk 2 terms=1\ndisk 3 terms=1");
    let script = format!("cluster nodes=3 seed=1 down=1\n{disks}\ntimeout 2\nrun 10s");
    Lab::run_script(&script).expect("a script")
}

#[test]
fn a_broken_property_pauses_unless_that_is_off() {
    let mut lab = broken_soon();
    let first =
        BreakpointView { id: 0, text: "a property is broken".into(), is_on: true, holds: false };
    assert_eq!(row(&lab, 0), first);
    finish(&mut lab);
    let broken_at = lab.session().world().now();
    assert!(broken_at < Instant(10_000_000));
    assert!(row(&lab, 0).holds);
    let told = |lab: &Lab| {
        let frame = lab.frame();
        let mut lines = frame.lab.console.iter();
        lines.find(|line| line.kind == ConsoleKind::Error).expect("a violation").clone()
    };
    let words = told(&lab);
    assert_eq!(words.at, broken_at);

    let mut lab = broken_soon();
    lab.set_breakpoint(0, false).unwrap();
    finish(&mut lab);
    assert_eq!(lab.session().world().now(), Instant(10_000_000), "it runs on to its end");
    assert!(lab.session().checks().violation().is_some());
    assert_eq!(told(&lab), words, "and tells it, at its time");
    assert_eq!(row(&lab, 0), BreakpointView { is_on: false, ..first });
    assert!(lab.remove_breakpoint(0).is_err());
}
