//! Planted bugs are found, and the script of a run that found one finds it again.
#![cfg(feature = "bugs")]

mod sample;

use raft_core::Bug;
use raft_fuzz::{Failure, Plan, Profile, RunResult, SeedRun, of_script};
use raft_script::{Session, Started, Statement, Stepped};
use raft_sim::{Switches, WorldBug};

fn plan(bugs: Switches, seed: u64) -> Plan {
    Plan { bugs, ..Plan::new(Profile::Swarm, seed) }
}

/// The first run of some that fails; it may stop at no assertion.
fn first_failure(bugs: Switches, seeds: u64) -> SeedRun {
    let played = (1..=seeds).map(|seed| {
        let mut run = SeedRun::new(&plan(bugs, seed));
        run.play();
        run
    });
    let failed = played.into_iter().find(|run| run.failure().is_some());
    failed.unwrap_or_else(|| panic!("{bugs:?} is not noticed in {seeds} seeds"))
}

/// Cheap to find, and each by another property.
fn caught() -> Vec<(Switches, &'static [&'static str])> {
    let core = |bug: Bug| Switches::NONE.with(bug);
    vec![
        (core(Bug::CommitOldTerm), &["Commit Rule"]),
        (core(Bug::StaleVotes), &["Election Quorum", "Election Safety"]),
        (core(Bug::VoteForgotten), &["Faithful Recovery"]),
        (core(Bug::AckNotDurable), &["Durable Promises"]),
        (core(Bug::CommitGoesBack), &["Monotonic State"]),
        (core(Bug::SnapshotLosesJoint), &["Config Safety"]),
        (core(Bug::ReadBeforeTermCommit), &["Read Linearizability"]),
        (core(Bug::LeaseKeptInTransfer), &["Lease Safety"]),
        (core(Bug::InFlightLeak), &["Progress"]),
        (core(Bug::ProbeNeverResumes), &["Progress", "Monotonic State"]),
        (core(Bug::LeaderWithoutQuorum), &["Quorum Contact"]),
        (core(Bug::CheckQuorumCountsLearners), &["Quorum Contact"]),
        (core(Bug::WindowIgnored), &["Bounded Memory"]),
        (core(Bug::SnapshotFlood), &["Repeats On Evidence"]),
        (Switches::NONE.with(WorldBug::RetryAppliedTwice), &["Exactly Once"]),
    ]
}

#[test]
fn planted_bugs_are_found_and_their_scripts_find_them_again() {
    for (bugs, properties) in caught() {
        let run = first_failure(bugs, 400);
        let failure = run.failure().expect("it failed");
        assert!(properties.contains(&failure.name()), "{bugs:?}: {failure}");
        let script = raft_script::parse(&run.script().to_string()).expect("it is a script");
        let again = raft_script::run(&script, &mut |_| {});
        assert_eq!(again.trace_hash, run.world().trace_hash(), "{bugs:?}: {failure}");
        let RunResult::Failed(found) = of_script(&again) else { panic!("{bugs:?}: {failure}") };
        assert_eq!(found.name(), failure.name(), "{bugs:?}");
        let (Failure::Violation(found), Failure::Violation(failure)) = (&found, failure) else {
            panic!("{found} {failure}")
        };
        assert_eq!(found.at, failure.at);
        // The words about the missed goal differ.
        let is_same = found.property.name == "Progress" || found == failure;
        assert!(is_same, "{found} {failure}");
    }
}

/// A refusal that moves nothing back is sent again at once, for ever.
#[test]
fn bugs_that_keep_a_cluster_busy_are_found_before_the_bound_is_over() {
    let run = first_failure(Switches::NONE.with(Bug::BacktrackStuck), 60);
    assert_eq!(run.failure().map(Failure::name), Some("Progress"));
    assert!(run.world().steps() < 3_000_000, "{} steps", run.world().steps());
    let script = raft_script::parse(&run.script().to_string()).expect("it is a script");
    let again = raft_script::run(&script, &mut |_| {});
    assert_eq!(again.trace_hash, run.world().trace_hash());
}

/// As long as none is planted, nothing is otherwise.
#[test]
fn bugs_that_could_be_planted_change_no_run() {
    sample::check();
}

/// Each property, and a rule without which it is broken, if only after others.
const PROOFS: [(&str, &str); 31] = [
    ("Election Safety", "non-voter-campaigns"),
    ("Log Matching", "non-voter-campaigns"),
    ("Leader Completeness", "vote-ignores-log"),
    ("State Machine Safety", "commit-unsorted"),
    ("Vote Durability", "pre-vote-clears-vote"),
    ("Durable Promises", "ack-not-durable"),
    ("Faithful Recovery", "vote-forgotten"),
    ("Monotonic State", "commit-goes-back"),
    ("Commit Rule", "commit-old-term"),
    ("Committed Durability", "ack-not-durable"),
    ("Election Quorum", "stale-votes"),
    ("Config Safety", "snapshot-loses-joint"),
    ("Change Availability", "change-ignores-liveness"),
    ("Read Linearizability", "vote-ignores-log"),
    ("Lease Safety", "lease-kept-in-transfer"),
    ("Prompt Transfer", "transfer-needs-pre-vote"),
    ("Quiet Transfer", "transfer-takes-proposals"),
    ("Ready Successor", "transfer-too-early"),
    ("Quorum Contact", "leader-without-quorum"),
    ("Hung Disk", "hung-disk-leads-on"),
    ("Leader Stickiness", "pre-vote-ignores-leader"),
    ("Election Timer", "refused-vote-restarts-timer"),
    ("Eligible Candidate", "learner-campaigns"),
    ("Bounded Memory", "window-ignored"),
    ("Linearizability", "commit-unsorted"),
    ("Exactly Once", "retry-applied-twice"),
    ("Prompt Answer", "answered-round-kept"),
    ("Prompt Reply", "proposals-not-superseded"),
    ("True Replies", "superseded-early"),
    ("True Alarms", "ack-not-durable"),
    ("Repeats On Evidence", "snapshot-flood"),
];

