//! Clients ask, and are answered: from a store, or through an entry.

use raft_core::LogIndex;
use raft_kv::{ClientId, Operation, Sequence};
use raft_sim::{Client, ClientEvent, ReadPolicy, World};

use super::Checks;
use crate::invariants::exactly_once::{self, CommandCommitted};
use crate::invariants::linearizability::{
    self, Answered, CommandInvoked, Executed, ReadInvoked, ReadServed,
};
use crate::invariants::read_linearizability::{self, ReadSeen};
use crate::ledger;

impl Checks {
    pub(super) fn follow_client(
        &mut self,
        world: &World,
        client: ClientId,
        sequence: Sequence,
        event: &ClientEvent,
    ) {
        match event {
            ClientEvent::Invoked { read: ReadPolicy::Log, .. } => {
                self.command_invoked(world, client, sequence);
            }
            ClientEvent::Invoked { operation, read } => {
                if self.asks_much_of(*read) {
                    self.read_invoked(client, sequence, operation);
                }
            }
            ClientEvent::Answered { response, node, .. } => {
                self.client_answered(Answered { node: *node, client, sequence, response });
            }
            ClientEvent::GaveUp => self.forget(client, sequence),
            ClientEvent::Asked { .. }
            | ClientEvent::Redirected { .. }
            | ClientEvent::MustRetry { .. }
            | ClientEvent::TimedOut { .. } => {}
        }
    }

    /// Whether a read must not be stale. Without clocks to rely on, nothing is asked of those that rest on
    /// them: see `lease_safety`.
    fn asks_much_of(&self, read: ReadPolicy) -> bool {
        match read {
            ReadPolicy::Lease => !self.distrusts_clocks,
            _ => !read.may_be_stale(),
        }
    }

    fn command_invoked(&mut self, world: &World, client: ClientId, sequence: Sequence) {
        let session_for = |client: &Client| client.session_for(sequence);
        if let Some(name) = world.client(client).map(session_for) {
            self.linearizability.command_invoked(CommandInvoked { client, sequence, name });
        }
    }

    fn read_invoked(&mut self, client: ClientId, sequence: Sequence, operation: &Operation) {
        let (operation, committed) = (operation.clone(), self.ledger.commit_index());
        self.reads.asked(client, sequence, committed);
        let seen = ReadInvoked { client, sequence, operation, committed };
        self.linearizability.read_invoked(seen);
        self.ledger.keep_stores(self.linearizability.reads_from());
    }

    pub(super) fn read_served(&mut self, seen: ReadSeen) {
        let ReadSeen { node, client, sequence, read, index } = seen;
        if !self.asks_much_of(read) {
            return self.forget(client, sequence);
        }
        self.board.note(&read_linearizability::PROPERTY, self.reads.read_seen(seen));
        self.linearizability.read_served(ReadServed { node, client, sequence, index });
    }

    fn client_answered(&mut self, seen: Answered<'_>) {
        let verdict = self.linearizability.answered(seen, &self.ledger);
        self.board.note(&linearizability::PROPERTY, verdict);
        self.ledger.keep_stores(self.linearizability.reads_from());
    }

    /// Nobody waits for it, or nothing is asked of it.
    fn forget(&mut self, client: ClientId, sequence: Sequence) {
        self.linearizability.forget(client, sequence);
        self.ledger.keep_stores(self.linearizability.reads_from());
    }

    /// The ledger has a command more.
    pub(super) fn command_committed(&mut self, index: LogIndex, executed: &ledger::Executed) {
        let ledger::Executed { client, sequence, response } = executed;
        let (client, sequence) = (*client, *sequence);
        let digests = [index.previous(), index].map(|index| self.ledger.contents_digest(index));
        if let [Some(before), Some(after)] = digests {
            let seen = CommandCommitted { client, sequence, index, before, after };
            let verdict = self.exactly_once.command_committed(seen);
            self.board.note(&exactly_once::PROPERTY, verdict);
        }
        // Nobody waits for a command that comes after a later one of its client.
        if let Some(first) = self.exactly_once.first_entry(client, sequence) {
            self.linearizability.executed(Executed { name: (client, sequence), first, response });
        }
    }
}
