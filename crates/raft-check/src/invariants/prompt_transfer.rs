//! Prompt Transfer (dissertation §3.10): who is told to take over does so without asking first.

use raft_core::{ElectionReason, NodeId, Term};

use crate::property::{Property, Verdict};

pub(crate) static PROPERTY: Property = Property {
    name: "Prompt Transfer",
    section: "dissertation §3.10",
    meaning: "A server that its leader tells to stand for election stands at once: if it asked first, \
              everybody would refuse, because their leader is alive.",
};

/// A server asks whether it could win.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) node: NodeId,
    /// The term that it would stand for.
    pub(crate) term: Term,
    pub(crate) reason: ElectionReason,
}

pub(crate) fn asked(Asked { node, term, reason }: Asked) -> Verdict {
    if reason != ElectionReason::Transfer {
        return Ok(());
    }
    Err(format!(
        "node {node} was told by its leader to stand for election, and asks for pre-votes for term \
         {term}"
    ))
}
