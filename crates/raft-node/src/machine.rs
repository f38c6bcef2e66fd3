//! The store, as a replica sees it.

use raft_core::{Bytes, LogIndex};
use raft_mvcc::{Response, RestoreError, Store};
use raft_server::StateMachine;

/// The state machine of a node.
#[derive(Debug, Default)]
pub(crate) struct Machine(pub(crate) Store);

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
        MachineAnswer::Applied(self.0.apply(index.0, command))
    }

    fn skip(&mut self, index: LogIndex) {
        self.0.skip(index.0);
    }

    fn read(&self, (): &()) -> MachineAnswer {
        MachineAnswer::Readable
    }

    fn snapshot(&self) -> Vec<u8> {
        self.0.snapshot()
    }

    fn restore(&mut self, data: &Bytes) -> Result<(), RestoreError> {
        self.0 = Store::restore(data)?;
        Ok(())
    }
}
