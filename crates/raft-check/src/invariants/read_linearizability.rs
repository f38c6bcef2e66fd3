//! Read Linearizability (§8, dissertation §6.4): a read sees all that was committed before it was
//! asked for.

use imbl::OrdMap;
use raft_core::{LogIndex, NodeId};
use raft_kv::{ClientId, Sequence};
use raft_sim::ReadPolicy;

use crate::property::{Property, Verdict};

pub(crate) static PROPERTY: Property = Property {
    name: "Read Linearizability",
    section: "§8, dissertation §6.4",
    meaning: "A read that is answered without a log entry of its own, but not expressly from a \
              node's own store, sees everything that was committed when the client asked.",
};

/// A node answered a read from its store.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadSeen {
    pub(crate) node: NodeId,
    pub(crate) client: ClientId,
    pub(crate) sequence: Sequence,
    pub(crate) read: ReadPolicy,
    /// The last entry that its store includes.
    pub(crate) index: LogIndex,
}

/// What each client's present read must see. A client does one thing at a time.
#[derive(Clone, Default, Debug)]
pub(crate) struct ReadLinearizability {
    asked: OrdMap<ClientId, (Sequence, LogIndex)>,
}

impl ReadLinearizability {
    /// A client wants to read, and this much is committed.
    pub(crate) fn asked(&mut self, client: ClientId, sequence: Sequence, committed: LogIndex) {
        self.asked.insert(client, (sequence, committed));
    }

    pub(crate) fn read_seen(&self, seen: ReadSeen) -> Verdict {
        let ReadSeen { node, client, sequence, read, index } = seen;
        let asked = self.asked.get(&client).filter(|(of, _)| *of == sequence);
        match asked {
            Some((_, committed)) if index < *committed && !read.may_be_stale() => Err(format!(
                "node {node} answered a {read} read of client {} with its store at entry {index}; \
                 entry {committed} was committed before the client asked",
                client.0
            )),
            _ => Ok(()),
        }
    }
}
