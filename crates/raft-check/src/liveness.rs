//! Liveness. Safety says that nothing bad happens; liveness says that something good does. It is
//! required after the faults are over and a quorum works, within a bound that the caller sets.

use raft_core::Node;
use raft_kv::Store;
use raft_sim::World;

use crate::convergence::agreed;
use crate::property::Property;
use crate::shadows::ledger::Ledger;

/// The property of liveness. [`Checks`](crate::Checks) does not look at it: the driver of a world
/// ends the faults, waits, and reports a violation when the bound is over.
pub static PROGRESS: Property = Property {
    name: "Progress",
    section: "§5.6",
    meaning: "If a quorum works and its messages arrive, then within a bound a leader is elected, \
              a new request is answered, the members agree and hold every committed entry, and \
              leadership can be transferred.",
};

/// Whether the running members of the cluster have [converged](crate::converged) and hold every
/// committed entry: no acknowledged write is missing.
///
/// # Errors
/// The first difference found, with the nodes, or the entries that are missing.
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
