//! The past is looked at, and commands in it begin branches.

use raft_sim::EventKind;

use super::tests::{console, finish, scratch};
use super::*;
use crate::JumpTo;

#[test]
fn a_branch_has_a_name_that_can_be_read() {
    let mut lab = with_a_crash();
    lab.rename_branch(1, "  with the crash ").expect("it is a name");
    assert_eq!(lab.frame().lab.time.branches[0].name, "with the crash");
    for wrong in ["", "  ", "two\nlines", &"x".repeat(41)] {
        assert!(lab.rename_branch(1, wrong).is_err(), "{wrong:?}");
    }
    assert!(lab.rename_branch(2, "x").is_err());
    lab.rename_branch(1, &"ü".repeat(40)).expect("it is short enough");
}

/// The events of the start are shown with every early moment.
#[test]
fn the_past_begins_with_the_start() {
    let mut lab = scratch();
    let start = lab.frame().view.events.clone();
    assert!(!start.rows.is_empty());
    lab.exec("step 20");
    finish(&mut lab);
    lab.show(0);
    assert_eq!(lab.frame().view.events, start);
}

/// A leader that crashed, and its successor.
pub(super) fn with_a_crash() -> Lab {
    let mut lab = scratch();
    for line in ["run until leader", "set x=1", "run 500ms", "crash leader", "run 2s"] {
        lab.exec(line);
        finish(&mut lab);
    }
    lab
}

fn hash(lab: &Lab) -> Rc<str> {
    lab.frame().view.trace_hash.clone()
}

#[test]
fn everything_on_the_frame_is_of_the_moment_that_is_shown() {
    let mut lab = with_a_crash();
    let end = lab.frame();
    assert!(!end.lab.time.is_past);
    assert_eq!(end.lab.time.steps, end.lab.time.end_steps);
    let crash = lab.session().journal().get(1).expect("the crash").steps;

    lab.show(crash - 1);
    let past = lab.frame();
    assert!(past.lab.time.is_past && past.number > end.number);
    assert_eq!((past.lab.time.steps, past.lab.time.end_steps), (crash - 1, end.lab.time.end_steps));
    assert_ne!(past.view.leader, end.view.leader);
    assert_ne!(past.view.headline, end.view.headline);
    assert!(!past.view.events.rows.is_empty());
    let said = |frame: &Frame| {
        frame.lab.console.iter().any(|line| line.words.to_string() == "crash leader")
    };
    assert_eq!((said(&past), said(&end)), (false, true));
    let count = lab.shown_session().world().event_count();
    assert!(past.view.events.rows.iter().all(|row| row.event.number.get() <= count));

    // Single steps go forward and back through the crash, which is a moment of its own.
    lab.step();
    assert_eq!((lab.frame().lab.time.steps, lab.frame().view.leader), (crash, past.view.leader));
    lab.step();
    assert_eq!((lab.frame().lab.time.steps, lab.frame().view.leader), (crash, None));
    lab.step_back();
    lab.step_back();
    assert_eq!(hash(&lab), past.view.trace_hash);

    lab.return_to_live();
    assert_eq!(
        (hash(&lab), lab.frame().lab.time.clone()),
        (end.view.trace_hash.clone(), end.lab.time.clone())
    );
    // The end is not the past.
    lab.show(u64::MAX);
    assert!(!lab.frame().lab.time.is_past);
}

#[test]
fn time_stands_still_while_somebody_looks_at_the_past() {
    let mut lab = with_a_crash();
    lab.set_running(true);
    lab.show(10);
    let moment = lab.session().moment();
    assert!(!lab.tick(Duration::from_millis(16), Duration::from_millis(8)));
    assert_eq!(lab.session().moment(), moment);
    assert!(!lab.pacing().running);
    lab.show(20);
    lab.return_to_live();
    assert!(lab.pacing().running, "it ran before");
    // Who lets time pass sees the end.
    lab.show(10);
    lab.set_running(true);
    assert!(!lab.frame().lab.time.is_past);
}

