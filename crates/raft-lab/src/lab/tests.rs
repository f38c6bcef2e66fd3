use std::cell::{Cell, RefCell};

use raft_kv::Response;
use raft_sim::{EventKind, ProcessEvent};

use super::news::FULL;
use super::*;
use crate::DurableState;

const FRAME: Duration = Duration::from_millis(16);
const BUDGET: Duration = Duration::from_millis(50);

pub(super) fn scratch() -> Lab {
    Lab::scratch(Setup::default()).expect("the defaults are within bounds")
}

/// Ticks at full speed until the lab pauses itself.
pub(super) fn finish(lab: &mut Lab) {
    lab.set_speed(f64::INFINITY);
    for _ in 0..10_000 {
        if !lab.pacing().running {
            return;
        }
        lab.tick(FRAME, BUDGET);
    }
    panic!("it does not end: {:?}", lab.frame().view.goal);
}

fn now(lab: &Lab) -> u64 {
    lab.session().world().now().0
}

pub(super) fn console(lab: &Lab) -> String {
    let lines: Vec<String> =
        lab.frame().lab.console.iter().map(|line| line.words.to_string()).collect();
    lines.join("\n")
}

#[test]
fn a_new_lab_is_paused_and_can_be_stepped() {
    let mut lab = scratch();
    assert!(!lab.tick(FRAME, BUDGET));
    assert_eq!(now(&lab), 0);
    lab.step();
    assert_eq!(lab.session().world().steps(), 1);
    assert!(!lab.pacing().running);
}

#[test]
fn at_full_speed_a_tick_ends_when_an_answer_is_told() {
    let mut lab = scratch();
    // Time for thousands of steps.
    let budget = Duration::from_secs(3600);
    let answered = Rc::new(Cell::new(None));
    let listener = answered.clone();
    lab.exec_then("set x=1", move |result| {
        if let ExecResult::Answered(answer) = result {
            listener.set(Some(answer.ended_at));
        }
    });
    lab.set_speed(f64::INFINITY);
    lab.set_running(true);
    lab.tick(FRAME, budget);
    assert!(lab.has_told());
    assert_eq!(answered.get(), Some(lab.session().world().now()), "no time has passed since");
    // A listener may give the next command, and hears of it in the same way.
    lab.exec_then("run 1s", |_| {});
    lab.tick(FRAME, budget);
    assert!(lab.has_told() && lab.session().goal().is_none());
}

#[test]
fn the_clock_moves_smoothly_between_events() {
    let mut lab = scratch();
    lab.set_running(true);
    lab.set_speed(0.01);
    for frame in 1..=10 {
        assert!(lab.tick(FRAME, BUDGET));
        assert_eq!(now(&lab), frame * 160);
    }
    assert_eq!(lab.session().world().steps(), 0, "the first election is far away");
}

#[test]
fn a_frame_that_exceeds_its_budget_falls_behind_and_does_not_catch_up() {
    let mut lab = scratch();
    // Every look at the clock costs a millisecond.
    let time = Rc::new(Cell::new(Duration::ZERO));
    lab.set_clock(Rc::new(move || {
        time.set(time.get() + Duration::from_millis(1));
        time.get()
    }));
    lab.set_running(true);
    lab.set_speed(100.0);
    lab.tick(FRAME, Duration::from_millis(5));
    let steps = lab.session().world().steps();
    assert_eq!(steps, 5);
    assert!(now(&lab) < 1_600_000);
    lab.tick(FRAME, Duration::ZERO);
    assert_eq!(lab.session().world().steps(), steps + 1, "at least one thing happens");
}

#[test]
fn a_waiting_statement_runs_a_paused_lab_and_pauses_it_again() {
    let mut lab = scratch();
    assert_eq!(lab.exec("run 300ms"), ExecStatus::Waiting);
    assert!(lab.pacing().running);
    assert!(lab.frame().view.goal.is_some());
    finish(&mut lab);
    assert_eq!(now(&lab), 300_000);
    assert_eq!(lab.frame().view.goal, None);
}

