//! A search finds the first moment of a run at which a condition holds, and its script leads there.

use std::time::Duration;

use raft_fuzz::{Hit, Plan, Profile, Search, SearchCounts, Searched};
use raft_script::{Condition, Session};

fn condition(text: &str) -> Condition {
    raft_script::parse_condition(text).unwrap_or_else(|error| panic!("{error}"))
}

fn swarm(text: &str, end: u64) -> Search {
    Search::of_runs(condition(text), Plan::new(Profile::Swarm, 0), 1..end)
}

/// Every hit of a search that is played in slices of so many steps.
fn all_of(mut search: Search, slice: u64) -> (Vec<Hit>, SearchCounts) {
    let mut hits = Vec::new();
    loop {
        match search.advance(slice) {
            Searched::Hit(hit) => hits.push(*hit),
            Searched::Going => {}
            Searched::Over => return (hits, search.counts()),
        }
    }
}

/// What tells one hit from another.
fn told(hits: &[Hit]) -> Vec<(u64, u64, u64)> {
    let told =
        |hit: &Hit| (hit.seed, hit.session.world().steps(), hit.session.world().trace_hash());
    hits.iter().map(told).collect()
}

fn end_of(script: &str) -> Session {
    let script = raft_script::parse(script).unwrap_or_else(|error| panic!("{error}"));
    let report = raft_script::run(&script, &mut |_| {});
    assert_eq!(report.failure, None);
    report.session.expect("it has a world")
}

/// Node 2 leads, and many messages are lost.
const LOSSY: &str = "cluster nodes=3 seed=5\nrun until leader\nrun 300ms\nlink all loss=60%\n";

fn from(script: &str, text: &str, time: Duration, count: u64) -> Search {
    Search::from_moment(condition(text), end_of(script), time, 1..count + 1)
}

#[test]
fn a_split_vote_is_found_soon() {
    let (hits, _) = all_of(swarm("happened split-vote", 30), u64::MAX);
    assert!(hits.first().is_some_and(|hit| hit.seed < 10), "{:?}", told(&hits));
}

#[test]
fn the_script_of_a_hit_leads_to_the_moment_at_which_the_condition_holds() {
    for text in [
        "happened split-vote",
        "happened two-leaders",
        "leader 3 and not committed x=1",
        "traced crashed >= 2 and no leader",
        "order = done",
        "no leader",
    ] {
        let (hits, _) = all_of(swarm(text, 40), 5_000);
        let hit = hits.first().unwrap_or_else(|| panic!("{text} is not found"));
        let script = hit.script();
        assert!(script.ends_with(&format!("\nexpect {}\n", condition(text))), "{script}");
        let again = end_of(&script);
        assert!(again.holds(&condition(text)), "{text}");
        assert_eq!(again.world().trace_hash(), hit.session.world().trace_hash(), "{text}");
        assert_eq!(
            (again.world().steps(), again.world().now()),
            (hit.session.world().steps(), hit.at())
        );
    }
}

#[test]
fn what_never_holds_is_not_found_and_the_seeds_are_counted() {
    for text in ["term >= 1000000", "happened split-vote >= 1000", "broken", "not safe"] {
        let (hits, counts) = all_of(swarm(text, 21), u64::MAX);
        assert_eq!((hits.len(), counts.seeds, counts.hits), (0, 20, 0), "{text}");
        assert!(counts.steps > 20_000, "{text}: {counts:?}");
    }
}

/// The second condition of each pair means the same, and the fuzzer's counts do not decide it.
#[test]
fn no_run_is_spared_in_which_the_condition_holds() {
    for (text, same) in [
        ("happened two-leaders", "not happened two-leaders <= 0"),
        (
            "happened split-vote = 2",
            "not happened split-vote <= 1 and not happened split-vote >= 3",
        ),
    ] {
        let (hits, counts) = all_of(swarm(text, 41), u64::MAX);
        let (expected, more) = all_of(swarm(same, 41), u64::MAX);
        assert_eq!(told(&hits), told(&expected), "{text}");
        assert!(!hits.is_empty() && hits.len() < 40, "{text}: {}", hits.len());
        assert!(counts.steps < more.steps, "{text}: runs are spared");
    }
}

