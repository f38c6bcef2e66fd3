//! With a rule switched off, the explorer finds the shortest run that shows it.

use raft_core::{Bug, Bugs};
use raft_explore::{Explorer, Family, Reached, Reductions, Scope};

/// The switch, the family, the property that is broken, and the steps of the shortest run.
const PLANTED: [(Bug, &str, &str, usize); 12] = [
    (Bug::VoteRequestNotDurable, "election", "Durable Promises", 1),
    (Bug::VoteForgotten, "crashes", "Faithful Recovery", 2),
    (Bug::StoredCommitBeyondLog, "crashes", "Faithful Recovery", 2),
    (Bug::AckNotDurable, "election", "Durable Promises", 6),
    (Bug::StaleVotes, "elections", "Election Quorum", 6),
    (Bug::PreVoteClearsVote, "pre-votes", "Vote Durability", 6),
    (Bug::StepDownClearsVote, "elections", "Vote Durability", 8),
    (Bug::CommitUnsorted, "election", "Commit Rule", 8),
    (Bug::CommitOldTerm, "old-entries", "Commit Rule", 8),
    (Bug::VoteIgnoresLog, "elections", "Leader Completeness", 12),
    (Bug::AppendTruncates, "duplicates", "Durable Promises", 12),
    (Bug::LearnersCount, "memberships", "Commit Rule", 14),
];

fn shortest(model: Scope) -> (&'static str, usize) {
    let mut explorer = Explorer::new(model);
    let found = explorer.advance(u64::MAX, 2_000_000).found.as_ref().expect("it is found");
    let Reached::Broken(broken) = &found.reached else { panic!("{:?}", found.reached) };
    (broken.property.name, found.steps.len())
}

fn model(bug: Bug, family: &str) -> Scope {
    let family = Family::named(family).expect("there is such a family");
    Scope { bugs: Bugs::NONE.with(bug), ..family.model() }
}

#[test]
fn each_is_found_by_a_shortest_run() {
    for (bug, family, property, steps) in PLANTED {
        assert_eq!(shortest(model(bug, family)), (property, steps), "{bug} in {family}");
    }
}

#[test]
fn no_reduction_makes_a_run_longer_or_hides_it() {
    for (bug, family, property, steps) in PLANTED.into_iter().filter(|(.., steps)| *steps <= 8) {
        let plain = Scope { reductions: Reductions::NONE, ..model(bug, family) };
        assert_eq!(shortest(plain), (property, steps), "{bug} in {family}");
    }
}