#[test]
fn a_command_in_the_past_begins_a_branch() {
    let mut lab = with_a_crash();
    let end = lab.frame();
    let crash = lab.session().journal().get(1).expect("the crash").steps;
    lab.show(crash - 1);
    lab.exec("set y=2");
    assert!(console(&lab).contains("Here begins branch 2"), "{}", console(&lab));
    let branched = lab.frame();
    assert!(!branched.lab.time.is_past);
    assert_eq!((branched.lab.time.branch, branched.lab.time.branches.len()), (2, 2));
    assert_eq!(branched.lab.time.branches[1].parent, Some(1));
    assert_eq!(branched.lab.time.branches[1].from_steps, crash - 1);
    lab.exec("run 2s");
    finish(&mut lab);
    assert_eq!(lab.session().world().node(end.view.leader.unwrap()).unwrap().incarnation(), 1);
    assert!(lab.frame().view.leader.is_some_and(|leader| Some(leader) != end.view.leader));
    let branch_hash = hash(&lab);

    // The other branch is as it was, and both can be gone on with.
    lab.switch_to(1).unwrap();
    assert_eq!(hash(&lab), end.view.trace_hash);
    assert!(!lab.frame().view.events.rows.is_empty());
    lab.exec("run 100ms");
    finish(&mut lab);
    assert_ne!(hash(&lab), end.view.trace_hash);
    lab.switch_to(2).unwrap();
    assert_eq!(hash(&lab), branch_hash);

    assert!(lab.remove_branch(1).is_err(), "it is the first one");
    lab.remove_branch(2).unwrap();
    assert_eq!(lab.frame().lab.time.branch, 1, "the live branch is the one that it left");
    assert_eq!(lab.frame().lab.time.branches.len(), 1);
    assert!(lab.switch_to(2).is_err());
}

#[test]
fn an_answer_of_an_earlier_branch_is_not_awaited() {
    let mut lab = with_a_crash();
    let heard = Rc::new(RefCell::new(Vec::new()));
    let told = heard.clone();
    lab.exec_then("set z=3", move |result| told.borrow_mut().push(result));
    lab.show(20);
    lab.exec("set y=2");
    let is_dismissed = matches!(heard.borrow()[..], [ExecResult::Failed(_)]);
    assert!(is_dismissed, "{:?}", heard.borrow());
}

#[test]
fn a_refused_command_in_the_past_begins_no_branch() {
    let mut lab = with_a_crash();
    lab.show(20);
    let refused = lab.exec("crash 9");
    assert!(matches!(refused, ExecStatus::Failed(_)), "{refused:?}");
    let time = lab.frame().lab.time.clone();
    assert!(time.is_past && time.branches.len() == 1, "{time:?}");
    assert!(console(&lab).contains("crash 9"), "the refusal is said where it is seen");
}

/// The statement that waited is cancelled with the branch that it belonged to.
#[test]
fn a_branch_that_was_left_waits_for_nothing() {
    let mut lab = with_a_crash();
    lab.exec("run 10s");
    lab.show(20);
    lab.exec("set y=2");
    assert!(console(&lab).contains("Cancelled."), "{}", console(&lab));
    lab.switch_to(1).unwrap();
    let executed = lab.exec("mark here");
    assert!(matches!(executed, ExecStatus::Done(_)), "{executed:?}");
    assert_eq!(lab.frame().view.goal, None);
}

#[test]
fn an_answer_that_was_awaited_at_the_beginning_of_a_branch_comes() {
    let mut lab = with_a_crash();
    lab.exec("set z=3");
    let steps = lab.session().moment().steps;
    lab.exec("run 2s");
    finish(&mut lab);
    lab.show(steps + 1);
    lab.exec("crash any follower");
    lab.exec("run 2s");
    finish(&mut lab);
    let answers = console(&lab).matches("set z=3 → ok").count();
    assert_eq!(answers, 2, "one in each branch: {}", console(&lab));
}

/// Statements at one number of steps are moments of their own.
#[test]
fn steps_go_through_each_statement() {
    let mut lab = with_a_crash();
    lab.exec("crash any follower");
    lab.exec("crash any follower");
    let up = |lab: &Lab| {
        lab.shown_session().world().nodes().filter(|node| node.core().is_some()).count()
    };
    let seen: Vec<usize> = (0..3)
        .map(|_| {
            lab.step_back();
            up(&lab)
        })
        .collect();
    assert_eq!(seen, [3, 4, 4]);
    lab.step();
    lab.step();
    assert_eq!((up(&lab), lab.frame().lab.time.is_past), (3, true));
    lab.step();
    assert_eq!((up(&lab), lab.frame().lab.time.is_past), (2, false));
}