#[test]
fn a_running_lab_runs_on_after_a_statement() {
    let mut lab = scratch();
    lab.set_running(true);
    lab.exec("run 10ms");
    lab.set_speed(1.0);
    for _ in 0..3 {
        lab.tick(FRAME, BUDGET);
    }
    assert_eq!(lab.frame().view.goal, None);
    assert!(lab.pacing().running);
}

#[test]
fn pausing_holds_a_statement() {
    let mut lab = scratch();
    lab.exec("run 300ms");
    lab.set_running(false);
    assert!(!lab.tick(FRAME, BUDGET));
    assert!(lab.frame().view.goal.is_some());
    lab.set_running(true);
    finish(&mut lab);
    assert_eq!(now(&lab), 300_000);
}

#[test]
fn statements_that_need_time_queue_up_and_others_act_at_once() {
    let mut lab = scratch();
    assert_eq!(lab.exec("run 300ms"), ExecStatus::Waiting);
    assert_eq!(lab.exec("run 50ms"), ExecStatus::Waiting);
    assert!(matches!(lab.exec("crash 3"), ExecStatus::Done(_)));
    assert_eq!(now(&lab), 0);
    finish(&mut lab);
    assert_eq!(now(&lab), 350_000);
}

#[test]
fn cancelling_gives_up_what_waits_and_what_stands_behind_it() {
    let mut lab = scratch();
    lab.exec("run 300ms");
    lab.exec("run 50ms");
    lab.cancel();
    assert!(!lab.pacing().running);
    assert_eq!(lab.frame().view.goal, None);
    assert!(!lab.tick(FRAME, BUDGET));
}

#[test]
fn a_line_that_makes_no_sense_is_answered_with_a_caret() {
    let mut lab = scratch();
    let ExecStatus::Failed(words) = lab.exec("crash seven") else { panic!("it was executed") };
    assert!(words.contains('^') && words.contains("expected"), "{words}");
    assert!(console(&lab).contains("crash seven"));
    assert_eq!(lab.exec("  # a comment"), ExecStatus::Nothing);
    assert!(matches!(lab.exec("crash 77"), ExecStatus::Failed(_)));
}

#[test]
fn every_operation_gets_its_own_answer() {
    let mut lab = scratch();
    lab.exec("run until leader");
    finish(&mut lab);
    let heard = Rc::new(RefCell::new(Vec::new()));
    for line in ["set a=1", "set b=2 client=2", "get a", "get b client=2"] {
        let heard = heard.clone();
        lab.exec_then(line, move |result| {
            let ExecResult::Answered(answer) = result else { panic!("{result:?}") };
            heard.borrow_mut().push((line, answer.operation.to_string(), answer.answer));
        });
    }
    lab.exec("run until idle");
    finish(&mut lab);
    let heard = heard.borrow();
    assert_eq!(heard.len(), 4);
    for (line, operation, answer) in heard.iter() {
        assert_eq!(line.replace(" client=2", ""), *operation);
        let (response, _) = answer.as_ref().expect("the cluster is healthy");
        match *line {
            "get a" => assert_eq!(*response, Response::Value(Some("1".into()))),
            "get b client=2" => assert_eq!(*response, Response::Value(Some("2".into()))),
            _ => assert_eq!(*response, Response::Done),
        }
    }
    assert!(console(&lab).contains("client 2: get b → value 2 (node "), "{}", console(&lab));
}

#[test]
fn a_listener_hears_of_the_end_of_its_statement() {
    let mut lab = scratch();
    let heard = Rc::new(RefCell::new(Vec::new()));
    for line in ["run 1ms", "expect leader", "nonsense"] {
        let heard = heard.clone();
        lab.exec_then(line, move |result| heard.borrow_mut().push(result));
        finish(&mut lab);
    }
    let heard = heard.borrow();
    assert!(
        matches!(heard[..], [ExecResult::Done(_), ExecResult::Failed(_), ExecResult::Failed(_)]),
        "{heard:?}"
    );
}