/// No planted bug gets as far as that: a leader that another one of its term writes to stops at an
/// assertion of the core. Tests of `raft-check` show it a world that breaks it.
const WITHOUT_PROOF: &str = "Leader Append-Only";

/// The elections of a run that was sound are too few. The script of `timeouts-equal` in
/// `scenarios/bugs` breaks it.
const BY_SCRIPT: &str = "Election Budget";

#[test]
fn planted_bugs_break_every_property() {
    let mut names: Vec<&str> = PROOFS.iter().map(|(property, _)| *property).collect();
    names.extend([WITHOUT_PROOF, BY_SCRIPT]);
    names.sort_unstable();
    let world = raft_sim::World::new(raft_sim::Setup::default()).unwrap();
    let checks = raft_check::Checks::new(&world);
    let mut all: Vec<&str> = checks.results().map(|result| result.property.name).collect();
    all.sort_unstable();
    assert_eq!(names, all);
    for (property, rule) in PROOFS {
        let switch = raft_sim::Switch::named(rule).expect("a rule");
        let breaks = |seed: &u64| broken_without(switch, *seed).contains(&property);
        assert!((1..=400).any(|seed| breaks(&seed)), "without {rule} {property} holds");
    }
}

/// What is broken when the script of a sound run is played without a rule, and goes on after that.
fn broken_without(rule: raft_sim::Switch, seed: u64) -> Vec<&'static str> {
    let mut run = SeedRun::new(&plan(Switches::NONE, seed));
    run.play();
    let without = run.script().statements.into_iter().filter_map(|line| {
        if let Statement::Cluster(mut setup) = line.statement {
            setup.bugs = Switches::NONE.with(rule);
            return Some(Statement::Cluster(setup));
        }
        (!matches!(line.statement, Statement::Expect { .. })).then_some(line.statement)
    });
    let script = raft_fuzz::statements(without);
    let (mut session, lines) = Session::open(&script).expect("it begins as the sound one");
    // Some bugs end with an assertion of the core.
    let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let mut steps = 0;
        for line in lines {
            if !matches!(session.start(&line.statement), Ok(Started::Waiting)) {
                continue;
            }
            while steps < 60_000 && matches!(session.step(), Stepped::Event) {
                steps += 1;
            }
        }
    }));
    let results = session.checks().results().filter(|result| result.violation.is_some());
    results.map(|result| result.property.name).collect()
}

/// `docs/bugs.md` says of each rule what its switch says.
#[test]
fn the_table_of_bugs_agrees_with_the_switches() {
    let table = include_str!("../../../docs/bugs.md");
    let rows = table.lines().filter(|line| line.starts_with("| ")).skip(1);
    let found: Vec<String> = rows
        .map(|row| row.split('|').skip(1).take(5).map(str::trim).collect::<Vec<_>>().join(" | "))
        .collect();
    let switches = raft_sim::Switch::all().map(|switch| {
        let name = switch.name();
        let script = format!("[{name}](../scenarios/bugs/{name}.helios)");
        let section = switch.section().unwrap_or("–");
        let (rule, seen_in, breaks) = (switch.rule(), switch.seen_in(), switch.breaks());
        format!("{script} | {rule} | {section} | {seen_in} | {breaks}")
    });
    assert_eq!(found, switches.collect::<Vec<_>>());
}

/// The script of each rule breaks the property that its switch says.
#[test]
fn the_scripts_of_bugs_agree_with_the_switches() {
    for switch in raft_sim::Switch::all() {
        let file = format!("{switch}.helios");
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/bugs/");
        let script = std::fs::read_to_string(folder.to_owned() + &file).unwrap();
        let shows = script.lines().find_map(|line| line.strip_prefix("# Shows: ")).unwrap();
        let property = if shows.starts_with("expect ") { "Progress" } else { shows };
        assert_eq!(property, switch.breaks(), "{file}");
    }
}

/// A shorter run that breaks another property is no shorter run of this failure.
#[test]
fn a_shortened_run_breaks_the_same_property() {
    let run = first_failure(Switches::NONE.with(Bug::CommitOldTerm), 100);
    let condition = raft_script::parse_condition("broken").unwrap();
    let shortened = raft_fuzz::shorten(&run.script(), &condition, 30, &mut |_| {});
    let script = shortened.expect("it is broken").hit.script();
    assert!(script.ends_with("\nexpect broken commit-rule\n"), "{script}");
}
