//! Clients read without log entries.

use raft_sim::{EventKind, ReadPolicy};

use super::Checks;
use crate::invariants::read_linearizability::{PROPERTY, ReadSeen};

impl Checks {
    pub(super) fn follow_reads(&mut self, kind: &EventKind) {
        match kind {
            // Without clocks to rely on, nothing is asked of them: see `lease_safety`.
            EventKind::ClientInvoked { read: ReadPolicy::Lease, .. }
            | EventKind::ReadServed { read: ReadPolicy::Lease, .. }
                if self.distrusts_clocks => {}
            EventKind::ClientInvoked { client, sequence, read, .. } if *read != ReadPolicy::Log => {
                self.reads.asked(*client, *sequence, self.ledger.commit_index());
            }
            EventKind::ReadServed { node, client, sequence, read, index } => {
                let (node, client, sequence) = (*node, *client, *sequence);
                let seen = ReadSeen { node, client, sequence, read: *read, index: *index };
                self.board.note(&PROPERTY, self.reads.read_seen(seen));
            }
            _ => {}
        }
    }
}
