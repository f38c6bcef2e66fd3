//! Read Linearizability (§8, dissertation §6.4): a read sees all entries that were committed before
//! its client asked.

use imbl::OrdMap;
use raft_core::{Instant, LogIndex, NodeId};
use raft_kv::{ClientId, Sequence};
use raft_sim::{ClientEvent, ReadPolicy, words};

use super::{Checker, Context, ReadServed};
use crate::property::{Property, Verdict};
use crate::shadows::lease_doubt::LeaseDoubt;

pub(crate) static PROPERTY: Property = Property {
    name: "Read Linearizability",
    section: "§8, dissertation §6.4",
    meaning: "A read that is answered without a log entry of its own sees everything that was \
              committed when the client asked, unless the client asked for a local read.",
};

/// An open read.
#[derive(Clone, Copy, Debug)]
struct Asked {
    sequence: Sequence,
    /// The last entry that was committed when the client asked.
    committed: LogIndex,
    at: Instant,
    /// The doubt in leases at that moment, if the read rests on one.
    excuse: Option<LeaseDoubt>,
}

/// What each client's open read must see. A client has one operation open at a time.
#[derive(Clone, Default, Debug)]
pub(crate) struct ReadLinearizability {
    asked: OrdMap<ClientId, Asked>,
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
        {
            let (committed, at) = (cx.shadows.ledger.commit_index(), cx.world.now());
            let excuse = cx.shadows.excuse(*read);
            self.asked.insert(client, Asked { sequence, committed, at, excuse });
        }
    }

    fn read_served(&mut self, served: ReadServed, cx: &mut Context<'_>) {
        let asked = self.asked.get(&served.client).copied();
        let asked = asked.filter(|asked| asked.sequence == served.sequence);
        let Err(words) = read_served(served, asked) else { return };
        let excuse = asked.and_then(|asked| asked.excuse);
        cx.note_answer(&PROPERTY, words, excuse.or(cx.shadows.excuse(served.read)));
    }
}

/// A node answered a read with its store at `index`; `committed` is the last entry that was
/// committed when its client asked.
pub(crate) fn answered(
    node: NodeId,
    read: ReadPolicy,
    index: LogIndex,
    committed: LogIndex,
) -> Verdict {
    let (client, sequence) = (ClientId(1), Sequence(1));
    let asked = Asked { sequence, committed, at: Instant(0), excuse: None };
    read_served(ReadServed { node, client, sequence, read, index }, Some(asked))
}

/// `asked` is `None` if the client does not wait for that read.
fn read_served(served: ReadServed, asked: Option<Asked>) -> Verdict {
    let ReadServed { node, client, read, index, .. } = served;
    match asked {
        Some(Asked { committed, at, .. }) if index < committed && !read.may_be_stale() => {
            Err(words! {
                node, " answered a {read} read of ", client, " with its store at ", index, "; ",
                committed, " was committed before the client asked at {at}"
            })
        }
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{N2, objects};
    use super::*;

    #[test]
    fn a_read_that_does_not_see_what_was_committed() {
        let asked = Asked {
            sequence: Sequence(3),
            committed: LogIndex(8),
            at: Instant(4_000),
            excuse: None,
        };
        let read = |asked, index, read| {
            let (client, sequence, index) = (ClientId(1), Sequence(3), LogIndex(index));
            read_served(ReadServed { node: N2, client, sequence, read, index }, asked)
        };
        assert_eq!(read(Some(asked), 8, ReadPolicy::Lease), Ok(()));
        let words = ["node 2", "quorum read", "entry 7", "entry 8", "asked at 4.000ms"];
        objects(read(Some(asked), 7, ReadPolicy::Quorum), &words);
        objects(read(Some(asked), 7, ReadPolicy::Lease), &["lease read of client 1"]);
        assert_eq!(read(Some(asked), 7, ReadPolicy::Local), Ok(()), "it may be stale");
        assert_eq!(read(None, 7, ReadPolicy::Quorum), Ok(()), "the client waits for another one");
    }
}
