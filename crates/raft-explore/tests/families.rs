//! No property is broken in any family, and the dangerous moments are reached.

use raft_explore::{Explorer, Family, Progress};

/// Explores a family up to so many steps from its start.
fn explore(family: Family, depth: u16) -> Progress {
    let mut model = family.model();
    model.bounds.depth = model.bounds.depth.min(depth);
    model.probe_every = 2_000;
    let mut explorer = Explorer::new(model);
    let progress = explorer.advance(u64::MAX, u64::MAX).clone();
    assert_eq!(progress.found, None, "{}", family.name);
    assert!(progress.is_exhausted, "{}", family.name);
    progress
}

#[test]
fn nothing_is_broken_and_something_new_can_always_be_committed() {
    let mut probes = 0;
    for family in Family::ALL {
        probes += explore(family, 10).probes;
    }
    assert!(probes > 50, "{probes}");
}

/// As deep as they go: every order of two elections, and of a command with two crashes.
#[test]
fn small_families_are_explored_as_a_whole() {
    for (name, least) in [("election", 5_000), ("elections", 90_000), ("crashes", 90_000)] {
        let family = Family::named(name).expect("there is such a family");
        let progress = explore(family, u16::MAX);
        assert!(progress.states > least, "{name} has {} states", progress.states);
    }
}

#[test]
fn the_dangerous_moments_are_reached() {
    let named = |name| Family::named(name).expect("there is such a family");
    let moments = explore(named("votes"), 14).moments;
    assert!(moments.two_leaders > 0, "two leaders of different terms at once: {moments:?}");
    assert!(moments.writes_lost > 0, "a crash that lost an unreported write: {moments:?}");
    let moments = explore(named("old-entries"), 14).moments;
    assert!(moments.entries_replaced > 0, "an entry that is replaced: {moments:?}");
    assert!(moments.committed > 0, "{moments:?}");
}

#[test]
fn families_have_names_of_their_own() {
    for family in Family::ALL {
        assert_eq!(Family::named(family.name).map(|it| it.about), Some(family.about));
    }
}