#[test]
fn a_scenario_is_played_and_the_lab_pauses_at_its_end() {
    let mut lab = Lab::play(
        "cluster nodes=3 seed=4\nrun until leader\nset x=1\nexpect committed x=1 within 2s\n\
         crash leader\nexpect no leader",
    )
    .expect("it is a script");
    finish(&mut lab);
    assert!(console(&lab).ends_with("The script has ended."), "{}", console(&lab));
    assert_eq!(lab.session().world().nodes().len(), 3);
}

#[test]
fn a_scenario_stops_where_it_fails() {
    let mut lab = Lab::play("cluster nodes=3 seed=4\nexpect leader\ncrash 1").expect("a script");
    finish(&mut lab);
    let words = console(&lab);
    assert!(words.ends_with("The script stopped at line 2."), "{words}");
    assert!(!words.contains("crash 1"), "{words}");
    let error = Lab::play("cluster nodes=3\ncrash seven").expect_err("it is no script");
    assert!(error.to_string().contains('^'), "{error}");
}

#[test]
fn an_export_replays_to_the_same_trace() {
    let mut lab = scratch();
    lab.exec("run until leader");
    finish(&mut lab);
    lab.set_running(true);
    lab.set_speed(1.0);
    for line in ["set x=1", "crash leader", "partition 1 2 | 3 4 5", "heal", "restart all"] {
        lab.exec(line);
        lab.tick(Duration::from_millis(37), BUDGET);
    }
    lab.set_running(false);
    let mut replay = Lab::play(&lab.export()).expect("an export is a script");
    finish(&mut replay);
    assert_eq!(replay.session().world().trace_hash(), lab.session().world().trace_hash());
    assert_eq!(now(&replay), now(&lab));
}

#[test]
fn the_trace_is_that_of_the_run_up_to_the_shown_moment() {
    let mut lab = scratch();
    lab.exec("run until leader");
    finish(&mut lab);
    let shown = lab.export_as(RunForm::Trace).expect("it is short");
    let events = lab.session().world().event_count();
    assert_eq!(shown.lines().count() as u64, events + 1);
    lab.exec("crash leader");
    lab.step();
    let later = lab.export_as(RunForm::Trace).expect("it is short");
    assert!(later.starts_with(&shown) && later.contains("crash leader"));
    assert!(lab.export_as(RunForm::History).expect("short").starts_with("helios history 1"));
    assert_eq!(lab.export_as(RunForm::Script), Ok(lab.export_shown()));
}

#[test]
fn frames_are_kept_until_something_changes() {
    let mut lab = scratch();
    let first = lab.frame();
    assert!(Rc::ptr_eq(&first.view, &lab.frame().view));
    lab.step();
    let second = lab.frame();
    assert_ne!(first, second);
    assert!(Rc::ptr_eq(&first.view.properties, &second.view.properties), "no property changed");
}

#[test]
fn subscribers_see_every_event_until_they_leave() {
    let mut lab = scratch();
    let numbers = Rc::new(RefCell::new(Vec::new()));
    let seen = numbers.clone();
    let subscription =
        lab.subscribe(Box::new(move |event| seen.borrow_mut().push(event.number.get())));
    lab.exec("run until leader");
    finish(&mut lab);
    let count = numbers.borrow().len();
    assert!(count > 10);
    assert!(numbers.borrow().is_sorted_by(|a, b| a + 1 == *b), "none is left out");
    lab.unsubscribe(subscription);
    lab.exec("crash 1");
    assert_eq!(numbers.borrow().len(), count);
}

