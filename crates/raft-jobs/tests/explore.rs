//! All that can happen from a moment on, as a job.

use raft_jobs::{Bounds, ExploreEnd, ExploreJob, Explored, Job, Report, carry_out, read};

fn reports(script: &str, bounds: Bounds, most_states: u64) -> Vec<Report> {
    reports_of(&ExploreJob { script: script.to_owned(), bounds, most_states, goal: None })
}

fn reports_of(job: &ExploreJob) -> Vec<Report> {
    let mut reports = Vec::new();
    let mut tell = |bytes: Vec<u8>| reports.push(read(&bytes).expect("a report"));
    carry_out(&Job::Explore(job.clone()).to_bytes(), &mut tell);
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

fn looked_for(goal: &str, bounds: Bounds) -> Vec<Report> {
    let goal = Some(goal.to_owned());
    reports_of(&ExploreJob { script: LED.to_owned(), bounds, most_states: 100_000, goal })
}

#[test]
fn a_goal_is_reached_on_the_shortest_way_which_can_be_played() {
    let bounds = Bounds { elections: 2, proposals: 1, depth: 30, ..Bounds::default() };
    let (mut lengths, goals) = (Vec::new(), ["role 3 candidate", "leader 3", "log 1 = 1,1"]);
    for goal in goals {
        let last = looked_for(goal, bounds).pop();
        let Some(Report::Explored(explored)) = last else { panic!("{goal}: {last:?}") };
        let Some(ExploreEnd::Found(found)) = explored.end else { panic!("{explored:?}") };
        assert_eq!((found.words.as_str(), found.is_goal, found.is_same), (goal, true, true));
        let whole = format!("{LED}{}expect {goal}\n", found.after);
        let report = raft_script::run(&raft_script::parse(&whole).unwrap(), &mut |_| {});
        assert_eq!(report.failure, None, "{whole}");
        lengths.push(found.steps.len());
    }
    assert!(lengths[0] == 1 && lengths[0] < lengths[1], "{lengths:?}");
}

/// Two writes of the leader are under way, and the runs found go on with them: they are reported
/// one after the other, or a crash takes the second.
#[test]
fn writes_under_way_are_explored_and_played() {
    let script = "cluster nodes=3 seed=1 paper\nrun until leader\nrun 100ms\n\
                  disk all latency=8ms..8ms\nset x=1 via=leader client=1\n\
                  run 5ms\nset y=1 via=leader client=2\nrun 15ms\n";
    let bounds = Bounds { elections: 1, crashes: 1, depth: 30, ..Bounds::default() };
    for (goal, word) in [
        ("commit 2 >= 3", "done"),
        ("log 2 = 1,1", "1 lost"),
        ("commit 1 >= 3 and log 2 = 1,1", "1 lost"),
        ("leader 3 and log 1 = 1,1 and not leader 1", "lost"),
    ] {
        let job = ExploreJob {
            script: script.to_owned(),
            bounds,
            most_states: 1_000_000,
            goal: Some(goal.to_owned()),
        };
        let last = reports_of(&job).pop();
        let Some(Report::Explored(explored)) = last else { panic!("{goal}: {last:?}") };
        let Some(ExploreEnd::Found(found)) = explored.end else { panic!("{explored:?}") };
        assert!(found.is_same, "{:#?}\n{}", found.steps, found.after);
        assert!(found.steps.iter().any(|step| step.contains(word)), "{:?}", found.steps);
        let whole = format!("{script}{}expect {goal}\n", found.after);
        let report = raft_script::run(&raft_script::parse(&whole).unwrap(), &mut |_| {});
        assert_eq!(report.failure, None, "{whole}");
    }
}

#[test]
fn a_goal_that_never_holds_is_not_reached() {
    let bounds = Bounds { elections: 1, depth: 40, ..Bounds::default() };
    let Some(Report::Explored(explored)) = looked_for("term 2 >= 9", bounds).pop() else {
        panic!("no answer")
    };
    assert_eq!(explored.end, Some(ExploreEnd::Exhausted));
}

#[test]
fn a_goal_that_cannot_be_judged_is_refused_in_words() {
    for (goal, words) in [
        ("committed x=1", "cannot be looked for"),
        ("leader 2 and idle", "cannot be looked for"),
        ("leader 2", "holds already"),
        ("lead 3", "lead"),
    ] {
        let reports = looked_for(goal, Bounds { depth: 5, ..Bounds::default() });
        let [Report::Refused(refusal)] = &reports[..] else { panic!("{goal}: {reports:?}") };
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
