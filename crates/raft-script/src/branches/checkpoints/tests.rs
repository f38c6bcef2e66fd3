use raft_explain::Question;
use raft_sim::{EventNumber, Setup};

use super::*;
use crate::branches::{BranchId, Branches, Place, Seek};
use crate::parse_line;

/// A run of 60,000 steps under load, with a checkpoint at its start and at each of these steps.
fn run(spaced: u64) -> (Branches, BranchId) {
    let mut branches = Branches::new(Session::new(Setup::default()).unwrap());
    let main = branches.first();
    of(&mut branches).gap = spaced;
    let load = parse_line("load 100/s for=100s clients=4").unwrap().unwrap();
    branches.start(main, &load).unwrap();
    while branches.head(main).moment().steps < 60_000 {
        branches.step(main);
    }
    (branches, main)
}

fn of(branches: &mut Branches) -> &mut Checkpoints {
    let main = branches.first();
    &mut branches.branch_mut(main).checkpoints
}

/// The way to a moment after so many steps.
fn way(branches: &Branches, steps: u64) -> Seek {
    let branch = branches.first();
    let moment = branches.head(branch).journal().last_moment(steps);
    branches.seek(Place { branch, moment }).unwrap()
}

/// Goes to a moment, as a page does. Returns the hash of its events.
fn look_at(branches: &mut Branches, steps: u64) -> u64 {
    let mut way = way(branches, steps);
    loop {
        let is_there = way.advance(250).unwrap();
        branches.remember(branches.first(), &mut way);
        if is_there {
            return way.session().world().trace_hash();
        }
    }
}

#[test]
fn ways_near_a_moment_that_was_shown_are_short() {
    let (mut branches, _) = run(40_000);
    let untouched = branches.clone();
    look_at(&mut branches, 30_100);
    for near in (10_000..=32_400).step_by(1_600) {
        assert!(way(&branches, near).steps_left() < NEAR_GAP, "{near}");
        assert_eq!(look_at(&mut branches, near), look_at(&mut untouched.clone(), near), "{near}");
    }
    assert_eq!(way(&untouched, 30_000).steps_left(), 30_000);
}

/// At most so many, and those that were used last.
#[test]
fn those_near_a_moment_are_few_and_the_last_used() {
    let (mut branches, _) = run(20_000);
    look_at(&mut branches, 10_000);
    look_at(&mut branches, 39_999);
    assert_eq!(of(&mut branches).near.len(), 4 + 7);
    // From the one at 10,000 steps, which is the last used then.
    look_at(&mut branches, 10_001);
    look_at(&mut branches, 59_999);
    let of_main = of(&mut branches);
    assert_eq!(of_main.near.len(), MOST_NEAR);
    assert_eq!(of_main.len(), 4 + MOST_NEAR);
    for (steps, is_near) in [(10_001, true), (5_001, false), (57_501, true), (37_501, true)] {
        let left = way(&branches, steps).steps_left();
        assert_eq!(left < NEAR_GAP, is_near, "{steps}: {left} steps");
    }
}

#[test]
fn those_near_a_moment_count_and_go_first() {
    let (mut branches, _) = run(20_000);
    let (spaced, bytes) = branches.checkpoint_bytes();
    look_at(&mut branches, 19_999);
    let (count, all) = branches.checkpoint_bytes();
    assert_eq!(count, spaced + 7);
    branches.budget = (bytes + all) / 2;
    look_at(&mut branches, 39_999);
    let (count, bytes) = branches.checkpoint_bytes();
    assert!(bytes <= branches.budget && count > spaced, "{count} checkpoints have {bytes} bytes");
    assert_eq!(of(&mut branches).spaced(), spaced);
    // What is measured when one goes is what is measured anew.
    let all = of(&mut branches);
    let measured: Vec<u64> = all.kept.values().map(|kept| kept.bytes).collect();
    let moments: Vec<Moment> = all.kept.keys().copied().collect();
    moments.into_iter().for_each(|moment| all.measure(moment));
    assert!(all.kept.values().map(|kept| kept.bytes).eq(measured));
}

/// As in all checkpoints, the nodes share memory.
#[test]
fn those_near_a_moment_share_memory() {
    let (mut branches, main) = run(60_000);
    look_at(&mut branches, 50_000);
    let remembered = of(&mut branches).before(Moment { steps: 49_999, lines: usize::MAX }).unwrap();
    let place = Place { branch: main, moment: remembered.moment() };
    let shared = remembered.bytes_beyond(remembered);
    let apart = Seek::new(remembered.beginning(), remembered.journal().clone(), place.moment);
    let mut apart = apart.finish().unwrap();
    assert_eq!(apart.moment(), place.moment);
    let first = remembered.beginning();
    let own = |session: &Session| session.bytes_beyond(&first) - shared;
    apart.share_memory();
    assert!(
        own(remembered) <= own(&apart),
        "{} bytes, {} when shared",
        own(remembered),
        own(&apart)
    );
}

#[test]
fn those_near_a_moment_do_not_move_the_others() {
    let (mut branches, main) = run(10_000);
    let mut untouched = branches.clone();
    look_at(&mut branches, 59_000);
    assert!(of(&mut branches).near.len() > 2);
    for branches in [&mut branches, &mut untouched] {
        while branches.head(main).moment().steps < 85_000 {
            branches.step(main);
        }
        of(branches).drop_every_second(usize::MAX);
    }
    let near = of(&mut branches).near.clone();
    let kept = of(&mut branches).kept.keys().filter(|moment| !near.contains(moment));
    let kept: Vec<Moment> = kept.copied().collect();
    assert!(of(&mut untouched).kept.keys().eq(&kept), "{kept:?}");
}

/// A question about an event begins a few thousand steps before it, if somebody was there.
#[test]
fn a_question_near_a_moment_that_was_shown_plays_little() {
    let (mut branches, main) = run(60_000);
    look_at(&mut branches, 50_000);
    let shown = way(&branches, 50_000).finish().unwrap();
    let event = shown.world().event_count();
    let start = branches.checkpoint_before(main, event - 5_000).moment();
    assert!(50_000 - start.steps < 3_000 + NEAR_GAP, "{start:?}");
    // It remembers its own way too.
    let event = EventNumber::new(event / 2).unwrap();
    while of(&mut branches).forget_near() {}
    branches.explain(main, &shown, &Question::Event(event)).unwrap();
    let near = of(&mut branches).near.back().copied().unwrap();
    let at = branches.seek(Place { branch: main, moment: near }).unwrap().finish().unwrap();
    assert!(at.world().event_count() <= event.get(), "{near:?}");
    assert!(event.get() - at.world().event_count() < 3 * NEAR_GAP);
}
