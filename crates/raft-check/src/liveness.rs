//! What must come to be true. Safety says that nothing bad happens; this says that something good does,
//! once a quorum works: it is asked after the faults are over, within a bound that whoever asks states.

use raft_core::Node;
use raft_kv::Store;
use raft_sim::World;

use crate::convergence::agreed;
use crate::ledger::Ledger;
use crate::property::Property;

/// What must come to be true. No checker watches it: who runs a world ends the faults, waits, and says
/// that it is broken when the bound is over.
pub static PROGRESS: Property = Property {
    name: "Progress",
    section: "§5.6",
    meaning: "When a quorum works and its messages arrive, a leader is elected, a new request is \
              answered, the quorum comes to agree, all that was ever committed is there, and leadership can \
              be handed over, within a bound.",
};

/// Whether the running members of the cluster have [converged](crate::converged) on all that was ever
/// committed: no acknowledged write is missing.
///
/// # Errors
/// Says what differs between which nodes, or what is missing.
pub fn complete(world: &World, ledger: &Ledger) -> Result<(), String> {
    let node = agreed(world)?;
    let last = ledger.commit_index();
    let is_there = node.core().is_some_and(|core| core.last_applied() == last);
    if is_there && node.store().map(Store::digest) == Some(ledger.committed_store().digest()) {
        return Ok(());
    }
    let applied = node.core().map(Node::last_applied).unwrap_or_default();
    Err(format!(
        "entries up to {last} were committed, but node {} applied them up to {applied}",
        node.id()
    ))
}

#[cfg(test)]
mod tests;
