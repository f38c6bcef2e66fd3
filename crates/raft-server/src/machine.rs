//! The state machine, as a replica sees it.

use alloc::vec::Vec;

use raft_core::{Bytes, LogIndex};

/// What a cluster replicates: a function of the committed commands, in the order of the log.
///
/// All servers must compute equal states from equal commands. So a state machine reads no clock and
/// no random numbers, and depends on no order that differs between machines; what differs must be
/// in the command. It also recognises a command that a client repeats (§8).
pub trait StateMachine {
    /// A question that changes nothing.
    type Query;
    /// The answer to a command or a question.
    type Response;
    /// Why bytes are no state.
    type RestoreError;

    /// Carries out the command of the entry at `index`. The answer, also a refusal, is a function
    /// of the state and the command.
    fn apply(&mut self, index: LogIndex, command: &Bytes) -> Self::Response;

    /// Whether this server may have proposed a command. A follower that forwards commands keeps
    /// responses until it knows which are its own; one that is never its own need not be kept.
    fn is_own(&self, command: &Bytes) -> bool {
        let _ = command;
        true
    }

    /// The entry at `index` has no command: it is the first of a leader's term, or changes the
    /// membership. A state machine that keeps the index of the last entry counts it.
    fn skip(&mut self, index: LogIndex);

    /// Answers a question from the state as it is.
    fn read(&self, query: &Self::Query) -> Self::Response;

    /// The state as bytes, with a checksum: none travels with a snapshot.
    fn snapshot(&self) -> Vec<u8>;

    /// Replaces the state by one that [`snapshot`](Self::snapshot) of any server made.
    ///
    /// # Errors
    /// What is wrong with the bytes. The state is then as before.
    fn restore(&mut self, data: &Bytes) -> Result<(), Self::RestoreError>;
}
