//! All that can happen from a moment on, as a job.

use raft_jobs::{Bounds, ExploreEnd, ExploreJob, Explored, Job, Report, carry_out, read};

fn reports(script: &str, bounds: Bounds, most_states: u64) -> Vec<Report> {
    let job = ExploreJob { script: script.to_owned(), bounds, most_states };
    let mut reports = Vec::new();
    let mut tell = |bytes: Vec<u8>| reports.push(read(&bytes).expect("a report"));
    carry_out(&Job::Explore(job).to_bytes(), &mut tell);
    assert_eq!(reports.pop(), Some(Report::Over));
    reports
}

fn explored(script: &str, bounds: Bounds, most_states: u64) -> Explored {
    let last = reports(script, bounds, most_states).pop();
    let Some(Report::Explored(explored)) = last else { panic!("{last:?}") };
    explored
}

/// Nothing is under way but heartbeats.
#[cfg(feature = "bugs")]
const QUIET: &str = "cluster nodes=3 seed=8 paper\nrun until leader\nset x=0\nrun 120ms\n";

const LED: &str = "cluster nodes=3 seed=1 paper\nrun until leader\nrun 100ms\n";

#[test]
fn one_election_and_one_write_break_nothing() {
    let bounds = Bounds { elections: 1, proposals: 1, depth: 60, ..Bounds::default() };
    let explored = explored(LED, bounds, 1_000_000);
    assert_eq!(explored.end, Some(ExploreEnd::Exhausted));
    assert!(explored.states > 1_000, "{explored:?}");
}

#[test]
fn the_answer_says_what_was_not_looked_at() {
    let bounds = Bounds { elections: 2, crashes: 1, proposals: 1, depth: 6, ..Bounds::default() };
    assert_eq!(explored(LED, bounds, 1_000_000).end, Some(ExploreEnd::Deep));
    assert_eq!(explored(LED, Bounds { depth: 40, ..bounds }, 500).end, Some(ExploreEnd::Full));
}

#[test]
fn a_moment_that_cannot_be_explored_is_refused_in_words() {
    let bounds = Bounds { depth: 5, ..Bounds::default() };
    for (script, words) in [
        ("cluster nodes=3\ncrash 2\n", "node 2 is down"),
        ("cluster nodes=3\nnonsense\n", "nonsense"),
    ] {
        let reports = reports(script, bounds, 100);
        let [Report::Refused(refusal)] = &reports[..] else { panic!("{reports:?}") };
        assert!(refusal.contains(words), "{refusal}");
    }
}

/// With a rule off, the statements after the moment lead to the violation.
#[cfg(feature = "bugs")]
#[test]
fn bugs_are_found_and_the_run_is_played_again() {
    let script = format!("{QUIET}break vote-ignores-log\n");
    let bounds = Bounds { elections: 1, proposals: 1, depth: 14, ..Bounds::default() };
    let explored = explored(&script, bounds, 3_000_000);
    let Some(ExploreEnd::Found(found)) = explored.end else { panic!("{explored:?}") };
    assert!(found.words.contains("Leader Completeness"), "{}", found.words);
    assert!(found.is_same, "{}", found.after);
    let whole = format!("{script}{}", found.after);
    let report = raft_script::run(&raft_script::parse(&whole).unwrap(), &mut |_| {});
    let session = report.session.expect("the cluster could be set up");
    assert!(session.checks().violation().is_some(), "{whole}");
}
