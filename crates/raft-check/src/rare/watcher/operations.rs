//! Rare events of clients' operations: answers that look stale, and writes that nobody waits for.

use std::collections::{BTreeMap, BTreeSet};

use raft_core::LogIndex;
use raft_kv::{ClientId, Operation, Response, Sequence};
use raft_sim::{ClientEvent, ReadPolicy, World};

use super::{RareEvent, RareWatcher};
use crate::checks::Checks;

/// A client's operation, or a command in the log: whose it is, and its number there.
type Name = (ClientId, Sequence);

/// What is known of the operations of clients.
#[derive(Clone, Debug, Default)]
pub(super) struct Operations {
    /// A client has one operation open at a time.
    open: BTreeMap<ClientId, Open>,
    /// The writes for which their clients do not wait any more, until their session goes on.
    given_up: BTreeSet<Name>,
}

/// An operation that is not answered yet.
#[derive(Clone, Debug)]
enum Open {
    /// A write, by the name of its command.
    Write(Name),
    /// A read from a store.
    Read {
        sequence: Sequence,
        operation: Operation,
        /// The last entry that was committed at the call.
        committed: LogIndex,
    },
}

impl Operations {
    /// An answer that lacks what was committed at the call is no correct one of a read that must
    /// not be stale. The read is then of no interest.
    pub(super) fn read_served(&mut self, name: Name, read: ReadPolicy, index: LogIndex) {
        if let Some(Open::Read { sequence, committed, .. }) = self.open.get(&name.0)
            && *sequence == name.1
            && index < *committed
            && !read.may_be_stale()
        {
            self.open.remove(&name.0);
        }
    }

    /// Whether nobody waits any more for a write that is applied now. Earlier commands of the
    /// session are never applied later.
    pub(super) fn applies_after_giving_up(&mut self, (client, sequence): Name) -> bool {
        let mut is_given_up = false;
        let names = (client, Sequence(0))..=(client, sequence);
        while let Some(name) = self.given_up.range(names.clone()).next().copied() {
            self.given_up.remove(&name);
            is_given_up = name.1 == sequence;
        }
        is_given_up
    }
}

impl RareWatcher {
    pub(super) fn operation(
        &mut self,
        world: &World,
        checks: &Checks,
        (client, sequence): Name,
        event: &ClientEvent,
    ) {
        if let ClientEvent::Invoked { operation, read } = event {
            let name = world.client(client).map(|client| client.session_for(sequence));
            if *read != ReadPolicy::Log {
                let (operation, committed) = (operation.clone(), checks.ledger().commit_index());
                let read = Open::Read { sequence, operation, committed };
                self.operations.open.insert(client, read);
            } else if let Some(name) = name.filter(|_| !operation.is_read()) {
                self.operations.open.insert(client, Open::Write(name));
            }
        } else if let ClientEvent::Answered { response, .. } = event {
            if let Some(Open::Read { operation, .. }) = self.operations.open.remove(&client)
                && is_replaced(checks, &operation, response)
            {
                self.count(RareEvent::StaleLookingRead);
            }
        } else if let ClientEvent::GaveUp = event
            && let Some(Open::Write(name)) = self.operations.open.remove(&client)
        {
            self.operations.given_up.insert(name);
        }
    }
}

/// Whether the committed entries now answer a read otherwise.
fn is_replaced(checks: &Checks, operation: &Operation, response: &Response) -> bool {
    let now = checks.ledger().committed_store().read(operation);
    now.is_some_and(|now| now != *response)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: ClientId = ClientId(1);

    fn name(sequence: u64) -> Name {
        (CLIENT, Sequence(sequence))
    }

    /// A read whose answer has the store at index 4, after entry 5 was committed at its call.
    fn is_still_open(read: ReadPolicy, sequence: u64) -> bool {
        let operation = Operation::List { prefix: "".into() };
        let asked = Open::Read { sequence: Sequence(7), operation, committed: LogIndex(5) };
        let mut operations = Operations::default();
        operations.open.insert(CLIENT, asked);
        operations.read_served(name(sequence), read, LogIndex(4));
        operations.open.contains_key(&CLIENT)
    }

    #[test]
    fn a_wrong_answer_does_not_only_look_stale() {
        assert!(!is_still_open(ReadPolicy::Quorum, 7));
        assert!(!is_still_open(ReadPolicy::Lease, 7));
        assert!(is_still_open(ReadPolicy::Local, 7), "it may be stale");
        assert!(is_still_open(ReadPolicy::Quorum, 6), "an earlier one");
    }

    #[test]
    fn a_write_is_applied_once_and_in_the_order_of_its_session() {
        let mut operations = Operations::default();
        operations.given_up.extend([name(2), name(3), name(5)]);
        assert!(!operations.applies_after_giving_up(name(1)));
        assert!(operations.applies_after_giving_up(name(3)));
        assert!(!operations.applies_after_giving_up(name(2)), "it is never applied after 3");
        assert!(!operations.applies_after_giving_up((ClientId(2), Sequence(5))));
        assert!(operations.applies_after_giving_up(name(5)));
        assert!(operations.given_up.is_empty());
    }
}