/// Who pauses in the past finds the end paused.
#[test]
fn a_pause_in_the_past_lasts() {
    let mut lab = with_a_crash();
    lab.set_running(true);
    lab.step_back();
    lab.set_running(false);
    lab.step();
    assert!(!lab.frame().lab.time.is_past && !lab.pacing().running);
}

#[test]
fn a_branch_has_the_name_of_its_number() {
    let mut lab = with_a_crash();
    for number in [2, 3] {
        lab.show(20);
        lab.exec("set y=2");
        let time = lab.frame().lab.time.clone();
        let named = time.branches.iter().find(|branch| branch.name == format!("branch {number}"));
        assert_eq!((time.branch, named.map(|branch| branch.id)), (number, Some(number)));
        lab.remove_branch(number).unwrap();
    }
}

#[test]
fn subscribers_hear_the_events_of_the_live_branch_once() {
    let mut lab = with_a_crash();
    let seen = Rc::new(RefCell::new(0_u64));
    let count = seen.clone();
    lab.subscribe(Box::new(move |event| {
        assert!(!matches!(event.kind, EventKind::Network(_)));
        *count.borrow_mut() += 1;
    }));
    lab.show(30);
    lab.step();
    lab.step_back();
    assert_eq!(*seen.borrow(), 0, "looking is no happening");
    lab.exec("set y=2");
    assert!(*seen.borrow() > 0);
}

#[test]
fn the_tape_shows_who_led_and_jumps_go_there() {
    let mut lab = with_a_crash();
    let tape = lab.frame().lab.time.tape.clone();
    let [first, second] = &tape.bands[..] else { panic!("{:?}", tape.bands) };
    let crash = lab.session().journal().get(1).expect("the crash").at;
    assert_eq!((first.to, second.to), (Some(crash), None));
    assert_eq!(Some(second.node), lab.frame().view.leader);
    let [fault] = &tape.faults[..] else { panic!("{:?}", tape.faults) };
    assert_eq!((fault.from, fault.to), (crash, None));
    let [write] = &tape.operations[..] else { panic!("{:?}", tape.operations) };
    assert!(write.is_answered && write.to.is_some_and(|to| to > write.from));
    assert!(!tape.asks.is_empty() && tape.commits.len() >= 3);
    let events = [first.ended_by, Some(fault.event), Some(second.event), write.ended_by];
    let words = ["crashes", "crashes", "term 2", "its answer"];
    for (event, words) in events.into_iter().zip(words) {
        lab.exec(&format!("why {}", event.expect("an event")));
        let answer = lab.frame().lab.explanation.clone().expect("an answer");
        let told = answer.reasons[0].words.to_string();
        assert!(told.contains(words), "{told}");
    }
    let kinds: Vec<_> = tape.marks.iter().map(|mark| mark.kind).collect();
    assert_eq!(kinds, ["leader", "down", "leader"]);
    let mut seen = Vec::new();
    for _ in 0..4 {
        lab.jump(false);
        seen.push(lab.frame().lab.time.steps);
    }
    let marks: Vec<u64> = tape.marks.iter().rev().map(|mark| mark.steps).collect();
    assert_eq!(seen, [marks.clone(), vec![0]].concat());
    (0..3).for_each(|_| lab.jump(true));
    assert_eq!(lab.frame().lab.time.steps, marks[0]);
    lab.jump(true);
    assert!(!lab.frame().lab.time.is_past);
}

/// A window shows only what is in it, and nothing that is in it is left out.
#[test]
fn a_tape_shows_a_window() {
    let mut lab = with_a_crash();
    let crash = lab.session().journal().get(1).expect("the crash").at;
    let window = ViewWindow { tape: Some(crash.0 - 10..crash.0 + 10), ..ViewWindow::default() };
    lab.set_window(window);
    let tape = lab.frame().lab.time.tape.clone();
    assert_eq!(tape.bands.len(), 1, "its successor leads later");
    assert_eq!((tape.marks.len(), tape.faults.len(), tape.operations.len()), (1, 1, 0));
    assert!(tape.asks.is_empty() && tape.commits.is_empty());
}

