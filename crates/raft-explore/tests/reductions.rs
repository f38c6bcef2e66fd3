//! A reduction saves states, and hides nothing.

use raft_explore::{Bounds, Explorer, Progress, Reached, Reductions, Scope};

fn explore(model: Scope) -> Progress {
    let mut explorer = Explorer::new(model);
    explorer.advance(u64::MAX, u64::MAX).clone()
}

/// Each reduction alone, with all others off, and how many times fewer states it has to leave.
const EACH: [(Reductions, f64); 3] = [
    (Reductions { symmetry: true, ..Reductions::NONE }, 3.0),
    (Reductions { idle_steps: true, ..Reductions::NONE }, 1.05),
    (Reductions { stale_answers: true, ..Reductions::NONE }, 1.02),
];

#[test]
fn a_reduction_saves_states_and_changes_no_verdict() {
    for bounds in [
        Bounds { elections: 2, depth: 13, ..Bounds::NONE },
        Bounds { elections: 1, proposals: 1, crashes: 1, depth: 14, ..Bounds::NONE },
        Bounds { elections: 2, reads: 1, heartbeats: 1, depth: 11, ..Bounds::NONE },
    ] {
        let model = |reductions| Scope { bounds, reductions, ..Scope::timeless(3) };
        let plain = explore(model(Reductions::NONE));
        assert!(plain.is_exhausted && plain.found.is_none());
        for (reductions, factor) in EACH {
            let reduced = explore(model(reductions));
            assert!(reduced.is_exhausted && reduced.found.is_none());
            let (states, all) = (reduced.states as f64, plain.states as f64);
            // Answers become stale where there are two terms.
            if bounds.elections > 1 || !reductions.stale_answers {
                assert!(states * factor < all, "{reductions:?}: {states} of {all} states");
            }
            let reached = |moment: u64, reduced: u64| assert_eq!(moment > 0, reduced > 0);
            reached(plain.moments.committed, reduced.moments.committed);
            reached(plain.moments.two_leaders, reduced.moments.two_leaders);
            reached(plain.moments.writes_lost, reduced.moments.writes_lost);
        }
    }
}

/// A promise is broken on purpose: two of three disks lack an entry that the third one knows to be
/// committed. All ways to search find it after as many steps.
#[test]
fn the_shortest_run_is_as_long_with_every_reduction() {
    let mut lengths = Vec::new();
    let all = EACH.map(|(reductions, _)| reductions);
    for reductions in all.into_iter().chain([Reductions::NONE, Reductions::ALL]) {
        let mut model = Scope { reductions, ..Scope::timeless(3) };
        model.bounds = Bounds { elections: 1, ..Bounds::NONE };
        model.disks = vec![(vec![1], 1), (vec![], 0), (vec![], 0)];
        let found = explore(model).found.expect("an entry is on too few disks");
        let Reached::Broken(broken) = &found.reached else { panic!("{found:?}") };
        assert_eq!(broken.property.name, "Committed Durability");
        lengths.push(found.steps.len());
    }
    assert_eq!(lengths, [2; 5]);
}