#[test]
fn equal_searches_find_the_same_however_they_are_sliced() {
    let search = || swarm("happened two-leaders and no leader", 16);
    let (hits, counts) = all_of(search(), u64::MAX);
    let (again, same) = all_of(search(), 777);
    assert_eq!((told(&hits), counts), (told(&again), same));
    assert_eq!((counts.seeds, counts.hits), (15, hits.len() as u64));
}

#[test]
fn a_slice_ends_after_its_steps() {
    let mut search = from(LOSSY, "term >= 1000000", Duration::from_secs(10), 5);
    assert!(matches!(search.advance(10), Searched::Going));
    assert_eq!(search.counts(), SearchCounts { seeds: 0, hits: 0, steps: 10 });
}

#[test]
fn futures_of_a_moment_differ_and_are_counted_the_same_each_time() {
    let search = || from(LOSSY, "leader 1", Duration::from_secs(2), 60);
    let (hits, counts) = all_of(search(), u64::MAX);
    let (again, same) = all_of(search(), 1_000);
    assert_eq!((told(&hits), counts), (told(&again), same));
    assert_eq!(counts.seeds, 60);
    assert!((1..60).contains(&counts.hits), "{counts:?}");
    assert_ne!(told(&hits[..1])[0].2, told(&hits[1..2])[0].2);
    let script = hits[1].script();
    assert!(script.contains(&format!(" reseed {}\n", hits[1].seed)), "{script}");
    assert_eq!(end_of(&script).world().trace_hash(), hits[1].session.world().trace_hash());
}

#[test]
fn a_condition_that_holds_already_holds_in_every_future() {
    let (hits, counts) = all_of(from(LOSSY, "leader", Duration::from_secs(2), 25), 10);
    assert_eq!((hits.len(), counts.seeds, counts.hits), (25, 25, 25));
    let moment = end_of(LOSSY);
    assert!(hits.iter().all(|hit| hit.session.world().steps() == moment.world().steps()));
}

/// A script could not expect it.
#[test]
fn a_condition_about_a_node_that_is_not_there_is_not_found() {
    let (hits, _) = all_of(from(LOSSY, "not leader 7", Duration::from_secs(1), 2), u64::MAX);
    assert_eq!(told(&hits), []);
}

#[test]
fn a_future_ends_after_its_time() {
    let late = "traced timer_elapsed >= 1 and not term >= 2";
    let (hits, _) =
        all_of(from("cluster nodes=1 seed=3\n", late, Duration::from_micros(1), 3), 100);
    assert_eq!(told(&hits), []);
    let (hits, _) = all_of(from("cluster nodes=1 seed=3\n", late, Duration::from_secs(1), 3), 100);
    assert_eq!(hits.len(), 3);
}

#[cfg(feature = "bugs")]
#[test]
fn a_broken_property_is_found_with_its_moment() {
    let bugs = raft_sim::Switches::NONE.with(raft_core::Bug::CommitOldTerm);
    let plan = Plan { bugs, ..Plan::new(Profile::Swarm, 0) };
    for text in ["broken", "broken commit-rule", "not safe"] {
        let search = Search::of_runs(condition(text), plan.clone(), 1..200);
        let (hits, _) = all_of(search, u64::MAX);
        let hit = hits.first().unwrap_or_else(|| panic!("{text} is not found"));
        let script = raft_script::parse(&hit.script()).unwrap();
        let report = raft_script::run(&script, &mut |_| {});
        let session = report.session.unwrap();
        assert!(session.holds(&condition(text)), "{text}");
        assert_eq!(session.world().trace_hash(), hit.session.world().trace_hash(), "{text}");
    }
}

#[test]
fn a_hit_is_shortened_to_what_its_condition_needs() {
    let text = "happened two-leaders";
    let (hits, _) = all_of(swarm(text, 40), u64::MAX);
    let found = raft_script::parse(&hits[0].script()).unwrap();
    let mut told = 0;
    let shortened = raft_fuzz::shorten(&found, &condition(text), 300, &mut |progress| {
        told = progress.runs;
    });
    let shortened = shortened.expect("it holds again");
    assert!(told > 10 && shortened.progress.statements < shortened.progress.before, "{told}");
    let again = end_of(&shortened.hit.script());
    assert!(again.holds(&condition(text)), "{}", shortened.hit.script());

    let never = condition("term >= 1000");
    assert!(raft_fuzz::shorten(&found, &never, 300, &mut |_| {}).is_none());
}