#[test]
fn another_lab_takes_over_what_hangs_on_this_one() {
    let mut lab = scratch();
    let crashes = Rc::new(Cell::new(0));
    let seen = crashes.clone();
    lab.subscribe(Box::new(move |event| {
        if matches!(event.kind, EventKind::Process { event: ProcessEvent::Crashed, .. }) {
            seen.set(seen.get() + 1);
        }
    }));
    let heard = Rc::new(RefCell::new(None));
    let listener = heard.clone();
    lab.exec_then("run 5s", move |result| *listener.borrow_mut() = Some(result));
    lab.set_speed(2.0);
    let number = lab.frame().number;
    lab.load_script("cluster nodes=3 seed=1\nrun 1s").expect("it is a script");
    assert!(matches!(*heard.borrow(), Some(ExecResult::Failed(_))));
    assert!(lab.frame().number > number);
    assert_eq!(lab.pacing().speed, 2.0);
    lab.exec("crash 1");
    assert_eq!(crashes.get(), 1);
    assert!(lab.load_script("nonsense").is_err());
    assert_eq!(lab.session().world().nodes().len(), 3, "a bad script changes nothing");
}

#[test]
fn a_broken_property_stops_time() {
    // Node 1 has an entry of term 2, but no majority has heard of term 2: another leader of that
    // term puts another entry at its place (§5.3).
    // An image, for a script with such a log would be refused.
    let made_up = raft_script::parse("cluster nodes=3\ndisk 1 terms=1,2").expect("a script");
    let (session, _) = Session::open(&made_up).expect("a sound one");
    let image = &raft_script::opening_statements(session.world().setup())[1];
    let disks = format!("{image}\ndisk 2 terms=1\ndisk 3 terms=1");
    let script = format!("cluster nodes=3 seed=1 down=1\n{disks}\ntimeout 2\nrun 10s");
    let mut lab = Lab::play(&script).expect("it is a script");
    finish(&mut lab);
    assert!(now(&lab) < 10_000_000);
    let frame = lab.frame();
    assert!(frame.view.properties.iter().any(|property| !property.holding));
    assert!(frame.view.headline.to_string().contains("is broken"), "{}", frame.view.headline);
}

/// A follower stands still and clients write on. The lab pauses before the memory is full;
/// all is still there, and goes on when less is held.
#[test]
fn a_lab_that_holds_too_much_pauses() {
    let value = "v".repeat(60_000);
    let mut script = "cluster nodes=3 seed=1\nrun until leader\npause any follower\n".to_owned();
    for client in 1..=20 {
        script.push_str(&format!("set x{client}={value} client={client}\n"));
    }
    script.push_str("run 10m\nset y=1\n");
    let mut lab = Lab::play(&script).expect("it is a script");
    lab.capacity.bytes = 2 << 20;
    finish(&mut lab);
    let told = console(&lab);
    assert!(told.contains(FULL) && told.contains("2MiB held by logs"), "{told}");
    assert!(told.contains("The script stopped at line 24."), "{told}");
    let (at, held) = (now(&lab), lab.session().world().held_bytes());
    assert!((2 << 20..16 << 20).contains(&held), "{held}");
    assert!(at < 600_000_000);
    assert!(!lab.frame().lab.pacing.running && !lab.is_waiting());
    assert_eq!(lab.session().checks().violation(), None);
    assert!(lab.session().export().contains("x20="), "the session can still be copied");
    // It pauses again while it holds as much, and goes on when it does not.
    lab.set_running(true);
    finish(&mut lab);
    assert_eq!(console(&lab).matches(FULL).count(), 2);
    lab.capacity = Capacity::PAGE;
    lab.exec("run 1s");
    finish(&mut lab);
    assert!(now(&lab) > at + 1_000_000);
    assert_eq!(console(&lab).matches(FULL).count(), 2);
}

#[test]
fn messages_die_visibly_and_are_forgotten() {
    let mut lab = scratch();
    lab.exec("run until leader");
    finish(&mut lab);
    lab.exec("partition 1 | 2 3 4 5");
    lab.exec("run 60ms");
    finish(&mut lab);
    assert!(!lab.frame().view.lost.is_empty());
    lab.exec("heal");
    lab.exec("run 100ms");
    finish(&mut lab);
    assert!(lab.frame().view.lost.is_empty());
    assert_eq!(lab.frame().lab.durable, DurableState::Scratch);
}

