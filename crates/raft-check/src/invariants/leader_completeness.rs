//! Leader Completeness (§5.4): what was committed in a term is in the log of every later leader.

use raft_core::{LogIndex, LogPosition, NodeId, Term};

use crate::property::{Property, Verdict};
use crate::shadow::Mark;

pub(crate) static PROPERTY: Property = Property {
    name: "Leader Completeness",
    section: "§5.4",
    meaning: "If an entry is committed in a given term, it is in the logs of the leaders of all \
              higher-numbered terms.",
};

/// A leader, beside the last entry that was committed in a term before its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LeaderCompared {
    pub(crate) leader: NodeId,
    pub(crate) term: Term,
    /// Where that entry stands.
    pub(crate) index: LogIndex,
    /// What is committed there.
    pub(crate) committed: Mark,
    /// What the leader holds there; what its snapshot replaced counts as the ledger's.
    pub(crate) held: Option<Mark>,
}

pub(crate) fn leader_compared(seen: LeaderCompared) -> Verdict {
    let LeaderCompared { leader, term, index, committed, held } = seen;
    let entry = LogPosition::new(index, committed.term);
    match held {
        Some(held) if held == committed => Ok(()),
        Some(held) => Err(format!(
            "node {leader} leads in term {term}; entry {entry} is committed, but it holds {} or \
             another log before it",
            LogPosition::new(index, held.term)
        )),
        None => Err(format!(
            "node {leader} leads in term {term} without entry {entry}, which is committed"
        )),
    }
}
