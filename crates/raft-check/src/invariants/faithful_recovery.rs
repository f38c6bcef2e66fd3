//! Faithful Recovery (Figure 2): a server starts with exactly what its disk holds.

use raft_core::{HardState, LogPosition, NodeId, Recovered, Snapshot};

use crate::property::{Property, Verdict};

pub(crate) static PROPERTY: Property = Property {
    name: "Faithful Recovery",
    section: "Figure 2",
    meaning: "A server that restarts has the term, vote, snapshot and log that its disk held; from a \
              damaged disk it does not start.",
};

/// The persistent state of Figure 2, summed up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct PersistentState {
    pub(crate) hard_state: HardState,
    /// The end of the snapshot.
    pub(crate) base: LogPosition,
    pub(crate) last_log: LogPosition,
}

impl PersistentState {
    /// What a disk gives back.
    pub(crate) fn of(found: &Recovered) -> Self {
        let base = found.snapshot.as_ref().map_or(LogPosition::ORIGIN, Snapshot::position);
        let last_log = found.entries.last().map_or(base, raft_core::Entry::position);
        Self { hard_state: found.hard_state, base, last_log }
    }
}

/// A node started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Restarted {
    pub(crate) node: NodeId,
    pub(crate) disk: PersistentState,
    pub(crate) started_with: PersistentState,
}

pub(crate) fn restarted(Restarted { node, disk, started_with }: Restarted) -> Verdict {
    if disk == started_with {
        return Ok(());
    }
    Err(format!("node {node} started with {started_with} while its disk holds {disk}"))
}

/// A node refused to start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StartRefused<'a> {
    pub(crate) node: NodeId,
    pub(crate) reason: &'a str,
    /// Whether nothing but the node itself has written to its disk, and no write was torn.
    pub(crate) is_intact: bool,
}

/// To refuse a damaged disk is right; but what a node wrote itself it must be able to read.
pub(crate) fn start_refused(StartRefused { node, reason, is_intact }: StartRefused<'_>) -> Verdict {
    if !is_intact {
        return Ok(());
    }
    Err(format!("node {node} refuses to start from a disk that only it has written to: {reason}"))
}

impl std::fmt::Display for PersistentState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { hard_state, base, last_log } = self;
        write!(f, "term {}, ", hard_state.current_term)?;
        match hard_state.voted_for {
            Some(node) => write!(f, "a vote for node {node}, ")?,
            None => f.write_str("no vote, ")?,
        }
        write!(f, "a snapshot through {base} and a log that ends with {last_log}")
    }
}