#[test]
fn one_goes_from_thing_to_thing() {
    let mut lab = with_a_crash();
    let end = lab.frame();
    lab.jump_to(JumpTo::Crash, false);
    assert_eq!(lab.shown_session().world().now(), end.lab.statements[1].at);
    assert_eq!(lab.frame().view.leader, None, "the leader is down");
    lab.jump_to(JumpTo::Election, true);
    assert_ne!(lab.frame().view.leader, end.view.leader, "it asks for votes");
    lab.jump_to(JumpTo::Election, true);
    let leads = lab.frame();
    assert!(leads.lab.time.is_past && leads.view.leader.is_some());
    lab.jump_to(JumpTo::Commit, true);
    assert!(lab.frame().view.now > leads.view.now);
    lab.jump_to(JumpTo::Answer, false);
    assert!(lab.frame().view.now < end.lab.statements[1].at);
    let before = lab.frame().view.now;
    lab.jump_to(JumpTo::Violation, true);
    assert_eq!(lab.frame().view.now, before);
    assert!(console(&lab).ends_with("There is no violation after this moment."));

    // Between two events, a time shows what was before it.
    lab.show_at(Instant(end.lab.statements[1].at.0 + 1));
    assert_eq!(lab.frame().view.leader, None);
    lab.show_at(end.view.now);
    assert!(!lab.frame().lab.time.is_past);
}

/// However long a run is, its tape has as many things as a line can show.
#[test]
fn a_tape_has_no_more_than_fits() {
    let mut lab = scratch();
    for _ in 0..600 {
        lab.exec("cut 1 -> 2");
        lab.exec("heal");
        lab.step();
    }
    let tape = lab.frame().lab.time.tape.clone();
    assert!(tape.marks.len() > 100 && tape.marks.len() <= 401, "{}", tape.marks.len());
}

#[test]
fn the_last_order_is_taken_back() {
    let mut lab = with_a_crash();
    lab.exec("mark later");
    let leader = |lab: &Lab| lab.frame().view.leader;
    let second = leader(&lab);
    lab.undo().unwrap();
    assert!(leader(&lab).is_some() && leader(&lab) != second, "the first leader leads");
    let text = console(&lab);
    assert!(text.ends_with("“crash leader” is taken back."), "{text}");
    lab.undo().unwrap();
    assert!(lab.session().journal().is_empty());
    assert_eq!(lab.undo(), Err("There is nothing to take back.".to_owned()));
    assert_eq!(lab.frame().lab.time.branches.len(), 3);
}

#[test]
fn two_branches_are_compared() {
    let mut lab = with_a_crash();
    assert!(lab.compare().is_err(), "there is one branch");
    lab.undo().unwrap();
    lab.exec("set y=2");
    lab.exec("run 2s");
    finish(&mut lab);
    assert_eq!(lab.frame().lab.comparison, None);
    lab.compare().unwrap();
    let frame = lab.frame();
    let found = frame.lab.comparison.as_ref().expect("two branches are beside each other");
    assert_eq!((&*found.here, &*found.there), ("branch 2", "main"));
    assert_eq!(
        (&*found.only_here, &*found.only_there),
        (&["set y=2".to_owned()][..], &["crash leader".to_owned()][..])
    );
    let time = frame.lab.time.clone();
    assert!(time.is_past, "the page shows the first difference: {time:?}");
    assert_eq!(found.first.as_ref().map(|first| first.steps), Some(time.steps));
    assert_eq!(found.view.now, frame.view.now, "both are at the same time");
    assert_ne!(found.view.trace_hash, frame.view.trace_hash);

    lab.return_to_live();
    let frame = lab.frame();
    let found = frame.lab.comparison.as_ref().expect("still beside each other");
    let main = lab.branches.head(lab.branches.first());
    assert!(found.view.now <= main.world().now());
    let row = |what: &str| found.rows.iter().find(|row| row.what == what);
    let leader = row("leader").expect("main has another leader");
    assert!(leader.here.starts_with("node ") && leader.there.starts_with("node "), "{leader:?}");
    assert!(row("y at nodes 1, 2, 3, 4 and 5").is_some(), "{:?}", found.rows);
    lab.stop_comparing();
    assert_eq!(lab.frame().lab.comparison, None);
    lab.compare().unwrap();
    lab.switch_to(1).unwrap();
    assert_eq!(lab.frame().lab.comparison, None, "main is live now");
}

