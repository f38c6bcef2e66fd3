//! A checker that has never caught a planted bug does not count.
//!
//! Storms find most bugs that break safety; two that take a particular course of events are led
//! there. The fuzzer finds the others too, with faults that aim: see `helios bugs`.

use raft_core::Bug;
use raft_sim::{Setup, Switch, Switches, WorldBug};

use crate::deposed::Deposed;
use crate::storm::{Disks, Storm};

/// Bugs, and the properties of which one is the first to be broken.
const CAUGHT: [(Bug, &[&str]); 26] = [
    (Bug::StaleVotes, &["Election Quorum"]),
    (Bug::VoteForgotten, &["Faithful Recovery"]),
    (Bug::StepDownClearsVote, &["Vote Durability"]),
    (Bug::PreVoteClearsVote, &["Vote Durability"]),
    (Bug::ElectionByUnion, &["Election Quorum"]),
    (Bug::VoteRequestNotDurable, &["Durable Promises"]),
    (Bug::NonVoterCampaigns, &["Eligible Candidate"]),
    (Bug::VoteIgnoresLog, &["Leader Completeness"]),
    (Bug::LogComparedByLength, &["Leader Completeness"]),
    (Bug::CommitOldTerm, &["Commit Rule"]),
    (Bug::HintIsMatch, &["Commit Rule"]),
    (Bug::MatchGoesBack, &["Monotonic State"]),
    (Bug::CommitUnsorted, &["Commit Rule"]),
    (Bug::JointHalfCommit, &["Commit Rule"]),
    (Bug::LearnersCount, &["Commit Rule"]),
    (Bug::AckNotDurable, &["Durable Promises"]),
    (Bug::AppendTruncates, &["Committed Durability"]),
    (Bug::MissingTermIsZero, &["Durable Promises"]),
    (Bug::CommitGoesBack, &["Monotonic State"]),
    (Bug::SnapshotLowersTerm, &["Monotonic State"]),
    (Bug::SnapshotLosesJoint, &["Config Safety"]),
    (Bug::MembershipSurvivesSnapshot, &["Config Safety"]),
    (Bug::ReadBeforeTermCommit, &["Read Linearizability"]),
    (Bug::ChangeBeforeTermCommit, &["Config Safety"]),
    (Bug::RemovedLeaderStays, &["Config Safety"]),
    (Bug::LeaseKeptInTransfer, &["Lease Safety"]),
];

/// The same for bugs outside of the core.
const CAUGHT_OUTSIDE: [(WorldBug, &[&str]); 2] = [
    (WorldBug::RetryAppliedTwice, &["Exactly Once"]),
    (WorldBug::FsyncFailureIgnored, &["Durable Promises", "Committed Durability"]),
];

/// More seeds than any of them takes.
const SEEDS: u64 = 3_000;

#[test]
fn storms_catch_planted_bugs_by_the_property_that_they_break() {
    let core = CAUGHT.map(|(bug, properties)| (Switch::from(bug), properties));
    let outside = CAUGHT_OUTSIDE.map(|(bug, properties)| (Switch::from(bug), properties));
    for (bug, properties) in core.into_iter().chain(outside) {
        let is_caught = |seed: &u64| {
            let mut setup = Storm::setup(1 + seed % 5, *seed);
            setup.settings.snapshot_threshold = [5, 20, 10_000][*seed as usize % 3];
            setup.bugs = Switches::NONE.with(bug);
            // Some bugs also make a node stop at an assertion: then another storm has to show it.
            let is_of_disks = bug == WorldBug::FsyncFailureIgnored.into();
            let disks = if is_of_disks { Disks::Failing } else { Disks::Sound };
            let storm = std::panic::catch_unwind(|| Storm::with(setup).on(disks).run(8_000_000));
            let found = storm.as_ref().ok().and_then(|storm| storm.checks.violation());
            found.is_some_and(|found| properties.contains(&found.property.name))
        };
        let caught = (1..=SEEDS).find(is_caught);
        assert!(caught.is_some(), "{bug} breaks none of {properties:?} in {SEEDS} storms");
    }
}

#[test]
fn a_deposed_leader_that_asks_nobody_is_caught() {
    let bugs = Switches::NONE.with(Bug::ReadWithoutQuorum);
    let deposed = Deposed::new(Setup { bugs, ..Deposed::setup() }).read();
    assert_eq!(deposed.broken(), Some("Read Linearizability"));
    assert!(deposed.is_broken("Linearizability"), "the write had been answered");
}

#[test]
fn a_deposed_leader_that_takes_any_answer_is_caught() {
    let bugs = Switches::NONE.with(Bug::ReadTokenReused);
    let deposed = Deposed::new(Setup { bugs, ..Deposed::setup() }).read();
    assert_eq!(deposed.broken(), Some("Read Linearizability"));
    assert!(deposed.is_broken("Linearizability"), "the write had been answered");
}
