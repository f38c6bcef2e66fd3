//! What must always be true. Each file holds one property: its name, and a checker that judges small
//! observations and knows neither world nor core.
//!
//! | property | section | file |
//! |---|---|---|
//! | Election Safety | §5.2 | `election_safety.rs` |
//! | Leader Append-Only | §5.3 | `leader_append_only.rs` |
//! | Log Matching | §5.3 | `log_matching.rs` |
//! | Leader Completeness | §5.4 | `leader_completeness.rs` |
//! | State Machine Safety | §5.4.3 | `state_machine_safety.rs` |
//! | Vote Durability | §5.2, Figure 2 | `vote_durability.rs` |
//! | Durable Promises | Figure 2, §5.3 | `durable_promises.rs` |
//! | Faithful Recovery | Figure 2 | `faithful_recovery.rs` |
//! | Monotonic State | §5.1, Figure 2 | `monotonic_state.rs` |
//! | Commit Rule | §5.3, §5.4.2 | `commit_rule.rs` |
//! | Committed Durability | §5.3 | `committed_durability.rs` |
//! | Election Quorum | §5.2, §6 | `election_quorum.rs` |
//! | Config Safety | §6, dissertation §4.1 | `config_safety.rs` |
//! | Read Linearizability | §8, dissertation §6.4 | `read_linearizability.rs` |
//! | Lease Safety | dissertation §6.4.1 | `lease_safety.rs` |
//! | Prompt Transfer | dissertation §3.10 | `prompt_transfer.rs` |
//! | Linearizability | §8 | `linearizability.rs` |
//! | Exactly Once | §8, dissertation §6.3 | `exactly_once.rs` |
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
