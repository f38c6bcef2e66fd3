//! The state machine of a node: a key-value store, which each node may encode in its own way.

use raft_core::{Bytes, LogIndex, NodeId};
use raft_kv::{Operation, Response, RestoreError, Store};
use raft_server::StateMachine;

use crate::switches::WorldBug;
use crate::{Driver, Setup, Switches, restore_store};

/// The store of one node.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    pub(crate) store: Store,
    node: NodeId,
    driver: Driver,
    sessions: usize,
    /// Whether a command that a client repeats is applied again: a planted bug.
    applies_retries: bool,
}

impl Machine {
    pub(crate) fn new(store: Store, (setup, node): (&Setup, NodeId), rules_off: Switches) -> Self {
        let (driver, sessions) = (setup.driver, setup.sessions);
        let store = store.keeping_sessions(sessions);
        let mut machine = Self { store, node, driver, sessions, applies_retries: false };
        machine.turn_rules(rules_off);
        machine
    }

    /// These rules are off from now on.
    pub(crate) fn turn_rules(&mut self, rules_off: Switches) {
        self.applies_retries = rules_off.has_in_world(WorldBug::RetryAppliedTwice);
    }
}

impl StateMachine for Machine {
    type Query = Operation;
    type Response = Response;
    type RestoreError = RestoreError;

    fn apply(&mut self, index: LogIndex, command: &Bytes) -> Response {
        #[cfg(feature = "bugs")]
        if self.applies_retries {
            return self.store.apply_retries_again(index.0, command);
        }
        debug_assert!(!self.applies_retries, "retries are applied only with the feature");
        self.store.apply(index.0, command)
    }

    fn skip(&mut self, index: LogIndex) {
        self.store.skip(index.0);
    }

    fn read(&self, query: &Operation) -> Response {
        self.store.read(query).expect("only reads have a policy other than the log")
    }

    fn snapshot(&self) -> Vec<u8> {
        self.driver.encode(self.node, &self.store)
    }

    fn restore(&mut self, data: &Bytes) -> Result<(), RestoreError> {
        self.store = restore_store(data)?.keeping_sessions(self.sessions);
        Ok(())
    }
}
