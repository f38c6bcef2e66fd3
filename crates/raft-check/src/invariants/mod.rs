//! What must always be true. Each file holds one property: its name, and a checker that judges small
//! observations and knows neither world nor core.
//!
//! | property | section | file | rules that prove it |
//! |---|---|---|---|
//! | Election Safety | §5.2 | `election_safety.rs` | (7) |
//! | Leader Append-Only | §5.3 | `leader_append_only.rs` | – |
//! | Log Matching | §5.3 | `log_matching.rs` | (7) |
//! | Leader Completeness | §5.4 | `leader_completeness.rs` | 8, 9, 38 |
//! | State Machine Safety | §5.4.3 | `state_machine_safety.rs` | (14) |
//! | Vote Durability | §5.2, Figure 2 | `vote_durability.rs` | 3, 4 |
//! | Durable Promises | Figure 2, §5.3 | `durable_promises.rs` | 6, 12, 17, 21, 44 |
//! | Faithful Recovery | Figure 2 | `faithful_recovery.rs` | 2 |
//! | Monotonic State | §5.1, Figure 2 | `monotonic_state.rs` | 13, 22, 23, 24 |
//! | Commit Rule | §5.3, §5.4.2 | `commit_rule.rs` | 10, 11, 14, 15, 16, 19, 20 |
//! | Committed Durability | §5.3 | `committed_durability.rs` | 18 |
//! | Election Quorum | §5.2, §6 | `election_quorum.rs` | 1, 5, 7 |
//! | Config Safety | §6, dissertation §4.1 | `config_safety.rs` | 25, 26, 32, 34 |
//! | Read Linearizability | §8, dissertation §6.4 | `read_linearizability.rs` | 27, 28 |
//! | Lease Safety | dissertation §6.4.1 | `lease_safety.rs` | 29, 30, 31 |
//! | Prompt Transfer | dissertation §3.10 | `prompt_transfer.rs` | 36 |
//! | Linearizability | §8 | `linearizability.rs` | (14) |
//! | Exactly Once | §8, dissertation §6.3 | `exactly_once.rs` | 43 |
//!
//! The last column has the rows of `docs/bugs.md`: without those rules the property is the first that is
//! broken; or, in parentheses, it is broken after others. Tests of `raft-fuzz` see that each is. One has none:
//! a leader that another one of its term writes to stops at an assertion of the core, before its log is
//! changed. Tests here show that property a world in which it is broken. What is no property of each moment,
//! Progress (`liveness.rs`), is proved by 33, 35, 37 and 39 to 42.
//!
//! *Invariant of this folder*: no checker takes a `World`, so that a test can plant any contradiction.

pub(crate) mod commit_rule;
pub(crate) mod committed_durability;
pub(crate) mod config_safety;
pub(crate) mod durable_promises;
pub(crate) mod election_quorum;
pub(crate) mod election_safety;
pub(crate) mod exactly_once;
pub(crate) mod faithful_recovery;
pub(crate) mod leader_append_only;
pub(crate) mod leader_completeness;
pub(crate) mod lease_safety;
pub(crate) mod linearizability;
pub(crate) mod log_matching;
pub(crate) mod monotonic_state;
pub(crate) mod prompt_transfer;
pub(crate) mod read_linearizability;
pub(crate) mod state_machine_safety;
pub(crate) mod vote_durability;

use crate::property::Property;

/// Every property, in the order of the table above.
pub(crate) static PROPERTIES: [&Property; 18] = [
    &election_safety::PROPERTY,
    &leader_append_only::PROPERTY,
    &log_matching::PROPERTY,
    &leader_completeness::PROPERTY,
    &state_machine_safety::PROPERTY,
    &vote_durability::PROPERTY,
    &durable_promises::PROPERTY,
    &faithful_recovery::PROPERTY,
    &monotonic_state::PROPERTY,
    &commit_rule::PROPERTY,
    &committed_durability::PROPERTY,
    &election_quorum::PROPERTY,
    &config_safety::PROPERTY,
    &read_linearizability::PROPERTY,
    &lease_safety::PROPERTY,
    &prompt_transfer::PROPERTY,
    &linearizability::PROPERTY,
    &exactly_once::PROPERTY,
];

#[cfg(test)]
mod tests;