pub(super) fn ended(mut lab: Lab) -> Lab {
    for _ in 0..1_000 {
        lab.tick(Duration::from_millis(16), Duration::from_millis(8));
        if !lab.pacing().running {
            return lab;
        }
    }
    panic!("it runs on");
}

#[test]
fn a_script_runs_to_its_end_and_pauses_there() {
    let lab = ended(Lab::run_script("cluster nodes=3 seed=1\nrun 100s\nset x=1").unwrap());
    assert!(lab.session().world().now() >= Instant(100_000_000));
    assert!(lab.pacing().speed.is_finite(), "the speed of the lab is as before");
    let mut lab = lab;
    lab.set_running(true);
    let before = lab.session().world().now();
    lab.tick(Duration::from_millis(16), Duration::from_millis(8));
    let passed = lab.session().world().now() - before;
    assert!(passed < Duration::from_millis(20), "it does not hurry any more: {passed:?}");
}

#[test]
fn a_script_stops_where_it_fails() {
    let text = "cluster nodes=3 seed=1\nrun 1s\nexpect no leader\nrun 100s";
    let lab = ended(Lab::run_script(text).unwrap());
    assert_eq!(lab.session().world().now(), Instant(1_000_000));
    assert!(
        lab.frame()
            .lab
            .console
            .iter()
            .any(|line| line.words.to_string().contains("stopped at line 3"))
    );
    assert!(matches!(Lab::run_script("clutter"), Err(LabError::Script(_))));
}

#[cfg(feature = "bugs")]
#[test]
fn a_script_with_bugs_stops_at_a_violation_and_is_mended() {
    stops_and_is_mended("cluster nodes=2 seed=5 bugs=ack-not-durable\nrun until 1s");
    let breaks = "break ack-not-durable\nat 700ms mend all\n";
    stops_and_is_mended(&format!("cluster nodes=2 seed=5\n{breaks}run until 1s"));
}

/// One sees how it comes, and the end is where it was.
#[cfg(feature = "bugs")]
#[test]
fn the_moment_before_a_violation_is_shown_with_bugs() {
    let text = "cluster nodes=2 seed=5\nrun 5s\nbreak ack-not-durable\nset x=1\nrun 5s";
    let mut lab = ended(Lab::before_violation(text).unwrap());
    lab.finish_seeking();
    let violation = lab.session().checks().violation().expect("one").at;
    let shown = lab.frame().view.now;
    assert!(violation.0 > 5_000_000 && lab.frame().lab.time.is_past);
    assert!(shown.0 <= violation.0 - 1_000_000 && shown.0 + 1_200_000 > violation.0, "{shown}");
    lab.return_to_live();
    assert_eq!(lab.frame().view.now, violation);
    // A script that breaks nothing is shown at its end.
    let lab = ended(Lab::before_violation("run 100ms").unwrap());
    assert!(!lab.frame().lab.time.is_past);
}

#[cfg(feature = "bugs")]
fn stops_and_is_mended(text: &str) {
    let lab = ended(Lab::run_script(text).unwrap());
    assert!(lab.session().world().now() < Instant(1_000_000));
    let frame = lab.frame();
    assert_eq!(
        frame.lab.rules_off.iter().map(|rule| rule.name).collect::<Vec<_>>(),
        ["ack-not-durable"]
    );
    assert!(lab.session().checks().violation().is_some());
    let mended = crate::mended(text).unwrap();
    assert!(!mended.contains("ack-not-durable") && !mended.contains("mend"), "{mended}");
    let lab = ended(Lab::run_script(&mended).unwrap());
    assert!(lab.session().checks().violation().is_none());
    assert!(lab.frame().lab.rules_off.is_empty());
}
