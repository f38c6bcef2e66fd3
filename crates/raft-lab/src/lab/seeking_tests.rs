//! Far moments are computed in slices.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use raft_core::Instant;

use super::seeking::SLICE;
use super::*;

/// A lab whose checkpoints are thousands of steps apart.
pub(super) fn long_run() -> Lab {
    let script = "cluster nodes=3 seed=8 heartbeat=1ms latency=1ms..2ms\nrun 30s\n";
    let mut lab = Lab::run_script(script).expect("a script");
    while lab.pacing().running {
        lab.tick(Duration::ZERO, Duration::from_secs(1));
    }
    assert!(lab.session().moment().steps > 130_000, "{:?}", lab.session().moment());
    // Every look at this clock costs a second: a tick plays one slice.
    let time = Rc::new(Cell::new(Duration::ZERO));
    lab.set_clock(Rc::new(move || {
        time.set(time.get() + Duration::from_secs(1));
        time.get()
    }));
    lab
}

fn shown(lab: &Lab) -> u64 {
    lab.shown_session().world().trace_hash()
}

fn at(lab: &Lab, time: Instant) -> u64 {
    lab.branches.at_time(lab.live, time).expect("a time of the run").world().trace_hash()
}

/// The last time before this one at which the checkpoint before it is some slices away.
pub(super) fn far(lab: &Lab, before: u64) -> Instant {
    let is_far = |time: &u64| {
        let seek = lab.branches.seek_time(lab.live, Instant(*time)).expect("a time");
        let from = seek.session().moment().steps;
        seek.finish().expect("a moment").moment().steps > from + 4 * SLICE
    };
    let times = (0..before).rev().step_by(20_000);
    Instant({ times }.find(is_far).expect("checkpoints that are far from each other"))
}

#[test]
fn a_far_moment_is_computed_in_slices_and_the_page_shows_the_one_before_meanwhile() {
    let mut lab = long_run();
    let end = shown(&lab);
    let time = far(&lab, 29_000_000);
    lab.show_at(time);
    assert!(lab.is_seeking() && lab.frame().lab.time.is_seeking);
    let mut ticks = 0;
    while lab.is_seeking() {
        assert_eq!(shown(&lab), end, "what was shown before");
        lab.tick(Duration::ZERO, Duration::ZERO);
        ticks += 1;
    }
    assert!(ticks > 1, "{ticks} ticks");
    assert_eq!(shown(&lab), at(&lab, time));
    assert_eq!(*lab.frame().view, *lab.view_anew());
    let hash = shown(&lab);
    lab.show(lab.shown_session().moment().steps);
    assert_eq!(shown(&lab), hash, "as if it were computed at once");
}

/// Numbers of steps, jumps and the moment before ask in the same way.
#[test]
fn every_far_moment_is_computed_in_slices_and_told_when_it_is_shown() {
    let mut lab = long_run();
    let end = shown(&lab);
    let time = far(&lab, 20_000_000);
    let steps = lab.branches.at_time(lab.live, time).expect("a time").moment().steps;
    let told = Rc::new(Cell::new(false));
    let tell = told.clone();
    lab.show(steps);
    lab.when_shown(move || tell.set(true));
    assert!(lab.is_seeking() && !told.get());
    lab.tick(Duration::ZERO, Duration::ZERO);
    assert!(lab.is_seeking() && !told.get() && shown(&lab) == end);
    while lab.is_seeking() {
        lab.tick(Duration::ZERO, Duration::ZERO);
    }
    assert!(told.get());
    assert_eq!(lab.shown_session().moment().steps, steps);
}

#[test]
fn who_plays_backward_sees_each_moment_for_its_time_after_it_is_computed() {
    let mut lab = long_run();
    lab.show_at(Instant(20_000_000));
    lab.finish_seeking();
    lab.set_window(ViewWindow { tape: Some(0..30_000_000), ..ViewWindow::default() });
    lab.play_backward(true);
    let (mut moments, mut sought) = (BTreeSet::new(), 0);
    while moments.len() < 5 {
        assert!(lab.frame().lab.time.plays_backward);
        moments.insert(lab.shown_session().moment());
        sought += usize::from(lab.is_seeking());
        lab.tick(Duration::from_millis(50), Duration::ZERO);
    }
    assert!(sought > 0, "some are far");
    let moments: Vec<Moment> = moments.into_iter().collect();
    assert!(moments.is_sorted());
    lab.set_running(false);
    lab.finish_seeking();
    assert!(!lab.frame().lab.time.plays_backward);
}

#[test]
fn events_are_kept_when_another_branch_is_shown() {
    let mut lab = long_run();
    let events = |lab: &Lab| lab.frame().view.events.clone();
    let main = events(&lab);
    lab.show_at(Instant(20_000_000));
    lab.finish_seeking();
    let past = events(&lab);
    lab.exec("mark here");
    let forked = events(&lab);
    assert_eq!(forked.rows, past.rows, "a mark is no event");
    lab.switch_to(1).expect("it is there");
    assert_eq!(events(&lab), main);
    lab.switch_to(2).expect("it is there");
    assert_eq!(events(&lab), forked);
}

#[test]
fn the_latest_wish_wins_and_a_command_waits_for_it() {
    let mut lab = long_run();
    let (first, second) = (far(&lab, 29_000_000), far(&lab, 12_000_000));
    lab.show_at(first);
    lab.show_at(second);
    assert!(lab.is_seeking());
    lab.exec("crash 1");
    assert!(!lab.is_seeking());
    let branch = lab.branches.get(lab.live).expect("a branch");
    assert!(branch.began_at() <= second && branch.began_at() > Instant(second.0 - 10_000));
}

#[test]
fn who_runs_the_lab_or_returns_gives_the_wish_up() {
    let mut lab = long_run();
    let (end, time) = (shown(&lab), far(&lab, 29_000_000));
    lab.show_at(time);
    lab.return_to_live();
    assert!(!lab.is_seeking() && !lab.pacing().running);
    lab.set_running(true);
    lab.show_at(time);
    assert!(lab.is_seeking() && !lab.pacing().running, "time stands still meanwhile");
    lab.return_to_live();
    assert!(lab.pacing().running, "as before");
    lab.show_at(time);
    lab.set_running(false);
    lab.finish_seeking();
    lab.return_to_live();
    assert!(!lab.pacing().running, "somebody paused");
    assert_eq!(shown(&lab), end);
}