#[test]
fn a_statement_is_left_out_and_the_rest_is_repeated() {
    let mut lab = with_a_crash();
    lab.exec("set z=3");
    lab.exec("run 1s");
    finish(&mut lab);
    let before = lab.frame();
    let texts = |frame: &Frame| {
        frame.lab.statements.iter().map(|line| line.text.clone()).collect::<Vec<_>>()
    };
    assert_eq!(texts(&before), ["set x=1", "crash leader", "set z=3"]);
    lab.set_speed(0.001);
    lab.leave_out(1).unwrap();
    finish(&mut lab);
    let after = lab.frame();
    assert_eq!(texts(&after), ["set x=1", "set z=3"]);
    assert_eq!(after.view.now, before.view.now);
    assert!(!after.lab.pacing.running && after.lab.time.branch == 2);
    assert_eq!(after.view.nodes.iter().filter(|node| node.core.is_none()).count(), 0);
    lab.compare().unwrap();
    let found = lab.frame().lab.comparison.clone().unwrap();
    assert_eq!((found.only_here.len(), &*found.only_there), (0, &["crash leader".to_owned()][..]));

    lab.show_before(1).unwrap();
    lab.finish_seeking();
    let shown = lab.frame();
    assert_eq!(
        (shown.lab.time.steps, shown.lab.time.is_past),
        (after.lab.statements[1].steps, true)
    );
    assert!(lab.leave_out(9).is_err() && lab.show_before(9).is_err());
}

/// An expectation is noted in the journal: in the past, it is of a branch, and judges the shown
/// moment. One that does not hold begins none.
#[test]
fn an_expectation_in_the_past_judges_the_shown_moment() {
    let mut lab = with_a_crash();
    let crash = lab.session().journal().get(1).expect("the crash").steps;
    let shown = |lab: &Lab| lab.shown_session().world().leader().expect("a leader");
    let second = shown(&lab);
    lab.show(crash - 1);
    let first = shown(&lab);
    assert!(matches!(lab.exec(&format!("expect leader {second}")), ExecStatus::Failed(_)));
    assert_eq!(lab.branches.iter().len(), 1);
    assert!(matches!(lab.exec(&format!("expect leader {first}")), ExecStatus::Done(_)));
    assert_eq!(lab.branches.iter().len(), 2);
}

#[cfg(feature = "bugs")]
#[test]
fn the_tape_shows_since_when_bugs_are_off_and_until_when() {
    let mut lab = scratch();
    for line in ["run 10ms", "break stale-votes", "run 10ms", "break vote-forgotten", "run 10ms"] {
        lab.exec(line);
        finish(&mut lab);
    }
    let tape = lab.frame().lab.time.tape.clone();
    let words: Vec<&str> = tape.faults.iter().map(|fault| &*fault.words).collect();
    assert_eq!(words, ["off: stale-votes", "off: stale-votes, vote-forgotten"]);
    assert_eq!(tape.faults[0].to, Some(tape.faults[1].from));
    assert_eq!(tape.marks.iter().filter(|mark| mark.kind == "rule").count(), 2);
    lab.exec("mend all");
    let tape = lab.frame().lab.time.tape.clone();
    assert!(tape.faults.iter().all(|fault| fault.to.is_some()), "{:?}", tape.faults);
    assert_eq!(tape.marks.last().map(|mark| mark.kind), Some("rule"));

    let lab = Lab::play("cluster nodes=3 bugs=stale-votes").unwrap();
    let tape = lab.frame().lab.time.tape.clone();
    assert_eq!(tape.faults[0].words, "off: stale-votes");
}
