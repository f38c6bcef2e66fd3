//! The store, as a replica sees it.

use raft_core::{Bytes, LogIndex};
use raft_mvcc::{Command, Response, RestoreError, Store};
use raft_server::StateMachine;

/// The state machine of a node. A command in the log is a command of the store, after the number of
/// the node's life that proposed it.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) store: Store,
    /// The number of this life.
    life: u64,
}

const LIFE_BYTES: usize = size_of::<u64>();

impl Machine {
    /// An empty store.
    pub(crate) fn new(life: u64) -> Self {
        Self { store: Store::default(), life }
    }
}

/// A command as it is in the log.
pub(crate) fn encode(life: u64, command: &Command) -> Bytes {
    let encoded = command.encode();
    let mut bytes = Vec::with_capacity(LIFE_BYTES + encoded.len());
    bytes.extend(life.to_le_bytes());
    bytes.extend(encoded);
    bytes.into()
}

/// The command of the store in a command of the log.
pub(crate) fn without_life(command: &Bytes) -> &[u8] {
    // What is too short is no command of the store either.
    command.get(LIFE_BYTES..).unwrap_or_default()
}

/// What a command or a read is answered.
#[derive(Debug)]
pub(crate) enum MachineAnswer {
    /// The store's answer to a command.
    Applied(Response),
    /// The state may be read. Who asks reads what is published.
    Readable,
}

impl StateMachine for Machine {
    type Query = ();
    type Response = MachineAnswer;
    type RestoreError = RestoreError;

    fn apply(&mut self, index: LogIndex, command: &Bytes) -> MachineAnswer {
        MachineAnswer::Applied(self.store.apply(index.0, without_life(command)))
    }

    fn is_own(&self, command: &Bytes) -> bool {
        command.starts_with(&self.life.to_le_bytes())
    }

    fn skip(&mut self, index: LogIndex) {
        self.store.skip(index.0);
    }

    fn read(&self, (): &()) -> MachineAnswer {
        MachineAnswer::Readable
    }

    fn snapshot(&self) -> Vec<u8> {
        self.store.snapshot()
    }

    fn restore(&mut self, data: &Bytes) -> Result<(), RestoreError> {
        self.store = Store::restore(data)?;
        Ok(())
    }
}
