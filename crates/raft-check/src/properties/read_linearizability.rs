//! Read Linearizability (§8, dissertation §6.4): a read sees all entries that were committed before
//! its client asked.

use imbl::OrdMap;
use raft_core::LogIndex;
use raft_kv::{ClientId, Sequence};
use raft_sim::{ClientEvent, ReadPolicy};

use super::{Checker, Context, ReadServed};
use crate::property::{Property, Verdict};

pub(crate) static PROPERTY: Property = Property {
    name: "Read Linearizability",
    section: "§8, dissertation §6.4",
    meaning: "A read that is answered without a log entry of its own sees everything that was \
              committed when the client asked, unless the client asked for a local read.",
};

/// What each client's open read must see. A client has one operation open at a time.
#[derive(Clone, Default, Debug)]
pub(crate) struct ReadLinearizability {
    asked: OrdMap<ClientId, (Sequence, LogIndex)>,
}

impl Checker for ReadLinearizability {
    fn client_event(
        &mut self,
        client: ClientId,
        sequence: Sequence,
        event: &ClientEvent,
        cx: &mut Context<'_>,
    ) {
        if let ClientEvent::Invoked { read, .. } = event
            && *read != ReadPolicy::Log
            && cx.shadows.must_be_fresh(*read)
        {
            self.asked(client, sequence, cx.shadows.ledger.commit_index());
        }
    }

    fn read_served(&mut self, served: ReadServed, cx: &mut Context<'_>) {
        if cx.shadows.must_be_fresh(served.read) {
            let committed = self.committed_before(served.client, served.sequence);
            cx.note(&PROPERTY, read_served(served, committed));
        }
    }
}

impl ReadLinearizability {
    fn asked(&mut self, client: ClientId, sequence: Sequence, committed: LogIndex) {
        self.asked.insert(client, (sequence, committed));
    }

    /// The last entry that was committed when a client asked for a read; `None` if it does not wait
    /// for that read.
    fn committed_before(&self, client: ClientId, sequence: Sequence) -> Option<LogIndex> {
        let asked = self.asked.get(&client).filter(|(open, _)| *open == sequence);
        asked.map(|(_, committed)| *committed)
    }
}

/// `committed` is as in [`ReadLinearizability::committed_before`].
fn read_served(served: ReadServed, committed: Option<LogIndex>) -> Verdict {
    let ReadServed { node, client, read, index, .. } = served;
    match committed {
        Some(committed) if index < committed && !read.may_be_stale() => Err(format!(
            "node {node} answered a {read} read of client {client} with its store at entry \
             {index}; entry {committed} was committed before the client asked"
        )),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{N2, objects};
    use super::*;

    #[test]
    fn a_read_that_does_not_see_what_was_committed() {
        let mut checker = ReadLinearizability::default();
        checker.asked(ClientId(1), Sequence(3), LogIndex(8));
        let read = |checker: &ReadLinearizability, sequence, index, read| {
            let (client, sequence, index) = (ClientId(1), Sequence(sequence), LogIndex(index));
            let served = ReadServed { node: N2, client, sequence, read, index };
            read_served(served, checker.committed_before(client, sequence))
        };
        assert_eq!(read(&checker, 3, 8, ReadPolicy::Lease), Ok(()));
        let words = ["node 2", "quorum read", "entry 7", "entry 8"];
        objects(read(&checker, 3, 7, ReadPolicy::Quorum), &words);
        objects(read(&checker, 3, 7, ReadPolicy::Lease), &["lease read of client 1"]);
        assert_eq!(read(&checker, 3, 7, ReadPolicy::Local), Ok(()), "it may be stale");
        assert_eq!(read(&checker, 2, 7, ReadPolicy::Quorum), Ok(()), "nobody waits for this one");
        checker.asked(ClientId(1), Sequence(4), LogIndex(9));
        objects(read(&checker, 4, 8, ReadPolicy::Quorum), &["entry 9 was committed before"]);
    }
}
